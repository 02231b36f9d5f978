"""Does the journal keep the laws? Rows, calls and events are each counted from their own side and compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Select,
    and_,
    case,
    exists,
    func,
    literal,
    not_,
    select,
    union_all,
)

from smscampaign.journal import schema
from smscampaign.journal.calls import tag_of
from smscampaign.journal.fates import same_holder
from smscampaign.journal.store import Journal, Record
from smscampaign.journal.summaries import stored_summary
from smscampaign.model import EditionKind

#: Events that say in which state a call is from then on; of `settled` it is the detail that does.
_STATES = ("pending", "sending", "accepted", "refused", "in-doubt", "cancelled", "settled")
#: The fates in which a number holds its message: it may not have another one.
_HELD = ("accepted", "sending", "in-doubt")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must hold: on how many it was tried, for how many it does not hold, and the first of those."""

    name: str
    tried: int
    faults: int = 0
    first: str = ""

    @property
    def ok(self) -> bool:
        """Whether it holds."""
        return not self.faults


def audit(journal: Journal, record: Record) -> Iterator[Check]:
    """All checks of one edition, each as soon as it is done. Nothing is changed.

    They see one state of the journal, whatever goes on meanwhile. A plan that another took the place of is not checked.
    """
    with journal.reading() as connection:
        tag = select(schema.campaign.c.tag).where(schema.campaign.c.id == record.id)
        if connection.execute(tag).scalar() != record.tag:
            return
        yield _rows(connection, record)
        for name, whole, wrong, told in _CHECKS:
            table = schema.message if whole == "messages" else schema.chunk
            tried = connection.execute(
                select(func.count()).select_from(table).where(table.c.campaign == record.id)
            ).scalar_one()
            first = connection.execute(wrong(record).limit(1)).first()
            if first is None:
                yield Check(name, tried)
            else:
                yield Check(name, tried, _counted(connection, wrong(record)), told(record, *first))


def _counted(connection: Connection, wrong: Select[*tuple[object, ...]]) -> int:
    return connection.execute(select(func.count()).select_from(wrong.subquery())).scalar_one()


def _rows(connection: Connection, record: Record) -> Check:
    """Law 1: every row of the file as it was planned is a message or a rejection, and not both."""
    message, rejection = schema.message.c, schema.rejection.c
    lines = select(message.line).where(message.campaign == record.id)
    others = select(rejection.line).where(rejection.campaign == record.id)
    sent, unsent = _counted(connection, lines), _counted(connection, others)
    both = (
        connection.execute(others.where(rejection.line.in_(lines)).order_by(rejection.line)).scalars().all()
    )
    planned = stored_summary(record).rows
    faults, first = abs(planned - sent - unsent) + len(both), ""
    if both:
        first = f"row {both[0]} is a message and a rejection"
    elif faults:
        first = f"{planned} rows were planned, {sent} messages and {unsent} rejections are there"
    return Check("every row of the file is one message or one rejection", planned, faults, first)


def _uncarried(record: Record) -> Select[*tuple[object, ...]]:
    fate = schema.fate.c
    return (
        select(fate.line)
        # What the call says is not there where the call is not.
        .where(fate.campaign == record.id, fate.receivers.is_(None))
        .order_by(fate.line)
    )


def _miscounted(record: Record) -> Select[*tuple[object, ...]]:
    chunk, message = schema.chunk.c, schema.message.c
    return _uneven(record, chunk.receivers, message.line, message.call == chunk.id)


def _mistried(record: Record) -> Select[*tuple[object, ...]]:
    chunk, event = schema.chunk.c, schema.event.c
    made = and_(event.chunk == chunk.id, event.what == "sending")
    return _uneven(record, chunk.attempts, event.id, made)


def _uneven(
    record: Record, said: Column[int], counted: Column[int], mine: ColumnElement[bool]
) -> Select[*tuple[object, ...]]:
    """The calls that say another number than there are rows of theirs in another table."""
    chunk, other = schema.chunk.c, counted.table
    theirs = and_(other.c.campaign == chunk.campaign, mine)
    return (
        select(chunk.id, said, func.count(counted))
        .select_from(schema.chunk.outerjoin(other, theirs))
        .where(chunk.campaign == record.id)
        .group_by(chunk.id, said)
        .having(func.count(counted) != said)
        .order_by(chunk.id)
    )


