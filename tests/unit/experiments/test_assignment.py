"""Who gets which text: chance, but the same each time, in the shares that were asked for."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscampaign.experiments.assignment import HOLD_OUT, Arm, Assignment

ARMS = (Arm("A", 0.45), Arm("B", 0.45), Arm(HOLD_OUT, 0.1))
NUMBERS = range(33_799_000_000, 33_799_020_000)


def test_each_number_is_dealt_out_alike_each_time_and_anew_in_another_campaign():
    one, again, other = (Assignment(ARMS, key=key) for key in ("spring", "spring", "summer"))
    first = [one.arm_of(number) for number in NUMBERS]
    assert first == [again.arm_of(number) for number in NUMBERS]
    same = sum(mine == its for mine, its in zip(first, map(other.arm_of, NUMBERS), strict=True))
    assert same / len(NUMBERS) == pytest.approx(0.45**2 * 2 + 0.1**2, abs=0.02)


def test_the_shares_are_those_that_were_asked_for():
    dealt = Counter(map(Assignment(ARMS, key="spring").arm_of, NUMBERS))
    for arm in ARMS:
        assert dealt[arm.name] / len(NUMBERS) == pytest.approx(arm.share, abs=0.012)


@given(
    st.lists(st.sampled_from(["Paris", "Lyon", "Saint-Denis"]), min_size=1, max_size=400),
    st.lists(st.integers(1, 20), min_size=2, max_size=5),
    st.text(max_size=5),
)
def test_in_each_stratum_the_arms_are_alike(cities, weights, key):
    arms = [Arm(f"T{place}", weight / sum(weights)) for place, weight in enumerate(weights)]
    dealing = Assignment(arms, key=key)
    dealt = Counter((city, dealing.arm_of(number, city)) for number, city in enumerate(cities))
    for city, people in Counter(cities).items():
        for arm in arms:
            # Less than one card in each whole deck, and in the last one at most what is left of it.
            decks, rest = divmod(people, dealing.deck)
            assert abs(dealt[city, arm.name] - people * arm.share) <= decks + rest + 1e-6


def test_in_equal_shares_whole_decks_are_dealt_out_evenly():
    dealing = Assignment([Arm("A", 0.5), Arm("B", 0.5)], key="x")
    dealt = Counter(dealing.arm_of(number, ("Paris", "FR")) for number in range(4000))
    assert dealt == {"A": 2000, "B": 2000}


@given(
    st.lists(st.tuples(st.integers(0, 60), st.sampled_from(["Paris", "Lyon"])), max_size=200), st.randoms()
)
def test_who_is_held_out_stays_so_in_whatever_order_and_stratum_he_comes_again(rows, chance):
    def held(some):
        dealing = Assignment(ARMS, key="spring")
        return {number for number, city in some if dealing.arm_of(number, city) == HOLD_OUT}

    alone = Assignment(ARMS, key="spring")
    shuffled = chance.sample(rows, len(rows))
    assert held(rows) == held(shuffled) == {number for number, _ in rows if not alone.arm_of(number)}
    dealing = Assignment(ARMS, key="spring")
    texts = [(number, dealing.arm_of(number, city)) for number, city in rows]
    assert not {number for number, text in texts if text} & held(rows), "each row of his is held out"
