"""Calls per minute, over all threads, and with `turns` over several machines. A 429 slows it down, what is accepted lets
it recover.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

#: A 429 halves the pace, down to a sixteenth; each call that is accepted makes it a twentieth faster, up to what was asked.
SLOWER, SLOWEST, FASTER = 2.0, 16.0, 1.05

#: Seconds of rest after a 429 that names none, where there is no pace to give way.
REST = 1.0


#: Calls at the beginning that wait for nothing, at 60 a minute or more: what is asked before the first message
#: leaves. The others are spaced evenly, so that there are never more than a quarter above what was asked for in a minute.
OPENING = 15


def opening(calls_per_minute: float) -> int:
    """How many that are at some pace."""
    return min(OPENING, int(calls_per_minute / 4))


class Pace:
    """Spaces calls evenly: `wait` returns when the caller may make the next one. 0 calls a minute means no limit.

    The first `opening` calls of a program are not spaced; they are not given back, and none is left after a 429.
    `turns` is for machines that share one pace: told the seconds between two calls, it takes the next turn of all of them and
    answers how many seconds away that is.
    """

    def __init__(
        self,
        calls_per_minute: float,
        *,
        opening: int = 0,
        turns: Callable[[float], float] | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._usual = 60 / calls_per_minute if calls_per_minute else 0.0
        self._interval = self._usual
        self._opening = opening
        self._turns = turns
        self._clock = clock
        self._sleep = sleep
        self._next = 0.0
        self._settled = 0.0
        self._rested = 0.0
        self._lock = threading.Lock()

    @property
    def limited(self) -> bool:
        """Whether there is a limit at all."""
        return self._usual > 0

    @property
    def calls_per_minute(self) -> float:
        """The pace of the moment; 0 without a limit."""
        return 60 / self._interval if self._interval else 0.0

    def due(self) -> float:
        """Seconds until the next call may be made, as far as this process knows; 0 when it may be made now."""
        return max(self._next - self._clock(), 0.0) if self._interval else 0.0

    def resting(self) -> float:
        """Seconds that are left of the rest that OVHcloud asked for."""
        return max(self._rested - self._clock(), 0.0)

    def wait(self, sleep: Callable[[float], object] | None = None) -> None:
        """Sleep until it is this caller's turn; with `sleep`, such as the `wait` of an event that ends it early."""
        if not self._interval:
            return
        with self._lock:
            now = self._clock()
            if self._opening:
                self._opening -= 1
                return
            delay = max(self._next - now, 0.0)
            if self._turns is not None:
                delay = max(delay, self._turns(self._interval))
            self._next = now + delay + self._interval
        if delay > 0:
            (sleep or self._sleep)(delay)

    def slower(self, rest: float | None = None) -> bool:
        """OVHcloud asked to slow down, and perhaps to rest for so many seconds; says whether a rest begins with it.

        Calls that were under way together are one warning, so that the pace is halved once for them all.
        """
        with self._lock:
            now, self._opening = self._clock(), 0
            if self._interval and now >= self._settled:
                self._interval = min(self._interval * SLOWER, self._usual * SLOWEST)
                self._settled = now + self._interval
            begins = now >= self._rested
            pause = max(self._interval, rest or (0.0 if self._interval else REST))
            self._next, self._rested = max(self._next, now + pause), max(self._rested, now + pause)
            return begins

    def share(self, turns: Callable[[float], float]) -> None:
        """From now on the turns are those of all machines together."""
        self._turns, self._opening = turns, 0

    def faster(self) -> None:
        """A call was accepted: back towards what was asked for."""
        if self._interval > self._usual:
            with self._lock:
                self._interval = max(self._interval / FASTER, self._usual)
