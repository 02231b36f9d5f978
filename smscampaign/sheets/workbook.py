"""Results as an Excel workbook: written row by row, so that memory does not grow with them.

Every text is written as text, so that no cell is a formula and no number loses its zeros.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from smscampaign.errors import FileProblem
from smscampaign.languages import mark, say
from smscampaign.sheets.tables import MARK, Table, Value

#: What a sheet takes (https://support.microsoft.com/office/1672b34d-7043-467e-8e27-269d656771c3).
MOST_ROWS, MOST_COLUMNS, LONGEST_CELL = 1_048_576, 16_384, 32_767

#: Digits that a number of a workbook keeps (IEEE 754); a longer one is written as text.
_EXACT = 10**15

_DATE = "yyyy-mm-dd hh:mm:ss"
#: What XML cannot hold is written as Excel does it, and what looks like that is escaped itself.
_ODD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_WIDEST, _NARROWEST, _LOOKED_AT = 60, 8, 200


def write(path: Path, table: Table, facts: Iterable[tuple[str, Value]]) -> None:
    """A sheet with the rows, under a header that stays and filters, and one with `facts`. Raises `FileProblem`."""
    from openpyxl import Workbook

    names = [*table.header, *table.ours]
    if len(names) > MOST_COLUMNS:
        raise _too_big(str(say("{names} columns", names=len(names))), f"{MOST_COLUMNS}")
    book = Workbook(write_only=True)
    book.properties.creator = "smscampaign"
    sheet, summary = book.create_sheet("Results"), book.create_sheet("Summary")
    try:
        _fill(sheet, names, table)
        summary.column_dimensions["A"].width, summary.column_dimensions["B"].width = 32, 40
        for name, value in facts:
            summary.append([_cell(summary, name, bold=True), _cell(summary, value)])
        book.save(path)
    except BaseException:
        _drop(sheet, summary)
        raise
    with zipfile.ZipFile(path, "a") as archive:
        archive.comment = MARK.encode()


def _fill(sheet: Any, names: Sequence[str], table: Table) -> None:
    """The rows, under a header that stays and filters."""
    from openpyxl.utils import get_column_letter

    rows = iter(table.rows)
    first = [row for _, row in zip(range(_LOOKED_AT), rows, strict=False)]
    for place, width in enumerate(_widths(names, first), 1):
        sheet.column_dimensions[get_column_letter(place)].width = width
    sheet.freeze_panes = "A2"
    written = 1
    sheet.append([_cell(sheet, name, bold=True) for name in names])
    for cells, values in _chained(first, rows):
        written += 1
        if written > MOST_ROWS:
            raise _too_big(mark("more rows"), f"{MOST_ROWS}")
        sheet.append([_cell(sheet, one) for one in (*cells, *values)])
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(names))}{written}"


def _drop(*sheets: Any) -> None:
    """Remove what was written of sheets that do not become a workbook: openpyxl keeps it in a file of its own."""
    for one in sheets:
        with suppress(Exception):
            one.close()
        with suppress(Exception):
            one._writer.cleanup()


def _chained(first: Sequence[Any], rest: Iterator[Any]) -> Iterator[Any]:
    yield from first
    yield from rest


def _widths(names: Sequence[str], rows: Sequence[tuple[Sequence[str], Sequence[Value]]]) -> list[int]:
    longest = [len(name) + 3 for name in names]  # beside the button of the filter
    for cells, values in rows:
        for place, one in enumerate((*cells, *values)):
            longest[place] = max(longest[place], len(str(one or "")) + 1)
    return [min(max(one, _NARROWEST), _WIDEST) for one in longest]


def _cell(sheet: Any, value: Value, *, bold: bool = False) -> Any:
    """A cell: text as text, whatever it begins with; a number that a workbook would round is text as well."""
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font

    if value is None or value == "":
        return None
    if isinstance(value, int) and abs(value) >= _EXACT:
        value = str(value)
    if not isinstance(value, str):
        shown: Any = value.replace(tzinfo=None) if isinstance(value, datetime) else value
        made = WriteOnlyCell(sheet, shown)
        if isinstance(value, datetime):
            made.number_format = _DATE
        elif isinstance(value, Decimal):
            made.number_format = "General"
        return made
    if len(value) > LONGEST_CELL:
        raise _too_big(str(say("a cell of {value} characters", value=len(value))), f"{LONGEST_CELL}")
    made = WriteOnlyCell(sheet, _ODD.sub(lambda sign: f"_x{ord(sign[0]):04X}_", value))
    made.data_type, made.number_format = "s", "@"
    if bold:
        made.font = Font(bold=True)
    return made


def _too_big(what: str, most: str) -> FileProblem:
    return FileProblem(
        str(
            say(
                "the results have {what}, and a sheet of a workbook takes {most} at most",
                what=what,
                most=most,
            )
        ),
        where="--as xlsx",
        remedy=mark("Take --as csv or --as parquet."),
    )
