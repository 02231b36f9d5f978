"""What became of a campaign in figures, over the editions of its series: one answer for reports, commands and notebooks.

The rows are those of the newest edition's file. Whoever has the campaign from an earlier edition is counted by that
message, also where the newest file does not name him any more. Everything is added up by the database.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    and_,
    case,
    exists,
    func,
    not_,
    or_,
    select,
    type_coerce,
)

from smscampaign.journal import aftermath, replies, schema
from smscampaign.journal.fates import HAD, OPEN, same_holder, status_of, tally
from smscampaign.journal.figures import (
    Answered,
    Because,
    Bill,
    Doubted,
    Group,
    Outcomes,
    Times,
    Unsent,
)
from smscampaign.journal.store import Journal, Record
from smscampaign.journal.values import Credits, plain
from smscampaign.model import Delivery, Reason, Status

#: A picture has at most so many bars; the first of these sizes that needs no more of them is taken.
MOST_BUCKETS = 60
SIZES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 3 * 60, 6 * 60, 24 * 60, 7 * 24 * 60))

#: Sentences of OVHcloud and of ours that are counted one by one; the rarer ones are counted together.
MOST_SENTENCES = 20

_MICROSECOND = timedelta(microseconds=1)


def outcomes(journal: Journal, record: Record, *, ahead: timedelta = timedelta(0)) -> Outcomes:
    """The figures of a campaign as its journal knows them now.

    `ahead`: by how much the reader's clock is ahead of UTC, so that days begin at his midnight.
    """
    series = _series(journal, record)
    tallies = [tally(journal, one) for one in series]
    ids, answered = [one.id for one in series], _answered(journal, series)
    with journal.reading() as connection:
        people = _people(connection, record, series)
        first, last = _made(connection, ids)
        return Outcomes(
            editions=sum(one.begun_at is not None for one in series),
            first=first,
            last=last,
            groups=_groups(connection, people),
            unsent=_unsent(connection, record),
            because=_because(connection, people),
            times=_times(connection, people, ahead),
            bill=_bill(
                connection,
                ids,
                charged=sum((one.credits for one in tallies), Decimal(0)),
                unpriced=sum(one.unpriced for one in tallies),
            ),
            answered=answered,
            doubted=_doubted(connection, ids),
        )


def _series(journal: Journal, record: Record) -> list[Record]:
    """The editions that have begun, and this one."""
    begun = [
        one
        for one in journal.editions(record.inputs.name)
        if one.series == record.series and one.begun_at and one.id != record.id
    ]
    return [*begun, record]


def _people(connection: Connection, record: Record, series: Sequence[Record]) -> ColumnElement[bool]:
    """Which messages of the view `fate` count: each row's, and those that reached somebody, or may have, before."""
    fate, rejection = schema.fate, schema.rejection.c
    ours = fate.c.campaign == record.id
    named = select(rejection.edition).where(rejection.campaign == record.id, rejection.edition.is_not(None))
    others = {one.id for one in series} | set(connection.execute(named.distinct()).scalars())
    if not (others := others - {record.id}):
        return ours
    here = exists().where(
        rejection.campaign == record.id,
        rejection.edition == fate.c.campaign,
        rejection.edition_line == fate.c.line,
    )
    had: ColumnElement[bool] = fate.c.fate.in_(HAD)
    if any(one.kind.value == "retry" for one in series):
        had = and_(had, *_not_retried([one.id for one in series], record))
    return or_(ours, and_(fate.c.campaign.in_(others), or_(here, had)))


def _not_retried(series: Sequence[int], record: Record) -> list[ColumnElement[bool]]:
    """Who had it twice, because the first one failed, is counted by the last."""
    later = schema.fate.alias("later")
    return [
        not_(
            exists().where(
                later.c.campaign.in_(series),
                later.c.campaign > schema.fate.c.campaign,
                same,
                or_(later.c.campaign == record.id, later.c.fate.in_(HAD)),
            )
        )
        for same in same_holder(later, schema.fate)
    ]


def _made(connection: Connection, ids: Sequence[int]) -> tuple[datetime | None, datetime | None]:
    chunk = schema.chunk.c
    made = (chunk.campaign.in_(ids), chunk.state.in_(["accepted", *OPEN]))
    row = connection.execute(select(func.min(chunk.claimed_at), func.max(chunk.claimed_at)).where(*made))
    first, last = row.one()
    return first, last


