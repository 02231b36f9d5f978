"""A campaign that has begun and is no longer the same: the difference, `--amend`, `--restart`, and the guard on content."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections import Counter
from decimal import Decimal

import pytest

from smscampaign.sandbox import Fault, FaultKind

from .conftest import OPTIONS, lines, number

RUN = ("run", "spring.csv", *OPTIONS, "--receivers-per-call", 1)


def told(here):
    """Who got how many messages, by the sandbox's own record."""
    return Counter(row["receiver"] for row in here.accepted())


@pytest.fixture
def begun(campaign, people, ovhcloud, folder):
    """Three people, two of whom have the message; then the file has four others in it."""
    here = ovhcloud()
    people(3)
    assert campaign("--yes", "--limit", 2).code == 1
    people(5)
    return here


@pytest.mark.parametrize("how", ["--yes", "--dry-run"])
def test_the_difference_is_shown_and_what_can_be_done(begun, campaign, folder, how):
    ended = campaign(how)
    assert ended.code == 2
    assert "people: 2 new, 0 gone, 0 with another text (by number; 3 before, 5 now)" in ended.err
    assert "distinct texts: 3 before, 5 now" in ended.err
    assert "credits: 3 before, 5 now" in ended.err
    assert "row 5 is new: +33 • •• •• •• 03" in ended.err
    said = " ".join(ended.err.split())
    assert (
        "Put it back as it was, and it goes on as it was planned; or send this, with --amend, to those who"
        in said
    )
    # Two ways and no more: what sends to people twice is not offered to somebody in a hurry.
    assert not any(word in said for word in ("--restart", "--journal", "--send-again"))
    assert not any(number(n) in ended.err for n in range(5))
    assert len(told(begun)) == 2


@pytest.mark.parametrize(
    ("first", "then", "told", "back"),
    [
        (
            ("--typography", "gsm", "--swap", "ç=c", "--swap", "ô=o"),
            ("--send-at", "2027-03-06T10:00+01:00"),
            [
                "text.swaps: was 'ç=c', 'ô=o', is not set",
                "text.typography: was 'gsm', is 'keep'",
                "sending.send_at: was not set, is '2027-03-06T10:00:00+01:00'",
            ],
            "  To put it back add --typography gsm --swap 'ç=c' --swap 'ô=o' and leave out --send-at",
        ),
        (
            ("--receivers-per-call", 2, "--where", "name != 'x'", "--number-column", "mobile"),
            ("--receivers-per-call", 3),
            ["receivers per call: was '2', is '3'", "where: was \"name != 'x'\", is not set"],
            """  To put it back add --where 'name != '"'"'x'"'"'' --number-column mobile --receivers-per-call 2""",
        ),
        (("--sender", "Sandbox"), ("--message", "Bye {{ name }}", "--priority", "low"), [], ""),
    ],
)
def test_settings_that_changed_are_named_with_the_options_that_put_them_back(
    people, campaign, ovhcloud, first, then, told, back
):
    ovhcloud()
    people(3)
    assert campaign("--yes", "--limit", 2, *first).code == 1
    ended = campaign("--yes", *then)
    assert ended.code == 2
    for line in told:
        assert f"  {line}\n" in ended.err
    assert "{" not in ended.err.replace("{{ name }}", "")
    assert ("To put it back" in ended.err) == bool(back)
    assert back in ended.err
    # What did not change is not told.
    assert "distinct texts" not in ended.err
    assert "rows that cannot" not in ended.err
    if back:
        options = shlex.split(back.split(" add ")[1].split(" and leave out ")[0])
        assert campaign("--yes", *options).code == 0


