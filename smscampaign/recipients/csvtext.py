"""A CSV file seen as text: how it is delimited, its records, and where it is damaged.

RFC 4180 (https://www.rfc-editor.org/rfc/rfc4180) is read leniently, as spreadsheets write it: `,` `;` `|` or tab, LF, CRLF
or CR, with or without a byte order mark, in whatever character set it is said to be. Nothing is held but a block of
records, however long its lines are. Every fault is a FileProblem.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

from smscampaign.blocks import Block
from smscampaign.errors import FileProblem
from smscampaign.recipients import charsets, delimiters
from smscampaign.recipients.kinds import AS_CSV, HEAD, reading

_MOST_COLUMNS = 16_384
# Bytes or characters: of a row at most, 128 in each of so many columns; of a block of rows; of a line as most of them are.
_LONGEST, _ROOM, _USUAL = 2**21, 2**22, 64
# A lone surrogate cannot come out of a strict decoder, so this record cannot be part of the file.
_END = "\udfff"
_DOS_END = "\x1a"
_MARK = "\ufeff"  # of a byte order; at the start of a file the decoder takes it away
# Records behind a damaged one that are looked at, to tell a few bytes from a second character set.
_LOOKED_THROUGH = 10_000
_UNDECODED = re.compile("[\udc80-\udcff]")
# Excel reads it and shows it as no row; the BOM may have been kept by whoever added the line.
_ANNOUNCED = re.compile(r"\ufeff?\"?sep=(.)\"?(?:\r\n|\r|\n|\Z)", re.IGNORECASE)

_ROWS = "Look whether each row stands in a line of its own, and whether a stray quotation mark opens a cell."
_WIDE = ("utf-16", "utf-32")


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a file of text is written: its character set (Python's codec, and the name people know it by) and its signs.

    `announced`: the first line says `sep=;` and is no row. `doubtful`: another delimiter may be meant.
    """

    codec: str = "utf-8-sig"
    charset: str = "UTF-8"
    delimiter: str = ","
    quote: str = '"'
    announced: bool = False
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class CsvText:
    """CSV text somewhere: the file the user named, how it is written, and where its bytes come from if not from there."""

    path: Path
    dialect: Dialect = Dialect()
    opening: Callable[[], io.RawIOBase] | None = None

    def stream(self) -> io.RawIOBase:
        """The bytes, from the start; whoever asks closes them."""
        return io.FileIO(self.path) if self.opening is None else self.opening()

    def head(self) -> bytes:
        """The first 64 kB."""
        with reading(self.path), io.BufferedReader(self.stream(), HEAD) as stream:
            return stream.read(HEAD)


def _binary(path: Path, offset: int) -> FileProblem:
    return FileProblem(
        f"the file is binary or damaged: it holds a NUL byte at offset {offset}",
        where=path.name,
        remedy=f"{AS_CSV} If it is UTF-16, say --encoding utf-16-le.",
    )


class _TooLong(csv.Error):
    """A line, or a row of several, is longer than those of any table."""


class _TextBytes(io.RawIOBase):
    """Bytes that ought to be lines of text: a NUL in them, at the start or a gigabyte later, is a FileProblem.

    In a `wide` character set half of the bytes are NULs. A line that does not end is not held in memory: it is `_TooLong`.
    """

    def __init__(self, path: Path, raw: io.RawIOBase, *, wide: bool) -> None:
        self._path, self._raw, self._wide, self._offset, self._line = path, raw, wide, 0, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        count = self._raw.readinto(buffer) or 0
        read = bytes(memoryview(buffer)[:count])
        nul = -1 if self._wide else read.find(0)
        if nul >= 0:
            raise _binary(self._path, self._offset + nul)
        end = max(read.rfind(b"\n"), read.rfind(b"\r"))
        self._line = count - end if end >= 0 else self._line + count
        if self._line > _LONGEST:
            raise _TooLong
        self._offset += count
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Lines:
    """The lines of a text, and `_END` behind the last; one that announces the delimiter is none of them.

    In a `wide` character set, too, none of them holds a NUL.
    """

    def __init__(self, path: Path, stream: io.TextIOWrapper, *, wide: bool, announced: bool) -> None:
        self._path, self._stream, self._wide, self._announced = path, stream, wide, announced
        self._offset, self._read, self._at, self._ended = 0, list[str](), 0, False

    def __iter__(self) -> Iterator[str]:
        while line := self.take(1):
            yield from line

    def take(self, size: int) -> list[str]:
        """The next lines: `size` of them, or fewer where they are long; none behind the end."""
        if self._announced:
            self._announced = False
            self.take(1)
        found, room = self._read[self._at : self._at + size], _ROOM
        self._at += len(found)
        while len(found) < size and room > 0 and not self._ended:
            more = self._stream.readlines(_USUAL * (size - len(found) - 1) + 1)
            long = sum(map(len, more))
            if self._wide and "\0" in (text := "".join(more)):
                raise _binary(self._path, self._offset + text.index("\0"))
            self._offset, room = self._offset + long, room - long
            if not more:
                self._ended, more = True, [_END]
            self._read, self._at = more, min(size - len(found), len(more))
            found += more[: self._at]
        return found


