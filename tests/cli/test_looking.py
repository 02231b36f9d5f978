"""The commands that look around, and those that start and stop: the sandbox, and Ctrl-C."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import time
import tomllib
from datetime import UTC, datetime, timedelta

import pytest

from smscampaign import sandbox
from smscampaign.sandbox.mailbox import Reply

from .conftest import OPTIONS, command, lines, number


def test_status_of_a_campaign_half_sent(campaign, people, ovhcloud, cli):
    people(3, more="Lost,12")
    ovhcloud()
    campaign("--yes", "--limit", "1")
    ended = cli("status", "spring.csv")
    assert ended.code == 0
    assert [
        line.split() for line in ended.out.splitlines() if line[:8] in ("accepted", "pending ", "rejected")
    ] == [
        ["rejected", "1", "███████▌"],
        ["pending", "2", "███████████████"],
        ["accepted", "1", "███████▌"],
    ]
    assert "`run` goes on" in ended.err
    found = json.loads(cli("status", "spring.csv", "--json").out)
    assert found["messages"] == {"rejected": 1, "pending": 2, "accepted": 1}


def test_status_without_a_campaign(cli, people):
    people()
    ended = cli("status", "spring.csv")
    assert ended.code == 2
    assert "Error: " in ended.err


def test_a_rehearsal_whose_sandbox_is_gone_is_over_and_what_is_said_to_do_works(
    campaign, people, cli, folder
):
    people(3)
    campaign("--sandbox", "--yes", "--limit", 1)
    assert "`run` goes on" in cli("status", "spring.csv", "--sandbox").err
    gone = folder / ".sandbox" / "spring.sandbox.sqlite"
    gone.unlink()
    status = cli("status", "spring.csv", "--sandbox")
    assert status.code == 0
    assert "`run` goes on" not in status.err
    said, copied = (one.strip() for one in status.err.splitlines())
    assert said == "The sandbox of this rehearsal is gone, and with it what was sent. To rehearse anew:"
    for asking, *more in (
        ("receipts",),
        ("reconcile",),
        ("reconcile", "--resend", "--all"),
        ("cancel",),
        ("cancel", "--yes"),
    ):
        refused = cli(asking, "spring.csv", "--sandbox", *more)
        assert refused.code == 2
        assert "the sandbox of this rehearsal is gone" in refused.err
        assert refused.err.splitlines()[-1].strip() == copied
        assert not gone.exists(), "another sandbox would pass for the one that has the messages"
    anew = cli(*shlex.split(copied.partition("smscampaign ")[2]), "--yes")
    assert anew.code == 0, anew.err
    assert "accepted 3" in anew.words
    assert gone.exists()


@pytest.mark.parametrize(("sent", "looked"), [((), ("--sandbox",)), (("--sandbox",), ())])
def test_status_names_the_other_journal_only_where_something_has_begun(
    campaign, people, ovhcloud, cli, sent, looked
):
    people(2)
    ovhcloud()
    remedy = "There is one of a real run" if looked else "There is one of a rehearsal"
    campaign(*sent)  # planned, and nobody said yes
    assert remedy not in cli("status", "spring.csv", *looked).err
    campaign(*sent, "--yes", "--limit", 1)
    assert remedy in cli("status", "spring.csv", *looked).err


def test_reconcile_finds_what_was_cut_off(campaign, people, ovhcloud, cli, folder, once_called):
    people(2)
    here = ovhcloud()
    once_called(
        here,
        sandbox.Fault(sandbox.FaultKind.DROP_AFTER, nth=1),
        sandbox.Fault(sandbox.FaultKind.STATUS, route="GET /sms/*/outgoing", status=500),
    )
    assert campaign("--yes", "--settle", "0").code == 1
    here.clear_faults()
    ended = cli("reconcile", "spring.csv", "--settle", "0")
    assert ended.code == 0, ended.err
    assert {row["sms_status"] for row in lines(folder / "spring.results.csv")} == {"accepted"}
    assert len(list(here.accepted())) == 2


def test_receipts_name_every_message(campaign, people, ovhcloud, cli, folder):
    people(3)
    ovhcloud(receipt_delay=0)
    campaign("--yes")
    ended = cli("receipts", "spring.csv")
    assert ended.code == 0, ended.err
    rows = lines(folder / "spring.results.csv")
    assert {row["sms_delivery"] for row in rows} == {"delivered"}
    assert len({row["sms_id"] for row in rows}) == 3
    assert all(row["sms_delivered_at"].endswith("Z") for row in rows)


def test_accounts_and_senders(ovhcloud, cli):
    ovhcloud(accounts=2, senders=("Sandbox", "Flore"))
    ended = cli("accounts")
    assert ended.code == 0
    assert "sms-sb00001-1" in ended.out
    assert "sms-sb00001-2" in ended.out
    assert [one["account"] for one in json.loads(cli("accounts", "--json").out)] == [
        "sms-sb00001-1",
        "sms-sb00001-2",
    ]
    assert cli("senders").code == 2
    assert "Flore" in cli("senders", "--account", "sms-sb00001-1").out


def test_accounts_with_the_three_rights_of_the_php_guide(ovhcloud, cli):
    rules = (("GET", "/sms"), ("GET", "/sms/*/jobs"), ("POST", "/sms/*/jobs"))
    ovhcloud(credentials=(sandbox.Credential(rules=rules),))
    ended = cli("accounts")
    assert ended.code == 0, ended.err
    assert "sms-sb00001-1" in ended.out
    assert "GET /sms/*" in ended.err


def test_a_deferred_message_is_among_the_jobs(campaign, people, ovhcloud, cli):
    people(1)
    ovhcloud()
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    assert campaign("--yes", "--send-at", tomorrow.isoformat(timespec="minutes")).code == 0
    (job,) = json.loads(cli("jobs", "--json").out)
    assert (job["receiver"], job["message"]) == (number(0), "Hello Person 0")
    assert number(0) in cli("jobs").out
    assert f"{number(0)}  {tomorrow.astimezone():%Y-%m-%d %H:%M}" in cli("jobs").out


def test_jobs_with_the_three_rights_of_the_php_guide_are_ids(campaign, people, ovhcloud, cli, monkeypatch):
    people(2)
    rules = (("GET", "/sms"), ("GET", "/sms/*/jobs"), ("POST", "/sms/*/jobs"))
    ovhcloud(credentials=(sandbox.Credential(), sandbox.Credential(consumer_key="three", rules=rules)))
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    assert campaign("--yes", "--send-at", tomorrow.isoformat(timespec="minutes")).code == 0
    whole = json.loads(cli("jobs", "--json").out)
    monkeypatch.setenv("OVH_CONSUMER_KEY", "three")
    ended = cli("jobs", "--json")
    assert ended.code == 0, ended.err
    assert [job["id"] for job in json.loads(ended.out)] == [job["id"] for job in whole]
    assert "GET /sms/*/jobs/*" in ended.err


def test_one_job_is_deleted_by_its_id(campaign, people, ovhcloud, cli):
    people(2)
    here = ovhcloud()
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    assert campaign("--yes", "--send-at", tomorrow.isoformat(timespec="minutes")).code == 0
    first, second = json.loads(cli("jobs", "--json").out)
    ended = cli("jobs", "--delete", first["id"])
    assert (ended.code, ended.out) == (0, ""), ended.err
    assert "never leaves" in ended.err
    assert [job["id"] for job in json.loads(cli("jobs", "--json").out)] == [second["id"]]
    assert here.world.store.marked("cancelled") == 1
    again = cli("jobs", "--delete", first["id"])
    assert again.code == 2
    assert "does not wait" in again.err


def test_what_people_answered_comes_newest_first(ovhcloud, cli):
    here = ovhcloud()
    assert cli("replies").err.strip() == "Nobody has answered."
    for place, text in enumerate(["Yes, please", "STOP"]):
        now = here.world.clock.now()
        here.world.store.mail.add(Reply(0, here.account, now, number(place), text, "spring-1", None))
    answers = json.loads(cli("replies", "--json").out)
    assert [(one["from"], one["message"]) for one in answers] == [
        (number(1), "STOP"),
        (number(0), "Yes, please"),
    ]
    assert "Yes, please" in cli("replies").out


def test_a_sender_is_asked_for_and_waits_for_its_review(ovhcloud, cli):
    ovhcloud(senders=("Sandbox",))
    ended = cli("senders", "--add", "Flore", "--reason", "Reminders of a flower shop", "--json")
    assert ended.code == 0, ended.err
    assert [(one["sender"], one["status"]) for one in json.loads(ended.out)] == [
        ("Sandbox", "enable"),
        ("Flore", "waitingValidation"),
    ]
    again = cli("senders", "--add", "Flore")
    assert again.code == 2
    assert "already exists" in again.err


def test_rates_are_asked_for_without_keys_and_remembered_for_dry_runs(
    campaign, people, ovhcloud, cli, monkeypatch
):
    people(1)
    ovhcloud()
    for name in ("OVH_APPLICATION_KEY", "OVH_APPLICATION_SECRET", "OVH_CONSUMER_KEY"):
        monkeypatch.delenv(name)
    assert "unknown" in campaign("--dry-run").out
    ended = cli("rates", "fr", "PL")
    assert ended.code == 0, ended.err
    assert [line.split() for line in ended.out.splitlines()[1:]] == [["FR", "1"], ["PL", "0.4"]]
    assert "unknown" not in campaign("--dry-run").out


def test_estimate(cli):
    found = json.loads(cli("estimate", "Ça va ?", "--json").out)
    assert [(one["encoding"], one["units"], one["parts"]) for one in found["estimates"]] == [
        ("GSM-7", 18, 1),
        ("GSM-7", 7, 1),
    ]
    ended = cli("estimate", "ça va ?")
    assert "UCS-2" in ended.out
    assert "ç" in ended.err
    assert "counted as it is written" not in ended.err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Bonjour {{ prenom }} !", "{{ prenom }} is counted as it is written here"),
        ("{% if a %}x{% endif %}", "{% if a %} is counted as it is written here"),
        ("", "The text is empty"),
        (" \n", "The text is empty"),
    ],
)
def test_estimate_says_what_its_figures_cannot(cli, text, said):
    ended = cli("estimate", text)
    assert ended.code == 0
    assert said in ended.err


def test_init_proposes_settings_from_the_columns_and_overwrites_nothing(cli, people, folder):
    people()
    assert cli("init", "spring.csv").code == 0
    written = (folder / "spring.toml").read_text("utf-8")
    assert tomllib.loads(written)["columns"] == {"number": "mobile"}
    assert "{{ name }}" in written
    ended = cli("run", "spring.csv", "--dry-run")
    assert ended.code == 2
    assert "message" in ended.err
    (folder / "spring.toml").write_text("mine = 1")
    assert cli("init", "spring.csv").code == 2
    assert (folder / "spring.toml").read_text() == "mine = 1"


def test_version_and_help(cli):
    assert cli("--version").out.startswith("smscampaign ")
    assert "Run it again to resume" in " ".join(cli("run", "--help").out.split())


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_the_sandbox_prints_a_line_to_paste_and_stops_when_told(people, folder, how):
    path = people(2)
    serving = subprocess.Popen(
        command("sandbox", "--port", "0", "--database", folder.parent / "sandbox.sqlite"),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert serving.stdout is not None
        line, page = serving.stdout.readline(), serving.stdout.readline()
        sent = subprocess.run(
            ["sh", "-c", f"{line}\n{shlex.join(command('run', path, *OPTIONS, '--yes', '--pace', 0))}"],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert sent.returncode == 0, sent.stderr
    finally:
        serving.send_signal(how)
        rest, _ = serving.communicate(timeout=30)
    assert serving.returncode == 0
    assert re.fullmatch(r"Account sms-sb00001-1, inbox http://127.0.0.1:\d+/\n", page)
    assert rest == ""
    with sandbox.running(folder.parent / "sandbox.sqlite") as again:
        assert {row["receiver"] for row in again.accepted()} == {number(0), number(1)}


def test_ctrl_c_records_what_is_under_way_and_the_next_run_finishes(people, folder):
    path = people(30)
    # Much slower than whoever sends the signal may be: there has to be something left to stop.
    slow = sandbox.Fault(sandbox.FaultKind.LATENCY, seconds=0.8)
    with sandbox.running(faults=[slow]) as here:
        process = subprocess.Popen(
            command("run", path, *OPTIONS, "--yes"),
            env=os.environ | here.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        while process.poll() is None and not list(here.accepted()):
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 130, err
        taken = {row["receiver"] for row in here.accepted()}
        rows = lines(folder / "spring.results.csv")
        assert {row["sms_number"] for row in rows if row["sms_status"] == "accepted"} == taken
        assert 0 < len(taken) < 30
        assert "run" in err
        here.clear_faults()
        again = subprocess.run(
            command("run", path, *OPTIONS, "--yes", "--pace", 0),
            env=os.environ | here.environment(),
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert again.returncode == 0
        assert sorted(row["receiver"] for row in here.accepted()) == sorted(number(n) for n in range(30))


@pytest.mark.parametrize("command", ["jobs", "accounts", "senders"])
def test_what_looks_at_an_account_leads_to_what_knows_a_rehearsal(cli, people, command):
    people(1)
    assert cli("run", "spring.csv", *OPTIONS, "--sandbox", "--yes").code == 0
    ended = cli(command, "--sandbox")
    said = " ".join(ended.err.split())
    assert ended.code == 2
    for tried in re.findall(r"`smscampaign (\w+) FILE --sandbox`", said):
        assert cli(tried, "spring.csv", "--sandbox").code in {0, 1}, tried  # 1: receipts are awaited
    assert said.count("FILE --sandbox`") == 2
