"""What the journal answers: every row with what became of it, samples of the plan, and where the campaign stands."""

from __future__ import annotations

import heapq
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal
from operator import attrgetter
from typing import Any

from sqlalchemy import Select, and_, delete, func, insert, select

from smscampaign.journal import schema
from smscampaign.journal.calls import tag_of
from smscampaign.journal.store import STREAM, Journal, Record
from smscampaign.model import (
    Answer,
    CountryCount,
    Delivery,
    DeliveryReceipt,
    Encoding,
    Message,
    Reason,
    Recipient,
    Status,
    Tally,
    Text,
)

#: A call that is being made, seen by somebody else than who makes it, may or may not have arrived.
_STATUS = {
    "pending": Status.PENDING,
    "sending": Status.IN_DOUBT,
    "accepted": Status.ACCEPTED,
    "refused": Status.REFUSED,
    "in-doubt": Status.IN_DOUBT,
    "cancelled": Status.CANCELLED,
}


def answers(journal: Journal, record: Record) -> Iterator[Answer]:
    """One answer for each data row of the file, in the file's order; memory does not grow with their number."""
    rates = stored_rates(journal, record)
    with journal.reading() as connection, journal.reading() as other:
        messages = connection.execute(_messages(record), execution_options=STREAM)
        rejections = other.execute(_rejections(record), execution_options=STREAM)
        yield from heapq.merge(
            (_message_answer(row, record, rates) for row in messages),
            (_rejection_answer(row) for row in rejections),
            key=attrgetter("line"),
        )


def sample(journal: Journal, record: Record, count: int) -> list[Message]:
    """The first messages of the plan."""
    message, text = schema.message, schema.text
    with journal.reading() as connection:
        rows = connection.execute(
            select(message.c.line, message.c.msisdn, message.c.country, text)
            .join(text, and_(text.c.campaign == message.c.campaign, text.c.id == message.c.text))
            .where(message.c.campaign == record.id)
            .order_by(message.c.line)
            .limit(count)
        ).all()
    return [Message(row.line, Recipient(f"+{row.msisdn}", row.country), _text(row)) for row in rows]


def tally(journal: Journal, record: Record) -> Tally:
    """Where the campaign stands, in messages, calls and credits."""
    chunk, receipt = schema.chunk, schema.receipt
    with journal.reading() as connection:
        states = connection.execute(
            select(
                chunk.c.state,
                func.count().label("chunks"),
                func.sum(chunk.c.receivers).label("receivers"),
                func.sum(chunk.c.credits).label("credits"),
                func.count(chunk.c.credits).label("priced"),
            )
            .where(chunk.c.campaign == record.id)
            .group_by(chunk.c.state)
        ).all()
        messages = Counter({_STATUS[row.state]: 0 for row in states})
        for row in states:
            messages[_STATUS[row.state]] += int(row.receivers)
        for state, status, count in connection.execute(_exceptions(record)):
            messages[_STATUS[state]] -= count
            messages[Status(status)] += count
        for reason, count in connection.execute(_reasons(record)):
            messages[Reason(reason).status] += count
        deliveries = connection.execute(
            select(receipt.c.delivery, func.count())
            .where(receipt.c.campaign == record.id)
            .group_by(receipt.c.delivery)
        ).all()
    return Tally(
        messages={status: messages[status] for status in Status if messages[status]},
        chunks={row.state: row.chunks for row in states},
        deliveries={Delivery(name): count for name, count in deliveries},
        credits=sum((row.credits for row in states if row.credits is not None), Decimal(0)),
        unpriced=sum(row.chunks - row.priced for row in states if row.state == "accepted"),
    )


def waiting(journal: Journal, record: Record, *, limit: int | None) -> list[CountryCount]:
    """What is pending by country, or the first `limit` rows of it."""
    chunk, message, text = schema.chunk, schema.message, schema.text
    pending = (
        select(message.c.country, text.c.parts)
        .join(text, and_(text.c.campaign == message.c.campaign, text.c.id == message.c.text))
        .join(
            chunk,
            and_(
                chunk.c.campaign == message.c.campaign,
                chunk.c.text == message.c.text,
                message.c.line.between(chunk.c.first_line, chunk.c.last_line),
            ),
        )
        .where(message.c.campaign == record.id, chunk.c.state == "pending")
        .order_by(message.c.line)
        .limit(limit)
        .subquery()
    )
    with journal.reading() as connection:
        rows = connection.execute(
            select(pending.c.country, func.count(), func.sum(pending.c.parts)).group_by(pending.c.country)
        )
        return [CountryCount(country, messages, int(parts)) for country, messages, parts in rows]


