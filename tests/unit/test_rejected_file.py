"""A file of rejected rows read back, whatever a spreadsheet program made of it: what is the user's, and what is ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from smscampaign.campaign.rejected_file import (
    COLUMNS,
    is_ours,
    named_for_its_file,
    our_cells,
    parent_of,
    place_for,
    read,
    refuse_nameless,
    users_width,
)
from smscampaign.corrections import row_hash
from smscampaign.errors import FileProblem
from smscampaign.model import Reason

HASH = row_hash(["Ann", "0798", "Nice"])
MARK = f"h{HASH.hex()}"


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
        (["name", "mobile", *COLUMNS[:3]], None),
        (["name", "mobile", "sms_row", "sms_number", "sms_reason"], None),
        (["name", *COLUMNS, "mobile"], None),
        (["name", "mobile"], None),
        ([], None),
    ],
)
def test_a_file_is_ours_by_its_last_columns(header, width):
    assert users_width(header) == width


def rows_of(folder: Path, *lines: str):
    path = folder / "spring.rejected.csv"
    path.write_text("\n".join([f"name,mobile,city,{','.join(COLUMNS)}", *lines]) + "\n", "utf-8")
    return read(path)


RAGGED = '"ragged-row: the row has 2 cells, fewer"'


@pytest.mark.parametrize(
    ("line", "cells", "mark"),
    [
        (f"Ann,0799,Nice,7,number-too-short: it is,,,{MARK}", 3, ""),
        (f"Ann,0799,Nice,7,number-too-short: it is,Write more,drop,{MARK}", 3, "drop"),
        (f"Ann,0799,Nice,7,,,,{MARK}", 3, ""),  # emptied in part
        (f"Ann,0799,7,{RAGGED},,,{MARK}", 2, ""),  # as it was written: a cell is missing
        (f"Ann,0799,7,{RAGGED},,,{MARK},", 2, ""),  # as a spreadsheet program saves that
        (f"Ann,0799,1,50,7,{RAGGED},,,{MARK}", 4, ""),  # a cell too many
        (f"Ann,0799,Nice,7,{RAGGED},,,{MARK}", 3, ""),  # put right by inserting the cell
    ],
)
def test_a_row_is_the_users_cells_wherever_ours_stand(tmp_path, line, cells, mark):
    found = rows_of(tmp_path, line)
    (row,) = found.rows
    assert (row.at, row.line, row.stood, row.mark) == (2, 7, HASH, mark)
    assert row.cells == tuple(line.split(",")[:cells])
    assert found.strange == ()


def test_rows_nobody_touched_are_only_counted(tmp_path):
    found = rows_of(
        tmp_path, f"Ann,0798,Nice,7,number-too-short: it is,,,{MARK}", f"Ann,1,Nice,8,x: y,,,{MARK}"
    )
    assert (found.untouched, [one.line for one in found.rows]) == ({7}, [8])


@pytest.mark.parametrize(
    "line",
    [
        "Ann,0799,Nice",  # added by hand
        "Ann,0799,Nice,,,,,",  # emptied
        "Ann,0799,Nice,7,number-too-short: it is,,,h12",
        f"Ann,0799,Nice,seven,number-too-short: it is,,,{MARK}",
        f"Ann,0799,Nice,7,{MARK}",
    ],
)
def test_a_row_without_our_cells_is_none_of_ours(tmp_path, line):
    found = rows_of(tmp_path, line)
    assert (found.rows, found.strange) == ((), (2,))


def test_our_cells_are_written_in_the_order_of_their_columns():
    cells = dict(zip(COLUMNS, our_cells(7, "why", "what", HASH), strict=True))
    assert cells == {
        "sms_row": "7",
        "sms_reason": "why",
        "sms_suggestion": "what",
        "sms_correction": "",
        "sms_hash": MARK,
    }


def ours(path):
    path.write_text(f"name,mobile,{','.join(COLUMNS)}\nAnn,1,2,x: y,,,{MARK}\n", "utf-8")
    return path


def test_it_stands_for_the_file_it_comes_from(tmp_path):
    path = ours(tmp_path / "spring.rejected.csv")
    with pytest.raises(FileProblem, match="rejected of spring, and that file is not here"):
        named_for_its_file(path)
    (tmp_path / "spring.xlsx").write_bytes(b"")
    assert named_for_its_file(path) == tmp_path / "spring.xlsx"
    path.write_text("name,mobile\nAnn,1\n", "utf-8")
    assert named_for_its_file(path) is None


def test_under_another_name_it_is_refused(tmp_path):
    with pytest.raises(FileProblem, match="its name does not say of which") as caught:
        refuse_nameless(tmp_path / "mine.csv", ["name", *COLUMNS])
    assert "take out the columns sms_row" in caught.value.remedy
    refuse_nameless(tmp_path / "mine.csv", ["name", *COLUMNS[:2]])


def test_the_place_is_never_that_of_somebody_elses_file(tmp_path):
    spring = tmp_path / "spring.csv"
    first, second = tmp_path / "spring.rejected.csv", tmp_path / "spring.rejected-2.csv"
    assert place_for(spring) == first
    ours(first)
    assert (is_ours(first), place_for(spring)) == (True, first)
    first.write_text("name,mobile\nAnn,1\n", "utf-8")
    assert (is_ours(first), place_for(spring)) == (False, second)
    assert place_for(first) == tmp_path / "spring.rejected.rejected.csv"


SAID = {
    "en": "“{}” has letters in it; write the number in digits only.",
    "fr": "«\u00a0{}\u00a0» contient des lettres\u00a0; écrivez le numéro uniquement en chiffres.",
    "pl": "„{}” zawiera litery; zapisz numer samymi cyframi, więc bez łączników.",
}


def rejected(names: str, language: str) -> str:
    """A file of rejected rows with these people in it, as the user's program saves it."""
    lines = [f"name;mobile;{';'.join(COLUMNS)}"]
    for line, name in enumerate(names.split(), 2):
        said = SAID[language].format(f"O79900000{line}")
        lines.append(f'{name};O79900000{line};{line};"{Reason.NUMBER_LETTERS}: {said}";;;{MARK}')
    return "\r\n".join(lines) + "\r\n"


@pytest.mark.parametrize(
    ("names", "language", "codec"),
    [
        (names, language, codec)
        for names, some in (
            ("Anaïs Tom", "cp1252 mac_roman"),
            ("Hélène Zoë", "cp1252 mac_roman"),
            ("Íñigo Ana", "cp1252 mac_roman"),
            ("Jörg Uwe", "cp1252 mac_roman"),
            ("Ann Tom", "cp1252 mac_roman"),
            ("Łukasz Jan", "cp1250"),
            ("Jiří Jan", "cp1250"),
        )
        for language in ("en", "fr")
        for codec in some.split()
    ]
    + [("Łukasz Jan", "pl", "cp1250"), ("Jörg Uwe", "pl", "cp1250"), ("Jan Ewa", "pl", "cp1250")],
)
def test_our_own_sentences_do_not_tip_the_guess(tmp_path, names: str, language: str, codec: str) -> None:
    text = rejected(names, language)
    if codec == "cp1250" and language == "fr":
        text = text.replace("écrivez", "ecrivez")
    path = tmp_path / "spring.rejected.csv"
    path.write_bytes(text.encode(codec))
    assert [one.cells[0] for one in read(path).rows] == names.split()
