"""Which row of a table holds the column names, and which column holds the numbers. Words and standard library only."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from smscampaign.errors import FileProblem, SettingsProblem
from smscampaign.model import Reason, Row
from smscampaign.names import (
    ColumnNames,
    bare,
    canonical,
    closest,
    letter,
    may_name_numbers,
    names_mobiles,
    names_numbers,
    place_of,
)
from smscampaign.recipients.delimiters import CALLED

#: Rows that are looked at for a proposal, and examples that are shown of it.
LOOKED_AT, EXAMPLES = 100, 3
#: Columns that a message names, and of each how many characters.
MOST_NAMED, LONGEST_NAMED = 30, 60
# National numbers of 8 digits (Denmark, Norway) up to 15 with 00 and a trunk zero before them (ITU-T E.164).
_NUMBER = re.compile(r"['\u2019]?[+(]?\d(?:[\s().\-/\u00a0\u202f]{0,3}\d){7,17}(?:\.0)?")
_DATE = re.compile(r"\d{4}([-./])\d\d\1\d\d|\d\d([-./])\d\d\2\d{4}")
_MOST_TITLES = 20
# How a column is asked for as the spreadsheet shows its place: `C`.
_LETTER = re.compile(r"[A-Z]{1,3}", re.ASCII)
_SEPARATORS = ";,\t|"
# Columns of ours in results and in files of rejected rows: the first, and why a row was not sent.
_FIRST_OF_OURS, _REASON = "sms_row", "sms_reason"


class NumberCheck(NamedTuple):
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
        if any(names_numbers(cell) or may_name_numbers(cell) for cell in cells):
            above = max(map(len, filled[:place]), default=0)
            return place if above < len(cells) else 0
    place = next((place for place, cells in enumerate(filled) if len(cells) > 1), 0)
    follows = filled[place + 1 : place + 2]
    is_header = place and follows and len(follows[0]) > 1 and not any(map(is_number_like, filled[place]))
    above_are_data = any(is_number_like(cell) for cells in filled[:place] for cell in cells)
    return place if is_header and not above_are_data else 0


def is_lone_number(row: Row) -> bool:
    """Whether a row is one cell that is written like a phone number."""
    return is_number_like(row.fields[0]) and not any(map(str.strip, row.fields[1:]))


def holds_nothing(rows: Sequence[Row]) -> bool:
    """Whether no cell of these rows holds more than what separates cells."""
    return not any(cell.strip(f" \"'\u00a0{_SEPARATORS}") for row in rows for cell in row.fields)


def separator_within(header: Sequence[str], rows: Sequence[Row]) -> str | None:
    """The sign that separates cells within the cells, where most rows are one cell that holds a whole row; else None.

    Excel saves a file like this when it opened a CSV with other separators than its own. A number has to be among what it
    separates: `Dupont, Jean` above an empty cell is no row.
    """
    names = [name for name in header if name.strip()]
    lone = [cells[0] for row in rows if len(cells := [cell for cell in row.fields if cell.strip()]) == 1]
    for sign in _SEPARATORS:
        width = len(_parted(names[0], sign)) if len(names) == 1 else len(names)
        parts = [_parted(cell, sign) for cell in lone]
        whole = [cells for cells in parts if len(cells) == width and any(map(is_number_like, cells))]
        if width > 1 and len(whole) * 2 > len(rows):
            return sign
    return None


def _parted(cell: str, sign: str) -> list[str]:
    try:
        return next(csv.reader([cell], delimiter=sign), [])
    except csv.Error:
        return []


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


def last_named(header: Sequence[str]) -> int:
    """How many columns there are up to the last one with a name."""
    return max((place for place, name in enumerate(header, 1) if name.strip()), default=0)


def users_width(header: Sequence[str]) -> int:
    """How many columns stand before those that smscampaign writes into results and files of rejected rows.

    Unnamed ones right before ours held the cells of rows that were too long: they are no columns of the user's.
    """
    begin = next((at for at, name in enumerate(header) if name.strip() == _FIRST_OF_OURS), len(header))
    if not all(name.strip().startswith("sms_") or not name.strip() for name in header[begin:]):
        return len(header)
    return last_named(header[:begin]) if begin < len(header) else begin


def users_cells(records: Sequence[Sequence[str]], wide: int, ours: Sequence[str]) -> Sequence[Sequence[str]]:
    """Records of `wide` columns without `ours` behind them. A row that was too long or too short is so again."""
    begin, whole = wide + ours.index(_FIRST_OF_OURS), wide + len(ours)
    reason = wide + ours.index(_REASON) if _REASON in ours else whole
    found = []
    for cells in records:
        last = begin if any(map(str.strip, cells[wide:begin])) else wide
        if any(cell.startswith(Reason.RAGGED_ROW) for cell in cells[reason : reason + 1]):
            last = min(last, last_named(cells[:last]))
        found.append(cells[:last] if len(cells) == whole else cells)
    return found


def number_column(
    header: Sequence[str],
    wanted: str | None = None,
    *,
    rows: Iterable[Row] = (),
    judge: NumberCheck | None = None,
    option: str = "--number-column",
    cut: str = "",
) -> int:
    """The index of the column that holds the phone numbers: `wanted`, or the one whose name says so.

    Raises SettingsProblem when there is none, or more than one; `option` is where `wanted` was said. With `rows` and a
    `judge` the error says which columns hold phone numbers; none is taken for its cells without being asked for. `cut` says
    how cells were told apart, where that may be what is wrong.
    """
    if wanted is not None:
        return column(header, wanted, option=option)
    found = named_for_numbers(header)
    if len(found) == 1:
        return found[0]
    first = list(islice(rows, LOOKED_AT)) if judge is not None else []
    if found:
        calls = called(header)
        named = f"several columns may hold the phone numbers: {_lettered(header, found)}"
        remedy = "Say which one with --number-column NAME. Given several times, the first that can be sent to counts."
        if len({canonical(header[place]) for place in found}) < len(found):
            remedy = f'Say which one by its letter, such as --number-column "{calls[found[0]]}", or rename one of them.'
        raise SettingsProblem(
            named,
            where="header",
            remedy="\n".join([remedy, *_sendable(header, found, first, judge)]),
        )
    refuse_data_as_names(header, cut=cut)
    proposed = _proposal(header, first, judge)
    asked = f"Say which one it is with --number-column NAME. The columns are: {_listed(header)}."
    raise SettingsProblem(
        "no column is named like one that holds phone numbers",
        where="header",
        remedy=proposed or "\n".join(filter(None, [asked, cut])),
    )


def refuse_data_as_names(header: Sequence[str], *, cut: str = "") -> None:
    """Raise SettingsProblem where no column is named for numbers and a name is one: then the header is a person's row."""
    if named_for_numbers(header) or not any(sum(map(str.isdigit, name)) >= 6 for name in header):
        return
    named = "Put a row with the names of the columns above it, such as: name, mobile"
    raise SettingsProblem(
        "the first row holds data instead of column names",
        where="header",
        remedy="\n".join(filter(None, [named, cut])),
    )


