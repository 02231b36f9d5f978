"""With --json a command prints one document, whatever happens, and docs/json-schema.json says what is in it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from .conftest import OPTIONS, number

SCHEMA = json.loads((Path(__file__).resolve().parents[2] / "docs" / "json-schema.json").read_text("utf-8"))


def is_a(kind: str, text: str) -> dict:
    """The one document of an output, which has to be of a kind of the schema."""
    document = json.loads(text)
    Draft202012Validator({"$ref": f"#/$defs/{kind}", "$defs": SCHEMA["$defs"]}).validate(document)
    return document


def test_the_schema_is_one_and_names_every_kind():
    Draft202012Validator.check_schema(SCHEMA)
    named = {one["$ref"].rpartition("/")[2] for one in SCHEMA["anyOf"]}
    assert named == set(SCHEMA["$defs"])


def test_a_campaign_from_its_dry_run_to_its_end(campaign, people, ovhcloud, cli):
    people(7, more="Lost,12\nAgain," + number(0))
    ovhcloud(receipt_delay=0)
    dry = is_a("run-dry", campaign("--dry-run", "--json").out)
    assert (dry["first_messages_cut"], dry["rejected_rows_cut"]) == (True, False)
    is_a("lint", cli("lint", "spring.csv", "--json", *OPTIONS).out)
    is_a("advise", cli("advise", "spring.csv", "--json", *OPTIONS).out)
    ran = is_a("run", campaign("--yes", "--json").out)
    assert ran["exit_code"] == 1 or ran["messages"]["accepted"] == 7
    is_a("status", cli("status", "spring.csv", "--json").out)
    heard = is_a("receipts", cli("receipts", "spring.csv", "--json").out)
    assert (heard["awaited"], heard["exit_code"], heard["deliveries"]) == (0, 0, {"delivered": 7})
    is_a("audit", cli("audit", "spring.csv", "--json").out)
    is_a("audit-story", cli("audit", "spring.csv", number(0), "--json").out)
    ended = cli("cancel", "spring.csv", "--yes", "--json")
    cancelled = is_a("cancel", ended.out)
    assert (ended.code, cancelled["exit_code"], cancelled["accepted"]) == (2, 2, 7)
    assert cancelled["problem"].startswith("There is nothing left to cancel")


def test_what_waits_at_ovhcloud(campaign, people, ovhcloud, cli):
    people(2)
    ovhcloud()
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    assert campaign("--yes", "--send-at", tomorrow.isoformat(timespec="minutes")).code == 0
    first, _ = is_a("jobs", cli("jobs", "--json").out)
    assert is_a("job-deleted", cli("jobs", "--delete", first["id"], "--json").out)["deleted"] is True
    assert is_a("job-deleted", cli("jobs", "--delete", first["id"], "--json").out)["deleted"] is False
    for kind in ("accounts", "senders", "replies"):
        is_a(kind, cli(kind, "--json").out)
    is_a("rates", cli("rates", "FR", "PL", "--json").out)
    is_a("cancel", cli("cancel", "spring.csv", "--yes", "--json").out)


@pytest.mark.parametrize("words", [("lint", "--rules"), ("lint", "--explain", "SMS001")])
def test_the_rules_of_the_linter(cli, words):
    is_a("rules" if "--rules" in words else "rule", cli(*words, "--json").out)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("run",), "usage"),
        (("run", "spring.csv", "--bogus"), "usage"),
        (("run", "nobody.csv", "--dry-run"), "file"),
        (("run", "spring.csv", "--dry-run", *OPTIONS, "--message", "{{ nobody }}"), "template"),
        (("run", "spring.csv", "--set", "limits.parts=many"), "settings"),
        (
            ("run", "spring.csv", "--region", "FR", "--message", "Hi", "--purpose", "transactional"),
            "not-confirmed",
        ),
        (("status", "spring.csv"), "journal"),
        (("cancel", "spring.csv"), "journal"),
        (("jobs", "--account", "sms-nobody-1"), "404"),
        (("lint", "--explain", "SMS999"), "settings"),
        (("nonsense",), "usage"),
    ],
)
def test_an_error_is_a_document_too(people, ovhcloud, cli, words, code):
    people(2)
    ovhcloud()
    ended = cli(*words, "--json")
    assert ended.code == 2
    error = is_a("error", ended.out)["error"]
    assert error["code"] == code
    assert error["what"]
    assert error["remedy"] or error["where"], error
    assert ended.err.startswith("Error: ") or "\nError: " in ended.err


def test_an_interrupted_command_leaves_a_document(people, cli, monkeypatch):
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    people(2)
    monkeypatch.setattr("smscampaign.cli.options.campaign_of", stopped)
    ended = cli("run", "spring.csv", "--json")
    assert ended.code == 130
    assert is_a("error", ended.out)["error"]["code"] == "interrupted"


def test_a_defect_is_a_document_without_the_texts_of_others(people, cli, monkeypatch):
    def broken(*_: object) -> None:
        raise KeyError(number(0))

    people(2)
    monkeypatch.setattr("smscampaign.cli.options.campaign_of", broken)
    ended = cli("run", "spring.csv", "--json")
    assert ended.code == 2
    assert is_a("error", ended.out)["error"]["code"] == "defect"
    assert number(0)[1:] not in ended.out


def test_a_file_after_two_hyphens_is_no_option(cli):
    assert cli("run", "--", "--json").out == ""


def test_settings_and_what_a_text_costs(cli):
    is_a("settings", cli("settings", "--json").out)
    is_a("settings", cli("settings", "limits", "--json").out)
    is_a("setting", cli("settings", "limits.parts", "--json").out)
    for text in ("", "Hello", "Zażółć"):
        is_a("estimate", cli("estimate", text, "--json").out)


def test_every_command_that_prints_json_is_in_the_schema():
    from smscampaign.cli.app import COMMANDS, build_app

    commands = build_app(*COMMANDS).commands.items()
    with_json = {name for name, one in commands if any("--json" in it.opts for it in one.params)}
    described = {word for one in SCHEMA["$defs"].values() for word in one.get("description", "").split(" ")}
    assert with_json
    assert with_json - {word.strip(",;:.") for word in described} == set()
