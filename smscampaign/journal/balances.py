"""The third witness of a doubt: what the account had left before a call, and what was charged by other calls since.

Before and after are told by the order of events and not by clocks, which are set back now and then: a reading that was taken
after a call must never pass for one from before it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Select, and_, func, insert, or_, select

from smscampaign.journal import schema
from smscampaign.journal.calls import IN_PART, Calls, Claim, ids_of
from smscampaign.journal.facts import stored_rates
from smscampaign.journal.store import STREAM

#: Events after which what was charged is no longer known: a person decided, or OVHcloud may have given credits back.
UNSETTLING = ("decided", "recalling", "recalled")

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Stretch:
    """What happened to the account's credits since one reading of its balance, as far as the journal knows.

    `charged` is what OVHcloud said it took for calls made since; `unpriced` are the parts by country of messages that it has
    and whose price it did not say; `open` are the asked-about calls made since, `own` the ids of those to which no later
    reading belongs. `unsettled` says why the sum cannot be known, and is empty where it can.
    """

    at: datetime
    balance: Decimal
    charged: Decimal
    unpriced: dict[str, int]
    unsettled: str
    open: tuple[Claim, ...]
    own: frozenset[int]


class Balances(Calls):
    """Readings of the account's balance, and what lies between one of them and now."""

    def quiet(self) -> int | None:
        """The journal's last event, if no call is under way; None when another machine is making one."""
        if not self._journal.shared:
            return 0
        with self._journal.writing() as connection:
            if self._under_way(connection):
                return None
            return int(connection.execute(select(func.coalesce(func.max(schema.event.c.id), 0))).scalar_one())

    def keep_balance(self, credits: Decimal, *, since: int = 0) -> None:
        """A reading that was taken while no call was under way.

        `since` is what `quiet` said before it was taken: where another machine made a call meanwhile, it is not kept, because
        nobody knows whether that call is in it.
        """
        now = self._journal.clock()
        told = {
            "campaign": self._record.id,
            "at": now,
            "what": "balance",
            "detail": f"{credits} credits left",
        }
        with self._journal.writing() as connection:
            if self._journal.shared and self._under_way(connection, since):
                return
            event = connection.execute(insert(schema.event).values(**told)).inserted_primary_key
            connection.execute(
                insert(schema.balance).values(
                    campaign=self._record.id, at=now, credits=credits, event=event[0] if event else None
                )
            )

    def _under_way(self, connection: Connection, since: int | None = None) -> bool:
        """Whether a call is being made, by whoever stands still too, or one was made after an event."""
        chunk, event = schema.chunk.c, schema.event.c
        sending = select(chunk.id).where(chunk.state == "sending").limit(1)
        made = select(event.id).where(event.what == "sending", event.id > (since or 0)).limit(1)
        held = select(chunk.driver).where(chunk.state == "in-doubt", chunk.driver.is_not(None)).distinct()
        return (
            connection.execute(sending).first() is not None
            or (since is not None and connection.execute(made).first() is not None)
            or any(self._journal.at_work(connection, one) for one in connection.execute(held).scalars().all())
        )

    def stretches(self, claims: Sequence[Claim]) -> list[Stretch]:
        """For each reading that is the last one before some of these calls, what happened since.

        A call that belongs to none was made before any reading.
        """
        with self._journal.reading() as connection:
            made = self._made(connection, [claim.id for claim in claims])
            readings = connection.execute(self._readings()).all()
            found = []
            for number, reading in enumerate(readings):
                later = readings[number + 1].event if number + 1 < len(readings) else None
                since = [claim for claim in claims if made.get(claim.id, 0) > reading.event]
                own = [claim.id for claim in since if later is None or made[claim.id] < later]
                if own:
                    found.append(self._stretch(connection, reading, since, own))
        return found

    def since_reading(self) -> Stretch | None:
        """What happened since the last reading; None where there was none, and in a journal that others use too."""
        with self._journal.reading() as connection:
            readings = [] if self._journal.shared else connection.execute(self._readings()).all()
            return self._stretch(connection, readings[-1], (), ()) if readings else None

    def rates(self) -> dict[str, Decimal]:
        """Credits for one part by country, as this campaign was shown with them."""
        return stored_rates(self._journal, self._record)

    def known(self, ids: Collection[int]) -> set[int]:
        """Which of these message ids OVHcloud gave to calls whose outcome is recorded, in any campaign of this journal."""
        chunk, wanted = schema.chunk.c, set(ids)
        found: set[int] = set()
        if not wanted:
            return found
        with self._journal.reading() as connection:
            rows = connection.execute(
                # By campaign, because the index on states begins with it.
                select(chunk.ids).where(
                    chunk.campaign.in_(select(schema.campaign.c.id)),
                    chunk.state == "accepted",
                    chunk.ids.is_not(None),
                ),
                execution_options=STREAM,
            ).scalars()
            for text in rows:
                found |= wanted.intersection(map(int, text.strip("[]").split(",") if text != "[]" else ()))
        return found

    def newest_known(self) -> int:
        """The largest message id that OVHcloud gave to a call of this campaign; 0 where there is none."""
        chunk = schema.chunk.c
        with self._journal.reading() as connection:
            rows = connection.execute(
                select(chunk.ids).where(chunk.campaign == self._record.id, chunk.ids.is_not(None)),
                execution_options=STREAM,
            ).scalars()
            return max((max(ids_of(text), default=0) for text in rows), default=0)

    def _readings(self) -> Select[Any]:
        balance = schema.balance.c
        return (
            select(balance.event, balance.at, balance.credits)
            .where(balance.campaign == self._record.id)
            .order_by(balance.event)
        )

    def _made(self, connection: Connection, ids: Sequence[int]) -> dict[int, int]:
        """The event of each call's last claim."""
        event = schema.event.c
        claimed = (
            select(event.chunk, func.max(event.id))
            .where(event.campaign == self._record.id, event.what == "sending")
            .group_by(event.chunk)
        )
        made: dict[int, int] = {}
        for at in range(0, len(ids), _AT_ONCE):
            some = connection.execute(claimed.where(event.chunk.in_(ids[at : at + _AT_ONCE])))
            made.update((chunk, last) for chunk, last in some)
        return made

    def _stretch(
        self, connection: Connection, reading: Any, since: Sequence[Claim], own: Sequence[int]
    ) -> Stretch:
        event, chunk = schema.event.c, schema.chunk.c
        ours = (event.campaign == self._record.id, event.id > reading.event)
        made = select(event.chunk).where(*ours, event.what == "sending")
        charged = connection.execute(
            select(func.sum(chunk.credits)).where(
                chunk.campaign == self._record.id,
                chunk.id.in_(made),
                chunk.state.in_(("accepted", "refused")),
            )
        ).scalar()
        return Stretch(
            at=reading.at,
            balance=reading.credits,
            charged=Decimal(0) if charged is None else charged,
            unpriced=dict(self._unpriced(connection, made)),
            unsettled=self._unsettled(connection, reading, made),
            open=tuple(since),
            own=frozenset(own),
        )

    def _unsettled(self, connection: Connection, reading: Any, made: Select[Any]) -> str:
        event = schema.event.c
        ours = (event.campaign == self._record.id, event.id > reading.event, event.what.in_(UNSETTLING))
        if connection.execute(select(event.id).where(*ours).limit(1)).first() is not None:
            return "a call was decided by a person or called back meanwhile"
        if connection.execute(self._astride(reading, made)).first() is not None:
            return "a call that was taken in part before the balance was read was made again since"
        return self._misbilled(connection, made)

    def _astride(self, reading: Any, made: Select[Any]) -> Select[Any]:
        """Calls made before a reading and after it of which OVHcloud took a part: what they cost is not told apart."""
        event = schema.event
        before = event.alias("before")
        return (
            select(event.c.id)
            .join(before, and_(before.c.campaign == event.c.campaign, before.c.chunk == event.c.chunk))
            .where(event.c.campaign == self._record.id, event.c.what == IN_PART, event.c.chunk.in_(made))
            .where(before.c.what == "sending", before.c.id <= reading.event)
            .limit(1)
        )

    def _misbilled(self, connection: Connection, made: Select[Any]) -> str:
        """Whether an answer named another price than that of the messages it took: no sum of such answers proves anything."""
        chunk, fate, text = schema.chunk, schema.fate, schema.text
        rows = connection.execute(
            select(chunk.c.id, chunk.c.credits, fate.c.country, func.sum(text.c.parts))
            .select_from(chunk)
            .join(fate, and_(fate.c.campaign == chunk.c.campaign, fate.c.call == chunk.c.id))
            .join(text, and_(text.c.campaign == fate.c.campaign, text.c.id == fate.c.text))
            .where(
                chunk.c.campaign == self._record.id,
                chunk.c.id.in_(made),
                chunk.c.state == "accepted",
                chunk.c.credits.is_not(None),
                fate.c.fate == "accepted",
            )
            .group_by(chunk.c.id, chunk.c.credits, fate.c.country)
            .order_by(chunk.c.id),
            execution_options=STREAM,
        )
        rates = self.rates()
        for (_, bill), countries in groupby(rows, key=lambda row: (row.id, row.credits)):
            cost = [
                rates[country] * int(parts) if country in rates else None for *_, country, parts in countries
            ]
            # Of a price that nobody told beforehand, the bill is all that is known.
            if None not in cost and bill != sum(filter(None, cost), Decimal(0)):
                return "a call meanwhile was billed with something else than its messages were to cost"
        return ""

    def _unpriced(self, connection: Connection, made: Select[Any]) -> Iterator[tuple[str, int]]:
        """Parts by country of messages that OVHcloud has: of calls found without a price, and of those found in part."""
        chunk, fate, text = schema.chunk, schema.fate, schema.text
        whole = and_(
            chunk.c.state == "accepted",
            chunk.c.credits.is_(None),
            fate.c.fate.in_(["accepted", "cancelled"]),
        )
        # A price that came with an answer which could not be understood is not believed: it may include what is in doubt.
        part = and_(chunk.c.state.not_in(("accepted", "refused")), fate.c.fate == "accepted")
        rows = connection.execute(
            select(fate.c.country, func.sum(text.c.parts))
            .select_from(chunk)
            .join(fate, and_(fate.c.campaign == chunk.c.campaign, fate.c.call == chunk.c.id))
            .join(text, and_(text.c.campaign == fate.c.campaign, text.c.id == fate.c.text))
            .where(chunk.c.campaign == self._record.id, chunk.c.id.in_(made), or_(whole, part))
            .group_by(fate.c.country)
        )
        for country, parts in rows:
            yield country, int(parts)
