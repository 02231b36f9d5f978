"""The sandbox's state in a SQLite file of its own: accounts, senders, blacklists, and every call it accepted.

A call is one row that holds all its receivers; its messages have the ids `first … first + count - 1`, in the order of the
row's receivers. What became of a message follows from its call, its id and the clock, so only exceptions (deleted,
cancelled) have rows of their own. That keeps 500 messages at the price of one insert, and 5 million in some 100 MB.
"""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from dataclasses import dataclass, fields
from decimal import Decimal
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING

from smscampaign.model import Sender
from smscampaign.sandbox import mailbox, objects
from smscampaign.sandbox.database import cause, connect
from smscampaign.sandbox.settings import SandboxProblem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from smscampaign.sandbox.settings import Sandbox

FIRST_ID = 100_000_001
# The number that answers to `senderForResponse` come to; OVHcloud's is one of many.
SHORT_NUMBER = "38100"


@dataclass(frozen=True, slots=True)
class Call:
    """One accepted call. Times are seconds since the epoch; `validity` and `differed` minutes.

    `message` is the text as posted, `shown` what the phone shows. `batch` names the batch it came
    by. `lapsed` is 1 when its validity ends before it may leave: then `due` is that end. `receivers` are E.164 numbers
    one after the other and a closing plus; `credits` one figure for all messages or one for each, joined by commas.
    """

    first: int
    call: int
    count: int
    account: str
    created: float
    due: float
    visible: float
    tag: str
    sender: str
    message: str
    shown: str
    units: int
    parts: int
    differed: int
    validity: int | None
    priority: str
    credits: str
    receivers: str
    batch: str = ""
    lapsed: int = 0

    def numbers(self) -> list[str]:
        """The receivers in E.164, in the order of their ids."""
        return ["+" + digits for digits in self.receivers[1:-1].split("+")]

    def costs(self) -> list[str]:
        """Credits of each message as text, in the order of their ids."""
        figures = self.credits.split(",")
        return figures * self.count if len(figures) == 1 else figures


@dataclass(frozen=True, slots=True)
class Removal:
    """An exception to what a message's call says: `deleted` from the history, or `cancelled` before it left."""

    kind: str
    time: float


# Held calls that are counted for the page: a few milliseconds, whatever the record holds.
_COUNTED = 2000
COLUMNS = ", ".join(f.name for f in fields(Call))
_INSERT = f"INSERT INTO calls ({COLUMNS}) VALUES ({', '.join('?' * len(fields(Call)))})"  # noqa: S608

_INTO_SENDERS = "INTO senders (account, name, status, kind, description) VALUES (?, ?, ?, ?, ?)"

_values = attrgetter(*(f.name for f in fields(Call)))


def pack(numbers: Sequence[str]) -> str:
    """E.164 numbers as `Call.receivers` holds them."""
    return "".join(numbers) + "+"


