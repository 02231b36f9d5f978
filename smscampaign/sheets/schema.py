"""What the columns of a results CSV hold, as Frictionless Table Schema (https://datapackage.org/standard/table-schema/)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from smscampaign.sheets.tables import KINDS, MARK


def schema(header: Sequence[str], ours: Sequence[str]) -> dict[str, Any]:
    """The fields in the order of the file; the user's are text. An empty cell is a missing value."""
    return {
        "$schema": "https://datapackage.org/profiles/2.0/tableschema.json",
        "title": MARK,
        "fields": [*({"name": name, "type": "string"} for name in header), *map(_field, ours)],
        "missingValues": [""],
    }


def _field(name: str) -> dict[str, Any]:
    kind = KINDS[name]
    constraints: dict[str, Any] = {"enum": list(kind.only)} if kind.only else {}
    if name in {"sms_row", "sms_status"}:
        constraints["required"] = True
    if name == "sms_row":
        constraints |= {"unique": True, "minimum": 2}
    made = {"name": name, "type": kind.type, "title": kind.title}
    return {**made, "constraints": constraints} if constraints else made
