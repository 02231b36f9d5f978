"""Killed between the moment when a campaign begins and the first word of this computer about it: it goes on."""

from __future__ import annotations

import os
import shutil
import time
from collections import Counter
from contextlib import closing

import pytest

import smscampaign as sms
from smscampaign.campaign import launch
from smscampaign.campaign.plans import Plan, Run
from smscampaign.errors import JournalProblem
from smscampaign.journal import editions, tags
from smscampaign.journal.store import open_journal
from smscampaign.sandbox import Sandbox, running


class Killed(BaseException):
    """Nothing after it is done."""


PEOPLE = 5
WORDS = {"message": "Hi {{ name }}", "purpose": "transactional", "region": "FR", "sender": "Sandbox"}


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    rows = "".join(f"P{n},+3361234{n:04d}\n" for n in range(PEOPLE))
    (tmp_path / "people.csv").write_text(f"name,mobile\n{rows}", "utf-8")
    with running(settings=Sandbox(senders=("Sandbox",))) as here:
        for name, value in here.environment().items():
            monkeypatch.setenv(name, value)
        yield here


def planned(folder) -> Plan:
    kept = folder / "people.journal.sqlite"
    return sms.Campaign.load(folder / "people.csv", **WORDS).plan(sms.ovhcloud(), journal=kept)


def deliver(plan, **more) -> Run:
    gateway = sms.ovhcloud()
    return plan.deliver(gateway, confirm=plan.code_for(gateway), **more)


def killed_as_it_begins(plan, monkeypatch) -> None:
    def kill(*_) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(launch, "note", kill)
        with pytest.raises(Killed):
            deliver(plan)


def said_long_ago(plan, word: str, journal) -> tags.Note:
    note = tags.Note(plan.record.inputs.gateway, plan.record.tag)
    note.say(word, journal)
    long_ago = time.time() - 3600
    os.utime(note._path, (long_ago, long_ago))
    return note


def everybody_once(here) -> bool:
    had = Counter(row["receiver"] for row in here.accepted())
    return had == Counter({f"+3361234{n:04d}": 1 for n in range(PEOPLE)})


def test_what_a_journal_that_is_gone_said_does_not_stop_the_one_that_began_after_it(
    here, tmp_path, monkeypatch
) -> None:
    plan = planned(tmp_path)
    note = said_long_ago(plan, "9@9", tmp_path / "gone.journal.sqlite")
    killed_as_it_begins(plan, monkeypatch)
    assert note.said()[0] == "9@9"  # until then a copy of the one that is gone is refused by it
    again = planned(tmp_path)
    assert again.begun
    run = deliver(again)
    assert sum(run.tally.messages.values()) == PEOPLE
    assert everybody_once(here)
    assert note.said()[0] not in {"", "9@9"}


def test_what_it_said_since_stops_it(here, tmp_path, monkeypatch) -> None:
    """The other journal is back, and went on after this one began."""
    plan = planned(tmp_path)
    note = said_long_ago(plan, "9@9", tmp_path / "other.journal.sqlite")
    killed_as_it_begins(plan, monkeypatch)
    note.say("12@12", tmp_path / "other.journal.sqlite")
    with pytest.raises(JournalProblem, match="another journal on this computer went on"):
        deliver(planned(tmp_path))
    assert not list(here.accepted())


def test_a_copy_from_before_it_began_does_not_know_it(here, tmp_path, monkeypatch) -> None:
    """Who began in spite of it wrote that down in its own journal: one that was planned before has not."""
    plan = planned(tmp_path)
    said_long_ago(plan, "9@9", tmp_path / "gone.journal.sqlite")
    before = tmp_path / "before.sqlite"
    plan.store.close()
    shutil.copy(tmp_path / "people.journal.sqlite", before)
    killed_as_it_begins(planned(tmp_path), monkeypatch)
    for path, knows in ((before, False), (tmp_path / "people.journal.sqlite", True)):
        with closing(open_journal(path)) as journal:
            assert editions.knows(journal, "9@9") is knows
            assert not editions.knows(journal, "9@8")
