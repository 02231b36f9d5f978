"""When a commercial message may leave in France: 08:00 to 20:00, Monday to Saturday, not on a public holiday.

OVHcloud holds what is sent outside these hours until the next open slot (https://help.ovhcloud.com, "SMS: everything you need
to know"). By which clock is not documented; Europe/Paris is taken.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from holidays import HolidayBase

OPENS, CLOSES = time(8), time(20)
#: New Year, 1 and 8 May, 14 July, 15 August, 1 and 11 November, Christmas: as month and day.
_FIXED = frozenset({(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)})
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
    return day.weekday() != _SUNDAY and not (may_be_holiday(day) and day.date() in _french())


def may_be_holiday(day: date) -> bool:
    """Whether a day can be a public holiday in France at all: for most days the calendar need not be loaded.

    Easter Monday and Whit Monday are Mondays and Ascension is a Thursday between 23 March and 14 June, the earliest and the
    latest that Easter allows.
    """
    when = (day.month, day.day)
    return when in _FIXED or (day.weekday() in {0, 3} and (3, 23) <= when <= (6, 14))


@cache
def _french() -> HolidayBase:
    # Loads a calendar per year on demand, and only for whoever asks.
    from holidays import country_holidays

    return country_holidays("FR")
