"""Phone numbers as people type them, to E.164: the one door to `phonenumbers`.

`normalise_slowly` is the meaning: a few rules before parsing, then the library, then what can be put right in one way only.
`Normaliser` gives the same answers, word for word, some ten times faster.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache, lru_cache
from operator import add, itemgetter
from typing import Any, NamedTuple

import phonenumbers

from smscampaign.languages import say
from smscampaign.model import Reason, Recipient, Repair, Rescued
from smscampaign.phone import renumbering, repairs
from smscampaign.phone.patterns import TAIL, CountryCode, Families, Home, plan_of
from smscampaign.phone.pieces import once
from smscampaign.phone.reading import (
    SPACES,
    UNSEEN,
    NotANumber,
    clipped,
    landline,
    not_valid,
    plain,
    read,
    refused_unread,
    whole_of_decimal,
)
from smscampaign.phone.regions import REGIONS, country, known_region
from smscampaign.phone.renumbering import CODE_OF

__all__ = ["REGIONS", "Normaliser", "NotANumber", "country", "known_region", "normalise_slowly"]

Found = Recipient | NotANumber


# The reference --------------------------------------------------------------------------------------------------


def normalise_slowly(cell: str, region: str, others: Sequence[str] = ()) -> Found:
    """The cell as a recipient, or why not, read for `region` unless it starts with + or an international prefix.

    Mobile numbers, and those of countries where mobile and landline look alike, are accepted. A spelling that is not right
    is accepted as `Rescued` if exactly one mobile number can be meant. `others` are regions it is read for when it is no
    mobile number of its own.
    """
    home = known_region(region)
    text = plain(cell)
    found = _read_at_home(text, home)
    if isinstance(found, NotANumber) and others:
        found = _read_elsewhere(found, text, home, others)
    if not isinstance(found, NotANumber):
        return found
    allowed = tuple(dict.fromkeys((home, *others)))
    said = whole_of_decimal(text) or text
    wish = renumbering.suggestion(said, found.reason, _reader(home).habits) or repairs.suggestion(
        said, found.reason, _reader(home).habits, _quickly, allowed
    )
    return replace(found, suggestion=wish) if wish else found


def _read_at_home(text: str, home: str) -> Found:
    text = once(text, home)
    refused = refused_unread(text, home)
    whole = whole_of_decimal(text)
    if refused is not None:
        return _decimal(refused, text, whole, home) if whole else refused
    habits, found = _reader(home).habits, read(text, home)
    digits = repairs.bare(text)
    label = None
    if isinstance(found, Recipient):
        label = repairs.repair_of(digits, found.msisdn, habits)
        if label is None:
            return found
    meant = {found.msisdn: (found, label)} if isinstance(found, Recipient) and label else {}
    if repairs.is_spelled_plainly(text) and not habits.abroad(digits):
        for spelling, repair in repairs.rivals(digits, habits, good=bool(meant)):
            rival = read(spelling, home)
            if isinstance(rival, Recipient):
                meant.setdefault(rival.msisdn, (rival, repair))
    if isinstance(found, NotANumber) and not meant:
        meant = _put_right(text, digits, found, habits)
    return _only(text, meant) or found


def _put_right(
    text: str, digits: str, refused: NotANumber, habits: repairs.Habits
) -> dict[str, tuple[Recipient, Repair]]:
    """The one number that an old one has become, or that is left without a sign that does not belong there; by itself."""
    if refused.reason not in repairs.WRONG_LENGTH:
        return {}
    spellings = list(repairs.without_stray(text, digits, habits))
    if repairs.is_spelled_plainly(text.lstrip("+＋")):
        old = renumbering.of(digits, habits)
        spellings += [(old[0], Repair.RENUMBERED)] if old and old[1].sure else []
    read_anew = [(read(spelling, habits.region), repair) for spelling, repair in spellings]
    return {one.msisdn: (one, repair) for one, repair in read_anew if isinstance(one, Recipient)}


def _only(text: str, meant: dict[str, tuple[Recipient, Repair]]) -> Found | None:
    """The one number that can be meant, put right; a refusal that names two; None for none."""
    if not meant:
        return None
    (one, repair), *others = meant.values()
    if others:
        return NotANumber(Reason.NUMBER_AMBIGUOUS, repairs.ambiguous(clipped(text), one, others[0][0]))
    return Rescued(one.msisdn, one.country, repair)


def _decimal(refused: NotANumber, text: str, whole: str, home: str) -> Found:
    """A decimal as the number it names, unless the digits as they stand would be another number."""
    meant = _read_at_home(whole, home)
    if isinstance(meant, NotANumber):
        return refused
    # Nobody writes an E into a number: what stands there in scientific notation can only be what it names.
    joined = read(text, home) if not any(map(str.isalpha, text)) else meant
    if isinstance(joined, Recipient) and joined.msisdn != meant.msisdn:
        return NotANumber(Reason.NUMBER_AMBIGUOUS, repairs.ambiguous(clipped(text), meant, joined))
    return Rescued(meant.msisdn, meant.country, Repair.DECIMAL_ZERO)


def _read_elsewhere(refused: NotANumber, text: str, home: str, others: Sequence[str]) -> Found:
    """The cell read for the other regions, in their order: the one number it can be there, if there is one."""
    if not repairs.may_be_elsewhere(refused.reason) or _reader(home).habits.abroad(repairs.bare(text)):
        return refused
    meant: dict[str, Recipient] = {}
    for other in others:
        one = _read_at_home(text, known_region(other))
        if isinstance(one, Recipient):
            meant.setdefault(one.msisdn, one)
    if len(meant) > 1:
        first, second, *_ = meant.values()
        return NotANumber(Reason.NUMBER_AMBIGUOUS, repairs.ambiguous(clipped(text), first, second))
    return next(iter(meant.values()), refused)


def _quickly(digits: str, region: str) -> Recipient | None:
    home = _reader(region).home
    return home.recipient(digits) or _abroad(digits, home)


# The fast way ---------------------------------------------------------------------------------------------------


@cache
def _country_code(code: int) -> CountryCode:
    return CountryCode([plan_of(region) for region in phonenumbers.COUNTRY_CODE_TO_REGION_CODE[code]])


#: Of a family the number that ends with zeros, its region, and what is put right in the spelling of all of them.
_Known = tuple[int, str, Repair | None]


class _Reader(NamedTuple):
    """How numbers are read in one region, with the families met so far; memory is bounded by `_MOST_FAMILIES`."""

    region: str
    home: Home
    provable: Families
    habits: repairs.Habits
    families: dict[str, _Known | None]


@cache
def _reader(region: str) -> _Reader:
    code = _country_code(phonenumbers.country_code_for_valid_region(region))
    plan = code.main if code.main.region == region else plan_of(region)
    home = Home(plan, code)
    trunk = phonenumbers.ndd_prefix_for_region(region, True) or ""
    lengths = plan.mobile.lengths or plan.general.lengths
    habits = repairs.Habits(region, plan.code, home.abroad, trunk, lengths)
    return _Reader(region, home, Families(plan, code, _named), habits, {})


def _named(digits: str) -> CountryCode | None:
    code = CODE_OF.get(digits)
    return None if code is None else _country_code(code)


# Left out of a number, these change nothing in how it is read. Those beyond Latin-1 go first, then bytes.
_IDLE = re.compile(f"[{UNSEEN}{''.join(c for c in SPACES if c > ' ')}\u2010-\u2015\u2212]")
_LEADING = frozenset("'?tT")  # beyond Latin-1, a typographic apostrophe is a question mark by now
_LONGEST = 64
_MOST_FAMILIES = 20_000  # at some 200 bytes each; a country's own are a few hundred in each spelling


def _bare(cells: Sequence[str]) -> list[str]:
    """Each cell without its punctuation; what may not simply be left out stays, so that no expression matches."""
    joined = "\n".join(cells) + "\n"
    if joined.count("\n") != len(cells) or max(map(len, cells), default=0) > _LONGEST:
        return [_bare((cell,))[0] if "\n" not in cell and len(cell) <= _LONGEST else "" for cell in cells]
    if not joined.isascii():
        joined = _IDLE.sub("", joined)
    wire = joined.encode("latin-1", "replace").translate(None, b" \t")
    # A decimal made by a spreadsheet must not lose its point: 612345678.0 is not 6123456780.
    wire = wire.replace(b".0\n", b"?\n").replace(b".00\n", b"?\n").translate(None, b".-()[]\xb7")
    return wire.decode("latin-1").split("\n")[:-1]


def _second_look(cell: str, bare: str) -> str:
    """What is left without a leading apostrophe, `tel:`, and slashes that cannot part two numbers."""
    if bare[:1] in _LEADING:
        bare = _bare((plain(cell),))[0]
    if "/" in bare and sum(len(piece) >= 5 for piece in bare.split("/")) <= 1:
        bare = bare.replace("/", "")
    return bare


def _abroad(bare: str, home: Home) -> Recipient | None:
    at = home.abroad(bare)
    numbers = _named(bare[at : at + 3]) if at else None
    return numbers.recipient(bare, at + numbers.start) if numbers else None


# What is no number comes back: `N/A`, `unknown`, the switchboard of a firm. Reading one takes 80 µs, remembering it none.
_slowly = lru_cache(maxsize=4096)(normalise_slowly)


def _one(cell: str, bare: str, reader: _Reader, others: Sequence[str]) -> Found:
    home, head, tail = reader.home, bare[:-TAIL], bare[-TAIL:]
    if (known := reader.families.get(head)) and tail.isdecimal():  # since an earlier row of the block
        return _recipient(known[0] + int(tail), known[1], known[2])
    found = home.recipient(bare) or _abroad(bare, home)
    if found is None and (again := _second_look(cell, bare)) != bare:
        bare = again
        found = home.recipient(bare) or _abroad(bare, home)
    elif found and head and head not in reader.families:
        # Only after a number that was good: the beginnings of bad ones are without end.
        _learn(head, reader)
    if found is None:
        return _refused(cell, reader, others) or _slowly(cell, reader.region, others)
    if bare == found.msisdn:
        return found
    label = repairs.repair_of(bare, found.msisdn, reader.habits)
    if label is None:
        return found
    if label is Repair.LEADING_ZERO and bare.startswith(reader.habits.code):
        return _slowly(cell, reader.region, others)  # its beginning may be the country code
    return Rescued(found.msisdn, found.country, label)


# A number that has no sign but digits, spaces and hyphens; no short code has seven.
_DIGITS = re.compile(r"(?:\+[ -]?)?[0-9](?:[ -]?[0-9]){6,}", re.ASCII).fullmatch
_SEPARATORS = str.maketrans("", "", " -")
_MOST_OF_ONE = 13


def _refused(cell: str, reader: _Reader, others: Sequence[str] = ()) -> NotANumber | None:
    """The refusal of a number that is surely a landline or nobody's; None if the library has to be asked."""
    digits, home = cell.translate(_SEPARATORS), reader.home
    if not _DIGITS(cell) or _may_be_put_right(digits, reader.habits):
        return None
    if digits[0] == "+":
        numbers = _named(digits[1:4])
        national = numbers and numbers.main.significant(digits[1 + numbers.start :])
    else:
        # Without its 0 a number may be another.
        alone = digits[0] == "0" and not others and not home.abroad(digits)
        numbers, national = home.own, home.plan.significant(digits) if alone else None
    if not (numbers and national):
        return None
    code, length = int(numbers.main.code), numbers.refused(national)
    if length is not None:
        found = not_valid(cell, code, reader.region, length)
    elif place := numbers.landline(national):
        found = landline(cell, code, place)
    else:
        return None
    if numbers is not home.own:
        return found  # what would put it right is guessed for numbers of the region only
    wish = repairs.suggestion(cell, found.reason, reader.habits, _quickly, (reader.region,))
    return replace(found, suggestion=wish) if wish else found


