"""Many rows at once. The statement is text, and the rows go to the driver as they are.

Turning 100 000 rows into SQLAlchemy's parameter dictionaries costs more than SQLite takes to store them, so this way is for
columns whose Python values are already the database's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import repeat
from typing import Any

from sqlalchemy import Connection, Dialect, Table

TOGETHER = (500, 100, 20, 4, 1)
"""Rows in one statement, as many as are left: SQLite stores 100 a third quicker than as many times one, and 500 spare
SQLAlchemy's share of it. They are few sizes, because SQLite takes longer for reading a statement than for storing its rows,
and keeps only some of those it has read."""

#: Every unique index, as `unless` of `insert_many`.
ANY = ("*",)

#: Of what was inserted, SQLAlchemy keeps the number for some databases only if it is asked to.
_COUNTED = {"preserve_rowcount": True}


def insert_many(
    connection: Connection,
    table: Table,
    campaign: int,
    columns: Mapping[str, Sequence[Any]],
    *,
    unless: tuple[str, ...] = (),
) -> int:
    """Insert rows of a campaign, given column by column in the order of the table; says how many were stored.

    `unless` names the columns of a unique index: a row whose values there are taken, by a row of long ago or by one just
    before it, is passed over; `ANY` are those of every one.
    """
    names, values, dialect = tuple(columns), list(columns.values()), connection.dialect
    rows = len(values[0])
    if not _positional(dialect):
        named: Any = [dict(zip(names, row, strict=True)) for row in zip(*values, strict=True)]
        text = _statement(dialect, table, campaign, names, 1, unless=unless)
        return connection.exec_driver_sql(text, named, _COUNTED).rowcount if rows else 0
    # For each value that is bytes the driver looks for an adapter, which takes 0.3 µs; a bytearray it takes as it is.
    values = [list(map(bytearray, one)) if rows and type(one[0]) is bytes else one for one in values]
    done = stored = 0
    for size in _sizes(rows):
        text = _statement(dialect, table, campaign, names, size, unless=unless)
        together: list[Any] = [None] * (size * len(names))
        for at, column in enumerate(values):
            together[at :: len(names)] = column[done : done + size]
        stored += connection.exec_driver_sql(text, tuple(together), _COUNTED).rowcount
        done += size
    return stored


def _sizes(rows: int) -> Iterator[int]:
    """How many go into each statement."""
    for size in TOGETHER:
        whole, rows = divmod(rows, size)
        yield from repeat(size, whole)


def _positional(dialect: Dialect) -> bool:
    """Whether the driver takes values in order; the others take them by name."""
    return dialect.paramstyle in {"qmark", "format", "numeric"}


@lru_cache(maxsize=512)
def _statement(
    dialect: Dialect,
    table: Table,
    campaign: int,
    columns: tuple[str, ...],
    rows: int,
    *,
    unless: tuple[str, ...] = (),
) -> str:
    names = ("campaign", *columns)
    if names != tuple(column.name for column in table.c if column.name in names):
        raise ValueError(f"the columns of {table.name} stand in another order")
    # Our own names, none of which needs quoting; SQLAlchemy takes longer for it than SQLite for the rows. The campaign stands
    # in the text: handing over a value takes a tenth of a row's time.
    marks = ["?"] * len(columns) if _positional(dialect) else [f"%({name})s" for name in columns]
    row = f"({', '.join([str(int(campaign)), *marks])})"
    index = "" if unless == ANY else f" ({', '.join(unless)})"
    conflict = f" ON CONFLICT{index} DO NOTHING" if unless else ""
    return f"INSERT INTO {table.name} ({', '.join(names)}) VALUES {', '.join([row] * rows)}{conflict}"  # noqa: S608
