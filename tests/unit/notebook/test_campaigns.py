"""Campaigns from files, keywords and DataFrames."""

import pandas as pd
import pytest

import smscampaign as sms

FRAME = pd.DataFrame({"who": ["Ann", "Bob"], "phone": ["07 99 00 00 10", "07 99 00 00 11"]})
WORDS = {"message": "Hello {{ who }}", "region": "FR", "purpose": "transactional"}


def test_a_file_with_its_settings_beside_it(campaign):
    assert campaign.name == "spring"
    shown = repr(campaign)
    assert "name, mobile" in shown
    assert "Hello {{ name }}, the sale begins." in shown
    assert "MyShop" in campaign._repr_html_()


def test_a_keyword_wins_over_the_file(spring):
    campaign = sms.Campaign.load(spring, message="Bye {{ name }}", name="Autumn")
    assert campaign.name == "Autumn"
    assert campaign.plan().preview(1)["text"].item() == "Bye P0"


def test_settings_may_stand_elsewhere(spring, folder):
    other = folder / "other.toml"
    other.write_text('message = "Other"\nregion = "FR"\npurpose = "marketing"\n')
    assert sms.Campaign.load(spring, settings=other).plan().summary.texts == 1


def test_a_frame_is_a_campaign(folder):
    plan = sms.Campaign(FRAME, name="Two friends", **WORDS).plan()
    assert list(plan.preview()["text"]) == ["Hello Ann", "Hello Bob"]
    assert (folder / "Two_friends.journal.sqlite").exists()


def test_a_frame_without_a_name_keeps_one_journal(folder):
    sms.Campaign(recipients=FRAME, **WORDS).plan()
    assert (folder / "campaign.journal.sqlite").exists()


def test_a_name_cannot_leave_the_folder(folder):
    sms.Campaign(FRAME, name="../../x/y", **WORDS).plan()
    assert (folder / "x_y.journal.sqlite").exists()


@pytest.mark.parametrize(
    ("recipients", "options", "error", "says"),
    [
        ("nowhere.csv", {}, sms.FileProblem, "nowhere.csv"),
        (42, WORDS, sms.SettingsProblem, "recipients are given as int"),
        (FRAME.iloc[:0], WORDS, sms.FileProblem, "no rows"),
        (FRAME, {**WORDS, "regoin": "FR"}, sms.SettingsProblem, "Did you mean region"),
        (FRAME, {**WORDS, "sender": "much too long a name"}, sms.SettingsProblem, "at most 11 characters"),
    ],
)
def test_what_cannot_be_a_campaign_says_why(recipients, options, error, says):
    with pytest.raises(error, match=says):
        sms.Campaign(recipients, **options)


def test_what_is_missing_is_shown_and_then_refused():
    campaign = sms.Campaign(FRAME, message="Hello")
    assert "the purpose is not set" in repr(campaign)
    with pytest.raises(sms.SettingsProblem, match=r"no purpose and region\nGive purpose=… region=…\.$"):
        campaign.plan()


def test_a_column_that_is_not_there():
    with pytest.raises(sms.SettingsProblem, match=r"^number_column: the file has no column 'fone'"):
        sms.Campaign(FRAME, number_column="fone", **WORDS).plan()
