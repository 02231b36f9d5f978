"""At a terminal of 80 columns, and with the signals an operator sends: the typed yes, the bars, Ctrl-C once and twice."""

from __future__ import annotations

import re
import signal
import subprocess
import time
from collections import Counter

import pytest

from smscampaign.sandbox import Fault, FaultKind

from .conftest import OPTIONS, command, ended, lines, number

SLOW = Fault(FaultKind.LATENCY, seconds=0.2)
RUN = ("run", "spring.csv", *OPTIONS)


def told(here):
    return Counter(row["receiver"] for row in here.accepted())


def until_taken(here, count):
    limit = time.monotonic() + 60
    while here.world.store.messages < count and time.monotonic() < limit:
        time.sleep(0.02)


def test_the_right_code_sends_and_the_bar_shows_rate_time_left_and_credits(
    terminal, people, ovhcloud, folder
):
    here = ovhcloud()
    here.add_faults(SLOW)
    people(12, more="Landline,01 99 00 00 00")
    screen = terminal(*RUN)
    screen.wait_for("anything else to stop:")
    assert not told(here)
    (code, asked) = re.findall(r"Type (\w{4}) to (send 12 messages \(12 credits\))", screen.text)[0]
    assert asked
    screen.type(code.lower())
    assert screen.end() == 0
    assert told(here) == {number(n): 1 for n in range(12)}
    bars = [line for line in screen.text.splitlines() if line.startswith("Sending:")]
    assert re.search(
        r"\d+%\|.*\| \d+/12 \[\d\d:\d\d<[\d:?]+, +[\d.]+ ?(message/s|s/ message), \d+ credits\]", bars[-2]
    )
    assert "12/12" in bars[-1]
    # A command to copy is never broken.
    drawn = [line for line in screen.text.splitlines() if "-m smscampaign run" not in line]
    assert max(map(len, drawn)) <= 80
    assert len(lines(folder / "spring.results.csv")) == 13


TOML = 'template = "text.txt"\npurpose = "transactional"\nregion = "FR"\nsender = "Sandbox"\n'


def _settings(folder):
    (folder / "spring.toml").write_text(TOML.replace("Sandbox", "Other"), "utf-8")
    return "sender: was 'Sandbox', is 'Other'"


def _template(folder):
    (folder / "text.txt").write_text("Bye {{ name }}", "utf-8")
    return "message: was 'Hello {{ name }}', is 'Bye {{ name }}'"


def _recipients(folder):
    with (folder / "spring.csv").open("a", encoding="utf-8") as file:
        file.write(f"Late,{number(9)}\n")
    return "file: was another content"


def _rejected(folder):
    rejected = folder / "spring.rejected.csv"
    text = rejected.read_text("utf-8-sig")
    assert "01 99 00 00 00" in text
    rejected.write_text(text.replace("01 99 00 00 00", number(8)), "utf-8-sig")
    return "corrections: was not set, is another content"


@pytest.mark.parametrize("change", [_settings, _template, _recipients, _rejected])
@pytest.mark.parametrize("begun", [False, True], ids=["first", "resumed"])
def test_what_changes_while_the_question_stands_is_not_sent(
    terminal, people, ovhcloud, folder, cli, change, begun
):
    here = ovhcloud()
    people(3, more="Landline,01 99 00 00 00")
    (folder / "spring.toml").write_text(TOML, "utf-8")
    (folder / "text.txt").write_text("Hello {{ name }}", "utf-8")
    if begun:
        assert cli("run", "spring.csv", "--yes", "--limit", 1).code == 1
    else:
        assert cli("run", "spring.csv", "--dry-run", "--out", "dry.csv").code == 0  # writes the rejected rows
    before = told(here)
    screen = terminal("run", "spring.csv")
    screen.wait_for("anything else to stop:")
    words = change(folder)
    screen.type(re.findall(r"Type (\w{4}) to", screen.text)[0])
    assert screen.end() == 2
    said = " ".join(screen.text.split())
    assert "nothing was sent: what the plan was made from has changed since it was shown" in said
    assert words in said
    assert "has begun" not in said.partition("anything else to stop:")[2]
    assert told(here) == before


