"""Campaigns from files, keywords and DataFrames."""

import pandas as pd
import pytest

import smscampaign as sms
from smscampaign.model import Status

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


def sent(plan, **options):
    return plan.deliver(sms.ovhcloud(pace=0), confirm=plan.code, **options)


@pytest.mark.parametrize("words", [{}, {"name": "Two friends"}])
def test_looking_at_a_plan_leaves_nothing_and_sending_it_a_journal_that_is_named(folder, loopback, words):
    campaign = sms.Campaign(FRAME, **WORDS, **words)
    plan = campaign.plan()
    assert "Nothing leaves until its code is typed" in repr(plan)
    assert len(plan.messages()) == 2
    assert list(plan.preview(1)["text"]) == ["Hello Ann"]
    assert not sent_with(plan, "").confirmed
    with pytest.raises(sms.NotConfirmed):
        sent_with(plan, "ZZZZ")
    assert list(folder.iterdir()) == []
    run = sent(plan, limit=1)
    (name,) = {one.name for one in folder.glob("*.journal.sqlite")}
    assert f"kept in {name}" in repr(run)
    # What was shown before is what was sent since.
    assert "1 accepted" in repr(plan)
    run = sent(plan)
    assert "kept in" not in repr(run)
    assert run.tally.messages[Status.ACCEPTED] == 2
    assert len(list(loopback.accepted())) == 2
    # Another kernel plans it where it was sent.
    assert "2 accepted" in repr(campaign.plan())


def sent_with(plan, words):
    return plan.deliver(sms.ovhcloud(pace=0), confirm=words)


def test_looking_at_a_plan_of_a_file_leaves_nothing_either(spring, folder):
    before = {one.name for one in folder.iterdir()}
    plan = sms.Campaign.load(spring).plan()
    assert len(plan.rejections) == 3
    assert {one.name for one in folder.iterdir()} == before


def test_a_plan_that_is_made_anew_takes_the_place_of_the_one_before(spring):
    first = sms.Campaign.load(spring).plan()
    sms.Campaign.load(spring, message="Other").plan()
    assert "made anew" in repr(first)


def test_a_rehearsal_of_a_frame_stands_in_the_hidden_folder(folder):
    with sms.sandbox(".sandbox/campaign.sandbox.sqlite") as gateway:
        plan = sms.Campaign(FRAME, **WORDS).plan(gateway)
        plan.deliver(gateway, confirm=plan.code)
    assert {one.name for one in folder.iterdir()} == {".sandbox", "campaign.sandbox.results.csv"}


def test_a_name_cannot_leave_the_folder(folder, loopback):
    sent(sms.Campaign(FRAME, name="../../x/y", **WORDS).plan())
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
