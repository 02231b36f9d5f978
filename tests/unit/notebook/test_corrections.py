"""Rows put right in a notebook: typed, or in the file of rejected rows; the same campaign either way."""

import pandas as pd
import polars as pl
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
        first = 0 if kind == "frame" else 2  # as `plan.rejections` calls them
        better = campaign.correct({first + 1: {"mobile": "07 99 00 00 11"}}).correct({first + 2: None})
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
    campaign = sms.Campaign(FRAME, name="people", **OPTIONS).correct({0: {"mobile": "07 99 00 00 19"}})
    plan = campaign.plan()
    assert plan.summary.messages == 1
    assert "row 2 can be sent as it stands in the file" in repr(plan)


def test_what_cannot_be_a_correction_says_why(folder):
    campaign = sms.Campaign(FRAME, name="people", **OPTIONS)
    with pytest.raises(SettingsProblem, match="there is no row 9 in the DataFrame's index"):
        campaign.correct({9: {"mobile": "1"}})
    with pytest.raises(SettingsProblem, match="no column"):
        campaign.correct({1: {"phone": "1"}}).plan()
    FRAME.to_csv("people.csv", index=False)
    with pytest.raises(SettingsProblem, match="there is no row 9"):
        sms.Campaign("people.csv", **OPTIONS).correct({9: {"mobile": "1"}}).plan()


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
        ([4], "corrections are rows with their new cells, or a frame, and not a value of the type list"),
        (None, "corrections are rows with their new cells, or a frame, and not a value of the type NoneType"),
    ],
)
def test_what_was_typed_wrongly_is_told_where_it_was_typed(folder, rows, words):
    FRAME.to_csv("people.csv", index=False)
    campaign = sms.Campaign("people.csv", **OPTIONS)
    with pytest.raises(SettingsProblem) as caught:
        campaign.correct(rows)
    assert words in caught.value.what
    assert caught.value.remedy.startswith("Write it as correct({12: ")
    assert "99 00 00 12" not in str(caught.value)


def test_rows_counted_by_pandas_are_rows(folder):
    campaign = sms.Campaign(FRAME, name="people", **OPTIONS)
    rows = campaign.plan().rejections.index
    plan = campaign.correct({rows[0]: {"mobile": "07 99 00 00 11"}}).plan()
    assert plan.summary.messages == 2


def right(frame):
    """The rejections with what a person would write into them."""
    frame = frame.copy()
    frame["mobile"] = [{"O7 99 00 00 11": "07 99 00 00 11"}.get(cell, cell) for cell in frame["mobile"]]
    return frame


@pytest.mark.parametrize("index", [None, ["a", "b", "c"], [7, 3, 5]])
def test_the_rejections_with_other_cells_are_corrections(folder, index):
    campaign = sms.Campaign(FRAME.set_axis(index) if index else FRAME, name="people", **OPTIONS)
    better = campaign.correct(right(campaign.plan().rejections(numbers=True)))
    assert better.typed.rows == {3: {"mobile": "07 99 00 00 11"}}
    assert better.plan().summary.messages == 2


def test_masked_cells_that_nobody_changed_are_no_corrections(folder):
    FRAME.to_csv("people.csv", index=False)
    campaign = sms.Campaign("people.csv", **OPTIONS)
    bad = campaign.plan().rejections()
    bad.loc[4, "mobile"] = "07 99 00 00 12"
    assert campaign.correct(bad).typed.rows == {4: {"mobile": "07 99 00 00 12"}}


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"mobile": ["07 99 00 00 11"]}, index=["b"]),
        pd.DataFrame({"row": [3], "mobile": ["07 99 00 00 11"]}),
        pl.DataFrame({"row": [3, 4], "mobile": ["07 99 00 00 11", None]}),
        [{"row": 3, "mobile": "07 99 00 00 11"}],
    ],
)
def test_a_frame_of_corrections_names_its_rows(folder, frame):
    campaign = sms.Campaign(FRAME.set_axis(["a", "b", "c"]), name="people", **OPTIONS)
    assert campaign.correct(frame).typed.rows == {3: {"mobile": "07 99 00 00 11"}}


@pytest.mark.parametrize(
    ("frame", "says"),
    [
        (pl.DataFrame({"mobile": ["1"]}), "do not say which rows"),
        (pd.DataFrame({"row": ["x"], "mobile": ["1"]}), "a row is a whole number"),
        (pd.DataFrame({"row": [99], "mobile": ["1"]}), "there is no row 99"),
        (pd.DataFrame({"mobile": ["1"]}, index=["z"]), "there is no row 'z'"),
        (pd.DataFrame({"row": [3], "phone": ["1"]}), "no column 'phone'"),
    ],
)
def test_a_frame_that_cannot_be_one_of_corrections_says_why(folder, frame, says):
    campaign = sms.Campaign(FRAME.set_axis(["a", "b", "c"]), name="people", **OPTIONS)
    with pytest.raises(SettingsProblem, match=says):
        campaign.correct(frame)


def test_the_rejections_as_they_are_correct_nothing(folder):
    frame = FRAME.assign(remark=["", "or +33 7 99 00 00 11", "his"])
    campaign = sms.Campaign(frame, name="people", number_column="mobile", **OPTIONS)
    assert campaign.plan().rejections["remark"].tolist() == ["or +•• • •• •• •• 11", "his"]
    assert campaign.correct(campaign.plan().rejections).typed.rows == {}


@pytest.mark.parametrize(
    "index",
    [
        pd.MultiIndex.from_tuples([("a", 1), ("a", 2), ("b", 1)]),
        pd.date_range("2026-01-01", periods=3),
        pd.Index(["x", None, "z"]),
        pd.CategoricalIndex(["x", "y", "z"]),
        pd.Index([1.5, 2.5, 3.5]),
    ],
)
def test_rows_are_called_by_whatever_index_there_is(folder, index):
    campaign = sms.Campaign(FRAME.set_axis(index), name="people", **OPTIONS)
    better = campaign.correct({index[1]: {"mobile": "07 99 00 00 11"}, index[2]: None})
    assert better.typed.rows == {3: {"mobile": "07 99 00 00 11"}, 4: None}
    assert better.plan().preview()["text"].tolist() == ["Hello Ann", "Hello Bob"]
    assert campaign.plan().rejections.index.equals(index[1:])
