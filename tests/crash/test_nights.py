"""Many nights of one campaign, whose file has new content each time, and deaths at any moment of them: each key once.

Six nights by default, and with `SMSCAMPAIGN_EVERY_POINT=1` thirty, with more deaths in each.
"""

from __future__ import annotations

import csv
import os
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from smscampaign import sandbox
from smscampaign.sandbox import Sandbox

from .conftest import SPELLINGS, TRIES, Campaign

EVERY = bool(os.environ.get("SMSCAMPAIGN_EVERY_POINT"))
NIGHTS, DEATHS = (30, 4) if EVERY else (6, 2)

pytestmark = [pytest.mark.crash, pytest.mark.timeout(3600 if EVERY else 600)]

Key = tuple[int, int]
"""A person's number, and the day of his appointment."""


def write(one: Campaign, keys: list[Key], chance: random.Random) -> None:
    """Tonight's export: in another order and other spellings than yesterday's, with a twin and a row that cannot be sent."""
    rows = [
        [f"P{n}", _spelled(n, chance), f"day {day}", chance.choice(("9:00", " 9:00 "))] for n, day in keys
    ]
    chance.shuffle(rows)
    with one.file.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["name", "mobile", "day", "time"])
        writer.writerows(
            [*rows, [*rows[0][:2], rows[0][2].upper(), "9:00"], ["L", "01 99 00 00 00", "day 0", "9:00"]]
        )


def _spelled(n: int, chance: random.Random) -> str:
    return chance.choice((SPELLINGS[0].format(n), SPELLINGS[1].format(n // 100, n % 100)))


def settings(one: Campaign) -> None:
    """With what gets one message, and for night after night."""
    toml = one.file.with_suffix(".toml")
    text = toml.read_text("utf-8").replace("Hello {{ name }}, ", "{{ name }} {{ day }}, ")
    once = 'once_per = ["mobile", "day", "time"]\nrecurring = true\n'
    toml.write_text(once + text.replace("[limits]", "[limits]\nmost_messages = 50"), "utf-8")


def record(one: Campaign) -> Counter[Key]:
    """How often each key was really taken, by the sandbox's own record."""
    rows = [row for row in one.sandbox.accepted() if row["message"].endswith(f"parcel for {one.account}.")]
    return Counter((int(row["receiver"][-4:]), int(row["message"].split()[2].rstrip(","))) for row in rows)


def test_each_key_is_had_once_over_all_nights_whatever_dies(
    new_campaign: Callable[..., Any], say: Callable[[str], None]
) -> None:
    chance = random.Random(30)
    with sandbox.running(settings=Sandbox(accounts=2000)) as here:
        one: Campaign = new_campaign(here, count=1, personal=True)
        settings(one)
        seen, whole = set[Key](), 0
        for night in range(NIGHTS):
            # Each appointment stands in the exports of two nights, and some people have two of them.
            keys = [(n, day) for day in (night, night + 1) for n in range(day % 3, 9, 2 + day % 2)]
            write(one, keys, chance)
            for _ in range(chance.randint(0, DEATHS)):
                one.do("run", dies_at=str(chance.randint(1, 70)), look=False)
                assert max(record(one).values(), default=1) == 1, one.story()
            # Some nights are not gone on with: the next one finds what they left.
            if chance.random() < 0.7 or night == NIGHTS - 1:
                codes = [one.do("run", look=False).code]
                while codes[-1] != 0 and len(codes) < TRIES and not _told(one):
                    codes.append(one.do("run", look=False).code)
                assert codes[-1] in {0, 1}, one.story()
                had = record(one)
                assert max(had.values()) == 1, one.story()
                assert set(keys) <= set(had), one.story()
                assert (codes[-1] == 0) or _told(one), one.story()
                whole += 1
            seen |= set(keys)
        had = record(one)
        assert set(had) <= seen, one.story()
        assert one.do("audit", look=False).code == 0, one.story()
    say(f"{NIGHTS} nights, {whole} gone on with, {one.kills} kills, {len(had)} keys: each once")
    assert one.kills >= NIGHTS // 3


def _told(one: Campaign) -> bool:
    """Whether the last run ended well but for rows of a night before that tonight's file does not have."""
    return "tonight's file does not have" in one.said[-1]
