"""`POST /jobs`: receivers, price, refusals, and what is recorded."""

from __future__ import annotations

from decimal import Decimal

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscampaign.sandbox import Clock, Fault, FaultKind, Sandbox
from smscampaign.sandbox.answers import ApiError
from smscampaign.sandbox.app import create_world
from smscampaign.sandbox.jobs import SHORT_NUMBER
from smscampaign.sandbox.rates import credit
from smscampaign.sandbox.store import open_store

FRENCH = "+33612345678"


def mobile(region: str) -> str:
    example = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    return phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)


def refusal(call) -> ApiError:
    with pytest.raises(ApiError) as caught:
        call()
    return caught.value


def test_an_accepted_job_answers_what_it_cost(bench):
    answer = bench.post(tag="spring-1")
    assert answer == {
        "ids": [100_000_001],
        "validReceivers": [FRENCH],
        "invalidReceivers": [],
        "totalCreditsRemoved": 1,
        "creditsLeft": 999,
        "tag": "spring-1",
    }


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (FRENCH, FRENCH),
        ("0033612345678", FRENCH),
        ("+3360000000", "+3360000000"),  # OVHcloud's own example
        ("003360000000", "+3360000000"),
        ("0612345678", None),
        ("33612345678", None),
        ("+33 6 12 34 56 78", None),
        ("+33123456789", None),  # a landline
        ("+336123456789", None),
        ("+", None),
        ("", None),
        ("00", None),
        ("+٣٣٦١٢٣٤٥٦٧٨", None),
        ("+33612345678\x00", None),
    ],
)
def test_receivers_must_be_international_and_exist(bench, given, kept):
    answer = bench.post([given, mobile("PL")])
    assert answer["validReceivers"] == ([kept] if kept else []) + [mobile("PL")]
    assert answer["invalidReceivers"] == ([] if kept else [given])


def test_only_invalid_receivers_are_200_and_cost_nothing(bench):
    answer = bench.post(["0612345678", "nobody"])
    assert answer["ids"] == []
    assert answer["invalidReceivers"] == ["0612345678", "nobody"]
    assert (answer["totalCreditsRemoved"], answer["creditsLeft"]) == (0, 1000)
    assert bench.world.store.messages == 0


def test_price_is_parts_times_destination_in_decimal(bench):
    countries = ["PL", "PL", "PL", "GB", "RE", "FR"]
    answer = bench.post([mobile(c) for c in countries], message="x" * 150)
    expected = sum((2 * credit(c) for c in countries), Decimal(0))
    assert Decimal(str(answer["totalCreditsRemoved"])) == expected == Decimal("8.8")
    assert bench.world.store.credits(bench.account) == 1000 - expected
    costs = {
        r: c for call in bench.world.store.select() for r, c in zip(call.numbers(), call.costs(), strict=True)
    }
    assert costs[mobile("PL")] == "0.8"
    assert costs[mobile("RE")] == "3"


@given(
    st.lists(st.sampled_from(["FR", "PL", "GB", "DE", "GP", "JP"]), min_size=1, max_size=12),
    st.integers(1, 500),
)
def test_the_bill_is_the_sum_of_the_record(countries, length):
    store = open_store(":memory:")
    try:
        world = create_world(Sandbox(credits=Decimal(100_000)), store, clock=Clock(real=lambda: 1.0))
        from smscampaign.sandbox.faults import NONE
        from smscampaign.sandbox.jobs import send
        from smscampaign.sandbox.world import Ask

        job = {"message": "é" * length, "receivers": [mobile(c) for c in countries], "sender": "Sandbox"}
        answer = send(world, Ask({"serviceName": "sms-sb00001-1"}, job, None, NONE))
        (call,) = store.select()
        charged = 100_000 - store.credits("sms-sb00001-1")
        assert (
            sum(map(Decimal, call.costs()), Decimal(0))
            == charged
            == Decimal(str(answer["totalCreditsRemoved"]))
        )
        assert sorted(call.numbers()) == sorted(answer["validReceivers"])
    finally:
        store.close()


@pytest.mark.parametrize(("transactional", "parts"), [(False, 2), (True, 1)])
def test_the_stop_clause_counts_unless_switched_off(bench, transactional, parts):
    answer = bench.post(message="x" * 150, noStopClause=transactional)
    assert answer["totalCreditsRemoved"] == parts
    shown = bench.get("outgoing/{id}", id=answer["ids"][0])
    assert shown["message"].endswith("\nSTOP 36xxx") is not transactional
    assert bench.world.store.select()[0].message == "x" * 150


