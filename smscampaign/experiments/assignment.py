"""Who gets which text: by a keyed hash of the number, so that it is chance, the same each time, and nobody's choice."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Hashable, Iterator, Sequence
from itertools import accumulate, count
from typing import NamedTuple

#: The arm of those who get nothing, so that it can be told what a message does at all.
HOLD_OUT = ""

#: As fine as shares are: a thousandth of a percent.
_FINE = 100_000


class Arm(NamedTuple):
    """One text by its name, or the hold-out, and its share of the people: more than 0, at most 1."""

    name: str
    share: float


class Assignment:
    """Deals people out to arms. `key` is the campaign's own: another campaign deals the same people out anew.

    Without strata each number is dealt out by itself. With strata, such as a city, the texts are dealt out in blocks in each
    stratum, which hold them in their shares: so they are alike in every stratum, to within one block. Who is held out is told
    by the number alone also then: another row of the same person, and a file in another order tomorrow, must not reach him.
    """

    def __init__(self, arms: Sequence[Arm], *, key: str) -> None:
        self.arms = tuple(arms)
        self._texts = tuple(arm for arm in arms if arm.name != HOLD_OUT)
        self._key = hashlib.blake2b(key.encode(), digest_size=32).digest()
        self._ends, self._ends_of_texts = _ends(self.arms), _ends(self._texts)
        self._decks: dict[Hashable, Iterator[int]] = {}

    def arm_of(self, number: int, stratum: Hashable = None) -> str:
        """The name of the arm; with a `stratum`, the text goes by how many were dealt out in it before."""
        alone = self.arms[bisect_right(self._ends, self._chance(f"{number}"))].name
        if stratum is None or alone == HOLD_OUT:
            return alone
        return self._texts[bisect_right(self._ends_of_texts, self._in_turn(stratum))].name

    def _in_turn(self, stratum: Hashable) -> int:
        if stratum not in self._decks:
            self._decks[stratum] = self._dealt(stratum)
        return next(self._decks[stratum])

    def _dealt(self, stratum: Hashable) -> Iterator[int]:
        """The places of a stratum in their turn: a shuffled deck of places that lie evenly over all, and then another one."""
        size = self.deck
        for deck in count():
            name = f"{stratum!r} {deck}"
            # Shifted by chance, so that an arm has its share even where that is no whole number of cards.
            shift = self._chance(name)
            lots = [(self._chance(f"{name} {card}"), card) for card in range(size)]
            yield from ((card * _FINE + shift) // size for _, card in sorted(lots))

    @property
    def deck(self) -> int:
        """Cards of a deck: enough for the text with the smallest share to have one, and all their shares."""
        smallest = min(arm.share for arm in self._texts) / sum(arm.share for arm in self._texts)
        return min(max(len(self._texts), round(1 / smallest)) * 2, 100)

    def _chance(self, what: str) -> int:
        digest = hashlib.blake2b(what.encode(), key=self._key, digest_size=8).digest()
        return int.from_bytes(digest, "big") % _FINE


def _ends(arms: Sequence[Arm]) -> list[int]:
    """Where the places of each arm end, in the shares that they have of each other."""
    whole = sum(arm.share for arm in arms)
    ends = [round(end * _FINE / whole) for end in accumulate(arm.share for arm in arms)]
    return [*ends[:-1], _FINE]
