"""The campaigns of a folder, by their journals, which are only read; and what their numbers are worth."""

from __future__ import annotations

import csv
import heapq
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

from smscampaign.campaign.repeats import PATTERN
from smscampaign.causes import failure_of
from smscampaign.databases import REHEARSALS, may_be_opened
from smscampaign.errors import FileProblem, JournalProblem, SettingsProblem
from smscampaign.journal import comparison, course, fates, hygiene, neighbours, reasons, replies
from smscampaign.journal.course import Course
from smscampaign.journal.hygiene import Met
from smscampaign.journal.places import Place, Server, place_of
from smscampaign.journal.store import Journal, Record, open_journal
from smscampaign.model import Delivery, Status, Tally


class State(StrEnum):
    """Where a campaign stands, in a word."""

    IN_DOUBT = "in-doubt"
    CANCELLED = "cancelled"
    PAUSED = "paused"
    PENDING = "pending"
    DONE = "done"


class Listed(NamedTuple):
    """A campaign that has begun, all its editions together: `people` had it, or may have; `problem`: why it is not known."""

    name: str
    journal: str
    begun: datetime | None = None
    last: datetime | None = None
    people: int = 0
    delivered: int = 0
    failed: int = 0
    replies: int = 0
    stops: int = 0
    credits: Decimal = Decimal(0)
    state: State | None = None
    problem: str = ""


class Verdict(StrEnum):
    """What a number is worth, by its last word."""

    FAILS = "fails-for-good"
    NEVER = "never-delivered"
    DELIVERED = "delivered"


class Number(NamedTuple):
    """A number in E.164 by what became of the messages to it of which there is a last word."""

    number: str
    verdict: Verdict
    messages: int
    delivered: int
    failed: int
    delivered_at: datetime | None
    cause: str


def listed(where: str, *, rehearsals: bool = False) -> Iterator[Listed]:
    """The campaigns of a folder, or of a database, that have begun; a journal that cannot be read is one with a `problem`.

    Raises `SettingsProblem` where there is no such folder.
    """
    for place in _places(where, rehearsals=rehearsals):
        name = place.name if isinstance(place, Path) else str(place)
        try:
            with _opened(place) as journal:
                found = [_listed(journal, one, name) for one in comparison.begun_in(journal)]
        except JournalProblem as problem:
            found = [Listed("", name, problem=problem.what)]
        yield from found


def _listed(journal: Journal, name: str, place: str) -> Listed:
    editions = [one for one in journal.editions(name) if one.begun_at]
    record = editions[-1]
    now = fates.tally(journal, record)
    _, every = fates.of_all_editions(journal, record, now)
    answered = replies.counts(journal, editions)
    calls = [one for one in (replies.last_call(journal, edition) for edition in editions) if one]
    had = every.messages.get(Status.ACCEPTED, 0) + every.messages.get(Status.IN_DOUBT, 0)
    return Listed(
        name,
        place,
        editions[0].begun_at,
        max(calls, default=None),
        had,
        every.deliveries.get(Delivery.DELIVERED, 0),
        every.deliveries.get(Delivery.FAILED, 0),
        answered.people,
        answered.stopped,
        every.credits,
        _state(journal, record, now, every),
    )


def _state(journal: Journal, record: Record, now: Tally, every: Tally) -> State:
    if every.messages.get(Status.IN_DOUBT):
        return State.IN_DOUBT
    step = course.last_step(journal, record)
    if step is not None and step.what is Course.CANCELLED:
        return State.CANCELLED
    if not now.messages.get(Status.PENDING):
        return State.DONE
    return State.PAUSED if step is not None and step.what is Course.PAUSED else State.PENDING


def numbers(where: str, *, rehearsals: bool = False) -> Iterator[Number]:
    """Every number of which there is a last word, over all campaigns of a folder, in the numbers' order.

    Memory does not grow with them. Journals that cannot be read are passed over. Raises `SettingsProblem`.
    """
    with ExitStack() as stack:
        streams = []
        for place in _places(where, rehearsals=rehearsals):
            with suppress(JournalProblem):
                journal = stack.enter_context(_opened(place))
                lasting = {code: failure_of(code, one) for code, one in reasons.known(journal).items()}
                stream = hygiene.met(journal, lasting)
                stack.callback(stream.close)
                streams.append(stream)
        for msisdn, some in groupby(heapq.merge(*streams, key=attrgetter("msisdn")), attrgetter("msisdn")):
            yield _number(msisdn, list(some))


def _number(msisdn: int, met: Sequence[Met]) -> Number:
    delivered = [one for one in met if one.delivered]
    last = max(met, key=lambda one: one.at)
    verdict = Verdict.DELIVERED if delivered else Verdict.NEVER
    if not last.delivered and last.lasting:
        verdict = Verdict.FAILS
    at = max((one.delivered_at or one.at for one in delivered), default=None)
    failed = len(met) - len(delivered)
    return Number(f"+{msisdn}", verdict, len(met), len(delivered), failed, at, last.cause)


#: The columns of the file of numbers; by the first line it is known as ours.
COLUMNS = (
    *("sms_number", "sms_verdict", "sms_messages", "sms_delivered", "sms_failed"),
    *("sms_last_delivered_at", "sms_cause"),
)


def save_numbers(found: Iterator[Number], path: Path) -> None:
    """Write them all, in full, at once or not at all; mode 0600. Raises `FileProblem`, for somebody else's file too."""
    try:
        if path.exists() and (not path.is_file() or not _ours(path)):
            raise FileProblem(
                "this file has no list of numbers of smscampaign in it, and is left as it is",
                where=str(path),
                remedy="Move it away, or choose another place with --out FILE.",
            )
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with open(handle, "w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(COLUMNS)
                writer.writerows(map(_cells, found))
            os.replace(name, path)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as error:
        raise FileProblem(
            f"the numbers cannot be written ({error.strerror})",
            where=str(path),
            remedy="Choose another place with --out FILE.",
        ) from error


def _ours(path: Path) -> bool:
    with path.open(encoding="utf-8", errors="replace") as file:
        return file.readline().strip() in {"", ",".join(COLUMNS)}


def _cells(one: Number) -> tuple[object, ...]:
    at = "" if one.delivered_at is None else f"{one.delivered_at:%Y-%m-%dT%H:%M:%SZ}"
    return (one.number, one.verdict.value, one.messages, one.delivered, one.failed, at, one.cause)


def _places(where: str, *, rehearsals: bool) -> list[Place]:
    place = place_of(where)
    if isinstance(place, Server):
        return [place]
    folder = place / REHEARSALS if rehearsals else place
    if not place.is_dir():
        raise SettingsProblem(
            "there is no such folder", where=str(place), remedy="Name the folder in which the journals are."
        )
    if not folder.is_dir():
        return []
    files = [one for one in sorted(folder.iterdir()) if may_be_opened(one)]
    return [one for one in files if one.match(PATTERN) or neighbours.is_journal(one)]


@contextmanager
def _opened(place: Place) -> Iterator[Journal]:
    if isinstance(place, Path):
        with neighbours.looked_at(place) as journal:
            yield journal
    else:
        with closing(open_journal(place, create=False)) as journal:
            yield journal
