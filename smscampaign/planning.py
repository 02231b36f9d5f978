"""Planning: each row of the file becomes a message or a rejection, and all of them a sealed plan in the journal."""

from __future__ import annotations

import gc
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import compress
from operator import attrgetter
from typing import Any

from smscampaign.countries import Place, namesakes
from smscampaign.journal.plan import PlanWriter
from smscampaign.languages import ENGLISH, say, tell
from smscampaign.message import parts
from smscampaign.message.template import Template, Unrendered
from smscampaign.model import (
    Message,
    Planned,
    PlanSummary,
    Progress,
    Reason,
    Recipient,
    Rejection,
    Row,
    Text,
    in_bulk,
)
from smscampaign.phone.normaliser import Normaliser, country
from smscampaign.phone.reading import NotANumber

_line, _fields = attrgetter("line"), attrgetter("fields")


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a row becomes a message: `width` cells a row, the columns' positions, and what is made of them.

    `stop` says whether OVHcloud will add its STOP clause; `most_parts` is the number of parts above which a text is refused.
    `cheaper` may swap characters of a text; `short` stands in for a text of more than `short_over` parts, if it takes fewer.
    `language` is the one that rejections are told in; `dropped` are rows to which somebody wants nothing to be sent.
    """

    width: int
    number: int
    country: int | None
    normaliser: Normaliser
    template: Template
    stop: bool
    most_parts: int
    cheaper: Callable[[Text], Text] | None = None
    short: Template | None = None
    short_over: int = 1
    language: str = ENGLISH
    dropped: Collection[int] = ()


def plan_into(
    writer: PlanWriter,
    recipe: Recipe,
    blocks: Iterable[list[Row]],
    *,
    receivers_per_call: int,
    header_line: int,
    expected: int | None = None,
) -> Generator[Progress, None, PlanSummary]:
    """Plan every row into the journal and seal it; returns the summary.

    `expected` is about how many rows there are, for the progress; a file is counted only by reading it.
    """
    rows, width, last = 0, recipe.width, header_line
    yield Progress("planning", rows, expected)
    for done in plan_blocks(recipe, blocks, writer.add):
        rows += done.rows
        last, width = max(last, done.last), max(width, done.width)
        yield Progress("planning", rows, None if expected is None else max(expected, rows))
    yield Progress("sealing", rows, rows)
    return writer.seal(receivers_per_call=receivers_per_call, width=width, blank=last - header_line - rows)


@dataclass(frozen=True, slots=True)
class Done:
    """A block that is planned: how many rows, the spreadsheet row of the last, the cells of the widest."""

    rows: int
    last: int
    width: int


def plan_blocks(
    recipe: Recipe, blocks: Iterable[list[Row]], take: Callable[[list[Planned]], object]
) -> Iterator[Done]:
    """Plan block after block and hand each to `take`; nothing is compared across blocks."""
    stream = iter(blocks)
    while True:
        with _no_collection():
            block = next(stream, None)
            if block is None:
                return
            take(plan_block(recipe, block))
            done = Done(len(block), block[-1].line, max(map(len, map(_fields, block))))
            del block
        yield done


@contextmanager
def _no_collection() -> Iterator[None]:
    """The search for cyclic garbage waits until a block is done.

    Nothing a block is made of refers to itself, and all of it is gone when the block is; looking through its thousands of
    objects again and again takes 4 of 24 µs a row.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def plan_block(recipe: Recipe, block: Sequence[Row]) -> list[Planned]:
    """One planned row for each row, in the same order; a row's first fault, from left to right, is the one told."""
    if recipe.dropped:
        return _without_dropped(recipe, block)
    widths = list(map(len, map(_fields, block)))
    if widths.count(recipe.width) == len(block):
        return _whole_rows(recipe, list(block))
    whole = [row for row in block if len(row.fields) == recipe.width]
    planned = _whole_rows(recipe, whole)
    by_line = {one.line: one for one in planned}
    return [by_line.get(row.line) or _ragged(row, recipe) for row in block]


def _without_dropped(recipe: Recipe, block: Sequence[Row]) -> list[Planned]:
    detail = tell(say("Somebody dropped this row instead of putting it right."), recipe.language)
    kept = [row for row in block if row.line not in recipe.dropped]
    planned = iter(plan_block(replace(recipe, dropped=()), kept))
    return [
        Rejection(row.line, Reason.DROPPED, detail) if row.line in recipe.dropped else next(planned)
        for row in block
    ]


