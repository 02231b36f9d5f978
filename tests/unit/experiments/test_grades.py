"""Four plain grades, and no winner where there is none."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscampaign.experiments.grades import Grade, judged
from smscampaign.experiments.intervals import Count

END = datetime(2026, 12, 7, tzinfo=UTC)
counts = st.integers(0, 3000).flatmap(lambda of: st.builds(Count, st.integers(0, of), st.just(of)))
texts = st.dictionaries(st.sampled_from("ABCD"), counts, min_size=1)


@pytest.mark.parametrize(
    ("counts", "grade", "winner"),
    [
        ({"A": Count(150, 1000), "B": Count(80, 1000)}, Grade.SIGNIFICANT, "A"),
        ({"A": Count(80, 1000), "B": Count(150, 1000)}, Grade.SIGNIFICANT, "B"),
        ({"A": Count(110, 1000), "B": Count(82, 1000)}, Grade.PROMISING, None),
        ({"A": Count(100, 1000), "B": Count(99, 1000)}, Grade.NO_DIFFERENCE, None),
        ({"A": Count(2, 1000), "B": Count(1, 1000)}, Grade.TOO_FEW, None),
        ({"A": Count(30, 40), "B": Count(3, 40)}, Grade.TOO_FEW, None),
        ({"A": Count(200, 1000), "B": Count(90, 1000), "C": Count(190, 1000)}, Grade.PROMISING, None),
        ({"A": Count(250, 1000), "B": Count(90, 1000), "C": Count(120, 1000)}, Grade.SIGNIFICANT, "A"),
    ],
)
def test_grades(counts, grade, winner):
    verdict = judged(counts, now=END, end=END)
    assert (verdict.grade, verdict.winner) == (grade, winner)


def test_of_stops_fewer_are_better():
    verdict = judged({"A": Count(20, 2000), "B": Count(90, 2000)}, now=END, end=END, fewer_is_better=True)
    assert verdict.winner == "A"


@given(texts, st.booleans())
def test_before_the_end_nobody_is_better(counts, fewer):
    verdict = judged(counts, now=END - timedelta(seconds=1), end=END, fewer_is_better=fewer)
    assert verdict.winner is None
    assert {one.grade for one in verdict.comparisons} <= {Grade.NOT_YET}


@given(texts, st.booleans())
def test_no_winner_is_named_where_an_interval_spans_zero(counts, fewer):
    verdict = judged(counts, now=END, end=END, fewer_is_better=fewer)
    if verdict.winner is not None:
        mine = [one for one in verdict.comparisons if verdict.winner in {one.one, one.other}]
        assert len(mine) == len(counts) - 1
        assert not any(one.interval.spans_zero for one in mine)


@pytest.mark.parametrize("arms", [2, 3, 4])
@pytest.mark.parametrize("share", [0.02, 0.1, 0.5])
def test_a_thousand_experiments_without_a_difference_name_few_winners(arms, share):
    chance = random.Random(f"{arms} {share}")
    named = 0
    for _ in range(1000):
        counts = {
            name: Count(sum(chance.random() < share for _ in range(300)), 300) for name in "ABCD"[:arms]
        }
        named += judged(counts, now=END, end=END).winner is not None
    assert named <= 50
