"""What people write into settings: quotation marks in a text, countries by name, moments without a zone or in the past."""

from __future__ import annotations

import json
import tomllib

import pytest

from .conftest import FIRST

TOML = 'purpose = "transactional"\nregion = "FR"\nsender = "Flore"\n'


@pytest.fixture(autouse=True)
def people(folder):
    (folder / "c.csv").write_text(f"name,mobile\nAnn,{FIRST}\n", "utf-8")


@pytest.mark.parametrize(
    "message", ['"Il a dit "bonjour""', '"{{ name | default("you") }}"', '"say \\"hi\\" "now""']
)
def test_quotation_marks_in_a_text_are_told_with_their_line_and_a_way_out_that_works(folder, told, message):
    (folder / "c.toml").write_text(f"{TOML}message = {message}\n", "utf-8")
    code, _, err = told("run", "c.csv", "--dry-run")
    assert code == 2
    assert 'c.toml, line 4: this text ends at its second "' in err
    assert "message = '''…'''" in err
    inside = message[1:-1]
    for written in (f"'''{inside}'''", '"' + inside.replace('\\"', '"').replace('"', '\\"') + '"'):
        (folder / "c.toml").write_text(f"{TOML}message = {written}\n", "utf-8")
        assert told("run", "c.csv", "--dry-run")[0] == 0


def test_a_text_of_several_lines_in_plain_quotation_marks(folder, told):
    (folder / "c.toml").write_text(f'{TOML}message = "Hello\nyou"\n', "utf-8")
    code, _, err = told("run", "c.csv", "--dry-run")
    assert code == 2
    assert 'c.toml, line 4: this text has no " at its end, or goes on in the next line' in err
    (folder / "c.toml").write_text(f"{TOML}message = '''Hello\nyou'''\n", "utf-8")
    assert told("run", "c.csv", "--dry-run")[0] == 0


@pytest.mark.parametrize("toml", ["[limits\nparts = 1\n", "a = 1\na = 2\n", "message = Hello\n"])
def test_what_is_no_toml_otherwise_names_its_line(folder, told, toml):
    (folder / "c.toml").write_text(toml, "utf-8")
    assert (
        f"c.toml, line {toml.count('a = 2') + 1}: this is not TOML: " in told("run", "c.csv", "--dry-run")[2]
    )


def test_a_country_may_be_named_and_a_slip_is_told(dry_run):
    assert dry_run("c.csv", "Hello", "--region", "France")[0] == 0
    code, _, err = dry_run("c.csv", "Hello", "--region", "Francce")
    assert code == 2
    assert "Did you mean France (FR)? Give the two letters." in err
    # It is the same campaign either way.
    assert (
        len({dry_run("c.csv", "Hello", "--region", name)[1]["code"] for name in ("FR", "France", "fr")}) == 1
    )


@pytest.mark.parametrize("option", [["--set", "limits.parts=abc"], ["--max-parts", "abc"]])
def test_a_setting_says_what_is_wrong_and_where(dry_run, option):
    code, _, err = dry_run("c.csv", "Hello", *option)
    assert code == 2
    assert (
        f"{' '.join(option).split('=')[0].removesuffix(' abc')}: limits.parts = 'abc': a whole number" in err
    )


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("2026-12-01", "2026-12-01: the time of day is missing"),
        ("10:00:00", "10:00:00: not a date and a time"),
        ('"soon"', "'soon': not a date and a time"),
        ("true", "true: not a date and a time"),
    ],
)
def test_what_is_no_moment_is_shown_as_it_was_written(folder, told, written, shown):
    (folder / "c.toml").write_text(f'{TOML}message = "Hello"\n[sending]\nsend_at = {written}\n', "utf-8")
    code, _, err = told("run", "c.csv", "--dry-run")
    assert code == 2
    assert f"c.toml, line 6: sending.send_at = {shown}" in err
    assert "2027-03-06T10:00+01:00" in err
    if not written.startswith('"'):
        assert f"--send-at: sending.send_at = {shown}" in told(
            "run", "c.csv", "--dry-run", "--send-at", written
        )[2].replace("'", "")


@pytest.mark.parametrize("dry", [["--dry-run"], ["--sandbox", "--yes"]])
def test_a_campaign_is_not_begun_after_its_moment(folder, told, dry):
    (folder / "c.toml").write_text(f'{TOML.replace("Flore", "Sandbox")}message = "Hello"\n', "utf-8")
    code, _, err = told("run", "c.csv", "--send-at", "2026-01-01T10:00+01:00", *dry)
    assert code == 2
    assert "--send-at: 2026-01-01 10:00 UTC+01:00 is past: it would leave at once" in " ".join(err.split())


def test_init_proposes_the_region_that_all_numbers_fit(folder, told):
    (folder / "c.csv").write_text(f"name,mobile\nAnn,{FIRST}\nBob,01 99 00 00 02\n", "utf-8")
    told("init", "c.csv")
    assert tomllib.loads((folder / "c.toml").read_text("utf-8"))["region"] == "FR"
    assert (
        json.loads(told("run", "c.csv", "--dry-run", "--json", "--message", "x", "--sender", "Flore")[1])[
            "to_send"
        ]
        == 1
    )
