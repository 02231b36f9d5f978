"""The third witness of a doubt: what the account had left before a call, and what was charged by other calls since.

The last reading of its balance is the one that counts, and none is taken that would come between a doubt and the one before
it. Before and after are told by the order of events and not by clocks, which are set back now and then: a reading that was
taken after a call must never pass for one from before it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, func, insert, or_, select

from smscampaign.journal import schema
from smscampaign.journal.calls import IN_PART, Calls
from smscampaign.journal.facts import stored_rates
from smscampaign.journal.store import STREAM

#: Events after which what was charged is no longer known: a person decided, or OVHcloud may have given credits back.
UNSETTLING = ("decided", "recalling", "recalled")


class Reading(NamedTuple):
    """The last reading of the account's balance, and what happened to its credits since, as far as the journal knows.

    `charged` is what OVHcloud said it took for calls made since; `unpriced` are the parts by country of messages that it has
    and whose price it did not say; `open` are the calls made since that are in doubt. `unsettled` says why the sum cannot be
    known, and is empty where it can.
    """

    at: datetime
    balance: Decimal
    charged: Decimal
    unpriced: Mapping[str, int]
    open: frozenset[int]
    unsettled: str


class Balances(Calls):
    """The last reading of the account's balance, and what lies between it and now."""

    def quiet(self) -> int | None:
        """The journal's last event, if a reading may be taken: no call is under way, and none of those made since the last
        reading is in doubt, because only that one can tell of it. Else None.
        """
        with self._journal.reading() as connection:
            if self._at_stake(connection):
                return None
            return int(connection.execute(select(func.coalesce(func.max(schema.event.c.id), 0))).scalar_one())

    def keep_balance(self, credits: Decimal, *, since: int) -> None:
        """A reading, which is the last one from now on.

        `since` is what `quiet` said before it was taken: where another machine made a call meanwhile, it is not kept, because
        nobody knows whether that call is in it.
        """
        same = {"campaign": self._record.id, "at": self._journal.clock()}
        with self._journal.writing() as connection:
            if self._at_stake(connection) or connection.execute(self._made(since).limit(1)).first():
                return
            told = {**same, "what": "balance", "detail": f"{credits} credits left"}
            event = connection.execute(insert(schema.event).values(**told)).inserted_primary_key
            kept = {**same, "credits": credits, "event": event[0] if event else None}
            connection.execute(insert(schema.balance).values(**kept))

    def last_reading(self) -> Reading | None:
        """The last reading with what happened since; None where there was none."""
        with self._journal.reading() as connection:
            row = self._newest(connection)
            if row is None:
                return None
            charged, unpriced, fair = self._added_up(connection, self._made(row.event))
            return Reading(
                at=row.at,
                balance=row.credits,
                charged=charged,
                unpriced=unpriced,
                open=self._in_doubt(connection, row.event),
                unsettled=self._unsettled(connection, row.event, fair=fair),
            )

    def rates(self) -> dict[str, Decimal]:
        """Credits for one part by country, as this campaign was shown with them."""
        return stored_rates(self._journal, self._record)

    def _newest(self, connection: Connection) -> Any:
        balance = schema.balance.c
        mine = select(balance.event, balance.at, balance.credits).where(balance.campaign == self._record.id)
        return connection.execute(mine.order_by(balance.event.desc()).limit(1)).first()

    def _made(self, since: int) -> Select[Any]:
        """The calls that were made after an event."""
        event = schema.event.c
        ours = (event.campaign == self._record.id, event.what == "sending")
        return select(event.chunk).where(*ours, event.id > since)

    def _in_doubt(self, connection: Connection, since: int) -> frozenset[int]:
        chunk = schema.chunk.c
        doubtful = self._ids().where(chunk.state == "in-doubt", chunk.id.in_(self._made(since)))
        return frozenset(connection.execute(doubtful).scalars())

    def _at_stake(self, connection: Connection) -> bool:
        """Whether a reading now would leave a call without one that was surely taken before it."""
        sending = self._ids().where(schema.chunk.c.state == "sending").limit(1)
        if connection.execute(sending).first() is not None:
            return True
        last = self._newest(connection)
        return last is not None and bool(self._in_doubt(connection, last.event))

    def _added_up(self, connection: Connection, made: Select[Any]) -> tuple[Decimal, dict[str, int], bool]:
        """What the calls made since were billed with, the parts by country of what came without a bill, and whether each bill
        is what its messages were to cost: no sum of others proves anything.
        """
        rates, charged, unpriced, fair = self.rates(), Decimal(0), Counter[str](), True
        for (_, state, bill), rows in groupby(
            connection.execute(self._taken(made), execution_options=STREAM), key=lambda row: tuple(row[:3])
        ):
            parts = {country: int(number) for *_, country, number in rows}
            # A price that came with an answer which could not be understood is not believed: it may include what is in doubt.
            if bill is None or state != "accepted":
                unpriced.update(parts)
                continue
            charged += bill
            # Of a price that nobody told beforehand, the bill is all that is known.
            if parts.keys() <= rates.keys():
                fair &= bill == sum(
                    (rates[country] * number for country, number in parts.items()), Decimal(0)
                )
        return charged, dict(unpriced), fair

    def _taken(self, made: Select[Any]) -> Select[Any]:
        """What OVHcloud has of these calls: the parts by country."""
        chunk, fate, text = schema.chunk, schema.fate, schema.text
        columns = (chunk.c.id, chunk.c.state, chunk.c.credits, fate.c.country)
        return (
            select(*columns, func.sum(text.c.parts))
            .select_from(chunk)
            .join(fate, (fate.c.campaign == chunk.c.campaign) & (fate.c.call == chunk.c.id))
            .join(text, (text.c.campaign == fate.c.campaign) & (text.c.id == fate.c.text))
            .where(chunk.c.campaign == self._record.id, chunk.c.id.in_(made), fate.c.fate == "accepted")
            .group_by(*columns)
            .order_by(chunk.c.id)
        )

    def _unsettled(self, connection: Connection, since: int, *, fair: bool) -> str:
        event = schema.event.c
        mine = select(event.id).where(event.campaign == self._record.id).limit(1)
        if connection.execute(mine.where(event.id > since, event.what.in_(UNSETTLING))).first():
            return "a call was decided by a person or called back meanwhile"
        # Where a person had a call made again and was wrong, what is found of it may be from the first time.
        unbilled = self._ids().where(schema.chunk.c.credits.is_(None))
        twofold = or_(event.what == IN_PART, (event.what == "decided") & event.chunk.in_(unbilled))
        if connection.execute(
            mine.where(event.id < since, event.chunk.in_(self._made(since)), twofold)
        ).first():
            return "a call that may have been charged before the balance was read was made again since"
        return (
            "" if fair else "a call meanwhile was billed with something else than its messages were to cost"
        )
