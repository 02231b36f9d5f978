"""Numbers as they stood in address books before plans changed, and cells that hold more than one."""

from __future__ import annotations

import csv

import pytest


def test_numbers_of_old_plans_are_put_right_or_get_their_suggestion(folder, dry_run):
    (folder / "c.csv").write_text(
        "name;mobile;pays\nMexico old mobile 1;+5212221234567;MX\nMexico national 044;044 222 123 4568;MX\n"
        "Benin before Nov 2024;+229 95 12 34 56;BJ\nPlus before the home zero;+0799000023;FR\n"
        "Middle dots;07·99·00·00·08;Fr.\nIvory Coast;07 12 34 56;CI\nNowhere;07 99 00 00 09;-\n",
        "utf-8",
    )
    code, found, _ = dry_run("c.csv", "Hi", "--country-column", "pays", "--out", "r.csv")
    assert code == 0
    with (folder / "r.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["name"]: row for row in csv.DictReader(file, delimiter=";")}
    numbers = {name: row["sms_number"] for name, row in rows.items()}
    assert numbers == {
        "Mexico old mobile 1": "+522221234567",
        "Mexico national 044": "+522221234568",
        "Benin before Nov 2024": "+2290195123456",
        "Plus before the home zero": "+33799000023",
        "Middle dots": "+33799000008",
        "Ivory Coast": "",
        "Nowhere": "+33799000009",
    }
    assert rows["Mexico old mobile 1"]["sms_repair"] == "renumbered"
    assert rows["Plus before the home zero"]["sms_repair"] == "stray-sign"
    assert "+2250707123456" in str(found)


@pytest.mark.parametrize(
    "cell",
    [
        "0799000001 - 0799000002",
        "0799000003 0799000004",
        "07 99 00 00 05 ::: 07 99 00 00 06",
        "0799000001/0799000002",
    ],
)
def test_two_numbers_in_a_cell_are_told_whatever_stands_between_them(folder, dry_run, cell):
    (folder / "c.csv").write_text(f"name;mobile\nA;{cell}\nB;07 99 00 00 07\n", "utf-8")
    _, found, _ = dry_run("c.csv", "Hi")
    assert "number-several" in str(found)
    assert found["to_send"] == 1
