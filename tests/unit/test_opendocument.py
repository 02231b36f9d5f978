"""OpenDocument spreadsheets as recipients, as LibreOffice and Gnumeric write them."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from pathlib import Path

import openpyxl
import pytest

from smscampaign.errors import FileProblem, SettingsProblem
from smscampaign.recipients.choices import Choices
from smscampaign.recipients.sources import open_recipients

_SPACES = {
    "office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
    "table": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
    "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
    "style": "urn:oasis:names:tc:opendocument:xmlns:style:1.0",
    "draw": "urn:oasis:names:tc:opendocument:xmlns:drawing:1.0",
}


def ods(folder: Path, body: str, *, before: str = "", styles: str = "") -> Path:
    names = " ".join(f'xmlns:{name}="{uri}"' for name, uri in _SPACES.items())
    path = folder / "people.ods"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "content.xml",
            f"<?xml version='1.0'?>{before}<office:document-content {names}><office:automatic-styles>{styles}"
            f"</office:automatic-styles><office:body><office:spreadsheet>{body}</office:spreadsheet></office:body>"
            "</office:document-content>",
        )
    return path


def cell(text: str, attributes: str = 'office:value-type="string"') -> str:
    return f"<table:table-cell {attributes}><text:p>{text}</text:p></table:table-cell>"


def row(*cells: str, more: str = "") -> str:
    return f"<table:table-row {more}>{''.join(cells)}</table:table-row>"


def table(*rows: str, name: str = "A", more: str = "") -> str:
    return f'<table:table table:name="{name}" {more}>{"".join(rows)}</table:table>'


HEADER = row(cell("mobile"), cell("x"))
EDGE = '<table:table-cell table:number-columns-repeated="16382"/>'
BOTTOM = f'<table:table-row table:number-rows-repeated="1048570">{EDGE}</table:table-row>'


def rows_of(path: Path, **choices: str) -> list[tuple[int, tuple[str, ...]]]:
    return [(one.line, one.fields) for one in open_recipients(path, Choices(**choices)).rows()]


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (cell("07 99 00 00 01", 'office:value-type="float" office:value="799000001"'), "07 99 00 00 01"),
        (cell("3.38E+10", 'office:value-type="float" office:value="3.3799000001E10"'), "33799000001"),
        (cell("0799000001", 'office:value-type="float" office:value="799000001"'), "0799000001"),
        (cell("19,99 €", 'office:value-type="currency" office:value="19.989999999999998"'), "19,99 €"),
        (cell("1 mars", 'office:value-type="date" office:date-value="2026-03-01"'), "1 mars"),
        (cell("x", 'office:value-type="date" office:date-value="2026-03-01T10:30:00"'), "2026-03-01 10:30"),
        (cell("x", 'office:value-type="date" office:date-value="soon"'), "soon"),
        (cell("VRAI", 'office:value-type="boolean" office:boolean-value="true"'), "TRUE"),
        (cell("10:30", 'office:value-type="time" office:time-value="PT10H30M"'), "10:30"),
        (cell("12 %", 'office:value-type="percentage" office:value="0.12"'), "12 %"),
        (cell("1\u202f234,50 zł", 'office:value-type="currency" office:value="1234.5"'), "1 234,50 zł"),
        (cell("###", 'office:value-type="float" office:value="1234.5"'), "1234.5"),
        (cell("a<text:s text:c='3'/>b<text:tab/>c<text:line-break/>d"), "a   b\tc\nd"),
        (cell("<text:span>Zo<text:span>ë</text:span></text:span> <text:a>x</text:a>"), "Zoë x"),
        (cell("two</text:p><text:p>lines"), "two\nlines"),
        (cell("x</text:p><office:annotation><text:p>a comment</text:p></office:annotation><text:p>y"), "x\ny"),
        (cell("<draw:frame><text:p>a picture</text:p></draw:frame>z"), "z"),
        ('<table:table-cell office:value-type="string" office:string-value="s"/>', "s"),
    ],
)  # fmt: skip
def test_cells_are_the_text_a_person_sees(tmp_path: Path, written: str, text: str) -> None:
    assert rows_of(ods(tmp_path, table(HEADER, row(cell("1"), written)))) == [(2, ("1", text))]


def test_what_repeats_is_written_out_and_what_is_empty_is_only_counted(tmp_path: Path) -> None:
    two = cell("b", 'office:value-type="string" table:number-columns-repeated="2"')
    gap = '<table:table-cell table:number-columns-repeated="2"/>'
    path = ods(
        tmp_path,
        table(
            row(cell("mobile"), EDGE),
            row(EDGE, more='table:number-rows-repeated="3"'),
            row(cell("a"), gap, two, EDGE, more='table:number-rows-repeated="2"'),
            BOTTOM,
        ),
    )
    wanted = ("a", "", "", "b", "b")
    assert rows_of(path) == [(5, wanted), (6, wanted)]


def test_hidden_rows_columns_and_merged_areas_are_read_and_said(tmp_path: Path) -> None:
    path = ods(
        tmp_path,
        table(
            '<table:table-column/><table:table-column table:visibility="collapse"/>',
            "<table:table-header-rows>" + HEADER + "</table:table-header-rows>",
            "<table:table-row-group>",
            row(cell("1"), cell("a"), more='table:visibility="collapse"'),
            "</table:table-row-group>",
            row(cell("2"), cell("b"), more='table:visibility="filter"'),
            row(
                cell(
                    "3",
                    'office:value-type="string" table:number-columns-spanned="2" table:number-rows-spanned="1"',
                ),
                "<table:covered-table-cell><text:p>under it</text:p></table:covered-table-cell>",
            ),
        ),
    )
    source = open_recipients(path)
    assert rows_of(path) == [(2, ("1", "a")), (3, ("2", "b")), (4, ("3", ""))]
    told = " | ".join(source.remarks)
    assert "2 hidden rows" in told
    assert "1 hidden column of" in told
    assert "1 merged area" in told


def test_sheets_are_asked_about_and_hidden_ones_passed_over(tmp_path: Path) -> None:
    body = table(HEADER, row(cell("1"), cell("a")), name="A") + table(
        HEADER, row(cell("2"), cell("b")), name="B"
    )
    with pytest.raises(SettingsProblem, match="'A', 'B'"):
        open_recipients(ods(tmp_path, body))
    assert rows_of(ods(tmp_path, body), sheet="b") == [(2, ("2", "b"))]
    hidden = '<style:style style:name="h"><style:table-properties table:display="false"/></style:style>'
    path = ods(tmp_path, body.replace('"B"', '"B" table:style-name="h"'), styles=hidden)
    assert rows_of(path) == [(2, ("1", "a"))]
    assert "the hidden sheet 'B' is passed over: --sheet decides" in open_recipients(path).remarks


def test_deleted_cells_that_are_remembered_are_no_rows(tmp_path: Path) -> None:
    old = f"<table:tracked-changes>{row(cell('9'), cell('old'))}</table:tracked-changes>"
    assert rows_of(ods(tmp_path, old + table(HEADER, row(cell("1"), cell("a"))))) == [(2, ("1", "a"))]


@pytest.mark.parametrize(
    ("body", "before", "said"),
    [
        ("", '<!DOCTYPE x [<!ENTITY a "b">]>', "XML entities"),
        ("<table:table>", "", "damaged"),
        ("<text:p>" * 300 + "</text:p>" * 300, "", "damaged"),
        (table(row(cell("1"), more='table:number-rows-repeated="x"')), "", "damaged"),
        ("", "", "empty"),
        (table(row(cell("x", 'office:value-type="string" table:number-columns-repeated="99999"'))), "", "larger than a"),
        (table(row(cell("x" * 99), more='table:number-rows-repeated="1048577"')), "", "larger than a|far more"),
        (
            table(
                row(
                    cell("x", 'office:value-type="string" table:number-columns-repeated="16384"'),
                    more='table:number-rows-repeated="1048576"',
                )
            ),
            "",
            "far more often than its size warrants",
        ),
    ],
    ids=["entity", "cut off", "deep", "no number", "empty", "too wide", "too long", "bomb"],
)  # fmt: skip
def test_damage_and_bombs_are_one_line(tmp_path: Path, body: str, before: str, said: str) -> None:
    with pytest.raises(FileProblem, match=said) as caught:
        open_recipients(ods(tmp_path, body, before=before))
    assert caught.value.remedy


@pytest.mark.skipif(shutil.which("ssconvert") is None, reason="Gnumeric is not installed")
def test_a_workbook_that_gnumeric_converted_gives_the_same_rows(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for cells in (["name", "mobile", "balance"], ["Zoë", 33799000001, 19.99], [], [None, "0799000002", None]):
        book.active.append(cells)
    book.save(tmp_path / "people.xlsx")
    command = ["ssconvert", str(tmp_path / "people.xlsx"), str(tmp_path / "people.ods")]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    assert rows_of(tmp_path / "people.ods") == rows_of(tmp_path / "people.xlsx")
    assert rows_of(tmp_path / "people.ods")[1] == (4, ("", "0799000002", ""))