@pytest.mark.parametrize("begun", [False, True], ids=["first", "resumed"])
def test_a_journal_that_is_taken_away_while_the_question_stands(
    terminal, people, ovhcloud, folder, campaign, begun
):
    here = ovhcloud()
    people(3)
    if begun:
        assert campaign("--yes", "--limit", 1).code == 1
    before = told(here)
    screen = terminal(*RUN)
    screen.wait_for("anything else to stop:")
    (folder / "spring.journal.sqlite").rename(folder / "away")
    screen.type(re.findall(r"Type (\w{4}) to", screen.text)[0])
    assert screen.end() == 2
    said = " ".join(screen.text.split())
    assert "defect" not in said
    assert told(here) == before
    if begun:
        assert "the journal is gone, and spring.journal.mark says that a campaign has begun in it" in said
        assert "Bring it back from where it was moved to" in said
        (folder / "away").rename(folder / "spring.journal.sqlite")
    else:
        assert "the journal was moved away or deleted while this program was at work" in said
        assert "run the command again" in said
    assert campaign("--yes").code == 0
    assert told(here) == {number(n): 1 for n in range(3)}


def test_a_wrong_code_sends_nothing(terminal, people, ovhcloud):
    here = ovhcloud()
    people(2)
    screen = terminal(*RUN)
    screen.wait_for("anything else to stop:")
    screen.type("yes")
    assert screen.end() == 2
    assert "nothing was sent" in screen.text
    assert "To do it after all" in screen.text
    assert not told(here)


def test_ctrl_c_at_the_question_sends_nothing(terminal, people, ovhcloud):
    here = ovhcloud()
    people(2)
    screen = terminal(*RUN)
    screen.wait_for("anything else to stop:")
    screen.wait_until_it_reads()
    screen.process.send_signal(signal.SIGINT)
    assert screen.end() == 130
    assert "Nothing was sent." in screen.text
    assert "Traceback" not in screen.text
    assert not told(here)


def test_tables_fit_80_columns(terminal, people):
    people(3, more="Landline,01 99 00 00 00\nWrong,+33 7 99 00 00 0")
    screen = terminal(*RUN, "--message", "Hello {{ name }}, " + "a long text " * 20, "--dry-run")
    assert screen.end() == 0
    shown = screen.text.splitlines()
    assert max(map(len, [line for line in shown if "smscampaign run" not in line])) <= 80
    (first,) = [line for line in shown if number(0) in line]
    assert first.rstrip().endswith("…")  # one line a message
    again = [line for line in shown if "python -m smscampaign run spring.csv" in line]
    assert len(again) == 2  # to rehearse it, and to send it
    assert all("a long text " * 20 in line for line in again)  # whatever is to be copied is not broken


def test_the_advice_for_many_bad_rows_is_not_cut(terminal, people):
    people(1, more="\n".join(["Nobody,O7 99 00 00 12"] * 21))
    screen = terminal("run", "spring.csv", *OPTIONS, "--dry-run")
    assert screen.end() == 0
    shown = " ".join(screen.text.split())
    assert "number-letters 21 rows: 3, 4, 5, 6, 7, 8, 9, 10 …" in shown
    assert shown.count("With digits for the letters it would be +33799000012.") == 1
    assert "…" not in shown.replace("9, 10 …", "")
    copied = "python -m smscampaign run spring.csv"
    assert max(len(line) for line in screen.text.splitlines() if copied not in line) <= 80


def test_the_checks_of_several_editions_fit(terminal, campaign, people, ovhcloud):
    ovhcloud()
    people(2)
    assert campaign("--yes").code == 0
    people(3)
    assert campaign("--amend", "--yes").code == 0
    screen = terminal("audit", "spring.csv")
    assert screen.end() == 0
    heads = next(line for line in screen.text.splitlines() if "check" in line)
    assert heads.split() == ["check", "tried", "result"]
    assert "in 2 editions" in screen.text
    assert max(map(len, screen.text.splitlines())) <= 80


@pytest.mark.parametrize(
    "words", [("settings",), ("lint", "spring.csv", *OPTIONS), ("advise", "spring.csv", *OPTIONS)]
)
def test_nothing_but_what_is_to_be_copied_is_wider_than_the_terminal(terminal, people, words):
    people(2, more=f"Zoë {'of a long name ' * 6},{number(9)}")
    screen = terminal(*words)
    assert screen.end() in {0, 1}
    wide = [line for line in screen.text.splitlines() if len(line) > 80 and "--swap" not in line]
    assert wide == []


