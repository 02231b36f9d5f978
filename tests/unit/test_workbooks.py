"""Excel workbooks as recipients: what a person sees in the sheet is what is read, in the sheet's own rows."""

from __future__ import annotations

import datetime
import io
import re
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from openpyxl.worksheet.worksheet import Worksheet

from smscampaign.errors import FileProblem, SettingsProblem
from smscampaign.recipients.choices import Choices
from smscampaign.recipients.sources import CsvFile, open_recipients
from smscampaign.recipients.workbooks import Copy

SHEET = "xl/worksheets/sheet1.xml"
Fill = Callable[[Worksheet], object]


def book(folder: Path, *fills: Fill, names: str = "ABC") -> Path:
    """A workbook whose sheets, called A, B and C, are filled one after the other."""
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name, fill in zip(names, fills, strict=False):
        fill(made.create_sheet(name))
    path = folder / "people.xlsx"
    made.save(path)
    return path


def people(sheet: Worksheet) -> None:
    for row in (["name", "mobile"], ["Zoë", "0799000001"], ["Łucja", "0799000002"]):
        sheet.append(row)


def rows_of(path: Path, **choices: object) -> list[tuple[int, tuple[str, ...]]]:
    return [(row.line, row.fields) for row in open_recipients(path, Choices(**choices)).rows()]  # type: ignore[arg-type]


def edited(path: Path, member: str, old: str, new: str) -> Path:
    """The workbook with a part of its XML replaced, as other programs write it."""
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    text = files[member].decode()
    files[member] = re.sub(old, new, text).encode()
    assert files[member].decode() != text
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def with_shared(path: Path, texts: str, cell: str = '<c r="A3" t="s"><v>1</v></c>') -> Path:
    """The workbook with a list of shared texts, as Excel writes it and openpyxl does not."""
    main = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    edited(
        path,
        "[Content_Types].xml",
        "</Types>",
        f'<Override PartName="/xl/sharedStrings.xml" ContentType="{main}"/></Types>',
    )
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", texts)
    return edited(path, SHEET, '<c r="A3".*?</c>', cell)


SST = '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>a</t></si><si><t>Éva</t></si></sst>'


def test_shared_texts_are_read(tmp_path: Path) -> None:
    path = with_shared(book(tmp_path, people), SST)
    assert rows_of(path)[1] == (3, ("Éva", "0799000002"))


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("0799000001", "0799000001"),
        (33799000001, "33799000001"),
        (33799000001.0, "33799000001"),
        (19.99, "19.99"),
        (0.1 + 0.2, "0.3"),
        (True, "TRUE"),
        (datetime.date(2026, 3, 1), "2026-03-01"),
        (datetime.datetime(2026, 3, 1), "2026-03-01 0:00:00"),  # noqa: DTZ001 - cells know no zone
        (datetime.datetime(2026, 3, 1, 10, 30), "2026-03-01 10:30:00"),  # noqa: DTZ001 - cells know no zone
        (datetime.time(10, 30), "10:30:00"),
        (" two\nlines, \"quoted\" ", " two\nlines, \"quoted\" "),
        ("#N/A", "#N/A"),
    ],
)  # fmt: skip
def test_cells_are_the_text_a_person_sees(tmp_path: Path, cell: object, text: str) -> None:
    path = book(tmp_path, lambda sheet: [sheet.append(row) for row in (["mobile", "x"], ["1", cell])])
    assert rows_of(path) == [(2, ("1", text))]


def test_rows_have_the_spreadsheets_numbers_and_empty_edges_are_dropped(tmp_path: Path) -> None:
    def fill(sheet: Worksheet) -> None:
        sheet["B3"], sheet["C3"] = "name", "mobile"
        sheet["B4"], sheet["C4"] = "Ann", "0799000001"
        sheet["C9"] = "0799000002"
        sheet["Z500"].font = openpyxl.styles.Font(bold=True)

    path = book(tmp_path, fill)
    source = open_recipients(path)
    assert (source.header, source.header_line) == (("", "name", "mobile"), 3)
    assert rows_of(path) == [(4, ("", "Ann", "0799000001")), (9, ("", "", "0799000002"))]
    assert (source.delimiter, source.bom, source.name) == (";", True, "people.xlsx")
    assert list(source.rows()) == list(source.rows())


