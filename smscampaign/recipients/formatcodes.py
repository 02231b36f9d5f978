"""The language of number formats, taken apart: sections and signs of codes such as `#,##0.00 "€";[Red]-#,##0.00 "€"`.

ECMA-376, part 1, 18.8.31 (https://ecma-international.org/publications-and-standards/standards/ecma-376/). What it has and
this has not (fractions, eras, other calendars and digits) is nobody's guess: such a format is not known.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from smscampaign.locales import Locale, of_windows


class UnknownFormat(ValueError):
    """A number format that is not known here."""


@dataclass(frozen=True, slots=True)
class Token:
    """One sign of a format: what kind it is, and as it is written."""

    kind: str
    text: str


Part = tuple[list[Token], "Callable[[Decimal], bool] | None", "Locale | None"]
"""A section: its signs, the numbers that it is for where it says so, and whose names and customs it asks for."""


def sections(code: str) -> list[str]:
    """The sections of a code; a semicolon in quotes, after a backslash or in brackets parts none."""
    found, piece = [], ""
    for sign in re.findall(r'"[^"]*"|\\.|\[[^\]]*\]|;|[^;"\\\[]+|.', code, re.DOTALL):
        if sign == ";":
            found.append(piece)
            piece = ""
        else:
            piece += sign
    return [*found, piece]


_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|_(?P<wide>.)|\*(?P<fill>.)|\[(?P<bracket>[^\]]*)\]'
    r"|(?P<general>general|standard)|(?P<half>am/pm|a/p)|(?P<power>e[+-][0#?]+)|(?P<digits>[0#?.,]+)"
    r"|(?P<y>y+)|(?P<m>m+)|(?P<d>d+)|(?P<h>h+)|(?P<s>s+)|(?P<percent>%)|(?P<at>@)|(?P<other>[^A-Za-z\"\\\[\]/]|/)",
    re.IGNORECASE | re.DOTALL,
)
_COLOURS = re.compile(r"black|blue|cyan|green|magenta|red|white|yellow|color ?\d{1,2}", re.IGNORECASE)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)\s*(-?\d+(?:\.\d+)?)")
_COMPARED = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "<>": operator.ne,
}
_ELAPSED = re.compile(r"h+|m+|s+", re.IGNORECASE)
_CURRENCY = re.compile(r"\$([^-]*)(?:-([0-9A-Fa-f]{1,8}|x-sysdate|x-systime))?")
_SYSTEM = {"f800": "day", "x-sysdate": "day", "f400": "moment", "x-systime": "moment"}
DATES = frozenset("ymdhs")


def tokens_of(part: str) -> Part:
    """One section taken apart. Raises UnknownFormat."""
    tokens: list[Token] = []
    condition, locale, at = None, None, 0
    while at < len(part):
        found = _TOKEN.match(part, at)
        if found is None:
            raise UnknownFormat(part)
        kind, text, at = found.lastgroup or "", found[found.lastgroup or 0], found.end()
        if kind == "bracket":
            if compared := _CONDITION.fullmatch(text):
                condition = _condition(compared[1], Decimal(compared[2]))
            elif known := _CURRENCY.fullmatch(text):
                locale = _tag(known, tokens) or locale
            elif _ELAPSED.fullmatch(text):
                tokens.append(Token("elapsed", text.lower()))
            elif not _COLOURS.fullmatch(text):
                raise UnknownFormat(part)
        elif kind in {"quoted", "escaped", "other"}:
            tokens.append(Token("text", text))
        elif kind == "at":
            tokens.append(Token("@", ""))
        elif kind not in {"wide", "fill"}:  # room in a column, which a text has not
            tokens.append(Token(kind, text.lower()))
    return _refused_or(tokens, part), condition, locale


def _condition(sign: str, bound: Decimal) -> Callable[[Decimal], bool]:
    compare = _COMPARED[sign]
    return lambda value: bool(compare(value, bound))


def _tag(known: re.Match[str], tokens: list[Token]) -> Locale | None:
    """What `[$€-40C]` says: a sign that is shown, and whose names and customs."""
    sign, code = known[1], (known[2] or "").lower()
    if sign:
        tokens.append(Token("text", sign))
    if not code:
        return None
    if code in _SYSTEM:
        tokens.append(Token(_SYSTEM[code], ""))
        return None
    number = int(code, 16)
    # Above the language stand other calendars and digits; 0x1010 are the usual ones.
    locale = of_windows(number) if number >> 16 in {0, 0x1010} else None
    # `[$€-2]` is a sign and no country.
    if locale is None and (number >> 16 or not sign):
        raise UnknownFormat(code)
    return locale


def _refused_or(tokens: list[Token], part: str) -> list[Token]:
    """The tokens, with minutes told from months. Raises UnknownFormat for what does not go together."""
    kinds = {one.kind for one in tokens}
    timed = kinds & {*DATES, "elapsed", "half", "day", "moment"}
    if timed and kinds & {"power", "percent", "general", "@"}:
        raise UnknownFormat(part)
    if not timed and any(one == Token("text", "/") for one in tokens) and "digits" in kinds:
        raise UnknownFormat(part)  # a fraction
    if kinds & {"day", "moment"}:
        # The system's own way to write it; what follows is only for programs that do not know that.
        return [next(one for one in tokens if one.kind in {"day", "moment"})]
    if any(len(one.text) > {"y": 4, "m": 5, "d": 4, "h": 2, "s": 2}.get(one.kind, 99) for one in tokens):
        raise UnknownFormat(part)
    return _minutes(tokens) if timed else tokens


def _minutes(tokens: list[Token]) -> list[Token]:
    """`m` beside hours or seconds is minutes."""
    clock = [at for at, one in enumerate(tokens) if one.kind in {*DATES, "elapsed"}]
    found = list(tokens)
    for place, at in enumerate(clock):
        if tokens[at].kind != "m":
            continue
        before = tokens[clock[place - 1]] if place else Token("", "")
        after = tokens[clock[place + 1]] if place + 1 < len(clock) else Token("", "")
        if before.kind == "h" or before == Token("elapsed", "h") or before.text == "hh" or after.kind == "s":
            found[at] = Token("minutes", tokens[at].text)
    return found
