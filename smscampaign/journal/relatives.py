"""Campaigns that share people on purpose: a file, and the rows that were rejected of it and sent from a file of their own.

Neither sends what the other sent or is going to send; both are asked by number, block by block. A plan remembers which
editions it asked. Who is about to begin says so first and looks again second: of two that begin at once, one sees the other.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import insert, or_, select, text, update

from smscampaign.journal import schema
from smscampaign.journal.bulk import insert_many
from smscampaign.journal.fates import HAD
from smscampaign.journal.plan import PlanWriter
from smscampaign.journal.store import Journal, Record
from smscampaign.languages import Sentence, say, tell
from smscampaign.model import EditionKind, Message, Planned, PlanSummary, Reason, Rejection

#: What reached somebody, may have, or is going to.
_TAKEN = (*HAD, "pending")
_AWAITED = ("campaign", "line", "msisdn")

#: How many numbers are asked about at once.
_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Taken:
    """A number another campaign has a message for: its row there, and since when it was under way; None while it waits."""

    line: int
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Relative:
    """Another campaign that has begun, or is about to, in the editions that count since its last restart.

    `tag` is that of the newest one: whom it is to reach does not change while that is the same. `file` is what a person
    calls it.
    """

    journal: Journal
    campaigns: tuple[int, ...]
    tag: str
    name: str
    gateway: str
    ingredients: Mapping[str, str]
    file: str

    def taken(self, numbers: Iterable[int]) -> dict[int, Taken]:
        """Which of the numbers it has sent to, may have, or is still to send to."""
        # Written into the statement, as in `Past.had`; they are ints.
        among = ",".join(map(str, numbers))
        if not among:
            return {}
        fate = schema.fate.c
        question = select(fate.msisdn, fate.line, fate.claimed_at, fate.fate).where(
            fate.campaign.in_(self.campaigns),
            text(f"fate.msisdn IN ({among})"),
            fate.fate.in_(_TAKEN),
        )
        found: dict[int, Taken] = {}
        with self.journal.reading() as connection:
            for row in connection.execute(question):
                taken = Taken(row.line, None if row.fate == "pending" else row.claimed_at)
                if taken.at is not None or row.msisdn not in found:
                    found[row.msisdn] = taken
        return found


def relatives_in(journal: Journal) -> list[Relative]:
    """The campaigns of a journal that have begun or are about to; whose relatives they are is not asked here."""
    campaign, kin = schema.campaign.c, schema.kin
    columns = (
        campaign.id,
        campaign.name,
        campaign.kind,
        campaign.tag,
        campaign.gateway,
        campaign.ingredients,
    )
    # One statement, so that an edition that begins meanwhile is seen as waiting to begin or as begun, and never as neither.
    question = (
        select(*columns, campaign.begun_at, kin.c.file)
        .select_from(schema.campaign)
        .outerjoin(kin, kin.c.campaign == campaign.id)
        .where(
            campaign.sealed_at.is_not(None),
            or_(campaign.begun_at.is_not(None), kin.c.entered_at.is_not(None)),
        )
        .order_by(campaign.name, campaign.edition.desc())
    )
    with journal.reading() as connection:
        rows = connection.execute(question).all()
    return [
        _relative(journal, list(editions)) for _, editions in groupby(rows, key=lambda edition: edition.name)
    ]


def _relative(journal: Journal, editions: Sequence[Any]) -> Relative:
    """One campaign; its editions stand with the newest first."""
    counted: list[int] = []
    for row in editions:
        counted.append(row.id)
        # A restart that is only about to begin may still be refused: what was before it counts as well.
        if row.kind == EditionKind.RESTART.value and row.begun_at is not None:
            break
    newest = editions[0]
    ingredients = json.loads(newest.ingredients)
    file = newest.file or newest.name
    return Relative(journal, tuple(counted), newest.tag, newest.name, newest.gateway, ingredients, file)


def remember_relatives(journal: Journal, record: Record, relatives: Iterable[Relative], *, file: str) -> None:
    """Keep with an unsealed plan which editions of its relatives it knows of, and the name of its own file."""
    seen = json.dumps(sorted(one.tag for one in relatives))
    with journal.writing() as connection:
        connection.execute(insert(schema.kin).values(campaign=record.id, file=file, seen=seen))


def knows(journal: Journal, record: Record, relatives: Iterable[Relative]) -> bool:
    """Whether a plan was made knowing exactly these editions."""
    with journal.reading() as connection:
        seen = connection.execute(
            select(schema.kin.c.seen).where(schema.kin.c.campaign == record.id)
        ).scalar()
    return {one.tag for one in relatives} == set(json.loads(seen or "[]"))


def enter(journal: Journal, record: Record) -> None:
    """Say that this plan is about to begin: from now on its relatives see it, and leave its people to it."""
    _set_entered(journal, record, journal.clock())


def step_back(journal: Journal, record: Record) -> None:
    """It does not begin after all."""
    _set_entered(journal, record, None)


def _set_entered(journal: Journal, record: Record, at: datetime | None) -> None:
    kin = schema.kin
    with journal.writing() as connection:
        changed = connection.execute(
            update(kin).where(kin.c.campaign == record.id).values(entered_at=at)
        ).rowcount
        if not changed:
            nothing = {"campaign": record.id, "file": record.inputs.name, "seen": "[]"}
            connection.execute(insert(kin).values(**nothing, entered_at=at))


class SparingWriter(PlanWriter):
    """Hands planned rows to another writer; those whose number a relative has a message for become suppressed rows."""

    def __init__(
        self, writer: PlanWriter, relatives: Sequence[Relative], *, journal: Journal, record: Record
    ) -> None:
        super().__init__(journal, record, language=writer.language)
        self._writer = writer
        self._relatives = tuple(relatives)

    def add(self, block: Sequence[Planned]) -> None:
        """One block; its numbers are looked up with every relative. Rows whose number waits there are remembered."""
        numbers = {one.line: int(one.recipient.msisdn) for one in block if type(one) is Message}
        found = taken_by(self._relatives, list(numbers.values()))
        if found:
            rows = [
                (self._campaign, line, number)
                for line, number in numbers.items()
                if number in found and found[number][1].at is None
            ]
            if rows:
                with self._journal.writing() as connection:
                    insert_many(connection, schema.awaited, _AWAITED, rows)
            said = {number: tell(already(*one), self.language) for number, one in found.items()}
            block = [_spared(one, said) for one in block]
        self._writer.add(block)

    def seal(self, *, receivers_per_call: int, width: int, blank: int) -> PlanSummary:
        """As the other writer does."""
        return self._writer.seal(receivers_per_call=receivers_per_call, width=width, blank=blank)


def taken_by(relatives: Sequence[Relative], numbers: Sequence[int]) -> dict[int, tuple[Relative, Taken]]:
    """Which of the numbers a relative has a message for, and which relative: rather one that sent it than one that will."""
    found: dict[int, tuple[Relative, Taken]] = {}
    for relative in relatives:
        for first in range(0, len(numbers), _AT_ONCE):
            for number, taken in relative.taken(numbers[first : first + _AT_ONCE]).items():
                if number not in found or (found[number][1].at is None and taken.at is not None):
                    found[number] = (relative, taken)
    return found


def awaited(journal: Journal, record: Record) -> dict[int, int]:
    """The rows that were left to another campaign when the plan was made because their number waited there, with it."""
    table = schema.awaited.c
    with journal.reading() as connection:
        rows = connection.execute(select(table.line, table.msisdn).where(table.campaign == record.id))
        return {row.line: row.msisdn for row in rows}


def already(relative: Relative, taken: Taken) -> Sentence:
    """Why a number is left to a relative."""
    row, file = taken.line, relative.file
    if taken.at is None:
        return say("this number is waiting to be sent from row {row} of {file}", row=row, file=file)
    at = f"{taken.at:%Y-%m-%d %H:%M}"
    return say("this number had the campaign on {at} UTC (row {row} of {file})", at=at, row=row, file=file)


def _spared(one: Planned, said: dict[int, str]) -> Planned:
    because = said.get(int(one.recipient.msisdn)) if type(one) is Message else None
    return one if because is None else Rejection(one.line, Reason.ALREADY_SENT, because)
