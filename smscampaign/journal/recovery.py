"""An older copy of a journal, or what is left of a damaged one: what it calls pending may have been sent since."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path

from sqlalchemy import Connection, Table, func, insert, literal, select, update
from sqlalchemy.exc import DBAPIError

from smscampaign import databases
from smscampaign.databases import in_the_way, is_the_disk
from smscampaign.errors import JournalProblem
from smscampaign.journal import schema
from smscampaign.journal.doubted_calls import REBUILT, RECOVERED
from smscampaign.journal.engines import engine_of
from smscampaign.journal.store import Journal, Record
from smscampaign.journal.values import Instant
from smscampaign.model import EditionKind

_WHY = "this journal is an older copy: it may have been made since"

#: Tables without which nobody is sent to twice: what they hold is asked of OVHcloud, or written anew.
_SPARED = frozenset({"receipt", "balance", "rate", "repair", "pace", "driver", "row_hashes"})

#: An index that holds a table, but for messages of a plan that was never sealed.
_WHOLE_INDEX = {"message": "INDEXED BY message_by_call WHERE call IS NOT NULL"}

_NEVER = (
    "Do not send this campaign again, and keep the file. A backup of it can be recovered instead. Without one, OVHcloud's"
    " history shows who had it"
)


def campaigns_in(journal: Journal) -> list[Record]:
    """The campaigns of a journal that were planned whole: of each the edition that counts, and the one that waits, if any."""
    with journal.reading() as connection:
        names = connection.execute(select(schema.campaign.c.name).distinct()).scalars().all()
    found = [journal.find(name, proposed=waits) for name in names for waits in (False, True)]
    whole = {one.id: one for one in found if one and one.sealed_at and one.kind is not EditionKind.CORRECTION}
    return list(whole.values())


def doubt_pending(journal: Journal, records: Sequence[Record]) -> list[int]:
    """Put every pending call of these campaigns in doubt, because they have begun, or may have; how many that were of each.

    Whoever calls it drives the journal. From now on its mark is content with it.
    """
    if not records and not journal.behind:
        return []
    with journal.writing() as connection:
        counts = [_doubt(connection, journal, record) for record in records]
        journal.reach_mark(connection)
    return counts


def _doubt(connection: Connection, journal: Journal, record: Record) -> int:
    campaign, chunk, now = schema.campaign.c, schema.chunk.c, journal.clock()
    at = literal(now, Instant())
    connection.execute(
        update(schema.campaign)
        .where(campaign.id == record.id)
        .values(begun_at=func.coalesce(campaign.begun_at, campaign.sealed_at))
    )
    rebuilt = {"campaign": record.id, "at": now, "chunk": None, "what": REBUILT, "detail": ""}
    connection.execute(insert(schema.event).values(**rebuilt))
    pending = (chunk.campaign == record.id, chunk.state == "pending")
    columns = ("campaign", "at", "chunk", "what", "detail", "facts")
    for what in ("sending", "in-doubt"):
        words = (literal(what), literal(_WHY), literal(RECOVERED))
        told = select(chunk.campaign, at, chunk.id, *words).where(*pending)
        connection.execute(insert(schema.event).from_select(columns, told))
    since = literal(record.begun_at or record.sealed_at, Instant())
    moved = connection.execute(
        update(schema.chunk)
        .where(*pending)
        .values(
            state="in-doubt",
            attempts=chunk.attempts + 1,
            claimed_at=func.coalesce(chunk.claimed_at, since),
            doubted_at=now,
            detail=_WHY,
        )
    )
    return moved.rowcount


def damage(path: Path) -> str:
    """What SQLite says is wrong with a file; empty where nothing is. Nothing is written.

    Raises `JournalProblem` where that cannot be found out: the disk is full or fails, or another program holds the file.
    """
    try:
        with databases.tidied(path), closing(databases.connect(path)) as opened:
            (said,) = opened.execute("PRAGMA integrity_check(1)").fetchone()
    except sqlite3.Error as error:
        if problem := in_the_way(path, error):
            raise problem from error
        return str(error)
    return "" if said == "ok" else str(said)


def read_out(path: Path) -> Path:
    """Read a damaged journal table by table into a new one, which takes its place; answers where the damaged one is kept.

    Raises `JournalProblem` where what says who had a campaign cannot be read whole, or copied: then nothing is changed.
    """
    file = path.resolve()
    new, kept = file.with_name(f"{file.name}.recovering"), _kept(file)
    from filelock import FileLock  # which loads asyncio

    try:
        with FileLock(f"{file}.lock", mode=0o600).acquire(timeout=1):
            try:
                _clear(new)  # what one that was killed has left
                _copy(path, new)
                # First the old one with its -wal, which must never come to lie beside another file.
                file.rename(kept)
                for suffix in ("-wal", "-shm"):
                    with suppress(FileNotFoundError):
                        os.rename(f"{file}{suffix}", f"{kept}{suffix}")
                new.rename(file)
            finally:
                _clear(new)
    except TimeoutError:
        raise JournalProblem("another smscampaign is at work on this campaign", where=str(path)) from None
    except (OSError, sqlite3.Error, DBAPIError) as error:
        raise in_the_way(path, error) or error from None
    return kept


def _clear(new: Path) -> None:
    for suffix in ("", *databases.COMPANIONS[:3]):
        Path(f"{new}{suffix}").unlink(missing_ok=True)


def _kept(file: Path) -> Path:
    names = (file.with_name(f"{file.name}.damaged{number}") for number in ("", *range(2, 1000)))
    return next(one for one in names if not one.exists())


def _copy(path: Path, new: Path) -> None:
    os.close(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    # Not in WAL mode: with the commit all of it stands in the file that is renamed, or an error says that it does not.
    engine = engine_of(new, scratch=True)
    schema.metadata.create_all(engine)
    engine.dispose()
    lost: list[str] = []
    with (
        databases.tidied(path),
        closing(databases.connect(path)) as old,
        closing(sqlite3.connect(new, isolation_level=None)) as into,
    ):
        into.execute("BEGIN")
        for table in schema.metadata.sorted_tables:
            try:
                _copy_table(old, into, table)
            except sqlite3.Error as error:
                if is_the_disk(error):
                    raise
                if table.name in _SPARED:
                    into.execute("ROLLBACK TO one_table")
                else:
                    lost.append(f"{table.name}: {error}")
        if lost:
            raise JournalProblem(
                f"this journal is damaged and cannot be read whole ({'; '.join(lost)})",
                where=str(path),
                remedy=f"{_NEVER}{_by_tag(into)}.",
            )
        _refuse_gaps(path, into)
        into.execute("COMMIT")


def _copy_table(old: sqlite3.Connection, into: sqlite3.Connection, table: Table) -> None:
    """All rows of a table: along its key, or, where that is damaged, along an index that holds all of it."""
    columns = ", ".join(f'"{column.name}"' for column in table.columns)
    key = ", ".join(f'"{column.name}"' for column in table.primary_key)
    places = ", ".join("?" * len(table.columns))
    insert_one = f'INSERT INTO "{table.name}" ({columns}) VALUES ({places})'  # noqa: S608 - our own names
    into.execute("SAVEPOINT one_table")
    try:
        into.executemany(insert_one, old.execute(f'SELECT {columns} FROM "{table.name}" ORDER BY {key}'))  # noqa: S608
    except sqlite3.Error as error:
        if is_the_disk(error):
            raise
        into.execute("ROLLBACK TO one_table")
        from_index = _WHOLE_INDEX.get(table.name, "")
        into.executemany(insert_one, old.execute(f'SELECT {columns} FROM "{table.name}" {from_index}'))  # noqa: S608


def _refuse_gaps(path: Path, into: sqlite3.Connection) -> None:
    """Rows may be missing without any error: the calls must have as many receivers as there are messages."""
    gaps = into.execute(
        "WITH planned AS (SELECT id, json_extract(summary, '$.messages') AS messages FROM campaign"
        " WHERE sealed_at IS NOT NULL) SELECT id FROM planned WHERE"
        " (SELECT count(*) FROM message AS m JOIN text AS t ON t.campaign = m.campaign AND t.id = m.text"
        " WHERE m.campaign = planned.id) <> messages"
        " OR (SELECT coalesce(sum(c.receivers), 0) FROM chunk AS c WHERE c.campaign = planned.id) <> messages"
    ).fetchall()
    if gaps or not into.execute("SELECT count(*) FROM about").fetchone()[0]:
        raise JournalProblem(
            "this journal is damaged, and messages or calls are missing in what can be read of it",
            where=str(path),
            remedy=f"{_NEVER}{_by_tag(into)}.",
        )


def _by_tag(into: sqlite3.Connection) -> str:
    tags: Sequence[tuple[str]] = into.execute("SELECT tag FROM campaign ORDER BY id").fetchall()
    named = ", ".join(f"{tag}-" for (tag,) in tags[-5:])
    return f": its messages carry tags that begin with {named}" if named else ""
