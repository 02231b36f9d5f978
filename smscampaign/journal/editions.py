"""Editions of a campaign, and the moment at which one takes the place of what was sent before.

Law 4 holds within a series: a restart begins a new one. Within it a number, or a key, is held by the message that reached it,
or may have: accepted, in doubt or being sent. Refused, cancelled, suppressed and pending messages hold nothing.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from importlib import import_module
from types import ModuleType

from sqlalchemy import ColumnElement, Connection, and_, func, insert, literal, not_, select, update

from smscampaign.errors import ChangedInputs, JournalProblem
from smscampaign.journal import schema, tags
from smscampaign.journal.fates import HAD, OPEN, same_holder
from smscampaign.journal.store import Inputs, Journal, Record
from smscampaign.journal.values import Instant
from smscampaign.languages import say
from smscampaign.model import EditionKind
from smscampaign.names import canonical

_SUPERSEDED = "another edition of the campaign took its place"
_PASSED_OVER = "passed-over"
_BECAME = {
    EditionKind.AMENDMENT: "amended",
    EditionKind.RECURRENCE: "went-on",
    EditionKind.RETRY: "retried",
    EditionKind.RESTART: "restarted",
    EditionKind.FIRST: "begun",
}


def series_of(journal: Journal, record: Record) -> tuple[int, ...]:
    """The ids of the editions of a campaign's series that have begun: whom one of them holds gets nothing from the next."""
    with journal.reading() as connection:
        return tuple(_begun(connection, record, series=record.series))


def at_work_since(journal: Journal, record: Record, since: datetime) -> tuple[int, ...]:
    """Those of them that may have made calls since then: the last, and each whose place was taken later."""
    campaign = schema.campaign.c
    ours = (campaign.name == record.inputs.name, campaign.series == record.series)
    question = select(campaign.id, campaign.begun_at).where(*ours, campaign.begun_at.is_not(None))
    with journal.reading() as connection:
        rows = connection.execute(question.order_by(campaign.edition)).all()
    after = [row.begun_at for row in rows[1:]]
    return tuple(
        row.id for row, taken in zip(rows, [*after, None], strict=True) if taken is None or taken >= since
    )


def waits_before(journal: Journal, record: Record) -> bool:
    """Whether something is pending in an edition whose place another has taken: it turned out not to have been sent."""
    chunk = schema.chunk.c
    with journal.reading() as connection:
        others = [one for one in _begun(connection, record, series=record.series) if one != record.id]
        pending = select(chunk.id).where(chunk.campaign.in_(others), chunk.state == "pending").limit(1)
        return connection.execute(pending).first() is not None


def in_doubt(journal: Journal, record: Record) -> list[Record]:
    """The editions of the series in which something is in doubt or being sent, the first one first."""
    chunk = schema.chunk.c
    with journal.reading() as connection:
        ours = {*_begun(connection, record, series=record.series), record.id}
        open_calls = select(chunk.campaign).where(chunk.campaign.in_(ours), chunk.state.in_(OPEN))
        found = set(connection.execute(open_calls.distinct()).scalars())
    every = {one.id: one for one in (*journal.editions(record.inputs.name), record)}
    return [one for identity, one in every.items() if identity in found]


def last_event(journal: Journal, record: Record) -> int:
    """The last event of the editions that have begun: a plan beside them says what they knew then."""
    with journal.reading() as connection:
        event, begun = schema.event.c, _begun(connection, record)
        newest = connection.execute(select(func.max(event.id)).where(event.campaign.in_(begun)))
        return newest.scalar() or 0


def last_word(journal: Journal, record: Record) -> str:
    """The last event of the editions that have begun, with its moment: a copy from before it does not know that."""
    with journal.reading() as connection:
        event, begun = schema.event.c, _begun(connection, record)
        newest = (
            select(event.id, event.at).where(event.campaign.in_(begun)).order_by(event.id.desc()).limit(1)
        )
        return "".join(_word(*row) for row in connection.execute(newest))


