"""`lint`: findings with their rules, an exit code for scripts, and why a rule is one."""

from __future__ import annotations

import json
import re

import pytest

from smscampaign.advice.linter import CATALOGUE
from smscampaign.campaign import preview

from .conftest import number

OPTIONS = ("--purpose", "transactional", "--region", "FR", "--sender", "Sandbox")


@pytest.fixture
def lint(cli, people):
    people(3)
    return lambda *more: cli("lint", "spring.csv", *OPTIONS, *more)


def test_nothing_to_remark(lint, folder):
    ended = lint("--message", "Hello {{ name }}")
    assert ended.code == 0
    assert ended.out == "Nothing to remark.\n"
    assert "3 messages looked at" in ended.err
    assert [path.name for path in folder.iterdir()] == ["spring.csv"]


def test_findings_are_told_with_their_rule_their_rows_and_what_to_do(lint):
    ended = lint("--message", "Hello {{ name }}, dear {first_name}")
    assert ended.code == 1
    (row,) = [line for line in ended.out.splitlines() if line.startswith("SMS003  ")]
    assert row.split()[1] == "error"
    assert " 3 " in row
    assert "{first_name}" in row
    assert "\nSMS003: " in ended.out
    assert number(0) not in ended.out + ended.err


def test_for_programs(lint):
    ended = lint("--message", "Hello {{ name }}, dear {first_name}", "--json")
    (found,) = json.loads(ended.out)["findings"]
    assert (found["rule"], found["severity"], found["messages"]) == ("SMS003", "error", 3)
    assert ended.code == 1


def test_a_hint_alone_is_exit_0(lint):
    ended = lint("--message", "{{ name }} HURRY NOW, SALE ENDS SATURDAY EVENING")
    assert "SMS004" in ended.out
    assert ended.code == 0


def test_a_rule_can_be_left_out(lint):
    asked = ["--message", "Hello {{ name }}, dear {first_name}"]
    assert lint(*asked, "--ignore", "SMS003").out == "Nothing to remark.\n"


def test_a_dry_run_tells_them_too(cli, people):
    people(1)
    asked = ["--message", "Dear {first_name}", *OPTIONS, "--dry-run"]
    ended = cli("run", "spring.csv", *asked)
    assert ended.code == 2
    said = " ".join(ended.err.split())
    assert (
        "Error: spring.csv, row 2: a placeholder that was not filled in: {first_name} (SMS003, 1 message)"
        in said
    )
    assert 'If it is meant so: --ignore SMS003, or ignore = ["SMS003"] under [lint].' in said
    assert "Found" not in said
    assert "without --ignore SMS003 nothing would be" in said
    assert "sends it:" not in said
    assert "Found" not in cli("run", "spring.csv", *asked, "--ignore", "SMS003").err


def test_over_an_error_no_command_is_given_that_sends_it(cli, people):
    people(1)
    options = ("--purpose", "transactional", "--region", "FR", "--dry-run")
    ended = cli("run", "spring.csv", "--message", "See www.example.org/a", *options)
    assert ended.code == 0
    assert "Found (error): SMS002, row 2: " in ended.err
    assert "Set a sender that is validated on the account" in " ".join(ended.err.split())
    assert "sends it:" not in ended.err
    assert "Nothing was sent. Put right what is called an error above, and look again." in " ".join(
        ended.err.split()
    )


def test_each_is_told_with_its_severity_and_an_error_last(cli, people):
    people(1)
    asked = [
        "--purpose",
        "marketing",
        "--region",
        "FR",
        "--dry-run",
        "--send-at",
        "2027-03-02T10:00:00+01:00",
    ]
    told = cli("run", "spring.csv", "--message", "HURRY, THE SALE BEGINS NOW!!! www.example.org", *asked).err
    warning, error = (
        told.index("Found (warning): SMS006, advertiser: "),
        told.index("Found (error): SMS002, row 2: "),
    )
    assert (
        told.index("1 hint besides, on the texts or the hours: see `smscampaign lint spring.csv`.")
        < warning
        < error
    )
    assert "named in the text.\n" in told


