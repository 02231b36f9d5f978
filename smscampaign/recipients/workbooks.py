"""Workbooks (.xlsx, .xls, .xlsb, .ods) as CSV text: one sheet is copied, row by row, into a temporary file that has no name.

A workbook is read once, as a stream, and from then on recipients read the copy, which is many times quicker and cannot
change under them. It leaves blank rows out and knows where: a lone cell in the last row of a sheet costs nothing. Excel
files go through openpyxl, which takes defusedxml for their XML where it is installed, as here. Hidden rows and columns are
copied like all others, and counted.
"""

from __future__ import annotations

import csv
import io
import tempfile
import threading
import warnings
import weakref
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from smscampaign.errors import CampaignError, FileProblem, SheetProblem
from smscampaign.languages import marks, say

#: What spreadsheet programs can show; Excel's and LibreOffice's limits are the same.
_LAST_ROW, _LAST_COLUMN = 1_048_576, 16_384
# Longer cells do not come back out of a CSV reader; Excel's own limit is 32 767.
_LONGEST_CELL = 100_000
_AS_CSV = 'Open it in the spreadsheet program and save it as "CSV UTF-8 (comma delimited)".'

AsText = Callable[[object], str]
Parse = Callable[[Path, Callable[[str, bool], Any]], None]


@dataclass(frozen=True, slots=True)
class CopiedSheet:
    """A sheet that was copied: its name, its copy, and what is worth saying of it."""

    name: str
    copy: Copy
    remarks: tuple[str, ...]


@dataclass
class _Noticed:
    """What a reader sees in passing.

    Of `formats` that are not known, and of those that cannot show a number (`unshown`), the first cell and how many have it.
    """

    rows: int = 0
    columns: int = 0
    merged: int = 0
    uncalculated: int = 0
    as_stored: bool = False
    formats: dict[str, tuple[str, int]] = field(default_factory=dict)
    unshown: dict[str, tuple[str, int]] = field(default_factory=dict)

    def remarks(self) -> Iterator[str]:
        if self.as_stored:
            yield (
                "numbers are as the workbook stores them, not as its sheet shows them: 20% as 0.2, 01000 as 1000;"
                " saved as “Excel Workbook (.xlsx)” it tells more"
            )
        for number, patterns in ((getattr(self, name), patterns) for name, patterns in _REMARKS.items()):
            if number:
                yield say(*patterns, n=number)
        for code, (cell, number) in self.formats.items():
            more = f" and {number - 1} more" if number > 1 else ""
            yield (
                f"cell {cell}{more}: the number format {code!r} is not known here, so that the number is as the workbook"
                " stores it; look at it, or give the column another format"
            )
        for code, (cell, number) in self.unshown.items():
            more = f" and {number - 1} more" if number > 1 else ""
            yield (
                f"cell {cell}{more}: the number is no day or time that {code!r} shows the same way in every program, so that"
                " it is as the workbook stores it; put the cell right"
            )


_REMARKS = {
    "rows": marks(
        "{n} hidden row of the sheet is included",
        "{n} hidden rows of the sheet are included",
    ),
    "columns": marks(
        "{n} hidden column of the sheet is included",
        "{n} hidden columns of the sheet are included",
    ),
    "merged": marks(
        "{n} merged area: the value counts for the first cell of each only",
        "{n} merged areas: the value counts for the first cell of each only",
    ),
    "uncalculated": marks(
        "{n} formula without a stored value is read as empty: open the workbook in the spreadsheet program and save it",
        "{n} formulas without a stored value are read as empty: open the workbook in the spreadsheet program and save it",
    ),
}


