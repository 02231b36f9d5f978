"""OVHcloud's adapter: the body of each call, what is read from answers, and faults of every kind over real HTTP."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from threading import Barrier, Event

import pytest
import requests

from smscampaign import sandbox
from smscampaign.errors import GatewayProblem
from smscampaign.gateway import list_accounts, open_api, open_ovhcloud
from smscampaign.gateway.clients import Clients
from smscampaign.gateway.endpoints import Keys
from smscampaign.gateway.http import Api
from smscampaign.gateway.ovhcloud import OvhCloud, account_of
from smscampaign.gateway.pace import Pace
from smscampaign.gateway.protocol import Question
from smscampaign.gateway.transports import jobs
from smscampaign.gateway.transports.jobs import SOON, job_of
from smscampaign.model import (
    Accepted,
    Account,
    Chunk,
    Delivery,
    DeliveryReceipt,
    InDoubt,
    NoAnswer,
    NotSent,
    Purpose,
    Refused,
    Terms,
    Trace,
)
from smscampaign.sandbox import BodyKind, Credential, Fault, FaultKind, Sandbox

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
# Two numbers that Germany's regulator keeps for films: OVHcloud and phonenumbers take them for numbers like any other.
MINE = Chunk("tag-1", "Sandbox", "Hello", ("+491713920001", "+491713920002"), Terms(Purpose.TRANSACTIONAL))
JOBS, OUTGOING = "GET /sms/*/jobs*", "GET /sms/*/outgoing*"


@pytest.fixture
def here():
    with sandbox.running() as running:
        yield running


@pytest.fixture(scope="module")
def sandboxed():
    with sandbox.running() as running:
        yield running


@pytest.fixture
def shared(sandboxed):
    """One sandbox for all tests that do not mind what others sent to it."""
    yield sandboxed
    sandboxed.clear_faults()


def keys_of(here, **changes):
    keys = Keys(here.endpoint, here.application_key, here.application_secret, here.consumer_key)
    return replace(keys, **changes)


@pytest.fixture
def gateway(here):
    return open_ovhcloud(keys=keys_of(here), calls_per_minute=0)


def gateway_with(here, **changes):
    return OvhCloud(here.account, Clients(keys_of(here, **changes)), pace=Pace(0))


def trace_of(gateway, chunk, *, since, certain):
    ((_, found),) = gateway.transport.traces(
        [Question(chunk, since, certain)], known=lambda _: (), stop=Event()
    )
    return found


def taken(here):
    return [one["receiver"] for one in here.accepted()]


# A look-up that comes too fast ------------------------------------------------------------------------------------


LOOKUPS = {
    "accounts": ("GET /sms", lambda api, here: api.services()),
    "an object": ("GET /sms/*", lambda api, here: api.find(f"/sms/{here.account}")),
    "a rate": ("GET /sms/rates*", lambda api, here: api.rate("FR")),
    "the clock": ("GET /auth/time", lambda api, here: api.services()),
}


@pytest.mark.parametrize("retry", [7, None])
@pytest.mark.parametrize(("route", "ask"), LOOKUPS.values(), ids=LOOKUPS)
def test_a_look_up_rests_as_long_as_it_is_asked_to(shared, route, ask, retry):
    rests = []
    shared.add_faults(Fault(FaultKind.STATUS, status=429, retry_after=retry, route=route, times=2))
    api = Api(Clients(keys_of(shared)), pace=Pace(0), sleep=rests.append)
    assert ask(api, shared)
    assert rests == ([retry] * 2 if retry else [1.0, 2.0])


@pytest.mark.parametrize("retry", [7, 61, None])
@pytest.mark.parametrize(("route", "ask"), LOOKUPS.values(), ids=LOOKUPS)
def test_a_look_up_rests_not_for_ever(shared, route, ask, retry):
    rests = []
    shared.add_faults(Fault(FaultKind.STATUS, status=429, retry_after=retry, route=route))
    api = Api(Clients(keys_of(shared)), pace=Pace(0), sleep=rests.append)
    with pytest.raises(GatewayProblem, match=r"OVHcloud says: "):
        ask(api, shared)
    assert sum(rests) <= 60
    assert len(rests) == {7: 8, 61: 0, None: 5}[retry]


# The body of a call ----------------------------------------------------------------------------------------------


def test_a_marketing_call_with_a_sender():
    assert job_of(replace(MINE, terms=Terms(Purpose.MARKETING)), now=NOW) == {
        "charset": "UTF-8",
        "message": "Hello",
        "receivers": ["+491713920001", "+491713920002"],
        "tag": "tag-1",
        "noStopClause": False,
        "sender": "Sandbox",
    }


def test_without_a_sender_a_short_number_is_asked_for_and_never_both():
    job = job_of(replace(MINE, sender=None), now=NOW)
    assert job["senderForResponse"] is True
    assert "sender" not in job
    assert "senderForResponse" not in job_of(MINE, now=NOW)


def test_only_a_transactional_campaign_goes_without_the_stop_clause():
    assert job_of(MINE, now=NOW)["noStopClause"] is True


def test_what_the_settings_name_goes_along():
    terms = Terms(
        Purpose.MARKETING,
        priority="medium",
        validity=2880,
        send_at=NOW + timedelta(minutes=90, seconds=1),
        message_class="flash",
        coding="7bit",
    )
    job = job_of(replace(MINE, terms=terms), now=NOW)
    assert {name: job[name] for name in ("priority", "validityPeriod", "class", "coding")} == {
        "priority": "medium",
        "validityPeriod": 2880,
        "class": "flash",
        "coding": "7bit",
    }
    assert job["differedPeriod"] == 91


@pytest.mark.parametrize("seconds", [0, -1, -86400])
def test_a_time_that_has_passed_is_now(seconds):
    terms = Terms(Purpose.MARKETING, send_at=NOW + timedelta(seconds=seconds))
    assert "differedPeriod" not in job_of(replace(MINE, terms=terms), now=NOW)


@pytest.mark.parametrize("hours", [1, -1])
def test_a_moment_is_one_of_ovhclouds_clock_whatever_this_computers_says(here, hours):
    here.world.clock.step(3600 * hours)
    moment = datetime.fromtimestamp(here.world.clock.now(), UTC) + timedelta(hours=2)
    terms = Terms(Purpose.TRANSACTIONAL, send_at=moment)
    gateway = gateway_with(here)
    assert isinstance(gateway.transport.submit(replace(MINE, terms=terms)), Accepted)
    assert [call.differed in {120, 121} for call in here.world.store.select(after=0)] == [True]
    assert abs(gateway.ahead - timedelta(hours=hours)) <= timedelta(seconds=2)


# Submitting ------------------------------------------------------------------------------------------------------


def test_invalid_receivers_come_back_as_such(gateway, here):
    outcome = gateway.transport.submit(replace(MINE, receivers=("+491713920001", "+3312")))
    assert (outcome.receivers, outcome.invalid) == (("+491713920001",), ("+3312",))
    assert taken(here) == ["+491713920001"]


def test_a_text_beyond_latin_arrives_as_it_is(gateway, here):
    gateway.transport.submit(replace(MINE, body="Zażółć gęślą jaźń €…\n😀"))
    assert [call.message for call in here.world.store.select(after=0)] == ["Zażółć gęślą jaźń €…\n😀"]


@pytest.mark.parametrize(
    ("fault", "kind", "arrived"),
    [
        (Fault(FaultKind.DROP_BEFORE), InDoubt, False),
        (Fault(FaultKind.DROP_AFTER), InDoubt, True),
        (Fault(FaultKind.STATUS, status=429, retry_after=7), NotSent, False),
        (Fault(FaultKind.STATUS, status=500), InDoubt, False),
        (Fault(FaultKind.STATUS, status=502, body=BodyKind.HTML, after=True), InDoubt, True),
        (Fault(FaultKind.STATUS, status=200, body=BodyKind.EMPTY, after=True), InDoubt, True),
        (Fault(FaultKind.STATUS, status=200, body=BodyKind.NULL, after=True), InDoubt, True),
        (Fault(FaultKind.STATUS, status=200, body=BodyKind.LIST, after=True), InDoubt, True),
        (Fault(FaultKind.STATUS, status=200, body=BodyKind.TRUNCATED, after=True), InDoubt, True),
        (Fault(FaultKind.STATUS, status=503, body=BodyKind.EMPTY), InDoubt, False),
        (Fault(FaultKind.ONLY_INVALID), Accepted, False),
    ],
)
def test_each_fault_has_its_outcome(gateway, here, fault, kind, arrived):
    here.add_faults(fault)
    outcome = gateway.transport.submit(MINE)
    assert isinstance(outcome, kind)
    assert sorted(taken(here)) == (list(MINE.receivers) if arrived else [])
    assert getattr(outcome, "retry_after", None) == fault.retry_after
    if isinstance(outcome, Accepted):
        assert (outcome.receivers, sorted(outcome.invalid)) == ((), list(MINE.receivers))


@pytest.mark.parametrize(
    ("settings", "changes", "code"),
    [
        (Sandbox(credits=Decimal(1)), {}, "403"),
        (Sandbox(senders=("Other",)), {}, "400"),
        (Sandbox(), {"application_secret": "wrong"}, "INVALID_SIGNATURE"),
        (Sandbox(), {"application_key": "wrong"}, "INVALID_KEY"),
        (Sandbox(), {"consumer_key": "wrong"}, None),
        (Sandbox(credentials=(Credential(rules=(("GET", "/*"),)),)), {}, "NOT_GRANTED_CALL"),
        (Sandbox(credits=Decimal(1), no_credits_status=400), {}, "400"),
        (Sandbox(credits=Decimal(1), no_credits_status=402), {}, "402"),
    ],
)
def test_what_the_operator_must_change_stops_the_delivery(settings, changes, code):
    with sandbox.running(settings=settings) as here:
        outcome = gateway_with(here, **changes).transport.submit(MINE)
        assert isinstance(outcome, Refused)
        assert outcome.stops, outcome
        assert code in {None, outcome.code}
        assert taken(here) == []


def test_a_fault_of_the_chunk_alone_does_not_stop_the_others(gateway):
    outcome = gateway.transport.submit(replace(MINE, sender=None, body="See https://example.com"))
    assert isinstance(outcome, Refused)
    assert not outcome.stops


def test_an_account_that_is_not_ours_stops(shared):
    outcome = OvhCloud("sms-zz99999-1", Clients(keys_of(shared)), pace=Pace(0)).transport.submit(MINE)
    assert isinstance(outcome, Refused)
    assert outcome.stops


def test_a_server_that_is_gone_was_not_sent_to(shared):
    gateway = gateway_with(shared, endpoint="http://127.0.0.1:9/1.0")
    outcome = gateway.transport.submit(MINE)
    assert isinstance(outcome, NotSent)
    assert "signing in" in outcome.detail


def test_keys_that_are_missing_were_not_sent_and_say_so(shared):
    outcome = gateway_with(shared, consumer_key=None, application_key=None).transport.submit(MINE)
    assert outcome == NotSent("there are no keys to sign in with")


@pytest.mark.parametrize("body", list(BodyKind))
@pytest.mark.parametrize("status", [200, 500])
def test_a_clock_that_cannot_be_read_was_not_sent(shared, status, body):
    shared.add_faults(Fault(FaultKind.STATUS, route="GET /auth/time", status=status, body=body))
    assert isinstance(gateway_with(shared).transport.submit(MINE), NotSent)


# A clock that went wrong -----------------------------------------------------------------------------------------


def counted(here, route):
    """A fault that does nothing but count the calls of a route."""
    fault = Fault(FaultKind.LATENCY, route=route)
    here.add_faults(fault)
    return lambda: next(
        one["seen"]
        for one in here.world.injector.state()
        if one["route"] == route and one["kind"] == "latency"
    )


@pytest.mark.parametrize("seconds", [3600, -3600])
def test_a_clock_that_was_moved_is_looked_at_again_once(gateway, here, seconds):
    assert isinstance(gateway.transport.submit(MINE), Accepted)
    here.world.clock.step(seconds)
    times, posts = counted(here, "GET /auth/time"), counted(here, "POST /sms/*/jobs")
    again = replace(MINE, tag="tag-2")
    assert isinstance(gateway.transport.submit(again), Accepted)
    assert (times(), posts()) == (1, 2)
    assert isinstance(gateway.transport.submit(replace(MINE, tag="tag-3")), Accepted)
    assert (times(), posts()) == (1, 3)
    assert len(taken(here)) == 6


def test_a_laptop_that_slept_is_this_machines_clock_gone_wrong(gateway, here):
    gateway.transport.submit(MINE)
    gateway.api.clients.get()._time_delta += 86400
    assert isinstance(gateway.transport.submit(replace(MINE, tag="tag-2")), Accepted)
    assert len(taken(here)) == 4


def test_after_a_slow_look_at_the_clock_the_call_waits_for_the_next_try(gateway, here, monkeypatch):
    """Meanwhile others may have taken this driver for gone; the next try makes sure first."""
    times = iter([0.0, SOON + 1, 100.0, 100.1])
    monkeypatch.setattr(jobs, "monotonic", lambda: next(times))
    outcome = gateway.transport.submit(MINE)
    assert isinstance(outcome, NotSent)
    assert "signing in took so long" in outcome.detail
    assert not list(here.accepted())
    assert isinstance(gateway.transport.submit(MINE), Accepted)


def test_each_thread_renews_its_own_client(gateway, here):
    with ThreadPoolExecutor(3) as pool:
        together = Barrier(3)

        def one(n):
            together.wait(20)
            return gateway.transport.submit(replace(MINE, tag=f"tag-{n}"))

        assert [type(outcome) for outcome in pool.map(one, range(3))] == [Accepted] * 3
        here.world.clock.step(3600)
        times = counted(here, "GET /auth/time")
        assert [type(outcome) for outcome in pool.map(one, range(3, 6))] == [Accepted] * 3
        assert times() == 3
    assert len(taken(here)) == 12


def test_a_clock_that_stays_wrong_stops(shared):
    gateway = gateway_with(shared)
    shared.add_faults(Fault(FaultKind.CLOCK_OFF, seconds=-6000))
    posts = counted(shared, "POST /sms/*/jobs")
    outcome = gateway.transport.submit(MINE)
    assert isinstance(outcome, Refused)
    assert (outcome.stops, posts()) == (True, 2)


def test_a_clock_that_cannot_be_read_again_was_not_sent(gateway, here):
    gateway.transport.submit(MINE)
    here.world.clock.step(3600)
    here.add_faults(Fault(FaultKind.STATUS, route="GET /auth/time", status=500))
    assert isinstance(gateway.transport.submit(replace(MINE, tag="tag-2")), NotSent)
    assert len(taken(here)) == 2


def test_looking_something_up_looks_at_the_clock_again_too(gateway, here):
    gateway.account()
    here.world.clock.step(3600)
    assert gateway.account().status == "enable"


# Asking ----------------------------------------------------------------------------------------------------------


def test_a_message_that_waits_is_found_among_the_jobs(gateway, here):
    later = replace(MINE, terms=Terms(Purpose.MARKETING, send_at=datetime.now(UTC) + timedelta(hours=2)))
    since = datetime.now(UTC)
    outcome = gateway.transport.submit(later)
    trace = trace_of(gateway, later, since=since, certain=True)
    assert trace == Trace(tuple(sorted(outcome.ids)), frozenset(MINE.receivers))
    assert len(list(gateway.jobs())) == 2


@pytest.mark.parametrize(
    "stranger",
    [
        replace(MINE, tag="other", body="Another text"),
        replace(MINE, tag="other", receivers=("+491713920077",)),
    ],
)
def test_a_waiting_message_of_somebody_else_is_not_taken_for_ours(gateway, stranger):
    terms = Terms(Purpose.TRANSACTIONAL, send_at=datetime.now(UTC) + timedelta(hours=2))
    since = datetime.now(UTC)
    gateway.transport.submit(replace(stranger, terms=terms))
    assert trace_of(gateway, replace(MINE, terms=terms), since=since, certain=True) == Trace((), frozenset())


def test_a_waiting_message_of_long_ago_is_neither_taken_for_ours_nor_for_nothing(gateway):
    later = replace(MINE, terms=Terms(Purpose.TRANSACTIONAL, send_at=datetime.now(UTC) + timedelta(hours=2)))
    gateway.transport.submit(later)
    since = datetime.now(UTC) + timedelta(minutes=11)
    ((_, answer),) = gateway.transport.traces(
        [Question(later, since, True)], known=lambda _: (), stop=Event()
    )
    assert isinstance(answer, NoAnswer)
    assert "the same text waits" in answer.detail


def test_a_count_of_ids_is_not_enough_where_the_tag_was_used_twice(gateway):
    other = replace(MINE, receivers=("+491713920008", "+491713920009"))
    gateway.transport.submit(other)
    assert trace_of(gateway, MINE, since=NOW, certain=False).receivers == frozenset(other.receivers)


@pytest.mark.parametrize("route", [JOBS, OUTGOING])
@pytest.mark.parametrize(
    "fault",
    [
        {"kind": FaultKind.DROP_BEFORE},
        {"kind": FaultKind.STATUS, "status": 500},
        {"kind": FaultKind.STATUS, "status": 403},
        *({"kind": FaultKind.STATUS, "status": 200, "body": body} for body in BodyKind if body != "list"),
    ],
)
def test_a_question_that_fails_is_no_answer(shared, route, fault):
    gateway, lost = gateway_with(shared), replace(MINE, tag="lost")
    gateway.transport.submit(MINE)
    shared.add_faults(Fault(route=route, **fault))
    assert isinstance(trace_of(gateway, lost, since=NOW, certain=False), NoAnswer)
    # Who is in the history is there, whatever may wait elsewhere.
    found = trace_of(gateway, MINE, since=NOW, certain=False)
    assert isinstance(found, Trace if route == JOBS else NoAnswer)


@pytest.mark.parametrize("lacking", ["receiver", "message", "creationDatetime", "id"])
def test_a_job_without_what_the_schema_promises_is_no_answer(shared, monkeypatch, lacking):
    gateway = gateway_with(shared)
    job = {
        "id": 5,
        "receiver": "+491713920001",
        "message": "Hello",
        "creationDatetime": "2026-03-02T10:00:00+01:00",
    }
    del job[lacking]
    monkeypatch.setattr("smscampaign.gateway.http.Api.ids", lambda _, path, **__: [5] * path.endswith("jobs"))
    monkeypatch.setattr("smscampaign.gateway.http.Api.find", lambda *_: job)
    assert isinstance(trace_of(gateway, MINE, since=NOW, certain=False), NoAnswer)


def test_keys_without_the_right_to_ask_give_no_answer_and_the_reason():
    rules = (("GET", "/sms"), ("POST", "/sms/*/jobs"))
    with sandbox.running(settings=Sandbox(credentials=(Credential(rules=rules),))) as here:
        gateway = gateway_with(here)
        assert isinstance(gateway.transport.submit(MINE), Accepted)
        answer = trace_of(gateway, MINE, since=NOW, certain=True)
        assert isinstance(answer, NoAnswer)
        with pytest.raises(GatewayProblem) as caught:
            gateway.account()
    assert caught.value.code == "NOT_GRANTED_CALL"
    assert "GET /sms/*" in caught.value.remedy


def test_a_receipt_names_the_receiver_of_its_id(gateway, here):
    outcome = gateway.transport.submit(MINE)
    here.world.clock.step(60)
    found = [gateway.echo.receipt(one) for one in outcome.ids]
    assert {one.msisdn for one in found} == set(MINE.receivers)
    assert {one.id for one in found} == set(outcome.ids)
    assert {one.delivery for one in found} == {Delivery.DELIVERED}
    assert all(one.delivered_at.tzinfo for one in found)


@pytest.mark.parametrize(
    ("code", "delivery"),
    [
        (0, Delivery.WAITING),
        (1, Delivery.DELIVERED),
        (2, Delivery.FAILED),
        (4, Delivery.WAITING),
        (8, Delivery.WAITING),
        (16, Delivery.FAILED),
        (99, Delivery.WAITING),
    ],
)
def test_receipt_codes_are_read_by_the_published_meanings(shared, monkeypatch, code, delivery):
    gateway = gateway_with(shared)
    one = {
        "id": 5,
        "receiver": "00491713920001",
        "deliveryReceipt": code,
        "deliveredAt": "2026-03-02T10:00:00",
    }
    monkeypatch.setattr("smscampaign.gateway.http.Api.find", lambda *_: one)
    moment = NOW + timedelta(hours=1) if delivery is Delivery.DELIVERED else None
    assert gateway.echo.receipt(5) == DeliveryReceipt(5, "+491713920001", delivery, moment)


def test_a_receipt_that_cannot_be_read_is_told(shared, monkeypatch):
    gateway = gateway_with(shared)
    monkeypatch.setattr("smscampaign.gateway.http.Api.find", lambda *_: {"id": 5})
    with pytest.raises(GatewayProblem, match="cannot be read"):
        gateway.echo.receipt(5)


# Looking up ------------------------------------------------------------------------------------------------------


def test_senders_are_listed_and_one_can_be_looked_up(gateway):
    assert [(one.name, one.status) for one in gateway.senders()] == [("Sandbox", "enable")]
    with pytest.raises(GatewayProblem):
        gateway.sender("No/Such?Name")


def test_the_only_account_is_taken_and_several_must_be_named():
    with sandbox.running(settings=Sandbox(accounts=2)) as here:
        with pytest.raises(GatewayProblem, match="2 SMS accounts") as caught:
            open_ovhcloud(keys=keys_of(here))
        assert "--account" in caught.value.remedy
        assert open_ovhcloud("sms-sb00001-2", keys=keys_of(here)).account().name == "sms-sb00001-2"
        assert [(name, one.name) for name, one in list_accounts(keys=keys_of(here))] == [
            (name, name) for name in ("sms-sb00001-1", "sms-sb00001-2")
        ]


def test_accounts_are_named_even_where_the_keys_may_not_see_their_details():
    rules = (("GET", "/sms"),)
    with sandbox.running(settings=Sandbox(credentials=(Credential(rules=rules),))) as here:
        assert list(list_accounts(keys=keys_of(here))) == [(here.account, None)]


def test_accounts_that_cannot_be_read_are_told(shared):
    shared.add_faults(Fault(FaultKind.STATUS, route="GET /sms/sms-sb00001-1", status=500))
    with pytest.raises(GatewayProblem):
        list(list_accounts(keys=keys_of(shared)))


def test_a_message_that_vanished_between_two_questions_is_passed_over(shared, monkeypatch):
    monkeypatch.setattr("smscampaign.gateway.http.Api.ids", lambda *_, **__: [5])
    gateway = gateway_with(shared)
    monkeypatch.setattr("smscampaign.gateway.http.Api.find", lambda *_: None)
    assert list(gateway.jobs()) == []
    assert gateway.echo.receipt(5) is None


def test_keys_that_see_no_account_are_told(shared, monkeypatch):
    monkeypatch.setattr("smscampaign.gateway.http.Api.services", lambda _: [])
    with pytest.raises(GatewayProblem, match="no SMS account"):
        open_ovhcloud(keys=keys_of(shared))


def test_an_unknown_account_is_told_with_where_to_look(shared):
    with pytest.raises(GatewayProblem, match="does not exist") as caught:
        OvhCloud("sms-zz99999-1", Clients(keys_of(shared)), pace=Pace(0)).account()
    assert "smscampaign accounts" in caught.value.remedy


LOOK_UPS = ("GET /sms", "GET /sms/*/senders", "GET /sms/sms-sb00001-1", "GET /sms/rates/*")


@pytest.mark.parametrize(
    ("route", "body"),
    [
        *((route, body) for route in LOOK_UPS for body in BodyKind if body is not BodyKind.LIST),
        *((route, BodyKind.LIST) for route in LOOK_UPS[2:]),
    ],
)
def test_look_ups_that_fail_are_problems_for_the_operator(shared, route, body):
    shared.add_faults(Fault(FaultKind.STATUS, route=route, status=200, body=body))
    gateway = gateway_with(shared)
    ask = {
        "GET /sms": lambda: open_ovhcloud(keys=keys_of(shared)),
        "GET /sms/sms-sb00001-1": gateway.account,
        "GET /sms/*/senders": lambda: list(gateway.senders()),
        "GET /sms/rates/*": lambda: gateway.rate("FR"),
    }[route]
    with pytest.raises(GatewayProblem):
        ask()


def test_rates_need_no_keys(shared):
    api = open_api(keys=Keys(shared.endpoint))
    assert api.rate("PL") == Decimal("0.4")


@pytest.fixture
def asked(monkeypatch):
    """What was asked without keys, as it was."""
    queries = []
    ask = Api._unsigned

    def noted(api, path, **query):
        queries.append((path, query))
        return ask(api, path, **query)

    monkeypatch.setattr(Api, "_unsigned", noted)
    return queries


def test_a_rate_is_asked_for_the_country_where_the_owner_of_the_keys_buys(shared, asked, monkeypatch):
    gateway = gateway_with(shared)
    owner, get = [], gateway.api.get
    monkeypatch.setattr(
        gateway.api, "get", lambda path: {**get(path), "ovhSubsidiary": "PL"} | {"asked": owner.append(path)}
    )
    assert (gateway.rate("FR"), gateway.rate("DE")) == (Decimal(1), Decimal("1.3"))
    assert gateway.packs().currency == "PLN"
    assert asked == [
        ("/sms/rates/destinations", {"country": "fr", "billingCountry": "pl"}),
        ("/sms/rates/destinations", {"country": "de", "billingCountry": "pl"}),
        ("/sms/rates/packs", {"country": "pl", "billingCountry": "pl"}),
    ]
    assert owner == ["/me"], "once is enough"


@pytest.mark.parametrize(
    "keys",
    [
        {"consumer_key": None},
        {"consumer_key": "of nobody"},
        {"application_key": "wrong"},
        {"application_secret": "wrong"},
    ],
)
def test_a_rate_is_told_to_keys_that_do_not_sign_in_as_to_nobody(shared, asked, keys):
    assert gateway_with(shared, **keys).rate("PL") == Decimal("0.4")
    assert asked == [("/sms/rates/destinations", {"country": "pl"})]


def test_a_rate_is_asked_without_a_country_of_billing_where_the_keys_may_not_ask_for_it(asked):
    sending = Credential(consumer_key="sends-only", rules=(("GET", "/sms"), ("POST", "/sms/*/jobs")))
    with sandbox.running(settings=Sandbox(credentials=(sending,))) as here:
        assert gateway_with(here, consumer_key="sends-only").rate("PL") == Decimal("0.4")
    assert asked == [("/sms/rates/destinations", {"country": "pl"})]


def test_a_rate_is_not_asked_where_it_shows_not_who_pays(shared, asked):
    """By another country's list it may be another rate, and the forecast would not be the bill."""
    shared.add_faults(Fault(FaultKind.STATUS, route="GET /me", status=500))
    with pytest.raises(GatewayProblem):
        gateway_with(shared).rate("PL")
    assert asked == []


