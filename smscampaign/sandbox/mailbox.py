"""The answers people sent, as they are kept."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

_SELECT = "SELECT id, account, created, sender, message, tag, answers FROM incoming"


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer: `sender` is the person's number, `answers` the id of the message it answers; `id` 0 is not kept yet."""

    id: int
    account: str
    created: float
    sender: str
    message: str
    tag: str
    answers: int


class Mailbox:
    """The answers of one store; every writing method commits before it returns."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def add(self, answer: Reply) -> int:
        """Keep an answer; its id."""
        query = "INSERT INTO incoming (account, created, sender, message, tag, answers) VALUES (?,?,?,?,?,?)"
        return int(self._db.execute(query, astuple(answer)[1:]).lastrowid or 0)

    def select(self, where: str, values: Sequence[object]) -> list[Reply]:
        """Answers that meet a condition of this package's own making, oldest first."""
        rows = self._db.execute(f"{_SELECT} WHERE {where} ORDER BY id", values).fetchall()
        return [Reply(*row) for row in rows]

    def delete(self, answer: int) -> None:
        """Forget an answer; its id is not used again."""
        self._db.execute("DELETE FROM incoming WHERE id = ?", (answer,))

    def count(self) -> int:
        """How many answers are kept."""
        return int(self._db.execute("SELECT count(*) FROM incoming").fetchone()[0])
