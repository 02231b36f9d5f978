"""SQLite as a journal needs it: in WAL mode, with every commit durable, and one program at a time that drives it."""

from __future__ import annotations

import errno
import logging
import os
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, PoolProxiedConnection, create_engine, event

from smscampaign.databases import is_locked, make_room, unwritable
from smscampaign.errors import JournalProblem

#: Seconds that a statement waits for other writers, and for those who keep a file from being turned or written through.
BUSY, READERS_WAIT = 30, 5.0


# A connection that cannot be closed when the program ends is logged with a traceback, which would be printed.
logging.getLogger("sqlalchemy").addHandler(logging.NullHandler())


def engine_of(path: Path, *, scratch: bool = False) -> Engine:
    """Connections to one file; whether a transaction writes is an option of its connection, `writing`.

    A `scratch` file is thrown away when the program ends, however it does: nothing of it has to outlive that.
    """
    # Not as one string: a file's name may hold a question mark or a percent sign.
    url = URL.create("sqlite", database=str(path))
    # Few statements are kept prepared: planning asks about each block in a statement of its own, and 128 of them take 25 MB.
    engine = create_engine(
        url,
        hide_parameters=True,  # they are numbers and texts, and an error's text is shown
        connect_args={"isolation_level": None, "timeout": BUSY, "cached_statements": 24},
    )
    event.listen(engine, "connect", _hurry if scratch else _configure)
    event.listen(engine, "begin", _begin)
    return engine


def _configure(connection: Any, _: object) -> None:
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    if tables and "about" not in tables:
        return  # another program's database: it is refused, and not even turned into WAL
    # FULL: a commit that returned is on the disk even if the power fails. The cache is small so that memory does not grow
    # with the file: a journal of ten million rows is read in order, not at random.
    try:
        connection.execute("PRAGMA journal_mode=WAL")
    except sqlite3.OperationalError as error:
        if not is_locked(error):
            raise
        _turn_patiently(connection)
    for pragma in ("synchronous=FULL", "foreign_keys=ON", "cache_size=-8000"):
        connection.execute(f"PRAGMA {pragma}")


def _turn_patiently(connection: Any) -> None:
    """A new file is turned into WAL by whoever opens it first; to the others SQLite says at once that it is busy, whatever
    their timeout is.
    """
    import tenacity  # which loads asyncio, for nobody else

    for attempt in tenacity.Retrying(
        retry=tenacity.retry_if_exception(is_locked),
        stop=tenacity.stop_after_delay(READERS_WAIT),
        wait=tenacity.wait_random(0.002, 0.02),
        reraise=True,
    ):
        with attempt:
            connection.execute("PRAGMA journal_mode=WAL")


def _hurry(connection: Any, _: object) -> None:
    """Nothing is written twice, and the disk is not waited for; memory does not grow all the same."""
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "foreign_keys=OFF", "cache_size=-16000"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    # IMMEDIATE takes the write lock at once: two writers wait for each other instead of failing halfway.
    writing = connection.get_execution_options().get("writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def make_file(path: Path) -> None:
    """An empty file for its owner only, unless there is one, which SQLite alone may open (see `databases`)."""
    try:
        make_room(path)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        if not path.is_file():
            raise unwritable(path, "it is not a regular file") from None
        if not os.access(path, os.R_OK | os.W_OK):
            raise unwritable(path, os.strerror(errno.EACCES)) from None
    except OSError as error:
        raise unwritable(path, error.strerror) from error


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
