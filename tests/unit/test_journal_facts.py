"""What the journal answers: one answer for each row, in order, and sums that add up whatever happened."""

from __future__ import annotations

import tempfile
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy.dialects import sqlite

from smscampaign.journal import answers as journal_answers
from smscampaign.journal import facts, fates
from smscampaign.journal.answers import answers
from smscampaign.journal.doubted_calls import Absent, Found, Unknown
from smscampaign.journal.fates import tally
from smscampaign.journal.plan import PlanWriter
from smscampaign.journal.queue import Queue
from smscampaign.journal.receipts import keep, open_calls
from smscampaign.journal.store import Inputs, open_journal
from smscampaign.journal.values import Credits, plain
from smscampaign.model import (
    Accepted,
    CountryCount,
    Delivery,
    DeliveryReceipt,
    Encoding,
    InDoubt,
    Message,
    NotSent,
    Purpose,
    Reason,
    Recipient,
    Refused,
    Rejection,
    Status,
    Terms,
    Text,
    Trace,
)

TERMS = Terms(Purpose.MARKETING)


def number(line):
    return f"+336399{80000 + line:05d}"


def open_ones(journal, record):
    return [(one.tag, one.messages) for one in open_calls(journal, record)]


def take(claim, credits="1"):
    return Accepted(tuple(range(len(claim.lines))), claim.chunk.receivers, (), Decimal(credits), None)


@pytest.fixture
def mixed(journal, inputs):
    """Rows 2 to 6: two texts, of which one has two parts, in two countries, and a rejection between them."""
    hello, long = Text("Hello", Encoding.GSM7, 5, 1), Text("Zażółć" * 12, Encoding.UCS2, 72, 2)
    writer = PlanWriter(journal, journal.begin(inputs(), tag="tagtagtagt"))
    writer.add(
        [
            Message(2, Recipient(number(2), "FR"), hello),
            Message(3, Recipient("+447700900003", "GB"), long),
            Rejection(4, Reason.NUMBER_LANDLINE, "a landline"),
            Message(5, Recipient(number(5), "FR"), long),
            Message(6, Recipient(number(6), "FR"), hello),
        ]
    )
    writer.seal(receivers_per_call=500, width=2, blank=0)
    return journal.find("spring")


def queue_of(journal, record):
    return Queue(journal, record, sender=None, terms=TERMS)


def test_answers_come_in_the_files_order_with_what_is_known(journal, mixed):
    facts.keep_rates(journal, mixed, {"FR": Decimal("1"), "GB": Decimal("0.7")})
    found = list(answers(journal, mixed))
    assert [one.line for one in found] == [2, 3, 4, 5, 6]
    assert [one.credits for one in found] == [1, Decimal("1.4"), None, 2, 1]
    assert found[1].recipient == Recipient("+447700900003", "GB")
    assert (found[1].text.encoding, found[1].text.parts) == (Encoding.UCS2, 2)
    assert (found[2].status, found[2].reason) == (Status.REJECTED, "number-landline: a landline")
    assert (found[2].recipient, found[2].text, found[2].tag) == (None, None, "")
    assert {one.tag for one in found} == {""}


def test_a_rate_that_is_not_known_gives_no_credits(journal, mixed):
    facts.keep_rates(journal, mixed, {"GB": Decimal("0.7")})
    assert [one.credits for one in answers(journal, mixed)] == [None, Decimal("1.4"), None, None, None]


def test_rates_are_replaced_and_none_are_no_reason_to_forget(journal, mixed):
    facts.keep_rates(journal, mixed, {"FR": Decimal(1), "GB": Decimal("0.7")})
    facts.keep_rates(journal, mixed, {"FR": Decimal("0.4")})
    facts.keep_rates(journal, mixed, {})
    assert facts.stored_rates(journal, mixed) == {"FR": Decimal("0.4")}


def test_answers_of_a_split_call_keep_to_their_part(journal, mixed):
    queue = queue_of(journal, mixed)
    queue.narrow(2)
    queue.record([(one, take(one)) for one in queue.claim(10, up_to=3)])
    assert {one.line: (one.status, one.tag) for one in answers(journal, mixed)} == {
        2: (Status.ACCEPTED, "tagtagtagt-1"),
        3: (Status.ACCEPTED, "tagtagtagt-2"),
        4: (Status.REJECTED, ""),
        5: (Status.PENDING, ""),
        6: (Status.PENDING, ""),
    }


def test_answers_look_each_row_up_instead_of_reading_all_calls_for_it(journal, mixed):
    """100 000 personalised rows once took hours: for each message SQLite read every call of the campaign."""
    question = journal_answers._messages(mixed).compile(
        dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}
    )
    with journal.reading() as connection:
        steps = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {question}")]
    assert len(steps) >= 6
    assert [step for step in steps if "SCAN" in step or "TEMP" in step] == []
    whole = [step for step in steps if "(campaign=?)" in step]
    assert whole == ["SEARCH message USING PRIMARY KEY (campaign=?)"]


