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
from itertools import count

from smscampaign.model import Recipient

NOTHING = "(?!)"


@dataclass(frozen=True, slots=True)
class Shape:
    """National numbers of one kind: a pattern for the whole number and the lengths it may have (any, if empty)."""

    pattern: str
    lengths: tuple[int, ...] = ()

    def whole(self) -> str:
        """An expression for the rest of the string."""
        lengths = "|".join(rf"\d{{{length}}}" for length in self.lengths)
        return rf"(?:{f'(?=(?:{lengths})$)' if lengths else ''}(?:{self.pattern})$)"


@dataclass(frozen=True, slots=True)
class Plan:
    """One region's numbering plan, in the library's terms but without its types.

    `idd` dials abroad, `trunk` opens a national number, `leading` claims numbers of a shared country code; `mobile`
    is what can be sent to; `elsewhere` are the kinds that are told apart before it; `landline` those after it.
    """

    region: str
    code: str
    general: Shape
    mobile: Shape
    elsewhere: tuple[Shape, ...]
    landline: tuple[Shape, ...]
    idd: str | None
    trunk: str | None
    leading: str | None

    def sendable(self) -> str:
        """National numbers whose type is mobile, or mobile-or-landline."""
        others = "".join(f"(?!{shape.whole()})" for shape in self.elsewhere)
        return f"(?={self.general.whole()}){others}{self.mobile.whole()}"

    def known(self) -> str:
        """National numbers of any type at all."""
        kinds = "|".join(shape.whole() for shape in (*self.elsewhere, self.mobile, *self.landline))
        return f"(?={self.general.whole()})(?:{kinds})"


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


class CountryCode:
    """The numbers of one country calling code: `plans` are its regions in the library's order, the main one first."""

    def __init__(self, plans: Sequence[Plan]) -> None:
        self.main = plans[0]
        self.shared = len(plans) > 1
        self.start = len(self.main.code)
        self._claims = [_claim(plan) for plan in plans] if self.shared else []
        national = f"(?P<n>{self.national()})"
        self._match = re.compile(_without_trunk(self.main.trunk, count()) + national).fullmatch

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
        for region, leads, sendable, known in self._claims:
            if leads and not leads(national):
                continue
            if sendable(national):
                return Recipient(f"+{self.main.code}{national}", region)
            if leads or known(national):
                return None
        return None


Match = Callable[[str], re.Match[str] | None]


def _claim(plan: Plan) -> tuple[str, Match | None, Match, Match]:
    leads = re.compile(plan.leading).match if plan.leading else None
    return plan.region, leads, re.compile(plan.sendable()).fullmatch, re.compile(plan.known()).fullmatch


class Home:
    """Numbers as they are written in one region: nationally, and internationally with the region's own code."""

    def __init__(self, plan: Plan, own: CountryCode) -> None:
        self._own = own
        self._idd = re.compile(plan.idd or NOTHING).match
        serial = count()
        ways = "|".join(_ways(plan, own.main, serial))
        # The two plans of a region that shares its code must agree that the digits are whole.
        whole = f"(?={plan.general.whole()})" if plan is not own.main else ""
        self._match = re.compile(f"(?:{ways}){whole}(?P<n>{own.national()})").fullmatch

    def recipient(self, digits: str) -> Recipient | None:
        """The recipient these digits are at home."""
        match = self._match(digits)
        return self._own.claimed(match["n"]) if match else None

    def abroad(self, digits: str) -> int:
        """Where the country code begins, past a plus or the prefix that dials abroad; 0 when there is neither."""
        if digits[:1] == "+":
            return 1
        dialled = self._idd(digits)
        return dialled.end() if dialled else 0


def _ways(plan: Plan, main: Plan, serial: Iterator[int]) -> Iterable[str]:
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
