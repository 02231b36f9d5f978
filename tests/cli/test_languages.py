"""A plan told in French and in Polish; what was put right in it; and numbers of several regions."""

from __future__ import annotations

import json

import pytest

from .conftest import lines

FILE = """name,mobile,pays
Anna,612345678,France
Bo,0692123456,
Cy,06 12 34 56 78,
Di,0142685300,
,0612345679,
Ed,33612345680,Francja
Flo,0612345681,Atlantide
"""


@pytest.fixture
def spring(folder):
    (folder / "spring.csv").write_text(FILE, "utf-8")


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (
            "fr",
            [
                "n’est pas un numéro valide (France, FR)",
                "Il serait valide ailleurs (La Réunion, RE)",
                "même numéro que la ligne 2",
                "est un numéro fixe",
                "La colonne « name » est vide",
                "n’est pas un pays",
                "1 numéro : zéro initial perdu, rétabli (le premier à la ligne 2)",
            ],
        ),
        (
            "pl",
            [
                "nie jest prawidłowym numerem (Francja, FR)",
                "Byłby prawidłowy gdzie indziej (Reunion, RE)",
                "ten sam numer co w wierszu 2",
                "to numer stacjonarny",
                "Kolumna „name” jest pusta",
                "nie jest krajem",
                "1 numer: przywrócono utracone zero na początku (pierwszy w wierszu 2)",
            ],
        ),
    ],
)
def test_a_plan_is_told_in_the_language_that_was_asked_for(campaign, spring, monkeypatch, asked, says):
    monkeypatch.setenv("COLUMNS", "250")
    told = campaign("--dry-run", "--country-column", "pays", "--lang", asked)
    shown = " ".join(told.out.replace("\u00a0", " ").replace("\u202f", " ").split())
    assert told.code == 0
    assert [sentence for sentence in says if sentence not in shown] == []


def test_the_locale_decides_and_the_language_changes_nothing_of_the_plan(
    campaign, spring, monkeypatch, folder
):
    english = json.loads(campaign("--dry-run", "--country-column", "pays", "--json").out)
    monkeypatch.setenv("LC_ALL", "pl_PL.UTF-8")
    polish = json.loads(campaign("--dry-run", "--country-column", "pays", "--json", "--out", "out.csv").out)
    assert polish["code"] == english["code"]
    assert polish["not_sent"] == english["not_sent"]
    assert polish["repairs"] == english["repairs"] == {"leading-plus": 1, "leading-zero": 1}
    assert "ten sam numer co" in polish["not_sent_examples"]["duplicate"]["because"]
    assert [line["sms_repair"] for line in lines(folder / "out.csv")] == [
        "leading-zero",
        *[""] * 4,
        "leading-plus",
        "",
    ]


def test_a_language_that_is_not_known_lists_those_that_are(campaign, spring):
    told = campaign("--dry-run", "--lang", "de")
    assert told.code == 2
    assert "known are en (English), fr (français), pl (polski)" in " ".join(told.err.split())


def test_numbers_of_regions_that_are_allowed_are_sent(campaign, spring):
    ask = ("--dry-run", "--country-column", "pays", "--json")
    alone = json.loads(campaign(*ask).out)
    allowed = json.loads(campaign(*ask, "--regions", "RE,GP").out)
    assert (alone["to_send"], allowed["to_send"]) == (2, 3)
    assert allowed["code"] != alone["code"]
    assert "RE" in allowed["credits_by_country"]


def test_the_settings_name_regions_and_a_language(campaign, cli, folder, spring):
    (folder / "spring.toml").write_text(
        'message = "Hello"\npurpose = "transactional"\nsender = "Sandbox"\n'
        'regions = ["FR", "RE"]\nlanguage = "fr"\n[columns]\ncountry = "pays"\n',
        "utf-8",
    )
    told = json.loads(cli("run", "spring.csv", "--dry-run", "--json").out)
    assert told["to_send"] == 4
    assert "même numéro" in told["not_sent_examples"]["duplicate"]["because"]
    again = json.loads(cli("run", "spring.csv", "--dry-run", "--json", "--lang", "en").out)
    assert "the same number" in again["not_sent_examples"]["duplicate"]["because"]
    assert again["code"] == told["code"]
