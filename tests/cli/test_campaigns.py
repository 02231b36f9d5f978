"""`campaigns`: what a folder of journals holds, and what its numbers are worth, by the record of a real sandbox."""

from __future__ import annotations

import csv
import stat

import pytest
import requests

from tests.cli.conftest import number
from tests.cli.test_json import is_a
from tests.cli.test_replies import OTHER, SHORT


@pytest.fixture
def sent(cli, people, folder, ovhcloud):
    """Two campaigns that share people; a part of the messages fails."""
    here = ovhcloud(receipt_delay=0.0, document_delay=0.0, failed_share=0.4)
    people(30)
    people(20, name="other.csv")
    for file, options in (("spring.csv", SHORT), ("other.csv", OTHER)):
        assert cli("run", file, *options, "--yes").code == 0
        assert cli("receipts", file, *options).code == 0
    with (folder / "spring.results.csv").open(encoding="utf-8-sig", newline="") as file:
        reached = [one for one in csv.DictReader(file) if one["sms_delivery"] == "delivered"]
    for one, text in zip(reached, ("Oui", "STOP"), strict=False):
        asked = {"messageId": int(one["sms_id"]), "text": text}
        assert requests.post(f"{here.url}_sandbox/reply", json=asked, timeout=10).status_code == 200
    assert cli("replies", "spring.csv", *SHORT).code == 0
    return folder


def record(folder):
    """What the results say of each number, in the order in which it was sent."""
    found: dict[str, list[str]] = {}
    for name in ("spring", "other"):
        with (folder / f"{name}.results.csv").open(encoding="utf-8-sig", newline="") as file:
            for one in csv.DictReader(file):
                found.setdefault(one["sms_number"], []).append(one["sms_delivery"])
    return found


def test_the_campaigns_of_a_folder(cli, sent):
    (sent / "broken.journal.sqlite").write_bytes(b"rubbish")
    told = cli("campaigns", "--json")
    found = {one["campaign"]: one for one in is_a("campaigns", told.out)}
    assert told.code == 0
    assert set(found) == {"spring", "other", ""}
    assert found[""]["problem"]
    of = {
        name: [said[at] for said in record(sent).values() if len(said) > at] for at, name in ((0, "spring"),)
    }
    spring = found["spring"]
    assert (spring["people"], spring["delivered"]) == (30, of["spring"].count("delivered"))
    assert (spring["failed"], spring["replies"], spring["stops"]) == (of["spring"].count("failed"), 1, 1)
    assert (spring["credits"], spring["state"], found["other"]["people"]) == (30, "done", 20)
    words = cli("campaigns", ".")
    assert "spring" in words.words
    assert "broken.journal.sqlite was not looked at" in " ".join(words.err.split())


def test_what_numbers_are_worth(cli, sent):
    told = is_a("campaign-numbers", cli("campaigns", "--numbers", "--out", "hygiene.csv", "--json").out)
    path = sent / "hygiene.csv"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with path.open(newline="") as file:
        rows = {one["sms_number"]: one for one in csv.DictReader(file)}
    by_record = record(sent)
    assert rows.keys() == by_record.keys()
    for one, said in by_record.items():
        row = rows[one]
        assert (int(row["sms_delivered"]), int(row["sms_failed"])) == (
            said.count("delivered"),
            said.count("failed"),
        )
        assert (row["sms_verdict"] == "delivered") is (
            said[-1] == "delivered" or ("delivered" in said and row["sms_verdict"] != "fails-for-good")
        )
        assert bool(row["sms_last_delivered_at"]) is ("delivered" in said)
    assert sum(told["numbers"].values()) == 30
    assert told["numbers"]["fails-for-good"] + told["numbers"]["never-delivered"] > 0
    shown = cli("campaigns", "--numbers")
    assert not any(one in shown.out for one in by_record)
    assert cli("campaigns", "--numbers", "--out", "hygiene.csv").code == 0  # its own may be written again
    assert cli("campaigns", "--numbers", "--out", "spring.csv").code == 2
    assert number(0) in (sent / "spring.csv").read_text("utf-8")


def test_nothing_is_there(cli, folder):
    assert "No campaign has begun here." in cli("campaigns").err
    assert cli("campaigns", "nowhere").code == 2
    assert cli("campaigns", "--out", "x.csv").code == 2
