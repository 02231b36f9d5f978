"""SQLite as a journal needs it: in WAL mode, with every commit durable, and transactions that begin as they are meant."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event

#: Seconds that a statement waits for other writers.
BUSY = 30


def engine_of(path: Path) -> Engine:
    """Connections to one file; whether a transaction writes is an option of its connection, `writing`."""
    # Not as one string: a file's name may hold a question mark or a percent sign.
    url = URL.create("sqlite", database=str(path))
    # Few statements are kept prepared: planning asks about each block in a statement of its own, and 128 of them take 25 MB.
    engine = create_engine(
        url,
        hide_parameters=True,  # they are numbers and texts, and an error's text is shown
        connect_args={"isolation_level": None, "timeout": BUSY, "cached_statements": 24},
    )
    event.listen(engine, "connect", _configure)
    event.listen(engine, "begin", _begin)
    return engine


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
