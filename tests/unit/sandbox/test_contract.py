"""Validation of parameters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscampaign.sandbox.answers import ApiError
from smscampaign.sandbox.contract import PARAMETERS, check, decode

JOBS = "POST /sms/{serviceName}/jobs"
RATES = "GET /sms/rates/destinations"
OUTGOING = "GET /sms/{serviceName}/outgoing"


def message(call) -> str:
    with pytest.raises(ApiError) as caught:
        call()
    assert caught.value.status == 400
    return str(caught.value)


NOT = "is not valid for type"
NO = "does not belong to the"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"message": None}, "Missing parameter(s): message"),
        ({"to": []}, f"Received not described parameters: (to) while calling {JOBS}"),
        ({"message": 5}, f"[message] Given data (5) {NOT} string"),
        ({"message": "\ud800"}, f"[message] Given data ('\\ud800') {NOT} string"),
        ({"receivers": "+336"}, f"[receivers] Given data ('+336') {NOT} string[]"),
        ({"receivers": ["a", 1]}, f"[receivers] Given data (1) {NOT} string[]"),
        ({"receivers": ["a", None]}, f"[receivers] Given data (None) {NOT} string[]"),
        ({"receivers": ["a", "\udc00"]}, f"[receivers] Given data ('a\\udc00') {NOT} string"),
        ({"noStopClause": "true"}, f"[noStopClause] Given data ('true') {NOT} boolean"),
        ({"noStopClause": 1}, f"[noStopClause] Given data (1) {NOT} boolean"),
        ({"differedPeriod": "5"}, f"[differedPeriod] Given data ('5') {NOT} number"),
        ({"differedPeriod": True}, f"[differedPeriod] Given data (True) {NOT} number"),
        ({"differedPeriod": -1}, f"[differedPeriod] Given data (-1) {NOT} number"),
        ({"differedPeriod": 1.5}, f"[differedPeriod] Given data (1.5) {NOT} number"),
        ({"differedPeriod": 2**53 + 1}, f"[differedPeriod] Given data (9007199254740993) {NOT} number"),
        ({"priority": "urgent"}, f"[priority] Given data (urgent) {NO} PriorityEnum enumeration"),
        ({"charset": "utf-8"}, f"[charset] Given data (utf-8) {NO} CharsetEnum enumeration"),
        ({"coding": "16bit"}, f"[coding] Given data (16bit) {NO} CodingEnum enumeration"),
        ({"class": "loud"}, f"[class] Given data (loud) {NO} ClassEnum enumeration"),
    ],
)
def test_bodies_that_are_refused(given, expected):
    assert message(lambda: check(JOBS, {"message": "m", **given}, query=False)) == expected


def test_null_is_the_same_as_absent():
    nothing = dict.fromkeys(PARAMETERS[JOBS])
    assert check(JOBS, {**nothing, "message": "m"}, query=False) == {"message": "m"}


def test_a_whole_float_is_a_number():
    assert check(JOBS, {"message": "m", "differedPeriod": 5.0}, query=False)["differedPeriod"] == 5


def test_queries_are_read_by_type():
    params = check(OUTGOING, {"deliveryReceipt": "1", "tag": "5"}, query=True)
    assert params == {"deliveryReceipt": 1, "tag": "5"}
    estimate = {"message": "m", "noStopClause": "false", "senderType": "alpha"}
    assert check("POST /sms/estimate", estimate, query=True)["noStopClause"] is False


@pytest.mark.parametrize("value", ["", "one", "-1", "1.0", "٣", "9" * 16])
def test_query_numbers_that_are_refused(value):
    assert "deliveryReceipt" in message(lambda: check(OUTGOING, {"deliveryReceipt": value}, query=True))


def test_country_is_required_and_lower_case():
    assert message(lambda: check(RATES, {}, query=True)) == "Missing parameter(s): country"
    assert "CountryEnum" in message(lambda: check(RATES, {"country": "FR"}, query=True))
    assert check(RATES, {"country": "fr"}, query=True) == {"country": "fr"}


@pytest.mark.parametrize("body", [b"", b" \n", b"null", b"{}"])
def test_nothing_is_an_empty_object(body):
    assert decode(body) == {}


@pytest.mark.parametrize(
    "body", [b"[]", b"5", b'"x"', b"{", b"\xff", b"[" * 100_000, b'{"a":' + b"9" * 5000 + b"}"]
)
def test_bodies_that_are_no_object(body):
    message(lambda: decode(body))


def test_escapes_and_a_byte_order_mark():
    assert decode(b'\xef\xbb\xbf{"message":"\\u00e9\\/\\ud83d\\ude00"}') == {"message": "é/😀"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(PARAMETERS[JOBS], JSON)))
def test_any_json_is_taken_or_refused_with_400(given):
    try:
        params = check(JOBS, given, query=False)
    except ApiError as error:
        status = error.status
    else:
        status = 400
        assert isinstance(params["message"], str)
        assert None not in params.values()
    assert status == 400
