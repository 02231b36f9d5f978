"""Workbooks whose cells show something else than they store."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import openpyxl

from .conftest import FIRST, SECOND


def book(folder, header, *rows, formats=()):
    made = openpyxl.Workbook()
    for row in (header, *rows):
        made.active.append(row)
    for column, code in formats:
        for cell in made.active[column][1:]:
            cell.number_format = code
    made.save(folder / "c.xlsx")
    return "c.xlsx"


def texts(found):
    return [one["text"] for one in found["first_messages"]]


def test_percentages_and_postcodes_are_sent_as_the_sheet_shows_them(folder, dry_run):
    file = book(
        folder,
        ["Nom", "Mobile", "Remise", "CP"],
        ["Ann", FIRST, 0.2, 1000],
        ["Bob", SECOND, 0.15, 75001],
        formats=[("C", "0%"), ("D", "00000")],
    )
    code, found, _ = dry_run(file, "{{ nom }}: -{{ remise }}, {{ cp }}")
    assert (code, texts(found)) == (0, ["Ann: -20%, 01000", "Bob: -15%, 75001"])


def test_appointments_and_amounts_are_sent_as_the_sheet_shows_them(folder, dry_run):
    day, hour = datetime(2026, 3, 6), time(10, 30)  # noqa: DTZ001 - cells know no zone
    file = book(
        folder,
        ["Mobile", "Jour", "Heure", "Durée", "Prix", "Échéance"],
        [FIRST, day, hour, timedelta(hours=26, minutes=5), 1234.5, date(2026, 3, 31)],
        formats=[
            ("B", "dddd d mmmm"),
            ("C", 'h"h"mm'),
            ("D", "[h]:mm"),
            ("E", r'#,##0.00\ "€"'),
            ("F", "mm-dd-yy"),
        ],
    )
    code, found, _ = dry_run(
        file, "{{ jour }} à {{ heure }} ({{ durée }}), {{ prix }} avant le {{ échéance }}"
    )
    assert (code, texts(found)) == (0, ["vendredi 6 mars à 10h30 (26:05), 1 234,50 € avant le 31/03/2026"])


def test_a_format_that_is_not_known_is_told_with_its_cell(folder, dry_run):
    file = book(folder, ["Mobile", "Part"], [FIRST, 0.5], [SECOND, 0.25], formats=[("B", "# ?/?")])
    code, found, said = dry_run(file, "Part {{ part }}")
    assert (code, texts(found)) == (0, ["Part 0.5", "Part 0.25"])
    assert "cell B2 and 1 more: the number format '# ?/?' is not known here" in said + str(found)


def test_a_day_or_time_that_is_none_is_a_number_and_told_with_its_cell(folder, dry_run):
    """Excel shows #### for half a day before its first and 00/01/1900 for day 0; other programs something else."""
    file = book(
        folder,
        ["Mobile", "Heure", "Jour"],
        [FIRST, -0.5, 0],
        [SECOND, -0.5, 46_087],
        formats=[("B", "hh:mm"), ("C", "dd/mm/yyyy")],
    )
    code, found, said = dry_run(file, "RDV {{ jour }} {{ heure }}")
    assert (code, texts(found)) == (0, ["RDV 0 -0.5", "RDV 06/03/2026 -0.5"])
    assert "cell B2 and 1 more: the number is no day or time that 'hh:mm' shows" in said + str(found)
    assert "cell C2: the number is no day or time that 'dd/mm/yyyy' shows" in said + str(found)


def test_numbers_keep_their_digits_whatever_their_format(folder, dry_run):
    for code in ("0.00E+00", "#,##0", "0", "General", '0#" "##" "##" "##" "##', "0.00"):
        file = book(folder, ["Nom", "Mobile"], ["Ann", 33799000001], formats=[("B", code)])
        ended, found, _ = dry_run(file, "Hello {{ nom }}")
        assert (ended, texts(found)) == (0, ["Hello Ann"]), code


def test_characters_that_a_workbook_writes_as_numbers_are_read(folder, dry_run):
    file = book(folder, ["Prénom_x000D_\nclient", "Mobile"], ["Ann_x000D_", FIRST])
    code, found, _ = dry_run(file, "{{ prenom_client }}, bonjour_x")
    assert (code, texts(found)) == (0, ["Ann, bonjour_x"])


def test_a_format_longer_than_excel_allows_is_not_known_and_takes_no_time(folder, dry_run):
    file = book(folder, ["Mobile", "Part"], [FIRST, 0.5], formats=[("B", "[" * 100_000)])
    code, found, said = dry_run(file, "Part {{ part }}")
    assert (code, texts(found)) == (0, ["Part 0.5"])
    assert f"cell B2: the number format '{'[' * 60}…' is not known here" in said + str(found)
