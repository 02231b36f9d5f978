"""Twins: rows that get nothing because another row of the plan has their number, their key, or their number and text."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, delete, select

from smscampaign.blocks import Messages
from smscampaign.journal import schema
from smscampaign.journal.contacts import texts_of
from smscampaign.languages import Sentence, say, tell
from smscampaign.model import Reason, Rejection


@dataclass(frozen=True, slots=True)
class Twin:
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


@dataclass(frozen=True, slots=True)
class TextsOfNumbers:
    """The first row that each number of a block has a text by, in the blocks before it; for messages that have keys."""

    campaign: int
    messages: Messages
    first: dict[tuple[int, str], int]

    @classmethod
    def before(cls, connection: Connection, campaign: int, messages: Messages) -> TextsOfNumbers:
        """Before the block itself is stored."""
        known = texts_of(connection, campaign, messages.numbers) if messages.keys else ()
        return cls(campaign, messages, {(number, body): line for number, line, body in known})

    def repeated(self, connection: Connection, lost: Collection[int]) -> list[Twin]:
        """The messages of the stored block whose number gets the very same text for another key: once is enough.

        They are taken out again; `lost` are rows that were not stored.
        """
        if not self.messages.keys:
            return []
        rows = zip(self.messages.lines, self.messages.numbers, self.messages.texts.bodies, strict=True)
        found = [
            Twin(line, self.first[number, body], same_text_as(self.first[number, body]))
            for line, number, body in rows
            if line not in lost and self.first.setdefault((number, body), line) != line
        ]
        if found:
            message = schema.message
            lines = message.c.line.in_([one.line for one in found])
            connection.execute(delete(message).where(message.c.campaign == self.campaign, lines))
        return found


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
