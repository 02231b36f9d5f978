"""Doubts at the command line: what is shown of them, and what a person may decide."""

from __future__ import annotations

import json
import re
import signal
import sqlite3
import time

import pytest

from smscampaign.model import Status
from smscampaign.sandbox import Credential, Fault, FaultKind
from tests.cli.conftest import OPTIONS, ended, lines, number

CUT = Fault(FaultKind.DROP_AFTER, nth=1)
LOST = Fault(FaultKind.DROP_BEFORE, nth=1)


@pytest.fixture
def doubtful(campaign, people, ovhcloud, folder):
    """A campaign of three with one call in doubt, because keys without the right to ask cannot settle it."""

    def make(fault, *more):
        people(3)
        rules = (("GET", "/sms"), ("GET", "/sms/*/senders*"), ("POST", "/sms/*/jobs"), *more)
        here = ovhcloud(credentials=(Credential(rules=rules),))
        here.add_faults(fault)
        ended = campaign("--yes", "--settle", "0")
        assert ended.code == 1, ended.err
        (tag,) = re.findall(r"in doubt: call ([^,]+),", ended.err)
        return here, tag, ended

    return make


def statuses(folder):
    return sorted(row["sms_status"] for row in lines(folder / "spring.results.csv"))


def taken(here):
    return sorted(row["receiver"] for row in here.accepted())


def test_status_says_what_is_in_doubt_why_and_how_to_decide(doubtful, cli):
    _, tag, ended = doubtful(CUT)
    assert "the keys lack the right GET /sms/*/outgoing (NOT_GRANTED_CALL)" in ended.err
    shown = cli("status", "spring.csv")
    assert (
        f"in doubt: call {tag}, 1 receiver: OVHcloud could not be asked: the keys lack the right" in shown.err
    )
    assert f"reconcile spring.csv --resend {tag}" in shown.err
    assert f"reconcile spring.csv --assume-sent {tag}" in shown.err
    assert "not asked yet" not in shown.err
    assert "--resend --all" not in shown.err
    (doubt,) = json.loads(cli("status", "spring.csv", "--json").out)["in_doubt"]
    assert (doubt["call"], doubt["receivers"]) == (tag, 1)
    assert "NOT_GRANTED_CALL" in doubt["because"]


def test_a_call_that_a_killed_run_was_making_is_asked_about_before_anybody_decides(
    people, ovhcloud, process, cli, folder
):
    people(1)
    here = ovhcloud()
    slow = Fault(FaultKind.LATENCY, route="POST /sms/*/jobs", seconds=5.0)
    here.add_faults(slow)
    one = process("run", "spring.csv", *OPTIONS, "--yes")
    limit = time.monotonic() + 60
    while not here.world.injector.state()[0]["seen"] and time.monotonic() < limit:
        time.sleep(0.05)
    one.kill()
    one.communicate()
    here.clear_faults()
    shown = cli("status", "spring.csv")
    assert ": being sent" in shown.err
    assert "--resend" not in shown.err
    assert "--assume-sent" not in shown.err
    (ask,) = re.findall(r"^  smscampaign (reconcile .*)$", shown.err, re.MULTILINE)
    assert ask == "reconcile spring.csv"
    assert cli(*ask.split(), "--settle", "0").code == 0
    assert "in doubt" not in cli("status", "spring.csv").err


def test_a_call_is_assumed_to_be_sent_without_any_network(doubtful, cli, folder, monkeypatch):
    _, tag, _ = doubtful(CUT)
    monkeypatch.setenv("OVH_ENDPOINT", "http://127.0.0.1:9/1.0")
    ended = cli("reconcile", "spring.csv", "--assume-sent", tag, "--yes")
    assert ended.code == 0, ended.err
    assert f"Call {tag}, 1 receiver, is taken for sent." in ended.err
    assert statuses(folder) == ["accepted"] * 3
    story = sqlite3.connect(folder / "spring.journal.sqlite")
    told = story.execute("SELECT detail FROM event WHERE what = 'decided'").fetchall()
    story.close()
    assert re.fullmatch(r"assumed to be sent by a person on \d{4}-\d\d-\d\d \d\d:\d\d UTC", told[0][0])


def test_a_call_is_sent_again_by_the_next_run_and_nothing_else_is(doubtful, campaign, cli, folder):
    here, tag, _ = doubtful(LOST)
    ended = cli("reconcile", "spring.csv", "--resend", tag, "--settle", "0", "--yes")
    assert ended.code == 0, ended.err
    assert "gets a second one" in ended.err
    assert statuses(folder) == ["accepted", "accepted", "pending"]
    assert len(taken(here)) == 2
    assert campaign("--yes", "--settle", "0").code == 0
    assert taken(here) == [number(n) for n in range(3)]


