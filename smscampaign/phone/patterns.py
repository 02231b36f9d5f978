"""What can be proved of a string of digits without parsing it: regular expressions made from a numbering plan.

Every expression here is a sufficient condition. Where one matches, `phonenumbers` reads the same digits as the same
mobile number of the same country; where none does, nothing is known and the caller asks the library. The steps that
are followed are those of libphonenumber's `parse`, `region_code_for_number` and `number_type`
(https://github.com/google/libphonenumber).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import count

from phonenumbers import PhoneMetadata, PhoneNumberDesc, ValidationResult

from smscampaign.model import Recipient

NOTHING = "(?!)"
_LONGEST = 17  # digits of a national number; what is longer the library does not even parse


@dataclass(frozen=True, slots=True)
class Shape:
    """National numbers of one kind: a pattern for the whole number and the lengths it may have (any, if empty).

    `local` are the lengths it may have without its area code.
    """

    pattern: str
    lengths: tuple[int, ...] = ()
    local: tuple[int, ...] = ()

    def whole(self) -> str:
        """An expression for the rest of the string."""
        lengths = "|".join(rf"\d{{{length}}}" for length in self.lengths)
        return rf"(?:{f'(?=(?:{lengths})$)' if lengths else ''}(?:{self.pattern})$)"

    def judge(self, length: int) -> int:
        """What is said of so many digits, as a `ValidationResult`, where the lengths are known."""
        if length in self.local:
            return ValidationResult.IS_POSSIBLE_LOCAL_ONLY
        if length < min(self.lengths):
            return ValidationResult.TOO_SHORT
        if length > max(self.lengths):
            return ValidationResult.TOO_LONG
        return ValidationResult.IS_POSSIBLE if length in self.lengths else ValidationResult.INVALID_LENGTH


@dataclass(frozen=True, slots=True)
class NumberingPlan:
    """One region's numbering plan, in the library's terms but without its types.

    `idd` dials abroad, `trunk` opens a national number, `leading` claims numbers of a shared country code; `mobile`
    is what can be sent to; `elsewhere` are the kinds that are told apart before it and before `landline`.
    """

    region: str
    code: str
    general: Shape
    mobile: Shape
    elsewhere: tuple[Shape, ...]
    landline: Shape
    idd: str | None
    trunk: str | None
    leading: str | None

    def sendable(self) -> str:
        """National numbers whose type is mobile, or mobile-or-landline."""
        return self._neither(*self.elsewhere) + self.mobile.whole()

    def fixed(self) -> str:
        """National numbers whose type is landline."""
        return self._neither(*self.elsewhere, self.mobile) + self.landline.whole()

    def _neither(self, *others: Shape) -> str:
        return f"(?={self.general.whole()})" + "".join(f"(?!{shape.whole()})" for shape in others)

    def known(self) -> str:
        """National numbers of any type at all."""
        kinds = "|".join(shape.whole() for shape in (*self.elsewhere, self.mobile, self.landline))
        return f"(?={self.general.whole()})(?:{kinds})"

    def significant(self, digits: str) -> str | None:
        """What the library leaves of digits dialled at home, or after the country code; None if it has to be asked."""
        if not self.trunk or not re.match(self.trunk, digits):
            return digits
        if self.trunk != "0" or not self.general.lengths or re.fullmatch(self.general.pattern, digits):
            return None
        # It is stripped if what is left is as long as a number, or longer.
        return digits[1:] if self.general.judge(len(digits) - 1) in _LONG_ENOUGH else digits


_LONG_ENOUGH = (ValidationResult.IS_POSSIBLE, ValidationResult.TOO_LONG)
# What the library's number_type looks for before landline and mobile.
_TOLD_APART = (
    *("premium_rate", "toll_free", "shared_cost", "voip"),
    *("personal_number", "pager", "uan", "voicemail"),
)


def _shape(described: PhoneNumberDesc | None) -> Shape:
    if described is None or not described.national_number_pattern:
        return Shape(NOTHING)
    return Shape(
        described.national_number_pattern, described.possible_length, described.possible_length_local_only
    )


def plan_of(region: str) -> NumberingPlan:
    """The region's numbering plan, out of the library's metadata."""
    metadata = PhoneMetadata.metadata_for_region(region)
    if metadata is None:
        raise LookupError(region)
    fixed, mobile = _shape(metadata.fixed_line), _shape(metadata.mobile)
    if metadata.same_mobile_and_fixed_line_pattern:
        mobile = fixed
    return NumberingPlan(
        region=region,
        code=str(metadata.country_code),
        general=_shape(metadata.general_desc),
        mobile=mobile,
        elsewhere=tuple(_shape(getattr(metadata, kind)) for kind in _TOLD_APART),
        landline=fixed,
        idd=metadata.international_prefix,
        trunk=metadata.national_prefix_for_parsing,
        leading=metadata.leading_digits,
    )


def _without_trunk(trunk: str | None, serial: Iterator[int]) -> str:
    """Takes what the library would strip before a national number.

    The group is atomic, as the library matches the prefix on its own. A prefix that captures something is a carrier
    code, or is rewritten by a rule: then this expression fails and the library decides.
    """
    if not trunk:
        return ""
    names: list[str] = []

    def named(_: re.Match[str]) -> str:
        names.append(f"x{next(serial)}")
        return f"(?P<{names[-1]}>"

    prefix = re.sub(r"\((?!\?)", named, trunk)
    return f"(?>(?:{prefix})?)" + "".join(f"(?({name}){NOTHING})" for name in names)


# What only few numbers need is compiled for the first of them: it may take 2 ms.
_compiled = cache(re.compile)


class CountryCode:
    """The numbers of one country calling code: `plans` are its regions in the library's order, the main one first."""

    def __init__(self, plans: Sequence[NumberingPlan]) -> None:
        self.main = plans[0]
        self.shared = len(plans) > 1
        self.start = len(self.main.code)
        self._claims = [
            (plan.region, plan.leading or plan.known(), plan.sendable(), plan.fixed()) for plan in plans
        ]
        national = f"(?P<n>{self.national()})"
        self._match = re.compile(_without_trunk(self.main.trunk, count()) + national).fullmatch
        self._known = "|".join(f"(?:{plan.known()})" for plan in plans)
        self._open_plans = [_OpenPlan(plan) for plan in plans]

    def national(self) -> str:
        """The significant number as it stands; of a shared code, whatever the main plan leaves as it is."""
        general = self.main.general.whole()
        return rf"(?={general})\d+$" if self.shared else self.main.sendable()

    def recipient(self, digits: str, at: int) -> Recipient | None:
        """The recipient written from position `at` of `digits`, which is just past the country code."""
        match = self._match(digits, at)
        return self.claimed(match["n"]) if match else None

    def claimed(self, national: str) -> Recipient | None:
        """The recipient of a significant number that `national()` matched."""
        if not self.shared:
            return Recipient(f"+{self.main.code}{national}", self.main.region)
        for region, claim, sendable, _ in self._claims:
            if _compiled(claim).match(national):
                its = _compiled(sendable).match(national)
                return Recipient(f"+{self.main.code}{national}", region) if its else None
        return None

    def landline(self, national: str) -> str | None:
        """The region whose landline a significant number is; None if it is none."""
        for region, claim, _, fixed in self._claims:
            if not self.shared or _compiled(claim).match(national):
                return region if _compiled(fixed).match(national) else None
        return None

    def refused(self, national: str) -> int | None:
        """How the length of these digits is wrong, or that it is not, as a `ValidationResult`; None if they may be a number.

        They are nobody's if no region of the code knows their like: whichever the library takes them to be of, their type
        is unknown there.
        """
        general, length = self.main.general, len(national)
        if not general.lengths or length > _LONGEST or length in general.local:
            return None
        return None if re.match(self._known, national) else general.judge(length)

    def family(self, digits: str) -> Family | None:
        """The family of what is written after the country code, a trunk prefix included; its last digits are open."""
        start = self._open_plans[0].trunk.end(digits)
        return None if start is None else self.national_family(digits[start:])

    def national_family(self, national: str) -> Family | None:
        """The family of significant numbers, the last digits of which are open."""
        main = self._open_plans[0]
        if len(national) < TAIL or not main.general.all(national):
            return None
        prefix = f"+{self.main.code}{national[:-TAIL]}"
        if not self.shared:
            return (prefix, main.region) if main.sendable(national) else None
        for plan in self._open_plans:
            led = plan.leading.end(national) if plan.leading else 0
            if led is None:
                return None
            if plan.leading and not led:
                continue
            if plan.sendable(national):
                return prefix, plan.region
            if led or plan.known(national):
                return None
        return None


