"""A dry run does not say "this sends it" where `run` would refuse: it says what stands in the way."""

from __future__ import annotations

import json

import pytest


def test_a_time_that_is_past_is_told_instead_of_the_command(campaign, people, ovhcloud):
    here = ovhcloud()
    people(1)
    for how in ("--dry-run", "--yes"):
        past = campaign(how, "--send-at", "2020-03-06T10:00+01:00")
        assert (past.code, "sends it" in past.err) == (2, False)
        assert "--send-at: 2020-03-06 10:00 UTC+01:00 is past: it would leave at once" in past.err
    ahead = campaign("--dry-run", "--send-at", "2999-03-06T10:00+01:00")
    assert "then sends it" in ahead.err
    assert list(here.accepted()) == []


@pytest.mark.parametrize("limit", [(), ("--limit", 1)])
def test_a_first_slice_that_cannot_be_judged_is_refused_here_too(campaign, people, limit):
    people(3)
    more = limit or ("--send-at", "2999-03-06T10:00+01:00")
    ended = campaign("--dry-run", "--ramp", 1, *more)
    assert (ended.code, "sends it" in ended.err, "--ramp" in ended.err) == (2, False, True)


def test_a_cancelled_campaign_is_refused_here_too(campaign, people, cli, ovhcloud):
    ovhcloud()
    people(3)
    assert campaign("--yes", "--limit", 1).code == 1
    cli("cancel", "spring.csv", "--yes")
    ended = campaign("--dry-run")
    assert (ended.code, "sends it" in ended.err, "was cancelled on" in ended.err) == (2, False, True)


def test_who_had_the_same_text_is_left_out_unless_it_is_to_be_sent_again(campaign, people, ovhcloud):
    ovhcloud()
    people(2)
    asked = ("--repeat-days", 30)
    assert campaign("--yes", *asked).code == 0
    people(2, name="other.csv", more="New,07 99 00 90 07")
    ended = campaign("--dry-run", *asked, file="other.csv")
    assert (ended.code, "sends it" in ended.err) == (0, True)
    assert (
        "2 rows are left out, because their number had the same text lately; --send-again sends"
        in " ".join(ended.err.split())
    )
    assert "2 had the same text lately." in ended.out
    assert "3 to send" in campaign("--dry-run", *asked, "--send-again", file="other.csv").out
    # What people wait for is compared only if that is asked for.
    assert "3 to send" in campaign("--dry-run", file="other.csv").out


def test_all_that_stands_in_the_way_is_told_at_once_and_to_programs_too(campaign, people, ovhcloud):
    ovhcloud()
    people(2)
    assert campaign("--yes").code == 0
    people(2, name="other.csv", more="Home,01 99 00 00 00")
    asked = ("--dry-run", "--strict", "--send-at", "2020-03-06T10:00+01:00")
    ended = campaign(*asked, file="other.csv")
    assert ended.code == 2
    for words in ("1 row is not right", "is past"):
        assert words in ended.err
    assert "Nothing was sent, and as it is nothing would be." in ended.err
    told = json.loads(campaign(*asked, "--json", file="other.csv").out)["findings"]
    stops = [(one["code"], one["overruled_by"]) for one in told if one["severity"] == "stop"]
    assert stops == [("rejected-rows", "--no-strict"), ("past-moment", None)]


def _own_file(folder):
    (folder / "spring.results.csv").write_text("a,b\n1,2\n")
    return ()


def _folder(folder):
    (folder / "spring.results.csv").mkdir()
    return ()


def _no_folder(folder):
    return ("--journal", "nodir/x")


def _file_for_a_folder(folder):
    return ("--journal", "spring.csv/x")


def _dangling(folder):
    (folder / "link.sqlite").symlink_to("nowhere.sqlite")
    return ("--journal", "link.sqlite")


@pytest.mark.parametrize(
    ("obstacle", "words"),
    [
        (_own_file, "spring.results.csv: this file has no results of smscampaign in it"),
        (_folder, "spring.results.csv: the results could not be written here (Is a directory)"),
        (_no_folder, "nodir/x: the journal cannot be written (No such file or directory)"),
        (_file_for_a_folder, "spring.csv/x: the journal cannot be written (Not a directory)"),
        (_dangling, "link.sqlite: the journal is a link, and what it leads to is not there"),
    ],
    ids=["own file", "folder", "no folder", "file for a folder", "dangling link"],
)
def test_what_stands_in_the_way_of_a_first_run(people, campaign, ovhcloud, folder, obstacle, words):
    here = ovhcloud()
    people(3)
    more = obstacle(folder)
    before = sorted(path.name for path in folder.rglob("*"))
    dry = campaign("--dry-run", *more)
    assert (dry.code, words in dry.err) == (2, True), dry.err
    assert "sends it:" not in dry.err
    assert "Nothing was sent, and as it is nothing would be." in dry.err
    assert sorted(path.name for path in folder.rglob("*")) == before
    ran = campaign("--yes", *more)
    assert (ran.code, words in ran.err) == (2, True), ran.err
    assert list(here.accepted()) == []


@pytest.mark.parametrize("more", [(), ("--limit", 1)])
def test_another_account_than_it_began_from(people, campaign, ovhcloud, more):
    ovhcloud(accounts=2)
    people(3)
    first, second = (("--account", f"sms-sb00001-{n}") for n in (1, 2))
    assert campaign("--yes", "--limit", 1, *first).code == 1
    words = "this campaign has begun from the account sms-sb00001-1, and sms-sb00001-2 knows nothing"
    for how in ("--dry-run", "--yes"):
        ended = campaign(how, *second, *more)
        assert (ended.code, words in ended.err) == (2, True), ended.err
    assert campaign("--dry-run", *first).code == 0
    # The keys see two of them, and a run asks for one by name; without it a dry run asks OVHcloud nothing.
    assert campaign("--dry-run").code == 0
    # A rehearsal has its own account and its own journal, whatever the campaign is sent from.
    assert campaign("--dry-run", "--sandbox", *second).code == 0
