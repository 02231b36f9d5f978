"""`audit`: the checks, the story of a number and of a call, and what somebody changed behind the program's back."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys

import pytest

from .conftest import lines, number


@pytest.fixture
def sent(campaign, people, ovhcloud, folder):
    ovhcloud()
    people(5, more=f"Twin,07 99 00 00 01\nNobody,12\nOther,{number(77)}")
    campaign("--yes", "--limit", 4)
    return folder / "spring.journal.sqlite"


def change(journal, statement):
    raw = sqlite3.connect(journal)
    with raw:
        raw.execute(statement)
    raw.close()


def test_a_journal_that_nobody_touched_agrees(cli, sent):
    ended = cli("audit", "spring.csv")
    assert ended.code == 0
    assert "FAILED" not in ended.out
    assert ended.out.count(" ok") == 9
    assert ended.err == ""


def test_what_was_changed_is_found(cli, sent):
    change(sent, "UPDATE chunk SET state = 'pending' WHERE id = 1")
    ended = cli("audit", "spring.csv")
    assert ended.code == 1
    assert "FAILED 1: call " in ended.out
    assert "is pending, its events say accepted" in ended.out
    assert "changed by something else" in ended.err


def test_for_programs(cli, sent):
    good = cli("audit", "spring.csv", "--json")
    assert (good.code, json.loads(good.out)["ok"]) == (0, True)
    change(sent, "DELETE FROM rejection")
    bad = cli("audit", "spring.csv", "--json")
    found = json.loads(bad.out)
    assert (bad.code, found["ok"]) == (1, False)
    wrong = {one["check"] for one in found["checks"] if one["failed"]}
    assert "every row of the file is one message or one rejection" in wrong


def test_another_file_is_told(cli, sent, people):
    people(6)
    ended = cli("audit", "spring.csv")
    assert ended.code == 1
    assert "spring.csv is not the file that was planned" in ended.out
    assert "1 check failed: spring.csv is not the file that was planned." in ended.err


def test_what_a_database_logs_about_its_connections_is_not_printed():
    script = (
        "import logging, smscampaign.journal.engines; logging.getLogger('sqlalchemy.pool').error('closing')"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    assert (done.stdout, done.stderr) == ("", "")


@pytest.mark.parametrize(
    "spelling", ["+33799000001", "07 99 00 00 01", "0033 799 00 00 01", "07.99.00.00.01"]
)
def test_the_story_of_a_number_however_it_is_written(cli, sent, spelling):
    ended = cli("audit", "spring.csv", spelling, "--name", "spring")
    assert ended.code == 0
    assert "+33799000001" in ended.out
    assert "in row 3 (FR), 1 part GSM-7" in ended.out
    assert "Hello Person 1" in ended.out
    assert "Row 7 was not sent: duplicate, the same number as row 3" in ended.out
    assert "call claimed" in ended.out
    assert "accepted by OVHcloud" in ended.out
    assert "Now: accepted, 1 credit\n" in ended.out


def test_the_story_of_a_number_says_what_the_results_say_of_its_price(
    cli, campaign, people, ovhcloud, folder
):
    ovhcloud()
    people(2, more="Olga,+48453900001")
    long = ("--message", "Hello {{ name }}, ę" + " and so on" * 8)
    campaign(*long, "--yes", "--limit", 2)
    rows = lines(folder / "spring.results.csv")
    assert [row["sms_status"] for row in rows] == ["accepted", "accepted", "pending"]
    told = {}
    for row in rows:
        ended = cli("audit", "spring.csv", row["sms_number"], "--json")
        (chapter,) = json.loads(ended.out)["editions"]
        told[row["sms_number"]] = chapter["credits"]
        assert chapter["parts"] == int(row["sms_parts"]) == 2
        assert chapter["credits"] == float(row["sms_credits"])
    assert told == {number(0): 2, number(1): 2, "+48453900001": 0.8}
    assert "Now: accepted, 2 credits\n" in cli("audit", "spring.csv", number(0)).out
    assert "Now: pending, 0.8 credits when sent\n" in cli("audit", "spring.csv", "+48453900001").out
    of_call = json.loads(cli("audit", "spring.csv", rows[0]["sms_tag"], "--json").out)
    assert of_call["editions"][0]["credits"] == 2


def test_a_number_that_waits_has_no_events(cli, sent):
    ended = cli("audit", "spring.csv", number(77))
    assert "Its call was not made yet" in ended.out
    assert "Now: pending" in ended.out


def test_the_story_of_a_call(cli, sent, folder):
    tag = lines(folder / "spring.results.csv")[0]["sms_tag"]
    ended = cli("audit", "spring.csv", tag, "--json")
    found = json.loads(ended.out)
    assert (ended.code, found["tag"], found["number"]) == (0, tag, None)
    (chapter,) = found["editions"]
    assert [one["what"] for one in chapter["events"]] == ["sending", "accepted"]
    assert (chapter["status"], chapter["receivers"]) == ("accepted", 1)
    assert "+3379900" not in ended.out


def test_a_receipt_belongs_to_the_story(cli, sent):
    for _ in range(40):
        cli("receipts", "spring.csv")
        ended = cli("audit", "spring.csv", number(0))
        if "Receipt: delivered" in ended.out:
            break
    assert "Receipt: delivered on 20" in ended.out


def test_receipts_of_an_earlier_edition_are_fetched_too_and_what_agrees_is_told_once(
    cli, sent, campaign, people
):
    people(7)
    assert campaign("--amend", "--yes").code == 0
    assert cli("receipts", "spring.csv", "--follow").code == 0
    for one in (0, 6):
        story = cli("audit", "spring.csv", number(one)).out
        assert "Receipt: " in story
        assert "none fetched" not in story
    ended = cli("audit", "spring.csv")
    assert ended.out.count(" ok") == 9
    assert ended.out.endswith("All of it agrees, in 2 editions.\n")
    change(sent, "UPDATE chunk SET state = 'pending' WHERE id = 1")
    assert "FAILED in edition 1 1:" in cli("audit", "spring.csv").words


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ("+33612345678", "This number is in no message of this campaign"),
        ("zzzzzzzzzz-1", "This call is not in this campaign"),
        ("not a number", "this is neither a number nor the tag of a call"),
    ],
)
def test_what_is_not_there_is_told(cli, sent, asked, says):
    ended = cli("audit", "spring.csv", asked)
    assert ended.code == 2
    assert says in ended.err


def test_before_anything_was_planned_there_is_nothing_to_audit(cli, people):
    people(2)
    assert cli("audit", "spring.csv").code == 2


@pytest.mark.parametrize("how", ["--amend", "--restart"])
def test_an_edition_that_nobody_said_yes_to_is_no_part_of_the_story(cli, sent, campaign, people, how):
    people(6)
    assert campaign(how).code == 2  # it waits for its yes
    ended = cli("audit", "spring.csv", number(0))
    assert "Now: accepted" in ended.out
    assert "Edition 2" not in ended.out
    assert "pending" not in ended.out
    (chapter,) = json.loads(cli("audit", "spring.csv", number(0), "--json").out)["editions"]
    assert chapter["status"] == "accepted"
    checked = json.loads(cli("audit", "spring.csv", "--json").out)["checks"]
    assert {one["edition"] for one in checked} == {1}
    assert cli("audit", "spring.csv", number(5)).code == 2
    assert campaign(how, "--yes").code == (0 if how == "--amend" else 2)
    assert ("Edition 2" in cli("audit", "spring.csv", number(5)).out) is (how == "--amend")
