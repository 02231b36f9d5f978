"""The first slice of a campaign in its journal: which rows it is, what of it was accepted, and how it was judged."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, insert, or_, select

from smscampaign.journal import schema, statements
from smscampaign.journal.store import STREAM, Journal, Record
from smscampaign.model import Delivery

SLICED, PASSED, HELD_BACK = "ramp-begun", "ramp-passed", "ramp-paused"
_ROWS = re.compile(r"rows (\d+) to (\d+)")


@dataclass(frozen=True, slots=True)
class Slice:
    """The rows `first` to `last` of the file, sent before all others since `since`; `passed` once they were judged well."""

    first: int
    last: int
    since: datetime
    passed: bool


@dataclass(frozen=True, slots=True)
class Sample:
    """What was accepted of a slice: how many messages, their ids, their numbers (E.164), and the ids that have receipts."""

    accepted: int
    pending: int
    ids: frozenset[int]
    numbers: frozenset[str]
    receipted: frozenset[int]


def begin_slice(journal: Journal, record: Record, *, last: int) -> Slice:
    """What is pending up to the row `last` is the first slice; durable when this returns."""
    chunk, message = schema.chunk, schema.message
    with journal.writing() as connection:
        first = connection.execute(
            select(func.min(message.c.line))
            .select_from(message.join(chunk, statements.MEMBER))
            .where(chunk.c.campaign == record.id, chunk.c.state == "pending")
        ).scalar()
        now = journal.clock()
        told = {"campaign": record.id, "at": now, "what": SLICED, "detail": f"rows {first or last} to {last}"}
        connection.execute(insert(schema.event).values(chunk=None, **told))
    return Slice(first or last, last, now, passed=False)


def slice_of(journal: Journal, record: Record) -> Slice | None:
    """The first slice, if one was begun."""
    event = schema.event.c
    story = (
        select(event.at, event.what, event.detail)
        .where(event.campaign == record.id, event.chunk.is_(None), event.what.in_([SLICED, PASSED]))
        .order_by(event.id)
    )
    begun, passed = None, False
    with journal.reading() as connection:
        for row in connection.execute(story):
            begun, passed = (row, False) if row.what == SLICED else (begun, True)
    rows = _ROWS.fullmatch(begun.detail) if begun is not None else None
    if begun is None or rows is None:
        return None
    return Slice(int(rows[1]), int(rows[2]), begun.at, passed)


def judged(journal: Journal, record: Record, *, well: bool, why: str) -> None:
    """Write down how the slice was judged; durable when this returns."""
    told = {
        "campaign": record.id,
        "at": journal.clock(),
        "what": PASSED if well else HELD_BACK,
        "detail": why,
    }
    with journal.writing() as connection:
        connection.execute(insert(schema.event).values(chunk=None, **told))


def sample_of(journal: Journal, record: Record, part: Slice) -> Sample:
    """What was accepted of a slice. Memory grows with the slice, not with the campaign."""
    message, chunk, verdict, receipt = schema.message, schema.chunk, schema.verdict, schema.receipt
    same = and_(verdict.c.campaign == message.c.campaign, verdict.c.line == message.c.line)
    final = and_(
        receipt.c.campaign == message.c.campaign,
        receipt.c.line == message.c.line,
        receipt.c.delivery != Delivery.WAITING.value,
    )
    rows = (
        select(message.c.msisdn, chunk.c.id, chunk.c.state, receipt.c.id.label("receipt"))
        .select_from(
            message.join(chunk, statements.MEMBER).outerjoin(verdict, same).outerjoin(receipt, final)
        )
        .where(
            chunk.c.campaign == record.id,
            message.c.line.between(part.first, part.last),
            or_(
                and_(chunk.c.state.in_(["accepted", "pending"]), verdict.c.line.is_(None)),
                verdict.c.status == "accepted",
            ),
        )
    )
    numbers: set[str] = set()
    calls: set[int] = set()
    receipted: set[int] = set()
    pending = 0
    with journal.reading() as connection:
        for row in connection.execute(rows, execution_options=STREAM):
            if row.state == "pending":
                pending += 1
                continue
            numbers.add(f"+{row.msisdn}")
            calls.add(row.id)
            receipted.update([row.receipt] if row.receipt is not None else [])
        told = select(chunk.c.id, chunk.c.ids).where(
            chunk.c.campaign == record.id, chunk.c.first_line <= part.last, chunk.c.ids.is_not(None)
        )
        ids = [
            one
            for row in connection.execute(told, execution_options=STREAM)
            if row.id in calls
            for one in json.loads(row.ids)
        ]
    return Sample(len(numbers), pending, frozenset(ids), frozenset(numbers), frozenset(receipted))
