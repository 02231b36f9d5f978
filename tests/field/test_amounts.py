"""Exports with `;` between the cells and a decimal comma in each row, and what is written of them."""

from __future__ import annotations

import pytest

from .conftest import FIRST, SECOND, THIRD

ROWS = f"Ann;{FIRST};12,50;\nBob;01 99 00 00 02;7,00;\nCid;{THIRD};9,90;urgent\nDan;{SECOND};1,20;\n"


@pytest.mark.parametrize(
    "header", ["Nom;Mobile;Montant;Note", "Imię;Nr telefonu;Kwota;Uwagi", "Name;Handy;Betrag;Notiz"]
)
def test_an_export_with_amounts_is_read_by_its_header(folder, dry_run, header):
    (folder / "c.csv").write_text(f"{header}\n{ROWS}", "utf-8")
    amount = header.split(";")[2].lower()
    code, found, _ = dry_run("c.csv", f"Total {{{{ {amount} }}}}")
    assert code == 0
    assert [one["text"] for one in found["first_messages"]] == ["Total 12,50", "Total 9,90", "Total 1,20"]


def test_rejected_rows_of_it_are_put_right_in_their_file_and_run_as_it_is(folder, told):
    (folder / "c.csv").write_text(f"Nom;Mobile;Montant;Note\n{ROWS}", "utf-8")
    options = ("--message", "Total {{ montant }}", "--purpose", "transactional", "--region", "FR")
    options += ("--sender", "Sandbox", "--sandbox", "--yes")
    assert told("run", "c.csv", *options)[0] == 0
    (rejected,) = folder.glob("*.rejected.csv")
    rejected.write_text(rejected.read_text("utf-8-sig").replace("01 99 00 00 02", "07 99 00 00 04"), "utf-8")
    code, _, err = told("run", rejected.name, *options)
    assert code == 0, err
    (results,) = folder.glob("*results.csv")
    assert results.read_text("utf-8").count(";accepted;") == 4


def test_what_separates_the_cells_is_said_where_no_column_is_found(folder, dry_run):
    (folder / "c.csv").write_text("12,5;a\n99,99;b\n", "utf-8")
    code, _, err = dry_run("c.csv", "Hello")
    assert code == 2
    assert "The cells were taken to be separated by semicolons: --delimiter SIGN decides otherwise" in err
