"""Excel's binary workbooks (.xls, .xlsb) as recipients: one sheet, and numbers as they are stored, which is said."""

from __future__ import annotations

import shutil
import struct
import subprocess
import zipfile
from collections.abc import Iterable
from pathlib import Path

import openpyxl
import pytest

from smscampaign.errors import FileProblem, SettingsProblem
from smscampaign.recipients.choices import Choices
from smscampaign.recipients.sources import open_recipients

ROWS = (("name", "mobile", "share"), ("Zoë", "0799000001", 0.2), ("Łucja", "+33799000002", 1000.0))

#: Record numbers of the binary format [MS-XLSB] 2.3.2.
ROW, REAL, TEXT, DIMENSION, SHEET = 0, 5, 6, 148, 156
BEGIN_SHEET, END_SHEET, BEGIN_BOOK, END_BOOK = 129, 130, 131, 132
BEGIN_SHEETS, END_SHEETS, BEGIN_DATA, END_DATA = 143, 144, 145, 146


def record(number: int, content: bytes = b"") -> bytes:
    kind = bytes([number]) if number < 128 else bytes([number & 0x7F | 0x80, number >> 7])
    size, length = b"", len(content)
    while length > 127:
        size, length = size + bytes([length & 0x7F | 0x80]), length >> 7
    return kind + size + bytes([length]) + content


def wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def sheet(rows: Iterable[Iterable[str | float]]) -> bytes:
    rows = [list(row) for row in rows]
    size = struct.pack("<4I", 0, len(rows) - 1, 0, max(map(len, rows)) - 1)
    parts = [record(BEGIN_SHEET), record(DIMENSION, size), record(BEGIN_DATA)]
    for line, row in enumerate(rows):
        parts.append(record(ROW, struct.pack("<IIHBBB", line, 0, 300, 0, 0, 0) + struct.pack("<I", 0)))
        for place, cell in enumerate(row):
            head = struct.pack("<II", place, 0)
            text = isinstance(cell, str)
            content = wide(cell) if isinstance(cell, str) else struct.pack("<d", cell)
            parts.append(record(TEXT if text else REAL, head + content))
    return b"".join([*parts, record(END_DATA), record(END_SHEET)])


def xlsb(path: Path, **sheets: Iterable[Iterable[str | float]]) -> Path:
    """A binary workbook of these sheets, as small as one can be."""
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    named = list(enumerate(sheets, 1))
    book = [record(BEGIN_BOOK), record(BEGIN_SHEETS)]
    book += [
        record(SHEET, struct.pack("<II", 0, number) + wide(f"rId{number}") + wide(name))
        for number, name in named
    ]
    relations = "".join(
        f'<Relationship Id="rId{number}" Type="{office}/worksheet" Target="worksheets/sheet{number}.bin"/>'
        for number, _ in named
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", f'<Types xmlns="{package}/content-types"/>')
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{package}/relationships"><Relationship Id="rId1"'
            f' Type="{office}/officeDocument" Target="xl/workbook.bin"/></Relationships>',
        )
        archive.writestr("xl/workbook.bin", b"".join([*book, record(END_SHEETS), record(END_BOOK)]))
        archive.writestr(
            "xl/_rels/workbook.bin.rels",
            f'<Relationships xmlns="{package}/relationships">{relations}</Relationships>',
        )
        for number, name in named:
            archive.writestr(f"xl/worksheets/sheet{number}.bin", sheet(sheets[name]))
    return path


def xls(path: Path) -> Path:
    """The same as Excel 97 wrote it, made by Gnumeric."""
    if shutil.which("ssconvert") is None:
        pytest.skip("ssconvert, of Debian's gnumeric, is not installed")
    made = openpyxl.Workbook()
    for row in ROWS:
        made.active.append(row)
    made.active["C2"].number_format = "0%"
    made.save(path.with_suffix(".xlsx"))
    command = ["ssconvert", "--export-type=Gnumeric_Excel:excel_biff8", path.with_suffix(".xlsx"), path]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    return path


def fields(path: Path, **choices: str) -> list[tuple[int, tuple[str, ...]]]:
    return [(row.line, row.fields) for row in open_recipients(path, Choices(**choices)).rows()]


@pytest.mark.parametrize("make", [xls, lambda path: xlsb(path, People=ROWS)], ids=["xls", "xlsb"])
def test_a_binary_workbook_is_read_and_says_what_it_cannot_tell(tmp_path, make):
    path = make(tmp_path / "people.xls")
    assert fields(path) == [
        (2, ("Zoë", "0799000001", "0.2")),
        (3, ("Łucja", "+33799000002", "1000")),
    ]
    source = open_recipients(path)
    assert source.names == ("name", "mobile", "share")
    assert any("20% as 0.2" in remark for remark in source.remarks)


def test_rows_keep_their_numbers_where_rows_and_columns_before_them_are_empty(tmp_path):
    path = xlsb(tmp_path / "a.xlsb", A=[[""], ["", "name", "mobile"], [""], ["", "Ann", "0799000001"]])
    assert [line for line, _ in fields(path)] == [4]
    assert open_recipients(path).names[1:] == ("name", "mobile")


def test_of_several_sheets_one_is_asked_for(tmp_path):
    path = xlsb(tmp_path / "a.xlsb", A=ROWS, B=[("mobile",), ("0799000009",)])
    with pytest.raises(SettingsProblem, match="several sheets"):
        open_recipients(path)
    assert fields(path, sheet="b") == [(2, ("0799000009",))]


@pytest.mark.parametrize(
    "content", [b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, b""], ids=["xls", "xlsb"]
)
def test_a_damaged_one_is_told(tmp_path, content):
    path = tmp_path / "a.xls"
    path.write_bytes(content)
    if not content:
        xlsb(path, A=ROWS)
        with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("xl/workbook.bin", b"\xff" * 9)
    with pytest.raises(FileProblem, match="damaged"):
        open_recipients(path)


def test_an_old_word_document_is_none(tmp_path):
    path = tmp_path / "letter.doc"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)
    with pytest.raises(FileProblem, match="old Word document"):
        open_recipients(path)
