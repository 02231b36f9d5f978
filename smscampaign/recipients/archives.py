"""Zip archives, which workbooks are too: what is in one, whether it may be unpacked, and a member as a stream.

A few kilobytes of zip can unpack to gigabytes. The limits: a member of more than a megabyte that unpacks to more than a
hundred times its packed size is refused, as Apache POI does (ZipSecureFile, a ratio of 0.01), and so is an archive that
unpacks to more than four gigabytes. Streams stop at what the archive's directory announced. Standard library and words only.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path, PurePosixPath
from typing import IO, Any, NamedTuple

from smscampaign.errors import FileProblem

MAGIC = b"PK\x03\x04"
_RATIO, _GRACE = 100, 1 << 20
_LARGEST, _MOST_MEMBERS = 4 << 30, 10_000
# Parts of a workbook that are read whole: its styles, names and relations. Sheets and their texts are not.
_LARGEST_PART = 16 << 20
# Bytes from one tag to the next; a cell has at most 32 767 characters.
_LARGEST_TAG = 1 << 20

_AS_CSV = 'Open it in the spreadsheet program and save it as "CSV UTF-8 (comma delimited)".'
_NESTED = (".zip", ".gz", ".7z", ".rar", ".xlsx", ".xlsm", ".ods", ".bz2", ".xz")
_LITTER = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")
_TABLES = (".csv", ".txt", ".tsv", ".tab", "")


class ArchiveKind(Enum):
    """What a zip archive is."""

    XLSX = "an Excel workbook"
    XLSB = "a binary Excel workbook"
    ODS = "an OpenDocument spreadsheet"
    TABLE = "a zipped table"


class Archive(NamedTuple):
    """A zip archive that may be unpacked; `member` is the table in it, empty for a workbook."""

    path: Path
    kind: ArchiveKind
    member: str = ""

    def stream(self) -> io.RawIOBase:
        """The member's bytes, from the start."""
        return _opened(self.path, self.member)


def looked_at(path: Path) -> Archive:
    """What the archive holds. Raises FileProblem for a damaged one, a bomb, a document, or none or several tables."""
    with damaged(path), zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        _refuse_bombs(path, members)
        names = {one.filename for one in members}
        kind = _workbook(path, archive, names)
        if kind is not None:
            _refuse_large_parts(path, members)
            _refuse_large_tags(path, archive, members)
            return Archive(path, kind)
        return Archive(path, ArchiveKind.TABLE, _only_table(path, members))


@contextmanager
def damaged(path: Path) -> Iterator[None]:
    """Turns what `zipfile` says of a damaged, encrypted or exotic archive into a FileProblem."""
    try:
        yield
    except NotImplementedError:
        raise _problem(
            path, "the archive is packed in a way that cannot be read", "Unpack it first."
        ) from None
    except RuntimeError:
        raise _problem(
            path, "the archive is protected by a password", "Unpack it, and name the file in it."
        ) from None
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, IndexError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise _problem(path, "the archive is damaged, or cut off", "Download or save it once more.") from None


def _opened(path: Path, name: str) -> _Member:
    with damaged(path):
        archive = zipfile.ZipFile(path)
        try:
            return _Member(path, archive, archive.open(name))
        except BaseException:
            archive.close()
            raise


class _Member(io.RawIOBase):
    """A member's bytes; whatever is wrong with them is a FileProblem."""

    def __init__(self, path: Path, archive: zipfile.ZipFile, stream: IO[bytes]) -> None:
        self._path, self._archive, self._stream = path, archive, stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        view = memoryview(buffer)
        with damaged(self._path):
            data = self._stream.read(len(view))
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
            self._archive.close()
        super().close()


def _refuse_bombs(path: Path, members: list[zipfile.ZipInfo]) -> None:
    swollen = [one for one in members if one.file_size > _GRACE + _RATIO * one.compress_size]
    if swollen or len(members) > _MOST_MEMBERS or sum(one.file_size for one in members) > _LARGEST:
        raise _problem(
            path,
            "the archive unpacks to far more than a table of its size would, and was not unpacked",
            "If you trust it, unpack it yourself and name the CSV file in it.",
        )


