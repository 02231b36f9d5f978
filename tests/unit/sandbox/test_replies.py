"""Holding, dropping, answers, STOP, and where answers are read."""

from __future__ import annotations

import pytest

from smscampaign.sandbox.answers import ApiError
from smscampaign.sandbox.replies import ReplyProblem, reply

A, B = "+33612345678", "+33612345679"
VIRTUAL = "+33700000000"
EVENING = 10 * 3600.0  # from the noon of a Friday to 22:00


@pytest.fixture
def night(make):
    bench = make(hold=True)
    bench.wait(EVENING)
    return bench


def test_a_commercial_message_is_held_for_the_morning(night):
    (message,) = night.post()["ids"]
    assert night.get("jobs") == [message]
    assert night.get("outgoing") == []
    night.wait(EVENING - 1)
    assert night.get("jobs") == [message]
    night.wait(1)
    assert (night.get("jobs"), night.get("outgoing")) == ([], [message])
    assert night.get("outgoing/{id}", id=message)["sentAt"] == "2026-03-07T08:00:00+01:00"


def test_one_without_stop_is_not_held(night):
    (message,) = night.post(noStopClause=True)["ids"]
    assert night.get("outgoing") == [message]


def test_deferred_into_the_night_it_waits_for_the_morning_after(make):
    bench = make(hold=True)
    (message,) = bench.post(differedPeriod=10 * 60)["ids"]
    bench.wait(10 * 3600)
    assert bench.get("jobs") == [message]
    bench.wait(10 * 3600)
    assert bench.get("outgoing") == [message]


def test_without_holding_it_leaves_whatever_the_hour(bench):
    bench.wait(EVENING)
    ids = bench.post()["ids"]
    assert bench.get("outgoing") == ids


def test_what_is_held_past_its_validity_is_dropped(night):
    (message,) = night.post(validityPeriod=60)["ids"]
    night.wait(3599)
    assert night.get("jobs") == [message]
    night.wait(1)
    assert night.get("jobs") == []
    dropped = night.get("outgoing/{id}", id=message)
    assert (dropped["deliveryReceipt"], dropped["ptt"], dropped["sentAt"]) == (2, 25, None)
    assert night.get("outgoing", deliveryReceipt=2) == [message]


def test_an_answer_is_read_under_incoming(bench):
    (message,) = bench.post(sender=VIRTUAL, tag="spring")["ids"]
    bench.wait(60)
    answer = reply(bench.world, "Yes, é", message=message)
    assert bench.get("incoming") == bench.get("incoming", tag="spring", sender=A) == [answer.id]
    assert bench.get("incoming/{id}", id=answer.id) == {
        "creationDatetime": "2026-03-06T12:01:00+01:00",
        "credits": 0,
        "id": answer.id,
        "message": "Yes, é",
        "sender": A,
        "tag": "spring",
    }
    assert bench.get("incoming", tag="other") == bench.get("incoming", sender=B) == []
    assert bench.get("incoming", **{"creationDatetime.from": "2026-03-06T12:02:00+01:00"}) == []
    bench.call("DELETE /sms/{serviceName}/incoming/{id}", id=str(answer.id))
    assert bench.get("incoming") == []
    assert reply(bench.world, "again", message=message).id == answer.id + 1


@pytest.mark.parametrize("text", ["STOP", "stop", " Stop merci", "STOP\n"])
def test_stop_blacklists(bench, text):
    first, second = bench.post([A, B])["ids"]
    number = bench.get("outgoing/{id}", id=first)["receiver"]
    reply(bench.world, text, receiver=number)
    assert bench.get("blacklists") == [number]
    assert bench.get("blacklists", smsOutgoingID=first) == [number]
    assert bench.get("blacklists", smsOutgoingID=second) == []
    entry = bench.call("GET /sms/{serviceName}/blacklists/{number}", number=number)
    assert (entry["smsOutgoingID"], entry["batchID"]) == (first, None)
    assert bench.post([number])["invalidReceivers"] == [number]
    assert bench.post([number], noStopClause=True)["validReceivers"] == [number]
    reply(bench.world, text, message=first)
    bench.call("DELETE /sms/{serviceName}/blacklists/{number}", number=number)
    assert bench.post([number])["validReceivers"] == [number]


def test_other_words_blacklist_nobody(bench):
    bench.post(sender=VIRTUAL)
    reply(bench.world, "Stopover?", receiver=A)
    assert bench.get("blacklists") == []


def test_the_last_message_to_a_number_is_answered(bench):
    bench.post(sender=VIRTUAL, tag="one")
    bench.post([B, A], sender=VIRTUAL, tag="two")
    bench.post([B], sender=VIRTUAL, tag="three")
    assert reply(bench.world, "Hi", receiver="0033612345678").tag == "two"


def refused(bench, text="Hello", **whom) -> str:
    with pytest.raises(ReplyProblem) as caught:
        reply(bench.world, text, **whom)
    return str(caught.value)


def test_a_name_cannot_be_answered_but_by_stop_where_it_is_offered(bench):
    bench.post()
    assert "except by STOP" in refused(bench, receiver=A)
    bench.post([B], noStopClause=True)
    assert "name" in refused(bench, "STOP", receiver=B)
    assert bench.get("blacklists") == []


def test_a_short_number_is_answered_for_48_hours(bench):
    bench.post(sender=None, senderForResponse=True, noStopClause=True)
    bench.wait(48 * 3600)
    assert reply(bench.world, "Yes", receiver=A).sender == A
    bench.wait(1)
    assert "48 hours" in refused(bench, receiver=A)


def test_nobody_answers_what_did_not_arrive(make):
    bench = make(receipt_delay=0, failed_share=1)
    (message,) = bench.post(sender=VIRTUAL)["ids"]
    refused(bench, message=message)
    calm = make()
    (later,) = calm.post(sender=VIRTUAL, differedPeriod=5)["ids"]
    refused(calm, receiver=A)
    calm.call("DELETE /sms/{serviceName}/jobs/{id}", id=str(later))
    calm.wait(3600)
    refused(calm, receiver=A)
    for whom in ({"receiver": B}, {"message": 7}, {"receiver": ""}):
        refused(calm, **whom)


@pytest.mark.parametrize("text", ["", "  ", "x" * 1601])
def test_answers_that_are_none(bench, text):
    bench.post(sender=VIRTUAL)
    assert "characters" in refused(bench, text, receiver=A)


def test_another_account_reads_nothing(make):
    bench = make(accounts=2)
    bench.post(sender=VIRTUAL)
    answer = reply(bench.world, "Yes", receiver=A)
    bench.account = "sms-sb00001-2"
    assert bench.get("incoming") == []
    with pytest.raises(ApiError):
        bench.get("incoming/{id}", id=answer.id)
