"""The account's balance in the journal: which reading was before which call, and what was charged since."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

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


def told(claim, credits):
    return claim, Accepted((claim.id,), claim.chunk.receivers, (), Decimal(credits), None)


def lost(claim):
    return claim, InDoubt("cut off")


def test_a_call_belongs_to_the_last_reading_before_it(journal, queue, clock):
    queue.keep_balance(Decimal(100))
    queue.keep_balance(Decimal("99.5"))
    one, two = queue.claim(2)
    queue.record([lost(one), told(two, "1.25")])
    queue.keep_balance(Decimal("98.25"))
    (three,) = queue.claim(1)
    queue.record([lost(three)])
    first, second = queue.stretches(queue.doubts())
    assert (first.at, first.balance, first.charged) == (clock(), Decimal("99.5"), Decimal("1.25"))
    assert ([claim.id for claim in first.open], first.own) == ([one.id, three.id], {one.id})
    assert (second.balance, second.charged, second.own) == (Decimal("98.25"), 0, {three.id})
    assert (first.unpriced, first.unsettled) == ({}, "")


def test_a_call_from_before_any_reading_belongs_to_none(queue):
    queue.record([lost(*queue.claim(1))])
    queue.keep_balance(Decimal(100))
    assert queue.stretches(queue.doubts()) == []
    assert queue.stretches([]) == []


def test_a_call_that_is_made_again_belongs_to_the_reading_before_its_last_time(queue):
    queue.keep_balance(Decimal(100))
    queue.record([lost(*queue.claim(1))])
    queue.absent(queue.doubts()[0], "not there")
    queue.keep_balance(Decimal(90))
    queue.record([lost(*queue.claim(1))])
    (stretch,) = queue.stretches(queue.doubts())
    assert stretch.balance == 90


def test_what_was_turned_away_or_is_in_doubt_was_not_charged_as_far_as_we_know(queue):
    queue.keep_balance(Decimal(100))
    one, two, three = queue.claim(3)
    queue.record([lost(one), (two, NotSent("busy")), told(three, "2")])
    (stretch,) = queue.stretches(queue.doubts())
    assert stretch.charged == 2


def test_messages_that_were_found_count_by_country_and_parts(queue):
    queue.keep_balance(Decimal(100))
    one, two, three = queue.claim(3)
    queue.record([lost(one), lost(two), lost(three)])
    queue.found(one, Trace((1,), frozenset(one.chunk.receivers[:1])))
    queue.found(two, Trace((2,), None))
    (stretch,) = queue.stretches(queue.doubts())
    assert stretch.unpriced == {"FR": 2}
    assert stretch.charged == 0
    assert [claim.id for claim in stretch.open] == [one.id, three.id]


def test_a_price_in_an_answer_that_was_not_understood_is_not_believed(journal, queue):
    queue.keep_balance(Decimal(100))
    (one,) = queue.claim(1)
    half = Accepted((1,), one.chunk.receivers[:1], (), Decimal(2), None)
    queue.record([(one, half)])
    (stretch,) = queue.stretches(queue.doubts())
    assert (stretch.charged, stretch.unpriced) == (0, {"FR": 1})


@pytest.mark.parametrize("decide", [Queue.assume_sent, Queue.resend])
def test_a_persons_decision_makes_the_sum_unknown_until_the_next_reading(queue, decide):
    queue.keep_balance(Decimal(100))
    one, two = queue.claim(2)
    queue.record([lost(one), lost(two)])
    decide(queue, queue.doubts()[0])
    (why,) = [stretch.unsettled for stretch in queue.stretches(queue.doubts())]
    assert why == "a call was decided by a person or called back meanwhile"
    queue.keep_balance(Decimal(98))
    queue.record([lost(queue.claim(5)[-1])])
    assert [stretch.unsettled for stretch in queue.stretches(queue.doubts())] == [why, ""]


def test_another_campaign_of_the_same_journal_has_its_own_readings(journal, queue, inputs):
    queue.keep_balance(Decimal(100))
    other = queue_of(journal, journal.begin(inputs("summer"), tag="other"))
    assert other.stretches([]) == []
    queue.record([lost(*queue.claim(1))])
    assert other.stretches(queue.doubts()) == []


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
    queue.keep_balance(Decimal(1000))
    claims = queue.claim(6)
    prices = [Decimal(millionths) / 1_000_000 for _, millionths in fates]
    ways = [fate for fate, _ in fates] + ["lost"] * (6 - len(fates))
    for claim, way, price in zip(claims, ways, [*prices, *[Decimal(0)] * 6], strict=False):
        queue.record([told(claim, price) if way == "told" else lost(claim)])
        if way in {"part", "whole"}:
            seen = claim.chunk.receivers[: 1 if way == "part" else 2]
            queue.found(claim, Trace((1,), frozenset(seen)))
    (stretch,) = queue.stretches(queue.doubts())
    assert stretch.charged == sum(
        (price for price, way in zip(prices, ways, strict=False) if way == "told"), Decimal(0)
    )
    assert stretch.unpriced.get("FR", 0) == 2 * ways.count("whole") + ways.count("part")
    assert sum(len(claim.lines) for claim in stretch.open) == 2 * ways.count("lost") + ways.count("part")
    store.close()