def _may_be_put_right(digits: str, habits: repairs.Habits) -> bool:
    """Whether digits that are no number may be two numbers, one with a zero too many, or an old one."""
    two = len(digits) > _MOST_OF_ONE
    return two or digits.startswith(f"0{habits.code}") or renumbering.of(digits, habits) is not None


def _learn(head: str, reader: _Reader) -> None:
    if len(reader.families) >= _MOST_FAMILIES:
        reader.families.clear()
    family = reader.provable.of(head)
    known = None
    if family:
        prefix, region = family
        known = (int(prefix) * 10**TAIL, region, repairs.repair_of(head, prefix, reader.habits))
    reader.families[head] = known


def _recipient(number: int, region: str, repair: Repair | None) -> Recipient:
    return Recipient(f"+{number}", region) if repair is None else Rescued(f"+{number}", region, repair)


class Numbers(NamedTuple):
    """A column of numbers that has been read: without their plus, and the country of each; the rest by its place.

    Who is `refused` has 0 and no country; `repairs` were made.
    """

    numbers: list[int]
    countries: list[str]
    refused: dict[int, NotANumber]
    repairs: dict[int, Repair]

    def at(self, place: int) -> Found:
        """One of them."""
        if place in self.refused:
            return self.refused[place]
        return _recipient(self.numbers[place], self.countries[place], self.repairs.get(place))

    def put(self, place: int, found: Found) -> None:
        """Another answer at a place."""
        self.repairs.pop(place, None)
        if isinstance(found, NotANumber):
            self.numbers[place], self.countries[place], self.refused[place] = 0, "", found
            return
        self.numbers[place], self.countries[place] = int(found.msisdn), found.country
        if isinstance(found, Rescued):
            self.repairs[place] = found.repair