def test_what_the_witnesses_just_found_is_not_sent_again(campaign, people, ovhcloud, cli, folder):
    people(3)
    here = ovhcloud()
    here.add_faults(CUT, Fault(FaultKind.HIDE_HISTORY, seconds=3600))
    ended = campaign("--yes", "--settle", "0")
    (tag,) = re.findall(r"in doubt: call ([^,]+),", ended.err)
    assert "1 credit left the account that no answer explains" in ended.err
    here.world.clock.step(7200)
    ended = cli("reconcile", "spring.csv", "--resend", tag, "--settle", "0", "--yes")
    assert ended.code == 2
    assert "OVHcloud has this call: what it has is accepted now" in ended.err
    assert "in-doubt" not in cli("status", "spring.csv").out
    assert len(taken(here)) == 3


def test_without_an_answer_nothing_is_sent_again_even_if_a_person_wants_it(
    campaign, people, ovhcloud, cli, folder, once_called
):
    people(3)
    here = ovhcloud()
    once_called(here, CUT, Fault(FaultKind.STATUS, route="GET /sms/*/outgoing*", status=503))
    campaign("--yes", "--settle", "0")
    (tag,) = re.findall(r"in doubt: call ([^,]+),", cli("status", "spring.csv").err)
    ended = cli("reconcile", "spring.csv", "--resend", tag, "--yes", "--settle", "0")
    assert ended.code == 2
    assert "could not be asked about this call, so nothing was decided" in ended.err
    here.clear_faults()
    assert campaign("--yes").code == 0
    assert taken(here) == sorted(number(n) for n in range(3))


def test_a_decision_is_about_the_doubt_that_was_shown(doubtful, campaign, cli, terminal, folder):
    """While the question waits, another run settles the doubt, makes the call again and loses its answer again."""
    here, tag, _ = doubtful(LOST)
    asked = terminal("reconcile", "spring.csv", "--assume-sent", tag)
    asked.wait_for("to decide so")
    code = re.findall(r"Type (\w{4}) to decide so", asked.text)[0]
    cli("reconcile", "spring.csv", "--resend", tag, "--yes", "--settle", "0")
    here.add_faults(CUT)
    campaign("--yes", "--settle", "0")
    asked.type(code)
    assert asked.end() == 2
    assert "made again since you were asked" in " ".join(asked.text.split())
    assert Status.IN_DOUBT in statuses(folder)


def test_a_call_that_came_into_doubt_a_moment_ago_is_not_sent_again_yet(doubtful, cli, folder):
    _, tag, _ = doubtful(LOST)
    ended = cli("reconcile", "spring.csv", "--resend", tag, "--settle", "500", "--yes")
    assert ended.code == 2
    assert "may still show up" in ended.err
    assert Status.IN_DOUBT in statuses(folder)


@pytest.mark.parametrize("option", ["--resend", "--assume-sent"])
def test_nobody_who_could_say_yes_decides_nothing(doubtful, cli, folder, option):
    _, tag, _ = doubtful(LOST)
    ended = cli("reconcile", "spring.csv", option, tag, "--settle", "0")
    assert ended.code == 2
    assert "nothing was decided" in ended.err
    assert f"{option} {tag} --settle 0 --confirm " in ended.err
    assert Status.IN_DOUBT in statuses(folder)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--assume-sent", "no-such-tag"), "no call of this campaign with this tag is in doubt"),
        (("--resend", "no-such-tag", "--settle", "0"), "no call of this campaign with this tag is in doubt"),
        (("--resend", "{tag}", "--assume-sent", "{tag}"), "either assumed to be sent or sent again"),
        (("--assume-sent", "{tag}", "--assume-sent", "no-such-tag"), "no call of this campaign"),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(doubtful, cli, folder, options, words):
    _, tag, _ = doubtful(LOST)
    ended = cli("reconcile", "spring.csv", *(one.format(tag=tag) for one in options), "--yes")
    assert ended.code == 2
    assert words in ended.err
    assert Status.IN_DOUBT in statuses(folder)


def test_a_person_at_a_terminal_types_the_code(doubtful, cli, folder, terminal):
    _, tag, _ = doubtful(LOST)
    there = terminal("reconcile", "spring.csv", "--assume-sent", tag)
    there.wait_for("to decide so")
    code = re.findall(r"Type (\w{4}) to decide so", there.text)[0]
    there.type("NOPE")
    assert there.end() == 2
    assert "nothing was decided: that was not" in there.text
    there = terminal("reconcile", "spring.csv", "--assume-sent", tag)
    there.wait_for("to decide so")
    there.type(code.lower())
    assert there.end() == 0
    assert statuses(folder) == ["accepted"] * 3


def test_an_account_that_knows_nothing_of_the_campaign_is_not_asked(
    campaign, people, ovhcloud, cli, folder, once_called
):
    people(2)
    here = ovhcloud(accounts=2)
    once_called(here, CUT, Fault(FaultKind.STATUS, route="GET /sms/*/outgoing", status=500))
    assert campaign("--yes", "--settle", "0", "--account", "sms-sb00001-1").code == 1
    here.clear_faults()
    wrong = cli("reconcile", "spring.csv", "--settle", "0", "--account", "sms-sb00001-2")
    assert wrong.code == 2
    assert "has begun from the account sms-sb00001-1" in wrong.err
    assert cli("reconcile", "spring.csv", "--settle", "0", "--account", "sms-sb00001-1").code == 0


