"""Progress is watched, never drawn here: a stage yields it, a front end draws it."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TypeVar

from smscampaign.model import Progress

T = TypeVar("T")
Watch = Callable[[Progress], object]


def unwatched(_: Progress) -> None:
    """For whoever does not draw progress."""


def watched(steps: Generator[Progress, None, T], watch: Watch) -> T:
    """Run a stage to its end and give back what it returns."""
    while True:
        try:
            watch(next(steps))
        except StopIteration as end:
            value: T = end.value
            return value
