"""Retries: messages that failed for a while let go of their key, once, so that an edition of their rows may send them again.

A message is released where its last receipt says failed, OVHcloud calls the reason temporary, it is itself no retry, and
nobody else of the series holds its key. What waits for a receipt never is, nor what failed for good.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from hashlib import blake2b
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    exists,
    false,
    func,
    insert,
    literal,
    not_,
    or_,
    select,
)

from smscampaign.journal import aftermath, schema
from smscampaign.journal.answers import message_answer, with_texts
from smscampaign.journal.fates import HAD, same_holder
from smscampaign.journal.store import STREAM, Journal, Record
from smscampaign.journal.values import Instant
from smscampaign.model import Delivery, EditionKind, RowResult, Status

#: The event of a message that let go of its key.
RELEASED = "released"

Held = tuple[int, int]
"""A message: its edition's id, and its row there."""

Standing = tuple[str, str, tuple[int | None, int | None]]
"""Why a row was not sent, as a code and a sentence, and its message of before, if it has one."""

_fate, _message, _receipt = schema.fate.c, schema.message.c, schema.receipt.c


def releasable(connection: Connection, editions: Collection[int]) -> ColumnElement[bool]:
    """Which messages of the view `fate` may let go of their key, among these editions of a series."""
    if not aftermath.has(connection, aftermath.ptt):
        return false()  # nobody asked why anything failed
    ptt, edition, other = aftermath.ptt.c, schema.campaign.alias("edition"), schema.fate.alias("other")
    failed = exists().where(
        _receipt.campaign == _fate.campaign,
        _receipt.line == _fate.line,
        _receipt.delivery == Delivery.FAILED.value,
        ptt.code == _receipt.ptt,
        ptt.duration == "temporary",
    )
    retry = exists().where(edition.c.id == _fate.campaign, edition.c.kind == EditionKind.RETRY.value)
    alone = (
        not_(
            exists().where(
                other.c.campaign.in_(editions),
                other.c.campaign != _fate.campaign,
                same,
                other.c.fate.in_(HAD),
            )
        )
        for same in same_holder(other, schema.fate)
    )
    ours = _fate.campaign.in_(editions)
    return and_(ours, _fate.fate == Status.ACCEPTED.value, failed, not_(retry), *alone)


def known_of(journal: Journal, editions: Collection[int], last: int) -> int:
    """A number for what is known of a series when a retry of it is planned: the last event, and which messages may go again.

    Two that differ are of other people, or of another moment.
    """
    hashed = blake2b(str(last).encode(), digest_size=6)
    with journal.reading() as connection:
        which = select(_fate.campaign, _fate.line).where(releasable(connection, editions))
        rows = connection.execute(which.order_by(_fate.campaign, _fate.line), execution_options=STREAM)
        for campaign, line in rows:
            hashed.update(b"%d:%d," % (campaign, line))
    return int.from_bytes(hashed.digest())


def any_of(journal: Journal, editions: Collection[int]) -> bool:
    """Whether anything may go again."""
    with journal.reading() as connection:
        question = select(_fate.line).where(releasable(connection, editions)).limit(1)
        return connection.execute(question).first() is not None


def released_among(journal: Journal, editions: Collection[int], held: Iterable[Held]) -> set[Held]:
    """Which of these messages may go again."""
    lines: dict[int, list[int]] = defaultdict(list)
    for campaign, line in held:
        lines[campaign].append(line)
    if not lines:
        return set()
    among = or_(*(and_(_fate.campaign == one, _fate.line.in_(some)) for one, some in lines.items()))
    with journal.reading() as connection:
        question = select(_fate.campaign, _fate.line).where(among, releasable(connection, editions))
        return {(campaign, line) for campaign, line in connection.execute(question)}


def standing_of(journal: Journal, record: Record, lines: Sequence[int]) -> dict[int, Standing]:
    """What became of these rows in an edition: why each was not sent; a row that has a message there has no code."""
    rejection = schema.rejection.c
    unsent = select(
        rejection.line, rejection.reason, rejection.detail, rejection.edition, rejection.edition_line
    )
    sent = select(_message.line).where(_message.campaign == record.id, _message.line.in_(lines))
    with journal.reading() as connection:
        found: dict[int, Standing] = {
            line: ("", "", (record.id, line)) for line in connection.execute(sent).scalars()
        }
        ours = unsent.where(rejection.campaign == record.id, rejection.line.in_(lines))
        for row in connection.execute(ours):
            found[row.line] = (row.reason, row.detail, (row.edition, row.edition_line))
    return found


def arrived(journal: Journal, record: Record, editions: Collection[int], lines: Sequence[int]) -> list[int]:
    """The rows of a retry whose first message is not known to have failed any more, or that somebody else holds by now."""
    others = [one for one in editions if one != record.id]
    failed = and_(_receipt.campaign == _fate.campaign, _receipt.line == _fate.line)
    mine = (_message.campaign == record.id, _message.line.in_(lines), _fate.fate.in_(HAD))
    found: set[int] = set()
    with journal.reading() as connection:
        for same in same_holder(schema.message, schema.fate):
            question = (
                select(_message.line)
                .select_from(schema.message)
                .join(schema.fate, and_(_fate.campaign.in_(others), same))
                .outerjoin(schema.receipt, failed)
                .where(*mine)
                .group_by(_message.line)
                # Of the one that is there, a last receipt says failed.
                .having(or_(func.count() > 1, func.max(func.coalesce(_receipt.delivery, "")) != "failed"))
            )
            found.update(connection.execute(question).scalars())
    return sorted(found)


def release(connection: Connection, record: Record, editions: Collection[int], now: datetime) -> None:
    """Say of each message whose key a retry takes that it let go of it."""
    others = [one for one in editions if one != record.id]
    columns = ("campaign", "at", "chunk", "what", "detail", "line", "facts")
    facts = literal(json.dumps({"edition": record.edition}))
    detail = literal(f"it failed for a while, and edition {record.edition} may send it once more")
    for same in same_holder(schema.message, schema.fate):
        told = (
            select(
                _fate.campaign,
                literal(now, Instant()),
                _fate.call,
                literal(RELEASED),
                detail,
                _fate.line,
                facts,
            )
            .select_from(schema.message)
            .join(schema.fate, and_(_fate.campaign.in_(others), same))
            .where(_message.campaign == record.id, _fate.fate.in_(HAD))
            .order_by(_fate.campaign, _fate.line)
        )
        connection.execute(insert(schema.event).from_select(columns, told))


def first_answers(
    journal: Journal, record: Record, rates: dict[str, Decimal], why: Any
) -> dict[int, RowResult]:
    """Of the rows of a retry that got nothing after all, what became of their first message: few, those that came late."""
    mine, its = schema.message.alias("mine"), schema.verdict.c
    campaign = schema.campaign.c
    suppressed = select(its.line).where(its.campaign == record.id, its.status == Status.SUPPRESSED.value)
    found: dict[int, RowResult] = {}
    with journal.reading() as connection:
        for same in same_holder(mine, schema.fate):
            question = (
                with_texts()
                .join(schema.campaign, campaign.id == _fate.campaign)
                .join(mine, same)
                .add_columns(mine.c.line.label("here"), campaign.tag)
                .where(
                    *(mine.c.campaign == record.id, mine.c.line.in_(suppressed)),
                    *(campaign.name == record.inputs.name, campaign.series == record.series),
                    *(campaign.id != record.id, _fate.fate == Status.ACCEPTED.value),
                )
                .order_by(campaign.edition)
            )
            for row in connection.execute(question):
                found[row.here] = message_answer(row, row.tag, rates, why=why)
    return found
