"""When a commercial message may leave in France: 08:00 to 20:00, Monday to Saturday, not on a public holiday.

OVHcloud holds what is sent outside these hours until the next open slot (https://help.ovhcloud.com, "SMS: everything you need
to know"). By which clock is not documented; Europe/Paris is taken.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

OPENS, CLOSES = time(8), time(20)
_SUNDAY = 6
_FIXED = ((1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25))


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
    return day.weekday() != _SUNDAY and day.date() not in _french(day.year)


# By rule and not by the package `holidays`, which a test holds it to: that takes a quarter of a second to load.
@cache
def _french(year: int) -> frozenset[date]:
    """The public holidays of metropolitan France (article L3133-1 of the Code du travail)."""
    easter = _easter(year)
    movable = (easter + timedelta(days=days) for days in (1, 39, 50))  # Easter and Whit Monday, Ascension
    return frozenset([*(date(year, *one) for one in _FIXED), *movable])


def _easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (J.-M. Oudin, 1940)."""
    century, golden = year // 100, year % 19
    moon = (century - century // 4 - (8 * century + 13) // 25 + 19 * golden + 15) % 30
    moon -= moon // 28 * (1 - 29 // (moon + 1) * ((21 - golden) // 11))
    weekday = (year + year // 4 + moon + 2 - century + century // 4) % 7
    days = moon - weekday
    month = 3 + (days + 40) // 44
    return date(year, month, days + 28 - 31 * (month // 4))
