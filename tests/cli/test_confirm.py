"""`--confirm CODE`: exactly the plan that was approved, without a terminal; another plan is refused with the difference."""

from __future__ import annotations

import re
import shlex
import subprocess

import pytest

from smscampaign.sandbox import Fault, FaultKind

from .conftest import OPTIONS, lines, number


def code_of(ended) -> str:
    return re.search(r"^\s*Plan\s+([A-Z0-9]{4})\b", ended.out, re.MULTILINE)[1]


def command_in(ended) -> list[str]:
    """The command to type next, without the program's name."""
    return shlex.split(ended.err.splitlines()[-1])[1:]


def taken(here) -> list[str]:
    return sorted(row["receiver"] for row in here.accepted())


def test_the_approved_plan_is_sent_and_again_sends_nothing(campaign, people, ovhcloud):
    here = ovhcloud()
    people(2)
    code = code_of(campaign("--dry-run"))
    assert campaign("--confirm", code.lower()).code == 0
    assert taken(here) == [number(0), number(1)]
    assert campaign("--confirm", code).code == 0
    assert len(taken(here)) == 2


def test_the_code_of_a_rehearsal_is_no_yes_to_the_real_thing(campaign, people, ovhcloud):
    here = ovhcloud()
    people(1)
    rehearsed, real = (code_of(campaign("--dry-run", *more)) for more in (("--sandbox",), ()))
    assert rehearsed != real
    assert campaign("--sandbox", "--confirm", rehearsed).code == 0
    ended = campaign("--confirm", rehearsed)
    assert (ended.code, taken(here)) == (2, [])
    assert "That is the code of its rehearsal." in ended.err
    assert real not in ended.err
    assert campaign("--sandbox", "--confirm", real).code == 2
    assert campaign("--confirm", real).code == 0


def test_a_code_that_was_approved_for_one_account_sends_from_no_other(campaign, people, ovhcloud):
    here = ovhcloud(accounts=2)
    people(1)
    one, other = (("--account", f"sms-sb{n:05d}-1") for n in (1, 2))
    approved = code_of(campaign("--dry-run", *one))
    assert code_of(campaign("--dry-run", *other)) != approved
    assert campaign(*one).code == 2  # planned, and nobody said yes
    for _ in range(2):
        ended = campaign("--confirm", approved, *other)
        assert (ended.code, taken(here)) == (2, [])
        assert "account: was sms-sb00001-1, is sms-sb00002-1" in ended.err
    assert campaign("--confirm", approved, *one).code == 0
    assert len(taken(here)) == 1


def test_a_code_without_an_account_is_good_for_the_one_that_the_keys_see(campaign, people, ovhcloud):
    here = ovhcloud()
    people(2)
    approved = code_of(campaign("--dry-run"))
    shown = code_of(campaign())
    assert shown != approved  # by now the account is known
    assert campaign("--confirm", approved, "--limit", 1).code == 1
    assert code_of(campaign("--dry-run")) == shown
    assert campaign("--confirm", approved).code == 0
    assert len(taken(here)) == 2


@pytest.mark.parametrize("option", ["--amend", "--restart"])
def test_an_edition_that_was_approved_as_a_dry_run_is_sent_once(campaign, people, ovhcloud, option):
    here = ovhcloud()
    people(1)
    assert campaign("--yes").code == 0
    people(2)
    word = ["AGAIN"] if option == "--restart" else []
    code = " ".join([*word, code_of(campaign("--dry-run", option, "--send-again"))])
    ended = campaign(option, "--send-again", "--confirm", code)
    assert ended.code == 0
    sent = len(taken(here))
    assert sent == (3 if word else 2)
    dry = code_of(campaign("--dry-run"))
    assert campaign("--confirm", dry).code == 0
    assert campaign(option, "--send-again", "--confirm", code).code in {0, 2}
    assert len(taken(here)) == sent


def test_nobody_to_ask_gets_the_next_command_and_that_sends(campaign, people, ovhcloud, cli):
    here = ovhcloud()
    people(2)
    ended = campaign()
    assert (ended.code, taken(here)) == (2, [])
    line = command_in(ended)
    assert line[-2:] == ["--confirm", code_of(ended)]
    assert cli(*line).code == 0
    assert len(taken(here)) == 2


def test_a_plan_that_changed_since_it_was_approved_is_refused_with_the_difference(campaign, people, ovhcloud):
    here = ovhcloud()
    people(2)
    code = code_of(campaign())
    people(3)
    for _ in range(2):  # the approved plan stays what it is compared with
        ended = campaign("--confirm", code, "--message", "Ho {{ name }}")
        assert (ended.code, taken(here)) == (2, [])
        assert "nothing was sent: what the approved plan was made from has changed" in ended.err
        assert "file: was another content" in ended.err
        assert "message: was 'Hello {{ name }}', is 'Ho {{ name }}'" in ended.err
        assert "people: 1 new, 0 gone, 2 with another text" in ended.err
        assert number(2) not in ended.err
    people(2)
    assert campaign("--confirm", code).code == 0
    assert len(taken(here)) == 2


def test_the_error_for_a_wrong_code_does_not_print_the_right_one(campaign, people, ovhcloud):
    here = ovhcloud()
    people(1)
    code = code_of(campaign("--dry-run"))
    for wrong in ("AAAA", "", f"{code} {code}"):
        ended = campaign("--confirm", wrong)
        assert (ended.code, taken(here)) == (2, [])
        assert "--confirm: nothing was sent: this is not the plan that --confirm names" in ended.err
        assert code not in ended.err.replace(wrong or "-", "")
        assert "--confirm" not in " ".join(command_in(ended))


