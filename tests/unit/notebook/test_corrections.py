"""Rows put right in a notebook: typed, or in the file of rejected rows; the same campaign either way."""

import pandas as pd
import pytest

import smscampaign as sms
from smscampaign.errors import SettingsProblem

OPTIONS = {"message": "Hello {{ name }}", "purpose": "transactional", "region": "FR", "sender": "Sandbox"}
FRAME = pd.DataFrame(
    {"name": ["Ann", "Bob", "Cy"], "mobile": ["07 99 00 00 10", "O7 99 00 00 11", "01 99 00 00 12"]}
)


def statuses(run):
    return run.results["sms_status"].tolist()


def delivered(campaign, gateway):
    plan = campaign.plan(gateway)
    return plan.deliver(gateway, confirm=plan.code_for(gateway))


@pytest.mark.parametrize("kind", ["file", "frame"])
def test_typed_corrections_become_part_of_the_campaign(folder, kind):
    recipients = FRAME
    if kind == "file":
        recipients = "people.csv"
        FRAME.to_csv(recipients, index=False)
    with sms.sandbox("sandbox.sqlite") as gateway:
        campaign = sms.Campaign(recipients, name="people", **OPTIONS)
        assert statuses(delivered(campaign, gateway)) == ["accepted", "rejected", "rejected"]
        better = campaign.corrected({3: {"mobile": "07 99 00 00 11"}}).corrected({4: None})
        plan = better.plan(gateway)
        assert plan.summary.messages == 2
        assert plan.preview()["text"].tolist() == ["Hello Bob"]
        assert statuses(delivered(better, gateway)) == ["accepted", "accepted", "suppressed"]
        assert "was put right before" not in repr(better.plan(gateway))
        # What was put right stays put right, also for who does not say it again.
        again = campaign.plan(gateway)
        assert again.summary.messages == 2
        assert statuses(again.deliver(gateway, confirm=again.code_for(gateway))) == [
            *("accepted", "accepted", "suppressed")
        ]


def test_a_row_that_could_be_sent_is_not_put_right(folder):
    campaign = sms.Campaign(FRAME, name="people", **OPTIONS).corrected({2: {"mobile": "07 99 00 00 19"}})
    plan = campaign.plan()
    assert plan.summary.messages == 1
    assert "row 2 can be sent as it stands in the file" in repr(plan)


def test_what_cannot_be_a_correction_says_why(folder):
    campaign = sms.Campaign(FRAME, name="people", **OPTIONS)
    with pytest.raises(SettingsProblem, match="there is no row 9"):
        campaign.corrected({9: {"mobile": "1"}}).plan()
    with pytest.raises(SettingsProblem, match="no column"):
        campaign.corrected({3: {"phone": "1"}}).plan()


def test_the_file_of_rejected_rows_stands_for_its_own(folder):
    FRAME.to_csv("people.csv", index=False)
    with sms.sandbox("sandbox.sqlite") as gateway:
        delivered(sms.Campaign("people.csv", **OPTIONS), gateway)
        assert not (folder / "people.rejected.csv").exists()
