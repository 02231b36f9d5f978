"""What separates the cells of a text, and what quotes them: told by its first records.

The header is weighed before the rows: amounts (`12,50`) and notes bring other signs into every row, and hardly ever into the
names of columns. Rows are compared with the header by their cells, empty ones at their end included.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

from smscampaign.names import may_name_numbers, names_numbers

#: The likeliest first: the comma is the one that amounts and words contain.
DELIMITERS = ";\t,|"
#: What a person calls them.
CALLED = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
# Filled records that are looked at, and how many of them may stand above the header.
_TELLING, _TITLES = 30, 20
# A cell that names no column: a number, an amount, a date.
_DATUM = re.compile(r"[\s+(]*\d[\d\s.,:;/()+-]*\Z")
_LONGEST_NAME = 100


class _Reading(NamedTuple):
    """How well a delimiter explains a text; of two, the greater explains it better.

    `several`: the header has several cells. `first`: it is the first record, and names a column of phone numbers. `exact`: it
    is the first record, and every other one has as many cells. `named`: it names such a column wherever it is. `fit`: the
    share of records that have as many cells as the header. `above`: minus the records above it. `width`: its cells.
    """

    several: bool
    first: bool
    exact: bool
    named: bool
    fit: float
    above: int
    width: int

    @property
    def sound(self) -> bool:
        """Whether it could be right by itself."""
        return self.several and not self.above and self.fit > 0.9


def quote_of(text: str, delimiter: str | None) -> str:
    """An apostrophe when the first line with anything in it has all its cells in apostrophes."""
    first = next((line.strip() for line in text[:4_096].splitlines() if line.strip()), "")
    between = f"[{re.escape(delimiter or DELIMITERS)}]"
    return "'" if re.fullmatch(rf"'[^']*'(?:{between}'[^']*')*", first) else '"'


def delimiter_of(text: str, *, quote: str, whole: bool) -> tuple[str, bool]:
    """The delimiter of a text, and whether another one explains it nearly as well. `whole`: nothing of it was cut off.

    A text of one column has the comma, unless that would cut its cells.
    """
    readings = {sign: found for sign in DELIMITERS if (found := _reading(text, sign, quote, whole))}
    if not readings:
        return ",", False
    best = max(readings, key=lambda sign: (readings[sign], sign == "," and not readings[sign].several))
    rivals = [one for sign, one in readings.items() if sign != best and one.sound]
    return best, bool(rivals) and not readings[best].first


def _reading(text: str, delimiter: str, quote: str, whole: bool) -> _Reading | None:
    records = _records(text, delimiter, quote, whole)
    if not records:
        return None
    return max(
        (_with_header(records, place) for place in _header_places(records)),
        key=lambda one: (one.several, one.first, one.named, one.fit, one.above),
    )


def _records(text: str, delimiter: str, quote: str, whole: bool) -> list[list[str]]:
    """The first records with anything in them, without one that may have been cut off."""
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quotechar=quote)
        records = list(islice(reader, 3 * _TELLING))
    except csv.Error:
        return []
    if not whole and 1 < len(records) < 3 * _TELLING:
        records = records[:-1]
    return [cells for cells in records if any(map(str.strip, cells))][:_TELLING]


def _header_places(records: Sequence[Sequence[str]]) -> list[int]:
    """Where the header may be: in the first record, or in one of several cells below it that holds no data."""
    below = (
        place
        for place, cells in enumerate(records[: _TITLES + 1])
        if place and len(cells) > 1 and not any(map(_DATUM.match, cells))
    )
    return [0, *below]


def _with_header(records: Sequence[Sequence[str]], place: int) -> _Reading:
    header, below = records[place], records[place + 1 :]
    needed = max((at for at, cell in enumerate(header, 1) if cell.strip()), default=0)
    fitting = 1 + sum(_fits(cells, len(header), needed) for cells in below)
    named = len(header) > 1 and any(map(_names_numbers, header))
    return _Reading(
        several=len(header) > 1,
        first=named and place == 0,
        exact=fitting == len(records),
        named=named,
        fit=fitting / len(records),
        above=-place,
        width=len(header),
    )


def _fits(cells: Sequence[str], wide: int, needed: int) -> bool:
    return needed <= len(cells) <= wide or (len(cells) > wide and not any(map(str.strip, cells[wide:])))


def _names_numbers(cell: str) -> bool:
    return len(cell) <= _LONGEST_NAME and (names_numbers(cell) or may_name_numbers(cell))
