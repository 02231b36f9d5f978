"""A run that pauses by itself: why, what became of the rest, and how it goes on."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal

import pytest

from smscampaign.sandbox import Fault, FaultKind

from .conftest import number

ONE_BY_ONE = ("--calls-at-once", 1)


def told(here):
    return Counter(row["receiver"] for row in here.accepted())


def all_of(count):
    return {number(n): 1 for n in range(count)}


def squeezed(text):
    return " ".join(text.split())


def test_credits_that_run_out_stop_at_once_and_the_rest_waits(campaign, cli, people, ovhcloud):
    here = ovhcloud()
    people(10)
    here.add_faults(Fault(FaultKind.NO_CREDITS, nth=4))
    paused = campaign("--yes", *ONE_BY_ONE)
    assert paused.code == 1
    assert "Stopped: 403: Not enough credits" in squeezed(paused.err)
    assert "When that is put right: smscampaign run spring.csv" in squeezed(paused.err)
    assert len(told(here)) == 3
    status = cli("status", "spring.csv")
    assert "Paused on" in status.err
    assert "Not enough credits" in squeezed(status.err)
    shown = json.loads(cli("status", "spring.csv", "--json").out)
    assert shown["paused"].startswith("403: Not enough credits")
    here.clear_faults()
    short = campaign("--yes")
    assert short.code == 2
    assert "not enough credits: 0 left, and what is to be sent takes 7" in squeezed(short.err)
    here.world.store.set_credits(here.account, Decimal(7))
    assert campaign("--yes").code == 0
    assert told(here) == all_of(10)
    assert "Paused" not in cli("status", "spring.csv").err
    assert json.loads(cli("status", "spring.csv", "--json").out)["paused"] is None


def test_a_bill_that_is_not_the_forecast_pauses_until_somebody_has_looked(campaign, people, ovhcloud):
    here = ovhcloud()
    people(6)
    here.add_faults(Fault(FaultKind.WRONG_TOTALS))
    paused = campaign("--yes", *ONE_BY_ONE)
    assert paused.code == 1
    assert "OVHcloud charged 2 credits for the call" in squeezed(paused.err)
    assert "its forecast was 1 (1 accepted × 1 part)" in squeezed(paused.err)
    assert sum(told(here).values()) in {1, 2}  # one more may lie ready
    went_on = campaign("--yes", "--no-brake-bill")
    assert went_on.code == 0
    assert told(here) == all_of(6)


def test_the_floor_keeps_credits_on_the_account(campaign, people, ovhcloud):
    here = ovhcloud(credits=Decimal(100))
    people(10)
    paused = campaign("--yes", "--brake-floor", 96, *ONE_BY_ONE)
    assert paused.code == 1
    assert "95 credits left, and the floor is 96" in squeezed(paused.err)
    assert 5 <= sum(told(here).values()) <= 6
    assert campaign("--yes").code == 0
    assert told(here) == all_of(10)


def test_calls_that_are_refused_one_after_the_other_pause_before_anything_was_sent(
    campaign, people, ovhcloud
):
    here = ovhcloud()
    people(40)
    text = "See https://example.com {{ name }}"  # which a short number may not carry
    paused = campaign("--yes", "--sender", "", "--message", text, "--calls-at-once", 1)
    assert paused.code == 2
    assert "12 calls in a row were refused" in squeezed(paused.err)
    assert not told(here)


def test_doubts_in_a_row_pause_and_the_next_run_asks_first(campaign, people, ovhcloud):
    here = ovhcloud()
    people(20)
    here.add_faults(Fault(FaultKind.DROP_AFTER))
    paused = campaign("--yes", "--brake-doubts", 3, *ONE_BY_ONE, "--settle", 0)
    assert paused.code == 1
    assert "3 calls in a row got no clear answer" in squeezed(paused.err)
    assert 3 <= len(told(here)) <= 5
    here.clear_faults()
    assert campaign("--yes", "--settle", 0).code == 0
    assert told(here) == all_of(20)


@pytest.mark.parametrize("retry_after", [None, 1])
def test_too_many_requests_slow_it_down_and_nobody_is_lost(campaign, people, ovhcloud, retry_after):
    here = ovhcloud()
    people(6)
    here.add_faults(Fault(FaultKind.STATUS, status=429, retry_after=retry_after, times=2))
    assert campaign("--yes", "--pace", 600).code == 0
    assert told(here) == all_of(6)


@pytest.mark.parametrize(
    ("option", "value"),
    [("--brake-share", 0), ("--brake-share", 1.5), ("--brake-floor", -1), ("--brake-doubts", "many")],
)
def test_thresholds_that_make_no_sense(campaign, people, option, value):
    people(1)
    wrong = campaign(option, value, "--dry-run")
    assert wrong.code == 2
    assert option in wrong.err
