"""The first slice of a campaign in its journal: which rows it is, what of it was accepted, and how it was judged."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, insert, select

from smscampaign.journal import schema
from smscampaign.journal.store import STREAM, Journal, Record
from smscampaign.model import Delivery

SLICED, PASSED, HELD_BACK = "ramp-begun", "ramp-passed", "ramp-paused"


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
    fate = schema.fate.c
    with journal.writing() as connection:
        pending = (fate.campaign == record.id, fate.fate == "pending")
        first = connection.execute(select(func.min(fate.line)).where(*pending)).scalar()
        now = journal.clock()
        rows = {"first": first or last, "last": last}
        detail = "rows {first} to {last}".format(**rows)
        told = {"campaign": record.id, "at": now, "what": SLICED, "detail": detail, "facts": json.dumps(rows)}
        connection.execute(insert(schema.event).values(chunk=None, **told))
    return Slice(first or last, last, now, passed=False)


def slice_of(journal: Journal, record: Record) -> Slice | None:
    """The first slice, if one was begun."""
    event = schema.event.c
    story = (
        select(event.at, event.what, event.facts)
        .where(event.campaign == record.id, event.chunk.is_(None), event.what.in_([SLICED, PASSED]))
        .order_by(event.id)
    )
    begun, passed = None, False
    with journal.reading() as connection:
        for row in connection.execute(story):
            begun, passed = (row, False) if row.what == SLICED else (begun, True)
    if begun is None:
        return None
    rows = json.loads(begun.facts)
    return Slice(rows["first"], rows["last"], begun.at, passed)


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
    fate, chunk, receipt = schema.fate, schema.chunk, schema.receipt
    final = and_(
        receipt.c.campaign == fate.c.campaign,
        receipt.c.line == fate.c.line,
        receipt.c.delivery != Delivery.WAITING.value,
    )
    rows = (
        select(fate.c.msisdn, fate.c.call, fate.c.fate, receipt.c.id.label("receipt"))
        .outerjoin(receipt, final)
        .where(fate.c.campaign == record.id, fate.c.line.between(part.first, part.last))
        .where(fate.c.fate.in_(["accepted", "pending"]))
    )
    numbers: set[str] = set()
    calls: set[int] = set()
    receipted: set[int] = set()
    pending = 0
    with journal.reading() as connection:
        for row in connection.execute(rows, execution_options=STREAM):
            if row.fate == "pending":
                pending += 1
                continue
            numbers.add(f"+{row.msisdn}")
            calls.add(row.call)
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