class Home:
    """Numbers as they are written in one region: nationally, and internationally with the region's own code."""

    def __init__(self, plan: NumberingPlan, own: CountryCode) -> None:
        self.plan, self.own = plan, own
        self._idd = re.compile(plan.idd or NOTHING).match
        serial = count()
        ways = "|".join(_ways(plan, own.main, serial))
        # The two plans of a region that shares its code must agree that the digits are whole.
        whole = f"(?={plan.general.whole()})" if plan is not own.main else ""
        self._match = re.compile(f"(?:{ways}){whole}(?P<n>{own.national()})").fullmatch

    def recipient(self, digits: str) -> Recipient | None:
        """The recipient these digits are at home."""
        match = self._match(digits)
        return self.own.claimed(match["n"]) if match else None

    def abroad(self, digits: str) -> int:
        """Where the country code begins, past a plus or the prefix that dials abroad; 0 when there is neither."""
        if digits[:1] == "+":
            return 1
        dialled = self._idd(digits)
        return dialled.end() if dialled else 0


def _ways(plan: NumberingPlan, main: NumberingPlan, serial: Iterator[int]) -> Iterable[str]:
    """What may stand before a significant number at home, each with the conditions that make its reading the only one.

    1. A plus and the code. 2. Dialled as from abroad. 3. Nothing or the trunk prefix, when the digits do not begin with
    the region's own code. 4. The bare code: the library takes it off if the digits are not whole with it and are
    without it. 5. Digits that begin with the code and are whole as they are, so it leaves them alone.
    """
    code, idd, general = plan.code, plan.idd or NOTHING, plan.general.whole()
    bare = f"(?!{plan.trunk or NOTHING})(?!{main.trunk or NOTHING})"
    yield rf"\+{code}{_without_trunk(main.trunk, serial)}"
    yield f"(?>{idd}){code}{_without_trunk(main.trunk, serial)}"
    yield f"(?!{code})(?!{idd}){_without_trunk(plan.trunk, serial)}"
    yield f"(?={code})(?!{idd})(?!(?:{plan.general.pattern})$){code}{bare}(?={general})"
    yield f"(?={code})(?!{idd})(?={general})(?!{plan.trunk or NOTHING})"


