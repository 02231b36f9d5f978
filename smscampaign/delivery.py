"""Delivery: claim, call, record. Nothing is called before its claim is durable, nothing is claimed twice.

One thread keeps the journal; a small pool makes the calls. Only what provably was not sent is tried again.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from decimal import Decimal
from threading import Event

import tenacity

from smscampaign.gateway import Gateway, Pace
from smscampaign.journal import Claim, Queue
from smscampaign.model import Accepted, Chunk, NotSent, Outcome, Progress, Refused

#: How often a call that provably was not sent is tried in all, and the longest wait between two tries in seconds.
TRIES, LONGEST_WAIT = 6, 60


@dataclass(frozen=True, slots=True)
class Halt:
    """Why delivery stopped before everything was sent."""

    reason: str


@dataclass(frozen=True, slots=True)
class Means:
    """How calls are made: `workers` at a time, at a `pace`, until `stop` is set."""

    gateway: Gateway
    pace: Pace
    stop: Event
    workers: int = 4
    first_wait: float = 1.0


def deliver(
    queue: Queue, means: Means, *, up_to: int | None = None, total: int
) -> Generator[Progress, None, Halt | None]:
    """Make every pending call up to row `up_to` of the file; returns why it stopped early, or None.

    `total` is the number of messages to be sent, for the progress only.
    """
    tally = _Tally(total)
    crew = _Crew(queue, means, up_to)
    if total:
        yield tally.after(())
    with ThreadPoolExecutor(means.workers, thread_name_prefix="sms") as pool:
        done: list[tuple[Claim, Outcome]] = []
        while crew.turn(pool, done):
            done = crew.finished()
            if done:
                yield tally.after(done)
    return crew.halt


class _Crew:
    """The calls under way, and those that are claimed and wait for a free worker."""

    def __init__(self, queue: Queue, means: Means, up_to: int | None) -> None:
        self._queue = queue
        self._means = means
        self._up_to = up_to
        self._flying: dict[Future[Outcome], Claim] = {}
        self.halt: Halt | None = None

    def turn(self, pool: ThreadPoolExecutor, done: Sequence[tuple[Claim, Outcome]]) -> bool:
        """Record what is done and claim what comes next, in one commit; false when nothing is under way any more."""
        self.halt = self.halt or _halt(outcome for _, outcome in done)
        stopping = self.halt is not None or self._means.stop.is_set()
        if stopping:
            done = [*done, *self._recalled()]
        count = 0 if stopping else self._free()
        if self._means.pace.limited and count:
            # Recorded before the wait for a turn: what is known must not hang in the air meanwhile.
            if done:
                self._queue.record(done)
            done, count = (), self._turn_of_the_pace()
        claims = self._queue.turn(done, count, up_to=self._up_to) if done or count else []
        for claim in claims:
            self._flying[pool.submit(_call, self._means, claim.chunk)] = claim
        return bool(self._flying)

    def finished(self) -> list[tuple[Claim, Outcome]]:
        """Wait until a call has come back, or it is time for the next one."""
        pace = self._means.pace
        waiting = pace.limited and len(self._flying) < self._means.workers and not self._means.stop.is_set()
        timeout = max(pace.due(), 0.01) if waiting else None
        done, _ = wait(self._flying, timeout=timeout, return_when=FIRST_COMPLETED)
        return [(self._flying.pop(future), future.result()) for future in done]

    def _free(self) -> int:
        """How many calls may be claimed now.

        Without a pace as many again as there are workers lie ready, so that none waits for the journal and a commit serves
        several calls.
        """
        workers = self._means.workers
        if self._means.pace.limited:
            return int(len(self._flying) < workers)
        free = 2 * workers - len(self._flying)
        return free if free >= workers else 0

    def _turn_of_the_pace(self) -> int:
        pace = self._means.pace
        if self._flying and pace.due() > 0:
            return 0  # there is something to record meanwhile
        if not self._queue.left(up_to=self._up_to):
            return 0  # a turn is not waited for in vain
        pace.wait()
        return 0 if self._means.stop.is_set() else 1

    def _recalled(self) -> list[tuple[Claim, Outcome]]:
        """Claimed calls that no worker has begun: they go back as they were."""
        never = [future for future in self._flying if future.cancel()]
        return [(self._flying.pop(future), NotSent("stopped before the call was made")) for future in never]


def _call(means: Means, chunk: Chunk) -> Outcome:
    """One call, tried again with growing pauses as long as it provably was not sent."""
    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_result(lambda outcome: isinstance(outcome, NotSent)),
        stop=tenacity.stop_after_attempt(TRIES) | tenacity.stop_when_event_set(means.stop),
        wait=_Wait(means.first_wait),
        sleep=tenacity.sleep_using_event(means.stop),
        before=lambda state: means.pace.wait() if state.attempt_number > 1 else None,
        retry_error_callback=lambda state: state.outcome.result() if state.outcome else None,
    )
    outcome: Outcome = retrying(means.gateway.submit, chunk)
    return outcome


class _Wait(tenacity.wait.wait_base):
    """What OVHcloud asks for in `Retry-After`, else exponential with jitter."""

    def __init__(self, first: float) -> None:
        growing = tenacity.wait_exponential(multiplier=first, max=LONGEST_WAIT - first)
        self._backoff = growing + tenacity.wait_random(0, first)

    def __call__(self, retry_state: tenacity.RetryCallState) -> float:
        outcome = retry_state.outcome.result() if retry_state.outcome else None
        asked = outcome.retry_after if isinstance(outcome, NotSent) else None
        return float(self._backoff(retry_state)) if asked is None else min(asked, 10 * LONGEST_WAIT)


def _halt(outcomes: Iterable[Outcome]) -> Halt | None:
    for outcome in outcomes:
        match outcome:
            case Refused(code, detail, stops=True):
                return Halt(f"{code}: {detail}")
            case NotSent(detail):
                return Halt(detail)
    return None


class _Tally:
    """Messages and credits so far, for the progress."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0
        self._credits = Decimal(0)

    def after(self, done: Iterable[tuple[Claim, Outcome]]) -> Progress:
        for claim, outcome in done:
            if isinstance(outcome, Accepted):
                self._credits += outcome.credits
            if not isinstance(outcome, NotSent) and not (isinstance(outcome, Refused) and outcome.stops):
                self._done += len(claim.lines)
        return Progress("sending", self._done, self._total, f"{self._credits} credits")
