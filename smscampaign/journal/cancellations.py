"""Cancelling in the journal: what is pending is dropped, and messages called back are told apart from those that left.

A message is called back in two writes: that it will be (`recalling`), then that it was (`recalled`) or that it had left
(`left`). What a crash or a lost answer leaves between them is asked about the next time. One that shows in neither list then
is noted (`missing`), and counts as deleted only if it shows in neither a settling time later.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, and_, case, delete, func, insert, literal, select, update

from smscampaign.journal import schema, statements
from smscampaign.journal.calls import CallEvent, Calls, ids_of, merged, tag_of
from smscampaign.journal.store import STREAM, Journal, Record
from smscampaign.journal.values import Instant
from smscampaign.languages import say
from smscampaign.model import Chunk, Status

CANCELLED, RECALLING, RECALLED, LEFT, MISSING = "cancelled", "recalling", "recalled", "left", "missing"
_OPEN = (Status.ACCEPTED.value, Status.IN_DOUBT.value)
_AT_ONCE = 500


class HeldMessage(NamedTuple):
    """An accepted message that OVHcloud keeps: its id there, its call, and its receiver where the journal knows it."""

    chunk: int
    id: int
    receiver: str | None


@dataclass(frozen=True, slots=True)
class RecalledMessage:
    """A message that is being called back: its call, its id at OVHcloud, its row, since when, and since when missing."""

    chunk: int
    id: int
    line: int
    since: datetime
    missing: datetime | None = None

    @property
    def place(self) -> str:
        """How events tell people of it."""
        return f"row {self.line}, message {self.id}"


class SentCall(NamedTuple):
    """A call that OVHcloud has messages of: its number, how many of them are accepted now, and what is known of those.

    `taken` counts those that were called back too, `ids` are all that the journal knows, `receipts` how many have one.
    """

    chunk: int
    accepted: int
    taken: int
    ids: tuple[int, ...]
    receipts: int
    receiver: str | None

    def left(self, seen: frozenset[int]) -> int:
        """How many of the accepted are known to have left; `seen` are ids that show among what left, of whomever."""
        return min(self.accepted, max(self.receipts, len(seen.intersection(self.ids))))


class CallWithoutIds(NamedTuple):
    """A call some of whose accepted messages have no id in the journal: to be looked for as it was made."""

    id: int
    chunk: Chunk
    since: datetime


class Cancelling(Calls):
    """The calls of one campaign, for whoever takes them back. Whoever uses it holds the journal's lock."""

    def drop_pending(self) -> int:
        """Cancel the campaign and whatever was not called yet, in one commit; says how many messages that are."""
        now = self._journal.clock()
        chunk = schema.chunk.c
        mine = and_(chunk.campaign == self._record.id, chunk.state == "pending")
        columns = ("campaign", "at", "chunk", "what", "detail")
        told = select(
            chunk.campaign, literal(now, Instant()), chunk.id, literal(CANCELLED), literal("")
        ).where(mine)
        with self._journal.writing() as connection:
            # Of a call that was found in part, only the rest is dropped.
            fate = schema.fate.c
            pending = (fate.campaign == self._record.id, fate.fate == "pending")
            dropped = connection.execute(select(func.count()).where(*pending)).scalar_one()
            connection.execute(insert(schema.event).from_select(columns, told))
            changes = {"state": CANCELLED, "settled_at": now, "detail": "cancelled before it was sent"}
            connection.execute(update(schema.chunk).where(mine).values(changes))
            detail = str(say("{n} message was not sent", "{n} messages were not sent", n=dropped))
            of_all = {"campaign": self._record.id, "at": now, "chunk": None, "what": CANCELLED}
            connection.execute(insert(schema.event).values(**of_all, detail=detail))
        return dropped

    def out(self) -> Iterator[SentCall]:
        """The calls of which OVHcloud has, or had, messages."""
        with self._journal.reading() as connection:
            for row in connection.execute(self._out(), execution_options=STREAM):
                ids = ids_of(row.ids)
                alone = f"+{row.msisdn}" if row.receivers == 1 and len(ids) == 1 else None
                yield SentCall(row.id, row.taken, row.taken + row.called, ids, row.receipts, alone)

    def held(self, waiting: frozenset[int]) -> Iterator[HeldMessage]:
        """The messages of this campaign among those that wait at OVHcloud; `waiting` are ids, of whomever they are."""
        if not waiting:
            return
        named: set[int] = set()
        for one in self.out():
            ids = waiting.intersection(one.ids) - named
            named |= ids  # parts of a call that was split may both know them
            yield from (HeldMessage(one.chunk, identity, one.receiver) for identity in sorted(ids))

    def strays(self) -> list[CallWithoutIds]:
        """The calls of which the journal knows fewer ids than OVHcloud took messages."""
        lost = [one.chunk for one in self.out() if one.accepted and one.taken > len(one.ids)]
        found: list[CallWithoutIds] = []
        with self._journal.reading() as connection:
            for at in range(0, len(lost), _AT_ONCE):
                these = {"of": self._record.id, "these": lost[at : at + _AT_ONCE]}
                for head in connection.execute(statements.HEADS, these).all():
                    found.append(self._stray(connection, head))
        return found

    def learnt(self, chunk: int, ids: Collection[int]) -> None:
        """Write down ids of a call's messages that were found at OVHcloud."""
        table = schema.chunk.c
        with self._journal.writing() as connection:
            before = connection.execute(
                select(table.ids).where(table.campaign == self._record.id, table.id == chunk)
            ).scalar()
            if not set(ids) <= set(ids_of(before)):
                connection.execute(
                    update(schema.chunk)
                    .where(table.campaign == self._record.id, table.id == chunk)
                    .values(ids=merged(ids_of(before), ids))
                )
                self._tell(connection, [CallEvent(chunk, "noted", "its messages were found at OVHcloud")])

    def intend(self, ones: Iterable[tuple[HeldMessage, str]]) -> list[RecalledMessage]:
        """Write down that these messages are about to be called back from these receivers; durable when this returns.

        A receiver who has nothing of the campaign is left out: that message is not ours to call back.
        """
        now = self._journal.clock()
        with self._journal.writing() as connection:
            intents = [
                RecalledMessage(place[0], held.id, place[1], now)
                for held, receiver in ones
                if (place := self._place(connection, held.chunk, receiver)) is not None
            ]
            self._say(connection, RECALLING, intents)
        return intents

    def settled(self, recalled: Sequence[RecalledMessage], left: Sequence[RecalledMessage]) -> None:
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

    def missed(self, ones: Sequence[RecalledMessage]) -> None:
        """These show neither among what waits nor among what left, for the first time since they were called back."""
        if ones:
            with self._journal.writing() as connection:
                self._say(connection, MISSING, ones)

    def open_recalls(self) -> list[RecalledMessage]:
        """The messages of which it was written that they are called back, and not what became of it."""
        event = schema.event.c
        story = (
            select(event.chunk, event.at, event.what, event.line, event.facts)
            .where(event.campaign == self._record.id, event.what.in_([RECALLING, RECALLED, LEFT, MISSING]))
            .order_by(event.id)
        )
        still: dict[int, RecalledMessage] = {}
        with self._journal.reading() as connection:
            for row in connection.execute(story, execution_options=STREAM):
                identity = json.loads(row.facts)["message"]
                if row.what == RECALLING:
                    still[identity] = RecalledMessage(row.chunk, identity, row.line, row.at)
                elif row.what == MISSING:
                    if identity in still:
                        still[identity] = replace(still[identity], missing=row.at)
                else:
                    still.pop(identity, None)
        return list(still.values())

    def _out(self) -> Select[Any]:
        chunk, fate, receipt = schema.chunk, schema.fate, schema.receipt
        mine = and_(fate.c.campaign == chunk.c.campaign, fate.c.call == chunk.c.id)
        told = and_(receipt.c.campaign == fate.c.campaign, receipt.c.line == fate.c.line)

        taken = func.sum(case((fate.c.fate == "accepted", 1), else_=0))
        # Not what was dropped before it was called: of that OVHcloud never had anything.
        called = func.sum(case((fate.c.verdict == CANCELLED, 1), else_=0))
        return (
            select(
                *(chunk.c.id, chunk.c.ids, chunk.c.receivers, func.min(fate.c.msisdn).label("msisdn")),
                *(taken.label("taken"), called.label("called")),
                func.count(receipt.c.line).label("receipts"),
            )
            .join(fate, mine)
            .outerjoin(receipt, told)
            .where(chunk.c.campaign == self._record.id)
            .group_by(chunk.c.id, chunk.c.ids, chunk.c.receivers)
            # What is in doubt may have ids of its own: an answer that named too few receivers had them.
            .having((taken > 0) | (called > 0) | chunk.c.ids.is_not(None))
            .order_by(chunk.c.id)
        )

    def _stray(self, connection: Connection, head: Any) -> CallWithoutIds:
        fate = schema.fate.c
        mine = (fate.campaign == self._record.id, fate.call == head.id, fate.fate == Status.ACCEPTED.value)
        numbers = connection.execute(select(fate.msisdn).where(*mine).order_by(fate.line)).scalars()
        event = schema.event.c
        # The first time it was made: a later one leaves what the first brought as it is.
        made = connection.execute(
            select(func.min(event.at)).where(
                event.campaign == self._record.id, event.chunk == head.id, event.what == "sending"
            )
        ).scalar()
        receivers = tuple(f"+{msisdn}" for msisdn in numbers)
        tag = tag_of(self._record.tag, head.id)
        since = made or head.claimed_at or self._record.begun_at or self._journal.clock()
        return CallWithoutIds(head.id, Chunk(tag, self._sender, head.body, receivers, self._terms), since)

    def _place(self, connection: Connection, chunk: int, receiver: str) -> tuple[int, int] | None:
        """The call and the row of a message of this receiver; the call is another one where that was split since."""
        fate = schema.fate.c
        mine = (fate.campaign == self._record.id, fate.msisdn == int(receiver), fate.call.is_not(None))
        row = connection.execute(select(fate.call, fate.line, fate.fate).where(*mine)).one_or_none()
        if row is None or not (row.call == chunk or row.fate in _OPEN):
            return None
        return row.call, row.line

    def _say(self, connection: Connection, what: str, ones: Sequence[RecalledMessage]) -> None:
        if ones:
            self._tell(
                connection,
                [CallEvent(one.chunk, what, one.place, one.line, {"message": one.id}) for one in ones],
            )


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
