"""Twins: rows that get nothing because another row of the plan has their number, their key, or their number and text."""

from __future__ import annotations

import json
from array import array
from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, func, select, text

from smscampaign.blocks import Messages
from smscampaign.journal import schema
from smscampaign.journal.contacts import texts_of
from smscampaign.journal.leaving_out import BLOCK
from smscampaign.journal.store import STREAM, Journal
from smscampaign.languages import Sentence, say, tell
from smscampaign.model import Reason, Rejection


class Twin(NamedTuple):
    """A row, the row that has what it would have, and why it gets nothing."""

    line: int
    winner: int
    because: Sentence

    def told(self, language: str) -> Rejection:
        """As the row that is left out."""
        return Rejection(self.line, Reason.DUPLICATE, tell(self.because, language), twin=self.winner)


def taken(connection: Connection, campaign: int, messages: Messages) -> Iterator[Twin]:
    """The messages of a block that were not stored, because their number, or their key, was taken."""
    message, lines = schema.message.c, messages.lines
    here = (message.campaign == campaign, message.line.between(min(lines), max(lines)))
    stored = set(connection.execute(select(message.line).where(*here)).scalars())
    which, named = (message.key_hash, messages.keys) if messages.keys else (message.msisdn, messages.numbers)
    lost = [pair for pair in zip(lines, named, strict=True) if pair[0] not in stored]
    theirs = which.in_([one for _, one in lost])
    found = connection.execute(select(which, message.line).where(message.campaign == campaign, theirs))
    winners = dict(map(tuple, found))
    why = same_key_as if messages.keys else same_number_as
    return (Twin(line, winners[one], why(winners[one])) for line, one in lost)


def repeated(
    journal: Journal, campaign: int, *, keyed: bool, among: Collection[int] | None
) -> Iterator[list[Twin]]:
    """The messages of a scratch plan whose number, or key, a row before them has; in blocks, which may be taken out.

    In a scratch journal nothing refuses them while they are written. `among` are the rows that are looked at, None is all of
    them. Memory grows by 16 bytes with each that is found.
    """
    if among is not None and not among:
        return
    message = schema.message.c
    which = message.key_hash if keyed else message.msisdn
    ours = message.campaign == campaign
    if among is not None:
        ours = and_(ours, message.line.in_(among))
    several = select(which.label("which"), func.min(message.line).label("first")).where(ours).group_by(which)
    firsts = several.having(func.count() > 1).subquery()
    question = (
        select(message.line, firsts.c.first)
        .join(firsts, firsts.c.which == which)
        .where(ours, message.line != firsts.c.first)
        .order_by(message.line)
    )
    lines, winners = array("q"), array("q")
    with journal.reading() as connection:
        for line, first in connection.execute(question, execution_options=STREAM):
            lines.append(line)
            winners.append(first)
    why = same_key_as if keyed else same_number_as
    for start in range(0, len(lines), BLOCK):
        pairs = zip(lines[start : start + BLOCK], winners[start : start + BLOCK], strict=True)
        yield [Twin(line, first, why(first)) for line, first in pairs]


def same_texts(journal: Journal, campaign: int, *, among: Sequence[int] | None) -> Iterator[list[Twin]]:
    """The messages of a plan whose number gets the very same text for another key: once is enough. In blocks of numbers.

    Only numbers that have several messages are looked at; each block is read by itself, so that its rows may be taken out.
    `among` are the rows of a scratch plan whose number another one may have, None is all of them.
    """
    if among is not None and not among:
        return
    if journal.scratch:
        _name_people(journal, campaign, among)
    people, last = (schema.people if journal.scratch else schema.message).c, -1
    several = select(people.msisdn).where(people.campaign == campaign).group_by(people.msisdn)
    several = several.having(func.count() > 1).order_by(people.msisdn).limit(BLOCK)
    while True:
        with journal.reading() as connection:
            numbers = connection.execute(several.where(people.msisdn > last)).scalars().all()
            known = (
                sorted(texts_of(connection, campaign, numbers, scratch=journal.scratch)) if numbers else []
            )
        if not numbers:
            return
        last, first = numbers[-1], dict[tuple[int, str], int]()
        twins = []
        for number, line, body in known:
            winner = first.setdefault((number, body), line)
            if winner != line:
                twins.append(Twin(line, winner, same_text_as(winner)))
        if twins:
            yield twins


def _name_people(journal: Journal, campaign: int, rows: Sequence[int] | None) -> None:
    """Name the messages of a scratch plan whose number another one may have: those at these rows, None is all of them."""
    among = "" if rows is None else " AND line IN (SELECT value FROM json_each(:rows))"
    asked: dict[str, Any] = {"campaign": campaign} | ({} if rows is None else {"rows": json.dumps(rows)})
    with journal.writing() as connection:
        connection.execute(text(schema.NAME_PEOPLE.format(among=among)), asked)


def same_number_as(row: int) -> Sentence:
    """Why a duplicate is not sent."""
    return say("the same number as row {row}, which gets the message", row=row)


def same_number_had(row: int) -> Sentence:
    """Why a further row with the number of one that had the campaign before is not sent."""
    return say("the same number as row {row}, which had the campaign already", row=row)


def same_key_as(row: int) -> Sentence:
    """Why a duplicate is not sent where what gets one message is a key."""
    return say("the same by once_per as row {row}, which gets the message", row=row)


def same_key_had(row: int) -> Sentence:
    """Why a further row with the key of one that had the campaign before is not sent."""
    return say("the same by once_per as row {row}, which had the campaign already", row=row)


def same_text_as(row: int) -> Sentence:
    """Why a row is not sent whose number gets the very same text for another key."""
    return say("the same text to the same number as row {row}, which gets the message", row=row)
