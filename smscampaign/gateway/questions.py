"""Asking OVHcloud about many calls at once: what stands under their tags, and what is still waiting to leave.

A message moves from `/jobs` to `/outgoing`. So `/outgoing` is read again after `/jobs`: what moved in between would be seen
in neither. `/jobs` knows no tags (https://eu.api.ovh.com/1.0/sms.json), so it is read once for all questions and matched by
receiver, text and time.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any, TypeVar

from smscampaign.errors import GatewayProblem
from smscampaign.gateway.exports import exported
from smscampaign.gateway.http import Api
from smscampaign.gateway.mapping import legible
from smscampaign.gateway.protocol import EVER, STOP, Known, Question, Sent, unheard, words
from smscampaign.model import NoAnswer, Progress, Trace, e164

#: Calls at a time: with 100 ms of latency some 80 a second, where no pace holds them back.
AT_ONCE = 8

#: From how many ids under one tag on their receivers are read from an export.
EXPORT_FROM = 200

#: Questions whose messages are being read one by one at the same time, so that what is known of them stays small.
OPEN_AT_ONCE = 64

#: How much the clocks of OVHcloud and of this machine may differ when a pending job is matched by its time.
SKEW = timedelta(minutes=10)

Answered = tuple[Question, Trace | NoAnswer]
T = TypeVar("T")


class Interrupted(Exception):
    """The person wants to stop: what was not asked yet is not asked any more."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that has not left yet."""

    id: int
    text: str
    created: datetime