def _refuse_large_parts(path: Path, members: list[zipfile.ZipInfo]) -> None:
    for one in members:
        large = one.file_size > _LARGEST_PART and one.filename.endswith((".xml", ".rels"))
        if large and not _is_streamed(one.filename):
            raise _problem(path, f"{one.filename} in the workbook is far too large to be read", _AS_CSV)


def _is_streamed(name: str) -> bool:
    return name.startswith(("xl/worksheets/", "xl/media/")) or name in {"xl/sharedStrings.xml", "content.xml"}


def _refuse_large_tags(path: Path, archive: zipfile.ZipFile, members: list[zipfile.ZipInfo]) -> None:
    """What is streamed is read tag by tag, and a tag is held in memory: at 80 times its size."""
    for one in members:
        if one.file_size > _LARGEST_TAG and one.filename.endswith(".xml") and _is_streamed(one.filename):
            with archive.open(one) as stream:
                while len(block := stream.read(_LARGEST_TAG)) == _LARGEST_TAG:
                    if b"<" not in block:
                        said = f"{one.filename} in the workbook holds a tag or a cell that is larger than any"
                        raise _problem(path, said, _AS_CSV)


def _workbook(path: Path, archive: zipfile.ZipFile, names: set[str]) -> ArchiveKind | None:
    if "[Content_Types].xml" in names:
        return _office(path, names)
    if "mimetype" in names:
        with archive.open("mimetype") as stream:
            declared = stream.read(100)
        if declared.startswith(b"application/vnd.oasis.opendocument.spreadsheet") and "content.xml" in names:
            return ArchiveKind.ODS
        kind = "an e-book" if b"epub" in declared else "an OpenDocument text or drawing"
        raise _problem(
            path, f"this is {kind}, not a table", "Copy its table into a spreadsheet and name that."
        )
    if any(name.startswith("Index/") and name.endswith(".iwa") for name in names) or "Index.zip" in names:
        raise _problem(path, "this is an Apple Numbers document", "Export it as CSV: File, Export To, CSV.")
    return None


def _office(path: Path, names: set[str]) -> ArchiveKind:
    folders = {name.partition("/")[0] for name in names}
    if "xl/workbook.bin" in names:
        return ArchiveKind.XLSB
    if "xl" in folders:
        return ArchiveKind.XLSX
    kind = next(
        (
            kind
            for folder, kind in (("word", "a Word document"), ("ppt", "a PowerPoint presentation"))
            if folder in folders
        ),
        "an Office document",
    )
    raise _problem(path, f"this is {kind}, not a table", "Copy its table into a spreadsheet and name that.")


def _only_table(path: Path, members: list[zipfile.ZipInfo]) -> str:
    files = [
        one.filename
        for one in members
        if not one.is_dir()
        and not one.filename.startswith(_LITTER[0])
        and PurePosixPath(one.filename).name not in _LITTER
    ]
    nested = [name for name in files if name.lower().endswith(_NESTED)]
    tables = [name for name in files if PurePosixPath(name).suffix.lower() in _TABLES]
    if len(tables) == 1 and not nested:
        return tables[0]
    if nested and not tables:
        what = f"the archive holds {_listed(nested)}, and archives in archives are not opened"
    elif len(tables) + len(nested) > 1:
        what = f"the archive holds several files that may be the table: {_listed([*tables, *nested])}"
    else:
        what = f"the archive holds no table{f' but {_listed(files)}' if files else ''}"
    raise _problem(path, what, "Unpack it, and name the file you mean.")


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(repr(PurePosixPath(name).name[:60]) for name in names[:3]) + more


def _problem(path: Path, what: str, remedy: str) -> FileProblem:
    return FileProblem(what, where=path.name, remedy=remedy)
