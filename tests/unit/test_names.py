import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscampaign.message.template import compile_template
from smscampaign.names import (
    NUMBER_COLUMNS,
    ColumnNames,
    canonical,
    closest,
    may_name_numbers,
    names_numbers,
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
        ("First Name", "first_name"),
        ("Prénom", "prénom"),
        ("last-name", "last_name"),
        ("N° commande", "n_commande"),
        ("Client #", "client"),
        ("% remise", "remise"),
        ("Prix TTC (€)", "prix_ttc"),
        ("Nom & prénom", "nom_prénom"),
        ("Ville*", "ville"),
        ("2nd name", "_2nd_name"),
        ("2024", "_2024"),
        ("If", "_if"),
        ("手机", "手机"),
        ("€", "column_b"),
        ("--", "column_b"),
        ("", "column_b"),
        ("name", "column_b"),
    ],
)
def test_every_column_can_be_written_in_a_message(name: str, expected: str) -> None:
    names = ColumnNames(("Name", name))
    assert names.word(1) == expected
    assert names.placeholder(1) == f"{{{{ {expected} }}}}"
    assert names.places(expected) == [1]


def test_a_name_that_fits_wholly_comes_before_one_that_fits_by_its_letters() -> None:
    names = ColumnNames(("Client #", "client", "Total %", "Total €"))
    assert names.places("CLIENT") == [1]
    assert names.word(0) == "column_a"
    assert names.places("total") == [2, 3]
    assert (names.word(2), names.word(3)) == ("column_c", "column_d")
    assert names.places("column_e") == names.places("()") == names.places("") == []


@given(st.lists(st.text() | st.sampled_from(["Mobile", "mobile", "N°", "1", "if", "€", ""]), max_size=5))
def test_what_is_written_for_a_column_means_that_column(header: list[str]) -> None:
    names = ColumnNames(header)
    for place in range(len(header)):
        assert names.word(place).isidentifier()
        assert names.places(names.word(place)) == [place]
        compile_template(f"x {names.placeholder(place)}", header)


def test_the_number_columns_are_canonical() -> None:
    assert all(name and name == canonical(name) for name in NUMBER_COLUMNS)


MOBILES = """
    N° de portable, Nº portable, Tel. komórkowy, Nr telefonu komórkowego, Mobile Nr, Rufnummer mobil, Mobile:, Tél :, Mob,
    Mob.,    Mobile (SMS), Telefon (mobil), Handy-Nr., Mobilrufnummer, Natel, Client mobile, ContactMobile, Mobile 2,
    Téléphone (portable), Numéro de téléphone mobile, Telefono cellulare, SMS Phone Number, SMS, Phone (SMS)
"""
PHONES = """
    Téléphone 1, Billing Phone, BillingPhone, billing_phone, Primary Phone, Phone 1 - Value, Phone 2 - Value,
    Main phone number,    Telephone No., Rufnummer 1, Kunden-Telefon
"""
OTHERS = """
    Phone type, Mobile opt-in, Mobile optin, Fax number, Fax, Phone 1 - Label, Phone country code, Mobile app, Phone verified,
    SMS consent, Accepts SMS Marketing, Customer number, Numéro client, Order no, Number of mobiles sold, Phone ext,
    Téléphone fixe, Home Phone, Work phone, Mobile operator, Phone model, Contact, Client, No, Value, 1, Headphone,
    SMS sent, SMS date, SMS_BLACKLISTED, Zgoda na SMS,
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
