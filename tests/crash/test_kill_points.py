"""The kill matrix: a real `run` dies by SIGKILL at durable writes and around calls, is begun again, dies again by chance,
and is begun again until it is done. By the sandbox's own record nobody gets two messages and nobody is lost.

It is a seeded choice of the first and the last moments of each kind, where there is room with some between; with
`SMSCAMPAIGN_EVERY_POINT=1` every single moment, which takes some minutes longer.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from smscampaign import sandbox
from smscampaign.sandbox import BodyKind, Fault, FaultKind, Sandbox

EVERY = bool(os.environ.get("SMSCAMPAIGN_EVERY_POINT"))

pytestmark = [pytest.mark.crash, pytest.mark.timeout(3600 if EVERY else 1200)]

#: Deaths that are seen at least: each campaign may die several times.
KILLS = 200 if EVERY else 40

#: Points of each shape at which a campaign dies for the first time.
POINTS = 1000 if EVERY else 10


@dataclass(frozen=True)
class Shape:
    """One kind of campaign, the faults it meets before it dies, and the command that dies."""

    name: str
    count: int
    personal: bool
    command: str = "run"
    faults: tuple[Fault, ...] = ()
    before: tuple[str, ...] = ()


SHAPES = (
    Shape("each text its own", 9, personal=True),
    Shape("one text for all", 14, personal=False),
    Shape("answers lost", 8, personal=True, faults=(Fault(FaultKind.DROP_AFTER, probability=0.4),)),
    Shape(
        "errors before and after",
        8,
        personal=True,
        faults=(
            Fault(FaultKind.STATUS, status=502, body=BodyKind.HTML, after=True, probability=0.3),
            Fault(FaultKind.DROP_BEFORE, probability=0.3),
        ),
    ),
)


def kinds(passed: Sequence[str]) -> list[str]:
    """`KIND:N` for every point that was passed."""
    return [f"{kind}:{n}" for kind, count in Counter(passed).items() for n in range(1, count + 1)]


def share(points: Sequence[str], most: int, chance: random.Random) -> list[str]:
    """All of them, or as many as there is time for: the first and the last of each kind are always among them."""
    numbers: dict[str, list[str]] = {}
    for point in points:
        numbers.setdefault(point.rpartition(":")[0], []).append(point)
    edges = dict.fromkeys(point for each in numbers.values() for point in (each[0], each[-1]))
    others = [point for point in points if point not in edges]
    return [*edges, *chance.sample(others, min(len(others), max(most - len(edges), 0)))]


def test_no_death_makes_two_messages_of_one_or_loses_one(
    new_campaign: Callable[..., Any],
    say: Callable[[str], None],
) -> None:
    figures: Counter[str] = Counter()
    with ThreadPoolExecutor(2) as pool:
        for part in pool.map(lambda shape: matrix(shape, new_campaign), SHAPES):
            figures += part
    say(
        f"kill matrix: {figures['kills']} kills in {figures['campaigns']} campaigns, "
        f"{figures['messages']} messages wanted, {figures['repeated']} repeated, {figures['lost']} lost"
    )
    assert figures["kills"] >= KILLS
    assert figures["repeated"] == figures["lost"] == 0


def matrix(shape: Shape, new_campaign: Callable[..., Any]) -> Counter[str]:
    """The deaths of one shape, in figures."""
    figures: Counter[str] = Counter()
    with sandbox.running(settings=Sandbox(accounts=2000)) as here:
        for one in deaths(shape, here, new_campaign):
            taken = one.record()
            figures["campaigns"] += 1
            figures["kills"] += one.kills
            figures["messages"] += one.count
            figures["repeated"] += sum(times - 1 for times in taken.values())
            figures["lost"] += len(one.wanted - set(taken))
    return figures


def deaths(shape: Shape, here: Any, new_campaign: Callable[..., Any]) -> Iterator[Any]:
    """A campaign for each point, dead there and finished afterwards."""
    chance = random.Random(shape.name)

    def begin() -> Any:
        return new_campaign(here, count=shape.count, personal=shape.personal)

    whole = begin()
    here.add_faults(*shape.faults)
    passed = whole.do(shape.command).passed
    here.clear_faults()
    whole.resume()
    whole.check_done()
    edges = share(kinds(passed), POINTS, chance)
    for point in edges if EVERY else chance.sample(edges, min(POINTS, len(edges))):
        one = begin()
        here.add_faults(*shape.faults)
        one.do(shape.command, dies_at=point)
        here.clear_faults()
        one.resume(chance=chance)
        one.check_done()
        yield one