class Copy:
    """The rows of one sheet as CSV in UTF-8, in a temporary file that vanishes with the last of its readers."""

    def __init__(self, path: Path, budget: int) -> None:
        self._path, self._left = path, budget
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as this object does
        self._text = io.TextIOWrapper(self._file, encoding="utf-8", newline="", write_through=True)
        self._writer = csv.writer(self._text)
        self._lock = threading.Lock()
        weakref.finalize(self, self._text.close)
        # Pairs: how many rows stand in the copy before a gap, and the sheet's row after it. 16 bytes for each gap.
        self._jumps = array("q", (0, 1))
        self._last = self._rows = 0
        self.width = 0
        #: The workbook's sheets, of which this is one.
        self.among: tuple[str, ...] = ()

    def add(self, line: int, cells: list[str]) -> None:
        """Row `line`; rows come in order, and those left out are blank."""
        wide = len(cells)
        while wide and not cells[wide - 1].strip():
            wide -= 1
        if not wide:
            return
        while not cells[-1]:
            cells.pop()  # a cell of spaces is one as it stands; it makes no sheet wider
        if line > _LAST_ROW or len(cells) > _LAST_COLUMN:
            raise FileProblem(
                "the sheet is larger than a spreadsheet can be", where=self._path.name, remedy=_AS_CSV
            )
        if max(map(len, cells)) > _LONGEST_CELL:
            raise FileProblem(
                "a cell is longer than any text", where=f"{self._path.name}, row {line}", remedy=_AS_CSV
            )
        self._left -= sum(map(len, cells)) + len(cells) + 1
        if self._left < 0:
            raise FileProblem(
                "the workbook unpacks to far more than its size warrants, and was not read further",
                where=self._path.name,
                remedy=_AS_CSV,
            )
        if line != self._last + 1:
            self._jumps.extend((self._rows, line))
        self._writer.writerow(cells)
        self._rows += 1
        self._last, self.width = line, max(self.width, wide)

    def placed(self, first: int, records: list[list[str]]) -> Iterator[tuple[int, list[list[str]]]]:
        """Records from the copy's row `first` on (1 is its first), in runs with the sheet's row that each begins at."""
        before, end = first - 1, first - 1 + len(records)
        at = 2 * (bisect_right(self._jumps[::2], before) - 1)
        while before < end:
            after = self._jumps[at + 2] if at + 2 < len(self._jumps) else end
            run = records[before - first + 1 : min(after, end) - first + 1]
            yield self._jumps[at + 1] + before - self._jumps[at], run
            before, at = min(after, end), at + 2

    def stream(self) -> io.RawIOBase:
        """The copy from its start; any number of readers have each their own place in it."""
        self._text.flush()
        return _Reader(self)

    def read_at(self, offset: int, size: int) -> bytes:
        with self._lock:
            self._file.seek(offset)
            return self._file.read(size)

    def __bool__(self) -> bool:
        return self.width > 0


class _Reader(io.RawIOBase):
    def __init__(self, copy: Copy) -> None:
        self._copy, self._offset = copy, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        view = memoryview(buffer)
        data = self._copy.read_at(self._offset, len(view))
        view[: len(data)] = data
        self._offset += len(data)
        return len(data)


@dataclass
class _Found:
    """A sheet while it is being read."""

    name: str
    hidden: bool
    copy: Copy
    noticed: _Noticed = field(default_factory=_Noticed)

    def add(self, line: int, cells: list[str]) -> None:
        self.copy.add(line, cells)


def read(path: Path, wanted: str | None, parse: Parse) -> CopiedSheet:
    """The sheet called `wanted`, or the only one with anything in it. Raises FileProblem, or SheetProblem to ask.

    `parse` takes the workbook apart: it is given each sheet's name, and told where that one's rows go.
    """
    return _chosen(path, _whole(path, _parsed_sheets(path, wanted, parse)), wanted)


def read_binary(path: Path, wanted: str | None, as_text: AsText) -> CopiedSheet:
    """The same for Excel's binary formats (.xls, .xlsb), of which number formats are not read."""
    return _chosen(path, _whole(path, _binary_sheets(path, wanted, as_text)), wanted)


def _whole(path: Path, sheets: Iterable[_Found]) -> list[_Found]:
    try:
        # It prints style numbers that are out of range, which would stand amid --json.
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
            # What openpyxl leaves out of a workbook (charts, validation, styles) is nothing that is read here.
            warnings.simplefilter("ignore")
            return list(sheets)
    except CampaignError:
        raise
    except Exception as error:  # noqa: BLE001 - a damaged workbook makes openpyxl raise whatever it meets
        raise _broken(path, error) from None


