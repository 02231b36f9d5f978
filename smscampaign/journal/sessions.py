"""Who is at work on a PostgreSQL journal: each driver has a session of its own, which holds locks that tell others so."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType
from typing import Self

from sqlalchemy import BigInteger, Connection, Engine, bindparam, delete, func, insert, select, text, update
from sqlalchemy.exc import SQLAlchemyError

from smscampaign.errors import JournalProblem
from smscampaign.journal import schema
from smscampaign.journal.protocol import Clock
from smscampaign.journal.statements import SERVER_NOW

#: How often and how long whoever comes while a plan is being made asks again.
POLL, LONGEST_POLL = 0.2, 600.0

_HOUSE, _WRITING, _FIRST_DRIVER = 0, 1, 16

_HELD = text(
    "SELECT objid::bigint AS number, mode FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1"
    " AND classid::bigint = :oid AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)

#: Whoever holds the lock of those who write and has said nothing for so long.
_STAND_STILL = text(
    "SELECT pg_terminate_backend(one.pid) FROM pg_stat_activity AS one JOIN pg_locks AS held ON held.pid = one.pid"
    " WHERE held.locktype = 'advisory' AND held.granted AND held.objsubid = 1 AND held.database = one.datid"
    " AND held.classid::bigint = :oid AND held.objid::bigint = :writing AND one.datname = current_database()"
    " AND one.wait_event = 'ClientRead' AND clock_timestamp() - one.state_change > CAST(:idle AS interval)"
)

_chunk = schema.chunk.c
_KEEP = (
    update(schema.chunk)
    .where(
        _chunk.campaign == bindparam("of"),
        _chunk.id == bindparam("this"),
        _chunk.driver == bindparam("me"),
        _chunk.state == "sending",
        func.pg_backend_pid() == bindparam("backend"),
    )
    .values(lease_until=SERVER_NOW + bindparam("lease", type_=BigInteger()))
)


@dataclass(frozen=True, slots=True)
class Locks:
    """The numbers of one journal's advisory locks: its table's object id above, what is locked below."""

    oid: int

    @property
    def house(self) -> int:
        """Shared by those who deliver; alone for whoever changes the plan."""
        return self._number(_HOUSE)

    @property
    def writing(self) -> int:
        """Shared by transactions that change their own calls only; alone for all others."""
        return self._number(_WRITING)

    def driver(self, identity: int) -> int:
        """Held by that driver as long as its session lives."""
        return self._number(_FIRST_DRIVER + identity)

    def _number(self, low: int) -> int:
        number = self.oid << 32 | low
        return number - (1 << 64) if number >= 1 << 63 else number


def alive(connection: Connection, locks: Locks) -> frozenset[int]:
    """The drivers whose sessions live: at work, or merely standing still."""
    held = connection.execute(_HELD, {"oid": locks.oid})
    return frozenset(row.number - _FIRST_DRIVER for row in held if row.number > _FIRST_DRIVER)


def end_those_who_stand_still(connection: Connection, locks: Locks, idle: str) -> None:
    """End the transactions that hold up all others and whose makers have said nothing for as long as `idle`."""
    with connection.begin():
        connection.execute(_STAND_STILL, {"oid": locks.oid, "writing": _WRITING, "idle": idle})


class DriverSession:
    """A driver's own session: what it holds is held exactly as long as the server knows it to be there."""

    def __init__(self, connection: Connection, locks: Locks, lease: timedelta, where: str) -> None:
        self._connection = connection
        self._locks = locks
        self._where = where
        self._lease = lease // timedelta(microseconds=1)
        # A statement at a time: the workers ask here before every call.
        self._mutex = threading.Lock()
        self._backend, self.id = connection.execute(
            text("SELECT pg_backend_pid(), nextval(pg_get_serial_sequence('driver', 'id'))")
        ).one()

    @classmethod
    def opened(cls, engine: Engine, locks: Locks, lease: timedelta, *, where: str) -> DriverSession:
        """A connection that no pool lends to anybody else."""
        connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        connection.detach()
        # Nothing that is written here has to outlive the server: when that falls, this session and its locks are gone too.
        connection.execute(text("SET synchronous_commit TO off"))
        return cls(connection, locks, lease, where)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # A session that is lost already holds nothing any more.
        with suppress(SQLAlchemyError):
            self._connection.execute(delete(schema.driver).where(schema.driver.c.id == self.id))
            # Closing alone would free them a moment later.
            self._connection.execute(select(func.pg_advisory_unlock_all()))
        with suppress(SQLAlchemyError):
            self._connection.close()

    def enter(self, clock: Clock, *, together: Callable[[], bool] | None) -> None:
        """Come in beside others where `together` says so, else alone. Waits while somebody else is alone in there, planning;
        without `together` nothing is waited for.

        Raises `JournalProblem` when it cannot come in.
        """
        deadline = time.monotonic() + LONGEST_POLL
        while not self._try(shared=(shared := together is not None and together())):
            worth_it = together is not None and (shared or "ExclusiveLock" in self._modes() or together())
            if time.monotonic() >= deadline or not worth_it:
                raise JournalProblem(
                    f"another smscampaign is at work on this journal{self._holders()}",
                    where=self._where,
                    remedy="Wait until it has finished, or stop it with Ctrl-C; then run the command again.",
                )
            time.sleep(POLL)
        self._connection.execute(select(func.pg_advisory_lock(self._locks.driver(self.id))))
        self._sign(clock)

    def keep(self, campaign: int, chunk: int) -> str | None:
        """Renew the lease of a call right before it is made; says why it must not be made, if so.

        Raises `JournalProblem` when the session does not answer: then nothing may be called any more. It asks through the
        very session that shows others that this driver lives, so that who has lost it finds out before the next call.
        """
        of = {"of": campaign, "this": chunk, "me": self.id, "backend": self._backend, "lease": self._lease}
        try:
            with self._mutex:
                kept = self._connection.execute(_KEEP, of).rowcount
        except SQLAlchemyError as error:
            raise JournalProblem(
                "the journal's database does not answer, so that nothing more is sent",
                where=self._where,
                remedy="Look after the server, then run the command again; what is recorded so far is safe.",
            ) from error
        return (
            None if kept else "the lease ran out while this machine stood still, and others have taken note"
        )

    def alone(self) -> bool:
        """Whether nobody else is there; if so nobody comes before this session ends. Who lost the session cannot know."""
        with self._mutex, suppress(SQLAlchemyError):
            return self._try(shared=False)
        return False

    def _try(self, *, shared: bool) -> bool:
        take = func.pg_try_advisory_lock_shared if shared else func.pg_try_advisory_lock
        return bool(self._connection.execute(select(take(self._locks.house))).scalar_one())

    def _modes(self) -> set[str]:
        held = self._connection.execute(_HELD, {"oid": self._locks.oid})
        return {row.mode for row in held if row.number == _HOUSE}

    def _holders(self) -> str:
        driver = schema.driver.c
        there = alive(self._connection, self._locks)
        rows = self._connection.execute(
            select(schema.driver).where(driver.id.in_(there)).order_by(driver.id)
        ).all()
        ones = [f"process {row.pid} on {row.host}, since {row.since:%Y-%m-%d %H:%M:%S} UTC" for row in rows]
        return f" ({'; '.join(ones)})" if ones else ""

    def _sign(self, clock: Clock) -> None:
        driver, there = schema.driver.c, alive(self._connection, self._locks)
        self._connection.execute(delete(schema.driver).where(driver.id.not_in(there)))
        mine = {"id": self.id, "pid": os.getpid(), "host": socket.gethostname(), "since": clock()}
        self._connection.execute(insert(schema.driver).values(mine))