def _told(record: Record) -> Select[*tuple[object, ...]]:
    """The events that give a call a state: which call, which state, the one before, and how many come after."""
    event = schema.event.c
    state = case((event.what == "settled", event.detail), else_=event.what)
    return select(
        event.chunk.label("call"),
        event.what.label("what"),
        state.label("state"),
        func.lag(state).over(partition_by=event.chunk, order_by=event.id).label("before"),
        func.row_number().over(partition_by=event.chunk, order_by=event.id.desc()).label("last"),
    ).where(event.campaign == record.id, event.chunk.is_not(None), event.what.in_(_STATES))


def _misstated(record: Record) -> Select[*tuple[object, ...]]:
    chunk, told = schema.chunk.c, _told(record).subquery()
    stated = func.coalesce(told.c.state, literal("pending"))
    return (
        select(chunk.id, chunk.state, stated)
        .select_from(schema.chunk.outerjoin(told, and_(told.c.call == chunk.id, told.c.last == 1)))
        .where(chunk.campaign == record.id, chunk.state != stated)
        .order_by(chunk.id)
    )


def _made_again(record: Record) -> Select[*tuple[object, ...]]:
    told = _told(record).subquery()
    again = (told.c.what == "sending") & (told.c.before != "pending")
    return select(told.c.call, told.c.before).where(again).order_by(told.c.call)


def _repeated(record: Record) -> Select[*tuple[object, ...]]:
    message = schema.message.c
    lines = select(func.min(message.line).label("first"), func.max(message.line).label("last"))
    ours = lines.where(message.campaign == record.id).having(func.count() > 1)
    by_number = ours.where(message.key_hash == schema.NO_KEY).group_by(message.msisdn)
    by_key = ours.where(message.key_hash != schema.NO_KEY).group_by(message.key_hash)
    both = union_all(by_number, by_key).subquery().c
    return select(both.first, both.last).order_by(both.first)


def _held_twice(record: Record) -> Select[*tuple[object, ...]]:
    here, there = schema.fate.alias(), schema.fate.alias()
    mine, other = schema.campaign.alias(), schema.campaign.alias()
    series = and_(other.c.name == mine.c.name, other.c.series == mine.c.series, other.c.id < mine.c.id)
    # A retry has it again whose first message failed for a while, and let go of its key.
    event = schema.event.c
    released = exists().where(
        mine.c.kind == EditionKind.RETRY.value,
        event.campaign == there.c.campaign,
        event.line == there.c.line,
        event.chunk == there.c.call,
        event.what == "released",
    )
    found = (
        select(here.c.line, other.c.edition)
        .select_from(here)
        .join(mine, mine.c.id == here.c.campaign)
        .join(other, series)
        .join(there, and_(there.c.campaign == other.c.id, same))
        .where(here.c.campaign == record.id, here.c.fate.in_(_HELD), there.c.fate.in_(_HELD), not_(released))
        for same in same_holder(here, there)
    )
    both = union_all(*found).subquery().c
    return select(both.line, both.edition).order_by(both.line)


def _of(what: str) -> Callable[..., str]:
    """A sentence about a call, which is named by its tag, or about a row."""

    def told(record: Record, identity: int, *rest: object) -> str:
        return what.format(identity, *rest, call=tag_of(record.tag, identity))

    return told


_CHECKS: tuple[tuple[str, str, Callable[[Record], Select[*tuple[object, ...]]], Callable[..., str]], ...] = (
    ("every message is in one call", "messages", _uncarried, _of("row {0} is in no call")),
    (
        "every call has as many receivers as it says",
        "calls",
        _miscounted,
        _of("call {call} says {1} receivers and has {2}"),
    ),
    (
        "every call's state is what its events come to",
        "calls",
        _misstated,
        _of("call {call} is {1}, its events say {2}"),
    ),
    (
        "every call was tried as often as its events say",
        "calls",
        _mistried,
        _of("call {call} was tried {1} times, its events say {2}"),
    ),
    (
        "no call was made again without being known not to have been sent",
        "calls",
        _made_again,
        _of("call {call}: sending after {1}"),
    ),
    ("no two messages are to the same", "messages", _repeated, _of("rows {0} and {1} are to the same")),
    (
        "nobody who had an earlier edition has it again",
        "messages",
        _held_twice,
        _of("who is in row {0} had it with edition {1}"),
    ),
)
"""Each with what it is tried on, what does not hold as the database finds it, and the sentence about the first."""
