"""Opening a journal: the file and its rights, the lock that names its holder, and the campaigns in it."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from sqlalchemy import (
    URL,
    Connection,
    Engine,
    create_engine,
    delete,
    event,
    func,
    insert,
    inspect,
    literal,
    select,
    update,
)
from sqlalchemy.exc import DatabaseError, OperationalError

from smscampaign.errors import JournalProblem
from smscampaign.journal import schema

Clock = Callable[[], datetime]

#: How a large answer is read: in portions, so that memory does not grow with it.
STREAM = {"yield_per": 2000}


def utc_now() -> datetime:
    """The default clock of every stage."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a campaign is made from: `ingredients` name each input with its digest, `fingerprint` is the digest of all."""

    name: str
    gateway: str
    account: str
    fingerprint: str
    ingredients: dict[str, str]
    settings: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Record:
    """A campaign as the journal knows it."""

    id: int
    edition: int
    inputs: Inputs
    tag: str
    sealed_at: datetime | None
    begun_at: datetime | None
    summary: dict[str, Any] | None


class Journal:
    """An open journal. Reading needs nothing; whoever changes a campaign holds the lock (`driving`)."""

    def __init__(self, engine: Engine, path: Path, *, clock: Clock = utc_now) -> None:
        self._engine = engine
        self.path = path
        self.clock = clock

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that only looks: it sees one state of the journal and blocks nobody."""
        with self._damage_told(), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is durable when the block ends without an error, and never happened otherwise."""
        try:
            with (
                self._damage_told(),
                self._engine.connect().execution_options(writing=True) as connection,
                connection.begin(),
            ):
                yield connection
        except OperationalError as error:
            raise JournalProblem(
                f"the journal cannot be written ({error.orig})",
                where=self.path.name,
                remedy="Free some space or give it a writable place with --journal; what is recorded so far is safe.",
            ) from error

    @contextmanager
    def driving(self) -> Iterator[None]:
        """Hold the journal as its only driver until the block ends, or the process does, however it does."""
        lock = FileLock(f"{self.path}.lock", timeout=0, mode=0o600)
        try:
            lock.acquire()
        except Timeout:
            raise JournalProblem(
                f"another smscampaign is at work on this campaign{self._holder()}",
                where=self.path.name,
                remedy="Wait until it has finished, or stop it with Ctrl-C; then run the command again.",
            ) from None
        except OSError as error:
            raise JournalProblem(
                f"the folder cannot be written ({error.strerror})",
                where=str(self.path.parent),
                remedy="Choose a place for the journal with --journal FILE.",
            ) from error
        try:
            self._sign()
            yield
        finally:
            lock.release()

    def find(self, name: str) -> Record | None:
        """The campaign of that name, in its last edition."""
        campaign = schema.campaign.c
        with self.reading() as connection:
            row = connection.execute(
                select(schema.campaign)
                .where(campaign.name == name)
                .order_by(campaign.edition.desc())
                .limit(1)
            ).one_or_none()
        return None if row is None else _record(row._mapping)

    def begin(self, inputs: Inputs, *, tag: str) -> Record:
        """A new, unsealed campaign; an earlier one of that name that sent nothing makes room for it."""
        with self.writing() as connection:
            _make_room(connection, inputs.name)
            connection.execute(
                insert(schema.campaign).values(
                    name=inputs.name,
                    gateway=inputs.gateway,
                    account=inputs.account,
                    fingerprint=inputs.fingerprint,
                    ingredients=json.dumps(inputs.ingredients, ensure_ascii=False),
                    settings=json.dumps(inputs.settings, ensure_ascii=False),
                    tag=tag,
                    created_at=self.clock(),
                )
            )
        record = self.find(inputs.name)
        assert record is not None  # noqa: S101 - it was committed a line above
        return record

    def mark_begun(self, record: Record, *, account: str) -> None:
        """From now on this campaign may have reached people: it is never planned again."""
        now = literal(self.clock(), schema.Instant())
        with self.writing() as connection:
            connection.execute(
                update(schema.campaign)
                .where(schema.campaign.c.id == record.id)
                .values(account=account, begun_at=func.coalesce(schema.campaign.c.begun_at, now))
            )

    def mark_unbegun(self, record: Record) -> None:
        """Nothing reached anybody after all: what was wrong may be changed, and the campaign planned again."""
        with self.writing() as connection:
            connection.execute(
                update(schema.campaign)
                .where(schema.campaign.c.id == record.id)
                .values(account=record.inputs.account, begun_at=None)
            )

    def close(self) -> None:
        """Give the file back."""
        self._engine.dispose()

    @contextmanager
    def _damage_told(self) -> Iterator[None]:
        try:
            yield
        except DatabaseError as error:
            # The plain class is what a damaged file gives; its children are full disks, and mistakes of ours.
            if type(error) is not DatabaseError:
                raise
            raise JournalProblem(
                f"the journal is damaged ({error.orig})",
                where=self.path.name,
                remedy="Keep the file: `sqlite3 FILE .recover` saves what can be saved. Do not send this campaign again.",
            ) from error

    def _holder(self) -> str:
        with self.reading() as connection:
            row = connection.execute(select(schema.driver)).one_or_none()
        return f" (process {row.pid} on {row.host}, since {row.since:%Y-%m-%d %H:%M:%S} UTC)" if row else ""

    def _sign(self) -> None:
        with self.writing() as connection:
            connection.execute(delete(schema.driver))
            connection.execute(
                insert(schema.driver).values(
                    id=1, pid=os.getpid(), host=socket.gethostname(), since=self.clock()
                )
            )


