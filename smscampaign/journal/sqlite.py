"""A journal in a SQLite file: its rights, its durability, and the lock that lets one process at a time drive it."""

from __future__ import annotations

import os
import secrets
import socket
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    Connection,
    delete,
    func,
    insert,
    inspect,
    select,
    update,
)
from sqlalchemy.exc import DatabaseError, DBAPIError

from smscampaign.databases import (
    in_the_way,
    is_the_disk,
    kept_to_owner,
    refuse_place,
    size_of,
    unwritable,
)
from smscampaign.errors import JournalProblem
from smscampaign.journal import migrations, schema
from smscampaign.journal.engines import BUSY, READERS_WAIT, OnlyDriver, engine_of, make_file
from smscampaign.journal.marks import (
    NAMED,
    Mark,
    MarkState,
    counted,
    gone,
    missing,
    recover,
    refuse_behind,
)
from smscampaign.journal.protocol import Clock, utc_now

if TYPE_CHECKING:
    from filelock import FileLock

#: Seconds for a lock that somebody only tries.
LOCK_WAIT = 1.0

_LOST = "Do not send this campaign again: keep the file."


class SqliteFile:
    """One file in WAL mode with full durability."""

    #: A writing transaction takes the write lock at once: two writers wait for each other instead of failing halfway.
    writing: Mapping[str, Any] = {"writing": True}
    reading: Mapping[str, Any] = {}
    shared = False
    lease = timedelta.max

    def __init__(self, path: Path, *, create: bool, behind: bool = False, scratch: bool = False) -> None:
        self.place = path
        self.scratch = scratch
        self.clock: Clock = utc_now
        self._behind = behind
        self.behind = False
        self._stand(path)
        self.refuse_gone()
        if path.is_symlink() and not path.exists():
            refuse_place(path)
        if not create and not path.exists():
            raise JournalProblem(
                "there is no journal yet",
                where=str(path),
                remedy="The campaign has not been run from this folder.",
            )
        make_file(self._file)
        self.remarks = kept_to_owner(self._file, self.mark.path)
        self.engine = engine_of(path, scratch=scratch)

    def prepare(self) -> None:
        """Make the tables in a new file; refuse what is no journal of this version, or not the whole of one."""
        self._refuse_links()
        try:
            with self.engine.connect() as connection, connection.begin():
                tables = inspect(connection).get_table_names()
                known = "about" in tables
                version = connection.execute(select(schema.about.c.version)).scalar() if known else None
                ours = version == schema.VERSION or migrations.older(version)
                driven = ours and self.refuse_torn(connection)
                reached = self.refuse_behind(connection) if ours else None
        except DatabaseError as error:
            raise in_the_way(self.place, error) or self._unreadable(error) from error
        if version is None and not tables:
            if self._said is not None:
                raise gone(self.place, self.mark)
            version = self._make_tables()
        if version is None:
            raise JournalProblem(
                "this file was written by another program",
                where=str(self.place),
                remedy="Choose another place with --journal FILE.",
            )
        if migrations.older(version):
            version = self._bring_up()
        migrations.refuse(
            version, where=str(self.place), remedy=f"{_LOST} Go on with the version that wrote it."
        )
        if driven:
            self._take_up()
        if reached is not None and (self._said is None or not self._said.identity):
            self._mark_anew(reached)

    @contextmanager
    def writes(self, *, together: bool = False) -> Iterator[Connection]:
        """A transaction with the write lock; once it is durable the mark says so, before anything else is done."""
        with self.engine.connect().execution_options(**self.writing) as connection:
            with connection.begin():
                raw: Any = connection.connection.driver_connection
                before = raw.total_changes
                yield connection
                reached = self._counted(raw) if raw.total_changes != before else None
            if reached is not None:
                self.mark.write(reached)

    def _counted(self, raw: Any) -> MarkState | None:
        try:
            return counted(raw)
        except sqlite3.Error as error:
            raise self._unwell(error) from error

    def reach_mark(self, connection: Connection) -> None:
        """From now on it has come as far as its mark says, and a mark stands beside it."""
        said = self._said.counter if self._said is not None else 0
        counter = func.max(schema.about.c.counter, said)
        connection.execute(update(schema.about).values(counter=counter, marked=True))

    def unmark(self) -> None:
        """Whoever drives it says that nothing was sent from it: it needs no mark."""
        self.mark.remove()

    def close(self) -> None:
        """Give the file back."""
        self.engine.dispose()
        self.mark.close()

    def _make_tables(self) -> int | None:
        """In a new file, and the format it has then: of several who found it new one makes them."""
        with self._writing() as connection:
            if not inspect(connection).get_table_names():
                schema.metadata.create_all(connection)
                if self.scratch:
                    # Sorting a million numbers once, at the seal, takes a third of keeping them in order row by row.
                    schema.one_person_one_message.drop(connection)
                    schema.one_key_one_message.drop(connection)
                    for statement in schema.PEOPLE_OF_A_SCRATCH:
                        connection.exec_driver_sql(statement)
                connection.execute(insert(schema.about).values(version=schema.VERSION))
            return connection.execute(select(schema.about.c.version)).scalar()

    def _bring_up(self) -> int | None:
        """Make it a journal of this version, while nobody drives it by the version before; says which it is then."""
        with self._alone(), self._writing() as connection:
            migrations.bring_up(connection)
            return connection.execute(select(schema.about.c.version)).scalar()

    def problem(self, error: DBAPIError, *, writing: bool) -> JournalProblem | None:
        """What the operator is told of an error; None when it is a mistake of ours."""
        return self._problem(error.orig, writing=writing)

    def _problem(self, error: BaseException | None, *, writing: bool) -> JournalProblem | None:
        # The plain class is what a damaged file gives; its children are full disks, and mistakes of ours.
        if type(error) is sqlite3.DatabaseError:
            return JournalProblem(
                f"the journal is damaged ({error})",
                where=self.place.name,
                remedy=f"{_LOST} What can be saved of it, {recover(self.place)} saves.",
            )
        blocked = is_the_disk(error) or (writing and isinstance(error, sqlite3.OperationalError))
        return unwritable(self.place, error) if blocked else None

    def _unwell(self, error: sqlite3.Error) -> Exception:
        return self._problem(error, writing=True) or error

    @contextmanager
    def driving(self, clock: Clock, *, together: Callable[[], bool] | None) -> Iterator[OnlyDriver]:
        """Hold the file as its only driver, whatever the work is."""
        with self._alone():
            token = self._sign(clock)
            try:
                with closing(self.engine.raw_connection()) as asking:
                    yield OnlyDriver(self.place, token, asking, self._unwell)
            finally:
                self._sign_off(token)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the file's lock. Raises `JournalProblem` while somebody else does."""
        lock: Any = threading.Lock() if self.scratch else self._lock()
        try:
            # Not at once refused: somebody may be trying it for a moment, see `_take_up`.
            lock.acquire(timeout=LOCK_WAIT)
        except TimeoutError:
            raise JournalProblem(
                f"another smscampaign is at work on this campaign{self._holder()}",
                where=self.place.name,
                remedy="Wait until it has finished (`status` shows how far it is), or stop it with Ctrl-C; then run the"
                " command again.",
            ) from None
        except OSError as error:
            raise unwritable(self.place, error.strerror) from error
        try:
            if not self._file.exists():
                raise gone(self.place, self.mark)
            yield
        finally:
            lock.release()

    def write_through(self, how: str = "FULL") -> None:
        """Bring what stands in the -wal into the file itself, as far as nobody reads an older state for long."""
        try:
            raw = self.engine.raw_connection()
            try:
                cursor = raw.cursor()
                cursor.execute(f"PRAGMA busy_timeout = {int(READERS_WAIT * 1000)}")
                cursor.execute(f"PRAGMA wal_checkpoint({how})").fetchone()
                cursor.execute(f"PRAGMA busy_timeout = {BUSY * 1000}")
            finally:
                raw.close()
        except sqlite3.Error as error:
            raise unwritable(self.place, error) from error

    def sealed(self, connection: Connection) -> None:
        """Count the new rows by a sample: without it SQLite reads a campaign from end to end for each call."""
        connection.exec_driver_sql("PRAGMA analysis_limit = 1000")
        connection.exec_driver_sql("ANALYZE message")
        connection.exec_driver_sql("ANALYZE chunk")

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

    def _sign(self, clock: Clock) -> int:
        """Write down who drives it, and which file that is, in the file itself: it says so without its -wal, too."""
        token = secrets.randbelow(1 << 31)
        mine = {"id": token, "pid": os.getpid(), "host": socket.gethostname(), "since": clock()}
        with self._writing() as connection:
            _clear(connection)
            connection.execute(insert(schema.driver).values(**mine, place=self._identity()))
        self.write_through()
        return token

    def _sign_off(self, token: int) -> None:
        """Everything is in the file itself now. Where that cannot be written, the file goes on saying that it is driven."""
        with suppress(JournalProblem):
            with self._writing() as connection:
                connection.execute(delete(schema.driver).where(schema.driver.c.id == token))
            self.write_through("TRUNCATE")

    def refuse_torn(self, connection: Connection) -> bool:
        """Whether somebody drives it, or was killed. Raises `JournalProblem` where the -wal of that one is not here.

        Not where the journal may be behind: what is missing of it is asked of OVHcloud then.
        """
        place = connection.execute(select(schema.driver.c.place).limit(1)).scalar()
        self.behind = place is not None and self._bare and place != self._identity()
        if place is not None and self.behind and not self._behind:
            before = place.split(":", 2)[-1]
            raise JournalProblem(
                "this journal was moved or copied without its -wal, or while it was at work: the end of it is missing",
                where=str(self.place),
                remedy=f"Go on where it was ({before}), or fetch {before}-wal and put it here as {self._log.name}."
                f" If that is lost, this copy can ask OVHcloud what was sent since: {recover(self.place)}.",
            )
        return place is not None

    def refuse_gone(self) -> None:
        """Raise `JournalProblem` where a mark stands beside nothing, or beside an empty file."""
        if self._said is not None and self._bare and not size_of(self._file):
            raise gone(self.place, self.mark)

    def refuse_behind(self, connection: Connection) -> MarkState | None:
        """How far it has come, where something may have been sent from it.

        Raises `JournalProblem` where its mark knows more.
        """
        about = schema.about.c
        row = connection.execute(select(about.identity, about.counter, about.marked)).one()
        reached = MarkState(row.identity, row.counter)
        try:
            refuse_behind(self.place, self.mark, self._said, reached, marked=row.marked)
        except JournalProblem:
            if not (self._behind and self._said and self._said.identity in {"", row.identity}):
                raise
            self.behind = True
        return reached if row.marked else None

    def _mark_anew(self, reached: MarkState) -> None:
        with suppress(JournalProblem):
            self.mark.write(reached)
            self.remarks += (missing(self.place, self.mark),)

    def _take_up(self) -> None:
        """Whoever drove it was killed, unless he is still at work: what he left in the -wal goes into the file."""
        lock = self._lock()
        with suppress(OSError), lock.acquire(timeout=0), suppress(JournalProblem):
            with self._writing() as connection:
                _clear(connection)
            self.write_through("TRUNCATE")

    def _stand(self, path: Path) -> None:
        # By a symbolic link there is still one lock, one -wal.
        self._file = path.resolve()
        # Asked before it is opened, which makes one. Whoever has only read leaves an empty one behind.
        self._bare = not size_of(self._log)
        self.mark = Mark(self._file)
        # Read before the journal: the mark is never ahead of it, and both may be written to at this moment.
        self._said = self.mark.read()

    @property
    def _log(self) -> Path:
        return self._file.with_name(f"{self._file.name}-wal")

    def _lock(self) -> FileLock:
        from filelock import FileLock  # which loads asyncio

        return FileLock(f"{self._file}.lock", mode=0o600)

    def _identity(self) -> str:
        """Which file this is: a copy has another number, and what was moved another path."""
        at = self._file.stat()
        # A name that is no text is kept all the same.
        name = str(self._file).encode("utf-8", "backslashreplace").decode()
        return f"{at.st_dev}:{at.st_ino}:{name}"

    def _refuse_links(self) -> None:
        if self._file.stat().st_nlink > 1:
            raise JournalProblem(
                "this journal has two names (a hard link), and by each of them somebody could send from it",
                where=str(self.place),
                remedy="Keep the name by which it was used, and remove the other: to keep a copy, copy the file.",
            )

    def _unreadable(self, error: DatabaseError) -> JournalProblem:
        remedy = "Choose another place with --journal FILE."
        if self._file.name.endswith(NAMED):
            # "Another place" would send to everybody once more.
            remedy = f"{_LOST} What can be saved of it, {recover(self.place)} saves."
        return JournalProblem(
            f"this is not a journal of smscampaign, or it is damaged ({error.orig})",
            where=str(self.place),
            remedy=remedy,
        )

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        try:
            with self.writes() as connection:
                yield connection
        except DBAPIError as error:
            problem = self.problem(error, writing=True)
            if problem is None:
                raise
            raise problem from error


def _clear(connection: Connection) -> None:
    """Nobody drives it, for whoever calls this holds the lock: nor is anybody about to begin a campaign of it."""
    connection.execute(delete(schema.driver))
    unbegun = update(schema.campaign).where(schema.campaign.c.begun_at.is_(None))
    connection.execute(unbegun.values(entered_at=None))
