"""One cell read by the library: what is done to it before, and why it is not a number that can be sent to.

The reasons are sentences of `languages`. Nothing is put right here; that is for `repairs`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import phonenumbers
from phonenumbers import (
    NumberParseException,
    PhoneNumber,
    PhoneNumberType,
    ValidationResult,
)

from smscampaign.countries import CountryName, is_country
from smscampaign.languages import Sentence, mark, say
from smscampaign.model import Reason, Recipient
from smscampaign.phone.pieces import count_digits, pieces_of


@dataclass(frozen=True, slots=True)
class NotANumber:
    """Why a cell cannot be sent to, and one sentence for a person (it may quote the cell: never log it).

    `suggestion` is what would put it right, where that can be guessed, or empty.
    """

    reason: Reason
    detail: str
    suggestion: str = ""


# Rules before parsing -------------------------------------------------------------------------------------------

_BREAKS = "\n\r\x0b\x0c\x85\u2028\u2029"
SPACES = "\t\x1c\x1d\x1e\x1f\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
UNSEEN = "\xad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"
"""Soft hyphen, zero-width and bidirectional marks, as the inside of a regular expression's character class."""

_UNSEEN = re.compile(f"[{UNSEEN}]")
_PLAIN = str.maketrans(dict.fromkeys(_BREAKS, "\n") | dict.fromkeys(SPACES, " "))
_LEAD = re.compile(r"['‘’\s]*(?:tel:\s*)?", re.IGNORECASE)
_NOTHING = frozenset({"n/a", "na", "nan", "nil", "none", "null"})
_SCIENTIFIC = re.compile(r"[+-]?\d+(?:[.,]\d+)?e[+-]?\d+", re.IGNORECASE)
_DECIMAL = re.compile(r"(\+?\d{6,})[.,]0{1,2}")
_EXACT = re.compile(r"(\+?)(\d+)[.,](\d+)e\+?(\d{1,2})", re.IGNORECASE)
# Those of Excel, Google Sheets and LibreOffice Calc in several languages: #REF!, #VALEUR!, #ARG!, #¿NOMBRE?, #N/D!, Err:502.
_ERROR = re.compile(r"#[¡¿]?[^\W\d_][\w/]*[!?]|#(?:N/[AD]|NV)|(?:Err|Błąd)\s?:\d{3}", re.IGNORECASE)
_NARROW = re.compile(r"#{3,}")
# Signs that people put between digits and the library does not know; thousands as a spreadsheet parts them.
_DOTS = str.maketrans(dict.fromkeys("·•∙⋅‧・", " "))
_THOUSANDS = re.compile(r"\+?\d{1,3}(?:,\d{3}){2,4}|\+?\d{2}(?:,\d{2}){4}")


def plain(cell: str) -> str:
    """The cell with ordinary spaces only, without marks that do not show, a leading apostrophe or `tel:`."""
    text = _UNSEEN.sub("", cell).translate(_PLAIN).translate(_DOTS).strip()
    lead = _LEAD.match(text)
    text = text[lead.end() :] if lead else text
    return text.replace(",", " ") if "," in text and _THOUSANDS.fullmatch(text) else text


def clipped(text: str) -> str:
    """A cell as a sentence quotes it: one line of at most 40 characters."""
    line = " ".join(text.split())
    return f"{line[:39]}…" if len(line) > 40 else line


def refused_unread(text: str, region: str) -> NotANumber | None:
    """What can be said of a cell without reading it as a number, and must be: parsing would make digits of it."""
    lettered = any(map(str.isalpha, text))
    if shown := _instead_of_value(text):
        return NotANumber(Reason.NUMBER_SPREADSHEET, shown)
    if not count_digits(text) and (not lettered or text.lower() in _NOTHING):
        return NotANumber(
            Reason.NUMBER_MISSING, say("There is no number in this row; fill it in or remove the row.")
        )
    if spoilt := _spreadsheet(text):
        return NotANumber(Reason.NUMBER_SPREADSHEET, spoilt)
    if (several := len(pieces_of(text, region))) > 1:
        detail = say(
            "“{cell}” holds {n} number; keep one of them, or give each its own row.",
            "“{cell}” holds {n} numbers; keep one of them, or give each its own row.",
            cell=clipped(text),
            n=several,
        )
        return NotANumber(Reason.NUMBER_SEVERAL, detail)
    if lettered:
        detail = say("“{cell}” has letters in it; write the number in digits only.", cell=clipped(text))
        return NotANumber(Reason.NUMBER_LETTERS, detail)
    return None


