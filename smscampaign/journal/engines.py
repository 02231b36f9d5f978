"""SQLite as a journal needs it: in WAL mode, with every commit durable, and one program at a time that drives it."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, PoolProxiedConnection, create_engine, event

from smscampaign.errors import JournalProblem

#: SQLite's codes for a disk that is full, fails, or may not be written (https://sqlite.org/rescode.html).
_OF_THE_DISK = frozenset(
    {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN}
)

#: Bytes without which a journal cannot even be read: its -shm and a few pages of its -wal.
_LEAST_ROOM = 1 << 18

#: Seconds that a statement waits for other writers, and for those who keep a file from being turned or written through.
BUSY, READERS_WAIT = 30, 5.0


def is_locked(error: BaseException | None) -> bool:
    """Whether SQLite waited for another program, in vain."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


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
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        if not path.is_file():
            raise unwritable(path, "it is not a regular file") from None
        if not os.access(path, os.R_OK | os.W_OK):
            raise unwritable(path, os.strerror(errno.EACCES)) from None
    except OSError as error:
        raise unwritable(path, error.strerror) from error


def is_the_disk(error: object, *, but: int = 0) -> bool:
    """Whether SQLite says that the disk is full or the place read-only, and nothing of what the file holds."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _OF_THE_DISK - {but}


def locked(path: Path) -> JournalProblem:
    """What the operator is told of a file that another program holds."""
    return JournalProblem(
        "another program keeps the journal locked",
        where=str(path),
        remedy="Close it there, such as in a database browser, and run the command again.",
    )


def unwritable(path: Path, why: object) -> JournalProblem:
    """What the operator is told of a place or a disk that takes nothing."""
    # Never "take another journal" where there is one: the new one would not know who has the message already.
    remedy = "Choose a writable place with --journal FILE."
    if size_of(path):
        remedy = "Make room, or make the place writable, and run the command again: what is recorded so far is safe in it."
    return JournalProblem(
        f"the journal cannot be written ({_full(path, why) or why})", where=str(path), remedy=remedy
    )


def _full(path: Path, why: object) -> str:
    """That its disk is full, where that is so: of a -shm that finds no room SQLite says "disk I/O error"."""
    with suppress(OSError):
        room = shutil.disk_usage(path.resolve().parent).free
        if is_the_disk(why, but=sqlite3.SQLITE_READONLY) and room < _LEAST_ROOM:
            return f"the disk is full: {room >> 10} KB are left"
    return ""


def in_the_way(path: Path, error: BaseException | None) -> JournalProblem | None:
    """What the operator is told where nothing is wrong with the file: another program holds it, or the disk is to blame."""
    error = getattr(error, "orig", error)  # SQLAlchemy's has SQLite's in it
    if is_locked(error):
        return locked(path)
    why = error.strerror if isinstance(error, OSError) else error if is_the_disk(error) else None
    return unwritable(path, why) if why else None


def size_of(path: Path) -> int:
    """Bytes of a file; 0 where there is none."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


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
