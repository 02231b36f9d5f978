"""The results speak for a campaign from the moment it is in force: a killed run and a deleted journal are noticed."""

from __future__ import annotations

import os
import shlex
import sqlite3
from collections import Counter

import pytest

from smscampaign import results
from smscampaign.campaign import result_files
from smscampaign.errors import for_shell
from smscampaign.sandbox import Fault, FaultKind

from .conftest import lines, number


@pytest.fixture
def dies(monkeypatch):
    """The campaign comes into force, and the program is gone before it can write another word."""

    class Dying(result_files.Results):
        def in_force(self, plan):
            super().in_force(plan)
            raise SystemExit(9)

        def ended(self):
            return None

    def once(campaign, *more):
        with monkeypatch.context() as patch:
            patch.setattr(result_files, "Results", Dying)
            assert campaign("--yes", *more).code

    return once


def statuses(folder, name="spring.results.csv"):
    return Counter(row["sms_status"] for row in lines(folder / name))


def test_results_say_running_from_the_moment_a_campaign_is_in_force(people, campaign, ovhcloud, folder, dies):
    here = ovhcloud()
    people(4, more="Bad,12")
    dies(campaign)
    assert statuses(folder) == {"running": 4, "rejected": 1}
    tags = {
        row["sms_tag"].rpartition("-")[0] for row in lines(folder / "spring.results.csv") if row["sms_tag"]
    }
    assert len(tags) == 1
    for path in folder.glob("spring.journal.*"):
        path.unlink()
    ended = campaign("--yes")
    assert ended.code == 2
    assert "spring.results.csv says that people were sent to, or may have been" in ended.err
    assert list(here.accepted()) == []


def test_a_killed_campaign_with_its_journal_goes_on(people, campaign, ovhcloud, folder, dies):
    here = ovhcloud()
    people(4)
    dies(campaign)
    assert campaign("--yes", "--limit", 2).code == 1
    assert statuses(folder) == {"accepted": 2, "pending": 2}
    dies(campaign)
    assert statuses(folder) == {"accepted": 2, "running": 2}
    assert campaign("--yes").code == 0
    assert statuses(folder) == {"accepted": 4}
    assert len(list(here.accepted())) == 4


def test_results_of_a_campaign_before_are_kept(people, campaign, ovhcloud, folder):
    ovhcloud()
    people(2)
    assert campaign("--yes").code == 0
    for path in folder.glob("spring.journal.*"):
        path.unlink()
    ended = campaign("--yes", "--send-again")
    assert ended.code == 0
    assert "spring.results.edition-0.csv" in ended.err
    assert statuses(folder, "spring.results.edition-0.csv") == {"accepted": 2}


def test_results_that_tell_of_nobody_are_written_over(people, campaign, ovhcloud, folder):
    here = ovhcloud()
    people(1)
    here.add_faults(Fault(FaultKind.STATUS, status=403, nth=1))
    assert campaign("--yes").code == 2
    assert statuses(folder) == {"pending": 1}
    ended = campaign("--yes")
    assert ended.code == 0, ended.err
    assert [path.name for path in folder.glob("*edition*")] == []


@pytest.mark.parametrize("place", ["spring.results.csv", "mine.csv"])
def test_a_file_of_somebody_else_is_left_as_it_is(people, campaign, ovhcloud, folder, place):
    here = ovhcloud()
    people(2)
    (folder / place).write_text("team,points\nReds,3\n")
    for how in ("--yes", "--dry-run"):
        ended = campaign(how, "--out", place)
        assert (ended.code, "has no results of smscampaign in it, and is left as it is" in ended.err) == (
            2,
            True,
        )
    assert (folder / place).read_text() == "team,points\nReds,3\n"
    assert list(here.accepted()) == []


def test_results_that_are_open_in_another_program_go_beside_it(
    people, campaign, ovhcloud, folder, monkeypatch
):
    ovhcloud()
    people(2)
    assert campaign("--yes", "--limit", 1).code == 1
    real = os.replace

    def held(source, target):
        if str(target).endswith("spring.results.csv"):
            raise PermissionError(13, "in use")
        real(source, target)

    monkeypatch.setattr(results.os, "replace", held)
    ended = campaign("--yes")
    assert ended.code == 0
    assert "Results: spring.results-2.csv" in ended.out
    assert "held by another program" in ended.err
    assert statuses(folder, "spring.results-2.csv") == {"accepted": 2}
    assert not (folder / "spring.results-3.csv").exists()


def test_a_large_campaign_that_goes_on_does_not_wait_for_its_results(
    people, campaign, ovhcloud, folder, monkeypatch
):
    here = ovhcloud()
    people(4)
    monkeypatch.setattr(result_files, "AT_ONCE", 1)
    assert campaign("--yes", "--limit", 2).code == 1
    assert campaign("--yes").code == 0
    assert statuses(folder) == {"accepted": 4}
    assert {one["receiver"] for one in here.accepted()} == {number(n) for n in range(4)}


def test_rows_whose_call_is_missing_are_noticed(people, campaign, ovhcloud, folder):
    here = ovhcloud()
    people(8)
    assert campaign("--yes", "--limit", 2, "--receivers-per-call", 1).code == 1
    with sqlite3.connect(folder / "spring.journal.sqlite") as connection:
        connection.execute("DELETE FROM chunk WHERE id IN (SELECT id FROM chunk ORDER BY id DESC LIMIT 5)")
    connection.close()
    for _ in range(2):
        ended = campaign("--yes", "--receivers-per-call", 1)
        assert (ended.code, "does not account for 5 rows of the plan" in ended.err) == (1, True)
        assert "Everything of this campaign was sent" not in ended.err
    assert len(list(here.accepted())) == 3


