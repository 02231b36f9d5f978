"""What an earlier run left beside the file besides its journal: results that tell of people who were sent to.

A journal that was deleted, moved away or forgotten with `--journal` knows nothing; its results still do.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from smscampaign.databases import is_database
from smscampaign.errors import FileProblem
from smscampaign.model import Status
from smscampaign.results import delimiter_of

#: The statuses of rows whose people had a message, or may have.
_SENT = frozenset({Status.ACCEPTED.value, Status.IN_DOUBT.value, Status.RUNNING.value})


def unexplained(path: Path, *, known: Collection[str], since: datetime) -> bool:
    """Whether results say of anybody that he was sent to since then, or may have been, by a call of none of the `known` tags.

    Not where no results of ours stand. Raises `FileProblem` when they cannot be read.
    """
    return any(tag not in known and (at is None or at >= since) for tag, at in _sent(path))


def tells_of_people(path: Path, *, known: Collection[str] = ()) -> bool:
    """Whether results say of anybody that he was sent to, or may have been, and of nobody by a call of the `known` tags."""
    told = False
    for tag, _ in _sent(path):
        if tag in known:
            return False
        told = True
        if not known:
            break
    return told


def tells_of(path: Path, tag: str) -> bool:
    """Whether results say of anybody that he was sent to, or may have been, by a call of this tag."""
    return any(tag == one for one, _ in _sent(path))


def emptied(path: Path) -> bool:
    """Whether nothing is left in a results file: as we write it, it has a header at least."""
    return path.is_file() and not path.stat().st_size


def _sent(path: Path) -> Iterator[tuple[str, datetime | None]]:
    """Of each row that was sent, or may have been, its campaign's tag and its time; of none in what is no results of ours."""
    if is_database(path):
        return
    try:
        delimiter = delimiter_of(path)
        if delimiter is None:
            return
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            # What was running when they were written has no time of its own.
            written = datetime.fromtimestamp(os.fstat(file.fileno()).st_mtime, UTC)
            rows = csv.reader(file, delimiter=delimiter)
            # The last of a name is ours: what stands before our columns is the user's.
            at = {name: place for place, name in enumerate(next(rows))}
            for row in rows:
                status = _cell(row, at, "sms_status")
                if status in _SENT:
                    moment = (
                        written if status == Status.RUNNING.value else _moment(_cell(row, at, "sms_sent_at"))
                    )
                    yield _cell(row, at, "sms_tag").rpartition("-")[0], moment
    except FileNotFoundError:
        return
    except (OSError, csv.Error) as error:
        raise FileProblem(f"it cannot be read ({error})", where=str(path)) from error


def _cell(row: list[str], at: Mapping[str, int], name: str) -> str:
    place = at.get(name, len(row))
    return row[place].strip() if place < len(row) else ""


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None
