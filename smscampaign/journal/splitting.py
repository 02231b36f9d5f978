"""Calls made smaller: at the last row of a limit, or in halves to find the receiver that is refused."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select, func, insert, select, update

from smscampaign.journal import schema, statements
from smscampaign.journal.calls import Calls


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
        chunk, message = schema.chunk, schema.message
        return (
            select(message.c.line)
            .join(chunk, statements.MEMBER)
            .where(chunk.c.campaign == self._record.id, chunk.c.state == "pending")
            .order_by(message.c.line)
        )

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
        highest = connection.execute(
            select(func.max(chunk.c.id)).where(chunk.c.campaign == self._record.id)
        ).scalar_one()
        for identity, old in enumerate(crossing, highest + 1):
            self._split(connection, old, line, identity)

    def _split(self, connection: Connection, old: Any, line: int, identity: int) -> None:
        chunk = schema.chunk
        first, _, count = self._bounds(connection, old.text, line + 1, old.last_line)
        _, last, _ = self._bounds(connection, old.text, old.first_line, line)
        # The rest was never made, whatever was tried with the call it comes from: its tag is new.
        fresh = {"attempts": 0, "claimed_at": None, "detail": None}
        rest = {**old._mapping, **fresh, "id": identity, "first_line": first, "receivers": count}
        connection.execute(insert(chunk).values(**rest))
        connection.execute(
            update(chunk)
            .where(chunk.c.campaign == self._record.id, chunk.c.id == old.id)
            .values(last_line=last, receivers=old.receivers - count)
        )
        self._tell(connection, [(identity, "split", f"from call {old.id} after row {line}")])

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
