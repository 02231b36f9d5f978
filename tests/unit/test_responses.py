"""A receipt never goes backwards, whatever comes late, twice, out of order, or contradicts what was said."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from smscampaign.model import Delivery, DeliveryReceipt
from smscampaign.responses import FINAL, furthest

moments = st.none() | st.integers(0, 9).map(lambda day: datetime(2026, 11, 1 + day, tzinfo=UTC))
receipts = st.builds(
    DeliveryReceipt,
    id=st.integers(1, 3),
    msisdn=st.just("+33799001234"),
    delivery=st.sampled_from(Delivery),
    delivered_at=moments,
    ptt=st.none() | st.integers(0, 30),
    left_at=moments,
    operator=st.sampled_from(["", "20801", "20810"]),
)


@given(st.lists(receipts, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_in_whatever_order_they_come_the_same_one_holds(some, chance):
    mixed = [*some, *some[:2]]
    chance.shuffle(mixed)
    assert reduce(furthest, mixed) == reduce(furthest, some)


@given(receipts, st.lists(receipts, max_size=6))
def test_what_is_final_stays_final(one, others):
    seen = [one]
    for other in others:
        seen.append(furthest(seen[-1], other))
    for before, after in itertools.pairwise(seen):
        assert before.delivery not in FINAL or after.delivery in FINAL
        assert before.delivery is not Delivery.DELIVERED or after.delivery is Delivery.DELIVERED


@given(receipts, receipts)
def test_nothing_is_taken_that_was_not_said(one, other):
    assert furthest(one, other) in {one, other}
