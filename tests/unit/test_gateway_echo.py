"""What is heard at OVHcloud after sending, and messages called back there, over real HTTP against the sandbox."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Event

import pytest

from smscampaign import sandbox
from smscampaign.errors import GatewayProblem
from smscampaign.gateway import OvhCloud, open_ovhcloud
from smscampaign.gateway.endpoints import Keys
from smscampaign.gateway.protocol import Sent
from smscampaign.model import Chunk, Delivery, NoAnswer, Purpose, Terms
from smscampaign.sandbox import BodyKind, Credential, Fault, FaultKind, Sandbox
from smscampaign.sandbox.replies import reply

# Numbers that Germany's regulator keeps for films.
NUMBERS = tuple(f"+4917139200{n:02d}" for n in range(4))
DELETE = "DELETE /sms/*/jobs/*"


def gateway_at(here, **changes):
    keys = {
        "endpoint": here.endpoint,
        "application_key": here.application_key,
        "application_secret": here.application_secret,
        "consumer_key": here.consumer_key,
    }
    return open_ovhcloud(keys=Keys(**{**keys, **changes}), calls_per_minute=0)


def chunk(tag="tag-1", numbers=NUMBERS[:3], **terms):
    return Chunk(
        tag, "Sandbox", "Hello", tuple(numbers), Terms(**{"purpose": Purpose.TRANSACTIONAL, **terms})
    )


def tomorrow():
    return datetime.now(UTC) + timedelta(days=1)


@pytest.fixture
def here():
    with sandbox.running() as running:
        yield running


@pytest.fixture
def gateway(here):
    return gateway_at(here)


@pytest.fixture
def held(gateway):
    """The ids of three messages that wait until tomorrow."""
    return gateway.transport.submit(chunk(send_at=tomorrow())).ids


# Calling back ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "deleted"),
    [
        (Fault(FaultKind.DROP_BEFORE, route=DELETE), False),
        (Fault(FaultKind.DROP_AFTER, route=DELETE), True),
        (Fault(FaultKind.STATUS, status=503, body=BodyKind.HTML, route=DELETE), False),
        (Fault(FaultKind.STATUS, status=500, body=BodyKind.EMPTY, after=True, route=DELETE), True),
        (Fault(FaultKind.STATUS, status=429, route=DELETE), False),
    ],
)
def test_without_an_answer_nobody_knows_whether_it_was_deleted(here, gateway, held, fault, deleted):
    here.add_faults(fault)
    assert isinstance(gateway.transport.recall(held[0]), NoAnswer)
    here.clear_faults()
    assert (held[0] not in gateway.echo.waiting()) is deleted


def test_a_missing_right_is_told_with_the_right():
    rules = (("GET", "/*"), ("POST", "/*"))
    with sandbox.running(settings=Sandbox(credentials=(Credential(rules=rules),))) as here:
        gateway = gateway_at(here)
        (first, *_) = gateway.transport.submit(chunk(send_at=tomorrow())).ids
        with pytest.raises(GatewayProblem) as caught:
            gateway.transport.recall(first)
        assert caught.value.code == "NOT_GRANTED_CALL"
        assert "DELETE=/sms/*/jobs/*" in caught.value.remedy
        assert first in gateway.echo.waiting()


def test_another_account_is_no_message_that_left(here, gateway, held):
    body = {"status": 404, "route": DELETE, "body": BodyKind.HTML}
    here.add_faults(Fault(FaultKind.STATUS, **body))
    assert gateway.transport.recall(held[0]) is False
    here.clear_faults()
    gateway = OvhCloud("sms-zz99999-1", gateway.api.clients, pace=gateway.pace)
    with pytest.raises(GatewayProblem):
        gateway.transport.recall(held[0])


# Hearing ---------------------------------------------------------------------------------------------------------


def test_final_receipts_come_by_the_list_and_one_by_one():
    settings = Sandbox(failed_share=0.5, seed=3, receipt_delay=0.05, speed=60)
    with sandbox.running(settings=settings) as here:
        gateway, since = gateway_at(here), datetime.now(UTC)
        ids = frozenset(gateway.transport.submit(chunk(numbers=NUMBERS)).ids)
        echo, pause = gateway.echo, Event()
        for _ in range(100):
            found = {one: echo.left(since, one) for one in (Delivery.DELIVERED, Delivery.FAILED)}
            if sum(map(len, found.values())) == len(ids):
                break
            pause.wait(0.1)
        assert found[Delivery.DELIVERED] | found[Delivery.FAILED] == ids
        for delivery, some in found.items():
            assert {echo.receipt(one).delivery for one in some} <= {delivery}
        assert {echo.receipt(one).msisdn for one in ids} == set(NUMBERS)
        assert echo.receipt(999) is None
        later = datetime.now(UTC) + timedelta(days=1)
        assert not any(echo.left(later, one) for one in found)


def test_a_stop_is_heard_from_those_who_were_asked_about(here, gateway):
    since = datetime.now(UTC)
    gateway.transport.submit(chunk(numbers=NUMBERS, purpose=Purpose.MARKETING))
    for number, text in ((NUMBERS[0], "STOP"), (NUMBERS[1], " stop please"), (NUMBERS[3], "Stop")):
        answer(here, number, text)
    assert gateway.echo.stops(NUMBERS[:3], since=since) == {NUMBERS[0], NUMBERS[1]}
    assert gateway.echo.stops((), since=since) == frozenset()


def test_what_was_blacklisted_before_is_no_answer_to_this_campaign():
    settings = Sandbox(blacklist=(NUMBERS[0],))
    with sandbox.running(settings=settings) as here:
        echo = gateway_at(here).echo
        assert echo.stops(NUMBERS, since=datetime.now(UTC) + timedelta(hours=1)) == frozenset()
        assert echo.stops(NUMBERS, since=datetime.now(UTC) - timedelta(hours=1)) == {NUMBERS[0]}


def answer(here, number, text):
    return reply(here.world, text, receiver=number)


def test_what_was_made_before_a_moment_is_not_listed(gateway, held):
    before = datetime.now(UTC)
    gone = gateway.transport.submit(chunk("tag-2")).ids
    assert gateway.echo.left(before) == frozenset(gone)
    assert gateway.echo.left(tomorrow()) == frozenset()


# Whom the history has, by number ---------------------------------------------------------------------------------


LISTS, ONE = "GET /sms/*/outgoing", "GET /sms/*/outgoing/*"


@pytest.fixture
def many(gateway):
    """Three people have a message under `mine-1`, and each of them three under other tags."""
    for tag in ("other-1", "other-2", "other-3", "mine-1"):
        gateway.transport.submit(chunk(tag))


def look(gateway, numbers, stop=None, **more):
    watched = []
    told = gateway.echo.messages(numbers, ("mine-",), stop=stop or Event(), watch=watched.append, **more)
    return told, [(one.done, one.total) for one in watched]


@pytest.mark.parametrize(
    ("numbers", "most", "found", "lists", "read"),
    [
        (NUMBERS[:2], None, 2, 3, 8),  # fewer people than messages: the whole list, then each of them
        ([*NUMBERS, *(f"+4917139200{n}" for n in range(10, 30))], None, 3, 1, 12),
        (NUMBERS[:2], 2, 2, 2, 2),  # few, so that only the newest are read
        (NUMBERS, 2, 0, 1, 0),
        (NUMBERS, 3, 0, 1, 0),
        (NUMBERS, 4, 3, 4, 4),
    ],
)
def test_people_or_messages_are_looked_at_whichever_are_fewer(
    here, gateway, many, numbers, most, found, lists, read
):
    here.add_faults(*(Fault(FaultKind.LATENCY, route=route, seconds=0.0) for route in (LISTS, ONE)))
    told, watched = look(gateway, numbers, most=most)
    assert (set(told), [len(some) for some in told.values()]) == (set(NUMBERS[:found]), [1] * found)
    assert [one["seen"] for one in here.world.injector.state()] == [lists, read]
    assert watched[-read:] == [(one + 1, read) for one in range(read)][-read:]


def test_where_the_whole_list_cannot_be_had_each_number_is_asked(here, gateway, many):
    here.add_faults(Fault(FaultKind.STATUS, status=500, route=LISTS, nth=1))
    assert set(look(gateway, NUMBERS)[0]) == set(NUMBERS[:3])


@pytest.mark.parametrize(
    ("route", "status", "why"),
    [(LISTS, 500, "500"), (ONE, 500, "500"), (ONE, 404, "a message that its history lists cannot be read")],
)
def test_what_cannot_be_read_is_no_absence(here, gateway, many, route, status, why):
    here.add_faults(Fault(FaultKind.STATUS, status=status, route=route))
    told, _ = look(gateway, NUMBERS[:1])
    assert isinstance(told, NoAnswer), told
    assert why in told.detail
    assert told.later is (status == 500)


def test_a_look_that_is_stopped_is_no_absence(gateway, many):
    stop = Event()
    stop.set()
    assert isinstance(look(gateway, NUMBERS[:1], stop=stop)[0], NoAnswer)
    stop.clear()
    told = gateway.echo.messages(NUMBERS[:1], ("mine-",), stop=stop, watch=lambda _: stop.set())
    assert isinstance(told, NoAnswer)


@pytest.mark.parametrize(
    ("shown", "same"),
    [
        ("Hello  Ann", True),
        ("Hello Ann\nSTOP 36180", True),
        ("Hello Ann STOP 36180 ", True),
        ("Hello Ann, and more", False),
        ("Hello", False),
        ("", False),
    ],
)
def test_a_text_is_known_again_with_what_is_added_to_it(shown, same):
    assert Sent(1, NUMBERS[0], "mine-1", shown, tomorrow()).says("Hello Ann") is same
