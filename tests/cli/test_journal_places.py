"""Journals as files: deleted, forgotten, renamed, damaged or moved half-way. Nobody gets the campaign twice by that."""

from __future__ import annotations

import shlex
import shutil
from collections import Counter

import pytest

from .conftest import number


@pytest.fixture
def begun(people, campaign, ovhcloud):
    """A campaign of four of which two were sent; the sandbox that took them."""
    here = ovhcloud()
    people(4)
    assert campaign("--yes", "--limit", 2).code == 1
    return here


def told(here):
    return Counter(one["receiver"] for one in here.accepted())


def two_people_once(here):
    return told(here) == {number(0): 1, number(1): 1}


def test_a_journal_that_was_deleted_is_missed(begun, campaign, folder):
    (folder / "spring.journal.sqlite").unlink()
    for how in ("--dry-run", "--yes"):
        ended = campaign(how, "--send-again")
        assert ended.code == 2
        assert (
            "the journal is gone, and spring.journal.mark says that a campaign has begun in it" in ended.err
        )
    assert two_people_once(begun)
    (folder / "spring.journal.mark").unlink()
    dry = campaign("--dry-run")
    assert (dry.code, "spring.results.csv says that people were sent to" in dry.err) == (2, True)
    ended = campaign("--yes")
    assert ended.code == 2
    assert "by a campaign no journal here knows of" in ended.err
    assert two_people_once(begun)
    assert campaign("--yes", "--send-again").code == 0
    assert told(begun) == {number(n): 2 if n < 2 else 1 for n in range(4)}


def test_a_journal_in_which_nothing_stands_is_no_new_one(begun, campaign, cli, folder):
    for path in folder.glob("spring.journal.sqlite*"):
        path.write_bytes(b"")
    for ended in (campaign("--yes"), cli("status", "spring.csv"), cli("receipts", "spring.csv")):
        assert ended.code == 2
        assert "the journal is empty, and spring.journal.mark" in ended.err
    assert two_people_once(begun)


def test_a_mark_that_is_missing_is_told_once(begun, campaign, cli, folder):
    (folder / "spring.journal.mark").unlink()
    told_of = "spring.journal.mark was missing or spoiled, and was written anew"
    assert told_of in cli("status", "spring.csv").err
    assert told_of not in campaign("--yes").err
    assert told(begun) == {number(n): 1 for n in range(4)}


def test_a_journal_that_was_named_once_is_not_forgotten(people, campaign, ovhcloud):
    here = ovhcloud()
    people(4)
    assert campaign("--yes", "--limit", 2, "--journal", "other.sqlite").code == 1
    ended = campaign("--yes", "--message", "Another text, {{ name }}")
    assert ended.code == 2
    assert "--journal other.sqlite" in ended.err
    assert two_people_once(here)
    assert campaign("--yes", "--journal", "other.sqlite").code == 0
    assert told(here) == {number(n): 1 for n in range(4)}


def test_the_journal_to_go_on_with_is_named_by_a_path_that_leads_there(people, campaign, ovhcloud, folder):
    here = ovhcloud()
    people(4)
    there = folder.parent / "other where" / "j.db"
    there.parent.mkdir()
    assert campaign("--yes", "--limit", 2, "--journal", there).code == 1
    (folder / "link.db").symlink_to(there)
    ended = campaign("--yes", "--message", "Another text, {{ name }}")
    assert ended.code == 2
    options = shlex.split(" ".join(ended.err.split()).partition("go on with it by `")[2].partition("`")[0])
    assert campaign("--yes", *options).code == 0
    assert told(here) == {number(n): 1 for n in range(4)}


def test_a_name_that_changes_half_way_makes_no_second_campaign(begun, campaign, cli):
    for options in ((), ("--message", "Hello {{ name }}!"), ("--dry-run",)):
        ended = campaign("--yes", "--name", "Spring", *options)
        assert ended.code == 2
        assert "go on with it by --name spring" in ended.err.lower()
    status = cli("status", "spring.csv", "--name", "Spring")
    assert (status.code, "nothing sent" in status.out) == (2, False)
    assert two_people_once(begun)


def test_the_advice_about_a_damaged_journal_can_be_followed(begun, campaign, folder):
    path = folder / "spring.journal.sqlite"
    path.write_bytes(bytes(100) + path.read_bytes()[100:])
    ended = campaign("--yes")
    assert ended.code == 2
    assert "Do not send this campaign again" in ended.err
    assert "--journal" not in ended.err
    assert campaign("--yes", "--journal", "again.sqlite").code == 2
    assert two_people_once(begun)


def test_rejected_rows_put_right_without_the_journal_repeat_nobody(people, campaign, ovhcloud, folder):
    here = ovhcloud()
    # Row 2 is a mistyped number; what it is put right to stands in row 3, and has the campaign.
    path = people(0, more=f"Bob,0799000O00\nRobert,{number(0)}")
    assert campaign("--yes").code == 0
    rejected = folder / "spring.rejected.csv"
    rejected.write_text(rejected.read_text().replace("0799000O00", number(0)))
    journal = path.with_name("spring.journal.sqlite")
    journal.write_bytes(bytes(100) + journal.read_bytes()[100:])
    ended = campaign("--yes", file="spring.rejected.csv")
    assert ended.code == 2
    assert "Do not send this campaign again: keep the file." in ended.err
    shutil.move(journal, folder / "away.bin")
    assert campaign("--yes", file="spring.rejected.csv").code == 2
    assert told(here) == {number(0): 1}


@pytest.mark.parametrize(
    "name", ["spring.journal.sqlite", "spring.journal.mark", "spring.journal.sqlite.lock"]
)
def test_a_link_that_leads_back_to_itself_is_named(campaign, people, folder, name):
    people(1)
    (folder / name).symlink_to(name)
    ended = campaign("--yes")
    assert (ended.code, "defect" in ended.err) == (2, False)
    assert name in ended.err
