"""Days, times and amounts in cells, and how a message writes them: the filters `date`, `time` and `money`; and numbers to
reckon and compare with: `float` and `int`.

What is read depends on the campaign's country where it has to: 06/03/2026 is a day in March in France and one in June in the
United States. What can be read in two ways, or not at all, is no value, and its row has no text.
In brackets, `locale` says how it is written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from functools import lru_cache, partial
from math import isfinite
from typing import Any

from smscampaign import locales
from smscampaign.countries import zone_of
from smscampaign.languages import say
from smscampaign.locales import STYLES, Locale
from smscampaign.message.filling import Unreadable

_NUMBERS: Mapping[str, Callable[[Any], float]] = {"float": float, "int": int}


def filters(region: str | None) -> Mapping[str, Callable[..., Any]]:
    """The filters by their names, for a campaign of a country."""
    made = {"date": _date, "time": _time, "money": _money}
    written = {name: partial(_filtered, made[name], region) for name in made}
    return written | {name: partial(_number, kind, region) for name, kind in _NUMBERS.items()}


def refuse(name: str, given: list[Any], named: Mapping[str, Any], region: str | None) -> None:
    """Raise ValueError for values in brackets that such a filter cannot be given."""
    if name in _NUMBERS:
        _refuse_default(name, given, named)
        return
    words = dict(zip(("currency" if name == "money" else "style", "locale"), given, strict=False)) | dict(
        named
    )
    other = next((word for word in words if word not in {"style", "currency", "locale"}), None)
    if other is not None or len(given) > 2:
        raise ValueError(f"| {name} knows no {other or 'third value'}")
    for word in words.values():
        if not isinstance(word, str):
            raise ValueError(f"| {name} is given {word!r}, and takes words in quotes")  # noqa: TRY004 - like all others
    if "locale" in words:
        locales.named(words["locale"])
    if name == "money":
        currency = words.get("currency") or locales.locale_of(region).currency()
        if not locales.is_currency(currency):
            said = f"“{currency}” is no currency" if currency else "the country's currency is not known"
            raise ValueError(f'{said}: write | money("EUR")')
        return
    style = words.get("style", "short")
    signs = _PATTERN[name].fullmatch(style)
    if style not in STYLES and not signs:
        raise ValueError(f"“{style}” is no way to write it; there are: {', '.join(STYLES)}")


def _refuse_default(name: str, given: list[Any], named: Mapping[str, Any]) -> None:
    other = next((word for word in named if word != "default"), None)
    if other is not None or len(given) + len(named) > 1:
        raise ValueError(f"| {name} knows no {other or 'second value'}")
    for word in (*given, *named.values()):
        if isinstance(word, bool) or not isinstance(word, int | float):
            raise ValueError(f"| {name} is given {word!r}, and takes a number for what is none")  # noqa: TRY004 - like all others


# Letters of CLDR's patterns, and words in quotes: https://unicode.org/reports/tr35/tr35-dates.html#Date_Format_Patterns
_PATTERN = {
    "date": re.compile(r"(?:'[^']*'|[yMLdE]+|[^\w'])+"),
    "time": re.compile(r"(?:'[^']*'|[Hhmsa]+|[^\w'])+"),
}


def _filtered(
    made: Callable[..., str], region: str | None, value: Any, style: str = "", locale: str = "", **named: str
) -> str:
    # An empty cell says by itself that it is empty.
    text = value if isinstance(value, int | float | Decimal) else str(value)
    written = locales.named(locale) if locale else locales.locale_of(region)
    return made(text, region, written, style or named.get("currency", ""))


def _number(
    kind: Callable[[Any], float], region: str | None, value: Any, default: float | None = None
) -> float:
    """`default` stands for what is no number and for an empty cell; without it a row with such a cell has no text."""
    if isinstance(value, int | float | Decimal):
        return kind(value)
    if default is not None and not value:
        return default
    try:
        # An empty cell says by itself that it is empty.
        return kind(number_of(str(value), region))
    except Unreadable:
        if default is None:
            raise
        return default


def _date(value: str | float | Decimal, region: str | None, locale: Locale, style: str) -> str:
    return locale.day(day_of(str(value), region), style or "short")


def _time(value: str | float | Decimal, region: str | None, locale: Locale, style: str) -> str:
    return locale.moment(time_of(str(value), region), style or "short")


def _money(value: str | float | Decimal, region: str | None, locale: Locale, currency: str) -> str:
    own = locales.locale_of(region)
    wanted = currency or own.currency()
    return locale.money(amount_of(value, own, wanted), wanted)


# --- Days ------------------------------------------------------------------------------------------------------------

_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?P<rest>(?:[T ].*)?)")
_DIGITS = re.compile(r"(\d{1,4})\s*([/.-])\s*(\d{1,2})\s*\2\s*(\d{4}|\d\d)\.?(?P<rest>(?:\D.*)?)")
_WORDS = re.compile(
    r"(?:[^\W\d_]+\.?,?\s+)?(\d{1,2})(?:er|st|nd|rd|th|\.|º)?\s+(?:de\s+)?([^\W\d_]+)\.?,?\s+(?:de\s+)?(\d{4})(?P<rest>(?:\D.*)?)"
)
_AMERICAN = re.compile(
    r"(?:[^\W\d_]+\.?,?\s+)?([^\W\d_]+)\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})(?P<rest>(?:\D.*)?)"
)
# Behind a day may stand times and words. Any other digit there may be of another day. A time with a point (14.05) counts only
# right behind the day, because 08.03 is a day in March as well.
_CLOCK = (
    r"\d{1,2}(?:\s*[:hH]\s*\d\d(?::\d\d(?:\.\d+)?)?|\s*[hH]\b|(?=\s*[AaPp]\.?\s?[Mm]\b))(?:[+-]\d\d:?\d\d)?"
)
_CLOCKS = re.compile(rf"^[,\s]*\d{{1,2}}\.\d\d(?![.\d])|(?<!\d){_CLOCK}")


@lru_cache(4_096)
def day_of(text: str, region: str | None) -> date:
    """The day a cell names. Raises Unreadable."""
    cell, locale = " ".join(text.split()), locales.locale_of(region)
    with suppress(ValueError):  # the 31st of February
        if found := _ISO.fullmatch(cell):
            return _only(found, date(int(found[1]), int(found[2]), int(found[3])), region)
        if found := _DIGITS.fullmatch(cell):
            return _only(found, _of_digits(cell, int(found[1]), int(found[3]), found[4], locale), region)
        for pattern, day, month in ((_WORDS, 1, 2), (_AMERICAN, 2, 1)):
            number = (
                locale.months.get(found[month].casefold()) if (found := pattern.fullmatch(cell)) else None
            )
            if found and number:
                return _only(found, date(int(found[3]), number, int(found[day])), region)
    if re.fullmatch(r"[1-9]\d{4}(?:[.,]\d+)?", cell):
        why = say(
            "“{cell}” is a spreadsheet's own number for a day; format the column as a date there.",
            cell=_cut(cell),
        )
        raise Unreadable(why)
    raise Unreadable(
        say("“{cell}” is no date; write it as {example}.", cell=_cut(cell), example="2026-03-06")
    )


def _only(found: re.Match[str], day: date, region: str | None) -> date:
    """The day, where its cell names no other one. Raises ValueError, and Unreadable for a day of Greenwich."""
    if re.search(r"\d", _CLOCKS.sub("", found["rest"])):
        raise ValueError("something else behind it")
    _refuse_greenwich(found[0], region, lambda here: here.date() == day)
    return day


def _refuse_greenwich(cell: str, region: str | None, same: Callable[[datetime], bool]) -> None:
    """Raise Unreadable for a moment of Greenwich (2026-03-05T23:00:00Z), unless it is the `same` here."""
    if not _OF_GREENWICH.fullmatch(cell):
        return
    zone = zone_of(region or "")
    with suppress(ValueError):
        if zone and same(
            datetime.fromisoformat(_FRACTION.sub("", cell).replace("Z", "+00:00")).astimezone(zone)
        ):
            return
    raise Unreadable(
        say("“{cell}” is a time of Greenwich (UTC); write it as the clocks show it there.", cell=_cut(cell))
    )


def _of_digits(cell: str, first: int, second: int, last: str, locale: Locale) -> date:
    """A day in digits, by the order of the country. Raises Unreadable where that does not say, ValueError for no day."""
    if first > 31:
        return date(first if first > 99 else 2000 + first, second, int(last))
    # As POSIX has it, 69 to 99 are of the last century.
    year = int(last) if len(last) == 4 else int(last) + (1900 if int(last) >= 69 else 2000)
    if locale.year_first and first != second and max(first, second) <= 12:
        raise Unreadable(
            say(
                "“{cell}” may be two days; write it as {example}.",
                cell=_cut(cell),
                example=f"{year}-{second:02d}-{first:02d}",
            )
        )
    day, month = (
        (first, second) if locale.day_first or (locale.year_first and first > 12) else (second, first)
    )
    return date(year, month, day)


# --- Times -----------------------------------------------------------------------------------------------------------

_TIME = re.compile(
    r"(?P<before>(?:.*[\sT])?)(\d{1,2})\s*(?:[:.hH]\s*(\d\d)?)(?::(\d\d)(?:\.\d+)?)?\s*(?:([AaPp])\.?\s?[Mm]\.?)?(?:Z|[+-]\d\d:?\d\d)?|(\d{1,2})\s*([AaPp])\.?\s?[Mm]\.?"
)
_OF_GREENWICH = re.compile(r".*\d\d:\d\d(?::\d\d(?:\.\d+)?)?\s?(?:Z|[+-]00:?00)")
_FRACTION = re.compile(r"\.\d+|\s(?=Z|[+-])")

# A day before a time, also without its year. Any other digit there may be of another time.
_DAYS_BEFORE = (
    re.compile(r"\d{4}-\d\d-\d\d|\d{1,4}\s*([/.-])\s*\d{1,2}\s*\1\s*(?:\d{4}|\d\d)"),
    re.compile(r"\d{1,2}(?:er|st|nd|rd|th|\.|º)?\s+(?:de\s+)?([^\W\d_]+)(?:\.?,?\s+(?:de\s+)?\d{4})?"),
    re.compile(r"([^\W\d_]+)\.?\s+\d{1,2}(?:st|nd|rd|th)?(?:,?\s+\d{4})?"),
)


@lru_cache(4_096)
def time_of(text: str, region: str | None) -> time:
    """The time of day a cell names, also behind a day. Raises Unreadable."""
    cell = " ".join(text.split())
    found = _TIME.fullmatch(cell)
    if found and not re.search(r"\d", _without_day(found["before"] or "", region)):
        hour, half = int(found[2] or found[6]), (found[5] or found[7] or "").lower()
        if half and 1 <= hour <= 12:
            hour = hour % 12 + 12 * (half == "p")
        elif half:
            hour = 99
        if hour < 24 and int(found[3] or 0) < 60 and int(found[4] or 0) < 60:
            named = time(hour, int(found[3] or 0), int(found[4] or 0))
            _refuse_greenwich(cell, region, lambda here: here.time() == named)
            return named
    raise Unreadable(say("“{cell}” is no time; write it as {example}.", cell=_cut(cell), example="10:30"))


def _without_day(before: str, region: str | None) -> str:
    """What stands before a time, less a day."""
    months = locales.locale_of(region).months if re.search(r"\d", before) else {}
    for pattern in _DAYS_BEFORE:
        for found in pattern.finditer(before):
            if pattern is _DAYS_BEFORE[0] or found[1].casefold() in months:
                return before[: found.start()] + before[found.end() :]
    return before


# --- Amounts ---------------------------------------------------------------------------------------------------------

_SPACES = re.compile(r"[\s\u00a0\u2009\u202f]")
_AMOUNT = re.compile(r"([-+−]?)([^\d\s.,'’+−-]*)([-−]?)(\d[\d.,'’]*)([^\d.,]*)")


def amount_of(value: str | float | Decimal, locale: Locale, currency: str) -> Decimal:
    """The amount in a cell. Raises Unreadable for what is none, for one of another currency, and for 1.234 in Germany."""
    if not isinstance(value, str):
        if not isfinite(value):
            raise _no_amount(str(value))
        return Decimal(f"{value:.15g}" if isinstance(value, float) else value)
    return _amount(value, locale, currency)


@lru_cache(4_096)
def _amount(cell: str, locale: Locale, currency: str) -> Decimal:
    found = _AMOUNT.fullmatch(_SPACES.sub("", cell))
    if found is None:
        raise _no_amount(cell)
    signs = {found[2], found[5]} - {""}
    known = {one.casefold() for one in locales.signs_of(currency, locale)}
    if any(sign.casefold() not in known for sign in signs):
        raise Unreadable(say("“{cell}” is no amount in {currency}.", cell=_cut(cell), currency=currency))
    try:
        number = Decimal(_with_point(found[4], cell, locale))
    except InvalidOperation:
        raise _no_amount(cell) from None
    return -number if _negative(found) else number


def _negative(found: re.Match[str]) -> bool:
    return bool({found[1], found[3]} & {"-", "−"})


def _no_amount(cell: str) -> Unreadable:
    return Unreadable(
        say("“{cell}” is no amount; write it as {example}.", cell=_cut(cell), example="1234.50")
    )


def _with_point(digits: str, cell: str, locale: Locale) -> str:
    """The digits with a point before the decimals. Raises Unreadable for 1.234 in Germany, InvalidOperation for no number."""
    digits = re.sub(r"(?<=\d)['’](?=\d{3})", "", digits)
    points = [sign for sign in digits if sign in ".,"]
    if len(set(points)) > 1:
        last = points[-1]
        whole, _, decimals = digits.rpartition(last)
        if points.count(last) > 1 or not re.fullmatch(
            rf"\d{{1,3}}(?:[{'.,'.replace(last, '')}]\d{{3}})+", whole
        ):
            raise InvalidOperation
        return re.sub(r"[.,]", "", whole) + "." + decimals
    if len(points) > 1:
        if not re.fullmatch(r"\d{1,3}(?:[.,]\d{3})+", digits):
            raise InvalidOperation
        return re.sub(r"[.,]", "", digits)
    if points and re.fullmatch(r"[1-9]\d{0,2}[.,]\d{3}", digits):
        # Programs write a decimal point whatever the country; a comma is what the country says.
        if points[0] == locale.group and locale.group == ".":
            raise Unreadable(
                say(
                    "“{cell}” may be {first} or {second}; write it without a sign between thousands.",
                    cell=_cut(cell),
                    first=digits.replace(".", ""),
                    second=digits.replace(".", ","),
                )
            )
        if points[0] == "," and locale.decimal != ",":
            return digits.replace(",", "")
    return digits.replace(",", ".")


# --- Numbers ---------------------------------------------------------------------------------------------------------

#: Read in the same way everywhere.
_PLAIN = re.compile(r"[-+]?\d+(?:\.\d\d?)?")
_EXPONENT = re.compile(r"[-+]?\d+(?:[.,]\d+)?[eE][-+]?\d{1,3}")

#: A power of ten beyond what the computer's numbers hold.
_LARGEST = 300


@lru_cache(4_096)
def number_of(cell: str, region: str | None) -> Decimal:
    """The number in a cell, as the country writes it, also as an amount in its money. Raises Unreadable."""
    text, number = _SPACES.sub("", cell), Decimal("inf")
    with suppress(InvalidOperation):
        plain = _PLAIN.fullmatch(text) or _EXPONENT.fullmatch(text)
        number = Decimal(text.replace(",", ".")) if plain else _written(text, cell, locales.locale_of(region))
    if not number.is_finite() or (number and abs(number.adjusted()) > _LARGEST):
        raise Unreadable(
            say("“{cell}” is no number; write it as {example}.", cell=_cut(cell), example="1234.5")
        )
    return number


def _written(text: str, cell: str, locale: Locale) -> Decimal:
    """Raises InvalidOperation for what is no number, Unreadable for what may be two."""
    found = _AMOUNT.fullmatch(text)
    if found is None:
        raise InvalidOperation
    signs = {found[2], found[5]} - {""}
    if signs:
        currency = locale.currency()
        known = {one.casefold() for one in locales.signs_of(currency, locale)} if currency else set()
        if any(sign.casefold() not in known for sign in signs):
            raise InvalidOperation
    number = Decimal(_with_point(found[4], cell, locale))
    return -number if _negative(found) else number


def _cut(cell: str) -> str:
    line = " ".join(cell.split())
    return f"{line[:39]}…" if len(line) > 40 else line