_NOBODY: _Known = (0, "", None)
_base, _region, _repair = map(itemgetter, range(3))
_head, _tail = itemgetter(slice(None, -TAIL)), itemgetter(slice(-TAIL, None))


def _read(cells: Sequence[str], readers: Sequence[_Reader], own: Sequence[str]) -> Numbers:
    """The numbers whose families are known all at once, and the others one by one; for `own` regions also as each other's."""
    bare = _bare(cells)
    heads, tails = map(_head, bare), list(map(_tail, bare))
    if readers and readers.count(readers[0]) == len(cells):
        known: list[Any] = list(map(readers[0].families.get, heads))
    else:
        known = [reader.families.get(head) for reader, head in zip(readers, heads, strict=True)]
    odd = [] if all(known) else [place for place, one in enumerate(known) if not one]
    for place in odd:
        tails[place] = "0"
    if not "".join(tails).isdecimal():
        odd = sorted({*odd, *(place for place, tail in enumerate(tails) if not tail.isdecimal())})
    for place in odd:
        known[place], tails[place] = _NOBODY, "0"
    read = Numbers(list(map(add, map(_base, known), map(int, tails))), list(map(_region, known)), {}, {})
    labels = list(map(_repair, known))
    if any(labels):
        read.repairs.update([pair for pair in enumerate(labels) if pair[1]])
    for place in odd:
        others = own if readers[place].region in own else ()
        read.put(place, _one(cells[place], bare[place], readers[place], others))
    return read