def test_errors_are_named_right_above_the_question_and_stop_nothing(terminal, people, ovhcloud):
    ovhcloud()
    people(1)
    screen = terminal("run", "spring.csv", "--message", "See example.org", *OPTIONS[:-2])
    screen.wait_for("anything else to stop:")
    assert "Found (error): SMS002, row 2: " in screen.text
    _, _, after = " ".join(screen.text.split()).rpartition("(1 message).")
    assert after.startswith(
        " → Set a sender that is validated on the account, or take the link or the number out. "
    )
    (code,) = re.findall(r"Type (\w{4}) to send 1 message", screen.text)
    screen.type(code)
    assert screen.end() == 0


def test_with_strict_an_error_sends_nothing(cli, people, ovhcloud):
    here = ovhcloud()
    people(1)
    asked = ["run", "spring.csv", "--message", "Dear {first_name}", *OPTIONS, "--strict"]
    for how in ("--dry-run", "--yes"):
        ended = cli(*asked, how)
        assert ended.code == 2
        assert "Found (error): SMS003, row 2: " in ended.err
        assert "nothing was sent, because of what the linter calls an error: SMS003" in ended.err
    assert not list(here.accepted())
    assert cli(*asked, "--ignore", "SMS003", "--yes").code == 0
    assert len(list(here.accepted())) == 1


def test_with_strict_every_text_is_looked_at(cli, people, monkeypatch):
    people(3)
    monkeypatch.setattr(preview, "LOOKED_AT", 2)
    message = "{{ name }}{% if name.endswith('2') %} {first_name}{% endif %}"
    asked = ["run", "spring.csv", "--message", message, *OPTIONS, "--dry-run"]
    assert "SMS003" not in cli(*asked).err
    assert "SMS003" in cli(*asked, "--strict").err


def test_hints_alone_are_counted(cli, people):
    people(1)
    told = cli("run", "spring.csv", "--message", "{{ name }} , come", *OPTIONS, "--dry-run").err
    assert "hint" not in told
    told = cli("run", "spring.csv", "--message", "Come in!!!", *OPTIONS, "--dry-run").err
    assert "1 hint on the texts or the hours: see `smscampaign lint spring.csv`." in told


def test_when_no_row_can_be_sent(cli, people):
    people(0, more="Landline,01 99 00 00 00")
    ended = cli("lint", "spring.csv", *OPTIONS, "--message", "Hello {{ name }}")
    assert (ended.code, ended.out) == (2, "")
    assert "No row of this file can be sent" in ended.err


def test_it_says_of_how_many_rows_it_speaks(cli, people):
    people(2, more="Landline,01 99 00 00 00")
    ended = cli("lint", "spring.csv", *OPTIONS, "--message", "Hello {{ name }}")
    assert ended.code == 0
    assert "2 messages (3 rows in the file) looked at" in ended.err


def test_a_dry_run_says_that_it_looked_at_some_texts_only(cli, people, monkeypatch):
    people(3)
    asked = ["--message", "{{ name }}, dear {first_name}", *OPTIONS, "--dry-run"]
    assert "looks at all of them" not in cli("run", "spring.csv", *asked).err
    monkeypatch.setattr(preview, "LOOKED_AT", 2)
    told = cli("run", "spring.csv", *asked).err
    assert "(SMS003, 2 messages)" in told
    assert (
        "Only the first 2 texts were looked at for this; `smscampaign lint spring.csv` looks at all of them."
        in told
    )


@pytest.mark.parametrize("rule", CATALOGUE)
def test_every_rule_explains_itself(cli, rule):
    ended = cli("lint", "--explain", rule.lower())
    assert ended.code == 0
    assert ended.out.startswith(f"{rule} (")
    assert len(ended.out.split("\n\n")) == 3


def test_the_rules_are_listed(cli):
    ended = cli("lint", "--rules")
    assert [line.split()[0] for line in ended.out.splitlines()[1:]] == list(CATALOGUE)


def test_a_rule_that_is_none(cli):
    ended = cli("lint", "--explain", "SMS999")
    assert ended.code == 2
    assert "there is no rule 'SMS999'" in ended.err
    assert "`smscampaign lint --rules` lists them" in ended.err


def test_without_a_file(cli):
    ended = cli("lint")
    assert ended.code == 2
    assert "there is no file to look at" in ended.err
