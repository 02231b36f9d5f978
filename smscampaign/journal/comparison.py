"""Two plans side by side, in the order of their numbers: how they differ.

Both are read as streams by the index of numbers, so that memory does not grow with the files.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection, Row, and_, func, select

from smscampaign.journal import schema
from smscampaign.journal.facts import text_of
from smscampaign.journal.store import STREAM, Journal, Record
from smscampaign.model import Message, Recipient

#: Examples of each kind of difference.
EXAMPLES = 3

T = TypeVar("T", bound="Sequence[Any]")


@dataclass(slots=True)
class Difference:
    """People whom two plans treat differently: how many, and the first of them by row as they are (before, now)."""

    count: int = 0
    examples: list[tuple[Message | None, Message | None]] = field(default_factory=list)

    def take(self, before: Message | None, now: Message | None) -> None:
        """Count one, and keep it if its row is among the first."""
        self.count += 1
        if len(self.examples) < EXAMPLES or _row(before, now) < _row(*self.examples[-1]):
            self.examples = sorted([*self.examples, (before, now)], key=lambda pair: _row(*pair))[:EXAMPLES]


class Comparison(NamedTuple):
    """How the people of one plan differ from another's: only in the new one, only in the old, in both with another text."""

    added: Difference
    removed: Difference
    changed: Difference


def compare(before: tuple[Journal, Record], now: tuple[Journal, Record]) -> Comparison:
    """The people of two plans, matched by number; or, where messages have keys, by number and key."""
    comparison = Comparison(Difference(), Difference(), Difference())
    with before[0].reading() as old, now[0].reading() as new:
        for was, becomes in _side_by_side(_people(old, before[1].id), _people(new, now[1].id)):
            if was is None:
                comparison.added.take(None, _message(becomes))
            elif becomes is None:
                comparison.removed.take(_message(was), None)
            elif was.body != becomes.body:
                comparison.changed.take(_message(was), _message(becomes))
    return comparison


def begun_in(journal: Journal) -> list[str]:
    """The names of the campaigns that have begun in a journal, the first one first."""
    campaign = schema.campaign.c
    question = (
        select(campaign.name)
        .where(campaign.begun_at.is_not(None))
        .group_by(campaign.name)
        .order_by(func.min(campaign.id))
    )
    with journal.reading() as connection:
        return list(connection.execute(question).scalars())


def _people(connection: Connection, campaign: int) -> Iterator[Row[Any]]:
    message, text = schema.message, schema.text
    question = (
        select(message.c.msisdn, message.c.key_hash, message.c.line, message.c.country, text)
        .join(text, and_(text.c.campaign == message.c.campaign, text.c.id == message.c.text))
        .where(message.c.campaign == campaign)
        .order_by(message.c.msisdn, message.c.key_hash)
    )
    return iter(connection.execute(question, execution_options=STREAM))


def _side_by_side(left: Iterator[T], right: Iterator[T]) -> Iterator[tuple[T | None, T | None]]:
    """Two streams of rows that begin with a number and a key, in their order: those of the same together."""
    one, other = next(left, None), next(right, None)
    while one is not None or other is not None:
        if other is None or (one is not None and tuple(one[:2]) < tuple(other[:2])):
            yield one, None
            one = next(left, None)
        elif one is None or tuple(other[:2]) < tuple(one[:2]):
            yield None, other
            other = next(right, None)
        else:
            yield one, other
            one, other = next(left, None), next(right, None)


def _message(row: Any) -> Message:
    return Message(row.line, Recipient(f"+{row.msisdn}", row.country), text_of(row))


def _row(before: Message | None, now: Message | None) -> int:
    one = now or before
    return one.line if one else 0