def _groups(connection: Connection, people: ColumnElement[bool]) -> tuple[Group, ...]:
    fate, text, receipt, rate = schema.fate.c, schema.text.c, schema.receipt.c, schema.rate.c
    key = (fate.fate, fate.country, receipt.delivery, receipt.ptt, receipt.operator, rate.credits)
    question = (
        select(*key, func.count().label("messages"), func.sum(text.parts).label("parts"))
        .select_from(schema.fate)
        .join(schema.text, and_(text.campaign == fate.campaign, text.id == fate.text))
        .outerjoin(schema.receipt, and_(receipt.campaign == fate.campaign, receipt.line == fate.line))
        .outerjoin(schema.rate, and_(rate.campaign == fate.campaign, rate.country == fate.country))
        .where(people)
        .group_by(*key)
    )
    return tuple(map(_group, connection.execute(question).all()))


def _group(row: Any) -> Group:
    status, delivery = status_of(row.fate or "pending"), None
    if status is Status.ACCEPTED:
        delivery = Delivery(row.delivery) if row.delivery else Delivery.WAITING
    accepted, parts = delivery is not None, int(row.parts)
    return Group(
        status,
        row.country,
        delivery,
        row.ptt if accepted else None,
        (row.operator or "") if accepted else "",
        row.messages,
        parts,
        None if row.credits is None else plain(row.credits * parts),
    )


def _unsent(connection: Connection, record: Record) -> tuple[Unsent, ...]:
    rejection = schema.rejection.c
    question = (
        select(rejection.reason, func.count().label("rows"), func.min(rejection.line))
        .where(rejection.campaign == record.id, rejection.edition.is_(None))
        .group_by(rejection.reason)
        .order_by(func.count().desc(), rejection.reason)
    )
    return tuple(Unsent(Reason(reason), rows, line) for reason, rows, line in connection.execute(question))


def _because(connection: Connection, people: ColumnElement[bool]) -> tuple[Because, ...]:
    """What is said beside messages that are not accepted, the commonest first."""
    fate = schema.fate.c
    question = (
        select(fate.fate, fate.detail, func.count())
        .where(people, fate.fate.not_in(["accepted", "pending"]))
        .group_by(fate.fate, fate.detail)
        .order_by(func.count().desc(), fate.fate, fate.detail)
    )
    found, rarer = [], Counter[Status]()
    for place, (one, detail, messages) in enumerate(connection.execute(question)):
        if place < MOST_SENTENCES:
            found.append(Because(status_of(one), detail or "", messages))
        else:
            rarer[status_of(one)] += messages
    return (*found, *(Because(status, "", messages) for status, messages in rarer.items()))