class Normaliser:
    """Numbers of one campaign: read for `region`, or for the region of their own row.

    `others` are the regions a number may belong to besides: one that is no mobile number of its own region is read for
    them, if its own is the campaign's or among them.
    """

    def __init__(self, region: str, others: Sequence[str] = ()) -> None:
        self._region = known_region(region)
        # For a region itself among others nothing is read twice that is a number.
        self._own = tuple(dict.fromkeys((self._region, *map(known_region, others)))) if others else ()

    def __call__(self, cell: str, region: str | None = None) -> Found:
        """One cell, exactly as `normalise_slowly` reads it."""
        return self.numbers((cell,), (region,)).at(0)

    def column(self, cells: Sequence[str], regions: Sequence[str | None] | None = None) -> list[Found]:
        """As many answers as cells, in order. `regions` has a region, or None for the campaign's own, for each."""
        return list(map(self.numbers(cells, regions).at, range(len(cells))))

    def numbers(self, cells: Sequence[str], regions: Sequence[str | None] | None = None) -> Numbers:
        """The same without an object for each: a third of the time."""
        if regions is None:
            return _read(cells, [_reader(self._region)] * len(cells), self._own)
        known = [region or self._region for region in regions]
        readers = [_reader(region if region in REGIONS else self._region) for region in known]
        read = _read(cells, readers, self._own)
        for place, region in enumerate(known):
            if region not in REGIONS:
                read.put(place, _no_region(region))
        return read


def _no_region(region: str) -> NotANumber:
    detail = say("“{name}” is not a country whose numbers can be read.", name=clipped(region))
    return NotANumber(Reason.COUNTRY_UNKNOWN, detail)
