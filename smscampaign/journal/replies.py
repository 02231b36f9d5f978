"""What people answered to a campaign: which messages a number had, and the answers that are kept beside them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, case, distinct, func, insert, select

from smscampaign.journal import aftermath, schema
from smscampaign.journal.calls import tag_of
from smscampaign.journal.fates import HAD
from smscampaign.journal.store import STREAM, Journal, Record

#: Answers that are written in one transaction, and numbers that are asked about at once.
BLOCK = 500

_reply, _fate = aftermath.reply.c, schema.fate.c


class Had(NamedTuple):
    """A message that a number had, or may have had: its edition, row and call, when the call was made, and when it left."""

    campaign: int
    line: int
    tag: str
    at: datetime
    left: datetime | None
    accepted: bool


class Reply(NamedTuple):
    """An answer by OVHcloud's id, and the message that it answers, if that can be told: an edition's id and its row.

    `possible`: it may as well be an answer to something else.
    """

    id: int
    campaign: int
    line: int | None
    msisdn: str
    at: datetime
    text: str
    possible: bool
    stop: bool
    #: Of a campaign that tries several texts, which one it answers; and its row in the file as it is now.
    variant: str = ""
    row: int | None = None


class Counts(NamedTuple):
    """Answers that are no STOP and STOPs, from how many people; and how many answers may be to something else."""

    replies: int = 0
    stops: int = 0
    people: int = 0
    stopped: int = 0
    possible: int = 0


def had_by(journal: Journal, editions: Sequence[Record], numbers: Collection[str]) -> dict[str, list[Had]]:
    """Of each number in E.164 the messages that it had from these editions, or may have had."""
    receipt, tags = schema.receipt.c, {one.id: one.tag for one in editions}
    question = (
        select(_fate.campaign, _fate.line, _fate.call, _fate.msisdn, _fate.claimed_at, _fate.fate)
        .add_columns(receipt.left_at)
        .outerjoin(schema.receipt, and_(receipt.campaign == _fate.campaign, receipt.line == _fate.line))
        .where(_fate.campaign.in_(tags), _fate.fate.in_(HAD), _fate.claimed_at.is_not(None))
    )
    found: dict[str, list[Had]] = {}
    wanted = sorted({int(one) for one in numbers})
    with journal.reading() as connection:
        for at in range(0, len(wanted) if tags else 0, BLOCK):
            for row in connection.execute(question.where(_fate.msisdn.in_(wanted[at : at + BLOCK]))):
                tag = tag_of(tags[row.campaign], row.call)
                one = Had(row.campaign, row.line, tag, row.claimed_at, row.left_at, row.fate == "accepted")
                found.setdefault(f"+{row.msisdn}", []).append(one)
    return found


def known(journal: Journal, editions: Sequence[Record]) -> frozenset[int]:
    """The ids of the answers that are kept already."""
    with journal.reading() as connection:
        if not aftermath.has(connection, aftermath.reply):
            return frozenset()
        ours = select(_reply.id).where(_reply.campaign.in_([one.id for one in editions]))
        return frozenset(connection.execute(ours).scalars())


def keep(journal: Journal, replies: Iterable[Reply]) -> int:
    """Keep answers that are not kept yet, in one transaction; says how many."""
    rows = {(one.campaign, one.id): one for one in replies}
    if not rows:
        return 0
    aftermath.provide(journal, aftermath.reply)
    names = ("campaign", "id", "line", "at", "text", "possible", "stop")
    with journal.writing(together=True) as connection:
        # Two programs that listen at once keep an answer once.
        there = select(_reply.campaign, _reply.id).where(_reply.id.in_([one for _, one in rows]))
        for row in connection.execute(there).all():
            rows.pop((row.campaign, row.id), None)
        values = [
            {**{name: getattr(one, name) for name in names}, "msisdn": int(one.msisdn)}
            for one in rows.values()
        ]
        if values:
            connection.execute(insert(aftermath.reply), values)
    return len(rows)


def counts(journal: Journal, editions: Sequence[Record]) -> Counts:
    """How many answered; a STOP is no reply."""
    stops, said = _reply.stop.is_(True), _reply.stop.is_(False)
    question = select(
        func.count(case((said, 1))),
        func.count(case((stops, 1))),
        func.count(distinct(case((said, _reply.msisdn)))),
        func.count(distinct(case((stops, _reply.msisdn)))),
        func.count(case((_reply.possible.is_(True), 1))),
    ).where(_reply.campaign.in_([one.id for one in editions]))
    with journal.reading() as connection:
        if not aftermath.has(connection, aftermath.reply):
            return Counts()
        return Counts(*connection.execute(question).one())


def by_row(journal: Journal, record: Record, editions: Sequence[Record]) -> Iterator[Reply]:
    """The answers to a campaign by their rows in the file of `record`, and last those whose rows it has not; then by time."""
    with journal.reading() as connection:
        if aftermath.has(connection, aftermath.reply):
            variants = aftermath.has(connection, aftermath.variant)
            question = _by_row(record, [one.id for one in editions], variants=variants)
            for row in connection.execute(question, execution_options=STREAM):
                yield Reply(
                    *(row.id, row.campaign, row.line, f"+{row.msisdn}", row.at, row.text),
                    *(row.possible, row.stop, row.name or "" if variants else "", row.row),
                )


def _by_row(record: Record, editions: Sequence[int], *, variants: bool) -> Select[Any]:
    rejection, variant = schema.rejection.c, aftermath.variant.c
    # Whoever had the campaign in an earlier edition has a row in this one's file that names the message.
    same = and_(
        rejection.campaign == record.id,
        rejection.edition == _reply.campaign,
        rejection.edition_line == _reply.line,
    )
    here = case((_reply.campaign == record.id, _reply.line), else_=rejection.line).label("row")
    question = (
        select(aftermath.reply, here)
        .select_from(aftermath.reply)
        .outerjoin(schema.rejection, same)
        .where(_reply.campaign.in_(editions))
        .order_by(here.is_(None), here, _reply.at, _reply.id)
    )
    if variants:
        its = and_(variant.campaign == _reply.campaign, variant.line == _reply.line)
        question = question.outerjoin(aftermath.variant, its).add_columns(variant.name)
    return question


def stops_of(journal: Journal) -> Iterator[tuple[str, datetime]]:
    """Who said STOP to any campaign of a journal, and when first: numbers in E.164 in their order, for the opt-outs."""
    question = (
        select(_reply.msisdn, func.min(_reply.at).label("at"))
        .where(_reply.stop.is_(True))
        .group_by(_reply.msisdn)
        .order_by(_reply.msisdn)
    )
    with journal.reading() as connection:
        if aftermath.has(connection, aftermath.reply):
            for row in connection.execute(question, execution_options=STREAM):
                yield f"+{row.msisdn}", row.at


def last_call(journal: Journal, record: Record) -> datetime | None:
    """When the last call of an edition was made that brought somebody a message, or may have."""
    chunk = schema.chunk.c
    made = select(func.max(chunk.claimed_at)).where(chunk.campaign == record.id, chunk.state != "refused")
    with journal.reading() as connection:
        return connection.execute(made).scalar()
