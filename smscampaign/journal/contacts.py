"""Who had what: the one place that looks up which numbers campaigns sent to, or are going to send to.

It is asked by blocks of numbers, or of keys. They go to the database as one list, so that the statement is always the same.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from smscampaign.journal.fates import HAD
from smscampaign.journal.store import Journal
from smscampaign.journal.values import Instant, Key

_QUESTION = """SELECT message.msisdn, message.key_hash, fate.claimed_at, fate.campaign, text.body, fate.line, fate.fate
FROM ({wanted}) AS wanted CROSS JOIN message{index}
JOIN fate ON fate.campaign = message.campaign AND fate.line = message.line
JOIN text ON text.campaign = fate.campaign AND text.id = fate.text
WHERE message.campaign IN ({campaigns}) AND {same} AND fate.fate IN ({fates})"""
_FATES = ", ".join(f"'{fate}'" for fate in (*HAD, "pending"))
_SAME = {
    "number": "message.msisdn = wanted.sought",
    # As the index of keys says it, so that it is used.
    "key": "message.key_hash = wanted.sought AND message.key_hash <> ''",
}
#: What is asked for as one value: of keys SQLite gets all bytes in one, and a list of their places.
_WANTED = {
    ("sqlite", "number"): "SELECT value AS sought FROM json_each(:numbers)",
    ("sqlite", "key"): "SELECT substr(:keys, value, 16) AS sought FROM json_each(:places)",
    ("postgresql", "number"): "SELECT unnest(CAST(:numbers AS bigint[])) AS sought",
    ("postgresql", "key"): "SELECT unnest(CAST(:keys AS bytea[])) AS sought",
}
_CAMPAIGNS = {
    "sqlite": "SELECT value FROM json_each(:campaigns)",
    "postgresql": "SELECT unnest(CAST(:campaigns AS integer[]))",
}
#: The index is named, and not left to statistics: where those are old, SQLite would read all of a campaign for each block.
_INDEX = {
    ("sqlite", "number"): " INDEXED BY one_person_one_message",
    ("sqlite", "key"): " INDEXED BY one_key_one_message",
}
#: A scratch journal has people instead of that index.
_MESSAGES = {
    False: {engine: f"message{_INDEX.get((engine, 'number'), '')}" for engine in _CAMPAIGNS},
    True: {"sqlite": "people AS message"},
}
_PLANNED = {
    (engine, scratch): text(
        f"""SELECT message.msisdn, message.line, text.body
FROM ({_WANTED[engine, "number"]}) AS wanted CROSS JOIN {messages}
JOIN text ON text.campaign = message.campaign AND text.id = message.text
WHERE message.campaign = :campaign AND {_SAME["number"]}"""  # noqa: S608 - nothing but our own words
    )
    for scratch, engines in _MESSAGES.items()
    for engine, messages in engines.items()
}
_QUESTIONS = {
    (engine, by): text(
        _QUESTION.format(
            wanted=wanted,
            index=_INDEX.get((engine, by), ""),
            campaigns=_CAMPAIGNS[engine],
            same=_SAME[by],
            fates=_FATES,
        )
    ).columns(key_hash=Key, claimed_at=Instant)
    for (engine, by), wanted in _WANTED.items()
}


class Contact(NamedTuple):
    """A message to a number: its campaign's id, its text and row, its fate, when its call was made, and the number.

    `at` is None while it is pending: then nobody had it yet.
    """

    at: datetime | None
    campaign: int
    text: str
    row: int
    fate: str
    number: int = 0


class Contacts(NamedTuple):
    """The messages of some campaigns of one journal that reached somebody, may have, or still wait."""

    journal: Journal
    campaigns: tuple[int, ...]

    def of(self, numbers: Collection[int], since: datetime | None = None) -> dict[int, list[Contact]]:
        """Of each number that has any, its messages; with `since`, without calls that were made before."""
        found: dict[int, list[Contact]] = {}
        for row in self._rows("number", list(dict.fromkeys(numbers))):
            one = _contact(row)
            if one.at is None or since is None or one.at >= since:
                found.setdefault(row.msisdn, []).append(one)
        return found

    def holding(self, keys: Collection[bytes]) -> dict[bytes, list[Contact]]:
        """Of each key that has any, its messages."""
        found: dict[bytes, list[Contact]] = {}
        for row in self._rows("key", list(dict.fromkeys(keys))):
            found.setdefault(row.key_hash, []).append(_contact(row))
        return found

    def _rows(self, by: str, wanted: list[Any]) -> Sequence[Any]:
        if not wanted or not self.campaigns:
            return ()
        with self.journal.reading() as connection:
            engine = connection.dialect.name
            asked = _asked(engine, by, wanted)
            campaigns = list(self.campaigns)
            asked["campaigns"] = campaigns if engine == "postgresql" else json.dumps(campaigns)
            return connection.execute(_QUESTIONS[engine, by], asked).all()


PlannedText = tuple[int, int, str]
"""A number, a row that has a message to it, and its text."""


def texts_of(
    connection: Connection, campaign: int, numbers: Collection[int], *, scratch: bool = False
) -> list[PlannedText]:
    """What one plan has for these numbers so far."""
    engine = connection.dialect.name
    asked = _asked(engine, "number", list(dict.fromkeys(numbers)))
    rows = connection.execute(_PLANNED[engine, scratch], {**asked, "campaign": campaign})
    return [(row.msisdn, row.line, row.body) for row in rows]


def _asked(engine: str, by: str, wanted: list[Any]) -> dict[str, Any]:
    if engine == "postgresql":
        return {f"{by}s": wanted}
    if by == "number":
        return {"numbers": json.dumps(wanted)}
    places = range(1, 16 * len(wanted), 16)
    return {"keys": b"".join(wanted), "places": json.dumps(list(places))}


def _contact(row: Any) -> Contact:
    at = None if row.fate == "pending" else row.claimed_at
    return Contact(at, row.campaign, row.body, row.line, row.fate, row.msisdn)
