"""The conditions of the proof, each on an invented numbering plan in which leaving it out would give a wrong number.

Today's real plans do not need every one of them; tomorrow's may. `None` means: ask the library.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from smscampaign.model import Recipient
from smscampaign.phone_patterns import CountryCode, Home, Plan, Shape

PLAN = Plan(
    region="XA",
    code="99",
    general=Shape(r"[1-9]\d{5}", (6,)),
    mobile=Shape(r"6\d{5}", (6,)),
    elsewhere=(),
    landline=(Shape(r"[1-5]\d{5}", (6,)),),
    idd="00",
    trunk="0",
    leading=None,
)
XA = Recipient("+99612345", "XA")


def read(digits: str, **changes: Any) -> Recipient | None:
    plan = replace(PLAN, **changes)
    return Home(plan, CountryCode([plan])).recipient(digits)


@pytest.mark.parametrize(
    "digits",
    ["612345", "0612345", "+99612345", "+990612345", "0099612345", "00990612345", "99612345"],
)
def test_one_reading(digits: str) -> None:
    assert read(digits) == XA


@pytest.mark.parametrize(
    "digits",
    ["", "+", "00", "99", "123456", "61234", "6123456", "00612345", "+98612345", "990612345", "++99612345"],
)
def test_not_proved(digits: str) -> None:
    assert read(digits) is None


@pytest.mark.parametrize(
    ("why", "digits", "changes"),
    [
        ("another kind is told apart before mobile", "661234", {"elsewhere": (Shape(r"66\d{4}"),)}),
        ("a mobile is of another length", "612345", {"mobile": Shape(r"6\d{5}", (7,))}),
        ("it is mobile but no number of the plan", "612345", {"general": Shape(r"[1-5]\d{5}", (6,))}),
        ("the prefix captures a carrier code", "011612345", {"trunk": r"0(1\d)?"}),
        ("the library strips as much as the prefix can take", "0612345", {"trunk": "06?"}),
        ("digits dial abroad", "612345", {"idd": "61"}),
        (
            "digits with the code are whole as they are",
            "99612345",
            {"general": Shape(r"[1-9]\d{5}|99\d{6}", (6, 8))},
        ),
        (
            "the library looks at the pattern, not the length",
            "99612345",
            {"general": Shape(r"[1-9]\d{5}|99\d{6}", (6,))},
        ),
        ("the trunk prefix would be stripped after the code", "99612345", {"trunk": "6"}),
        (
            "the trunk prefix would be stripped from digits like the code",
            "612345",
            {"code": "61", "trunk": "6"},
        ),
        ("digits like the code dial abroad", "612345", {"code": "61", "idd": "612"}),
        (
            "what looks like a trunk prefix is the code, and then comes the trunk prefix",
            "11612345",
            {
                "code": "1",
                "trunk": "1",
                "general": Shape(r"[1-9]\d{5,6}", (6, 7)),
                "mobile": Shape(r"16\d{5}"),
            },
        ),
    ],
)
def test_a_second_reading_is_never_ignored(why: str, digits: str, changes: dict[str, Any]) -> None:
    assert read(digits, **changes) is None, why


def test_digits_like_the_code_that_are_whole_stand() -> None:
    assert read("612345", code="61") == Recipient("+61612345", "XA")


def test_a_prefix_that_captures_nothing_this_time_is_just_stripped() -> None:
    assert read("0612345", trunk=r"0(1\d)?") == XA


def test_where_the_country_code_begins() -> None:
    home = Home(PLAN, CountryCode([PLAN]))
    assert [home.abroad(digits) for digits in ("+48123", "0048123", "048123", "")] == [1, 2, 0, 0]


# Shared country codes -------------------------------------------------------------------------------------------

FIRST = replace(PLAN, mobile=Shape(r"5\d{5}"), landline=(Shape(r"61\d{4}"),))
LED = replace(PLAN, region="XB", mobile=Shape(r"[67]\d{5}"), leading="7")
LAST = replace(PLAN, region="XC")


@pytest.mark.parametrize(
    ("national", "region"),
    [
        ("512345", "XA"),
        ("712345", "XB"),
        ("621234", "XC"),  # XB's pattern has it too, but not its leading digit
        ("612345", None),  # XA claims it, as a landline
        ("812345", None),
        ("0612345", None),
    ],
)
def test_the_first_region_that_claims_a_number_decides(national: str, region: str | None) -> None:
    numbers = CountryCode([FIRST, LED, LAST])
    assert numbers.recipient("+99" + national, 3) == (Recipient("+99" + national, region) if region else None)


def test_leading_digits_claim_what_is_not_sendable_as_well() -> None:
    numbers = CountryCode([replace(LED, mobile=Shape(r"6\d{5}"), leading="6"), LAST])
    assert numbers.recipient("612345", 0) == Recipient("+99612345", "XB")
    numbers = CountryCode([replace(LED, mobile=Shape(r"7\d{5}"), leading="6"), LAST])
    assert numbers.recipient("612345", 0) is None


def test_a_region_and_the_main_one_must_agree_that_digits_are_whole() -> None:
    numbers = CountryCode([FIRST, LAST])
    assert Home(LAST, numbers).recipient("621234") == Recipient("+99621234", "XC")
    assert Home(replace(LAST, general=Shape(r"5\d{5}")), numbers).recipient("621234") is None
