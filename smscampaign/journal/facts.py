"""What the journal answers: samples of the plan, where the campaign stands, what OVHcloud said of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import and_, delete, func, insert, or_, select

from smscampaign.journal import schema
from smscampaign.journal.store import STREAM, Journal, Record
from smscampaign.model import Encoding, Message, Recipient, Text


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
    return [Message(row.line, Recipient(f"+{row.msisdn}", row.country), text_of(row)) for row in rows]


def sample_waiting(journal: Journal, record: Record, count: int) -> list[Message]:
    """The first messages of the next pending calls: what would leave first."""
    message, text, chunk = schema.message, schema.text, schema.chunk.c
    pending = select(chunk.id).where(chunk.campaign == record.id, chunk.state == "pending")
    with journal.reading() as connection:
        calls = connection.execute(pending.order_by(chunk.id).limit(count)).scalars().all()
        rows = connection.execute(
            select(message.c.line, message.c.msisdn, message.c.country, text)
            .join(text, and_(text.c.campaign == message.c.campaign, text.c.id == message.c.text))
            .where(message.c.campaign == record.id, message.c.call.in_(calls))
            .order_by(message.c.line)
            .limit(count)
        ).all()
    return [Message(row.line, Recipient(f"+{row.msisdn}", row.country), text_of(row)) for row in rows]


def text_uses(
    journal: Journal,
    record: Record,
    *,
    most: int | None = None,
    holding: Collection[str] = (),
    unshared: bool = False,
) -> Iterator[tuple[Text, int, int]]:
    """Each distinct text with the first row that carries it and the number of messages that do; memory does not grow.

    `most`: so many texts, the first ones of the file; None is all of them. `holding`: those in UCS-2 alone that hold one of
    these signs. `unshared`: no two messages have the same text, which spares counting them.
    """
    if unshared and most is not None:
        yield from ((one.text, one.line, 1) for one in sample(journal, record, most))
        return
    message, text = schema.message, schema.text
    mine = message.c.campaign == record.id
    if holding:
        odd = select(text.c.id).where(
            text.c.campaign == record.id,
            text.c.encoding == Encoding.UCS2,
            or_(*(text.c.body.contains(sign) for sign in holding)),
        )
        with journal.reading() as connection:
            if connection.execute(odd.limit(1)).first() is None:
                return  # which spares reading the messages
        mine = and_(mine, message.c.text.in_(odd))
    if most is not None:
        # The last of them, where there are more: only their messages are counted, instead of all of the plan's.
        ids = select(text.c.id).where(text.c.campaign == record.id).order_by(text.c.id)
        last = ids.limit(1).offset(most - 1).scalar_subquery()
        mine = and_(mine, or_(last.is_(None), message.c.text <= last))
    uses = (
        select(message.c.text, func.min(message.c.line).label("line"), func.count().label("messages"))
        .where(mine)
        .group_by(message.c.text)
        .subquery()
    )
    question = (
        select(text.c.body, text.c.encoding, text.c.units, text.c.parts, uses.c.line, uses.c.messages)
        .join(uses, text.c.id == uses.c.text)
        .where(text.c.campaign == record.id)
    )
    with journal.reading() as connection:
        for row in connection.execute(question, execution_options=STREAM):
            yield text_of(row), row.line, row.messages


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


def text_of(row: Any) -> Text:
    """The text of a row that holds its four columns."""
    return Text(row.body, Encoding(row.encoding), row.units, row.parts)
