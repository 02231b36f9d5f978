"""Rubbish in options, settings and the Python calls gets an error of its own, and never reaches the last handler."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import smscampaign as sms
from smscampaign.cli.screen import shorten
from tests.cli.conftest import number

HUGE = "1" + "0" * 400
DEEP = "a = " + "[" * 5_000 + "]" * 5_000

ARGUMENTS = [
    *(
        ("--repeat-days", HUGE),
        ("--limit", HUGE),
        ("--max-parts", HUGE),
        ("--header-row", HUGE),
        ("--validity", HUGE),
        ("--brake-doubts", HUGE),
        ("--pace", "nan"),
        ("--pace", "1e400"),
        ("--settle", "inf"),
        ("--settle", "1e300"),
        ("--ramp-wait", "1e300"),
        ("--ramp-wait", "nan"),
        ("--brake-floor", "1e400"),
        ("--brake-share", "nan"),
        ("--receivers-per-call", "-1"),
        ("--send-at", "9999-12-31T23:59:59-14:00x"),
        ("--region", ""),
        ("--encoding", "idna"),
        ("--delimiter", ""),
        ("--ramp", "99999999999%"),
        ("--show", ""),
        ("--lang", ""),
    ),
    *(
        (option, rubbish)
        for option in (
            "--message",
            "--sender",
            "--name",
            "--journal",
            "--out",
            "--settings",
            "--number-column",
        )
        for rubbish in ("caf\udce9", "a\0b")
    ),
]


@pytest.mark.parametrize(("option", "value"), ARGUMENTS)
def test_rubbish_in_an_option_is_an_error_of_its_own(campaign, people, option, value):
    people()
    ended = campaign("--dry-run", option, value)
    if value:
        assert ended.code == 2
    assert "defect" not in ended.err
    assert ended.err.count("Error:") == (ended.code == 2)
    assert len(ended.err) < 2_000


TOML = [
    DEEP,
    "a = " + "{a = " * 2_000 + "1" + "}" * 2_000,
    "limits.parts = " + "9" * 5_000,
    "limits.parts = inf",
    "limits.repeat_days = 99999999999999",
    "limits.calls_per_minute = nan",
    "sending.settle = 1e300",
    "ramp.wait = inf",
    'brakes.floor = "1e999999999"',
    "limits = 5",
    "[[limits]]",
    'text.swaps = {"ab" = 5}',
    "regions = [5]",
    'file.encoding = "idna"',
]


@pytest.mark.parametrize("line", TOML, ids=lambda line: shorten(line, 40))
def test_rubbish_in_the_settings_is_an_error_of_its_own(campaign, people, folder, line):
    people()
    (folder / "spring.toml").write_text(line + "\n", "utf-8")
    ended = campaign("--dry-run")
    assert ended.code == 2
    assert "defect" not in ended.err
    assert ended.err.count("Error:") == 1


def test_a_template_whose_name_holds_a_nul(cli, people, folder):
    people()
    (folder / "spring.toml").write_text(
        'template = "a\\u0000b"\npurpose = "marketing"\nregion = "FR"\n', "utf-8"
    )
    ended = cli("run", "spring.csv", "--dry-run")
    assert ended.code == 2
    assert "NUL" in ended.err


@pytest.mark.skipif(os.name != "posix", reason="needs names that are not UTF-8")
def test_a_file_whose_name_is_not_utf_8_has_to_be_renamed(campaign, folder):
    name = "caf\udce9.csv"
    (folder / name).write_text(f"name,mobile\nAnn,{number(1)}\n", "utf-8")
    ended = campaign("--dry-run", file=name)
    assert ended.code == 2
    assert "renamed" in ended.err


def test_rubbish_in_python_is_an_error_with_a_sentence(people, folder):
    path = people()
    given = {"message": "Hi {{ name }}", "purpose": "transactional", "region": "FR", "sender": "Sandbox"}
    with pytest.raises(sms.SettingsProblem, match="not UTF-8"):
        sms.Campaign.load(path, **{**given, "message": "caf\udce9"})
    with pytest.raises(sms.CampaignError):
        sms.Campaign.load(Path("a\0b"), **given)
    with pytest.raises(sms.CampaignError, match="message"):
        sms.Campaign.load(path, **{**given, "message": 5})
    with sms.sandbox() as gateway, pytest.raises(sms.NotConfirmed, match="the code is a text"):
        sms.Campaign.load(path, **given).plan().deliver(gateway, confirm=None)