def _broken(path: Path, error: Exception) -> FileProblem:
    kind = type(error).__name__
    # openpyxl wraps what it met; defusedxml's names end so (DTDForbidden, EntitiesForbidden).
    met = (error, error.__cause__, error.__context__)
    if any(type(one).__name__.endswith("Forbidden") for one in met):
        what = "the workbook defines XML entities, as no spreadsheet program does, and was not read"
    else:
        what = f"the workbook is damaged, or made in a way that cannot be read ({kind})"
    return FileProblem(what, where=path.name, remedy=_AS_CSV)


def _chosen(path: Path, found: list[_Found], wanted: str | None) -> CopiedSheet:
    filled = [one for one in found if one.copy]
    open_ones = [one for one in filled if not one.hidden] or filled
    if wanted is not None:
        open_ones = [one for one in found if same(one.name, wanted)]
        if not open_ones:
            raise SheetProblem(
                f"the workbook has no sheet {wanted!r}",
                where="file.sheet",
                remedy=f"Its sheets are: {_listed(found)}.",
                sheets=tuple(one.name for one in found),
            )
    elif len(open_ones) > 1:
        raise SheetProblem(
            f"several sheets of the workbook hold something: {_listed(open_ones)}",
            where=path.name,
            remedy="Say which one with --sheet NAME.",
            sheets=tuple(one.name for one in open_ones),
        )
    if not open_ones or not open_ones[0].copy:
        raise FileProblem(
            "the workbook is empty" if wanted is None else f"the sheet {wanted!r} is empty",
            where=path.name,
            remedy="Write a header row and one recipient per row.",
        )
    one = open_ones[0]
    one.copy.among = tuple(other.name for other in found if not other.hidden or other is one)
    passed_over = [other for other in filled if other.hidden and other is not one and wanted is None]
    remarks = [f"the hidden sheet {other.name!r} is passed over: --sheet decides" for other in passed_over]
    return CopiedSheet(one.name, one.copy, (*remarks, *one.noticed.remarks()))


def _parsed_sheets(path: Path, wanted: str | None, parse: Parse) -> Iterator[_Found]:
    budget = _budget(path)
    sheets: list[_Found] = []

    def begin(name: str, hidden: bool) -> _Found | None:
        sheets.append(_Found(name, hidden, Copy(path, budget)))
        return sheets[-1] if wanted is None or same(name, wanted) else None

    parse(path, begin)
    yield from sheets


def same(name: str, wanted: str) -> bool:
    """Whether a sheet is the one that is wanted, as somebody wrote its name."""
    return name.strip().casefold() == wanted.strip().casefold()


# --- Excel's binary formats ---------------------------------------------------------------------------------------------


def _binary_sheets(path: Path, wanted: str | None, as_text: AsText) -> Iterator[_Found]:
    import python_calamine

    budget = _budget(path)
    # As a stream: by a path it would believe the ending of the name.
    with path.open("rb") as stream, python_calamine.CalamineWorkbook.from_filelike(stream) as book:
        for sheet in book.sheets_metadata:
            if sheet.typ is not python_calamine.SheetTypeEnum.WorkSheet:
                continue
            hidden = sheet.visible is not python_calamine.SheetVisibleEnum.Visible
            found = _Found(sheet.name, hidden, Copy(path, budget), _Noticed(as_stored=True))
            if wanted is None or same(sheet.name, wanted):
                rows = book.get_sheet_by_name(sheet.name).to_python(skip_empty_area=False)
                _copy_rows(map(tuple, rows), found.copy, as_text)
            yield found


def _copy_rows(rows: Iterable[tuple[object, ...]], copy: Copy, as_text: AsText) -> None:
    for line, cells in enumerate(rows, 1):
        if line > _LAST_ROW:
            raise ValueError("a row beyond the last")
        if cells:
            copy.add(line, [_excel_cell(value, as_text) for value in cells])


def _excel_cell(value: object, as_text: AsText) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return as_text(value).replace("\0", "")
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        # 15 digits are what Excel keeps and shows: 19.989999999999998 is 19.99.
        return as_text(float(f"{value:.15g}"))
    return as_text(value)


def _budget(path: Path) -> int:
    """Characters that a workbook of this size may hold: a byte of it is 2 to 8 of them where numbers differ."""
    return (1 << 20) + 50 * path.stat().st_size


def _listed(sheets: list[_Found]) -> str:
    more = f" and {len(sheets) - 10} more" if len(sheets) > 10 else ""
    return ", ".join(repr(one.name) for one in sheets[:10]) + more
