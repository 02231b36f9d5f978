"""A journal in a PostgreSQL database: several machines deliver from it together.

Advisory locks say who is there. The server releases them when a session ends, however its process did, and keeps them for a
process that merely stands still. https://www.postgresql.org/docs/15/explicit-locking.html#ADVISORY-LOCKS
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    Engine,
    create_engine,
    func,
    insert,
    inspect,
    select,
    text,
    type_coerce,
)
from sqlalchemy.exc import DBAPIError, InterfaceError, InternalError, OperationalError

from smscampaign.errors import JournalProblem
from smscampaign.journal import migrations, schema
from smscampaign.journal.clocks import ServerClock
from smscampaign.journal.places import Server
from smscampaign.journal.protocol import Clock
from smscampaign.journal.sessions import DriverSession, Locks, alive, end_those_who_stand_still
from smscampaign.journal.statements import SERVER_NOW
from smscampaign.journal.values import Instant

#: How long a claim holds without being renewed. Longer than a call (65 s), its place in a queue, and the longest pause that
#: OVHcloud may ask for between two tries (10 minutes).
LEASE = timedelta(minutes=15)

#: Whoever stands still inside a transaction holds up everybody: after this the server ends that transaction. Where it does
#: not (15.18 forgot once in some twenty stops), who waits for it asks the server to. No wait is longer than the last one.
#: However short the lease: a busy machine may stand still for a moment.
SHORTEST_IDLE, IDLE, LOCK_WAIT = timedelta(seconds=5), timedelta(seconds=45), timedelta(seconds=120)

#: Making tables: before there is a journal whose number could be locked.
_CREATING = 0x534D53

_LOCK_NOT_AVAILABLE = "55P03"

_ENTER = text(
    "SELECT set_config('idle_in_transaction_session_timeout', :idle, true), set_config('lock_timeout', :idle, true),"
    " CASE WHEN :together THEN pg_advisory_xact_lock_shared(:lock) ELSE pg_advisory_xact_lock(:lock) END,"
    " (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now"
).columns(now=Instant())


class PostgresDatabase:
    """One database, or one schema of it. `lease` in the URL's query is the lease in seconds."""

    remarks: tuple[str, ...] = ()
    #: One state of the journal for a whole transaction, as SQLite gives it.
    reading: Mapping[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    shared = True
    scratch = behind = False

    def __init__(self, server: Server, *, create: bool) -> None:
        self.place = server
        self.clock = ServerClock()
        self._create = create
        self.lease, self.engine = _engine(server)
        self._idle = f"{int(max(SHORTEST_IDLE, min(IDLE, self.lease / 2)).total_seconds() * 1000)}ms"
        self._locks = Locks(0)

    def prepare(self) -> None:
        """Make the tables in an empty database; refuse what is no journal that this version reads, or keeps no Unicode."""
        try:
            with self.engine.connect() as connection, connection.begin():
                connection.execute(select(func.pg_advisory_xact_lock(_CREATING)))
                self._check(connection)
                oid = connection.execute(text("SELECT 'about'::regclass::oid::bigint")).scalar_one()
        except DBAPIError as error:
            raise self.problem(error, writing=True) or self._not_ours() from error
        self._locks = Locks(oid)

    def filled(self) -> bool:
        """Whether there is a journal already."""
        try:
            with self.engine.connect() as connection:
                return inspect(connection).has_table("about")
        except DBAPIError as error:
            raise self.problem(error, writing=False) or error from error

    @contextmanager
    def writes(self, *, together: bool = False) -> Iterator[Connection]:
        """A transaction that has waited for whoever changes more than its own calls, and learnt what time it is."""
        deadline = time.monotonic() + LOCK_WAIT.total_seconds()
        with self.engine.connect() as connection:
            while not self._entered(connection, together):
                if time.monotonic() > deadline:
                    raise self._held_up()
                end_those_who_stand_still(connection, self._locks, self._idle)
            yield connection
            connection.commit()

    def _entered(self, connection: Connection, together: bool) -> bool:
        """Whether a transaction has begun that may write; False when somebody else was in there all the time."""
        of = {"idle": self._idle, "together": together, "lock": self._locks.writing}
        try:
            self.clock.told(connection.execute(_ENTER, of).one().now)
        except OperationalError as error:
            connection.rollback()
            if getattr(error.orig, "sqlstate", None) != _LOCK_NOT_AVAILABLE:
                raise
            return False
        return True

    def _held_up(self) -> JournalProblem:
        return JournalProblem(
            "another program holds up all that is to be written to the journal",
            where=str(self.place),
            remedy="Look on every machine for a smscampaign that stands still, then run the command again.",
        )

    def reach_mark(self, connection: Connection) -> None:
        """Nothing to do: no mark stands beside a server."""

    def unmark(self) -> None:
        """Nothing to do: no mark stands beside a server."""

    def write_through(self) -> None:
        """Nothing to do: the server does."""

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()

    def problem(self, error: DBAPIError, *, writing: bool) -> JournalProblem | None:
        """What the operator is told of an error; None when it is a mistake of ours."""
        state = getattr(error.orig, "sqlstate", None) or ""
        said = " ".join(str(error.orig).split())
        if state in {"42501", "25006"}:
            return JournalProblem(
                f"the journal's database may not be written ({said})",
                where=str(self.place),
                remedy="Give this user a database, or a schema, of its own.",
            )
        lost = isinstance(error, OperationalError | InterfaceError | InternalError)
        if not (lost or error.connection_invalidated):
            return None
        return JournalProblem(
            f"the journal's database does not answer as it should ({said})",
            where=str(self.place),
            remedy="Look after the server, then run the command again; what is recorded so far is safe.",
        )

    @contextmanager
    def driving(self, clock: Clock, *, together: Callable[[], bool] | None) -> Iterator[DriverSession]:
        """Deliver together with others, or be alone for what changes the plan."""
        try:
            session = DriverSession.opened(self.engine, self._locks, self.lease, where=str(self.place))
        except DBAPIError as error:
            raise self.problem(error, writing=True) or error from error
        with session:
            try:
                session.enter(clock, together=together)
            except DBAPIError as error:
                raise self.problem(error, writing=True) or error from error
            yield session

    def sealed(self, connection: Connection) -> None:
        """Count the new rows: a table that was empty a moment ago is otherwise read from end to end for each call."""
        connection.execute(text("ANALYZE text, message, chunk, verdict"))

    def cut_off(self, connection: Connection, campaign: int) -> list[tuple[int, str]]:
        """The calls nobody is making any more, with a word on why: their driver has gone, or let its lease run out.

        Their rows are locked until the transaction ends, so that none is renewed meanwhile.
        """
        chunk = schema.chunk.c
        late = type_coerce(chunk.lease_until, BigInteger) < SERVER_NOW
        gone = chunk.driver.is_(None) | chunk.driver.not_in(alive(connection, self._locks))
        rows = connection.execute(
            select(chunk.id, gone.label("gone"))
            .where(chunk.campaign == campaign, chunk.state == "sending", late | gone)
            .order_by(chunk.id)
            .with_for_update()
        )
        return [
            (
                row.id,
                "the program ended between the call and its record"
                if row.gone
                else "who was making the call let its lease run out",
            )
            for row in rows
        ]

    def at_work(self, connection: Connection, driver: int) -> bool:
        """Whether that driver may still be making calls."""
        return driver in alive(connection, self._locks)

    def _check(self, connection: Connection) -> None:
        encoding = connection.execute(text("SHOW server_encoding")).scalar_one()
        tables = set(inspect(connection).get_table_names())
        known = "about" in tables
        version = connection.execute(select(schema.about.c.version)).scalar() if known else None
        if encoding != "UTF8":
            raise JournalProblem(
                f"this database keeps texts as {encoding}, which has no room for every message",
                where=str(self.place),
                remedy="Make one with: createdb --encoding UTF8 --template template0 NAME",
            )
        if not tables and not self._create:
            raise JournalProblem(
                "there is no journal yet",
                where=str(self.place),
                remedy="The campaign has not been run with this database.",
            )
        if not tables:
            for index, rows in schema.PARTIAL:
                index.dialect_options["postgresql"]["where"] = rows
            schema.metadata.create_all(connection)
            connection.execute(insert(schema.about).values(version=schema.VERSION))
        elif version is None:
            raise self._not_ours()
        elif migrations.older(version):
            self._bring_up(connection)
        else:
            migrations.refuse(version, where=str(self.place), remedy="Go on with the version that wrote it.")

    def _bring_up(self, connection: Connection) -> None:
        """Make it a journal of this version, while nobody drives it by the version before."""
        oid = connection.execute(text("SELECT 'about'::regclass::oid::bigint")).scalar_one()
        alone = select(func.pg_try_advisory_xact_lock(Locks(oid).house))
        if not connection.execute(alone).scalar():
            raise JournalProblem(
                "this journal was written by an older version of smscampaign, which is at work on it",
                where=str(self.place),
                remedy="Let that finish, or stop it with Ctrl-C on every machine; then run the command again.",
            )
        migrations.bring_up(connection)

    def _not_ours(self) -> JournalProblem:
        return JournalProblem(
            "this database was filled by another program",
            where=str(self.place),
            remedy="Give the journal a database of its own, for instance: createdb smscampaign",
        )


def _engine(server: Server) -> tuple[timedelta, Engine]:
    url = server.parsed()
    lease = url.query.get("lease")
    try:
        seconds = float(str(lease)) if lease else LEASE.total_seconds()
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 86_400:
        raise JournalProblem(
            f"lease={lease} is no number of seconds", where=str(server), remedy="Leave it out: it is 900."
        )
    url = url.difference_update_query(["lease"])
    theirs = url.query.get("options", "")
    ours = (
        f"{theirs} -c synchronous_commit=on -c lock_timeout={int(LOCK_WAIT.total_seconds() * 1000)}".strip()
    )
    usual = {"connect_timeout": 10, "application_name": "smscampaign", "tcp_user_timeout": 30_000}
    connect = {name: value for name, value in usual.items() if name not in url.query}
    try:
        engine = create_engine(
            url.difference_update_query(["options"]),
            isolation_level="READ COMMITTED",
            pool_size=5,
            max_overflow=20,
            hide_parameters=True,
            connect_args={**connect, **server.secrets(), "options": ours},
        )
    except ModuleNotFoundError as error:
        raise JournalProblem(
            "journals in PostgreSQL need the package psycopg, which is not installed",
            where=str(server),
            remedy="pip install 'smscampaign[postgres]'",
        ) from error
    return timedelta(seconds=seconds), engine
