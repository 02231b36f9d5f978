"""Files whose names are no UTF-8, as old archives leave them, or look like an option: none of them stops a campaign."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.editions import planned
from smscampaign.campaign.launch import LaunchOptions, deliver
from smscampaign.errors import for_shell
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
    deliver(plan, FakeGateway(), LaunchOptions(pace=Pace(0)), confirm=plan.code)
    plan.save_results(path.with_name(f"{path.stem}.results.csv"))
    store.close()
    people()
    days = ("--repeat-days", 30)
    ended = campaign("--dry-run", *days)
    assert ended.code == 0
    assert r"(caf\xe9.journal.sqlite)" in ended.out
    assert campaign("--yes", *days).code == 0
    assert list(here.accepted()) == []
    assert campaign("--yes", "--send-again", *days).code == 0
    assert sorted(one["receiver"] for one in here.accepted()) == [number(n) for n in range(3)]


STRANGE = "two\nlines\tand a 'quote' \\ \x1b[31m\u202e“é”.csv"


@pytest.fixture
def bash(folder):
    """The words that a shell makes of a line that was printed."""
    return lambda line: subprocess.run(
        ["bash", "-c", f"printf '%s\\0' {line}"], cwd=folder, capture_output=True, check=True
    ).stdout.decode().split("\0")[:-1]  # fmt: skip


def test_a_command_to_copy_holds_nothing_that_a_terminal_obeys(people, cli, ovhcloud, bash, folder):
    here = ovhcloud()
    people(name=STRANGE)
    shown = cli("run", STRANGE, *OPTIONS, "--dry-run")
    assert shown.code == 0, shown.err
    line = shown.err.splitlines()[-1]
    assert line.isprintable()
    _, *words = bash(line)
    assert words[1] == STRANGE
    assert cli(*words, "--yes", "--limit", 1).code == 1
    refused = cli("run", STRANGE, *OPTIONS, "--message", "Other", "--yes")
    assert refused.code == 2
    journal = next(folder.glob("*.journal.sqlite"))
    next(folder.glob("*.journal.mark")).write_bytes(b"")
    said = cli("status", STRANGE).err
    (command,) = re.findall(r"`(smscampaign recover .*)`", said)
    assert command.isprintable()
    assert bash(command)[2:] == [str(journal.relative_to(folder))]
    assert len(list(here.accepted())) == 1


@pytest.mark.parametrize(
    "word",
    [
        "",
        "a b",
        "it's",
        "$HOME",
        "-x",
        "a\nb",
        "\x7f",
        "\x9b31m",
        "a\u202eb",
        "\\n\n",
        "é\u2028",
        "!x",
        "a\r\n'",
    ],
)
def test_a_word_for_the_shell_is_read_as_it_was(word, bash):
    assert for_shell(word).isprintable()
    assert bash(for_shell(word)) == [word]
    assert bash(for_shell(Path(f"-{word}"))) == [f"./-{word}"]


def test_bytes_of_a_name_that_are_no_utf8_are_copied_as_they_are():
    assert for_shell(os.fsdecode(b"caf\xe9 a.csv")) == r"$'caf\xe9 a.csv'"


def test_a_command_to_copy_names_a_file_that_looks_like_an_option(people, cli, ovhcloud):
    here = ovhcloud()
    people(name="-dash.csv")
    shown = cli("run", *OPTIONS, "--dry-run", "--", "-dash.csv")
    assert shown.code == 0, shown.err
    _, *words = shlex.split(shown.err.splitlines()[-1])
    assert words[-1] == "./-dash.csv"
    assert cli(*words, "--yes").code == 0
    assert len(list(here.accepted())) == 3
