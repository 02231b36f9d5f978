"""Corrections that are typed one by one: entered in the file of rejected rows, among those that stand there."""

from __future__ import annotations

import csv

import pytest

from smscampaign.campaign import corrections
from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.entries import enter
from smscampaign.errors import FileProblem

OTHERS = {
    2: ("number-too-short: too short", ""),
    3: ("number-missing: none", ""),
    4: ("number-missing: none", ""),
}


@pytest.fixture
def campaign(tmp_path) -> Campaign:
    file = tmp_path / "spring.csv"
    file.write_text("name,mobile\nAnn,06 12\nBob,\nCy,\n", "utf-8")
    return Campaign.load(file, message="Hi {{ name }}", purpose="transactional", region="FR")


def taken(campaign: Campaign) -> dict[int, object]:
    made = corrections.entered(campaign, campaign.recipe(), None)
    return {
        line: one.dropped or [change.new for change in one.changes] for line, one in made.corrections.items()
    }


def test_what_is_entered_is_taken_and_the_others_wait_beside_it(campaign: Campaign) -> None:
    enter(campaign, 2, ("Ann", "06 12 34 56 78"), others=OTHERS)
    enter(campaign, 3, None, others=OTHERS)
    assert taken(campaign) == {2: ["06 12 34 56 78"], 3: True}
    path = campaign.path.with_name("spring.rejected.csv")
    rows = list(csv.DictReader(path.read_text("utf-8-sig").splitlines()))
    assert [(one["sms_row"], one["sms_correction"]) for one in rows] == [("2", ""), ("3", "drop"), ("4", "")]
    assert path.stat().st_mode & 0o777 == 0o600
    enter(campaign, 3, ("Bob", ""), others=OTHERS)  # taken back
    assert taken(campaign) == {2: ["06 12 34 56 78"]}


def test_what_was_entered_for_another_row_is_not_laid_over_the_one_that_stands_there_now(
    campaign: Campaign,
) -> None:
    enter(campaign, 2, ("Ann", "06 12 34 56 78"), others=OTHERS)
    campaign.path.write_text("name,mobile\nDee,06 13\nBob,\nCy,\n", "utf-8")
    again = Campaign.load(campaign.path, message="Hi {{ name }}", purpose="transactional", region="FR")
    enter(again, 3, ("Bob", "06 12 34 56 79"), others=OTHERS)
    assert taken(again) == {3: ["06 12 34 56 79"]}


def test_a_file_with_foreign_rows_is_left_to_whoever_wrote_them(campaign: Campaign) -> None:
    enter(campaign, 2, ("Ann", "06 12 34 56 78"), others=OTHERS)
    path = campaign.path.with_name("spring.rejected.csv")
    path.write_text(path.read_text("utf-8-sig") + "Eve,0612345678\n", "utf-8")
    before = path.read_bytes()
    with pytest.raises(FileProblem, match="none of the rejected ones"):
        enter(campaign, 3, None, others=OTHERS)
    assert path.read_bytes() == before


def test_a_row_that_is_not_there_is_told(campaign: Campaign) -> None:
    with pytest.raises(FileProblem, match="no row 9"):
        enter(campaign, 9, None, others=OTHERS)
