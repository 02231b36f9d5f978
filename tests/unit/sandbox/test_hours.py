"""When commercial messages leave."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscampaign.sandbox import Clock
from smscampaign.sandbox.hours import opening

CLOCK = Clock(zone="Europe/Paris")


@pytest.mark.parametrize(
    ("wanted", "leaves"),
    [
        ("2026-03-06T08:00:00", "2026-03-06T08:00:00+01:00"),  # a Friday
        ("2026-03-06T19:59:59", "2026-03-06T19:59:59+01:00"),
        ("2026-03-06T20:00:00", "2026-03-07T08:00:00+01:00"),
        ("2026-03-06T07:59:59", "2026-03-06T08:00:00+01:00"),
        ("2026-03-07T21:30:00", "2026-03-09T08:00:00+01:00"),  # Saturday evening to Monday
        ("2026-03-08T12:00:00", "2026-03-09T08:00:00+01:00"),  # Sunday
        ("2026-04-04T20:00:00", "2026-04-07T08:00:00+02:00"),  # before Easter Monday
        ("2026-05-01T12:00:00", "2026-05-02T08:00:00+02:00"),  # Labour Day
        ("2026-07-14T12:00:00", "2026-07-15T08:00:00+02:00"),  # the national holiday
        ("2026-12-25T00:00:00", "2026-12-26T08:00:00+01:00"),
        ("2026-03-28T23:00:00", "2026-03-30T08:00:00+02:00"),  # the night the clocks change
        ("2026-10-24T23:00:00", "2026-10-26T08:00:00+01:00"),
    ],
)
def test_the_next_open_slot(wanted, leaves):
    assert CLOCK.text(opening(CLOCK.parse(wanted), CLOCK)) == leaves


@given(st.floats(1_600_000_000, 2_200_000_000))
def test_what_is_held_leaves_at_eight_within_four_days_and_is_not_held_again(moment):
    leaves = opening(moment, CLOCK)
    assert moment <= leaves < moment + 5 * 86400
    assert leaves == moment or CLOCK.local(leaves).strftime("%H:%M:%S") == "08:00:00"
    assert opening(leaves, CLOCK) == leaves