def _times(connection: Connection, people: ColumnElement[bool], ahead: timedelta) -> Times:
    fate, receipt = schema.fate.c, schema.receipt.c
    left = func.coalesce(
        type_coerce(receipt.left_at, BigInteger), type_coerce(fate.claimed_at, BigInteger), type_=BigInteger
    )
    arrived = case(
        (receipt.delivery == Delivery.DELIVERED.value, type_coerce(receipt.delivered_at, BigInteger))
    )
    undated = and_(receipt.delivery == Delivery.DELIVERED.value, receipt.delivered_at.is_(None))
    same = and_(receipt.campaign == fate.campaign, receipt.line == fate.line)

    def asked(*columns: ColumnElement[Any]) -> Select[Any]:
        accepted = (people, fate.fate == "accepted")
        return select(*columns).select_from(schema.fate).outerjoin(schema.receipt, same).where(*accepted)

    edges = [func.min(left), func.min(arrived), func.max(left), func.max(arrived)]
    *moments, unknown = connection.execute(asked(*edges, func.count(case((undated, 1))))).one()
    known = [one for one in moments if one is not None]
    if not known:
        return Times(None, SIZES[0], (), (), unknown)
    shift = ahead // _MICROSECOND
    size = _size(min(known) + shift, max(known) + shift)
    start, end = ((one + shift) // size for one in (min(known), max(known)))

    def counted(moment: ColumnElement[Any]) -> tuple[int, ...]:
        bucket = ((moment + shift) // size).label("bucket")
        rows = connection.execute(asked(bucket, func.count()).where(moment.is_not(None)).group_by(bucket))
        found = {int(place): number for place, number in rows}
        return tuple(found.get(one, 0) for one in range(start, end + 1))

    begins = datetime.fromtimestamp((start * size - shift) / 1_000_000, UTC)
    return Times(begins, size * _MICROSECOND, counted(left), counted(arrived), unknown)


def _size(start: int, end: int) -> int:
    """The width of a step in microseconds."""
    sizes = [one // _MICROSECOND for one in SIZES]
    return next((one for one in sizes if end // one - start // one < MOST_BUCKETS), sizes[-1])


def _bill(connection: Connection, ids: Sequence[int], *, charged: Decimal, unpriced: int) -> Bill:
    """Call by call, added up: of each call what those of its messages that OVHcloud took cost by the rates."""
    fate, text, rate, chunk = schema.fate.c, schema.text.c, schema.rate.c, schema.chunk.c
    price = type_coerce(rate.credits, BigInteger)
    calls = (
        select(
            type_coerce(chunk.credits, BigInteger).label("billed"),
            func.sum(text.parts * price).label("forecast"),
        )
        .select_from(schema.chunk)
        .join(schema.fate, and_(fate.campaign == chunk.campaign, fate.call == chunk.id))
        .join(schema.text, and_(text.campaign == fate.campaign, text.id == fate.text))
        .outerjoin(schema.rate, and_(rate.campaign == fate.campaign, rate.country == fate.country))
        .where(chunk.campaign.in_(ids), chunk.credits.is_not(None), fate.fate.in_(["accepted", "cancelled"]))
        .group_by(chunk.campaign, chunk.id, chunk.credits)
        .having(func.count(rate.credits) == func.count())
        .subquery()
    )
    off = func.abs(calls.c.billed - calls.c.forecast)
    sums = (func.sum(calls.c.forecast), func.sum(calls.c.billed))
    compared, forecast, billed, differing, furthest = connection.execute(
        select(func.count(), *sums, func.count(case((off != 0, 1))), func.max(off)).select_from(calls)
    ).one()
    return Bill(
        charged, unpriced, compared, _credits(forecast), _credits(billed), differing, _credits(furthest)
    )


def _credits(millionths: Any) -> Decimal:
    return plain(Decimal(int(millionths or 0)) / Credits.SCALE)


def _answered(journal: Journal, series: Sequence[Record]) -> Answered | None:
    with journal.reading() as connection:
        if not aftermath.has(connection, aftermath.reply):
            return None
    found = replies.counts(journal, series)
    return Answered(found.people, found.stopped, found.replies, found.possible)


def _doubted(connection: Connection, ids: Sequence[int]) -> tuple[Doubted, ...]:
    """The calls that were ever in doubt, by what was found out about them or decided."""
    event, chunk = schema.event.c, schema.chunk.c
    doubted, decided, back = (
        func.max(case((event.what == what, event.id))) for what in ("in-doubt", "decided", "pending")
    )
    told = (
        select(event.campaign, event.chunk, doubted.label("doubted"), decided.label("decided"))
        .add_columns(back.label("back"))
        .where(event.campaign.in_(ids), event.what.in_(["in-doubt", "decided", "pending"]))
        .where(event.chunk.is_not(None))
        .group_by(event.campaign, event.chunk)
        .having(doubted.is_not(None))
        .subquery()
    )
    again = func.coalesce(told.c.back, 0) > told.c.doubted
    became = case(
        (chunk.state.in_(OPEN), "open"),
        (and_(told.c.decided.is_not(None), again), "resent"),
        (told.c.decided.is_not(None), "assumed-sent"),
        (again, "not-there"),
        else_="found",
    ).label("became")
    question = (
        select(became, func.count(), func.sum(chunk.receivers))
        .select_from(told)
        .join(schema.chunk, and_(chunk.campaign == told.c.campaign, chunk.id == told.c.chunk))
        .group_by(became)
        .order_by(became)
    )
    return tuple(Doubted(one, calls, int(people)) for one, calls, people in connection.execute(question))
