"""Whatever happens ends in one message without a traceback, and in one of the four exit codes."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from smscampaign.bars import Bars
from smscampaign.campaign import launch
from smscampaign.campaign.plans import Plan
from smscampaign.campaign.result_files import Results
from smscampaign.cli import dry_run, send, status
from smscampaign.errors import JournalProblem, under_way
from smscampaign.journal.queue import Queue
from smscampaign.journal.store import Journal
from tests.cli.conftest import OPTIONS, command


def broken(*_, **__):
    raise KeyError("Ann Onymous +33 7 99 00 00 00")


def full(*_, **__):
    raise OSError(28, "No space left on device", "/somewhere/results.csv")


def no_memory(*_, **__):
    raise MemoryError


def no_memory_for_a_library(*_, **__):
    raise ImportError("_pydantic_core.so: failed to map segment from shared object")


def no_thread(*_, **__):
    raise RuntimeError("can't start new thread")


def without_sending(*_, **__):
    raise JournalProblem("the journal is held", where="spring.journal.sqlite", remedy="Wait.")


def after_sending(*_, **__):
    with under_way():
        raise JournalProblem("the disk is full", where="spring.journal.sqlite", remedy="Make room.")


def after_sending_by_mistake(*_, **__):
    with under_way():
        broken()


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_what_was_typed_is_told_without_its_middle_where_it_is_very_long(cli, more):
    ended = cli("run", "a" * 100_000, "--dry-run", *more)
    assert ended.code == 2
    assert "File name too long" in ended.err
    assert "aaaa … aaaa" in ended.err.replace("\n", "")
    assert len(ended.err) + len(ended.out) < 20_000


@pytest.mark.parametrize(
    ("what", "code", "words"),
    [
        (
            broken,
            2,
            ("a defect of smscampaign", "KeyError in cli/dry_run.py, line", "sent nothing", "--debug"),
        ),
        (full, 2, ("/somewhere/results.csv: the system says: No space left on device", "sent nothing")),
        (no_memory, 2, ("there is not enough memory", "sent nothing")),
        (no_memory_for_a_library, 2, ("there is not enough memory", "sent nothing")),
        (no_thread, 2, ("no thread can be started", "`ulimit -v`", "sent nothing")),
        (without_sending, 2, ("the journal is held",)),
        (after_sending, 1, ("the disk is full", "were sent, or may have been", "`status`")),
        (after_sending_by_mistake, 1, ("a defect", "were sent, or may have been", "`status`", "--debug")),
    ],
)
def test_what_nobody_foresaw_is_one_message_and_an_exit_code(
    monkeypatch, campaign, people, what, code, words
):
    people()
    monkeypatch.setattr(dry_run, "destination", what)
    ended = campaign("--dry-run")
    assert ended.code == code
    assert ended.err.count("Error:") == 1
    assert "Traceback" not in ended.err
    assert "Onymous" not in ended.err
    assert ("sent nothing" in ended.err) == ("sent nothing" in words)
    assert all(one in " ".join(ended.err.split()) for one in words), ended.err


@pytest.mark.parametrize("way", ["option", "environment"])
def test_debug_shows_the_traceback_without_full_numbers(monkeypatch, cli, people, way):
    people()
    monkeypatch.setattr(dry_run, "destination", broken)
    if way == "environment":
        monkeypatch.setenv("SMSCAMPAIGN_DEBUG", "1")
    ended = cli(*["--debug"][: way == "option"], "run", "spring.csv", *OPTIONS, "--dry-run")
    assert ended.code == 2
    assert "Traceback" in ended.err
    assert "99 00 00" not in ended.err


def test_debug_is_no_part_of_the_command_that_is_shown_for_copying(cli, people):
    people()
    ended = cli("--debug", "run", "spring.csv", *OPTIONS, "--dry-run")
    assert ended.code == 0
    assert "smscampaign run spring.csv" in " ".join(ended.err.split())


def test_a_defect_while_messages_leave_is_exit_1(monkeypatch, campaign, people, ovhcloud):
    people()
    ovhcloud()
    monkeypatch.setattr(Queue, "turn", broken)
    ended = campaign("--yes")
    assert ended.code == 1
    assert "a defect of smscampaign" in " ".join(ended.err.split())
    assert "may have been" in ended.err


def after_the_messages(kind, name, here):
    """Something that works until messages were taken, and finds the disk full then."""
    whole = getattr(kind, name)

    def worked(*args, **more):
        done = whole(*args, **more)
        return full() if any(here.accepted()) else done

    return worked


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (Bars, "__exit__"),
        (Bars, "close"),
        (Results, "ended"),
        (Journal, "close"),
        (Plan, "tally"),
        (send, "_close"),
    ],
    ids=["bars", "a bar", "results", "journal", "figures", "summary"],
)
@pytest.mark.parametrize("stops", [False, True])
def test_what_was_sent_is_never_called_nothing(monkeypatch, campaign, people, ovhcloud, kind, name, stops):
    """A log on a full disk, say, once messages were taken: also where something else had ended the run by then."""
    people()
    here = ovhcloud()
    monkeypatch.setattr(kind, name, after_the_messages(kind, name, here))
    if stops:
        monkeypatch.setattr(launch, "run", after_the_messages(launch, "run", here))
    ended = campaign("--yes")
    assert any(here.accepted())
    assert (ended.code, "sent nothing" in ended.err) == (1, False), ended.err
    assert "may have been" in ended.err


def test_another_command_names_its_own_place(monkeypatch, cli, people):
    people()
    monkeypatch.setattr(status, "opened", broken)
    ended = cli("status", "spring.csv")
    assert ended.code == 2
    assert "KeyError in cli/status.py" in ended.err


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
@pytest.mark.parametrize(
    ("redirect", "codes"),
    [
        (">/dev/full", {2}),
        ("2>/dev/full", {0, 2}),
        (">&-", {0}),
        ("2>&-", {0}),
        (">&- 2>&- <&-", {0}),
        ("| true", {0, 2}),
    ],
)
def test_output_that_goes_nowhere_ends_in_one_of_the_exit_codes(clean, people, redirect, codes):
    people()
    line = " ".join(f"'{word}'" for word in command("run", "spring.csv", *OPTIONS, "--dry-run", "--json"))
    ended = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {line} {redirect}"],
        env=clean,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode in codes, ended
    assert "Traceback" not in ended.stderr
    assert "Exception ignored" not in ended.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="needs folders that can go")
def test_a_folder_that_is_gone_is_said(clean, tmp_path):
    gone = tmp_path / "gone"
    gone.mkdir()
    line = " ".join(f"'{word}'" for word in command("status", "spring.csv"))
    ended = subprocess.run(
        ["bash", "-c", f"rmdir {gone} && {line}"],
        cwd=gone,
        env=clean,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr
    assert ended.stderr.startswith("Error:")


@pytest.mark.parametrize(
    ("spoiled", "code"),
    [("sys.modules['smscampaign.cli.app'] = None", 2), ("app.run_app = lambda _: 1 / 0", 1)],
    ids=["before it", "while it runs"],
)
def test_where_what_would_tell_it_cannot_be_loaded_it_is_told_all_the_same(clean, spoiled, code):
    """As with hardly any memory: then something may have been sent, unless nothing had begun."""
    text = f"import sys; from smscampaign.cli import app, main; {spoiled}; main([])"
    ended = subprocess.run(
        [sys.executable, "-c", text], env=clean, capture_output=True, text=True, check=False, timeout=60
    )
    assert ended.returncode == code
    assert re.fullmatch(r"Error: smscampaign could not go on \(\w+\): too little memory\?\n", ended.stderr)