def test_packs_are_those_of_the_country_where_the_owner_of_the_keys_buys(gateway):
    found = gateway.packs(now=lambda: NOW)
    assert (found.country, found.currency, found.asked) == ("FR", "EUR", NOW.date())
    assert found.prices[:2] == ((Decimal(100), Decimal("0.065")), (Decimal(1000), Decimal("0.06175")))
    assert found.made_up


@pytest.mark.parametrize(
    "answer",
    [
        [],
        {},
        [{"creditQuantityMin": 100}],
        [{"creditQuantityMin": 100, "creditPrice": {"currencyCode": "EUR", "value": "?"}}],
        [{"creditQuantityMin": 100, "creditPrice": {"currencyCode": "points", "value": 1}}],
    ],
)
def test_packs_that_cannot_be_read_are_a_problem(gateway, monkeypatch, answer):
    monkeypatch.setattr(gateway.api, "packs", lambda country: answer)
    with pytest.raises(GatewayProblem, match="cannot be read"):
        gateway.packs()


def test_where_no_credits_are_sold_there_is_no_price(gateway, monkeypatch):
    monkeypatch.setattr(gateway.api, "get", lambda path: {"ovhSubsidiary": "DE", "country": "FR"})
    assert gateway.packs() is None


def test_a_country_without_a_rate_has_none(shared):
    shared.add_faults(Fault(FaultKind.STATUS, route="GET /sms/rates/*", status=400))
    assert open_api(keys=keys_of(shared)).rate("FR") is None


