"""Everything the sandbox keeps that is few and shaped by the API: one row of JSON per object, by kind, account and name."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    kind TEXT NOT NULL, account TEXT NOT NULL, name TEXT NOT NULL, created REAL NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (kind, account, name)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS contents (
    document TEXT NOT NULL, piece INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (document, piece)) STRICT;
"""
Body = dict[str, Any]


class Objects:
    """The objects of one store; every writing method commits before it returns."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def put(self, kind: str, account: str, name: str, body: Body, *, created: float = 0.0) -> None:
        """Create or replace an object; one that is replaced keeps its date."""
        self._db.execute(
            "INSERT INTO objects VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET body = excluded.body",
            (kind, account, name, created, json.dumps(body)),
        )

    def get(self, kind: str, account: str, name: str) -> Body | None:
        """An object's body, or None."""
        query = "SELECT body FROM objects WHERE kind = ? AND account = ? AND name = ?"
        row = self._db.execute(query, (kind, account, name)).fetchone()
        return None if row is None else json.loads(row[0])

    def all(self, kind: str, account: str | None = None) -> list[tuple[str, Body]]:
        """Names and bodies of a kind in the order of their creation, of one account or of all."""
        query = "SELECT name, body FROM objects WHERE kind = ? AND ? IN (account, '*') ORDER BY created, name"
        rows = self._db.execute(query, (kind, "*" if account is None else account)).fetchall()
        return [(name, json.loads(body)) for name, body in rows]

    def delete(self, kind: str, account: str, name: str) -> None:
        """Forget an object."""
        self._db.execute(
            "DELETE FROM objects WHERE kind = ? AND account = ? AND name = ?", (kind, account, name)
        )

    def next_number(self, kind: str) -> int:
        """The next number of a sequence of this sandbox, from 1."""
        number = int((self.get("sequence", "", kind) or {"last": 0})["last"]) + 1
        self.put("sequence", "", kind, {"last": number})
        return number

    def write_content(self, document: str, content: bytes) -> None:
        """Replace a document's bytes."""
        self._db.execute("DELETE FROM contents WHERE document = ?", (document,))
        self.append_content(document, content)

    def append_content(self, document: str, content: bytes) -> None:
        """Add bytes to a document."""
        self._db.execute(
            "INSERT INTO contents SELECT ?, 1 + coalesce(max(piece), 0), ? FROM contents WHERE document = ?",
            (document, content, document),
        )

    def drop_content(self, document: str) -> None:
        """Forget a document's bytes."""
        self._db.execute("DELETE FROM contents WHERE document = ?", (document,))

    def content(self, document: str) -> Iterator[bytes]:
        """A document's bytes, piece by piece."""
        piece = 0
        query = "SELECT piece, bytes FROM contents WHERE document = ? AND piece > ? ORDER BY piece LIMIT 1"
        while row := self._db.execute(query, (document, piece)).fetchone():
            piece = row[0]
            yield row[1]

    def size(self, document: str) -> int:
        """How many bytes a document has."""
        query = "SELECT coalesce(sum(length(bytes)), 0) FROM contents WHERE document = ?"
        return int(self._db.execute(query, (document,)).fetchone()[0])