def test_a_stray_note_beside_the_table_is_a_column_and_rejects_no_row(tmp_path: Path) -> None:
    def fill(sheet: Worksheet) -> None:
        people(sheet)
        sheet["D3"] = "call first"

    source = open_recipients(book(tmp_path, fill))
    assert source.names == ("name", "mobile", "column C", "column D")
    assert [len(row.fields) for row in source.rows()] == [4, 4]


def test_what_is_hidden_merged_or_never_calculated_is_said(tmp_path: Path) -> None:
    def fill(sheet: Worksheet) -> None:
        people(sheet)
        sheet["C1"], sheet["C2"] = "f", "=1+1"
        sheet.merge_cells("A10:B10")
        sheet.row_dimensions[2].hidden = sheet.row_dimensions[3].hidden = True
        sheet.column_dimensions["B"].hidden = True

    source = open_recipients(book(tmp_path, fill))
    assert len(list(source.rows())) == 2
    told = " | ".join(source.remarks)
    assert "2 hidden rows of the sheet are included" in told
    assert "1 hidden column of the sheet is included" in told
    assert "1 merged area" in told
    assert "1 formula without a stored value is read as empty" in told
    assert len(open_recipients(book(tmp_path, people)).remarks) == 1


def test_a_formulas_stored_value_is_read(tmp_path: Path) -> None:
    path = book(tmp_path, lambda sheet: [sheet.append(row) for row in (["mobile"], ["=1+1"], ["x"])])
    edited(path, "xl/worksheets/sheet1.xml", r"<f>1\+1</f><v ?/?>(</v>)?", "<f>1+1</f><v>33799000001</v>")
    assert rows_of(path)[0] == (2, ("33799000001",))


def test_titles_above_the_header_are_passed_over_and_said(tmp_path: Path) -> None:
    def fill(sheet: Worksheet) -> None:
        sheet["A1"] = "Spring"
        sheet.merge_cells("A1:B1")
        sheet["A3"], sheet["B3"], sheet["A4"], sheet["B4"] = "name", "mobile", "Ann", "0799000001"

    source = open_recipients(book(tmp_path, fill))
    assert (source.header, source.header_line) == (("name", "mobile"), 3)
    assert any("row 1 stands above the column names, which are in row 3" in one for one in source.remarks)


def test_one_sheet_with_something_in_it_is_taken(tmp_path: Path) -> None:
    path = book(tmp_path, lambda sheet: None, people, lambda sheet: sheet.append([" "]))
    assert len(rows_of(path)) == 2


def test_of_several_sheets_one_must_be_named(tmp_path: Path) -> None:
    path = book(tmp_path, people, lambda sheet: [sheet.append(["mobile"]), sheet.append(["1"])], people)
    with pytest.raises(SettingsProblem, match="several sheets of the workbook hold something: 'A', 'B', 'C'"):
        open_recipients(path)
    assert rows_of(path, sheet=" b ") == [(2, ("1",))]
    with pytest.raises(SettingsProblem, match="no sheet 'D'") as caught:
        open_recipients(path, Choices(sheet="D"))
    assert caught.value.remedy == "Its sheets are: 'A', 'B', 'C'."


def test_a_hidden_sheet_is_passed_over_unless_it_is_named(tmp_path: Path) -> None:
    def lists(sheet: Worksheet) -> None:
        sheet.append(["country"])
        sheet.append(["FR"])
        sheet.sheet_state = "hidden"

    path = book(tmp_path, lists, people)
    assert len(rows_of(path)) == 2
    assert "the hidden sheet 'A' is passed over: --sheet decides" in open_recipients(path).remarks
    assert rows_of(path, sheet="A") == [(2, ("FR",))]


@pytest.mark.parametrize("fills", [(), (lambda sheet: None,), (lambda sheet: sheet.append([None, " "]),)])
def test_a_workbook_without_anything_is_empty(tmp_path: Path, fills: tuple[Fill, ...]) -> None:
    path = book(tmp_path, *(fills or (lambda sheet: None,)))
    with pytest.raises(FileProblem, match="the workbook is empty"):
        open_recipients(path)
    with pytest.raises(FileProblem, match="the sheet 'A' is empty"):
        open_recipients(path, Choices(sheet="A"))