def knows(journal: Journal, word: str) -> bool:
    """Whether that event stands in this journal, too: then it is the same one, moved, or a copy from after it.

    Or it was seen here before a campaign began in spite of it (`pass_over`).
    """
    number, event = int(word.partition("@")[0]), schema.event.c
    seen = and_(event.chunk.is_(None), event.what == _PASSED_OVER, event.facts == json.dumps(word))
    with journal.reading() as connection:
        at = connection.execute(select(event.at).where(event.id == number)).scalar()
        if at is not None and word == _word(number, at):
            return True
        return connection.execute(select(event.id).where(seen).limit(1)).first() is not None


def pass_over(journal: Journal, record: Record, word: str) -> None:
    """Write down that a plan is about to begin although another journal said this word under its tag."""
    detail = "another journal sent under this tag before; OVHcloud shows nothing of it, or it is sent again all the same"
    event = {"campaign": record.id, "at": journal.clock(), "what": _PASSED_OVER, "detail": detail}
    with journal.writing() as connection:
        connection.execute(insert(schema.event).values(chunk=None, facts=json.dumps(word), **event))


def _word(number: int, at: datetime) -> str:
    return f"{number}@{round(at.timestamp() * 1_000_000)}"


def enter(journal: Journal, record: Record) -> None:
    """Say that this plan is about to begin: from now on others that would send its people the same text see it."""
    _set_entered(journal, record, journal.clock())


def step_back(journal: Journal, record: Record) -> None:
    """It does not begin after all."""
    _set_entered(journal, record, None)


def _set_entered(journal: Journal, record: Record, at: datetime | None) -> None:
    with journal.writing() as connection:
        ours = schema.campaign.c.id == record.id
        connection.execute(update(schema.campaign).where(ours).values(entered_at=at))


def retagged(journal: Journal, record: Record, *, used: Collection[str] = ()) -> Record:
    """A plan that is about to begin under the first tag that is free for it; `used` are tags that are not.

    Where another machine has begun it meanwhile its tag stays what it is.
    """
    with journal.writing() as connection:
        inputs, ours = record.inputs, schema.campaign.c.id == record.id
        now = connection.execute(select(schema.campaign).where(ours)).one()
        tag = now.tag
        if now.begun_at is None:
            tag = tags.free(connection, inputs.gateway, inputs.ingredients, used=used)
            connection.execute(update(schema.campaign).where(ours).values(tag=tag))
    return replace(record, tag=tag)


def put_in_force(journal: Journal, record: Record, *, account: str, send_again: bool = False) -> None:
    """From now on this edition may reach people, and no earlier one may: what is pending there is cancelled with it.

    With `send_again` they get it although they had the same from another campaign, whenever it goes on.
    Raises `ChangedInputs` when a number of its plan is held in its series by now, `JournalProblem` when something of the
    campaign is in doubt.
    """
    if not record.proposed:
        journal.mark_begun(record, account=account, send_again=send_again)
        return
    with journal.writing() as connection:
        others, now = _begun(connection, record), journal.clock()
        _cancel(connection, others, now)
        if record.kind is not EditionKind.RECURRENCE:
            _refuse_open(connection, others, record.inputs.name)
        refuse_held(connection, record)
        ours = schema.campaign.c.id == record.id
        begun = {"account": account, "begun_at": now, "send_again": send_again or record.send_again}
        connection.execute(update(schema.campaign).where(ours).values(begun))
        if record.kind is EditionKind.RETRY:
            _retries().release(connection, record, _begun(connection, record, series=record.series), now)
        _tell(connection, record, now)


def _retries() -> ModuleType:
    """What only retries need."""
    return import_module("smscampaign.journal.retries")


def refuse_doubts(journal: Journal, record: Record) -> None:
    """Raise `JournalProblem` while something of this edition is in doubt or being sent."""
    with journal.reading() as connection:
        _refuse_open(connection, [record.id], record.inputs.name)


def _begun(connection: Connection, record: Record, *, series: int | None = None) -> list[int]:
    """The editions of a campaign that have begun, in one series or in all of them."""
    campaign = schema.campaign.c
    begun = select(campaign.id).where(campaign.name == record.inputs.name, campaign.begun_at.is_not(None))
    if series is not None:
        begun = begun.where(campaign.series == series)
    return list(connection.execute(begun).scalars())


