"""Time in the sandbox."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


def moving() -> tuple[Clock, list[float]]:
    real = [1000.0]
    return Clock(real=lambda: real[0]), real


def test_it_is_set_and_runs_on_from_there():
    clock, real = moving()
    clock.set(5000)
    real[0] += 10
    assert clock.now() == 5010
    assert clock.offset == 4000


def test_it_hurries_without_a_jump():
    clock, real = moving()
    clock.step(500)
    clock.hurry(600)
    assert clock.now() == 1500
    real[0] += 2
    assert clock.now() == 2700
    clock.step(-100)
    clock.hurry(1)
    real[0] += 1
    assert clock.now() == 2601


def test_at_speed_nought_it_stands_still():
    clock, real = moving()
    clock.hurry(0)
    real[0] += 100
    assert clock.now() == 1000


@given(st.lists(st.tuples(st.sampled_from(["step", "hurry", "wait"]), st.floats(0, 1000)), max_size=8))
def test_restored_it_runs_on_as_if_it_had_never_stopped(turns):
    clock, real = moving()
    for verb, value in turns:
        if verb == "wait":
            real[0] += value
        else:
            getattr(clock, verb)(value)
    other = Clock(real=lambda: real[0] + 7)
    other.restore(json.loads(json.dumps(clock.state())))
    real[0] += 7
    assert clock.now() == pytest.approx(Clock.now(other) - 7 * clock.speed)


@pytest.mark.parametrize(
    ("verb", "value"),
    [
        ("step", 1e300),
        ("step", float("nan")),
        ("step", -2000),
        ("set", -1),
        ("set", 1e12),
        ("hurry", -1),
        ("hurry", 1e9),
    ],
)
def test_what_no_clock_does_is_refused_and_changes_nothing(verb, value):
    clock, _ = moving()
    with pytest.raises(ValueError, match=r"clock|speed"):
        getattr(clock, verb)(value)
    assert clock.now() == 1000


@pytest.mark.parametrize("speed", [0.0, 0.5, 1.0, 600.0])
def test_a_client_that_read_the_time_once_stays_within_what_is_accepted(speed):
    clock, real = moving()
    clock.hurry(speed)
    ahead = clock.now() - real[0]
    for _ in range(100):
        real[0] += 7
        assert clock.earliest() <= real[0] + ahead <= clock.latest()


def test_a_step_is_outside_of_it():
    clock, real = moving()
    ahead = clock.now() - real[0]
    clock.step(3600)
    assert real[0] + ahead < clock.earliest()
