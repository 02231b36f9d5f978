"""Numbers that are not written as they should be: what was put right in those that leave one reading, and what would help.

Nothing here decides what a number is. A label says how far a cell is from the number that was read in it, a rival is another
way to read it, and a suggestion is for a person to take up.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from smscampaign.countries import CountryName
from smscampaign.languages import Sentence, say
from smscampaign.model import Reason, Recipient, Repair

# Enumeration members are slow to reach on Python 3.11.
_LEADING_ZERO, _LEADING_PLUS = Repair.LEADING_ZERO, Repair.LEADING_PLUS
_DOUBLE_ZERO, _BRACKETED_ZERO = Repair.DOUBLE_ZERO, Repair.BRACKETED_ZERO
_STRAY_SIGN = Repair.STRAY_SIGN

KIN = (
    ("FR", "RE", "GP", "MQ", "GF", "YT", "PM", "BL", "MF", "NC", "PF", "WF"),
    ("NL", "AW", "CW", "SX", "BQ"),
    ("DK", "FO", "GL"),
    ("GB", "GI", "FK"),
    ("US", "PR", "GU"),
)
"""Countries and their territories with codes of their own: a file of the one often has numbers of the other."""

_PUNCTUATION = re.compile(r"[\d ().\-/\[\]‐-―−'’]*")
_NO_DIGITS, _FIRST = re.compile(r"\D+"), re.compile(r"[+＋\d]")
_LOOK_ALIKE = str.maketrans("OoIlQ", "00110")
_WORDS = re.compile(r"[^\W\d_]+")
# A letter alone beside a digit is a slip of the hand, and stands where a digit is missing.
_TYPO = re.compile(r"\d[^\W\d_](?![^\W\d_])|(?<![^\W\d_])[^\W\d_]\d")
_DATE = re.compile(r"(\d{1,4})([-/.])(\d{1,2})\2(\d{1,4})(?:[ T]\d{1,2}:\d\d.*)?")


class Habits(NamedTuple):
    """How numbers are written in one region.

    `abroad` gives where the country code begins, past a plus or what dials abroad, and 0 without; `trunk` is what a number
    begins with at home without being part of it, such as 0; `lengths` are those of a mobile number without that.
    """

    region: str
    code: str
    abroad: Callable[[str], int]
    trunk: str
    lengths: tuple[int, ...]


def bare(text: str) -> str:
    """The text's digits as ASCII, with a plus if it opens with one."""
    digits = _NO_DIGITS.sub("", text)
    if not digits.isascii():
        digits = "".join(str(unicodedata.decimal(sign)) for sign in digits)
    first = _FIRST.search(text)
    return f"+{digits}" if first and first[0] in "+＋" else digits


def is_spelled_plainly(text: str) -> bool:
    """Whether a text is digits and the punctuation of telephone numbers, so that adding a sign gives another spelling."""
    return _PUNCTUATION.fullmatch(text) is not None


def repair_of(digits: str, msisdn: str, habits: Habits) -> Repair | None:
    """What makes `digits` another spelling than the right one of a number that was read in them; None if nothing.

    It compares beginnings only, so that it is as true of numbers without their last digits.
    """
    if digits[:1] == "+":
        return _BRACKETED_ZERO if digits != msisdn and _drops_zero(digits, msisdn) else None
    at = habits.abroad(digits)
    if at:
        number = "+" + digits[at:]
        return _BRACKETED_ZERO if number != msisdn and _drops_zero(number, msisdn) else _DOUBLE_ZERO
    code = f"+{habits.code}"
    if not msisdn.startswith(code):
        return None
    number = msisdn[len(code) :]
    if digits == number:
        return _LEADING_ZERO if habits.trunk == "0" else None
    # In North America the trunk prefix is the country code.
    bare_code = habits.trunk != habits.code and digits in {habits.code + number, f"{habits.code}0{number}"}
    return _LEADING_PLUS if bare_code else None


def _drops_zero(number: str, msisdn: str) -> bool:
    """Whether the one is the other with a 0 more."""
    at = next((at for at, (a, b) in enumerate(zip(number, msisdn, strict=False)) if a != b), len(msisdn))
    return number[at : at + 1] == "0" and number[at + 1 :] == msisdn[at:]


def rivals(digits: str, habits: Habits, *, good: bool) -> Iterator[tuple[str, Repair]]:
    """Other spellings that may be meant by digits without a plus: with it, and with the zero, if they are not `good`."""
    if digits.startswith(habits.code):
        yield f"+{digits}", _LEADING_PLUS
    if not good and not digits.startswith("0"):
        yield f"0{digits}", _LEADING_ZERO


_SIGNS = re.compile("[+＋]")
_STRAY = re.compile(r"0\s*[+＋]")


def without_stray(text: str, digits: str, habits: Habits) -> Iterator[tuple[str, Repair]]:
    """A number without what does not belong before it: a plus before a zero (`+0655…`), a zero before the plus or the bare
    code (`0+33…`, `033…`).
    """
    if not is_spelled_plainly(_SIGNS.sub("", text)):
        return
    if digits.startswith("+0"):  # no country code begins with 0
        yield digits[1:], _STRAY_SIGN
    elif _STRAY.match(text) or (digits.startswith(f"0{habits.code}") and not habits.abroad(digits)):
        yield f"+{digits[1:]}", _STRAY_SIGN


def ambiguous(text: str, first: Recipient, second: Recipient) -> Sentence:
    """Why a cell that may be two people is sent to neither."""
    return say(
        "“{cell}” may be {first} in {place} or {second} in {other}; write it with + and its country code.",
        cell=text,
        first=first.msisdn,
        place=CountryName(first.country),
        second=second.msisdn,
        other=CountryName(second.country),
    )


