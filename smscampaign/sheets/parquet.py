"""Results as Parquet, by pyarrow, which is not installed with smscampaign."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

from smscampaign.errors import SettingsProblem
from smscampaign.languages import mark
from smscampaign.sheets.tables import KINDS, MARK, Table

#: Rows of a row group, which are in memory together.
BLOCK = 20_000


def write(path: Path, table: Table) -> None:
    """The user's columns as text, ours with their types; times in UTC. Raises `SettingsProblem` where pyarrow is missing."""
    arrow, parquet = _libraries()
    kinds: dict[str, Any] = {
        "integer": arrow.int64(),
        "number": arrow.decimal128(18, 6),
        "datetime": arrow.timestamp("ms", tz="UTC"),
    }
    names = table.names
    types = [
        *[arrow.string()] * len(table.header),
        *(kinds.get(KINDS[one].type, arrow.string()) for one in table.ours),
    ]
    schema = arrow.schema(list(zip(names, types, strict=True)), metadata={"made_by": MARK})
    with parquet.ParquetWriter(path, schema) as writer:
        for columns in _blocks(table):
            arrays = [arrow.array(one, type=kind) for one, kind in zip(columns, types, strict=True)]
            writer.write_table(arrow.Table.from_arrays(arrays, schema=schema))


def _blocks(table: Table) -> Iterator[list[list[Any]]]:
    rows = iter(table.rows)
    while block := list(islice(rows, BLOCK)):
        yield [
            list(map(_exact, column))
            for column in zip(*([*cells, *values] for cells, values in block), strict=True)
        ]


def _exact(value: Any) -> Any:
    return value.quantize(Decimal("0.000001")) if isinstance(value, Decimal) else value


def _libraries() -> tuple[Any, Any]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise SettingsProblem(
            mark("Parquet is written by the library pyarrow, which is not installed here"),
            where="--as parquet",
            remedy=mark("Install it with `pip install pyarrow`, or take another form."),
        ) from None
    return pyarrow, pyarrow.parquet
