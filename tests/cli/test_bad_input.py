"""What bad input gets: exit 2, one clear message with place and remedy, no traceback, nothing sent or overwritten."""

from __future__ import annotations

import subprocess
import zipfile
from pathlib import Path

import pytest

from smscampaign import sandbox
from smscampaign.journal import open_journal

from .conftest import OPTIONS, command, number

SECRETS = ("sandbox-as", "sandbox-ck", "wrong-secret")


def refused(ended, *words: str) -> None:
    assert ended.code == 2, (ended.out, ended.err)
    said = " ".join(ended.err.split())
    assert said.startswith(("Error: ", "Usage: ", "Note: ")) or "Error: " in said
    assert "Traceback" not in said
    for word in words:
        assert word in said
    assert not any(secret in said for secret in SECRETS)
    assert number(0) not in said


def zipped(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")


FILES = [
    ("no such file", lambda path: None, "→"),
    ("a folder", lambda path: path.mkdir(), "folder"),
    ("empty", lambda path: path.write_bytes(b""), "empty"),
    ("header only", lambda path: path.write_text("name,mobile\n"), "no rows"),
    ("binary", lambda path: path.write_bytes(b"\x00\x01\x02" * 50), "→"),
    ("a spreadsheet", zipped, "CSV"),
    ("a PDF", lambda path: path.write_bytes(b"%PDF-1.7\n%\xe2\xe3\n"), "PDF"),
    ("not UTF-8", lambda path: path.write_bytes("name,mobile\nRené,0799000001\n".encode("latin-1")), "row 2"),
    ("no number column", lambda path: path.write_text("name,town\nAnn,Nice\n"), "--number-column"),
    ("two of them", lambda path: path.write_text("phone,mobile\n1,2\n"), "--number-column"),
]


@pytest.mark.parametrize(("make", "word"), [one[1:] for one in FILES], ids=[one[0] for one in FILES])
def test_a_file_that_cannot_be_used(campaign, folder, make, word):
    path = folder / "spring.csv"
    make(path)
    before = sorted(folder.iterdir())
    refused(campaign("--sandbox", "--yes"), "spring.csv" if "column" not in word else "", word)
    assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ("mesage = 'Hi'", ("mesage", "line 1", "Did you mean message?")),
        ("name = 'x'\n[limits]\npart = 3", ("limits.part", "line 3", "parts")),
        ("message = Hi", ("not TOML", "spring.toml")),
        ("purpose = 'sale'", ("purpose", "marketing")),
        ("sender = 'MuchTooLongASender'", ("sender", "11")),
        ("[limits]\nparts = 'many'", ("limits.parts",)),
        ("[sending]\nsend_at = 2027-03-06T10:00:00", ("send_at",)),
        ("[sending]\npriority = 'urgent'", ("priority", "high")),
    ],
)
def test_settings_that_cannot_be_used(cli, people, folder, toml, words):
    people()
    (folder / "spring.toml").write_text(toml, "utf-8")
    refused(cli("run", "spring.csv", "--dry-run"), *words)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--message", "Hello {{ name"), ("message",)),
        (("--message", "Hello {{ nmae }}"), ("nmae", "name")),
        (("--message", "{% include 'x' %}"), ()),
        (("--region", "XX"), ("XX",)),
        (("--priority", "urgent"), ("priority",)),
        (("--send-at", "2027-03-06T10:00"), ("--send-at", "time zone")),
        (("--number-column", "mobil"), ("mobil", "mobile")),
        (("--country-column", "land"), ("--country-column",)),
        (("--template", "nowhere.txt"), ("nowhere.txt",)),
        (("--nonsense",), ("--nonsense",)),
        (("--limit", "0"), ("--limit",)),
    ],
)
def test_options_that_cannot_be_used(cli, people, options, words):
    people()
    chosen = OPTIONS if "--template" not in options else OPTIONS[2:]
    refused(cli("run", "spring.csv", *chosen, "--dry-run", *options), *words)


