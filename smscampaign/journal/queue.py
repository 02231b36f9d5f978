"""The calls of a sealed plan as a queue: claimed before they are made, recorded after, never both in one transaction.

A chunk is `pending` → `sending` → `accepted` | `refused` | `in-doubt`, or `pending` again when it provably was not sent.
What is `sending` when nobody is at work was cut off between the two writes: it is in doubt.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, assert_never

from sqlalchemy import Connection, Select, func, insert, select, update

from smscampaign.journal import schema, statements
from smscampaign.journal.store import Journal, Record
from smscampaign.model import Accepted, Chunk, InDoubt, NotSent, Outcome, Refused, Status, Terms, Trace, e164

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Claim:
    """A chunk that was taken out of the queue: `lines` are the rows of the file, in the order of the receivers.

    `whole` is false when some of its receivers were decided before and are no longer in it.
    """

    id: int
    chunk: Chunk
    lines: tuple[int, ...]
    parts: int
    claimed_at: datetime
    attempts: int
    whole: bool


class Queue:
    """The calls of one campaign. Whoever uses it holds the journal's lock."""

    def __init__(self, journal: Journal, record: Record, *, sender: str | None, terms: Terms) -> None:
        self._journal = journal
        self._record = record
        self._sender = sender
        self._terms = terms

    @property
    def journal(self) -> Journal:
        """The journal this queue is kept in."""
        return self._journal

    def recover(self) -> int:
        """Put what an earlier process left between its two writes in doubt; says how many calls that are."""
        with self._journal.writing() as connection:
            left = connection.execute(self._ids().where(schema.chunk.c.state == "sending")).scalars().all()
            for identity in left:
                detail = "the program ended between the call and its record"
                self._move(connection, identity, {"state": "in-doubt", "detail": detail})
        return len(left)

    def narrow(self, limit: int) -> int:
        """Restrict what is pending to its first `limit` rows; calls that reach beyond are split at that row.

        Returns the last row of the file that may be sent (0 when nothing is pending, or `limit` is 0).
        """
        if limit < 1:
            return 0
        with self._journal.writing() as connection:
            last = connection.execute(self._pending_lines().offset(limit - 1).limit(1)).scalar()
            if last is None:
                last = connection.execute(select(func.max(self._pending_lines().subquery().c.line))).scalar()
            if last is not None:
                self._split_at(connection, last)
        return last or 0

    def claim(self, count: int, *, up_to: int | None = None) -> list[Claim]:
        """Up to `count` pending calls, durably marked as being sent before this returns; `up_to` a row of the file."""
        with self._journal.writing() as connection:
            ids = self._next(connection, count, up_to)
            if not ids:
                return []
            mark = {"of": self._record.id, "these": ids, "at": self._journal.clock()}
            connection.execute(statements.MARK, mark)
            self._tell(connection, [(identity, "sending", "") for identity in ids])
            return self._claims(connection, ids)

    def record(self, results: Iterable[tuple[Claim, Outcome]]) -> None:
        """Write down what became of claimed calls; durable when this returns."""
        with self._journal.writing() as connection:
            for claim, outcome in results:
                self._record_outcome(connection, claim, outcome)

    def doubts(self) -> list[Claim]:
        """The calls in doubt, oldest first; of one that was accepted in part, only the receivers still in doubt."""
        chunk = schema.chunk
        with self._journal.reading() as connection:
            ids = connection.execute(
                self._ids().where(chunk.c.state == "in-doubt").order_by(chunk.c.id)
            ).scalars()
            # In portions: a statement takes only so many parameters.
            return [claim for some in ids.partitions(500) for claim in self._claims(connection, some)]

    def found(self, claim: Claim, trace: Trace) -> bool:
        """OVHcloud has the call, whole or in part; says whether all of it is accounted for now."""
        receivers = trace.receivers
        with self._journal.writing() as connection:
            if receivers is not None and not receivers >= set(claim.chunk.receivers):
                self._verdicts(connection, claim, receivers, Status.ACCEPTED, "found at OVHcloud by its tag")
                self._move(
                    connection, claim.id, {"detail": "OVHcloud shows some of its receivers but not all"}
                )
                return False
            values = {
                "state": "accepted",
                "ids": json.dumps(trace.ids),
                "detail": "found at OVHcloud by its tag",
            }
            self._move(connection, claim.id, {**values, "settled_at": self._journal.clock()})
            return True

    def absent(self, claim: Claim, why: str) -> None:
        """OVHcloud provably does not have the call: it may be made again."""
        with self._journal.writing() as connection:
            self._move(connection, claim.id, {"state": "pending", "detail": why})

    def still_in_doubt(self, claim: Claim, why: str) -> None:
        """OVHcloud was asked and the doubt stays; `why` is for the person who decides."""
        with self._journal.writing() as connection:
            self._move(connection, claim.id, {"state": "in-doubt", "detail": why})

    def untouched(self) -> bool:
        """Whether nothing of this campaign can have reached anybody: no call was taken, refused or ever in doubt."""
        chunk, event = schema.chunk.c, schema.event.c
        moved = select(chunk.id).where(chunk.campaign == self._record.id, chunk.state != "pending").limit(1)
        doubted = select(event.id).where(event.campaign == self._record.id, event.what == "in-doubt").limit(1)
        with self._journal.reading() as connection:
            return not any(connection.execute(question).first() for question in (moved, doubted))

    def left(self, *, up_to: int | None = None) -> bool:
        """Whether there is a call that could be claimed."""
        with self._journal.reading() as connection:
            return bool(self._next(connection, 1, up_to))

    def _ids(self) -> Select[int]:
        return select(schema.chunk.c.id).where(schema.chunk.c.campaign == self._record.id)

    def _next(self, connection: Connection, count: int, up_to: int | None) -> Sequence[int]:
        values = {"of": self._record.id, "count": count}
        if up_to is None:
            return connection.execute(statements.NEXT, values).scalars().all()
        return connection.execute(statements.NEXT_UP_TO, {**values, "up_to": up_to}).scalars().all()

    def _pending_lines(self) -> Select[int]:
        chunk, message = schema.chunk, schema.message
        return (
            select(message.c.line)
            .join(chunk, statements.MEMBER)
            .where(chunk.c.campaign == self._record.id, chunk.c.state == "pending")
            .order_by(message.c.line)
        )

    def _claims(self, connection: Connection, ids: Sequence[int]) -> list[Claim]:
        these = {"of": self._record.id, "these": ids}
        heads = connection.execute(statements.HEADS, these).all()
        members: dict[int, list[tuple[int, str]]] = {identity: [] for identity in ids}
        for identity, line, msisdn in connection.execute(statements.MEMBERS, these):
            members[identity].append((line, f"+{msisdn}"))
        return [self._claim(head, members[head.id]) for head in heads]

    def _claim(self, head: Any, members: list[tuple[int, str]]) -> Claim:
        chunk = Chunk(
            tag=tag_of(self._record.tag, head.id),
            sender=self._sender,
            body=head.body,
            receivers=tuple(msisdn for _, msisdn in members),
            terms=self._terms,
        )
        lines = tuple(line for line, _ in members)
        whole = len(members) == head.receivers
        return Claim(head.id, chunk, lines, head.parts, head.claimed_at, head.attempts, whole)

    def _record_outcome(self, connection: Connection, claim: Claim, outcome: Outcome) -> None:
        match outcome:
            case Accepted():
                self._record_accepted(connection, claim, outcome)
            case Refused(stops=True):
                # Nothing was taken and the fault is not the chunk's: once it is mended the call can be made.
                detail = f"{outcome.code}: {outcome.detail}"
                self._move(connection, claim.id, {"state": "pending", "detail": detail})
            case Refused():
                detail = f"{outcome.code}: {outcome.detail}"
                values = {"state": "refused", "detail": detail, "settled_at": self._journal.clock()}
                self._move(connection, claim.id, values)
            case NotSent():
                self._move(connection, claim.id, {"state": "pending", "detail": outcome.detail})
            case InDoubt():
                self._move(connection, claim.id, {"state": "in-doubt", "detail": outcome.detail})
            case _:
                assert_never(outcome)

    def _record_accepted(self, connection: Connection, claim: Claim, outcome: Accepted) -> None:
        valid = {e164(number) for number in outcome.receivers}
        invalid = {e164(number) for number in outcome.invalid}
        valid, invalid = valid - invalid, invalid - valid
        unnamed = set(claim.chunk.receivers) - valid - invalid
        self._verdicts(connection, claim, invalid, Status.REFUSED, "OVHcloud: invalid receiver")
        values: dict[str, Any] = {
            "state": "accepted" if valid else "refused",
            "ids": json.dumps(outcome.ids),
            "credits": outcome.credits,
            "settled_at": self._journal.clock(),
        }
        if unnamed:
            self._verdicts(connection, claim, valid, Status.ACCEPTED, "")
            detail = f"OVHcloud's answer names {len(unnamed)} of the receivers neither as valid nor as invalid, or as both"
            values |= {"state": "in-doubt", "detail": detail, "settled_at": None}
        self._move(connection, claim.id, values)

    def _verdicts(
        self, connection: Connection, claim: Claim, receivers: Iterable[str], status: Status, detail: str
    ) -> None:
        named = set(receivers)
        rows = [
            {"campaign": self._record.id, "line": line, "status": status.value, "detail": detail}
            for line, receiver in zip(claim.lines, claim.chunk.receivers, strict=True)
            if receiver in named
        ]
        if rows:
            connection.execute(insert(schema.verdict), rows)

    def _split_at(self, connection: Connection, line: int) -> None:
        chunk = schema.chunk
        crossing = connection.execute(
            select(chunk).where(
                chunk.c.campaign == self._record.id,
                chunk.c.state == "pending",
                chunk.c.first_line <= line,
                chunk.c.last_line > line,
            )
        ).all()
        highest = connection.execute(
            select(func.max(chunk.c.id)).where(chunk.c.campaign == self._record.id)
        ).scalar_one()
        for identity, old in enumerate(crossing, highest + 1):
            self._split(connection, old, line, identity)

    def _split(self, connection: Connection, old: Any, line: int, identity: int) -> None:
        chunk = schema.chunk
        first, _, count = self._bounds(connection, old.text, line + 1, old.last_line)
        _, last, _ = self._bounds(connection, old.text, old.first_line, line)
        # The rest was never made, whatever was tried with the call it comes from: its tag is new.
        fresh = {"attempts": 0, "claimed_at": None, "detail": None}
        rest = {**old._mapping, **fresh, "id": identity, "first_line": first, "receivers": count}
        connection.execute(insert(chunk).values(**rest))
        connection.execute(
            update(chunk)
            .where(chunk.c.campaign == self._record.id, chunk.c.id == old.id)
            .values(last_line=last, receivers=old.receivers - count)
        )
        self._tell(connection, [(identity, "split", f"from call {old.id} after row {line}")])

    def _bounds(self, connection: Connection, text: int, start: int, end: int) -> tuple[int, int, int]:
        """The first row, the last row and the number of rows of a text between two rows of the file."""
        line = schema.message.c.line
        first, last, count = connection.execute(
            select(func.min(line), func.max(line), func.count()).where(
                schema.message.c.campaign == self._record.id,
                schema.message.c.text == text,
                line.between(start, end),
            )
        ).one()
        return first, last, count

    def _move(self, connection: Connection, identity: int, values: dict[str, Any]) -> None:
        where = {"of": self._record.id, "chunk": identity}
        connection.execute(statements.move(*values), {**values, **where})
        self._tell(connection, [(identity, values.get("state", "noted"), values.get("detail") or "")])

    def _tell(self, connection: Connection, stories: list[tuple[int, str, str]]) -> None:
        now = self._journal.clock()
        connection.execute(
            statements.TELL,
            [
                {"campaign": self._record.id, "at": now, "chunk": chunk, "what": what, "detail": detail}
                for chunk, what, detail in stories
            ],
        )


def tag_of(campaign: str, chunk: int) -> str:
    """The tag of a call: the campaign's random tag and the call's number in base 36, at most 20 characters."""
    digits = ""
    while chunk:
        chunk, digit = divmod(chunk, 36)
        digits = _DIGITS[digit] + digits
    return f"{campaign}-{digits}"