def whole_of_decimal(text: str) -> str | None:
    """`612345678` of `612345678.0` and `6.12345678E8`, which is what programs make of a number; None for anything else.

    In scientific notation nothing is lost when the last digit of the number stands in it: `6.123E8` may be any of 100 000.
    """
    text = text.replace(" ", "")
    if found := _DECIMAL.fullmatch(text):
        return found[1]
    exact = _EXACT.fullmatch(text)
    if not exact:
        return None
    plus, units, decimals, power = exact[1], exact[2], exact[3], int(exact[4])
    whole = (units + decimals[:power]).lstrip("0")
    return (
        plus + whole
        if power <= len(decimals) and not decimals[power:].strip("0") and len(whole) >= 6
        else None
    )


def _instead_of_value(text: str) -> Sentence | None:
    """What is said of what a spreadsheet shows where it has, or has room for, no value."""
    if _ERROR.fullmatch(text):
        return say(
            "“{cell}” is an error of the spreadsheet; correct the formula there and save again.",
            cell=clipped(text),
        )
    if _NARROW.fullmatch(text):
        return say(
            "“{cell}” is what a spreadsheet shows where a column is too narrow; widen it there and save again.",
            cell=clipped(text),
        )
    return None


def _spreadsheet(text: str) -> Sentence | None:
    if whole_of_decimal(text):
        return say(
            "“{cell}” was turned into a decimal by a spreadsheet; format the column as text before saving.",
            cell=clipped(text),
        )
    if _SCIENTIFIC.fullmatch(text.replace(" ", "")):
        return say(
            "“{cell}” is what a spreadsheet made of a long number, and digits of it are lost; go back to"
            " the source and format the column as text before saving.",
            cell=clipped(text),
        )
    return None


# Reading --------------------------------------------------------------------------------------------------------

_KINDS = {
    PhoneNumberType.PREMIUM_RATE: (
        Reason.NUMBER_PREMIUM,
        mark("“{cell}” is a premium-rate number in {place}; ask for a mobile number."),
    ),
    PhoneNumberType.SHARED_COST: (
        Reason.NUMBER_PREMIUM,
        mark("“{cell}” is a shared-cost number in {place}; ask for a mobile number."),
    ),
    PhoneNumberType.TOLL_FREE: (
        Reason.NUMBER_UNKNOWN_TYPE,
        mark("“{cell}” is a toll-free number in {place}; ask for a mobile number."),
    ),
    PhoneNumberType.VOIP: (
        Reason.NUMBER_UNKNOWN_TYPE,
        mark("“{cell}” is an internet telephony (VoIP) number in {place}; ask for a mobile number."),
    ),
    PhoneNumberType.PERSONAL_NUMBER: (
        Reason.NUMBER_UNKNOWN_TYPE,
        mark("“{cell}” is a personal number that forwards calls in {place}; ask for a mobile number."),
    ),
    PhoneNumberType.PAGER: (
        Reason.NUMBER_UNKNOWN_TYPE,
        mark("“{cell}” is a pager in {place}; ask for a mobile number."),
    ),
    PhoneNumberType.UAN: (
        Reason.NUMBER_UNKNOWN_TYPE,
        mark("“{cell}” is a company's universal access number in {place}; ask for a mobile number."),
    ),
    PhoneNumberType.VOICEMAIL: (
        Reason.NUMBER_UNKNOWN_TYPE,
        mark("“{cell}” is a voicemail access number in {place}; ask for a mobile number."),
    ),
}
_MOBILE = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})


def read(text: str, home: str) -> Recipient | NotANumber:
    """What the library reads in plain text, for a region: a mobile number, or why not."""
    try:
        number = phonenumbers.parse(text, home)
    except NumberParseException as problem:
        return _unreadable(problem.error_type, text, home)
    if number.extension:
        detail = say(
            "“{cell}” has an extension, which no SMS can reach; leave the number alone in the cell.",
            cell=clipped(text),
        )
        return NotANumber(Reason.NUMBER_INVALID, detail)
    if not phonenumbers.is_valid_number(number):
        return _not_valid(number, text, home)
    return _by_kind(number, text)


