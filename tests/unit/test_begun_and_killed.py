"""Killed between the moment when a campaign begins and the first word of this computer about it: it goes on."""

from __future__ import annotations

import os
import time
from collections import Counter

import pytest

import smscampaign as sms
from smscampaign.campaign import launch
from smscampaign.journal import tags
from smscampaign.sandbox import Sandbox, running


class Killed(BaseException):
    """Nothing after it is done."""


def test_what_a_journal_that_is_gone_said_does_not_stop_the_one_that_began_after_it(
    tmp_path, monkeypatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    file = tmp_path / "people.csv"
    file.write_text("name,mobile\n" + "".join(f"P{n},+3361234{n:04d}\n" for n in range(5)), "utf-8")
    words = {"purpose": "transactional", "region": "FR", "sender": "Sandbox"}
    with running(settings=Sandbox(senders=("Sandbox",))) as here:
        for name, value in here.environment().items():
            monkeypatch.setenv(name, value)
        gateway = sms.ovhcloud()
        plan = sms.Campaign.load(file, message="Hi {{ name }}", **words).plan(gateway)
        note = tags.Note(plan.record.inputs.gateway, plan.record.tag)
        note.say("9@9", tmp_path / "gone.journal.sqlite")
        long_ago = time.time() - 3600
        os.utime(note._path, (long_ago, long_ago))

        def kill(*_) -> None:
            raise Killed

        code = plan.code_for(gateway)
        with monkeypatch.context() as patch:
            patch.setattr(launch, "note", kill)
            with pytest.raises(Killed):
                plan.deliver(gateway, confirm=code)
        again = sms.Campaign.load(file, message="Hi {{ name }}", **words).plan(gateway)
        assert again.begun
        run = again.deliver(gateway, confirm=again.code_for(gateway))
        assert sum(run.tally.messages.values()) == 5
        assert Counter(row["receiver"] for row in here.accepted()) == Counter(
            {f"+3361234{n:04d}": 1 for n in range(5)}
        )
