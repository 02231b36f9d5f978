"""Calls per minute, with a clock that only moves when somebody sleeps."""

from __future__ import annotations

import threading

import pytest

from smscampaign.gateway.pace import Pace, opening


class Time:
    def __init__(self):
        self.now, self.slept = 1000.0, []

    def clock(self):
        return self.now

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def time():
    return Time()


def pace(calls_per_minute, time):
    return Pace(calls_per_minute, clock=time.clock, sleep=time.sleep)


def test_the_first_call_waits_for_nothing_and_the_others_are_spaced_evenly(time):
    paced = pace(30, time)
    for _ in range(4):
        paced.wait()
    assert time.slept == [2, 2, 2]
    assert paced.limited


def test_what_is_asked_before_the_first_message_waits_for_nothing(time):
    paced = Pace(60, opening=opening(60), clock=time.clock, sleep=time.sleep)
    for _ in range(18):
        paced.wait()
    assert time.slept == [1, 1]  # 15 at once, the next one too, and two that are spaced


@pytest.mark.parametrize(("asked", "at_once"), [(0, 0), (3, 0), (5, 1), (60, 15), (6000, 15)])
def test_the_opening_is_a_quarter_of_a_minute_at_most(asked, at_once):
    assert opening(asked) == at_once


@pytest.mark.parametrize("end", [lambda one: one.slower(), lambda one: one.share(lambda _: 0.0)])
def test_no_opening_is_left_after_a_429_or_beside_other_machines(time, end):
    paced = Pace(60, opening=15, clock=time.clock, sleep=time.sleep)
    paced.wait()
    end(paced)
    paced.wait()
    paced.wait()
    assert sum(time.slept) >= 1


def test_a_pause_is_not_made_up_for_by_a_burst(time):
    paced = pace(60, time)
    paced.wait()
    time.now += 100
    for _ in range(3):
        paced.wait()
    assert time.slept == [1, 1]


def test_no_limit_is_no_wait(time):
    paced = pace(0, time)
    for _ in range(100):
        paced.wait()
    assert (time.slept, paced.due(), paced.limited) == ([], 0, False)


def test_due_tells_how_long_without_taking_a_turn(time):
    paced = pace(60, time)
    assert paced.due() == 0
    paced.wait()
    assert paced.due() == paced.due() == 1
    time.now += 0.25
    assert paced.due() == 0.75
    time.now += 5
    assert paced.due() == 0


def test_threads_share_one_pace():
    turns, lock = [], threading.Lock()

    def sleep(seconds):
        with lock:
            turns.append(round(seconds, 6))

    paced = Pace(60, clock=lambda: 0.0, sleep=sleep)
    threads = [threading.Thread(target=paced.wait) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(turns) == [1, 2, 3, 4, 5, 6, 7]


def test_a_429_halves_the_pace_once_for_all_calls_that_were_under_way(time):
    paced = pace(60, time)
    for _ in range(4):
        paced.slower()
    assert paced.calls_per_minute == 30
    time.now += 2
    paced.slower()
    assert paced.calls_per_minute == 15


def test_it_never_stands_still_and_never_exceeds_what_was_asked(time):
    paced = pace(60, time)
    for _ in range(20):
        time.now += 100
        paced.slower()
    assert paced.calls_per_minute == 60 / 16
    paces = []
    for _ in range(100):
        paced.faster()
        paces.append(paced.calls_per_minute)
    assert paces[0] == pytest.approx(60 / 16 * 1.05)
    assert paces == sorted(paces)
    assert paces[-1] == 60


def test_after_a_429_all_threads_rest_as_long_as_was_asked(time):
    paced = pace(60, time)
    paced.wait()
    paced.slower(30.0)
    assert paced.due() == 30
    paced.wait()
    paced.wait()
    assert time.slept == [30, 2]


def test_without_a_limit_a_429_slows_nothing_down(time):
    paced = pace(0, time)
    paced.slower(30.0)
    paced.faster()
    paced.wait()
    assert (time.slept, paced.calls_per_minute) == ([], 0)


def test_somebody_elses_sleep_may_end_early(time):
    paced, naps = pace(60, time), []
    paced.wait(naps.append)
    paced.wait(naps.append)
    assert (naps, time.slept) == ([1], [])


def test_turns_are_taken_where_several_machines_share_them(time):
    asked = []

    def turns(interval):
        asked.append(interval)
        return 7.0

    paced = Pace(60, turns=turns, clock=time.clock, sleep=time.sleep)
    paced.wait()
    paced.slower()
    paced.wait()
    assert asked == [1, 2]
    assert time.slept == [7, 7]
    assert paced.due() == 2


def test_turns_are_not_taken_without_a_limit(time):
    Pace(0, turns=lambda _: pytest.fail("asked"), clock=time.clock, sleep=time.sleep).wait()
