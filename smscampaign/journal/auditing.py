"""Does the journal agree with itself? Events, calls and messages are each counted from their own side and compared.

Nothing is taken from a sum that the journal keeps: messages are read one by one beside the calls that should hold them, and
each call's state is worked out anew from its events. Both are streams, so memory does not grow with the campaign.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Select, and_, func, select, text

from smscampaign.journal import schema
from smscampaign.journal.calls import tag_of
from smscampaign.journal.fates import status_of
from smscampaign.journal.plan import stored_summary
from smscampaign.journal.replaying import Replayed, replay
from smscampaign.journal.store import STREAM, Journal, Record
from smscampaign.model import Status

# Looked up once: reaching an enumeration's member takes longer than the comparison.
_ACCEPTED = Status.ACCEPTED


@dataclass(slots=True)
class Check:
    """One thing that must hold: how many it was tried on, how many times it does not, and the first of those."""

    name: str
    tried: int = 0
    faults: int = 0
    first: str = ""

    @property
    def ok(self) -> bool:
        """Whether it holds."""
        return not self.faults

    def test(self, holds: bool, detail: str = "") -> None:
        """Try it once more."""
        self.tried += 1
        if not holds:
            self.fault(detail)

    def fault(self, detail: str) -> None:
        """One more of what was tried does not hold."""
        self.faults += 1
        self.first = self.first or detail


def audit(journal: Journal, record: Record) -> Iterator[Check]:
    """All checks of one edition, each as soon as it is done. Nothing is changed.

    They see one state of the journal, whatever goes on meanwhile. A plan that another took the place of is not checked.
    """
    with journal.reading() as connection:
        tag = select(schema.campaign.c.tag).where(schema.campaign.c.id == record.id)
        if connection.execute(tag).scalar() != record.tag:
            return
        yield _only_added_to(connection)
        yield from _events(connection, record)
        members = _Members()
        members.read(connection, record)
        yield from members.checks()
        yield _numbers(connection, record)
        yield from _strays(connection, record)
        yield from _rows(connection, record)


@dataclass(slots=True)
class _Members:
    """Messages beside the calls that carry them, as they are read."""

    once: Check = field(default_factory=lambda: Check("every message belongs to exactly one call"))
    sizes: Check = field(default_factory=lambda: Check("every call has as many receivers as it says"))
    verdicts: Check = field(default_factory=lambda: Check("a message's own fate fits its call's"))
    receipts: Check = field(default_factory=lambda: Check("only accepted messages have receipts"))

    def checks(self) -> tuple[Check, ...]:
        """Those that hold or not once all was read."""
        return self.once, self.sizes, self.verdicts, self.receipts

    def read(self, connection: Connection, record: Record) -> None:
        """Read all messages and all calls once, both in the order of the calls."""
        calls = connection.execute(_calls(record), execution_options=STREAM)
        messages = connection.execute(_messages(record), execution_options=STREAM)
        carried = groupby(messages, key=attrgetter("call"))
        identity, rows = next(carried, (None, iter(())))
        for call in calls:
            while identity is not None and identity < call.id:
                self._lost(rows)
                identity, rows = next(carried, (None, iter(())))
            found = 0
            if identity == call.id:
                found = self._carried(call, rows)
                identity, rows = next(carried, (None, iter(())))
            self.sizes.tried += 1
            if found != call.receivers:
                self.sizes.fault(f"call {call.id} says {call.receivers} receivers and has {found}")
        while identity is not None:
            self._lost(rows)
            identity, rows = next(carried, (None, iter(())))

    def _lost(self, rows: Iterable[Any]) -> None:
        for row in rows:
            self.once.test(False, f"row {row.line} is in no call")

    def _carried(self, call: Any, rows: Iterable[Any]) -> int:
        # The sentences are made for faults only: there are millions of messages, and hardly ever a fault.
        number = 0
        for row in rows:
            number += 1
            status = Status(row.status) if row.status else status_of(call.state)
            if row.status:
                fits = row.status in _FITTING.get(call.state, _OWN)
                self.verdicts.test(fits, f"row {row.line} is {row.status}, and its call {call.state}")
            if row.delivery:
                self.receipts.test(status is _ACCEPTED, f"row {row.line} is {status} and has a receipt")
        self.once.tried += number
        return number


#: Which fates a message may have of its own; beside a call that was refused whole, or left empty, fewer. Also beside one that
#: is pending: it was found in part, and is made again, or dropped, for those that OVHcloud does not have.
_OWN = ("accepted", "refused", "cancelled", "suppressed")
_FITTING = {"refused": ("refused", "suppressed"), "suppressed": ("suppressed",)}


def _calls(record: Record) -> Select[Any]:
    chunk = schema.chunk.c
    return (
        select(chunk.id, chunk.receivers, chunk.state).where(chunk.campaign == record.id).order_by(chunk.id)
    )


def _messages(record: Record) -> Select[Any]:
    message, verdict, receipt = schema.message, schema.verdict, schema.receipt
    called = func.coalesce(message.c.call, 0)
    return (
        select(message.c.line, called.label("call"), verdict.c.status, receipt.c.delivery)
        .outerjoin(verdict, and_(verdict.c.campaign == message.c.campaign, verdict.c.line == message.c.line))
        .outerjoin(receipt, and_(receipt.c.campaign == message.c.campaign, receipt.c.line == message.c.line))
        .where(message.c.campaign == record.id)
        .order_by(called, message.c.line)
    )


def _events(connection: Connection, record: Record) -> Iterator[Check]:
    """Each call's state, worked out from its events."""
    state = Check("every call's state is what its events come to")
    once = Check("no call was made again without being known not to have been sent")
    order = Check("events follow one another as they can")
    tries = Check("every call was tried as often as its events say")
    event, chunk = schema.event.c, schema.chunk.c
    story = (
        select(event.chunk, event.what, event.detail, event.facts)
        .where(event.campaign == record.id, event.chunk.is_not(None))
        .order_by(event.chunk, event.id)
    )
    calls = select(chunk.id, chunk.state, chunk.attempts).where(chunk.campaign == record.id)

    def called(identity: int) -> str:
        return f"call {tag_of(record.tag, identity)}"

    told = groupby(connection.execute(story, execution_options=STREAM), key=attrgetter("chunk"))
    stories = (
        (identity, replay((one.what, one.detail, one.facts) for one in events)) for identity, events in told
    )
    rows = connection.execute(calls.order_by(chunk.id), execution_options=STREAM)
    for identity, row, known in _side_by_side(rows, stories):
        state.tried += 1
        if known.twice:
            once.fault(f"{called(identity)}: {known.twice}")
        if known.impossible:
            order.fault(f"{called(identity)}: {known.impossible}")
        if row is None:
            if not known.replaced:
                state.fault(f"{called(identity)} has events and is not there")
            continue
        if row.state != known.state:
            state.fault(f"{called(identity)} is {row.state}, its events say {known.state}")
        tries.tried += 1
        if row.attempts != known.tries:
            told_of = f"its events say {known.tries}"
            tries.fault(f"{called(identity)} was tried {row.attempts} times, {told_of}")
    once.tried = order.tried = state.tried
    yield from (state, once, order, tries)


