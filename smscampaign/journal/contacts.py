"""Who had what: the one place that looks up which numbers campaigns sent to, or are going to send to.

It is asked by blocks of numbers. They go to the database as one list, so that the statement is always the same.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import text

from smscampaign.journal.fates import HAD
from smscampaign.journal.store import Journal
from smscampaign.journal.values import Instant

_QUESTION = """SELECT fate.msisdn, fate.claimed_at, fate.campaign, text.body, fate.line, fate.fate
FROM ({numbers}) AS wanted CROSS JOIN message{index}
JOIN fate ON fate.campaign = message.campaign AND fate.line = message.line
JOIN text ON text.campaign = fate.campaign AND text.id = fate.text
WHERE message.campaign IN ({campaigns}) AND message.msisdn = wanted.msisdn AND fate.fate IN ({fates})"""
_FATES = ", ".join(f"'{fate}'" for fate in (*HAD, "pending"))
#: The index is named, and not left to statistics: where those are old, SQLite would read all of a campaign for each block.
_SQLITE = _QUESTION.format(
    numbers="SELECT value AS msisdn FROM json_each(:numbers)",
    index=" INDEXED BY one_person_one_message",
    campaigns="SELECT value FROM json_each(:campaigns)",
    fates=_FATES,
)
_POSTGRESQL = _QUESTION.format(
    numbers="SELECT unnest(CAST(:numbers AS bigint[])) AS msisdn",
    index="",
    campaigns="SELECT unnest(CAST(:campaigns AS integer[]))",
    fates=_FATES,
)
_QUESTIONS = {
    engine: text(question).columns(claimed_at=Instant)
    for engine, question in (("sqlite", _SQLITE), ("postgresql", _POSTGRESQL))
}


class Contact(NamedTuple):
    """A message to a number: its campaign's id, its text and row, its fate, and when its call was made.

    `at` is None while it is pending: then nobody had it yet.
    """

    at: datetime | None
    campaign: int
    text: str
    row: int
    fate: str


@dataclass(frozen=True, slots=True)
class Contacts:
    """The messages of some campaigns of one journal that reached somebody, may have, or still wait; by number."""

    journal: Journal
    campaigns: tuple[int, ...]

    def of(self, numbers: Collection[int], since: datetime | None = None) -> dict[int, list[Contact]]:
        """Of each number that has any, its messages; with `since`, without calls that were made before."""
        found: dict[int, list[Contact]] = {}
        if not numbers or not self.campaigns:
            return found
        with self.journal.reading() as connection:
            engine = connection.dialect.name
            lists = {"numbers": list(numbers), "campaigns": self.campaigns}
            asked = {name: _listed(engine, values) for name, values in lists.items()}
            for number, made, campaign, body, row, fate in connection.execute(_QUESTIONS[engine], asked):
                at = None if fate == "pending" else made
                if at is None or since is None or at >= since:
                    found.setdefault(number, []).append(Contact(at, campaign, body, row, fate))
        return found


def _listed(engine: str, numbers: Sequence[int]) -> Any:
    return list(numbers) if engine == "postgresql" else json.dumps(numbers)
