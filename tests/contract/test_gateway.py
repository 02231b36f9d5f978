"""What every implementation of the seam `Gateway` does: the fake in memory, and OVHcloud's adapter over real signed HTTP."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from smscampaign import sandbox
from smscampaign.model import Chunk, Purpose, Terms

# Two ranges that Germany's regulator keeps for films; they pass as real numbers everywhere.
NUMBERS = tuple(f"{start}{n:02d}" for start in ("+4917139200", "+49176040690") for n in range(100))


@pytest.fixture
def here():
    with sandbox.running() as running:
        yield running


def chunk(tag="tag-1", receivers=NUMBERS[:3], body="Hello €"):
    return Chunk(tag, "Sandbox", body, tuple(receivers), Terms(Purpose.TRANSACTIONAL))


def now():
    return datetime.now(UTC)


def test_an_account_says_what_is_left_and_whether_it_is_usable(gateway):
    account = gateway.account()
    assert (account.status, bool(account.name)) == ("enable", True)
    assert isinstance(account.credits_left, Decimal)
    assert abs(gateway.ahead) < timedelta(minutes=1)


def test_a_rate_is_exact(gateway):
    rate = gateway.rate("DE")
    assert isinstance(rate, Decimal)
    assert rate > 0


def test_its_calls_are_paid_from_its_account(gateway):
    before = gateway.account().credits_left
    mine = Chunk("tag-1", "Sandbox", "Hello", NUMBERS[:3], Terms(Purpose.TRANSACTIONAL))
    *_, outcome = gateway.transport.steps(mine, ())
    assert gateway.account().credits_left == before - outcome.credits < before
