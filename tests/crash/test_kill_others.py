"""The other commands that write die by SIGKILL as `run` does: an amendment, a reconciliation, a cancellation.

Each dies at a seeded choice of the first and the last moments of each kind; with `SMSCAMPAIGN_EVERY_POINT=1` at every moment.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from smscampaign import sandbox
from smscampaign.sandbox import Fault, FaultKind, Sandbox

from .test_kill_points import EVERY, kinds, share

pytestmark = [pytest.mark.crash, pytest.mark.timeout(3600 if EVERY else 1200)]

#: Points of each command at which it dies for the first time.
POINTS = 1000 if EVERY else 6

HELD = Sandbox(accounts=2000, hold=True, start="2026-03-06T21:30+01:00")
MARKETING = ("--purpose", "marketing")

Make = Callable[..., Any]


def points(passed: Sequence[str], command: str) -> list[str]:
    """Where to die, as ever the same for a command."""
    chance = random.Random(command)
    edges = share(kinds(passed), 1000 if EVERY else 0, chance)
    return chance.sample(edges, min(POINTS, len(edges)))


def deaths(begin: Callable[[], Any], die: Callable[[Any, str], Any], command: str) -> Iterator[Any]:
    """A campaign for each point, dead there."""
    passed = die(begin(), "").passed
    for point in points(passed, command):
        one = begin()
        die(one, point)
        yield one


def test_an_amendment_that_dies_gives_nobody_two_and_loses_nobody(
    new_campaign: Make, say: Callable[[str], None]
) -> None:
    kills = 0
    with sandbox.running(settings=Sandbox(accounts=2000)) as here:

        def begin() -> Any:
            one = new_campaign(here, count=4, personal=True)
            assert one.resume() == 0
            one.grow(3)
            return one

        for one in deaths(begin, lambda one, point: one.do("run", "--amend", dies_at=point), "amend"):
            one.resume("--amend", chance=random.Random(one.account))
            one.check_amended()
            kills += one.kills
    say(f"amendments: {kills} kills")
    assert kills >= 6


def test_a_reconciliation_that_dies_gives_nobody_two_and_loses_nobody(
    new_campaign: Make, say: Callable[[str], None]
) -> None:
    kills = 0
    with sandbox.running(settings=Sandbox(accounts=2000)) as here:

        def begin() -> Any:
            one = new_campaign(here, count=6, personal=True)
            here.add_faults(
                Fault(FaultKind.DROP_AFTER, route="POST /sms/*/jobs", times=2),
                Fault(FaultKind.DROP_BEFORE, route="POST /sms/*/jobs", times=1),
            )
            one.do("run", "--settle", "30", dies_at="before POST:5")
            here.clear_faults()
            return one

        for one in deaths(begin, lambda one, point: one.do("reconcile", dies_at=point), "reconcile"):
            one.do("reconcile")
            one.resume()
            one.check_done()
            kills += one.kills
    say(f"reconciliations: {kills} kills")
    assert kills >= 6


def test_a_cancellation_that_dies_is_gone_on_with_and_nobody_gets_what_was_cancelled(
    new_campaign: Make, say: Callable[[str], None]
) -> None:
    kills = 0
    with sandbox.running(settings=HELD) as here:

        def begin() -> Any:
            one = new_campaign(here, count=7, personal=True)
            one.do("run", *MARKETING, "--limit", "4")
            return one

        for one in deaths(begin, lambda one, point: one.do("cancel", dies_at=point), "cancel"):
            codes = [one.do("cancel").code]
            while codes[-1] == 1 and len(codes) < 5:  # what was being deleted at that moment settles first
                codes.append(one.do("cancel").code)
            assert codes[-1] in {0, 2}, one.story()
            one.check_cancelled()
            assert one.left() == set(), one.story()
            kills += one.kills
    say(f"cancellations: {kills} kills")
    # It asks several things at once: how many requests there are until some moment is not always the same.
    assert kills >= 2


@pytest.mark.parametrize("stale", [True, False], ids=["an older copy", "without its -wal"])
def test_a_recovery_that_dies_is_made_again_and_nobody_gets_two(
    stale: bool, new_campaign: Make, say: Callable[[str], None]
) -> None:
    kills = 0
    with sandbox.running(settings=Sandbox(accounts=2000)) as here:

        def begin() -> Any:
            one = new_campaign(here, count=8, personal=True)
            one.do("run", "--limit", "3")
            copy = one.folder / "copy"
            shutil.copy(one.journal, copy)
            one.do("run", dies_at="after POST:3")
            assert 3 < len(one.record()) < 8, one.story()
            if stale:
                for path in one.folder.glob("people.journal.sqlite*"):
                    path.unlink()
                copy.rename(one.journal)
            else:
                for end in ("-wal", "-shm"):
                    one.journal.with_name(one.journal.name + end).unlink(missing_ok=True)
            return one

        def die(one: Any, point: str) -> Any:
            return one.do("recover", dies_at=point, look=False)

        for one in deaths(begin, die, "recover"):
            # A half-made recovery is no reason to send to somebody again, nor to say that all is done.
            assert one.do("run", look=False).code in {0, 1, 2}, one.story()
            assert max(one.record().values()) == 1, one.story()
            for _ in range(2):
                assert one.do("recover", look=False).code in {0, 1, 2}, one.story()
                assert max(one.record().values()) == 1, one.story()
            one.resume()
            one.check_done()
            kills += one.kills
    say(f"{kills} kills around recover: 0 repeated, 0 lost")
