"""Doubts in the journal: written down in portions, decided by a person with the time, and changed for nobody else."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from smscampaign.errors import JournalProblem
from smscampaign.journal import schema
from smscampaign.journal.answers import answers
from smscampaign.journal.doubted_calls import Absent, Found, Unknown
from smscampaign.journal.fates import tally
from smscampaign.journal.queue import Queue
from smscampaign.model import InDoubt, Purpose, Status, Terms, Trace


@pytest.fixture
def queue(journal, planted):
    """Three calls in doubt: rows 2 and 3, row 4, row 5."""
    record = planted(journal, ["A", "A", "B", "C"])
    made = Queue(journal, record, sender=None, terms=Terms(Purpose.MARKETING))
    made.record([(claim, InDoubt("cut off")) for claim in made.claim(9)])
    return made


def statuses(journal):
    return [one.status for one in answers(journal, journal.find("spring"))]


def events(journal, chunk):
    event = schema.event.c
    with journal.reading() as connection:
        rows = connection.execute(
            select(event.what, event.detail, event.at).where(event.chunk == chunk).order_by(event.id)
        )
        return [tuple(row) for row in rows]


def test_findings_of_all_kinds_are_written_in_one_commit(journal, queue, monkeypatch):
    one, two, three = queue.doubts()
    commits, writing = [], journal.writing
    monkeypatch.setattr(journal, "writing", lambda: commits.append(1) or writing())
    assert queue.conclude(
        [(one, Found(Trace((7, 8), None))), (two, Absent("not there")), (three, Unknown("no rights"))]
    ) == [True, True, False]
    assert len(commits) == 1
    assert statuses(journal) == [Status.ACCEPTED, Status.ACCEPTED, Status.PENDING, Status.IN_DOUBT]
    assert [claim.id for claim in queue.doubts()] == [three.id]
    assert tally(journal, journal.find("spring")).unpriced == 1


def test_nothing_found_out_is_nothing_written(journal, queue, monkeypatch):
    monkeypatch.setattr(journal, "writing", None)
    assert queue.conclude([]) == []


def test_what_somebody_else_settled_meanwhile_stays_as_it_is(journal, queue):
    one, *_ = queue.doubts()
    queue.conclude([(one, Found(Trace((7, 8), None)))])[0]
    assert queue.conclude([(one, Absent("not there"))])[0]
    queue.conclude([(one, Unknown("no rights"))])
    assert statuses(journal)[:2] == [Status.ACCEPTED] * 2


def test_of_a_call_found_in_part_the_journal_knows_who_is_there_and_absence_ripens_anew(
    journal, queue, clock
):
    one, *_ = queue.doubts()
    first, second = one.chunk.receivers
    assert queue.decided(one) == frozenset()
    clock.step(60)
    assert not queue.conclude([(one, Found(Trace((7,), frozenset({first, "+33700000000"}))))])[0]
    rest = queue.doubts()[0]
    assert (rest.chunk.receivers, rest.doubted_at, rest.whole) == ((second,), clock(), False)
    assert queue.decided(rest) == {first}


def test_a_person_takes_a_call_for_sent_and_that_is_recorded_with_the_time(journal, queue, clock):
    _, two, _ = queue.doubts()
    clock.step(30)
    queue.assume_sent(two)
    assert statuses(journal) == [Status.IN_DOUBT, Status.IN_DOUBT, Status.ACCEPTED, Status.IN_DOUBT]
    *_, decided, moved = events(journal, two.id)
    assert decided[0] == "decided"
    assert decided[2] == clock()
    assert "assumed to be sent by a person on 2026-03-02 09:00 UTC" in decided[1]
    assert moved[0] == "accepted"
    assert queue.claim(9) == []


def test_a_person_has_a_call_made_again_and_only_what_is_in_doubt_of_it(journal, queue):
    one, *_ = queue.doubts()
    first, second = one.chunk.receivers
    queue.conclude([(one, Found(Trace((7,), frozenset({first}))))])[0]
    queue.resend(queue.doubts()[0])
    (again,) = queue.claim(9)
    assert again.chunk.receivers == (second,)
    assert [what for what, _, _ in events(journal, one.id)][-3:] == ["decided", "pending", "sending"]
    assert statuses(journal)[2:] == [Status.IN_DOUBT] * 2


@pytest.mark.parametrize("decide", [Queue.assume_sent, Queue.resend])
def test_nothing_is_decided_about_a_call_that_is_no_longer_in_doubt(journal, queue, decide):
    one, *_ = queue.doubts()
    queue.conclude([(one, Found(Trace((7, 8), None)))])[0]
    before = events(journal, one.id)
    with pytest.raises(JournalProblem, match="no longer in doubt"):
        decide(queue, one)
    assert events(journal, one.id) == before


def read_anew(queue):
    """The balance is read when nothing is in doubt, and then all calls are made again and lost."""
    for claim in queue.doubts():
        queue.conclude([(claim, Absent("not there"))])[0]
    queue.keep_balance(Decimal(100), since=queue.quiet())
    queue.record([(claim, InDoubt("cut off")) for claim in queue.claim(9)])
    return queue.last_reading()


def test_what_was_taken_in_part_before_the_balance_was_read_is_not_told_apart_from_what_came_after(queue):
    one, *_ = queue.doubts()
    queue.conclude([(one, Found(Trace((7,), frozenset(one.chunk.receivers[:1]))))])[0]
    assert "may have been charged before the balance was read" in read_anew(queue).unsettled


def test_a_call_that_took_nothing_before_the_balance_was_read_keeps_it_telling(queue):
    reading = read_anew(queue)
    assert (reading.unsettled, reading.open) == ("", {claim.id for claim in queue.doubts()})


def test_a_doubt_of_a_clock_that_was_ahead_ripens_from_now_on(journal, planted, clock):
    queue = Queue(journal, planted(journal, ["A", "B"]), sender=None, terms=Terms(Purpose.MARKETING))
    one, two = queue.claim(2)
    clock.step(-30)
    queue.record([(one, InDoubt("cut off"))])
    clock.step(365 * 86400)
    queue.record([(two, InDoubt("cut off"))])
    clock.step(-365 * 86400)
    queue.recover()
    assert [claim.doubted_at - clock() for claim in queue.doubts()] == [timedelta(0), timedelta(0)]
    clock.step(10)
    queue.recover()
    assert [clock() - claim.doubted_at for claim in queue.doubts()] == [timedelta(seconds=10)] * 2
