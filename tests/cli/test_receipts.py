"""`receipts` as a person types it: until nothing more can come, why messages failed, and what `status` says then."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from contextlib import closing
from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from smscampaign.journal import reasons, schema
from smscampaign.journal.store import open_journal
from smscampaign.responses import Ptt
from smscampaign.sandbox import Credential, Fault, FaultKind

from .conftest import ended, lines, number


@pytest.fixture
def sent(campaign, people, ovhcloud):
    """A campaign of so many people that was sent to a sandbox with these settings."""

    def send(count=6, **settings):
        people(count)
        here = ovhcloud(**settings)
        assert campaign("--yes").code == 0
        return here

    return send


def test_why_messages_failed_stands_in_the_results_and_in_status(sent, cli, folder):
    sent(receipt_delay=0, failed_share=1.0)
    done = cli("receipts", "spring.csv")
    assert done.code == 0, done.err
    assert "6 messages failed: the number is not in service (permanent); take the number" in done.words
    assert {row["sms_delivery"] for row in lines(folder / "spring.results.csv")} == {"failed"}
    assert {row["sms_reason"] for row in lines(folder / "spring.results.csv")} == {
        "not-in-service: the number is not in service (permanent)"
    }
    assert "the number is not in service" in cli("status", "spring.csv").words
    (failed,) = json.loads(cli("status", "spring.csv", "--json").out)["failures"]
    assert (failed["cause"], failed["permanent"], failed["messages"], failed["code"]) == (
        "not-in-service",
        True,
        6,
        23,
    )
    assert "le numéro n’est pas en service (définitif)" in cli("status", "spring.csv", "--lang", "fr").words
    cli("receipts", "spring.csv", "--lang", "pl")
    assert {row["sms_reason"] for row in lines(folder / "spring.results.csv")} == {
        "not-in-service: numer nie jest używany (na stałe)"
    }


def test_of_many_reasons_the_rarer_are_counted_together_and_none_shows_a_number(sent, cli, folder):
    sent(30, receipt_delay=0, failed_share=1.0)
    assert cli("receipts", "spring.csv").code == 0
    with closing(open_journal(folder / "spring.journal.sqlite", create=False)) as journal:
        codes = range(2, 32)  # a reason of its own for each row
        reasons.learn(
            journal,
            [Ptt(one, f"Reason {one} of {number(one)}", "", "permanent") for one in codes if one != 23],
        )
        with journal.writing() as connection:
            connection.execute(update(schema.receipt).values(ptt=schema.receipt.c.line))
    cli("report", "spring.csv")
    shown = [cli(name, "spring.csv", *more) for name in ("receipts", "status") for more in ((), ("--json",))]
    for terminal in shown[::2]:
        assert terminal.out.count("1 message failed") == 20
        assert "10 messages for rarer reasons" in terminal.words
    for text in (*(one.out + one.err for one in shown), (folder / "spring.report.html").read_text("utf-8")):
        assert not re.search(r"337990\d{5}", text)


def test_what_is_awaited_ends_with_1_and_status_names_the_command(sent, cli):
    here = sent(3, receipt_delay=3600)
    done = cli("receipts", "spring.csv")
    assert done.code == 1
    assert "3 messages still without a last receipt" in done.err
    assert "smscampaign receipts spring.csv --follow" in done.err
    assert "smscampaign receipts spring.csv --follow" in cli("status", "spring.csv").err
    here.world.clock.step(2 * 3600)
    assert cli("receipts", "spring.csv", "--follow").code == 0
    assert "receipts spring.csv" not in cli("status", "spring.csv").err, "it has them all"


def test_following_ends_with_the_last_receipt(sent, cli, folder):
    sent(3, receipt_delay=1.0)
    begin = time.monotonic()
    assert cli("receipts", "spring.csv", "--follow").code == 0
    assert time.monotonic() - begin < 60
    assert {row["sms_delivery"] for row in lines(folder / "spring.results.csv")} == {"delivered"}


def test_what_cannot_be_asked_ends_with_2_and_what_could_in_part_with_1(sent, cli):
    here = sent(3, receipt_delay=0)
    here.add_faults(Fault(FaultKind.STATUS, status=403, route="GET /sms/*/outgoing"))
    done = cli("receipts", "spring.csv", "--json")
    assert (done.code, json.loads(done.out)["exit_code"]) == (2, 2)
    assert "Error: " in done.err


def test_without_the_right_the_command_says_which_one_is_missing(sent, cli):
    rules = (("GET", "/sms"), ("GET", "/sms/*"), ("POST", "/sms/*/jobs"))
    sent(12, receipt_delay=0, credentials=(Credential(rules=rules),))
    done = cli("receipts", "spring.csv")
    assert done.code == 0, done.err
    assert "the keys lack the right GET /me/document/*" in " ".join(done.err.split())


@pytest.mark.parametrize(("how", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_one_that_was_stopped_goes_on_where_it_was(sent, cli, process, folder, how, code):
    rules = (("GET", "/sms"), ("GET", "/sms/*"), ("POST", "/sms/*/jobs"))
    here = sent(60, receipt_delay=0, credentials=(Credential(rules=rules),))
    here.add_faults(Fault(FaultKind.LATENCY, seconds=1.0, route="GET /sms/*/outgoing/*"))
    started = process("receipts", "spring.csv", "--follow")
    time.sleep(4.0)
    os.kill(started.pid, how)
    assert ended(started).code == code
    some = {row["sms_delivery"] for row in lines(folder / "spring.results.csv")}
    assert some == ({"delivered", "waiting"} if how is signal.SIGINT else {"waiting"})
    here.clear_faults()
    assert cli("receipts", "spring.csv", "--follow").code == 0
    rows = lines(folder / "spring.results.csv")
    assert {row["sms_delivery"] for row in rows} == {"delivered"}
    assert len({row["sms_id"] for row in rows}) == 60
    assert all(datetime.fromisoformat(row["sms_delivered_at"]) <= datetime.now(UTC) for row in rows)
    assert sorted(row["sms_number"] for row in rows) == sorted(number(n) for n in range(60))


def test_what_failed_stands_in_a_file_of_its_own(sent, campaign, cli, folder):
    here = sent(8, receipt_delay=0, failed_share=0.3, unreachable_share=0.3, seed=4)
    assert not (folder / "spring.failed.csv").exists()
    here.world.clock.step(3 * 86_400.0)
    told = json.loads(cli("receipts", "spring.csv", "--json").out)
    path = folder / "spring.failed.csv"
    assert told["failed_file"] == "spring.failed.csv"
    assert path.stat().st_mode & 0o777 == 0o600
    results = [row for row in lines(folder / "spring.results.csv") if row["sms_delivery"] == "failed"]
    failed = lines(path)
    users = [name for name in results[0] if not name.startswith("sms_")]
    assert [[row[name] for name in users] for row in failed] == [
        [row[name] for name in users] for row in results
    ]
    assert [row["sms_row"] for row in failed] == [row["sms_row"] for row in results]
    assert {(row["sms_cause"], row["sms_lasts"], row["sms_advice"]) for row in failed} == {
        ("unreachable", "temporary", "try again later"),
        ("not-in-service", "permanent", "take the number out of your file"),
    }
    # What failed for a while is tried again; what failed for good stays in the file.
    again = [row for row in failed if row["sms_lasts"] == "temporary"]
    assert campaign("--retry", "temporary", "--dry-run").code == 0
    done = campaign("--retry", "temporary", "--yes")
    assert (done.code, "failed for a while and" in " ".join(done.err.split())) == (0, True), done.err
    cli("receipts", "spring.csv")
    still = {row["sms_row"] for row in lines(path)}
    assert {row["sms_row"] for row in failed if row["sms_lasts"] == "permanent"} <= still
    story = cli("audit", "spring.csv", again[0]["sms_number"])
    assert "failed for a while: may be sent once more" in story.words
    assert campaign("--retry", "later").code == 2


def test_somebody_elses_failed_file_is_left_as_it_is(sent, cli, folder):
    sent(2, receipt_delay=0, failed_share=1.0)
    path = folder / "spring.failed.csv"
    path.write_text("name\nmine\n", "utf-8")
    done = cli("receipts", "spring.csv")
    assert "spring.failed.csv was not written by smscampaign" in done.err
    assert path.read_text("utf-8") == "name\nmine\n"
