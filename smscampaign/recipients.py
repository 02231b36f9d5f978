"""The recipients' file as a stream of rows, whatever its size: CSV files, and DataFrames where a notebook has one.

Every cell stays the text it is. `Row.line` is the number the spreadsheet shows beside the row: records are counted, so a
cell with line breaks in it counts once and a blank line counts too.

A DataFrame is taken as it is: pandas' own `read_csv` turns `0612345678` into the integer 612345678 unless it is called
with `dtype=str`, and what was lost before this module cannot be brought back by it.
"""

from __future__ import annotations

import csv
import decimal
import hashlib
import io
import numbers
import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from smscampaign.csvtext import head_of, header_of, reading, records_of, sniffed
from smscampaign.errors import FileProblem, SettingsProblem
from smscampaign.model import Row
from smscampaign.names import NUMBER_COLUMNS, canonical, closest

if TYPE_CHECKING:
    import pandas as pd

BLOCK = 2_000
"""Rows in a block: 1.8 µs a row with 500, 2.1 with 1 000, 2.2 with 2 000, 2.7 with 5 000, when the rows outgrow the cache."""


class Source(Protocol):
    """Where recipients come from. Rows may be asked for any number of times; each time starts again."""

    @property
    def name(self) -> str:
        """The file's name, or what a frame is called in messages."""
        ...

    @property
    def header(self) -> tuple[str, ...]:
        """The column names as they are written."""
        ...

    @property
    def header_line(self) -> int:
        """The spreadsheet row of the header: 1 unless blank lines stand before it."""
        ...

    @property
    def delimiter(self) -> str:
        """`,`, `;` or a tab: what results are to be written with."""
        ...

    @property
    def bom(self) -> bool:
        """Whether the file begins with a byte order mark, as Excel writes and expects."""
        ...

    def rows(self) -> Iterator[Row]:
        """The rows, without those that are entirely blank."""
        ...

    def blocks(self, size: int = BLOCK) -> Iterator[list[Row]]:
        """The same rows in lists of at most `size`, never empty: the quick form."""
        ...

    def digest(self) -> str:
        """SHA-256 of the content, in hexadecimal."""
        ...


def open_recipients(source: str | os.PathLike[str] | pd.DataFrame) -> Source:
    """A path opens as CSV, a pandas DataFrame is taken as it is. Raises FileProblem, or SettingsProblem for neither."""
    if isinstance(source, str | os.PathLike):
        return open_csv(source)
    # Asking for the module's name instead of importing pandas keeps its 0.4 s out of a command on a CSV.
    if type(source).__module__.split(".")[0] == "pandas" and hasattr(source, "iloc") and source.ndim == 2:
        return from_frame(source)
    raise SettingsProblem(
        f"recipients are given as {type(source).__name__}",
        where="recipients",
        remedy="Give the path of a CSV file, or a pandas DataFrame.",
    )


def open_csv(path: str | os.PathLike[str], *, delimiter: str | None = None) -> CsvFile:
    """Look at a CSV file: what it is, its delimiter, its header, and that at least one row follows.

    `delimiter` is found in the header where it is not given. Raises FileProblem for a file that cannot be read as it is,
    and SettingsProblem for a delimiter that cannot be one. Faults further down are raised when their row is reached.
    """
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n\0' or delimiter.isalnum()):
        raise SettingsProblem(
            f"{delimiter!r} cannot separate cells", where="delimiter", remedy="Give `,`, `;` or a tab."
        )
    path = Path(path)
    head = head_of(path)
    text = head.decode("utf-8-sig", errors="replace")
    delimiter = delimiter or sniffed(text)
    line, header = header_of(path, delimiter)
    found = CsvFile(path, header, line, delimiter, head.startswith(b"\xef\xbb\xbf"))
    if next(found.blocks(64), None) is None:
        raise FileProblem(
            "the file has a header but no rows",
            where=path.name,
            remedy="Put one recipient per line below the header.",
        )
    return found


@dataclass(frozen=True, slots=True)
class CsvFile:
    """A CSV file that has been looked at by `open_csv`. Nothing is kept open or in memory between calls."""

    path: Path
    header: tuple[str, ...]
    header_line: int
    delimiter: str
    bom: bool

    @property
    def name(self) -> str:
        return self.path.name

    def rows(self) -> Iterator[Row]:
        return chain.from_iterable(self.blocks())

    def blocks(self, size: int = BLOCK) -> Iterator[list[Row]]:
        header_seen = False
        for line, records in records_of(self.path, self.delimiter, size):
            block = _filled_rows(line, records)
            if block and not header_seen:
                header_seen = True
                if block.pop(0).fields != self.header:
                    raise FileProblem(
                        "the file changed while it was being read", where=self.name, remedy="Start again."
                    )
            if block:
                yield block

    def digest(self) -> str:
        with reading(self.path), self.path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()


