"""Calls made smaller: at the last row of a limit, or in halves to find the receiver that is refused."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select, func, insert, select, update

from smscampaign.journal import schema
from smscampaign.journal.calls import CallEvent, Calls, Claim

_UNTRIED = {"attempts": 0, "claimed_at": None, "driver": None, "lease_until": None, "doubted_at": None}
# Ids and credits are of messages that OVHcloud has: they go with those, and never twice.
_UNTOLD = {"ids": None, "credits": None, "settled_at": None}


class Splitting(Calls):
    """What is split off is a call of its own, with a tag that was never used."""

    def narrow(self, limit: int) -> int:
        """Restrict what is pending to its first `limit` rows; calls that reach beyond are split at that row.

        Returns the last row of the file that may be sent (0 when nothing is pending, or `limit` is 0).
        """
        if limit < 1:
            return 0
        with self._journal.writing() as connection:
            last = connection.execute(self._pending_lines().offset(limit - 1).limit(1)).scalar()
            if last is None:
                last = connection.execute(select(func.max(self._pending_lines().subquery().c.line))).scalar()
            if last is not None:
                self._split_at(connection, last)
        return last or 0

    def _pending_lines(self) -> Select[int]:
        fate = schema.fate.c
        pending = (fate.campaign == self._record.id) & (fate.fate == "pending")
        return select(fate.line).where(pending).order_by(fate.line)

    def _split_at(self, connection: Connection, line: int) -> None:
        chunk = schema.chunk
        crossing = connection.execute(
            select(chunk).where(
                chunk.c.campaign == self._record.id,
                chunk.c.state == "pending",
                chunk.c.first_line <= line,
                chunk.c.last_line > line,
            )
        ).all()
        for identity, old in enumerate(crossing, self._unused(connection)):
            self._split(connection, old, line, identity)
            part = CallEvent(
                identity, "split", f"from call {old.id} after row {line}", facts={"from": old.id}
            )
            self._tell(connection, [part])
            for one in self._claims(connection, [old.id, identity]):
                if not one.lines:
                    self._settle_empty(connection, one.id)

    def _halve(self, connection: Connection, claim: Claim, why: str) -> None:
        """Two pending calls in place of one that was refused as a whole.

        Nothing was taken under its tag, and still neither half keeps it: what is found under a tag is then always about one
        list of receivers. What was tried with it stays among the events.
        """
        chunk = schema.chunk
        middle = claim.lines[len(claim.lines) // 2 - 1]
        first = self._unused(connection)
        mine = (chunk.c.campaign == self._record.id) & (chunk.c.id == claim.id)
        anew = {**_UNTRIED, "id": first, "state": "pending", "detail": why}
        connection.execute(update(chunk).where(mine).values(anew))
        message = schema.message
        theirs = (message.c.campaign == self._record.id) & (message.c.call == claim.id)
        connection.execute(update(message).where(theirs).values(call=first))
        old = connection.execute(
            select(chunk).where(chunk.c.campaign == self._record.id, chunk.c.id == first)
        ).one()
        self._split(connection, old, middle, first + 1, why=why)
        story = [
            CallEvent(claim.id, "refused", why),
            CallEvent(
                claim.id,
                "split",
                f"into calls {first} and {first + 1} after row {middle}",
                facts={"into": first},
            ),
            CallEvent(first, "split", f"from call {claim.id} up to row {middle}", facts={"from": claim.id}),
            CallEvent(
                first + 1, "split", f"from call {claim.id} after row {middle}", facts={"from": claim.id}
            ),
        ]
        self._tell(connection, story)

    def _unused(self, connection: Connection) -> int:
        """A number above which no call ever had one: one that is split leaves higher ones behind."""
        campaign, chunk = schema.campaign.c, schema.chunk.c
        # Locked, where several machines may split at once; SQLite has one writer anyhow. Not FOR UPDATE: that would wait for
        # everybody who tells an event of the campaign, and they for us.
        mine = select(campaign.id).where(campaign.id == self._record.id)
        connection.execute(mine.with_for_update(key_share=True))
        highest = select(func.max(chunk.id)).where(chunk.campaign == self._record.id)
        return int(connection.execute(highest).scalar_one()) + 1

    def _split(
        self, connection: Connection, old: Any, line: int, identity: int, *, why: str | None = None
    ) -> None:
        chunk = schema.chunk
        first, _, count = self._bounds(connection, old.text, line + 1, old.last_line)
        _, last, _ = self._bounds(connection, old.text, old.first_line, line)
        # The rest was never made, whatever was tried with the call it comes from: its tag is new.
        fresh = {
            **_UNTRIED,
            **_UNTOLD,
            "id": identity,
            "first_line": first,
            "receivers": count,
            "detail": why,
        }
        connection.execute(insert(chunk).values({**old._mapping, **fresh}))
        connection.execute(
            update(chunk)
            .where(chunk.c.campaign == self._record.id, chunk.c.id == old.id)
            .values(last_line=last, receivers=old.receivers - count)
        )
        message = schema.message
        beyond = (
            (message.c.campaign == self._record.id) & (message.c.call == old.id) & (message.c.line > line)
        )
        connection.execute(update(message).where(beyond).values(call=identity))
        if old.ids is not None or old.credits is not None:
            self._share(connection, old, identity)

    def _share(self, connection: Connection, old: Any, identity: int) -> None:
        """What OVHcloud said of a call goes with the messages that it took."""
        chunk = schema.chunk
        if not self._reached(connection, identity):
            return
        stays = self._reached(connection, old.id)
        there = {"ids": old.ids, "credits": None if stays else old.credits}
        here = {"ids": old.ids, "credits": old.credits} if stays else {"ids": None, "credits": None}
        for which, values in ((identity, there), (old.id, here)):
            mine = (chunk.c.campaign == self._record.id) & (chunk.c.id == which)
            connection.execute(update(chunk).where(mine).values(values))

    def _bounds(self, connection: Connection, text: int, start: int, end: int) -> tuple[int, int, int]:
        """The first row, the last row and the number of rows of a text between two rows of the file."""
        line = schema.message.c.line
        first, last, count = connection.execute(
            select(func.min(line), func.max(line), func.count()).where(
                schema.message.c.campaign == self._record.id,
                schema.message.c.text == text,
                line.between(start, end),
            )
        ).one()
        return first, last, count
