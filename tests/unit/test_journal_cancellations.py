"""Cancelling in the journal: what is dropped, what is ours to call back, and what a crash leaves half done."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import select

from smscampaign.journal import schema
from smscampaign.journal.answers import answers
from smscampaign.journal.cancellations import Cancelling, HeldMessage, cancelled_at
from smscampaign.journal.doubted_calls import Absent, Found
from smscampaign.journal.fates import tally
from smscampaign.journal.laws import audit
from smscampaign.journal.plan import PlanWriter
from smscampaign.journal.queue import Queue
from smscampaign.journal.receipts import keep
from smscampaign.model import (
    Accepted,
    Delivery,
    DeliveryReceipt,
    InDoubt,
    NotSent,
    Purpose,
    Status,
    Terms,
    Trace,
)

TERMS = Terms(Purpose.MARKETING)


def number(line):
    return f"+336399{80000 + line:05d}"


def accepted(claim, ids):
    return Accepted(tuple(ids), claim.chunk.receivers, (), Decimal(1), None)


@pytest.fixture
def rooms(journal, planted):
    """Three calls: rows 2 to 4, row 5, row 6."""
    record = planted(journal, ["A", "A", "A", "B", "C"])
    return Queue(journal, record, sender="Shop", terms=TERMS), Cancelling(
        journal, record, sender="Shop", terms=TERMS
    )


def states(journal):
    with journal.reading() as connection:
        return {
            row.id: row.state for row in connection.execute(select(schema.chunk.c.id, schema.chunk.c.state))
        }


def events(journal, *whats):
    event = schema.event.c
    with journal.reading() as connection:
        rows = connection.execute(select(event.chunk, event.what, event.detail).order_by(event.id))
        return [tuple(row) for row in rows if row.what in whats]


def statuses(journal):
    return {one.line: one.status for one in answers(journal, journal.find("spring"))}


def test_only_what_is_pending_is_dropped_each_with_its_event(journal, rooms):
    queue, book = rooms
    first, second = queue.claim(2)
    queue.record([(first, accepted(first, [1, 2, 3])), (second, InDoubt("lost"))])
    assert cancelled_at(journal, journal.find("spring")) is None
    assert book.drop_pending() == 1
    assert states(journal) == {1: "accepted", 2: "in-doubt", 3: "cancelled"}
    assert events(journal, "cancelled") == [
        (3, "cancelled", ""),
        (None, "cancelled", "1 message was not sent"),
    ]
    assert cancelled_at(journal, journal.find("spring")) == journal.clock()
    assert queue.claim(1) == []


def test_dropping_again_drops_what_came_back_to_the_queue_since(journal, rooms):
    queue, book = rooms
    (first,) = queue.claim(1)
    assert book.drop_pending() == 2
    assert book.drop_pending() == 0
    queue.record([(first, NotSent("refused at the door"))])
    assert book.drop_pending() == 3
    assert set(statuses(journal).values()) == {Status.CANCELLED}
    assert tally(journal, journal.find("spring")).messages == {Status.CANCELLED: 5}


def test_a_cancelled_row_says_why_and_costs_nothing(journal, rooms):
    _, book = rooms
    book.drop_pending()
    (first, *_) = answers(journal, journal.find("spring"))
    assert (first.status, first.reason, first.credits) == (
        Status.CANCELLED,
        "cancelled before it was sent",
        None,
    )


def test_another_campaign_of_the_journal_stays_as_it_is(journal, rooms, inputs, message):
    _, book = rooms
    other = PlanWriter(journal, journal.begin(inputs("summer"), tag="othertagot"))
    other.add([message(2)])
    other.seal(receivers_per_call=500, width=2, blank=0)
    book.drop_pending()
    summer = journal.find("summer")
    assert tally(journal, summer).messages == {Status.PENDING: 1}
    assert cancelled_at(journal, summer) is None


def test_only_our_own_ids_are_held_and_a_single_receiver_is_known(rooms):
    queue, book = rooms
    first, second, _ = queue.claim(3)
    queue.record([(first, accepted(first, [11, 12, 13])), (second, accepted(second, [20]))])
    assert list(book.held(frozenset({12, 13, 20, 99}))) == [
        HeldMessage(1, 12, None),
        HeldMessage(1, 13, None),
        HeldMessage(2, 20, number(5)),
    ]
    assert list(book.held(frozenset())) == []


def test_a_message_called_back_is_cancelled_and_its_call_stays_accepted(journal, rooms):
    queue, book = rooms
    (first,) = queue.claim(1)
    queue.record([(first, accepted(first, [11, 12, 13]))])
    one, two = book.intend([(HeldMessage(1, 11, None), number(3)), (HeldMessage(1, 12, None), number(2))])
    assert (one.line, two.line) == (3, 2)
    assert [each.id for each in book.open_recalls()] == [11, 12]
    book.settled([one], [two])
    assert book.open_recalls() == []
    assert statuses(journal)[3] is Status.CANCELLED
    assert statuses(journal)[2] is statuses(journal)[4] is Status.ACCEPTED
    assert states(journal)[1] == "accepted"
    assert events(journal, "recalling", "recalled", "left") == [
        (1, "recalling", "row 3, message 11"),
        (1, "recalling", "row 2, message 12"),
        (1, "recalled", "row 3, message 11"),
        (1, "left", "row 2, message 12"),
    ]


def test_a_receiver_of_another_call_is_left_alone(rooms):
    queue, book = rooms
    (first,) = queue.claim(1)
    queue.record([(first, accepted(first, [11, 12, 13]))])
    assert (
        book.intend([(HeldMessage(1, 11, None), number(5)), (HeldMessage(1, 12, None), "+33699999999")]) == []
    )
    assert book.open_recalls() == []


def test_one_that_was_found_in_part_and_called_back_is_cancelled(journal, rooms):
    queue, book = rooms
    (first,) = queue.claim(1)
    some = Accepted((11,), (number(2),), (), Decimal(1), None)
    queue.record([(first, some)])
    assert states(journal)[1] == "in-doubt"
    (one,) = book.intend([(held, number(2)) for held in book.held(frozenset({11}))])
    book.settled([one], [])
    assert statuses(journal)[2] is Status.CANCELLED
    assert statuses(journal)[3] is Status.IN_DOUBT


def test_a_recall_begun_twice_is_open_once(rooms):
    queue, book = rooms
    (first,) = queue.claim(1)
    queue.record([(first, accepted(first, [11, 12, 13]))])
    for _ in range(2):
        (one,) = book.intend([(HeldMessage(1, 11, None), number(3))])
    assert len(book.open_recalls()) == 1
    book.settled([], [one])
    assert book.open_recalls() == []
    book.settled([], [])


def test_what_was_found_in_part_keeps_its_ids_and_only_the_rest_is_dropped(journal, rooms):
    queue, book = rooms
    (first,) = queue.claim(1)
    queue.record([(first, InDoubt("lost"))])
    queue.conclude([(queue.doubts()[0], Found(Trace((11,), frozenset({number(2)}))))])[0]
    assert [one.id for one in book.held(frozenset({11}))] == [11]
    queue.resend(queue.doubts()[0])
    assert book.drop_pending() == 4
    assert events(journal, "cancelled")[-1] == (None, "cancelled", "4 messages were not sent")
    # The call is cancelled, and what OVHcloud has of it can still be called back.
    (one,) = book.intend([(held, number(2)) for held in book.held(frozenset({11}))])
    book.settled([one], [])
    assert set(statuses(journal).values()) == {Status.CANCELLED}
    record = journal.find("spring")
    assert [check.name for check in audit(journal, record) if not check.ok] == []
    assert tally(journal, record).unpriced == 1


def test_calls_without_the_ids_of_all_are_strays(journal, rooms, clock):
    queue, book = rooms
    first, second = queue.claim(2)
    made = clock()
    clock.step(60)
    queue.record([(first, InDoubt("lost")), (second, accepted(second, [20]))])
    queue.assume_sent(queue.doubts()[0])
    (stray,) = book.strays()
    assert (stray.id, stray.chunk.receivers, stray.since) == (1, tuple(map(number, (2, 3, 4))), made)
    book.learnt(1, [11, 12])
    assert [one.id for one in book.held(frozenset({11, 12, 20}))] == [11, 12, 20]
    assert len(book.strays()) == 1
    book.learnt(1, [12, 13])
    assert book.strays() == []


def test_who_left_is_known_by_what_shows_and_by_receipts(journal, rooms):
    queue, book = rooms
    first, second = queue.claim(2)
    queue.record([(first, accepted(first, [11, 12, 13])), (second, accepted(second, [20]))])
    receipt = DeliveryReceipt(12, number(3), Delivery.WAITING, None, tag="tagtagtagt-1")
    assert keep(journal, [receipt]).ours == 1
    one, two = book.out()
    assert (one.accepted, one.left(frozenset()), one.left(frozenset({11, 13, 99}))) == (3, 1, 2)
    assert (two.accepted, two.left(frozenset()), two.left(frozenset({20}))) == (1, 0, 1)


def test_one_that_is_missing_is_remembered_with_the_moment_until_it_is_called_back_anew(rooms, clock):
    queue, book = rooms
    (first,) = queue.claim(1)
    queue.record([(first, accepted(first, [11, 12, 13]))])
    (one,) = book.intend([(HeldMessage(1, 11, None), number(3))])
    clock.step(600)
    book.missed([one])
    assert [each.missing for each in book.open_recalls()] == [clock()]
    book.intend([(HeldMessage(1, 11, None), number(3))])
    assert [each.missing for each in book.open_recalls()] == [None]


@pytest.mark.parametrize("decide", ["absent", "resend"])
def test_in_a_cancelled_campaign_what_was_not_sent_is_cancelled_and_waits_for_nothing(journal, rooms, decide):
    queue, book = rooms
    (first,) = queue.claim(1)
    queue.record([(first, InDoubt("lost"))])
    book.drop_pending()
    (doubt,) = queue.doubts()
    queue.resend(doubt) if decide == "resend" else queue.conclude([(doubt, Absent("not there"))])[0]
    assert set(statuses(journal).values()) == {Status.CANCELLED}
    assert queue.claim(9) == []
    assert [one.name for one in audit(journal, journal.find("spring")) if not one.ok] == []
