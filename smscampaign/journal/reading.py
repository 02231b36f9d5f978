"""What the journal answers: samples of the plan, where the campaign stands, what OVHcloud said of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Select, and_, delete, func, insert, select

from smscampaign.journal import schema, statements
from smscampaign.journal.calls import tag_of
from smscampaign.journal.plan import stored_summary
from smscampaign.journal.store import STREAM, Journal, Record
from smscampaign.model import (
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

_OWN_FATE = and_(
    schema.verdict.c.campaign == schema.message.c.campaign, schema.verdict.c.line == schema.message.c.line
)

#: A call that is being made, seen by somebody else than who makes it, may or may not have arrived.
STATUS = {
    "pending": Status.PENDING,
    "sending": Status.IN_DOUBT,
    "accepted": Status.ACCEPTED,
    "refused": Status.REFUSED,
    "in-doubt": Status.IN_DOUBT,
    "cancelled": Status.CANCELLED,
}


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


def text_uses(journal: Journal, record: Record) -> Iterator[tuple[Text, int, int]]:
    """Each distinct text with the first row that carries it and the number of messages that do; memory does not grow."""
    message, text = schema.message, schema.text
    uses = (
        select(message.c.text, func.min(message.c.line).label("line"), func.count().label("messages"))
        .where(message.c.campaign == record.id)
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


#: Up to so many calls that are no longer pending, the others are counted as what they leave of the plan: adding up the
#: million that wait takes a second, those few nothing.
FEW = 100_000


def tally(journal: Journal, record: Record) -> Tally:
    """Where the campaign stands, in messages, calls and credits."""
    with journal.reading() as connection:
        return tally_in(connection, record)


def tally_in(connection: Connection, record: Record) -> Tally:
    """The same, as one state of the journal has it."""
    chunk, receipt = schema.chunk, schema.receipt
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
    messages = Counter({STATUS[row.state]: 0 for row in states})
    for row in states:
        messages[STATUS[row.state]] += int(row.receivers)
    for state, status, count in connection.execute(_exceptions(record)):
        messages[STATUS[state]] -= count
        messages[Status(status)] += count
    for reason, count in connection.execute(_reasons(record)):
        messages[Reason(reason).status] += count
    in_part = connection.execute(_unpriced_parts(record)).scalar_one()
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
        unpriced=sum(row.chunks - row.priced for row in states if row.state == "accepted") + in_part,
    )


def waiting(journal: Journal, record: Record, *, limit: int | None) -> list[CountryCount]:
    """What is pending by country, or the first `limit` rows of it."""
    chunk, message, text = schema.chunk, schema.message, schema.text
    calls = select(chunk.c.id).where(chunk.c.campaign == record.id)
    with journal.reading() as connection:
        if limit is None:
            gone = calls.where(chunk.c.state.in_([one for one in STATUS if one != "pending"]))
            few = connection.execute(gone.offset(FEW).limit(1)).first() is None
            left = calls.where(chunk.c.state == "pending")
            if few and record.summary is not None:
                planned = _less(stored_summary(record).countries, _by_country(connection, record, gone))
            else:
                planned = _by_country(connection, record, left)
            # Of a call that was found in part, whom OVHcloud has waits for nothing.
            return _less(planned, _decided_by_country(connection, record))
        first = (
            select(message.c.country, text.c.parts)
            .join(text, and_(text.c.campaign == message.c.campaign, text.c.id == message.c.text))
            .join(chunk, statements.MEMBER)
            .outerjoin(schema.verdict, _OWN_FATE)
            .where(
                message.c.campaign == record.id,
                chunk.c.state == "pending",
                schema.verdict.c.line.is_(None),
            )
            .order_by(message.c.line)
            .limit(limit)
            .subquery()
        )
        rows = connection.execute(
            select(first.c.country, func.count(), func.sum(first.c.parts)).group_by(first.c.country)
        )
        return [CountryCount(country, messages, int(parts)) for country, messages, parts in rows]


def _by_country(connection: Connection, record: Record, calls: Select[int]) -> list[CountryCount]:
    """The messages of some calls by country."""
    chunk, message, text = schema.chunk, schema.message, schema.text
    rows = connection.execute(
        select(message.c.country, func.count(), func.sum(text.c.parts))
        .select_from(chunk)
        .join(text, and_(text.c.campaign == chunk.c.campaign, text.c.id == chunk.c.text))
        .join(message, statements.MEMBER)
        .where(chunk.c.campaign == record.id, chunk.c.id.in_(calls))
        .group_by(message.c.country)
    )
    return [CountryCount(country, messages, int(parts)) for country, messages, parts in rows]


def _decided_by_country(connection: Connection, record: Record) -> list[CountryCount]:
    """The messages of pending calls that are decided already."""
    chunk, message, text, verdict = schema.chunk, schema.message, schema.text, schema.verdict
    mine = and_(chunk.c.campaign == message.c.campaign, chunk.c.id == statements.MINE)
    rows = connection.execute(
        select(message.c.country, func.count(), func.sum(text.c.parts))
        .select_from(verdict)
        .join(message, _OWN_FATE)
        .join(text, and_(text.c.campaign == message.c.campaign, text.c.id == message.c.text))
        .join(chunk, mine)
        .where(verdict.c.campaign == record.id, func.lower(chunk.c.state) == "pending")
        .group_by(message.c.country)
    )
    return [CountryCount(country, messages, int(parts)) for country, messages, parts in rows]


def _less(planned: Iterable[CountryCount], gone: Iterable[CountryCount]) -> list[CountryCount]:
    """What is left of a plan."""
    by_country = {one.country: one for one in gone}
    nothing = CountryCount("", 0, 0)
    pairs = [(one, by_country.get(one.country, nothing)) for one in planned]
    return [
        CountryCount(one.country, one.messages - less.messages, one.parts - less.parts)
        for one, less in pairs
        if one.messages > less.messages
    ]


def doubts(journal: Journal, record: Record) -> list[tuple[str, int, str]]:
    """The calls in doubt as (tag, receivers in doubt, why)."""
    chunk, fate = schema.chunk, statements.fates(record.id)
    decided = func.coalesce(fate.c.decided, 0)
    with journal.reading() as connection:
        rows = connection.execute(
            select(chunk.c.id, (chunk.c.receivers - decided).label("receivers"), chunk.c.detail)
            .outerjoin(fate, fate.c.chunk == chunk.c.id)
            .where(chunk.c.campaign == record.id, chunk.c.state.in_(["in-doubt", "sending"]))
            .order_by(chunk.c.id)
        ).all()
    return [(tag_of(record.tag, row.id), row.receivers, row.detail or "being sent") for row in rows]


def accepted_calls(journal: Journal, record: Record) -> list[tuple[str, int]]:
    """The calls with accepted messages that lack a final receipt, as (tag, accepted receivers), whatever the rest became."""
    chunk, message, receipt = schema.chunk, schema.message, schema.receipt
    final = select(func.count()).where(
        receipt.c.campaign == chunk.c.campaign,
        receipt.c.delivery != Delivery.WAITING.value,
        message.c.campaign == receipt.c.campaign,
        message.c.line == receipt.c.line,
        message.c.text == chunk.c.text,
        message.c.line.between(chunk.c.first_line, chunk.c.last_line),
    )
    fate = statements.fates(record.id)
    taken = statements.taken(fate)
    with journal.reading() as connection:
        rows = connection.execute(
            select(chunk.c.id, taken.label("taken"), final.scalar_subquery().label("final"))
            .outerjoin(fate, fate.c.chunk == chunk.c.id)
            .where(chunk.c.campaign == record.id, taken > 0)
            .order_by(chunk.c.id)
        ).all()
    return [(tag_of(record.tag, row.id), row.taken) for row in rows if row.final < row.taken]


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


def _exceptions(record: Record) -> Select[Any]:
    message, chunk, verdict = schema.message, schema.chunk, schema.verdict
    # Not the plain column: SQLite would go through all chunks in the order of its index, to save itself the grouping.
    state = func.lower(chunk.c.state)
    return (
        select(state, verdict.c.status, func.count())
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
        .group_by(state, verdict.c.status)
    )


def _unpriced_parts(record: Record) -> Select[int]:
    """How many calls OVHcloud has in part, by what is known so far, without having told a price."""
    chunk, fate = schema.chunk, statements.fates(record.id)
    return (
        select(func.count())
        .select_from(fate)
        .join(chunk, and_(chunk.c.campaign == record.id, chunk.c.id == fate.c.chunk))
        .where(func.lower(chunk.c.state) != "accepted", chunk.c.credits.is_(None))
        .where(fate.c.taken + fate.c.called > 0)
    )


def _reasons(record: Record) -> Select[Any]:
    table = schema.rejection
    return select(table.c.reason, func.count()).where(table.c.campaign == record.id).group_by(table.c.reason)


def text_of(row: Any) -> Text:
    """The text of a row that holds its four columns."""
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
