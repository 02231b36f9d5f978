"""The life of a batch on the clock, its texts, its errors, and how it is cancelled."""

from __future__ import annotations

import pytest

from smscampaign.sandbox.answers import ApiError

A, B = "+33612345678", "+33612345679"
ONE = "/sms/{serviceName}/batches/{id}"


def post(bench, **changes):
    batch = {"name": "spring", "from": "Sandbox", "to": [A, B], "message": "Hello", **changes}
    return bench.call("POST /sms/{serviceName}/batches", {k: v for k, v in batch.items() if v is not None})


def look(bench, batch):
    return bench.call(f"GET {ONE}", id=batch["id"])


def status_of(call) -> int:
    with pytest.raises(ApiError) as caught:
        call()
    return caught.value.status


def test_it_goes_through_its_stages(bench):
    batch = post(bench, tag="b")
    seen = []
    for _ in range(4):
        now = look(bench, batch)
        seen.append((now["status"], now["processedRecords"], now["sentAt"], len(bench.get("outgoing"))))
        bench.wait(1)
    assert seen == [
        ("PENDING", 0, None, 0),
        ("INSERTING", 2, None, 0),
        ("INSERTED", 2, None, 0),
        ("COMPLETED", 2, "2026-03-06T12:00:03+01:00", 2),
    ]
    assert bench.get("outgoing", batchID=batch["id"], tag="b") == bench.get("outgoing")
    assert bench.world.store.credits(bench.account) == 998
    done = look(bench, batch)
    assert (done["finishedAt"], done["totalRecords"], done["estimatedCredits"]) == (done["sentAt"], 2, 2)


def test_deferred_it_waits_and_can_be_cancelled(bench):
    batch = post(bench, deferred="2026-03-06T14:00:00+01:00")
    bench.wait(60)
    assert look(bench, batch)["status"] == "INSERTED"
    assert len(bench.get("jobs")) == 2
    seen = [bench.call(f"POST {ONE}/cancel", id=batch["id"])["status"]]
    for _ in range(2):
        bench.wait(1)
        seen.append(look(bench, batch)["status"])
    assert seen == ["TO_CANCEL", "CANCELING", "CANCELED"]
    assert bench.world.store.credits(bench.account) == 1000
    bench.wait(7200)
    assert bench.get("jobs") == bench.get("outgoing") == []
    assert bench.world.store.marked("cancelled") == 2
    statistics = bench.call(f"GET {ONE}/statistics", id=batch["id"])
    assert (statistics["credits"], statistics["sent"], statistics["pending"]) == (0, 0, 0)


def test_what_cannot_be_cancelled(bench):
    at_once = post(bench)
    assert status_of(lambda: bench.call(f"POST {ONE}/cancel", id=at_once["id"])) == 409
    later = post(bench, deferred="2026-03-06T12:01:00+01:00")
    bench.wait(60)
    assert status_of(lambda: bench.call(f"POST {ONE}/cancel", id=later["id"])) == 409
    assert status_of(lambda: bench.call(f"POST {ONE}/cancel", id="none")) == 404


def test_it_is_held_at_night_unless_it_says_no_stop(make):
    bench = make(hold=True)
    bench.wait(10 * 3600)
    held, free = post(bench), post(bench, noStop=True)
    bench.wait(60)
    assert (look(bench, held)["status"], look(bench, free)["status"]) == ("INSERTED", "COMPLETED")
    bench.wait(10 * 3600)
    assert look(bench, held)["status"] == "COMPLETED"


def test_invalid_receivers_are_errors_and_blacklisted_ones_are_counted(make):
    bench = make(blacklist=(B,), receipt_delay=0)
    batch = post(bench, to=[A, B, "0612345678"])
    assert batch["errors"] == [{"receiver": "0612345678", "message": "Invalid receiver"}]
    bench.wait(10)
    statistics = bench.call(f"GET {ONE}/statistics", id=batch["id"])
    assert {k: v for k, v in statistics.items() if k != "id"} == {
        "credits": 1,
        "delivered": 1,
        "estimatedCredits": 1,
        "failed": 0,
        "pending": 0,
        "sent": 1,
        "stoplisted": 1,
    }


@pytest.mark.parametrize(("credits", "to"), [(1, [A, B]), (100, ["nobody"])])
def test_it_fails_whole(make, credits, to):
    bench = make(credits=credits)
    batch = post(bench, to=to)
    bench.wait(1)
    assert look(bench, batch)["status"] == "FAILED"
    assert look(bench, batch)["errors"]
    assert bench.world.store.messages == 0
    assert bench.world.store.credits(bench.account) == credits


@pytest.mark.parametrize(
    "changes",
    [
        {"from": None},
        {"from": "Nobody"},
        {"senderForResponse": True},
        {"to": None},
        {"slotID": "1"},
        {"message": ""},
        {"deferred": "soon"},
    ],
)
def test_what_is_refused_at_once(bench, changes):
    assert status_of(lambda: post(bench, **changes)) == 400
    assert bench.call("GET /sms/{serviceName}/batches") == []


def test_only_one_that_has_ended_is_deleted(bench):
    batch = post(bench)
    assert status_of(lambda: bench.call(f"DELETE {ONE}", id=batch["id"])) == 409
    bench.wait(3)
    bench.call(f"DELETE {ONE}", id=batch["id"])
    assert status_of(lambda: look(bench, batch)) == 404
    assert len(bench.get("outgoing", batchID=batch["id"])) == 2
