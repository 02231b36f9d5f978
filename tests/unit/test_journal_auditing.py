"""The audit: it finds nothing wrong with a journal however full of events, and everything that somebody changed in it."""

from __future__ import annotations

import sqlite3
from decimal import Decimal

import pytest
from sqlalchemy import delete, insert, update
from sqlalchemy.exc import DBAPIError

from smscampaign.errors import JournalProblem
from smscampaign.journal import (
    Cancelling,
    PlanWriter,
    Queue,
    audit,
    call_chapter,
    keep_receipts,
    number_chapters,
    open_journal,
    schema,
)
from smscampaign.journal.replaying import replay
from smscampaign.model import (
    Accepted,
    Delivery,
    DeliveryReceipt,
    InDoubt,
    NotSent,
    Purpose,
    Reason,
    Refused,
    Rejection,
    Status,
    Terms,
)

TERMS = Terms(Purpose.MARKETING)


def number(line):
    return f"+336399{80000 + line:05d}"


def accepted(claim, first, *, invalid=0):
    receivers = claim.chunk.receivers
    good, bad = receivers[: len(receivers) - invalid], receivers[len(receivers) - invalid :]
    return Accepted(tuple(range(first, first + len(good))), good, bad, Decimal(1), None)


@pytest.fixture
def lived(journal, inputs, message):
    """A campaign to which much has happened: rows 2 to 13 in calls of two, 14 a twin of 2, 15 no number."""
    record = journal.begin(inputs(), tag="tagtagtagt")
    writer = PlanWriter(journal, record)
    writer.add([message(line, "AABBCCDDEEFF"[line - 2]) for line in range(2, 14)])
    writer.add([message(14, "A", number=2), Rejection(15, Reason.NUMBER_MISSING, "the cell is empty")])
    writer.seal(receivers_per_call=2, width=2, blank=0)
    record = journal.find("spring")
    journal.mark_begun(record, account="")
    queue = Queue(journal, record, sender="Shop", terms=TERMS)
    book = Cancelling(journal, record, sender="Shop", terms=TERMS)
    a, b, c, d = queue.claim(4)
    queue.record(
        [
            (a, accepted(a, 100)),
            (b, accepted(b, 200, invalid=1)),
            (c, InDoubt("cut off")),
            (d, NotSent("429")),
        ]
    )
    (doubt,) = queue.doubts()
    queue.absent(doubt, "nowhere")
    (c,) = queue.claim(1)
    queue.record([(c, accepted(c, 300))])
    queue.narrow(1)
    (d,) = queue.claim(1)
    queue.record([(d, Refused("400", "no"))])
    (one,) = book.intend([(held, number(2)) for held in book.held(frozenset({100}))])
    book.settled([one], [])
    (e,) = queue.claim(1)
    queue.record([(e, InDoubt("cut off"))])
    book.drop_pending()
    keep_receipts(journal, record, [DeliveryReceipt(101, number(3), Delivery.DELIVERED, None, 1)])
    return journal.find("spring")


def checks(journal, record):
    return {one.name: one for one in audit(journal, record)}


def failed(journal, record):
    return {name for name, one in checks(journal, record).items() if not one.ok}


def test_a_journal_full_of_events_agrees_with_itself(journal, lived):
    found = checks(journal, lived)
    assert {name: one.first for name, one in found.items() if not one.ok} == {}
    assert all(one.tried for one in found.values()), [name for name, one in found.items() if not one.tried]


def test_a_plan_of_which_nothing_was_sent_agrees_as_well(journal, planted):
    assert failed(journal, planted(journal, ["A", "B", "A"], size=1)) == set()


STATE = "every call's state is what its events come to"
ONCE = "no call was made again without being known not to have been sent"
ORDER = "events follow one another as they can"
TRIES = "every call was tried as often as its events say"
MEMBER = "every message belongs to exactly one call"
SIZE = "every call has as many receivers as it says"
FATE = "a message's own fate fits its call's"
RECEIPT = "only accepted messages have receipts"
TWICE = "no number is in two messages"
FATE_OF = "every fate of its own is about a message"
RECEIPT_OF = "every receipt is about a message"
TEXT = "every message has its text"
ROWS = "every row of the file is a message or a rejection"
BOTH = "no row is both"
KEPT = "the database itself keeps events from being changed"

_EVENTS = "DROP TRIGGER event_is_never_changed; DROP TRIGGER event_is_never_deleted; "
_TOLD = "INSERT INTO event (campaign, at, chunk, what, detail) VALUES (1, 0, {}, '{}', '');"