@pytest.mark.parametrize(
    ("params", "status", "text"),
    [
        ({"sender": "Nobody"}, 400, "Sms sender Nobody does not exists. Please create it first"),
        ({"sender": "OldShop"}, 400, "Sms sender OldShop does not exists. Please create it first"),
        ({"sender": None}, 400, "Missing parameter(s): sender (or senderForResponse)"),
        ({"sender": ""}, 400, "Missing parameter(s): sender (or senderForResponse)"),
        ({"receivers": []}, 400, "Missing parameter(s): receivers"),
        ({"receivers": None}, 400, "Missing parameter(s): receivers"),
        ({"message": ""}, 400, "Missing parameter(s): message"),
        ({"receiversSlotId": "1"}, 404, "The requested object (id = 1) does not exist"),
        ({"differedPeriod": 10**9}, 400, "[differedPeriod] Given data is above 527040 minutes"),
        (
            {"sender": None, "senderForResponse": True, "message": "See https://shop.example/x"},
            400,
            "cannot send contact information with shortcode",
        ),
        (
            {"sender": None, "senderForResponse": True, "message": "Call 01 99 00 12 34"},
            400,
            "cannot send contact information with shortcode",
        ),
    ],
)
def test_refusals(bench, params, status, text):
    job = {"message": "Hello", "receivers": [FRENCH], "sender": "Sandbox", **params}
    present = {k: v for k, v in job.items() if v is not None}
    error = refusal(lambda: bench.call("POST /sms/{serviceName}/jobs", present))
    assert (error.status, error.body["message"]) == (status, text)
    assert bench.world.store.messages == 0


@pytest.mark.parametrize(("strict", "taken"), [(False, True), (True, False)])
def test_a_bare_host_is_taken_as_in_ovhclouds_own_guide_unless_somebody_says_otherwise(make, strict, taken):
    bench = make(hosts_are_contacts=strict)
    job = {"message": "Bonjour les SMS OVH par api.ovh.com", "receivers": [FRENCH], "senderForResponse": True}
    if taken:
        assert bench.call("POST /sms/{serviceName}/jobs", job)["ids"]
    else:
        error = refusal(lambda: bench.call("POST /sms/{serviceName}/jobs", job))
        assert error.body["message"] == "cannot send contact information with shortcode"


def test_an_alphanumeric_sender_has_at_most_eleven_characters(make):
    bench = make(senders=("ElevenChars", "TwelveChars!"))
    assert bench.post(sender="ElevenChars")["ids"]
    assert "more than 11" in str(refusal(lambda: bench.post(sender="TwelveChars!")))


def test_a_virtual_number_is_a_sender(bench):
    assert bench.post(sender="+33700000000")["ids"]


def test_a_short_number_reaches_metropolitan_french_mobiles_and_overrides_the_sender(bench):
    answer = bench.post([FRENCH, mobile("RE"), mobile("PL")], senderForResponse=True)
    assert answer["validReceivers"] == [FRENCH]
    assert answer["invalidReceivers"] == [mobile("RE"), mobile("PL")]
    assert bench.world.store.select()[0].sender == SHORT_NUMBER


def test_blacklisted_numbers_get_transactional_messages_only(make):
    bench = make(blacklist=(FRENCH,))
    assert bench.post()["invalidReceivers"] == [FRENCH]
    assert bench.post(noStopClause=True)["validReceivers"] == [FRENCH]
    bench.call("DELETE /sms/{serviceName}/blacklists/{number}", number=FRENCH)
    assert bench.post()["validReceivers"] == [FRENCH]


@pytest.mark.parametrize("status", [402, 403])
def test_without_enough_credits_nothing_is_taken(make, status):
    bench = make(credits=Decimal("1.3"), no_credits_status=status)
    error = refusal(lambda: bench.post([FRENCH, mobile("PL")]))
    assert error.status == status
    assert bench.world.store.messages == 0
    assert bench.post([mobile("PL")])["creditsLeft"] == 0.9


def test_rates_can_be_set(make):
    assert make(rates={"FR": Decimal("2.25")}).post()["totalCreditsRemoved"] == 2.25


def test_the_same_receiver_twice_is_two_messages(bench):
    answer = bench.post([FRENCH, FRENCH])
    assert len(answer["ids"]) == 2
    assert answer["totalCreditsRemoved"] == 2


@pytest.mark.parametrize("aligned", [True, False])
def test_ids_match_receivers_by_position_only_when_asked(make, aligned):
    bench = make(aligned_ids=aligned)
    receivers = [f"+3361234567{n}" for n in range(5)]
    answer = bench.post(receivers)
    named = [bench.get("outgoing/{id}", id=i)["receiver"] for i in answer["ids"]]
    assert answer["validReceivers"] == receivers
    assert sorted(named) == receivers
    assert (named == receivers) is aligned
    if not aligned:
        assert all(a != b for a, b in zip(named, receivers, strict=True))


def test_the_only_invalid_fault_takes_nothing(bench):
    answer = bench.post(effects=bench.hit(Fault(FaultKind.ONLY_INVALID)))
    assert answer["invalidReceivers"] == [FRENCH]
    assert bench.world.store.messages == 0


def test_five_thousand_receivers_in_a_call(make):
    bench = make(credits=Decimal(5000))
    answer = bench.post([f"+336{10_000_000 + n}" for n in range(5000)])
    assert len(answer["ids"]) == len(set(answer["ids"])) == 5000
    assert answer["creditsLeft"] == 0