def test_what_to_do_about_an_error_is_indented_on_every_line(terminal, people):
    people(1)
    screen = terminal("run", "spring.csv", *OPTIONS, "--dry-run", "--show", "x" * 20)
    assert screen.end() == 2
    _, after = screen.text.split("  → ")
    first, *others = after.rstrip().splitlines()
    assert first.startswith("Give one of ")
    assert others
    assert all(line.startswith("    ") and len(line) <= 80 for line in others)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_waits_for_what_is_under_way_writes_the_results_and_tells_how_to_go_on(
    process, people, ovhcloud, campaign, folder, how
):
    here = ovhcloud()
    # Much slower than whoever sends the signal may be: there has to be something left to stop.
    here.add_faults(Fault(FaultKind.LATENCY, seconds=0.8))
    people(30)
    running = process(*RUN, "--yes")
    until_taken(here, 3)
    running.send_signal(how)
    stopped = ended(running)
    assert stopped.code == 130
    assert "Stopping: waiting for the calls under way" in stopped.err
    assert re.search(r"^To go on:\n  .*python -m smscampaign run spring.csv", stopped.err, re.MULTILINE)
    assert "%|" not in stopped.err  # no bar where there is no terminal
    assert number(0) not in stopped.err
    taken = told(here)
    assert 3 <= len(taken) < 30
    rows = lines(folder / "spring.results.csv")
    assert {row["sms_number"] for row in rows if row["sms_status"] == "accepted"} == set(taken)
    assert {row["sms_status"] for row in rows} == {"accepted", "pending"}
    here.clear_faults()
    assert campaign("--yes").code == 0
    assert told(here) == {number(n): 1 for n in range(30)}


def until_asked(here, route, count=1):
    """Wait until so many calls of a route have arrived; `counting` was set before."""
    limit = time.monotonic() + 60
    while time.monotonic() < limit:
        seen = [one["seen"] for one in here.world.injector.state() if one["route"] == route]
        if seen and seen[0] >= count:
            return
        time.sleep(0.02)
    pytest.fail(f"no {route} within a minute")


POST, OUTGOING = "POST /sms/*/jobs", "GET /sms/*/outgoing"
WAITS = {
    # What it waits for: the fault, the options, and the call after which the wait has begun.
    "the pace after a 429": (
        Fault(FaultKind.STATUS, route=POST, status=429, nth=1, retry_after=300),
        ("--pace", "600"),
        POST,
    ),
    "a back-off": (Fault(FaultKind.STATUS, route=POST, status=429, retry_after=300), ("--pace", "0"), POST),
    "a doubt to settle": (
        Fault(FaultKind.DROP_BEFORE, route=POST),
        ("--settle", "300", "--brake-doubts", "0", "--brake-share", "1"),
        OUTGOING,
    ),
}


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("what", WAITS)
def test_a_signal_ends_every_wait_at_once(process, people, ovhcloud, folder, once_called, how, what):
    here = ovhcloud()
    fault, options, route = WAITS[what]
    once_called(here, Fault(FaultKind.LATENCY, route=OUTGOING), fault)
    people(3)
    running = process(*RUN, "--yes", *options)
    until_asked(here, route)
    time.sleep(0.5)
    assert running.poll() is None
    began = time.monotonic()
    running.send_signal(how)
    stopped = ended(running)
    assert time.monotonic() - began < 30  # it would have waited for minutes
    assert stopped.code == 130, stopped.err
    assert "To go on:" in stopped.err
    assert "Traceback" not in stopped.err
    rows = lines(folder / "spring.results.csv")
    assert len(rows) == 3
    assert {row["sms_number"] for row in rows if row["sms_status"] == "accepted"} == set(told(here))


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_planning_leaves_nothing_half_done(process, campaign, people, ovhcloud, folder, how):
    here = ovhcloud()
    people(40_000)
    running = process(*RUN, "--yes", "--limit", 2)
    until_planning(folder / "spring.journal.sqlite-wal", running)
    running.send_signal(how)
    stopped = ended(running)
    assert stopped.code == 130, stopped.err
    assert "Interrupted." in stopped.err
    assert "Traceback" not in stopped.err
    assert not told(here)
    assert campaign("--yes", "--limit", 2).code == 1
    assert told(here) == {number(0): 1, number(1): 1}


