"""A run: what is in doubt is asked about, what is pending is sent, and what came into doubt is asked about again.

Who begins it (`launch`) has said yes to the plan, and hands in who is left out and which brakes there are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event

from smscampaign.campaign.progress import Watch, unwatched, watched
from smscampaign.delivery import crew, doubts
from smscampaign.delivery.brakes import Brakes
from smscampaign.delivery.crew import Means
from smscampaign.gateway.pace import Pace
from smscampaign.gateway.protocol import Gateway
from smscampaign.journal.course import Course, tell_course
from smscampaign.journal.marks import recover
from smscampaign.journal.queue import Queue

#: How often a run goes from delivering to asking and back: a resend may itself end in doubt.
ROUNDS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOptions:
    """How calls are made: at which pace, how many rows at most, how long absence proves nothing, and when to stop.

    `waiting` is the number of messages that wait, if somebody counted. `tell` takes remarks on the way.
    """

    pace: Pace
    workers: int = 4
    limit: int | None = None
    settle: timedelta = timedelta(seconds=120)
    first_wait: float = 1.0
    stop: Event = field(default_factory=Event)
    watch: Watch = unwatched
    waiting: int | None = None
    tell: Callable[[str], object] = lambda _: None


def run(
    queue: Queue,
    gateway: Gateway,
    options: CallOptions,
    *,
    brakes: Brakes,
    waiting: Callable[[], int],
    resumed: bool,
) -> str | None:
    """Send what is pending of a campaign in force; says why it stopped before its end, if it did.

    `waiting` counts the messages that wait, for the progress; to count a million takes a second.
    Of one that is `resumed` the balance is compared with what the journal explains, and a difference is told.
    """
    queue.recover()
    doubted = bool(queue.doubts())
    # First: what turns out not to have been sent counts among the first rows to be sent.
    missing = settle(queue, gateway, options, compare=resumed)
    if missing:
        options.tell(
            f"{missing}, and this journal does not explain it. If nothing else was sent from there, it is an older copy:"
            f" stop, and run {recover(queue.journal.place)}."
        )
    up_to = None if options.limit is None else queue.narrow(options.limit)
    if options.limit is not None:
        total = options.limit
    else:
        total = waiting() if doubted or options.waiting is None else options.waiting
    halt = _delivered(queue, gateway, options, brakes, up_to=up_to, total=total)
    _tell_end(queue, options, halt)
    return halt


def settle(queue: Queue, gateway: Gateway, options: CallOptions, *, compare: bool = False) -> str:
    """Ask about every call in doubt; says what left the account that no call explains, if asked to `compare`."""
    clock = queue.journal.clock
    steps = doubts.settle(
        queue, gateway, after=options.settle, stop=options.stop, clock=clock, compare=compare
    )
    return watched(steps, options.watch)


def _delivered(
    queue: Queue, gateway: Gateway, options: CallOptions, brakes: Brakes, *, up_to: int | None, total: int
) -> str | None:
    means = Means(gateway, options.pace, options.stop, options.workers, options.first_wait)
    for _ in range(ROUNDS):
        steps = crew.deliver(queue, means, up_to=up_to, total=total, brakes=brakes)
        halt = watched(steps, options.watch)
        queue.recover()  # what other machines left behind meanwhile
        if halt or options.stop.is_set() or not queue.doubts():
            return halt
        settle(queue, gateway, options)
    return None


def _tell_end(queue: Queue, options: CallOptions, halt: str | None) -> None:
    """Written down, so that whoever looks later reads why it stands still."""
    if halt is not None:
        tell_course(queue.journal, queue.campaign, Course.PAUSED, halt)
    elif options.stop.is_set():
        tell_course(queue.journal, queue.campaign, Course.INTERRUPTED)
    else:
        limit = "" if options.limit is None else f"the limit of {options.limit} rows"
        tell_course(queue.journal, queue.campaign, Course.FINISHED, limit)
