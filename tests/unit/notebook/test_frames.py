"""Tables: the caller's index, types and flavour come back, numbers are masked, long texts wrap."""

import copy
import datetime

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import smscampaign as sms
from smscampaign.errors import FileProblem, SettingsProblem
from smscampaign.notebook.frames import accepted, outcome
from smscampaign.notebook.tables import DRAWN, Masked, marked, page
from smscampaign.recipients.frames import from_frame

OPTIONS = {"message": "Hello {{ name }}", "purpose": "transactional", "region": "FR", "sender": "Sandbox"}
PEOPLE = {
    "name": ["Ann", "Bob", "Cy", "Dee"],
    "mobile": ["07 99 00 00 10", "O7 99 OO OO 11", "07 99 00 00 12", "01 99 00 00 13"],
    "spent": [12.5, None, 3.0, 4.0],
}
SEGMENT = pd.DataFrame(PEOPLE, index=pd.Index([40, 7, 23, 11], name="customer")).astype({"name": "category"})


def sent(recipients, **more):
    with sms.sandbox() as gateway:
        plan = sms.Campaign(recipients, name="people", **{**OPTIONS, **more}).plan(gateway)
        return plan, plan.deliver(gateway, confirm=plan.code_for(gateway))


@pytest.fixture
def done(folder):
    return sent(SEGMENT)


def test_the_index_comes_back_everywhere(done):
    plan, run = done
    assert run.results.index.equals(SEGMENT.index)
    joined = SEGMENT.join(run.results[["sms_status", "sms_text"]])
    assert joined["sms_text"].dropna().to_dict() == {40: "Hello Ann", 23: "Hello Cy"}
    assert plan.preview()["text"].to_dict() == {40: "Hello Ann", 23: "Hello Cy"}
    assert plan.messages["row"].to_dict() == {40: 2, 23: 4}
    assert plan.rejections["reason"].to_dict() == {7: "number-letters", 11: "number-landline"}
    assert run.preview(9).index.tolist() == [40, 7, 23, 11]


def test_blank_rows_of_a_frame_shift_nothing(folder):
    frame = SEGMENT.copy()
    frame.loc[40] = [None, None, None]
    _, run = sent(frame)
    assert run.results["sms_text"].dropna().to_dict() == {23: "Hello Cy"}


def test_types_are_kept_and_ours_can_be_summed_and_plotted(done):
    _, run = done
    results = run.results
    assert str(results["name"].dtype) == "category"
    assert str(results["spent"].dtype) == "float64"
    assert results["sms_credits"].sum() == 2
    assert results["sms_parts"].sum() == 2
    assert str(results["sms_sent_at"].dtype) == "datetime64[us, UTC]"
    assert results.groupby("sms_status", observed=True)["sms_credits"].sum().plot.bar() is not None
    assert run.summary["rows"].to_dict() == {"rejected": 2, "accepted": 2}
    assert run.summary["credits"].sum() == 2


def test_nothing_is_a_kind_of_frame_of_our_own(done):
    plan, run = done
    for frame in (
        plan.preview(),
        plan.findings,
        run.summary,
        run.preview(),
        run.results(),
        plan.rejections(),
    ):
        assert type(frame) is pd.DataFrame


def test_results_mask_unless_numbers_are_asked_for(done):
    plan, run = done
    assert run.results["sms_number"].dropna().tolist() == ["+33 • •• •• •• 10", "+33 • •• •• •• 12"]
    assert run.results["mobile"].tolist() == [
        "•• •• •• •• 10",
        "O• •• OO OO 11",
        "•• •• •• •• 12",
        "•• •• •• •• 13",
    ]
    whole = run.results(numbers=True)
    assert whole["mobile"].tolist() == PEOPLE["mobile"]
    assert whole["sms_number"].dropna().tolist() == ["+33799000010", "+33799000012"]
    assert plan.rejections["mobile"].tolist() == ["O• •• OO OO 11", "•• •• •• •• 13"]
    assert plan.rejections(numbers=True)["mobile"].tolist() == ["O7 99 OO OO 11", "01 99 00 00 13"]
    assert "99 00 00" not in run.results._repr_html_() + repr(run.results)


