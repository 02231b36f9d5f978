"""Misbehaviour on command: which calls go wrong, and how. Seeded, so that a run can be repeated.

A fault names the calls it is for (method and path pattern), and hits all of them, a share of them (`probability`), or
exactly the n-th (`nth`, counted from 1 since the fault was set); `times` ends it after so many hits. What a fault does
at the HTTP level lives in `api.py`, what it does to the service in `sending.py`.
"""

from __future__ import annotations

import math
import re
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SENDING = "POST /sms/*/jobs"


class FaultKind(StrEnum):
    """What goes wrong."""

    LATENCY = "latency"
    DROP_BEFORE = "drop-before"
    DROP_AFTER = "drop-after"
    HANG_AFTER = "hang-after"
    STATUS = "status"
    HIDE_HISTORY = "hide-history"
    ONLY_INVALID = "only-invalid"


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
    """One fault. `seconds` is the length of a latency, a hang (0: without end) or a lag of the history; `jitter` adds up
    to so many seconds at random to a latency. `status`, `body`, `retry_after` (seconds) and `after` belong to `status`:
    with `after` the call is carried out first, and its answer lost.

    Raises ValueError, in the words for the person who set it, when a value makes no sense.
    """

    kind: FaultKind
    route: str = SENDING
    probability: float = 1.0
    nth: int | None = None
    times: int | None = None
    seconds: float = 0.0
    jitter: float = 0.0
    status: int = 500
    body: BodyKind = BodyKind.JSON
    retry_after: float | None = None
    after: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.probability <= 1:
            raise ValueError(f"probability must be between 0 and 1, not {self.probability}")
        if not re.fullmatch(r"(\*|[A-Z]+) /\S*|\*", self.route):
            raise ValueError(
                f'route must be a method and a path such as "{SENDING}", or "*", not {self.route!r}'
            )
        if not 200 <= self.status <= 599:
            raise ValueError(f"status must be between 200 and 599, not {self.status}")
        for name in ("seconds", "jitter", "retry_after"):
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and 0 <= value <= 1e9):
                raise ValueError(f"{name} must be zero or more seconds, not {value}")
        for name in ("nth", "times"):
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
