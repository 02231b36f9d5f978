"""Excel workbooks (.xlsx), taken apart as their XML streams by: each cell as its sheet shows it.

Rows go through openpyxl's parser, which takes defusedxml for their XML where it is installed, as here; numbers come out of it
as they are stored, and `number_formats` shows them.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Protocol

from smscampaign.errors import FileProblem
from smscampaign.locales import Locale
from smscampaign.recipients.celltext import text_of
from smscampaign.recipients.formatcodes import UnknownFormat
from smscampaign.recipients.number_formats import NumberFormat, compiled

_BLOCK = 1 << 16
_LAST_COLUMN = 16_384
_MOST_KNOWN, _MOST_FORMATS = 20_000, 10
# Characters of a number format: Excel allows as many.
_LONGEST_CODE, _SHOWN_OF_CODE = 255, 60

# Built in, and written by each country's Excel in its own way: money (5 to 8, 42, 44), and the calendars of East Asia.
_BY_COUNTRY = frozenset({5, 6, 7, 8, 42, 44, *range(27, 37), *range(50, 59)})
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")


class RowSink(Protocol):
    """Where rows go; `noticed` counts what is hidden, `merged` or `uncalculated`; it has odd `formats` and `unshown`."""

    noticed: Any

    def add(self, line: int, cells: list[str]) -> None:
        """Row `line` with its cells."""
        ...


Begin = Callable[[str, bool], RowSink | None]


def parse(path: Path, begin: Begin, locale: Locale) -> None:
    """Hand over every sheet: `begin(name, hidden)` says where its rows go, or None to pass it over."""
    # Opened here: a workbook that openpyxl gives up on is left open by it.
    with path.open("rb") as stream, closing(_opened(stream)) as book:
        if not book.worksheets:
            # openpyxl finds no sheet in "Strict Open XML", whose namespaces are others (ISO/IEC 29500-1).
            raise FileProblem(
                "no sheet of cells was found in the workbook; one saved as “Strict Open XML” cannot be read",
                where=path.name,
                remedy='Open it in the spreadsheet program and save it as "Excel Workbook (.xlsx)", or as CSV.',
            )
        for sheet in book.worksheets:
            taker = begin(sheet.title, sheet.sheet_state != "visible")
            if taker is not None and _copied(book, sheet, taker, locale):
                _notice(path, sheet, taker.noticed)


# Parts of the styles that show in no text. Programs write some of them in ways that openpyxl refuses (`<fill/>`).
_LOOKS = (b"fonts", b"fills", b"borders", b"cellStyleXfs", b"cellStyles", b"dxfs", b"tableStyles", b"colors")


def _opened(stream: Any) -> Any:
    """The workbook as far as its cells need it: neither names of ranges nor who wrote it when, neither fonts nor colours."""
    from openpyxl.reader.excel import ExcelReader
    from openpyxl.styles.stylesheet import apply_stylesheet

    reader: Any = ExcelReader(stream, read_only=True, data_only=True, keep_links=False)
    reader.read_manifest()
    reader.read_strings()
    reader.read_workbook()
    plain: Any = _Plain(reader.archive)
    apply_stylesheet(plain, reader.wb)
    reader.read_worksheets()
    return reader.wb


class _Plain:
    """An archive whose styles hold the formats of numbers and which cells have them."""

    def __init__(self, archive: Any) -> None:
        self._archive = archive

    def read(self, name: str) -> bytes:
        """A part of it."""
        xml: bytes = self._archive.read(name)
        for part in _LOOKS:
            if opened := re.search(rb"<(\w+:)?%s(?=[\s/>])[^>]*>" % part, xml):
                closing_tag = b"</%s%s>" % (opened[1] or b"", part)
                empty = opened[0].endswith(b"/>")
                end = opened.end() if empty else xml.find(closing_tag, opened.end()) + len(closing_tag)
                xml = xml[: opened.start()] + xml[max(end, opened.end()) :]
        return xml


def _copied(book: Any, sheet: Any, taker: RowSink, locale: Locale) -> bool:
    """Hand over the rows of a sheet; whether there were any."""
    from openpyxl.worksheet._reader import WorkSheetParser

    cells, last = _Cells(book, taker.noticed, locale), 0
    with sheet._get_source() as stream:
        # Without formats of dates it leaves their numbers as they are.
        for line, row in WorkSheetParser(
            stream, sheet._shared_strings, data_only=True, epoch=book.epoch
        ).parse():
            if line <= last:
                raise ValueError("rows are not in their order")
            last = line
            if row:
                taker.add(line, cells.of(line, row))
    return last > 0


@dataclass(slots=True)
class _Cells:
    """The cells of a workbook as text. What was shown once is remembered: amounts, days and postcodes repeat."""

    book: Any
    noticed: Any
    locale: Locale
    formats: dict[int, NumberFormat | str] = field(default_factory=dict)
    known: dict[tuple[int, float], tuple[str, bool]] = field(default_factory=dict)

    def of(self, line: int, row: list[dict[str, Any]]) -> list[str]:
        """The cells of one row, in their columns."""
        found: list[str] = []
        for cell in row:
            value, column = cell["value"], cell["column"]
            if value is None:
                continue
            if column > _LAST_COLUMN:
                raise ValueError("a column beyond the last")
            found += [""] * (column - len(found))
            found[column - 1] = self._shown(cell, line)
        return found or [""]

    def _shown(self, cell: dict[str, Any], line: int) -> str:
        value, style = cell["value"], int(cell["style_id"])
        if isinstance(value, str):
            if cell["data_type"] == "s":
                value = unescaped(value)
                if style and isinstance(shape := self._format(style), NumberFormat):
                    value = shape.text(value)
            return text_of(value).replace("\0", "")
        if isinstance(value, bool):
            return str(value).upper()
        if not isinstance(value, int | float):
            value = self._serial(value)
        known = self.known.get((style, value))
        if known is None:
            known = self._number(value, style)
            if len(self.known) < _MOST_KNOWN:
                self.known[style, value] = known
        shown, odd = known
        if odd:
            self._note(self._format(style), cell["column"], line)
        return shown

    def _number(self, value: float, style: int) -> tuple[str, bool]:
        """A number as it is shown, or else as it is stored, and whether that is so."""
        shape = self._format(style)
        shown = shape.number(value) if isinstance(shape, NumberFormat) else None
        if shown is not None:
            # What lines numbers up in a column is nothing in a text.
            return shown.strip(), False
        return self._as_stored(value, shape), True

    def _as_stored(self, value: float, shape: NumberFormat | str) -> str:
        from openpyxl.styles.numbers import is_date_format
        from openpyxl.utils.datetime import from_excel

        stored: object = float(f"{value:.15g}") if isinstance(value, float) else value
        # Of days and times that are none, as day 0 and half a day before it, each program shows something else: Excel `####`
        # and 00/01/1900, Gnumeric 12:00 and 31/12/1899, LibreOffice 12:00 and 30/12/1899. They stay numbers.
        if isinstance(shape, str) and is_date_format(shape):
            with suppress(OverflowError, ValueError):  # no day has this number
                stored = from_excel(value, self.book.epoch)
        return text_of(stored)

    def _note(self, shape: NumberFormat | str, column: int, line: int) -> None:
        from openpyxl.utils import get_column_letter

        code, formats = shape, self.noticed.formats
        if isinstance(code, NumberFormat):
            code, formats = code.code, self.noticed.unshown
        if code in formats or len(formats) < _MOST_FORMATS:
            cell, number = formats.get(code, (f"{get_column_letter(column)}{line}", 0))
            formats[code] = cell, number + 1

    def _serial(self, value: datetime | date | time | timedelta) -> float:
        """The number of a day or a time that was written as ISO 8601, as few programs do."""
        from openpyxl.utils.datetime import to_excel

        return float(to_excel(value, self.book.epoch))  # type: ignore[no-untyped-call]

    def _format(self, style: int) -> NumberFormat | str:
        """The number format of a style; its code where that is not known."""
        if style not in self.formats:
            number, code = self._code(style)
            long = len(code) > _LONGEST_CODE
            if long:  # the time to look through it grows with the square of its length, in openpyxl as well
                code = f"{code[:_SHOWN_OF_CODE]}…"
            try:
                shape: NumberFormat | str = code
                if not long and number not in _BY_COUNTRY:
                    shape = compiled(code, self.locale, from_1904=self.book.epoch.year == 1904)
            except UnknownFormat:
                shape = code
            self.formats[style] = shape
        return self.formats[style]

    def _code(self, style: int) -> tuple[int, str]:
        from openpyxl.styles.numbers import BUILTIN_FORMATS, BUILTIN_FORMATS_MAX_SIZE

        styles, own = self.book._cell_styles, self.book._number_formats
        number = styles[style].numFmtId if style < len(styles) else 0
        if number in {14, 22}:
            # The day as each country writes it; month names and the rest of its pattern are the same in both languages.
            day = re.sub("y+", "yyyy", self.locale.short_day.replace("M", "m"))
            return number, day if number == 14 else f"{day} hh:mm"
        if number < BUILTIN_FORMATS_MAX_SIZE:
            return number, BUILTIN_FORMATS.get(number, "General")
        place = number - BUILTIN_FORMATS_MAX_SIZE
        return number, own[place] if place < len(own) else "General"


def unescaped(text: str) -> str:
    """What a workbook writes as `_x000D_`: a character by its number (ISO/IEC 29500-1, 22.9.2.19)."""
    if "_x" not in text:
        return text
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)


# Attributes and elements that openpyxl's streaming reader does not tell of. They are looked for in the XML as it passes;
# what a strange way of writing hides from these patterns goes unsaid, and is read all the same.
_HIDDEN_ROW = re.compile(rb"<(?:\w+:)?row\s[^<>]*?\bhidden=[\"'](?:1|true)")
_COLUMN = re.compile(rb"<(?:\w+:)?col\s[^<>]*>")
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s")
_UNCALCULATED = re.compile(
    rb"<(?:\w+:)?f(?:\s[^<>]*)?(?:/>|>[^<]*</(?:\w+:)?f>)\s*(?:<(?:\w+:)?v\s*/>|<v></v>|</(?:\w+:)?c>)"
)


def _notice(path: Path, sheet: Any, noticed: Any) -> None:
    with zipfile.ZipFile(path) as archive, archive.open(sheet._worksheet_path) as stream:
        rest = b""
        while block := stream.read(_BLOCK):
            # Elements are searched whole: the last row waits for the next block, unless it is one without an end.
            whole, _, last = (rest + block).rpartition(b"<row")
            rest = b"<row" + last if whole and len(last) < 4 * _BLOCK else b""
            _count_in(whole if rest else whole + b"<row" + last, noticed)
        _count_in(rest, noticed)


def _count_in(xml: bytes, noticed: Any) -> None:
    noticed.rows += len(_HIDDEN_ROW.findall(xml))
    noticed.merged += len(_MERGED.findall(xml))
    noticed.uncalculated += len(_UNCALCULATED.findall(xml))
    for element in _COLUMN.findall(xml):
        if re.search(rb"\bhidden=[\"'](?:1|true)", element):
            ends = [re.search(rb"\b%s=[\"'](\d{1,5})[\"']" % name, element) for name in (b"min", b"max")]
            first, last = (int(end[1]) if end else 1 for end in ends)
            # Hidden to the sheet's last column is how a sheet's empty right side is put away.
            noticed.columns += max(0, last - first + 1) if last < _LAST_COLUMN else 0
