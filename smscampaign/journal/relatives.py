"""Campaigns that share people on purpose: a file, and the rows that were rejected of it and sent from a file of their own.

Neither sends what the other sent or is going to send; both are asked by number, block by block.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, select, text

from smscampaign.journal import schema, statements
from smscampaign.journal.amending import HAD, past_of
from smscampaign.journal.plan import PlanWriter
from smscampaign.journal.store import Journal, Record
from smscampaign.languages import Sentence, say, tell
from smscampaign.model import Message, Planned, PlanSummary, Reason, Rejection

#: What reached somebody, may have, or is going to.
_TAKEN = (*HAD, "pending")


@dataclass(frozen=True, slots=True)
class Taken:
    """A number another campaign has a message for: its row there, and since when it was under way; None while it waits."""

    line: int
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Relative:
    """Editions of another campaign that count; `file` is what a person calls it, `begun_at` is when the last one began.

    Whom it is to reach does not change after that.
    """

    journal: Journal
    campaigns: tuple[int, ...]
    file: str
    begun_at: datetime | None

    def taken(self, numbers: Iterable[int]) -> dict[int, Taken]:
        """Which of the numbers it has sent to, may have, or is still to send to."""
        # Written into the statement, as in `Past.had`; they are ints.
        among = ",".join(map(str, numbers))
        if not among:
            return {}
        message, chunk, verdict = schema.message, schema.chunk, schema.verdict
        fate = func.coalesce(verdict.c.status, chunk.c.state)
        question = (
            select(message.c.msisdn, message.c.line, chunk.c.claimed_at, fate.label("fate"))
            .select_from(message)
            .join(chunk, and_(chunk.c.campaign == message.c.campaign, chunk.c.id == statements.MINE))
            .outerjoin(
                verdict, and_(verdict.c.campaign == message.c.campaign, verdict.c.line == message.c.line)
            )
            .where(
                message.c.campaign.in_(self.campaigns),
                text(f"message.msisdn IN ({among})"),
                fate.in_(_TAKEN),
            )
        )
        with self.journal.reading() as connection:
            return {
                row.msisdn: Taken(row.line, None if row.fate == "pending" else row.claimed_at)
                for row in connection.execute(question)
            }


def relatives_in(journal: Journal, *, file: str, wanted: Callable[[Record], bool]) -> list[Relative]:
    """The begun campaigns of a journal that are wanted, each with the editions that count since its last restart."""
    campaign = schema.campaign.c
    with journal.reading() as connection:
        names = connection.execute(
            select(campaign.name).where(campaign.begun_at.is_not(None)).distinct().order_by(campaign.name)
        ).scalars()
        records = [journal.find(name) for name in list(names)]
    return [
        Relative(journal, past_of(journal, record).campaigns, file, record.begun_at)
        for record in records
        if record is not None and wanted(record)
    ]


class SparingWriter(PlanWriter):
    """Hands planned rows to another writer; those whose number a relative has a message for become suppressed rows."""

    def __init__(self, writer: PlanWriter, relatives: Sequence[Relative]) -> None:
        self._writer = writer
        self._relatives = tuple(relatives)

    def add(self, block: Sequence[Planned]) -> None:
        """One block; its numbers are looked up with every relative."""
        numbers = [int(one.recipient.msisdn) for one in block if type(one) is Message]
        said: dict[int, str] = {}
        for relative in reversed(self._relatives):
            for number, taken in relative.taken(numbers).items():
                said[number] = tell(_already(relative, taken), self._writer.language)
        if said:
            block = [_spared(one, said) for one in block]
        self._writer.add(block)

    def seal(self, *, receivers_per_call: int, width: int, blank: int) -> PlanSummary:
        """As the other writer does."""
        return self._writer.seal(receivers_per_call=receivers_per_call, width=width, blank=blank)


def _spared(one: Planned, said: dict[int, str]) -> Planned:
    because = said.get(int(one.recipient.msisdn)) if type(one) is Message else None
    return one if because is None else Rejection(one.line, Reason.ALREADY_SENT, because)


def _already(relative: Relative, taken: Taken) -> Sentence:
    row, file = taken.line, relative.file
    if taken.at is None:
        return say("this number is waiting to be sent from row {row} of {file}", row=row, file=file)
    at = f"{taken.at:%Y-%m-%d %H:%M}"
    return say("this number had the campaign on {at} UTC (row {row} of {file})", at=at, row=row, file=file)
