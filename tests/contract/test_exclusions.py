"""Who is excluded when a call is claimed, on both engines: the call goes without him, and every sum still adds up."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import select

from smscampaign.journal import schema
from smscampaign.journal.answers import answers
from smscampaign.journal.cancellations import Cancelling
from smscampaign.journal.doubted_calls import Absent, Found
from smscampaign.journal.exclusions import Excluded
from smscampaign.journal.fates import doubts, tally, waiting
from smscampaign.journal.laws import audit
from smscampaign.journal.queue import Queue
from smscampaign.journal.receipts import open_calls
from smscampaign.journal.store import open_journal
from smscampaign.journal.stories import number_chapters
from smscampaign.languages import say
from smscampaign.model import Accepted, InDoubt, NotSent, Purpose, Reason, Refused, Status, Terms, Trace

TERMS = Terms(Purpose.MARKETING)


class Those:
    """Excludes the numbers of some rows, which may become more."""

    def __init__(self, *lines):
        self.lines = set(lines)

    def of(self, asked):
        why = Excluded(Reason.ALREADY_SENT, say("from somewhere else"))
        return dict.fromkeys(self.lines.intersection(asked.lines), why)


def number(line):
    return f"+336399{80000 + line:05d}"


def numbers(*lines):
    return tuple(map(number, lines))


def accepted(*lines, invalid=(), credits="1"):
    ids = tuple(range(100, 100 + len(lines)))
    return Accepted(ids, numbers(*lines), numbers(*invalid), Decimal(credits), None)


@pytest.fixture(params=["sqlite", "postgresql"])
def journal(request, tmp_path, clock):
    server = request.param == "postgresql"
    opened = open_journal(
        request.getfixturevalue("database") if server else tmp_path / "j.sqlite", clock=clock
    )
    yield opened
    opened.close()


@pytest.fixture
def queue(journal, planted):
    """Driven, with the rows 2 to 5 in one call and the rows 6 and 7 in one each."""
    record = planted(journal, ["A", "A", "A", "A", "B", "C"])
    with journal.driving(together=True):
        yield lambda *those: Queue(journal, record, sender="Shop", terms=TERMS, exclusions=those)


def states(journal):
    with journal.reading() as connection:
        return dict(connection.execute(select(schema.chunk.c.id, schema.chunk.c.state)).all())


def told(journal):
    return {one.line: one for one in answers(journal, journal.find("spring"))}


def adds_up(journal, sent, suppressed):
    """Every count of who has it is that of the calls, and nobody who is suppressed is expected anywhere."""
    record = journal.find("spring")
    counts = tally(journal, record).messages
    assert (counts.get(Status.ACCEPTED, 0), counts.get(Status.SUPPRESSED, 0)) == (sent, suppressed)
    assert sum(counts.values()) == 6
    assert sum(one.messages for one in open_calls(journal, record)) == sent
    calls = Cancelling(journal, record, sender="Shop", terms=TERMS)
    assert sum(one.taken for one in calls.out()) == sent
    assert sum(one.messages for one in waiting(journal, record, limit=None)) == counts.get(Status.PENDING, 0)
    assert [check.first for check in audit(journal, record) if not check.ok] == []
    for one in told(journal).values():
        if one.status is Status.SUPPRESSED:
            assert one.reason == "already-sent: from somewhere else"
            assert (one.credits, one.tag, one.id, one.sent_at, one.delivery) == (None, "", None, None, None)


def test_a_call_goes_without_whoever_is_excluded_when_it_is_claimed(journal, queue):
    calls = queue(Those(3, 5))
    (claim,) = calls.claim(1)
    assert (claim.chunk.receivers, claim.lines, claim.whole) == (numbers(2, 4), (2, 4), True)
    assert (claim.attempts, claim.claimed_at, len(claim.countries)) == (1, journal.clock(), 2)
    calls.record([(claim, accepted(2, 4, credits="2"))])
    assert tally(journal, journal.find("spring")).credits == 2
    adds_up(journal, 2, 2)
    (chapter,) = number_chapters(journal, "spring", number(3))
    assert chapter.status is Status.SUPPRESSED
    assert ("suppressed", "already-sent: from somewhere else", 3) in [
        (one.what, one.detail, one.line) for one in chapter.happenings
    ]
    (other,) = number_chapters(journal, "spring", number(2))
    assert "suppressed" not in {one.what for one in other.happenings}


def test_a_call_left_empty_is_settled_without_being_made_and_the_next_one_comes(journal, queue):
    calls = queue(Those(2, 3, 4, 5, 6))
    (claim,) = calls.claim(1)
    assert (claim.lines, calls.suppressed) == ((7,), 5)
    assert states(journal) == {1: "suppressed", 2: "suppressed", 3: "sending"}
    with journal.reading() as connection:
        story = (
            connection.execute(select(schema.event.c.what).where(schema.event.c.chunk == 1)).scalars().all()
        )
    assert story == ["suppressed"] * 4 + ["settled"]
    calls.record([(claim, accepted(7))])
    assert calls.claim(5) == []
    assert not calls.left()
    adds_up(journal, 1, 5)


def test_where_all_are_excluded_nothing_is_claimed_and_nothing_was_touched(journal, queue):
    calls = queue(Those(2, 3, 4, 5), Those(6, 7))
    assert calls.claim(2) == []
    assert set(states(journal).values()) == {"suppressed"}
    assert calls.untouched()
    assert calls.recover() == 0
    adds_up(journal, 0, 6)


def test_a_doubt_is_about_those_alone_who_were_in_the_call(journal, queue):
    calls = queue(Those(3))
    (claim,) = calls.claim(1)
    calls.record([(claim, InDoubt("timeout"))])
    assert doubts(journal, journal.find("spring")) == [("tagtagtagt-1", 3, "timeout")]
    (doubt,) = calls.doubts()
    assert (doubt.lines, doubt.whole, calls.decided(doubt)) == ((2, 4, 5), True, frozenset())
    assert calls.conclude([(doubt, Found(Trace((7, 8, 9), frozenset(doubt.chunk.receivers))))])[0]
    adds_up(journal, 3, 1)


def test_a_call_that_was_not_taken_is_made_again_without_them(journal, queue):
    calls = queue(Those(3))
    (claim,) = calls.claim(1)
    calls.record([(claim, InDoubt("timeout"))])
    assert calls.conclude([(calls.doubts()[0], Absent("nobody has it"))])[0]
    (again,) = calls.claim(1)
    assert (again.lines, again.attempts, again.whole) == ((2, 4, 5), 2, True)
    calls.record([(again, accepted(2, 4, 5))])
    adds_up(journal, 3, 1)


def test_who_is_excluded_before_a_second_try_is_not_in_that(journal, queue):
    those = Those()
    calls = queue(those)
    (claim,) = calls.claim(1)
    calls.record([(claim, NotSent("no network"))])
    those.lines = {2, 5}
    (again,) = calls.claim(1)
    assert (again.lines, again.attempts, again.whole) == ((3, 4), 2, True)
    calls.record([(again, accepted(3, 4, credits="2"))])
    assert tally(journal, journal.find("spring")).credits == 2
    adds_up(journal, 2, 2)


def test_of_a_call_found_in_part_the_rest_may_be_excluded_before_it_is_made_again(journal, queue):
    those = Those()
    calls = queue(those)
    (claim,) = calls.claim(1)
    calls.record([(claim, InDoubt("timeout"))])
    calls.conclude([(calls.doubts()[0], Found(Trace((7,), frozenset({number(2)}))))])[0]
    assert calls.conclude([(calls.doubts()[0], Absent("nobody has the rest"))])[0]
    those.lines = {3, 4, 5}
    (after,) = calls.claim(1)
    assert after.lines == (6,)
    assert states(journal)[1] == "accepted"
    calls.record([(after, accepted(6))])
    adds_up(journal, 2, 3)


def test_a_refused_call_is_halved_among_those_who_were_in_it(journal, queue):
    calls = queue(Those(2))
    (claim,) = calls.claim(1)
    calls.record([(claim, Refused("BAD", "one of them"))])
    halves = calls.claim(4)
    assert [one.lines for one in halves] == [(6,), (7,), (3,), (4, 5)]
    calls.record([(one, accepted(*one.lines)) for one in halves])
    adds_up(journal, 5, 1)


def test_a_limit_may_leave_a_half_in_which_nobody_waits(journal, queue):
    those = Those(2, 3)
    calls = queue(those)
    (claim,) = calls.claim(1)
    calls.record([(claim, NotSent("no network"))])
    last = calls.narrow(1)
    assert last == 4
    (first,) = calls.claim(5, up_to=last)
    assert first.lines == (4,)
    calls.record([(first, accepted(4))])
    adds_up(journal, 1, 2)