def test_amend_sends_to_those_who_are_new_and_keeps_the_results_before(begun, campaign, folder):
    before = (folder / "spring.results.csv").read_bytes()
    dry = campaign("--amend", "--dry-run")
    assert dry.code == 0
    assert "Amended: 3 are new or still waiting, 2 already had the campaign and get nothing more." in dry.err
    assert "1 message of the campaign as it was not sent yet" in dry.err
    assert "already-sent" in dry.out
    assert (folder / "spring.results.csv").read_bytes() == before
    ended = campaign("--amend", "--yes")
    assert ended.code == 0
    assert told(begun) == {number(n): 1 for n in range(5)}
    assert (folder / "spring.results.edition-1.csv").read_bytes() == before
    rows = lines(folder / "spring.results.csv")
    assert [row["sms_status"] for row in rows] == ["accepted"] * 5
    assert [bool(row["sms_reason"].startswith("already-sent: ")) for row in rows] == [True] * 2 + [False] * 3
    assert len({row["sms_tag"].split("-")[0] for row in rows}) == 2
    assert campaign("--amend", "--yes").code == 0
    assert campaign("--yes").code == 0
    assert told(begun) == {number(n): 1 for n in range(5)}


def test_an_amended_campaign_stands_where_its_results_say(begun, campaign, cli, folder):
    campaign("--amend", "--yes", "--limit", 1)
    for given in (("--yes",), ("--amend", "--yes")):
        shown = campaign(*given).out
        rows = lines(folder / "spring.results.csv")
        had = [row for row in rows if row["sms_status"] == "accepted"]
        paid = sum(Decimal(row["sms_credits"]) for row in had)
        assert (len(had), paid) == (5, 5)
        told = f"In all, with 1 earlier edition: {len(had)} accepted, {paid} credits charged"
        assert told in shown
        ended = cli("status", "spring.csv")
        assert told in ended.out
        assert "accepted 3 " in ended.words
        assert "3 credits charged" in ended.out
        whole = json.loads(cli("status", "spring.csv", "--json").out)
        assert (whole["messages"]["accepted"], whole["credits_charged"]) == (3, 3)
        both = whole["all_editions"]
        assert (both["editions"], both["messages"]) == (2, {"accepted": len(had)})
        assert (both["credits_charged"], both["unpriced_calls"]) == (paid, 0)
        assert both["calls_by_state"] == {"accepted": 5, "cancelled": 1}


def test_a_restarted_campaign_counts_what_came_before_in_all(begun, campaign, cli):
    (words,) = re.findall(r"--confirm '(AGAIN \w{4})'", campaign("--restart").err)
    assert campaign("--restart", "--confirm", words).code == 0
    whole = json.loads(cli("status", "spring.csv", "--json").out)["all_editions"]
    assert (whole["editions"], whole["messages"], whole["credits_charged"]) == (2, {"accepted": 7}, 7)
    ended = cli("status", "spring.csv")
    assert "accepted 5 " in ended.words
    assert "In all, with 1 earlier edition: 7 accepted, 7 credits charged" in ended.out


def test_amend_with_nobody_new_takes_its_place_and_sends_nothing(begun, campaign, people, folder):
    people(2)
    dry = campaign("--amend", "--dry-run")
    assert (dry.code, "Amended: 0 are new" in dry.err) == (0, True)
    assert campaign("--amend", "--yes").code == 0
    assert told(begun) == {number(n): 1 for n in range(2)}
    assert [row["sms_status"] for row in lines(folder / "spring.results.csv")] == ["accepted"] * 2


def test_amend_goes_on_without_its_option(begun, campaign, cli):
    ended = campaign("--amend", "--yes", "--limit", 1)
    assert ended.code == 1
    assert "To go on:\n  smscampaign run spring.csv" in ended.err
    assert "--amend" not in ended.err.split("To go on:")[1]
    assert campaign("--yes").code == 0
    assert told(begun) == {number(n): 1 for n in range(5)}
    assert json.loads(cli("status", "spring.csv", "--json").out)["messages"] == {
        "suppressed": 2,
        "accepted": 3,
    }


def test_amend_asks_for_the_code_of_the_new_plan(begun, campaign):
    ended = campaign("--amend")
    assert ended.code == 2
    assert "--amend --confirm " in ended.err
    assert len(told(begun)) == 2
    assert campaign("--amend", "--restart", "--yes").code == 2


