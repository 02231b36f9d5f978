"""Delivery: claim, call, record. Nothing is called before its claim is durable, nothing is claimed twice.

One thread keeps the journal; a small pool makes the calls. Only what provably was not sent is tried again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import chain
from threading import Event, Lock

from smscampaign.delivery.brakes import Brakes
from smscampaign.errors import JournalProblem
from smscampaign.gateway.pace import Pace
from smscampaign.gateway.protocol import Gateway, Step
from smscampaign.journal.calls import Claim
from smscampaign.journal.queue import Queue
from smscampaign.model import Accepted, InDoubt, NotSent, Outcome, Progress, Refused

#: How often a call that provably was not sent is tried in all, and the longest wait between two tries in seconds: some two
#: minutes together, which outlives a router that starts anew.
TRIES, LONGEST_WAIT = 8, 60

#: Seconds between two words about a rest that OVHcloud asked for.
TELLING = 1.0

#: A wait is a row of naps of so many seconds: it ends early for whichever of two reasons comes first.
NAP = 0.25

#: Without a pace, what comes back within so many seconds of each other is recorded in one commit.
TOGETHER = 0.01

Done = list[tuple[Claim, Outcome]]


@dataclass(frozen=True, slots=True)
class Means:
    """How calls are made: `workers` at a time, at a `pace`, until `stop` is set."""

    gateway: Gateway
    pace: Pace
    stop: Event
    workers: int = 4
    first_wait: float = 1.0


def deliver(
    queue: Queue, means: Means, *, up_to: int | None = None, total: int, brakes: Brakes | None = None
) -> Generator[Progress, None, str | None]:
    """Make every pending call up to row `up_to` of the file; returns why it stopped early, or None.

    `total` is the number of messages to be sent, for the progress only. `brakes` outlive this: they watch a whole run.
    """
    tally = _Tally(total, queue)
    crew = _Crew(queue, means, up_to, brakes)
    if total:
        yield tally.after(())
    with ThreadPoolExecutor(means.workers, thread_name_prefix="sms") as pool:
        done: Done = []
        while crew.turn(pool, done):
            done, rest = crew.finished(), means.pace.resting()
            if done or rest:
                yield tally.after(done, rest)
    return crew.halt


class _Crew:
    """The calls under way, and those that are claimed and wait for a free worker."""

    def __init__(self, queue: Queue, means: Means, up_to: int | None, brakes: Brakes | None) -> None:
        self._queue = queue
        self._means = means
        self._up_to = up_to
        self._brakes = brakes
        self._flying: dict[Future[Outcome], Claim] = {}
        self._over = Event()
        self._judging = Lock()
        self._dry = False
        self.halt: str | None = None

    def turn(self, pool: ThreadPoolExecutor, done: Done) -> bool:
        """Record what is done and claim what comes next, in one commit; false when nothing is under way any more."""
        stopping = self._over.is_set() or self._means.stop.is_set()
        if stopping:
            done = [*done, *self._recalled()]
        elif done:
            self._dry = False  # what was refused may come back in halves
        resting = not stopping and self._means.pace.resting() > 0
        count = 0 if stopping or resting else self._free()
        if self._means.pace.limited and count:
            # Recorded before the wait for a turn: what is known must not hang in the air meanwhile.
            if done:
                self._queue.record(done)
            done, count = [], self._turn_of_the_pace()
        claims = self._queue.turn(done, count, up_to=self._up_to) if done or count else []
        while claims is None and not self._means.stop.is_set():
            claims = self._queue.turn([], count, up_to=self._up_to)
        for claim in claims or ():
            attempts = _Attempts(self._means, claim, self._queue, self._over, self._judge)
            self._flying[pool.submit(attempts.outcome)] = claim
        return bool(self._flying) or (resting and self._queue.left(up_to=self._up_to))

    def finished(self) -> Done:
        """Wait until a call has come back, it is time for the next one, or for a word about a rest."""
        pace = self._means.pace
        resting = min(pace.resting(), TELLING)
        if not self._flying:
            self._means.stop.wait(resting)
            return []
        waiting = pace.limited and not self._dry and len(self._flying) < self._means.workers
        timeout = max(pace.due(), 0.01) if waiting and not self._means.stop.is_set() else None
        if resting:
            timeout = min(timeout or resting, resting)
        done, _ = wait(self._flying, timeout=timeout, return_when=FIRST_COMPLETED)
        if not pace.limited:
            done, _ = wait(self._flying, timeout=TOGETHER)
        return [(self._flying.pop(future), future.result()) for future in done]

    def _judge(self, claim: Claim, outcome: Outcome) -> None:
        """Whether what came back lets delivery go on; the first reason against it is the one that is told.

        Asked by the worker itself: it would take up its next call before anybody else knows of this one.
        """
        with self._judging:
            asked = self._over.is_set() or self._means.stop.is_set()
            reason = _reason(outcome, asked=asked)
            if self._brakes is not None:
                tripped = self._brakes.after(
                    claim.chunk, outcome, countries=claim.countries, parts=claim.parts
                )
                reason = reason or tripped
            if reason and self.halt is None:
                self.halt = reason
                self._over.set()

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
        self._dry = not self._queue.left(up_to=self._up_to)
        if self._dry:
            return 0  # a turn is not waited for in vain
        pace.wait(self._means.stop.wait)
        return 0 if self._means.stop.is_set() else 1

    def _recalled(self) -> Done:
        """Claimed calls that no worker has begun: they go back as they were."""
        never = [future for future in self._flying if future.cancel()]
        return [(self._flying.pop(future), NotSent("stopped before the call was made")) for future in never]


@dataclass(slots=True)
class _Attempts:
    """One call, tried again with growing pauses as long as it provably was not sent and nobody wants an end."""

    means: Means
    claim: Claim
    queue: Queue
    over: Event
    judge: Callable[[Claim, Outcome], None]
    _last: NotSent | None = field(default=None, init=False)

    def outcome(self) -> Outcome:
        """What became of it."""
        try:
            outcome = self._once()
            outcome = self._tried_again(outcome) if _worth_another_try(outcome) else outcome
        except JournalProblem as problem:
            # Before every call the claim is renewed: where that fails, it is not made.
            outcome = NotSent(f"{problem.where}: {problem.what}")
        self.judge(self.claim, outcome)
        return outcome

    def _tried_again(self, first: Outcome) -> Outcome:
        import tenacity  # which loads asyncio: planning does not wait for that

        first_wait = self.means.first_wait
        growing = tenacity.wait_exponential(multiplier=first_wait, max=LONGEST_WAIT - first_wait)
        tries = chain([first], iter(self._once, None))
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_result(_worth_another_try),
            stop=tenacity.stop_after_attempt(TRIES)
            | tenacity.stop_when_event_set(self.means.stop)
            | tenacity.stop_when_event_set(self.over),
            wait=growing + tenacity.wait_random(0, first_wait),
            sleep=self._rest,
            retry_error_callback=lambda state: state.outcome.result() if state.outcome else None,
        )
        outcome: Outcome = retrying(next, tries)
        return outcome

    def _once(self) -> Outcome:
        self._nap(self.means.pace.resting())
        if self._ended():
            return self._last or NotSent("stopped before the call was made")
        lost = self.queue.keep(self.claim)
        if lost:
            return NotSent(lost, lapsed=True)
        if self.over.is_set():
            return NotSent("stopped before the call was made")
        outcome = self._made()
        match outcome:
            case Accepted():
                self.means.pace.faster()
            case NotSent(too_fast=True, retry_after=rest):
                self.means.pace.slower(rest)
        self._last = outcome if isinstance(outcome, NotSent) else None
        return outcome

    def _made(self) -> Outcome:
        """The outcome of the call; each step on the way to it is durable before the next one is taken."""
        done = [Step(name, facts) for name, facts in self.claim.steps]
        for step in self.means.gateway.transport.steps(self.claim.chunk, done):
            if not isinstance(step, Step):
                return step
            try:
                self.queue.note(self.claim, step.name, step.facts)
            except JournalProblem as problem:
                return InDoubt(f"{problem.where}: {problem.what}, after the step {step.name}")
        return InDoubt("the call ended without an outcome")

    def _rest(self, seconds: float) -> None:
        self._nap(seconds)
        if not self._ended():
            self.means.pace.wait(self._nap)

    def _nap(self, seconds: float) -> None:
        while seconds > 0 and not self._ended():
            self.means.stop.wait(min(seconds, NAP))
            seconds -= NAP

    def _ended(self) -> bool:
        return self.means.stop.is_set() or self.over.is_set()


def _worth_another_try(outcome: Outcome) -> bool:
    return isinstance(outcome, NotSent) and not outcome.lapsed


def _reason(outcome: Outcome, *, asked: bool) -> str | None:
    """Why nothing else would go better; what was not sent because somebody `asked` for an end says nothing."""
    match outcome:
        case Refused(code, detail, stops=True):
            return f"{code}: {detail}"
        case InDoubt(detail, stops=True):
            return f"{detail}. That call is in doubt, and the next run asks about it first."
        case NotSent(detail, lapsed=False) if not asked:
            return detail
    return None


@dataclass(slots=True)
class _Tally:
    """Messages and credits so far, for the progress."""

    total: int
    queue: Queue
    _done: int = 0
    _credits: Decimal = Decimal(0)

    def after(self, done: Iterable[tuple[Claim, Outcome]], rest: float = 0.0) -> Progress:
        for claim, outcome in done:
            if isinstance(outcome, Accepted):
                self._credits += outcome.credits
            # What is refused stays pending where it meets every call, or where the call is tried again in halves.
            back = isinstance(outcome, Refused) and (outcome.stops or len(claim.lines) > 1)
            if not (isinstance(outcome, NotSent) or back):
                self._done += len(claim.lines)
        # Who is suppressed at the claim was among those to be sent, and waits no more.
        over = self._done + self.queue.suppressed
        asked = f", OVHcloud asks to wait for {math.ceil(rest)} s" if rest else ""
        return Progress("sending", over, self.total, f"{self._credits} credits{asked}")
