"""Which row names the columns, and which column is proposed for the numbers."""

from __future__ import annotations

import pytest

from smscampaign.errors import SettingsProblem
from smscampaign.model import Row
from smscampaign.names import letter
from smscampaign.recipients.columns import (
    NumberCheck,
    called,
    column,
    header_place,
    is_number_like,
    names_of,
    number_column,
)

JUDGE = NumberCheck(lambda cells: [cell.startswith("07") for cell in cells], lambda cell: "••" + cell[-2:])


def rows(*lines: str) -> list[Row]:
    return [Row(number, tuple(line.split(";"))) for number, line in enumerate(lines, 1)]


@pytest.mark.parametrize(
    ("lines", "place"),
    [
        (["name;mobile", "Ann;0799000001"], 0),
        (["Spring", "name;mobile", "Ann;0799000001"], 1),
        (["Spring;;", "Export of;2026-11-23;", "name;mobile;city", "Ann;0799000001;x"], 2),
        (["23.11.2026;;", "name;mobile;city", "Ann;0799000001;x"], 1),
        (["Spring", "a;b", "c;d"], 1),
        (["mobile", "0799000001"], 0),
        (["mobile", "Ann;Bob"], 0),
        # Data is never taken for a header: it holds numbers, or is no wider than what stands above it.
        (["name;kontakt;", "Ann;0799000001;note"], 0),
        (["name;kontakt;type", "Ann;0799000001;mobile"], 0),
        (["name;kontakt;type", "Ann;n/a;mobile"], 0),
        (["name", "Ann;0799000001"], 0),
        (["0799000001;Ann", "0799000002;Bob;mobile"], 0),
        (["0799000001", "a;b", "c;d"], 0),
        (["Spring", "name;city"], 0),
        (["x"] * 30 + ["name;mobile"], 0),
    ],
)  # fmt: skip
def test_the_row_of_the_column_names(lines: list[str], place: int) -> None:
    assert header_place(rows(*lines)) == place


@pytest.mark.parametrize(
    ("cell", "like"),
    [
        ("0612345678", True),
        (" +33 6 12 34 56 78 ", True),
        ("(0)6.12.34.56.78", True),
        ("33612345678.0", True),
        ("'0612345678", True),
        ("1234567", False),
        ("2026-11-23", False),
        ("23/11/2026", False),
        ("06 12 34 56 78 Ann", False),
        ("1" * 19, False),
        ("", False),
    ],
)
def test_what_is_written_like_a_number(cell: str, like: bool) -> None:
    assert is_number_like(cell) is like


