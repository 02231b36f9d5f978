"""The moment at which a campaign is to leave, as people write it."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime

#: Characters of a day: 2027-03-06.
_DAY = 10


def moment_of(value: object) -> object:
    """The moment that `send_at` names, as TOML or an option gives it: a text, or what TOML calls a date or a time.

    This is the one place that understands it. Raises ValueError, which says what is missing.
    """
    if isinstance(value, str):
        with suppress(ValueError):
            day = len(value.strip()) <= _DAY
            value = (date if day else datetime).fromisoformat(value.strip())
    missing = {
        value is not None and not isinstance(value, date): "not a date and a time",
        isinstance(value, date)
        and not isinstance(value, datetime): "the time of day and the time zone are missing",
        isinstance(value, datetime) and value.tzinfo is None: "the time zone is missing",
    }
    if True in missing:
        raise ValueError(missing[True])
    return value
