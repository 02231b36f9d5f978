"""Receipts as a function of the clock."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscampaign.sandbox import Sandbox
from smscampaign.sandbox.fates import BUFFERED, DELIVERED, FAILED, PENDING, PTTS, WAITING, chance, end, fate
from smscampaign.sandbox.store import Call

SETTINGS = Sandbox(receipt_delay=10)


def call(due: float = 1000.0) -> Call:
    return Call(
        first=1, call=1, count=1, account="a", created=1000.0, due=due, visible=0.0, tag="", sender="s", message="m",
        shown="m", units=1, parts=1, differed=0, validity=None, priority="high", credits="1", receivers="+1+",
    )  # fmt: skip


@given(st.integers(1, 10**12))
def test_a_message_is_pending_then_waiting_then_delivered(message):
    seen = [fate(call(), message, now=1000 + t / 4, settings=SETTINGS) for t in range(65)]
    order = list(dict.fromkeys(f.receipt for f in seen))
    assert order == [PENDING, WAITING, DELIVERED]
    assert {f.sent_at for f in seen} == {1000.0}
    assert 1005 <= seen[-1].delivered_at <= 1015
    assert all((f.delivered_at is not None) is (f.receipt == DELIVERED) for f in seen)
    assert {f.ptt for f in seen} <= set(PTTS)


def test_before_it_is_due_nothing_has_happened():
    early = fate(call(due=2000), 1, now=1999, settings=SETTINGS)
    assert (early.receipt, early.sent_at) == (PENDING, None)


def test_failures_have_the_share_that_was_set():
    settings = Sandbox(receipt_delay=1, failed_share=0.2)
    ends = [fate(call(), i, now=5000, settings=settings).receipt for i in range(5000)]
    assert set(ends) == {DELIVERED, FAILED}
    assert 0.17 < ends.count(FAILED) / 5000 < 0.23


def test_chance_is_spread_evenly_and_repeatable():
    values = [chance(100_000_001 + i, 7) for i in range(10_000)]
    assert values == [chance(100_000_001 + i, 7) for i in range(10_000)]
    assert min(values) >= 0
    assert max(values) < 1
    assert all(800 < sum(n / 10 <= v < (n + 1) / 10 for v in values) < 1200 for n in range(10))


MIX = Sandbox(receipt_delay=4, failed_share=0.2, unreachable_share=0.2, delayed_share=0.3, longest_delay=3600)


def test_a_mix_has_every_outcome_in_its_share():
    ends = [end(call(), i, MIX) for i in range(5000)]
    kinds = [(e.receipt, e.ptt, e.time > e.reported) for e in ends]
    shares = {kind: kinds.count(kind) / 5000 for kind in set(kinds)}
    assert shares == {
        (FAILED, 23, False): pytest.approx(0.2, abs=0.03),
        (FAILED, 24, True): pytest.approx(0.2, abs=0.03),
        (DELIVERED, 4, True): pytest.approx(0.3, abs=0.03),
        (DELIVERED, 4, False): pytest.approx(0.3, abs=0.03),
    }


@given(st.integers(1, 10**9), st.floats(0, 300_000))
def test_a_phone_that_is_off_is_buffered_until_the_end(message, later):
    last = end(call(), message, MIX)
    seen = fate(call(), message, now=1000 + later, settings=MIX)
    if last.reported <= 1000 + later < last.time:
        assert (seen.receipt, seen.ptt) == (BUFFERED, 24)
    assert (seen.receipt in {DELIVERED, FAILED}) is (1000 + later >= last.time)
    assert last.time <= 1000 + 2880 * 60


def test_validity_ends_what_is_late():
    short = replace(call(), validity=10)
    off = Sandbox(receipt_delay=0, unreachable_share=1)
    assert end(short, 1, off).time == 1600
    late = Sandbox(receipt_delay=0, delayed_share=1, longest_delay=1e6)
    assert {end(short, i, late).receipt for i in range(50)} == {FAILED}


def test_what_lapsed_before_it_could_leave_was_never_sent():
    lapsed = replace(call(due=2000), lapsed=1)
    assert fate(lapsed, 1, now=1999, settings=SETTINGS).receipt == PENDING
    seen = fate(lapsed, 1, now=2000, settings=SETTINGS)
    assert (seen.receipt, seen.ptt, seen.sent_at, seen.delivered_at) == (FAILED, 25, None, None)
