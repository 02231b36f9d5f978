"""The results again, in other forms, each read by a library that is not ours."""

from __future__ import annotations

import csv
import json
import zipfile
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pyarrow.parquet
import pytest
from jsonschema import Draft202012Validator

from smscampaign.results import COLUMNS
from smscampaign.sheets.tables import KINDS, Table
from smscampaign.sheets.workbook import write as write_workbook

ROWS = (
    "name,mobile,note\n"
    '=1+1,07 99 00 00 01,"007"\n'
    "Zoë,07 99 00 00 02,1e5\n"
    "Nobody,0,\x01_x0041_\n"
    "Twin,07 99 00 00 01,+44 20\n"
)
SETTINGS = (
    "--message",
    "Hello {{ name }}",
    "--purpose",
    "transactional",
    "--region",
    "FR",
    "--sender",
    "Sandbox",
)


@pytest.fixture
def spring(cli, tmp_path):
    file = tmp_path / "spring.csv"
    file.write_text(ROWS, "utf-8")
    cli("run", str(file), "--sandbox", "--yes", *SETTINGS)
    return file


def results_of(spring):
    with spring.with_name("spring.sandbox.results.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_workbook_keeps_texts_as_texts_and_our_types(cli, spring):
    assert cli("results", str(spring), "--sandbox", "--as", "xlsx").code == 0
    path = spring.with_name("spring.sandbox.results.xlsx")
    assert path.stat().st_mode & 0o777 == 0o600
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["Results", "Summary"]
    sheet = book["Results"]
    head, *rows = sheet.iter_rows()
    names = [one.value for one in head]
    assert names == ["name", "mobile", "note", *COLUMNS]
    told = results_of(spring)
    for row, was in zip(rows, told, strict=True):
        cells = dict(zip(names, row, strict=True))
        assert cells["name"].data_type == cells["mobile"].data_type == "s"
        assert (cells["name"].value, cells["mobile"].value) == (was["name"], was["mobile"])
        assert cells["sms_row"].value == int(was["sms_row"])
        assert (cells["sms_number"].value or "") == was["sms_number"]
    assert [type(rows[0][names.index(one)].value) for one in ("sms_sent_at", "sms_credits", "sms_parts")] == [
        datetime,
        type(rows[0][names.index("sms_credits")].value),
        int,
    ]
    assert Decimal(str(rows[0][names.index("sms_credits")].value)) == Decimal(told[0]["sms_credits"])
    # A control character and what looks like one are as Excel writes them.
    assert rows[2][2].value == "_x0001__x005F_x0041_"
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", f"A1:R{len(told) + 1}")
    summary = {row[0].value: row[1].value for row in book["Summary"].iter_rows()}
    assert (summary["rows"], summary["accepted"], summary["times are in"]) == (4, 2, "UTC")
    with zipfile.ZipFile(path) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")


def test_parquet_and_json_say_the_same_as_the_csv(cli, spring):
    told = results_of(spring)
    assert cli("results", str(spring), "--sandbox", "--out", str(spring.with_name("r.parquet"))).code == 0
    table = pyarrow.parquet.read_table(spring.with_name("r.parquet"))
    assert table.column("sms_row").to_pylist() == [int(one["sms_row"]) for one in told]
    assert table.column("name").to_pylist() == [one["name"] for one in told]
    kinds = {
        one: str(table.schema.field(one).type) for one in ("note", "sms_credits", "sms_sent_at", "sms_id")
    }
    assert kinds == {
        "note": "string",
        "sms_credits": "decimal128(18, 6)",
        "sms_sent_at": "timestamp[ms, tz=UTC]",
        "sms_id": "int64",
    }
    document = json.loads(cli("results", str(spring), "--sandbox", "--json").out)
    described = json.loads(
        (Path(__file__).resolve().parents[2] / "docs" / "json-schema.json").read_text("utf-8")
    )
    Draft202012Validator({"$ref": "#/$defs/results", "$defs": described["$defs"]}).validate(document)
    assert document["campaign"] == "spring"
    assert [row["sms_status"] for row in document["rows"]] == [one["sms_status"] for one in told]
    assert [row["mobile"] for row in document["rows"]] == [one["mobile"] for one in told]
    assert cli("results", str(spring), "--sandbox", "--as", "json").code == 0
    assert json.loads(spring.with_name("spring.sandbox.results.json").read_text("utf-8")) == document


def test_the_csv_comes_again_as_it_was(cli, spring):
    path = spring.with_name("spring.sandbox.results.csv")
    before = path.read_bytes()
    path.unlink()
    assert cli("results", str(spring), "--sandbox").code == 0
    assert path.read_bytes() == before


def test_somebody_elses_file_is_left_as_it_is(cli, spring):
    taken = spring.with_name("spring.sandbox.results.xlsx")
    taken.write_bytes(b"mine")
    ended = cli("results", str(spring), "--sandbox", "--as", "xlsx")
    assert ended.code != 0
    assert "left as it is" in ended.err
    assert taken.read_bytes() == b"mine"
    assert [
        one.name for one in spring.parent.iterdir() if one.name.startswith(".spring.sandbox.results")
    ] == []
    taken.unlink()
    for _ in range(2):  # ours is replaced
        assert cli("results", str(spring), "--sandbox", "--as", "xlsx").code == 0
    assert cli("results", str(spring), "--sandbox", "--as", "docx").code != 0


def test_the_schema_holds_for_the_results_by_hand(cli, spring):
    schema = json.loads(cli("results", str(spring), "--sandbox", "--schema").out)
    told = results_of(spring)
    assert [one["name"] for one in schema["fields"]] == list(told[0])
    readers = {"integer": int, "number": Decimal, "datetime": datetime.fromisoformat, "string": str}
    for field in schema["fields"]:
        cells = [row[field["name"]] for row in told]
        for cell in cells:
            if cell not in schema["missingValues"]:
                readers[field["type"]](cell)
        only = field.get("constraints", {}).get("enum")
        assert only is None or {cell for cell in cells if cell} <= set(only)
    assert set(COLUMNS) <= set(KINDS)


def test_a_cell_that_no_workbook_takes_is_said(tmp_path):
    from smscampaign.errors import FileProblem

    table = Table(["a"], [], [(["x" * 40_000], [])])
    with pytest.raises(FileProblem, match="a cell of 40000 characters"):
        write_workbook(tmp_path / "a.xlsx", table, [])


def test_names_are_each_once():
    assert Table(["a", "a", "", "sms_row"], ["sms_row"], []).names == [
        "a",
        "a_2",
        "column_3",
        "sms_row_2",
        "sms_row",
    ]


def test_the_schema_goes_into_a_file_where_one_is_named(cli, spring):
    path = spring.with_name("spring.results.schema.json")
    printed = cli("results", str(spring), "--sandbox", "--schema").out
    for _ in range(2):
        assert cli("results", str(spring), "--sandbox", "--schema", "--out", str(path)).code == 0
    assert json.loads(path.read_text("utf-8")) == json.loads(printed)
