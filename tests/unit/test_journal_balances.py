"""The account's balance in the journal: which reading counts, and what was charged since."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smscampaign.journal.doubted_calls import Absent, Found
from smscampaign.journal.facts import keep_rates
from smscampaign.journal.queue import Queue
from smscampaign.journal.store import open_journal
from smscampaign.model import Accepted, InDoubt, NotSent, Purpose, Terms, Trace


@pytest.fixture
def queue(journal, planted):
    """Calls A (rows 2 and 3), B, C, D; a message costs 1.25 credits."""
    record = planted(journal, ["A", "A", "B", "C", "D"])
    keep_rates(journal, record, {"FR": Decimal("1.25")})
    return queue_of(journal, record)


def queue_of(journal, record):
    return Queue(journal, record, sender=None, terms=Terms(Purpose.MARKETING))


def read(queue, credits):
    """The balance is read, where it may be; says whether that reading counts now."""
    quiet = queue.quiet()
    if quiet is not None:
        queue.keep_balance(Decimal(credits), since=quiet)
    last = queue.last_reading()
    return last is not None and last.balance == Decimal(credits)


def told(claim, credits):
    return claim, Accepted((claim.id,), claim.chunk.receivers, (), Decimal(credits), None)


def lost(claim):
    return claim, InDoubt("cut off")


def test_the_last_reading_counts(queue, clock):
    assert queue.last_reading() is None
    assert read(queue, 100)
    assert read(queue, "99.5")
    one, two = queue.claim(2)
    queue.record([lost(one), told(two, "1.25")])
    reading = queue.last_reading()
    assert (reading.at, reading.balance, reading.charged) == (clock(), Decimal("99.5"), Decimal("1.25"))
    assert (reading.open, reading.unpriced, reading.unsettled) == ({one.id}, {}, "")


def test_none_is_taken_that_would_come_between_a_doubt_and_the_one_before_it(queue):
    assert read(queue, 100)
    queue.record([lost(*queue.claim(1))])
    assert not read(queue, 98)
    queue.conclude([(queue.doubts()[0], Absent("not there"))])[0]
    assert read(queue, 97)


def test_a_doubt_without_one_before_it_stands_in_no_way(queue):
    queue.record([lost(*queue.claim(1))])
    assert read(queue, 100)
    assert queue.last_reading().open == frozenset()
    assert read(queue, 99)


def test_none_is_taken_while_a_call_is_under_way(queue):
    quiet = queue.quiet()
    (one,) = queue.claim(1)
    assert queue.quiet() is None
    queue.keep_balance(Decimal(100), since=quiet)
    assert queue.last_reading() is None
    # One that began and ended while the number was on its way: nobody knows whether it is in it.
    queue.record([told(one, 2)])
    queue.keep_balance(Decimal(100), since=quiet)
    assert queue.last_reading() is None
    assert read(queue, 98)


def test_a_call_that_is_made_again_counts_from_its_last_time(queue):
    assert read(queue, 100)
    queue.record([lost(*queue.claim(1))])
    queue.conclude([(queue.doubts()[0], Absent("not there"))])[0]
    assert read(queue, 90)
    queue.record([lost(*queue.claim(1))])
    assert queue.last_reading().open == {queue.doubts()[0].id}


def test_what_was_turned_away_or_is_in_doubt_was_not_charged_as_far_as_we_know(queue):
    read(queue, 100)
    one, two, three = queue.claim(3)
    queue.record([lost(one), (two, NotSent("busy")), told(three, "2")])
    assert queue.last_reading().charged == 2


def test_an_answer_that_took_nobody_explains_no_credits(queue):
    read(queue, 100)
    (one,) = queue.claim(1)
    queue.record([(one, Accepted((), (), one.chunk.receivers, Decimal(2), None))])
    assert queue.last_reading().charged == 0


def test_messages_that_were_found_count_by_country_and_parts(queue):
    read(queue, 100)
    one, two, three = queue.claim(3)
    queue.record([lost(one), lost(two), lost(three)])
    queue.conclude([(one, Found(Trace((1,), frozenset(one.chunk.receivers[:1]))))])[0]
    queue.conclude([(two, Found(Trace((2,), None)))])[0]
    reading = queue.last_reading()
    assert (reading.unpriced, reading.charged, reading.open) == ({"FR": 2}, 0, {one.id, three.id})


def test_a_price_in_an_answer_that_was_not_understood_is_not_believed(queue):
    read(queue, 100)
    (one,) = queue.claim(1)
    half = Accepted((1,), one.chunk.receivers[:1], (), Decimal(2), None)
    queue.record([(one, half)])
    reading = queue.last_reading()
    assert (reading.charged, reading.unpriced) == (0, {"FR": 1})


@pytest.mark.parametrize("decide", [Queue.assume_sent, Queue.resend])
def test_a_persons_decision_makes_the_sum_unknown_until_the_next_reading(queue, decide):
    read(queue, 100)
    (one,) = queue.claim(1)
    queue.record([lost(one)])
    decide(queue, queue.doubts()[0])
    assert queue.last_reading().unsettled == "a call was decided by a person or called back meanwhile"
    assert read(queue, 98)
    assert queue.last_reading().unsettled == ""


@pytest.mark.parametrize(("answered", "why"), [(True, ""), (False, "may have been charged before")])
def test_what_a_person_had_made_again_tells_only_by_an_answer_with_its_price(queue, answered, why):
    """What is found of it may be from the first time, and was charged then."""
    read(queue, 100)
    queue.record([lost(*queue.claim(1))])
    queue.resend(queue.doubts()[0])
    read(queue, 98)
    one, two = queue.claim(2)
    queue.record([told(one, "2.5") if answered else lost(one), lost(two)])
    unsettled = queue.last_reading().unsettled
    assert why in unsettled
    assert bool(unsettled) is bool(why)


def test_another_campaign_of_the_same_journal_has_its_own_reading(journal, queue, inputs):
    read(queue, 100)
    other = queue_of(journal, journal.begin(inputs("summer"), tag="other"))
    assert other.last_reading() is None


def test_rates_are_those_the_campaign_was_shown_with(journal, queue):
    assert queue.rates() == {"FR": Decimal("1.25")}
    keep_rates(journal, journal.find("spring"), {"FR": Decimal("0.4")})
    assert queue.rates() == {"FR": Decimal("0.4")}


def test_ids_of_accepted_calls_are_known_and_no_others(queue):
    one, two, three = queue.claim(3)
    some = Accepted((11, 12, 110), one.chunk.receivers, (), Decimal(1), None)
    none = Accepted((), three.chunk.receivers, (), Decimal(1), None)
    queue.record([(one, some), lost(two), (three, none)])
    assert queue.known([11, 110, 1, 13]) == {11, 110}
    assert queue.known([]) == set()


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.lists(st.tuples(st.sampled_from(["told", "lost", "part", "whole"]), st.integers(1, 10**7)), max_size=5)
)
def test_every_call_since_a_reading_is_counted_once(tmp_path_factory, planted, clock, fates):
    """Law: what was told is summed up exactly, and each message is told, unpriced or still asked about."""
    store = open_journal(tmp_path_factory.mktemp("law") / "j.sqlite", clock=clock)
    queue = queue_of(store, planted(store, [f"{n}" for n in range(6) for _ in range(2)]))
    read(queue, 1000)
    claims = queue.claim(6)
    prices = [Decimal(millionths) / 1_000_000 for _, millionths in fates]
    ways = [fate for fate, _ in fates] + ["lost"] * (6 - len(fates))
    for claim, way, price in zip(claims, ways, [*prices, *[Decimal(0)] * 6], strict=False):
        queue.record([told(claim, price) if way == "told" else lost(claim)])
        if way in {"part", "whole"}:
            seen = claim.chunk.receivers[: 1 if way == "part" else 2]
            queue.conclude([(claim, Found(Trace((1,), frozenset(seen))))])[0]
    reading = queue.last_reading()
    assert reading.charged == sum(
        (price for price, way in zip(prices, ways, strict=False) if way == "told"), Decimal(0)
    )
    assert reading.unpriced.get("FR", 0) == 2 * ways.count("whole") + ways.count("part")
    doubts = [claim for claim in queue.doubts() if claim.id in reading.open]
    assert sum(len(claim.lines) for claim in doubts) == 2 * ways.count("lost") + ways.count("part")
    store.close()
