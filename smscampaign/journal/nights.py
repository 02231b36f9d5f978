"""What a person is told of an edition that took the place of another: who was left behind, and whose number has changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, func, select

from smscampaign.journal import editions, schema
from smscampaign.journal.course import Course, last_step
from smscampaign.journal.fates import HAD, same_holder
from smscampaign.journal.store import Journal, Record
from smscampaign.keys import ALIKE_BYTES
from smscampaign.model import Reason

#: Editions before this one whose keys are compared.
NEWEST = 30


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """A message of a night before that was not sent and is not in the plan of this one: its edition, row, number and text."""

    edition: int
    line: int
    msisdn: int
    body: str


def left_behind(journal: Journal, record: Record) -> list[LeftBehind]:
    """The messages that were cancelled because this edition took the place of theirs, and that it does not have itself.

    And those that an edition before it took the place of, if that never came to an end: then nobody was told.
    """
    if record.begun_at is None:
        return []
    found: dict[tuple[int, int], LeftBehind] = {}
    for one in (record, *_untold(journal, record)):
        with journal.reading() as connection:
            rows = connection.execute(_cancelled_by(one, record))
            found |= {(row.edition, row.line): LeftBehind(*row) for row in rows}
    return [found[place] for place in sorted(found)]


def _untold(journal: Journal, record: Record) -> list[Record]:
    """The editions right before this one of which no run came to its end."""
    untold: list[Record] = []
    for one in reversed(journal.editions(record.inputs.name)):
        if one.edition >= record.edition or one.begun_at is None or one.series != record.series:
            continue
        step = last_step(journal, one)
        if step is not None and step.what not in {Course.BEGUN, Course.RESUMED}:
            break
        untold.append(one)
    return untold


def _cancelled_by(one: Record, now: Record) -> Select[Any]:
    """What was cancelled when `one` came into force, without what it has itself, or what the edition of `now` has."""
    campaign, chunk, fate, text = schema.campaign.c, schema.chunk.c, schema.fate, schema.text.c
    mine = schema.message.alias()
    question = (
        select(campaign.edition, fate.c.line, fate.c.msisdn, text.body)
        .select_from(schema.chunk)
        .join(schema.campaign, campaign.id == chunk.campaign)
        .join(fate, and_(fate.c.campaign == chunk.campaign, fate.c.call == chunk.id))
        .join(schema.text, and_(text.campaign == fate.c.campaign, text.id == fate.c.text))
        .where(campaign.name == one.inputs.name, campaign.series == one.series, campaign.id != one.id)
        .where(chunk.state == "cancelled", chunk.settled_at == one.begun_at, fate.c.fate == "cancelled")
    )
    for same in same_holder(mine, fate):
        here = select(mine.c.line).where(mine.c.campaign.in_([one.id, now.id]), same)
        question = question.where(~here.exists())
    return question


def to_look_at(journal: Journal, record: Record) -> list[tuple[int, str, str]]:
    """The rows that had their message at another number, each with why it gets nothing and what to do."""
    rejection = schema.rejection.c
    question = (
        select(rejection.line, rejection.detail, rejection.suggestion)
        .where(rejection.campaign == record.id, rejection.reason == Reason.ALREADY_SENT.value)
        .where(rejection.suggestion != "")
        .order_by(rejection.line)
    )
    with journal.reading() as connection:
        return [tuple(row) for row in connection.execute(question)]


def alike(journal: Journal, record: Record) -> list[tuple[int, int, int]]:
    """Rows with a key that looks like another one of the same number: the row, the other row, and the edition of that.

    The edition is 0 where it is this one; of earlier ones only the newest are looked at, and who had them.
    """
    message, fate = schema.message.c, schema.fate.c
    common = func.substr(message.key_hash, 1, ALIKE_BYTES)
    people = (schema.people if journal.scratch else schema.message).c
    by, sign = (people.msisdn, people.key_hash), func.substr(people.key_hash, 1, ALIKE_BYTES)
    several = select(people.msisdn).where(people.campaign == record.id).group_by(people.msisdn)
    several = several.having(func.count() > 1)
    pairs = (
        select(
            *(people.line, func.lag(people.line).over(partition_by=by[0], order_by=by[1]).label("other")),
            *(
                sign.label("common"),
                func.lag(sign).over(partition_by=by[0], order_by=by[1]).label("before"),
            ),
        )
        .where(people.campaign == record.id, people.msisdn.in_(several), people.key_hash != schema.NO_KEY)
        .subquery()
    )
    here = select(pairs.c.line, pairs.c.other).where(pairs.c.common == pairs.c.before).order_by(pairs.c.line)
    before = [one for one in editions.series_of(journal, record) if one != record.id][-NEWEST:]
    theirs = and_(fate.campaign.in_(before), fate.msisdn == message.msisdn, fate.fate.in_(HAD))
    there = (
        select(message.line, fate.line.label("other"), schema.campaign.c.edition)
        .select_from(schema.message)
        .join(schema.fate, theirs)
        .join(schema.campaign, schema.campaign.c.id == fate.campaign)
        .where(message.campaign == record.id, message.key_hash != schema.NO_KEY)
        .where(fate.key_hash != schema.NO_KEY, fate.key_hash != message.key_hash)
        .where(func.substr(fate.key_hash, 1, ALIKE_BYTES) == common)
        .order_by(message.line)
    )
    with journal.reading() as connection:
        found = [(row.line, row.other, 0) for row in connection.execute(here)]
        if before:
            found += [tuple(row) for row in connection.execute(there)]
    return found