def _whole_rows(recipe: Recipe, rows: list[Row]) -> list[Planned]:
    found = _recipients(recipe, rows)
    refused, rows, (recipients,) = _parted(recipe, NotANumber, found, rows, found)
    texts = _texts(recipe, rows)
    mute, rows, (recipients, texts) = _parted(recipe, Unrendered, texts, rows, recipients, texts)
    messages: list[Planned] = [*in_bulk(Message, list(map(_line, rows)), recipients, texts)]
    return sorted([*refused, *mute, *messages], key=_line) if refused or mute else messages


def _parted(recipe: Recipe, kind: Any, found: list[Any], rows: list[Row], *columns: list[Any]) -> Any:
    """The rejections of the rows for which something of that kind was `found`; the rows and columns without them."""
    if kind not in set(map(type, found)):
        return [], rows, columns
    good = [type(one) is not kind for one in found]
    refused = [
        _rejection(row.line, one, recipe.language)
        for row, one in zip(rows, found, strict=True)
        if type(one) is kind
    ]
    return refused, list(compress(rows, good)), [list(compress(column, good)) for column in columns]


def _rejection(line: int, one: NotANumber | Unrendered, language: str) -> Rejection:
    suggestion = tell(one.suggestion, language) if type(one) is NotANumber else ""
    return Rejection(line, one.reason, tell(one.detail, language), suggestion)


def _texts(recipe: Recipe, rows: list[Row]) -> list[Text | Unrendered]:
    """What each of the rows says, or why nothing; equal texts of a block are measured once."""
    bodies = recipe.template.render_block(list(map(_fields, rows)))
    distinct = list(dict.fromkeys(body for body in bodies if type(body) is str))
    measured: list[Text | Unrendered] = list(_measured(recipe, distinct))
    if len(distinct) != len(bodies):
        by_body = dict(zip(distinct, measured, strict=True))
        measured = [body if isinstance(body, Unrendered) else by_body[body] for body in bodies]
    if recipe.short is not None:
        measured = _shortened(recipe, recipe.short, rows, measured)
    most = recipe.most_parts
    return [
        text if type(text) is not Text or text.parts <= most else _too_long(text, recipe) for text in measured
    ]


def _measured(recipe: Recipe, bodies: Sequence[str]) -> list[Text]:
    texts = parts.measure_column(bodies, stop=recipe.stop)
    if recipe.cheaper is None:
        return texts
    return [text if text.parts == 1 else recipe.cheaper(text) for text in texts]


def _shortened(
    recipe: Recipe, short: Template, rows: list[Row], texts: list[Text | Unrendered]
) -> list[Text | Unrendered]:
    """The short message in place of the texts that take too many parts, where it has a text and that takes fewer."""
    long = [at for at, text in enumerate(texts) if type(text) is Text and text.parts > recipe.short_over]
    bodies = short.render_block([rows[at].fields for at in long])
    better = list(texts)
    for at, body in zip(long, bodies, strict=True):
        text = texts[at]
        if isinstance(body, str) and type(text) is Text:
            (brief,) = _measured(recipe, [body])
            better[at] = brief if 0 < brief.parts < text.parts else text
    return better


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
    both = namesakes(name)
    if both is None:
        detail = say(
            "“{name}” is not a country; write it as two letters, such as FR or PL.", name=name.strip()
        )
    else:
        first, second = map(Place, both)
        detail = say(
            "“{name}” is the name of two countries, {first} and {second}; write the two letters.",
            name=name.strip(),
            first=first,
            second=second,
        )
    return NotANumber(Reason.COUNTRY_UNKNOWN, detail)


def _ragged(row: Row, recipe: Recipe) -> Rejection:
    cells, width = len(row.fields), recipe.width
    if cells < width:
        detail = say(
            "The row has {n} cell where the header has {width}; look for a missing separator.",
            "The row has {n} cells where the header has {width}; look for a missing separator.",
            n=cells,
            width=width,
        )
    else:
        detail = say(
            "The row has {n} cell where the header has {width}; look for a separator inside a cell without quotes.",
            "The row has {n} cells where the header has {width}; look for a separator inside a cell without quotes.",
            n=cells,
            width=width,
        )
    return Rejection(row.line, Reason.RAGGED_ROW, tell(detail, recipe.language))


def _too_long(text: Text, recipe: Recipe) -> Unrendered:
    detail = say(
        "The text takes {n} part as {encoding} and at most {most} are allowed; shorten it or raise --max-parts.",
        "The text takes {n} parts as {encoding} and at most {most} are allowed; shorten it or raise --max-parts.",
        n=text.parts,
        encoding=text.encoding,
        most=recipe.most_parts,
    )
    return Unrendered(Reason.TEXT_TOO_LONG, detail)
