"""How a country writes numbers, days, times and money: the one door to Babel, whose tables are those of Unicode's CLDR.

Babel is loaded by the first who asks. No-break spaces between digits are ordinary ones here: they print the same, and would
make a whole text UCS-2.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from functools import cache
from locale import windows_locale
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import babel

_NO_BREAK = re.compile("[\u00a0\u2009\u202f]")
_INVISIBLE = re.compile("[\u200e\u200f\u061c]")

STYLES = ("short", "medium", "long", "full")
"""How much is said of a day or a time: `06/03/2026`, `6 mars 2026`, `6 mars 2026`, `vendredi 6 mars 2026` in French."""


@dataclass(frozen=True, slots=True)
class Locale:
    """One locale, such as `fr_FR`; `decimal` and `group` are the signs in its numbers.

    Without a name it writes as programs do: `1,234.5`, `2026-03-06`, with English names.
    """

    name: str = ""
    decimal: str = "."
    group: str = ","

    @property
    def day_first(self) -> bool:
        """Whether 06/03/2026 is a day in March here; in the United States it is one in June."""
        pattern = str(_babel(self.name).date_formats["short"].pattern)
        return pattern.find("d") < pattern.find("M")

    @property
    def year_first(self) -> bool:
        """Whether a day is written with its year first."""
        return not self.name or self.short_day.startswith("y")

    @property
    def short_day(self) -> str:
        """The pattern of a day in digits, the year with four of them: `dd/MM/y`."""
        if not self.name:
            return "y-MM-dd"
        return re.sub("y+", "y", _babel(self.name).date_formats["short"].pattern)

    @property
    def months(self) -> dict[str, int]:
        """The months by their names, whole and short, in small letters."""
        return _months(self.name)

    def month(self, number: int, *, short: bool) -> str:
        """A month's name as it stands beside a day."""
        names = _babel(self.name).months["format"]["abbreviated" if short else "wide"]
        return str(names[number])

    def weekday(self, number: int, *, short: bool) -> str:
        """A weekday's name; 0 is Monday."""
        return str(_babel(self.name).days["format"]["abbreviated" if short else "wide"][number])

    def day(self, day: date, style: str) -> str:
        """A day in one of `STYLES`, or in a pattern of CLDR such as `d MMMM`."""
        from babel.dates import format_date

        pattern = self.short_day if style == "short" else style
        return _plain(format_date(day, pattern, _babel(self.name)))

    def moment(self, moment: time, style: str) -> str:
        """A time in one of `STYLES` (without a time zone), or in a pattern of CLDR such as `H'h'mm`."""
        from babel.dates import format_time

        pattern = style if style not in STYLES else "short" if style == "short" else "medium"
        return _plain(format_time(moment, pattern, locale=_babel(self.name)))

    def money(self, amount: Decimal, currency: str) -> str:
        """An amount as it is written here, with the decimals of its currency: `1 234,50 €`."""
        from babel.numbers import format_currency

        return _plain(format_currency(amount, currency, locale=_babel(self.name)))

    def currency(self) -> str:
        """The currency that is paid with here, such as EUR; empty where that is not known."""
        from babel.numbers import get_territory_currencies

        found = get_territory_currencies(_babel(self.name).territory or "ZZ")
        return str(found[0]) if found else ""


PLAIN = Locale()


def is_currency(code: str) -> bool:
    """Whether it is the code of a currency, such as EUR."""
    from babel.numbers import is_currency as known

    return bool(known(code))


def signs_of(currency: str, locale: Locale) -> set[str]:
    """How a currency is named in amounts: its code, its sign here and its own."""
    from babel.numbers import get_currency_symbol

    found = {currency, *(get_currency_symbol(currency, one) for one in (_babel(locale.name), "en", "en_US"))}
    return found | {_plain(one).replace(" ", "") for one in found} | _ALSO.get(currency, set())


#: Signs that CLDR has for a part of the world only.
_ALSO = {
    "PLN": {"zł", "zl", "złotych"},
    "EUR": {"€", "euro", "euros"},
    "GBP": {"£"},
    "USD": {"$"},
    "CHF": {"Fr.", "fr"},
}


@cache
def locale_of(region: str | None) -> Locale:
    """The locale of a country by its two letters, in the language most people there speak; `PLAIN` for none."""
    from babel import UnknownLocaleError

    if not region:
        return PLAIN
    try:
        return _locale(f"und_{region}")
    except (UnknownLocaleError, ValueError):
        return PLAIN


def named(name: str) -> Locale:
    """The locale of a name such as `fr`, `fr_CH` or `en-GB`. Raises ValueError for what is none."""
    from babel import UnknownLocaleError

    try:
        return _locale(name.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        raise ValueError(f"“{name}” is no language or country; write it as fr, fr_CH or en_GB") from None


@cache
def of_windows(code: int) -> Locale | None:
    """The locale that Windows numbers so (a number format's `[$-40C]`); None for what is not known."""
    name = windows_locale.get(code & 0xFFFF)
    try:
        return named(name) if name else None
    except ValueError:
        return None


@cache
def _months(name: str) -> dict[str, int]:
    tables = [
        _babel(name).months[kind][width]
        for kind in ("format", "stand-alone")
        for width in ("wide", "abbreviated")
    ]
    return {str(word).casefold().rstrip("."): number for table in tables for number, word in table.items()}


@cache
def _locale(name: str) -> Locale:
    found = _babel(name)
    signs = found.number_symbols.get(found.default_numbering_system) or found.number_symbols["latn"]
    return Locale(str(found), _plain(signs["decimal"]), _plain(signs["group"]))


@cache
def _babel(name: str) -> babel.Locale:
    import babel

    return babel.Locale.parse(name or "en")


def _plain(text: str) -> str:
    return _INVISIBLE.sub("", _NO_BREAK.sub(" ", text))
