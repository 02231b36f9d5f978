"""Rows in blocks: held column by column, from the file to the journal, and seen row by row by whoever looks at one.

An object for each row, its number, its text and its message took half of the time that a plan takes. Standard library only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import merge
from operator import attrgetter
from typing import Any, NamedTuple, Self, cast, overload

from smscampaign.model import Encoding, Message, Planned, Recipient, Rejection, Repair, Rescued, Row, Text

_line = attrgetter("line")

BLOCK = 4_000
"""Rows in a block: a dry run of 300 000 takes 2.6 s with 1 000, 2.5 with 2 000, 2.35 with 4 000 and 6 000, 2.4 with 8 000."""

FEW = 500
"""And where they are asked for one by one: often the first hundred are enough, and 4 000 take 10 ms."""


def without(columns: Iterable[Sequence[Any]], places: Sequence[int]) -> list[list[Any]]:
    """The columns without what stands at some places, which ascend. What is between two of them is copied at once."""
    return [_joined(column, places) for column in columns]


def _joined(column: Sequence[Any], places: Sequence[int]) -> list[Any]:
    joined, begin = list[Any](), 0
    for place in places:
        joined += column[begin:place]
        begin = place + 1
    joined += column[begin:]
    return joined


@dataclass(frozen=True, slots=True)
class Block(Sequence[Row]):
    """Rows of a file in its order: where they stand, and their cells column by column.

    Rows that are not equally wide have no columns: they stand in `ragged`, each with its cells.
    """

    lines: Sequence[int]
    columns: Sequence[Sequence[str]]
    ragged: Sequence[Sequence[str]] = ()

    @classmethod
    def of(cls, lines: Sequence[int], records: Sequence[Sequence[str]]) -> Self:
        """Records, and where they stand."""
        if len(set(map(len, records))) == 1 and records[0]:
            return cls(lines, list(zip(*records, strict=True)))
        return cls(lines, (), records)

    @classmethod
    def of_rows(cls, rows: Sequence[Row]) -> Block:
        """Rows that somebody has in hand; a block is what it is."""
        if isinstance(rows, Block):
            return rows
        return cls.of([row.line for row in rows], [row.fields for row in rows])

    @property
    def fields(self) -> list[tuple[str, ...]]:
        """The cells of each row."""
        return list(zip(*self.columns, strict=True)) if self.columns else list(map(tuple, self.ragged))

    @property
    def width(self) -> int:
        """The cells of the widest row."""
        return len(self.columns) or max(map(len, self.ragged), default=0)

    def without(self, places: Sequence[int]) -> Block:
        """All rows but those at some places, which ascend."""
        (lines,) = without((self.lines,), places)
        if self.columns:
            return Block(lines, without(self.columns, places))
        return Block.of(lines, *without((self.ragged,), places))

    def __len__(self) -> int:
        return len(self.lines)

    def __iter__(self) -> Iterator[Row]:
        return map(Row, self.lines, self.fields)

    @overload
    def __getitem__(self, at: int) -> Row: ...
    @overload
    def __getitem__(self, at: slice) -> list[Row]: ...
    def __getitem__(self, at: int | slice) -> Row | list[Row]:
        return list(self)[at]


class Measured(NamedTuple):
    """Texts with what they cost, column by column: `encodings` are the values of `Encoding`; see `Text`."""

    bodies: Sequence[str]
    encodings: Sequence[str]
    units: Sequence[int]
    parts: Sequence[int]

    def at(self, place: int) -> Text:
        """One of them."""
        encoding = Encoding(self.encodings[place])
        return Text(self.bodies[place], encoding, self.units[place], self.parts[place])

    def picked(self, places: Sequence[int]) -> Measured:
        """Those at some places, in their order."""
        return Measured(*([column[place] for place in places] for column in cast(Any, self)))

    def replaced(self, others: Mapping[int, Text]) -> Measured:
        """The same with other texts at some places."""
        bodies, encodings = list(self.bodies), list(self.encodings)
        units, parts = list(self.units), list(self.parts)
        for place, text in others.items():
            bodies[place], encodings[place] = text.body, text.encoding.value
            units[place], parts[place] = text.units, text.parts
        return Measured(bodies, encodings, units, parts)

    @classmethod
    def of(cls, texts: Sequence[Text]) -> Measured:
        """Texts that somebody has in hand."""
        return cls(
            [one.body for one in texts],
            [one.encoding.value for one in texts],
            [one.units for one in texts],
            [one.parts for one in texts],
        )


@dataclass(frozen=True, slots=True)
class Messages:
    """Rows that can be sent, column by column: numbers without their plus, and by line what was put right in some.

    `keys` are what gets one message each; there are none where that is the number. `arms` are the names of the texts, where
    several are tried.
    """

    lines: Sequence[int]
    numbers: Sequence[int]
    countries: Sequence[str]
    texts: Measured
    repairs: Mapping[int, Repair]
    keys: Sequence[bytes] = ()
    arms: Sequence[str] = ()

    def without(self, places: Sequence[int]) -> Messages:
        """All but those at some places, which ascend."""
        lines, numbers, countries = without((self.lines, self.numbers, self.countries), places)
        gone = {self.lines[place] for place in places}
        repairs = {line: repair for line, repair in self.repairs.items() if line not in gone}
        keys = without((self.keys,), places)[0] if self.keys else ()
        arms = without((self.arms,), places)[0] if self.arms else ()
        return Messages(
            lines, numbers, countries, Measured(*without(self.texts, places)), repairs, keys, arms
        )

    def __len__(self) -> int:
        return len(self.lines)

    def __iter__(self) -> Iterator[Message]:
        for place, line in enumerate(self.lines):
            number, country, repair = f"+{self.numbers[place]}", self.countries[place], self.repairs.get(line)
            to = Recipient(number, country) if repair is None else Rescued(number, country, repair)
            yield Message(line, to, self.texts.at(place), self.keys[place] if self.keys else b"")


@dataclass(frozen=True, slots=True)
class PlannedBlock:
    """What became of the rows of a block, both in the file's order."""

    messages: Messages
    rejections: Sequence[Rejection]

    @classmethod
    def of(cls, planned: Iterable[Planned]) -> PlannedBlock:
        """Planned rows that somebody has in hand; a block is what it is."""
        if isinstance(planned, PlannedBlock):
            return planned
        rows = list(planned)
        messages = [one for one in rows if isinstance(one, Message)]
        return cls(
            Messages(
                [one.line for one in messages],
                [int(one.recipient.msisdn) for one in messages],
                [one.recipient.country for one in messages],
                Measured.of([one.text for one in messages]),
                {one.line: one.recipient.repair for one in messages if isinstance(one.recipient, Rescued)},
                [one.key for one in messages if one.key],
            ),
            [one for one in rows if isinstance(one, Rejection)],
        )

    def __len__(self) -> int:
        return len(self.messages) + len(self.rejections)

    def __iter__(self) -> Iterator[Planned]:
        return merge(self.messages, self.rejections, key=_line)


def filled(block: Block) -> Iterator[Block]:
    """The block without rows that are blank; nothing where all of them are."""
    if not (block.columns and all(map(str.strip, block.columns[0]))):
        blank = [place for place, cells in enumerate(block.fields) if not any(map(str.strip, cells))]
        block = block.without(blank) if blank else block
    if len(block):
        yield block


def squared(records: list[list[str]], wide: int, needed: int) -> list[list[str]]:
    """Records as wide as the header where only empty cells are over, or missing after the `needed` ones."""
    if set(map(len, records)) <= {wide, 0}:
        return records
    return [_fitted(cells, wide, needed) for cells in records]


def _fitted(cells: list[str], wide: int, needed: int) -> list[str]:
    if len(cells) < wide:
        return [*cells, *[""] * (wide - len(cells))] if len(cells) >= max(needed, 1) else cells
    return cells if any(map(str.strip, cells[wide:])) else cells[:wide]
