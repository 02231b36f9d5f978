"""The headline, and a file of rejected rows read back: what is the user's and what is ours."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscampaign.campaign.rejecting import bad_rows, headline
from smscampaign.campaign.retrying import COLUMNS, line_before, opened, parent_of, users_width
from smscampaign.model import Reason, ReasonCount, Status

HELD = [one for one in Reason if one.status is Status.SUPPRESSED]


def counts(**numbers: int) -> list[ReasonCount]:
    return [ReasonCount(Reason[name], number, 2, "") for name, number in numbers.items()]


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ({}, ""),
        ({"NUMBER_LETTERS": 1}, "Fix 1 number."),
        ({"NUMBER_LETTERS": 1, "NUMBER_LANDLINE": 2}, "Fix 3 numbers."),
        ({"NUMBER_MISSING": 1}, "Fill the empty cells of 1 row."),
        ({"NUMBER_MISSING": 1, "VALUE_MISSING": 1}, "Fill the empty cells of 2 rows."),
        ({"COUNTRY_UNKNOWN": 1}, "Correct 1 country."),
        ({"COUNTRY_UNKNOWN": 2}, "Correct 2 countries."),
        ({"TEXT_TOO_LONG": 1}, "Shorten 1 message."),
        ({"TEXT_TOO_LONG": 1200}, "Shorten 1 200 messages."),
        ({"TEXT_EMPTY": 1}, "Mend 1 message that comes out empty or not at all."),
        ({"TEXT_EMPTY": 1, "TEXT_FAILED": 1}, "Mend 2 messages that come out empty or not at all."),
        ({"RAGGED_ROW": 1}, "Mend the cells of 1 row."),
        ({"DUPLICATE": 1}, "1 duplicate is left out."),
        ({"DUPLICATE": 4}, "4 duplicates are left out."),
        ({"ALREADY_SENT": 2}, "2 had the campaign already."),
        ({"DUPLICATE": 1, "ALREADY_SENT": 2}, "1 duplicate is left out and 2 had the campaign already."),
        (
            {"DUPLICATE": 4, "RAGGED_ROW": 2, "TEXT_TOO_LONG": 1, "VALUE_MISSING": 2, "NUMBER_INVALID": 3},
            "Fix 3 numbers, fill the empty cells of 2 rows, shorten 1 message, mend the cells of 2 rows; 4 duplicates are"
            " left out.",
        ),
    ],
)
def test_the_headline(numbers, said):
    assert headline(counts(**numbers)) == said


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "fr",
            "Corrigez 3 numéros, remplissez les cellules vides de 2 lignes\u00a0; 1 doublon est laissé de côté et 1 200"
            " personnes ont déjà reçu la campagne.",
        ),
        (
            "pl",
            "Popraw 3 numery, uzupełnij puste komórki w 2 wierszach; pominięto 1 duplikat i 1 200 osób dostało już"
            " tę kampanię.",
        ),
    ],
)
def test_the_headline_in_other_languages(language, said):
    numbers = counts(NUMBER_INVALID=3, VALUE_MISSING=2, DUPLICATE=1, ALREADY_SENT=1200)
    assert headline(numbers, language) == said


@given(st.dictionaries(st.sampled_from(Reason), st.integers(1, 999)))
def test_every_row_is_counted_once_in_the_headline(numbers):
    made = [ReasonCount(reason, number, 2, "") for reason, number in numbers.items()]
    told = headline(made)
    assert sum(map(int, re.findall(r"\d+", re.sub(r"(?<=\d) (?=\d)", "", told)))) == sum(numbers.values())
    assert bad_rows(made) == sum(number for reason, number in numbers.items() if reason not in HELD)


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_a_task_of_its_own_kind(reason):
    assert "other row" not in headline([ReasonCount(reason, 1, 2, "")])


@pytest.mark.parametrize(
    ("name", "parent"),
    [
        ("spring.rejected.csv", "spring.csv"),
        ("spring.rejected-2.csv", "spring.csv"),
        ("spring.rejected-12.csv", "spring.csv"),
        ("spring.v2.rejected.csv", "spring.v2.csv"),
        ("a.rejected.rejected.csv", "a.rejected.csv"),
        ("spring.csv", None),
        ("rejected.csv", None),
        (".rejected.csv", None),
        ("spring.rejected-x.csv", None),
        ("spring-rejected.csv", None),
    ],
)
def test_whose_rejected_rows_a_file_holds_by_its_name(tmp_path, name, parent):
    found = parent_of(tmp_path / name)
    assert (found and found.name) == parent


def test_the_parent_is_the_file_that_is_there(tmp_path):
    (tmp_path / "spring.xlsx").write_bytes(b"")
    assert parent_of(tmp_path / "spring.rejected.csv") == tmp_path / "spring.xlsx"


@pytest.mark.parametrize(
    ("header", "width"),
    [
        (["name", "mobile", *COLUMNS], 2),
        (["name", "mobile", *COLUMNS, "", ""], 2),
        (["mobile", *COLUMNS], 1),
        (["name", "mobile", *COLUMNS[:2]], None),
        (["name", "mobile", "sms_row", "sms_number", "sms_reason"], None),
        (["name", *COLUMNS, "mobile"], None),
        (["name", "mobile"], None),
        ([], None),
    ],
)
def test_a_file_is_ours_by_its_last_columns(header, width):
    assert users_width(header) == width


def rows_of(folder: Path, *lines: str) -> list[tuple[str, ...]]:
    path = folder / "spring.rejected.csv"
    path.write_text("\n".join([f"name,mobile,city,{','.join(COLUMNS)}", *lines]) + "\n", "utf-8")
    found = opened(path, {})
    assert found is not None
    assert found.header == found.names == ("name", "mobile", "city")
    return [row.fields for row in found.rows()]


RAGGED = '"ragged-row: the row has 2 cells, fewer"'


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        ("Ann,0799,Nice,7,number-too-short: it is,", 3),
        ("Ann,0799,Nice,7,number-too-short: it is,Write more", 3),
        ("Ann,0799,Nice,,,", 3),  # emptied
        ("Ann,0799,Nice,7,,", 3),  # emptied in part
        ("Ann,0799,Nice", 3),  # added by hand
        (f"Ann,0799,7,{RAGGED},", 2),  # as it was written: a cell is missing
        (f"Ann,0799,7,{RAGGED},,", 2),  # as a spreadsheet program saves that
        (f"Ann,0799,1,50,7,{RAGGED},", 4),  # a cell too many
        (f"Ann,0799,Nice,7,{RAGGED},", 3),  # put right by inserting the cell
        (f"Ann,0799,Nice,{RAGGED},,", None),  # written over: what is ours is not where it should be
    ],
)
def test_a_row_is_the_users_cells_and_stays_ragged_until_it_is_put_right(tmp_path, line, cells):
    (fields,) = rows_of(tmp_path, line)
    if cells is None:
        assert len(fields) != 3
    else:
        assert fields == tuple(line.split(",")[:cells])


def test_options_for_reading_are_about_this_file_too(tmp_path):
    path = tmp_path / "spring.rejected.csv"
    path.write_bytes(f"name;mobile;{';'.join(COLUMNS)}\nZoë;1;2;text-empty: x;\n".encode("cp1252"))
    found = opened(path, {"file.encoding": "cp1252", "file.delimiter": ";", "limits.parts": 3})
    assert found is not None
    assert [row.fields for row in found.rows()] == [("Zoë", "1")]
    assert found.digest() == found.file.digest()
    assert (found.delimiter, found.name, found.header_line) == (";", "spring.rejected.csv", 1)
    assert "rejected of spring" in found.remarks[-1]


@pytest.mark.parametrize(
    ("cells", "line"),
    [
        (["Ann", "1", "7", "number-invalid: x", ""], 7),
        (["7", "number-invalid: x", ""], 7),
        (["Ann", "1", "7", "'number-invalid: x", ""], 7),
        (["Ann", "1", "7", "number-invalidated", ""], None),
        (["Ann", "1", "²", "number-invalid: x"], None),
        (["Ann", "1"], None),
        ([], None),
    ],
)
def test_which_row_it_was(cells, line):
    assert line_before(cells) == line
