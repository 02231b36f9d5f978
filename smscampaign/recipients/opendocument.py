"""OpenDocument spreadsheets (.ods), taken apart as their XML streams by; memory holds one row.

No kept library reads them as a stream, so this does, with defusedxml, which refuses entities. The format: OASIS OpenDocument
1.3, part 3, chapter 9 (https://docs.oasis-open.org/office/OpenDocument/v1.3/os/part3-schema/). Cells and rows that repeat
are written once with a number, to the sheet's edge too: what is empty is only counted. A cell holds what it shows.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from smscampaign.errors import FileProblem

_LAST_COLUMN, _DEEPEST = 16_384, 200
_BLOCK = 1 << 16
# Filled cells that a sheet may repeat, besides one for each byte of the file.
_REPEATED = 100_000
_SCIENTIFIC = re.compile(r"-?\d+(?:[.,]\d+)?E[+-]?\d+")
_NO_BREAK = re.compile("[\u00a0\u2009\u202f]")
_SPACES = {"s": " ", "tab": "\t", "line-break": "\n"}
# Comments, pictures and the record of changes hold paragraphs and tables that are no cells of the sheet.
_ASIDE = frozenset({"annotation", "frame", "tracked-changes", "shapes", "dde-link"})


class RowSink(Protocol):
    """Where a sheet's rows go; `noticed` counts the `rows` and `columns` that are hidden, and the `merged` areas."""

    noticed: Any

    def add(self, line: int, cells: list[str]) -> None:
        """Row `line` with its cells."""
        ...


Begin = Callable[[str, bool], RowSink | None]


def parse(path: Path, begin: Begin, as_text: Callable[[object], str]) -> None:
    """Hand over every sheet of a spreadsheet: `begin(name, hidden)` says where its rows go, or None to pass it over."""
    from defusedxml.ElementTree import DefusedXMLParser

    parser = DefusedXMLParser(target=_Document(path, begin, as_text), forbid_dtd=True)
    with zipfile.ZipFile(path) as archive, archive.open("content.xml") as stream:
        while block := stream.read(_BLOCK):
            parser.feed(block)
    parser.close()


class _Document:
    """What the parser calls for each element of the XML."""

    def __init__(self, path: Path, begin: Begin, as_text: Callable[[object], str]) -> None:
        self._path, self._room = path, _REPEATED + path.stat().st_size
        self._begin, self._as_text = begin, as_text
        self._open: list[str] = []
        self._aside = 0
        self._style = ""
        self._hidden_styles: set[str] = set()
        self._taker: RowSink | None = None
        self._line = self._gap = 0
        self._row: dict[str, str] = {}
        self._cells: list[str] = []
        self._cell: dict[str, str] | None = None
        self._words: list[str] | None = None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition("}")[2]
        self._open.append(name)
        if len(self._open) > _DEEPEST:
            raise ValueError("nested too deeply")
        self._aside += name in _ASIDE
        if not self._aside:
            self._began(name, {key.rpartition("}")[2]: value for key, value in attributes.items()})

    def data(self, text: str) -> None:
        if self._words is not None and not self._aside and self._open[-1] in {"p", "span", "a"}:
            self._words.append(text)

    def end(self, tag: str) -> None:
        name = self._open.pop()
        if self._aside:
            self._aside -= name in _ASIDE
        elif name in {"table-cell", "covered-table-cell"}:
            self._end_cell(covered=name != "table-cell")
        elif name == "table-row":
            self._end_row()

    def close(self) -> None:
        """The parser calls it at the end; every row was handed over by then."""

    def _began(self, name: str, known: dict[str, str]) -> None:
        if name in {"table-cell", "covered-table-cell"}:
            self._cell, self._words = known, None
        elif name == "p" and self._cell is not None:
            self._paragraph()
        elif name in _SPACES and self._words is not None:
            self._words.append(_SPACES[name] * min(_number(known, "c"), 1_000))
        elif name == "table-row":
            self._row, self._cells, self._gap = known, [], 0
        else:
            self._began_sheet(name, known)

    def _paragraph(self) -> None:
        if self._words is None:
            self._words = []
        else:
            self._words.append("\n")

    def _began_sheet(self, name: str, known: dict[str, str]) -> None:
        if name == "style":
            self._style = known.get("name", "")
        elif name == "table-properties" and known.get("display") == "false":
            self._hidden_styles.add(self._style)
        elif name == "table" and self._open[-2:-1] == ["spreadsheet"]:
            self._taker = self._begin(known.get("name", ""), known.get("style-name") in self._hidden_styles)
            self._line = 0
        elif name == "table-column" and self._taker and known.get("visibility", "visible") != "visible":
            # Hidden to the edge is how the empty right side of a sheet is put away.
            columns = _number(known, "number-columns-repeated")
            self._taker.noticed.columns += columns if columns < 1_000 else 0

    def _end_cell(self, *, covered: bool) -> None:
        cell, words, self._cell, self._words = self._cell or {}, self._words, None, None
        repeated = _number(cell, "number-columns-repeated")
        value = "" if covered else self._value(cell, "".join(words or ()))
        if not value:
            self._gap += repeated
        else:
            room = _LAST_COLUMN + 1 - len(self._cells)
            self._cells += [""] * min(self._gap, room)
            self._repeat(min(repeated, room) - 1)
            self._cells += [value] * min(repeated, room)
            self._gap = 0
        if self._taker and not covered:
            across, down = (_number(cell, f"number-{one}-spanned") for one in ("columns", "rows"))
            self._taker.noticed.merged += across * down > 1

    def _repeat(self, cells: int) -> None:
        """Cells that stand in the file once and in the sheet more often: it may not make much of little."""
        self._room -= cells
        if self._room < 0:
            raise FileProblem(
                f"around row {self._line + 1} the sheet repeats filled cells far more often than its size warrants",
                where=self._path.name,
                remedy="Delete what was filled to the edge of the sheet, or save the table as CSV.",
            )

    def _value(self, cell: dict[str, str], shown: str) -> str:
        kind = cell.get("value-type", "")
        if kind in {"float", "currency", "percentage"} and "value" in cell and not _is_told(shown):
            # 15 digits are what spreadsheet programs keep and show.
            return self._as_text(float(f"{float(cell['value']):.15g}"))
        if kind == "date" and "date-value" in cell and not _is_told(shown):
            return self._date(cell["date-value"])
        if kind == "boolean":
            return cell.get("boolean-value", shown).upper()
        return (
            _NO_BREAK.sub(" ", shown)
            if kind and kind != "string"
            else self._as_text(shown or cell.get("string-value", ""))
        )

    def _date(self, value: str) -> str:
        try:
            return self._as_text(datetime.fromisoformat(value))
        except ValueError:
            return self._as_text(value)

    def _end_row(self) -> None:
        repeated, taker, cells = _number(self._row, "number-rows-repeated"), self._taker, self._cells
        if taker and any(map(str.strip, cells)):
            if self._row.get("visibility", "visible") != "visible":
                taker.noticed.rows += repeated
            self._repeat((repeated - 1) * len(cells))
            for line in range(self._line + 1, self._line + repeated + 1):
                taker.add(line, list(cells))
        self._line += repeated
        self._cells = []


def _is_told(shown: str) -> bool:
    """Whether what a cell shows is worth more than its number: `3.4E+10` and `###` are less."""
    return any(map(str.isdecimal, shown)) and not _SCIENTIFIC.fullmatch(shown.strip())


def _number(attributes: dict[str, str], name: str) -> int:
    return max(1, int(attributes.get(name, "1")))
