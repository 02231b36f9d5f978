"""Why messages failed, in their journal: what OVHcloud's codes mean, asked once for each, and how many failed for which."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection, func, insert, select

from smscampaign.causes import told_of
from smscampaign.journal import aftermath, schema
from smscampaign.journal.store import Journal, Record
from smscampaign.languages import tell
from smscampaign.model import Delivery
from smscampaign.responses import Ptt

_receipt = schema.receipt.c
_SAID = (Delivery.FAILED.value, Delivery.UNKNOWN.value)


class Failures(NamedTuple):
    """How many messages failed, or became unknown, for one code; None where the receipt has none."""

    delivery: Delivery
    code: int | None
    messages: int


def known(journal: Journal) -> dict[int, Ptt]:
    """The codes whose meaning was asked for."""
    with journal.reading() as connection:
        return known_in(connection)


def known_in(connection: Connection) -> dict[int, Ptt]:
    """The same within a transaction."""
    if not aftermath.has(connection, aftermath.ptt):
        return {}
    return {row.code: Ptt(*row) for row in connection.execute(select(aftermath.ptt))}


def learn(journal: Journal, found: Iterable[Ptt]) -> None:
    """Keep what codes mean."""
    if not (found := list(found)):
        return
    aftermath.provide(journal, aftermath.ptt)
    with journal.writing() as connection:  # alone: another process may have learnt the same meanwhile
        there = known_in(connection)
        if new := [one._asdict() for one in found if one.code not in there]:
            connection.execute(insert(aftermath.ptt), new)


def explained(journal: Journal, delivery: Delivery, code: int | None, language: str) -> str:
    """Why a message did not arrive, as its line in the results says it."""
    meant = None if code is None else known(journal).get(code)
    sentence = told_of(delivery, code, meant)
    return "" if sentence is None else tell(sentence, language)


def failures(journal: Journal, records: Iterable[Record]) -> list[Failures]:
    """The messages of these editions that failed, or of which nothing can be known, by code; the most frequent first."""
    question = (
        select(_receipt.delivery, _receipt.ptt, func.count().label("messages"))
        .where(_receipt.campaign.in_([one.id for one in records]), _receipt.delivery.in_(_SAID))
        .group_by(_receipt.delivery, _receipt.ptt)
    )
    with journal.reading() as connection:
        rows = connection.execute(question).all()
    found = (Failures(Delivery(row.delivery), row.ptt, row.messages) for row in rows)
    return sorted(found, key=lambda one: (-one.messages, one.delivery, one.code or 0))
