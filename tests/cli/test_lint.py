"""`lint`: findings with their rules, an exit code for scripts, and why a rule is one."""

from __future__ import annotations

import json

import pytest

from smscampaign.campaign import looking
from smscampaign.linting import CATALOGUE

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
    assert ended.code == 0
    assert "SMS003:" in ended.err
    assert "SMS003:" not in cli("run", "spring.csv", *asked, "--ignore", "SMS003").err


def test_a_dry_run_says_that_it_looked_at_some_texts_only(cli, people, monkeypatch):
    people(3)
    asked = ["--message", "{{ name }}, dear {first_name}", *OPTIONS, "--dry-run"]
    assert "looks at all of them" not in cli("run", "spring.csv", *asked).err
    monkeypatch.setattr(looking, "LOOKED_AT", 2)
    told = cli("run", "spring.csv", *asked).err
    assert "(2 messages)" in told
    assert "Only the first 2 texts were looked at for this; `smscampaign lint` looks at all of them." in told


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