def test_a_used_range_that_is_too_small_hides_nothing(tmp_path: Path) -> None:
    path = edited(book(tmp_path, people), "xl/worksheets/sheet1.xml", 'ref="A1:B3"', 'ref="A1"')
    assert len(rows_of(path)) == 2
    assert len(rows_of(path)[0][1]) == 2


BROKEN = {
    "a row beyond the last": (SHEET, '<row r="3"', '<row r="99999999"', "larger than a spreadsheet|damaged"),
    "a column beyond the last": (SHEET, '<c r="B3"', '<c r="ZZZ3"', "larger than a spreadsheet|damaged"),
    "a text that is not there": (SHEET, '<c r="A3".*?</c>', '<c r="A3" t="s"><v>9</v></c>', r"damaged.*IndexError"),
    "XML cut off": (SHEET, "</sheetData>", "", "damaged"),
    "an entity": (SHEET, "<worksheet", '<!DOCTYPE x [<!ENTITY a "b">]><worksheet', "XML entities"),
    "an entity in the workbook": (
        "xl/workbook.xml", "<workbook", '<!DOCTYPE x [<!ENTITY a "b">]><workbook', "XML entities"),
}  # fmt: skip


@pytest.mark.parametrize(("member", "old", "new", "said"), BROKEN.values(), ids=BROKEN)
def test_damage_is_one_line_with_a_remedy(tmp_path: Path, member: str, old: str, new: str, said: str) -> None:
    path = edited(book(tmp_path, people), member, old, new)
    with pytest.raises(FileProblem, match=said) as caught:
        open_recipients(path)
    assert caught.value.where.startswith("people.xlsx")
    assert caught.value.remedy


def test_strict_open_xml_is_said_in_one_line(tmp_path: Path) -> None:
    path = book(tmp_path, people)
    for member in ("_rels/.rels", "xl/_rels/workbook.xml.rels", "xl/workbook.xml", SHEET):
        path = edited(
            path,
            member,
            "http://schemas.openxmlformats.org/(officeDocument|spreadsheetml)/2006/",
            r"http://purl.oclc.org/ooxml/\1/",
        )
    with pytest.raises(FileProblem, match="Strict Open XML") as caught:
        open_recipients(path)
    assert "Excel Workbook" in caught.value.remedy


def test_a_damaged_style_prints_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = edited(book(tmp_path, people), "xl/styles.xml", 'numFmtId="0"', 'numFmtId="999999"')
    assert len(rows_of(path)) == 2
    assert capsys.readouterr() == ("", "")


# What programs write that openpyxl refuses, in parts that say nothing about cells.
UNREAD = {
    "an empty fill": ("xl/styles.xml", "<fill>.*?</fill>", "<fill/>"),
    "a family of fonts beyond Excel's": ("xl/styles.xml", '<family val="2" ?/>', '<family val="34"/>'),
    "a border of an unknown style": ("xl/styles.xml", "<left ?/>", '<left style="wavy"/>'),
    "a style of cells that stands nowhere": ("xl/styles.xml", 'xfId="0"', 'xfId="7"'),
    "no moment of creation": ("docProps/core.xml", "(<dcterms:created[^>]*>)[^<]*", r"\1yesterday"),
    "a name that leads nowhere": (
        "xl/workbook.xml",
        "<calcPr",
        '<definedNames><definedName name="_xlnm.Print_Area" localSheetId="0">A!#REF!</definedName></definedNames><calcPr',
    ),
}


@pytest.mark.parametrize(("member", "old", "new"), UNREAD.values(), ids=UNREAD)
def test_what_says_nothing_about_cells_is_not_read(tmp_path: Path, member: str, old: str, new: str) -> None:
    def fill(sheet: Worksheet) -> None:
        people(sheet)
        sheet["C1"], sheet["C2"], sheet["C3"] = "day", datetime.date(2027, 3, 6), 0.2
        sheet["C2"].number_format, sheet["C3"].number_format = "dd/mm/yyyy", "0%"

    path = edited(book(tmp_path, fill), member, old, new)
    assert [fields[2] for _, fields in rows_of(path)] == ["06/03/2027", "20%"]


