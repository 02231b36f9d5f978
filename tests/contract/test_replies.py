"""Answers on both engines: matched by tag, then number and time; kept once, whatever is killed; STOPs handed on."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from decimal import Decimal

import pytest

from smscampaign.campaign.answering import match_of, over_at, sent_by
from smscampaign.journal import replies
from smscampaign.journal.editions import put_in_force
from smscampaign.journal.plan import PlanWriter
from smscampaign.journal.priors import fates_of
from smscampaign.journal.queue import Queue
from smscampaign.journal.replies import Reply, by_row, counts, had_by, keep, known, stops_of
from smscampaign.journal.store import Inputs, open_journal
from smscampaign.model import Accepted, EditionKind, Encoding, Message, Purpose, Recipient, Terms, Text
from smscampaign.responses import Incoming

TERMS = Terms(Purpose.TRANSACTIONAL)
SHORT, OWN, NAME = None, "+33799000099", "Sandbox"


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request, tmp_path):
    return tmp_path / "j.sqlite" if request.param == "sqlite" else request.getfixturevalue("database")


@pytest.fixture
def journal(place, clock):
    with closing(open_journal(place, clock=clock)) as opened:
        yield opened


def number(n):
    return f"+337990000{n:02d}"


def sent(journal, people, *, name="spring", tag="tagtagtagt", sender=OWN, purpose="transactional"):
    """A campaign that was sent to these people, row 2 to the first of them."""
    settings = {"sender": sender, "purpose": purpose}
    kind = EditionKind.FIRST if journal.find(name) is None else EditionKind.AMENDMENT
    record = journal.begin(Inputs(name, "fake", "", tag * 6, {}, settings), tag=tag, kind=kind)
    writer = PlanWriter(journal, record)
    text = Text(f"Hello from {tag}", Encoding.GSM7, 5, 1)
    writer.add([Message(2 + at, Recipient(number(one), "FR"), text) for at, one in enumerate(people)])
    writer.seal(receivers_per_call=2, width=1, blank=0)
    record = journal.find(name, proposed=kind is not EditionKind.FIRST)
    put_in_force(journal, record, account="")
    record = next(one for one in journal.editions(name) if one.tag == tag)
    queue = Queue(journal, record, sender=sender, terms=TERMS)
    with journal.driving():
        while claims := queue.claim(10):
            queue.record([(one, Accepted((), one.chunk.receivers, (), Decimal(1), None)) for one in claims])
    return record


def possible(journal, record, who):
    return [sent_by(record, one) for one in had_by(journal, [record], [number(who)]).get(number(who), [])]


def test_by_tag_then_by_number_and_time(journal, clock):
    first = sent(journal, [1, 2, 3])
    began = journal.clock()
    other = sent(journal, [1], name="other", tag="otherother")
    own, others = possible(journal, first, 1), possible(journal, other, 1)
    later = began + timedelta(hours=1)
    mine, its = own[0].had.tag, others[0].had.tag

    def found(tag="", at=later, stop=False, rivals=others):
        return match_of(Incoming(1, number(1), at, "Oui", tag), own, rivals, stop=stop)

    assert (found(mine).had.line, found(mine).possible) == (2, False)
    assert found(its) is None
    assert found().possible is True
    assert found(rivals=()).possible is False
    assert found("elsewhere", rivals=()).possible is True  # nobody says that it is always the call's tag
    assert found(at=began - timedelta(days=1)) is None
    assert found(at=began + timedelta(days=29)) is not None
    assert found(at=began + timedelta(days=31)) is None
    assert found(mine, at=began + timedelta(days=90)) is not None  # what it says itself always counts


@pytest.mark.parametrize(
    ("sender", "purpose", "words", "stops"),
    [
        (SHORT, "transactional", 2, 30),
        (OWN, "transactional", 30, 30),
        (NAME, "transactional", 0, 0),
        (NAME, "marketing", 0, 30),
    ],
)
def test_who_can_be_answered_for_how_long(journal, sender, purpose, words, stops):
    record = sent(journal, [1], sender=sender, purpose=purpose)
    (one,) = possible(journal, record, 1)
    for until, days in ((one.words, words), (one.stops, stops)):
        assert (until is not None) is bool(days)
        if until is not None:
            # Commercial messages may be held until the next opening, at most over a long weekend.
            assert timedelta(days=days) <= until - one.had.at <= timedelta(days=days + 5)
    assert over_at(record, one.had.at) >= one.had.at


def test_answers_are_kept_once_and_stops_are_handed_on(journal):
    record = sent(journal, [1, 2, 3])
    at = journal.clock()
    some = [
        Reply(7, record.id, 2, number(1), at, "Oui", possible=False, stop=False),
        Reply(8, record.id, 3, number(2), at, "STOP", possible=False, stop=True),
        Reply(9, record.id, 3, number(2), at + timedelta(hours=1), "stop!", possible=True, stop=True),
    ]
    assert keep(journal, some[:2]) == 2
    assert keep(journal, some) == 1
    assert known(journal, [record]) == {7, 8, 9}
    assert counts(journal, [record]) == (1, 2, 1, 1, 1)
    assert [one.id for one in by_row(journal, record, [record])] == [7, 8, 9]
    assert list(stops_of(journal)) == [(number(2), at)]
    asked = [int(number(n)) for n in range(5)]
    assert fates_of(journal, [record], asked) == {
        int(number(1)): {"accepted", "waiting", "replied"},
        int(number(2)): {"accepted", "waiting", "stopped"},
        int(number(3)): {"accepted", "waiting"},
    }


def test_nobody_answered_and_nothing_is_asked(journal):
    record = sent(journal, [1])
    assert (known(journal, [record]), counts(journal, [record]).people) == (frozenset(), 0)
    assert list(by_row(journal, record, [record])) == list(stops_of(journal)) == []


def test_what_was_killed_in_the_middle_is_read_again(journal, monkeypatch):
    record = sent(journal, [1, 2])
    at = journal.clock()
    one = Reply(7, record.id, 2, number(1), at, "Oui", possible=False, stop=False)
    other = Reply(8, record.id, 3, number(2), at, "Non", possible=False, stop=False)
    keep(journal, [one])

    def cut_off(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(replies, "insert", cut_off)
        with pytest.raises(KeyboardInterrupt):
            keep(journal, [one, other])
    assert known(journal, [record]) == {7}
    assert keep(journal, [one, other]) == 1
    assert known(journal, [record]) == {7, 8}
