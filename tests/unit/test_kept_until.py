"""Until when OVHcloud keeps what it has accepted of a campaign."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from smscampaign.campaign.plans import Plan

SUNDAY = datetime(2026, 11, 29, 20, 0, tzinfo=UTC)
MONDAY_8 = datetime(2026, 11, 30, 7, 0, tzinfo=UTC)
MONDAY_10 = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("purpose", "country", "send_at", "gateway", "now", "until"),
    [
        ("marketing", "FR", None, "ovh-eu", SUNDAY, MONDAY_8),
        ("marketing", "FR", None, "ovh-eu", MONDAY_8, None),
        ("marketing", "FR", "2026-11-30T06:00:00+01:00", "ovh-eu", SUNDAY, MONDAY_8),
        ("marketing", "FR", "2026-11-30T10:00:00+01:00", "ovh-eu", SUNDAY, MONDAY_10),
        ("marketing", "PL", None, "ovh-eu", SUNDAY, None),
        ("transactional", "FR", None, "ovh-eu", SUNDAY, None),
        ("transactional", "FR", "2026-11-30T10:00:00+01:00", "ovh-eu", SUNDAY, MONDAY_10),
        ("transactional", "FR", "2026-11-30T10:00:00+01:00", "ovh-eu", MONDAY_10, None),
    ],
)
def test_by_its_moment_and_by_the_hours_of_france(purpose, country, send_at, gateway, now, until):
    inputs = SimpleNamespace(gateway=gateway, settings={"purpose": purpose, "sending": {"send_at": send_at}})
    plan = Plan(
        campaign=None,
        store=SimpleNamespace(clock=lambda: now),
        record=SimpleNamespace(inputs=inputs, begun_at=SUNDAY),
        summary=SimpleNamespace(countries=[SimpleNamespace(country=country)]),
    )
    assert plan.kept_until() == until
