"""What became of accepted messages: receipts matched by the tag of a call and the number, in whatever order they come.

A status never goes backwards (`responses.furthest`). All editions of a campaign are one here: each call has a tag of its own.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, and_, delete, func, insert, literal, or_, select, update

from smscampaign.journal import schema
from smscampaign.journal.calls import ids_of, tag_of
from smscampaign.journal.store import STREAM, Journal, Record
from smscampaign.model import Delivery, DeliveryReceipt
from smscampaign.responses import FINAL, HISTORY_OVER, furthest

#: Receipts that are merged in one transaction: what a killed program had not written yet is read again.
BLOCK = 2000

#: And how old the first of them may be: read one by one at the pace, that many would take half an hour.
OLDEST = timedelta(seconds=10)

_WAITING, _UNKNOWN = Delivery.WAITING.value, Delivery.UNKNOWN.value
_fate, _receipt = schema.fate.c, schema.receipt.c
_its_receipt = and_(_receipt.campaign == _fate.campaign, _receipt.line == _fate.line)


class Merged(NamedTuple):
    """How many receipts were of messages of ours, and how many said something new."""

    ours: int = 0
    new: int = 0

    def __add__(self, other: object) -> Merged:
        """Both together."""
        if not isinstance(other, Merged):
            return NotImplemented
        return Merged(self.ours + other.ours, self.new + other.new)


class OpenCall(NamedTuple):
    """A call with accepted messages whose fate is open: when it was made, until when its outcome was recorded, its ids."""

    tag: str
    made: datetime
    recorded: datetime
    messages: int
    ids: tuple[int, ...]


class Standing(NamedTuple):
    """Accepted messages of a campaign, all its editions together: how many there are, and how many have a last word."""

    accepted: int
    final: int


def keep(journal: Journal, receipts: Iterable[DeliveryReceipt]) -> Merged:
    """Merge receipts into the journal as they come, block by block; each block is durable when the next one is read.

    What has no tag of a campaign here is passed over. Where reading breaks off, what was read is kept.
    """
    prefixes, merged = _prefixes(journal), Merged()
    for block in _blocks(receipts, journal.clock):
        by_campaign: dict[int, list[tuple[int, DeliveryReceipt]]] = defaultdict(list)
        for one in block:
            prefix, _, digits = one.tag.rpartition("-")
            if prefix in prefixes and re.fullmatch(r"[0-9a-z]{1,13}", digits):
                by_campaign[prefixes[prefix]].append((int(digits, 36), one))
        for campaign, some in by_campaign.items():
            merged += _merge(journal, campaign, some)
    return merged


def tags_of(records: Iterable[Record]) -> frozenset[str]:
    """What stands before the last hyphen in the tags of their calls."""
    return frozenset(one.tag for one in records)


def _prefixes(journal: Journal) -> dict[str, int]:
    campaign = schema.campaign.c
    # A plan that has not begun may have the tag of one that has: that one made the calls.
    question = select(campaign.tag, campaign.id).order_by(campaign.begun_at.is_not(None), campaign.id)
    with journal.reading() as connection:
        rows = connection.execute(question).all()
    return {row.tag: row.id for row in rows}


def _blocks(
    receipts: Iterable[DeliveryReceipt], clock: Callable[[], datetime]
) -> Iterator[list[DeliveryReceipt]]:
    block: list[DeliveryReceipt] = []
    began = clock()
    try:
        for one in receipts:
            block.append(one)
            if len(block) >= BLOCK or clock() - began >= OLDEST:
                yield block
                block, began = [], clock()
    except Exception:
        if block:
            yield block
        raise
    if block:
        yield block


def _merge(journal: Journal, campaign: int, receipts: Sequence[tuple[int, DeliveryReceipt]]) -> Merged:
    """One block for one edition, in one transaction."""
    with journal.writing(together=True) as connection:
        # The lines of a call that a number has: one, because nobody gets a text twice in a call.
        lines: dict[tuple[int, int], list[int]] = defaultdict(list)
        stored: dict[int, DeliveryReceipt] = {}
        for row in connection.execute(_messages(campaign, {int(one.msisdn) for _, one in receipts})):
            lines[row.call, row.msisdn].append(row.line)
            if row.delivery is not None:
                stored[row.line] = _of_row(row)
        changed: dict[int, DeliveryReceipt] = {}
        ours = 0
        for call, one in receipts:
            there = lines.get((call, int(one.msisdn)))
            if there is None:
                continue
            ours += 1
            line = _line_of(there, stored, one.id)
            before = stored.get(line)
            holds = one if before is None else furthest(before, one)
            if before is None or _told(holds) != _told(before):
                stored[line] = changed[line] = holds
        _store(connection, campaign, changed)
    return Merged(ours, len(changed))


def _line_of(lines: Sequence[int], stored: dict[int, DeliveryReceipt], identity: int) -> int:
    """Which of the messages of a number in one call it is: by the id, else the one that nothing is known of."""
    same = (line for line in lines if line in stored and stored[line].id == identity)
    free = (line for line in lines if line not in stored)
    return next(same, None) or next(free, None) or lines[0]


def _told(one: DeliveryReceipt) -> tuple[object, ...]:
    # The number and the tag are those of the message, however they are written.
    return (one.id, one.delivery, one.delivered_at, one.ptt, one.left_at, one.operator)


def _messages(campaign: int, numbers: Iterable[int]) -> Select[Any]:
    kept = (
        _receipt.id,
        _receipt.delivery,
        _receipt.delivered_at,
        _receipt.ptt,
        _receipt.left_at,
        _receipt.operator,
    )
    return (
        select(_fate.line, _fate.call, _fate.msisdn, *kept)
        .outerjoin(schema.receipt, _its_receipt)
        .where(_fate.campaign == campaign, _fate.msisdn.in_(numbers), _fate.fate == "accepted")
    )


def _of_row(row: Any) -> DeliveryReceipt:
    return DeliveryReceipt(
        row.id, "", Delivery(row.delivery), row.delivered_at, row.ptt, "", row.left_at, row.operator or ""
    )


def _store(connection: Connection, campaign: int, receipts: dict[int, DeliveryReceipt]) -> None:
    if not receipts:
        return
    connection.execute(
        delete(schema.receipt).where(_receipt.campaign == campaign, _receipt.line.in_(list(receipts)))
    )
    rows = [
        {
            "campaign": campaign,
            "line": line,
            "id": one.id,
            "delivery": one.delivery.value,
            "ptt": one.ptt,
            "delivered_at": one.delivered_at,
            "left_at": one.left_at,
            "operator": one.operator or None,
        }
        for line, one in receipts.items()
    ]
    connection.execute(insert(schema.receipt), rows)


def open_calls(journal: Journal, record: Record) -> Iterator[OpenCall]:
    """The calls of an edition with messages whose fate is open, in their order; memory does not grow with their number."""
    chunk = schema.chunk.c
    waiting = (
        select(_fate.call, func.count().label("messages"))
        .outerjoin(schema.receipt, and_(_its_receipt, _receipt.delivery != _WAITING))
        .where(_fate.campaign == record.id, _fate.fate == "accepted", _receipt.line.is_(None))
        .group_by(_fate.call)
        .subquery()
    )
    question = (
        select(chunk.id, chunk.claimed_at, chunk.settled_at, chunk.ids, waiting.c.messages)
        .join(waiting, waiting.c.call == chunk.id)
        .where(chunk.campaign == record.id)
        .order_by(chunk.id)
    )
    begun = record.begun_at or record.created_at
    with journal.reading() as connection, connection.execute(question, execution_options=STREAM) as rows:
        for row in rows:
            made = row.claimed_at or begun
            recorded = max(row.settled_at or made, made)
            yield OpenCall(tag_of(record.tag, row.id), made, recorded, row.messages, ids_of(row.ids))


def closed_ids(journal: Journal, record: Record, start: datetime, end: datetime) -> frozenset[int]:
    """The ids of receipts that are final, of the calls made in between."""
    chunk = schema.chunk.c
    calls = select(chunk.id).where(
        chunk.campaign == record.id, or_(chunk.claimed_at.is_(None), chunk.claimed_at.between(start, end))
    )
    known = (
        select(_receipt.id)
        .select_from(schema.fate)
        .join(schema.receipt, _its_receipt)
        .where(_fate.campaign == record.id, _fate.call.in_(calls), _receipt.delivery.in_(_FINAL))
    )
    with journal.reading() as connection:
        return frozenset(connection.execute(known).scalars())


_FINAL = [one.value for one in FINAL]


def standing(journal: Journal, records: Iterable[Record]) -> Standing:
    """How many of these editions' accepted messages there are, and of how many nothing more is to come."""
    accepted = final = 0
    closed = and_(_its_receipt, _receipt.delivery != _WAITING)
    with journal.reading() as connection:
        for record in records:
            row = connection.execute(
                select(func.count(), func.count(_receipt.line))
                .select_from(schema.fate)
                .outerjoin(schema.receipt, closed)
                .where(_fate.campaign == record.id, _fate.fate == "accepted")
            ).one()
            accepted, final = accepted + row[0], final + row[1]
    return Standing(accepted, final)


