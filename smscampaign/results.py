"""The results: every row of the file as it was, followed by what became of it. One line per row, in the file's order."""

from __future__ import annotations

import csv
import errno
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TextIO

from smscampaign.errors import FileProblem
from smscampaign.model import Row, RowResult
from smscampaign.recipients.sources import Source

COLUMNS = (
    "sms_row",
    "sms_number",
    "sms_country",
    "sms_status",
    "sms_reason",
    "sms_text",
    "sms_encoding",
    "sms_parts",
    "sms_credits",
    "sms_tag",
    "sms_id",
    "sms_sent_at",
    "sms_delivery",
    "sms_delivered_at",
    "sms_repair",
)

Value = str | int | Decimal | datetime | None

#: What spreadsheets take for a formula at the start of a cell. A plain E.164 number is the exception: its plus is a sign.
_STARTS = frozenset("=+-@\t\r\n＝＋－＠")
_E164 = re.compile(r"\+[0-9]{5,15}\Z")

#: Our first two columns in the header of a results file, and how far it is looked for.
_OURS = re.compile(r'"?sms_row"?([,;\t|:])"?sms_number"?\1')
_HEAD = 65_536


def header(source_header: Sequence[str], *, width: int) -> list[str]:
    """The user's columns, unnamed ones for rows that had more cells than that, and ours."""
    return [*source_header, *[""] * (width - len(source_header)), *COLUMNS]


def lines(rows: Iterable[Row], answers: Iterable[RowResult], *, width: int) -> Iterator[list[str]]:
    """The rows with their answers. Raises `FileProblem` when the file is not the one the answers are about."""
    for row, answer in beside(rows, answers):
        yield [*row.fields, *[""] * (width - len(row.fields)), *cells(answer)]


def beside(rows: Iterable[Row], answers: Iterable[RowResult]) -> Iterator[tuple[Row, RowResult]]:
    """Each row and its answer. Raises `FileProblem` when the file is not the one the answers are about."""
    waiting = iter(answers)
    for row in rows:
        answer = next(waiting, None)
        if answer is None or answer.line != row.line:
            raise FileProblem(
                "the file has other rows than when the campaign was planned", where=f"row {row.line}"
            )
        yield row, answer
    if next(waiting, None) is not None:
        raise FileProblem("the file has fewer rows than when the campaign was planned")


def cells(answer: RowResult) -> list[str]:
    """Our columns for one row, as text."""
    return [
        _iso(one) if isinstance(one, datetime) else "" if one is None else str(one) for one in _made(answer)
    ]


def values(answer: RowResult) -> list[Value]:
    """The same, each of its own type, and texts as they are: for forms in which no text is taken for a formula."""
    made = _made(answer)
    made[4], made[5] = answer.reason, answer.text.body if answer.text else None
    return [None if one == "" else one for one in made]


def _made(answer: RowResult) -> list[Value]:
    recipient, text = answer.recipient, answer.text
    return [
        answer.line,
        recipient.msisdn if recipient else None,
        recipient.country if recipient else None,
        answer.status.value,
        safe(answer.reason),
        safe(text.body) if text else None,
        text.encoding.value if text else None,
        text.parts if text else None,
        answer.credits,
        answer.tag,
        answer.id,
        answer.sent_at,
        answer.delivery.value if answer.delivery else None,
        answer.delivered_at,
        answer.repair.value if answer.repair else None,
    ]


