"""Sentences and their translations: every one is there, with the same values in it, and correctly counted."""

from __future__ import annotations

import gettext
import io
import re
import tomllib
from fnmatch import fnmatch
from pathlib import Path
from typing import BinaryIO

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from smscampaign import languages
from smscampaign.countries import CountryName
from smscampaign.languages import (
    LANGUAGES,
    TITLES,
    Sentence,
    language_of,
    mark,
    say,
    spoken,
    tell,
    title,
)
from smscampaign.model import Reason, Repair
from smscampaign.translation import Given, speaking, told
from tests.sentences import missing, patterns

HOUSE = Path(languages.__file__).parent
OTHERS = sorted(set(LANGUAGES) - {"en"})
SEVERAL = "“{cell}” holds {n} number; keep one of them, or give each its own row."


def placeholders(pattern: str) -> set[str]:
    return set(re.findall(r"(?<!\{)\{(\w+)[^{}]*\}(?!\})", pattern))


#: Places that English needs and another language may not: an ending, a verb, a pronoun.
GRAMMAR = {"are", "besides", "some", "some2", "they"}


def catalogue(language: str, kind: str) -> Path:
    return HOUSE / "locale" / language / "LC_MESSAGES" / f"smscampaign.{kind}"


def source(language: str):
    with catalogue(language, "po").open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


@pytest.mark.parametrize("language", OTHERS)
def test_a_sentence_is_translated_once(language: str) -> None:
    """Catalogues are merged by taking both sides' lines: of two translations nobody knows which one is shown."""
    text = catalogue(language, "po").read_text("utf-8")
    found = re.findall(r'^msgid (".+"(?:\n".*")*)', text, re.MULTILINE)
    assert [one for one in set(found) if found.count(one) > 1] == []


def test_the_sentences_are_found_at_all() -> None:
    assert len(patterns()) > 60
    assert any(len(one) == 2 for one in patterns())
    assert ("no number",) in patterns()


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_is_translated_with_the_same_values(language: str) -> None:
    written = source(language)
    assert not missing(language)
    forms = {"fr": 2, "pl": 3}[language]
    for one, *many in patterns():
        message = written.get(one)
        assert message is not None, one
        assert not message.fuzzy
        told = message.string if many else (message.string,)
        assert len(told) == (forms if many else 1), one
        for sentence in told:
            places = placeholders(many[0] if many else one)
            assert placeholders(sentence) <= places | placeholders(one), sentence
            assert placeholders(one) - placeholders(sentence) <= GRAMMAR, sentence
            assert sentence.rstrip() == sentence
        if many:
            assert message.id == (one, *many)


@pytest.mark.parametrize("language", OTHERS)
def test_no_translation_is_left_of_a_sentence_that_is_gone(language: str) -> None:
    known = {one[0] for one in patterns()}
    left = [
        one.id
        for one in source(language)
        if one.id and (one.id if isinstance(one.id, str) else one.id[0]) not in known
    ]
    assert not left


def sentences(compiled: BinaryIO) -> dict[object, str]:
    """What a compiled catalogue holds, without the line of its header that names the Babel that wrote it."""
    held = gettext.GNUTranslations(compiled)._catalog
    header = [line for line in held[""].splitlines() if not line.startswith("Generated-By:")]
    return {**held, "": "\n".join(header)}


@pytest.mark.parametrize("language", OTHERS)
def test_what_is_compiled_is_what_is_written(language: str) -> None:
    """Compile anew with `pybabel compile -d smscampaign/locale -D smscampaign`."""
    compiled = io.BytesIO()
    write_mo(compiled, source(language))
    compiled.seek(0)
    with catalogue(language, "mo").open("rb") as file:
        assert sentences(file) == sentences(compiled)


