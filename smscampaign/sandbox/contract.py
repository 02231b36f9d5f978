"""Validation of a call's parameters, as `parameters.py` declares them.

`null` is the same as absent, as the PHP client sends it.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

from smscampaign.sandbox.answers import service
from smscampaign.sandbox.parameters import ENUMS, PARAMETERS

if TYPE_CHECKING:
    from collections.abc import Mapping

# Objects whose fields the call itself looks at.
_OBJECTS = frozenset({"object", "sms.Response", "sms.Templates"})
# Every number of the implemented calls is a whole one: minutes, codes, ids. Ten years in minutes is far beyond any of them.
_LARGEST = 2**53


def decode(body: bytes) -> dict[str, object]:
    """The JSON object of a request's body; an empty body and `null` are an object without members."""
    if not body.strip():
        return {}
    try:
        value = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise service(400, "Invalid JSON received") from None
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise service(400, "The body must be a JSON object")
    return value


def check(key: str, given: Mapping[str, object], *, query: bool) -> dict[str, object]:
    """The parameters of a call, validated: known, required, of their type and enum. Those that are null are left out.

    `key` is `METHOD /path/template`; in a query every value arrives as text and is read by its type.
    """
    declared = PARAMETERS.get(key, {})
    present = {name: value for name, value in given.items() if value is not None}
    unknown = sorted(name for name in given if name not in declared)
    if unknown:
        raise service(400, f"Received not described parameters: ({', '.join(unknown)}) while calling {key}")
    missing = [name for name, kind in declared.items() if kind.endswith("!") and name not in present]
    if missing:
        raise service(400, f"Missing parameter(s): {', '.join(missing)}")
    return {
        name: _value(name, declared[name].rstrip("!"), value, query=query) for name, value in present.items()
    }


def _value(name: str, kind: str, value: object, *, query: bool) -> object:
    if kind == "boolean":
        return _boolean(name, value, query=query)
    if kind == "number":
        return _whole(name, value, query=query)
    if kind.endswith("[]"):
        if not isinstance(value, list):
            raise _mistyped(name, value, kind)
        single = kind.removesuffix("[]")
        return (
            _texts(name, value)
            if single == "string"
            else [_value(name, single, v, query=query) for v in value]
        )
    if kind in _OBJECTS:
        if not isinstance(value, dict):
            raise _mistyped(name, value, kind)
        _text(name, json.dumps(value, ensure_ascii=False))
        return value
    text = _text(name, value)
    if kind in ENUMS and text not in ENUMS[kind]:
        short = kind.removeprefix("sms.")
        raise service(400, f"[{name}] Given data ({text}) does not belong to the {short} enumeration")
    return text


def _boolean(name: str, value: object, *, query: bool) -> bool:
    if query and value in {"true", "1", "false", "0"}:
        return value in {"true", "1"}
    if isinstance(value, bool):
        return value
    raise _mistyped(name, value, "boolean")


def _whole(name: str, value: object, *, query: bool) -> int:
    if query and isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 16:
        return int(value)
    if isinstance(value, float) and math.isfinite(value) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LARGEST:
        return value
    raise _mistyped(name, value, "number")


def _texts(name: str, values: list[object]) -> list[object]:
    if not all(type(value) is str for value in values):
        raise _mistyped(name, next(value for value in values if not isinstance(value, str)), "string[]")
    _text(name, "".join(map(str, values)))  # one encoding of them all costs less than 500
    return values


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise _mistyped(name, value, "string")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:  # JSON can spell half a surrogate pair; UTF-8 cannot
        raise _mistyped(name, value, "string") from None
    return value


def _mistyped(name: str, value: object, kind: str) -> Exception:
    shown = ascii(value)[:40]
    return service(400, f"[{name}] Given data ({shown}) is not valid for type {kind}")
