"""Planning: each row of the file becomes a message or a rejection, and all of them a sealed plan in the journal."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass

from smscampaign import parts
from smscampaign.journal import PlanWriter
from smscampaign.model import Message, Planned, PlanSummary, Progress, Reason, Recipient, Rejection, Row, Text
from smscampaign.phone import Normaliser, NotANumber, country
from smscampaign.template import Template, Unrendered


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a row becomes a message: `width` cells a row, the columns' positions, and what is made of them.

    `stop` says whether OVHcloud will add its STOP clause; `most_parts` is the number of parts above which a text is refused.
    """

    width: int
    number: int
    country: int | None
    normaliser: Normaliser
    template: Template
    stop: bool
    most_parts: int


def plan_into(
    writer: PlanWriter,
    recipe: Recipe,
    blocks: Iterable[list[Row]],
    *,
    receivers_per_call: int,
    header_line: int,
) -> Generator[Progress, None, PlanSummary]:
    """Plan every row into the journal and seal it; returns the summary."""
    rows, width, last = 0, recipe.width, header_line
    yield Progress("planning", rows, None)
    for block in blocks:
        writer.add(plan_block(recipe, block))
        rows += len(block)
        last = block[-1].line
        width = max(width, *(len(row.fields) for row in block))
        yield Progress("planning", rows, None)
    yield Progress("sealing", rows, rows)
    return writer.seal(receivers_per_call=receivers_per_call, width=width, blank=last - header_line - rows)


def plan_block(recipe: Recipe, block: Sequence[Row]) -> list[Planned]:
    """One planned row for each row, in the same order; a row's first fault, from left to right, is the one told."""
    whole = [row for row in block if len(row.fields) == recipe.width]
    if len(whole) == len(block):
        return list(_whole_rows(recipe, whole))
    planned = {row.line: one for row, one in zip(whole, _whole_rows(recipe, whole), strict=True)}
    return [planned.get(row.line) or _ragged(row, recipe.width) for row in block]


def _whole_rows(recipe: Recipe, rows: list[Row]) -> Iterator[Planned]:
    recipients = _recipients(recipe, rows)
    good = [row for row, one in zip(rows, recipients, strict=True) if type(one) is Recipient]
    texts = iter(recipe.template.render_block([row.fields for row in good]))
    measured: dict[str, Text] = {}
    for row, recipient in zip(rows, recipients, strict=True):
        if isinstance(recipient, NotANumber):
            yield Rejection(row.line, recipient.reason, recipient.detail)
            continue
        body = next(texts)
        if isinstance(body, Unrendered):
            yield Rejection(row.line, body.reason, body.detail)
            continue
        text = measured.get(body)
        if text is None:
            text = measured[body] = parts.measure(body, stop=recipe.stop)
        if text.parts > recipe.most_parts:
            yield _too_long(row, text, recipe)
        else:
            yield Message(row.line, recipient, text)


def _recipients(recipe: Recipe, rows: list[Row]) -> list[Recipient | NotANumber]:
    position = recipe.number
    cells = [row.fields[position] for row in rows]
    where = recipe.country
    if where is None:
        return recipe.normaliser.column(cells)
    named = [row.fields[where] for row in rows]
    regions = {name: country(name) for name in set(named)}
    recipients = recipe.normaliser.column(cells, [regions[name] for name in named])
    return [
        _unknown_country(name) if regions[name] is None and name.strip() else recipient
        for name, recipient in zip(named, recipients, strict=True)
    ]


def _unknown_country(name: str) -> NotANumber:
    return NotANumber(
        Reason.COUNTRY_UNKNOWN,
        f"{name.strip()!r} is not a country code; write it as two letters, such as FR or PL",
    )


def _ragged(row: Row, width: int) -> Rejection:
    few = "fewer" if len(row.fields) < width else "more"
    detail = (
        f"the row has {len(row.fields)} cells and the header {width}, {few} than it should;"
        " look for a missing or unquoted separator"
    )
    return Rejection(row.line, Reason.RAGGED_ROW, detail)


def _too_long(row: Row, text: Text, recipe: Recipe) -> Rejection:
    detail = (
        f"the text takes {text.parts} parts as {text.encoding} and at most {recipe.most_parts} are allowed;"
        " shorten it or raise --max-parts"
    )
    return Rejection(row.line, Reason.TEXT_TOO_LONG, detail)
