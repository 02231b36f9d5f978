"""When a commercial message may leave in France: 08:00 to 20:00, Monday to Saturday, not on a public holiday.

OVHcloud holds what is sent outside these hours until the next open slot (https://help.ovhcloud.com, "SMS: everything you need
to know"). By which clock is not documented; Europe/Paris is taken.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from functools import cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from holidays import HolidayBase

OPENS, CLOSES = time(8), time(20)
_SUNDAY = 6


def leaves_at(moment: datetime) -> datetime:
    """When a commercial message handed over at `moment` leaves: at once, or at the next opening. In Paris time."""
    local = moment.astimezone(ZoneInfo("Europe/Paris"))
    if _working(local) and OPENS <= local.time() < CLOSES:
        return local
    day = local if local.time() < OPENS else local + timedelta(days=1)
    while not _working(day):
        day += timedelta(days=1)
    # Made anew from the date: between the two moments the clocks may have been changed.
    return datetime.combine(day.date(), OPENS, tzinfo=local.tzinfo)


def _working(day: datetime) -> bool:
    return day.weekday() != _SUNDAY and day.date() not in _french()


@cache
def _french() -> HolidayBase:
    # Loads a calendar per year on demand, and only for whoever asks.
    from holidays import country_holidays

    return country_holidays("FR")
