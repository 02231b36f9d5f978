"""`send_at`: by OVHcloud's clock, and never passed without a word by a campaign that goes on after it."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta

import pytest

import smscampaign as sms
from tests.cli.conftest import OPTIONS, number

ALL = [number(n) for n in range(4)]


def taken(here):
    return sorted(one["receiver"] for one in here.accepted())


def moment_in(**units):
    return ("--send-at", (datetime.now(UTC) + timedelta(**units)).isoformat(timespec="milliseconds"))


@pytest.mark.parametrize(("hours", "minutes", "code"), [(1, 30, 2), (-1, -30, 0)])
def test_a_run_asks_ovhcloud_what_time_it_is(campaign, people, ovhcloud, hours, minutes, code):
    here = ovhcloud()
    here.world.clock.step(3600 * hours)
    people(1)
    ended = campaign("--yes", *moment_in(minutes=minutes))
    assert (ended.code, "is past: it would leave at once" in ended.err) == (code, bool(code))
    assert [29 <= call.differed <= 31 for call in here.world.store.select(after=0)] == [True] * (not code)


@pytest.fixture
def late(campaign, people, ovhcloud):
    """A campaign that was cut off before its moment, and is looked at two hours after it."""
    here = ovhcloud()
    people(4)
    one_each = ("--receivers-per-call", 1, *moment_in(hours=1))
    assert campaign("--yes", "--limit", 1, *one_each).code == 1
    here.world.clock.step(3 * 3600)
    return here, one_each


@pytest.mark.parametrize("confirmed", ["--yes", "--confirm"])
def test_what_is_left_after_its_moment_leaves_at_once_and_says_so(late, campaign, confirmed):
    here, options = late
    code = campaign("--dry-run", *options).out.split("Plan", 1)[1].split()[0]
    ended = campaign(*(["--yes"] if confirmed == "--yes" else ["--confirm", code]), *options)
    assert (ended.code, taken(here)) == (0, ALL)
    assert "is past: what is left leaves at once" in ended.err
    assert [call.differed for call in here.world.store.select(after=0)][1:] == [0] * 3


def test_it_is_sent_later_by_an_amendment_with_another_moment(late, campaign):
    here, options = late
    assert campaign("--yes", "--amend", *options[:2], *moment_in(hours=4)).code == 0
    assert taken(here) == ALL
    assert [call.differed > 55 for call in here.world.store.select(after=0)] == [True] * 4


def test_it_is_given_up_by_cancelling(late, campaign, cli):
    _, options = late
    assert "3 messages dropped" in cli("cancel", "spring.csv", "--yes").out
    assert "was cancelled" in campaign("--yes", *options).err


def test_a_notebook_says_so_too(late):
    here, (*_, moment) = late
    settings = {"message": OPTIONS[1], "purpose": "transactional", "region": "FR", "sender": "Sandbox"}
    settings |= {"receivers_per_call": 1, "pace": 0}
    begun = sms.Campaign.load("spring.csv", **settings, send_at=moment).plan()
    run = begun.deliver(sms.ovhcloud(pace=0), confirm=begun.code)
    assert any("what is left leaves at once" in one for one in run.remarks)
    assert taken(here) == ALL


def test_a_dry_run_says_so_too_by_this_computers_clock(campaign, people, ovhcloud):
    here = ovhcloud()
    people(2)
    options = moment_in(seconds=3)
    assert campaign("--yes", "--limit", 1, *options).code == 1
    while datetime.now(UTC) < datetime.fromisoformat(options[1]):
        time.sleep(0.1)
    ended = campaign("--dry-run", *options)
    assert ended.code == 0
    assert "is past: what is left leaves at once" in ended.err
    assert len(taken(here)) == 1


def test_nothing_is_said_where_nothing_is_left(campaign, people, ovhcloud):
    here = ovhcloud()
    people(2)
    options = moment_in(hours=1)
    assert campaign("--yes", *options).code == 0
    here.world.clock.step(3 * 3600)
    assert campaign("--yes", *options).code == 0


def test_a_spoken_moment_is_copied_as_the_moment_it_was(campaign, people, ovhcloud):
    """`tomorrow` in a line to copy would be another day when it is copied."""
    ovhcloud()
    people(1, more="Landline,01 99 00 00 00")
    ended = campaign("--yes", "--send-at", "tomorrow 10:00")
    assert ended.code == 0
    assert "tomorrow 10:00" not in ended.err
    (moment,) = re.findall(r"--send-at (\S+)", ended.err)
    assert datetime.fromisoformat(moment) > datetime.now(UTC)
    assert "nothing is left to send" in campaign("--yes", "--send-at", moment).err
    asked = campaign("--set", "sending.send_at=tomorrow 10:00", "--amend")
    assert f"--set sending.send_at={moment}" in asked.err


def test_until_when_it_is_kept_is_told_whoever_asks_later(campaign, people, ovhcloud, cli, terminal):
    """An option of the run that began it is not given to `status`: the journal knows."""
    here = ovhcloud()
    people(2)
    screen = terminal("run", "spring.csv", *OPTIONS, "--send-at", "tomorrow 10:00")
    screen.wait_for("anything else to stop:")
    assert re.search(
        r"Type \w{4} to send 2 messages \(2 credits\), which leave on \w+day, \d{4}", screen.text
    )
    screen.type(re.findall(r"Type (\w{4}) to", screen.text)[0])
    assert screen.end() == 0
    words = "OVHcloud keeps what it has accepted until "
    assert words in screen.text
    kept = cli("status", "spring.csv", *OPTIONS)
    assert words in kept.err
    assert "`smscampaign cancel spring.csv`" in kept.err
    assert words in cli("receipts", "spring.csv", *OPTIONS).err
    assert words in campaign("--yes", "--send-at", "tomorrow 10:00").err
    here.world.clock.step(1)
    assert cli("cancel", "spring.csv", *OPTIONS, "--yes").code == 0
    assert words not in cli("status", "spring.csv", *OPTIONS).err
