"""An older copy of a journal, or a damaged one: noticed, and gone on with by `recover`. Nobody gets the campaign twice."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from smscampaign import sandbox
from smscampaign.journal.store import open_journal
from smscampaign.sandbox import Credential, Fault, FaultKind

from .conftest import lines, number

EVERYBODY = {number(n): 1 for n in range(6)}


@pytest.fixture
def journal(folder):
    return folder / "spring.journal.sqlite"


@pytest.fixture
def begun(people, campaign, ovhcloud, journal):
    """A campaign of six of which two were sent; the sandbox that took them."""
    here = ovhcloud()
    people(6)
    assert campaign("--yes", "--limit", 2, "--receivers-per-call", 1).code == 1
    return here


@pytest.fixture
def older(begun, campaign, journal, folder):
    """An older copy is put back, which knows nothing of two more."""
    shutil.copy(journal, folder / "copy")
    assert campaign("--yes", "--limit", 2, "--receivers-per-call", 1).code == 1
    shutil.copy(folder / "copy", journal)
    return begun


def told(here):
    return Counter(one["receiver"] for one in here.accepted())


def on(campaign):
    return campaign("--yes", "--receivers-per-call", 1)


def test_an_older_copy_goes_on_after_it_has_asked(older, campaign, cli, journal):
    ended = on(campaign)
    assert (ended.code, "is an older copy" in ended.err) == (2, True)
    assert f"smscampaign recover {journal.name}" in ended.err
    ended = cli("recover", journal.name, "--settle", 0)
    assert ended.code == 0
    assert "4 calls pending in this journal may have been made since" in ended.err
    assert told(older) == {number(n): 1 for n in range(4)}
    assert on(campaign).code == 0
    assert told(older) == EVERYBODY
    assert cli("audit", "spring.csv").code == 0


def test_an_older_copy_without_its_mark_is_told_by_ovhcloud(older, campaign, cli, journal, folder):
    (folder / "spring.journal.mark").unlink()
    ended = on(campaign)
    assert (ended.code, "OVHcloud has messages of a call that this journal calls pending" in ended.err) == (
        2,
        True,
    )
    assert told(older) == {number(n): 1 for n in range(4)}
    assert f"smscampaign recover {journal.name}" in ended.err
    assert cli("recover", journal.name, "--settle", 0).code == 0
    assert on(campaign).code == 0
    assert told(older) == EVERYBODY


@pytest.mark.parametrize("later", [False, True], ids=["refused first", "held"])
def test_an_older_copy_is_told_by_what_waits_or_by_a_later_call(
    people, campaign, ovhcloud, cli, journal, folder, later
):
    """Held messages have no tag; or the next call was refused, and the one after it was taken."""
    here = ovhcloud()
    people(6)
    in_a_month = datetime.now(UTC).replace(microsecond=0) + timedelta(days=30)
    more = ("--send-at", in_a_month.isoformat()) if later else ()
    part = ("--yes", "--receivers-per-call", 1, *more)
    assert campaign(*part, "--limit", 2).code == 1
    shutil.copy(journal, folder / "copy")
    if not later:
        here.add_faults(Fault(FaultKind.STATUS, status=400, route="POST /sms/*/jobs", times=1))
    for _ in range(2):
        assert campaign(*part, "--limit", 1).code == 1
    before = told(here)
    shutil.copy(folder / "copy", journal)
    (folder / "spring.journal.mark").unlink()
    ended = campaign(*part)
    assert (ended.code, "OVHcloud has messages of a call that this journal calls pending" in ended.err) == (
        2,
        True,
    )
    assert f"smscampaign recover {journal.name}" in ended.err
    assert told(here) == before
    assert cli("recover", journal.name, "--settle", 0).code == 0
    assert campaign(*part).code == 0
    assert told(here) == EVERYBODY


def test_where_ovhcloud_may_not_be_asked_it_is_said_and_the_mark_decides(
    people, campaign, ovhcloud, cli, journal, folder
):
    rules = (("GET", "/sms"), ("GET", "/sms/*/senders*"), ("POST", "/sms/*/jobs"))
    here = ovhcloud(credentials=(Credential(rules=rules),))
    people(6)
    assert campaign("--yes", "--limit", 2, "--receivers-per-call", 1).code == 1
    shutil.copy(journal, folder / "copy")
    ended = campaign("--yes", "--limit", 2, "--receivers-per-call", 1)
    assert ended.code == 1
    assert "could not be asked whether this is the journal that knows" in ended.err
    assert "GET /sms/*/outgoing" in ended.err
    shutil.copy(folder / "copy", journal)
    assert on(campaign).code == 2
    # Nothing can be found out, so that all of it stays in doubt.
    assert cli("recover", journal.name, "--settle", 0).code == 1
    assert on(campaign).code == 1
    assert told(here) == {number(n): 1 for n in range(4)}


def test_a_copy_from_before_the_campaign_began_can_be_recovered(
    people, campaign, ovhcloud, cli, journal, folder
):
    here = ovhcloud()
    people(6)
    assert campaign("--receivers-per-call", 1).code == 2  # planned, and nobody said yes
    shutil.copy(journal, folder / "copy")
    assert campaign("--yes", "--limit", 2, "--receivers-per-call", 1).code == 1
    shutil.copy(folder / "copy", journal)
    assert on(campaign).code == 2
    # Who had it is found; of the others the balance from before they may have been sent to is not known.
    assert cli("recover", journal.name, "--settle", 0).code == 1
    assert on(campaign).code == 1
    assert told(here) == {number(n): 1 for n in range(2)}
    tags = re.findall(r"call (\w{10}-\d+)", cli("status", "spring.csv").err)
    assert len(tags) == 4
    resend = [word for tag in tags for word in ("--resend", tag)]
    cli("reconcile", "spring.csv", "--yes", "--settle", 0, *resend)
    assert on(campaign).code == 0
    assert told(here) == EVERYBODY


@pytest.mark.parametrize("spoiled", [False, True], ids=["sound", "damaged"])
def test_a_plan_that_nobody_said_yes_to_stays_one(people, campaign, ovhcloud, cli, journal, folder, spoiled):
    here = ovhcloud()
    people(6)
    assert campaign("--receivers-per-call", 1).code == 2  # planned, and there was nobody to ask
    if spoiled:
        damaged(journal, "chunk_queue")
    ended = cli("recover", journal.name, "--settle", 0)
    assert (ended.code, "a plan that never began" in ended.err) == (0, True), ended.err
    assert "it is a plan still" in ended.err
    assert not re.search("in.doubt", ended.out + ended.err)
    assert list(folder.glob("*.mark")) == []
    assert cli("status", "spring.csv").err.count("in doubt") == 0
    people(7)  # what never began may be changed, and is planned anew
    assert on(campaign).code == 0
    assert told(here) == {number(n): 1 for n in range(7)}


def test_a_copy_from_before_it_began_without_its_mark_is_told_by_ovhcloud(
    people, campaign, ovhcloud, cli, journal, folder
):
    here = ovhcloud()
    people(6)
    assert campaign("--receivers-per-call", 1).code == 2
    shutil.copy(journal, folder / "copy")
    assert campaign("--yes", "--limit", 2, "--receivers-per-call", 1).code == 1
    shutil.copy(folder / "copy", journal)
    for one in ("spring.journal.mark", "spring.results.csv"):
        (folder / one).unlink()
    assert cli("recover", journal.name, "--settle", 0).code == 1
    assert on(campaign).code == 1
    assert told(here) == {number(n): 1 for n in range(2)}


def test_where_ovhcloud_may_not_be_asked_the_results_decide_whether_it_began(
    people, campaign, ovhcloud, cli, journal, folder
):
    rules = (("GET", "/sms"), ("GET", "/sms/*/senders*"), ("POST", "/sms/*/jobs"))
    here = ovhcloud(credentials=(Credential(rules=rules),))
    people(6)
    assert campaign("--receivers-per-call", 1).code == 2
    ended = cli("recover", journal.name, "--settle", 0)
    assert (ended.code, "OVHcloud could not be asked whether this plan was sent" in ended.err) == (0, True)
    assert "it is a plan still" in ended.err
    shutil.copy(journal, folder / "copy")
    assert campaign("--yes", "--limit", 2, "--receivers-per-call", 1).code == 1
    shutil.copy(folder / "copy", journal)
    (folder / "spring.journal.mark").unlink()
    assert cli("recover", journal.name, "--settle", 0).code == 1
    assert on(campaign).code == 1
    assert told(here) == {number(n): 1 for n in range(2)}


def damaged(path, table):
    """All pages of a table, or an index, written over."""
    with sqlite3.connect(path) as connection:
        size = connection.execute("PRAGMA page_size").fetchone()[0]
        (root,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", [table]).fetchone()
    connection.close()
    with path.open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(b"\xff" * size)


@pytest.mark.parametrize(
    "spoiled", ["message", "message_by_call", "one_person_one_message", "chunk_queue", "receipt"]
)
def test_a_damaged_journal_whose_tables_can_be_read_goes_on(begun, campaign, cli, journal, folder, spoiled):
    damaged(journal, spoiled)
    ended = cli("recover", journal.name, "--settle", 0)
    assert (ended.code, "kept as spring.journal.sqlite.damaged" in ended.err) == (0, True)
    assert (folder / "spring.journal.sqlite.damaged").stat().st_mode & 0o777 == 0o600
    assert on(campaign).code == 0
    assert told(begun) == EVERYBODY
    assert cli("audit", "spring.csv").code == 0


@pytest.mark.parametrize("spoiled", ["chunk", "text", "event", "sqlite_master"])
def test_a_damaged_journal_that_cannot_be_read_is_never_sent_again(
    begun, campaign, cli, journal, folder, spoiled
):
    if spoiled == "sqlite_master":
        journal.write_bytes(bytes(100) + journal.read_bytes()[100:])
    else:
        damaged(journal, spoiled)
    before = journal.read_bytes()
    ended = cli("recover", journal.name)
    assert ended.code == 2
    assert "Do not send this campaign again" in ended.err
    assert "OVHcloud's history" in ended.err
    assert journal.read_bytes() == before
    assert list(folder.glob("*.recovering*")) == []
    assert on(campaign).code == 2
    journal.rename(folder / "away.bin")
    assert on(campaign).code == 2
    assert campaign("--yes", "--journal", "again.sqlite").code == 2
    assert told(begun) == {number(n): 1 for n in range(2)}


def test_what_was_recovered_costs_in_the_status_what_it_costs_in_the_results(
    older, campaign, cli, journal, folder
):
    assert cli("recover", journal.name, "--settle", 0).code == 0
    assert on(campaign).code == 0
    rows = [row for row in lines(folder / "spring.results.csv") if row["sms_status"] == "accepted"]
    told_by_results = sum(Decimal(row["sms_credits"]) for row in rows)
    assert (len(rows), told_by_results) == (6, 6)
    status = json.loads(cli("status", "spring.csv", "--json").out)
    assert (status["credits_charged"], status["unpriced_calls"]) == (told_by_results, 2)
    assert (
        "6 credits charged (2 calls by rate: OVHcloud did not tell the price)"
        in cli("status", "spring.csv").out
    )


def test_nothing_is_recovered_from_nothing(begun, cli, journal, folder):
    for path in folder.glob("spring.journal.sqlite*"):
        path.write_bytes(b"")
    ended = cli("recover", journal.name)
    assert (ended.code, "the journal is empty" in ended.err) == (2, True)
    assert cli("recover", "nowhere.sqlite").code == 2


def test_a_copy_from_while_it_was_at_work_is_recovered_after_a_run_refused_it(
    begun, campaign, cli, journal, folder
):
    store = open_journal(journal)
    with store.driving():
        for end in ("", "-wal", "-shm"):
            shutil.copy(f"{journal}{end}", folder / f"copy{end}")
    store.close()
    assert campaign("--yes", "--limit", 2, "--receivers-per-call", 1).code == 1
    journal.unlink()
    for end in ("", "-wal", "-shm"):
        shutil.copy(folder / f"copy{end}", f"{journal}{end}")
    for _ in range(2):
        ended = on(campaign)
        assert ended.code == 2
        assert f"smscampaign recover {journal.name}" in ended.err
    assert cli("recover", journal.name, "--settle", 0).code == 0
    assert on(campaign).code == 0
    assert told(begun) == EVERYBODY


def test_the_journal_of_a_rehearsal_is_recovered_with_its_sandbox(people, campaign, cli, folder):
    people(6)
    journal = folder / ".sandbox" / "spring.sandbox.journal.sqlite"
    part = ("--sandbox", "--yes", "--receivers-per-call", 1)
    assert campaign(*part, "--limit", 2).code == 1
    shutil.copy(journal, folder / "copy")
    assert campaign(*part, "--limit", 2).code == 1
    shutil.copy(folder / "copy", journal)
    ended = campaign(*part)
    assert (ended.code, f"smscampaign recover .sandbox/{journal.name}" in ended.err) == (2, True)
    assert cli("recover", f".sandbox/{journal.name}", "--settle", 0).code == 0
    assert campaign(*part).code == 0
    with sandbox.running(folder / ".sandbox" / "spring.sandbox.sqlite") as here:
        assert told(here) == EVERYBODY


def older_copy_with_its_mark(campaign, folder):
    """Two had it, then two more; then all of it is put back as it was after the first two."""
    part = ("--yes", "--limit", 2, "--receivers-per-call", 1)
    assert campaign(*part).code == 1
    kept = {path.name: path.read_bytes() for path in folder.glob("spring.journal.*")}
    assert campaign(*part).code == 1
    for path in folder.glob("spring.journal.*"):
        path.unlink()
    for name, content in kept.items():
        (folder / name).write_bytes(content)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(FaultKind.STATUS, status=500, route="GET /sms/*/outgoing"),
        Fault(FaultKind.STATUS, status=429, retry_after=0, route="GET /sms/*/outgoing"),
        Fault(FaultKind.DROP_BEFORE, route="GET /sms/*/outgoing"),
    ],
    ids=["500", "429", "no answer"],
)
def test_as_long_as_ovhcloud_does_not_answer_nothing_is_sent(
    people, campaign, ovhcloud, folder, fault, monkeypatch
):
    monkeypatch.setattr("smscampaign.gateway.http.PATIENCE", 1.5)
    here = ovhcloud()
    people(6)
    older_copy_with_its_mark(campaign, folder)
    before = told(here)
    here.add_faults(fault)
    ended = on(campaign)
    assert (ended.code, "could not be asked whether this is the journal that knows" in ended.err) == (2, True)
    here.clear_faults()
    assert (on(campaign).code, told(here)) == (2, before)


def test_where_only_the_balance_contradicts_an_older_copy_it_is_said(
    people, campaign, ovhcloud, folder, tmp_path, monkeypatch
):
    here = ovhcloud()
    here.add_faults(Fault(FaultKind.HIDE_HISTORY, seconds=3600))
    people(6)
    older_copy_with_its_mark(campaign, folder)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "another computer"))
    ended = campaign("--yes", "--limit", 1, "--receivers-per-call", 1)
    assert "2 credits left the account since" in ended.err
    assert "this journal does not explain it" in ended.err
    assert "smscampaign recover spring.journal.sqlite" in ended.err


def test_a_balance_that_the_journal_explains_is_not_mentioned(people, campaign, ovhcloud, folder):
    here = ovhcloud()
    people(6)
    assert campaign("--yes", "--limit", 2, "--receivers-per-call", 1).code == 1
    ended = on(campaign)
    assert (ended.code, "left the account" in ended.err) == (0, False)
    assert told(here) == EVERYBODY