def _cancel(connection: Connection, campaigns: Sequence[int], now: datetime) -> None:
    """What is pending in them is made no more, and each call tells why."""
    chunk, instant = schema.chunk.c, literal(now, Instant())
    pending = and_(chunk.campaign.in_(campaigns), chunk.state == "pending")
    columns = ("campaign", "at", "chunk", "what", "detail")
    told = select(chunk.campaign, instant, chunk.id, literal("cancelled"), literal(_SUPERSEDED))
    connection.execute(insert(schema.event).from_select(columns, told.where(pending)))
    values = {"state": "cancelled", "settled_at": now, "detail": _SUPERSEDED}
    connection.execute(update(schema.chunk).where(pending).values(values))


def _refuse_open(connection: Connection, campaigns: Sequence[int], name: str) -> None:
    chunk, fate = schema.chunk.c, schema.fate.c
    # Of a call that was found in part, only the rest is in doubt.
    receivers = connection.execute(
        select(func.count())
        .select_from(schema.chunk)
        .join(schema.fate, and_(fate.campaign == chunk.campaign, fate.call == chunk.id))
        .where(chunk.campaign.in_(campaigns), chunk.state.in_(OPEN), fate.fate.in_(OPEN))
    ).scalar_one()
    if receivers:
        raise JournalProblem(
            say(
                "{n} message of this campaign is in doubt or being sent: who had it is not known yet",
                "{n} messages of this campaign are in doubt or being sent: who had it is not known yet",
                n=receivers,
            ),
            where=name,
            remedy="Wait until it stands still, then settle them with `reconcile`.",
        )


def refuse_held(connection: Connection, record: Record) -> None:
    """Law 4 between the editions of a series: each of them sends only to numbers, or keys, that no other one holds.

    A retry takes those that are let go of because their message failed for a while.
    """
    others = _begun(connection, record, series=record.series)
    _refuse_other_keys(connection, record, others)
    message, fate = schema.message.c, schema.fate.c
    holds: ColumnElement[bool] = fate.fate.in_(HAD)
    if record.kind is EditionKind.RETRY:
        holds = and_(holds, not_(_retries().releasable(connection, others)))
    for same in same_holder(schema.message, schema.fate) if others else ():
        held = (
            select(message.line)
            .select_from(schema.message)
            .join(schema.fate, and_(fate.campaign.in_(others), same))
            .where(message.campaign == record.id, holds)
            .limit(1)
        )
        if connection.execute(held).first() is None:
            continue
        raise ChangedInputs(
            "the campaign went on since this plan was shown, and nothing was sent",
            where=record.inputs.name,
            remedy="Run the command again: it looks at who had the campaign meanwhile.",
        )


def refuse_other_keys(journal: Journal, record: Record, inputs: Inputs) -> None:
    """Raise `ChangedInputs` where an edition of these inputs after `record` would have another `once_per` than its series."""
    with journal.reading() as connection:
        others = _begun(connection, record, series=record.series)
        _refuse_other_keys(connection, replace(record, inputs=inputs), others)


def _refuse_other_keys(connection: Connection, record: Record, others: Sequence[int]) -> None:
    """What gets one message is fixed by the first edition of a series: numbers and keys do not know of each other."""
    campaign = schema.campaign.c
    question = select(campaign.settings).where(campaign.id.in_(others)).order_by(campaign.edition).limit(1)
    first = connection.execute(question).scalar()
    mine = record.inputs.settings.get("once_per") or []
    its = mine if first is None else json.loads(first).get("once_per") or []
    if sorted(map(canonical, mine)) != sorted(map(canonical, its)):
        raise ChangedInputs(
            f"this campaign sends one message per {_listed(its)}, and not per {_listed(mine)}: nothing was sent",
            where=record.inputs.name,
            remedy="Put once_per back as it was; or begin anew with --restart, by which people get it twice.",
        )


def _listed(columns: Sequence[str]) -> str:
    return " and ".join(columns) or "number"


def _tell(connection: Connection, record: Record, now: datetime) -> None:
    what = _BECAME[record.kind]
    detail = f"edition {record.edition} took the place of what was sent before"
    told = {"campaign": record.id, "at": now, "chunk": None, "what": what, "detail": detail}
    connection.execute(insert(schema.event).values(**told))