class Asking:
    """One round of questions to an account."""

    def __init__(self, api: Api, path: str, *, known: Known, stop: Event) -> None:
        self._api = api
        self._path = path
        self._known = known
        self._stop = stop

    def answers(self, questions: Sequence[Question]) -> Iterator[Answered]:
        """Each question with its answer, as they come; ends early when it is to stop."""
        pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="ask")
        try:
            left = yield from self._by_counting(pool, questions)
            if left:
                jobs = self._attempt(self._jobs, pool)
                yield from self._by_looking(pool, left, jobs)
        except Interrupted:
            return
        finally:
            pool.shutdown(cancel_futures=True)

    def objects(self, kind: str, ids: Sequence[int]) -> Iterator[tuple[int, dict[str, Any] | None]]:
        """Each object of a list (`jobs`, `outgoing`) by its id, None for what is there no more, several at a time.

        Raises `GatewayProblem`.
        """
        pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="ask")
        try:
            yield from self._objects(pool, kind, ids)
        except Interrupted:
            return
        finally:
            pool.shutdown(cancel_futures=True)

    def messages(
        self,
        numbers: Collection[str],
        tags: tuple[str, ...],
        *,
        most: int | None,
        watch: Callable[[Progress], object],
    ) -> dict[str, list[Sent]] | NoAnswer:
        """What left to these numbers under tags that begin so; see `Echo`.

        One question for each number, or for each message of the account, whichever are fewer.
        """
        pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="ask")

        def read() -> dict[str, list[Sent]]:
            ids = sorted(self._left(pool, numbers, most, watch))[-most if most else 0 :]
            found: dict[str, list[Sent]] = {}
            for at, (_, one) in enumerate(self._objects(pool, "outgoing", ids), 1):
                if one is None:
                    raise GatewayProblem("a message that its history lists cannot be read", code="404")
                sent = sent_of(one)
                if sent.number in numbers and sent.tag.startswith(tags):
                    found.setdefault(sent.number, []).append(sent)
                watch(Progress("asking", at, len(ids)))
            return found

        try:
            return self._attempt(read)
        except Interrupted:
            return NoAnswer("it was stopped")
        finally:
            pool.shutdown(cancel_futures=True)

    def _left(
        self,
        pool: ThreadPoolExecutor,
        numbers: Collection[str],
        most: int | None,
        watch: Callable[[Progress], object],
    ) -> Collection[int]:
        """The ids of messages among which those to these numbers are."""
        if len(numbers) > (most or 0):
            since = {"creationDatetime.from": EVER.isoformat()}
            every = self._attempt(lambda: self._unknown(self._ids(**since)))
            if not isinstance(every, NoAnswer) and len(every) <= (most or len(numbers)):
                return every
            if most:
                return ()
        theirs: set[int] = set()
        lists = pool.map(lambda number: self._ids(receiver=number), numbers)
        for at, ids in enumerate(lists, 1):
            theirs.update(ids)
            watch(Progress("asking", at, len(numbers)))
        return self._unknown(theirs)

    def _ids(self, **query: str) -> list[int]:
        self._go_on()
        return self._api.ids(f"{self._path}/outgoing", **query)

    def _unknown(self, ids: Collection[int]) -> set[int]:
        return set(ids).difference(self._known(ids) if ids else ())

    def _by_counting(
        self, pool: ThreadPoolExecutor, questions: Sequence[Question]
    ) -> Generator[Answered, None, list[Question]]:
        """Answer those whose ids alone say that everybody is there; returns the others."""
        left = [one for one in questions if not one.certain]
        countable = [one for one in questions if one.certain]
        for question, ids in zip(countable, pool.map(self._listed, countable), strict=True):
            match ids:
                case NoAnswer():
                    yield question, ids
                case _ if len(ids) == len(question.chunk.receivers):
                    yield question, Trace(tuple(ids), None)
                case _:
                    left.append(question)
        return left

    def _by_looking(
        self,
        pool: ThreadPoolExecutor,
        questions: Sequence[Question],
        jobs: dict[str, list[Waiting]] | NoAnswer,
    ) -> Iterator[Answered]:
        """Answer from the receiver of each message that left, and from what is waiting."""
        opened: deque[tuple[Question, list[int], Callable[[], dict[int, str]]]] = deque()

        def close() -> Answered:
            question, ids, receivers = opened.popleft()
            return question, self._attempt(lambda: self._trace(question, ids, receivers(), jobs))

        for question, ids in zip(questions, pool.map(self._listed, questions), strict=True):
            match ids:
                case NoAnswer():
                    yield question, ids
                case []:
                    yield question, self._trace(question, ids, {}, jobs)
                case _:
                    opened.append((question, ids, self._reading(pool, question, ids)))
                    if len(opened) >= OPEN_AT_ONCE:
                        yield close()
        while opened:
            yield close()

    def _reading(
        self, pool: ThreadPoolExecutor, question: Question, ids: list[int]
    ) -> Callable[[], dict[int, str]]:
        """Begin to read the receiver of each id; what is returned waits for them."""
        if len(ids) >= EXPORT_FROM:
            whole = pool.submit(self._exported, question.chunk.tag)
            return lambda: self._completed(pool, whole.result(), ids)
        single = self._begin(pool, ids)
        return lambda: _receivers(single)

    def _exported(self, tag: str) -> dict[int, str]:
        self._go_on()
        return exported(self._api, self._path, tag, stop=self._stop) or {}

    def _completed(self, pool: ThreadPoolExecutor, read: dict[int, str], ids: list[int]) -> dict[int, str]:
        """What an export holds of these ids, and the rest one by one."""
        rest = self._begin(pool, [identity for identity in ids if identity not in read])
        return {identity: read[identity] for identity in ids if identity in read} | _receivers(rest)

    def _begin(
        self, pool: ThreadPoolExecutor, ids: Sequence[int], kind: str = "outgoing"
    ) -> list[tuple[int, Future[dict[str, Any] | None]]]:
        return [(identity, pool.submit(self._found, kind, identity)) for identity in ids]

    def _trace(
        self,
        question: Question,
        ids: list[int],
        receivers: dict[int, str],
        jobs: dict[str, list[Waiting]] | NoAnswer,
    ) -> Trace | NoAnswer:
        chunk = question.chunk
        seen = frozenset(receivers.values())
        missing = len(set(ids)) - len(receivers)
        if isinstance(jobs, NoAnswer):
            whole = seen >= set(chunk.receivers)
            return Trace(tuple(ids), seen) if whole else replace(jobs, receivers=seen)
        waiting, alike = self._ours(question, jobs)
        there = seen.union(waiting.values())
        if alike and not there >= set(chunk.receivers):
            return NoAnswer(alike, there)
        if missing and not there >= set(chunk.receivers):
            why = f"its history is incomplete: of {len(set(ids))} messages under the tag {missing} cannot be read"
            return NoAnswer(why, there)
        return Trace((*ids, *sorted(waiting)), there)

    def _ours(self, question: Question, jobs: dict[str, list[Waiting]]) -> tuple[dict[int, str], str]:
        """The pending jobs of a call, which carry no tag: by receiver, text and time; and what may be one and may not.

        A job that is like them and not surely ours never counts as absence.
        """
        earliest = self._api.clients.earliest(question.since) - SKEW
        body, alike = words(question.chunk.body), ""
        ours: dict[int, str] = {}
        for receiver in (*question.chunk.receivers, *question.decided):
            for job in jobs.get(receiver, ()):
                shown = words(job.text)
                rest = shown.removeprefix(body)
                if not shown.startswith(body):
                    continue
                if rest and not STOP.fullmatch(rest):
                    alike = "a longer text that begins like this one waits to be sent to the same number"
                elif job.created < earliest:
                    alike = (
                        "the same text waits to be sent to the same number, but by OVHcloud's clock since"
                        f" {job.created:%Y-%m-%d %H:%M} UTC, before this call"
                    )
                else:
                    ours[job.id] = receiver
        return ours, alike

    def _jobs(self, pool: ThreadPoolExecutor) -> dict[str, list[Waiting]]:
        """What is waiting and not known yet, by receiver."""
        self._go_on()
        ids = self._api.ids(f"{self._path}/jobs")
        strangers = sorted(self._unknown(ids))
        by_receiver: dict[str, list[Waiting]] = defaultdict(list)
        for _, job in self._objects(pool, "jobs", strangers):
            if job is not None:
                one = Waiting(job["id"], job["message"], moment(job["creationDatetime"]))
                by_receiver[e164(job["receiver"])].append(one)
        return by_receiver

    def _objects(
        self, pool: ThreadPoolExecutor, kind: str, ids: Sequence[int]
    ) -> Iterator[tuple[int, dict[str, Any] | None]]:
        for at in range(0, len(ids), OPEN_AT_ONCE):
            for identity, future in self._begin(pool, ids[at : at + OPEN_AT_ONCE], kind):
                yield identity, future.result()

    def _found(self, kind: str, identity: int) -> dict[str, Any] | None:
        self._go_on()
        return self._api.find(f"{self._path}/{kind}/{identity}")

    def _listed(self, question: Question) -> list[int] | NoAnswer:
        return self._attempt(lambda: self._ids(tag=question.chunk.tag))

    def _attempt(self, ask: Callable[..., T], *args: Any) -> T | NoAnswer:
        try:
            with legible("/outgoing and /jobs"):
                return ask(*args)
        except GatewayProblem as problem:
            return unheard(problem)

    def _go_on(self) -> None:
        if self._stop.is_set():
            raise Interrupted


def moment(text: str) -> datetime:
    """A moment of the API, in UTC where it names no zone."""
    read = datetime.fromisoformat(text)
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def sent_of(one: dict[str, Any]) -> Sent:
    """An `sms.Outgoing`. Raises what reading an illegible one raises."""
    at = moment(one["creationDatetime"])
    return Sent(one["id"], e164(one["receiver"]), one.get("tag") or "", one["message"], at)


def _receivers(begun: Iterable[tuple[int, Future[dict[str, Any] | None]]]) -> dict[int, str]:
    found = ((identity, future.result()) for identity, future in begun)
    return {identity: e164(one["receiver"]) for identity, one in found if one is not None}
