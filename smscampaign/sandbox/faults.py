"""Misbehaviour on command: which calls go wrong, and how. Seeded, so that a run can be repeated.

A fault names the calls it is for (method and path pattern), and hits all of them, a share of them (`probability`), or
exactly the n-th (`nth`, counted from 1 since the fault was set); `times` ends it after so many hits. What a fault does
at the HTTP level lives in `api.py`, what it does to the service in `jobs.py`.
"""

from __future__ import annotations

import json
import math
import re
import tomllib
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SENDING = "POST /sms/*/jobs"
_TIME = "GET /auth/time"


class FaultKind(StrEnum):
    """What goes wrong."""

    LATENCY = "latency"
    DROP_BEFORE = "drop-before"
    DROP_AFTER = "drop-after"
    HANG_AFTER = "hang-after"
    STATUS = "status"
    HIDE_HISTORY = "hide-history"
    ONLY_INVALID = "only-invalid"
    SOME_INVALID = "some-invalid"
    REFUSE = "refuse"
    RATE_LIMIT = "rate-limit"
    UNALIGNED_IDS = "unaligned-ids"
    NO_CREDITS = "no-credits"
    SENDER_REFUSED = "sender-refused"
    WRONG_TOTALS = "wrong-totals"
    CLOCK_OFF = "clock-off"


class BodyKind(StrEnum):
    """What the body of a `status` fault is. `truncated` announces a longer one than it sends."""

    JSON = "json"
    HTML = "html"
    EMPTY = "empty"
    NULL = "null"
    LIST = "list"
    TRUNCATED = "truncated"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. `seconds` is the length of a latency, a hang (0: without end), a lag of the history or an outage, and by how
    much a clock is off (below 0: behind); `jitter` adds up to so many seconds at random to a latency. `limit` is the calls
    a minute and key of a `rate-limit`, `share` the part of the receivers that `some-invalid` is for. `status`, `body`,
    `retry_after` (seconds) and `after` belong to `status`: with `after` the call is carried out first, and its answer lost.

    Raises ValueError, in the words for the person who set it, when a value makes no sense.
    """

    kind: FaultKind
    route: str = ""
    probability: float = 1.0
    nth: int | None = None
    times: int | None = None
    seconds: float = 0.0
    jitter: float = 0.0
    status: int = 500
    body: BodyKind = BodyKind.JSON
    retry_after: float | None = None
    after: bool = False
    limit: int = 60
    share: float = 0.5

    def __post_init__(self) -> None:
        if not self.route:
            object.__setattr__(self, "route", _TIME if self.kind is FaultKind.CLOCK_OFF else SENDING)
        for name in ("probability", "share"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must be between 0 and 1, not {getattr(self, name)}")
        if not re.fullmatch(r"(\*|[A-Z]+) /\S*|\*", self.route):
            raise ValueError(
                f'route must be a method and a path such as "{SENDING}", or "*", not {self.route!r}'
            )
        if not 200 <= self.status <= 599:
            raise ValueError(f"status must be between 200 and 599, not {self.status}")
        for name in ("seconds", "jitter", "retry_after"):
            value = getattr(self, name)
            least = -1e9 if name == "seconds" and self.kind is FaultKind.CLOCK_OFF else 0
            if value is not None and not (math.isfinite(value) and least <= value <= 1e9):
                raise ValueError(f"{name} must be zero or more seconds, not {value}")
        for name in ("nth", "times", "limit"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{name} counts from 1, not from {value}")

    def covers(self, method: str, path: str) -> bool:
        """Whether a call is one of those the fault is for; `path` is the API's own, without `/1.0`."""
        if self.route == "*":
            return True
        verb, _, pattern = self.route.partition(" ")
        glob = ".*".join(re.escape(piece) for piece in pattern.split("*"))
        return verb in {"*", method} and re.fullmatch(glob, path) is not None


_NUMBERS = {"probability": float, "nth": int, "times": int, "seconds": float, "jitter": float, "status": int}
_NUMBERS |= {"limit": int, "share": float, "retry_after": float}


def from_json(value: object) -> Fault:
    """A fault from a JSON object with the names of `Fault`'s fields. Raises ValueError, in words, when it is none."""
    if not isinstance(value, dict):
        raise ValueError("a fault is a JSON object")  # noqa: TRY004 - one error type for every wrong fault
    known = {f.name for f in fields(Fault)}
    if unknown := sorted(set(value) - known):
        raise ValueError(f"unknown field {unknown[0]!r}; a fault has {', '.join(sorted(known))}")
    given = {name: item for name, item in value.items() if item is not None}
    for name, item in given.items():
        _check_type(name, item)
    kind = _member(FaultKind, "kind", given.pop("kind", None))
    body = _member(BodyKind, "body", given.pop("body", BodyKind.JSON))
    return Fault(kind=FaultKind(kind), body=BodyKind(body), **given)