def from_frame(frame: pd.DataFrame, *, name: str = "recipients") -> FrameSource:
    """A DataFrame as recipients: its index is left aside and its first row is spreadsheet row 2.

    Raises FileProblem for a frame without columns or without rows.
    """
    header = tuple(map(_text, frame.columns))
    found = FrameSource(frame, header, name)
    if next(found.blocks(64), None) is None:
        raise FileProblem(
            "the DataFrame has no rows with anything in them",
            where=name,
            remedy="Give one row per recipient, and the phone numbers as text (read_csv with dtype=str).",
        )
    return found


@dataclass(frozen=True, slots=True, eq=False)
class FrameSource:
    """A DataFrame that has been looked at by `from_frame`. It is not copied."""

    frame: pd.DataFrame
    header: tuple[str, ...]
    name: str
    header_line: int = 1
    delimiter: str = ","
    bom: bool = False

    def rows(self) -> Iterator[Row]:
        return chain.from_iterable(self.blocks())

    def blocks(self, size: int = BLOCK) -> Iterator[list[Row]]:
        for start, records in self._records(size):
            block = _filled_rows(start + self.header_line + 1, records)
            if block:
                yield block

    def digest(self) -> str:
        """SHA-256 of the frame written as CSV, blank rows included."""
        content = hashlib.sha256()
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(self.header)
        for _, records in self._records(BLOCK):
            writer.writerows(records)
            content.update(text.getvalue().encode("utf-8", errors="surrogatepass"))
            text.seek(0)
            text.truncate()
        return content.hexdigest()

    def _records(self, size: int) -> Iterator[tuple[int, list[tuple[str, ...]]]]:
        for start in range(0, len(self.frame), size):
            part = self.frame.iloc[start : start + size]
            columns = [map(_text, part.iloc[:, index].tolist()) for index in range(part.shape[1])]
            yield start, list(zip(*columns, strict=True))


_set_line, _set_fields = Row.__dict__["line"].__set__, Row.__dict__["fields"].__set__


def _filled_rows(line: int, records: Sequence[Sequence[str]]) -> list[Row]:
    """The records, the first of which stands in spreadsheet row `line`, as rows, without those that are blank."""
    lines = [
        number
        for number, cells in enumerate(records, line)
        if (cells and cells[0].strip()) or any(map(str.strip, cells))
    ]
    filled = records if len(lines) == len(records) else [records[number - line] for number in lines]
    # A frozen dataclass sets its fields one by one through object.__setattr__: 0.65 µs a row against 0.15 this way.
    rows = list(map(object.__new__, repeat(Row, len(lines))))
    deque(map(_set_line, rows, lines), maxlen=0)
    deque(map(_set_fields, rows, map(tuple, filled)), maxlen=0)
    return rows


def number_column(header: Sequence[str], wanted: str | None = None) -> int:
    """The index of the column that holds the phone numbers: `wanted`, or the one whose name says so.

    Raises SettingsProblem when there is none, or more than one.
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
        remedy=f"Say which one it is with --number-column NAME. The columns are: {_listed(header)}.",
    )


def column(header: Sequence[str], wanted: str, *, option: str) -> int:
    """The index of the column called `wanted`, compared by `names.canonical`; `option` is what asked for it.

    Raises SettingsProblem when there is none, or more than one.
    """
    found = [index for index, name in enumerate(header) if canonical(name) == canonical(wanted)]
    if len(found) == 1:
        return found[0]
    if found:
        raise SettingsProblem(
            f"several columns are called {wanted!r}: {_listed(header[index] for index in found)}",
            where=option,
            remedy="Rename all but one of them in the file.",
        )
    near = closest(wanted, header)
    guess = f"Did you mean {' or '.join(map(repr, near))}? " if near else ""
    raise SettingsProblem(
        f"the file has no column {wanted!r}",
        where=option,
        remedy=f"{guess}The columns are: {_listed(header)}.",
    )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(repr(name) for name in names)


def _text(value: object) -> str:
    """A frame's cell as the text it stands for: 33612345678.0 is a number that shared its column with an empty cell."""
    if isinstance(value, str):
        # Half a surrogate pair is no character: no file and no journal can hold it.
        return (
            value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        )
    if value is None or type(value).__name__ in {"NAType", "NaTType"}:
        return ""
    # numpy registers its integers as Integral, and its float64 is a float. True is an Integral too.
    if isinstance(value, float | decimal.Decimal | numbers.Integral) and not isinstance(value, bool):
        number = (
            decimal.Decimal(int(value))
            if isinstance(value, numbers.Integral)
            else decimal.Decimal(str(value))
        )
        return _digits(number)
    return str(value)


def _digits(number: decimal.Decimal) -> str:
    if number.is_nan():
        return ""
    if not number:
        return "0"  # of -0.0 and 0E+3 too
    whole = number.is_finite() and number == number.to_integral_value()
    return f"{number.to_integral_value():f}" if whole else str(number)