def test_the_sample_are_the_first_messages_in_the_files_order(journal, mixed):
    assert [one.line for one in facts.sample(journal, mixed, 3)] == [2, 3, 5]
    assert facts.sample(journal, mixed, 1)[0] == Message(
        2, Recipient(number(2), "FR"), Text("Hello", Encoding.GSM7, 5, 1)
    )


def test_what_waits_is_counted_by_country_and_by_limit(journal, mixed):
    assert set(fates.waiting(journal, mixed, limit=None)) == {
        CountryCount("FR", 3, 4),
        CountryCount("GB", 1, 2),
    }
    assert set(fates.waiting(journal, mixed, limit=2)) == {CountryCount("FR", 1, 1), CountryCount("GB", 1, 2)}
    queue = queue_of(journal, mixed)
    (hello,) = queue.claim(1)
    queue.record([(hello, take(hello))])
    assert set(fates.waiting(journal, mixed, limit=None)) == {
        CountryCount("FR", 1, 2),
        CountryCount("GB", 1, 2),
    }


def test_doubts_are_listed_with_their_tag_and_reason(journal, mixed):
    queue = queue_of(journal, mixed)
    first, _ = queue.claim(2)
    queue.record([(first, InDoubt("cut off"))])
    assert fates.doubts(journal, mixed) == [("tagtagtagt-1", 2, "cut off"), ("tagtagtagt-2", 2, "being sent")]


def test_a_call_in_doubt_was_asked_about_once_a_finding_about_it_is_written_down(journal, mixed):
    queue = queue_of(journal, mixed)
    first, _ = queue.claim(2)
    queue.record([(first, InDoubt("cut off"))])
    assert fates.asked_about(journal, mixed) == frozenset()
    (doubt,) = queue.doubts()
    queue.conclude([(doubt, Unknown("no rights"))])
    assert fates.asked_about(journal, mixed) == {"tagtagtagt-1"}
    queue.resend(doubt)
    assert fates.asked_about(journal, mixed) == frozenset()
    (again,) = queue.claim(1)
    queue.record([(again, InDoubt("cut off again"))])
    assert fates.asked_about(journal, mixed) == frozenset()


def test_receipts_are_attached_by_call_and_number_and_replaced_by_later_ones(journal, mixed, clock):
    queue = queue_of(journal, mixed)
    claims = queue.claim(2)
    queue.record([(one, take(one)) for one in claims])
    assert open_ones(journal, mixed) == [("tagtagtagt-1", 2), ("tagtagtagt-2", 2)]
    early = DeliveryReceipt(70, number(2), Delivery.WAITING, None, tag="tagtagtagt-1")
    stranger = DeliveryReceipt(71, "+33639989999", Delivery.DELIVERED, clock(), tag="tagtagtagt-1")
    assert keep(journal, [early, stranger]).ours == 1
    assert keep(journal, [stranger]).ours == 0
    late = DeliveryReceipt(70, number(2), Delivery.DELIVERED, clock(), 4, "tagtagtagt-1")
    other = DeliveryReceipt(72, number(6), Delivery.FAILED, None, 23, "tagtagtagt-1")
    assert keep(journal, [late, other]) == (2, 2)
    found = {one.line: one for one in answers(journal, mixed)}
    assert (found[2].id, found[2].delivery, found[2].delivered_at) == (70, Delivery.DELIVERED, clock())
    assert (found[6].id, found[6].delivery, found[6].delivered_at) == (72, Delivery.FAILED, None)
    assert (found[5].id, found[5].delivery) == (None, Delivery.WAITING)
    assert tally(journal, mixed).deliveries == {
        Delivery.WAITING: 2,
        Delivery.DELIVERED: 1,
        Delivery.FAILED: 1,
    }
    # The first call has all its receipts; the second is still asked about.
    assert open_ones(journal, mixed) == [("tagtagtagt-2", 2)]


def test_a_refused_receiver_waits_for_no_receipt(journal, mixed, clock):
    queue = queue_of(journal, mixed)
    claim, _ = queue.claim(2)
    queue.record([(claim, Accepted((1,), (number(2),), (number(6),), Decimal(1), None))])
    assert open_ones(journal, mixed) == [("tagtagtagt-1", 1)]
    keep(journal, [DeliveryReceipt(1, number(2), Delivery.DELIVERED, clock(), tag="tagtagtagt-1")])
    assert open_ones(journal, mixed) == []


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("0", "0"),
        ("100", "100"),
        ("1E+2", "100"),
        ("0.40", "0.4"),
        ("1.000000", "1"),
        ("0.000001", "0.000001"),
    ],
)
def test_credits_are_shown_plainly_and_kept_exactly(value, shown):
    assert str(plain(Decimal(value))) == shown
    kept = Credits().process_bind_param(Decimal(value), None)
    assert str(Credits().process_result_value(kept, None)) == shown


