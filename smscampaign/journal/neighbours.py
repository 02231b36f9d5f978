"""Somebody else's journals, which are only read, and only through SQLite."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from smscampaign import databases
from smscampaign.errors import JournalProblem
from smscampaign.journal import schema
from smscampaign.journal.protocol import utc_now
from smscampaign.journal.sqlite import SqliteFile
from smscampaign.journal.store import Journal


class ReadOnlySqliteFile(SqliteFile):
    """A journal's file opened so that nothing of it can be changed."""

    def __init__(self, path: Path) -> None:
        self.place = path
        self.clock = utc_now
        self._behind = self.behind = False
        self._stand(path)
        self.engine = create_engine("sqlite://", creator=lambda: databases.connect(path), poolclass=NullPool)

    def problem(self, error: DBAPIError, *, writing: bool) -> JournalProblem:
        """Whatever is wrong with it is its own affair."""
        return JournalProblem(f"it cannot be read ({error.orig})", where=self.place.name)


def is_journal(path: Path) -> bool:
    """Whether a file is a database with the tables of a journal."""
    return (databases.tables_in(path) or frozenset()) >= {"about", "chunk"}


@contextmanager
def looked_at(path: Path) -> Iterator[Journal]:
    """Somebody else's journal, only to be read.

    Raises `JournalProblem` when it is none, is damaged, lacks its -wal, is an older copy, or was written by another
    version; later, too.
    """
    with databases.tidied(path):
        base = ReadOnlySqliteFile(path)
        base.refuse_gone()
        opened = Journal(base)
        try:
            with opened.reading() as connection:
                if connection.execute(select(schema.about.c.version)).scalar() != schema.VERSION:
                    raise JournalProblem(
                        "it was written by another version; `smscampaign status` brings an older one up to date",
                        where=path.name,
                    )
                base.refuse_torn(connection)
                base.refuse_behind(connection)
            yield opened
        except (ValueError, TypeError, ArithmeticError) as error:
            raise JournalProblem(f"it is damaged ({type(error).__name__})", where=path.name) from error
        finally:
            opened.close()
