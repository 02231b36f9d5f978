"""What the page is told, at a time that stands still."""

import asyncio

import pytest

from smscampaign.sandbox.clock import Clock
from smscampaign.sandbox.credentials import decide
from smscampaign.sandbox.faults import Fault, FaultKind
from smscampaign.sandbox.inbox import Inbox
from smscampaign.sandbox.lastcalls import LastCalls
from smscampaign.sandbox.overview import Standing
from smscampaign.sandbox.replies import reply

FRENCH, POLISH = "+33612345678", "+48512345678"


def standing(bench):
    return Standing(bench.world, LastCalls(None, Clock()))


def messages(bench, number=FRENCH):
    found, _ = asyncio.run(Inbox(bench.world.store).phones())
    return standing(bench).phones(found)[number]["messages"]


def test_a_message_as_the_phone_shows_it(bench):
    bench.post(message="Soldes €", tag="spring")
    (one,) = messages(bench)
    assert one == {
        "key": "out-100000001",
        "way": "out",
        "sender": "Sandbox",
        "text": "Soldes €\nSTOP 36xxx",
        "at": "2026-03-06T12:00:00+01:00",
        "parts": 1,
        "units": 20,
        "encoding": "GSM-7",
        "credits": 1.0,
        "tag": "spring",
        "state": "sent",
        "delivered": None,
        "why": None,
    }


def test_each_receiver_has_its_own_price_and_country(bench):
    bench.post([FRENCH, POLISH], message="Żółw", noStopClause=True)
    found, _ = asyncio.run(Inbox(bench.world.store).phones())
    phones = standing(bench).phones(found)
    shown = {
        n: (p["country"], p["messages"][0]["credits"], p["messages"][0]["encoding"])
        for n, p in phones.items()
    }
    assert shown == {FRENCH: ("FR", 1.0, "UCS-2"), POLISH: ("PL", 0.4, "UCS-2")}


def test_states_follow_the_clock(bench):
    bench.post(differedPeriod=60)
    (held,) = messages(bench)
    assert (held["state"], held["until"]) == ("held", "2026-03-06T13:00:00+01:00")
    bench.wait(3600)
    assert messages(bench)[0]["state"] == "sent"
    bench.wait(60)
    (there,) = messages(bench)
    assert (there["state"], there["delivered"][:16]) == ("delivered", "2026-03-06T13:00")


def test_failed_says_why(make):
    bench = make(failed_share=1.0)
    bench.post()
    bench.wait(60)
    (one,) = messages(bench)
    assert (one["state"], one["why"]) == ("failed", "Absent subscriber")


def test_a_job_that_was_cancelled(bench):
    bench.post(differedPeriod=60)
    bench.call("DELETE /sms/{serviceName}/jobs/{id}", id="100000001")
    assert messages(bench)[0]["state"] == "cancelled"
    assert standing(bench).sections()["held"] == {"total": 0, "more": False, "calls": []}


def test_answers_stand_among_the_messages_and_stop_bars(bench):
    bench.post()
    bench.wait(60)
    reply(bench.world, "STOP", receiver=FRENCH)
    bench.wait(60)
    bench.post(noStopClause=True)
    talk = messages(bench)
    assert [(one["way"], one["text"]) for one in talk] == [
        ("out", "Hello\nSTOP 36xxx"),
        ("in", "STOP"),
        ("out", "Hello"),
    ]
    assert talk[1]["at"] == "2026-03-06T12:01:00+01:00"
    assert standing(bench).sections()["figures"]["barred"] == 1
    found, _ = asyncio.run(Inbox(bench.world.store).phones())
    assert standing(bench).phones(found)[FRENCH]["barred"] is True


def test_what_is_held_in_the_order_of_leaving(bench):
    bench.post(differedPeriod=120, message="later")
    bench.post([FRENCH, POLISH], differedPeriod=60, message="sooner" + "!" * 100)
    bench.post()
    held = standing(bench).sections()["held"]
    assert (held["total"], held["more"]) == (3, False)
    assert [(one["count"], one["until"], len(one["text"])) for one in held["calls"]] == [
        (2, "2026-03-06T13:00:00+01:00", 60),
        (1, "2026-03-06T14:00:00+01:00", 5),
    ]
    bench.wait(3600)
    assert standing(bench).sections()["held"]["total"] == 1


@pytest.mark.parametrize(("moment", "offset"), [("2026-03-06T12:00", 3600), ("2026-07-06T12:00", 7200)])
def test_the_clock_comes_with_the_offset_of_its_zone(bench, moment, offset):
    clock = bench.world.clock
    clock.set(clock.parse(moment))
    clock.hurry(600)
    assert standing(bench).clock() == {"at": clock.now(), "offset": offset, "speed": 600}


def test_figures_and_faults(bench):
    bench.post([FRENCH, POLISH])
    bench.world.injector.add([Fault(FaultKind.DROP_AFTER, nth=3)])
    sections = standing(bench).sections()
    assert sections["figures"] == {
        "accounts": [{"name": "sms-sb00001-1", "creditsLeft": 998.6}],
        "messages": 2,
        "calls": 1,
        "barred": 0,
    }
    assert [fault["kind"] for fault in sections["faults"]] == ["drop-after"]
    assert sections["calls"] == []
    assert sections["keys"] == []


def test_keys_that_wait_newest_first_and_without_their_secrets(bench):
    for n in range(7):
        kept = {
            "rules": [("GET", f"/{n}")],
            "status": "pendingValidation",
            "created": 1.0,
            "token": "hush",
            "secret": "hush",
        }
        bench.world.store.objects.put("credential", "", f"key{n}", kept, created=n)
    decide(bench.world, "key6", "validated")
    keys = standing(bench).sections()["keys"]
    assert keys[0] == {"key": "key5", "rules": ["GET /5"]}
    assert [one["key"] for one in keys] == ["key5", "key4", "key3", "key2", "key1"]
