"""A CSV file seen as text: whether it is one, how it is delimited, its records, and where it is damaged.

RFC 4180 (https://www.rfc-editor.org/rfc/rfc4180) is read leniently, as spreadsheets write it: `,` `;` `|` or tab, LF, CRLF
or CR, with or without a byte order mark, in whatever character set it is said to be. Nothing is held but a block of
records. Every fault is a FileProblem.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

from smscampaign.blocks import Block
from smscampaign.databases import is_database
from smscampaign.errors import FileProblem
from smscampaign.names import closest
from smscampaign.recipients import charsets, delimiters

_HEAD = 65_536
# A lone surrogate cannot come out of a strict decoder, so this record cannot be part of the file.
_END = "\udfff"
_DOS_END = "\x1a"
_MARK = "\ufeff"  # of a byte order; at the start of a file the decoder takes it away
# Records behind a damaged one that are looked at, to tell a few bytes from a second character set.
_LOOKED_THROUGH = 10_000
_UNDECODED = re.compile("[\udc80-\udcff]")
# Excel reads it and shows it as no row; the BOM may have been kept by whoever added the line.
_ANNOUNCED = re.compile(r"\ufeff?\"?sep=(.)\"?(?:\r\n|\r|\n|\Z)", re.IGNORECASE)

_AS_CSV = 'Open it in the spreadsheet program and save it as "CSV UTF-8 (comma delimited)".'
_PICTURE = "Recipients are a table with a row of column names: export it as CSV from where it comes."
_UNPACK = "Unpack it, and name the file in it."
_KINDS: tuple[tuple[bytes, str, str], ...] = (
    (b"%PDF-", "a PDF document", _PICTURE),
    (b"{\\rtf", "a text document (RTF)", _PICTURE),
    (b"\x89PNG\r\n", "a picture (PNG)", _PICTURE),
    (b"\xff\xd8\xff", "a picture (JPEG)", _PICTURE),
    (b"GIF8", "a picture (GIF)", _PICTURE),
    (b"RIFF", "a picture or a recording", _PICTURE),
    (b"II*\0", "a picture (TIFF)", _PICTURE),
    (b"MM\0*", "a picture (TIFF)", _PICTURE),
    (b"BEGIN:VCARD", "a file of contacts (vCard)", "Import it into an address book, and export it as CSV."),
    (b"\x1f\x8b", "a gzip archive", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", _UNPACK),
    (b"Rar!", "a RAR archive", _UNPACK),
    (b"BZh", "a bzip2 archive", _UNPACK),
    (b"\xfd7zXZ", "an xz archive", _UNPACK),
    (b"SQLite format 3\0", "an SQLite database", _PICTURE),
    (b"PAR1", "a Parquet file", "Open it with pandas, and give the DataFrame; or save it as CSV."),
)
OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PAGES = (b"<!doctype html", b"<html", b"<?xml", b"<head", b"<script", b"<meta", b"<table")
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
        with reading(self.path), io.BufferedReader(self.stream(), _HEAD) as stream:
            return stream.read(_HEAD)


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turns what the system says about a path into a FileProblem. Undecodable bytes are another matter."""
    try:
        yield
    except UnicodeError:
        raise
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: OSError | ValueError) -> FileProblem:
    where = path.name or str(path)
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return FileProblem("there is no such file", where=str(path), remedy=_neighbours(path))
    if isinstance(error, PermissionError):
        return FileProblem(
            "the file may not be read",
            where=where,
            remedy="Close it in the spreadsheet program, or ask its owner for the right to read it.",
        )
    return FileProblem(
        f"the file cannot be read ({getattr(error, 'strerror', None) or error})",
        where=where,
        remedy="Check the path and the disk.",
    )


def _neighbours(path: Path) -> str:
    try:
        names = [entry.name for entry in path.parent.iterdir() if entry.is_file()]
    except OSError:
        return f"There is no folder {str(path.parent)!r} either: check the path."
    near = closest(path.name, names)
    return f"Did you mean {' or '.join(map(repr, near))}?" if near else "Check the name and the folder."


def head_of(path: Path) -> bytes:
    """The first bytes of a regular file. Raises FileProblem for anything else, and for a file that is no table."""
    with reading(path):
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise FileProblem("this is a folder", where=str(path), remedy="Give the file inside it.")
        if not stat.S_ISREG(mode):
            raise FileProblem(
                "this is not a regular file, and recipients are read more than once",
                where=str(path),
                remedy="Save them to a file first.",
            )
        if is_database(path):
            raise FileProblem("this is an SQLite database, not a table", where=path.name, remedy=_PICTURE)
        with path.open("rb") as stream:
            head = stream.read(_HEAD)
    refuse_other_kinds(path, head)
    return head


