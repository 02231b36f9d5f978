"""Calls in doubt: listed, and settled by what was found out or by what a person decided."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, assert_never

from sqlalchemy import Connection, Select, func, select

from smscampaign.errors import JournalProblem
from smscampaign.journal import schema
from smscampaign.journal.balances import Balances
from smscampaign.journal.calls import IN_PART, CallEvent, Claim, ids_of, merged, tag_of
from smscampaign.journal.course import Course, was_cancelled
from smscampaign.journal.store import Record
from smscampaign.model import Status, Trace

#: Differences of one clock from itself that are none.
_SAME_CLOCK = timedelta(minutes=1)
#: What the events of a call say that `recover` put in doubt.
RECOVERED = '{"recovered": 1}'
#: The event of a campaign that was recovered, whatever was pending in it.
REBUILT = "recovered"
#: Calls of a lost journal whose numbers come after the known ones: a call of 500 that is refused goes in halves 9 times,
#: and each time leaves a number without messages and one that waits.
BEYOND = 20
_FOUND = "found at OVHcloud by its tag"
_ELSEWHERE = "OVHcloud has it from the journal that was lost"
_OTHERS = "OVHcloud has others of this call from the journal that was lost, and nothing of these"
_PARTLY = "OVHcloud shows some of its receivers but not all"


@dataclass(frozen=True, slots=True)
class Found:
    """OVHcloud has the call, whole or in part."""

    trace: Trace


@dataclass(frozen=True, slots=True)
class Absent:
    """OVHcloud provably does not have the call, and why that is certain."""

    why: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """OVHcloud was asked and the doubt stays; `why` is for the person who decides."""

    why: str


Finding = Found | Absent | Unknown


class Doubting(Balances):
    """A call is `in-doubt` when it may have been taken and nobody knows."""

    def recover(self) -> int:
        """Put what was left between its two writes in doubt; says how many calls that are.

        In a journal that several machines share these are the calls of whoever has gone, or let its lease run out. Doubts
        that are younger than now, because the clock was put right since, begin anew: nobody could say when they are ripe.
        """
        chunk, now = schema.chunk.c, self._journal.clock()
        # By the index on states alone: asked for both at once, SQLite reads through all calls.
        doubtful = self._ids().where(chunk.state == "in-doubt").scalar_subquery()
        unborn = self._ids().where(chunk.id.in_(doubtful), chunk.doubted_at > now + _SAME_CLOCK)
        with self._journal.writing() as connection:
            left = self._journal.cut_off(connection, self._record)
            for identity, why in left:
                self._doubt(connection, identity, why)
            for identity in connection.execute(unborn).scalars().all():
                self._doubt(connection, identity, "it came into doubt while the clock was ahead")
        return len(left)

    def doubts(self) -> list[Claim]:
        """The calls in doubt, oldest first; of one that was accepted in part, only the receivers still in doubt."""
        chunk = schema.chunk
        with self._journal.reading() as connection:
            ids = connection.execute(
                self._ids().where(chunk.c.state == "in-doubt").order_by(chunk.c.id)
            ).scalars()
            # In portions: a statement takes only so many parameters.
            return [claim for some in ids.partitions(500) for claim in self._claims(connection, some)]

    def recovered_tags(self) -> list[str]:
        """The tags of the calls that `recover` put in doubt, if it did so: nobody knows whom they took along.

        And those of an edition that waits here: it may have been sent elsewhere, to the same people.
        """
        event, waiting = schema.event.c, self._journal.find(self._record.inputs.name, proposed=True)
        told = select(event.chunk).distinct().where(event.campaign == self._record.id)
        with self._journal.reading() as connection:
            calls = connection.execute(told.where(event.facts == RECOVERED)).scalars().all()
        tags = [tag_of(self._record.tag, call) for call in calls]
        if tags and waiting is not None:
            tags += [tag_of(waiting.tag, one) for one in range(1, self._last(waiting) + BEYOND + 1)]
        return tags

    def was_recovered(self) -> bool:
        """Whether the journal was, in this series: one that is lost may have sent more of it, in calls that nobody knows."""
        campaign, event = schema.campaign.c, schema.event.c
        series = (campaign.name == self._record.inputs.name, campaign.series == self._record.series)
        told = (event.campaign.in_(select(campaign.id).where(*series)), event.chunk.is_(None))
        with self._journal.reading() as connection:
            rebuilt = select(event.id).where(*told, event.what == REBUILT).limit(1)
            return connection.execute(rebuilt).first() is not None

    def never_made(self) -> list[Claim]:
        """The pending calls that this journal never made, nor put in doubt when it was recovered."""
        with self._journal.reading() as connection:
            ids = connection.execute(self._new().order_by(schema.chunk.c.id)).scalars()
            return [claim for some in ids.partitions(500) for claim in self._claims(connection, some)]

    def acknowledge(self, found: Sequence[tuple[Claim, Trace]]) -> int:
        """Whoever OVHcloud has of these pending calls is accepted, and the others go on waiting; says how many have it.

        Such a call was not made from here: neither its tries nor the balance count it.
        """
        had = 0
        with self._journal.writing() as connection:
            # What another machine has made meanwhile is its own.
            new = set(connection.execute(self._new().with_for_update()).scalars())
            for claim, trace in (one for one in found if one[0].id in new):
                doubtful = self._doubtful_since_now(_ELSEWHERE)
                self._move(connection, claim.id, {**doubtful, "claimed_at": self._journal.clock()})
                now = self._doubtful(connection, [claim.id])[claim.id]
                if not self._found(connection, claim, trace, now):
                    self._give_back(connection, claim.id, _OTHERS)
                had += len((trace.receivers or frozenset()).intersection(claim.chunk.receivers))
        return had

    def _new(self) -> Select[int]:
        chunk = schema.chunk.c
        return self._ids().where(chunk.state == "pending", chunk.attempts == 0)

    def tags_to_come(self, count: int) -> list[str]:
        """The tags of the calls that would be made new, when one is split."""
        last = self._last(self._record)
        return [tag_of(self._record.tag, last + more) for more in range(1, count + 1)]

    def _last(self, record: Record) -> int:
        """The highest number of a call of an edition."""
        last = select(func.max(schema.chunk.c.id)).where(schema.chunk.c.campaign == record.id)
        with self._journal.reading() as connection:
            return connection.execute(last).scalar() or 0

    def decided(self, claim: Claim) -> frozenset[str]:
        """The receivers of a call in doubt that OVHcloud is known to have."""
        if claim.whole:
            return frozenset()
        fate = schema.fate.c
        mine = (fate.campaign == self._record.id) & (fate.call == claim.id)
        with self._journal.reading() as connection:
            numbers = connection.execute(select(fate.msisdn).where(mine, fate.fate == "accepted")).scalars()
            return frozenset(f"+{msisdn}" for msisdn in numbers)

    def conclude(self, findings: Sequence[tuple[Claim, Finding]]) -> list[bool]:
        """Write down what was found out, all in one commit; says of each call whether it is out of doubt now."""
        if not findings:
            return []
        with self._journal.writing() as connection:
            doubtful = self._doubtful(connection, [claim.id for claim, _ in findings])
            # What is in doubt no more was settled by somebody else meanwhile.
            return [
                claim.id not in doubtful or self._conclude(connection, claim, finding, doubtful[claim.id])
                for claim, finding in findings
            ]

    def assume_sent(self, claim: Claim) -> None:
        """A person takes the call for sent: it is never made again."""
        now = self._journal.clock()
        detail = f"assumed to be sent by a person on {now:%Y-%m-%d %H:%M} UTC"
        with self._journal.writing() as connection:
            row = self._decide(connection, claim, detail)
            values = {"state": "accepted", "detail": detail, "settled_at": now, **_price(row)}
            self._move(connection, claim.id, values)

    def resend(self, claim: Claim) -> None:
        """A person takes the call for not sent: it is made again with what is pending, or dropped if that is cancelled."""
        detail = f"to be sent again by the decision of a person on {self._journal.clock():%Y-%m-%d %H:%M} UTC"
        with self._journal.writing() as connection:
            self._decide(connection, claim, detail)
            self._give_back(connection, claim.id, detail)

    def _decide(self, connection: Connection, claim: Claim, detail: str) -> Any:
        row = self._doubtful(connection, [claim.id]).get(claim.id)
        if row is None:
            raise JournalProblem("this call is no longer in doubt", where=claim.chunk.tag)
        self._tell(connection, [CallEvent(claim.id, "decided", detail)])
        return row

    def _give_back(self, connection: Connection, identity: int, why: str) -> None:
        """Back to what is pending; of a campaign that was cancelled nothing is, so there it is dropped."""
        self._move(connection, identity, {"state": "pending", "detail": why})
        if was_cancelled(connection, self._record):
            detail = f"cancelled before it was sent: {why}"
            dropped = {"state": Course.CANCELLED.value, "detail": detail, "settled_at": self._journal.clock()}
            self._move(connection, identity, dropped)

    def _doubtful(self, connection: Connection, ids: Iterable[int]) -> dict[int, Any]:
        chunk = schema.chunk.c
        columns = (chunk.id, chunk.attempts, chunk.doubted_at, chunk.driver, chunk.ids, chunk.credits)
        these = select(*columns).where(
            chunk.campaign == self._record.id, chunk.state == "in-doubt", chunk.id.in_(list(ids))
        )
        # Locked, so that a machine that wakes up does not record its outcome at the same time.
        return {row.id: row for row in connection.execute(these.with_for_update())}

    def _conclude(self, connection: Connection, claim: Claim, finding: Finding, now: Any) -> bool:
        if now.attempts != claim.attempts:
            # Made again meanwhile, and in doubt again: what was found out is about an earlier call.
            return False
        match finding:
            case Found(trace):
                return self._found(connection, claim, trace, now)
            case Absent(why):
                return self._absent(connection, claim, why, now)
            case Unknown(why):
                self._move(connection, claim.id, {"detail": why})
                return False
            case _:
                assert_never(finding)

    def _absent(self, connection: Connection, claim: Claim, why: str, now: Any) -> bool:
        if now.doubted_at != claim.doubted_at:
            return False  # its driver has woken up since, so that it may have been made later than it was asked about
        if now.driver is not None and self._journal.at_work(connection, now.driver):
            detail = "whoever makes this call stands still but is still there, and may go on with it"
            self._move(connection, claim.id, {"detail": detail})
            return False
        self._give_back(connection, claim.id, why)
        return True

    def _found(self, connection: Connection, claim: Claim, trace: Trace, now: Any) -> bool:
        receivers = trace.receivers
        known: dict[str, Any] = {"ids": merged(ids_of(now.ids), trace.ids), **_price(now)}
        if receivers is not None and not receivers >= set(claim.chunk.receivers):
            self._verdicts(connection, claim, receivers, Status.ACCEPTED, _FOUND)
            # Its history was still being written: the absence of the rest has to ripen from now on.
            self._doubt(connection, claim.id, _PARTLY, **known)
            self._tell(connection, [CallEvent(claim.id, IN_PART, _FOUND)])
            return False
        settled = {"state": "accepted", "detail": _FOUND, "settled_at": self._journal.clock()}
        self._move(connection, claim.id, {**settled, **known})
        return True


def _price(now: Any) -> dict[str, None]:
    """What a call that is taken without an answer does to the price it has: of a later try nobody said one."""
    return {"credits": None} if now.attempts > 1 and now.credits is not None else {}
