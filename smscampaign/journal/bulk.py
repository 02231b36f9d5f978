"""Many rows at once. The statement is text, and the rows go to the driver as they are.

Turning 100 000 rows into SQLAlchemy's parameter dictionaries costs more than SQLite takes to store them, so this way is for
columns whose Python values are already the database's.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

from sqlalchemy import Connection, Dialect, Table

TOGETHER = (500, 100, 20)
"""Rows in one statement: SQLite stores 100 a third quicker than as many times one; 500 spare SQLAlchemy's share of it. What
is left of them goes in hundreds and twenties, and only the last few rows one by one."""

#: Of what was inserted, SQLAlchemy keeps the number for some databases only if it is asked to.
_COUNTED = {"preserve_rowcount": True}

Values = Sequence[tuple[Any, ...]]


def insert_many(
    connection: Connection,
    table: Table,
    columns: Sequence[str],
    rows: Values,
    *,
    unless: tuple[str, ...] = (),
) -> int:
    """Insert rows whose values stand in the order of `columns`, which is the table's; says how many were stored.

    `unless` names the columns of a unique index: a row whose values there are taken, by a row of long ago or by one just
    before it, is passed over.
    """
    names = tuple(columns)
    done = stored = 0
    for size in TOGETHER if _positional(connection.dialect) else ():
        text = _statement(connection.dialect, table, names, unless, size)
        while len(rows) - done >= size:
            together = tuple(chain.from_iterable(rows[done : done + size]))
            stored += connection.exec_driver_sql(text, together, _COUNTED).rowcount
            done += size
    rest = rows[done:]
    if rest:
        text = _statement(connection.dialect, table, names, unless, 1)
        named: Any = (
            rest if _positional(connection.dialect) else [dict(zip(names, row, strict=True)) for row in rest]
        )
        stored += connection.exec_driver_sql(text, named, _COUNTED).rowcount
    return stored


def _positional(dialect: Dialect) -> bool:
    """Whether the driver takes values in order; the others take them by name."""
    return dialect.paramstyle in {"qmark", "format", "numeric"}


@lru_cache
def _statement(
    dialect: Dialect, table: Table, columns: tuple[str, ...], unless: tuple[str, ...], rows: int
) -> str:
    if columns != tuple(column.name for column in table.c if column.name in columns):
        raise ValueError(f"the columns of {table.name} stand in another order")
    # Our own names, none of which needs quoting; SQLAlchemy takes longer for it than SQLite for the rows.
    marks = ["?"] * len(columns) if _positional(dialect) else [f"%({name})s" for name in columns]
    row = f"({', '.join(marks)})"
    conflict = f" ON CONFLICT ({', '.join(unless)}) DO NOTHING" if unless else ""
    return f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES {', '.join([row] * rows)}{conflict}"  # noqa: S608
