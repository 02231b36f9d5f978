"""`/jobs` and `/outgoing`: what has left, what has not, and the filters."""

from __future__ import annotations

import pytest

from smscampaign.sandbox import Fault, FaultKind
from smscampaign.sandbox.answers import ApiError

A, B = "+33612345678", "+33612345679"
JOB = "DELETE /sms/{serviceName}/jobs/{id}"
OUTGOING = "DELETE /sms/{serviceName}/outgoing/{id}"


def status(call) -> int:
    with pytest.raises(ApiError) as caught:
        call()
    return caught.value.status


def test_a_job_leaves_at_once(bench):
    (message,) = bench.post(tag="t")["ids"]
    assert bench.get("jobs") == []
    assert bench.get("outgoing") == [message]
    assert status(lambda: bench.get("jobs/{id}", id=message)) == 404


def test_a_deferred_job_waits_until_it_is_due(bench):
    (message,) = bench.post(tag="t", differedPeriod=60)["ids"]
    assert bench.get("jobs") == [message]
    assert bench.get("outgoing") == []
    assert status(lambda: bench.get("outgoing/{id}", id=message)) == 404
    job = bench.get("jobs/{id}", id=message)
    assert (job["differedDelivery"], job["sentAt"], job["receiver"]) == (60, None, A)
    assert "tag" not in job
    bench.wait(3600)
    assert bench.get("jobs") == []
    assert bench.get("outgoing", differedDelivery=60) == [message]
    assert bench.get("outgoing/{id}", id=message)["sentAt"] == "2026-03-06T13:00:00+01:00"


@pytest.mark.parametrize("refunds", [True, False])
def test_a_deleted_job_never_leaves_but_stays_in_the_record(make, refunds):
    bench = make(refund_cancelled=refunds)
    first, second = bench.post([A, B], differedPeriod=5)["ids"]
    bench.call(JOB, id=str(first))
    assert bench.get("jobs") == [second]
    assert bench.world.store.credits(bench.account) == (999 if refunds else 998)
    bench.wait(600)
    assert bench.get("outgoing") == [second]
    assert status(lambda: bench.call(JOB, id=str(first))) == 404
    assert bench.world.store.messages == 2
    assert bench.world.store.marked("cancelled") == 1


def test_a_message_deleted_from_the_history_is_gone_from_it_only(bench):
    first, second = bench.post([A, B])["ids"]
    bench.call(OUTGOING, id=str(first))
    assert bench.get("outgoing") == [second]
    assert status(lambda: bench.get("outgoing/{id}", id=first)) == 404
    assert bench.world.store.credits(bench.account) == 998
    assert bench.world.store.messages == 2


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, [0, 1, 2]),
        ({"tag": "one"}, [0, 1]),
        ({"tag": "on"}, []),
        ({"sender": "+33700000000"}, [2]),
        ({"receiver": A}, ["A", 2]),
        ({"receiver": "0033612345678"}, ["A", 2]),
        ({"receiver": " 33612345678"}, ["A", 2]),  # a plus that was not escaped
        ({"receiver": A, "tag": "two"}, [2]),
        ({"receiver": "+3361234567"}, []),
        ({"receiver": "+"}, []),
        ({"creationDatetime.from": "2026-03-06T12:00:30+01:00"}, [2]),
        ({"creationDatetime.from": "2026-03-06T11:00:30Z"}, [2]),
        ({"creationDatetime.to": "2026-03-06T12:00:30+01:00"}, [0, 1]),
        ({"creationDatetime.to": "2026-03-06T12:00:30"}, [0, 1]),
        ({"creationDatetime.to": "2026-03-06T12:00:00+01:00"}, [0, 1]),
        ({"creationDatetime.to": "2026-03-06T11:59:59+01:00"}, []),
        ({"creationDatetime.to": "2026-03-06"}, []),
        ({"differedDelivery": 0}, [0, 1, 2]),
        ({"differedDelivery": 1}, []),
        ({"batchID": "x"}, []),
        ({"messageID": "x"}, []),
        ({"deliveryReceipt": 1}, [0, 1]),
        ({"deliveryReceipt": 0}, [2]),
        ({"ptt": 4}, [0, 1]),
    ],
)
def test_filters(bench, filters, expected):
    first = bench.post([A, B], tag="one")["ids"]
    bench.wait(60)
    second = bench.post([A], tag="two", sender="+33700000000")["ids"]
    ids = [*first, *second]
    by_name = {bench.get("outgoing/{id}", id=i)["receiver"]: i for i in first}
    wanted = sorted(by_name[A] if place == "A" else ids[place] for place in expected)
    assert bench.get("outgoing", **filters) == wanted


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", ""])
def test_a_date_that_is_none_is_refused(bench, text):
    assert status(lambda: bench.get("outgoing", **{"creationDatetime.from": text})) == 400


def test_history_that_lags(bench):
    lag = bench.hit(Fault(FaultKind.HIDE_HISTORY, seconds=30))
    (message,) = bench.post(tag="t", effects=lag)["ids"]
    assert bench.get("outgoing", tag="t") == []
    assert status(lambda: bench.get("outgoing/{id}", id=message)) == 404
    assert bench.world.store.messages == 1
    bench.wait(30)
    assert bench.get("outgoing", tag="t") == [message]


@pytest.mark.parametrize(
    ("text", "expected"), [("1", 404), ("99999999999999999999", 400), ("x", 400), ("١", 400)]
)
def test_ids_that_lead_nowhere(bench, text, expected):
    assert status(lambda: bench.get("outgoing/{id}", id=text)) == expected


def test_another_account_sees_nothing(make):
    bench = make(accounts=2)
    (message,) = bench.post()["ids"]
    bench.account = "sms-sb00001-2"
    assert bench.get("outgoing") == []
    assert status(lambda: bench.get("outgoing/{id}", id=message)) == 404