def test_credits_are_never_rounded():
    with pytest.raises(ValueError, match="exactly"):
        Credits().process_bind_param(Decimal("0.0000001"), None)


class WhateverHappens(RuleBasedStateMachine):
    """Any sequence of claims, outcomes, answers, crashes and limits leaves every row in exactly one place."""

    @initialize(bodies=st.lists(st.sampled_from("ABC"), min_size=1, max_size=12), size=st.integers(1, 4))
    def planned(self, bodies, size):
        self.folder = tempfile.TemporaryDirectory()
        self.journal = open_journal(Path(self.folder.name) / "j.sqlite")
        inputs = Inputs("spring", "fake", "", "f" * 64, {}, {})
        self.record = self.journal.begin(inputs, tag="tagtagtagt")
        writer = PlanWriter(self.journal, self.record)
        writer.add(
            [
                Message(line, Recipient(number(line), "FR"), Text(body, Encoding.GSM7, 1, 1))
                for line, body in enumerate(bodies, 2)
            ]
        )
        writer.seal(receivers_per_call=size, width=1, blank=0)
        self.lines = list(range(2, len(bodies) + 2))
        self.queue = Queue(self.journal, self.record, sender=None, terms=TERMS)
        self.claimed = []
        self.decided: dict[int, Status] = {}

    def teardown(self):
        if hasattr(self, "journal"):
            self.journal.close()
            self.folder.cleanup()

    @rule(count=st.integers(1, 3))
    def claim(self, count):
        claims = self.queue.claim(count)
        for claim in claims:
            assert not self.decided.keys() & set(claim.lines), "a decided row was handed out again"
        self.claimed += claims

    @precondition(lambda self: self.claimed)
    @rule(data=st.data(), lot=st.integers(0, 5))
    def record_outcome(self, data, lot):
        claim = self.claimed.pop(0)
        receivers = claim.chunk.receivers
        kinds = data.draw(
            st.lists(
                st.sampled_from(["valid", "invalid", "unnamed"]),
                min_size=len(receivers),
                max_size=len(receivers),
            )
        )
        named = {kind: [r for r, k in zip(receivers, kinds, strict=True) if k == kind] for kind in kinds}
        outcomes = [
            Accepted((), receivers, (), Decimal("0.4"), None),
            Accepted((), tuple(named.get("valid", ())), tuple(named.get("invalid", ())), Decimal(1), None),
            Refused("400", "no"),
            Refused("403", "no", stops=True),
            NotSent("429"),
            InDoubt("?"),
        ]
        self.queue.record([(claim, outcomes[lot])])
        if lot == 0:
            self.decided |= dict.fromkeys(claim.lines, Status.ACCEPTED)
        if lot == 1:
            states = {"valid": Status.ACCEPTED, "invalid": Status.REFUSED}
            self.decided |= {
                line: states[kind] for line, kind in zip(claim.lines, kinds, strict=True) if kind in states
            }
        if lot == 2 and len(receivers) == 1:  # several come back in halves
            self.decided |= dict.fromkeys(claim.lines, Status.REFUSED)

    @rule(limit=st.integers(0, 12))
    def narrow(self, limit):
        self.queue.narrow(limit)

    @rule()
    def crash(self):
        self.queue.recover()
        self.claimed = []

    @rule(data=st.data())
    def ask(self, data):
        for doubt in self.queue.doubts():
            seen = frozenset(data.draw(st.sets(st.sampled_from(doubt.chunk.receivers))))
            if seen:
                self.queue.conclude([(doubt, Found(Trace((1,), seen)))])[0]
                self.decided |= {
                    line: Status.ACCEPTED
                    for line, receiver in zip(doubt.lines, doubt.chunk.receivers, strict=True)
                    if receiver in seen
                }
            elif doubt.whole:
                self.queue.conclude([(doubt, Absent("not there"))])[0]

    @invariant()
    def conserved(self):
        if not hasattr(self, "lines"):
            return
        found = list(answers(self.journal, self.record))
        assert [one.line for one in found] == self.lines
        assert Counter(one.status for one in found) == tally(self.journal, self.record).messages
        statuses = {one.line: one.status for one in found}
        assert {line: statuses[line] for line in self.decided} == self.decided


TestWhateverHappens = WhateverHappens.TestCase
TestWhateverHappens.settings = settings(
    max_examples=25,
    stateful_step_count=15,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