def number_columns(
    header: Sequence[str],
    wanted: Sequence[str] = (),
    *,
    rows: Iterable[Row] = (),
    judge: NumberCheck | None = None,
    option: str = "--number-column",
    cut: str = "",
) -> tuple[int, ...]:
    """The columns that hold the phone numbers, in the order in which their cells are looked at: those `wanted`, or one.

    Raises SettingsProblem as `number_column` does.
    """
    if not wanted:
        return (number_column(header, rows=rows, judge=judge, option=option, cut=cut),)
    return tuple(dict.fromkeys(column(header, one, option=option) for one in wanted))


def named_for_numbers(header: Sequence[str]) -> list[int]:
    """The columns whose names say that they hold phone numbers; those that merely may, where no other does."""
    sure = [place for place, name in enumerate(header) if names_numbers(name)]
    return sure or [place for place, name in enumerate(header) if may_name_numbers(name)]


def may_hold_numbers(header: Sequence[str]) -> list[int]:
    """The columns whose names say that they hold phone numbers, or may: those of mobile numbers first."""
    found = [place for place, name in enumerate(header) if names_numbers(name) or may_name_numbers(name)]
    return sorted(found, key=lambda place: not names_mobiles(header[place]))


def called(header: Sequence[str]) -> tuple[str, ...]:
    """What to say for each column so that it is the only one meant: its name, or its letter where another has the same."""
    keys = [canonical(name) for name in header]
    spelled, same = Counter(keys), Counter(header)
    return tuple(
        name if spelled[key] == 1 or same[name] == 1 else f"column {letter(place)}"
        for place, (name, key) in enumerate(zip(header, keys, strict=True))
    )


def column(header: Sequence[str], wanted: str, *, option: str) -> int:
    """The index of the column called `wanted`, compared by `names.ColumnNames`, or of the one with that letter: `C`.

    `option` is what asked for it. Raises SettingsProblem when there is none, or more than one.
    """
    found = ColumnNames(header).places(wanted)
    if len(found) > 1:
        # `Mobile` and `mobile ` may be told apart by writing one of them as it is.
        found = [place for place in found if header[place] == wanted] or found
    if len(found) == 1:
        return found[0]
    if found:
        letters = " or ".join(f'"column {letter(place)}"' for place in found[:MOST_NAMED])
        raise SettingsProblem(
            f"several columns are called {wanted!r}: {_lettered(header, found)}",
            where=option,
            remedy=f"Say which one by its letter, {letters}, or rename all but one of them in the file.",
        )
    if (asked := _LETTER.fullmatch(wanted.strip())) and (place := place_of(asked[0])) < len(header):
        return place
    near = closest(wanted, filter(None, header))
    guess = f"Did you mean {' or '.join(map(repr, near))}? " if near else ""
    raise SettingsProblem(
        f"the file has no column {wanted!r}",
        where=option,
        remedy=f"{guess}The columns are: {_listed(header)}.",
    )


def by_letter_alone(header: Sequence[str], wanted: str, place: int) -> bool:
    """Whether a column was asked for by its letter although it has a name, and no other column has that."""
    name = header[place]
    alike = canonical(wanted) == canonical(name) or bare(wanted) == bare(name)
    return bool(name.strip()) and not alike and ColumnNames(header).places(name) == [place]


