"""Looking at a plan before it leaves: chosen messages, and what its characters cost."""

from __future__ import annotations

import re
from collections.abc import Iterator

from smscampaign import advising
from smscampaign.advising import Advice, Origins
from smscampaign.campaign.checking import check
from smscampaign.campaign.plans import Plan
from smscampaign.errors import SettingsProblem
from smscampaign.journal import picking
from smscampaign.model import Message

#: Distinct texts that are looked at on the way to sending; `lint` looks at all of them.
LOOKED_AT = 20_000


#: What `chosen` takes besides a row.
CHOICES = (*picking.KINDS, "shapes", "warnings")


def check_choice(what: str, *, where: str) -> None:
    """Raise `SettingsProblem` for what cannot be shown; `where` is how it was asked for."""
    if what not in CHOICES and _row(what) is None:
        raise SettingsProblem(
            f"{what!r} cannot be shown",
            where=where,
            remedy=f"Give one of {', '.join(CHOICES)}, or a row such as 'row 12'.",
        )


def chosen(plan: Plan, what: str, *, where: str) -> Iterator[tuple[str, Message]]:
    """The messages that one of `CHOICES` or `row 12` names, each with a word on why it is shown.

    Raises `SettingsProblem` for a row that is not sent.
    """
    line = _row(what)
    if what == "shapes":
        yield from (("one of its shape", message) for message in shapes(plan))
    elif what == "warnings":
        yield from warned(plan)
    elif line is not None:
        message = at_row(plan, line)
        if message is None:
            raise SettingsProblem(
                f"row {line} is not sent", where=where, remedy="The table of reasons says why rows are not."
            )
        yield "", message
    elif (message := pick(plan, what)) is not None:
        yield f"the {what}" if what != "random" else "any", message


def _row(word: str) -> int | None:
    found = re.fullmatch(r"(?:row\s*)?(\d{1,9})", word.strip())
    return int(found[1]) if found else None


def pick(plan: Plan, kind: str) -> Message | None:
    """One of `picking.KINDS`; None when the plan has no message."""
    return picking.pick(plan.store, plan.record, kind)


def at_row(plan: Plan, line: int) -> Message | None:
    """The message of a row of the file; None when that row is not sent."""
    return picking.at_row(plan.store, plan.record, line)


def shapes(plan: Plan) -> list[Message]:
    """One message for each encoding and number of parts."""
    return picking.shapes(plan.store, plan.record)


def warned(plan: Plan) -> Iterator[tuple[str, Message]]:
    """The first message of each finding about texts, with what was found."""
    for finding in check(plan, most=LOOKED_AT):
        if finding.line is None:
            continue
        message = at_row(plan, finding.line)
        if message is not None:
            yield f"{finding.rule}: {finding.what}", message


def advise(plan: Plan) -> Advice:
    """What could be cheaper, by character, by origin and by row; the file is read once beside the plan."""
    campaign = plan.campaign
    recipe = campaign.recipe()
    header = campaign.source.header
    columns = {at: header[at] for at in recipe.template.columns}
    return advising.advise(
        picking.costly(plan.store, plan.record),
        campaign.source.rows(),
        Origins(campaign.settings.message or "", columns),
        stop=recipe.stop,
        rates=plan.rates(),
    )
