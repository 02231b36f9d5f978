"""Brakes: when what comes back looks wrong, nothing more is tried before a person has looked.

All is measured on what one run did. A call that is refused and then halved counts among the refusals in a row, not in the
share: of what becomes of it only the receiver at fault does, so that one bad number among 500 is one of ten.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import assert_never

from smscampaign.model import Accepted, Chunk, InDoubt, NotSent, Outcome, Refused, e164

#: The share is taken of the last so many calls, and not before there are so few.
WINDOW, FEWEST = 100, 20


@dataclass(frozen=True, slots=True)
class Thresholds:
    """When to stop for a person: calls in a row (0: never), the share of refused and doubtful calls (1: never), the credits
    that must be left, and whether a call's bill must be its forecast.
    """

    doubts_in_a_row: int = 5
    refusals_in_a_row: int = 12
    share: float = 0.25
    floor: Decimal = Decimal(0)
    bill: bool = True


@dataclass(slots=True)
class Brakes:
    """Watches what becomes of the calls of one run; `rates` are the forecast's credits per part by country."""

    thresholds: Thresholds
    rates: Mapping[str, Decimal]
    _doubts: int = 0
    _refusals: int = 0
    _went_wrong: deque[bool] = field(default_factory=lambda: deque(maxlen=WINDOW))

    def after(self, chunk: Chunk, outcome: Outcome, *, countries: Sequence[str], parts: int) -> str | None:
        """Why nothing more is to be tried, and what to do, or None; `countries` stand in the order of the receivers."""
        match outcome:
            case Accepted():
                return self._answered(chunk, outcome, countries, parts)
            case InDoubt(detail):
                return self._doubtful(detail)
            case Refused(code, detail, stops=False):
                return self._refused(f"{code}: {detail}", alone=len(chunk.receivers) == 1)
            case Refused() | NotSent():
                return None  # that one stops by itself; this one proves nothing
            case _:
                assert_never(outcome)

    def _answered(self, chunk: Chunk, outcome: Accepted, countries: Sequence[str], parts: int) -> str | None:
        valid, invalid = set(map(e164, outcome.receivers)), set(map(e164, outcome.invalid))
        if not set(chunk.receivers) <= valid ^ invalid:
            return self._doubtful("an answer that does not say what became of every receiver")
        charged = [
            country for receiver, country in zip(chunk.receivers, countries, strict=True) if receiver in valid
        ]
        if not charged:
            return self._refused("OVHcloud calls every receiver invalid", alone=True)
        self._doubts = self._refusals = 0
        self._went_wrong.append(False)
        return self._bill(chunk, outcome, charged, parts) or self._floor(outcome)

    def _doubtful(self, why: str) -> str | None:
        self._doubts += 1
        self._went_wrong.append(True)
        if self._doubts == self.thresholds.doubts_in_a_row:
            return (
                f"{self._doubts} calls in a row got no clear answer (the last: {why}). They are in doubt, and the next run"
                " asks about them first; see whether OVHcloud and the network work before it."
            )
        return self._share(why)

    def _refused(self, why: str, *, alone: bool) -> str | None:
        self._doubts = 0
        self._refusals += 1
        if alone:
            self._went_wrong.append(True)
        if self._refusals == self.thresholds.refusals_in_a_row:
            return (
                f"{self._refusals} calls in a row were refused (the last: {why}). Look at the text, the sender and the"
                " numbers; the next run goes on with what was not tried yet."
            )
        return self._share(why) if alone else None

    def _share(self, why: str) -> str | None:
        calls, wrong = len(self._went_wrong), sum(self._went_wrong)
        if calls < FEWEST or wrong <= self.thresholds.share * calls:
            return None
        return (
            f"{wrong} of the last {calls} calls were refused or are in doubt, more than {self.thresholds.share:.0%}"
            f" (the last: {why}). Look at the results; to let more go wrong, raise `share` in [brakes] (--brake-share)."
        )

    def _bill(self, chunk: Chunk, outcome: Accepted, countries: Sequence[str], parts: int) -> str | None:
        if not self.thresholds.bill or not all(country in self.rates for country in countries):
            return None
        forecast = sum((parts * self.rates[country] for country in countries), Decimal(0))
        if outcome.credits == forecast:
            return None
        return (
            f"OVHcloud charged {outcome.credits} credits for the call {chunk.tag}, and its forecast was"
            f" {_plain(forecast)} ({len(countries)} accepted × {parts} {'part' if parts == 1 else 'parts'}). It was sent;"
            " look at the account's bill. To go on all the same, set bill = false in [brakes] (--no-brake-bill)."
        )

    def _floor(self, outcome: Accepted) -> str | None:
        left, floor = outcome.credits_left, self.thresholds.floor
        if left is None or left >= floor:
            return None
        return (
            f"the account has {_plain(left)} credits left, and the floor is {_plain(floor)}. Buy credits, or lower"
            " `floor` in [brakes] (--brake-floor)."
        )


def _plain(credits: Decimal) -> str:
    return f"{credits.normalize():f}"
