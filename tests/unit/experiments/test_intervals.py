"""Intervals against the tables of the papers they come from, and the difference that numbers can show against trials."""

from __future__ import annotations

import random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from smscampaign.experiments.intervals import Count, newcombe, smallest_difference, wilson

counts = st.integers(1, 5000).flatmap(lambda of: st.builds(Count, st.integers(0, of), st.just(of)))


@pytest.mark.parametrize(
    ("did", "of", "low", "high"),
    # Newcombe, Two-sided confidence intervals for the single proportion (1998), table I, method 3.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_as_published(did, of, low, high):
    assert wilson(Count(did, of)) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    # Newcombe, Interval estimation for the difference between independent proportions (1998), table II, method 10.
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((0, 10), (0, 10), -0.2775, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0),
        ((10, 10), (0, 10), 0.6075, 1.0),
    ],
)
def test_newcombe_as_published(one, other, low, high):
    assert newcombe(Count(*one), Count(*other)) == pytest.approx((low, high), abs=5e-5)


@given(counts, counts)
@example(Count(0, 1), Count(84, 84))
def test_an_interval_holds_what_was_seen_and_turns_with_the_pair(one, other):
    low, high = wilson(one)
    assert 0 <= low <= one.share + 1e-12
    assert one.share - 1e-12 <= high <= 1
    forth, back = newcombe(one, other), newcombe(other, one)
    assert forth == pytest.approx((-back.high, -back.low))
    wider = newcombe(one, other, level=0.99)
    assert wider.low - 1e-9 <= forth.low <= forth.high <= wider.high + 1e-9


def test_nobody_tells_nothing():
    assert wilson(Count(0, 0)) == (0, 1)
    assert newcombe(Count(0, 0), Count(3, 9)).spans_zero
    assert smallest_difference(0.05, 0, 100, level=0.95) == 1


@pytest.mark.parametrize(("base", "people"), [(0.02, 2000), (0.1, 400), (0.5, 150)])
def test_the_difference_that_numbers_can_show_is_shown_in_four_of_five_trials(base, people):
    chance = random.Random(20261130)
    apart = smallest_difference(base, people, people, level=0.95)

    def drawn(share):
        return Count(sum(chance.random() < share for _ in range(people)), people)

    shown = sum(newcombe(drawn(base + apart), drawn(base)).low > 0 for _ in range(400)) / 400
    assert 0.72 <= shown <= 0.88


def test_more_people_show_less():
    shown = [smallest_difference(0.05, people, people, level=0.95) for people in (100, 1000, 10_000)]
    assert shown == sorted(shown, reverse=True)
    assert smallest_difference(0.999, 3, 3, level=0.95) == 1
