"""Calls per minute, over all threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Pace:
    """Spaces calls evenly: `wait` returns when the caller may make the next one. 0 calls a minute means no limit."""

    def __init__(
        self,
        calls_per_minute: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._interval = 60 / calls_per_minute if calls_per_minute else 0.0
        self._clock = clock
        self._sleep = sleep
        self._next = 0.0
        self._lock = threading.Lock()

    @property
    def limited(self) -> bool:
        """Whether there is a limit at all."""
        return self._interval > 0

    def due(self) -> float:
        """Seconds until the next call may be made; 0 when it may be made now."""
        return max(self._next - self._clock(), 0.0) if self._interval else 0.0

    def wait(self) -> None:
        """Sleep until it is this caller's turn."""
        if not self._interval:
            return
        with self._lock:
            turn = max(self._next, self._clock())
            self._next = turn + self._interval
        delay = turn - self._clock()
        if delay > 0:
            self._sleep(delay)