def doubts(journal: Journal, record: Record) -> list[tuple[str, int, str]]:
    """The calls in doubt as (tag, receivers, why)."""
    chunk = schema.chunk
    with journal.reading() as connection:
        rows = connection.execute(
            select(chunk.c.id, chunk.c.receivers, chunk.c.detail)
            .where(chunk.c.campaign == record.id, chunk.c.state.in_(["in-doubt", "sending"]))
            .order_by(chunk.c.id)
        ).all()
    return [(tag_of(record.tag, row.id), row.receivers, row.detail or "being sent") for row in rows]


def accepted_calls(journal: Journal, record: Record) -> list[tuple[str, int]]:
    """The accepted calls that still have messages without a final receipt, as (tag, accepted receivers)."""
    chunk, message, receipt = schema.chunk, schema.message, schema.receipt
    final = select(func.count()).where(
        receipt.c.campaign == chunk.c.campaign,
        receipt.c.delivery != Delivery.WAITING.value,
        message.c.campaign == receipt.c.campaign,
        message.c.line == receipt.c.line,
        message.c.text == chunk.c.text,
        message.c.line.between(chunk.c.first_line, chunk.c.last_line),
    )
    refused = select(func.count()).where(
        schema.verdict.c.campaign == chunk.c.campaign,
        schema.verdict.c.status == Status.REFUSED.value,
        message.c.campaign == chunk.c.campaign,
        message.c.line == schema.verdict.c.line,
        message.c.text == chunk.c.text,
        message.c.line.between(chunk.c.first_line, chunk.c.last_line),
    )
    with journal.reading() as connection:
        rows = connection.execute(
            select(
                chunk.c.id,
                chunk.c.receivers,
                final.scalar_subquery().label("final"),
                refused.scalar_subquery().label("refused"),
            )
            .where(chunk.c.campaign == record.id, chunk.c.state == "accepted")
            .order_by(chunk.c.id)
        ).all()
    return [
        (tag_of(record.tag, row.id), row.receivers - row.refused)
        for row in rows
        if row.final < row.receivers - row.refused
    ]


def keep_receipts(journal: Journal, record: Record, receipts: list[DeliveryReceipt]) -> int:
    """Attach receipts to the campaign's messages by number; says how many were ours."""
    message, table = schema.message, schema.receipt
    by_number = {int(one.msisdn): one for one in receipts}
    with journal.writing() as connection:
        rows = connection.execute(
            select(message.c.line, message.c.msisdn).where(
                message.c.campaign == record.id, message.c.msisdn.in_(list(by_number))
            )
        ).all()
        if not rows:
            return 0
        connection.execute(
            delete(table).where(table.c.campaign == record.id, table.c.line.in_([row.line for row in rows]))
        )
        connection.execute(
            insert(table), [_receipt_row(record, row.line, by_number[row.msisdn]) for row in rows]
        )
    return len(rows)


def keep_rates(journal: Journal, record: Record, rates: Mapping[str, Decimal]) -> None:
    """The rates this campaign was shown with."""
    if not rates:
        return
    with journal.writing() as connection:
        connection.execute(delete(schema.rate).where(schema.rate.c.campaign == record.id))
        connection.execute(
            insert(schema.rate),
            [
                {"campaign": record.id, "country": country, "credits": credits}
                for country, credits in rates.items()
            ],
        )


def stored_rates(journal: Journal, record: Record) -> dict[str, Decimal]:
    """Credits per part by destination country, as far as known."""
    with journal.reading() as connection:
        rows = connection.execute(
            select(schema.rate.c.country, schema.rate.c.credits).where(schema.rate.c.campaign == record.id)
        )
        return {row.country: row.credits for row in rows}


