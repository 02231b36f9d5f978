"""Each distinct text of a plan gets one number, found again while it is remembered; memory does not grow with their number.

A template without columns has one text; personalised texts rarely come back. What comes back after it was forgotten gets a
second number, and is a suspect: the seal looks at suspects alone, instead of comparing all texts with each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, func, select, update

from smscampaign.journal import schema
from smscampaign.journal.store import STREAM
from smscampaign.model import Text

TEXTS_REMEMBERED = 10_000
"""At some 300 bytes each."""

SUSPECTS_NAMED = 10_000
"""Beyond so many, all texts are compared: a database takes only so many values with a question."""

_SLOTS = 1 << 24


class Texts:
    """The texts of one plan while it is written: `count` of them are kept, with numbers that ascend and may have gaps."""

    def __init__(self) -> None:
        self.count = 0
        self._numbers: dict[str, int] = {}
        self._last = 0
        # None when they are too many to be named.
        self._suspects: list[int] | None = []
        # What was forgotten, in the 16 MB of a Bloom filter that is made when it is needed: a text that was put in is found
        # again, any other in 1 of 7 000 cases after 100 000 texts and in 1 of 70 after a million.
        # (Burton H. Bloom, "Space/time trade-offs in hash coding with allowable errors", CACM 13 (7), 1970.)
        self._forgotten = bytearray()

    def numbered(self, texts: Sequence[Text]) -> tuple[list[int], dict[int, Text]]:
        """The number of each, and those of them that are new."""
        if len(self._numbers) >= TEXTS_REMEMBERED:
            self._forget()
        bodies = [text.body for text in texts]
        if self._numbers.keys().isdisjoint(bodies) and len(set(bodies)) == len(bodies):
            numbers = list(range(self._last + 1, self._last + 1 + len(bodies)))
            new = dict(zip(numbers, texts, strict=True))
            self._numbers.update(zip(bodies, numbers, strict=True))
            self._last += len(bodies)
        else:
            numbers, new = self._one_by_one(texts)
        self.count += len(new)
        if self._forgotten and self._suspects is not None:
            self._suspects += self._maybe_forgotten(new)
            if len(self._suspects) > SUSPECTS_NAMED:
                self._suspects, self._forgotten = None, bytearray()
        return numbers, new

    def _one_by_one(self, texts: Sequence[Text]) -> tuple[list[int], dict[int, Text]]:
        numbers, known, last = [], self._numbers, self._last
        new: dict[int, Text] = {}
        for text in texts:
            number = known.get(text.body)
            if number is None:
                number = known[text.body] = last = last + 1
                new[number] = text
            numbers.append(number)
        self._last = last
        return numbers, new

    def drop(self, texts: Iterable[Text]) -> None:
        """Those of the last `numbered` that are not kept after all."""
        for text in texts:
            del self._numbers[text.body]
            self.count -= 1

    def merge(self, connection: Connection, campaign: int) -> None:
        """Point the messages of equal texts at the first of them, and count these as one."""
        if self._suspects is None or self._suspects:
            self.count -= _merged(connection, campaign, self._suspects)

    def _forget(self) -> None:
        if self._suspects is not None:
            self._remember_dimly()
        self._numbers.clear()

    def _remember_dimly(self) -> None:
        slots = self._forgotten = self._forgotten or bytearray(_SLOTS)
        # A text's hash is 64 bits as good as drawn by lot: two places of 24. Setting bits, not bytes, takes twice as long.
        for one in map(hash, self._numbers):
            slots[one & _SLOTS - 1] = slots[one >> 32 & _SLOTS - 1] = 1

    def _maybe_forgotten(self, new: Mapping[int, Text]) -> list[int]:
        slots = self._forgotten
        hashes = [hash(text.body) for text in new.values()]
        return [
            number
            for number, one in zip(new, hashes, strict=True)
            if slots[one & _SLOTS - 1] and slots[one >> 32 & _SLOTS - 1]
        ]


def _merged(connection: Connection, campaign: int, suspects: Sequence[int] | None) -> int:
    """How many texts were the same as another; `suspects` are those that may be, None if that is not known."""
    table, message = schema.text, schema.message
    ours = table.c.campaign == campaign
    twins = select(table.c.body, func.min(table.c.id).label("first")).where(ours)
    if suspects is not None:
        twins = twins.where(table.c.body.in_(select(table.c.body).where(ours, table.c.id.in_(suspects))))
    pairs = twins.group_by(table.c.body).having(func.count() > 1).subquery()
    found = connection.execute(
        select(table.c.id, pairs.c.first)
        .join(pairs, table.c.body == pairs.c.body)
        .where(ours, table.c.id != pairs.c.first),
        execution_options=STREAM,
    )
    merged = 0
    for twin, first in found:
        merged += 1
        connection.execute(
            update(message).where(message.c.campaign == campaign, message.c.text == twin).values(text=first)
        )
    return merged
