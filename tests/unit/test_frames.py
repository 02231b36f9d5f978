"""Frames of any library as recipients, and what is refused with a sentence."""

import datetime
import decimal
import re
import subprocess
import sys

import duckdb
import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from smscampaign.errors import FileProblem, SettingsProblem
from smscampaign.recipients.frames import from_frame

RECORDS = [
    {"name": "Zoë", "mobile": "0639980001", "day": datetime.date(2026, 3, 6), "n": 1},
    {"name": None, "mobile": "0639980002", "day": None, "n": None},
]
ROWS = [("Zoë", "0639980001", "2026-03-06", "1"), ("", "0639980002", "", "")]


def fields(given):
    return [row.fields for row in from_frame(given).rows()]


def pandas_of(records):
    return pd.DataFrame(records).astype({"n": "Int64"})


@pytest.mark.parametrize(
    "make",
    [
        pandas_of,
        pl.DataFrame,
        lambda records: pl.DataFrame(records).lazy(),
        pa.Table.from_pylist,
        lambda records: nw.from_native(pandas_of(records)),
        lambda records: duckdb.from_arrow(pa.Table.from_pylist(records)),
        list,
        tuple,
        lambda records: pd.DataFrame(records).convert_dtypes(dtype_backend="pyarrow"),
    ],
    ids=[
        "pandas",
        "polars",
        "lazy polars",
        "pyarrow",
        "narwhals",
        "duckdb",
        "list",
        "tuple",
        "pandas on pyarrow",
    ],
)
def test_every_kind_of_frame_has_the_same_rows(make):
    assert fields(make(RECORDS)) == ROWS
    assert from_frame(make(RECORDS)).digest() == from_frame(RECORDS).digest()


@pytest.mark.parametrize(
    ("column", "texts"),
    [
        (pl.Series([19.9, 5, None], dtype=pl.Float32), ["19.9", "5", ""]),
        (pl.Series([33639980001.0, None]), ["33639980001", ""]),
        (pl.Series(["a", "b", None], dtype=pl.Categorical), ["a", "b", ""]),
        (pl.Series(["a", "b"], dtype=pl.Enum(["a", "b"])), ["a", "b"]),
        (pl.Series([decimal.Decimal("12.50")]), ["12.50"]),
        (pl.Series([datetime.datetime(2026, 3, 6, 10, 30)]), ["2026-03-06 10:30"]),  # noqa: DTZ001
        (pl.Series([datetime.timedelta(minutes=75), None]), ["1:15", ""]),
        (pl.Series([float("nan"), None]), ["", ""]),
    ],
)
def test_cells_of_polars_are_the_texts_they_stand_for(column, texts):
    frame = pl.DataFrame({"mobile": ["1"] * len(texts), "x": column})
    assert [row[1] for row in fields(frame)] == texts


def test_a_query_without_pyarrow_is_a_sentence(monkeypatch):
    monkeypatch.setattr("smscampaign.recipients.frames.find_spec", lambda name: None)
    with pytest.raises(FileProblem, match=r"read by PyArrow(?s:.*)pip install pyarrow"):
        from_frame(duckdb.sql("select '0639980001' as mobile"))


def test_a_query_is_asked_once():
    query = duckdb.sql("select '0639980001' as mobile, random() as r")
    source = from_frame(query)
    assert source.digest() == source.digest()


@pytest.mark.parametrize(
    "frame",
    [
        pl.DataFrame({"mobile": ["1"], "x": [["a", "b"]]}),
        pa.table({"mobile": ["1"], "x": [b"0639980001"]}),
        pd.DataFrame({"mobile": ["1"], "x": pd.Series([np.array([1, 2])], dtype=object)}),
        [{"mobile": "1", "x": {"a": 1}}],
    ],
)
def test_what_is_no_text_is_refused(frame):
    with pytest.raises(FileProblem, match="column 'x' has cells that cannot be sent"):
        fields(frame)


@pytest.mark.parametrize(
    "given", [7, None, object(), [1, 2], pd.Series(["a"]), {"mobile": ["1"]}, np.zeros((2, 2))]
)
def test_what_is_no_frame_is_told_what_is_one(given):
    with pytest.raises(SettingsProblem, match=r"recipients are given as .*\n.*polars"):
        from_frame(given)


@pytest.mark.parametrize(
    "empty", [[], pl.DataFrame(), pl.DataFrame({"n": []}), pa.table({"n": pa.array([], pa.string())})]
)
def test_a_frame_without_rows_is_an_error(empty):
    with pytest.raises(FileProblem, match="no rows"):
        from_frame(empty)


def test_an_index_that_names_two_rows_alike_is_refused():
    two = pd.concat([pd.DataFrame({"mobile": ["1"]})] * 2)
    with pytest.raises(FileProblem, match=r"names two rows alike(?s:.*)reset_index\(drop=True\)"):
        from_frame(two)


def test_columns_of_several_levels_are_refused_with_what_to_write():
    df = pd.DataFrame([["1", 3]], columns=pd.MultiIndex.from_tuples([("mobile", ""), ("sold", "sum")]))
    with pytest.raises(FileProblem, match="have 2 levels") as caught:
        from_frame(df)
    df.columns = eval(re.search(r"= (\[.*)", caught.value.remedy)[1], {"df": df, "map": map, "str": str})
    assert from_frame(df).header == ("mobile", "sold sum")


def test_two_columns_of_one_name_are_a_sentence():
    with pytest.raises(FileProblem, match="cannot be read"):
        from_frame(pa.table([["1"], ["2"]], names=["a", "a"]))


class Segment(pd.DataFrame):
    """A kind of its own, as of geopandas: what is cut out of it is of that kind again."""

    @property
    def _constructor(self):
        return Segment


def test_a_kind_that_is_made_from_a_frame_of_pandas_is_one():
    source = from_frame(Segment({"mobile": ["0612345678", "0612345679"]}, index=["b", "a"]))
    assert [row.fields for row in source.rows()] == [("0612345678",), ("0612345679",)]
    assert (list(source.labels), source.flavour, type(source.native)) == (["b", "a"], "pandas", pd.DataFrame)


def test_a_frame_of_pandas_waits_for_no_other_library():
    code = (
        "import sys, pandas as pd; from smscampaign.recipients.frames import from_frame;"
        "from_frame(pd.DataFrame({'m': ['1']}));"
        "assert not {'polars', 'duckdb', 'narwhals'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
