"""Shares with what is uncertain about them, without any approximation that fails where few people did something.

Wilson's interval for one share (E. B. Wilson, JASA 22, 1927), and Newcombe's for the difference of two, which is made of
them (R. G. Newcombe, Statistics in Medicine 17, 1998, his method 10).
"""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist
from typing import NamedTuple


class Count(NamedTuple):
    """So many of so many people did something."""

    did: int
    of: int

    @property
    def share(self) -> float:
        """Between 0 and 1; 0 of nobody."""
        return self.did / self.of if self.of else 0.0


class Interval(NamedTuple):
    """Where a share, or a difference of two, lies: 0.01 is one percentage point."""

    low: float
    high: float

    @property
    def spans_zero(self) -> bool:
        """Whether nothing is told by it of which is greater."""
        return self.low <= 0 <= self.high


def wilson(count: Count, *, level: float = 0.95) -> Interval:
    """Where the true share lies, at a level of confidence; all of 0 to 1 where nobody was asked."""
    if not count.of:
        return Interval(0.0, 1.0)
    z = _z(level)
    center = count.share + z * z / (2 * count.of)
    spread = z * sqrt(count.share * (1 - count.share) / count.of + z * z / (4 * count.of * count.of))
    whole = 1 + z * z / count.of
    # What was seen lies within it, also where floats are a hair off, as of everybody.
    low, high = max((center - spread) / whole, 0.0), min((center + spread) / whole, 1.0)
    return Interval(min(low, count.share), max(high, count.share))


def newcombe(one: Count, other: Count, *, level: float = 0.95) -> Interval:
    """Where the true share of `one` lies above that of `other`."""
    mine, its = wilson(one, level=level), wilson(other, level=level)
    apart = one.share - other.share
    below = sqrt((one.share - mine.low) ** 2 + (its.high - other.share) ** 2)
    above = sqrt((mine.high - one.share) ** 2 + (other.share - its.low) ** 2)
    return Interval(apart - below, apart + above)


def smallest_difference(base: float, people: int, others: int, *, level: float, power: float = 0.8) -> float:
    """How much above `base` a share must lie to be told apart from it, by so many people each, in `power` of all trials.

    In shares: 0.01 is one percentage point. 1 where even everybody would not do.
    """
    if not (people and others):
        return 1.0
    z, reach = _z(level), NormalDist().inv_cdf(power)

    def shows(apart: float) -> bool:
        more = base + apart
        mean = (base * others + more * people) / (people + others)
        alike = sqrt(mean * (1 - mean) * (1 / people + 1 / others))
        apart_of = sqrt(more * (1 - more) / people + base * (1 - base) / others)
        return apart >= z * alike + reach * apart_of

    low, high = 0.0, 1.0 - base
    if not shows(high):
        return 1.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (low, middle) if shows(middle) else (middle, high)
    return high


def _z(level: float) -> float:
    return NormalDist().inv_cdf((1 + level) / 2)
