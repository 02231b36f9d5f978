"""Leaving rows out of a plan that is written and not sealed yet: their messages go, and are no longer counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator

from sqlalchemy import Connection, and_, delete, func, select

from smscampaign.journal import schema
from smscampaign.journal.exclusions import Asked
from smscampaign.journal.store import Journal
from smscampaign.model import Repair

#: Rows that are looked at together.
BLOCK = 4000


def stored(journal: Journal, campaign: int) -> Iterator[Asked]:
    """The messages of a plan in blocks, each read by itself: in between they may be taken out."""
    message, text = schema.message.c, schema.text.c
    question = (
        select(message.line, message.msisdn, text.body, message.key_hash)
        .join(schema.text, and_(text.campaign == message.campaign, text.id == message.text))
        .where(message.campaign == campaign)
        .order_by(message.line)
        .limit(BLOCK)
    )
    last = -1
    while True:
        with journal.reading() as connection:
            rows = connection.execute(question.where(message.line > last)).all()
        if not rows:
            return
        last = rows[-1].line
        lines, numbers, bodies, keys = (list(column) for column in zip(*rows, strict=True))
        yield Asked(lines, numbers, bodies, keys if all(keys) else ())


Kind = tuple[str, str, int]
"""A country, an encoding, and a number of parts."""


def take_out(
    connection: Connection, campaign: int, lines: Collection[int]
) -> tuple[Counter[Kind], list[int]]:
    """These rows have no message any more; says how many of each kind they were, and the numbers of their texts."""
    message, text = schema.message.c, schema.text.c
    theirs = (message.campaign == campaign, message.line.in_(list(lines)))
    same = and_(text.campaign == message.campaign, text.id == message.text)
    question = select(message.country, text.encoding, text.parts, text.id).join(schema.text, same)
    rows = connection.execute(question.where(*theirs)).all()
    connection.execute(delete(schema.message).where(*theirs))
    repaired = (schema.repair.c.campaign == campaign, schema.repair.c.line.in_(list(lines)))
    connection.execute(delete(schema.repair).where(*repaired))
    kinds = Counter((country, encoding, parts) for country, encoding, parts, _ in rows)
    return kinds, [number for *_, number in rows]


def drop_texts(connection: Connection, campaign: int, numbers: Collection[int]) -> None:
    """These texts go, which no message has any more."""
    text = schema.text
    connection.execute(delete(text).where(text.c.campaign == campaign, text.c.id.in_(list(numbers))))


def repairs_of(connection: Connection, campaign: int) -> tuple[Counter[Repair], dict[Repair, int]]:
    """How many numbers were put right, by what was wrong with them, and the first row of each."""
    repair = schema.repair.c
    question = select(repair.repair, func.count(), func.min(repair.line)).where(repair.campaign == campaign)
    rows = connection.execute(question.group_by(repair.repair)).all()
    counts = Counter({Repair(name): count for name, count, _ in rows})
    return counts, {Repair(name): first for name, _, first in rows}


def drop_unused(connection: Connection, campaign: int) -> int:
    """Texts that no message has any more go; says how many are left."""
    text, message = schema.text, schema.message.c
    used = select(message.text).where(message.campaign == campaign)
    ours = text.c.campaign == campaign
    connection.execute(delete(text).where(ours, text.c.id.not_in(used)))
    return connection.execute(select(func.count()).select_from(text).where(ours)).scalar_one()
