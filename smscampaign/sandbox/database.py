"""The sandbox's file: its tables, opening it, and why it cannot be opened."""

from __future__ import annotations

import errno
import os
import sqlite3
from contextlib import suppress

from smscampaign.sandbox import objects
from smscampaign.sandbox.settings import SandboxProblem

# SQLite's own places for "whose file is this" and "which layout": https://www.sqlite.org/pragma.html#pragma_application_id
_APPLICATION, _LAYOUT = 0x534D5342, 4
_SCHEMA = """
CREATE TABLE IF NOT EXISTS accounts (name TEXT PRIMARY KEY, credits TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS senders (
    made INTEGER PRIMARY KEY, account TEXT NOT NULL, name TEXT NOT NULL, status TEXT NOT NULL, kind TEXT NOT NULL,
    description TEXT NOT NULL, UNIQUE (account, name)) STRICT;
CREATE TABLE IF NOT EXISTS blacklists (
    account TEXT NOT NULL, number TEXT NOT NULL, created REAL NOT NULL, message INTEGER,
    PRIMARY KEY (account, number)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS calls (
    first INTEGER PRIMARY KEY, call INTEGER NOT NULL, count INTEGER NOT NULL, account TEXT NOT NULL,
    created REAL NOT NULL, due REAL NOT NULL, visible REAL NOT NULL, tag TEXT NOT NULL, sender TEXT NOT NULL,
    message TEXT NOT NULL, shown TEXT NOT NULL, units INTEGER NOT NULL, parts INTEGER NOT NULL,
    differed INTEGER NOT NULL, validity INTEGER, priority TEXT NOT NULL, credits TEXT NOT NULL,
    receivers TEXT NOT NULL, batch TEXT NOT NULL DEFAULT '',
    lapsed INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE INDEX IF NOT EXISTS calls_by_tag ON calls (tag);
CREATE INDEX IF NOT EXISTS calls_deferred ON calls (due) WHERE due > created;
CREATE TABLE IF NOT EXISTS marks (
    message INTEGER PRIMARY KEY, kind TEXT NOT NULL, time REAL NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS incoming (
    id INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, created REAL NOT NULL,
    sender TEXT NOT NULL, message TEXT NOT NULL, tag TEXT NOT NULL, answers INTEGER) STRICT;
CREATE INDEX IF NOT EXISTS calls_by_batch ON calls (batch) WHERE batch != '';
"""


# Until layout 3 senders had no order.
_WITH_ORDER = """
ALTER TABLE senders RENAME TO unordered;
CREATE TABLE senders (
    made INTEGER PRIMARY KEY, account TEXT NOT NULL, name TEXT NOT NULL, status TEXT NOT NULL, kind TEXT NOT NULL,
    description TEXT NOT NULL, UNIQUE (account, name)) STRICT;
INSERT INTO senders (account, name, status, kind, description)
    SELECT account, name, status, kind, description FROM unordered ORDER BY account, name;
DROP TABLE unordered;
"""


_CAUSES = {
    FileNotFoundError: "there is no such folder. Make it, or name a file elsewhere",
    PermissionError: "you may not write there. Name another file",
    sqlite3.SQLITE_BUSY: "another sandbox uses it. Stop that one, or name another file",
    sqlite3.SQLITE_LOCKED: "another sandbox uses it. Stop that one, or name another file",
    sqlite3.SQLITE_NOTADB: "it is no database. Name another file",
    sqlite3.SQLITE_CORRUPT: "it is damaged. Name another file, or delete it",
    sqlite3.SQLITE_READONLY: "it may not be written to. Name another file",
    sqlite3.SQLITE_CANTOPEN: "it may not be opened. Name another file",
    sqlite3.SQLITE_FULL: "the disk is full. Make room, or name a file elsewhere",
}


def cause(error: Exception) -> str:
    """Why a database cannot be used, and what to do."""
    known = _CAUSES.get(type(error)) or _CAUSES.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)
    return known or f"{getattr(error, 'strerror', None) or error}. Name another file"


def connect(database: str) -> sqlite3.Connection:
    """A sandbox's file, new or known, held by this process alone; raises `sqlite3.Error`, `OSError` or `SandboxProblem`."""
    if database != ":memory:":
        if os.path.exists(database) and not os.path.isfile(database):
            raise OSError(errno.EINVAL, "it is no file but a folder, a device or a pipe")
        # What is there already is opened by SQLite alone: closing it here would drop the locks this process has on it.
        with suppress(FileExistsError):
            os.close(os.open(database, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    db = sqlite3.connect(database, isolation_level=None, check_same_thread=False, timeout=1.0)
    try:
        # One sandbox per file: the exclusive lock goes with the process, also when it is killed.
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        _claim(db)
        db.execute("PRAGMA journal_mode = WAL")
        # In WAL, NORMAL outlives the end of the process by any signal; FULL would add only the loss of power.
        db.execute("PRAGMA synchronous = NORMAL")
        db.executescript(_SCHEMA + objects.SCHEMA)
    except BaseException:
        db.close()
        raise
    return db


def _claim(db: sqlite3.Connection) -> None:
    """Mark a new file as a sandbox's; refuse one that is somebody else's, a campaign's journal for instance."""
    whose: int = db.execute("PRAGMA application_id").fetchone()[0]
    layout: int = db.execute("PRAGMA user_version").fetchone()[0]
    tables: int = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if tables == 0:
        db.execute(f"PRAGMA application_id = {_APPLICATION}")
        db.execute(f"PRAGMA user_version = {_LAYOUT}")
    elif whose != _APPLICATION:
        raise SandboxProblem("This file is a database, but not a sandbox's. Name another file.")
    elif layout == _LAYOUT - 1:
        db.executescript(f"BEGIN IMMEDIATE; {_WITH_ORDER} PRAGMA user_version = {_LAYOUT}; COMMIT")
    elif layout != _LAYOUT:
        raise SandboxProblem("This sandbox was written by another version. Name another file, or delete it.")