def refuse_other_kinds(path: Path, head: bytes) -> None:
    """Raise FileProblem for a file that begins as another kind does, in one line with what to do."""
    for magic, kind, remedy in _KINDS:
        if head.startswith(magic):
            raise FileProblem(f"this is {kind}, not a table", where=path.name, remedy=remedy)
    if head.startswith(OLD_OFFICE):
        _refuse_locked(path, head)
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start[:32].lower().startswith(_PAGES):
        raise FileProblem(
            "this is a web page or XML, not a CSV file",
            where=path.name,
            remedy="The download may have led to a sign-in page: open it, sign in, and export as CSV.",
        )


def _refuse_locked(path: Path, head: bytes) -> None:
    """An old workbook is read elsewhere; in the same container stand Word's documents and what a password protects."""
    if "EncryptedPackage".encode("utf-16-le") in head:
        raise FileProblem(
            "the workbook is protected by a password",
            where=path.name,
            remedy="Open it in the spreadsheet program, take the password off, and save it.",
        )
    if path.suffix.lower() == ".doc":
        raise FileProblem("this is an old Word document, not a table", where=path.name, remedy=_AS_CSV)


def _binary(path: Path, offset: int) -> FileProblem:
    return FileProblem(
        f"the file is binary or damaged: it holds a NUL byte at offset {offset}",
        where=path.name,
        remedy=f"{_AS_CSV} If it is UTF-16, say --encoding utf-16-le.",
    )


class _TextBytes(io.RawIOBase):
    """Bytes that ought to be text: a NUL in them, at the start or a gigabyte later, is a FileProblem."""

    def __init__(self, path: Path, raw: io.RawIOBase) -> None:
        self._path, self._raw, self._offset = path, raw, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        count = self._raw.readinto(buffer) or 0
        nul = bytes(memoryview(buffer)[:count]).find(0)
        if nul >= 0:
            raise _binary(self._path, self._offset + nul)
        self._offset += count
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


@contextmanager
def _lines(text: CsvText, *, errors: str = "strict") -> Iterator[Iterable[str]]:
    dialect = text.dialect
    wide = dialect.codec.replace("_", "-").startswith(_WIDE)
    raw = text.stream() if wide else _TextBytes(text.path, text.stream())
    with io.TextIOWrapper(
        io.BufferedReader(raw, _HEAD), encoding=dialect.codec, errors=errors, newline=""
    ) as stream:
        lines = _without_nul(text.path, stream) if wide else stream
        yield islice(lines, 1, None) if dialect.announced else lines


def _without_nul(path: Path, lines: Iterable[str]) -> Iterator[str]:
    offset = 0
    for line in lines:
        if "\0" in line:
            raise _binary(path, offset + line.index("\0"))
        offset += len(line)
        yield line


def records_of(
    text: CsvText, size: int, *, wide: int = 0, after: int = 0
) -> Iterator[tuple[int, list[list[str]] | Block]]:
    """The records, header and blank ones included, in blocks of `size`, each with the spreadsheet row it begins at.

    After row `after`, those of lines that hold `wide` cells each and no quotation mark come as a block of columns.
    """
    line, dialect = 1, text.dialect
    with reading(text.path), _lines(text) as stream:
        lines = chain(stream, (_END,))
        while True:
            try:
                together = list(islice(lines, size))
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
                    chain(together, _ended(lines)), delimiter=dialect.delimiter, quotechar=dialect.quote
                )
                records = list(islice(reader, size))
            except (UnicodeError, csv.Error):
                raise _fault(text) from None
            if records[-1] == [_END]:
                yield line, records[:-1]
                return
            if records[-1] and records[-1][-1].endswith(_END):
                raise _unclosed(text.path, line + len(records) - 1)
            yield line, records
            line += len(records)


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
    whole = len(head) < _HEAD
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
    path, dialect, line, header, length = text.path, text.dialect, 0, [""], 0

    def measured(lines: Iterable[str]) -> Iterator[str]:
        nonlocal length
        for one in lines:
            length = len(one)
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
                header = header if any(header) else cells
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
            if _UNDECODED.search(words) and len(sample) < _HEAD:
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
        f"the file is not {text.dialect.charset}: {why}", where=f"{text.path.name}, {place}", remedy=_AS_CSV
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
