"""When a commercial message may leave: 08:00 to 20:00, Monday to Saturday, not on a French public holiday.

OVHcloud holds such a message until the next open slot (https://help.ovhcloud.com, "SMS: everything you need to know").
Which clock it goes by is not documented: the sandbox takes the one its dates are written in, Europe/Paris.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from holidays import HolidayBase

    from smscampaign.sandbox.clock import Clock

OPENS, CLOSES = time(8), time(20)
_SUNDAY = 6


def opening(moment: float, clock: Clock) -> float:
    """The moment itself where it is open then, else the beginning of the next open slot."""
    local = clock.local(moment)
    if _working(local) and OPENS <= local.time() < CLOSES:
        return moment
    day = local if local.time() < OPENS else local + timedelta(days=1)
    while not _working(day):
        day += timedelta(days=1)
    # made anew from the date, because the zone's offset may differ from that of the moment
    return datetime.combine(day.date(), OPENS, tzinfo=local.tzinfo).timestamp()


def _working(day: datetime) -> bool:
    return day.weekday() != _SUNDAY and day.date() not in _french()


@cache
def _french() -> HolidayBase:
    # loads a calendar per year on demand; needed only by a sandbox that holds
    from holidays import country_holidays

    return country_holidays("FR")
