"""A journal in a SQLite file: its rights, its durability, and the lock that lets one process at a time drive it."""

from __future__ import annotations

import os
import socket
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from sqlalchemy import URL, Connection, Engine, create_engine, delete, event, insert, inspect, select
from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError

from smscampaign.errors import JournalProblem
from smscampaign.journal import schema
from smscampaign.journal.clocks import Clock, utc_now

#: SQLite's codes for a disk that is full, fails, or may not be written (https://sqlite.org/rescode.html).
_OF_THE_DISK = frozenset(
    {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN}
)


@dataclass(frozen=True, slots=True)
class OnlyDriver:
    """Whoever holds the file's lock: nobody else is at work, and what it has claimed stays its own."""

    id: int | None = None

    def keep(self, campaign: int, chunk: int) -> str | None:
        """Nobody takes a claim away."""
        return None

    def alone(self) -> bool:
        """Always."""
        return True


class SqliteFile:
    """One file in WAL mode with full durability."""

    #: A writing transaction takes the write lock at once: two writers wait for each other instead of failing halfway.
    writing: Mapping[str, Any] = {"writing": True}
    reading: Mapping[str, Any] = {}
    shared = False
    lease = timedelta.max

    def __init__(self, path: Path, *, create: bool) -> None:
        self.place = path
        self.clock: Clock = utc_now
        if not create and not path.exists():
            raise JournalProblem(
                "there is no journal yet",
                where=str(path),
                remedy="The campaign has not been run from this folder.",
            )
        _touch(path)
        self.engine = _engine(path)

    def prepare(self) -> None:
        """Make the tables in a new file; refuse what is no journal of this version."""
        try:
            with self.engine.connect() as connection, connection.begin():
                tables = inspect(connection).get_table_names()
                known = "about" in tables
                version = connection.execute(select(schema.about.c.version)).scalar() if known else None
        except DatabaseError as error:
            if _is_the_disk(error):
                raise _unwritable(self.place, error.orig) from error
            raise JournalProblem(
                f"this is not a journal of smscampaign, or it is damaged ({error.orig})",
                where=str(self.place),
                remedy="Choose another place with --journal FILE.",
            ) from error
        if version is None and not tables:
            with self._writing() as connection:
                schema.metadata.create_all(connection)
                connection.execute(insert(schema.about).values(version=schema.VERSION))
        elif version != schema.VERSION:
            raise JournalProblem(
                "this file was written by another program or another version of smscampaign",
                where=str(self.place),
                remedy="Choose another place with --journal FILE.",
            )

    def enter(self, connection: Connection, *, together: bool) -> None:
        """Nothing to do: the transaction began with the write lock."""

    def problem(self, error: DBAPIError, *, writing: bool) -> JournalProblem | None:
        """What the operator is told of an error; None when it is a mistake of ours."""
        # The plain class is what a damaged file gives; its children are full disks, and mistakes of ours.
        if type(error) is DatabaseError:
            return JournalProblem(
                f"the journal is damaged ({error.orig})",
                where=self.place.name,
                remedy="Keep the file: `sqlite3 FILE .recover` saves what can be saved. Do not send this campaign again.",
            )
        if _is_the_disk(error) or (writing and isinstance(error, OperationalError)):
            return _unwritable(self.place, error.orig)
        return None

    @contextmanager
    def driving(self, clock: Clock, *, together: Callable[[], bool] | None) -> Iterator[OnlyDriver]:
        """Hold the file as its only driver, whatever the work is."""
        lock = FileLock(f"{self.place}.lock", timeout=0, mode=0o600)
        try:
            lock.acquire()
        except Timeout:
            raise JournalProblem(
                f"another smscampaign is at work on this campaign{self._holder()}",
                where=self.place.name,
                remedy="Wait until it has finished, or stop it with Ctrl-C; then run the command again.",
            ) from None
        except OSError as error:
            raise _unwritable(self.place, error.strerror) from error
        try:
            self._sign(clock)
            yield OnlyDriver()
        finally:
            lock.release()

    def sealed(self, connection: Connection) -> None:
        """Nothing to do: its questions are written so that it takes the right index without having counted."""

    def cut_off(self, connection: Connection, campaign: int) -> list[tuple[int, str]]:
        """The calls nobody is making any more, with a word on why: all, because nobody else is at work."""
        chunk = schema.chunk.c
        ids = select(chunk.id).where(chunk.campaign == campaign, chunk.state == "sending").order_by(chunk.id)
        why = "the program ended between the call and its record"
        return [(identity, why) for identity in connection.execute(ids).scalars()]

    def at_work(self, connection: Connection, driver: int) -> bool:
        """Whether that driver may still be making calls: never, for whoever asks holds the lock."""
        return False

    def _holder(self) -> str:
        with self.engine.connect() as connection, connection.begin():
            row = connection.execute(select(schema.driver)).one_or_none()
        return f" (process {row.pid} on {row.host}, since {row.since:%Y-%m-%d %H:%M:%S} UTC)" if row else ""

    def _sign(self, clock: Clock) -> None:
        with self._writing() as connection:
            connection.execute(delete(schema.driver))
            mine = {"id": 1, "pid": os.getpid(), "host": socket.gethostname(), "since": clock()}
            connection.execute(insert(schema.driver).values(mine))

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        try:
            with (
                self.engine.connect().execution_options(**self.writing) as connection,
                connection.begin(),
            ):
                yield connection
        except DBAPIError as error:
            problem = self.problem(error, writing=True)
            if problem is None:
                raise
            raise problem from error


def _engine(path: Path) -> Engine:
    # Not as one string: a file's name may hold a question mark or a percent sign.
    url = URL.create("sqlite", database=str(path))
    # Few statements are kept prepared: planning asks about each block in a statement of its own, and 128 of them take 25 MB.
    engine = create_engine(
        url, connect_args={"isolation_level": None, "timeout": 30, "cached_statements": 24}
    )
    event.listen(engine, "connect", _configure)
    event.listen(engine, "begin", _begin)
    return engine


def _touch(path: Path) -> None:
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise _unwritable(path, error.strerror) from error


def _is_the_disk(error: DBAPIError) -> bool:
    """Whether it says that the disk is full or the place read-only, and nothing of what the file holds."""
    return getattr(error.orig, "sqlite_errorcode", 0) & 0xFF in _OF_THE_DISK


def _unwritable(path: Path, why: object) -> JournalProblem:
    # Never "take another journal" where there is one: the new one would not know who has the message already.
    remedy = "Choose a writable place with --journal FILE."
    if _size(path):
        remedy = "Make room, or make the place writable, and run the command again: what is recorded so far is safe in it."
    return JournalProblem(f"the journal cannot be written ({why})", where=str(path), remedy=remedy)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _configure(connection: Any, _: object) -> None:
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    if tables and "about" not in tables:
        return  # another program's database: it is refused, and not even turned into WAL
    # FULL: a commit that returned is on the disk even if the power fails. The cache is small so that memory does not grow
    # with the file: a journal of ten million rows is read in order, not at random.
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-8000"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    # IMMEDIATE takes the write lock at once: two writers wait for each other instead of failing halfway.
    writing = connection.get_execution_options().get("writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