@pytest.mark.parametrize("name", ["spring.results.csv", "spring.results.edition-0.csv"])
def test_results_that_were_emptied_are_no_leave_to_send(people, campaign, ovhcloud, folder, name):
    here = ovhcloud()
    people(4)
    assert campaign("--yes").code == 0
    for path in folder.glob("spring.journal.*"):
        path.unlink()
    (folder / "spring.results.csv").unlink()
    (folder / name).touch()
    for how in ("--yes", "--dry-run"):
        ended = campaign(how)
        assert f"{name} is empty" in ended.err
        assert "--send-again" in ended.err
        assert ended.code == 2
    assert len(list(here.accepted())) == 4
    (folder / name).unlink()
    assert campaign("--dry-run").code == 0


def test_a_new_file_for_the_results_may_be_empty(people, campaign, ovhcloud, folder):
    ovhcloud()
    people(2)
    (folder / "made by mktemp.csv").touch()
    assert campaign("--yes", "--out", "made by mktemp.csv").code == 0
    assert statuses(folder, "made by mktemp.csv") == {"accepted": 2}


@pytest.mark.parametrize("whose", ["spring", "others"])
def test_a_dry_run_writes_over_no_results_that_tell_of_people(people, campaign, cli, ovhcloud, folder, whose):
    ovhcloud()
    people(2)
    people(1, name="others.csv")
    assert campaign("--yes").code == 0
    assert campaign("--yes", "--message", "Another text", file="others.csv").code == 0
    there = folder / f"{whose}.results.csv"
    before = there.read_bytes()
    ended = campaign("--dry-run", "--out", there.name)
    assert (ended.code, "these results tell who was sent to" in ended.err) == (2, True)
    assert there.read_bytes() == before
    assert campaign("--dry-run", "--out", "forecast.csv").code == 0
    assert campaign("--dry-run", "--out", "forecast.csv").code == 0  # a forecast tells of nobody


def test_results_of_another_campaign_are_kept_by_one_that_goes_on(people, campaign, cli, ovhcloud, folder):
    ovhcloud()
    people(3)
    people(1, name="others.csv")
    assert campaign("--yes", "--message", "Another text", file="others.csv").code == 0
    there = folder / "others.results.csv"
    before = there.read_bytes()
    assert campaign("--yes", "--limit", 1).code == 1
    assert cli("reconcile", "spring.csv", "--out", there.name).code == 0
    assert there.read_bytes() == before
    assert campaign("--yes", "--out", there.name).code == 0
    assert (folder / "others.results.edition-0.csv").read_bytes() == before
    assert statuses(folder, there.name) == {"accepted": 3}


@pytest.fixture
def forgotten(people, campaign, ovhcloud, folder):
    """A campaign that was sent from a journal elsewhere, and a plan of the same in the usual one, which never began."""

    def sent(place):
        (folder / place).parent.mkdir(exist_ok=True)
        ovhcloud()
        people(3)
        assert campaign("--yes", "--journal", place).code == 0
        assert campaign("--yes").code == 2
        assert (folder / "spring.journal.sqlite").exists()

    return sent


@pytest.mark.parametrize("place", ["x.db", "../else where/x.db"])
def test_a_plan_that_never_began_takes_no_results_for_its_own(forgotten, cli, folder, place):
    forgotten(place)
    there = folder / "spring.results.csv"
    before = there.read_bytes()
    known = (folder / place).resolve()
    named = f"--journal {for_shell(place if known.parent == folder else known)}"
    for command in (
        ["receipts"],
        ["reconcile"],
        ["reconcile", "--resend", "--all", "--yes"],
        ["cancel", "--yes"],
    ):
        ended = cli(command[0], "spring.csv", *command[1:])
        assert (ended.code, there.read_bytes()) == (2, before), command
        assert "nothing was sent from this journal" in ended.err.lower()
        assert named in " ".join(ended.err.split())
        options = shlex.split(" ".join(ended.err.split()).partition("name it with `")[2].partition("`")[0])
        assert options == ["--journal", str(place if known.parent == folder else known)]
    # What was printed is right.
    assert cli("receipts", "spring.csv", "--follow", *options).code == 0
    assert statuses(folder) == {"accepted": 3}


def test_results_of_a_campaign_that_no_journal_knows_are_left_by_its_plan(
    forgotten, cli, folder, monkeypatch
):
    forgotten("x.db")
    for path in folder.glob("x.db*"):
        path.unlink()
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "another computer"))
    before = (folder / "spring.results.csv").read_bytes()
    ended = cli("receipts", "spring.csv")
    assert (ended.code, (folder / "spring.results.csv").read_bytes()) == (2, before)
    assert "spring.results.csv tells of people who were sent to" in " ".join(ended.err.split())


def test_a_plan_that_nobody_sent_says_so(people, campaign, cli, ovhcloud, folder):
    here = ovhcloud()
    people(2)
    here.add_faults(Fault(FaultKind.STATUS, status=403, route="POST /sms/*/jobs"))
    assert campaign("--yes").code in {1, 2}
    before = (folder / "spring.results.csv").read_bytes()
    ended = cli("reconcile", "spring.csv")
    assert (ended.code, (folder / "spring.results.csv").read_bytes()) == (2, before)
    assert "--journal" not in ended.err
