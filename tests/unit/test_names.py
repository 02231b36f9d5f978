import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscampaign.names import NUMBER_COLUMNS, canonical, closest, placeholder


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("First Name", "firstname"),
        ("first_name", "firstname"),
        ("FIRST-NAME.", "firstname"),
        ("\ufeffFirst\u00a0Name", "firstname"),
        ("first\u202f\u200b\tname\n", "firstname"),
        ("Prénom", "prenom"),
        ("Pre\u0301nom", "prenom"),
        ("Prénom d'usage", "prenomdusage"),
        ("Prénom d’usage", "prenomdusage"),
        ("Komórka", "komorka"),
        ("Łódź", "lodz"),
        ("Ørsted", "orsted"),
        ("Straße", "strasse"),
        ("Œuvre", "oeuvre"),
        ("Ærø", "aero"),
        ("ＭＯＢＩＬＥ", "mobile"),
        ("N° de tél.", "n°detel"),
        ("Price (€)", "price(€)"),
        (" _-. ", ""),
    ],
)
def test_names_are_compared_without_case_accents_spaces_and_joiners(name: str, expected: str) -> None:
    assert canonical(name) == expected


@given(st.text())
def test_the_canonical_form_is_its_own(name: str) -> None:
    assert canonical(canonical(name)) == canonical(name)


@given(st.text(alphabet="abcdefgé"), st.text(alphabet=" _-.'\u00a0\ufeff"))
def test_joiners_never_matter(name: str, joiner: str) -> None:
    assert canonical(joiner.join(name)) == canonical(name)
    assert canonical(joiner + name.upper() + joiner) == canonical(name)


def test_the_closest_names_come_as_they_are_written() -> None:
    assert closest("frist_name", ["City", "First Name", "Last Name"])[0] == "First Name"
    assert closest("telefon", ["Téléphone"]) == ("Téléphone",)
    assert closest("zzz", ["First Name"]) == ()
    assert closest("name", []) == ()


def test_at_most_three_names_are_close() -> None:
    assert len(closest("name", [f"name{number}" for number in range(9)])) == 3


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("First Name", "{{ first_name }}"),
        ("Prénom", "{{ prénom }}"),
        ("last-name", "{{ last_name }}"),
        ("Price (€)", "'Price (€)'"),
        ("2nd name", "'2nd name'"),
        ("", "''"),
    ],
)
def test_a_placeholder_is_what_a_message_would_say(name: str, expected: str) -> None:
    assert placeholder(name) == expected


@given(st.text())
def test_a_placeholder_means_the_column_it_is_for(name: str) -> None:
    spelled = placeholder(name)
    if spelled.startswith("{{"):
        assert canonical(spelled[3:-3]) == canonical(name)


def test_the_number_columns_are_canonical() -> None:
    assert all(name and name == canonical(name) for name in NUMBER_COLUMNS)