Mobile = Callable[[str, str], Recipient | None]
"""The mobile number that digits are for a region, if that is quickly told."""

_LETTERED, _INVALID = Reason.NUMBER_LETTERS, Reason.NUMBER_INVALID
_MAY_BE_ELSEWHERE = frozenset(
    {
        Reason.NUMBER_INVALID,
        Reason.NUMBER_TOO_SHORT,
        Reason.NUMBER_TOO_LONG,
        Reason.NUMBER_LANDLINE,
        Reason.NUMBER_PREMIUM,
        Reason.NUMBER_UNKNOWN_TYPE,
        Reason.NUMBER_SPREADSHEET,
    }
)
WRONG_LENGTH = frozenset({Reason.NUMBER_INVALID, Reason.NUMBER_TOO_SHORT, Reason.NUMBER_TOO_LONG})


def may_be_elsewhere(reason: Reason) -> bool:
    """Whether a cell refused for this reason can be a number of another region all the same."""
    return reason in _MAY_BE_ELSEWHERE


def suggestion(text: str, reason: Reason, habits: Habits, mobile: Mobile, allowed: Sequence[str]) -> str:
    """What would put a refused cell right, as far as that can be guessed; empty when it cannot.

    `allowed` are the regions that were tried.
    """
    if _is_date(text):
        return say("It looks like a date; is this the column of the numbers?")
    if reason is _LETTERED:
        return _unlettered(text, habits, mobile)
    if reason not in _MAY_BE_ELSEWHERE or not is_spelled_plainly(text.removeprefix("+")):
        return ""
    digits = bare(text)
    length = _length(digits, habits) if reason in WRONG_LENGTH else ""
    if habits.abroad(digits):
        return length
    # Cut off at home is likelier than whole in a territory whose numbers are as short, and which needs no zero before them.
    cut = reason is not _INVALID and (length or (habits.trunk and digits.startswith(habits.trunk)))
    kin = "" if cut else _among_kin(digits, habits, mobile, allowed)
    plus = kin or _with_plus(digits, habits, mobile) or _without_zero(digits, habits, mobile)
    if plus and not kin and length and any(mobile(digits[:-over], habits.region) for over in (1, 2)):
        return say("{first} {second}", first=length, second=plus)
    return plus or length


def _is_date(text: str) -> bool:
    """Whether a text is a day of these centuries, with the year first or last: `2026-03-01`, `01/03/2026 12:00`."""
    found = _DATE.fullmatch(text)
    if not found:
        return False
    first, middle, last = int(found[1]), int(found[3]), int(found[4])
    year, day, month = (first, last, middle) if first > 31 else (last, first, middle)
    # Americans put the month first.
    low, high = sorted((day, month))
    return 1900 <= year <= 2099 and 1 <= low <= 12 and high <= 31


def _unlettered(text: str, habits: Habits, mobile: Mobile) -> str:
    """The number in a cell with letters: with digits for those that look like some, or without the words around it."""
    clean = _WORDS.sub(_digits_for, text)
    pieces = [piece for piece in _WORDS.split(clean) if any(map(str.isdecimal, piece))]
    found = mobile(bare(pieces[0]), habits.region) if len(pieces) == 1 and not _TYPO.search(clean) else None
    if found is None:
        return ""
    if clean != text:
        return say("With digits for the letters it would be {number}.", number=found.msisdn)
    return say("Without the letters it would be {number}.", number=found.msisdn)


def _digits_for(word: re.Match[str]) -> str:
    digits = word[0].translate(_LOOK_ALIKE)
    return digits if digits.isdecimal() else word[0]


def _among_kin(digits: str, habits: Habits, mobile: Mobile, allowed: Sequence[str]) -> str:
    kin = next((group for group in KIN if habits.region in group), ())
    found = {
        one.msisdn: one
        for place in kin
        if place not in allowed and (one := mobile(digits, place)) is not None
    }
    if not found:
        return ""
    first, *others = found.values()
    # In TOML, as it is to be copied.
    regions = ", ".join(f'"{region}"' for region in (*allowed, *(one.country for one in found.values())))
    if not others:
        return say(
            "It would be valid in {place}: set regions = [{regions}].",
            place=CountryName(first.country),
            regions=regions,
        )
    return say(
        "It would be valid in {place} and in {other}: write it with + and its country code.",
        place=CountryName(first.country),
        other=CountryName(others[0].country),
    )


def _with_plus(digits: str, habits: Habits, mobile: Mobile) -> str:
    abroad = mobile(f"+{digits}", habits.region) if len(digits) >= 10 and digits[0] != "0" else None
    if abroad is None:
        return ""
    return say(
        "With a plus it would be {number} in {place}.",
        number=abroad.msisdn,
        place=CountryName(abroad.country),
    )


def _without_zero(digits: str, habits: Habits, mobile: Mobile) -> str:
    """Where no number has a zero before it any more; it may be one from elsewhere."""
    found = mobile(digits[1:], habits.region) if digits.startswith("0") and not habits.trunk else None
    return say("Without the zero it would be {number}.", number=found.msisdn) if found else ""


def _length(digits: str, habits: Habits) -> str:
    """How many digits are too few or too many, if it is one or two."""
    number = digits[habits.abroad(digits) :]
    if number != digits or number.startswith(habits.code):
        if not number.startswith(habits.code):
            return ""
        number = number[len(habits.code) :]
    length = len(number.removeprefix(habits.trunk))
    off = min((length - one for one in habits.lengths), key=abs, default=0)
    if off in {1, 2}:
        return say("{n} digit too many?", "{n} digits too many?", n=off)
    if off in {-1, -2}:
        return say("{n} digit missing?", "{n} digits missing?", n=-off)
    return ""
