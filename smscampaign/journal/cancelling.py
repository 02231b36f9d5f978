"""Cancelling in the journal: what is pending is dropped, and messages called back are told apart from those that left.

A message is called back in three writes: that it will be (`recalling`), then that it was (`recalled`) or that it had left
(`left`). What a crash leaves between the first and the others is asked about the next time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, delete, func, insert, literal, select, update

from smscampaign.journal import schema
from smscampaign.journal.calls import Calls
from smscampaign.journal.store import STREAM, Journal, Record
from smscampaign.model import Status

CANCELLED, RECALLING, RECALLED, LEFT = "cancelled", "recalling", "recalled", "left"
_PLACE = re.compile(r"row (\d+), message (\d+)")


@dataclass(frozen=True, slots=True)
class Held:
    """An accepted message that OVHcloud keeps: its id there, its call, and its receiver where the journal knows it."""

    chunk: int
    id: int
    receiver: str | None


@dataclass(frozen=True, slots=True)
class Recalling:
    """A message that is being called back: its call, its id at OVHcloud, its row, and since when."""

    chunk: int
    id: int
    line: int
    since: datetime

    @property
    def place(self) -> str:
        """How events name it."""
        return f"row {self.line}, message {self.id}"


class Cancelling(Calls):
    """The calls of one campaign, for whoever takes them back. Whoever uses it holds the journal's lock."""

    def drop_pending(self) -> int:
        """Cancel the campaign and whatever was not called yet, in one commit; says how many messages that are."""
        now = self._journal.clock()
        chunk = schema.chunk.c
        mine = and_(chunk.campaign == self._record.id, chunk.state == "pending")
        columns = ("campaign", "at", "chunk", "what", "detail")
        told = select(
            chunk.campaign, literal(now, schema.Instant()), chunk.id, literal(CANCELLED), literal("")
        ).where(mine)
        with self._journal.writing() as connection:
            total = select(func.coalesce(func.sum(chunk.receivers), 0)).where(mine)
            dropped = connection.execute(total).scalar_one()
            connection.execute(insert(schema.event).from_select(columns, told))
            changes = {"state": CANCELLED, "settled_at": now, "detail": "cancelled before it was sent"}
            connection.execute(update(schema.chunk).where(mine).values(changes))
            detail = "1 message was not sent" if dropped == 1 else f"{dropped} messages were not sent"
            of_all = {"campaign": self._record.id, "at": now, "chunk": None, "what": CANCELLED}
            connection.execute(insert(schema.event).values(**of_all, detail=detail))
        return int(dropped)

    def held(self, waiting: frozenset[int]) -> Iterator[Held]:
        """The messages of this campaign among those that wait at OVHcloud; `waiting` are ids, of whomever they are."""
        if not waiting:
            return
        with self._journal.reading() as connection:
            for row in connection.execute(self._accepted(), execution_options=STREAM):
                ids = waiting.intersection(json.loads(row.ids))
                alone = f"+{row.msisdn}" if row.receivers == 1 else None
                yield from (Held(row.id, one, alone) for one in sorted(ids))

    def intend(self, ones: Iterable[tuple[Held, str]]) -> list[Recalling]:
        """Write down that these messages are about to be called back from these receivers; durable when this returns.

        A receiver that the call does not have is left out: that message is not ours to call back.
        """
        now = self._journal.clock()
        with self._journal.writing() as connection:
            intents = [
                Recalling(held.chunk, held.id, line, now)
                for held, receiver in ones
                if (line := self._line(connection, held.chunk, receiver)) is not None
            ]
            self._say(connection, RECALLING, intents)
        return intents

    def settled(self, recalled: Sequence[Recalling], left: Sequence[Recalling]) -> None:
        """What became of messages that were called back: `recalled` never leave, `left` had left before."""
        if not recalled and not left:
            return
        with self._journal.writing() as connection:
            lines = [one.line for one in recalled]
            table = schema.verdict
            connection.execute(
                delete(table).where(table.c.campaign == self._record.id, table.c.line.in_(lines))
            )
            verdict = {"campaign": self._record.id, "status": Status.CANCELLED.value}
            if recalled:
                rows = [{**verdict, "line": one, "detail": "deleted before it left"} for one in lines]
                connection.execute(insert(table), rows)
            self._say(connection, RECALLED, recalled)
            self._say(connection, LEFT, left)

    def open_recalls(self) -> list[Recalling]:
        """The messages of which it was written that they are called back, and not what became of it."""
        event = schema.event.c
        story = (
            select(event.chunk, event.at, event.what, event.detail)
            .where(event.campaign == self._record.id, event.what.in_([RECALLING, RECALLED, LEFT]))
            .order_by(event.id)
        )
        still: dict[int, Recalling] = {}
        with self._journal.reading() as connection:
            for row in connection.execute(story, execution_options=STREAM):
                found = _PLACE.fullmatch(row.detail)
                if found is None:
                    continue
                line, identity = map(int, found.groups())
                if row.what == RECALLING:
                    still[identity] = Recalling(row.chunk, identity, line, row.at)
                else:
                    still.pop(identity, None)
        return list(still.values())

    def _accepted(self) -> Select[Any]:
        chunk, message = schema.chunk, schema.message
        first = and_(message.c.campaign == chunk.c.campaign, message.c.line == chunk.c.first_line)
        return (
            select(chunk.c.id, chunk.c.ids, chunk.c.receivers, message.c.msisdn)
            .join(message, first)
            .where(
                chunk.c.campaign == self._record.id,
                chunk.c.state.in_(["accepted", "in-doubt"]),
                chunk.c.ids.is_not(None),
            )
            .order_by(chunk.c.id)
        )

    def _line(self, connection: Connection, chunk: int, receiver: str) -> int | None:
        message, table = schema.message.c, schema.chunk.c
        return connection.execute(
            select(message.line).where(
                message.campaign == self._record.id,
                message.msisdn == int(receiver),
                table.campaign == message.campaign,
                table.id == chunk,
                table.text == message.text,
                message.line.between(table.first_line, table.last_line),
            )
        ).scalar()

    def _say(self, connection: Connection, what: str, ones: Sequence[Recalling]) -> None:
        if ones:
            self._tell(connection, [(one.chunk, what, one.place) for one in ones])


def cancelled_at(journal: Journal, record: Record) -> datetime | None:
    """When the campaign was cancelled, the last time; None when it was not."""
    event = schema.event.c
    question = (
        select(event.at)
        .where(event.campaign == record.id, event.chunk.is_(None), event.what == CANCELLED)
        .order_by(event.id.desc())
        .limit(1)
    )
    with journal.reading() as connection:
        return connection.execute(question).scalar()