def _side_by_side(
    rows: Iterator[Any], stories: Iterator[tuple[int, Replayed]]
) -> Iterator[tuple[int, Any, Replayed]]:
    """Calls with their stories, both in the order of their numbers; a call without events never left the queue."""
    story = next(stories, None)
    for row in rows:
        while story is not None and story[0] < row.id:
            yield story[0], None, story[1]
            story = next(stories, None)
        if story is not None and story[0] == row.id:
            yield row.id, row, story[1]
            story = next(stories, None)
        else:
            yield row.id, row, Replayed()
    while story is not None:
        yield story[0], None, story[1]
        story = next(stories, None)


def _only_added_to(connection: Connection) -> Check:
    check = Check("the database itself keeps events from being changed")
    engine = connection.dialect.name
    names = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'event'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE tgrelid = 'event'::regclass AND tgenabled <> 'D'",
    }[engine]
    there = set(connection.execute(text(names)).scalars())
    for name in schema.KEEPERS[engine]:
        check.test(name in there, f"its trigger {name} is missing")
    return check


def _numbers(connection: Connection, record: Record) -> Check:
    check = Check("no number is in two messages")
    message = schema.message.c
    check.tried = connection.execute(
        select(func.count()).select_from(schema.message).where(message.campaign == record.id)
    ).scalar_one()
    twice = (
        select(func.min(message.line).label("first"), func.max(message.line).label("last"))
        .where(message.campaign == record.id)
        .group_by(message.msisdn)
        .having(func.count() > 1)
    )
    for row in connection.execute(twice, execution_options=STREAM):
        check.faults += 1
        check.first = check.first or f"rows {row.first} and {row.last} have the same number"
    return check


def _strays(connection: Connection, record: Record) -> Iterator[Check]:
    """What is about a message has a message."""
    message = schema.message
    for name, table in (("fate of its own", schema.verdict), ("receipt", schema.receipt)):
        check = Check(f"every {name} is about a message")
        mine = and_(message.c.campaign == table.c.campaign, message.c.line == table.c.line)
        alone = (
            select(func.count(), func.count(message.c.line), func.min(table.c.line))
            .select_from(table.outerjoin(message, mine))
            .where(table.c.campaign == record.id)
        )
        total, known, _ = connection.execute(alone).one()
        check.tried, check.faults = total, total - known
        if check.faults:
            first = connection.execute(
                select(func.min(table.c.line))
                .select_from(table.outerjoin(message, mine))
                .where(table.c.campaign == record.id, message.c.line.is_(None))
            ).scalar_one()
            check.first = f"row {first} has none"
        yield check
    texts = Check("every message has its text")
    mine = and_(schema.text.c.campaign == message.c.campaign, schema.text.c.id == message.c.text)
    total, known, lost = connection.execute(
        select(func.count(), func.count(schema.text.c.id), func.min(message.c.line))
        .select_from(message.outerjoin(schema.text, mine))
        .where(message.c.campaign == record.id)
    ).one()
    texts.tried, texts.faults = total, total - known
    texts.first = f"{texts.faults} have none, from row {lost} on" if texts.faults else ""
    yield texts


def _rows(connection: Connection, record: Record) -> Iterator[Check]:
    """Conservation: every row of the file as it was planned is a message or a rejection, and not both."""
    message, rejection = schema.message, schema.rejection
    counts = [
        connection.execute(
            select(func.count()).select_from(table).where(table.c.campaign == record.id)
        ).scalar_one()
        for table in (message, rejection)
    ]
    summary = stored_summary(record)
    rows = Check("every row of the file is a message or a rejection", tried=summary.rows)
    rows.faults = abs(summary.rows - sum(counts))
    if rows.faults:
        rows.first = (
            f"{summary.rows} rows were planned, {counts[0]} messages and {counts[1]} rejections are there"
        )
    yield rows
    both = Check("no row is both", tried=counts[1])
    same = and_(message.c.campaign == rejection.c.campaign, message.c.line == rejection.c.line)
    both.faults, first = connection.execute(
        select(func.count(), func.min(rejection.c.line))
        .select_from(rejection.join(message, same))
        .where(rejection.c.campaign == record.id)
    ).one()
    both.first = f"row {first}" if both.faults else ""
    yield both
