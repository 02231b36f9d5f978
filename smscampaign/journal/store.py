"""A journal and the campaigns in it; what differs between a file and a server is in `sqlite` and `postgres`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, func, insert, literal, select, update
from sqlalchemy.exc import DBAPIError

from smscampaign.errors import JournalProblem
from smscampaign.journal import schema
from smscampaign.journal.marks import Mark
from smscampaign.journal.places import Place, Server
from smscampaign.journal.protocol import Clock, Database, Driver
from smscampaign.journal.sqlite import SqliteFile
from smscampaign.journal.values import Instant
from smscampaign.model import EditionKind

#: How a large answer is read: in portions, so that memory does not grow with it.
STREAM = {"yield_per": 2000}


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
    """A campaign as the journal knows it; `seen` is the last event of its earlier editions when this one was planned.

    Nobody gets two messages from the editions of one `series`. With `send_again` people get it although they had the same
    from another campaign.
    """

    id: int
    edition: int
    inputs: Inputs
    tag: str
    sealed_at: datetime | None
    begun_at: datetime | None
    summary: dict[str, Any] | None
    created_at: datetime
    kind: EditionKind = EditionKind.FIRST
    seen: int | None = None
    series: int = 1
    send_again: bool = False

    @property
    def proposed(self) -> bool:
        """Whether it is to take the place of an edition that has begun, and nobody said yes to that yet."""
        return self.kind is not EditionKind.FIRST and self.begun_at is None

    def same_plan(self, other: Record) -> bool:
        """Whether both are one plan: not one made anew, which may have the old one's number and its tag.

        The tag is no sign of it: what is sent once more takes another one when it begins.
        """
        mine, its = (self.edition, self.kind, self.seen), (other.edition, other.kind, other.seen)
        return mine == its and self.created_at == other.created_at


class Edition(NamedTuple):
    """An edition of a campaign in its journal."""

    journal: Journal
    record: Record


class Journal:
    """An open journal. Reading needs nothing; whoever changes a campaign drives it (`driving`)."""

    def __init__(self, base: Database, *, clock: Clock | None = None) -> None:
        self._base = base
        self._driver: Driver | None = None
        self.place: Place = base.place
        self.clock = clock or base.clock

    @property
    def path(self) -> Path:
        """The file it is kept in, for journals that are files."""
        if isinstance(self.place, Server):
            raise TypeError(f"{self.place} is no file")
        return self.place

    @property
    def name(self) -> str:
        """What a person calls it: the file's name, or the database's address without its password."""
        return self.place.name if isinstance(self.place, Path) else str(self.place)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What whoever opened it should know of."""
        return self._base.remarks

    @property
    def shared(self) -> bool:
        """Whether other machines may be delivering from it too."""
        return self._base.shared

    @property
    def scratch(self) -> bool:
        """Whether it is thrown away when the program ends, so that no calls will be made from it."""
        return self._base.scratch

    @property
    def behind(self) -> bool:
        """Whether it is an older copy, or not the whole of one: its mark knows more."""
        return self._base.behind

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that only looks: it sees one state of the journal and blocks nobody."""
        with (
            self._told(writing=False),
            self._base.engine.connect().execution_options(**self._base.reading) as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def writing(self, *, together: bool = False) -> Iterator[Connection]:
        """A transaction that is durable when the block ends without an error, and never happened otherwise.

        One at a time; in a journal that several machines share, those that change their own calls only may be `together`.
        """
        with self._told(writing=True), self._base.writes(together=together) as connection:
            yield connection

    @contextmanager
    def driving(self, *, together: bool | Callable[[], bool] = False) -> Iterator[None]:
        """Hold the journal as its only driver until the block ends, or the process does, however it does.

        With `together`, beside others who deliver too, if the journal can be shared: that waits while somebody is alone in
        there, planning, and a function is asked again each time whether it will be beside them.
        """
        asked = together if callable(together) else (lambda: True) if together else None
        with self._base.driving(self.clock, together=asked) as driver:
            self._driver = driver
            try:
                yield
            finally:
                self._driver = None

    @property
    def driver(self) -> int | None:
        """The number under which this process drives a shared journal. Raises `JournalProblem` when it does not."""
        if self._driver is None and self.shared:
            raise JournalProblem(
                "calls of a shared journal are claimed while driving it", where=str(self.place)
            )
        return self._driver.id if self._driver else None

    @property
    def lease(self) -> int:
        """How many microseconds a claim in a shared journal holds."""
        return self._base.lease // timedelta(microseconds=1)

    def alone(self) -> bool:
        """Whether nobody else is at work; if so nobody comes before `driving` ends."""
        return self._driver is None or self._driver.alone()

    def keep(self, record: Record, chunk: int) -> str | None:
        """Hold on to a claim right before its call; says why the call must not be made, if so."""
        return self._driver.keep(record.id, chunk) if self._driver else None

    def sealed(self, connection: Connection) -> None:
        """A plan was written: what the database has to know about its size, it learns now."""
        self._base.sealed(connection)

    def cut_off(self, connection: Connection, record: Record) -> list[tuple[int, str]]:
        """The calls nobody is making any more, with a word on why."""
        return self._base.cut_off(connection, record.id)

    def at_work(self, connection: Connection, driver: int) -> bool:
        """Whether that driver may still be making calls, even if it stands still."""
        return self._base.at_work(connection, driver)

    def find(self, name: str, *, proposed: bool = False) -> Record | None:
        """The campaign of that name in the edition that counts: the last that has begun, else the one that was planned.

        With `proposed`, the one that is to take its place, if there is one.
        """
        campaign = schema.campaign.c
        waits = campaign.begun_at.is_(None)
        wanted = waits & (campaign.kind != EditionKind.FIRST.value) if proposed else campaign.id.is_not(None)
        with self.reading() as connection:
            row = connection.execute(
                select(schema.campaign)
                .where(campaign.name == name, wanted)
                .order_by(waits, campaign.edition.desc())
                .limit(1)
            ).one_or_none()
        return None if row is None else _record(row._mapping)

    def editions(self, name: str) -> list[Record]:
        """All editions of the campaign of that name, the first one first, without what is not sealed or only proposed."""
        campaign = schema.campaign.c
        wanted = (campaign.name == name) & campaign.sealed_at.is_not(None)
        with self.reading() as connection:
            rows = connection.execute(select(schema.campaign).where(wanted).order_by(campaign.edition))
            return [one for one in (_record(row._mapping) for row in rows) if not one.proposed]

    def begin(
        self,
        inputs: Inputs,
        *,
        tag: str,
        kind: EditionKind = EditionKind.FIRST,
        seen: int | None = None,
        send_again: bool = False,
    ) -> Record:
        """A new, unsealed campaign; an earlier one of that name that sent nothing makes room for it.

        One that has begun is never planned again, only amended or restarted: by an edition beside it.
        """
        if not self.alone():
            raise JournalProblem(
                "the plan was changed while others deliver it", where=str(self.place), remedy="Run it again."
            )
        with self.writing() as connection:
            begun, series = _make_room(connection, inputs.name)
            if begun and kind is EditionKind.FIRST:
                raise JournalProblem(
                    f"the campaign {inputs.name!r} has already begun; it is not planned again"
                )
            connection.execute(
                insert(schema.campaign).values(
                    name=inputs.name,
                    edition=begun + 1,
                    series=series + 1 if kind is EditionKind.RESTART else series or 1,
                    kind=kind.value,
                    seen=seen,
                    gateway=inputs.gateway,
                    account=inputs.account,
                    fingerprint=inputs.fingerprint,
                    ingredients=json.dumps(inputs.ingredients, ensure_ascii=False),
                    settings=json.dumps(inputs.settings, ensure_ascii=False),
                    tag=tag,
                    created_at=self.clock(),
                    send_again=send_again,
                )
            )
        record = self.find(inputs.name, proposed=kind is not EditionKind.FIRST)
        assert record is not None  # noqa: S101 - it was committed a line above
        return record

    def mark_begun(self, record: Record, *, account: str, send_again: bool = False) -> None:
        """From now on this campaign may have reached people: it is never planned again."""
        begun = func.coalesce(schema.campaign.c.begun_at, literal(self.clock(), Instant()))
        again = send_again or record.send_again
        with self.writing() as connection:
            connection.execute(
                update(schema.campaign)
                .where(schema.campaign.c.id == record.id)
                .values(account=account, begun_at=begun, send_again=again)
            )
            if record.inputs.gateway != "sandbox":
                # A rehearsal reaches nobody, and its files may be deleted at any time.
                connection.execute(update(schema.about).values(marked=True))
        self._base.write_through()

    def mark_unbegun(self, record: Record) -> None:
        """Nothing reached anybody after all: what was wrong may be changed, and the campaign planned again."""
        with self.writing() as connection:
            connection.execute(
                update(schema.campaign)
                # What an edition took the place of has been cancelled: it stays, and may be amended.
                .where(schema.campaign.c.id == record.id, schema.campaign.c.edition == 1)
                .values(account=record.inputs.account, begun_at=None, send_again=False)
            )
            begun = select(schema.campaign.c.id).where(schema.campaign.c.begun_at.is_not(None)).limit(1)
            idle = connection.execute(begun).first() is None
            if idle:
                connection.execute(update(schema.about).values(marked=False))
        if idle:
            self._base.unmark()

    def reach_mark(self, connection: Connection) -> None:
        """An older copy was put right: it counts as having come as far as its mark says."""
        self._base.reach_mark(connection)

    def close(self) -> None:
        """Give the file or the connections back."""
        self._base.close()

    @contextmanager
    def _told(self, *, writing: bool) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            problem = self._base.problem(error, writing=writing)
            if problem is None:
                raise
            raise problem from error


def open_journal(
    place: Place,
    *,
    create: bool = True,
    clock: Clock | None = None,
    behind: bool = False,
    scratch: bool = False,
) -> Journal:
    """Open or create the journal at `place`: a file (mode 0600: it holds numbers and texts) or a PostgreSQL database.

    `behind` opens an older copy too, which knows less than its mark: to find out what was sent since. A `scratch` file is
    thrown away when the program ends: plans in it have no calls, and nothing is sent from it. Raises
    `JournalProblem` when there is none and `create` is false, when it is not the one that knows who had its campaigns, is
    something else, was made by a newer smscampaign, cannot be written, or cannot be reached.
    """
    base: Database
    if isinstance(place, Server):
        base = _on_a_server(place, create=create)
    else:
        base = SqliteFile(place, create=create, behind=behind, scratch=scratch)
    try:
        base.prepare()
    except BaseException:
        base.close()
        raise
    return Journal(base, clock=clock)


def journal_exists(place: Place) -> bool:
    """Whether there is a journal at `place`. Raises `JournalProblem` when a server cannot be asked."""
    if not isinstance(place, Server):
        # A mark alone says that there was one: whoever opens that is told.
        return place.exists() or Mark(place.resolve()).read() is not None
    base = _on_a_server(place, create=False)
    try:
        return bool(base.filled())
    finally:
        base.close()


def _on_a_server(place: Server, *, create: bool) -> Any:
    """By its name, because nobody else loads what speaks with servers."""
    return import_module("smscampaign.journal.postgres").PostgresDatabase(place, create=create)


def _make_room(connection: Connection, name: str) -> tuple[int, int]:
    """Drop what was planned under this name and never begun; says which edition is the last that has, and which series."""
    campaign = schema.campaign.c
    ours = campaign.name == name
    unbegun = connection.execute(select(campaign.id).where(ours, campaign.begun_at.is_(None))).scalars().all()
    for old in unbegun:
        drop_plan(connection, old)
    edition, series = connection.execute(
        select(func.max(campaign.edition), func.max(campaign.series)).where(ours)
    ).one()
    return edition or 0, series or 0


def drop_plan(connection: Connection, campaign: int) -> None:
    """Take a plan that never began out of the journal, whole."""
    for table in reversed(schema.metadata.sorted_tables):
        if "campaign" in table.c and table is not schema.campaign:
            connection.execute(delete(table).where(table.c.campaign == campaign))
    connection.execute(delete(schema.campaign).where(schema.campaign.c.id == campaign))


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
        created_at=row["created_at"],
        kind=EditionKind(row["kind"]),
        seen=row["seen"],
        series=row["series"],
        send_again=row["send_again"],
    )