def test_a_doubt_stops_amending_and_reconcile_settles_it_though_the_file_changed(
    campaign, cli, people, ovhcloud, folder, once_called
):
    here = ovhcloud()
    people(3)
    once_called(
        here,
        Fault(FaultKind.DROP_AFTER, route="POST /sms/*/jobs"),
        Fault(FaultKind.STATUS, route="GET /sms/*/outgoing", status=500),
    )
    assert campaign("--yes", "--limit", 1, "--settle", 0).code == 1
    here.clear_faults()
    people(4)
    ended = campaign("--amend", "--yes")
    assert ended.code == 2
    assert "in doubt" in ended.err
    assert "reconcile" in ended.err
    settled = cli("reconcile", "spring.csv", "--settle", 0)
    assert settled.code == 0
    assert "The results were not written: the file is not the one that was planned" in settled.err
    assert campaign("--amend", "--yes").code == 0
    assert told(here) == {number(n): 1 for n in range(4)}


@pytest.mark.parametrize("how", ["--yes", "--dry-run"])
def test_another_journal_for_the_changed_message_tells_who_had_the_first(begun, campaign, how):
    changed = ("--message", "Quite another text", "--journal", "other.sqlite")
    ended = campaign(*changed, how)
    words = " ".join(ended.err.split())
    assert "2 people had this campaign ('spring') from spring.journal.sqlite, last sent on" in words
    assert "--send-again" in words
    assert len(told(begun)) == 2
    if how == "--yes":
        assert ended.code == 2
        assert campaign(*changed, "--yes", "--send-again").code == 0
        assert sum(told(begun).values()) == 2 + 5


def test_restart_is_not_answered_by_yes(begun, campaign):
    ended = campaign("--restart", "--yes")
    assert ended.code == 2
    assert "--yes does not answer for a restart" in ended.err
    assert "it has sent 2 messages so far, and who is in this file gets it again" in ended.err
    assert len(told(begun)) == 2


def test_restart_is_confirmed_with_a_word_of_its_own(begun, terminal, folder):
    screen = terminal(*RUN[:-2], "--restart", "--yes")
    screen.wait_for("anything else to stop:")
    words = screen.text.split("Type ")[-1].split(" to send")[0]
    assert words.startswith("AGAIN ")
    screen.type(words.split()[1])
    assert screen.end() == 2
    assert len(told(begun)) == 2
    screen = terminal(*RUN[:-2], "--restart")
    screen.wait_for("anything else to stop:")
    screen.type(words.lower())
    assert screen.end() == 0
    assert told(begun) == {number(n): 2 if n < 2 else 1 for n in range(5)}
    assert (folder / "spring.results.edition-1.csv").exists()


def test_who_had_the_same_text_from_another_campaign_or_waits_for_it_is_left_out(begun, campaign, folder):
    shutil.copy(folder / "spring.csv", folder / "summer.csv")
    days = ("--repeat-days", 30)
    dry = campaign("--dry-run", *days, file="summer.csv")
    assert dry.code == 0
    assert "3 had the same text lately" in dry.out
    assert "--send-again" in dry.err
    assert "5 to send" in campaign("--dry-run", *days, "--send-again", file="summer.csv").out
    ended = campaign("--yes", *days, file="summer.csv")
    assert ended.code == 0
    assert "from the campaign spring (spring.journal.sqlite)" in " ".join(ended.out.split())
    assert told(begun) == {number(n): 1 for n in (0, 1, 3, 4)}


def test_with_send_again_they_get_it_too(begun, campaign, folder):
    shutil.copy(folder / "spring.csv", folder / "summer.csv")
    assert campaign("--yes", "--repeat-days", 30, "--send-again", file="summer.csv").code == 0
    assert told(begun) == {number(n): 2 if n < 2 else 1 for n in range(5)}


def test_a_rehearsal_beside_it_is_no_repeat(begun, campaign, folder):
    shutil.copy(folder / "spring.csv", folder / "summer.csv")
    ended = campaign("--sandbox", "--yes", file="summer.csv")
    assert ended.code == 0
    assert "had “" not in ended.err


def test_a_damaged_journal_beside_it_is_told_and_passed_over(campaign, people, ovhcloud, folder):
    ovhcloud()
    people(1)
    (folder / "old.journal.sqlite").write_bytes(b"nothing of the kind" * 100)
    ended = campaign("--yes")
    assert ended.code == 0
    assert "old.journal.sqlite was not looked at" in ended.err
