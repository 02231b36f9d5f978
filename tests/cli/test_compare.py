"""`compare`: several texts of a real rehearsal, in the words of a terminal and for programs."""

from __future__ import annotations

import csv
import json
from collections import Counter

import pytest

from tests.cli.conftest import lines
from tests.cli.test_json import is_a

TEXTS = """
message = "Hello {{ name }}"
purpose = "transactional"
region = "FR"
sender = "Sandbox"
[variants]
texts = { B = "Good day {{ name }}" }
measure = "outcome"
hold_out = 0.2
days = 0.000001
"""


@pytest.fixture
def sent(cli, people, folder):
    path = people(600)
    (folder / "spring.toml").write_text(TEXTS, "utf-8")
    shown = cli("run", path, "--dry-run")
    assert "held out; a text is called better from" in shown.words
    assert cli("run", path, "--sandbox", "--yes").code == 0
    return lines(folder / "spring.sandbox.results.csv")


def write_orders(folder, names):
    with (folder / "orders.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["name", "total"], *([one, "12"] for one in names)])


def test_who_had_which_text_is_compared_by_an_outcome(cli, folder, sent):
    texts = Counter(one["sms_text"].partition(" Person")[0] for one in sent)
    assert set(texts) == {"Hello", "Good day", ""}
    good = [one["name"] for one in sent if one["sms_text"].startswith("Good day")]
    write_orders(folder, good[:100])
    shown = cli("compare", "spring.csv", "--sandbox", "--outcome", "orders.csv", "--key", "name")
    assert shown.code == 0
    assert "Significant: B does better than each of the others." in shown.words
    words = ("compare", "spring.csv", "--sandbox", "--outcome", "orders.csv", "--key", "name", "--json")
    told = is_a("compare", cli(*words).out)
    did = {one["text"]: (one["people"], one["did"]) for one in told["texts"]}
    assert did == {"A": (texts["Hello"], 0), "B": (texts["Good day"], 100), "": (texts[""], 0)}
    assert (told["grade"], told["winner"], len(told["pairs"])) == ("significant", "B", 3)


def test_without_a_difference_no_text_is_called_better(cli, folder, sent):
    write_orders(folder, [one["name"] for one in sent[::3]])
    shown = cli("compare", "spring.csv", "--sandbox", "--outcome", "orders.csv", "--key", "name")
    assert "No difference that these numbers can show." in shown.words


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16"])
def test_keys_are_the_same_however_they_are_written_and_nobodys_are_told(cli, people, folder, sent, encoding):
    good = [one for one in sent if one["sms_text"].startswith("Good day")][:60]
    rows = [[f" {one['name'].upper().replace(' ', '  ')} ", "0" + one["mobile"][3:]] for one in good]
    with (folder / "orders.csv").open("w", newline="", encoding=encoding) as file:
        csv.writer(file, delimiter=";").writerows(
            [["Name", "mobile"], *rows, *rows, ["Zoé", "0799999999"], ["", ""]]
        )
    for key in ("name", "mobile"):
        words = ("compare", "spring.csv", "--sandbox", "--outcome", "orders.csv", "--key", key)
        shown = cli(*words, "--json")
        told = is_a("compare", shown.out)
        assert [one["did"] for one in told["texts"]] == [0, 60, 0]
        assert (told["keys"], told["strangers"]) == (61, 1)
        assert "Of 61 different keys in orders.csv 1 are of nobody in" in " ".join(shown.err.split())
    (folder / "orders.csv").write_text("name\nPerson 1\n")
    assert (
        "nobody"
        not in cli("compare", "spring.csv", "--sandbox", "--outcome", "orders.csv", "--key", "name").err
    )


def test_who_was_put_right_is_one_of_those_who_had_a_text(cli, people, folder):
    file = people(60, more="".join(f"Late {n},12\n" for n in range(40)))
    (folder / "spring.toml").write_text(TEXTS, "utf-8")
    assert cli("run", file, "--sandbox", "--yes").code == 0
    (rejected,) = folder.glob("*.rejected.csv")
    rows = list(csv.DictReader(rejected.read_text("utf-8-sig").splitlines()))
    with rejected.open("w", newline="", encoding="utf-8-sig") as out:
        writer = csv.DictWriter(out, rows[0].keys())
        writer.writeheader()
        writer.writerows({**row, "mobile": f"+3379901{n:04d}"} for n, row in enumerate(rows))
    done = cli("run", file, "--sandbox", "--yes")
    assert done.code == 0, done.err
    now = lines(folder / "spring.sandbox.results.csv")
    write_orders(folder, [one["name"] for one in now])
    told = cli("compare", "spring.csv", "--sandbox", "--outcome", "orders.csv", "--key", "name", "--json")
    texts = Counter(one["sms_text"].partition(" Person")[0].partition(" Late")[0] for one in now)
    people_of = {one["text"]: one["people"] for one in json.loads(told.out)["texts"]}
    assert people_of == {"A": texts["Hello"], "B": texts["Good day"], "": texts[""]}
    assert sum(people_of.values()) == 100


def test_what_is_missing_is_said(cli, people, folder, sent):
    asked = cli("compare", "spring.csv", "--sandbox")
    assert (asked.code, asked.out) == (2, "")
    assert "--outcome FILE --key COLUMN" in " ".join(asked.err.split())
    assert cli("compare", "spring.csv", "--sandbox", "--key", "name").code == 2
    people(5, name="plain.csv")
    options = ("--message", "x", "--purpose", "transactional", "--region", "FR", "--sender", "Sandbox")
    assert cli("run", "plain.csv", *options, "--sandbox", "--yes").code == 0
    alone = cli("compare", "plain.csv", *options, "--sandbox")
    assert (alone.code, "one text" in alone.err) == (2, True)


def test_an_amended_campaign_keeps_everybodys_text(cli, people, folder, sent):
    before = {one["sms_number"]: one["sms_text"] for one in sent if one["sms_text"]}
    people(700)
    assert cli("run", "spring.csv", "--sandbox", "--yes", "--amend").code == 0
    now = lines(folder / "spring.sandbox.results.csv")
    assert {one["sms_number"]: one["sms_text"] for one in now if one["sms_number"] in before} == before
    spared = {one["name"] for one in sent if one["sms_reason"].startswith("held-out")}
    assert spared <= {one["name"] for one in now if one["sms_reason"].startswith("held-out")}
    write_orders(folder, [])
    told = cli("compare", "spring.csv", "--sandbox", "--outcome", "orders.csv", "--key", "name", "--json")
    assert sum(one["people"] for one in json.loads(told.out)["texts"]) == 700
