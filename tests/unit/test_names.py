import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscampaign.names import (
    NUMBER_COLUMNS,
    canonical,
    closest,
    may_name_numbers,
    names_numbers,
    placeholder,
    words,
)


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
        ("Price (€)", "price€"),
        ("Tél :", "tel"),
        ("Mobile [SMS]:", "mobilesms"),
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


MOBILES = """
    N° de portable, Nº portable, Tel. komórkowy, Nr telefonu komórkowego, Mobile Nr, Rufnummer mobil, Mobile:, Tél :, Mob,
    Mob.,    Mobile (SMS), Telefon (mobil), Handy-Nr., Mobilrufnummer, Natel, Client mobile, ContactMobile, Mobile 2,
    Téléphone (portable), Numéro de téléphone mobile, Telefono cellulare
"""
PHONES = """
    Téléphone 1, Billing Phone, BillingPhone, billing_phone, Primary Phone, Phone 1 - Value, Phone 2 - Value,
    Main phone number,    Telephone No., Rufnummer 1, Kunden-Telefon
"""
OTHERS = """
    Phone type, Mobile opt-in, Mobile optin, Fax number, Fax, Phone 1 - Label, Phone country code, Mobile app, Phone verified,
    SMS consent, Accepts SMS Marketing, Customer number, Numéro client, Order no, Number of mobiles sold, Phone ext,
    Téléphone fixe, Home Phone, Work phone, Mobile operator, Phone model, Contact, Client, No, Value, 1, Headphone,
    Automobile,    Landline, Land, Immobilier, Tel. stacjonarny, Mobile phone brand, Date mobile
"""


@pytest.mark.parametrize("name", MOBILES.split(","))
def test_a_name_that_says_mobile_names_the_numbers(name: str) -> None:
    assert names_numbers(name)


@pytest.mark.parametrize("name", PHONES.split(","))
def test_a_name_that_says_phone_may_name_the_numbers(name: str) -> None:
    assert may_name_numbers(name)
    assert not names_numbers(name)


@pytest.mark.parametrize("name", OTHERS.split(","))
def test_what_stands_beside_the_numbers_is_not_taken_for_them(name: str) -> None:
    assert not names_numbers(name)
    assert not may_name_numbers(name)


def test_the_words_of_a_name() -> None:
    assert words("N° de Tél. (mobile)") == ["n", "de", "tel", "mobile"]
    assert words("BillingPhone2") == ["billing", "phone", "2"]
    assert words("SMS") == ["sms"]
    assert words("Nr telefonu komórkowego") == ["nr", "telefonu", "komorkowego"]