def _by_kind(number: PhoneNumber, text: str) -> Recipient | NotANumber:
    kind = phonenumbers.number_type(number)
    place = phonenumbers.region_code_for_number(number)
    cell = clipped(text)
    if not is_country(place):
        detail = say(
            "“{cell}” belongs to a worldwide network (+{code}), not to a country.",
            cell=cell,
            code=number.country_code,
        )
        return NotANumber(Reason.NUMBER_UNKNOWN_TYPE, detail)
    if kind in _MOBILE:
        return Recipient(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), place)
    if kind == PhoneNumberType.FIXED_LINE:
        return landline(text, number.country_code or 0, place)
    reason, pattern = _KINDS[kind]
    return NotANumber(reason, say(pattern, cell=cell, place=CountryName(place)))


def landline(text: str, code: int, region: str) -> NotANumber:
    """Why digits with this country code that are a landline of a region are not sent to."""
    place, cell = CountryName(region), clipped(text)
    detail = say("“{cell}” is a landline in {place}; ask for a mobile number.", cell=cell, place=place)
    if text.startswith(str(code)):
        detail = say(
            "“{cell}” is a landline in {place}; ask for a mobile number, or write +{code}… if it begins with the"
            " country code.",
            cell=cell,
            place=place,
            code=code,
        )
    return NotANumber(Reason.NUMBER_LANDLINE, detail)


def _unreadable(error: int, text: str, home: str) -> NotANumber:
    cell = clipped(text)
    if error == NumberParseException.TOO_LONG:
        return NotANumber(Reason.NUMBER_TOO_LONG, say("“{cell}” is too long for a phone number.", cell=cell))
    if error == NumberParseException.INVALID_COUNTRY_CODE:
        return NotANumber(
            Reason.NUMBER_INVALID, say("“{cell}” does not start with the code of any country.", cell=cell)
        )
    if error != NumberParseException.NOT_A_NUMBER or count_digits(text) < 3:
        return NotANumber(
            Reason.NUMBER_TOO_SHORT, say("“{cell}” is too short for a phone number.", cell=cell)
        )
    detail = say("“{cell}” cannot be read as a number in {place}.", cell=cell, place=CountryName(home))
    return NotANumber(Reason.NUMBER_INVALID, detail)


def _not_valid(number: PhoneNumber, text: str, home: str) -> NotANumber:
    if count_digits(text) <= 6 and phonenumbers.is_valid_short_number_for_region(number, home):
        place = _of(number.country_code or 0, home)
        detail = say(
            "“{cell}” is a short code in {place}, not a person's number.", cell=clipped(text), place=place
        )
        return NotANumber(Reason.NUMBER_SHORT_CODE, detail)
    length = phonenumbers.is_possible_number_with_reason(number)
    return not_valid(text, number.country_code or 0, home, length)


_TOO_SHORT, _TOO_LONG = Reason.NUMBER_TOO_SHORT, Reason.NUMBER_TOO_LONG
_BY_LENGTH = {
    ValidationResult.TOO_SHORT: (_TOO_SHORT, mark("“{cell}” is too short for a number in {place}.")),
    ValidationResult.IS_POSSIBLE_LOCAL_ONLY: (_TOO_SHORT, mark("“{cell}” lacks its area code in {place}.")),
    ValidationResult.TOO_LONG: (_TOO_LONG, mark("“{cell}” is too long for a number in {place}.")),
}


def not_valid(text: str, code: int, home: str, length: int) -> NotANumber:
    """Why digits with this country code, read for `home`, are nobody's number; `length` is a `ValidationResult`."""
    place, cell = _of(code, home), clipped(text)
    if length in _BY_LENGTH:
        reason, pattern = _BY_LENGTH[length]
        return NotANumber(reason, say(pattern, cell=cell, place=place))
    if code != phonenumbers.country_code_for_region(home) or text.startswith(("+", "00")):
        detail = say(
            "“{cell}” is not a valid number in {place}; check it where it came from.", cell=cell, place=place
        )
    else:
        detail = say(
            "“{cell}” is not a valid number in {place}; write it with + and its country code if it is from"
            " elsewhere.",
            cell=cell,
            place=place,
        )
    return NotANumber(Reason.NUMBER_INVALID, detail)


def _of(code: int, home: str) -> CountryName | Sentence:
    return CountryName(home) if code == phonenumbers.country_code_for_region(home) else _whose(code)


@cache
def _whose(code: int) -> CountryName | Sentence:
    region = phonenumbers.region_code_for_country_code(code)
    return CountryName(region) if is_country(region) else say("the worldwide network +{code}", code=code)
