"""Files whose names are no UTF-8, as old archives leave them, or look like an option: none of them stops a campaign."""

from __future__ import annotations

import os
import shlex

from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.editions import planned
from smscampaign.campaign.launch import Conduct, deliver
from smscampaign.gateway.fake import FakeGateway
from smscampaign.gateway.pace import Pace
from smscampaign.journal.store import open_journal

from .conftest import OPTIONS, number


def test_a_campaign_beside_files_of_any_name(folder, people, campaign, cli, ovhcloud):
    here = ovhcloud()
    (folder / os.fsdecode(b"\xff.journal.sqlite")).write_bytes(b"what once was a journal" * 50)
    (folder / os.fsdecode(b"\xfe.csv")).write_text("name,mobile\n")
    people()
    for words in (("--dry-run",), ("--yes",)):
        ended = campaign(*words)
        assert ended.code == 0, ended.err
        assert r"\xff.journal.sqlite was not looked at" in ended.err
    assert cli("status", "spring.csv").code == 0
    assert len(list(here.accepted())) == 3


def test_a_campaign_of_such_a_name_beside_it(folder, people, campaign, ovhcloud):
    here = ovhcloud()
    # The command line takes no such name; a notebook does, and files are renamed.
    path = people(name="cafe.csv").rename(folder / os.fsdecode(b"caf\xe9.csv"))
    store = open_journal(path.with_name(f"{path.stem}.journal.sqlite"))
    options = {"message": "Hello {{ name }}", "purpose": "transactional", "region": "FR", "sender": "Sandbox"}
    plan = planned(Campaign.load(path, options=options), store, gateway="loopback")
    deliver(plan, FakeGateway(), Conduct(pace=Pace(0)), confirm=plan.code)
    plan.save_results(path.with_name(f"{path.stem}.results.csv"))
    store.close()
    people()
    assert campaign("--dry-run").code == 2
    ended = campaign("--yes")
    assert ended.code == 2
    assert r"(caf\xe9.journal.sqlite)" in ended.err
    assert campaign("--yes", "--send-again").code == 0
    assert sorted(one["receiver"] for one in here.accepted()) == [number(n) for n in range(3)]


def test_a_command_to_copy_names_a_file_that_looks_like_an_option(people, cli, ovhcloud):
    here = ovhcloud()
    people(name="-dash.csv")
    shown = cli("run", *OPTIONS, "--dry-run", "--", "-dash.csv")
    assert shown.code == 0, shown.err
    _, *words = shlex.split(shown.err.splitlines()[-1])
    assert words[-1] == "./-dash.csv"
    assert cli(*words, "--yes").code == 0
    assert len(list(here.accepted())) == 3
