"""`check` and `test`: is it right, and what does it look like on my own phone?"""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from smscampaign import sandbox
from smscampaign.gateway.clients import KEYS_ARE_MADE_AT

from .conftest import OPTIONS, lines, number
from .test_json import is_a

MINE = "+33799099999"
ROOT = Path(__file__).resolve().parents[2]
THREE = (("GET", "/sms"), ("GET", "/sms/*/jobs"), ("POST", "/sms/*/jobs"))


@pytest.fixture(autouse=True)
def state(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "smscampaign" / "tests"


def test_an_account_that_is_right(ovhcloud, cli):
    ovhcloud(senders=("Sandbox", "Flore"))
    ended = cli("check")
    assert (ended.code, ended.err) == (0, "")
    assert "account sms-sb00001-1 holds 10 000 credits" in ended.words
    assert "every right that is needed" in ended.words
    assert "senders that can be used: Sandbox, Flore" in ended.words
    is_a("check", cli("check", "--json").out)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"credits": 0}, "the account has no credits"),
        (
            {"credentials": (sandbox.Credential(rules=(("GET", "/*"),)),)},
            "the keys lack POST /sms/*/jobs: nothing can",
        ),
        ({"accounts": 2}, "2 SMS accounts"),
    ],
)
def test_what_is_wrong_with_an_account_ends_with_1_and_what_to_do(ovhcloud, cli, settings, says):
    ovhcloud(**settings)
    ended = cli("check")
    assert ended.code == 1
    assert says in " ".join(ended.err.split())
    assert "→" in ended.err
    found = is_a("check", cli("check", "--json").out)
    assert any(says.partition(":")[0] in one["what"] for one in found["findings"])


def test_keys_of_the_php_guide_are_told_what_they_lack(ovhcloud, cli):
    ovhcloud(credentials=(sandbox.Credential(rules=THREE),))
    ended = cli("check")
    assert ended.code == 0, ended.err
    assert "may not ask for their own rights" in ended.words
    assert "the keys lack GET /sms/*/outgoing" in " ".join(ended.err.split())


def test_keys_of_the_page_that_is_printed_lack_nothing_and_money_is_told(ovhcloud, people, cli):
    """The README, the guide and the error without keys lead to the same page."""
    for page in ("README.md", "docs/coming-from-the-php-guide.md"):
        assert KEYS_ARE_MADE_AT in (ROOT / page).read_text("utf-8")
    pairs = [pair.split("=") for pair in KEYS_ARE_MADE_AT.partition("?")[2].split("&")]
    asking = ("GET", "/auth/currentCredential")
    people(2)
    for rules in ([*pairs, asking], pairs):
        ovhcloud(credentials=(sandbox.Credential(rules=tuple((method, path) for method, path in rules)),))
        ended = cli("check", "spring.csv", *OPTIONS)
        assert ended.code == 0, ended.err
        assert "the keys lack" not in ended.err
        assert "Price about 0.13 EUR" in ended.words
    ovhcloud(credentials=(sandbox.Credential(rules=(*(tuple(one) for one in pairs[:-1]), asking)),))
    assert "the keys lack GET /me: what a campaign costs is told in credits only" in " ".join(
        cli("check").err.split()
    )


def test_no_keys_are_an_error_and_the_file_is_looked_at_all_the_same(people, cli, monkeypatch):
    monkeypatch.setenv("OVH_ENDPOINT", "ovh-eu")
    people(2, more="Lost,12")
    ended = cli("check", "spring.csv", *OPTIONS)
    assert ended.code == 1
    assert "there are no keys" in ended.err
    assert "3 rows: 2 to send, 1 not" in ended.out


def test_a_clock_that_is_off_is_told(ovhcloud, cli):
    here = ovhcloud()
    here.add_faults(sandbox.Fault(sandbox.FaultKind.CLOCK_OFF, seconds=-200))
    ended = cli("check")
    assert ended.code == 0
    assert "clock is 4 minutes ahead of OVHcloud's" in " ".join(ended.err.split())


def test_with_a_file_it_shows_the_plan_the_cost_and_what_stands_in_the_way(people, ovhcloud, cli, folder):
    people(3)
    here = ovhcloud()
    ended = cli("check", "spring.csv", *OPTIONS)
    assert ended.code == 0, ended.err
    assert "the sender Sandbox can be used" in ended.words
    assert "Credits 3 in all" in ended.words
    wrong = cli("check", "spring.csv", *OPTIONS, "--sender", "Nobody")
    assert wrong.code == 1
    assert "the sender Nobody cannot be used" in wrong.err
    assert "senders --add NAME" in " ".join(wrong.err.split())
    poor = ovhcloud(credits=2)
    assert "not enough credits" in cli("check", "spring.csv", *OPTIONS).err
    assert not [*here.accepted(), *poor.accepted()]
    assert [one.name for one in folder.iterdir()] == ["spring.csv"]


def test_the_verdict_stands_at_the_end_where_a_terminal_shows_it(people, ovhcloud, cli):
    ovhcloud(senders=("Flore",))
    people(2, more="Landline,01 99 00 00 00")
    ended = cli("check", "spring.csv", *OPTIONS[:-1], "Flore")
    assert ended.code == 0
    *_, sender, last = ended.out.splitlines()
    assert sender == "ok  the sender Flore can be used."
    assert last == "ok  2 of 3 rows can be sent."
    wrong = cli("check", "spring.csv", *OPTIONS)
    assert wrong.code == 1
    assert "can be sent" not in wrong.out.splitlines()[-1]
    assert "Sandbox" in wrong.err
    unplanned = cli("check", "spring.csv")
    assert unplanned.code == 2
    assert "ok  the keys sign in" in unplanned.out


