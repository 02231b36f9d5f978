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
    with sms.sandbox(folder.parent / "sandbox.sqlite") as gateway:
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
    with sms.sandbox(folder.parent / "sandbox.sqlite") as gateway:
        delivered(sms.Campaign("people.csv", **OPTIONS), gateway)
        assert not (folder / "people.rejected.csv").exists()


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ({4: 5}, "row 4 has its new cells by their columns, or None, and not a value of the type int"),
        ({4: "07 99 00 00 12"}, "row 4 has its new cells by their columns, or None, and not a value of the"),
        (
            {"4": None},
            "a row is a whole number, as `plan.rejections` shows it, and not a value of the type str",
        ),
        ({4.0: None}, "a row is a whole number"),
        ({True: None}, "a row is a whole number"),
        (
            {4: {"mobile": 799000012}},
            "row 4 in the column 'mobile' is a text, and not a value of the type int",
        ),
        ({4: {"mobile": None}}, "row 4 in the column 'mobile' is a text, and not None"),
        ({4: {1: "x"}}, "a column of row 4 is told by its name"),
        ([4], "corrections are rows with their new cells, and not a value of the type list"),
        (None, "corrections are rows with their new cells, and not None"),
    ],
)
def test_what_was_typed_wrongly_is_told_where_it_was_typed(folder, rows, words):
    campaign = sms.Campaign(FRAME, name="people", **OPTIONS)
    with pytest.raises(SettingsProblem) as caught:
        campaign.corrected(rows)
    assert words in caught.value.what
    assert caught.value.remedy.startswith("Write it as corrected({12: ")
    assert "99 00 00 12" not in str(caught.value)


def test_rows_counted_by_pandas_are_rows(folder):
    campaign = sms.Campaign(FRAME, name="people", **OPTIONS)
    rows = campaign.plan().rejections.index
    plan = campaign.corrected({rows[0]: {"mobile": "07 99 00 00 11"}}).plan()
    assert plan.summary.messages == 2
