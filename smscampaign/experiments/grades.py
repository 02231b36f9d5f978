"""How surely one text does better than the others, in four plain grades; before the set end, only "not yet"."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from itertools import combinations
from typing import NamedTuple

from smscampaign.experiments.intervals import Count, Interval, newcombe, wilson

#: What is shown is the usual interval. A winner is named only where a wider one does not span zero either: of a hundred
#: comparisons without a difference, one at most.
SHOWN, SURE = 0.95, 0.99

#: Of fewer people, or of fewer who did it and did not, nothing is said.
FEWEST, FEWEST_EACH = 50, 5


class Grade(StrEnum):
    """How surely there is a difference."""

    NOT_YET = "not-yet"
    TOO_FEW = "too-few"
    NO_DIFFERENCE = "no-difference"
    PROMISING = "promising"
    SIGNIFICANT = "significant"


class Measured(NamedTuple):
    """What the people of one text did, with the interval of their share."""

    name: str
    counted: Count
    interval: Interval


class Comparison(NamedTuple):
    """How far the share of `one` lies above that of `other`, and how surely."""

    one: str
    other: str
    apart: float
    interval: Interval
    grade: Grade


class Verdict(NamedTuple):
    """All texts and pairs; `winner` is the one that is surely better than each of the others, if there is one."""

    measured: tuple[Measured, ...]
    comparisons: tuple[Comparison, ...]
    grade: Grade
    winner: str | None = None


def judged(
    counts: Mapping[str, Count], *, now: datetime, end: datetime, fewer_is_better: bool = False
) -> Verdict:
    """What can be told of the texts by what their people did.

    Before `end` nobody is better, however it looks: whoever looks again and again finds a winner in the end. A pair is told
    apart at a level that takes the number of pairs into account (Bonferroni). With `fewer_is_better`, as of STOPs, the winner
    is the one with the smallest share.
    """
    measured = tuple(Measured(name, one, wilson(one, level=SHOWN)) for name, one in counts.items())
    pairs = list(combinations(counts, 2))
    comparisons = tuple(_compared(one, other, counts, len(pairs), early=now < end) for one, other in pairs)
    winner = None if now < end else _winner(counts, comparisons, fewer_is_better=fewer_is_better)
    return Verdict(measured, comparisons, _grade_of(comparisons, winner), winner)


def _compared(one: str, other: str, counts: Mapping[str, Count], pairs: int, *, early: bool) -> Comparison:
    mine, its = counts[one], counts[other]
    shown = newcombe(mine, its, level=1 - (1 - SHOWN) / pairs)
    sure = newcombe(mine, its, level=1 - (1 - SURE) / pairs)
    if early:
        grade = Grade.NOT_YET
    elif _too_few(mine, its):
        grade = Grade.TOO_FEW
    elif not sure.spans_zero:
        grade = Grade.SIGNIFICANT
    elif not shown.spans_zero:
        grade = Grade.PROMISING
    else:
        grade = Grade.NO_DIFFERENCE
    return Comparison(one, other, mine.share - its.share, shown, grade)


def _too_few(one: Count, other: Count) -> bool:
    did, of = one.did + other.did, one.of + other.of
    return min(one.of, other.of) < FEWEST or min(did, of - did) < FEWEST_EACH


def _winner(
    counts: Mapping[str, Count], comparisons: tuple[Comparison, ...], *, fewer_is_better: bool
) -> str | None:
    """Who is surely better than each of the others."""
    if len(counts) < 2:
        return None
    best = (min if fewer_is_better else max)(counts, key=lambda name: counts[name].share)
    mine = [one for one in comparisons if best in {one.one, one.other}]
    return best if all(one.grade is Grade.SIGNIFICANT for one in mine) else None


def _grade_of(comparisons: tuple[Comparison, ...], winner: str | None) -> Grade:
    grades = {one.grade for one in comparisons}
    if winner is not None:
        return Grade.SIGNIFICANT
    if Grade.NOT_YET in grades:
        return Grade.NOT_YET
    if grades & {Grade.SIGNIFICANT, Grade.PROMISING}:
        return Grade.PROMISING
    return Grade.NO_DIFFERENCE if Grade.NO_DIFFERENCE in grades else Grade.TOO_FEW
