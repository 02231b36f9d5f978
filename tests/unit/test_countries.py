"""Countries as people write them: codes, and names in five languages."""

from __future__ import annotations

import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st

from smscampaign import countries
from smscampaign.countries import CountryName, code_of

NAMES = {code: row[2] for code, row in countries._table().items()}


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("FR", "FR"),
        (" fr ", "FR"),
        ("fra", "FR"),
        ("France", "FR"),
        ("la France", "FR"),
        ("FRANCE MÉTROPOLITAINE", "FR"),
        ("Pologne", "PL"),
        ("polska", "PL"),
        ("Polen", "PL"),
        ("Polonia", "PL"),
        ("Niemcy", "DE"),
        ("Deutschland", "DE"),
        ("ALEMANIA", "DE"),
        ("l'Allemagne", "DE"),
        ("The Netherlands", "NL"),
        ("espana", "ES"),
        ("España", "ES"),
        ("Côte d’Ivoire", "CI"),
        ("cote d'ivoire", "CI"),
        ("Reunion", "RE"),
        ("La Réunion", "RE"),
        ("Österreich", "AT"),
        ("OSTERREICH", "AT"),
        ("Wybrzeze Kosci Sloniowej", "CI"),
        ("uk", "GB"),
        ("U.S.A.", "US"),
        ("São Tomé and Príncipe", "ST"),
        ("Îles Féroé", "FO"),
        ("St. Helena", "SH"),
        ("St. Helena, Ascension & Tristan da Cunha", "SH"),
        ("", None),
        ("   ", None),
        ("ein", None),
        ("ZZ", None),
        ("Atlantis", None),
        ("33", None),
        ("the", None),
        # Two countries each.
        ("Congo", None),
        ("Kongo", None),
        ("Korea", None),
    ],
)
def test_what_a_cell_names(cell: str, code: str | None) -> None:
    assert code_of(cell) == code


@pytest.mark.parametrize(
    ("cell", "codes"),
    [
        ("Congo", ("CG", "CD")),
        (" le CONGO ", ("CG", "CD")),
        ("Corée", ("KP", "KR")),
        ("Guayana", ("GF", "GY")),
        ("France", None),
        ("Atlantis", None),
        ("", None),
        ("la", None),
    ],
)
def test_a_name_of_two_countries_has_both(cell: str, codes: tuple[str, str] | None) -> None:
    assert countries.namesakes(cell) == codes
    assert codes is None or (code_of(cell) is None and set(codes) <= set(NAMES))


# How many of some 260 names a later edition of Unicode's tables may have changed without failing this test.
RENAMED = 5


@pytest.mark.parametrize("language", ["en", "fr", "pl", "de", "es"])
def test_the_names_that_unicode_knows_are_known(language: str) -> None:
    """Whatever edition of its tables the installed Babel has: a name never means another country, and few are new."""
    names = Locale(language).territories
    found = {
        code: code_of(names[code])
        for code in NAMES
        if "".join(countries._words(names[code])) not in countries._UNDECIDED
    }
    assert {code: (names[code], other) for code, other in found.items() if other not in (code, None)} == {}
    assert len([names[code] for code, other in found.items() if other is None]) <= RENAMED


def test_no_name_is_claimed_by_two_countries() -> None:
    claimed: dict[str, set[str]] = {}
    for code, (_, alpha3, *names, also) in countries._table().items():
        for name in (alpha3, *names, *filter(None, also.split("|"))):
            claimed.setdefault("".join(countries._words(name)), set()).add(code)
    assert {name: codes for name, codes in claimed.items() if len(codes) > 1} == {}


def test_the_table_has_a_row_for_every_country_and_alpha_3_codes_of_three_letters() -> None:
    table = countries._table()
    assert len(table) == 245
    assert {len(row) for row in table.values()} == {8}
    assert all(row[1].isalpha() and len(row[1]) == 3 for row in table.values())
    assert len({row[1] for row in table.values()}) == len(table)


def test_a_place_is_called_by_its_name_in_the_language() -> None:
    germany = CountryName("DE")
    assert str(germany) == "Germany (DE)"
    assert (germany.in_language("fr"), germany.in_language("pl")) == ("Allemagne, DE", "Niemcy, DE")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("GB", "the United Kingdom (GB)"),
        ("US", "the United States (US)"),
        ("NL", "the Netherlands (NL)"),
        ("PH", "the Philippines (PH)"),
        ("AE", "the United Arab Emirates (AE)"),
        ("IM", "the Isle of Man (IM)"),
        ("DO", "the Dominican Republic (DO)"),
        ("RE", "Réunion (RE)"),
        ("CH", "Switzerland (CH)"),
        ("LC", "Saint Lucia (LC)"),
    ],
)
def test_english_gives_some_countries_an_article(code: str, said: str) -> None:
    assert str(CountryName(code)) == said


def test_every_country_that_needs_an_article_has_it() -> None:
    plural = {
        code
        for code, name in NAMES.items()
        if name.endswith(("Islands", "States", "Emirates", "Republic", "Kingdom"))
    }
    assert plural <= countries._WITH_ARTICLE <= set(NAMES)


@given(
    st.sampled_from(sorted(NAMES)),
    st.sampled_from([str.upper, str.lower, str.title, lambda name: f" {name}\t"]),
)
def test_case_and_spaces_do_not_matter(code, written) -> None:
    table = countries._table()[code]
    for name in (code, table[1], NAMES[code]):
        assert code_of(written(name)) == code


@given(st.text(max_size=30))
def test_no_cell_is_too_odd(cell: str) -> None:
    assert code_of(cell) in {None, *NAMES}