def test_a_column_named_for_numbers_is_masked_too(folder):
    frame = pd.DataFrame({"mobile": ["07 99 00 00 10"], "telephone": ["01 99 00 00 14"], "name": ["Ann"]})
    _, run = sent(frame, number_column="mobile")
    assert run.results["telephone"].tolist() == ["•• •• •• •• 14"]


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (pl.DataFrame, pl.DataFrame),
        (pa.table, pa.Table),
        (lambda columns: duckdb.from_arrow(pa.table(columns)), duckdb.DuckDBPyRelation),
        (pd.DataFrame, pd.DataFrame),
    ],
    ids=["polars", "pyarrow", "duckdb", "pandas"],
)
def test_results_come_in_the_callers_flavour(folder, make, kind):
    plan, run = sent(make(PEOPLE))
    for table in (run.results, plan.preview(), plan.rejections, plan.messages, run.preview()):
        assert isinstance(table, kind)
    whole = run.results(numbers=True)
    assert type(whole) is kind
    if kind is duckdb.DuckDBPyRelation:
        whole = whole.pl()
    columns = next(
        getattr(whole, way)(*given)
        for way, given in (("to_dicts", ()), ("to_pylist", ()), ("to_dict", ("records",)))
        if hasattr(whole, way)
    )
    assert [one["sms_status"] for one in columns] == ["accepted", "rejected", "accepted", "rejected"]
    assert columns[0]["spent"] == 12.5
    assert isinstance(columns[0]["sms_sent_at"], datetime.datetime)
    assert columns[0]["sms_credits"] == 1


def test_a_list_of_dicts_gives_one(folder):
    records = [dict(zip(PEOPLE, row, strict=True)) for row in zip(*PEOPLE.values(), strict=True)]
    plan, run = sent(records)
    assert [one["sms_status"] for one in run.results] == ["accepted", "rejected", "accepted", "rejected"]
    assert run.results[0]["mobile"] == "•• •• •• •• 10"
    assert run.results(numbers=True)[0]["mobile"] == "07 99 00 00 10"
    assert "sms_status" not in records[0]
    assert plan.preview(1) == [
        {
            "row": 2,
            "number": "+33 • •• •• •• 10",
            "country": "FR",
            "encoding": "GSM-7",
            "parts": 1,
            "credits": 1.0,
        }
        | {"text": "Hello Ann"}
    ]


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pa.table])
def test_tables_without_rows_have_their_columns(folder, make):
    plan, _ = sent(make({"name": ["Ann"], "mobile": ["call me"]}))
    for table in (plan.messages, plan.preview()):
        assert len(table) == 0
        assert "text" in list(getattr(table, "column_names", table.columns))
    plan, _ = sent(make({"name": ["Ann"], "mobile": ["07 99 00 00 10"]}))
    assert len(plan.rejections) == 0


def test_a_masked_table_is_taken_for_the_frame_it_is(done):
    _, run = done
    assert SEGMENT[["spent"]].join(run.results.drop(columns="spent")).shape == (4, 18)
    assert pd.concat([run.results, run.results]).shape[0] == 8
    assert pd.merge(SEGMENT, run.results, on="customer").shape[0] == 4
    assert "sms_status" in run.results
    assert len(run.results) == 4
    assert "sms_status" in dir(run.results)
    assert (run.results == run.results()).shape == (4, 18)
    assert list(run.results) == list(run.results())
    assert type(copy.copy(run.results)) is pd.DataFrame
    table = Masked(lambda numbers: pl.DataFrame({"a": [numbers]}))
    assert pl.DataFrame({"a": [False], "b": [1]}).join(table, on="a").shape == (1, 2)
    assert pl.concat([table, table(numbers=True)]).shape == (2, 1)


def test_a_column_like_one_of_ours_is_called_by_its_letter(folder):
    frame = pd.DataFrame(
        {"mobile": ["call me", "07 99 00 00 10"], "reason": ["x", "y"], "name": ["Ann", "Bob"]}
    )
    plan = sms.Campaign(frame, name="people", **OPTIONS).plan()
    assert list(plan.rejections) == [
        *("row", "status", "reason", "because", "suggestion", "mobile", "column B", "name")
    ]


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda plan: plan.preview("biggest"), "preview: 'biggest' cannot be shown"),
        (lambda plan: plan.preview(0), "preview: 0 cannot be shown"),
        (lambda plan: plan.preview(10, True), "preview: True cannot be shown"),
        (lambda plan: plan.show(None), "show: a NoneType is no choice"),
        (lambda plan: plan.preview(rows=5), "preview: there is no argument 'rows'"),
        (
            lambda plan: plan.show("first", number=True),
            "show: there is no argument 'number'\nHere it is numbers",
        ),
    ],
)
def test_a_wrong_argument_is_a_sentence(plan, ask, says):
    with pytest.raises(SettingsProblem) as caught:
        ask(plan)
    assert str(caught.value).startswith(says)


