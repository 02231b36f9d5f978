"""Who is at work on a journal that is a file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from smscampaign.journal import schema
from smscampaign.journal.store import Journal


@dataclass(frozen=True, slots=True)
class AtWork:
    """Who drives it: a number of their own for this time, their process, its computer, and since when (UTC)."""

    id: int
    pid: int
    host: str
    since: datetime


def at_work(journal: Journal) -> AtWork | None:
    """Who drives it; None where nobody does.

    Who was killed is no longer there: whoever opened the journal saw that nobody holds its lock, and wrote that down.
    """
    with journal.reading() as connection:
        row = connection.execute(select(schema.driver).limit(1)).one_or_none()
    return None if row is None else AtWork(row.id, row.pid, row.host, row.since)
