"""The linter: each rule found where it should be, silent where it should be, and its id never lost."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscampaign.advice import damage
from smscampaign.advice.linter import CATALOGUE, LintFacts, Seen, Severity, lint
from smscampaign.message import parts
from smscampaign.model import Sender

MONDAY_NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SATURDAY_NIGHT = datetime(2026, 5, 23, 21, tzinfo=UTC)  # before Whit Monday 2026, a public holiday


def facts(**changes):
    usual = {
        "message": "Hello {{ name }}",
        "sender": "MyShop",
        "advertiser": None,
        "marketing": True,
        "validity": None,
        "leaves": MONDAY_NOON,
        "countries": frozenset({"FR"}),
        "parts_warning": 6,
    }
    return LintFacts(**{**usual, **changes})


def seen(body, *, line=2, messages=1):
    text = parts.measure(body, stop=True)
    return Seen(body, text.encoding, text.parts, line, messages)


def rules(body="Hello Anna, our sale begins.", **changes):
    return {one.code for one in lint(facts(**changes), [seen(body)])}


def test_a_good_campaign_has_no_findings():
    assert lint(facts(), [seen("Hello Anna, our sale begins on Friday: -20% until Sunday.")]) == []


@pytest.mark.parametrize(
    ("rule", "bad", "good"),
    [
        ("SMS001", "It’s time " * 8, "It's time " * 8),
        ("SMS001", "Witaj, żona. " * 8, "żółw " * 16),  # several such characters: no single one is to blame
        (
            "SMS001",
            "ç" + "x" * 59,
            "ç" + "x" * 58,
        ),  # with the STOP clause 71 units and 70: one part costs one part
        ("SMS001", "ç" + "x" * 100, "ç" + "[" * 100),  # [ takes two units in GSM-7: two parts either way
        ("SMS003", "Hello {first_name}", "Hello Anna"),
        ("SMS003", "Hello {{first_name}}", "Prices {1} and {2}"),
        ("SMS003", "Dear [NAME], come", "Dear Anna [1], come"),
        ("SMS003", "Hello nan, come", "Hello Nan-Marie, come"),
        ("SMS003", "Hello None, come", "None-theless, none come"),
        ("SMS003", "Your price: #N/A", "Your price: 12"),
        ("SMS003", "Dear %name%, come", "Now 20% off, 30% for members"),
        ("SMS003", "Dear *|FNAME|*, come", "2*3 | 4*5"),
        ("SMS003", "Hello {Éric}", "Hello Éric"),
        ("SMS003", "Dear XXX, come", "Size XXXL, kisses xxx, Pie XXX-lecie"),
        ("SMS004", "BUY NOW EVERYTHING MUST GO TODAY", "Sale at SNCF and RATP on Friday, see you there"),
        ("SMS004", "Come in!!!", "Come in!"),
        ("SMS010", "Sale! STOP 36180", "Next stop: 36 Main Street"),
        ("SMS010", "Sale! STOP au 36111", "The bus will not stop"),
        ("SMS011", "See https://bit.ly/abc", "See https://example.com/abc"),
        ("SMS012", "Hello , come", "Hello Anna, come"),
        ("SMS012", "Hello  Anna", "Hello Anna"),
        ("SMS012", "Bonjour  !", "Bonjour !"),
        ("SMS012", "Bonjour \u00a0!", "Bonjour\u00a0!"),
        ("SMS012", "We are in .", "It costs .5, see .NET ... ok"),
        ("SMS012", "Our shop () awaits", "Our shop (Lyon) awaits :-)"),
        ("SMS012", "Our shop (Lyon ) awaits", "Smile : )"),
        ("SMS012", "Come « » now", "Come « Anna » now"),
        ("SMS012", " come in", "come in"),
        ("SMS012", "! Come in", "¡Come in!"),
        ("SMS012", ", come in", "... come in"),
        ("SMS012", "Lyon,, come", "Lyon, come"),
        ("SMS013", "Hello\u200b Anna", "Hello Anna\nsee you"),
        ("SMS013", "\u2068Ann\u2069, come", "👨\u200d👩\u200d👧 ❤\ufe0f 1\ufe0f\u20e3, come"),
        ("SMS013", "Bob\u2028Jr", "Bob\nJr"),
        ("SMS013", "12\u2009€", "12 €"),
        ("SMS013", "a\u3164b", "한글"),
        ("SMS013", "e\ufe0f", "☎\ufe0f"),
        ("SMS014", "word " * 250, "word"),
        ("SMS016", "Bonjour JosÃ©", "Bonjour José"),
        ("SMS016", "HÃ©lÃ¨ne et ZoÃ«", "Hélène, Zoë, SÃO PAULO"),
        ("SMS016", "itâ€™s 12 â‚¬", "it’s 12 €"),
        ("SMS016", "PaweÅ‚ i Å»aneta", "Paweł, Żaneta, «SMÅ», «CAFÉ», Ä…"),
        ("SMS016", "MaĹ‚gorzata ma kawÄ™", "Małgorzata ma kawę"),
        ("SMS016", "l’√©t√©", "l’été, √2"),
        ("SMS016", "ðŸ˜€ salut", "😀 salut"),
        ("SMS016", "Jos\ufffd", "Jos?"),
        ("SMS017", "Chlo&eacute;", "Chloé & Ann; R&D; ok"),
        ("SMS017", "l&#39;ami", "l'ami #39; l&amp"),
        ("SMS017", "Bonjour\\nAnn", "Bonjour\nAnn C:\\new"),
        ("SMS017", "Witaj ?ukasz", "Vraiment ? Oui, ¿Qué? Ok?Merci"),
        ("SMS017", "Ma?gorzata", "www.example.org/a?utm=b https://example.org?x=y"),
    ],
)
def test_rules_about_texts(rule, bad, good):
    assert rule in rules(bad)
    assert rule not in rules(good)


def test_a_word_of_the_message_itself_is_not_a_missing_value():
    assert "SMS003" in rules("None but Anna")
    assert "SMS003" not in rules("None but Anna", message="None but {{ name }}")


def test_a_hole_of_the_message_itself_is_not_a_missing_value():
    assert "SMS012" not in rules("Anna , come", message="{{ name }} , come")
    assert "SMS012" not in rules("Hi  Anna", message="Hi {% if a %}{% endif %} {{ name }}")


@pytest.mark.parametrize(
    "message",
    ["Hi {{ name|default('') }} !", "Hi {{  name | default('  ') }} !", '{{ name|default("") }} , {{f()}} !'],
)
def test_what_stands_within_the_braces_of_the_message_is_no_hole_of_its_own(message):
    assert "SMS012" in rules("Hi  ! , x", message=message)


@pytest.mark.parametrize(
    ("placeholder", "ordinary"),
    [
        ("«Prénom»", "« cliente fidèle »"),
        ("« first name »", "«Anna»"),
        ("[Prénom]", "[1]"),
        ("(prenom)", "(Paris)"),
        ("<First_Name>", "<3"),
        ("<<Prénom>>", "<< soldes"),
        ("$prenom", "$5"),
        ("%Prénom%", "-20% et -30%"),
        ("#Prénom#", "#1"),
    ],
)
def test_what_is_bracketed_is_a_placeholder_when_the_file_has_such_a_column(placeholder, ordinary):
    columns = ("Prénom", "First name", "")
    (found,) = lint(facts(columns=columns), [seen(f"Bonjour {placeholder}, venez")])
    assert (found.code, found.what.partition(": ")[2].partition(", which is written {{ ")[0]) == (
        "SMS003",
        placeholder.removesuffix(">") if "<<" in placeholder else placeholder,
    )
    assert "SMS003" not in rules(f"Bonjour {ordinary}, venez", columns=columns)


@pytest.mark.parametrize("body", ["Bonjour «Prénom»", "Bonjour (prenom)", "Bonjour $prenom"])
def test_without_such_a_column_it_is_ordinary_text(body):
    assert "SMS003" not in rules(body, columns=("Nom",))


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("See www.example.org", "www.example.org"),
        ("Book: https://x.fr/soldes?a=1.", "https://x.fr/soldes?a=1"),
        ("shop.example.com awaits", "example.com"),
        ("Appelez le 0199001234", "the phone number ••••••••34"),
        ("Appelez le 01 99 00 12 34.", "the phone number •• •• •• •• 34"),
        ("Appelez le 01.99.00.12.34", "the phone number ••.••.••.••.34"),
        ("Call +33 1 99 00 12 34", "34"),
        ("Call 0033 199001234", "34"),
    ],
)
def test_a_link_or_a_phone_number_is_refused_from_a_short_number_only(body, told):
    (found,) = lint(facts(sender=None, marketing=False), [seen(body)])
    assert found.code == "SMS002"
    assert found.what.endswith(told)
    assert "1990012" not in found.what
    assert "SMS002" not in rules(body)


@pytest.mark.parametrize(
    "body",
    [
        "Le 01.02.2026 10h",
        "Code 1234567890",
        "Commande 20260102030405",
        "-20 %, de 10 h à 18 h",
        "STOP 36180",
    ],
)
def test_other_figures_are_no_phone_number(body):
    assert "SMS002" not in rules(body, sender=None)


@pytest.mark.parametrize(
    ("sender", "senders", "wrong"),
    [
        ("MyShop", None, False),
        ("MyShop", (Sender("MyShop", "enable", "alpha"),), False),
        ("MyShop", (Sender("MyShop", "waitingValidation", "alpha"),), True),
        ("MyShop", (Sender("Other", "enable", "alpha"),), True),
        ("123456", None, True),
        ("+33612345678", None, False),
        ("Été", None, True),
        (None, (), False),
    ],
)
def test_the_sender(sender, senders, wrong):
    assert ("SMS005" in rules(sender=sender, senders=senders)) is wrong


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"sender": "MyShop"}, False),
        ({"sender": None}, True),
        ({"sender": None, "advertiser": "Café Léa"}, True),
        ({"sender": "+33612345678", "advertiser": "our SALE"}, False),
        ({"sender": None, "marketing": False}, False),
    ],
)
def test_the_advertiser_is_named(changes, wrong):
    assert ("SMS006" in rules(**changes)) is wrong


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"leaves": SATURDAY_NIGHT}, "SMS007"),  # held 57 hours, over the usual 48
        ({"leaves": SATURDAY_NIGHT, "validity": 2 * 2880}, "SMS015"),
        ({"leaves": SATURDAY_NIGHT, "marketing": False}, None),
        ({"leaves": SATURDAY_NIGHT, "countries": frozenset({"PL"})}, None),
        ({"validity": 5}, None),
    ],
)
def test_the_hours(changes, rule):
    found = rules(**changes) & {"SMS007", "SMS015"}
    assert found == ({rule} if rule else set())


def test_the_united_states():
    (marketing,) = lint(facts(countries=frozenset({"US"})), [])
    (other,) = lint(facts(countries=frozenset({"US"}), marketing=False), [])
    assert (marketing.code, marketing.severity) == ("SMS008", Severity.ERROR)
    assert other.severity is Severity.WARNING


def test_a_repetition_is_told_in_its_words():
    (found,) = lint(facts(repeated=("12 people got it from spring on Friday",)), [])
    assert (found.code, found.what) == ("SMS009", "12 people got it from spring on Friday")


@pytest.mark.parametrize(
    "body",
    ["Cher {prénom}", "Cher [Prénom]", "Cher %prénom%", "Cher {{prenom}}", "Cher «Prénom»", "Cher $prenom"],
)
def test_a_placeholder_of_another_program_is_told_with_how_it_is_written_here(body):
    (found,) = [
        one for one in lint(facts(columns=("Prénom", "Mobile")), [seen(body)]) if one.code == "SMS003"
    ]
    assert found.what.endswith(f"{body.removeprefix('Cher ')}, which is written {{{{ prénom }}}}")


def test_what_damaged_letters_were_is_said():
    (found,) = lint(facts(), [seen("Bonjour JosÃ©, à bientôt", line=7)])
    assert found.what == "letters that were damaged: “JosÃ©” is “José”, decoded twice"
    assert (found.severity, found.where) == (Severity.ERROR, "row 7")
    (found,) = lint(facts(), [seen("Chlo&eacute;")])
    assert "“&eacute;” is “é” in HTML" in found.what


def test_a_question_without_a_space_that_the_author_wrote_lacks_no_letter():
    assert "SMS017" not in rules("Ok?merci", message="Ok?merci")


WORDS = (
    "José Hélène Łukasz Małgorzata Żaneta été Noël œuvre naïf Ærø Öl Åse garçon Ñandú l’été Straße WRÓŻKA ŘŽ"
)


@given(
    st.lists(st.sampled_from(WORDS.split()), min_size=1, max_size=5),
    st.sampled_from(["cp1252", "cp1250", "mac_roman"]),
)
def test_every_european_name_that_is_decoded_twice_is_found_and_no_other(words, codec):
    text = " ".join(words)
    assert damage.decoded_twice(text) is None
    spoilt = "".join(_decoded(byte, codec) for byte in text.encode())
    found = damage.decoded_twice(spoilt)
    assert found
    assert found[1] in text.split()


def _decoded(byte, codec):
    try:
        return bytes([byte]).decode(codec)
    except UnicodeDecodeError:
        return chr(byte)


def test_findings_are_counted_in_messages_with_the_first_row():
    dear = "It’s time to come in. " * 4
    texts = [seen(dear + "A", line=9, messages=3), seen(dear + "B", line=4), seen("Fine", line=2)]
    (found,) = lint(facts(), texts)
    assert (found.code, found.messages, found.where) == ("SMS001", 4, "row 4")
    assert "U+2019" in found.what


def test_the_gravest_comes_first_and_ignored_rules_are_silent():
    bad = [seen("HELLO {name}, IT IS TIME TO BUY!!!")]
    assert [one.severity for one in lint(facts(), bad)] == [Severity.ERROR, Severity.HINT]
    assert lint(facts(), bad, ignore={"SMS003", "SMS004"}) == []


def test_many_kinds_are_counted_and_not_collected():
    (found,) = lint(facts(), [seen(f"Hello {{n{n}}}", line=n) for n in range(2, 1000)])
    assert found.messages == 998
    assert "more" in found.what


def test_every_rule_explains_itself():
    assert list(CATALOGUE) == [f"SMS{n:03d}" for n in range(1, len(CATALOGUE) + 1)]
    for rule in CATALOGUE.values():
        assert rule.why.endswith((".", '"'))
        assert rule.remedy.endswith((".", "!"))
        assert not rule.title.endswith(".")


@given(st.text(min_size=1), st.sampled_from([None, "MyShop", "+33612345678"]), st.booleans())
def test_no_text_breaks_a_rule_and_each_finding_is_of_the_catalogue(body, sender, marketing):
    found = lint(facts(sender=sender, marketing=marketing), [seen(body)])
    assert {one.code for one in found} <= CATALOGUE.keys()
    assert all(one.messages in {0, 1} for one in found)


def test_the_page_about_the_linter_has_every_rule():
    page = (Path(__file__).parents[2] / "docs" / "linter.md").read_text("utf-8")
    told = re.findall(r"^## (SMS\d{3}): (.+) \((\w+)\)$", page, re.MULTILINE)
    assert told == [(rule.id, rule.title, rule.severity.value) for rule in CATALOGUE.values()]
