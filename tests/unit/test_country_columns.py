"""Which columns look like countries, and which only share their codes."""

from __future__ import annotations

import pytest

from smscampaign.model import Row
from smscampaign.recipients.country_columns import country_columns


def looked(header: str, *lines: str, number: int | None = None, region: str | None = "FR"):
    rows = [Row(line, tuple(cells.split(";"))) for line, cells in enumerate(lines, 2)]
    return country_columns(header.split(";"), rows, number=number, region=region)


@pytest.mark.parametrize(
    "name",
    [
        *("country", "Country Code", "Mailing Country", "billingCountry", "Pays", "Code pays", "Land"),
        *("Kraj zamieszkania", "País", "Paese", "Nation"),
    ],
)
def test_a_column_named_like_countries_needs_one_cell_that_names_one(name: str) -> None:
    (found,) = looked(f"n;{name}", "1;Suisse / Schweiz", "2;Belgique", "3;??", "4;")
    assert (found.name, found.place, found.share, found.abroad) == (name, 1, "1 of 3 rows", 1)
    assert looked(f"n;{name}", "1;", "2;Bayern") == []


@pytest.mark.parametrize("cells", [["Pologne", "Suisse", "x"], ["PL", "CH", "FR"], ["POL", "Allemagne"]])
def test_a_column_of_another_name_needs_mostly_countries(cells: list[str]) -> None:
    (found,) = looked("n;Origine", *(f"1;{cell}" for cell in cells))
    assert found.good * 2 > len(cells)
    assert looked("n;Origine", *(f"1;{cell}" for cell in [*cells, "Lyon", "Nice", "Brest"])) == []


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("State", "CA IL DE"),
        ("Langue", "FR DE PL"),
        ("Civilité", "MR MS"),
        ("Anrede", "MR"),
        ("Greeting", "Mr Ms Mr"),
        ("Language", "fr de pl"),
    ],
)
def test_codes_of_something_else_are_no_countries(name: str, cells: str) -> None:
    assert looked(f"n;{name}", *(f"1;{cell}" for cell in cells.split())) == []


def test_only_numbers_without_a_country_code_are_misread_for_want_of_a_country() -> None:
    lines = ("+41791234567;Suisse", "0041791234567;Suisse", "0612345678;France", "; Suisse ")
    (found,) = looked("mobile;pays", *lines, number=0)
    assert (found.good, found.abroad) == (4, 1)
    assert looked("mobile;pays", *lines[:3], number=0)[0].abroad == 0
    assert looked("mobile;pays", *lines[:3])[0].abroad == 2


def test_a_column_named_like_countries_stands_first() -> None:
    found = looked("a;Origine;Pays", "1;Suisse;Belgique")
    assert [one.name for one in found] == ["Pays", "Origine"]
