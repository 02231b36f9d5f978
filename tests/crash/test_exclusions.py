"""Death between the write that leaves people out of a call and the call: who had it elsewhere gets nothing, the others all.

A campaign sends its first rows and stops, another one sends the same text to some of the others, and the first goes on: it
dies at its durable writes and around its calls, at some of them, or with `SMSCAMPAIGN_EVERY_POINT=1` at each.
"""

from __future__ import annotations

import csv
import io
import os
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from smscampaign import sandbox
from smscampaign.sandbox import Sandbox

from .conftest import TRIES, Campaign
from .test_kill_points import kinds, share

EVERY = bool(os.environ.get("SMSCAMPAIGN_EVERY_POINT"))

pytestmark = [pytest.mark.crash, pytest.mark.timeout(3600 if EVERY else 600)]

#: Whom the other campaign sends to: the middle of one call, and the whole of the next one.
THEIRS = (4, 6, 7, 8)


def compared(one: Campaign) -> Campaign:
    """Transactional texts are compared with those of other campaigns only if that is asked for."""
    toml = one.file.with_suffix(".toml")
    toml.write_text(toml.read_text("utf-8").replace("[limits]", "[limits]\nrepeat_days = 30"), "utf-8")
    return one


def begun(here: sandbox.Running, new_campaign: Callable[..., Any]) -> Campaign:
    """Rows 2 to 4 are sent; of the others some had it from somewhere else since."""
    one: Campaign = compared(new_campaign(here, count=12, personal=False, at_once=1))
    one.do("run", "--limit", "3", look=False)
    other = compared(replace(one, stem="others").write(personal=False))
    rows = other.file.read_text("utf-8").splitlines()
    other.file.write_text("\n".join([rows[0], *(rows[n + 1] for n in THEIRS)]) + "\n", "utf-8")
    assert other.do("run", "--send-again", look=False).code == 0, one.story()
    assert sum(one.record().values()) == 3 + len(THEIRS)
    return one


def check(one: Campaign) -> None:
    """By the sandbox's own record everybody has it once; the results say of whom they had it elsewhere; all sums agree."""
    assert one.record() == Counter(one.wanted), one.story()
    lines = list(csv.DictReader(io.StringIO(one.results.read_text("utf-8"))))
    kept = [
        line for line in lines if line["sms_reason"].startswith("same-text-lately: this number had it on")
    ]
    assert [int(line["name"].split()[1]) for line in kept] == list(THEIRS), one.story()
    assert {(line["sms_status"], line["sms_tag"], line["sms_credits"]) for line in kept} == {
        ("suppressed", "", "")
    }
    counts = Counter(line["sms_status"] for line in lines)
    assert counts == {"accepted": one.count - len(THEIRS), "suppressed": len(THEIRS) + 1, "rejected": 1}, (
        one.story()
    )
    one.check_audit()


def test_no_death_sends_to_who_was_left_out_of_a_call_or_loses_the_others(
    new_campaign: Callable[..., Any], say: Callable[[str], None]
) -> None:
    chance, kills = random.Random(8), 0
    with sandbox.running(settings=Sandbox(accounts=2000)) as here:
        whole = begun(here, new_campaign)
        ended = whole.do("run", look=False)
        assert (ended.code, "were left out; the results say from which" in ended.said) == (0, True)
        check(whole)
        points = [point for point in kinds(ended.passed) if "commit" in point or "POST" in point]
        for point in points if EVERY else share(points, 12, chance):
            one = begun(here, new_campaign)
            kills += one.do("run", dies_at=point, look=False).killed
            assert max(one.record().values()) == 1, one.story()
            assert any(one.do("run", look=False).code == 0 for _ in range(TRIES)), one.story()
            check(one)
    say(f"{kills} kills around claims that leave people out; nobody got it twice, nobody was lost")
    assert kills >= 8
