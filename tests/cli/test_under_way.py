"""`status` beside a run of another terminal, and the command that goes on with what stopped."""

from __future__ import annotations

import json
import os
import shlex
from contextlib import closing
from itertools import pairwise

import pytest

from smscampaign.journal.queue import Queue
from smscampaign.journal.store import open_journal
from smscampaign.settings.model import Settings

from .conftest import OPTIONS

ONE_EACH = ("--receivers-per-call", 1)


@pytest.fixture
def stopped(campaign, people, ovhcloud):
    """Two of three have it."""
    here = ovhcloud()
    people(3)
    assert campaign("--yes", "--limit", 2, *ONE_EACH, "--typography", "gsm", "--pace", 0).code == 1
    return here


def test_status_says_that_a_run_is_under_way_and_how_far_it_is(stopped, cli, folder):
    with closing(open_journal(folder / "spring.journal.sqlite")) as store, store.driving():
        said = " ".join(cli("status", "spring.csv").err.split())
        assert f"at work on this campaign right now (process {os.getpid()} on " in said
        assert "So far 2 of 3 messages are done;" in said
        assert "goes on where it stopped" not in said
        (one,) = json.loads(cli("status", "spring.csv", "--json").out)["at_work"]
        assert one["process"] == os.getpid()
    assert "at work" not in cli("status", "spring.csv").err
    assert json.loads(cli("status", "spring.csv", "--json").out)["at_work"] == []


def test_what_is_being_sent_is_not_told_as_something_to_decide(stopped, cli, folder):
    with closing(open_journal(folder / "spring.journal.sqlite")) as store, store.driving():
        record = store.find("spring")
        assert record is not None
        assert list(Queue(store, record, sender=None, terms=Settings().terms).claim(1))
        ended = cli("status", "spring.csv")
    assert "in-doubt 1" in ended.words
    assert "reconcile" not in ended.err
    assert "So far 2 of 3 messages are done; what is being sent counts as in doubt." in ended.err


def test_a_second_run_is_told_where_to_see_how_far_the_first_is(stopped, campaign, folder):
    with closing(open_journal(folder / "spring.journal.sqlite")) as store, store.driving():
        ended = campaign("--yes", *ONE_EACH, "--typography", "gsm")
    assert ended.code == 2
    assert "`status` shows how far it is" in " ".join(ended.err.split())


def copied(text):
    (line,) = [one for one in text.splitlines() if one.strip().startswith("smscampaign run")]
    return shlex.split(line)[1:]


def test_status_prints_the_whole_command_that_goes_on(stopped, cli):
    ended = cli("status", "spring.csv")
    words = copied(ended.err)
    assert words[:2] == ["run", "spring.csv"]
    assert ("--message", "Hello {{ name }}") in pairwise(words)
    assert ("--pace", "0.0") in pairwise(words)
    assert cli(*words, "--yes").code == 0
    assert len(list(stopped.accepted())) == 3


def test_what_the_settings_say_by_themselves_is_not_in_it(stopped, cli, folder):
    (folder / "spring.toml").write_text(
        'message = "Hello {{ name }}"\npurpose = "transactional"\nregion = "FR"\nsender = "Sandbox"\n'
        "[limits]\ncalls_per_minute = 30\n"
    )
    words = copied(cli("status", "spring.csv").err)
    assert words == ["run", "spring.csv", "--typography", "gsm", "--receivers-per-call", "1"]
    assert cli(*words, "--yes").code == 0


def test_what_is_put_back_is_a_whole_command(stopped, campaign, cli):
    ended = campaign("--yes", *ONE_EACH, "--send-at", "2027-03-06T10:00+01:00")
    assert ended.code == 2
    words = copied(ended.err)
    assert words[:2] == ["run", "spring.csv"]
    assert "--send-at" not in words
    assert cli(*words).code == 0
    assert len(list(stopped.accepted())) == 3


def test_what_only_the_settings_could_leave_out_is_no_command(stopped, cli, campaign, folder):
    (folder / "spring.toml").write_text('[sending]\npriority = "low"\n')
    ended = cli("run", "spring.csv", *OPTIONS, *ONE_EACH, "--typography", "gsm", "--yes")
    assert ended.code == 2
    assert "leave out --priority" in ended.err
    assert "smscampaign run" not in ended.err


def test_the_results_of_a_rehearsal_lead_to_the_rehearsal(people, campaign, cli):
    people(1)
    assert campaign("--sandbox", "--yes").code == 0
    ended = cli("run", "spring.sandbox.results.csv")
    assert ended.code == 2
    assert copied(f"{ended.err.split('`')[1]}\n") == ["run", "spring.csv", "--sandbox"]
