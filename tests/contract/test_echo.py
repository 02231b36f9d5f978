"""What every implementation of the seam `Echo` does: the fake in memory, and OVHcloud's adapter over real signed HTTP."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Event

import pytest

from smscampaign import sandbox
from smscampaign.gateway.fake import FakeGateway
from smscampaign.model import Chunk, Delivery, Purpose, Terms
from smscampaign.sandbox import Sandbox
from smscampaign.sandbox.replies import reply

# Numbers that Germany's regulator keeps for films.
NUMBERS = tuple(f"+4917139200{n:02d}" for n in range(8))
DAY = timedelta(days=1)


@pytest.fixture
def here():
    # Receipts come at once, and all of them say that everybody was reached.
    with sandbox.running(settings=Sandbox(receipt_delay=0)) as running:
        yield running


def now():
    return datetime.now(UTC)


def taken(gateway, receivers, **terms):
    """The ids of messages that were accepted; the fake is told that they left, unless they are to wait."""
    chunk = Chunk(
        receivers[0], "Sandbox", "Hello", tuple(receivers), Terms(**{"purpose": Purpose.MARKETING, **terms})
    )
    *_, outcome = gateway.transport.steps(chunk, ())
    if isinstance(gateway, FakeGateway) and not terms:
        gateway.gone |= set(outcome.ids)
        gateway.fates |= dict.fromkeys(receivers, Delivery.DELIVERED)
    return outcome.ids


def test_what_waits_is_told_with_whom_it_is_for_and_has_not_left(gateway):
    before = now()
    gone = taken(gateway, NUMBERS[:3])
    held = taken(gateway, NUMBERS[3:6], send_at=now() + DAY)
    assert gateway.echo.waiting() == frozenset(held)
    assert {gateway.echo.receiver(one) for one in held} == set(NUMBERS[3:6])
    assert gateway.echo.receiver(gone[0]) is None
    assert gateway.echo.left(before) == frozenset(gone)
    assert gateway.echo.receipt(held[0]) is None


def test_final_receipts_come_by_the_list_and_one_by_one(gateway):
    before = now()
    ids = frozenset(taken(gateway, NUMBERS[:3]))
    told = {one.msisdn: one for one in map(gateway.echo.receipt, ids)}
    assert set(told) == set(NUMBERS[:3])
    assert {one.delivery for one in told.values()} == {Delivery.DELIVERED}
    assert gateway.echo.left(before, Delivery.DELIVERED) == ids
    assert gateway.echo.left(before, Delivery.FAILED) == frozenset()
    assert gateway.echo.receipt(987_654) is None


def heard(gateway, numbers, tags=(NUMBERS[0],), **more):
    """The ids of what is told of these numbers, by number."""
    told = gateway.echo.messages(numbers, tags, stop=Event(), **more)
    every = [one for some in told.values() for one in some]
    assert all(one.says("Hello") and one.tag.startswith(tags) for one in every)
    assert all({one.number for one in some} == {number} for number, some in told.items())
    return {number: [one.id for one in some] for number, some in told.items()}


@pytest.mark.parametrize("most", [None, 5, 100])
def test_what_somebody_got_is_told_by_the_number_whatever_the_call(gateway, most):
    """The tag of a call here is its first receiver."""
    ids = taken(gateway, NUMBERS[:3])
    taken(gateway, NUMBERS[4:6])
    told = heard(gateway, [NUMBERS[1], NUMBERS[6]], most=most)
    assert (set(told), set(told[NUMBERS[1]]) < set(ids)) == ({NUMBERS[1]}, True)
    assert heard(gateway, [NUMBERS[1]], (NUMBERS[4],), most=most) == {}
    assert heard(gateway, [NUMBERS[1]], known=lambda _: ids, most=most) == {}
    assert heard(gateway, [], most=most) == {}


def test_a_message_that_left_is_told_with_whom_it_was_for_its_tag_and_its_text(gateway):
    ids = taken(gateway, NUMBERS[:2])
    held = taken(gateway, NUMBERS[3:4], send_at=now() + DAY)
    told = [gateway.echo.sent(one) for one in ids]
    assert {one.number for one in told} == set(NUMBERS[:2])
    assert [(one.id, one.tag, one.says("Hello")) for one in told] == [(one, NUMBERS[0], True) for one in ids]
    assert gateway.echo.sent(held[0]) is None
    assert gateway.echo.sent(987_654) is None


def test_of_more_people_than_messages_each_message_is_read(gateway):
    ids = taken(gateway, NUMBERS[:3])
    told = heard(gateway, NUMBERS)
    assert (set(told), sorted(one for (one,) in told.values())) == (set(NUMBERS[:3]), sorted(ids))


def test_only_the_newest_are_read_where_a_few_are_enough(gateway):
    taken(gateway, NUMBERS[:1])
    newer = taken(gateway, (NUMBERS[1], NUMBERS[0]))
    assert heard(gateway, [NUMBERS[0]], most=1) == {}  # the newest is under another tag
    ((one,),) = heard(gateway, [NUMBERS[0]], (NUMBERS[1],), most=1).values()
    assert one in newer


def test_only_those_who_were_asked_about_are_told_to_have_said_stop(gateway, request):
    since = now()
    taken(gateway, NUMBERS[:4])
    if isinstance(gateway, FakeGateway):
        gateway.stopped = {NUMBERS[0], NUMBERS[3]}
    else:
        for number in (NUMBERS[0], NUMBERS[3]):
            reply(request.getfixturevalue("here").world, "STOP", receiver=number)
    assert gateway.echo.stops(NUMBERS[:3], since=since) == {NUMBERS[0]}
    assert gateway.echo.stops((), since=since) == frozenset()