class Store:
    """One connection, used by one thread at a time. Every writing method commits before it returns."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self.objects = objects.Objects(connection)
        self.mail = mailbox.Mailbox(connection)
        self._barred: dict[str, frozenset[str]] = {}
        self._credits = {n: Decimal(c) for n, c in connection.execute("SELECT name, credits FROM accounts")}
        row = connection.execute("SELECT max(call), max(first + count), sum(count) FROM calls").fetchone()
        self.calls: int = row[0] or 0
        self.next_id: int = row[1] or FIRST_ID
        self.messages: int = row[2] or 0

    def close(self) -> None:
        """Fold the log into the file and close it."""
        self._db.close()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield self._db
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def prepare(self, settings: Sandbox, *, now: float) -> None:
        """Create what the settings name and the file does not have yet; what it has keeps its credits."""
        with self._writing() as db:
            for name in settings.account_names():
                db.execute("INSERT OR IGNORE INTO accounts VALUES (?, ?)", (name, str(settings.credits)))
                db.executemany(
                    f"INSERT OR IGNORE {_INTO_SENDERS}",
                    [(name, s.name, s.status, s.kind, s.description) for s in settings.sender_rows()],
                )
                db.executemany(
                    "INSERT OR IGNORE INTO blacklists VALUES (?, ?, ?, NULL)",
                    [(name, number, now) for number in settings.blacklist],
                )
                self._credits.setdefault(name, Decimal(settings.credits))

    def accounts(self) -> list[tuple[str, Decimal]]:
        """Names and credits left, in order of name."""
        return sorted(self._credits.items(), key=lambda item: (len(item[0]), item[0]))

    def credits(self, account: str) -> Decimal | None:
        """Credits left, or None when there is no such account."""
        return self._credits.get(account)

    def senders(self, account: str) -> list[Sender]:
        """The account's senders in the order in which they were made: clients take the first."""
        query = "SELECT name, status, kind, description FROM senders WHERE account = ? ORDER BY made"
        return [Sender(*row) for row in self._db.execute(query, (account,))]

    def sender(self, account: str, name: str) -> Sender | None:
        """One sender, by its exact name."""
        query = "SELECT name, status, kind, description FROM senders WHERE account = ? AND name = ?"
        row = self._db.execute(query, (account, name)).fetchone()
        return None if row is None else Sender(*row)

    def put_sender(self, account: str, sender: Sender) -> None:
        """Create or replace a sender."""
        row = (account, sender.name, sender.status, sender.kind, sender.description)
        self._db.execute(
            f"INSERT {_INTO_SENDERS} ON CONFLICT DO UPDATE SET"
            " status = excluded.status, kind = excluded.kind, description = excluded.description",
            row,
        )

    def drop_sender(self, account: str, name: str) -> None:
        """Forget a sender."""
        self._db.execute("DELETE FROM senders WHERE account = ? AND name = ?", (account, name))

    def blacklist(self, account: str) -> dict[str, tuple[float, int | None]]:
        """Blacklisted numbers with the time and the message that led to it."""
        query = "SELECT number, created, message FROM blacklists WHERE account = ? ORDER BY created, number"
        return {
            number: (created, message) for number, created, message in self._db.execute(query, (account,))
        }

    def barred(self, account: str) -> frozenset[str]:
        """The blacklisted numbers alone, kept at hand because every commercial call asks."""
        if account not in self._barred:
            self._barred[account] = frozenset(self.blacklist(account))
        return self._barred[account]

    def enlist(self, account: str, number: str, *, created: float, message: int | None) -> None:
        """Blacklist a number because of its answer to a message; one that is blacklisted already keeps its date."""
        with self._writing() as db:
            values = (account, number, created, message)
            db.execute("INSERT OR IGNORE INTO blacklists VALUES (?, ?, ?, ?)", values)
        self._barred.pop(account, None)

    def unlist(self, account: str, number: str) -> None:
        """Take a number off the blacklist."""
        with self._writing() as db:
            db.execute("DELETE FROM blacklists WHERE account = ? AND number = ?", (account, number))
        self._barred.pop(account, None)

    def accept(self, call: Call, credits_left: Decimal) -> None:
        """Record an accepted call and its price in one transaction. `call.call` and `call.first` must be the next ones."""
        self.accept_all([call], credits_left)

    def accept_all(self, calls: Sequence[Call], credits_left: Decimal) -> None:
        """Record what one call brought: of one account, with one number, each after the other, in one transaction."""
        account, last = calls[0].account, calls[-1]
        with self._writing() as db:
            db.executemany(_INSERT, map(_values, calls))
            db.execute("UPDATE accounts SET credits = ? WHERE name = ?", (str(credits_left), account))
        self.calls, self.next_id = last.call, last.first + last.count
        self.messages += sum(call.count for call in calls)
        self._credits[account] = credits_left

    def set_credits(self, account: str, credits_left: Decimal) -> None:
        """Make an account hold so many credits."""
        with self._writing() as db:
            db.execute("UPDATE accounts SET credits = ? WHERE name = ?", (str(credits_left), account))
        self._credits[account] = credits_left

    def mark(
        self, message: int, mark: Removal, *, account: str = "", credits_left: Decimal | None = None
    ) -> None:
        """Mark one message, and set the account's credits in the same transaction when they are given."""
        with self._writing() as db:
            db.execute("INSERT OR REPLACE INTO marks VALUES (?, ?, ?)", (message, mark.kind, mark.time))
            if credits_left is not None:
                db.execute("UPDATE accounts SET credits = ? WHERE name = ?", (str(credits_left), account))
        if credits_left is not None:
            self._credits[account] = credits_left

    def mark_all(
        self, messages: Iterable[int], mark: Removal, *, account: str, credits_left: Decimal
    ) -> None:
        """Mark many messages and set the account's credits, in one transaction."""
        with self._writing() as db:
            rows = ((message, mark.kind, mark.time) for message in messages)
            db.executemany("INSERT OR REPLACE INTO marks VALUES (?, ?, ?)", rows)
            db.execute("UPDATE accounts SET credits = ? WHERE name = ?", (str(credits_left), account))
        self._credits[account] = credits_left

    def marks(self, first: int, last: int) -> dict[int, Removal]:
        """Marks of the messages `first … last`."""
        query = "SELECT message, kind, time FROM marks WHERE message BETWEEN ? AND ?"
        return {
            message: Removal(kind, time) for message, kind, time in self._db.execute(query, (first, last))
        }

    def marked(self, kind: str) -> int:
        """How many messages carry such a mark."""
        count: int = self._db.execute("SELECT count(*) FROM marks WHERE kind = ?", (kind,)).fetchone()[0]
        return count

    def call_of(self, message: int) -> Call | None:
        """The call that a message id belongs to."""
        query = f"SELECT {COLUMNS} FROM calls WHERE first <= ? ORDER BY first DESC LIMIT 1"  # noqa: S608
        row = self._db.execute(query, (message,)).fetchone()
        if row is None:
            return None
        call = Call(*row)
        return call if message < call.first + call.count else None

    def select(
        self, where: str = "1", values: Sequence[object] = (), *, after: int = 0, limit: int = 200
    ) -> list[Call]:
        """Calls that meet a condition of this package's own making, after a message id, in order.

        Reading page by page leaves no statement open between pages, so others may write meanwhile.
        """
        query = f"SELECT {COLUMNS} FROM calls WHERE ({where}) AND first > ? ORDER BY first LIMIT ?"  # noqa: S608
        return [Call(*row) for row in self._db.execute(query, (*values, after, limit))]

    def pages(self, where: str = "1", values: Sequence[object] = ()) -> Iterator[Call]:
        """Every such call, page by page."""
        after = 0
        while page := self.select(where, values, after=after):
            yield from page
            after = page[-1].first

    def recent(self, limit: int, *, start: int = 0, end: int | None = None, digits: str = "") -> list[Call]:
        """The last calls whose first id lies in `start … end - 1` and that have `digits` in a receiver, newest first."""
        query = (
            f"SELECT {COLUMNS} FROM calls WHERE first >= ? AND first < ? AND instr(receivers, ?) > 0"  # noqa: S608
            " ORDER BY first DESC LIMIT ?"
        )
        values = (start, self.next_id if end is None else end, digits, limit)
        return [Call(*row) for row in self._db.execute(query, values)]

    def held(self, now: float, *, limit: int) -> tuple[int, bool, list[tuple[Call, int]]]:
        """What has not left: how many messages, whether there are more than were counted, and the calls that leave first
        with how many of each were not cancelled.
        """
        left = (
            "count - (SELECT count(*) FROM marks WHERE kind = 'cancelled'"
            " AND message >= calls.first AND message < calls.first + calls.count)"
        )
        # `due > created` is the condition of the index on deferred calls
        source = "FROM calls WHERE due > created AND due > ? ORDER BY due, first LIMIT ?"
        query = f"SELECT sum(n), count(*) FROM (SELECT {left} AS n {source})"  # noqa: S608
        total, calls = self._db.execute(query, (now, _COUNTED)).fetchone()
        rows = self._db.execute(f"SELECT {COLUMNS}, {left} {source}", (now, 2 * limit)).fetchall()
        soonest = [(Call(*row[:-1]), row[-1]) for row in rows if row[-1]]
        return total or 0, calls == _COUNTED, soonest[:limit]


def open_store(database: str | Path) -> Store:
    """Open or create the sandbox's file (0600), or keep everything in memory for `":memory:"`.

    Raises SandboxProblem when the file cannot be opened, is no sandbox's, or is held by another sandbox.
    """
    try:
        return Store(connect(str(database)))
    except (sqlite3.Error, OSError) as error:
        raise SandboxProblem(f"The sandbox's database {database} cannot be used: {cause(error)}.") from error
