"""Two plans side by side, in the order of their numbers: how they differ, and whom one would send what another has sent.

Both are read as streams by the index of numbers, so that memory does not grow with the files.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, Select, and_, exists, func, or_, select

from smscampaign.journal import schema
from smscampaign.journal.fates import HAD
from smscampaign.journal.reading import text_of
from smscampaign.journal.store import STREAM, Journal, Record
from smscampaign.model import Message, Recipient

#: Examples of each kind of difference.
EXAMPLES = 3

#: Up to so many distinct texts one plan is asked for those of the other before any number is read.
FEW_TEXTS = 200

T = TypeVar("T", bound="Sequence[Any]")


@dataclass(slots=True)
class Kind:
    """People whom two plans treat differently: how many, and the first of them by row as they are (before, now)."""

    count: int = 0
    examples: list[tuple[Message | None, Message | None]] = field(default_factory=list)

    def take(self, before: Message | None, now: Message | None) -> None:
        """Count one, and keep it if its row is among the first."""
        self.count += 1
        if len(self.examples) < EXAMPLES or _row(before, now) < _row(*self.examples[-1]):
            self.examples = sorted([*self.examples, (before, now)], key=lambda pair: _row(*pair))[:EXAMPLES]


@dataclass(frozen=True, slots=True)
class Comparison:
    """How the people of one plan differ from another's: only in the new one, only in the old, in both with another text."""

    added: Kind
    removed: Kind
    changed: Kind


@dataclass(frozen=True, slots=True)
class Repeat:
    """The same text to the same people: by which campaign, in which journal, how many had it, and when last.

    `body` is empty where it is this very campaign, by its name, whatever text it had there.
    `waiting` are those who are still to get it there. `at_the_door` is the tag of a campaign that is only about to begin.
    """

    campaign: str
    journal: str
    people: int
    body: str
    at: datetime
    waiting: int = 0
    at_the_door: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """A campaign of some journal that has begun or is about to, as far as comparing with it needs."""

    id: int
    name: str
    texts: int
    at: datetime
    at_the_door: str


def compare(before: tuple[Journal, Record], now: tuple[Journal, Record]) -> Comparison:
    """The people of two plans, matched by number."""
    comparison = Comparison(Kind(), Kind(), Kind())
    with before[0].reading() as old, now[0].reading() as new:
        for was, becomes in _side_by_side(_people(old, before[1].id), _people(new, now[1].id)):
            if was is None:
                comparison.added.take(None, _message(becomes))
            elif becomes is None:
                comparison.removed.take(_message(was), None)
            elif was.body != becomes.body:
                comparison.changed.take(_message(was), _message(becomes))
    return comparison


def sent_since(journal: Journal, since: datetime) -> list[tuple[Sent, str]]:
    """The campaigns that sent something since then, began since, or are about to, each with the gateway it goes through."""
    campaign, chunk, text, kin = schema.campaign.c, schema.chunk.c, schema.text.c, schema.kin.c
    last = select(func.max(chunk.claimed_at)).where(chunk.campaign == campaign.id, chunk.state.in_(HAD))
    texts = select(func.count()).where(text.campaign == campaign.id)
    with journal.reading() as connection:
        rows = connection.execute(
            select(
                campaign.id,
                campaign.name,
                campaign.gateway,
                campaign.tag,
                campaign.begun_at,
                kin.entered_at,
                last.scalar_subquery().label("last"),
                texts.scalar_subquery().label("texts"),
            )
            .outerjoin(schema.kin, kin.campaign == campaign.id)
            # In one statement, so that a campaign that begins meanwhile is seen as about to begin or as begun.
            .where(or_(campaign.begun_at.is_not(None), kin.entered_at.is_not(None)))
            .order_by(campaign.id)
        ).all()
    return [
        (Sent(row.id, row.name, row.texts, at, "" if row.begun_at else row.tag), row.gateway)
        for row in rows
        if (at := row.last or row.begun_at or row.entered_at) >= since
    ]


def tags_in(journal: Journal) -> Iterator[tuple[str, str, bool]]:
    """The tags of a journal's campaigns, by which their calls are told, with the gateway and whether somebody still waits."""
    campaign, chunk = schema.campaign.c, schema.chunk.c
    waits = (chunk.campaign == campaign.id, chunk.state.in_(("pending", "sending", "in-doubt")))
    question = select(campaign.tag, campaign.gateway, exists(select(chunk.id).where(*waits)).label("waits"))
    with journal.reading() as connection:
        for row in connection.execute(question).all():
            yield row.tag, row.gateway, bool(row.waits)


def begun_in(journal: Journal) -> list[str]:
    """The names of the campaigns that have begun in a journal, the first one first."""
    campaign = schema.campaign.c
    question = (
        select(campaign.name)
        .where(campaign.begun_at.is_not(None))
        .group_by(campaign.name)
        .order_by(func.min(campaign.id))
    )
    with journal.reading() as connection:
        return list(connection.execute(question).scalars())


