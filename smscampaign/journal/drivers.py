"""Who is at work on a journal."""

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
    return next(iter(all_at_work(journal)), None)


def all_at_work(journal: Journal) -> list[AtWork]:
    """Who drives it; several machines may deliver from a server at once."""
    with journal.reading() as connection:
        rows = connection.execute(select(schema.driver).order_by(schema.driver.c.since)).all()
        return [
            AtWork(row.id, row.pid, row.host, row.since)
            for row in rows
            if not journal.shared or journal.at_work(connection, row.id)
        ]