def test_looking_up_keeps_the_pace(here):
    slept = []
    gateway = OvhCloud(
        here.account, Clients(keys_of(here)), pace=Pace(60, clock=lambda: 0.0, sleep=slept.append)
    )
    gateway.account()
    gateway.rate("FR")  # which asks who buys before it asks for the price
    gateway.transport.submit(MINE)  # whoever submits keeps the pace
    assert slept == [1, 2]


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        "x",
        {},
        {"status": "enable"},
        {"status": "enable", "creditsLeft": None},
        {"status": "enable", "creditsLeft": "many"},
    ],
)
def test_an_account_that_cannot_be_read_is_told(answer):
    with pytest.raises(GatewayProblem, match="cannot be read"):
        account_of("sms-1", answer)


def test_an_account_is_read_exactly():
    body = json.loads('{"status": "enable", "creditsLeft": 12.3, "channel": null}', parse_float=Decimal)
    assert account_of("sms-1", body) == Account("sms-1", "", "enable", Decimal("12.3"), "")


def test_the_network_that_fails_is_told_without_the_url(shared, monkeypatch):
    gateway = gateway_with(shared, endpoint="http://127.0.0.1:9/1.0")
    with pytest.raises(GatewayProblem, match="could not be reached") as caught:
        gateway.account()
    assert "127.0.0.1" not in str(caught.value)
    assert isinstance(caught.value.__cause__, Exception)
    with pytest.raises(GatewayProblem, match="could not be reached"):
        gateway.rate("FR")
    assert not isinstance(caught.value, requests.RequestException)