@contextmanager
def _lines(text: CsvText, *, errors: str = "strict") -> Iterator[_Lines]:
    dialect = text.dialect
    wide = dialect.codec.replace("_", "-").startswith(_WIDE)
    raw = _TextBytes(text.path, text.stream(), wide=wide)
    with io.TextIOWrapper(
        io.BufferedReader(raw, HEAD), encoding=dialect.codec, errors=errors, newline=""
    ) as stream:
        yield _Lines(text.path, stream, wide=wide, announced=dialect.announced)


def records_of(
    text: CsvText, size: int, *, wide: int = 0, after: int = 0
) -> Iterator[tuple[int, list[list[str]] | Block]]:
    """The records, header and blank ones included, in blocks of `size`, each with the spreadsheet row it begins at.

    After row `after`, those of lines that hold `wide` cells each and no quotation mark come as a block of columns.
    """
    line, dialect = 1, text.dialect
    with reading(text.path), _lines(text) as lines:
        while True:
            try:
                together = lines.take(size)
                together[-2:] = _ended(together[-2:])
                if _MARK in "".join(together):
                    together = [line.removeprefix(_MARK) for line in together]
                columns = _split(together, dialect, wide) if line > after else []
                if columns:
                    yield line, Block(range(line, line + len(together)), columns)
                    line += len(together)
                    continue
                # A record is one line or more of them, so that these are read to their end.
                reader = csv.reader(
                    chain(together, _bounded(_ended(lines))),
                    delimiter=dialect.delimiter,
                    quotechar=dialect.quote,
                )
                # Those that begin in these lines.
                records = []
                for record in reader:
                    records.append(record)
                    if reader.line_num >= len(together):
                        break
            except (UnicodeError, csv.Error):
                raise _fault(text) from None
            if (widest := max(map(len, records))) > _MOST_COLUMNS:
                row = line + next(at for at, record in enumerate(records) if len(record) == widest)
                raise _too_wide(text.path, row, widest)
            if records[-1] == [_END]:
                yield line, records[:-1]
                return
            if records[-1] and records[-1][-1].endswith(_END):
                raise _unclosed(text.path, line + len(records) - 1)
            yield line, records
            line += len(records)


def _bounded(lines: Iterable[str]) -> Iterator[str]:
    """What one record goes on with. Raises `_TooLong`."""
    room = _LONGEST
    for line in lines:
        room -= len(line)
        if room < 0:
            raise _TooLong
        yield line


def _ended(lines: Iterable[str]) -> Iterator[str]:
    """Lines without the Ctrl-Z with which DOS ends a file, and without the mark of a file that was put behind another one.

    Only the last line of a file has nothing behind its last sign.
    """
    for line in lines:
        unmarked = line.removeprefix(_MARK)
        yield unmarked.rstrip(_DOS_END) if unmarked.endswith(_DOS_END) else unmarked


def _split(lines: list[str], dialect: Dialect, wide: int) -> list[list[str]]:
    """The columns of whole lines that `csv.reader` would only cut at their delimiters; of all others none.

    Cutting a block at once, with no list for each of its lines, takes half the time.
    """
    if not wide or lines[-1] == _END or any(dialect.quote in line for line in lines[:9]):
        return []
    joined, sign, step = "".join(lines).replace("\r\n", "\n"), dialect.delimiter, wide + 1
    if dialect.quote in joined or "\r" in joined or max(map(len, lines)) > csv.field_size_limit():
        return []
    cells = joined.replace("\n", f"{sign}\n{sign}").split(sign)
    # All lines are as wide as they should be where each of their ends stands behind the last column.
    if len(cells) != len(lines) * step + 1 or cells[wide::step] != ["\n"] * len(lines):
        return []
    return [cells[at:-1:step] for at in range(wide)]


