"""A run, and everything that looks at its journal or into its folder meanwhile: nobody takes its locks away, nobody gets two.

The second test runs three campaigns by default, and with `SMSCAMPAIGN_BESIDE=40` as many as that; the third as many pairs of
campaigns that begin at the same moment.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from threading import Barrier, Event

import pytest

from smscampaign import sandbox
from smscampaign.sandbox import Fault, FaultKind, Sandbox
from tests.forks import Forked

from .conftest import TRIES, Campaign, Ended
from .test_exclusions import compared

TRIALS = int(os.environ.get("SMSCAMPAIGN_BESIDE", "3"))

pytestmark = [pytest.mark.crash, pytest.mark.timeout(120 + 60 * TRIALS)]

LOOKS = (("status",), ("audit",), ("run", "--dry-run"), ("receipts",))


@pytest.fixture
def here() -> Iterator[sandbox.Running]:
    with sandbox.running(settings=Sandbox(accounts=2000, credits=100_000)) as started:
        yield started


def beside(campaign: Campaign, name: str) -> Campaign:
    """The same campaign for somebody else at the same time."""
    logs = campaign.logs / name
    logs.mkdir(exist_ok=True)
    return replace(campaign, logs=logs, said=[])


def places(campaign: Campaign, name: str) -> tuple[Path, tuple[str, ...]]:
    """Where its journal is, and the option that says so; its usual place for no name."""
    if not name:
        return campaign.journal, ()
    return campaign.folder / name, ("--journal", str(campaign.folder / name))


def locks(pid: int, *files: Path) -> set[tuple[str, ...]]:
    """The locks a process has on these files, as the kernel knows them."""
    inodes = {str(file.stat().st_ino) for file in files}
    lines = [line.split() for line in Path("/proc/locks").read_text().splitlines()]
    mine = [line for line in lines if line[1] == "POSIX" and line[4] == str(pid)]
    return {(line[3], *line[5:]) for line in mine if line[5].rpartition(":")[2] in inodes}


@pytest.mark.skipif(not Path("/proc/locks").exists(), reason="locks are looked up where Linux tells")
@pytest.mark.parametrize("name", ["", "camp.db"])
def test_a_run_keeps_its_locks_whoever_looks(
    here: sandbox.Running, new_campaign: Callable[..., Campaign], name: str
) -> None:
    campaign = new_campaign(here, count=6, personal=False)
    path, options = places(campaign, name)
    here.add_faults(Fault(FaultKind.HANG_AFTER, seconds=60))
    run = Forked(
        "smscampaign",
        ["run", campaign.file, "--yes", *options],
        env={**os.environ, **here.environment(), "XDG_CACHE_HOME": str(campaign.folder / "cache")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        limit = time.monotonic() + 60
        while not campaign.record():
            assert run.poll() is None
            assert time.monotonic() < limit
            time.sleep(0.05)
        index = Path(f"{path}-shm")
        # Whoever uses the -shm holds byte 128 of it (https://sqlite.org/walformat.html#locks): the guard has looked by now.
        held = locks(run.pid, path, index)
        assert {lock[-2:] for lock in held} >= {("128", "128")}
        before = index.stat().st_ino
        for command in LOOKS:
            campaign.do(*command, *options, look=False)
            assert held <= locks(run.pid, path, index), campaign.story()
        assert index.stat().st_ino == before
        assert run.poll() is None
    finally:
        run.send_signal(signal.SIGKILL)
        run.wait(30)
    here.clear_faults()
    assert campaign.do("run", *options, look=False).code == 0, campaign.story()
    campaign.check_everybody()


def test_a_run_that_is_killed_while_others_look(
    here: sandbox.Running,
    new_campaign: Callable[..., Campaign],
    say: Callable[[str], None],
) -> None:
    chance = random.Random(9)
    kills, looks = 0, Counter[int]()
    here.add_faults(Fault(FaultKind.LATENCY, seconds=0.02, jitter=0.05))
    for trial in range(TRIALS):
        campaign = new_campaign(here, count=120, personal=False)
        _, options = places(campaign, "" if trial % 2 else "camp.db")
        other = new_campaign(here, count=30, personal=False)
        other = replace(other, folder=campaign.folder, stem="others").write(personal=False)
        over = Event()
        with ThreadPoolExecutor(2) as pool:
            looking = pool.submit(look_on, beside(campaign, "looks"), options, over)
            beginning = pool.submit(other.do, "run", look=False)
            try:
                dies_at = str(chance.randint(30, 250))
                kills += campaign.do("run", *options, dies_at=dies_at, look=False).killed
                go_on(campaign, *options)
                beginning.result()
            finally:
                over.set()
            seen = looking.result()
        go_on(other)
        assert [ended for ended in seen if ended.code not in {0, 1, 2}] == [], campaign.story()
        looks.update(ended.code for ended in seen)
        for ours in (campaign, other):
            ours.check_everybody()
        assert campaign.do("audit", *options, look=False).code == 0, campaign.story()
    say(f"{TRIALS} runs, {kills} of them killed, beside {looks.total()} looks that ended so: {dict(looks)}")


def look_on(campaign: Campaign, options: tuple[str, ...], over: Event) -> list[Ended]:
    """One look after the other until it is over."""
    looks: list[Ended] = []
    for command in cycle(LOOKS):
        if over.is_set():
            break
        looks.append(campaign.do(*command, *options, look=False))
    return looks


def go_on(campaign: Campaign, *options: str) -> None:
    for _ in range(TRIES):
        if campaign.do("run", *options, look=False).code == 0:
            return
    pytest.fail(f"it is never done:\n{campaign.story()}")


def begun_together(one: Campaign, other: Campaign) -> tuple[int, int]:
    """The exit codes of two runs that begin at the same moment."""
    both = Barrier(2)

    def begin(campaign: Campaign) -> Ended:
        both.wait(60)
        return campaign.do("run", look=False)

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(begin, (one, other))
    return first.code, second.code


def test_two_campaigns_of_the_same_people_and_text_that_begin_together(
    here: sandbox.Running,
    new_campaign: Callable[..., Campaign],
    say: Callable[[str], None],
) -> None:
    ends = Counter[tuple[int, int]]()
    for _ in range(TRIALS):
        one = new_campaign(here, count=60, personal=False)
        other = replace(beside(one, "other"), stem="others").write(personal=False)
        codes = begun_together(one, other)
        ends[codes] += 1
        # One goes on, and the other one is told; which, nobody knows.
        assert sorted(codes) == [0, 2], one.story() + other.story()
        first, second = (one, other) if codes[0] == 0 else (other, one)
        first.check_everybody()
        told = second.do("run", look=False)
        assert told.code == 2
        assert "this very campaign" in told.said
        first.check_everybody()
    say(f"{TRIALS} pairs that ended so: {dict(ends)}")


def test_two_campaigns_with_a_text_in_common_that_begin_together_send_it_to_everybody_once(
    here: sandbox.Running,
    new_campaign: Callable[..., Campaign],
    say: Callable[[str], None],
) -> None:
    """One of them goes first; the other one leaves out whom it has, when it is planned, at the door or at its claims."""
    ends = Counter[tuple[int, int]]()
    for _ in range(TRIALS):
        one = compared(new_campaign(here, count=60, personal=False))
        # Other settings, so that it is another campaign to OVHcloud as well.
        other = compared(replace(beside(one, "other"), stem="others").write(personal=False, per_call=4))
        codes = begun_together(one, other)
        ends[codes] += 1
        assert set(codes) <= {0, 2}, one.story() + other.story()
        assert one.record() == Counter(one.wanted), one.story() + other.story()
    say(f"{TRIALS} pairs that ended so: {dict(ends)}")
