"""The results: every row of the file as it was, followed by what became of it. One line per row, in the file's order."""

from __future__ import annotations

import csv
import errno
import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO

from smscampaign.errors import FileProblem
from smscampaign.model import Answer, Row
from smscampaign.recipients import Source

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

#: What spreadsheets take for a formula at the start of a cell. A plain E.164 number is the exception: its plus is a sign.
_STARTS = frozenset("=+-@\t\r\n＝＋－＠")
_E164 = re.compile(r"\+[0-9]{5,15}\Z")


def header(source_header: Sequence[str], *, width: int) -> list[str]:
    """The user's columns, unnamed ones for rows that had more cells than that, and ours."""
    return [*source_header, *[""] * (width - len(source_header)), *COLUMNS]


def lines(rows: Iterable[Row], answers: Iterable[Answer], *, width: int) -> Iterator[list[str]]:
    """The rows with their answers. Raises `FileProblem` when the file is not the one the answers are about."""
    waiting = iter(answers)
    for row in rows:
        answer = next(waiting, None)
        if answer is None or answer.line != row.line:
            raise FileProblem(
                "the file has other rows than when the campaign was planned", where=f"row {row.line}"
            )
        yield [*row.fields, *[""] * (width - len(row.fields)), *cells(answer)]
    if next(waiting, None) is not None:
        raise FileProblem("the file has fewer rows than when the campaign was planned")


def cells(answer: Answer) -> list[str]:
    """Our columns for one row."""
    recipient, text = answer.recipient, answer.text
    return [
        str(answer.line),
        recipient.msisdn if recipient else "",
        recipient.country if recipient else "",
        answer.status,
        safe(answer.reason),
        safe(text.body) if text else "",
        text.encoding if text else "",
        str(text.parts) if text else "",
        "" if answer.credits is None else str(answer.credits),
        answer.tag,
        "" if answer.id is None else str(answer.id),
        _iso(answer.sent_at),
        answer.delivery or "",
        _iso(answer.delivered_at),
        answer.repair or "",
    ]


def safe(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula: an apostrophe goes before `=`, `+`, `-`, `@`, tabs and line breaks.

    A plain E.164 number stays as it is.
    """
    return f"'{cell}" if cell[:1] in _STARTS and not _E164.match(cell) else cell


def save(source: Source, answers: Iterable[Answer], path: Path, *, width: int) -> None:
    """Write the results beside `path` and move them into place: whoever reads sees the old file or the new one, whole.

    Delimiter and byte-order mark are the source's. Mode 0600. Raises `FileProblem` when it cannot be written.
    """
    save_lines(
        header(source.header, width=width), lines(source.rows(), answers, width=width), path, like=source
    )


def save_lines(head: Sequence[str], rows: Iterable[Sequence[str]], path: Path, *, like: Source) -> None:
    """Any table, written as `save` writes the results: with the delimiter and the byte-order mark of `like`."""
    with _replacing(path, bom=like.bom) as file:
        writer = csv.writer(file, delimiter=like.delimiter, lineterminator="\r\n")
        writer.writerow(head)
        writer.writerows(rows)


@contextmanager
def _replacing(path: Path, *, bom: bool) -> Iterator[IO[str]]:
    if path.exists() and not path.is_file():
        raise _unwritable(path, OSError(errno.EINVAL, "it is no file but a folder, a device or a pipe"))
    try:
        # mkstemp makes the file 0600 and leaves no moment in which others could open it.
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise _unwritable(path, error) from error
    try:
        with open(handle, "w", encoding="utf-8-sig" if bom else "utf-8", newline="") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        Path(name).unlink(missing_ok=True)


def _unwritable(path: Path, error: OSError) -> FileProblem:
    return FileProblem(
        f"the results cannot be written ({error.strerror})",
        where=str(path),
        remedy="Choose another place with --out FILE; what was sent is safe in the journal.",
    )


def _iso(moment: datetime | None) -> str:
    return "" if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")
