"""What a journal asks of the database it is kept in: a file (`sqlite`) and a server (`postgres`) answer each in their way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from smscampaign.errors import JournalProblem
from smscampaign.journal.places import Place

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The default clock of every stage: this computer's time."""
    return datetime.now(UTC)


class Driver(Protocol):
    """Whoever is at work on a journal. `id` is its number in a journal that several share."""

    @property
    def id(self) -> int | None: ...

    def alone(self) -> bool:
        """Whether nobody else is at work; if so nobody comes before this one has ended."""
        ...

    def keep(self, campaign: int, chunk: int) -> str | None:
        """Hold on to a claim right before its call; says why the call must not be made, if so."""
        ...


class Database(Protocol):
    """One journal's database.

    `reading` and `writes` are its two kinds of transactions, `remarks` what whoever opened it should know of. It is `shared`
    where other machines may work on it too, which hold a claim for `lease`, `scratch` where it is thrown away, and `behind`
    where more is known to have happened than stands in it.
    """

    @property
    def place(self) -> Place: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def engine(self) -> Engine: ...
    @property
    def reading(self) -> Mapping[str, Any]: ...
    @property
    def remarks(self) -> tuple[str, ...]: ...
    @property
    def shared(self) -> bool: ...
    @property
    def scratch(self) -> bool: ...
    @property
    def behind(self) -> bool: ...
    @property
    def lease(self) -> timedelta: ...

    def prepare(self) -> None:
        """Make the tables where there are none; raises `JournalProblem` for what is no journal that can be used."""
        ...

    def writes(self, *, together: bool = False) -> AbstractContextManager[Connection]:
        """A transaction that is durable when its block ends; `together` with others that change their own calls only."""
        ...

    def driving(self, clock: Clock, *, together: Callable[[], bool] | None) -> AbstractContextManager[Driver]:
        """Be at work until the block ends, alone or `together` with others."""
        ...

    def problem(self, error: DBAPIError, *, writing: bool) -> JournalProblem | None:
        """What the operator is told of an error; None when it is a mistake of ours."""
        ...

    def sealed(self, connection: Connection) -> None:
        """A plan was written: what the database has to know about its size, it learns now."""
        ...

    def cut_off(self, connection: Connection, campaign: int) -> list[tuple[int, str]]:
        """The calls nobody is making any more, with a word on why."""
        ...

    def at_work(self, connection: Connection, driver: int) -> bool:
        """Whether that driver may still be making calls."""
        ...

    def write_through(self) -> None:
        """What is committed stands in the database itself, whatever becomes of what it keeps beside it."""
        ...

    def reach_mark(self, connection: Connection) -> None:
        """From now on it has come as far as its mark says."""
        ...

    def unmark(self) -> None:
        """Nothing was sent from it: it needs no mark."""
        ...

    def close(self) -> None:
        """Give it back."""
        ...
