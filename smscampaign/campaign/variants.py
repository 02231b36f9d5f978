"""Several texts of one campaign: who gets which, kept with the plan, and what people did."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from smscampaign.blocks import PlannedBlock
from smscampaign.errors import SettingsProblem
from smscampaign.experiments.assignment import HOLD_OUT, Arm, Assignment
from smscampaign.journal import variants
from smscampaign.journal.plan import PlanWriter
from smscampaign.message.filling import Rendered
from smscampaign.message.template import Template, compile_template
from smscampaign.model import Planned
from smscampaign.recipients import columns
from smscampaign.settings.model import Settings
from smscampaign.settings.sections import FIRST


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts by their names, and who deals them out; `strata` are the columns in each of whose values that is even."""

    templates: Mapping[str, Template]
    assignment: Assignment
    strata: tuple[int, ...]

    def dealt(self, cells: Sequence[Sequence[str]], numbers: Sequence[int]) -> Sequence[str]:
        """The name of the text that each row gets; empty for who is held out."""
        arm_of = self.assignment.arm_of
        if not self.strata:
            return [arm_of(number) for number in numbers]
        of = [[cell.strip().casefold() for cell in cells[place]] for place in self.strata]
        return [
            arm_of(number, stratum) for number, stratum in zip(numbers, zip(*of, strict=True), strict=True)
        ]

    def render_columns(self, cells: Sequence[Sequence[str]], names: Sequence[str]) -> list[Rendered]:
        """The text of each row, by these names; who is held out is shown the first one."""
        rendered: list[Rendered | None] = [None] * len(names)
        for name, template in self.templates.items():
            places = [at for at, one in enumerate(names) if (one or FIRST) == name]
            if places:
                chosen = [[column[at] for at in places] for column in cells]
                for at, text in zip(places, template.render_columns(chosen, len(places)), strict=True):
                    rendered[at] = text
        return cast("list[Rendered]", rendered)


def texts_of(settings: Settings, header: Sequence[str], *, name: str, option: str) -> Texts | None:
    """The texts of a campaign that tries several; None where it has one. Raises `TemplateProblem` and `SettingsProblem`.

    `name` is the campaign's: another campaign deals the same people out anew.
    """
    tried = settings.variants
    if not tried.tried:
        return None
    messages = {FIRST: settings.message or "", **tried.texts}
    templates = {
        one: compile_template(
            text, header, where="message" if one == FIRST else f"variants.texts.{one}", region=settings.region
        )
        for one, text in messages.items()
    }
    if len(set(messages.values())) < len(messages):
        raise SettingsProblem(
            "two of the texts that are tried are the same",
            where="variants.texts",
            remedy="Leave one of them out.",
        )
    if tried.stratify and settings.once_per:
        raise SettingsProblem(
            "with once_per a person may have several messages, and dealt out evenly they would hold different texts",
            where="variants.stratify",
            remedy="Leave stratify out: then the text goes by the number, and each person has one.",
        )
    strata = tuple(columns.column(header, one, option=option) for one in tried.stratify)
    return Texts(templates, Assignment(arms_of(settings), key=name), strata)


def arms_of(settings: Settings) -> list[Arm]:
    """The texts, in equal shares, and the hold-out, if there is one."""
    tried = settings.variants
    held, names = float(tried.hold_out), (FIRST, *tried.texts)
    texts = [Arm(name, (1 - held) / len(names)) for name in names]
    return [*texts, Arm(HOLD_OUT, held)] if held else texts


class VariantWriter(PlanWriter):
    """Takes the rows of a plan, and keeps which text each of them got."""

    def add(self, block: Iterable[Planned]) -> None:
        """One durable block; see `PlanWriter`."""
        planned = PlannedBlock.of(block)
        super().add(planned)
        messages = planned.messages
        variants.keep(self._journal, self._campaign, messages.lines, messages.arms)
