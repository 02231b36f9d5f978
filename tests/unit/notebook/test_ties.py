"""A rehearsal is tied to the sandbox it went to: what that one never got, no journal calls accepted."""

from __future__ import annotations

import os
import shutil

import pytest

import smscampaign as sms
from smscampaign.model import Status

PEOPLE = 6


@pytest.fixture
def campaign(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    rows = "".join(f"P{n},+3361234{n:04d}\n" for n in range(PEOPLE))
    (tmp_path / "people.csv").write_text(f"name,mobile\n{rows}", "utf-8")
    return sms.Campaign(
        "people.csv", message="Hi {{ name }}", purpose="transactional", region="FR", sender="Sandbox"
    )


def delivered(campaign, database) -> tuple[int, int]:
    """How many are called accepted, and how many the sandbox has."""
    with sms.sandbox(database) as gateway:
        plan = campaign.plan(gateway)
        run = plan.deliver(gateway, confirm=plan.code_for(gateway))
        return run.tally.messages[Status.ACCEPTED], len(gateway.accepted())


def made_anew() -> None:
    os.unlink("box.sqlite")
    with sms.sandbox("box.sqlite"):
        pass


def another() -> None:
    with sms.sandbox("other.sqlite"):
        pass
    os.replace("other.sqlite", "box.sqlite")


def older_copy() -> None:
    shutil.copy("old.sqlite", "box.sqlite")


@pytest.mark.parametrize("change", [made_anew, another, older_copy])
def test_a_sandbox_that_does_not_know_it_gets_it(campaign, change) -> None:
    with sms.sandbox("box.sqlite"):
        pass
    shutil.copy("box.sqlite", "old.sqlite")
    assert delivered(campaign, "box.sqlite") == (PEOPLE, PEOPLE)
    assert delivered(campaign, "box.sqlite") == (PEOPLE, PEOPLE)  # the same: nothing is sent twice
    change()
    assert delivered(campaign, "box.sqlite") == (PEOPLE, PEOPLE)


def test_its_keys_are_shown_nowhere(campaign) -> None:
    with sms.sandbox() as gateway:
        shown = repr(gateway) + repr(gateway.rehearsal) + repr(gateway.rehearsal.here)
        for key in (gateway.rehearsal.here.application_secret, gateway.rehearsal.here.consumer_key):
            assert key not in shown