def planned_among(journal: Journal, record: Record, numbers: Collection[int]) -> frozenset[int]:
    """Which of the numbers, digits alone, a plan has a message for; some hundreds at a time."""
    message = schema.message.c
    those = select(message.msisdn).where(message.campaign == record.id, message.msisdn.in_(numbers))
    with journal.reading() as connection:
        return frozenset(connection.execute(those).scalars())


def repeat_of(ours: tuple[Journal, Record], theirs: tuple[Journal, Sent], *, texts: int) -> Repeat | None:
    """Whom a plan of `texts` distinct texts would send what they had, or are to get; None when there is nobody.

    Of a campaign of the same name people have had it, whatever its text was.
    """
    (mine, record), (other, sent) = ours, theirs
    counts, first = [0, 0], ""
    same = sent.name == record.inputs.name
    with mine.reading() as our, other.reading() as their:
        shared = None if same else _shared((our, record.id, texts), (their, sent.id, sent.texts))
        if shared is not None and not all(shared):
            return None
        known, theirs_known = shared or (None, None)
        planned = _texts_by_number(our, record.id, known)
        had = _texts_by_number(their, sent.id, theirs_known, fates=(*HAD, "pending"))
        for one, earlier in _side_by_side(planned, had):
            if one is not None and earlier is not None and (same or one[1] == earlier[1]):
                counts[earlier[2] == "pending"] += 1
                first = "" if same else first or one[1]
    if not any(counts):
        return None
    return Repeat(sent.name, other.name, counts[0], first, sent.at, counts[1], sent.at_the_door)


def _people(connection: Connection, campaign: int) -> Iterator[Row[Any]]:
    message, text = schema.message, schema.text
    question = (
        select(message.c.msisdn, message.c.line, message.c.country, text)
        .join(text, and_(text.c.campaign == message.c.campaign, text.c.id == message.c.text))
        .where(message.c.campaign == campaign)
        .order_by(message.c.msisdn)
    )
    return iter(connection.execute(question, execution_options=STREAM))


def _texts_by_number(
    connection: Connection, campaign: int, texts: dict[int, str] | None, *, fates: Sequence[str] = ()
) -> Iterator[tuple[int, str, str]]:
    """Numbers with their texts and fates, in the order of the numbers; with `texts`, by their ids, only of these."""
    fate, text = schema.fate.c, schema.text.c
    rows = select(fate.msisdn, fate.text, fate.fate).where(fate.campaign == campaign).order_by(fate.msisdn)
    if fates:
        rows = rows.where(fate.fate.in_(fates))
    if texts is None:
        same = and_(text.campaign == fate.campaign, text.id == fate.text)
        rows = rows.join(schema.text, same).add_columns(text.body)
        return (
            (row.msisdn, row.body, row.fate) for row in connection.execute(rows, execution_options=STREAM)
        )
    those = connection.execute(rows.where(fate.text.in_(list(texts))), execution_options=STREAM)
    return ((number, texts[identity], told) for number, identity, told in those)


def _shared(
    ours: tuple[Connection, int, int], theirs: tuple[Connection, int, int]
) -> tuple[dict[int, str], dict[int, str]] | None:
    """The texts that two plans have in common, by their ids in each; None where both have too many to ask."""
    few, many = sorted((ours, theirs), key=lambda side: side[2])
    if few[2] > FEW_TEXTS:
        return None
    texts = schema.text.c
    asked = {row.id: row.body for row in few[0].execute(_ids(few[1]))}
    answer = many[0].execute(_ids(many[1]).where(texts.body.in_(set(asked.values()))))
    found = {row.id: row.body for row in answer}
    bodies = set(found.values())
    kept = {identity: body for identity, body in asked.items() if body in bodies}
    return (kept, found) if few is ours else (found, kept)


def _ids(campaign: int) -> Select[Any]:
    return select(schema.text.c.id, schema.text.c.body).where(schema.text.c.campaign == campaign)


def _side_by_side(left: Iterator[T], right: Iterator[T]) -> Iterator[tuple[T | None, T | None]]:
    """Two streams of rows that begin with a number, in the order of the numbers: those of one number together."""
    one, other = next(left, None), next(right, None)
    while one is not None or other is not None:
        if other is None or (one is not None and one[0] < other[0]):
            yield one, None
            one = next(left, None)
        elif one is None or other[0] < one[0]:
            yield None, other
            other = next(right, None)
        else:
            yield one, other
            one, other = next(left, None), next(right, None)


def _message(row: Any) -> Message:
    return Message(row.line, Recipient(f"+{row.msisdn}", row.country), text_of(row))


def _row(before: Message | None, now: Message | None) -> int:
    one = now or before
    return one.line if one else 0
