"""A number of a workbook as its sheet shows it: the number format of its cell, worked out.

How wide a column is plays no part, and nothing is shown in scientific notation: a telephone number would lose its digits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from smscampaign.locales import Locale
from smscampaign.recipients.formatcodes import DATES, Part, Token, UnknownFormat, sections, tokens_of

Shown = Callable[[Decimal], "str | None"]


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """A number format, compiled for a locale and for where the workbook counts its days from (1904, or 1900)."""

    code: str
    locale: Locale
    from_1904: bool
    _sections: tuple[_Section, ...]
    _text: tuple[Token, ...] | None

    def number(self, value: float) -> str | None:
        """What the sheet shows for a number; None for one that it cannot show, such as a day before the first."""
        exact = Decimal(f"{value:.15g}")  # 15 digits are what spreadsheet programs keep and show
        for section in self._sections:
            if section.holds(exact):
                return _shown(section, exact, self)
        return None

    def text(self, value: str) -> str:
        """What the sheet shows for a text."""
        if self._text is None:
            return value
        return "".join(value if one.kind == "@" else one.text for one in self._text)


@dataclass(frozen=True, slots=True)
class _Section:
    tokens: tuple[Token, ...]
    holds: Callable[[Decimal], bool]
    signed: bool
    """Whether a minus is still to be shown; a section for negative numbers brings its own."""
    locale: Locale | None


@lru_cache(1_024)
def compiled(code: str, locale: Locale, *, from_1904: bool = False) -> NumberFormat:
    """The format of a code such as `0.00%`. Raises UnknownFormat."""
    parts = [tokens_of(part) for part in sections(code)]
    if len(parts) > 4:
        raise UnknownFormat(code)
    text = next(
        (tokens for tokens, *_ in parts[3:] or parts[-1:] if any(one.kind == "@" for one in tokens)), None
    )
    numeric = parts[:3]
    if text is not None and len(parts) < 4:
        numeric = parts[:-1]
    if not any(tokens for tokens, *_ in numeric):
        # `;;;` hides what is there; hidden rows and columns are read as well.
        numeric = [([Token("general", "")], None, None)]
    return NumberFormat(
        code, locale, from_1904, tuple(_sections(numeric)), None if text is None else tuple(text)
    )


def _sections(parts: list[Part]) -> list[_Section]:
    conditions = [condition for _, condition, _ in parts]
    many, asked = len(parts), any(conditions)
    if not asked:
        usual: list[list[Callable[[Decimal], bool]]] = [
            [_always],
            [lambda value: value >= 0, _always],
            [lambda value: value > 0, _negative, _always],
        ]
        holds = usual[many - 1]
        signed = [many == 1, False, False]
    else:
        # Where only the first has a condition, the second is for negative numbers and the last for the rest.
        holds = [one or (_negative if at == 1 and many > 2 else _always) for at, one in enumerate(conditions)]
        signed = [True, many == 2, True]
    return [
        _Section(tuple(tokens), holds[at], signed[at], locale) for at, (tokens, _, locale) in enumerate(parts)
    ]


def _always(value: Decimal) -> bool:
    return True


def _negative(value: Decimal) -> bool:
    return value < 0


# --- What is shown ---------------------------------------------------------------------------------------------------


def _shown(section: _Section, value: Decimal, of: NumberFormat) -> str | None:
    kinds = {one.kind for one in section.tokens}
    locale = section.locale or of.locale
    if kinds & {*DATES, "minutes", "elapsed", "half", "day", "moment"}:
        return _moment(section.tokens, value, locale, of)
    minus = "-" if value < 0 and section.signed else ""
    if "general" in kinds or "power" in kinds:
        body = general(abs(value), of.locale)
        if "power" in kinds:
            return minus + body
        shown = "".join(body if one.kind == "general" else one.text for one in section.tokens)
        return minus + shown
    shown, zero = _decimal(section.tokens, abs(value), of.locale)
    return shown if zero else minus + shown


def general(value: Decimal, locale: Locale) -> str:
    """A number without a format: all of its digits."""
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").removesuffix(".")
    return text.replace(".", locale.decimal)


def _decimal(tokens: tuple[Token, ...], value: Decimal, locale: Locale) -> tuple[str, bool]:
    """A number by the digits of its format, and whether nothing but zeros is left of it."""
    pattern = "".join(one.text for one in tokens if one.kind == "digits")
    whole, point, decimals = pattern.partition(".")
    # Commas behind the last digit each divide by a thousand; one between digits asks for groups.
    scaled = len(whole) - len(whole.rstrip(",")) if not point else len(pattern) - len(pattern.rstrip(","))
    grouped = "," in whole.strip(",")
    whole, decimals = whole.replace(",", ""), decimals.replace(",", "").replace(".", "")
    value *= Decimal(100) ** sum(one.kind == "percent" for one in tokens)
    value = (value / Decimal(1000) ** scaled).quantize(Decimal(1).scaleb(-len(decimals)), ROUND_HALF_UP)
    digits, _, rest = f"{value:f}".partition(".")
    front = _filled(digits.lstrip("0"), whole, locale.group if grouped else "", tokens)
    kept = len(rest.rstrip("0"))
    shown = "".join(
        sign if at < kept or mark == "0" else ""
        for at, (sign, mark) in enumerate(zip(rest, decimals, strict=True))
    )
    point = locale.decimal if point else ""
    return _placed(tokens, front, point + shown), not value and bool(pattern)


def _filled(digits: str, pattern: str, group: str, tokens: tuple[Token, ...]) -> list[str]:
    """The whole part as one text for each sign of the pattern, the first with all that has no sign of its own."""
    marks = len(pattern)
    padded = [*digits[max(0, len(digits) - marks) :]] if marks else []
    # Behind a 0 each sign is shown as one.
    padded = ["0" if "0" in pattern[: at + 1] else "" for at in range(marks - len(padded))] + padded
    more = digits[: max(0, len(digits) - marks)]
    if more:
        padded = [more + padded[0], *padded[1:]] if padded else [more]
    if not group:
        return padded
    seen = 0
    for at in range(len(padded) - 1, -1, -1):
        signs = ""
        for sign in reversed(padded[at]):
            signs = sign + (group if seen and seen % 3 == 0 and sign.isdigit() else "") + signs
            seen += sign.isdigit()
        padded[at] = signs
    return padded


def _placed(tokens: tuple[Token, ...], front: list[str], tail: str) -> str:
    """Digits and words in their places: `#" "##` has words between the digits of one number."""
    waiting, shown, pointed = list(front), [], False
    marks = sum(
        one.text.partition(".")[0].count(mark) for one in tokens if one.kind == "digits" for mark in "0#?"
    )
    if waiting and tail and not marks:
        shown.append(waiting.pop())
    for one in tokens:
        if one.kind == "text":
            shown.append(one.text)
        elif one.kind == "percent":
            shown.append("%")
        elif one.kind == "digits":
            for sign in one.text:
                if sign == ".":
                    pointed = True
                    shown.append(tail)
                elif sign != "," and not pointed and waiting:
                    shown.append(waiting.pop(0))
    return "".join(shown)


_DAY = 86_400


def _moment(tokens: tuple[Token, ...], value: Decimal, locale: Locale, of: NumberFormat) -> str | None:
    places = max((len(one.text) - 1 for one in tokens if one.kind == "digits"), default=0)
    elapsed = any(one.kind == "elapsed" for one in tokens)
    if value < 0 and not elapsed:
        return None
    minus = "-" if value < 0 else ""
    seconds = (abs(value) * _DAY).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    day = None
    if any(one.kind in {"y", "m", "d", "day"} for one in tokens):
        day = _day(int(seconds // _DAY), from_1904=of.from_1904)
        if day is None or minus:
            return None
    clock = _Clock(seconds, day, locale, half=any(one.kind == "half" for one in tokens))
    shown = []
    for one in tokens:
        text = clock.shown(one)
        if text is None:
            return None
        shown.append(text)
    return minus + "".join(shown)


def _day(serial: int, *, from_1904: bool) -> date | None:
    """The day that a workbook counts so. Day 60 of 1900 never was: Excel has it from Lotus 1-2-3."""
    if from_1904:
        first = date(1904, 1, 1)
    elif 0 < serial < 60:
        first = date(1899, 12, 31)
    elif serial > 60:
        first = date(1899, 12, 30)
    else:
        return None
    try:
        return first + timedelta(days=serial)
    except OverflowError:
        return None


@dataclass(frozen=True, slots=True)
class _Clock:
    """What each sign of a date or a time stands for."""

    seconds: Decimal
    day: date | None
    locale: Locale
    half: bool

    def shown(self, one: Token) -> str | None:
        if one.kind == "text":
            return one.text
        if one.kind in {"y", "m", "d", "day"}:
            return None if self.day is None else self._of_day(one, self.day)
        whole = int(self.seconds)
        if one.kind == "elapsed":
            unit = {"h": 3_600, "m": 60, "s": 1}[one.text[0]]
            return f"{whole // unit:0{len(one.text)}d}"
        if one.kind == "digits":
            # What follows the seconds: `.00`; any other digit in a date is not known.
            decimals = f"{self.seconds:f}".partition(".")[2]
            return f"{self.locale.decimal}{decimals}" if one.text.strip("0") == "." else None
        if one.kind == "moment":
            return self.locale.moment(time(whole // 3_600 % 24, whole // 60 % 60, whole % 60), "medium")
        return self._of_time(one, whole % _DAY)

    def _of_time(self, one: Token, whole: int) -> str | None:
        hour = whole // 3_600
        if one.kind == "half":
            first, last = ("AM", "PM") if one.text == "am/pm" else ("A", "P")
            return first if hour < 12 else last
        number = {
            "h": (hour - 1) % 12 + 1 if self.half else hour,
            "minutes": whole // 60 % 60,
            "s": whole % 60,
        }.get(one.kind)
        return None if number is None else f"{number:0{len(one.text)}d}"

    def _of_day(self, one: Token, day: date) -> str:
        if one.kind == "day":
            return self.locale.day(day, "full") if self.locale.name else day.isoformat()
        if one.kind == "y":
            return f"{day.year:04d}" if len(one.text) > 2 else f"{day.year % 100:02d}"
        number = day.day if one.kind == "d" else day.month
        if len(one.text) <= 2:
            return f"{number:0{len(one.text)}d}"
        if one.kind == "d":
            return self.locale.weekday(day.weekday(), short=len(one.text) == 3)
        name = self.locale.month(number, short=len(one.text) == 3)
        return name[:1] if len(one.text) == 5 else name
