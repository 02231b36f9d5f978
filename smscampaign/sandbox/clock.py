"""The sandbox's own clock: real time, moved and hurried on command. Everything in the sandbox reads it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

# Ten years either way are beyond any campaign, and dates stay within what every client can read.
FARTHEST = 10 * 366 * 86400
_FASTEST = 1_000_000.0
_LATEST = 4_102_444_800.0  # the year 2100
_RANGE = "the clock runs between 1970 and 2100"


class Clock:
    """Seconds since the epoch, as this sandbox sees them.

    `real` gives real time; dates are written in `zone`, by default that of OVHcloud. Where the machine has no time zone
    database (a bare Windows), dates are written in UTC. At real time `origin` it was `anchor` here, and since then
    `speed` seconds have passed here for each real one.
    """

    def __init__(
        self, *, real: Callable[[], float] = time.time, offset: float = 0.0, zone: str = "Europe/Paris"
    ) -> None:
        self._real = real
        self._zone = _zone(zone)
        self.origin = real()
        self.anchor = self.origin + offset
        self.speed = 1.0

    @property
    def offset(self) -> float:
        """Seconds by which this clock is ahead of real time at the moment."""
        ahead = self.now() - self._real() if self.speed != 1 else self.anchor - self.origin
        return round(ahead, 6)  # seconds since the epoch are exact to less than a microsecond

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._at(self._real())

    def _at(self, real: float) -> float:
        return self.anchor + (real - self.origin) * self.speed

    def step(self, seconds: float) -> None:
        """Move the sandbox's time by so many seconds, forwards or back. Raises ValueError when that is too far."""
        if not (math.isfinite(seconds) and abs(seconds) <= FARTHEST):
            raise ValueError("the clock moves by ten years at most")
        if not 0 <= self.now() + seconds <= _LATEST:
            raise ValueError(_RANGE)
        self.anchor += seconds

    def set(self, moment: float) -> None:
        """Make it a certain moment. Raises ValueError outside 1970 … 2100."""
        if not 0 <= moment <= _LATEST:
            raise ValueError(_RANGE)
        self.origin, self.anchor = self._real(), moment

    def hurry(self, speed: float) -> None:
        """Let `speed` seconds pass for each real one from now on; 0 stops the clock. Raises ValueError below 0."""
        if not (math.isfinite(speed) and 0 <= speed <= _FASTEST):
            raise ValueError(f"the speed is between 0 and {_FASTEST:.0f}")
        self.origin, self.anchor = self._real(), self.now()
        self.speed = speed

    def state(self) -> dict[str, float]:
        """What `restore` needs to run on as if the sandbox had never stopped."""
        return {"origin": self.origin, "anchor": self.anchor, "speed": self.speed}

    def restore(self, state: dict[str, float]) -> None:
        """Run on from a `state` of earlier."""
        self.origin, self.anchor, self.speed = state["origin"], state["anchor"], state["speed"]

    def earliest(self) -> float:
        """The oldest timestamp that a client which read this clock since it was last set may still carry.

        A client reads the time once and then counts real seconds: where time runs faster it falls behind.
        """
        return self.now() if self.speed <= 1 else min(self.anchor, self.now())

    def latest(self) -> float:
        """The newest such timestamp: where time runs slower than real time, a client gets ahead of it."""
        return self.now() if self.speed >= 1 else max(self.now(), self.anchor + self._real() - self.origin)

    def text(self, moment: float) -> str:
        """RFC 3339 with the zone's offset, to the second, as the API writes dates."""
        return self.local(moment).isoformat(timespec="seconds")

    def local(self, moment: float) -> datetime:
        """The moment as a date in the sandbox's zone."""
        return datetime.fromtimestamp(moment, self._zone)

    def parse(self, text: str) -> float:
        """Seconds since the epoch of an RFC 3339 date; without an offset it is read in the sandbox's zone.

        Raises ValueError when it is no date.
        """
        moment = datetime.fromisoformat(text.strip())
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=self._zone)
        return moment.timestamp()


def utc(moment: float) -> str:
    """ISO 8601 in UTC to the millisecond, for the sandbox's own record."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except ZoneInfoNotFoundError:
        return UTC
