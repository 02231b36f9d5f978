"""Planning: each row of the file becomes a message or a rejection, and all of them a sealed plan in the journal."""

from __future__ import annotations

import gc
import re
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple, Protocol, cast

from smscampaign.blocks import Block, Measured, Messages, PlannedBlock, without
from smscampaign.countries import CountryName, names_none, namesakes
from smscampaign.journal.plan import PlanWriter
from smscampaign.languages import ENGLISH, say, tell
from smscampaign.message import parts
from smscampaign.message.filling import HELD_OUT
from smscampaign.message.template import Rendered, Template, Unrendered
from smscampaign.model import (
    PlanSummary,
    Progress,
    Reason,
    Rejection,
    Row,
    Text,
)
from smscampaign.phone.normaliser import Normaliser, Numbers, country
from smscampaign.phone.reading import NotANumber

if TYPE_CHECKING:
    from smscampaign.keys import Keys  # loaded by who has some
    from smscampaign.message.selection import Selection

_line = attrgetter("line")

#: Of a line below a table, such as a total, so many cells are filled at most.
_FOOT = 2
#: The two cells that a comma makes of an amount.
_WHOLE, _DECIMALS = (
    re.compile(r"[-+]?[^\W\d_]{0,3}\s?\d{1,6}"),
    re.compile(r"\d\d?\s?(?:[^\w\s]|[^\W\d_]{1,3})?"),
)


class Variants(Protocol):
    """Several texts that are tried against each other."""

    def dealt(self, columns: Sequence[Sequence[str]], numbers: Sequence[int]) -> Sequence[str]:
        """The name of the text that each row gets; empty for who is held out."""
        ...

    def render_columns(self, columns: Sequence[Sequence[str]], names: Sequence[str]) -> list[Rendered]:
        """The text of each row, by these names."""
        ...


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a row becomes a message: `width` cells a row, the columns' positions, and what is made of them. Of several
    columns of `numbers` the first cell of a row counts that can be sent to.

    `stop` says whether OVHcloud will add its STOP clause; `most_parts` is the number of parts above which a text is refused.
    `cheaper` may swap characters of a text; `short` stands in for a text of more than `short_over` parts, if it takes fewer.
    `language` is the one that rejections are told in; `dropped` are rows to which somebody wants nothing to be sent. `keys`
    name what gets one message, where that is not the number, and `selection` says which rows are meant at all. `commas` stand
    between the cells. `variants` stand for the template, where several texts are tried.
    """

    width: int
    numbers: Sequence[int]
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
    keys: Keys | None = None
    selection: Selection | None = None
    commas: bool = False
    variants: Variants | None = None


def plan_into(
    writer: PlanWriter,
    recipe: Recipe,
    blocks: Iterable[Sequence[Row]],
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


class Done(NamedTuple):
    """A block that is planned: how many rows, the spreadsheet row of the last, the cells of the widest."""

    rows: int
    last: int
    width: int


def plan_blocks(
    recipe: Recipe, blocks: Iterable[Sequence[Row]], take: Callable[[PlannedBlock], object]
) -> Iterator[Done]:
    """Plan block after block and hand each to `take`; nothing is compared across blocks."""
    stream = iter(blocks)
    while True:
        with _no_collection():
            rows = next(stream, None)
            if rows is None:
                return
            block = Block.of_rows(rows)
            take(plan_block(recipe, block))
            done = Done(len(block), block.lines[-1], block.width)
            del rows, block
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


def plan_block(recipe: Recipe, rows: Sequence[Row]) -> PlannedBlock:
    """What becomes of each row; a row's first fault, from left to right, is the one told."""
    block = Block.of_rows(rows)
    others = set(recipe.dropped).intersection(block.lines)
    if not block.columns or block.width != recipe.width:
        others |= {row.line for row in block if len(row.fields) != recipe.width}
    if not others:
        return _whole_rows(recipe, block)
    refused = [_not_planned(row, recipe) for row in block if row.line in others]
    planned = _whole_rows(
        recipe, block.without([place for place, line in enumerate(block.lines) if line in others])
    )
    return PlannedBlock(planned.messages, sorted([*planned.rejections, *refused], key=_line))


def _not_planned(row: Row, recipe: Recipe) -> Rejection:
    if row.line not in recipe.dropped:
        return _ragged(row, recipe)
    detail = tell(say("Somebody dropped this row instead of putting it right."), recipe.language)
    return Rejection(row.line, Reason.DROPPED, detail)