def test_the_catalogues_and_the_countries_are_in_the_wheel() -> None:
    packed = tomllib.loads((HOUSE.parent / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"][
        "package-data"
    ]
    files = [one.relative_to(HOUSE).as_posix() for one in (HOUSE / "locale").rglob("*") if one.is_file()]
    assert len(files) == 1 + 2 * len(OTHERS)
    assert not [one for one in files if not any(fnmatch(one, pattern) for pattern in packed["smscampaign"])]


# Saying and telling -----------------------------------------------------------------------------------------------


def test_a_sentence_is_english_text_that_can_be_told_in_other_languages() -> None:
    sentence = say("the same number as row {row}, which gets the message", row=7)
    assert sentence == "the same number as row 7, which gets the message"
    assert [tell(sentence, language) for language in LANGUAGES] == [
        "the same number as row 7, which gets the message",
        "même numéro que la ligne 7, qui reçoit le message",
        "ten sam numer co w wierszu 7, który otrzyma wiadomość",
    ]
    assert type(tell(sentence, "en")) is str


def test_text_that_is_no_sentence_is_told_as_it_is() -> None:
    assert tell("row 7", "pl") == "row 7"
    assert tell("", "fr") == ""


@pytest.mark.parametrize(
    ("n", "french", "polish"),
    [
        (1, "contient 1 numéro", "zawiera 1 numer;"),
        (2, "contient 2 numéros", "zawiera 2 numery;"),
        (4, "contient 4 numéros", "zawiera 4 numery;"),
        (5, "contient 5 numéros", "zawiera 5 numerów;"),
        (12, "contient 12 numéros", "zawiera 12 numerów;"),
        (22, "contient 22 numéros", "zawiera 22 numery;"),
    ],
)
def test_numbers_are_counted_as_each_language_does(n: int, french: str, polish: str) -> None:
    sentence = say(SEVERAL, SEVERAL.replace("number;", "numbers;"), cell="x", n=n)
    assert f"holds {n} number{'s' * (n > 1)};" in sentence
    assert french in tell(sentence, "fr")
    assert polish in tell(sentence, "pl")


def test_countries_and_sentences_among_the_values_are_told_in_the_language_as_well() -> None:
    sentence = say("“{cell}” is too long for a number in {place}.", cell="0{place}", place=CountryName("DE"))
    assert sentence == "“0{place}” is too long for a number in Germany (DE)."
    assert "(Niemcy, DE)" in tell(sentence, "pl")
    network = say("the worldwide network +{code}", code=870)
    within = say("“{cell}” is too long for a number in {place}.", cell="0", place=network)
    assert within == "“0” is too long for a number in the worldwide network +870."
    assert "(réseau mondial +870)" in tell(within, "fr")


def test_a_mark_is_the_pattern_itself() -> None:
    assert mark("no number") == "no number"
    assert not isinstance(mark("no number"), Sentence)


# Languages --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({}, "en"),
        ({"LANG": "fr_FR.UTF-8"}, "fr"),
        ({"LANG": "pl_PL"}, "pl"),
        ({"LANG": "pl_PL.ISO-8859-2@euro"}, "pl"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "fr_FR", "LC_MESSAGES": "pl_PL"}, "pl"),
        ({"LANG": "fr_FR", "LC_MESSAGES": "", "LC_ALL": ""}, "fr"),
        ({"LANG": "fr_FR", "LC_MESSAGES": "pl_PL", "LC_ALL": "C"}, "en"),
        ({"LC_ALL": "fr"}, "fr"),
    ],
)
def test_the_locale_decides_where_nothing_is_set(environ: dict[str, str], language: str) -> None:
    assert spoken(environ) == language


def test_a_language_is_named_by_its_code_in_any_spelling() -> None:
    assert [language_of(one) for one in ("fr", "PL", "fr_CA.UTF-8", "en-GB")] == ["fr", "pl", "fr", "en"]


@pytest.mark.parametrize("name", ["de", "français", "x"])
def test_an_unknown_language_is_an_error_that_lists_the_known(name: str) -> None:
    with pytest.raises(ValueError, match=r"known are en \(English\), fr \(français\), pl \(polski\)"):
        language_of(name)


def test_every_reason_and_every_repair_has_a_title() -> None:
    codes = [str(one) for one in (*Reason, *Repair)]
    assert sorted(TITLES) == sorted(codes)
    for language in LANGUAGES:
        titles = [title(code, language) for code in codes]
        assert len(set(titles)) == len(codes)
    assert title("number-landline", "pl") == "telefon stacjonarny"
    assert title("something-else", "pl") == "something-else"


def _with_names(pattern: str) -> Sentence:
    return say(pattern, **{name: name.upper() for name in placeholders(pattern)})


@pytest.mark.parametrize("language", ["fr", "pl"])
def test_braces_that_a_value_has_stay(language) -> None:
    english = "the file has no column for {{ Nom }}"
    with speaking(language):
        said = told(english)
    assert said != english
    assert "{{ Nom }}" in said


@pytest.mark.parametrize("language", OTHERS)
def test_what_stands_in_quotation_marks_is_somebodys_and_is_not_told(language: str) -> None:
    with speaking(language):
        assert told("under a minute") != "under a minute"
        whole = told("“under a minute” has letters in it; write the number in digits only.")
        assert "under a minute" in whole
        assert "has letters" not in whole
        assert told(Given("because")) == "because"