def give_up(journal: Journal, record: Record, before: datetime, *, code: int) -> int:
    """What was called before that moment and has no last word is `unknown` from now on, for the reason of that code.

    Of `NEVER_SHOWN` only what has no receipt at all. Says how many. A receipt that comes all the same takes its place.
    """
    chunk = schema.chunk.c
    made = func.coalesce(chunk.claimed_at, literal(record.begun_at, chunk.claimed_at.type))
    calls = select(chunk.id).where(chunk.campaign == record.id, made < before)
    late = and_(_fate.campaign == record.id, _fate.fate == "accepted", _fate.call.in_(calls))
    lines = select(_fate.line).where(late)
    missing = (
        select(_fate.campaign, _fate.line, literal(0), literal(_UNKNOWN), literal(code))
        .outerjoin(schema.receipt, _its_receipt)
        .where(late, _receipt.line.is_(None))
    )
    columns = ("campaign", "line", "id", "delivery", "ptt")
    with journal.writing(together=True) as connection:
        given = connection.execute(insert(schema.receipt).from_select(columns, missing)).rowcount
        if code == HISTORY_OVER:
            waits = and_(
                _receipt.campaign == record.id, _receipt.delivery == _WAITING, _receipt.line.in_(lines)
            )
            changed = update(schema.receipt).where(waits).values(delivery=_UNKNOWN, ptt=code)
            given += connection.execute(changed).rowcount
    return int(given)