def test_an_entity_in_the_shared_texts_is_not_followed(tmp_path: Path) -> None:
    path = with_shared(book(tmp_path, people), f'<!DOCTYPE x [<!ENTITY a "b">]>{SST.replace("Éva", "&a;")}')
    with pytest.raises(FileProblem, match="XML entities"):
        open_recipients(path)


def test_texts_that_are_repeated_into_a_bomb_are_not_followed(tmp_path: Path) -> None:
    path = with_shared(book(tmp_path, people), SST.replace("Éva", "x" * 30_000))
    rows = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>1</v></c></row>' for n in range(4, 3_000))
    edited(path, SHEET, "</sheetData>", rows + "</sheetData>")
    with pytest.raises(FileProblem, match="unpacks to far more than its size warrants"):
        open_recipients(path)


def test_the_copy_has_no_name_and_many_readers() -> None:
    copy = Copy(Path("people.xlsx"), 1_000)
    copy.add(2, ["a", "b", ""])
    copy.add(4, ["c"])
    first, second = (io.BufferedReader(copy.stream()) for _ in range(2))
    assert first.read(3) == second.read(3) == b"a,b"
    assert first.read() == second.read() == b"\r\nc\r\n"
    assert copy.width == 2
    assert list(copy.placed(1, [["a", "b"], ["c"]])) == [(2, [["a", "b"]]), (4, [["c"]])]
    assert list(copy.placed(2, [["c"]])) == [(4, [["c"]])]
    with pytest.raises(FileProblem, match="row 5"):
        copy.add(5, ["x" * 100_001])


CELLS = st.one_of(
    st.none(),
    st.integers(-(10**14), 10**14),
    st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="_\ufffe\uffff"), max_size=12),
)


@given(st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=12))
@example([[None, 0, " "]])
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=40,
    deadline=None,
)
def test_every_row_with_something_in_it_comes_once_unaltered(
    tmp_path: Path, cells: list[list[object]]
) -> None:
    path = book(tmp_path, lambda sheet: [sheet.append(row) for row in (["mobile", "b", "c"], *cells)])
    # A text that begins with = is a formula to whoever wrote the file.
    texts = [
        tuple(
            "" if one is None or (str(one).startswith("=") and len(str(one)) > 1) else str(one) for one in row
        )
        for row in cells
    ]
    wanted = [(line, row) for line, row in enumerate(texts, 2) if any(map(str.strip, row))]
    if wanted:
        assert rows_of(path) == wanted
        return
    with pytest.raises(FileProblem, match="no rows"):
        rows_of(path)


def test_a_lone_cell_in_the_last_row_costs_nothing(tmp_path: Path) -> None:
    path = edited(book(tmp_path, people), SHEET, '<row r="3"', '<row r="1048576"')
    source = open_recipients(path)
    assert [row.line for row in source.rows()] == [2, 1_048_576]
    begin = time.process_time()
    assert sum(1 for _ in source.rows()) == 2
    assert time.process_time() - begin < 0.1


@given(st.sets(st.integers(1, 60), min_size=1), st.integers(1, 20))
def test_rows_keep_their_places_however_they_are_read(lines: set[int], size: int) -> None:
    copy, wanted = Copy(Path("people.xlsx"), 10_000), sorted(lines)
    for line in wanted:
        copy.add(line, [str(line)])
    records = [[str(line)] for line in wanted]
    found = [
        (first + place, int(record[0]))
        for start in range(0, len(records), size)
        for first, run in copy.placed(start + 1, records[start : start + size])
        for place, record in enumerate(run)
    ]
    assert found == [(line, line) for line in wanted]


def test_a_sheet_of_many_rows_is_read_in_bounded_blocks(tmp_path: Path) -> None:
    path = book(
        tmp_path, lambda sheet: [sheet.append(["mobile"]), *(sheet.append([str(n)]) for n in range(3_000))]
    )
    source = open_recipients(path)
    assert isinstance(source, CsvFile)
    assert [len(block) for block in source.blocks(1_000)] == [999, 1_000, 1_000, 1]
    assert [row.line for row in source.rows()] == list(range(2, 3_002))
