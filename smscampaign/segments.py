"""Whom a follow-up is for: a small closed vocabulary over what became of an earlier campaign. Standard library only.

`delivered and not (replied or stopped)`: words, `and`, `or`, `not`, brackets. `not` binds before `and`, and that before `or`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

#: What may be asked of somebody who was in the campaign. A STOP is no reply.
WORDS = ("accepted", "delivered", "failed", "waiting", "replied", "stopped", "in-doubt", "refused")

_Asks = Callable[[Collection[str]], bool]
_TOKEN = re.compile(r"\s*([()]|[^\s()]+)")


@dataclass(frozen=True, slots=True)
class Segment:
    """An expression that was understood."""

    text: str
    _asks: _Asks = field(repr=False, compare=False)

    def holds(self, fates: Collection[str]) -> bool:
        """Whether somebody of whom these words are true is in it."""
        return self._asks(fates)


def segment_of(text: str) -> Segment:
    """What an expression says. Raises `ValueError` in words for one that says nothing."""
    tokens = _TOKEN.findall(text.casefold())
    if not tokens:
        raise ValueError(f"say what became of them: {', '.join(WORDS)}; with and, or, not and brackets")
    reader = _Reader(tokens)
    asks = reader.either()
    if reader.tokens:
        raise ValueError(f"{reader.tokens[0]!r} is not expected here; between two words stands and, or")
    return Segment(text, asks)


class _Reader:
    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens

    def either(self) -> _Asks:
        found = [self._both()]
        while self._takes("or"):
            found.append(self._both())
        return found[0] if len(found) == 1 else lambda fates: any(one(fates) for one in found)

    def _both(self) -> _Asks:
        found = [self._single()]
        while self._takes("and"):
            found.append(self._single())
        return found[0] if len(found) == 1 else lambda fates: all(one(fates) for one in found)

    def _single(self) -> _Asks:
        if self._takes("not"):
            other = self._single()
            return lambda fates: not other(fates)
        if self._takes("("):
            inner = self.either()
            if not self._takes(")"):
                raise ValueError("a bracket is not closed")
            return inner
        word = self.tokens.pop(0) if self.tokens else ""
        if word not in WORDS:
            what = f"{word!r} is no such word" if word else "a word is missing at the end"
            raise ValueError(f"{what}; there are {', '.join(WORDS)}, with and, or, not and brackets")
        return lambda fates: word in fates

    def _takes(self, token: str) -> bool:
        if self.tokens[:1] == [token]:
            self.tokens.pop(0)
            return True
        return False
