"""What failed for a while is sent once more, and the command that does it dies at a chosen moment.

By the sandbox's own record nobody who has it gets a second message and nobody a third, whatever is run afterwards. With
`SMSCAMPAIGN_EVERY_POINT=1` it dies at every single moment.
"""

from __future__ import annotations

import csv
import io
import os
import random
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from smscampaign import sandbox
from smscampaign.sandbox import Sandbox

from .conftest import TRIES, Campaign
from .test_kill_points import kinds, share

EVERY = bool(os.environ.get("SMSCAMPAIGN_EVERY_POINT"))
#: Campaigns that die, each at another moment.
MOST = 400 if EVERY else 14
THREE_DAYS = 3 * 86_400.0

pytestmark = [pytest.mark.crash, pytest.mark.timeout(3600 if EVERY else 900)]


@pytest.fixture
def here() -> Iterator[sandbox.Running]:
    mix = {"failed_share": 0.2, "unreachable_share": 0.4, "seed": 5}
    with sandbox.running(settings=Sandbox(accounts=2000, credits=100_000, **mix)) as started:
        yield started


def lines(campaign: Campaign) -> dict[str, dict[str, str]]:
    rows = csv.DictReader(io.StringIO(campaign.results.read_text("utf-8")))
    return {row["sms_number"]: row for row in rows if row["sms_status"] == "accepted"}


def sent(make: Callable[..., Campaign], here: sandbox.Running, *, personal: bool) -> Campaign:
    campaign = make(here, count=9, personal=personal)
    assert campaign.do("run").code == 0, campaign.story()
    return campaign


def heard(campaign: Campaign, *, known: tuple[int, ...] = (0,)) -> set[str]:
    """Who failed for a while by the receipts."""
    assert campaign.do("receipts", look=False).code in known, campaign.story()
    told = lines(campaign)
    return {number for number, row in told.items() if "(temporary)" in row["sms_reason"]}


def retried(campaign: Campaign) -> None:
    for _ in range(TRIES):
        if campaign.do("run", "--retry", "temporary", look=False).code == 0:
            return
    pytest.fail(f"it is never done:\n{campaign.story()}")


def check(campaign: Campaign, failed: set[str]) -> None:
    assert campaign.record() == Counter(campaign.wanted) + Counter(failed), campaign.story()
    assert sorted(lines(campaign)) == sorted(campaign.wanted), campaign.story()
    assert campaign.do("audit", look=False).code == 0, campaign.story()


@pytest.mark.parametrize("personal", [True, False])
def test_no_death_of_a_retry_sends_a_third_message_or_a_second_to_who_has_it(
    here: sandbox.Running, new_campaign: Callable[..., Campaign], say: Callable[[str], None], personal: bool
) -> None:
    first, *campaigns = [sent(new_campaign, here, personal=personal) for _ in range(1 + MOST)]
    here.world.clock.step(THREE_DAYS)
    failed = heard(first)
    ended = first.do("run", "--retry", "temporary", look=False)
    assert ended.code == 0, first.story()
    check(first, failed)
    every = kinds(ended.passed)
    points = share(every, MOST, random.Random(3))[:MOST]
    campaigns = campaigns[: len(points)]
    known = [heard(one) for one in campaigns]
    assert sum(map(len, known)) >= len(campaigns)

    def die(at: range) -> int:
        kills = 0
        for n in at:
            one = campaigns[n]
            kills += one.do("run", "--retry", "temporary", dies_at=points[n], look=False).killed
            assert max(one.record().values()) <= 2, one.story()
            assert {number for number, times in one.record().items() if times > 1} <= known[n], one.story()
            retried(one)
            check(one, known[n])
        return kills

    with ThreadPoolExecutor(2) as pool:
        kills = sum(pool.map(die, [range(0, len(points), 2), range(1, len(points), 2)]))
    assert kills >= len(points) - 2
    # Some of the second messages failed as well: nobody gets a third.
    here.world.clock.step(THREE_DAYS)
    again = Counter(bool(heard(one, known=(0, 1))) for one in campaigns[:4])
    for one, before in zip(campaigns[:4], known, strict=False):
        retried(one)
        check(one, before)
    say(
        f"{len(points)} of {len(every)} moments of a retry, {kills} deaths, {sum(map(len, known))} sent once more;"
        f" in {again[True]} of {again.total()} campaigns a second one failed"
    )
