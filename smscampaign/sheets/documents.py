"""Results as one JSON document, written row by row."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from smscampaign.sheets.tables import MARK, Table, Value


def pieces(table: Table, *, campaign: str) -> Iterator[str]:
    """The text of the document, piece by piece: memory does not grow with the rows."""
    head = json.dumps({"made_by": MARK, "campaign": campaign}, ensure_ascii=False)
    yield f'{head[:-1]}, "rows": ['
    names, comma = table.names, ""
    for cells, values in table.rows:
        row = dict(zip(names, [*cells, *map(_plain, values)], strict=True))
        yield f"{comma}\n {json.dumps(row, ensure_ascii=False)}"
        comma = ","
    yield "\n]}\n"


def _plain(value: Value) -> str | int | float | None:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(value, datetime) else value