@pytest.mark.parametrize("command", ["run", "cancel", "reconcile"])
def test_yes_and_confirm_are_one_too_many(cli, campaign, people, ovhcloud, command):
    ovhcloud()
    people(1)
    assert campaign("--yes", "--limit", 1).code == 0
    more = ("--resend", "--all") if command == "reconcile" else ()
    ended = cli(command, "spring.csv", *more, "--yes", "--confirm", "AAAA")
    assert ended.code == 2
    assert "one of them" in ended.err


def test_a_begun_campaign_goes_on_under_its_code_and_says_so(campaign, people, ovhcloud, cli):
    here = ovhcloud()
    people(3)
    code = code_of(campaign("--dry-run"))
    first = campaign("--confirm", code, "--limit", 1)
    assert first.code == 1
    line = command_in(first)
    assert line[-2:] == ["--confirm", code]
    line.remove("--limit")
    line.remove("1")
    assert cli(*line).code == 0
    assert len(taken(here)) == 3


def test_a_restart_takes_its_word_before_the_code(campaign, people, ovhcloud, cli):
    here = ovhcloud()
    people(1)
    assert campaign("--yes").code == 0
    for option in ((), ("--yes",)):
        asked = campaign("--restart", "--send-again", *option)
        assert asked.code == 2
    line = command_in(asked)
    assert line[-1].startswith("AGAIN ")
    assert "--yes" not in line
    bare = campaign("--restart", "--send-again", "--confirm", line[-1].split()[1])
    assert bare.code == 2
    assert "A restart takes a word before its code" in bare.err
    assert cli(*line).code == 0
    assert taken(here) == [number(0)] * 2


def test_cancel_takes_the_code(campaign, people, ovhcloud, cli, folder):
    ovhcloud()
    people(3)
    assert campaign("--yes", "--limit", 1).code == 1
    wrong = cli("cancel", "spring.csv", "--confirm", "AAAA")
    assert (wrong.code, "nothing was cancelled: this is not the plan" in wrong.err) == (2, True)
    asked = cli("cancel", "spring.csv")
    assert (asked.code, "there is nobody here to ask" in asked.err) == (2, True)
    assert cli(*command_in(asked)).code == 1
    assert [row["sms_status"] for row in lines(folder / "spring.results.csv")].count("cancelled") == 2


def test_reconcile_decides_by_the_code(campaign, people, ovhcloud, cli, folder, once_called):
    people(1)
    here = ovhcloud()
    here.add_faults(Fault(FaultKind.DROP_BEFORE, times=1, route="POST /sms/*/jobs"))
    once_called(here, Fault(FaultKind.STATUS, route="GET /sms/*/outgoing", status=500))
    assert campaign("--yes", "--settle", "0").code == 1
    (tag,) = [row["sms_tag"] for row in lines(folder / "spring.results.csv")]
    wrong = cli("reconcile", "spring.csv", "--assume-sent", tag, "--confirm", "AAAA")
    assert (wrong.code, "nothing was decided: this is not the plan" in wrong.err) == (2, True)
    asked = cli("reconcile", "spring.csv", "--assume-sent", tag)
    assert (asked.code, "there is nobody here to ask" in asked.err) == (2, True)
    assert "Decided and recorded: 1 call." in cli(*command_in(asked)).err


OTHER = "+33799000123"


@pytest.mark.parametrize(
    ("words", "variable"),
    [
        (("--sender", OTHER), "SENDER"),
        ((f"--sender={OTHER}",), "SENDER"),
        (("--set", f"sender={OTHER}"), "SENDER"),
        (("--sender", "Sandbox", "--message", f"Call us = {OTHER}, {{{{ name }}}}"), "MESSAGE"),
    ],
)
def test_a_full_number_is_not_in_the_command_to_copy(cli, people, ovhcloud, words, variable):
    """A variable of the shell stands for it: without that the shell says what is missing; with it, it is what was typed."""
    here = ovhcloud(senders=("Sandbox", OTHER, "0799000123"))
    people(1)
    base = OPTIONS[2:-2] if variable == "MESSAGE" else OPTIONS[:-2]
    ended = cli("run", "spring.csv", *base, *words, "--dry-run")
    *_, line = [one.strip() for one in ended.err.splitlines() if f"${{{variable}:?" in one]
    assert "99000123" not in ended.err
    given = next(word for word in reversed(words) if "99000123" in word)
    value = given.partition("=")[2] if given.startswith(("--", "sender=")) else given
    command = line.partition(" run ")[2]
    shell = ["sh", "-c", f"printf '%s\\n' run {command}"]
    unset = subprocess.run(shell, capture_output=True, text=True, check=False)
    assert (unset.returncode != 0, f"{variable}: it holds a number, which is not shown" in unset.stderr) == (
        True,
        True,
    )
    read = subprocess.run(
        shell, capture_output=True, text=True, check=True, env={"PATH": "/usr/bin:/bin", variable: value}
    )
    typed = read.stdout.splitlines()
    assert typed == ["run", "spring.csv", *base, *words]
    asked = cli(
        *typed
    )  # nobody is there to be asked, and the command that is named keeps the number to itself
    assert (asked.code, f"${{{variable}:?" in asked.err, "99000123" in asked.err) == (2, True, False)
    assert cli(*typed, "--yes").code == 0
    assert len(list(here.accepted())) == 1
