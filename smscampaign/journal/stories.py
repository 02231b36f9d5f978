"""The story of one number or one call, edition by edition, as the events tell it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, or_, select

from smscampaign.journal import schema
from smscampaign.journal.answers import message_answer, with_texts
from smscampaign.journal.calls import tag_of
from smscampaign.journal.facts import stored_rates, text_of
from smscampaign.journal.fates import status_of
from smscampaign.journal.store import Journal, Record
from smscampaign.model import Delivery, RowResult, Status, Text


@dataclass(frozen=True, slots=True)
class StoryEvent:
    """One event: when (UTC), of which call, what, its detail, and the row that it is about alone, if it is."""

    at: datetime
    tag: str
    what: str
    detail: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the network said last of a message."""

    id: int
    delivery: Delivery
    delivered_at: datetime | None
    ptt: int | None


@dataclass(frozen=True, slots=True)
class Chapter:
    """What one edition of a campaign has to tell of a number, or of a call.

    `line` and `receipt` are of the number's message, None for a call; `credits` are those of the results, or for a call what
    OVHcloud charged, None where that is not known; `unsent` are rows of the file with the same number that were not sent,
    as (row, reason, sentence).
    """

    edition: int
    planned_at: datetime | None
    status: Status | None
    line: int | None = None
    country: str = ""
    text: Text | None = None
    credits: Decimal | None = None
    tag: str = ""
    receivers: int = 0
    happenings: tuple[StoryEvent, ...] = ()
    receipt: Receipt | None = None
    unsent: tuple[tuple[int, str, str], ...] = ()


def number_chapters(journal: Journal, name: str, msisdn: str) -> list[Chapter]:
    """All that the editions of a campaign know of a number (E.164); none when it is in none of them."""
    found: list[Chapter] = []
    known: list[tuple[int, int]] = []
    with journal.reading() as connection:
        records = journal.editions(name)
        for record in records:
            row = _message(connection, record, int(msisdn))
            unsent = tuple(_unsent(connection, record, row, known))
            chapter = Chapter(record.edition, record.sealed_at, None)
            if row is not None:
                known.append((record.id, row.line))
                answer = message_answer(row, record.tag, stored_rates(journal, record))
                chapter = _chapter(connection, record, row, answer)
            if row is not None or unsent:
                found.append(replace(chapter, unsent=unsent))
    return found


def call_chapter(journal: Journal, name: str, tag: str) -> Chapter | None:
    """The story of the call with this tag; None when no edition has it."""
    chunk, text = schema.chunk.c, schema.text.c
    prefix, _, digits = tag.rpartition("-")
    if not re.fullmatch(r"[0-9a-z]{1,13}", digits):
        return None
    identity = int(digits, 36)
    for record in journal.editions(name):
        if record.tag != prefix:
            continue
        with journal.reading() as connection:
            row = connection.execute(
                select(chunk.state, chunk.receivers, chunk.credits, schema.text)
                .join(schema.text, and_(text.campaign == chunk.campaign, text.id == chunk.text))
                .where(chunk.campaign == record.id, chunk.id == identity)
            ).one_or_none()
            told = tuple(_events(connection, record, identity))
        chapter = Chapter(record.edition, record.sealed_at, None, tag=tag, happenings=told)
        if row is None:
            return chapter if told else None
        known = replace(chapter, status=status_of(row.state), text=text_of(row))
        return replace(known, receivers=row.receivers, credits=row.credits)
    return None


def _message(connection: Connection, record: Record, msisdn: int) -> Any:
    ours = with_texts().where(schema.fate.c.campaign == record.id, schema.fate.c.msisdn == msisdn)
    return connection.execute(ours.limit(1)).one_or_none()


def _chapter(connection: Connection, record: Record, row: Any, answer: RowResult) -> Chapter:
    receipt = None
    if row.delivery is not None:
        receipt = Receipt(row.sms_id, Delivery(row.delivery), row.delivered_at, row.ptt)
    events = _events(connection, record, row.call) if row.call is not None else ()
    return Chapter(
        edition=record.edition,
        planned_at=record.sealed_at,
        status=answer.status,
        line=row.line,
        country=row.country,
        text=answer.text,
        credits=answer.credits,
        tag="" if row.call is None else tag_of(record.tag, row.call),
        receivers=row.receivers or 0,
        happenings=tuple(one for one in events if _concerns(one, row.line)),
        receipt=receipt,
    )


def _concerns(one: StoryEvent, line: int) -> bool:
    """Events that name a row of a call are about that row alone."""
    return one.line is None or one.line == line


def _events(connection: Connection, record: Record, identity: int) -> Iterator[StoryEvent]:
    """The events of a call, after those of the call it was split from up to then."""
    event = schema.event.c
    columns = select(event.id, event.at, event.chunk, event.what, event.detail, event.line, event.facts)
    story: list[Any] = []
    before: int | None = None
    while True:
        mine = columns.where(event.campaign == record.id, event.chunk == identity).order_by(event.id)
        rows = connection.execute(mine if before is None else mine.where(event.id < before)).all()
        story[:0] = rows
        parent = json.loads(rows[0].facts or "{}").get("from") if rows else None
        if parent is None:
            break
        identity, before = parent, rows[0].id
    for row in story:
        yield StoryEvent(row.at, tag_of(record.tag, row.chunk), row.what, row.detail, row.line)


def _unsent(
    connection: Connection, record: Record, row: Any, known: list[tuple[int, int]]
) -> Iterator[tuple[int, str, str]]:
    """Rows with the same number that were not sent: repeated in this file, or sent in an earlier edition."""
    rejection = schema.rejection
    where: list[ColumnElement[bool]] = [rejection.c.twin == row.line] if row is not None else []
    for campaign, line in known:
        had = and_(rejection.c.edition == campaign, rejection.c.edition_line == line)
        first = select(rejection.c.line).where(rejection.c.campaign == record.id, had)
        where += [had, rejection.c.twin.in_(first)]
    if not where:
        return
    rows = connection.execute(
        select(rejection.c.line, rejection.c.reason, rejection.c.detail)
        .where(rejection.c.campaign == record.id, or_(*where))
        .order_by(rejection.c.line)
    )
    for line, reason, detail in rows:
        yield line, reason, detail
