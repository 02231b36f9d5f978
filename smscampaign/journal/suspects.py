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

    def alike(self, most: int) -> list[int] | None:
        """Which ones another one looks like: their places, ascending, from 1. None where they are more than `most`."""
        parts = [array("I") for _ in range(PARTS)]
        put = [part.append for part in parts]
        for one in self._hashes:
            put[one % PARTS](one)
        several: dict[int, int] = {}
        for part in parts:
            if len(set(part)) < len(part):
                several.update((one, times) for one, times in Counter(part).items() if times > 1)
        if sum(several.values()) > most:
            return None
        return [place for place, one in enumerate(self._hashes, 1) if one in several] if several else []
