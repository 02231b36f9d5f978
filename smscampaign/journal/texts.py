"""Each distinct text of a plan gets one number, found again while it is remembered; memory does not grow with their number.

A template without columns has one text; personalised texts rarely come back. What comes back after it was forgotten gets a
second number, and is a suspect: the seal looks at suspects alone, instead of comparing all texts with each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, and_, func, select, update

from smscampaign.journal import schema
from smscampaign.journal.store import STREAM
from smscampaign.journal.suspects import SUSPECTS_NAMED, Suspects

TEXTS_REMEMBERED = 10_000
"""At some 300 bytes each."""


class Texts:
    """The texts of one plan while it is written: `count` of them are kept, with numbers that ascend and may have gaps."""

    def __init__(self) -> None:
        self.count = 0
        self._numbers: dict[str, int] = {}
        # Every text that ever got a number, in their order.
        self._all = Suspects()
        self._forgot = False

    def numbered(self, bodies: Sequence[str]) -> tuple[Sequence[int], Sequence[int]]:
        """The number of each, and the places of those that are new."""
        if len(self._numbers) >= TEXTS_REMEMBERED:
            self._numbers.clear()
            self._forgot = True
        last = len(self._all)
        numbers: Sequence[int] = range(last + 1, last + 1 + len(bodies))
        own = dict(zip(bodies, numbers, strict=True))
        new: Sequence[int] = range(len(bodies))
        if len(own) == len(bodies) and self._numbers.keys().isdisjoint(own):
            self._numbers.update(own)
            self._all.add(bodies)
        else:
            numbers, new = self._one_by_one(bodies)
        self.count += len(new)
        return numbers, new

    def _one_by_one(self, bodies: Sequence[str]) -> tuple[list[int], list[int]]:
        numbers, new, known = [], [], self._numbers
        for place, body in enumerate(bodies):
            number = known.get(body)
            if number is None:
                self._all.add((body,))
                number = known[body] = len(self._all)
                new.append(place)
            numbers.append(number)
        return numbers, new

    def drop(self, bodies: Iterable[str]) -> None:
        """Those of the last `numbered` that are not kept after all."""
        for body in bodies:
            del self._numbers[body]
            self.count -= 1

    def merge(self, connection: Connection, campaign: int) -> None:
        """Point the messages of equal texts at the first of them, and count these as one."""
        self._numbers.clear()
        suspects = self._all.alike(SUSPECTS_NAMED) if self._forgot else []
        if suspects is None or suspects:
            self.count -= _merged(connection, campaign, suspects)


def _merged(connection: Connection, campaign: int, suspects: Sequence[int] | None) -> int:
    """How many texts were the same as another; `suspects` are those that may be, None if that is not known."""
    table, message = schema.text, schema.message
    ours = table.c.campaign == campaign
    if suspects is not None:
        ours = and_(ours, table.c.id.in_(suspects))
    twins = select(table.c.body, func.min(table.c.id).label("first")).where(ours)
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
