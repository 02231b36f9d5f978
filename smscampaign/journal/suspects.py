"""Values of which some may come twice, such as the texts and the numbers of a plan; memory hardly grows with them."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Hashable, Iterable

SUSPECTS_NAMED = 10_000
"""Beyond so many, a database compares all values: it takes only so many of them with a question."""

PARTS = 128
"""The hashes are compared in so many parts: a million take 5 MB meanwhile."""


class Suspects:
    """4 bytes of the hash of each value, in their order, as good as drawn by lot: two values with the same ones are
    suspected to be the same. Of a million different ones some hundred are.
    """

    def __init__(self) -> None:
        self._hashes = array("I")

    def __len__(self) -> int:
        return len(self._hashes)

    def add(self, values: Iterable[Hashable]) -> None:
        """More of them."""
        self._hashes.extend(array("I", array("q", map(hash, values)).tobytes())[::2])

    def alike(self) -> list[int]:
        """Which ones another one looks like: their places, ascending, from 1."""
        parts = [array("I") for _ in range(PARTS)]
        put = [part.append for part in parts]
        for one in self._hashes:
            put[one % PARTS](one)
        twice: set[int] = set()
        for part in parts:
            if len(set(part)) < len(part):
                twice.update(one for one, times in Counter(part).items() if times > 1)
        return [place for place, one in enumerate(self._hashes, 1) if one in twice] if twice else []

    def again(self) -> list[int]:
        """Those of them that look like one before them."""
        firsts: set[int] = set()
        places = []
        for place in self.alike():
            one = self._hashes[place - 1]
            if one in firsts:
                places.append(place)
            firsts.add(one)
        return places
