"""The statements that run for every call, built once: building one takes SQLAlchemy longer than SQLite takes to run it."""

from __future__ import annotations

from functools import lru_cache

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Subquery,
    Update,
    and_,
    bindparam,
    case,
    func,
    insert,
    literal_column,
    select,
    update,
)

from smscampaign.journal import schema
from smscampaign.model import Status

_chunk, _text, _message, _verdict = schema.chunk, schema.text, schema.message, schema.verdict
_ours = _chunk.c.campaign == bindparam("of")
# Not `ids`: a parameter with a column's name would be a value to set.
_these = _chunk.c.id.in_(bindparam("these", expanding=True))

SERVER_NOW = literal_column("CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)", BigInteger())
"""PostgreSQL's clock, in the microseconds of an `Instant`."""

MEMBER = and_(
    _message.c.campaign == _chunk.c.campaign,
    _message.c.text == _chunk.c.text,
    _message.c.line.between(_chunk.c.first_line, _chunk.c.last_line),
)
"""Which messages a chunk holds."""

_inner = schema.chunk.alias("inner")
# By its id: joined by text and first row, SQLite reads all chunks for each message.
MINE = (
    select(_inner.c.id)
    .where(
        _inner.c.campaign == _message.c.campaign,
        _inner.c.text == _message.c.text,
        _inner.c.first_line <= _message.c.line,
    )
    .order_by(_inner.c.first_line.desc())
    .limit(1)
    .scalar_subquery()
    .correlate(_message)
)
"""The id of the chunk that a message is in."""

NEXT = (
    select(_chunk.c.id)
    .where(_ours, _chunk.c.state == "pending")
    .order_by(_chunk.c.id)
    .limit(bindparam("count"))
)
"""The ids of the first pending chunks."""

NEXT_UP_TO = NEXT.where(_chunk.c.last_line <= bindparam("up_to"))
"""The same, of those that end at a row of the file or before it."""

TAKE, TAKE_UP_TO = NEXT.with_for_update(skip_locked=True), NEXT_UP_TO.with_for_update(skip_locked=True)
"""The same for whoever claims them: what another machine is claiming at this moment is passed over. SQLite has one writer."""

MARK = (
    update(_chunk)
    .where(_ours, _these)
    .values(
        state="sending",
        attempts=_chunk.c.attempts + 1,
        claimed_at=bindparam("at", type_=schema.Instant()),
        detail=None,
        doubted_at=None,
    )
)
"""From now on these chunks may arrive."""

MARK_LEASED = MARK.values(
    driver=bindparam("driver"), lease_until=SERVER_NOW + bindparam("lease", type_=BigInteger())
)
"""The same in a journal that several machines share: claimed by one of them, until a moment of the server's clock."""

HEADS = (
    select(
        _chunk.c.id,
        _chunk.c.claimed_at,
        _chunk.c.doubted_at,
        _chunk.c.attempts,
        _chunk.c.receivers,
        _chunk.c.ids,
        _chunk.c.credits,
        _text.c.body,
        _text.c.parts,
    )
    .join(_text, and_(_text.c.campaign == _chunk.c.campaign, _text.c.id == _chunk.c.text))
    .where(_ours, _these)
    .order_by(_chunk.c.id)
)
"""Chunks with their texts."""

MEMBERS = (
    select(_chunk.c.id, _message.c.line, _message.c.msisdn, _message.c.country)
    .join(_message, MEMBER)
    .outerjoin(_verdict, and_(_verdict.c.campaign == _message.c.campaign, _verdict.c.line == _message.c.line))
    .where(_ours, _these, _verdict.c.line.is_(None))
    .order_by(_chunk.c.id, _message.c.line)
)
"""The messages of chunks about which nothing else was decided."""

TELL = insert(schema.event)
"""One line of the story."""


@lru_cache
def move(*columns: str) -> Update:
    """The change of these columns of one chunk; binds each by its name, the chunk as `of` and `chunk`."""
    changes = {name: bindparam(name, type_=_chunk.c[name].type) for name in columns}
    return update(_chunk).where(_ours, _chunk.c.id == bindparam("chunk")).values(changes)


def fates(campaign: int) -> Subquery:
    """By `chunk`, how many messages have a fate of their own: `taken`, `called` back, `refused`, and `decided` in all."""
    rows = (
        select(MINE.label("chunk"), _verdict.c.status)
        .select_from(_verdict)
        .join(_message, and_(_message.c.campaign == _verdict.c.campaign, _message.c.line == _verdict.c.line))
        .where(_verdict.c.campaign == campaign)
        .subquery("rows_decided")
    )

    def number(status: Status) -> ColumnElement[int]:
        return func.sum(case((rows.c.status == status.value, 1), else_=0))

    return (
        select(
            rows.c.chunk,
            number(Status.ACCEPTED).label("taken"),
            number(Status.CANCELLED).label("called"),
            number(Status.REFUSED).label("refused"),
            func.count().label("decided"),
        )
        .group_by(rows.c.chunk)
        .subquery("fates")
    )


def taken(fate: Subquery) -> ColumnElement[int]:
    """How many messages of a chunk are accepted now, beside its `fates` in an outer join."""
    whole = _chunk.c.receivers - func.coalesce(fate.c.called + fate.c.refused, 0)
    return case((_chunk.c.state == "accepted", whole), else_=func.coalesce(fate.c.taken, 0))
