"""`--show`: messages as a phone shows them, with the STOP clause and the borders between the parts."""

from __future__ import annotations

import pytest

from smscampaign.campaign.looking import CHOICES

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
    assert told.endswith("credits unknown")


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
    found = shown("warnings", message="Hello {{ name }}, {first_name}")
    assert found[0][0].startswith("SMS003: ")


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


@pytest.mark.parametrize("row", ["row 7", "row 99", "row 1"])
def test_a_row_that_is_not_sent_cannot_be_shown(cli, spring, row):
    ended = cli("run", "spring.csv", "--message", TEXT, *OPTIONS, "--show", row)
    assert ended.code == 2
    assert f"{row} is not sent" in ended.err
