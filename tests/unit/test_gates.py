"""Gates: one list in one order, asked by both front ends and by the run itself under the lock."""

from __future__ import annotations

import pytest

import smscampaign as sms
from smscampaign.advice.findings import Finding, Severity
from smscampaign.campaign import gates, launch
from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.editions import planned
from smscampaign.campaign.gates import GateFacts
from smscampaign.campaign.launch import LaunchOptions
from smscampaign.cli.app import run_app
from smscampaign.errors import CampaignError, ChangedInputs, JournalProblem, SettingsProblem
from smscampaign.gateway.fake import FakeGateway
from smscampaign.gateway.pace import Pace
from smscampaign.journal.store import open_journal
from smscampaign.sandbox import running

MESSAGE = "Dear {first_name}"  # what the linter calls an error
OPTIONS = {"message": MESSAGE, "purpose": "transactional", "region": "FR"}
PEOPLE = "first_name,mobile\n" + "".join(f"P{n},07 99 00 00 {n:02d}\n" for n in range(10, 14))


@pytest.fixture
def file(tmp_path, monkeypatch):
    for name in ("HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    path = tmp_path / "spring.csv"
    path.write_text(PEOPLE, "utf-8")
    return path


@pytest.fixture
def store(file):
    opened = open_journal(file.with_name("spring.journal.sqlite"))
    yield opened
    opened.close()


@pytest.fixture
def here(monkeypatch):
    with running() as sandbox:
        for name, value in sandbox.environment().items():
            monkeypatch.setenv(name, value)
        yield sandbox


def by_command(file, *more, limit=()):
    words = [word for name, value in OPTIONS.items() for word in (f"--{name}", value)]
    return run_app(["run", str(file), *words, "--pace", "0", "--yes", *limit, *more])


def in_a_notebook(file, *more, limit=()):
    ignored = more[1:] if "--ignore" in more else None
    plan = sms.Campaign.load(file, **OPTIONS, pace=0, strict="--strict" in more, ignore=ignored).plan()
    try:
        run = plan.deliver(sms.ovhcloud(pace=0), confirm=plan.code, limit=int(limit[1]) if limit else None)
    except sms.CampaignError:
        return 2
    return 1 if run.tally.messages.get("pending") else 0


@pytest.mark.parametrize("begin", [by_command, in_a_notebook])
@pytest.mark.parametrize("resume", [by_command, in_a_notebook])
def test_both_front_ends_refuse_a_begun_campaign_that_becomes_strict(file, here, begin, resume, capsys):
    assert begin(file, "--ignore", "SMS003", limit=("--limit", "1")) == 1
    assert resume(file, "--strict") == 2
    assert len(list(here.accepted())) == 1
    assert resume(file) == 0
    assert len(list(here.accepted())) == 4


def test_the_run_itself_asks_under_the_lock(file, store):
    plan = planned(Campaign.load(file, options={**OPTIONS, "limits.strict": True}), store, gateway="fake")
    gateway = FakeGateway()
    options = LaunchOptions(pace=Pace(0))
    with pytest.raises(SettingsProblem, match="SMS003"):
        launch.deliver(plan, gateway, options, confirm=plan.code)
    file.write_text(PEOPLE + "P,07 99 00 00 20\n", "utf-8")
    with pytest.raises(ChangedInputs, match="file: was another content"):
        launch.deliver(plan, gateway, options, confirm=plan.code)
    assert gateway.calls == []
    assert not store.find("spring").begun_at


def test_what_the_front_end_has_found_is_not_looked_for_twice(file, store, monkeypatch):
    plan = planned(Campaign.load(file, options={**OPTIONS, "limits.strict": True}), store, gateway="fake")
    found = gates.of(plan, GateFacts())
    assert [one.code for one in gates.stops(found)] == ["strict"]
    monkeypatch.setattr(gates, "check", lambda *_, **__: pytest.fail("it was looked for again"))
    assert gates.of(plan, GateFacts().knowing(found)) == found


def test_findings_come_in_the_order_of_the_gates(file, store):
    later = {"sending.send_at": "2020-03-06T10:00+01:00", "ramp.first": "1"}
    plan = planned(
        Campaign.load(file, options={**OPTIONS, **later, "limits.strict": True}), store, gateway="fake"
    )
    found = gates.of(plan, GateFacts(limit=2))
    assert [one.code for one in found if one.severity is Severity.STOP] == [
        "first-slice",
        "past-moment",
        "strict",
    ]
    with pytest.raises(SettingsProblem, match="first slice"):
        gates.refuse(found)


@pytest.mark.parametrize(
    ("cell", "code"),
    [("{prénom}", "SMS003"), ("nan", "SMS003"), ("JosÃ©", "SMS016"), ("Jos\ufffd", "SMS016")],
)
def test_what_is_certainly_damaged_is_sent_by_no_run_that_does_not_ignore_it(file, store, cell, code):
    file.write_text(PEOPLE + f"{cell},07 99 00 00 20\n", "utf-8")
    options = {**OPTIONS, "message": "Dear {{ first_name }}"}
    plan = planned(Campaign.load(file, options=options), store, gateway="fake")
    (stop,) = gates.stops(gates.of(plan, GateFacts()))
    assert (stop.code, stop.overruled_by, stop.where) == (
        "damaged-texts",
        f"--ignore {code}",
        "spring.csv, row 6",
    )
    with pytest.raises(SettingsProblem, match=code) as caught:
        launch.deliver(plan, FakeGateway(), LaunchOptions(pace=Pace(0)), confirm=plan.code)
    assert f'ignore = ["{code}"] under [lint]' in caught.value.remedy
    forced = Campaign.load(file, options={**options, "lint.ignore": [code]})
    assert gates.stops(gates.of(planned(forced, store, gateway="fake"), GateFacts())) == []


def test_damaged_letters_are_found_behind_the_texts_that_are_looked_at(file, store, monkeypatch):
    monkeypatch.setattr(gates.preview, "LOOKED_AT", 2)
    file.write_text(PEOPLE + "Łukasz,07 99 00 00 20\nJosÃ©,07 99 00 00 21\n", "utf-8")
    options = {**OPTIONS, "message": "Dear {{ first_name }}"}
    plan = planned(Campaign.load(file, options=options), store, gateway="fake")
    (stop,) = gates.stops(gates.of(plan, GateFacts()))
    assert (stop.code, stop.where) == ("damaged-texts", "spring.csv, row 7")
    assert "SMS016, 1 message" in stop.what


def test_every_stop_has_an_error_of_its_own_kind(file, store):
    plan = planned(Campaign.load(file, options=OPTIONS), store, gateway="fake")
    assert [one.code for one in gates.stops(gates.of(plan, GateFacts()))] == ["damaged-texts"]
    for code in gates.ERRORS:
        with pytest.raises(CampaignError):
            gates.refuse([Finding(code, Severity.STOP, "it is so")])
    gates.refuse([Finding("strict", Severity.WARNING, "it is so")])


def test_a_campaign_of_another_name_in_the_files_journal_stops_both(file, store):
    ignoring = {**OPTIONS, "lint.ignore": ["SMS003"]}
    plan = planned(Campaign.load(file, options=ignoring), store, gateway="fake")
    launch.deliver(plan, FakeGateway(), LaunchOptions(pace=Pace(0), limit=1), confirm=plan.code)
    with pytest.raises(JournalProblem, match="holds the campaign 'spring'"):
        planned(Campaign.load(file, options={**OPTIONS, "name": "other"}), store, gateway="fake")