def test_an_account_that_cannot_be_used_is_told_once(people, ovhcloud, cli):
    people(1)
    here = ovhcloud()
    here.world.store.objects.put("account", here.account, "", {"status": "disable"})
    for words in (("check",), ("check", "spring.csv", *OPTIONS)):
        ended = cli(*words)
        assert ended.code == 1
        assert ended.err.count("the account is not usable: its status is disable") == 1, ended.err


def test_a_rehearsal_is_priced_by_the_sandbox_and_not_by_what_was_published(people, cli):
    people(2)
    ended = cli("check", "spring.csv", *OPTIONS, "--sandbox")
    assert ended.code == 0, ended.err
    assert ("Credits 2 in all" in ended.words, "published" in ended.words) == (True, False)


def test_what_would_make_it_cheaper(folder, ovhcloud, cli):
    ovhcloud()
    (folder / "spring.csv").write_text(f"name,mobile\nZoë,{number(0)}\n", "utf-8")
    dear = ("--message", "Bonjour {{ name }}, " + "x" * 60, *OPTIONS[2:])
    ended = cli("check", "spring.csv", *dear, "--advise")
    assert "1 message in UCS-2, because of" in ended.words
    document = is_a("check", cli("check", "spring.csv", *dear, "--advise", "--json").out)
    assert document["advice"]["ucs2_messages"] == 1
    assert cli("check", "--advise").code == 2


def test_a_message_to_oneself_as_often_as_one_likes(people, ovhcloud, cli, folder, state):
    people(3)
    here = ovhcloud()
    for _ in range(2):
        ended = cli("test", "spring.csv", "--to", "07 99 09 99 99", *OPTIONS, "--yes")
        assert ended.code == 0, ended.err
    assert [(row["receiver"], row["message"]) for row in here.accepted()] == [(MINE, "Hello Person 0")] * 2
    assert [one.name for one in folder.iterdir()] == ["spring.csv"]
    assert {one.stat().st_mode & 0o077 for one in (state, *state.iterdir())} == {0}
    # It is no contact: the campaign goes to everybody, to oneself as well.
    people(3, more=f"Me,{MINE}")
    assert cli("run", "spring.csv", *OPTIONS, "--yes").code == 0
    assert {row["sms_status"] for row in lines(folder / "spring.results.csv")} == {"accepted"}


def test_the_one_that_is_asked_for(people, ovhcloud, cli):
    people(2, more=f"Somebody with a long name,{number(7)}")
    here = ovhcloud()
    for what in ("longest", "row 3"):
        assert cli("test", "spring.csv", "--to", MINE, "--show", what, *OPTIONS, "--yes").code == 0
    assert [row["message"] for row in here.accepted()] == [
        "Hello Somebody with a long name",
        "Hello Person 1",
    ]
    document = is_a("test", cli("test", "spring.csv", "--to", MINE, *OPTIONS, "--yes", "--json").out)
    assert (document["status"], document["to"]) == ("accepted", "+33 • •• •• •• 99")


@pytest.mark.parametrize(("typed", "code"), [("9999", 0), ("0000", 2), ("", 2)])
def test_it_asks_for_the_last_four_digits(people, ovhcloud, terminal, typed, code):
    people(2)
    here = ovhcloud()
    screen = terminal("test", "spring.csv", "--to", MINE, *OPTIONS)
    screen.wait_for("Type the last four digits of +33 • •• •• •• 99 to send it (1 credit): ")
    screen.type(typed)
    assert screen.end() == code
    assert len(list(here.accepted())) == (code == 0)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--to", "12", "--yes"), "too short"),
        (("--to", MINE), "nobody here to ask"),
        (("--to", MINE, "--show", "row 99", "--yes"), "no row 99"),
    ],
)
def test_what_is_not_sent(people, ovhcloud, cli, words, says):
    people(2)
    here = ovhcloud()
    ended = cli("test", "spring.csv", *OPTIONS, *words)
    assert ended.code == 2
    assert says in ended.err
    assert not list(here.accepted())


def test_an_answer_that_is_lost_is_in_doubt_and_never_sent_again_by_itself(people, ovhcloud, cli):
    people(1)
    here = ovhcloud()
    here.add_faults(sandbox.Fault(sandbox.FaultKind.DROP_AFTER, route="POST /sms/*/jobs"))
    here.add_faults(sandbox.Fault(sandbox.FaultKind.HIDE_HISTORY, seconds=3600))
    ended = cli("test", "spring.csv", "--to", MINE, *OPTIONS, "--yes", "--set", "sending.settle=0")
    assert ended.code == 1
    assert "may have it or not" in ended.err
    assert len(list(here.accepted())) == 1


def test_files_of_a_month_ago_are_removed_by_the_next(people, ovhcloud, cli, state):
    people(1)
    ovhcloud()
    assert cli("test", "spring.csv", "--to", MINE, *OPTIONS, "--yes").code == 0
    old, before = list(state.iterdir()), time.time() - 31 * 24 * 3600
    for one in old:
        os.utime(one, (before, before))
    assert cli("test", "spring.csv", "--to", MINE, *OPTIONS, "--yes").code == 0
    assert not any(one.exists() for one in old)
