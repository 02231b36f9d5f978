"""Files that are damaged, that DOS ended, and that smscampaign itself wrote."""

from __future__ import annotations

import pytest

from smscampaign import results

from .conftest import FIRST, SECOND, THIRD

NAMES = f"name,mobile\nJosé,{FIRST}\nZoé,{SECOND}\n".encode()


def test_one_bad_byte_in_a_small_file_is_told_by_its_row_and_column(folder, dry_run):
    (folder / "c.csv").write_bytes(NAMES + f"Pa,{THIRD}\n".encode().replace(b"Pa", b"Pa\xc5"))
    code, _, err = dry_run("c.csv", "Bonjour {{ name }}")
    assert code == 2
    assert "c.csv, row 4, column 'name': the file is not UTF-8: it holds the byte 0xC5" in err


def test_a_file_put_together_of_two_encodings_is_named_as_that(folder, dry_run):
    other = f"Hélène,{THIRD}\nRené,07 99 00 00 04\nThérèse,07 99 00 00 05\n".encode("cp1252")
    (folder / "c.csv").write_bytes(NAMES + other)
    code, _, err = dry_run("c.csv", "Bonjour {{ name }}")
    assert code == 2
    assert "c.csv, row 4, column 'name': the file is written in two character sets: windows-1252 here" in err


@pytest.mark.parametrize("name", ["José", "« CAFÉ »", "l’été"])
def test_few_accents_in_another_set_are_a_guess_that_is_said(folder, dry_run, name):
    (folder / "c.csv").write_bytes(f"name,mobile\n{name},{FIRST}\n".encode("cp1252"))
    code, found, _ = dry_run("c.csv", "Bonjour {{ name }}")
    assert (code, found["first_messages"][0]["text"]) == (0, f"Bonjour {name}")
    assert "a guess" in found["remarks"][0]


def test_a_polish_file_in_capitals_is_not_damaged_utf8(folder, dry_run):
    (folder / "c.csv").write_bytes(f"imię,telefon\nRÓŻA,{FIRST}\nWRÓŻKA,{SECOND}\n".encode("cp1250"))
    code, found, _ = dry_run("c.csv", "Witaj {{ imię }}")
    assert (code, found["first_messages"][0]["text"]) == (0, "Witaj RÓŻA")


@pytest.mark.parametrize("end", [b"\r\n\x1a", b"\x1a", b"\n\x1a\x1a"])
def test_the_sign_with_which_dos_ends_a_file_is_no_row(folder, dry_run, end):
    (folder / "c.csv").write_bytes(f"name,mobile\r\nAnn,{FIRST}".encode() + end)
    code, found, _ = dry_run("c.csv", "Hi {{ name }}", "--strict")
    assert (code, found["rows"], found["to_send"]) == (0, 1, 1)


def test_own_results_as_recipients(folder, dry_run):
    ours = {"sms_row": "2", "sms_number": "+33799000001", "sms_status": "accepted", "sms_text": "Ann ok"}
    cells = ["Ann", FIRST, *(ours.get(name, "") for name in results.COLUMNS)]
    header = ["name", "mobile", *results.COLUMNS]
    (folder / "second.csv").write_text(f"{';'.join(header)}\n{';'.join(cells)}\nBob;{SECOND}\n", "utf-8")
    code, found, _ = dry_run("second.csv", "{{ name }} encore")
    assert code == 0
    assert [one["text"] for one in found["first_messages"]] == ["Ann encore", "Bob encore"]
    (said,) = found["remarks"]
    assert said == "the columns sms_row to sms_repair are of an earlier campaign and left aside"
    code, _, err = dry_run("second.csv", "{{ sms_text }}")
    assert code == 2
    assert "The columns are: {{ name }}, {{ mobile }}." in err


def test_rows_that_were_too_long_or_too_short_are_so_in_the_results(folder, dry_run):
    """What was one cell too many stands in a column without a name; what was missing is an empty cell."""
    ours = ["2", "", "", "rejected", "ragged-row: x", *[""] * 10]
    rows = [
        ["name", "mobile", "city", "", *results.COLUMNS],
        ["Ann", FIRST, "Lyon", "x", *ours],
        ["Bob", SECOND, "", "", *ours],
        ["Cid", THIRD, "", "", *[""] * 15],
    ]
    (folder / "again.csv").write_text("".join(",".join(cells) + "\n" for cells in rows), "utf-8")
    code, found, _ = dry_run("again.csv", "Hello {{ name }}")
    assert (code, found["to_send"], found["not_sent"]) == (0, 1, {"ragged-row": 2})
