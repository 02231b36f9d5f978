"""The conditions of the proof, each on an invented numbering plan in which leaving it out would give a wrong number.

Today's real plans do not need every one of them; tomorrow's may. `None` means: ask the library.
"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscampaign.model import Recipient
from smscampaign.phone.patterns import NOTHING, CountryCode, Families, Home, NumberingPlan, Shape, _open

PLAN = NumberingPlan(
    region="XA",
    code="99",
    general=Shape(r"[1-9]\d{5}", (6,)),
    mobile=Shape(r"6\d{5}", (6,)),
    elsewhere=(),
    landline=Shape(r"[1-5]\d{5}", (6,)),
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

FIRST = replace(PLAN, mobile=Shape(r"5\d{5}"), landline=Shape(r"61\d{4}"))
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


# What is surely refused -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("digits", "national", "changes"),
    [
        ("123456", "123456", {}),
        ("0123456", "123456", {}),
        ("01234567", "1234567", {}),  # too long without its 0, which is stripped
        ("012345", "012345", {}),  # too short without its 0, which stays
        ("0123456", "0123456", {"trunk": None}),
        ("0123456", None, {"trunk": "01?"}),
        ("0123456", None, {"trunk": "0(1)?"}),
        ("0123456", None, {"general": Shape(r"\d{6,7}", (6, 7))}),  # whole as it is
        ("0123456", None, {"general": Shape(r"[1-9]\d{5}")}),
        ("0123456", "0123456", {"general": Shape(r"[1-9]\d{5}", (7,), (6,))}),  # without its area code
    ],
)
def test_what_the_library_leaves_of_digits(
    digits: str, national: str | None, changes: dict[str, Any]
) -> None:
    assert replace(PLAN, **changes).significant(digits) == national


@pytest.mark.parametrize(
    ("why", "changes"),
    [
        ("a mobile looks the same", {"mobile": Shape(r"[16]\d{5}", (6,))}),
        ("another kind is told apart before", {"elsewhere": (Shape(r"12\d{4}"),)}),
        ("it is no number of the plan", {"general": Shape(r"[2-9]\d{5}", (6,))}),
        ("landlines are of another length", {"landline": Shape(r"[1-5]\d{5}", (7,))}),
        ("there are none", {"landline": Shape(NOTHING)}),
    ],
)
def test_what_is_no_landline(why: str, changes: dict[str, Any]) -> None:
    assert CountryCode([PLAN]).landline("123456") == "XA"
    assert CountryCode([replace(PLAN, **changes)]).landline("123456") is None, why


@pytest.mark.parametrize(
    ("national", "region"),
    [
        ("612345", "XA"),
        ("512345", None),  # XA claims it, as a mobile
        ("123456", "XC"),
        ("712345", None),  # XB's leading digit claims it
        ("812345", None),
    ],
)
def test_the_first_region_that_claims_a_landline_has_it(national: str, region: str | None) -> None:
    last = replace(LAST, landline=Shape(r"[157]\d{5}"))
    assert CountryCode([FIRST, LED, last]).landline(national) == region


# Families -------------------------------------------------------------------------------------------------------

LONG = replace(
    PLAN,
    general=Shape(r"[1-9]\d{8}", (9,)),
    mobile=Shape(r"6[0-4]\d{7}", (9,)),
    landline=Shape(r"[1-5]\d{8}", (9,)),
)


def family(head: str, **changes: Any) -> tuple[str, str] | None:
    plan = replace(LONG, **changes)
    code = CountryCode([plan])
    return Families(plan, code, {"996": code, "990": code}.get).of(head)


@pytest.mark.parametrize("head", ["612", "0612", "+99612", "+990612", "0099612", "00990612"])
def test_one_family(head: str) -> None:
    assert family(head) == ("+99612", "XA")


@pytest.mark.parametrize(
    ("why", "head", "changes"),
    [
        ("no number", "", {}),
        ("letters are no digits", "X12", {}),
        ("too short for a mobile", "61", {}),
        ("too long for one", "6123", {}),
        ("some of them are no mobiles", "65", {}),
        ("none of them is", "512", {}),
        ("an open digit decides whether it is a mobile", "612", {"mobile": Shape(r"612[0-8]\d{5}", (9,))}),
        ("some are of a kind that is told apart", "612", {"elsewhere": (Shape(r"61200\d{4}"),)}),
        ("some are no numbers of the plan", "612", {"general": Shape(r"6120\d{5}", (9,))}),
        ("the prefix may take open digits", "612", {"trunk": r"6123|0"}),
        ("the prefix captures a carrier code", "0612", {"trunk": r"(0)"}),
        ("the prefix looks ahead", "612", {"trunk": r"0(?=6)"}),
        ("the prefix is anchored", "612", {"trunk": r"(\d{9})$|0"}),
        ("digits may dial abroad", "612", {"idd": "6120"}),
        ("digits that begin with the code have several readings", "612", {"code": "6"}),
        ("the code may go on in the open digits", "6", {"code": "61", "mobile": Shape(r"6\d{6}")}),
        ("a code nobody has", "+98612", {}),
        ("the code itself is open", "+99", {"mobile": Shape(r"\d+")}),
    ],
)
def test_no_family(why: str, head: str, changes: dict[str, Any]) -> None:
    assert family(head, **changes) is None, why


def shared(head: str, *plans: NumberingPlan) -> tuple[str, str] | None:
    code = CountryCode(plans)
    return Families(plans[0], code, {"996": code, "997": code}.get).of(head)


def test_families_of_a_shared_code_go_to_the_first_region_that_claims_all_of_them() -> None:
    first = replace(LONG, mobile=Shape(r"61\d{7}"), landline=Shape(NOTHING))
    led = replace(LONG, region="XB", mobile=Shape(r"7\d{8}"), leading="71")
    assert shared("+99612", first, led) == ("+99612", "XA")
    assert shared("+99712", first, led) == ("+99712", "XB")
    assert shared("+99722", first, led) is None
    # The first region may have some of them, or an open digit says whose they are.
    assert shared("+99712", replace(first, landline=Shape(r"7123\d{5}")), led) is None
    assert shared("+99712", first, replace(led, leading="71[23]4")) is None


atoms = st.sampled_from([r"\d", "1", "2", "[12]", "[0-8]", "[02-9]"])
patterns = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.builds("{}{}".format, inner, inner),
        st.builds("(?:{}|{})".format, inner, inner),
        st.builds("(?:{})?".format, inner),
        st.builds("(?:{}){{1,2}}".format, inner),
    ),
    max_leaves=6,
)


@given(patterns, st.text("0129", max_size=2), st.integers(1, 2))
def test_open_digits_stand_for_every_digit_or_for_some(pattern: str, head: str, tail: int) -> None:
    surely, maybe = _open(pattern, surely=True), _open(pattern, surely=False)
    assert surely is not None
    assert maybe is not None
    matched = [
        re.fullmatch(pattern, head + "".join(digits)) is not None
        for digits in product("0123456789", repeat=tail)
    ]
    if re.fullmatch(surely, head + "X" * tail):
        assert all(matched)
    if not re.fullmatch(maybe, head + "X" * tail):
        assert not any(matched)


@pytest.mark.parametrize("pattern", [NOTHING, r"1$", r"^1", r"1(?=2)", r"\d+", r".", r"[^1]", r"\D", r"[\d]"])
def test_what_is_more_than_digits_is_not_asked(pattern: str) -> None:
    assert _open(pattern, surely=True) is None
    assert _open(pattern, surely=False) is None
