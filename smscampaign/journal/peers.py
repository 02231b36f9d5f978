"""Other campaigns that may have sent to the same people, or are going to: which there are, and which texts they share.

Their people are asked about by number (`contacts`). That takes longer than reading texts, so those come first: campaigns
without a text in common send nobody the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, collate, exists, func, or_, select

from smscampaign.journal import schema
from smscampaign.journal.course import COURSES
from smscampaign.journal.fates import HAD
from smscampaign.journal.store import STREAM, Journal, Record

#: Up to so many distinct texts of one campaign the other is asked for them; more of both are read side by side.
FEW_TEXTS = 200


Turn = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Peer:
    """Another campaign that has begun, or is about to: then `begun_at` is None.

    `at` is when it was last at work as far as is known: begun, resumed, paused, or making a call. `driven` says that
    somebody else drives its journal now. Campaigns that are told apart by nothing else give way by their `turn`: tag, journal
    and name. Of the same made twice the tag is the same.
    """

    id: int
    name: str
    turn: Turn
    gateway: str
    texts: int
    begun_at: datetime | None
    at: datetime
    driven: bool

    @property
    def tag(self) -> str:
        """The tag of its calls."""
        return self.turn[0]

    @property
    def at_the_door(self) -> bool:
        """Whether it is only about to begin."""
        return self.begun_at is None

    def counts(self, since: datetime) -> bool:
        """Whether those who wait in it are still going to get it: it is driven, or was at work since then."""
        return self.driven or self.at >= since


def peers_in(journal: Journal, *, own: bool) -> list[Peer]:
    """The campaigns of a journal that have begun or are about to, in all their editions; `own` is one that we drive."""
    campaign = schema.campaign.c
    chunk, event, text = schema.chunk.c, schema.event.c, schema.text.c
    of = schema.chunk.alias("of").c
    newest = select(func.max(of.id)).where(of.campaign == campaign.id, of.state.in_(HAD))
    last = newest.scalar_subquery().correlate(schema.campaign)
    made = select(chunk.claimed_at).where(chunk.campaign == campaign.id, chunk.id == last)
    steps = (event.campaign == campaign.id, event.chunk.is_(None), event.what.in_(COURSES))
    columns: tuple[Any, ...] = (
        *(campaign.id, campaign.name, campaign.tag, campaign.gateway, campaign.begun_at),
        campaign.entered_at,
        select(schema.about.c.identity).scalar_subquery().label("journal"),
        made.scalar_subquery().label("made"),
        select(func.max(event.at)).where(*steps).scalar_subquery().label("step"),
        select(func.max(text.id)).where(text.campaign == campaign.id).scalar_subquery().label("texts"),
        exists(select(schema.driver.c.id)).label("driven"),
    )
    # In one statement, so that a campaign that begins meanwhile is seen as about to begin or as begun.
    question = (
        select(*columns)
        .where(or_(campaign.begun_at.is_not(None), campaign.entered_at.is_not(None)))
        .order_by(campaign.id)
    )
    with journal.reading() as connection:
        return [_peer(row, own=own) for row in connection.execute(question)]


def turn_of(journal: Journal, record: Record) -> Turn:
    """The turn of a campaign of ours, as others see it."""
    with journal.reading() as connection:
        identity = connection.execute(select(schema.about.c.identity)).scalar_one()
    return (record.tag, identity, record.inputs.name)


def tags_in(journal: Journal) -> frozenset[str]:
    """The tags of the campaigns that have begun in a journal, by which their calls are told. A mere plan explains nothing."""
    campaign = schema.campaign.c
    with journal.reading() as connection:
        return frozenset(
            connection.execute(select(campaign.tag).where(campaign.begun_at.is_not(None))).scalars()
        )


def shared_texts(ours: tuple[Journal, int, int], theirs: tuple[Journal, int, int]) -> list[str]:
    """Texts that two plans, each a journal, a campaign's id and its number of texts, have in common.

    At most one more than `FEW_TEXTS`: whoever is told of so many has to look at all.
    """
    few, many = sorted((ours, theirs), key=lambda side: side[2])
    with few[0].reading() as one, many[0].reading() as other:
        if few[2] <= FEW_TEXTS:
            wanted = set(one.execute(_bodies(few[1])).scalars())
            asked = _bodies(many[1]).where(schema.text.c.body.in_(wanted))
            return list(other.execute(asked).scalars())
        return list(_in_both(_sorted(one, few[1]), _sorted(other, many[1])))


def texts_by_number(
    journal: Journal, campaign: int, *, among: Collection[str] = ()
) -> Iterator[dict[int, str]]:
    """Whom a plan sends to, in blocks: each number with its text, only of these texts if any are named."""
    message, text = schema.message.c, schema.text.c
    with journal.reading() as connection:
        question = (
            select(message.msisdn, text.body)
            .join(schema.text, (text.campaign == message.campaign) & (text.id == message.text))
            .where(message.campaign == campaign)
        )
        if among and len(among) <= FEW_TEXTS:
            those = select(text.id).where(text.campaign == campaign, text.body.in_(among))
            question = question.where(message.text.in_(list(connection.execute(those).scalars())))
        for rows in connection.execute(question, execution_options=STREAM).partitions():
            yield dict(map(tuple, rows))


def _peer(row: Row[Any], *, own: bool) -> Peer:
    at = max(moment for moment in (row.begun_at, row.entered_at, row.made, row.step) if moment is not None)
    driven = bool(row.driven) and not own
    turn = (row.tag, row.journal, row.name)
    return Peer(row.id, row.name, turn, row.gateway, row.texts or 0, row.begun_at, at, driven=driven)


def _bodies(campaign: int) -> Select[str]:
    return select(schema.text.c.body).where(schema.text.c.campaign == campaign)


def _sorted(connection: Connection, campaign: int) -> Iterator[str]:
    """Texts in the order of their characters, which is the same on both engines and in Python."""
    body = schema.text.c.body
    order = collate(body, "C") if connection.dialect.name == "postgresql" else body
    return iter(connection.execute(_bodies(campaign).order_by(order), execution_options=STREAM).scalars())


def _in_both(left: Iterator[str], right: Iterator[str]) -> Iterator[str]:
    one, other, found = next(left, None), next(right, None), 0
    while one is not None and other is not None and found <= FEW_TEXTS:
        if one < other:
            one = next(left, None)
        elif other < one:
            other = next(right, None)
        else:
            found += 1
            yield one
            one = next(left, None)