#: What somebody with a SQL prompt does, and a word of what is said about it.
TAMPERED = [
    (
        "UPDATE chunk SET state = 'pending' WHERE id = 1",
        STATE,
        "call tagtagtagt-1 is pending, its events say accepted",
    ),
    (_TOLD.format(1, "pending"), STATE, "is accepted, its events say pending"),
    ("DELETE FROM chunk WHERE id = 1", STATE, "call tagtagtagt-1 has events and is not there"),
    (_TOLD.format(1, "sending"), ONCE, "sending after accepted"),
    (_EVENTS + "DELETE FROM event WHERE chunk = 3 AND what = 'pending'", ONCE, "sending after in-doubt"),
    (_TOLD.format(1, "refused"), ORDER, "refused after accepted"),
    (_EVENTS + "DELETE FROM event WHERE chunk = 1 AND what = 'sending'", ORDER, "accepted after pending"),
    ("UPDATE chunk SET attempts = 1 WHERE id = 3", TRIES, "was tried 1 times, its events say 2"),
    ("UPDATE message SET call = 99 WHERE line = 3", MEMBER, "row 3 is in no call"),
    ("UPDATE message SET call = NULL WHERE line = 3", MEMBER, "row 3 is in no call"),
    ("UPDATE message SET call = 2 WHERE line = 3", SIZE, "call 1 says 2 receivers and has 1"),
    ("UPDATE chunk SET receivers = 3 WHERE id = 1", SIZE, "call 1 says 3 receivers and has 2"),
    ("UPDATE chunk SET receivers = receivers + 1 WHERE id = 6", SIZE, "call 6 says"),
    (
        "UPDATE verdict SET status = 'in-doubt' WHERE line = 2",
        FATE,
        "row 2 is in-doubt, and its call accepted",
    ),
    ("UPDATE receipt SET line = 2", RECEIPT, "row 2 is cancelled and has a receipt"),
    (
        "DROP INDEX one_person_one_message; UPDATE message SET msisdn = 33639980002 WHERE line = 3",
        TWICE,
        "rows 2 and 3 have the same number",
    ),
    ("INSERT INTO verdict VALUES (1, 77, 'accepted', '')", FATE_OF, "row 77"),
    ("UPDATE receipt SET line = 77", RECEIPT_OF, "row 77"),
    ("DELETE FROM text WHERE id = 1", TEXT, "2 have none, from row 2 on"),
    ("DELETE FROM rejection WHERE line = 15", ROWS, "14 rows were planned, 12 messages and 1 rejections"),
    ("DELETE FROM message WHERE line = 13", ROWS, ""),
    ("UPDATE rejection SET line = 2 WHERE line = 15", BOTH, "row 2"),
    ("DROP TRIGGER event_is_never_deleted", KEPT, "event_is_never_deleted is missing"),
]


@pytest.mark.parametrize(("statements", "check", "says"), TAMPERED, ids=[one[0][:60] for one in TAMPERED])
def test_what_somebody_changed_is_found(journal, lived, statements, check, says):
    with sqlite3.connect(journal.path) as raw:
        raw.executescript(f"PRAGMA foreign_keys = OFF; {statements}")
    raw.close()
    found = checks(journal, lived)[check]
    assert not found.ok
    assert says in found.first
    assert found.faults > 0


def test_every_check_is_known_to_fail(journal, lived):
    assert {check for _, check, _ in TAMPERED} == set(checks(journal, lived))


# The events are kept ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        update(schema.event).values(what="accepted"),
        update(schema.event).where(schema.event.c.id == 1).values(detail="nothing happened"),
        delete(schema.event),
        delete(schema.event).where(schema.event.c.chunk == 1),
    ],
)
def test_the_database_refuses_to_change_an_event(journal, lived, statement):
    with pytest.raises((DBAPIError, JournalProblem), match="never"), journal.writing() as connection:
        connection.execute(statement)
    assert failed(journal, lived) == set()


def test_a_plan_that_never_began_makes_room_with_its_events(journal, planted, inputs):
    record = planted(journal, ["A", "B"])
    queue = Queue(journal, record, sender=None, terms=TERMS)
    (claim,) = queue.claim(1)
    queue.record([(claim, NotSent("no network"))])
    planted(journal, ["C"])
    with journal.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM event").scalar() == 0


