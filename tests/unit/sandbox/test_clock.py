"""Time in the sandbox."""

from __future__ import annotations

import pytest

from smscampaign.sandbox import Clock
from smscampaign.sandbox.clock import utc


def test_it_is_real_time_plus_an_offset():
    clock = Clock(real=lambda: 1000.0)
    assert clock.now() == 1000
    clock.step(60)
    clock.step(-10)
    assert clock.now() == 1050


@pytest.mark.parametrize(
    ("moment", "zone", "text"),
    [
        (1_772_794_800, "Europe/Paris", "2026-03-06T12:00:00+01:00"),
        (1_783_418_400, "Europe/Paris", "2026-07-07T12:00:00+02:00"),
        (1_772_794_800, "Nowhere/Nothing", "2026-03-06T11:00:00+00:00"),
    ],
)
def test_dates_carry_their_offset_and_come_back(moment, zone, text):
    clock = Clock(real=lambda: moment, zone=zone)
    assert clock.text(clock.now()) == text
    assert clock.parse(text) == moment


def test_a_date_without_an_offset_is_local():
    assert Clock(zone="Europe/Paris").parse("2026-03-06T12:00:00") == 1_772_794_800


def test_the_record_is_in_utc():
    assert utc(1_772_794_800.5) == "2026-03-06T11:00:00.500Z"
