"""What an earlier run left beside the file besides its journal: results that tell of people who were sent to.

A journal that was deleted, moved away or forgotten with `--journal` knows nothing; its results still do.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from smscampaign.databases import is_database
from smscampaign.errors import FileProblem
from smscampaign.model import Status
from smscampaign.results import delimiter_of

#: The statuses of rows whose people had a message, or may have.
_SENT = frozenset({Status.ACCEPTED.value, Status.IN_DOUBT.value, Status.RUNNING.value})

#: Rows that are looked up at once.
PORTION = 500


@dataclass(frozen=True, slots=True)
class Remembered:
    """People of a plan whom a results file calls sent to, by calls that the journal knows nothing of.

    `at` is when the last of them was sent; `journal` is the one beside it that knows of these calls, if there is one.
    """

    results: str
    people: int
    at: datetime | None
    journal: str | None


@dataclass(frozen=True, slots=True)
class Memory:
    """What a plan is compared with: which `planned` numbers are among some, what its own journal knows, what others know.

    `known` and `elsewhere` are tags of campaigns; `elsewhere` says for each in which journal. What was sent before `since` is
    long ago.
    """

    planned: Callable[[Collection[int]], Collection[int]]
    known: Collection[str]
    elsewhere: Mapping[str, str]
    since: datetime


@dataclass(frozen=True, slots=True)
class _Sent:
    tag: str
    number: int | None
    at: datetime | None


def remembered(path: Path, memory: Memory) -> Remembered | None:
    """Whom of the plan the results at `path` call sent to; None for nobody, and where no results stand.

    Read as a stream. Raises `FileProblem` when it cannot be read.
    """
    people, last, journals = 0, None, set[str | None]()
    strangers = (
        one
        for one in _rows(path)
        if one.tag not in memory.known and (one.at is None or one.at >= memory.since)
    )
    for some in _portions(strangers):
        planned = memory.planned([one.number for one in some if one.number is not None])
        for one in some:
            # Where a spreadsheet program has spoiled the number nobody can say that it is another one.
            if one.number is None or one.number in planned:
                people += 1
                last = max(filter(None, (last, one.at)), default=None)
                journals.add(memory.elsewhere.get(one.tag))
    if not people:
        return None
    return Remembered(path.name, people, last, next(iter(journals)) if len(journals) == 1 else None)


def tells_of_people(path: Path, *, known: Collection[str] = ()) -> bool:
    """Whether results say of anybody that he was sent to, or may have been, and of nobody by a call of the `known` tags."""
    told = False
    for one in _rows(path):
        if one.tag in known:
            return False
        told = True
        if not known:
            break
    return told


def emptied(path: Path) -> bool:
    """Whether nothing is left in a results file: as we write it, it has a header at least."""
    return path.is_file() and not path.stat().st_size


def _portions(rows: Iterator[_Sent]) -> Iterator[tuple[_Sent, ...]]:
    while some := tuple(islice(rows, PORTION)):
        yield some


def _rows(path: Path) -> Iterator[_Sent]:
    """The rows of a results file that were sent, or may have been; none when it is no results file of ours."""
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
                one = _sent(row, at, written)
                if one is not None:
                    yield one
    except FileNotFoundError:
        return
    except (OSError, csv.Error) as error:
        raise FileProblem(f"it cannot be read ({error})", where=str(path)) from error


def _sent(row: list[str], at: Mapping[str, int], written: datetime) -> _Sent | None:
    def cell(name: str) -> str:
        place = at.get(name, len(row))
        return row[place].strip() if place < len(row) else ""

    status = cell("sms_status")
    if status not in _SENT:
        return None
    digits = cell("sms_number").lstrip("'+")
    return _Sent(
        cell("sms_tag").rpartition("-")[0],
        int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 19 else None,
        written if status == Status.RUNNING.value else _moment(cell("sms_sent_at")),
    )


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None