def test_a_plan_that_began_keeps_its_events_until_it_is_known_to_have_reached_nobody(journal, planted):
    record = planted(journal, ["A"])
    journal.mark_begun(record, account="")
    with journal.writing() as connection:
        told = {"campaign": record.id, "at": journal.clock(), "what": "noted", "detail": ""}
        connection.execute(insert(schema.event).values(**told))
    with pytest.raises((DBAPIError, JournalProblem), match="never"), journal.writing() as connection:
        connection.execute(delete(schema.event))


# Stories -----------------------------------------------------------------------------------------------------------


def words(chapter):
    return [one.what for one in chapter.happenings]


def test_the_story_of_a_number_has_its_row_its_text_and_its_events(journal, lived):
    (chapter,) = number_chapters(journal, "spring", number(6))
    assert (chapter.line, chapter.text.body, chapter.status) == (6, "C", Status.ACCEPTED)
    assert (chapter.tag, chapter.receivers) == ("tagtagtagt-3", 2)
    assert words(chapter) == ["sending", "in-doubt", "pending", "sending", "accepted"]
    assert chapter.receipt is None


def test_events_about_another_row_of_the_call_are_not_told(journal, lived):
    (mine,) = number_chapters(journal, "spring", number(2))
    (other,) = number_chapters(journal, "spring", number(3))
    assert words(mine) == ["sending", "accepted", "recalling", "recalled"]
    assert words(other) == ["sending", "accepted"]
    assert (mine.status, other.status) == (Status.CANCELLED, Status.ACCEPTED)
    assert other.receipt.delivery is Delivery.DELIVERED
    assert mine.unsent == ((14, "duplicate", "the same number as row 2, which gets the message"),)
    assert other.unsent == ()


def test_a_call_that_was_split_off_tells_what_was_tried_with_the_one_it_comes_from(journal, lived):
    (chapter,) = number_chapters(journal, "spring", number(9))
    assert chapter.tag == "tagtagtagt-7"
    assert words(chapter) == ["sending", "pending", "split", "cancelled"]
    assert {one.tag for one in chapter.happenings} == {"tagtagtagt-4", "tagtagtagt-7"}


def test_the_story_of_a_call(journal, lived):
    chapter = call_chapter(journal, "spring", "tagtagtagt-2")
    assert (chapter.text.body, chapter.receivers, chapter.status) == ("B", 2, Status.ACCEPTED)
    assert words(chapter) == ["sending", "accepted"]
    for unknown in ("tagtagtagt-zz", "othertagot-2", "tagtagtagt-", "nothing"):
        assert call_chapter(journal, "spring", unknown) is None


def test_a_number_that_is_in_no_message_has_no_story(journal, lived):
    assert number_chapters(journal, "spring", "+33612345678") == []
    assert number_chapters(journal, "summer", number(2)) == []


# Replaying ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("events", "state", "tries", "twice", "impossible"),
    [
        ("", "pending", 0, "", ""),
        ("sending accepted", "accepted", 1, "", ""),
        ("sending in-doubt in-doubt pending sending accepted", "accepted", 2, "", ""),
        ("sending pending cancelled", "cancelled", 1, "", ""),
        ("sending in-doubt decided accepted", "accepted", 1, "", ""),
        ("sending accepted recalling left", "accepted", 1, "", ""),
        ("sending accepted sending", "sending", 2, "sending after accepted", ""),
        ("sending sending", "sending", 2, "sending after sending", ""),
        ("sending in-doubt sending", "sending", 2, "sending after in-doubt", ""),
        ("sending cancelled", "cancelled", 1, "", "cancelled after sending"),
        ("accepted", "accepted", 0, "", "accepted after pending"),
        ("sending accepted pending sending accepted", "accepted", 2, "", "pending after accepted"),
        ("recalling", "pending", 0, "", "recalling after pending"),
        ("sending refused accepted", "accepted", 1, "", "accepted after refused"),
        ("a-word-of-tomorrow", "pending", 0, "", ""),
    ],
)
def test_what_events_come_to(events, state, tries, twice, impossible):
    told = replay((what, "", None) for what in events.split())
    assert (told.state, told.tries, told.twice, told.impossible) == (state, tries, twice, impossible)


def test_a_call_that_was_split_into_others_is_replaced():
    apart = ("split", "into calls 8 and 9 after row 4", '{"into": 8}')
    assert replay([("sending", "", None), ("refused", "no", None), apart]).replaced
    assert not replay([("split", "from call 7 after row 4", '{"from": 7}')]).replaced


def test_an_audit_reads_a_journal_that_is_opened_anew(journal, lived):
    again = open_journal(journal.path)
    try:
        assert failed(again, again.find("spring")) == set()
    finally:
        again.close()
