"""`cancel` as an operator types it, against a sandbox that holds messages for the night."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from urllib.request import Request, urlopen

import pytest

from smscampaign.sandbox import Credential, Fault, FaultKind

from .conftest import Terminal, lines, number

NIGHT = {"hold": True, "start": "2026-03-06T21:30+01:00"}
MARKETING = ("--purpose", "marketing")


def standing(folder):
    return Counter(row["sms_status"] for row in lines(folder / "spring.results.csv"))


def left(here):
    """Whom the sandbox still has a message for, by its own record."""
    with urlopen(f"{here.url}_sandbox/accepted.json", timeout=30) as answer:
        return sorted(row["receiver"] for row in json.load(answer) if not row["cancelled"])


def test_what_is_pending_is_dropped_and_what_is_held_is_deleted(campaign, cli, people, ovhcloud, folder):
    here = ovhcloud(**NIGHT)
    people(6)
    campaign("--yes", *MARKETING, "--limit", 4)
    ended = cli("cancel", "spring.csv", "--yes")
    assert ended.code == 0
    assert "2 messages dropped before being sent, 4 deleted at OVHcloud before leaving" in ended.out
    assert standing(folder) == {"cancelled": 6}
    assert left(here) == []
    assert "the sandbox does" in ended.err
    assert {row["sms_credits"] for row in lines(folder / "spring.results.csv")} == {""}


def test_run_says_that_it_was_cancelled_and_sends_nothing(campaign, cli, people, ovhcloud):
    here = ovhcloud(**NIGHT)
    people(6)
    campaign("--yes", *MARKETING, "--limit", 4)
    cli("cancel", "spring.csv", "--yes")
    ended = campaign("--yes", *MARKETING)
    assert ended.code == 2
    assert "this campaign was cancelled on" in ended.err
    assert left(here) == []
    again = cli("cancel", "spring.csv", "--yes")
    assert again.code == 2
    assert "nothing left to cancel" in again.err
    assert "cancelled before" in again.err


def test_what_had_left_stays_accepted_and_the_exit_code_says_so(campaign, cli, people, ovhcloud, folder):
    ovhcloud()
    people(5)
    campaign("--yes", "--limit", 3)
    ended = cli("cancel", "spring.csv", "--yes", "--json")
    assert ended.code == 1
    found = json.loads(ended.out)
    assert found["messages"] == {"accepted": 3, "cancelled": 2}
    assert (found["dropped"], found["deleted"], found["unsure"], found["exit_code"]) == (2, 0, 0, 1)
    assert "3 messages had left and cannot be called back" in ended.err
    assert standing(folder) == {"accepted": 3, "cancelled": 2}


def test_an_older_copy_calls_nothing_cancelled_that_people_have(campaign, cli, people, ovhcloud, folder):
    here = ovhcloud()
    people(5)
    part = ("--yes", "--receivers-per-call", 1)
    assert campaign(*part, "--limit", 2).code == 1
    kept = folder.parent / "kept"
    kept.mkdir()
    for path in folder.glob("spring.journal*"):
        shutil.copy2(path, kept)
    assert campaign(*part).code == 0
    for path in kept.iterdir():
        shutil.copy2(path, folder)
    ended = cli("cancel", "spring.csv", "--yes")
    assert (ended.code, "another one knows who had the campaign" in ended.err) == (2, True), ended.err
    assert "smscampaign recover spring.journal.sqlite" in ended.err
    assert len(list(here.accepted())) == 5
    assert "cancelled" not in standing(folder)


def test_nothing_happens_without_a_yes(campaign, cli, people, ovhcloud, folder):
    here = ovhcloud(**NIGHT)
    people(5)
    campaign("--yes", *MARKETING, "--limit", 3)
    ended = cli("cancel", "spring.csv")
    assert ended.code == 2
    assert "drop 2 pending messages and delete 3 that OVHcloud still keeps" in ended.err
    assert "cancel spring.csv --confirm " in ended.err
    assert len(left(here)) == 3
    assert standing(folder) == {"accepted": 3, "pending": 2}


def test_a_campaign_that_was_not_begun_has_nothing_to_cancel(campaign, cli, people, ovhcloud):
    ovhcloud()
    people(3)
    assert cli("cancel", "spring.csv", "--yes").code == 2
    campaign()  # planned, and nobody said yes
    ended = cli("cancel", "spring.csv", "--yes")
    assert ended.code == 2
    assert "has sent nothing" in ended.err


def test_all_that_left_is_nothing_to_cancel(campaign, cli, people, ovhcloud):
    ovhcloud()
    people(3)
    campaign("--yes")
    ended = cli("cancel", "spring.csv", "--yes")
    assert ended.code == 2
    assert "all 3 accepted messages had left" in ended.err


def test_the_jobs_of_others_stay(campaign, cli, people, ovhcloud, folder):
    here = ovhcloud(**NIGHT)
    people(3)
    campaign("--yes", *MARKETING, "--journal", "other.sqlite", "--out", "other.csv")
    people(3)
    campaign("--yes", *MARKETING, "--name", "autumn", "--send-again")
    ended = cli("cancel", "spring.csv", "--yes", "--name", "autumn")
    assert ended.code == 0
    assert left(here) == [number(n) for n in range(3)]


def test_keys_without_the_right_drop_what_is_pending_and_say_which_right_is_missing(
    campaign, cli, people, ovhcloud, folder
):
    here = ovhcloud(**NIGHT, credentials=(Credential(rules=(("GET", "/*"), ("POST", "/*"))),))
    people(5)
    campaign("--yes", *MARKETING, "--limit", 3)
    ended = cli("cancel", "spring.csv", "--yes")
    assert ended.code == 1
    assert "DELETE=/sms/*/jobs/*" in ended.err
    assert "cancel spring.csv --yes" in ended.err
    assert standing(folder) == {"accepted": 3, "cancelled": 2}
    assert len(left(here)) == 3


def test_deleting_without_an_answer_is_gone_on_with_the_next_time(campaign, cli, people, ovhcloud, folder):
    here = ovhcloud(**NIGHT)
    people(4)
    campaign("--yes", *MARKETING)
    here.add_faults(Fault(FaultKind.DROP_AFTER, route="DELETE /sms/*/jobs/*", times=2))
    first = cli("cancel", "spring.csv", "--yes", "--settle", 0)
    assert first.code == 1
    assert "Of 2 messages it is not known yet whether they left" in first.err
    assert standing(folder) == {"accepted": 2, "cancelled": 2}
    second = cli("cancel", "spring.csv", "--yes", "--settle", 0)
    assert second.code == 0
    assert standing(folder) == {"cancelled": 4}
    assert left(here) == []


def test_a_file_that_changed_is_no_reason_not_to_cancel(campaign, cli, people, ovhcloud, folder):
    here = ovhcloud(**NIGHT)
    people(4)
    campaign("--yes", *MARKETING)
    people(5)
    ended = cli("cancel", "spring.csv", "--yes")
    assert ended.code == 0
    assert "The results were not written" in ended.err
    assert left(here) == []


@pytest.mark.parametrize("typed", ["code", "no"])
def test_at_a_terminal_the_code_is_asked_for(campaign, people, ovhcloud, terminal, typed, cli):
    here = ovhcloud(**NIGHT)
    people(4)
    campaign("--yes", *MARKETING, "--limit", 2)
    code = json.loads(campaign("--dry-run", "--json", *MARKETING).out)["code"]
    asked: Terminal = terminal("cancel", "spring.csv")
    asked.wait_for(f"Type {code} to drop 2 pending messages and delete 2 that OVHcloud still keeps")
    asked.type(code.lower() if typed == "code" else "no")
    assert asked.end() == (0 if typed == "code" else 2), asked.text
    assert len(left(here)) == (0 if typed == "code" else 2)


def in_doubt(run):
    """The tag of the call that a run left in doubt."""
    return re.search(r"call ([a-z0-9]{10}-\w+)", run.err)[1]


def test_what_earlier_editions_left_at_ovhcloud_is_deleted_too(campaign, cli, people, ovhcloud, folder):
    here = ovhcloud(**NIGHT)
    people(3)
    campaign("--yes", *MARKETING)
    people(4)
    campaign("--yes", *MARKETING, "--amend")
    ended = cli("cancel", "spring.csv", "--yes")
    assert ended.code == 0
    assert "4 deleted at OVHcloud before leaving" in ended.out
    assert left(here) == []
    assert standing(folder) == {"cancelled": 4}
    assert "nothing left to cancel. It was cancelled before" in cli("cancel", "spring.csv", "--yes").err


def test_what_a_person_took_for_sent_is_looked_for_and_deleted(campaign, cli, people, ovhcloud, once_called):
    here = ovhcloud(**NIGHT)
    people(2)
    once_called(
        here,
        Fault(FaultKind.DROP_AFTER, nth=1),
        Fault(FaultKind.STATUS, status=503, route="GET /sms/*/outgoing", times=6),
    )
    tag = in_doubt(campaign("--yes", *MARKETING))
    cli("reconcile", "spring.csv", "--assume-sent", tag, "--yes")
    with urlopen(Request(f"{here.url}_sandbox/faults", method="DELETE"), timeout=30):
        pass
    asked = cli("cancel", "spring.csv")
    assert "delete 1 that OVHcloud still keeps and look for 1 that nobody saw leaving" in asked.err
    ended = cli("cancel", "spring.csv", "--yes")
    assert ended.code == 0
    assert left(here) == []


def test_a_cancelled_campaign_has_nothing_pending_whatever_turns_out(
    campaign, cli, people, ovhcloud, folder, once_called
):
    here = ovhcloud()
    people(2)
    once_called(
        here,
        Fault(FaultKind.DROP_BEFORE, nth=1),
        Fault(FaultKind.STATUS, status=503, route="GET /sms/*/outgoing"),
    )
    campaign("--yes", "--settle", 0)
    assert cli("cancel", "spring.csv", "--yes", "--settle", 0).code == 1
    with urlopen(Request(f"{here.url}_sandbox/faults", method="DELETE"), timeout=30):
        pass
    assert standing(folder) == {"accepted": 1, "in-doubt": 1}
    cli("reconcile", "spring.csv", "--settle", 0)
    assert standing(folder) == {"accepted": 1, "cancelled": 1}
    seen = cli("status", "spring.csv")
    assert "Cancelled on " in seen.err
    assert "goes on where it stopped" not in seen.err
    assert json.loads(cli("status", "spring.csv", "--json").out)["cancelled"] is not None


def test_a_cancelled_campaign_is_begun_anew_by_restart(campaign, cli, people, ovhcloud, folder):
    here = ovhcloud(**NIGHT)
    people(4)
    campaign("--yes", *MARKETING)
    cli("cancel", "spring.csv", "--yes")
    assert "To send it anew, to everybody in the file: --restart." in " ".join(
        campaign(*MARKETING).err.split()
    )
    asked = campaign("--restart", *MARKETING)
    assert "it has sent 0 messages so far, and who is in this file gets it." in " ".join(asked.err.split())
    confirm = re.search(r"--confirm '(AGAIN \w{4})'", asked.err)[1]
    assert campaign("--restart", "--confirm", confirm, *MARKETING).code == 0
    assert left(here) == [number(n) for n in range(4)]
    assert standing(folder) == {"accepted": 4}
