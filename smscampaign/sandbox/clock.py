"""The sandbox's own clock: real time plus an offset that can be stepped. Everything in the sandbox reads it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


class Clock:
    """Seconds since the epoch, as this sandbox sees them.

    `real` gives real time; dates are written in `zone`, by default that of OVHcloud. Where the machine has no time zone
    database (a bare Windows), dates are written in UTC.
    """

    def __init__(
        self, *, real: Callable[[], float] = time.time, offset: float = 0.0, zone: str = "Europe/Paris"
    ) -> None:
        self._real = real
        self._zone = _zone(zone)
        self.offset = offset

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._real() + self.offset

    def step(self, seconds: float) -> None:
        """Move the sandbox's time by so many seconds, forwards or back."""
        self.offset += seconds

    def text(self, moment: float) -> str:
        """RFC 3339 with the zone's offset, to the second, as the API writes dates."""
        return datetime.fromtimestamp(moment, self._zone).isoformat(timespec="seconds")

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
