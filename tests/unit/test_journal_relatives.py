"""Who has, may have, or is to get a campaign from a file of the same people."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from smscampaign.journal import (
    PlanWriter,
    Queue,
    SparingWriter,
    answers,
    awaited,
    enter,
    knows,
    open_journal,
    relatives_in,
    remember_relatives,
    step_back,
    taken_by,
)
from smscampaign.model import Accepted, EditionKind, InDoubt, Message, Purpose, Refused, Status, Terms

TERMS = Terms(Purpose.MARKETING)


def number(line):
    return 33639980000 + line


def accepted(line):
    return Accepted((100,), (f"+{number(line)}",), (), Decimal(1), None)


@pytest.fixture
def begun(journal, planted):
    """Rows 2 to 5, each a call of its own; the first three are claimed: accepted, refused, in doubt."""
    record = planted(journal, ["A", "B", "C", "D"])
    journal.mark_begun(record, account="sms-1")
    queue = Queue(journal, record, sender="Shop", terms=TERMS)
    outcomes = [accepted(2), Refused("400", "no such thing"), InDoubt("cut off")]
    queue.record(list(zip(queue.claim(3), outcomes, strict=True)))
    return journal


def test_what_was_sent_may_have_been_or_waits_is_taken_and_what_was_refused_is_not(begun, clock):
    (relative,) = relatives_in(begun)
    found = relative.taken(map(number, range(1, 9)))
    assert {line - 33639980000: (one.line, one.at is None) for line, one in found.items()} == {
        2: (2, False),
        4: (4, False),
        5: (5, True),
    }
    assert found[number(2)].at == clock()
    assert relative.taken([]) == {}


def test_a_plan_is_seen_from_when_it_is_about_to_begin(journal, planted):
    record = planted(journal, ["A"])
    assert relatives_in(journal) == []
    enter(journal, record)
    assert [one.tag for one in relatives_in(journal)] == [record.tag]
    step_back(journal, record)
    assert relatives_in(journal) == []


def test_an_edition_about_to_begin_counts_beside_the_one_before(begun, inputs, message):
    again = begun.begin(inputs(), tag="againagain", kind=EditionKind.RESTART, seen=0)
    writer = PlanWriter(begun, again)
    writer.add([message(9)])
    writer.seal(receivers_per_call=500, width=2, blank=0)
    enter(begun, again)
    (relative,) = relatives_in(begun)
    assert relative.tag == "againagain"
    assert set(relative.taken([number(2), number(9)])) == {number(2), number(9)}


def test_a_plan_knows_the_editions_it_was_made_with_and_no_others(begun, inputs, tmp_path):
    mine = open_journal(tmp_path / "mine.journal.sqlite")
    (relative,) = relatives_in(begun)
    record = mine.begin(inputs("spring.rejected"), tag="minemine00")
    remember_relatives(mine, record, [relative], file="spring.rejected.csv")
    assert knows(mine, record, [relative])
    assert not knows(mine, record, [])
    assert not knows(mine, record, [replace(relative, tag="anothertag")])
    mine.close()


def test_a_number_that_was_sent_anywhere_counts_as_sent(begun):
    (relative,) = relatives_in(begun)
    waits = replace(relative, file="other.csv")
    found = taken_by([relative, waits], [number(2), number(5), number(3)])
    assert {one: taken.at is None for one, (_, taken) in found.items()} == {number(2): False, number(5): True}
    assert found[number(5)][0] is relative


def test_only_what_came_since_the_last_restart_counts(begun, inputs, message):
    record = begun.find("spring")
    again = begun.begin(inputs(), tag="againagain", kind=EditionKind.RESTART, seen=0)
    writer = PlanWriter(begun, again)
    writer.add([message(9)])
    writer.seal(receivers_per_call=500, width=2, blank=0)
    begun.mark_begun(again, account="sms-1")
    assert begun.find("spring").id != record.id
    (relative,) = relatives_in(begun)
    assert set(relative.taken(map(number, range(1, 12)))) == {number(9)}


def test_a_writer_spares_them_and_seals_what_is_left(begun, inputs, message, tmp_path):
    mine = open_journal(tmp_path / "mine.journal.sqlite")
    record = mine.begin(inputs("spring.rejected"), tag="minemine00")
    found = [replace(one, file="spring.csv") for one in relatives_in(begun)]
    writer = SparingWriter(PlanWriter(mine, record), found, journal=mine, record=record)
    writer.add([message(line + 10, number=line) for line in range(1, 7)])
    writer.add([message(20, number=9)])
    summary = writer.seal(receivers_per_call=500, width=2, blank=0)
    found = {one.line: (one.status, one.reason) for one in answers(mine, mine.find("spring.rejected"))}
    left = awaited(mine, record)
    mine.close()
    assert summary.messages == 4
    assert left == {15: number(5)}
    assert [line for line, (status, _) in found.items() if status is Status.PENDING] == [11, 13, 16, 20]
    assert found[12][1].startswith("already-sent: this number had the campaign on 20")
    assert found[12][1].endswith("UTC (row 2 of spring.csv)")
    assert found[15][1] == "already-sent: this number is waiting to be sent from row 5 of spring.csv"


def test_without_relatives_nothing_changes(journal, inputs, message):
    record = journal.begin(inputs(), tag="tagtagtagt")
    writer = SparingWriter(PlanWriter(journal, record), [], journal=journal, record=record)
    writer.add([message(2), message(3)])
    assert writer.seal(receivers_per_call=500, width=2, blank=0).messages == 2
    assert isinstance(message(2), Message)
