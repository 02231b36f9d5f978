"""What comes after sending, over real HTTP against the sandbox, and the in-memory fake beside it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Event

import pytest

from smscampaign import sandbox
from smscampaign.errors import GatewayProblem
from smscampaign.gateway import Aftermath, open_ovhcloud
from smscampaign.gateway.endpoints import Keys
from smscampaign.gateway.fake import FakeAftermath, FakeGateway
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
def after(gateway):
    return Aftermath(gateway)


@pytest.fixture
def held(gateway):
    """The ids of three messages that wait until tomorrow."""
    return gateway.transport.submit(chunk(send_at=tomorrow())).ids


# Calling back ----------------------------------------------------------------------------------------------------


def test_what_waits_is_deleted_and_only_that(here, gateway, after, held):
    left = gateway.transport.submit(chunk("tag-2", NUMBERS[3:])).ids
    assert after.waiting() == frozenset(held)
    assert {after.receiver(one) for one in held} == set(NUMBERS[:3])
    assert after.recall(held[0]) is True
    assert after.waiting() == frozenset(held[1:])
    assert after.recall(left[0]) is False
    assert after.receiver(left[0]) is None
    assert after.has_left(left[0])
    assert not after.has_left(held[1])
    assert after.recall(held[0]) is False
    assert not after.has_left(held[0])


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
def test_without_an_answer_nobody_knows_whether_it_was_deleted(here, after, held, fault, deleted):
    here.add_faults(fault)
    assert isinstance(after.recall(held[0]), NoAnswer)
    here.clear_faults()
    assert (held[0] not in after.waiting()) is deleted


def test_a_missing_right_is_told_with_the_right():
    rules = (("GET", "/*"), ("POST", "/*"))
    with sandbox.running(settings=Sandbox(credentials=(Credential(rules=rules),))) as here:
        gateway = gateway_at(here)
        (first, *_) = gateway.transport.submit(chunk(send_at=tomorrow())).ids
        with pytest.raises(GatewayProblem) as caught:
            Aftermath(gateway).recall(first)
        assert caught.value.code == "NOT_GRANTED_CALL"
        assert "DELETE=/sms/*/jobs/*" in caught.value.remedy
        assert first in Aftermath(gateway).waiting()


def test_another_account_is_no_message_that_left(here, after, held):
    body = {"status": 404, "route": DELETE, "body": BodyKind.HTML}
    here.add_faults(Fault(FaultKind.STATUS, **body))
    assert after.recall(held[0]) is False
    gateway = gateway_at(here)
    gateway.service = "sms-zz99999-1"
    here.clear_faults()
    with pytest.raises(GatewayProblem):
        Aftermath(gateway).recall(held[0])


# Hearing ---------------------------------------------------------------------------------------------------------


def test_final_receipts_come_by_the_list_and_one_by_one():
    settings = Sandbox(failed_share=0.5, seed=3, receipt_delay=0.05, speed=60)
    with sandbox.running(settings=settings) as here:
        gateway, since = gateway_at(here), datetime.now(UTC)
        ids = frozenset(gateway.transport.submit(chunk(numbers=NUMBERS)).ids)
        after, pause = Aftermath(gateway), Event()
        for _ in range(100):
            found = after.receipted(since=since)
            if sum(map(len, found.values())) == len(ids):
                break
            pause.wait(0.1)
        assert found[Delivery.DELIVERED] | found[Delivery.FAILED] == ids
        for delivery, some in found.items():
            assert {after.receipt(one).delivery for one in some} <= {delivery}
        assert {after.receipt(one).msisdn for one in ids} == set(NUMBERS)
        assert after.receipt(999) is None
        later = datetime.now(UTC) + timedelta(days=1)
        assert not any(after.receipted(since=later).values())


def test_a_stop_is_heard_from_those_who_were_asked_about(here, gateway, after):
    since = datetime.now(UTC)
    gateway.transport.submit(chunk(numbers=NUMBERS, purpose=Purpose.MARKETING))
    for number, text in ((NUMBERS[0], "STOP"), (NUMBERS[1], " stop please"), (NUMBERS[3], "Stop")):
        answer(here, number, text)
    assert after.stops(NUMBERS[:3], since=since) == {NUMBERS[0], NUMBERS[1]}
    assert after.stops((), since=since) == frozenset()


def test_what_was_blacklisted_before_is_no_answer_to_this_campaign():
    settings = Sandbox(blacklist=(NUMBERS[0],))
    with sandbox.running(settings=settings) as here:
        after = Aftermath(gateway_at(here))
        assert after.stops(NUMBERS, since=datetime.now(UTC) + timedelta(hours=1)) == frozenset()
        assert after.stops(NUMBERS, since=datetime.now(UTC) - timedelta(hours=1)) == {NUMBERS[0]}


def answer(here, number, text):
    return reply(here.world, text, receiver=number)


# The fake --------------------------------------------------------------------------------------------------------


def test_the_fake_calls_back_as_the_adapter_does():
    gateway = FakeGateway()
    ids = gateway.transport.submit(chunk()).ids
    after = FakeAftermath(gateway)
    after.left = {ids[1]}
    assert after.waiting() == {ids[0], ids[2]}
    assert (after.recall(ids[0]), after.recall(ids[0]), after.recall(ids[1])) == (True, False, False)
    assert (after.has_left(ids[1]), after.has_left(ids[0])) == (True, False)
    assert (after.receiver(ids[2]), after.receiver(ids[1])) == (NUMBERS[2], None)
    after.fates = {NUMBERS[1]: Delivery.FAILED}
    assert after.receipted(since=tomorrow())[Delivery.FAILED] == {ids[1]}
    assert after.receipt(ids[1]).delivery is Delivery.FAILED
    assert after.receipt(ids[2]) is None
    after.stopped = {NUMBERS[1], "+33612345678"}
    assert after.stops(NUMBERS, since=tomorrow()) == {NUMBERS[1]}


def test_what_left_is_listed_since_a_moment_and_what_waits_is_not(gateway, after, held):
    before = datetime.now(UTC)
    gone = gateway.transport.submit(chunk("tag-2")).ids
    assert after.left_since(before) == frozenset(gone)
    assert not after.left_since(before).intersection(held)
    assert after.left_since(tomorrow()) == frozenset()
