"""Who has, may have, or is to get a campaign from a file of the same people."""

from __future__ import annotations

from decimal import Decimal

import pytest

from smscampaign.journal import PlanWriter, Queue, SparingWriter, answers, open_journal, relatives_in
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


def everything(journal, wanted=lambda record: True):
    return relatives_in(journal, file="spring.csv", wanted=wanted)


def test_what_was_sent_may_have_been_or_waits_is_taken_and_what_was_refused_is_not(begun, clock):
    (relative,) = everything(begun)
    found = relative.taken(map(number, range(1, 9)))
    assert {line - 33639980000: (one.line, one.at is None) for line, one in found.items()} == {
        2: (2, False),
        4: (4, False),
        5: (5, True),
    }
    assert found[number(2)].at == clock()
    assert relative.taken([]) == {}


def test_a_plan_that_has_not_begun_and_one_that_is_not_wanted_take_nobody(journal, planted, begun):
    assert everything(begun, wanted=lambda record: record.inputs.name != "spring") == []
    other = open_journal(journal.path.with_name("other.journal.sqlite"))
    planted(other, ["A"], tag="othertagot")
    assert everything(other) == []
    other.close()


def test_only_what_came_since_the_last_restart_counts(begun, inputs, message):
    record = begun.find("spring")
    again = begun.begin(inputs(), tag="againagain", kind=EditionKind.RESTART, seen=0)
    writer = PlanWriter(begun, again)
    writer.add([message(9)])
    writer.seal(receivers_per_call=500, width=2, blank=0)
    begun.mark_begun(again, account="sms-1")
    assert begun.find("spring").id != record.id
    (relative,) = everything(begun)
    assert set(relative.taken(map(number, range(1, 12)))) == {number(9)}


def test_a_writer_spares_them_and_seals_what_is_left(begun, inputs, message, tmp_path):
    mine = open_journal(tmp_path / "mine.journal.sqlite")
    record = mine.begin(inputs("spring.rejected"), tag="minemine00")
    writer = SparingWriter(PlanWriter(mine, record), everything(begun))
    writer.add([message(line + 10, number=line) for line in range(1, 7)])
    writer.add([message(20, number=9)])
    summary = writer.seal(receivers_per_call=500, width=2, blank=0)
    found = {one.line: (one.status, one.reason) for one in answers(mine, mine.find("spring.rejected"))}
    mine.close()
    assert summary.messages == 4
    assert [line for line, (status, _) in found.items() if status is Status.PENDING] == [11, 13, 16, 20]
    assert found[12][1].startswith("already-sent: this number had the campaign on 20")
    assert found[12][1].endswith("UTC (row 2 of spring.csv)")
    assert found[15][1] == "already-sent: this number is waiting to be sent from row 5 of spring.csv"


def test_without_relatives_nothing_changes(journal, inputs, message):
    writer = SparingWriter(PlanWriter(journal, journal.begin(inputs(), tag="tagtagtagt")), [])
    writer.add([message(2), message(3)])
    assert writer.seal(receivers_per_call=500, width=2, blank=0).messages == 2
    assert isinstance(message(2), Message)
