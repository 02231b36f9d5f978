"""Rows are put right, and the command that takes them dies at a chosen moment, or somebody else is at it in another terminal.

By the sandbox's own record nobody gets two messages, and who was put right gets his. With `SMSCAMPAIGN_EVERY_POINT=1` it dies
at every single moment.
"""

from __future__ import annotations

import csv
import io
import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier

import pytest

from smscampaign import sandbox
from smscampaign.sandbox import Fault, FaultKind, Sandbox
from tests.forks import Forked

from .conftest import SPELLINGS, TRIES, Campaign
from .test_kill_points import kinds

EVERY = bool(os.environ.get("SMSCAMPAIGN_EVERY_POINT"))
POINTS = 10

pytestmark = [pytest.mark.crash, pytest.mark.timeout(3600 if EVERY else 900)]


@pytest.fixture
def here() -> Iterator[sandbox.Running]:
    with sandbox.running(settings=Sandbox(accounts=2000, credits=100_000)) as started:
        yield started


def rejected(campaign: Campaign) -> Path:
    return campaign.folder / f"{campaign.stem}.rejected.csv"


def put_right(campaign: Campaign, number: str) -> None:
    """The one rejected row gets a number."""
    path = rejected(campaign)
    head, row = csv.reader(io.StringIO(path.read_text("utf-8"), newline=""))
    row[1] = number
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([head, row])


def lines(campaign: Campaign) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(campaign.results.read_text("utf-8"))))


def sent(make: Callable[..., Campaign], here: sandbox.Running, **shape: bool) -> Campaign:
    """A campaign of five people that is done, with a rejected row which is put right to a sixth number."""
    campaign = make(here, count=5, **shape)
    assert campaign.do("run").code == 0, campaign.story()
    put_right(campaign, SPELLINGS[0].format(5))
    campaign.count = 6
    return campaign


def go_on(campaign: Campaign) -> None:
    for _ in range(TRIES):
        if campaign.do("run").code == 0:
            return
    pytest.fail(f"it is never done:\n{campaign.story()}")


def check(campaign: Campaign, before: list[dict[str, str]]) -> None:
    """Everybody once; and only the line of the row that was put right has changed."""
    after = campaign.check_everybody()
    assert [one for one in after if one not in before] == [after[-1]], campaign.story()
    assert (after[-1]["sms_status"], after[-1]["mobile"]) == ("accepted", "01 99 00 00 00")
    assert not rejected(campaign).exists()
    campaign.check_audit()


@pytest.mark.parametrize("personal", [True, False] if EVERY else [True])
def test_a_correction_that_dies_at_any_moment_is_taken_once(
    here: sandbox.Running,
    new_campaign: Callable[..., Campaign],
    say: Callable[[str], None],
    personal: bool,
) -> None:
    chance = random.Random(17)
    first = sent(new_campaign, here, personal=personal)
    before = lines(first)
    passed = first.do("run").passed
    check(first, before)
    every = kinds(passed)
    points = every if EVERY else chance.sample(every, POINTS)

    def die(points: list[str]) -> int:
        kills = 0
        for point in points:
            campaign = sent(new_campaign, here, personal=personal)
            known = lines(campaign)
            kills += campaign.do("run", dies_at=point).killed
            go_on(campaign)
            check(campaign, known)
        return kills

    with ThreadPoolExecutor(2) as pool:
        kills = sum(pool.map(die, [points[::2], points[1::2]]))
    say(f"{len(points)} of {len(every)} moments of a correction, {kills} deaths")
    assert kills >= len(points) - 2


def test_two_terminals_take_the_same_correction_once(
    here: sandbox.Running,
    new_campaign: Callable[..., Campaign],
    say: Callable[[str], None],
) -> None:
    ends, both = Counter[tuple[int, ...]](), Barrier(2)

    def begin(campaign: Campaign) -> int:
        both.wait(60)
        return campaign.do("run", look=False).code

    for _ in range(3):
        one = sent(new_campaign, here, personal=True)
        before = lines(one)
        logs = one.logs / one.account
        logs.mkdir()
        other = replace(one, logs=logs, said=[])
        with ThreadPoolExecutor(2) as pool:
            codes = tuple(pool.map(begin, (one, other)))
        ends[tuple(sorted(codes))] += 1
        assert set(codes) <= {0, 2}, one.story() + other.story()
        go_on(one)
        check(one, before)
    say(f"pairs that ended so: {dict(ends)}")


def test_the_rejected_rows_are_run_while_the_campaign_is_sent(
    here: sandbox.Running, new_campaign: Callable[..., Campaign]
) -> None:
    campaign = new_campaign(here, count=5, personal=True)
    assert campaign.do("run", "--limit", "1").code == 1
    put_right(campaign, SPELLINGS[0].format(3))  # who still waits
    kept = rejected(campaign).read_bytes()
    rejected(campaign).unlink()
    here.add_faults(Fault(FaultKind.HANG_AFTER, seconds=60))
    run = Forked(
        "smscampaign",
        ["run", "--yes", campaign.file],
        env={**os.environ, **here.environment(), "XDG_CACHE_HOME": str(campaign.folder / "cache")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        limit = time.monotonic() + 60
        while len(campaign.record()) < 2:
            assert run.poll() is None
            assert time.monotonic() < limit
            time.sleep(0.05)
        rejected(campaign).write_bytes(kept)
        ended = campaign.do("run")
        assert ended.code == 2
        assert "another smscampaign is at work" in ended.said
    finally:
        run.send_signal(signal.SIGKILL)
        run.wait(30)
    here.clear_faults()
    go_on(campaign)
    taken = campaign.check_everybody()
    assert taken[-1]["sms_status"] == "suppressed"
    assert taken[3]["sms_text"].startswith("Hello Person 3")
