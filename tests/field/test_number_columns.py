"""Exports with several columns of numbers, as a shop has them: the first cell that can be sent to counts."""

from __future__ import annotations

import json
import tomllib

import pytest

HEADER = "First Name,Phone,Default Address Phone,Mobile"
ROWS = [
    "Ann,01 99 00 00 01,,07 99 00 00 01",
    "Bob,07 99 00 00 02,,",
    "Cid,,07 99 00 00 03,",
    "Dan,01 99 00 00 04,07 99 00 00 04,",
    "Eve,01 99 00 00 05,0199000005,",
    "Flo,,,",
]
COLUMNS = ("Mobile", "Phone", "Default Address Phone")


@pytest.fixture(autouse=True)
def shop(folder):
    (folder / "c.csv").write_text("\n".join([HEADER, *ROWS]) + "\n", "utf-8")


def sent(found):
    return {one["row"]: one["number"] for one in found["first_messages"]}


EXPECTED = {2: "+33799000001", 3: "+33799000002", 4: "+33799000003", 5: "+33799000004"}


def test_the_first_cell_that_can_be_sent_to_counts(dry_run):
    asked = [word for name in COLUMNS for word in ("--number-column", name)]
    code, found, _ = dry_run("c.csv", "Hello {{ first_name }}", *asked)
    assert code == 0
    assert sent(found) == EXPECTED
    rejected = {one["row"]: (one["column"], one["reason"]) for one in found["rejected_rows"]}
    assert rejected == {6: ("Phone", "number-landline"), 7: ("Mobile", "number-missing")}


def test_they_may_stand_in_the_settings_and_one_alone_needs_no_brackets(folder, told):
    toml = (
        'message = "Hello"\npurpose = "transactional"\nregion = "FR"\nsender = "Flore"\n[columns]\nnumber = '
    )
    for value, number in ((json.dumps(COLUMNS), 4), ('"Mobile"', 1), ('["Phone", "C"]', 3)):
        (folder / "c.toml").write_text(f"{toml}{value}\n", "utf-8")
        assert json.loads(told("run", "c.csv", "--dry-run", "--json")[1])["to_send"] == number
    (folder / "c.toml").write_text(f'{toml}["Mobile", "Fone"]\n', "utf-8")
    code, _, err = told("run", "c.csv", "--dry-run")
    assert code == 2
    assert "c.toml, columns.number: the file has no column 'Fone'" in err


def test_the_country_of_the_row_holds_for_each_of_them(folder, dry_run):
    (folder / "d.csv").write_text(
        "mobile,phone,pays\n,079 900 00 01,Suisse\nx,+33799000001,Suisse\n", "utf-8"
    )
    asked = ("--number-column", "mobile", "--number-column", "phone", "--country-column", "pays")
    _, found, _ = dry_run("d.csv", "Hello", *asked)
    assert sent(found) == {2: "+41799000001", 3: "+33799000001"}


def test_init_proposes_them_counted_for_the_campaigns_region_and_says_why(folder, told):
    code, _, err = told("init", "c.csv")
    assert code == 0
    written = (folder / "c.toml").read_text("utf-8")
    settings = tomllib.loads(written)
    assert settings["region"] == "FR"
    assert settings["columns"]["number"] == list(COLUMNS)
    assert (
        "# Mobile: 1 of the first 6 rows can be sent to; Phone: 1 more; Default Address Phone: 2 more\n"
        in written
    )
    assert "fill in the message (line 7), then:" in " ".join(err.split())


def test_init_proposes_one_where_the_others_reach_nobody_more(folder, told):
    rows = [f"Ann,07 99 00 01 {n:02},01 99 00 00 {n:02},07 99 00 01 {n:02}" for n in range(20)]
    (folder / "d.csv").write_text("\n".join([HEADER, *rows]) + "\n", "utf-8")
    told("init", "d.csv")
    written = (folder / "d.toml").read_text("utf-8")
    assert tomllib.loads(written)["columns"]["number"] == "Mobile"
    assert "# 20 of the first 20 rows can be sent to, and no other column reaches more\n" in written
    assert '# number = "Phone"    # 20 of the first 20 rows can be sent to\n' in written


def test_the_region_is_left_open_where_two_countries_read_the_numbers_alike(folder, told):
    """06 and eight digits are mobile numbers in France and in the Netherlands."""
    rows = ["Ann,06 12 34 56 78"] * 12  # what phonenumbers gives as an example of both
    (folder / "d.csv").write_text("\n".join(["First Name,Phone", *rows]) + "\n", "utf-8")
    code, _, err = told("init", "d.csv")
    assert code == 0
    written = (folder / "d.toml").read_text("utf-8")
    assert "region" not in tomllib.loads(written)
    assert "# region = " in written
    assert "the region" in err
