"""Files whose names are no UTF-8, as old archives and other systems leave them: none of them stops a campaign."""

from __future__ import annotations

import json
import os

import pytest

from .conftest import OPTIONS, number


@pytest.fixture
def cafe(folder, people):
    """A campaign's file by the name of `café.csv` in windows-1252."""
    path = folder / os.fsdecode(b"caf\xe9.csv")
    people().rename(path)
    return path


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


def test_a_campaign_of_such_a_name_and_one_beside_it(cafe, people, campaign, cli, ovhcloud):
    here = ovhcloud()
    ended = cli("run", cafe, *OPTIONS, "--yes", "--limit", "1")
    assert ended.code == 1, ended.err
    assert r"caf\xe9.csv" in ended.err + ended.out
    for command in ("status", "audit"):
        assert cli(command, cafe).code == 0
    assert json.loads(cli("status", cafe, "--json").out)
    people()
    ended = campaign("--yes")
    assert ended.code == 2
    assert r"(caf\xe9.journal.sqlite)" in ended.err
    assert campaign("--yes", "--send-again").code == 0
    assert cli("run", cafe, *OPTIONS, "--yes", "--send-again").code == 0
    assert sorted(one["receiver"] for one in here.accepted()) == sorted([number(n) for n in range(3)] * 2)
