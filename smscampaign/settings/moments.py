"""The moment at which a campaign is to leave, as people write it."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

#: Characters of a day: 2027-03-06.
_DAY = 10
#: Days as words, by how many come before them.
_WORDS = {"today": 0, "aujourd'hui": 0, "dziś": 0, "dzisiaj": 0, "tomorrow": 1, "demain": 1, "jutro": 1}
_SPOKEN = re.compile(r"([^\W\d][\w'’]*)[\s,]+(?:at\s+|à\s+|o\s+)?(\d{1,2})(?::|h)(\d\d)?", re.IGNORECASE)

Zone = Callable[[], ZoneInfo | None]


def moment_of(value: object, zone: Zone, *, now: Callable[[ZoneInfo], datetime] = datetime.now) -> object:
    """The moment that `send_at` names, as TOML or an option gives it: a text, or what TOML calls a date or a time.

    This is the one place that understands it. `zone` is the campaign's, for a moment without one and for `tomorrow 10:00`;
    None where its country has several. Raises ValueError, which says what is missing.
    """
    if isinstance(value, str):
        spoken = _SPOKEN.fullmatch(value.strip())
        if spoken and (days := _WORDS.get(spoken[1].lower().replace("’", "'"))) is not None:
            return _on(days, spoken, _known(zone()), now)
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


def _on(days: int, spoken: re.Match[str], zone: ZoneInfo, now: Callable[[ZoneInfo], datetime]) -> datetime:
    try:
        hour = time(int(spoken[2]), int(spoken[3] or 0))
    except ValueError:
        raise ValueError("not a time of day") from None
    return datetime.combine(now(zone).date() + timedelta(days), hour, zone)


def _known(zone: ZoneInfo | None) -> ZoneInfo:
    if zone is None:
        raise ValueError("the time zone is missing, and the campaign's region does not say it")
    return zone


@cache
def zone_of(country: str) -> ZoneInfo | None:
    """The time zone of a country (`FR`); None where it has several and none is the one of its mainland.

    From `zone.tab` of the tz database, https://www.iana.org/time-zones, as the package `tzdata` has it.
    """
    table = (files("tzdata") / "zoneinfo" / "zone.tab").read_text("utf-8")
    rows = [line.split("\t") for line in table.splitlines() if line.startswith(f"{country}\t")]
    main = [row for row in rows if "mainland" in row[-1] or row[-1].startswith("most of")]
    found = rows if len(rows) == 1 else main
    return ZoneInfo(found[0][2]) if len(found) == 1 else None