def _whole_rows(recipe: Recipe, block: Block) -> PlannedBlock:
    """Which of the rows are meant comes first: nobody looks at the numbers of the others."""
    passed = recipe.selection.passed_over(block.columns) if recipe.selection and len(block) else {}
    if not passed:
        return _meant_rows(recipe, block)
    out = _rejections(recipe, block, passed)
    planned = _meant_rows(recipe, block.without(sorted(passed)))
    return PlannedBlock(planned.messages, sorted([*planned.rejections, *out], key=_line))


def _meant_rows(recipe: Recipe, block: Block) -> PlannedBlock:
    if not len(block):
        return PlannedBlock.of(())
    read = _numbers(recipe, block)
    read.refused.update(_footers(block, read.refused))
    refused = _rejections(recipe, block, read.refused)
    numbers, countries = read.numbers, read.countries
    repairs = {block.lines[place]: repair for place, repair in read.repairs.items()}
    if refused:
        gone = sorted(read.refused)
        block, (numbers, countries) = block.without(gone), without((numbers, countries), gone)
    arms = recipe.variants.dealt(block.columns, numbers) if recipe.variants and numbers else ()
    texts, mute = _texts(recipe, block, arms)
    keys, unnamed = _keys(recipe, block, numbers)
    messages = Messages(block.lines, numbers, countries, texts, repairs, keys, arms)
    mute |= unnamed | {place: HELD_OUT for place, arm in enumerate(arms) if not arm}
    if mute:
        refused = sorted([*refused, *_rejections(recipe, block, mute)], key=_line)
        messages = messages.without(sorted(mute))
    return PlannedBlock(messages, refused)


def _footers(block: Block, refused: Mapping[int, NotANumber]) -> dict[int, NotANumber]:
    """Rows without a number that have next to nothing else: a sum, who printed it. A workbook's are as wide as others."""
    if block.width <= _FOOT + 1:
        return {}
    gaps = [place for place, one in refused.items() if one.reason is Reason.NUMBER_MISSING]
    told = NotANumber(
        Reason.NUMBER_MISSING,
        say(
            "There is no number in this row, and little else; a line below the table? Fill it in or remove the row."
        ),
    )
    return {place: told for place in gaps if sum(bool(cells[place]) for cells in block.columns) <= _FOOT}


def _rejections(
    recipe: Recipe, block: Block, found: Mapping[int, NotANumber | Unrendered]
) -> list[Rejection]:
    return [_rejection(block.lines[place], one, recipe.language) for place, one in sorted(found.items())]


def _rejection(line: int, one: NotANumber | Unrendered, language: str) -> Rejection:
    suggestion = tell(one.suggestion, language) if type(one) is NotANumber else ""
    return Rejection(line, one.reason, tell(one.detail, language), suggestion)


def _keys(
    recipe: Recipe, block: Block, numbers: Sequence[int]
) -> tuple[Sequence[bytes], dict[int, Unrendered]]:
    """What each of the rows gets one message for, where that is not its number; or why nothing, by its place."""
    if recipe.keys is None or not len(block):
        return (), {}
    keys, missing = recipe.keys.of(block.columns, numbers)
    names = dict(zip(recipe.keys.places, recipe.keys.names, strict=True))
    return keys, {place: _nameless(names[column]) for place, column in missing.items()}


def _nameless(column: str) -> Unrendered:
    detail = say(
        "The cell of {column} is empty, and by that it is known what gets one message (once_per).",
        column=column,
    )
    return Unrendered(Reason.KEY_MISSING, detail)


def _texts(recipe: Recipe, block: Block, arms: Sequence[str]) -> tuple[Measured, dict[int, Unrendered]]:
    """What each of the rows says, or why nothing, by its place."""
    if recipe.variants and arms:
        rendered = recipe.variants.render_columns(block.columns, arms)
    else:
        rendered = recipe.template.render_columns(block.columns, len(block))
    mute = {}
    if Unrendered in set(map(type, rendered)):
        mute = {place: one for place, one in enumerate(rendered) if isinstance(one, Unrendered)}
        rendered = ["" if isinstance(one, Unrendered) else one for one in rendered]
    texts = _measured(recipe, cast("list[str]", rendered))
    if recipe.short is not None:
        texts = _shortened(recipe, recipe.short, block, texts)
    if max(texts.parts, default=0) > recipe.most_parts:
        long = {place for place, parts in enumerate(texts.parts) if parts > recipe.most_parts}
        mute |= {place: _too_long(texts.at(place), recipe) for place in long}
    return texts, mute