def _messages(record: Record) -> Select[Any]:
    message, text, verdict, receipt = schema.message, schema.text, schema.verdict, schema.receipt
    chunk, inner = schema.chunk, schema.chunk.alias("inner")
    # By its id: joined by text and first row, SQLite reads all chunks for each message.
    mine = (
        select(inner.c.id)
        .where(
            inner.c.campaign == message.c.campaign,
            inner.c.text == message.c.text,
            inner.c.first_line <= message.c.line,
        )
        .order_by(inner.c.first_line.desc())
        .limit(1)
        .scalar_subquery()
        .correlate(message)
    )
    return (
        select(
            message.c.line,
            message.c.msisdn,
            message.c.country,
            text.c.body,
            text.c.encoding,
            text.c.units,
            text.c.parts,
            chunk.c.id.label("chunk"),
            chunk.c.state,
            chunk.c.detail,
            chunk.c.claimed_at,
            chunk.c.receivers,
            chunk.c.ids,
            verdict.c.status.label("verdict"),
            verdict.c.detail.label("verdict_detail"),
            receipt.c.id.label("sms_id"),
            receipt.c.delivery,
            receipt.c.delivered_at,
        )
        .join(text, and_(text.c.campaign == message.c.campaign, text.c.id == message.c.text))
        .outerjoin(chunk, and_(chunk.c.campaign == message.c.campaign, chunk.c.id == mine))
        .outerjoin(verdict, and_(verdict.c.campaign == message.c.campaign, verdict.c.line == message.c.line))
        .outerjoin(receipt, and_(receipt.c.campaign == message.c.campaign, receipt.c.line == message.c.line))
        .where(message.c.campaign == record.id)
        .order_by(message.c.line)
    )


def _rejections(record: Record) -> Select[Any]:
    table = schema.rejection
    return (
        select(table.c.line, table.c.reason, table.c.detail)
        .where(table.c.campaign == record.id)
        .order_by(table.c.line)
    )


def _exceptions(record: Record) -> Select[Any]:
    message, chunk, verdict = schema.message, schema.chunk, schema.verdict
    return (
        select(chunk.c.state, verdict.c.status, func.count())
        .select_from(verdict)
        .join(message, and_(message.c.campaign == verdict.c.campaign, message.c.line == verdict.c.line))
        .join(
            chunk,
            and_(
                chunk.c.campaign == message.c.campaign,
                chunk.c.text == message.c.text,
                message.c.line.between(chunk.c.first_line, chunk.c.last_line),
            ),
        )
        .where(verdict.c.campaign == record.id)
        .group_by(chunk.c.state, verdict.c.status)
    )


def _reasons(record: Record) -> Select[Any]:
    table = schema.rejection
    return select(table.c.reason, func.count()).where(table.c.campaign == record.id).group_by(table.c.reason)


def _message_answer(row: Any, record: Record, rates: Mapping[str, Decimal]) -> Answer:
    status = Status(row.verdict) if row.verdict else _STATUS[row.state or "pending"]
    reason = row.verdict_detail if row.verdict else row.detail
    rate = rates.get(row.country)
    accepted = status is Status.ACCEPTED
    return Answer(
        line=row.line,
        status=status,
        reason=("" if accepted else reason) or "",
        recipient=Recipient(f"+{row.msisdn}", row.country),
        text=_text(row),
        credits=None if rate is None or status is Status.REFUSED else schema.plain(rate * row.parts),
        tag=tag_of(record.tag, row.chunk) if row.claimed_at else "",
        id=row.sms_id or (_only_id(row) if accepted else None),
        sent_at=row.claimed_at if accepted else None,
        delivery=(Delivery(row.delivery) if row.delivery else Delivery.WAITING) if accepted else None,
        delivered_at=row.delivered_at,
    )


def _only_id(row: Any) -> int | None:
    # With several receivers nobody says which id is whose; with one there is nothing to mistake.
    ids = json.loads(row.ids) if row.receivers == 1 and row.ids else []
    return ids[0] if len(ids) == 1 else None


def _rejection_answer(row: Any) -> Answer:
    reason = Reason(row.reason)
    return Answer(line=row.line, status=reason.status, reason=f"{reason}: {row.detail}")


def _text(row: Any) -> Text:
    return Text(row.body, Encoding(row.encoding), row.units, row.parts)


def _receipt_row(record: Record, line: int, one: DeliveryReceipt) -> dict[str, Any]:
    return {
        "campaign": record.id,
        "line": line,
        "id": one.id,
        "delivery": one.delivery.value,
        "ptt": one.ptt,
        "delivered_at": one.delivered_at,
    }