def open_journal(path: Path, *, create: bool = True, clock: Clock = utc_now) -> Journal:
    """Open or create the journal at `path` (mode 0600: it holds numbers and texts).

    Raises `JournalProblem` when there is none and `create` is false, when the file is something else, was made by a newer
    smscampaign, or cannot be written.
    """
    if not create and not path.exists():
        raise JournalProblem(
            "there is no journal yet",
            where=str(path),
            remedy="The campaign has not been run from this folder.",
        )
    _touch(path)
    # Not as one string: a file's name may hold a question mark or a percent sign.
    url = URL.create("sqlite", database=str(path))
    # Few statements are kept prepared: planning asks about each block in a statement of its own, and 128 of them take 25 MB.
    engine = create_engine(
        url, connect_args={"isolation_level": None, "timeout": 30, "cached_statements": 24}
    )
    event.listen(engine, "connect", _configure)
    event.listen(engine, "begin", _begin)
    journal = Journal(engine, path, clock=clock)
    try:
        _prepare(journal, engine)
    except JournalProblem:
        engine.dispose()
        raise
    except DatabaseError as error:
        engine.dispose()
        raise JournalProblem(
            f"this is not a journal of smscampaign, or it is damaged ({error.orig})",
            where=str(path),
            remedy="Choose another place with --journal FILE.",
        ) from error
    return journal


def _touch(path: Path) -> None:
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise JournalProblem(
            f"the journal cannot be written ({error.strerror})",
            where=str(path),
            remedy="Choose a writable place with --journal FILE.",
        ) from error


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


def _prepare(journal: Journal, engine: Engine) -> None:
    with engine.connect() as connection, connection.begin():
        tables = inspect(connection).get_table_names()
        version = connection.execute(select(schema.about.c.version)).scalar() if "about" in tables else None
    if version == schema.VERSION:
        return
    if version is not None or tables:
        raise JournalProblem(
            "this file was written by another program or another version of smscampaign",
            where=str(journal.path),
            remedy="Choose another place with --journal FILE.",
        )
    with journal.writing() as connection:
        schema.metadata.create_all(connection)
        connection.execute(insert(schema.about).values(version=schema.VERSION))


def _make_room(connection: Connection, name: str) -> None:
    old = connection.execute(
        select(schema.campaign.c.id, schema.campaign.c.begun_at).where(schema.campaign.c.name == name)
    ).one_or_none()
    if old is None:
        return
    if old.begun_at is not None:
        raise JournalProblem(f"the campaign {name!r} has already begun; it is not planned again")
    for table in reversed(schema.metadata.sorted_tables):
        if "campaign" in table.c and table is not schema.campaign:
            connection.execute(delete(table).where(table.c.campaign == old.id))
    connection.execute(delete(schema.campaign).where(schema.campaign.c.id == old.id))


def _record(row: Any) -> Record:
    return Record(
        id=row["id"],
        edition=row["edition"],
        inputs=Inputs(
            name=row["name"],
            gateway=row["gateway"],
            account=row["account"],
            fingerprint=row["fingerprint"],
            ingredients=json.loads(row["ingredients"]),
            settings=json.loads(row["settings"]),
        ),
        tag=row["tag"],
        sealed_at=row["sealed_at"],
        begun_at=row["begun_at"],
        summary=None if row["summary"] is None else json.loads(row["summary"]),
    )
