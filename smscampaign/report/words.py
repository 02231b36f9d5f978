"""How figures are written in a report, and what a reason means and asks for, in the language of whoever reads."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from smscampaign.countries import CountryName, is_country
from smscampaign.drawing import figure
from smscampaign.languages import ENGLISH, TITLES, mark
from smscampaign.model import Reason
from smscampaign.translation import spoken_here, told

_CORRECT = mark("Put the rows right in the file of rejected rows, and run it again.")
_ASK = mark("Ask these people for a mobile number.")
_TEXT = mark("Change the message, or the cells that it takes, and run it again.")
_MEANT = mark("Left out by a rule: nothing is to be done.")

#: What to do about each reason for which a row is not sent.
REMEDIES = {
    **dict.fromkeys(Reason, _CORRECT),
    **dict.fromkeys((Reason.NUMBER_LANDLINE, Reason.NUMBER_PREMIUM, Reason.NUMBER_SHORT_CODE), _ASK),
    **dict.fromkeys((Reason.NUMBER_MISSING, Reason.NUMBER_UNKNOWN_TYPE), _ASK),
    **dict.fromkeys((Reason.TEXT_EMPTY, Reason.TEXT_FAILED, Reason.TEXT_TOO_LONG), _TEXT),
    **dict.fromkeys((one for one in Reason if one.status.value == "suppressed"), _MEANT),
}


def number(value: int | Decimal) -> str:
    """A figure as the reader writes it: `1 204`, and with a comma where decimals have one."""
    written = figure(value)
    return written if spoken_here() == ENGLISH else written.replace(".", ",")


def share(part: int, whole: int) -> str:
    """How much that is of the whole: `96.3%`, in French and Polish `96,3 %`; a dash of nothing."""
    if not whole:
        return "–"
    written = number(round(Decimal(100 * part) / whole, 1))
    return f"{written}%" if spoken_here() == ENGLISH else f"{written}\N{NO-BREAK SPACE}%"


def money(credits: Decimal | None) -> str:
    """Credits, or that they are not known."""
    return told(mark("not known")) if credits is None else number(credits)


def country(code: str) -> str:
    """A country by its name; a code that is none stays as it is."""
    if not is_country(code):
        return code
    name = CountryName(code).in_language(spoken_here())
    return name[:1].upper() + name[1:]


def reason(code: Reason) -> str:
    """What a reason means, in a few words."""
    return told(TITLES[code.value])


def moment(at: datetime, *, size: timedelta = timedelta(0)) -> str:
    """A moment by this computer's clock; of steps as long as a day or longer, the day alone."""
    return f"{at.astimezone():%Y-%m-%d}" if size >= timedelta(days=1) else f"{at.astimezone():%Y-%m-%d %H:%M}"


def length(size: timedelta) -> str:
    """How long a step is."""
    minutes = size // timedelta(minutes=1)
    names: Mapping[int, str] = {
        1: mark("in steps of a minute"),
        60: mark("in steps of an hour"),
        24 * 60: mark("in steps of a day"),
        7 * 24 * 60: mark("in steps of a week"),
    }
    if minutes in names:
        return told(names[minutes])
    hours, rest = divmod(minutes, 60)
    return (
        told(mark("in steps of {n} minutes")).format(n=minutes)
        if rest or not hours
        else told(mark("in steps of {n} hours")).format(n=hours)
    )