def _measured(recipe: Recipe, bodies: list[str]) -> Measured:
    """What they cost; equal texts are measured once."""
    distinct = dict.fromkeys(bodies)
    texts = parts.measure_column(list(distinct), stop=recipe.stop)
    if recipe.cheaper is not None:
        several = [place for place, parts in enumerate(texts.parts) if parts > 1]
        texts = texts.replaced({place: recipe.cheaper(texts.at(place)) for place in several})
    if len(distinct) == len(bodies):
        return texts
    place_of = {body: place for place, body in enumerate(distinct)}
    return texts.picked([place_of[body] for body in bodies])


def _shortened(recipe: Recipe, short: Template, block: Block, texts: Measured) -> Measured:
    """The short message in place of the texts that take too many parts, where it has a text and that takes fewer."""
    long = [place for place, parts in enumerate(texts.parts) if parts > recipe.short_over]
    bodies = short.render_columns([[column[at] for at in long] for column in block.columns], len(long))
    better = {}
    for place, body in zip(long, bodies, strict=True):
        if isinstance(body, str):
            brief = _measured(recipe, [body]).at(0)
            if 0 < brief.parts < texts.parts[place]:
                better[place] = brief
    return texts.replaced(better)


def _numbers(recipe: Recipe, block: Block) -> Numbers:
    first, *others = recipe.numbers
    read = _read(
        recipe, block.columns[first], () if recipe.country is None else block.columns[recipe.country]
    )
    for place in others:
        if not (again := sorted(read.refused)):
            break
        cells = [block.columns[place][at] for at in again]
        named = [] if recipe.country is None else [block.columns[recipe.country][at] for at in again]
        more = _read(recipe, cells, named)
        for at, one in zip(again, map(more.at, range(len(again))), strict=True):
            # Where none can be sent to, the first cell with anything in it is the one to put right.
            if not isinstance(one, NotANumber) or read.refused[at].reason is Reason.NUMBER_MISSING:
                del read.refused[at]
                read.put(at, one)
    return read


def _read(recipe: Recipe, cells: Sequence[str], named: Sequence[str]) -> Numbers:
    """A column of numbers, beside the countries that are `named` for them, if any are."""
    if recipe.country is None:
        return recipe.normaliser.numbers(cells)
    regions = {name: country(name) for name in set(named)}
    read = recipe.normaliser.numbers(cells, [regions[name] for name in named])
    for place, name in enumerate(named):
        if regions[name] is None and not names_none(name):
            read.put(place, _unknown_country(name))
    return read


def _unknown_country(name: str) -> NotANumber:
    both = namesakes(name)
    if both is None:
        detail = say(
            "“{name}” is not a country; write it as two letters, such as FR or PL.", name=name.strip()
        )
    else:
        first, second = map(CountryName, both)
        detail = say(
            "“{name}” is the name of two countries, {first} and {second}; write the two letters.",
            name=name.strip(),
            first=first,
            second=second,
        )
    return NotANumber(Reason.COUNTRY_UNKNOWN, detail)


def _ragged(row: Row, recipe: Recipe) -> Rejection:
    cells, width = len(row.fields), recipe.width
    if cells < width and cells - row.fields.count("") <= _FOOT < width - 1:
        detail = say(
            "The row has {n} cell where the header has {width}; a line below the table, or a missing separator.",
            "The row has {n} cells where the header has {width}; a line below the table, or a missing separator.",
            n=cells,
            width=width,
        )
    elif cells > width and recipe.commas and _with_decimals(row.fields) >= cells - width:
        detail = say(
            'The row has {n} cell where the header has {width}; an amount with a decimal comma? Put it in quotes ("12,50"),'
            " or save the file with ; between its cells.",
            'The row has {n} cells where the header has {width}; an amount with a decimal comma? Put it in quotes ("12,50"),'
            " or save the file with ; between its cells.",
            n=cells,
            width=width,
        )
    elif cells < width:
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


def _with_decimals(cells: Sequence[str]) -> int:
    """How many cells may be the decimals of an amount that stands before them: `12,50 €` that a comma has cut."""
    return sum(
        bool(_WHOLE.fullmatch(before.strip()) and _DECIMALS.fullmatch(after.strip()))
        for before, after in pairwise(cells)
    )


def _too_long(text: Text, recipe: Recipe) -> Unrendered:
    detail = say(
        "The text takes {n} part as {encoding} and at most {most} are allowed; shorten it or raise --max-parts.",
        "The text takes {n} parts as {encoding} and at most {most} are allowed; shorten it or raise --max-parts.",
        n=text.parts,
        encoding=text.encoding,
        most=recipe.most_parts,
    )
    return Unrendered(Reason.TEXT_TOO_LONG, detail)