@pytest.mark.parametrize("decision", [(), ("--resend", "--all", "--yes")], ids=["reconcile", "resend"])
def test_an_endpoint_that_knows_nothing_of_the_campaign_is_not_asked(
    campaign, people, ovhcloud, cli, folder, once_called, decision
):
    """It would say that nothing was sent, and people would get it twice."""
    people(2)
    here = ovhcloud()
    once_called(here, CUT, Fault(FaultKind.STATUS, route="GET /sms/*/outgoing", status=500))
    assert campaign("--yes", "--settle", "0").code == 1
    here.clear_faults()
    with sqlite3.connect(folder / "spring.journal.sqlite") as db:
        db.execute("UPDATE campaign SET gateway = 'ovh-ca'")
    db.close()
    wrong = cli("reconcile", "spring.csv", "--settle", "0", *decision)
    assert wrong.code == 2
    assert "this campaign was sent by ovh-ca, and loopback knows nothing of it" in wrong.err
    assert "in-doubt" in statuses(folder)


def test_ctrl_c_ends_the_waiting_of_reconcile_and_changes_nothing(
    campaign, people, ovhcloud, process, folder, once_called
):
    people(1)
    here = ovhcloud()
    once_called(here, LOST, Fault(FaultKind.STATUS, route="GET /sms/*/outgoing", status=500))
    assert campaign("--yes", "--settle", "0").code == 1
    here.clear_faults()
    watched = Fault(FaultKind.LATENCY, route="GET /sms/*/outgoing", seconds=0.0)
    here.add_faults(watched)
    waiting = process("reconcile", "spring.csv", "--settle", "600")
    limit = time.monotonic() + 60
    while not here.world.injector.state()[0]["seen"] and time.monotonic() < limit:
        time.sleep(0.05)
    time.sleep(0.5)
    waiting.send_signal(signal.SIGINT)
    told = ended(waiting)
    assert told.code == 130, told.err
    assert statuses(folder) == ["in-doubt"]


def test_all_calls_in_doubt_are_sent_again_at_once(campaign, people, ovhcloud, cli, folder):
    people(3)
    rules = (("GET", "/sms"), ("GET", "/sms/*/senders*"), ("POST", "/sms/*/jobs"))
    here = ovhcloud(credentials=(Credential(rules=rules),))
    here.add_faults(Fault(FaultKind.DROP_BEFORE, times=2, route="POST /sms/*/jobs"))
    assert campaign("--yes", "--settle", "0").code == 1
    assert len(taken(here)) == 1
    assert (
        "about all of them at once:\n  smscampaign reconcile spring.csv --resend --all"
        in cli("status", "spring.csv").err
    )
    refused = cli("reconcile", "spring.csv", "--resend", "--all", "--settle", "0")
    assert (refused.code, "nobody here to ask" in refused.err) == (2, True)
    assert "--resend --all --settle 0 --confirm " in refused.err
    assert statuses(folder).count("in-doubt") == 2
    decided = cli("reconcile", "spring.csv", "--resend", "--all", "--settle", "0", "--yes")
    assert decided.code == 0, decided.err
    assert "Decided and recorded: 2 calls." in decided.err
    assert statuses(folder) == ["accepted", "pending", "pending"]
    assert campaign("--yes", "--settle", "0").code == 0
    assert taken(here) == [number(n) for n in range(3)]


def test_what_ovhcloud_has_is_left_out_of_all(campaign, people, ovhcloud, cli, folder, once_called):
    people(3)
    here = ovhcloud()
    once_called(
        here,
        Fault(FaultKind.DROP_AFTER, times=2, route="POST /sms/*/jobs"),
        Fault(FaultKind.STATUS, status=503, route="GET /sms/*/outgoing*"),
    )
    assert campaign("--yes", "--settle", "0").code == 1
    here.clear_faults()
    decided = cli("reconcile", "spring.csv", "--resend", "--all", "--settle", "0", "--yes")
    assert (decided.code, "nothing to decide" in decided.err) == (0, True), decided.err
    assert statuses(folder) == ["accepted"] * 3
    assert len(taken(here)) == 3


def test_a_first_look_that_comes_too_fast_is_waited_for(campaign, people, ovhcloud):
    people(1)
    here = ovhcloud()
    here.add_faults(Fault(FaultKind.STATUS, status=429, retry_after=1, route="GET /sms", times=1))
    assert campaign("--yes").code == 0
    assert len(taken(here)) == 1


def test_where_only_doubts_are_left_a_run_names_what_decides_and_not_itself(doubtful, campaign):
    _, tag, ended = doubtful(CUT)
    assert f"smscampaign reconcile spring.csv --resend {tag}" in ended.err
    assert f"smscampaign reconcile spring.csv --assume-sent {tag}" in ended.err
    assert "To go on:" not in ended.err
