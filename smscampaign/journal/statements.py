"""The statements that run for every call, built once: building one takes SQLAlchemy longer than SQLite takes to run it."""

from __future__ import annotations

from functools import lru_cache

from sqlalchemy import (
    BigInteger,
    Update,
    and_,
    bindparam,
    insert,
    literal_column,
    or_,
    select,
    update,
)

from smscampaign.journal import schema
from smscampaign.journal.values import Instant

_chunk, _text, _message, _verdict = schema.chunk, schema.text, schema.message, schema.verdict
_ours = _chunk.c.campaign == bindparam("of")
# Not `ids`: a parameter with a column's name would be a value to set.
_these = _chunk.c.id.in_(bindparam("these", expanding=True))

SERVER_NOW = literal_column("CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)", BigInteger())
"""PostgreSQL's clock, in the microseconds of an `Instant`."""

MEMBER = and_(_message.c.campaign == _chunk.c.campaign, _message.c.call == _chunk.c.id)
"""Which messages a chunk holds."""

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
        claimed_at=bindparam("at", type_=Instant()),
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
    select(_chunk.c.id, _verdict.c.status, _message.c.line, _message.c.msisdn, _message.c.country)
    .join(_message, MEMBER)
    .outerjoin(_verdict, and_(_verdict.c.campaign == _message.c.campaign, _verdict.c.line == _message.c.line))
    .where(_ours, _these, or_(_verdict.c.line.is_(None), _verdict.c.status == "suppressed"))
    .order_by(_chunk.c.id, _message.c.line)
)
"""The messages of chunks of which OVHcloud has said nothing: nothing else was decided about them, or they are suppressed."""

STEPS = (
    select(schema.step.c.call, schema.step.c.name, schema.step.c.facts)
    .where(
        schema.step.c.campaign == bindparam("of"), schema.step.c.call.in_(bindparam("these", expanding=True))
    )
    .order_by(schema.step.c.id)
)
"""The steps of calls, in their order."""

TELL = insert(schema.event)
"""One line of the story."""


@lru_cache
def move(*columns: str) -> Update:
    """The change of these columns of one chunk; binds each by its name, the chunk as `of` and `chunk`."""
    changes = {name: bindparam(name, type_=_chunk.c[name].type) for name in columns}
    return update(_chunk).where(_ours, _chunk.c.id == bindparam("chunk")).values(changes)
