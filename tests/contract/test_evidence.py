"""Evidence and cancelling on both engines: the database keeps the events, the audit agrees, and finds what was changed."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import delete, text, update

from smscampaign.journal import schema
from smscampaign.journal.cancellations import Cancelling, cancelled_at
from smscampaign.journal.fates import tally
from smscampaign.journal.laws import audit
from smscampaign.journal.queue import Queue
from smscampaign.journal.slices import begin_slice, judged, slice_of
from smscampaign.journal.store import open_journal
from smscampaign.journal.stories import call_chapter, number_chapters
from smscampaign.model import Accepted, Purpose, Status, Terms

TERMS = Terms(Purpose.MARKETING)


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request, tmp_path, clock):
    place = tmp_path / "a.sqlite" if request.param == "sqlite" else request.getfixturevalue("database")
    opened = open_journal(place, clock=clock)
    yield opened
    opened.close()


@pytest.fixture
def lived(store, planted):
    """Rows 2 to 4 accepted with one of them called back, row 5 dropped."""
    record = planted(store, ["A", "A", "A", "B"])
    store.mark_begun(record, account="")
    queue = Queue(store, record, sender=None, terms=TERMS)
    book = Cancelling(store, record, sender=None, terms=TERMS)
    with store.driving(together=True):
        (first,) = queue.claim(1)
        outcome = Accepted((11, 12, 13), first.chunk.receivers, (), Decimal(3), None)
        queue.record([(first, outcome)])
        (held,) = book.held(frozenset({12, 99}))
        book.settled(book.intend([(held, first.chunk.receivers[1])]), [])
        book.drop_pending()
    return store.find("spring")


def failed(store, record):
    return {one.name for one in audit(store, record) if not one.ok}


def test_the_totals_and_the_events_agree(store, lived):
    assert failed(store, lived) == set()
    assert tally(store, lived).messages == {Status.ACCEPTED: 2, Status.CANCELLED: 2}
    assert cancelled_at(store, lived) == store.clock()


def test_a_campaign_that_goes_on_between_the_checks_has_no_faults(store, planted):
    record = planted(store, ["A", "B", "C", "D"] * 5, size=1)
    checks = []
    with store.driving(together=True):
        queue = Queue(store, record, sender=None, terms=TERMS)
        for at, check in enumerate(audit(store, record)):
            checks.append(check)
            for claim in queue.claim(1):
                queue.record([(claim, Accepted((at,), claim.chunk.receivers, (), Decimal(1), None))])
    assert [check.name for check in checks if not check.ok] == []
    assert tally(store, record).messages[Status.ACCEPTED] == len(checks) > 7


def test_a_plan_that_is_made_anew_before_its_turn_has_no_faults(store, planted):
    before = planted(store, ["A", "B"])
    planted(store, ["C"], tag="otherother")
    assert list(audit(store, before)) == []


def test_the_stories_are_the_same(store, lived):
    (chapter,) = number_chapters(store, "spring", "+33639980003")
    assert [one.what for one in chapter.happenings] == ["sending", "accepted", "recalling", "recalled"]
    assert (chapter.status, chapter.line, chapter.receivers) == (Status.CANCELLED, 3, 3)
    call = call_chapter(store, "spring", "tagtagtagt-2")
    assert [one.what for one in call.happenings] == ["cancelled"]


@pytest.mark.parametrize(
    "statement",
    [update(schema.event).values(what="accepted"), delete(schema.event)],
    ids=["update", "delete"],
)
def test_events_of_what_has_begun_cannot_be_changed_or_deleted(store, lived, statement):
    with pytest.raises(Exception, match="an event is never"), store.writing() as connection:
        connection.execute(statement)
    assert failed(store, lived) == set()


def test_what_never_began_may_go_with_its_events(store, planted):
    record = planted(store, ["A"])
    with store.driving(together=True):
        Queue(store, record, sender=None, terms=TERMS).claim(1)
    planted(store, ["B"])
    with store.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM event")).scalar() == 0


def test_what_was_changed_is_found(store, lived):
    with store.writing() as connection:
        connection.execute(update(schema.chunk).where(schema.chunk.c.id == 2).values(state="pending"))
    assert failed(store, lived) == {"every call's state is what its events come to"}


def test_a_first_slice_is_remembered(store, planted):
    record = planted(store, ["A", "A", "B", "C"], size=1)
    assert slice_of(store, record) is None
    with store.driving(together=True):
        queue = Queue(store, record, sender=None, terms=TERMS)
        part = begin_slice(store, record, last=queue.narrow(2))
        assert (part.first, part.last, part.passed, part.pending) == (2, 3, False, 2)
        for at, claim in enumerate(queue.claim(2, up_to=part.last)):
            queue.record([(claim, Accepted((at,), claim.chunk.receivers, (), Decimal(1), None))])
        sent = slice_of(store, record)
        assert (len(sent.numbers), sent.pending, sent.ids) == (2, 0, {0, 1})
        judged(store, record, well=False, why="two failed")
        assert slice_of(store, record) == sent
        judged(store, record, well=True, why="")
        assert slice_of(store, record).passed
