"""What keeps calls out for a time: a rate limit for each key, and an outage of the whole sandbox."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_WINDOW = 60.0


class RateLimits:
    """Calls of each consumer key within the last minute."""

    def __init__(self) -> None:
        self._calls: dict[str, deque[float]] = {}

    def wait(self, key: str, *, limit: int, now: float) -> float:
        """Seconds until the key may call again; 0 when it may now, and then the call is counted."""
        calls = self._calls.setdefault(key, deque())
        # a clock that was set back would otherwise keep everybody out
        while calls and not now - _WINDOW < calls[0] <= now:
            calls.popleft()
        if len(calls) >= limit:
            return calls[0] + _WINDOW - now
        calls.append(now)
        return 0.0


class Outage:
    """A time in which nobody gets in, in real seconds: nothing could be asked to end it sooner."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._until = 0.0

    def begin(self, seconds: float) -> None:
        """Let nobody in for so long."""
        self._until = self._monotonic() + seconds

    @property
    def on(self) -> bool:
        """Whether it lasts."""
        return self._monotonic() < self._until
