"""What a file is by how it begins, where that is no table; and what the system says of a path, as a FileProblem."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from smscampaign.databases import is_database
from smscampaign.errors import FileProblem
from smscampaign.names import closest

#: The bytes that are looked at.
HEAD = 65_536

#: What to do with a table that is not written as one.
AS_CSV = 'Open it in the spreadsheet program and save it as "CSV UTF-8 (comma delimited)".'
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

#: What spreadsheet programs leave beside a file that is open there.
_MARKS = ("~$", ".~lock.")


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
        names = [
            entry.name
            for entry in path.parent.iterdir()
            if entry.is_file() and not entry.name.startswith(_MARKS)
        ]
    except OSError:
        return f"There is no folder {str(path.parent)!r} either: check the path."
    near = closest(path.name, names)
    return f"Did you mean {' or '.join(map(repr, near))}?" if near else "Check the name and the folder."


def head_of(path: Path) -> bytes:
    """The first bytes of a regular file, none of an empty one. Raises FileProblem for anything else, and what is no table."""
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
        if not path.stat().st_size:
            return b""  # what the system makes up when it is read, in /proc, has no size either
        if is_database(path):
            raise FileProblem("this is an SQLite database, not a table", where=path.name, remedy=_PICTURE)
        with path.open("rb") as stream:
            head = stream.read(HEAD)
    refuse_other_kinds(path, head)
    return head


def refuse_other_kinds(path: Path, head: bytes) -> None:
    """Raise FileProblem for a file that begins as another kind does, in one line with what to do."""
    if path.name.startswith(_MARKS):
        raise FileProblem(
            "this is no table: a spreadsheet program leaves it beside a file that is open there",
            where=path.name,
            remedy="Give the file itself, which may stay open.",
        )
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
        raise FileProblem("this is an old Word document, not a table", where=path.name, remedy=AS_CSV)