# Families: numbers that differ in their last digits only ----------------------------------------------------------

TAIL = 6
"""The last digits that a family leaves open: most mobile patterns end with six times "any digit"."""

_OPEN = "X" * TAIL
_TOKEN = re.compile(r"(?P<any>\\d)|\[(?P<set>[\d-]+)\]|(?P<one>\d)|(?P<rest>\{\d+(?:,\d+)?\}|\(\?:|[()|?])")


def _open(pattern: str, *, surely: bool) -> str | None:
    """The pattern for digits of which the last are open, written X; None if it holds more than digits, say an anchor.

    Surely: X stands only where any digit does, so what matches does so whatever the digits are. Otherwise X stands
    wherever some digit does, so where nothing matches no digits could.
    """
    written, at = [], 0
    while at < len(pattern):
        token = _TOKEN.match(pattern, at)
        if token is None:
            return None
        at = token.end()
        if token["any"]:
            written.append(r"[\dX]")
        elif surely or token["rest"]:
            written.append(token[0])
        else:
            written.append(f"[X{token['set'] or token['one']}]")
    return "".join(written)


class _OpenShape:
    """A shape, asked about digits the last of which are open."""

    def __init__(self, shape: Shape) -> None:
        self._lengths = shape.lengths
        self._surely = _open(shape.pattern, surely=True) or NOTHING
        anything = NOTHING if shape.pattern == NOTHING else ".*"
        self._maybe = _open(shape.pattern, surely=False) or anything

    def all(self, digits: str) -> bool:
        """Whether every such number is of this shape."""
        return self._fit(self._surely, digits)

    def any(self, digits: str) -> bool:
        """Whether some such number may be."""
        return self._fit(self._maybe, digits)

    def _fit(self, pattern: str, digits: str) -> bool:
        fits = not self._lengths or len(digits) in self._lengths
        return fits and _compiled(pattern).fullmatch(digits) is not None


