"""The headline: what there is to do about the rows that are not sent."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscampaign.campaign.rejections import bad_rows, headline
from smscampaign.model import Reason, ReasonCount, Status

HELD = [one for one in Reason if one.status is Status.SUPPRESSED]


def counts(**numbers: int) -> list[ReasonCount]:
    return [ReasonCount(Reason[name], number, 2, "") for name, number in numbers.items()]


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ({}, ""),
        ({"NUMBER_LETTERS": 1}, "Fix 1 number."),
        ({"NUMBER_LETTERS": 1, "NUMBER_LANDLINE": 2}, "Fix 3 numbers."),
        ({"NUMBER_MISSING": 1}, "Fill the empty cells of 1 row."),
        ({"NUMBER_MISSING": 1, "VALUE_MISSING": 1}, "Fill the empty cells of 2 rows."),
        ({"COUNTRY_UNKNOWN": 1}, "Correct 1 country."),
        ({"COUNTRY_UNKNOWN": 2}, "Correct 2 countries."),
        ({"TEXT_TOO_LONG": 1}, "Shorten 1 message."),
        ({"TEXT_TOO_LONG": 1200}, "Shorten 1 200 messages."),
        ({"TEXT_EMPTY": 1}, "Mend 1 message that comes out empty or not at all."),
        ({"TEXT_EMPTY": 1, "TEXT_FAILED": 1}, "Mend 2 messages that come out empty or not at all."),
        ({"RAGGED_ROW": 1}, "Mend the cells of 1 row."),
        ({"DUPLICATE": 1}, "1 duplicate is left out."),
        ({"DUPLICATE": 4}, "4 duplicates are left out."),
        ({"ALREADY_SENT": 2}, "2 had the campaign already."),
        ({"DUPLICATE": 1, "ALREADY_SENT": 2}, "1 duplicate is left out and 2 had the campaign already."),
        (
            {"DUPLICATE": 4, "RAGGED_ROW": 2, "TEXT_TOO_LONG": 1, "VALUE_MISSING": 2, "NUMBER_INVALID": 3},
            "Fix 3 numbers, fill the empty cells of 2 rows, shorten 1 message, mend the cells of 2 rows; 4 duplicates are"
            " left out.",
        ),
    ],
)
def test_the_headline(numbers, said):
    assert headline(counts(**numbers)) == said


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "fr",
            "Corrigez 3 numéros, remplissez les cellules vides de 2 lignes\u00a0; 1 doublon est laissé de côté et 1 200"
            " personnes ont déjà reçu la campagne.",
        ),
        (
            "pl",
            "Popraw 3 numery, uzupełnij puste komórki w 2 wierszach; pominięto 1 duplikat i 1 200 osób dostało już"
            " tę kampanię.",
        ),
    ],
)
def test_the_headline_in_other_languages(language, said):
    numbers = counts(NUMBER_INVALID=3, VALUE_MISSING=2, DUPLICATE=1, ALREADY_SENT=1200)
    assert headline(numbers, language) == said


@given(st.dictionaries(st.sampled_from(Reason), st.integers(1, 999)))
def test_every_row_is_counted_once_in_the_headline(numbers):
    made = [ReasonCount(reason, number, 2, "") for reason, number in numbers.items()]
    told = headline(made)
    assert sum(map(int, re.findall(r"\d+", re.sub(r"(?<=\d) (?=\d)", "", told)))) == sum(numbers.values())
    assert bad_rows(made) == sum(number for reason, number in numbers.items() if reason not in HELD)


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_a_task_of_its_own_kind(reason):
    assert "other row" not in headline([ReasonCount(reason, 1, 2, "")])
