"""Several numbers in one cell: where one ends and the next begins, whatever stands between them."""

from __future__ import annotations

import re

import phonenumbers
from phonenumbers import NumberParseException

_BETWEEN = re.compile(r"[/,;|\n]|(?<=.)(?=[+＋])|\s(?:or|ou|oder|lub|o|and|et|und|i|y|e|&)\s", re.IGNORECASE)
_GROUP = re.compile(r"[+＋]?\d+")
# Two numbers have as many digits at least, and what is longer than the second figure is no cell of a few numbers.
_FEWEST, _MOST = 14, 80


def pieces_of(text: str, region: str) -> list[str]:
    """The pieces of a cell that could each be a number: `01/23/45/67/89` is one number, not five."""
    parts = _BETWEEN.split(text)
    found = [part for part in parts if count_digits(part) >= 7 or _is_number(part, region)]
    if len(parts) > 1 and len(found) > 1:
        return found
    digits = count_digits(text)
    if not _FEWEST <= digits <= _MOST or any(map(str.isalpha, text)) or _number(text, region):
        return [text]
    groups = _GROUP.findall(text)
    if len(groups) == 1:
        half, odd = divmod(len(groups[0]), 2)
        groups = groups if odd else [groups[0][:half], groups[0][half:]]
    return _cut(groups, region) or [text]


def once(text: str, region: str) -> str:
    """The first of the pieces where all of them are one number; else the text."""
    if count_digits(text) < _FEWEST:
        return text
    pieces = pieces_of(text, region)
    if len(pieces) < 2:
        return text
    numbers = {_number(piece, region) for piece in pieces}
    return pieces[0].strip() if len(numbers) == 1 and None not in numbers else text


def count_digits(text: str) -> int:
    """How many digits there are in it."""
    return sum(map(str.isdecimal, text))


def _cut(groups: list[str], region: str) -> list[str]:
    """Groups of digits as numbers that are whole, one behind the other; empty where they are not."""
    if not groups:
        return []
    for end in range(1, len(groups) + 1):
        first = " ".join(groups[:end])
        if count_digits(first) > 15:
            break
        if count_digits(first) >= 7 and _number(first, region):
            rest = _cut(groups[end:], region)
            if rest or end == len(groups):
                return [first, *rest]
    return []


def _is_number(piece: str, region: str) -> bool:
    return (
        count_digits(piece) >= 5 and not any(map(str.isalpha, piece)) and _number(piece, region) is not None
    )


def _number(text: str, region: str) -> str | None:
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