@pytest.mark.parametrize(
    ("index", "name"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA"), (16_383, "XFD")]
)
def test_columns_are_lettered_as_in_spreadsheets(index: int, name: str) -> None:
    assert letter(index) == name


def test_a_column_without_a_name_is_called_by_its_letter() -> None:
    below = [Row(2, ("a", "b", "c", "", ""))]
    assert names_of(["x", " ", "", "y", ""], below) == ("x", "column B", "column C", "y", "")
    assert names_of(["x", "", ""], [Row(2, ("a", "", ""))]) == ("x", "", "")
    assert column(names_of(["x", "", ""], below), "Column C", option="o") == 2


def proposal(header: str, *lines: str) -> str:
    with pytest.raises(SettingsProblem, match="no column is named") as caught:
        number_column(header.split(";"), rows=rows(*lines), judge=JUDGE)
    return caught.value.remedy


def test_a_column_of_numbers_is_proposed_with_its_confidence_and_three_masked_examples() -> None:
    told = proposal("Id;Kontakt;", *(f"{n};0799000{n:03};" for n in range(9)), "10;none;")
    assert told == (
        "Column 'Kontakt' looks like phone numbers (9 of the first 10 rows): “••00”, “••01”, “••02”.\n"
        "If that is it, say --number-column \"Kontakt\". The columns are: 'Id', 'Kontakt'."
    )


def test_two_columns_of_numbers_are_both_proposed_the_fuller_first() -> None:
    told = proposal("A;B", "0799000001;0799000002", ";0799000003")
    assert told.index("Column 'B'") < told.index("Column 'A'")
    assert 'If the first is it, say --number-column "B"' in told


@pytest.mark.parametrize(
    "lines", [[], ["Ann;Paris"], ["0799000001;", "x;", "y;"], ["0799;0799"], ["12345678;x"]]
)
def test_nothing_is_proposed_where_nothing_looks_like_it(lines: list[str]) -> None:
    assert proposal("A;B", *lines) == (
        "Say which one it is with --number-column NAME. The columns are: 'A', 'B'."
    )


def test_the_first_column_is_never_the_default() -> None:
    with pytest.raises(SettingsProblem):
        number_column(["A", "B"], rows=rows("0799000001;x"), judge=JUDGE)


@pytest.mark.parametrize("wanted", ["column C", "C", " column C "])
def test_a_column_can_be_asked_for_by_its_letter(wanted: str) -> None:
    assert column(["Nom", "Mobile", "Mobile"], wanted, option="o") == 2
    with pytest.raises(SettingsProblem, match="no column"):
        column(["Nom", "Mobile"], wanted, option="o")
    assert column(["C", "Mobile", "x"], "C", option="o") == 0


def several(header: str, *lines: str) -> SettingsProblem:
    with pytest.raises(SettingsProblem, match="several columns may hold") as caught:
        number_column(header.split(";"), rows=rows(*lines), judge=JUDGE)
    return caught.value


def test_of_several_columns_it_is_said_which_can_be_sent_to() -> None:
    assert several("Phone;Mobile", "0199;0799000001", "0799000002;", ";0799000003").remedy == (
        "Say which one with --number-column NAME. Given several times, the first that can be sent to counts.\n"
        "'Phone': 1 of the first 3 rows can be sent to, such as “••02”\n"
        "'Mobile': 2 of the first 3 rows can be sent to, such as “••01”, “••03”"
    )
    assert "'Phone': the only row cannot be sent to" in several("Phone;Mobile", "x;y").remedy


def test_columns_of_one_name_are_told_apart_by_their_letters() -> None:
    problem = several("Nom;Mobile;Mobile", "A;0799000001;x")
    assert problem.what.endswith("'Mobile' (column B), 'Mobile' (column C)")
    assert '--number-column "column B"' in problem.remedy
    assert called(["Nom", "Mobile", "Mobile", "nom"]) == ("Nom", "column B", "column C", "nom")


def test_a_column_that_may_hold_numbers_is_taken_where_no_name_says_it_better() -> None:
    assert number_column(["Name", "Billing Phone"]) == 1
    assert number_column(["Mobile Phone", "Billing Phone"]) == 0
    with pytest.raises(SettingsProblem, match="several columns"):
        number_column(["Billing Phone", "Shipping Phone"])
    with pytest.raises(SettingsProblem, match="several columns"):
        number_column(["Telefon", "Telefon (mobil)"])


def test_a_proposal_looks_at_the_first_hundred_rows_only() -> None:
    def endless():
        yield from (Row(line, ("0799000001",)) for line in range(2, 102))
        raise AssertionError("a row too many was read")

    with pytest.raises(SettingsProblem, match="no column is named") as caught:
        number_column(["Kontakt"], rows=endless(), judge=JUDGE)
    assert "100 of the first 100 rows" in caught.value.remedy


def test_where_a_column_was_asked_for_is_named() -> None:
    with pytest.raises(SettingsProblem) as caught:
        number_column(["a"], "b", option="spring.toml, columns.number")
    assert caught.value.where == "spring.toml, columns.number"


def test_a_name_that_is_written_exactly_wins_over_one_that_is_alike() -> None:
    assert column(["Mobile", "mobile"], "mobile", option="o") == 1
    with pytest.raises(SettingsProblem, match="several columns are called"):
        column(["Mobile", "mobile"], "MOBILE", option="o")
