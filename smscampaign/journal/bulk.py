"""Many rows at once. SQLAlchemy writes the statement; the rows go to the driver as they are.

Turning 100 000 rows into SQLAlchemy's parameter dictionaries costs more than SQLite takes to store them, so this way is for
columns whose Python values are already the database's.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Dialect, Table, insert


def insert_many(
    connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Insert rows whose values stand in the order of `columns`."""
    if not rows:
        return
    text, order = _statement(connection.dialect, table, tuple(columns))
    if order is None:
        values: Any = [dict(zip(columns, row, strict=True)) for row in rows]
    elif order == tuple(range(len(columns))):
        values = rows
    else:
        values = [tuple(row[at] for at in order) for row in rows]
    connection.exec_driver_sql(text, values)


@lru_cache
def _statement(
    dialect: Dialect, table: Table, columns: tuple[str, ...]
) -> tuple[str, tuple[int, ...] | None]:
    """The statement, and where its parameters stand among the columns: None when they are bound by name."""
    compiled = insert(table).compile(dialect=dialect, column_keys=list(columns))
    if not compiled.positional:
        return str(compiled), None
    return str(compiled), tuple(columns.index(name) for name in compiled.positiontup or ())
