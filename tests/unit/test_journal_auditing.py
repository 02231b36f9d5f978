"""The audit: it finds nothing wrong with a journal however full of events, and everything that somebody changed in it."""

from __future__ import annotations

import sqlite3
from decimal import Decimal

import pytest
from sqlalchemy import delete, func, insert, literal, select, update
from sqlalchemy.exc import DBAPIError

from smscampaign.errors import JournalProblem
from smscampaign.journal import schema
from smscampaign.journal.cancellations import Cancelling
from smscampaign.journal.doubted_calls import Absent
from smscampaign.journal.laws import audit
from smscampaign.journal.plan import PlanWriter
from smscampaign.journal.queue import Queue
from smscampaign.journal.receipts import keep
from smscampaign.journal.store import open_journal
from smscampaign.journal.stories import call_chapter, number_chapters
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
    queue.conclude([(doubt, Absent("nowhere"))])[0]
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
    keep(journal, [DeliveryReceipt(101, number(3), Delivery.DELIVERED, None, 1, "tagtagtagt-1")])
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
TRIES = "every call was tried as often as its events say"
MEMBER = "every message is in one call"
SIZE = "every call has as many receivers as it says"
TWICE = "no two messages are to the same"
AGAIN = "nobody who had an earlier edition has it again"
ROWS = "every row of the file is one message or one rejection"

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
    (_TOLD.format(1, "sending"), ONCE, "sending after accepted"),
    (_EVENTS + "DELETE FROM event WHERE chunk = 3 AND what = 'pending'", ONCE, "sending after in-doubt"),
    ("UPDATE chunk SET attempts = 1 WHERE id = 3", TRIES, "was tried 1 times, its events say 2"),
    ("DELETE FROM chunk WHERE id = 1", MEMBER, "row 2 is in no call"),
    ("UPDATE message SET call = 99 WHERE line = 3", MEMBER, "row 3 is in no call"),
    ("UPDATE message SET call = NULL WHERE line = 3", MEMBER, "row 3 is in no call"),
    ("UPDATE message SET call = 2 WHERE line = 3", SIZE, "call tagtagtagt-1 says 2 receivers and has 1"),
    ("UPDATE chunk SET receivers = 3 WHERE id = 1", SIZE, "call tagtagtagt-1 says 3 receivers and has 2"),
    (
        "DROP INDEX one_person_one_message; UPDATE message SET msisdn = 33639980002 WHERE line = 3",
        TWICE,
        "rows 2 and 3 are to the same",
    ),
    ("DELETE FROM rejection WHERE line = 15", ROWS, "14 rows were planned, 12 messages and 1 rejections"),
    ("DELETE FROM message WHERE line = 13", ROWS, ""),
    ("UPDATE rejection SET line = 2 WHERE line = 15", ROWS, "row 2 is a message and a rejection"),
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
    assert {check for _, check, _ in TAMPERED} | {AGAIN} == set(checks(journal, lived))


def test_a_number_that_two_editions_hold_is_found(journal, lived):
    """What the transaction that brings an edition into force makes impossible; a new series may do it."""
    with journal.writing() as connection:
        for series in (1, 2):
            values = {"series": series, "edition": series + 1, "tag": f"othertago{series}"}
            same = {c.name: c for c in schema.campaign.c if c.name not in {"id", *values}}
            columns = [*same.values(), *(literal(value) for value in values.values())]
            connection.execute(
                insert(schema.campaign).from_select(
                    [*same, *values], select(*columns).where(same["name"] == "spring").limit(1)
                )
            )
            made = connection.execute(select(func.max(schema.campaign.c.id))).scalar()
            connection.execute(
                insert(schema.text).values(campaign=made, id=1, body="A", encoding="GSM-7", units=1, parts=1)
            )
            call = {
                "state": "accepted",
                "attempts": 0,
                "receivers": 1,
                "first_line": 2,
                "last_line": 2,
                "text": 1,
            }
            connection.execute(insert(schema.chunk).values(campaign=made, id=1, **call))
            number = {"msisdn": 33639980003, "country": "FR", "text": 1, "call": 1}
            connection.execute(insert(schema.message).values(campaign=made, line=2, **number))
    _, amended, restarted = journal.editions("spring")
    assert "row 2 had it with edition 1" in checks(journal, amended)[AGAIN].first
    assert checks(journal, restarted)[AGAIN].ok


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


def test_an_audit_reads_a_journal_that_is_opened_anew(journal, lived):
    again = open_journal(journal.path)
    try:
        assert failed(again, again.find("spring")) == set()
    finally:
        again.close()
