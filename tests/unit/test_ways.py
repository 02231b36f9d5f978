"""The way to people: what is usual at each destination is decided once, whoever opens it."""

from __future__ import annotations

from dataclasses import astuple

import pytest

import smscampaign as sms
from smscampaign import ways
from smscampaign.errors import GatewayProblem
from smscampaign.settings.model import Settings


def settings(**given):
    return Settings.model_validate(given)


@pytest.mark.parametrize(
    ("place", "wanted", "pace"),
    [
        ("ovh-eu", None, 60),
        ("api.example.net", None, 60),
        ("sandbox", None, 0),
        ("loopback", None, 0),
        ("ovh-eu", 0, 0),
        ("ovh-eu", 30, 30),
        ("sandbox", 30, 30),
    ],
)
def test_the_usual_pace_is_the_places_unless_the_settings_say_otherwise(place, wanted, pace):
    given = settings(limits={} if wanted is None else {"calls_per_minute": wanted})
    assert ways.pace_at(place, given) == pace


def test_where_a_campaign_would_go_is_said_without_going_there(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("OVH_ENDPOINT", raising=False)
    assert ways.destination() == "ovh-eu"
    monkeypatch.setenv("OVH_ENDPOINT", "http://127.0.0.1:1/1.0")
    assert (ways.destination(), ways.destination(rehearsal=True)) == ("loopback", "sandbox")


def test_a_command_and_python_open_the_same(loopback, tmp_path):
    database = tmp_path / "spring.sandbox.sqlite"
    with ways.way_of(settings(), database, rehearsal=True) as command:
        said = (command.identity, command.settle, command.carrier.pace.limited, command.folder)
        left = astuple(command.account())
    with sms.sandbox(database) as python:
        assert (python.identity, python.settle, python.carrier.pace.limited, python.folder) == said
        assert astuple(python.account()) == left
    with ways.way_of(settings(), database, rehearsal=False) as command:
        said = (command.title, command.identity, command.settle, command.carrier.pace.limited)
    python = sms.ovhcloud()
    assert (python.title, python.identity, python.settle, python.carrier.pace.limited) == said
    assert said == ("SMS account sms-sb00001-1 at loopback", "loopback", 2.0, False)


def test_a_campaigns_pace_holds_for_all_that_is_asked_for_it():
    with sms.sandbox() as gateway:
        paced = gateway.of(settings(limits={"calls_per_minute": 30}))
        assert paced.carrier.pace.calls_per_minute == paced.carrier.api.pace.calls_per_minute == 30
        assert gateway.of(settings()) is gateway


def test_the_sender_of_what_is_rehearsed_is_taken_as_validated_and_stays_so():
    with sms.sandbox() as gateway:
        for name in ("MyShop", "Other"):
            gateway.of(settings(sender=name))
        assert {one.name for one in gateway.carrier.senders()} == {"MyShop", "Other", "Sandbox"}


def test_only_a_sandbox_shows_what_arrived(loopback):
    gateway = sms.ovhcloud()
    for look in (gateway.accepted, lambda: gateway.url):
        with pytest.raises(GatewayProblem, match="only a sandbox shows what arrived"):
            look()