def dialect_of(head: bytes, *, codec: str, charset: str, delimiter: str | None = None) -> Dialect:
    """How the text that begins with `head` is written; a `delimiter` that is given is not doubted."""
    whole = len(head) < HEAD
    try:
        text = codecs.getincrementaldecoder(codec)(errors="replace").decode(head, final=whole)
    except UnicodeError:
        text = ""  # UTF-16 without its mark; reading it says so
    text = text.rstrip(_DOS_END)
    announced = _ANNOUNCED.match(text)
    if announced:
        delimiter, text = delimiter or announced[1], text[announced.end() :]
    quote, doubtful = delimiters.quote_of(text, delimiter), False
    if delimiter is None:
        delimiter, doubtful = delimiters.delimiter_of(text, quote=quote, whole=whole)
    return Dialect(codec, charset, delimiter, quote, announced is not None, doubtful)


def _fault(text: CsvText) -> FileProblem:
    """Read again, record by record, to say where the file stops being CSV, or text in its character set."""
    path, dialect, line, header, length, room = text.path, text.dialect, 0, [""], 0, _LONGEST

    def measured(lines: Iterable[str]) -> Iterator[str]:
        nonlocal length, room
        for one in lines:
            length, room = len(one), room - len(one)
            if room < 0:
                raise _TooLong
            yield one

    with _lines(text, errors="surrogateescape") as lines:
        reader = csv.reader(measured(lines), delimiter=dialect.delimiter, quotechar=dialect.quote)
        try:
            for line, cells in enumerate(reader, 1):
                for index, cell in enumerate(cells):
                    if byte := _UNDECODED.search(cell):
                        name = header[index] if index < len(header) else ""
                        place = f"row {line}" + f", column {name!r}" * bool(name)
                        return _damaged(text, place, ord(byte[0]) - 0xDC00, chain([cells], reader))
                header, room = header if any(header) else cells, _LONGEST
        except _TooLong:
            what = f"the row is longer than {_LONGEST:,} characters"
            return FileProblem(what, where=f"{path.name}, row {line + 1}", remedy=_ROWS)
        except csv.Error:
            return _unclosed(path, line + 1) if length <= csv.field_size_limit() else _endless(path, line + 1)
        except UnicodeError:
            return _undecodable(text, f"row {line + 1} or after it", "it is damaged there, or cut off")
    return FileProblem("the file changed while it was being read", where=path.name, remedy="Start again.")


def _damaged(text: CsvText, place: str, byte: int, onward: Iterable[list[str]]) -> FileProblem:
    """A byte that is none of its character set, in the first of these records: a few such rows, or another set in many."""
    if text.dialect.charset != "UTF-8":
        return _undecodable(text, place, f"it holds the byte 0x{byte:02X}")
    sample, rows = b"", 0
    with suppress(csv.Error):
        for cells in islice(onward, _LOOKED_THROUGH):
            words = "\n".join(cells)
            if _UNDECODED.search(words) and len(sample) < HEAD:
                sample, rows = sample + words.encode("utf-8", "surrogateescape") + b"\n", rows + 1
    other = charsets.beside_utf8(sample) if rows > 1 else ""
    if other:
        return FileProblem(
            f"the file is written in two character sets: {other} here, as in {rows - 1} more of the rows below, and UTF-8"
            " elsewhere",
            where=f"{text.path.name}, {place}",
            remedy="It was put together of two files: save each of them as UTF-8 first.",
        )
    return FileProblem(
        f"the file is not UTF-8: it holds the byte 0x{byte:02X}",
        where=f"{text.path.name}, {place}",
        remedy="Write that cell anew, and save the file as UTF-8. If all of it is in another character set: --encoding NAME.",
    )


def _undecodable(text: CsvText, place: str, why: str) -> FileProblem:
    return FileProblem(
        f"the file is not {text.dialect.charset}: {why}", where=f"{text.path.name}, {place}", remedy=AS_CSV
    )


def _too_wide(path: Path, line: int, wide: int) -> FileProblem:
    return FileProblem(
        f"there are {wide:,} columns, and a spreadsheet has {_MOST_COLUMNS:,} at most",
        where=f"{path.name}, row {line}",
        remedy="Leave out the columns that the message does not need.",
    )


def _endless(path: Path, line: int) -> FileProblem:
    what = f"a cell holds more than {csv.field_size_limit()} characters"
    return FileProblem(what, where=f"{path.name}, row {line}", remedy="Shorten it, or leave its column out.")


def _unclosed(path: Path, line: int) -> FileProblem:
    return FileProblem(
        "a quotation mark opens a cell and is never closed, or a cell is longer than any text",
        where=f"{path.name}, row {line}",
        remedy='Remove the stray " in that row, or double it if it belongs to the text.',
    )
