"""What became of the messages: counts over the `fate` view. Nothing else works out what a message's fate is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, distinct, func, or_, select

from smscampaign.journal import schema
from smscampaign.journal.calls import tag_of
from smscampaign.journal.store import Journal, Record
from smscampaign.journal.summaries import stored_summary
from smscampaign.model import CountryCount, Delivery, Reason, Status, Tally

#: The fates of messages that reached somebody, or may have; and of those of which that is not known yet.
HAD = ("accepted", "in-doubt", "sending")
OPEN = ("in-doubt", "sending")

#: The states of a call that is not pending.
_SETTLED = ("accepted", "cancelled", "in-doubt", "refused", "sending")

_fate = schema.fate.c


def status_of(fate: str) -> Status:
    """A fate as the results tell it: a call that is being made, seen by somebody else, may or may not have arrived."""
    return Status.IN_DOUBT if fate == "sending" else Status(fate)


def tally(journal: Journal, record: Record) -> Tally:
    """Where the campaign stands, in messages, calls and credits.

    What OVHcloud took for a call without telling it is reckoned by the rates, as it is in the results.
    """
    chunk, receipt, rejection = schema.chunk, schema.receipt, schema.rejection
    ours, parted = chunk.c.campaign == record.id, _parted(record)
    states = select(
        chunk.c.state,
        func.count().label("chunks"),
        func.sum(chunk.c.credits).label("credits"),
        func.count(chunk.c.credits).label("priced"),
        # A call that nobody has a verdict in has one fate for all of its messages: so a million of them are counted at once.
        func.sum(case((chunk.c.id.not_in(parted), chunk.c.receivers), else_=0)).label("messages"),
    )
    fates = select(_fate.fate, func.count()).where(_fate.campaign == record.id, _fate.fate.is_not(None))
    reasons = select(rejection.c.reason, func.count()).where(rejection.c.campaign == record.id)
    deliveries = select(receipt.c.delivery, func.count()).where(receipt.c.campaign == record.id)
    # Calls that OVHcloud has in part, by what is known so far, without having told a price.
    in_part = (
        select(func.count(distinct(chunk.c.id)))
        .select_from(schema.verdict)
        .join(schema.fate, and_(_fate.campaign == record.id, _fate.line == schema.verdict.c.line))
        .join(chunk, and_(ours, chunk.c.id == _fate.call))
        .where(schema.verdict.c.campaign == record.id, _fate.fate.in_(["accepted", "cancelled"]))
        .where(chunk.c.state != "accepted", chunk.c.credits.is_(None))
    )
    messages: Counter[Status] = Counter()
    with journal.reading() as connection:
        calls = connection.execute(states.where(ours).group_by(chunk.c.state)).all()
        for row in calls:
            messages[status_of(row.state)] += int(row.messages)
        # Before the plan is sealed there are no calls.
        rest = fates.where(_fate.call.in_(parted)) if calls else fates
        for fate, count in connection.execute(rest.group_by(_fate.fate)):
            messages[status_of(fate)] += count
        for reason, count in connection.execute(reasons.group_by(rejection.c.reason)):
            messages[Reason(reason).status] += count
        unpriced = connection.execute(in_part).scalar_one()
        unpriced += sum(row.chunks - row.priced for row in calls if row.state == "accepted")
        reckoned = _reckoned(connection, record) if unpriced else Decimal(0)
        received = connection.execute(deliveries.group_by(receipt.c.delivery)).all()
    return Tally(
        messages={status: messages[status] for status in Status if messages[status]},
        chunks={row.state: row.chunks for row in calls},
        deliveries=_deliveries({row[0]: row[1] for row in received}, messages[Status.ACCEPTED]),
        credits=sum((row.credits for row in calls if row.credits is not None), reckoned),
        unpriced=unpriced,
    )


def _deliveries(received: Mapping[str, int], accepted: int) -> dict[Delivery, int]:
    """Accepted messages by what is heard of them, once anything is: what has no last receipt waits for it."""
    known = {one: received[one.value] for one in Delivery if one.value in received}
    waiting = accepted - sum(count for one, count in known.items() if one is not Delivery.WAITING)
    return {**known, Delivery.WAITING: waiting} if known and waiting > 0 else known


def _reckoned(connection: Connection, record: Record) -> Decimal:
    """What the accepted messages of calls whose price nobody told cost by the rates, as far as these are known."""
    chunk, rate = schema.chunk.c, schema.rate.c
    untold = select(chunk.id).where(
        chunk.campaign == record.id,
        chunk.credits.is_(None),
        (chunk.state == "accepted") | chunk.id.in_(_parted(record)),
    )
    known = connection.execute(select(rate.country, rate.credits).where(rate.campaign == record.id)).all()
    rates = {row.country: row.credits for row in known}
    messages = _figures(record).where(_fate.fate == "accepted", _fate.call.in_(untold))
    priced = [one for one in _by_country(connection, messages) if one.country in rates]
    return sum((rates[one.country] * one.parts for one in priced), Decimal(0))


def of_all_editions(journal: Journal, record: Record, now: Tally) -> tuple[int, Tally]:
    """How many editions there are, those before a restart included, and who had it in any, with what that cost."""
    others = (one for one in journal.editions(record.inputs.name) if one.begun_at and one.id != record.id)
    all_of_it = [now, *(tally(journal, one) for one in others)]
    # Whom one edition left out, refused or cancelled the next one may have sent to: only who had it adds up.
    had = {one: sum(some.messages.get(one, 0) for some in all_of_it) for one in map(Status, HAD[:2])}
    return len(all_of_it), Tally(
        messages={status: number for status, number in had.items() if number},
        chunks=dict(sum((Counter(one.chunks) for one in all_of_it), Counter())),
        deliveries=dict(sum((Counter(one.deliveries) for one in all_of_it), Counter())),
        credits=sum((one.credits for one in all_of_it), Decimal(0)),
        unpriced=sum(one.unpriced for one in all_of_it),
    )


def waiting(
    journal: Journal, record: Record, *, limit: int | None, correction: Record | None = None
) -> list[CountryCount]:
    """What is pending by country, or the first `limit` rows of it; with a correction, as if that were part of it.

    To read through a million texts takes seconds: where most of the plan is pending, it is the plan without the rest.
    """
    if correction is not None and limit is None:
        both = (waiting(journal, one, limit=None) for one in (record, correction))
        return _together(one for some in both for one in some)
    chunk = schema.chunk.c
    settled = select(chunk.id).where(chunk.campaign == record.id, chunk.state.in_(_SETTLED))
    with journal.reading() as connection:
        number = connection.execute(select(func.count()).select_from(settled.subquery())).scalar_one()
        if limit is not None or 2 * number > (record.summary or {}).get("chunks", -1):
            pending = _figures(record, correction).where(_fate.fate == "pending")
            found = _by_country(connection, pending.order_by(_fate.line).limit(limit) if limit else pending)
        else:
            touched = settled.union(_parted(record))
            rest = _figures(record).where(_fate.call.in_(touched), _fate.fate != "pending")
            found = _without(stored_summary(record).countries, _by_country(connection, rest))
    return sorted(found, key=lambda one: (-one.messages, one.country))


def _together(counts: Iterable[CountryCount]) -> list[CountryCount]:
    found: dict[str, CountryCount] = {}
    for one in counts:
        other = found.get(one.country, CountryCount(one.country, 0, 0))
        found[one.country] = CountryCount(one.country, one.messages + other.messages, one.parts + other.parts)
    return sorted(found.values(), key=lambda one: (-one.messages, one.country))


def _figures(record: Record, correction: Record | None = None) -> Select[Any]:
    """Country and parts of each message."""
    ours = [one.id for one in (record, correction) if one is not None]
    text = schema.text.c
    same = and_(text.campaign == _fate.campaign, text.id == _fate.text)
    return select(_fate.country, text.parts).join(schema.text, same).where(_fate.campaign.in_(ours))


def _by_country(connection: Connection, messages: Select[Any]) -> list[CountryCount]:
    one = messages.subquery().c
    rows = connection.execute(select(one.country, func.count(), func.sum(one.parts)).group_by(one.country))
    return [CountryCount(country, count, int(parts)) for country, count, parts in rows]


def _without(planned: Sequence[CountryCount], rest: Sequence[CountryCount]) -> list[CountryCount]:
    less = {one.country: one for one in rest}
    none = CountryCount("", 0, 0)
    left = [
        CountryCount(one.country, one.messages - gone.messages, one.parts - gone.parts)
        for one in planned
        for gone in [less.get(one.country, none)]
    ]
    return [one for one in left if one.messages]


def _parted(record: Record) -> Select[Any]:
    """The calls that hold a message with a verdict of its own."""
    message, verdict = schema.message.c, schema.verdict.c
    same = and_(message.campaign == verdict.campaign, message.line == verdict.line)
    mine = select(message.call).join(schema.verdict, same).where(verdict.campaign == record.id)
    return mine.where(message.call.is_not(None)).distinct()


def left_out(journal: Journal, record: Record) -> bool:
    """Whether anybody was left out because of what he had elsewhere, when it was planned or when his call was claimed.

    He got nothing, and holds nothing.
    """
    verdict, rejection, lately = schema.verdict.c, schema.rejection.c, Reason.SAME_TEXT_LATELY.value
    suppressed = select(verdict.line).where(verdict.campaign == record.id, verdict.status == "suppressed")
    planned = select(rejection.line).where(rejection.campaign == record.id, rejection.reason == lately)
    with journal.reading() as connection:
        return any(connection.execute(one.limit(1)).first() is not None for one in (suppressed, planned))


def doubts(journal: Journal, record: Record) -> list[tuple[str, int, str]]:
    """The calls in doubt as (tag, receivers in doubt, why), in all editions of the series: what is in doubt holds its key."""
    chunk, campaign = schema.chunk.c, schema.campaign.c
    question = (
        select(campaign.tag, chunk.id, func.count().label("receivers"), chunk.detail)
        .select_from(schema.campaign)
        .join(schema.chunk, and_(chunk.campaign == campaign.id, chunk.state.in_(OPEN)))
        .join(schema.fate, and_(_fate.campaign == chunk.campaign, _fate.call == chunk.id))
        .where(_series(record), _fate.fate.in_(OPEN))
        .group_by(campaign.id, campaign.tag, chunk.id, chunk.detail)
        .order_by(campaign.id, chunk.id)
    )
    with journal.reading() as connection:
        rows = connection.execute(question).all()
    return [(tag_of(row.tag, row.id), row.receivers, row.detail or "being sent") for row in rows]


def asked_about(journal: Journal, record: Record) -> frozenset[str]:
    """The tags of calls in doubt that OVHcloud was asked about, by the story of each since it was last made."""
    chunk, event, campaign = schema.chunk.c, schema.event.c, schema.campaign.c
    noted, made = (func.max(case((event.what == what, event.id))) for what in ("noted", "sending"))
    question = (
        select(campaign.tag, event.chunk)
        .select_from(schema.campaign)
        .join(schema.chunk, and_(chunk.campaign == campaign.id, chunk.state == "in-doubt"))
        .join(schema.event, and_(event.campaign == campaign.id, event.chunk == chunk.id))
        .where(_series(record), event.what.in_(("noted", "sending")))
        .group_by(campaign.tag, event.chunk)
        .having(noted > made)
    )
    with journal.reading() as connection:
        return frozenset(tag_of(row.tag, row.chunk) for row in connection.execute(question))


def _series(record: Record) -> ColumnElement[bool]:
    """Which editions are of the series of this one: those that have begun, and itself."""
    campaign = schema.campaign.c
    ours = and_(campaign.name == record.inputs.name, campaign.series == record.series)
    return or_(campaign.id == record.id, and_(ours, campaign.begun_at.is_not(None)))


def gateways_of(journal: Journal) -> set[str]:
    """Where the campaigns of a journal go, sent or not."""
    with journal.reading() as connection:
        return set(connection.execute(select(schema.campaign.c.gateway).distinct()).scalars())


def newest_accepted(journal: Journal) -> str:
    """The tag of the call whose answer said last that something was accepted; empty where none did.

    By the story, not by the calls: one that was split has another tag since. Where a person assumed that it was sent, or it
    was found, the event has a detail.
    """
    event, campaign = schema.event.c, schema.campaign.c
    last = (
        select(campaign.tag, event.chunk)
        .join(schema.campaign, campaign.id == event.campaign)
        .where(event.what == Status.ACCEPTED.value, event.detail == "")
        .order_by(event.id.desc())
        .limit(1)
    )
    with journal.reading() as connection:
        row = connection.execute(last).first()
    return tag_of(row.tag, row.chunk) if row else ""


def same_holder(one: Any, other: Any) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """When two messages, as rows of `message` or `fate`, are to the same: by number, and by key. No pair is both.

    A campaign has keys or it has none, and so has its whole series: both ways are asked about, each along its own index.
    """
    unkeyed = and_(
        one.c.key_hash == schema.NO_KEY, other.c.key_hash == schema.NO_KEY, one.c.msisdn == other.c.msisdn
    )
    keyed = and_(
        one.c.key_hash != schema.NO_KEY, other.c.key_hash != schema.NO_KEY, one.c.key_hash == other.c.key_hash
    )
    return unkeyed, keyed
