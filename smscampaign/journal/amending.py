"""Editions of a campaign: who had it in an earlier one, and the moment at which a new one takes their place.

A number has had the campaign when an earlier edition's message to it was accepted, or may have been. Refused, cancelled and
pending messages reached nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Connection,
    and_,
    column,
    func,
    insert,
    literal,
    select,
    text,
    tuple_,
    update,
)

from smscampaign.errors import ChangedInputs, JournalProblem
from smscampaign.journal import schema
from smscampaign.journal.bulk import insert_many
from smscampaign.journal.fates import HAD, OPEN
from smscampaign.journal.plan import PlanWriter, same_number_had
from smscampaign.journal.store import Journal, Record
from smscampaign.languages import ENGLISH, say, tell
from smscampaign.model import EditionKind, Message, Planned, Reason, Rejection

_EARLIER = ("campaign", "line", "edition", "edition_line")
_SUPERSEDED = "another edition of the campaign took its place"
_BECAME = {EditionKind.AMENDMENT: "amended", EditionKind.RESTART: "restarted", EditionKind.FIRST: "begun"}


@dataclass(frozen=True, slots=True)
class Had:
    """One message of an earlier edition that reached somebody, or may have: its edition's id, its row, its call's time."""

    campaign: int
    line: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Past:
    """The earlier editions that count: the journal they stand in, their ids, their last event, and their account."""

    journal: Journal
    campaigns: tuple[int, ...]
    last_event: int
    account: str

    def had(self, numbers: Iterable[int]) -> dict[int, Had]:
        """Which of the numbers had the campaign already."""
        # Written into the statement, because binding a thousand parameters costs more than looking them up; they are ints.
        among = ",".join([f"({number})" for number in numbers])
        if not among or not self.campaigns:
            return {}
        fate = schema.fate
        listed = text(f"SELECT column1 AS msisdn FROM (VALUES {among}) AS listed")  # noqa: S608 - ints
        wanted = listed.columns(column("msisdn", BigInteger)).subquery("wanted")
        question = (
            select(fate.c.msisdn, fate.c.campaign, fate.c.line, fate.c.claimed_at)
            .select_from(wanted)
            .join(fate, and_(fate.c.campaign.in_(self.campaigns), fate.c.msisdn == wanted.c.msisdn))
            .where(fate.c.fate.in_(HAD))
        )
        with self.journal.reading() as connection:
            return {
                row.msisdn: Had(row.campaign, row.line, row.claimed_at)
                for row in connection.execute(question)
            }


def past_of(journal: Journal, record: Record) -> Past:
    """What an edition after `record` has to look back at: all that has begun, up to the last restart."""
    campaign = schema.campaign.c
    begun = select(campaign.id, campaign.edition, campaign.kind).where(
        campaign.name == record.inputs.name, campaign.begun_at.is_not(None)
    )
    with journal.reading() as connection:
        rows = connection.execute(begun.order_by(campaign.edition.desc())).all()
        last = _last_event(connection, [row.id for row in rows])
    counted: list[int] = []
    for row in rows:
        counted.append(row.id)
        if row.kind == EditionKind.RESTART.value:
            break
    return Past(journal, tuple(counted), last, record.inputs.account)


class AmendingWriter(PlanWriter):
    """Takes planned rows as ever, but those whose number had the campaign become suppressed rows."""

    def __init__(self, journal: Journal, record: Record, *, past: Past, language: str = ENGLISH) -> None:
        super().__init__(journal, record, language=language)
        self._past = past

    def add(self, block: Sequence[Planned]) -> None:
        """One block; numbers are looked up among the earlier editions."""
        had = self._past.had(int(one.recipient.msisdn) for one in block if type(one) is Message)
        if not had:
            super().add(block)
            return
        kept: list[Planned] = []
        repeated: list[tuple[int, Had]] = []
        for one in block:
            before = had.get(int(one.recipient.msisdn)) if type(one) is Message else None
            if before is None:
                kept.append(one)
            else:
                repeated.append((one.line, before))
        super().add([*kept, *self._set_aside(repeated)])

    def _set_aside(self, repeated: Sequence[tuple[int, Had]]) -> list[Rejection]:
        """Remember for each message of before the first row with its number; that row had it, the others are duplicates."""
        rows = [(self._campaign, line, before.campaign, before.line) for line, before in repeated]
        with self._journal.writing() as connection:
            insert_many(connection, schema.earlier, _EARLIER, rows, unless=_EARLIER[:1] + _EARLIER[2:])
            winners = self._winners(connection, repeated)
        return [
            Rejection(line, Reason.ALREADY_SENT, _already(before, self.language))
            if line not in winners
            else self._twin(line, winners[line])
            for line, before in repeated
        ]

    def _twin(self, line: int, first: int) -> Rejection:
        return Rejection(line, Reason.DUPLICATE, tell(same_number_had(first), self.language), twin=first)

    def _winners(self, connection: Connection, repeated: Sequence[tuple[int, Had]]) -> dict[int, int]:
        """The rows that were not stored, because their message of before has a row, with that row."""
        earlier = schema.earlier.c
        lines = [line for line, _ in repeated]
        here = (earlier.campaign == self._campaign, earlier.line.between(min(lines), max(lines)))
        stored = set(connection.execute(select(earlier.line).where(*here)).scalars())
        twins = [(line, (before.campaign, before.line)) for line, before in repeated if line not in stored]
        if not twins:
            return {}
        theirs = tuple_(earlier.edition, earlier.edition_line).in_([which for _, which in twins])
        found = connection.execute(
            select(earlier.edition, earlier.edition_line, earlier.line).where(
                earlier.campaign == self._campaign, theirs
            )
        )
        first = {(row.edition, row.edition_line): row.line for row in found}
        return {line: first[which] for line, which in twins}


def put_in_force(journal: Journal, record: Record, *, account: str) -> None:
    """From now on this edition may reach people, and no earlier one may: what is pending there is cancelled with it.

    Raises `ChangedInputs` when an earlier edition went on since this one was planned, `JournalProblem` when something of it
    is in doubt.
    """
    if not record.proposed:
        journal.mark_begun(record, account=account)
        return
    chunk, now = schema.chunk.c, journal.clock()
    with journal.writing() as connection:
        others = _others(connection, record)
        if _last_event(connection, others) != (record.seen or 0):
            raise ChangedInputs(
                "the campaign went on since this plan was shown, and nothing was sent",
                where=record.inputs.name,
                remedy="Run the command again: it looks at who had the campaign meanwhile.",
            )
        pending = and_(chunk.campaign.in_(others), chunk.state == "pending")
        connection.execute(
            update(schema.chunk).where(pending).values(state="cancelled", settled_at=now, detail=_SUPERSEDED)
        )
        _refuse_open(connection, others, record.inputs.name)
        instant = literal(now, schema.Instant())
        # Only what was changed just now: an earlier edition may have been cancelled by hand before.
        mine = and_(chunk.campaign.in_(others), chunk.state == "cancelled", chunk.settled_at == now)
        told = select(chunk.campaign, instant, chunk.id, literal("cancelled"), literal(_SUPERSEDED)).where(
            mine
        )
        connection.execute(
            insert(schema.event).from_select(("campaign", "at", "chunk", "what", "detail"), told)
        )
        connection.execute(
            update(schema.campaign)
            .where(schema.campaign.c.id == record.id)
            .values(account=account, begun_at=now)
        )
        _tell(connection, record, now)


def refuse_doubts(journal: Journal, record: Record) -> None:
    """Raise `JournalProblem` while something of this edition is in doubt or being sent."""
    with journal.reading() as connection:
        _refuse_open(connection, [record.id], record.inputs.name)


def _already(before: Had, language: str) -> str:
    at = f"{before.at:%Y-%m-%d %H:%M}"
    sentence = say("this number had the campaign on {at} UTC (row {row} then)", at=at, row=before.line)
    return tell(sentence, language)


def _others(connection: Connection, record: Record) -> list[int]:
    campaign = schema.campaign.c
    begun = select(campaign.id).where(
        campaign.name == record.inputs.name, campaign.begun_at.is_not(None), campaign.id != record.id
    )
    return list(connection.execute(begun).scalars())


def _last_event(connection: Connection, campaigns: Sequence[int]) -> int:
    event = schema.event.c
    return connection.execute(select(func.max(event.id)).where(event.campaign.in_(campaigns))).scalar() or 0


def _refuse_open(connection: Connection, campaigns: Sequence[int], name: str) -> None:
    chunk, fate = schema.chunk.c, schema.fate.c
    # Of a call that was found in part, only the rest is in doubt.
    receivers = connection.execute(
        select(func.count())
        .select_from(schema.chunk)
        .join(schema.fate, and_(fate.campaign == chunk.campaign, fate.call == chunk.id))
        .where(chunk.campaign.in_(campaigns), chunk.state.in_(OPEN), fate.fate.in_(OPEN))
    ).scalar_one()
    if receivers:
        some = (
            "1 message of this campaign is"
            if receivers == 1
            else f"{receivers} messages of this campaign are"
        )
        raise JournalProblem(
            f"{some} in doubt or being sent: who had it is not known yet",
            where=name,
            remedy="Wait until it stands still, then settle them with `reconcile`.",
        )


def _tell(connection: Connection, record: Record, now: datetime) -> None:
    what = _BECAME[record.kind]
    detail = f"edition {record.edition} took the place of what was sent before"
    told = {"campaign": record.id, "at": now, "chunk": None, "what": what, "detail": detail}
    connection.execute(insert(schema.event).values(**told))
