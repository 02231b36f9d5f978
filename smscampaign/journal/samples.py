"""Messages of a plan worth looking at before they leave, and those that could be cheaper."""

from __future__ import annotations

import random
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, and_, func, literal, select

from smscampaign.journal import schema
from smscampaign.journal.facts import text_of
from smscampaign.journal.store import STREAM, Journal, Record
from smscampaign.journal.values import Credits
from smscampaign.model import Encoding, Message, Recipient, Text

KINDS = ("first", "longest", "shortest", "costliest", "random")
"""What `pick` knows besides a row of the file."""


def pick(
    journal: Journal, record: Record, kind: str, *, chance: random.Random | None = None
) -> Message | None:
    """The first message, the longest or shortest by its units, the costliest by its credits, or any; None of an empty plan.

    Costliest is parts times the stored rate of the destination; a rate that is not known counts as 1.
    """
    message, text, rate = schema.message, schema.text, schema.rate
    units, cost = (
        text.c.units,
        text.c.parts * func.coalesce(rate.c.credits, literal(Decimal(1), Credits())),
    )
    question = _messages(record).outerjoin(
        rate, and_(rate.c.campaign == message.c.campaign, rate.c.country == message.c.country)
    )
    orders: dict[str, tuple[Any, ...]] = {
        "first": (),
        "longest": (text.c.parts.desc(), units.desc()),
        "shortest": (text.c.parts, units),
        "costliest": (cost.desc(), units.desc()),
        "random": (),
    }
    chosen = _question(question, record).order_by(*orders[kind], message.c.line).limit(1)
    if kind == "random":
        chosen = chosen.offset((chance or random.Random()).randrange(max(_count(journal, record), 1)))
    return _one(journal, chosen)


def at_row(journal: Journal, record: Record, line: int) -> Message | None:
    """The message of a row of the file, or None when that row is not sent."""
    return _one(journal, _question(_messages(record), record).where(schema.message.c.line == line))


def shapes(journal: Journal, record: Record) -> list[Message]:
    """One message for each shape of text, a shape being an encoding and a number of parts; in the order of the file."""
    message, text = schema.message, schema.text
    with journal.reading() as connection:
        lines = connection.execute(
            select(func.min(message.c.line))
            .select_from(_messages(record))
            .where(message.c.campaign == record.id)
            .group_by(text.c.encoding, text.c.parts)
        ).scalars()
        found = connection.execute(
            _question(_messages(record), record)
            .where(message.c.line.in_(sorted(lines)))
            .order_by(message.c.line)
        ).all()
    return [_message(row) for row in found]


def costly(journal: Journal, record: Record) -> Iterator[tuple[int, str, Text]]:
    """What could be cheaper, in UCS-2 or of more than one part, as (row, country, text) in the file's order; it streams."""
    text = schema.text
    question = (
        _question(_messages(record), record)
        .where((text.c.encoding == Encoding.UCS2.value) | (text.c.parts > 1))
        .order_by(schema.message.c.line)
    )
    with journal.reading() as connection:
        for row in connection.execute(question, execution_options=STREAM):
            yield row.line, row.country, text_of(row)


def _messages(record: Record) -> Any:
    message, text = schema.message, schema.text
    return message.join(text, and_(text.c.campaign == message.c.campaign, text.c.id == message.c.text))


def _question(source: Any, record: Record) -> Select[Any]:
    message, text = schema.message, schema.text
    columns = (message.c.line, message.c.msisdn, message.c.country)
    return (
        select(*columns, text.c.body, text.c.encoding, text.c.units, text.c.parts)
        .select_from(source)
        .where(message.c.campaign == record.id)
    )


def _count(journal: Journal, record: Record) -> int:
    question = select(func.count()).where(schema.message.c.campaign == record.id)
    with journal.reading() as connection:
        return connection.execute(question).scalar_one()


def _one(journal: Journal, question: Select[Any]) -> Message | None:
    with journal.reading() as connection:
        row = connection.execute(question).one_or_none()
    return None if row is None else _message(row)


def _message(row: Any) -> Message:
    return Message(row.line, Recipient(f"+{row.msisdn}", row.country), text_of(row))