def until_planning(wal, running):
    limit = time.monotonic() + 60
    while time.monotonic() < limit and not (wal.exists() and wal.stat().st_size > 300_000):
        assert running.poll() is None
        time.sleep(0.005)


def test_sigterm_at_the_question_sends_nothing(terminal, people, ovhcloud):
    here = ovhcloud()
    people(2)
    screen = terminal(*RUN)
    screen.wait_for("anything else to stop:")
    screen.wait_until_it_reads()
    screen.process.send_signal(signal.SIGTERM)
    assert screen.end() == 130
    assert "Traceback" not in screen.text
    assert not told(here)


def test_a_second_ctrl_c_leaves_at_once_and_nobody_gets_two(process, people, ovhcloud, campaign):
    here = ovhcloud()
    here.add_faults(Fault(FaultKind.HANG_AFTER))
    people(6)
    running = process(*RUN, "--yes", "--calls-at-once", 2)
    until_taken(here, 2)
    running.send_signal(signal.SIGINT)
    assert any("Stopping" in line for line in running.stderr)
    assert running.poll() is None
    began = time.monotonic()
    running.send_signal(signal.SIGINT)
    rest = running.stderr.read()
    assert running.wait(60) == 130
    assert time.monotonic() - began < 20  # the calls would have hung for a minute
    assert re.search(r"^Left at once. To go on:\n  .*smscampaign run spring.csv .*--yes", rest, re.MULTILINE)
    here.clear_faults()
    assert campaign("--yes", "--settle", "0").code == 0
    assert told(here) == {number(n): 1 for n in range(6)}


def test_a_reader_that_goes_away_is_no_traceback(people, clean, folder):
    people(3)
    arguments = command("run", "spring.csv", *OPTIONS, "--dry-run")
    running = subprocess.Popen(
        arguments, env=clean, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    running.stdout.close()
    err = running.stderr.read()
    running.stderr.close()
    assert running.wait(60) in {0, 2}  # nothing was sent
    assert "Traceback" not in err
    assert "Exception" not in err


def test_a_terminal_that_knows_ascii_only(process, people):
    people(1, more="Landline,01 99 00 00 00")
    told = ended(process(*RUN, "--message", "Ça va…", "--dry-run", PYTHONIOENCODING="ascii"))
    assert told.code == 0
    assert "?a va" in told.out


@pytest.mark.parametrize("command", [("run", "--yes"), ("reconcile",), ("recover",)])
def test_a_signal_ends_the_rest_of_a_look_up(process, people, campaign, ovhcloud, folder, command):
    here = ovhcloud()
    people(3)
    here.add_faults(Fault(FaultKind.DROP_BEFORE, route=POST))
    assert campaign("--yes", "--settle", 0, "--receivers-per-call", 1, "--brake-doubts", 1).code == 1
    here.clear_faults()
    here.add_faults(Fault(FaultKind.STATUS, route=OUTGOING, status=429, retry_after=55))
    name, *more = command
    words = [*RUN, *more, "--receivers-per-call", 1, "--pace", 0] if name == "run" else [name, "spring.csv"]
    running = process(*(words if name != "recover" else [name, "spring.journal.sqlite"]))
    until_asked(here, OUTGOING)
    time.sleep(0.5)
    assert running.poll() is None
    began = time.monotonic()
    running.send_signal(signal.SIGINT)
    stopped = ended(running)
    assert time.monotonic() - began < 25
    assert stopped.code == 130, stopped.err
    assert stopped.err.count("OVHcloud asks to wait for 55 s") == 1


def test_a_rehearsal_in_another_terminal_is_told_as_that(people, terminal, cli):
    people(3)
    first = terminal("run", "spring.csv", *OPTIONS, "--sandbox")
    first.wait_for("anything else to stop:")
    second = cli("run", "spring.csv", *OPTIONS, "--sandbox", "--yes")
    assert second.code == 2
    assert "this campaign is being rehearsed by another terminal or notebook right now" in second.err
    first.type("no")
    assert first.end() == 2
    assert cli("run", "spring.csv", *OPTIONS, "--sandbox", "--yes").code == 0
