"""A dry run does not say "this sends it" where `run` would refuse: it says what stands in the way."""

from __future__ import annotations

import pytest


def test_a_time_that_is_past_is_told_instead_of_the_command(campaign, people):
    people(1)
    past = campaign("--dry-run", "--send-at", "2020-03-06T10:00+01:00")
    assert "This sends it" not in past.err
    assert "2020-03-06 10:00 +01:00 is past: it would leave at once" in past.err
    assert "--send-at" in past.err
    ahead = campaign("--dry-run", "--send-at", "2999-03-06T10:00+01:00")
    assert "This sends it" in ahead.err


@pytest.mark.parametrize("limit", [(), ("--limit", 1)])
def test_a_first_slice_that_cannot_be_judged_is_refused_here_too(campaign, people, limit):
    people(3)
    more = limit or ("--send-at", "2999-03-06T10:00+01:00")
    ended = campaign("--dry-run", "--ramp", 1, *more)
    assert (ended.code, "This sends it" in ended.err, "--ramp" in ended.err) == (2, False, True)


def test_a_cancelled_campaign_is_refused_here_too(campaign, people, cli, ovhcloud):
    ovhcloud()
    people(3)
    assert campaign("--yes", "--limit", 1).code == 1
    cli("cancel", "spring.csv", "--yes")
    ended = campaign("--dry-run")
    assert (ended.code, "This sends it" in ended.err, "was cancelled on" in ended.err) == (2, False, True)


def test_what_people_had_before_stands_in_the_way_unless_it_is_to_be_sent_again(campaign, people, ovhcloud):
    ovhcloud()
    people(2)
    assert campaign("--yes").code == 0
    people(2, name="other.csv")
    ended = campaign("--dry-run", file="other.csv")
    assert (ended.code, "This sends it" in ended.err) == (0, False)
    assert "Nothing was sent, and without --send-again nothing would be." in ended.err
    assert "This sends it" in campaign("--dry-run", "--send-again", file="other.csv").err
