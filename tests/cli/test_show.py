"""`--show`: messages as a phone shows them, with the STOP clause and the borders between the parts."""

from __future__ import annotations

import json
import re

import pytest

from smscampaign.campaign import preview
from smscampaign.campaign.preview import CHOICES

from .conftest import number

OPTIONS = ("--purpose", "marketing", "--region", "FR", "--sender", "Sandbox", "--dry-run")
TEXT = "Hello {{ name }}, the sale begins."


@pytest.fixture
def spring(folder):
    names = ["Ann", "Bo", "Świętosława", "x" * 200, "Zoé"]
    rows = [f"{name},{number(n)}" for n, name in enumerate(names)]
    file = folder / "spring.csv"
    file.write_text("\n".join(["name,mobile", *rows, "Landline,01 99 00 00 00"]) + "\n", "utf-8")
    return file


@pytest.fixture
def shown(cli, spring):
    """The boxes that a run shows, each as (the line about it, its text)."""

    def show(*what, message=TEXT):
        options = [word for one in what for word in ("--show", one)]
        ended = cli("run", "spring.csv", "--message", message, *OPTIONS, *options)
        assert ended.code == 0, ended.err
        boxes = [block for block in ended.out.split("\n\n") if "\n  │ " in block]
        pairs = [block.strip("\n").split("\n  │ ") for block in boxes]
        return [(about, "\n".join(lines)) for about, *lines in pairs]

    return show


@pytest.mark.parametrize(
    ("what", "about"),
    [
        ("first", "the first · row 2 · +33799000000 (FR) · GSM-7 · 38 units · 1 part"),
        ("shortest", "the shortest · row 3 · "),
        ("longest", "the longest · row 5 · "),
        ("costliest", "the costliest · row 5 · "),
        ("row 6", "row 6 · +33799000004 (FR)"),
        ("6", "row 6 · +33799000004 (FR)"),
    ],
)
def test_one_message(shown, what, about):
    ((told, _),) = shown(what)
    assert told.startswith(about)
    assert re.search(r" · \d credits?\Z", told)


def test_the_stop_clause_is_in_it_and_the_border_of_the_parts_is_marked(shown):
    ((_, text),) = shown("longest")
    assert text.replace("\n", "").count("⟨2⟩") == 1
    assert text.endswith("begins.\nSTOP 36xxx")
    before, _, _ = text.replace("\n", "").partition("⟨2⟩")
    # 153 characters of GSM-7 to a part of several; where the box breaks a line, a space may be lost.
    assert 150 <= len(before) <= 153
    ((_, one_part),) = shown("first")
    assert "⟨" not in one_part


def test_any_message(shown):
    ((told, _),) = shown("random")
    assert told.startswith("any · row ")


def test_one_of_each_shape(shown):
    found = shown("shapes")
    assert [told.split(" · ")[1] for told, _ in found] == ["row 2", "row 4", "row 5"]
    assert ["UCS-2" in told for told, _ in found] == [False, True, False]


def test_one_for_each_warning(shown):
    found = shown("warnings", message="Hello {{ name }}, bit.ly/x")
    assert found[0][0].startswith("SMS011: ")


def test_several_at_once_in_the_order_they_were_asked_for(shown):
    assert [told.partition(" · row")[0] for told, _ in shown("shortest", "first")] == [
        "the shortest",
        "the first",
    ]


@pytest.mark.parametrize("what", ["biggest", "row", "row x", "-1", ""])
def test_what_cannot_be_shown_is_told_before_the_file_is_planned(cli, spring, what):
    ended = cli("run", "spring.csv", "--message", TEXT, *OPTIONS, f"--show={what}")
    assert ended.code == 2
    assert f"--show: {what!r} cannot be shown" in ended.err
    assert all(one in ended.err for one in CHOICES)
    assert ended.out == ""


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("row 7", "row 7 is not sent: “•• •• •• •• 00” is a landline"),
        ("row 99", "the file has no row 99; its last is 9"),
        ("row 8", "row 8 is empty"),
        ("row 1", "row 1 is the header"),
    ],
)
def test_a_row_that_is_not_sent_cannot_be_shown(cli, spring, row, why):
    with spring.open("a", encoding="utf-8") as file:
        file.write(f"\nLast,{number(9)}\n")
    ended = cli("run", "spring.csv", "--message", TEXT, *OPTIONS, "--show", row)
    assert ended.code == 2
    assert f"--show: {why}" in ended.err


def test_a_row_above_the_header_is_called_so(cli, spring):
    spring.write_text("Our people\n\n" + spring.read_text("utf-8"), "utf-8")
    asked = ["run", "spring.csv", "--message", TEXT, *OPTIONS, "--header-row", "3", "--show"]
    assert "row 2 stands above the header" in cli(*asked, "row 2").err
    assert "row 3 is the header" in cli(*asked, "row 3").err


def test_one_unit_is_one_unit(cli, people):
    people(1)
    options = ("--purpose", "transactional", "--region", "FR", "--sender", "Sandbox", "--dry-run")
    assert (
        " · 1 unit · 1 part · " in cli("run", "spring.csv", "--message", "x", *options, "--show", "first").out
    )


@pytest.mark.parametrize(
    ("options", "told", "figures"),
    [
        ([], None, None),
        (["--short", "Sale"], "2 messages with the short text", (2, 0)),
        (
            ["--short", "Sale", "--short-over", "4"],
            "the short text nowhere: no text takes more than 4 parts",
            (0, 0),
        ),
        (["--typography", "gsm"], "no characters swapped: no text would take fewer parts", (0, 0)),
        (["--swap", "Ś=S", "--swap", "ę=e", "--swap", "ł=l"], "1 message with swapped characters", (0, 1)),
        (
            ["--short", "Sale", "--short-over", "2", "--swap", "Ś=S", "--swap", "ę=e", "--swap", "ł=l"],
            "1 message with the short text; 1 message with swapped characters",
            (1, 1),
        ),
    ],
)
def test_how_many_texts_were_changed_is_told(cli, folder, options, told, figures):
    names = ["Ann", "Świętosława" + "x" * 50, "x" * 400, "Bob"]
    rows = [f"{name},{number(n)}" for n, name in enumerate(names)]
    # A row that is not sent is not counted: it has the number of the third.
    rows += [f"{'y' * 400},{number(2)}"]
    (folder / "spring.csv").write_text("\n".join(["name,mobile", *rows]) + "\n", "utf-8")
    asked = ["run", "spring.csv", "--message", TEXT, *OPTIONS, *options]
    ended = cli(*asked)
    assert ended.code == 0, ended.err
    assert (told is None and "Changed" not in ended.out) or f"Changed  {told}" in ended.out
    found = json.loads(cli(*asked, "--json").out)["changed"]
    assert found == (figures and {"messages_looked_at": 4, "short": figures[0], "swapped": figures[1]})


def test_of_a_long_file_the_first_texts_are_compared(cli, spring, monkeypatch):
    monkeypatch.setattr(preview, "LOOKED_AT", 2)
    ended = cli("run", "spring.csv", "--message", TEXT + "x" * 160, *OPTIONS, "--short", "Sale")
    assert "2 messages with the short text (of the first 2; the others were not looked at)" in ended.out
