"""The moment at which a campaign is to leave, as people write it."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

#: Characters of a day: 2027-03-06.
_DAY = 10
#: Days as words, by how many come before them.
_WORDS = {"today": 0, "aujourd'hui": 0, "dziś": 0, "dzisiaj": 0, "tomorrow": 1, "demain": 1, "jutro": 1}
_HOUR = r"(?:[\s,]+(?:at\s+|à\s+|o\s+)?(?P<hour>\d{1,2})(?::|h)(?P<minute>\d\d)?)"
_SPOKEN = re.compile(rf"(?:on\s+|le\s+|we?\s+)?(?P<day>[^\W\d][\w'’]*){_HOUR}", re.IGNORECASE)
_DIGITS = re.compile(rf"(\d{{1,2}})([/.-])(\d{{1,2}})\2(\d{{4}}){_HOUR}?", re.IGNORECASE)
#: Weekdays as they are written with “on” before them, from Monday.
_ACCUSATIVE = ("poniedziałek", "wtorek", "środę", "czwartek", "piątek", "sobotę", "niedzielę")

Zone = Callable[[], ZoneInfo | None]


def moment_of(
    value: object, zone: Zone, *, region: str = "", now: Callable[[ZoneInfo], datetime] = datetime.now
) -> object:
    """The moment that `send_at` names, as TOML or an option gives it: a text, or what TOML calls a date or a time.

    This is the one place that understands it. `zone` is the campaign's, for a moment without one and for `tomorrow 10:00`;
    None where its country has several; `region` says whether 5/6/2027 is in May. Raises ValueError, which says what is
    missing, or which two moments it may be.
    """
    if isinstance(value, str):
        if spoken := _SPOKEN.fullmatch(value.strip()):
            word = spoken["day"].lower().replace("’", "'")
            if (days := _WORDS.get(word)) is not None:
                return _at(now(_known(zone())).date() + timedelta(days), spoken, _known(zone()))
            if (weekday := _weekday(word)) is not None:
                return _on_weekday(weekday, spoken, now(_known(zone())))
        if digits := _DIGITS.fullmatch(value.strip()):
            return _at(_day_of(digits, region), digits, _known(zone()))
        with suppress(ValueError):
            day = len(value.strip()) <= _DAY
            value = (date if day else datetime).fromisoformat(value.strip())
    missing = {
        value is not None and not isinstance(value, date): "not a date and a time",
        isinstance(value, date) and not isinstance(value, datetime): "the time of day is missing",
    }
    if True in missing:
        raise ValueError(missing[True])
    if isinstance(value, datetime) and value.tzinfo is None:
        return value.replace(tzinfo=_known(zone()))
    return value


def _at(day: date, written: re.Match[str], zone: ZoneInfo) -> datetime:
    if written["hour"] is None:
        raise ValueError("the time of day is missing")
    try:
        hour = time(int(written["hour"]), int(written["minute"] or 0))
    except ValueError:
        raise ValueError("not a time of day") from None
    return datetime.combine(day, hour, zone)


def _weekday(word: str) -> int | None:
    """Which weekday a word is in English, French or Polish: 0 is Monday."""
    from smscampaign import locales  # few campaigns name one

    for language in ("en", "fr", "pl"):
        names = [locales.named(language).weekday(number, short=False).lower() for number in range(7)]
        if word in names:
            return names.index(word)
    return _ACCUSATIVE.index(word) if word in _ACCUSATIVE else None


def _on_weekday(weekday: int, spoken: re.Match[str], today: datetime) -> datetime:
    """The next one. On that day itself, before that hour, nobody can say which week is meant."""
    zone = _known(today.tzinfo if isinstance(today.tzinfo, ZoneInfo) else None)
    ahead = (weekday - today.weekday()) % 7
    first, next_one = (_at(today.date() + timedelta(days), spoken, zone) for days in (ahead, ahead + 7))
    if ahead == 0 and first > today:
        raise ValueError(f"this may be {first:%Y-%m-%d} or {next_one:%Y-%m-%d}")
    return first if ahead else next_one


def _day_of(digits: re.Match[str], region: str) -> date:
    """A day in digits, by the order of the region."""
    from smscampaign.locales import locale_of  # which loads Babel

    one, other, year = int(digits[1]), int(digits[3]), int(digits[4])
    days = []
    for month, day in ((other, one), (one, other)):
        with suppress(ValueError):
            days.append(date(year, month, day))
    if not days:
        raise ValueError("there is no such day")
    locale = locale_of(region or None)
    if days[0] != days[-1] and locale.year_first:
        raise ValueError(f"this may be {min(days):%Y-%m-%d} or {max(days):%Y-%m-%d}")
    return days[0 if locale.day_first else -1]


def _known(zone: ZoneInfo | None) -> ZoneInfo:
    if zone is None:
        raise ValueError("the time zone is missing, and the campaign's region does not say it")
    return zone
