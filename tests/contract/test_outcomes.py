"""The figures of a campaign on both engines: they are what counting its answers one by one gives, whatever happened to it."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, update

from smscampaign.journal import aftermath, schema
from smscampaign.journal.answers import answers
from smscampaign.journal.doubted_calls import Absent, Found
from smscampaign.journal.editions import put_in_force
from smscampaign.journal.facts import keep_rates, stored_rates
from smscampaign.journal.fates import tally
from smscampaign.journal.figures import Answered
from smscampaign.journal.outcomes import MOST_BUCKETS, MOST_SENTENCES, SIZES, _size, outcomes
from smscampaign.journal.plan import PlanWriter
from smscampaign.journal.queue import Queue
from smscampaign.journal.store import Inputs, open_journal
from smscampaign.model import (
    Accepted,
    Delivery,
    EditionKind,
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
RATES = {"FR": Decimal("1"), "GB": Decimal("0.7")}
BEGIN = 1_800_000_000_000_000


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request, tmp_path):
    return tmp_path / "j.sqlite" if request.param == "sqlite" else request.getfixturevalue("database")


@pytest.fixture
def journal(place, clock):
    with closing(open_journal(place, clock=clock)) as opened:
        yield opened


def inputs(fingerprint="f" * 64, name="spring"):
    return Inputs(name, "fake", "", fingerprint, {}, {})


def message(line, person, parts=1, country="FR", body="A"):
    return Message(
        line, Recipient(f"+33639{980000 + person}", country), Text(body * parts, Encoding.GSM7, 1, parts)
    )


def planned(journal, rows, *, size=3, kind=EditionKind.FIRST, tag="tagtagtagt"):
    """An edition in force of these rows."""
    name = inputs(tag * 6)
    record = journal.begin(name, tag=tag, kind=kind)
    writer = PlanWriter(journal, record)
    writer.add(rows)
    writer.seal(receivers_per_call=size, width=2, blank=0)
    record = journal.find("spring", proposed=kind is not EditionKind.FIRST)
    keep_rates(journal, record, RATES)
    put_in_force(journal, record, account="")
    return journal.find("spring")


def receipt(journal, record, line, delivery, *, at=None, left=None, ptt=None, operator=None):
    table = schema.receipt
    row = {"campaign": record.id, "line": line, "id": 1000 + line, "delivery": delivery, "ptt": ptt}
    with journal.writing() as connection:
        connection.execute(insert(table).values(**row, delivered_at=at, left_at=left, operator=operator))


def live(journal, queue, record, draw):
    """Whatever happens to some calls, and to what was accepted of them."""
    for claim in queue.claim(draw(st.integers(1, 4))):
        receivers, ids = claim.chunk.receivers, tuple(range(len(claim.lines)))
        split = draw(st.integers(0, len(receivers)))
        priced = sum(RATES[one] * claim.parts for one in claim.countries)
        outcome = draw(
            st.sampled_from(
                [
                    Accepted(ids, receivers, (), priced, None),
                    Accepted(ids, receivers, (), priced + 1, None),
                    Accepted(ids[:split], receivers[:split], receivers[split:], Decimal(1), None),
                    Refused("400", "no"),
                    NotSent("429"),
                    InDoubt("cut off"),
                ]
            )
        )
        queue.record([(claim, outcome)])
    for doubt in queue.doubts():
        match draw(st.integers(0, 4)):
            case 0:
                queue.conclude([(doubt, Absent("nowhere"))])
            case 1:
                queue.conclude([(doubt, Found(Trace((7,), frozenset(doubt.chunk.receivers))))])
            case 2:
                queue.conclude([(doubt, Found(Trace((7,), frozenset(doubt.chunk.receivers[:1]))))])
            case 3 if doubt.whole:
                queue.resend(doubt)
    told = {one.line for one in answers(journal, record) if one.status is Status.ACCEPTED}
    for line in sorted(told & draw(st.sets(st.sampled_from(sorted(told))))) if told else ():
        delivery = draw(st.sampled_from(list(Delivery)))
        late = draw(st.integers(0, 10**11))
        at = journal.clock() + timedelta(microseconds=late) if delivery is Delivery.DELIVERED else None
        ptt = draw(st.sampled_from([None, 23, 24]))
        if line not in {row for row, *_ in _receipts(journal, record)}:
            receipt(
                journal, record, line, delivery, at=at, ptt=ptt, operator=draw(st.sampled_from(["", "20801"]))
            )


def _receipts(journal, record):
    table = schema.receipt
    with journal.reading() as connection:
        return connection.execute(
            table.select()
            .with_only_columns(table.c.line, table.c.ptt, table.c.operator)
            .where(table.c.campaign == record.id)
        ).all()


def recounted(journal, record, earlier):
    """All of it, counted one by one: each row of the file, and who had it before and is in none of them."""
    found = list(answers(journal, record))
    named = {one.recipient.msisdn for one in found if one.recipient}
    for other in earlier:
        found += [
            one
            for one in answers(journal, other)
            if one.status in {Status.ACCEPTED, Status.IN_DOUBT} and one.recipient.msisdn not in named
        ]
    return found


def amended(journal, record, draw, people):
    """The next edition, from a file in which some are missing; who holds the campaign is not planned again."""
    held = {
        one.recipient.msisdn: one.line
        for one in answers(journal, record)
        if one.status in {Status.ACCEPTED, Status.IN_DOUBT}
    }
    rows = []
    for line, person in enumerate(draw(st.lists(st.sampled_from(people), unique=True, min_size=1)), 2):
        one = message(line, person)
        if one.recipient.msisdn in held:
            had = (record.id, held[one.recipient.msisdn])
            rows.append(Rejection(line, Reason.ALREADY_SENT, "had it", had=had))
        else:
            rows.append(one)
    return planned(journal, rows, kind=EditionKind.AMENDMENT, tag="othertagxx")


def check(journal, record, earlier):
    found, slow = outcomes(journal, record), recounted(journal, record, earlier)
    assert found.rows == len(slow) == sum(found.by_status.values())
    assert found.by_status == Counter(one.status for one in slow)
    accepted = [one for one in slow if one.status is Status.ACCEPTED]
    assert found.by_delivery == Counter(one.delivery for one in accepted)
    assert sum(found.by_delivery.values()) == found.accepted == len(accepted)
    assert found.forecast == sum((one.credits for one in accepted), Decimal(0))
    sent = [one for one in slow if one.recipient]
    countries = Counter()
    for one in found.groups:
        countries[one.status, one.country] += one.messages
    assert countries == Counter((one.status, one.recipient.country) for one in sent)
    assert sum(one.parts for one in found.groups) == sum(one.text.parts for one in sent)
    assert sum(found.failures.values()) == found.by_delivery[Delivery.FAILED]
    others = {Status.ACCEPTED, Status.PENDING, Status.REJECTED}
    because = Counter()
    for one in found.because:
        because[one.status] += one.messages
    assert because == Counter(one.status for one in sent if one.status not in others)
    dated = Counter(one.delivered_at is not None for one in accepted if one.delivery is Delivery.DELIVERED)
    assert (sum(found.times.delivered), found.times.undated) == (dated[True], dated[False])
    assert sum(found.times.left) == len(accepted)
    tallies = [tally(journal, one) for one in (*earlier, record)]
    assert found.bill.charged == sum(one.credits for one in tallies)
    assert found.bill.unpriced == sum(one.unpriced for one in tallies)


@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_the_figures_are_what_counting_one_by_one_gives(data, tmp_path_factory):
    """Whatever became of the calls, in one edition or two, with people who are no longer in the file."""
    people = list(range(data.draw(st.integers(1, 9))))
    with closing(open_journal(tmp_path_factory.mktemp("j") / "j.sqlite")) as journal:
        countries = data.draw(st.lists(st.sampled_from(["FR", "GB"]), min_size=9, max_size=9))
        rows = [
            message(line, one, 1 + one % 2, countries[one], "AB"[one % 2])
            for line, one in enumerate(people, 2)
        ]
        bad = [Rejection(20, Reason.NUMBER_MISSING, "empty"), Rejection(21, Reason.DROPPED, "by hand")]
        record = planned(journal, [*rows, *bad])
        earlier = []
        for _ in range(data.draw(st.integers(1, 3))):
            with journal.driving():
                live(journal, Queue(journal, record, sender=None, terms=TERMS), record, data.draw)
            check(journal, record, earlier)
        if not any(one.status is Status.IN_DOUBT for one in answers(journal, record)):
            earlier = [record]
            record = amended(journal, record, data.draw, people)
            check(journal, record, earlier)
            with journal.driving():
                live(journal, Queue(journal, record, sender=None, terms=TERMS), record, data.draw)
            check(journal, record, earlier)


@pytest.fixture
def sent(journal):
    """Six people: five accepted in two calls of three, of whom one was invalid."""
    record = planned(journal, [message(line, line) for line in range(2, 8)])
    with journal.driving(together=True):
        queue = Queue(journal, record, sender=None, terms=TERMS)
        one, two = queue.claim(2)
        three = one.chunk.receivers
        queue.record([(one, Accepted((1, 2, 3), three, (), Decimal(3), None))])
        three = two.chunk.receivers
        queue.record([(two, Accepted((4, 5), three[:2], three[2:], Decimal("2.5"), None))])
    return record


def test_figures_say_the_same_on_both_engines(journal, sent, clock):
    begun = clock()
    far = begun + timedelta(hours=50)
    receipt(
        journal, sent, 2, "delivered", at=begun + timedelta(minutes=3), left=begun, ptt=4, operator="20801"
    )
    receipt(journal, sent, 3, "delivered", at=far, ptt=4, operator="20810")
    receipt(journal, sent, 4, "delivered")
    receipt(journal, sent, 5, "failed", ptt=23, operator="20801")
    found = outcomes(journal, sent)
    assert (found.rows, found.sendable, found.accepted, found.delivered) == (6, 6, 5, 3)
    assert found.by_status == {Status.ACCEPTED: 5, Status.REFUSED: 1}
    assert found.by_delivery == {Delivery.DELIVERED: 3, Delivery.FAILED: 1, Delivery.WAITING: 1}
    assert found.failures == {23: 1}
    assert {one.operator for one in found.groups} == {"20801", "20810", ""}
    assert (found.times.size, found.times.undated) == (timedelta(hours=1), 1)
    assert (found.times.left[0], found.times.delivered[0], found.times.delivered[-1]) == (5, 1, 1)
    assert found.bill[:6] == (Decimal("5.5"), 0, 2, Decimal(5), Decimal("5.5"), 1)
    assert found.bill.furthest == Decimal("0.5")
    assert (found.forecast, found.each(found.delivered)) == (5, Decimal("1.833"))
    assert (found.each(0), found.answered, found.doubted) == (None, None, ())
    assert found.first == found.last == begun


def test_days_begin_at_the_readers_midnight(journal, sent, clock):
    late = clock() + timedelta(days=20)
    receipt(journal, sent, 2, "delivered", at=late)
    ahead = timedelta(hours=5, minutes=30)
    found = outcomes(journal, sent, ahead=ahead).times
    begins = found.start + ahead
    assert found.size == timedelta(days=1)
    assert (begins.hour, begins.minute) == (0, 0)
    assert found.start <= clock() < found.start + found.size
    assert (
        found.start + found.size * (len(found.delivered) - 1)
        <= late
        < found.start + found.size * len(found.delivered)
    )


@pytest.mark.parametrize("span", [0, 1, 59, 60, 61, 5 * 60, 900, 3600, 86_400, 10**6])
def test_a_picture_has_few_bars_whatever_the_span(span):
    minute = 60_000_000
    for start in (BEGIN, BEGIN + 59 * 1_000_000):
        end = start + span * minute
        size = _size(start, end)
        widest = SIZES[-1] // timedelta(microseconds=1)
        assert end // size - start // size < MOST_BUCKETS or size == widest


def test_replies_are_counted_by_people(journal, sent):
    assert outcomes(journal, sent).answered is None
    aftermath.provide(journal, aftermath.reply)
    assert outcomes(journal, sent).answered == Answered(0, 0, 0, 0)
    same = {"campaign": sent.id, "text": "yes", "at": journal.clock()}
    told = [(2, False, False), (2, False, False), (3, True, False), (None, False, True), (4, False, False)]
    with journal.writing() as connection:
        for number, (line, stop, possible) in enumerate(told):
            who = {"line": line, "msisdn": 33639980000 + (line or 99), "stop": stop, "possible": possible}
            connection.execute(insert(aftermath.reply).values(id=number, **same, **who))
    assert outcomes(journal, sent).answered == Answered(people=3, stops=1, replies=4, possible=1)


def test_what_was_done_about_doubts_is_told_by_calls(journal):
    record = planned(journal, [message(line, line, body="ABCDEFGH"[line]) for line in range(2, 8)], size=1)
    with journal.driving(together=True):
        queue = Queue(journal, record, sender=None, terms=TERMS)
        queue.record([(one, InDoubt("cut off")) for one in queue.claim(6)])
        found, absent, assumed, resent, again, _ = queue.doubts()
        queue.conclude([(found, Found(Trace((7,), None))), (absent, Absent("nowhere"))])
        queue.assume_sent(assumed)
        queue.resend(resent)
        queue.conclude([(again, Absent("nowhere"))])
        for claim in queue.claim(9):
            if claim.id == again.id:
                queue.record([(claim, InDoubt("once more"))])
            else:
                queue.record([(claim, Accepted((9,), claim.chunk.receivers, (), Decimal(1), None))])
    assert {one.became: (one.calls, one.receivers) for one in outcomes(journal, record).doubted} == {
        "found": (1, 1),
        "not-there": (1, 1),
        "assumed-sent": (1, 1),
        "resent": (1, 1),
        "open": (2, 2),
    }


def test_many_sentences_are_counted_and_the_rarer_ones_together(journal):
    lines = range(2, MOST_SENTENCES + 7)
    record = planned(journal, [message(line, line, body=f"text {line} ") for line in lines], size=1)
    with journal.driving(together=True):
        queue = Queue(journal, record, sender=None, terms=TERMS)
        calls = queue.claim(len(lines))
        queue.record([(one, Refused("400", f"sentence {max(one.id, 3)}")) for one in calls])
    because = outcomes(journal, record).because
    assert (because[0].detail.endswith("sentence 3"), because[0].messages) == (True, 3)
    assert len(because) == MOST_SENTENCES + 1
    assert (because[-1].detail, sum(one.messages for one in because)) == ("", len(lines))


def test_a_rate_that_is_not_known_makes_no_forecast(journal):
    record = planned(journal, [message(2, 2), message(3, 3, country="PL")])
    with journal.driving(together=True):
        queue = Queue(journal, record, sender=None, terms=TERMS)
        (one,) = queue.claim(1)
        queue.record([(one, Accepted((1, 2), one.chunk.receivers, (), Decimal(2), None))])
    found = outcomes(journal, record)
    assert "PL" not in stored_rates(journal, record)
    assert (found.forecast, found.bill.charged, found.bill.compared) == (None, 2, 0)


def test_whoever_had_it_twice_because_it_failed_once_is_counted_once(journal, sent):
    """A retry releases the key of a message that failed: that person has two messages, and is one."""
    receipt(journal, sent, 2, "failed", ptt=24)
    again = planned(journal, [message(9, 9)], kind=EditionKind.AMENDMENT, tag="othertagxx")
    assert outcomes(journal, again).rows == 6  # it alone, and the five who have it from before
    ours = schema.message.c.campaign == again.id
    with journal.writing() as connection:
        # As the edition of a retry leaves it: the same number once more, in a later edition of the series.
        connection.execute(update(schema.message).where(ours).values(msisdn=33639980002))
    found = outcomes(journal, replace(again, kind=_Retry()))
    assert (found.rows, found.failures) == (5, {})


class _Retry:
    value = "retry"