@pytest.mark.parametrize("wrong", ["x", 0, -1, True, None, 1.5])
def test_what_is_no_number_of_rows_is_a_sentence(plan, wrong):
    with sms.sandbox() as gateway:
        run = plan.deliver(gateway)
        with pytest.raises(SettingsProblem, match=r"is no number of rows\nGive one such as 10"):
            run.preview(wrong)
        if wrong is not None:
            with pytest.raises(SettingsProblem, match=r"^limit: .* is no number of rows"):
                plan.deliver(gateway, limit=wrong)


def test_preview_and_show_take_the_same_words(plan):
    assert plan.preview("row 3", "row 3", "longest")["text"].tolist() == [
        "Hello P1, the sale begins.",
        "Hello P10, the sale begins.",
    ]
    assert plan.preview(2).index.tolist() == [2, 3]
    assert "row 3" in repr(plan.show(2))
    assert len(plan.messages) == 12
    assert plan.messages(numbers=True)["number"].iloc[0] == "+33799000010"


def test_a_page_has_whole_escaped_sentences_that_wrap_and_nothing_for_nothing():
    long = "why " * 60 + "<b>"
    frame = marked(
        pd.DataFrame({"row": [2], "because": [long], "credits": [None], "spent": [1.0]}).set_index("row")
    )
    drawn = page(frame)
    assert long.replace("<b>", "&lt;b&gt;") in drawn
    assert "None" not in drawn
    assert ">1<" in drawn
    assert drawn.count("<td") == 4


def test_the_mark_stays_on_what_is_cut_out():
    frame = marked(pd.DataFrame({"a": range(DRAWN + 2)}))
    assert page(frame).count("<tr>") == 1 + DRAWN
    assert "… and 2 more rows" in page(frame)
    assert frame.head(3).attrs == frame[frame.a > 3].attrs == frame.attrs


def test_an_empty_sandbox_is_an_empty_table():
    assert accepted([], numbers=False).empty


def test_no_rows_at_all_still_have_types():
    source = from_frame(pd.DataFrame({"phone": ["1"]}))
    empty = outcome(_Empty(source), [], (), width=1, written="", numbers=False)
    assert str(empty["sms_sent_at"].dtype) == "datetime64[us, UTC]"


def test_rows_without_answers_are_not_given_any():
    source = from_frame(pd.DataFrame({"phone": ["1"]}))
    with pytest.raises(FileProblem, match="other rows"):
        outcome(source, [], (), width=1, written="", numbers=False)


class _Empty:
    """A source whose rows are all gone."""

    def __init__(self, source):
        self.header = source.header

    def rows(self):
        return iter(())


REMARKS = ["call +33 7 99 00 00 15", "order 12", "0799000016 after 6", ""]


@pytest.mark.parametrize(
    "make",
    [
        pl.DataFrame,
        pa.table,
        lambda columns: duckdb.from_arrow(pa.table(columns)),
        pd.DataFrame,
        lambda columns: pd.DataFrame(columns).astype({"remark": "category"}),
        lambda columns: pd.DataFrame(columns).astype({"remark": "string"}),
        lambda columns: [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)],
    ],
    ids=["polars", "pyarrow", "duckdb", "pandas", "categories", "strings", "dicts"],
)
def test_a_number_in_a_remark_is_masked_too(folder, make):
    recipients = make({**PEOPLE, "remark": REMARKS})
    _, run = sent(recipients)
    masked, whole = as_dicts(run.results), as_dicts(run.results(numbers=True))
    assert [one["remark"] for one in masked] == [
        "call +•• • •• •• •• 15",
        "order 12",
        "••••••••16 after 6",
        "",
    ]
    assert [one["remark"] for one in whole] == REMARKS
    assert [one["spent"] for one in masked[:1]] == [12.5]


def test_a_number_in_a_remark_of_a_file_is_masked_too(folder):
    lines = ["name;mobile;remark", *(f"Ann;07 99 00 00 1{n};{one}" for n, one in enumerate(REMARKS))]
    (folder / "people.csv").write_text("\n".join(lines))
    _, run = sent(folder / "people.csv")
    assert run.results["remark"].tolist() == ["call +•• • •• •• •• 15", "order 12", "••••••••16 after 6", ""]
    assert run.results(numbers=True)["remark"].tolist() == REMARKS


def as_dicts(table):
    if isinstance(table, list):
        return table
    if isinstance(table, duckdb.DuckDBPyRelation):
        table = table.pl()
    ways = (("to_dicts", ()), ("to_pylist", ()), ("to_dict", ("records",)))
    return next(getattr(table, way)(*given) for way, given in ways if hasattr(table, way))
