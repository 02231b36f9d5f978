"""What a text becomes for one row, while it is typed: the same planning as that of the whole file, asked for a single row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from smscampaign import planning
from smscampaign.advice.typography import swap_table, swapped
from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.corrections import rows_at
from smscampaign.campaign.preview import bubble
from smscampaign.drawing import figure, masked, masked_body
from smscampaign.errors import CampaignError
from smscampaign.languages import say, tell
from smscampaign.message import parts
from smscampaign.message.template import compile_template
from smscampaign.model import Message, Recipient, Rejection, Row, Text
from smscampaign.notebook.panel.wishes import without_options
from smscampaign.planning import Recipe
from smscampaign.translation import speaking, told

#: What stands in for a message or a purpose that nobody has chosen yet, so that the rest can be judged.
_STUB = {"message": "…", "purpose": "marketing"}


def judged(campaign: Campaign) -> Recipe:
    """How its rows are read, whatever its text will be. Raises what is wrong with the file, its columns or its region."""
    settings = campaign.settings
    stub = {name: value for name, value in _STUB.items() if not getattr(settings, name)}
    return replace(
        campaign, settings=settings.model_copy(update={**stub, "message": _STUB["message"]})
    ).recipe()


@dataclass(slots=True)
class Preview:
    """One row at a time of a campaign; `rates` are credits per part by country."""

    campaign: Campaign
    recipe: Recipe
    rates: Mapping[str, Decimal]
    row: Row | None = None

    def at(self, line: int) -> Row | None:
        """The row at a line of the file, or the next one; the last one asked for is kept."""
        if self.row is None or self.row.line != line:
            source = self.campaign.source
            first = source.header_line + 1
            found = dict(rows_at(source, {max(line, first)}))
            self.row = found.get(max(line, first)) or next(source.rows(), None)
        return self.row

    def drawn(self, text: str, line: int, language: str) -> dict[str, Any]:
        """For the phone: the text in its parts, what it takes, and whether plain quotes would make it cheaper."""
        row, wrong = self.at(line), {"pieces": [], "cheaper": False, "wrong": True}
        if row is None:
            return {**wrong, "said": tell(say("The file has no row."), language)}
        if not text.strip():
            return {**wrong, "wrong": False, "said": tell(say("The text is empty."), language)}
        names, region = self.campaign.source.names, self.campaign.settings.region
        try:
            template = compile_template(text, names, region=region)
        except CampaignError as problem:
            with speaking(language):
                said = f"{told(problem.what)}. {told(problem.remedy)}"
            return {**wrong, "pieces": [text], "said": said}
        (planned,) = planning.plan_block(replace(self.recipe, template=template), [row])
        if isinstance(planned, Rejection):
            return self._unsendable(planned, template.render(row.fields), language)
        return self._message(planned, language)

    def _message(self, message: Message, language: str) -> dict[str, Any]:
        settings = self.campaign.settings
        shown = masked_body(message, settings.written)
        rate = self.rates.get(message.recipient.country)
        drawn = bubble("", message, shown, stop=settings.stop_clause, rate=rate, numbers=False)
        return {
            "pieces": list(drawn.pieces),
            "said": _said(message.text, message.recipient, rate, language),
            "cheaper": self._cheaper(message.text),
            "wrong": False,
        }

    def _unsendable(self, one: Rejection, body: object, language: str) -> dict[str, Any]:
        """The row gets nothing; its text is shown all the same, where it has one."""
        pieces = parts.splits(masked(body), stop=self.recipe.stop) if isinstance(body, str) else ()
        with speaking(language):
            why = without_options(masked(told(one.detail)))
        said = tell(say("This row gets nothing: {why}", why=why), language)
        return {"pieces": list(pieces), "said": said, "cheaper": False, "wrong": True}

    def _cheaper(self, text: Text) -> bool:
        table = swap_table(typography=True, swaps={})
        return swapped(text, table, stop=self.recipe.stop).parts < text.parts


def _said(text: Text, to: Recipient, rate: Decimal | None, language: str) -> str:
    size = say(
        "{figure} part · {units} characters as {encoding}",
        "{figure} parts · {units} characters as {encoding}",
        n=text.parts,
        figure=figure(text.parts),
        units=figure(text.units),
        encoding=text.encoding.value,
    )
    price = (
        say("credits to {country} unknown", country=to.country)
        if rate is None
        else say("credits to {country}: {credits}", credits=figure(rate * text.parts), country=to.country)
    )
    signs = parts.offenders(text.body)
    odd = (
        [
            tell(
                say("because of {signs}: 70 characters to a part instead of 160", signs=" ".join(signs[:8])),
                language,
            )
        ]
        if signs
        else []
    )
    return " · ".join([tell(size, language), *odd, tell(price, language)])
