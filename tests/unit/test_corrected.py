"""Corrections laid over recipients, and what a spreadsheet program makes of a cell by itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscampaign.corrections import (
    Change,
    Correction,
    changes_between,
    digest_of,
    row_hash,
    row_hashes,
)
from smscampaign.recipients.corrected import Corrected, respelt
from smscampaign.recipients.sources import open_recipients

CELLS = st.lists(st.text(st.characters(exclude_characters="\x1f"), max_size=4), max_size=5).map(tuple)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("0799000012", "799000012"),
        ("+33799000012", "33799000012"),
        ("0033799000012", "33799000012"),
        ("1.50", "1.5"),
        ("1,0", "1"),
        ("33799000012", "3.3799E+10"),
        ("33799000012", "3,3799E+10"),
        ("33799000012", "3.38E10"),
        ("0012345678901", "1.23457E+10"),
        ("1234567890123456789", "1234567890123450000"),
        ("2026-03-02", "02/03/2026"),
        ("2026-03-02", "3/2/26"),
        ("2/3/2026", "2026-03-02"),
        ("1-2", "01-Feb"),
        ("1-2", "01/02/2026"),
        ("9:00", "09:00:00"),
        ("2026-03-02 9:00", "02/03/2026 09:00"),
    ],
)
def test_what_a_spreadsheet_program_writes_in_another_way(old, new):
    assert respelt(old, new)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("799000012", "0799000012"),  # a zero put in front is a person's
        ("0799000012", "0799000013"),
        ("O799000012", "0799000012"),
        ("33799000012", "3.3798E+10"),
        ("", "0"),
        ("0", ""),
        ("Ann", "Anne"),
        ("2026-03-02", "2026-03-03"),
        ("2026-03-02", "soon"),
        ("same", "same"),
        ("00123", "1234"),
    ],
)
def test_what_a_person_changed(old, new):
    assert not respelt(old, new)


@given(CELLS, CELLS)
def test_the_changes_between_two_rows_make_the_one_of_the_other(old, new):
    changes = changes_between(old, new)
    assert Correction(2, row_hash(old), changes).applied(old) == new
    assert (not changes) == (old == new)
    assert Correction(2, b"", changes).width <= len(old)


@given(st.lists(CELLS.filter(len), max_size=4))
def test_rows_that_differ_have_other_hashes(rows):
    hashes = [row_hash(one) for one in rows]
    assert len(set(hashes)) == len(set(rows))
    assert row_hashes(rows) == b"".join(hashes)


def test_a_cell_with_what_stands_between_rows_is_a_cell():
    rows = [("a\x1eb", "c"), ("\ud800", "")]
    assert row_hashes(rows) == row_hash(rows[0]) + row_hash(rows[1])


def test_the_digest_is_of_what_is_said_and_not_of_who_said_it():
    one = Correction(2, b"12345678", (Change(1, "a", "b"),), "Ann")
    assert digest_of([one]) == digest_of([Correction(2, b"12345678", (Change(1, "a", "b"),), "Bob")])
    assert digest_of([one]) != digest_of([Correction(2, b"12345678", ())])


def test_a_correction_is_laid_over_its_row_while_the_cells_stand_there_that_it_was_made_for(tmp_path):
    path = tmp_path / "spring.csv"
    path.write_text("name,mobile\nAnn,1\nBob,2\nCy,3\n")
    file = open_recipients(path)
    good = Correction(3, row_hash(["Bob", "2"]), (Change(1, "2", "22"),))
    stale = Correction(4, row_hash(["Dee", "3"]), (Change(1, "3", "33"),))
    source = Corrected(file, {3: good, 4: stale}, ("said",))
    assert [row.fields for row in source.rows()] == [("Ann", "1"), ("Bob", "22"), ("Cy", "3")]
    assert [len(block) for block in source.blocks(1)] == [1, 1, 1]
    assert source.remarks == (*file.remarks, "said")
    assert (source.digest(), source.name, source.header) == (file.digest(), "spring.csv", ("name", "mobile"))
    assert (source.names, source.header_line, source.delimiter, source.bom) == (
        *(file.names, file.header_line),
        *(file.delimiter, file.bom),
    )
    assert source.width == 2
