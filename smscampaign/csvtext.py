"""A CSV file seen as text: whether it is one, how it is delimited, its records, and where it is damaged.

RFC 4180 (https://www.rfc-editor.org/rfc/rfc4180) is read leniently, as spreadsheets write it: `,` `;` or tab, LF, CRLF or
CR, with or without a byte order mark. Nothing is held but a block of records. Every fault is a FileProblem.
"""

from __future__ import annotations

import csv
import io
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import Any

from smscampaign.errors import FileProblem
from smscampaign.names import closest

_HEAD = 65_536
_DELIMITERS = ";\t,"
# A lone surrogate cannot come out of valid UTF-8, so this record cannot be part of the file.
_END = "\udfff"
_UNDECODED = re.compile("[\udc80-\udcff]")

_AS_CSV = 'Open it in the spreadsheet program and save it as "CSV UTF-8 (comma delimited)".'
_KINDS: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "a spreadsheet workbook (.xlsx, .ods) or another zip archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook (.xls)"),
    (b"%PDF-", "a PDF document"),
    (b"\xff\xfe", 'text in UTF-16 ("Unicode text" in Excel)'),
    (b"\xfe\xff", 'text in UTF-16 ("Unicode text" in Excel)'),
    (b"\x1f\x8b", "a gzip archive"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"PAR1", "a Parquet file"),
)
_PAGES = (b"<!doctype html", b"<html", b"<?xml", b"<head", b"<script")


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
    """The first bytes of a file that looks like text. Raises FileProblem for one that does not."""
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
        with path.open("rb") as stream:
            head = stream.read(_HEAD)
    _refuse_other_kinds(path, head)
    return head


def _refuse_other_kinds(path: Path, head: bytes) -> None:
    for magic, kind in _KINDS:
        if head.startswith(magic):
            raise FileProblem(f"this is {kind}, not a CSV file", where=path.name, remedy=_AS_CSV)
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start[:32].lower().startswith(_PAGES):
        raise FileProblem(
            "this is a web page or XML, not a CSV file",
            where=path.name,
            remedy="The download may have led to a sign-in page: open it, sign in, and export as CSV.",
        )
    if b"\0" in head:
        raise _binary(path, head.index(b"\0"))
    if not start:
        raise _empty(path)


def _binary(path: Path, offset: int) -> FileProblem:
    return FileProblem(
        f"the file is binary or damaged: it holds a NUL byte at offset {offset}",
        where=path.name,
        remedy=_AS_CSV,
    )


class _TextBytes(io.FileIO):
    """The bytes of a file that ought to be text: a NUL in them, at the start or a gigabyte later, is a FileProblem."""

    def readinto(self, buffer: Any) -> int | None:
        offset = self.tell()
        count = super().readinto(buffer)
        nul = bytes(memoryview(buffer)[:count]).find(0)
        if nul >= 0:
            raise _binary(Path(os.fsdecode(self.name)), offset + nul)
        return count


def _open_text(path: Path, *, errors: str = "strict") -> io.TextIOWrapper:
    raw = io.BufferedReader(_TextBytes(path), _HEAD)
    return io.TextIOWrapper(raw, encoding="utf-8-sig", errors=errors, newline="")


def records_of(path: Path, delimiter: str, size: int) -> Iterator[tuple[int, list[list[str]]]]:
    """The file's records, header and blank ones included, in blocks, each with the spreadsheet row it begins at."""
    line = 1
    with reading(path), _open_text(path) as stream:
        reader = csv.reader(chain(stream, (_END,)), delimiter=delimiter)
        while True:
            try:
                records = list(islice(reader, size))
            except (UnicodeDecodeError, csv.Error):
                raise _fault(path, delimiter) from None
            if records[-1] == [_END]:
                yield line, records[:-1]
                return
            if records[-1] and records[-1][-1].endswith(_END):
                raise _unclosed(path, line + len(records) - 1)
            yield line, records
            line += len(records)


def header_of(path: Path, delimiter: str) -> tuple[int, tuple[str, ...]]:
    for line, records in records_of(path, delimiter, 64):
        for number, cells in enumerate(records, line):
            if any(map(str.strip, cells)):
                return number, tuple(cells)
    raise _empty(path)


def sniffed(text: str) -> str:
    """The delimiter most often found outside quotes in the first line that has words in it; one column alone has none."""
    counts = dict.fromkeys(_DELIMITERS, 0)
    words = quoted = False
    previous = "\n"
    for character in text:
        if character == '"':
            # A quote opens a cell at its start only; one just after a closing quote stands for itself.
            quoted = not quoted and previous in '",;\t\r\n'
        elif character in "\r\n" and not quoted:
            if words:
                break
            counts = dict.fromkeys(_DELIMITERS, 0)
        elif character in counts:
            counts[character] += not quoted
        elif not character.isspace():
            words = True
        previous = character
    # On a tie the comma loses: it is the one that words contain.
    best = max(_DELIMITERS, key=counts.__getitem__)
    return best if counts[best] else ","


def _fault(path: Path, delimiter: str) -> FileProblem:
    """Read again, record by record, to say where the file stops being CSV or UTF-8."""
    line, header = 0, [""]
    with _open_text(path, errors="surrogateescape") as stream:
        try:
            for line, cells in enumerate(csv.reader(stream, delimiter=delimiter), 1):
                for index, cell in enumerate(cells):
                    if byte := _UNDECODED.search(cell):
                        name = header[index] if index < len(header) else ""
                        return _not_utf8(path, f"row {line}" + f", column {name!r}" * bool(name), byte[0])
                header = header if any(header) else cells
        except csv.Error:
            return _unclosed(path, line + 1)
    return FileProblem("the file changed while it was being read", where=path.name, remedy="Start again.")


def _not_utf8(path: Path, place: str, escaped: str) -> FileProblem:
    return FileProblem(
        f"the file is not UTF-8: it holds the byte 0x{ord(escaped) - 0xDC00:02X}",
        where=f"{path.name}, {place}",
        remedy=_AS_CSV,
    )


def _unclosed(path: Path, line: int) -> FileProblem:
    return FileProblem(
        "a quotation mark opens a cell and is never closed, or a cell is longer than any text",
        where=f"{path.name}, row {line}",
        remedy='Remove the stray " in that row, or double it if it belongs to the text.',
    )


def _empty(path: Path) -> FileProblem:
    return FileProblem(
        "the file is empty", where=path.name, remedy="Write a header row and one recipient per line."
    )
