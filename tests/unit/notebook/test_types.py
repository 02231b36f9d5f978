"""What somebody's editor knows of the face: `mypy`, a step of `make check`, reads this module, and a test runs it."""

from decimal import Decimal
from pathlib import Path
from typing import assert_type

import pytest

import smscampaign as sms


def test_a_campaign_gives_plans_and_a_plan_runs(spring: Path) -> None:
    campaign = sms.Campaign.load(spring).correct({2: None})
    assert isinstance(assert_type(campaign, sms.Campaign), sms.Campaign)
    with sms.sandbox() as gateway:
        plan = campaign.plan(gateway)
        assert isinstance(assert_type(plan, sms.Plan), sms.Plan)
        assert isinstance(assert_type(plan.code_for(gateway), str), str)
        assert isinstance(assert_type(plan.deliver(gateway, confirm=""), sms.Run), sms.Run)


def test_one_message_has_a_report(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smscampaign.campaign.trials._folder", lambda: folder / "state")
    with sms.sandbox() as gateway:
        report = gateway.send("+33 7 99 00 00 01", "Hello", sender="MyShop", yes=True)
        assert len(assert_type(report.ids, tuple[int, ...])) == 1
        assert assert_type(report.credits_removed, Decimal) == 1
        assert assert_type(report.credits_left, Decimal | None) is not None


def test_a_gateway_is_no_text(spring: Path) -> None:
    with pytest.raises(sms.GatewayProblem, match="no gateway"):
        sms.Campaign.load(spring).plan("sandbox")  # type: ignore[arg-type]  # called unused by mypy if it were taken
