"""What the settings ask for is what is planned: swaps where they save parts, the short text where the other is long."""

from __future__ import annotations

import pytest

from smscampaign.campaign import editions
from smscampaign.campaign.campaigns import Campaign
from smscampaign.errors import SettingsProblem, TemplateProblem

LONG = "Hello {{ name }}, it’s time to come – " + "word " * 20
ROWS = "name,mobile\nAnna,+33799009001\nMaël,+33799009002\n"


@pytest.fixture
def planned(tmp_path, journal):
    def plan(**options):
        file = tmp_path / "people.csv"
        file.write_text(ROWS, "utf-8")
        usual = {"message": LONG, "purpose": "marketing", "region": "FR", "sender": "Shop"}
        found = editions.planned(Campaign.load(file, options={**usual, **options}), journal, gateway="fake")
        return [(one.text.parts, one.text.body) for one in found.sample(5)]

    return plan


def test_nothing_is_changed_that_was_not_asked_for(planned):
    assert [parts for parts, _ in planned()] == [3, 3]
    assert all("it’s" in body for _, body in planned())


def test_typographic_signs_are_swapped_where_that_saves_parts(planned):
    (anna, plain), (mael, kept) = planned(**{"text.typography": "gsm"})
    assert (anna, mael) == (1, 3)
    assert "it's time to come - " in plain
    assert "it’s" in kept  # its ë keeps the text UCS-2, and nothing would be won


def test_a_letter_is_swapped_when_it_is_named(planned):
    (_, _), (mael, body) = planned(**{"text.typography": "gsm", "text.swaps": ["ë=e"]})
    assert mael == 1
    assert body.startswith("Hello Mael")


def test_the_short_text_stands_in_for_the_long_ones_only(planned):
    texts = planned(**{"text.short": "Come, {{ name }}", "text.typography": "gsm"})
    assert [parts for parts, _ in texts] == [1, 1]
    assert texts[0][1].startswith("Hello Anna")
    assert texts[1][1] == "Come, Maël"
    over = planned(**{"text.short": "Come, {{ name }}", "text.short_over": 3})
    assert [parts for parts, _ in over] == [3, 3]


def test_a_short_text_that_is_none_shorter_is_not_taken(planned):
    assert all(body.startswith("Hello") for _, body in planned(**{"text.short": "Come " * 90}))


def test_a_short_text_rescues_a_row_that_is_too_long(planned):
    texts = planned(**{"limits.parts": 2, "text.short": "Come, {{ name }}"})
    assert [body for _, body in texts] == ["Come, Anna", "Come, Maël"]


def test_what_cannot_be_is_told(planned):
    with pytest.raises(SettingsProblem, match="is not a swap"):
        planned(**{"text.swaps": {"ê": "ě"}})
    with pytest.raises(TemplateProblem):
        planned(**{"text.short": "{{ city }}"})