def safe(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula: an apostrophe goes before `=`, `+`, `-`, `@`, tabs and line breaks.

    A plain E.164 number stays as it is.
    """
    return f"'{cell}" if cell[:1] in _STARTS and not _E164.match(cell) else cell


def save(source: Source, answers: Iterable[RowResult], path: Path, *, width: int) -> Path:
    """Write the results beside `path` and move them into place: whoever reads sees the old file or the new one, whole.

    Delimiter and byte-order mark are the source's. Mode 0600. Answers where they are: `spring.results-2.csv` while another
    program holds `spring.results.csv`. Raises `FileProblem` when they cannot be written, or a file of somebody else is there.
    """
    refuse_others(path)
    return save_lines(
        header(source.header, width=width), lines(source.rows(), answers, width=width), path, like=source
    )


def keep_copy(path: Path, copy: Path) -> None:
    """The results at `path` under a second name. Mode 0600. Raises `FileProblem` as `save` does."""
    refuse_others(copy)
    with path.open("rb") as source, _replacing(copy, bom=False) as (file, _):
        shutil.copyfileobj(source, file.buffer)


def save_lines(head: Sequence[str], rows: Iterable[Sequence[str]], path: Path, *, like: Source) -> Path:
    """Any table, written as `save` writes the results: with the delimiter and the byte-order mark of `like`."""
    with _replacing(path, bom=like.bom) as (file, places):
        writer = csv.writer(file, delimiter=like.delimiter, lineterminator="\r\n")
        writer.writerow(head)
        writer.writerows(rows)
    return places[0]


@contextmanager
def replacing(path: Path, *, mark: bytes) -> Iterator[Path]:
    """A new file beside `path` to write to, which is moved there once it is whole. Mode 0600.

    Only what has `mark` in its first or last bytes is replaced. Raises `FileProblem`.
    """
    refuse_unmarked(path, mark)
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        os.close(handle)
    except OSError as error:
        raise _unwritable(path, error) from error
    try:
        yield Path(name)
        with open(name, "rb") as file:
            os.fsync(file.fileno())
        os.replace(name, path)
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        Path(name).unlink(missing_ok=True)


def refuse_unmarked(path: Path, mark: bytes) -> None:
    """Raise `FileProblem` where something stands that is not empty and has no `mark` in its first or last bytes."""
    if path.exists() and not path.is_file():
        raise _unwritable(path, OSError(errno.EINVAL, "it is no file but a folder, a device or a pipe"))
    with suppress(FileNotFoundError), path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        head = file.read(_HEAD)
        file.seek(max(size - _HEAD, 0))
        if size and mark not in head and mark not in file.read(_HEAD):
            raise FileProblem(
                "this file was not written by smscampaign, or was changed since, and is left as it is",
                where=str(path),
                remedy="Move it away, or choose another place with --out FILE.",
            )


def delimiter_of(path: Path) -> str | None:
    """What separates the cells of a results file; None for any other file. Raises `OSError`."""
    # Our own columns are ASCII, whatever a spreadsheet program made of the others.
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        found = _OURS.search(file.read(_HEAD))
    return found[1] if found else None


def refuse_others(path: Path) -> None:
    """Raise `FileProblem` where a file stands that is not empty and no results file: somebody else's is left as it is."""
    with suppress(OSError):
        if path.is_file() and path.stat().st_size and delimiter_of(path) is None:
            raise FileProblem(
                "this file has no results of smscampaign in it, and is left as it is",
                where=str(path),
                remedy="Move it away, or choose another place with --out FILE.",
            )


def refuse_place(path: Path) -> None:
    """Raise `FileProblem` where the results, which have to be written at the end come what may, could not be."""
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise FileProblem(
            f"the results could not be written here ({error.strerror})",
            where=str(path),
            remedy="Choose another place with --out FILE; nothing was sent.",
        ) from error
    refuse_others(path)


@contextmanager
def _replacing(path: Path, *, bom: bool) -> Iterator[tuple[TextIO, list[Path]]]:
    """A new file, and, once it is closed, the place it was moved to."""
    places: list[Path] = []
    if path.exists() and not path.is_file():
        raise _unwritable(path, OSError(errno.EINVAL, "it is no file but a folder, a device or a pipe"))
    try:
        # mkstemp makes the file 0600 and leaves no moment in which others could open it.
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise _unwritable(path, error) from error
    try:
        with open(handle, "w", encoding="utf-8-sig" if bom else "utf-8", newline="") as file:
            yield file, places
            file.flush()
            os.fsync(file.fileno())
        places.append(_moved(name, path))
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        Path(name).unlink(missing_ok=True)


def _moved(name: str, path: Path) -> Path:
    """Where the new file is now: under another name where `path` may not be replaced, as when Excel has it open."""
    others = (path.with_name(f"{path.stem}-{number}{path.suffix}") for number in range(2, 100))
    for place in (path, *others):
        with suppress(PermissionError):
            if place == path or not place.exists() or delimiter_of(place) is not None:
                os.replace(name, place)
                return place
    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def _unwritable(path: Path, error: OSError) -> FileProblem:
    return FileProblem(
        f"the results cannot be written ({error.strerror})",
        where=str(path),
        remedy="Choose another place with --out FILE; what was sent is safe in the journal.",
    )


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
