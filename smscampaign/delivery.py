"""Delivery: claim, call, record. Nothing is called before its claim is durable, nothing is claimed twice.

One thread keeps the journal; a small pool makes the calls. Only what provably was not sent is tried again.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
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
    halt: Halt | None = None
    tally = _Tally(total)
    flying: dict[Future[Outcome], Claim] = {}
    if total:
        yield tally.after(())
    with ThreadPoolExecutor(means.workers, thread_name_prefix="sms") as pool:
        while True:
            claims = [] if halt or means.stop.is_set() else _claim(queue, means, len(flying), up_to)
            for claim in claims:
                flying[pool.submit(_call, means, claim.chunk)] = claim
            if not flying:
                return halt
            done = _finished(flying, means, idle=not claims)
            if done:
                queue.record(done)
                halt = halt or _halt(outcome for _, outcome in done)
                yield tally.after(done)


def _claim(queue: Queue, means: Means, flying: int, up_to: int | None) -> list[Claim]:
    free = means.workers - flying
    if not free:
        return []
    if not means.pace.limited:
        return queue.claim(free, up_to=up_to)
    if flying and means.pace.due() > 0:
        return []  # there is something to record meanwhile
    if not queue.left(up_to=up_to):
        return []  # a turn is not waited for in vain
    means.pace.wait()
    return [] if means.stop.is_set() else queue.claim(1, up_to=up_to)


def _finished(
    flying: dict[Future[Outcome], Claim], means: Means, *, idle: bool
) -> list[tuple[Claim, Outcome]]:
    # With a pace, wake up for the next turn; without one there is nothing to do before a call comes back.
    may_claim = means.pace.limited and len(flying) < means.workers and not means.stop.is_set()
    timeout = (
        max(means.pace.due(), 0.01) if may_claim else (None if idle or len(flying) >= means.workers else 0)
    )
    done, _ = wait(flying, timeout=timeout, return_when=FIRST_COMPLETED)
    return [(flying.pop(future), future.result()) for future in done]


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