class _OpenPrefix:
    """What may stand before a number, looked for in digits the last of which are open."""

    def __init__(self, pattern: str | None) -> None:
        maybe = _open(pattern or NOTHING, surely=False)
        # Whatever way it matches, if it never takes an open digit then it is decided by the others.
        self._reaches = re.compile(f"(?:{maybe})(?<=X)" if maybe else "").match
        self._match = re.compile(_without_trunk(pattern, count())).match
        self._absent = not pattern

    def end(self, digits: str) -> int | None:
        """Where it ends, 0 when it is not there; None when that hangs on open digits, or the library would rewrite."""
        if self._absent:
            return 0
        match = None if self._reaches(digits) else self._match(digits)
        return match.end() if match else None


class _OpenPlan:
    """A plan, asked about digits the last of which are open."""

    def __init__(self, plan: NumberingPlan) -> None:
        self.region = plan.region
        self.general, self.trunk = _OpenShape(plan.general), _OpenPrefix(plan.trunk)
        self.leading = _OpenPrefix(plan.leading) if plan.leading else None
        self._mobile = _OpenShape(plan.mobile)
        self._elsewhere = [_OpenShape(shape) for shape in plan.elsewhere]
        self._kinds = [*self._elsewhere, self._mobile, _OpenShape(plan.landline)]

    def sendable(self, digits: str) -> bool:
        """Whether every such number is mobile, or mobile-or-landline."""
        told_apart = any(shape.any(digits) for shape in self._elsewhere)
        return not told_apart and self.general.all(digits) and self._mobile.all(digits)

    def known(self, digits: str) -> bool:
        """Whether some such number may be of any type at all."""
        return self.general.any(digits) and any(shape.any(digits) for shape in self._kinds)


Family = tuple[str, str]
"""The E.164 number without its last `TAIL` digits, and the region: true of every number that is written so."""


class Families:
    """What is proved of all numbers at once that begin alike: the numbers `home` and the country codes `named` read.

    `named` gives the country code that three digits begin with. Each method mirrors one of `recipient`, for open digits:
    it says less, never more.
    """

    def __init__(
        self, plan: NumberingPlan, own: CountryCode, named: Callable[[str], CountryCode | None]
    ) -> None:
        self._own, self._code, self._named = own, plan.code, named
        self._idd, self._trunk = _OpenPrefix(plan.idd), _OpenPrefix(plan.trunk)
        self._general = _OpenShape(plan.general)

    def of(self, head: str) -> Family | None:
        """The family of the numbers that are written as `head` and `TAIL` more digits."""
        at = 1 if head[:1] == "+" else self._idd.end(head + _OPEN)
        if at is None or not head[at:].isdecimal():
            return None
        if at:
            code = self._named(head[at : at + 3]) if len(head) >= at + 3 else None
            return code.family(head[at + code.start :] + _OPEN) if code else None
        if head.startswith(self._code) or self._code.startswith(head):
            return None
        start = self._trunk.end(head + _OPEN)
        if start is None or not self._general.all((head + _OPEN)[start:]):
            return None
        return self._own.national_family((head + _OPEN)[start:])
