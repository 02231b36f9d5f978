"""Tracking: what OVHcloud knows of calls in doubt, and what became of accepted messages.

A call in doubt is asked about by its tag and among the pending jobs. Present means accepted. Absent means not sent only after
a settling time, because how soon a message shows up is not documented. No answer leaves the doubt where it is.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from datetime import datetime, timedelta
from threading import Event
from typing import assert_never

from smscampaign.gateway import Gateway
from smscampaign.journal import Claim, Queue
from smscampaign.model import NoAnswer, Progress, Trace

Wait = Callable[[float], object]


def settle(
    queue: Queue, gateway: Gateway, *, after: timedelta, stop: Event, clock: Callable[[], datetime]
) -> Generator[Progress, None, None]:
    """Ask about every call in doubt; those OVHcloud does not have, `after` their time, go back to the queue."""
    doubts = queue.doubts()
    early: list[Claim] = []
    for number, claim in enumerate(doubts, 1):
        if stop.is_set():
            return
        if not _ask(queue, gateway, claim, ripe=clock() >= _ripe(claim, after)):
            early.append(claim)
        yield Progress("asking", number, len(doubts))
    yield from _later(queue, gateway, early, after=after, stop=stop, clock=clock)


def _later(
    queue: Queue,
    gateway: Gateway,
    early: list[Claim],
    *,
    after: timedelta,
    stop: Event,
    clock: Callable[[], datetime],
) -> Iterator[Progress]:
    # Read again: of a call that was found in part, only the rest is still to be asked about.
    again = {claim.id for claim in early}
    waiting = [claim for claim in queue.doubts() if claim.id in again]
    for number, claim in enumerate(sorted(waiting, key=lambda one: _ripe(one, after)), 1):
        pause = (_ripe(claim, after) - clock()).total_seconds()
        if pause > 0:
            yield Progress("settling", number - 1, len(early), f"asking again in {pause:.0f} s")
            stop.wait(pause)
        if stop.is_set():
            return
        _ask(queue, gateway, claim, ripe=True)
        yield Progress("settling", number, len(early))


def _ripe(claim: Claim, after: timedelta) -> datetime:
    """From when on absence means something: the call may have been made at any moment until it came into doubt."""
    return (claim.doubted_at or claim.claimed_at) + after


def _ask(queue: Queue, gateway: Gateway, claim: Claim, *, ripe: bool) -> bool:
    """Whether the question is settled for now; false when it has to be asked again once it is ripe."""
    certain = claim.whole and claim.attempts == 1
    answer = gateway.trace(claim.chunk, since=claim.claimed_at, certain=certain)
    match answer:
        case NoAnswer(detail):
            queue.still_in_doubt(claim, f"OVHcloud could not be asked: {detail}")
            return True
        case Trace(ids, receivers) if ids or receivers:
            return queue.found(claim, answer) or ripe
        case Trace() if ripe and claim.whole:
            queue.absent(claim, "OVHcloud has no message with this tag")
            return True
        case Trace():
            return ripe
        case _:
            assert_never(answer)
