"""Who drives a journal in a file: nobody else is at work on it, as a lock says and the file itself."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import PoolProxiedConnection

from smscampaign.errors import JournalProblem

# For SQLite's own cursor: asked before every call, it takes SQLAlchemy twenty times as long as SQLite.
_KEPT = (
    "SELECT chunk.state, driver.id FROM chunk LEFT JOIN driver ON driver.id = ?"
    " WHERE chunk.campaign = ? AND chunk.id = ?"
)


@dataclass(frozen=True, slots=True)
class OnlyDriver:
    """Whoever holds the file's lock, and has signed with `token`: nobody else is at work.

    `asking` is a connection of its own: to take one from the pool and give it back takes longer than the question.
    `problem` says in the operator's words what went wrong with it.
    """

    place: Path
    token: int
    asking: PoolProxiedConnection
    problem: Callable[[sqlite3.Error], Exception]
    id: int | None = None
    _one_at_a_time: threading.Lock = field(default_factory=threading.Lock)

    def keep(self, campaign: int, chunk: int) -> str | None:
        """Whether the claim still stands, right before its call; says why the call must not be made, if so.

        Raises `JournalProblem` when somebody else drives the file, who can only have come to it by another name.
        """
        state, signed = self._asked(campaign, chunk)
        if signed is None:
            raise JournalProblem(
                "another smscampaign has taken up this journal, so that nothing more is sent from here",
                where=self.place.name,
                remedy="Wait until it has finished, then run the command again.",
            )
        return None if state == "sending" else "somebody else took this call up"

    def alone(self) -> bool:
        """Always."""
        return True

    def _asked(self, campaign: int, chunk: int) -> tuple[str, int | None]:
        with self._one_at_a_time:
            cursor = self.asking.cursor()
            try:
                cursor.execute(_KEPT, (self.token, campaign, chunk))
                # All rows: a statement that may go on holds on to an old state of the file.
                rows = cursor.fetchall()
            except sqlite3.Error as error:
                raise self.problem(error) from error
        return rows[0] if rows else ("", self.token)
