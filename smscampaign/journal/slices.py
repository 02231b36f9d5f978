"""The first slice of a campaign in its journal: which rows it is, what became of it, and how it was judged."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, func, insert, select

from smscampaign.journal import schema
from smscampaign.journal.calls import ids_of
from smscampaign.journal.store import Journal, Record
from smscampaign.model import Delivery

SLICED, PASSED, HELD_BACK = "ramp-begun", "ramp-passed", "ramp-paused"


@dataclass(frozen=True, slots=True)
class Slice:
    """The rows `first` to `last` of the file, sent before all others since `since`; `passed` once they were judged well.

    `pending` of its messages wait; of those that were accepted it has the numbers (E.164), the ids, and the ids that have
    receipts.
    """

    first: int
    last: int
    since: datetime
    passed: bool
    pending: int
    numbers: frozenset[str]
    ids: frozenset[int]
    receipted: frozenset[int]


def begin_slice(journal: Journal, record: Record, *, last: int) -> Slice:
    """What is pending up to the row `last` is the first slice; durable when this returns."""
    fate = schema.fate.c
    with journal.writing() as connection:
        pending = (fate.campaign == record.id, fate.fate == "pending")
        first = connection.execute(select(func.min(fate.line)).where(*pending)).scalar() or last
        told = {"detail": f"rows {first} to {last}", "facts": json.dumps({"first": first, "last": last})}
        _tell(connection, journal, record, what=SLICED, **told)
        return _filled(connection, record, first, last, since=journal.clock(), passed=False)


def slice_of(journal: Journal, record: Record) -> Slice | None:
    """The first slice as it stands, if one was begun. Memory grows with the slice, not with the campaign."""
    event = schema.event.c
    steps = (
        select(event.at, event.what, event.facts)
        .where(event.campaign == record.id, event.chunk.is_(None), event.what.in_([SLICED, PASSED]))
        .order_by(event.id)
    )
    begun, passed = None, False
    with journal.reading() as connection:
        for row in connection.execute(steps):
            begun, passed = (row, False) if row.what == SLICED else (begun, True)
        if begun is None:
            return None
        rows = json.loads(begun.facts)
        return _filled(connection, record, rows["first"], rows["last"], since=begun.at, passed=passed)


def judged(journal: Journal, record: Record, *, well: bool, why: str) -> None:
    """Write down how the slice was judged; durable when this returns."""
    with journal.writing() as connection:
        _tell(connection, journal, record, what=PASSED if well else HELD_BACK, detail=why)


def _tell(connection: Connection, journal: Journal, record: Record, **told: str) -> None:
    same = {"campaign": record.id, "at": journal.clock(), "chunk": None}
    connection.execute(insert(schema.event).values(**same, **told))


def _filled(
    connection: Connection, record: Record, first: int, last: int, *, since: datetime, passed: bool
) -> Slice:
    """A slice with what became of it."""
    fate, chunk, receipt = schema.fate, schema.chunk.c, schema.receipt
    final = and_(
        receipt.c.campaign == fate.c.campaign,
        receipt.c.line == fate.c.line,
        receipt.c.delivery != Delivery.WAITING.value,
    )
    mine = (fate.c.campaign == record.id, fate.c.line.between(first, last))
    taken = (
        select(fate.c.msisdn, fate.c.call, receipt.c.id.label("receipt"))
        .outerjoin(receipt, final)
        .where(*mine, fate.c.fate == "accepted")
    )
    people = connection.execute(taken).all()
    calls = select(fate.c.call).where(*mine, fate.c.fate == "accepted")
    told = select(chunk.ids).where(chunk.campaign == record.id, chunk.id.in_(calls))
    return Slice(
        first,
        last,
        since,
        passed,
        pending=connection.execute(select(func.count()).where(*mine, fate.c.fate == "pending")).scalar_one(),
        numbers=frozenset(f"+{one.msisdn}" for one in people),
        ids=frozenset(one for ids in connection.execute(told).scalars() for one in ids_of(ids)),
        receipted=frozenset(one.receipt for one in people if one.receipt is not None),
    )
