"""Which row of a table holds the column names, and which column holds what. Words and standard library only."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from smscampaign.errors import SettingsProblem
from smscampaign.model import Row
from smscampaign.names import NUMBER_COLUMNS, canonical, closest

#: Rows that are looked at for a proposal, and examples that are shown of it.
LOOKED_AT, EXAMPLES = 100, 3
# National numbers of 8 digits (Denmark, Norway) up to 15 with 00 and a trunk zero before them (ITU-T E.164).
_NUMBER = re.compile(r"['\u2019]?[+(]?\d(?:[\s().\-/\u00a0\u202f]{0,3}\d){7,17}(?:\.0)?")
_DATE = re.compile(r"\d{4}([-./])\d\d\1\d\d|\d\d([-./])\d\d\2\d{4}")
_MOST_TITLES = 20


@dataclass(frozen=True, slots=True)
class Judge:
    """What tells phone numbers: `valid` of a column's cells, and how a cell is `shown` to a person, masked."""

    valid: Callable[[Sequence[str]], Sequence[bool]]
    shown: Callable[[str], str]


def is_number_like(cell: str) -> bool:
    """Whether a cell is written like a phone number; whether it is one is for others to say."""
    word = cell.strip()
    return _NUMBER.fullmatch(word) is not None and _DATE.fullmatch(word) is None


def header_place(rows: Sequence[Row]) -> int:
    """Which of a file's first filled rows holds the column names: the first, unless titles stand above them.

    A title row has fewer cells with something in them than the header, and no cell of the header is a number. Where no cell
    names a column of phone numbers, only lone cells above the first row of several pass for titles.
    """
    filled = [[cell for cell in row.fields if cell.strip()] for row in rows[: _MOST_TITLES + 2]]
    for place, cells in enumerate(filled[: _MOST_TITLES + 1]):
        if any(map(is_number_like, cells)):
            break
        if any(canonical(cell) in NUMBER_COLUMNS for cell in cells):
            above = max(map(len, filled[:place]), default=0)
            return place if above < len(cells) else 0
    place = next((place for place, cells in enumerate(filled) if len(cells) > 1), 0)
    follows = filled[place + 1 : place + 2]
    is_header = place and follows and len(follows[0]) > 1 and not any(map(is_number_like, filled[place]))
    above_are_data = any(is_number_like(cell) for cells in filled[:place] for cell in cells)
    return place if is_header and not above_are_data else 0


def letter(index: int) -> str:
    """What a spreadsheet calls the column at `index`: A, B, …, Z, AA."""
    name = ""
    while index >= 0:
        index, digit = divmod(index, 26)
        name, index = chr(65 + digit) + name, index - 1
    return name


def names_of(header: Sequence[str], rows: Iterable[Row]) -> tuple[str, ...]:
    """The column names as they can be asked for: one without a name and with something below is called by its letter.

    Empty columns after the last stay without one.
    """
    used = max((place for row in rows for place, cell in enumerate(row.fields) if cell.strip()), default=-1)
    last = max([used, *(place for place, name in enumerate(header) if name.strip())], default=-1)
    return tuple(
        name if name.strip() or place > last else f"column {letter(place)}"
        for place, name in enumerate(header)
    )


def number_column(
    header: Sequence[str],
    wanted: str | None = None,
    *,
    rows: Iterable[Row] = (),
    judge: Judge | None = None,
) -> int:
    """The index of the column that holds the phone numbers: `wanted`, or the one whose name says so.

    Raises SettingsProblem when there is none, or more than one. With `rows` and a `judge` the error proposes the column whose
    cells are phone numbers; it is never taken without being asked for.
    """
    if wanted is not None:
        return column(header, wanted, option="--number-column")
    found = [index for index, name in enumerate(header) if canonical(name) in NUMBER_COLUMNS]
    if len(found) == 1:
        return found[0]
    if found:
        raise SettingsProblem(
            f"several columns may hold the phone numbers: {_listed(header[index] for index in found)}",
            where="header",
            remedy="Say which one with --number-column NAME.",
        )
    if any(sum(map(str.isdigit, name)) >= 6 for name in header):
        raise SettingsProblem(
            "the first row holds data instead of column names",
            where="header",
            remedy="Put a row with the names of the columns above it, such as: name, mobile",
        )
    raise SettingsProblem(
        "no column is named like one that holds phone numbers",
        where="header",
        remedy=_proposal(header, list(rows), judge)
        or f"Say which one it is with --number-column NAME. The columns are: {_listed(header)}.",
    )


def column(header: Sequence[str], wanted: str, *, option: str) -> int:
    """The index of the column called `wanted`, compared by `names.canonical`; `option` is what asked for it.

    Raises SettingsProblem when there is none, or more than one.
    """
    found = [index for index, name in enumerate(header) if canonical(name) == canonical(wanted)]
    if len(found) > 1:
        # `Mobile` and `mobile ` may be told apart by writing one of them as it is.
        found = [index for index in found if header[index] == wanted] or found
    if len(found) == 1:
        return found[0]
    if found:
        raise SettingsProblem(
            f"several columns are called {wanted!r}: {_listed(header[index] for index in found)}",
            where=option,
            remedy="Rename all but one of them in the file.",
        )
    near = closest(wanted, filter(None, header))
    guess = f"Did you mean {' or '.join(map(repr, near))}? " if near else ""
    raise SettingsProblem(
        f"the file has no column {wanted!r}",
        where=option,
        remedy=f"{guess}The columns are: {_listed(header)}.",
    )


def _proposal(header: Sequence[str], rows: list[Row], judge: Judge | None) -> str:
    """What the cells say: columns at least half of whose cells are phone numbers, the likeliest first."""
    if judge is None:
        return ""
    found = []
    for place, name in enumerate(header):
        cells = [row.fields[place] for row in rows if place < len(row.fields) and row.fields[place].strip()]
        # A serial number or an amount may be valid by chance: only what is written like a number is asked about.
        numbers = [cell for cell in cells if is_number_like(cell)]
        valid = [cell for cell, good in zip(numbers, judge.valid(numbers), strict=True) if good]
        if valid and len(valid) * 2 >= len(cells):
            found.append((len(valid), place, name, len(cells), valid))
    found.sort(key=lambda one: (-one[0], one[1]))
    if not found:
        return ""
    said = "; ".join(
        _said(name, good, cells, examples, judge) for good, _, name, cells, examples in found[:3]
    )
    first = found[0][2]
    return (
        f"{said}.\nIf {'that is it' if len(found) == 1 else 'the first is it'},"
        f' say --number-column "{first}". The columns are: {_listed(header)}.'
    )


def _said(name: str, good: int, cells: int, examples: list[str], judge: Judge) -> str:
    shown = ", ".join(f"“{judge.shown(one.strip())}”" for one in examples[:EXAMPLES])
    looked = "the only row" if cells == 1 else f"{good} of the first {cells} rows"
    return f"Column {name!r} looks like phone numbers ({looked}): {shown}"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(repr(name) for name in names if name)