def test_nothing_to_say(cli, people):
    people()
    refused(cli("run", "spring.csv", "--yes"), "message, purpose and region", "init")


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("OVH_APPLICATION_KEY", "wrong", ("application key",)),
        ("OVH_APPLICATION_SECRET", "wrong-secret", ("secret",)),
        ("OVH_CONSUMER_KEY", "wrong", ("consumer key",)),
        ("OVH_CONSUMER_KEY", None, ("consumer key",)),
        ("OVH_ENDPOINT", "ovh-mars", ("ovh-mars", "ovh-eu")),
        ("OVH_ENDPOINT", "http://127.0.0.1:1/1.0", ("could not be reached",)),
        ("OVH_ENDPOINT", "http://example.org/1.0", ("https",)),
    ],
)
def test_keys_and_endpoints_that_do_not_work(campaign, people, ovhcloud, monkeypatch, variable, value, words):
    people()
    here = ovhcloud()
    if value is None:
        monkeypatch.delenv(variable)
    else:
        monkeypatch.setenv(variable, value)
    refused(campaign("--yes"), *words)
    assert list(here.accepted()) == []


@pytest.mark.parametrize(
    ("settings", "options", "words"),
    [
        ({}, ("--account", "sms-xx00000-1"), ("sms-xx00000-1",)),
        ({"accounts": 2}, (), ("sms-sb00001-1", "sms-sb00001-2", "--account")),
        ({}, ("--sender", "Nobody"), ("Nobody",)),
        ({"credits": 0}, (), ("credits",)),
        ({"credits": 2}, (), ("credits", "2")),
    ],
)
def test_accounts_that_cannot_send(campaign, people, ovhcloud, settings, options, words):
    people()
    here = ovhcloud(**settings)
    ended = campaign("--yes", *options)
    assert ended.code == 2
    assert "Traceback" not in ended.err
    for word in words:
        assert word in ended.err
    assert list(here.accepted()) == []


def test_what_changed_since_a_campaign_began_is_named(campaign, people, ovhcloud):
    people(3)
    here = ovhcloud()
    assert campaign("--yes", "--limit", "1").code == 1
    refused(campaign("--yes", "--message", "Other"), "begun", "message", "Other")
    refused(campaign("--yes", "--sender", "Another"), "begun", "sender", "Another")
    people(4)
    refused(campaign("--yes"), "begun", "file")
    assert len(list(here.accepted())) == 1


def test_a_journal_at_work_names_who_has_it(campaign, people, ovhcloud, folder):
    people()
    here = ovhcloud()
    store = open_journal(folder / "spring.journal.sqlite")
    with store.driving():
        refused(campaign("--yes"), "process", "spring.journal.sqlite")
    store.close()
    assert list(here.accepted()) == []


def test_a_journal_that_is_something_else_is_left_alone(campaign, people, ovhcloud, folder):
    people()
    ovhcloud()
    other = folder / "notes.txt"
    other.write_text("dear diary " * 200)
    refused(campaign("--yes", "--journal", other), "notes.txt", "--journal")
    assert other.read_text() == "dear diary " * 200


def test_a_real_process_without_keys_says_how_to_get_them(people, folder):
    path = people()
    ended = subprocess.run(
        command("run", path, *OPTIONS, "--yes"),
        capture_output=True,
        text=True,
        timeout=60,
        cwd=folder,
        check=False,
    )
    assert ended.returncode == 2
    assert ended.stderr.startswith("Error: ")
    assert "createToken" in ended.stderr
    assert "--sandbox" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_sandbox_that_cannot_start(cli):
    refused(cli("sandbox", "--host", "0.0.0.0"), "--let-others-in")
    refused(cli("sandbox", "--fault", "nonsense"), "--fault")
    refused(cli("sandbox", "--clock", "soon"), "--clock")
    with sandbox.running() as here:
        port = here.url.rstrip("/").rpartition(":")[2]
        refused(cli("sandbox", "--port", port), port)