def _lettered(header: Sequence[str], places: Sequence[int]) -> str:
    return _some([_with_letter(header, place) for place in places[:MOST_NAMED]], len(places))


def _with_letter(header: Sequence[str], place: int) -> str:
    key = canonical(header[place])
    alike = sum(1 for _ in islice((name for name in header if canonical(name) == key), 2))
    return repr(_clipped(header[place])) + f" (column {letter(place)})" * (alike > 1)


class Candidate(NamedTuple):
    """A column as its cells show it: `good` phone numbers among its `cells` filled ones, and a few of them, masked."""

    place: int
    good: int
    cells: int
    examples: tuple[str, ...]

    @property
    def share(self) -> str:
        """`9 of the first 10 rows`."""
        return (
            "the only row" if self.good == self.cells == 1 else f"{self.good} of the first {self.cells} rows"
        )

    def sendable(self, rows: int) -> str:
        """`9 of the first 10 rows can be sent to`, of that many rows, filled or not."""
        among = "the only row" if rows == 1 else f"{self.good or 'none'} of the first {rows} rows"
        if rows == 1 and not self.good:
            return f"{among} cannot be sent to"
        return f"{among} can be sent to"


def candidate(place: int, rows: Sequence[Row], judge: NumberCheck) -> Candidate:
    """What the cells of one column are."""
    cells = [row.fields[place] for row in rows if place < len(row.fields) and row.fields[place].strip()]
    # A serial number or an amount may be valid by chance: only what is written like a number is asked about.
    numbers = [cell for cell in cells if is_number_like(cell)]
    valid = [cell for cell, good in zip(numbers, judge.valid(numbers), strict=True) if good]
    shown = tuple(judge.shown(one.strip()) for one in valid[:EXAMPLES])
    return Candidate(place, len(valid), len(cells), shown)


def candidates(header: Sequence[str], rows: Sequence[Row], judge: NumberCheck) -> list[Candidate]:
    """The columns at least half of whose cells are phone numbers, the likeliest first."""
    found = [candidate(place, rows, judge) for place in range(len(header))]
    found = [one for one in found if one.good and one.good * 2 >= one.cells]
    return sorted(found, key=lambda one: (-one.good, one.place))


def _sendable(
    header: Sequence[str], places: Sequence[int], rows: Sequence[Row], judge: NumberCheck | None
) -> list[str]:
    """For each of several columns, how many of its cells can be sent to."""
    if judge is None or not rows:
        return []
    found = [candidate(place, rows, judge) for place in places[:MOST_NAMED]]
    return [
        f"{_with_letter(header, one.place)}: {one.sendable(len(rows))}"
        + (f", such as {_quoted(one.examples)}" if one.examples else "")
        for one in found
    ]


def _proposal(header: Sequence[str], rows: Sequence[Row], judge: NumberCheck | None) -> str:
    """What the cells say."""
    found = candidates(header, rows, judge) if judge is not None else []
    if not found:
        return ""
    said = "; ".join(
        f"Column {header[one.place]!r} looks like phone numbers ({one.share}): {_quoted(one.examples)}"
        for one in found[:3]
    )
    return (
        f"{said}.\nIf {'that is it' if len(found) == 1 else 'the first is it'},"
        f' say --number-column "{called(header)[found[0].place]}". The columns are: {_listed(header)}.'
    )


def _quoted(examples: Iterable[str]) -> str:
    return ", ".join(f"“{one}”" for one in examples)


def _listed(names: Iterable[str]) -> str:
    filled = [name for name in names if name]
    return _some([repr(_clipped(name)) for name in filled[:MOST_NAMED]], len(filled))


def _some(named: Sequence[str], number: int) -> str:
    more = [f"and {number - len(named)} more"] if number > len(named) else []
    return ", ".join([*named, *more])


def _clipped(name: str) -> str:
    return name if len(name) <= LONGEST_NAMED else f"{name[: LONGEST_NAMED - 1]}…"


def empty(path: Path) -> FileProblem:
    """What is said of a file with nothing in it."""
    return FileProblem(
        "the file is empty" + ": it holds nothing but blank rows" * (path.stat().st_size > 0),
        where=path.name,
        remedy="Write a header row and one recipient per line.",
    )


def wrapped(path: Path, sign: str, *, delimiter: str | None) -> FileProblem:
    """What is said of a file each of whose rows is one cell, with `sign` in it; `delimiter` is what was asked for."""
    remedy = (
        "In the spreadsheet program mark the column, choose Data → Text to Columns (Données → Convertir, Daten → Text in"
        " Spalten, Dane → Tekst jako kolumny), and save it; or export it once more, and do not open it in between."
    )
    if delimiter is not None and delimiter != sign:
        remedy = f"Leave --delimiter out: {delimiter!r} separates nothing in this file."
    return FileProblem(
        f"each row is one cell, and what belongs in several is in it, separated by {CALLED[sign]}",
        where=path.name,
        remedy=remedy,
    )