def from_text(text: str) -> Fault:
    """A fault from `kind,field=value,…`, or from a JSON object, as an option gives it. Raises ValueError, in words."""
    if text.lstrip().startswith("{"):
        try:
            return from_json(json.loads(text))
        except json.JSONDecodeError:
            raise ValueError(f"{text!r} is not JSON") from None
    kind, *pieces = (piece.strip() for piece in text.split(","))
    fields_ = dict(piece.partition("=")[::2] for piece in pieces)
    return from_json({"kind": kind, **{name: _typed(name, value) for name, value in fields_.items()}})


def _typed(name: str, value: str) -> object:
    if name == "after":
        return {"true": True, "false": False, "": True}.get(value, value)
    try:
        return _NUMBERS[name](value) if name in _NUMBERS else value
    except ValueError:
        return value


def from_file(path: str | Path) -> list[Fault]:
    """The faults of a TOML file: one `[[fault]]` table for each. Raises ValueError, in words, when it holds none."""
    if not Path(path).is_file():
        raise ValueError(f"{path}: this is no file")
    try:
        given = tomllib.loads(Path(path).read_text("utf-8")).get("fault")
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: {error}") from None
    if not isinstance(given, list) or not given:
        raise ValueError(f"{path}: no [[fault]] in it")
    try:
        return [from_json(item) for item in given]
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def to_json(fault: Fault) -> dict[str, object]:
    """The JSON object that `from_json` reads back."""
    return asdict(fault)


def _check_type(name: str, item: object) -> None:
    if name == "after":
        fits = isinstance(item, bool)
    elif name in {"kind", "route", "body"}:
        fits = isinstance(item, str)
    else:
        wanted = int if _NUMBERS.get(name) is int else (int, float)
        fits = isinstance(item, wanted) and not isinstance(item, bool)
    if not fits:
        raise ValueError(f"{name} cannot be {item!r}")


def _member(enum: type[StrEnum], name: str, value: object) -> str:
    try:
        return enum(str(value))
    except ValueError:
        raise ValueError(f"{name} must be one of {', '.join(enum)}, not {value!r}") from None


@dataclass(frozen=True, slots=True)
class Effects:
    """The faults that hit one call, and the seconds it is delayed by."""

    faults: tuple[Fault, ...] = ()
    latency: float = 0.0

    def hit(self, kind: FaultKind, *, after: bool | None = None) -> Fault | None:
        """The first fault of a kind, if one hit (with `after`: only one that acts then)."""
        wanted = (f for f in self.faults if f.kind is kind and (after is None or f.after is after))
        return next(wanted, None)


NONE = Effects()


@dataclass(slots=True)
class _Armed:
    fault: Fault
    seen: int = 0
    hits: int = 0


class Injector:
    """The faults in force. One per sandbox; each call is decided once, in the order of arrival."""

    def __init__(self, faults: Iterable[Fault] = (), *, seed: int = 1) -> None:
        self._seed = seed
        self._random = Random(seed)
        self._armed = [_Armed(fault) for fault in faults]

    def add(self, faults: Iterable[Fault]) -> None:
        """Put further faults in force."""
        self._armed.extend(_Armed(fault) for fault in faults)

    def clear(self) -> None:
        """Behave from now on, and start the random sequence again."""
        self._armed.clear()
        self._random = Random(self._seed)

    def state(self) -> list[Mapping[str, object]]:
        """Every fault with the calls it saw and hit."""
        return [{**to_json(a.fault), "seen": a.seen, "hits": a.hits} for a in self._armed]

    def decide(self, method: str, path: str) -> Effects:
        """What happens to this call."""
        if not self._armed:
            return NONE
        struck = tuple(a.fault for a in self._armed if self._strikes(a, method, path))
        delays = [f.seconds + f.jitter * self._random.random() for f in struck if f.kind is FaultKind.LATENCY]
        return Effects(struck, sum(delays))

    def _strikes(self, armed: _Armed, method: str, path: str) -> bool:
        fault = armed.fault
        if not fault.covers(method, path):
            return False
        armed.seen += 1
        if fault.times is not None and armed.hits >= fault.times:
            return False
        if fault.nth is not None and armed.seen != fault.nth:
            return False
        if fault.probability < 1 and self._random.random() >= fault.probability:
            return False
        armed.hits += 1
        return True
