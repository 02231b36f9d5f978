import contextlib
import csv
import datetime
import decimal
import fractions
import hashlib
import io
import subprocess
import sys
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from smscampaign.errors import FileProblem, SettingsProblem
from smscampaign.model import Row
from smscampaign.recipients.choices import Choices
from smscampaign.recipients.columns import column, number_column
from smscampaign.recipients.frames import FrameSource, from_frame
from smscampaign.recipients.sources import (
    CsvFile,
    Source,
    open_recipients,
)


def written(folder: Path, content: str | bytes) -> Path:
    path = folder / "people.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def rows_of(source: Source) -> list[tuple[int, tuple[str, ...]]]:
    return [(row.line, row.fields) for row in source.rows()]


# --- CSV files -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_files_as_spreadsheets_write_them(tmp_path: Path, bom: bytes, delimiter: str, line_end: str) -> None:
    lines = [("Phone", "Prénom"), ("0639980001", "Zoë"), ("0639980002", "Łucja")]
    text = line_end.join(delimiter.join(line) for line in lines)
    source = open_recipients(written(tmp_path, bom + text.encode()))
    assert source.header == ("Phone", "Prénom")
    assert (source.delimiter, source.bom, source.header_line) == (delimiter, bom != b"", 1)
    assert source.name == "people.csv"
    assert rows_of(source) == [(2, lines[1]), (3, lines[2])]


def test_cells_stay_the_text_they_are(tmp_path: Path) -> None:
    cells = ("0039980001", " NA ", "1.50", "TRUE", "nan", "=1+1", "4.48E+11", "007", "2026-01-02", "\u00a0x")
    text = io.StringIO()
    csv.writer(text).writerows([[f"c{n}" for n in range(len(cells))], cells])
    assert rows_of(open_recipients(written(tmp_path, text.getvalue()))) == [(2, cells)]


def test_a_single_column_needs_no_delimiter(tmp_path: Path) -> None:
    assert rows_of(open_recipients(written(tmp_path, "phone\n0639980001\n"))) == [(2, ("0639980001",))]


def test_a_delimiter_can_be_given(tmp_path: Path) -> None:
    path = written(tmp_path, "a|b;c\n1|2;3\n")
    assert open_recipients(path).header == ("a|b", "c")
    assert rows_of(open_recipients(path, Choices(delimiter="|"))) == [(2, ("1", "2;3"))]


@pytest.mark.parametrize("delimiter", ["", ",,", '"', "\n", "\r", "x", "1"])
def test_a_delimiter_that_cannot_be_one_is_refused(tmp_path: Path, delimiter: str) -> None:
    with pytest.raises(SettingsProblem, match="cannot separate"):
        open_recipients(written(tmp_path, "a,b\n1,2\n"), Choices(delimiter=delimiter))


def test_lines_are_the_spreadsheets_own_rows(tmp_path: Path) -> None:
    text = '\n\nphone,note\n1,a\n\n , \n2,"several\nlines\n\nhere"\n,\n3,c\n\n'
    source = open_recipients(written(tmp_path, text))
    assert source.header_line == 3
    assert rows_of(source) == [(4, ("1", "a")), (7, ("2", "several\nlines\n\nhere")), (9, ("3", "c"))]


def test_ragged_rows_come_as_they_are(tmp_path: Path) -> None:
    source = open_recipients(written(tmp_path, "a,b\n1\n1,2,3\n,2\n"))
    assert rows_of(source) == [(2, ("1",)), (3, ("1", "2", "3")), (4, ("", "2"))]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_blocks_are_the_rows_in_order(tmp_path: Path, size: int) -> None:
    source = open_recipients(
        written(tmp_path, "\nn\n" + "".join(f"{n}\n" + "\n" * (n % 3) for n in range(20)))
    )
    blocks = list(source.blocks(size))
    assert all(0 < len(block) <= size for block in blocks)
    assert [row for block in blocks for row in block] == list(source.rows())
    assert [row.fields[0] for row in source.rows()] == [str(n) for n in range(20)]


def test_rows_may_be_asked_for_again_and_at_the_same_time(tmp_path: Path) -> None:
    source = open_recipients(written(tmp_path, "n\n1\n2\n3\n"))
    first, second = source.rows(), source.rows()
    assert next(first) == next(second) == Row(2, ("1",))
    assert list(first) == list(second) == list(source.rows())[1:]


@pytest.mark.parametrize("text", ["phone,name\n", "phone,name", "\n\nphone\n\n,\n  \n"])
def test_a_header_alone_is_an_error(tmp_path: Path, text: str) -> None:
    with pytest.raises(FileProblem, match="has a header but no rows"):
        open_recipients(written(tmp_path, text))


def test_faults_far_down_come_when_their_row_is_reached(tmp_path: Path) -> None:
    source = open_recipients(written(tmp_path, b"n\n" + b"1\n" * 50_000 + b'"2\n'))
    rows = source.rows()
    assert next(rows).line == 2
    with pytest.raises(FileProblem, match="row 50002"):
        list(rows)


def test_a_file_that_changed_its_header_is_an_error(tmp_path: Path) -> None:
    source = open_recipients(written(tmp_path, "phone,name\n1,a\n"))
    written(tmp_path, "name,phone\na,1\n")
    with pytest.raises(FileProblem, match="changed"):
        list(source.rows())


def test_the_digest_is_that_of_the_bytes(tmp_path: Path) -> None:
    path = written(tmp_path, "n\n1\n")
    assert open_recipients(path).digest() == hashlib.sha256(b"n\n1\n").hexdigest()
    source = open_recipients(path)
    path.unlink()
    with pytest.raises(FileProblem, match="no such file"):
        source.digest()


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    def peak(rows: int) -> int:
        source = open_recipients(written(tmp_path, "phone,name\n" + "0639980001,Zoë\n" * rows))
        tracemalloc.start()
        try:
            assert sum(1 for _ in source.rows()) == rows
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    # The first block is read record by record, because the header is in it.
    assert peak(80_000) < 1.2 * peak(16_000)


def test_pandas_is_not_imported_for_a_csv(tmp_path: Path) -> None:
    path = written(tmp_path, "phone\n1\n")
    script = (
        "import sys; from smscampaign.recipients.sources import open_recipients; "
        f"list(open_recipients({str(path)!r}).rows()); assert 'pandas' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


@given(st.binary(max_size=80))
@example(b"a\n\n\n")
@example(b'a\n"')
@example(b"a,b;c\t\n\xef\xbb\xbf\n")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=150)
def test_any_bytes_give_rows_or_a_file_problem(tmp_path: Path, content: bytes) -> None:
    with contextlib.suppress(FileProblem):
        source = open_recipients(written(tmp_path, content))
        lines = [row.line for row in source.rows()]
        assert lines
        assert lines == sorted(set(lines))
        assert lines[0] > source.header_line


# --- DataFrames ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("0639980001", "0639980001"),
        (" NA ", " NA "),
        (639980001, "639980001"),
        (33639980001.0, "33639980001"),
        (-0.0, "0"),
        (1e21, "1000000000000000000000"),
        (1.5, "1.5"),
        (np.int64(7), "7"),
        (np.float64(7.0), "7"),
        (decimal.Decimal("12.50"), "12.50"),
        (decimal.Decimal("12.0"), "12"),
        (decimal.Decimal("sNaN"), ""),
        (float("nan"), ""),
        (float("inf"), "Infinity"),
        (None, ""),
        (pd.NA, ""),
        (pd.NaT, ""),
        (True, "True"),
        (fractions.Fraction(1, 2), "1/2"),
        (datetime.date(2026, 1, 2), "2026-01-02"),
        (datetime.datetime(2026, 1, 2), "2026-01-02"),  # noqa: DTZ001 - cells know no zone
        (datetime.datetime(2026, 1, 2, 10, 30), "2026-01-02 10:30"),  # noqa: DTZ001 - cells know no zone
        (pd.Timestamp("2026-01-02 10:30:05"), "2026-01-02 10:30:05"),
    ],
)
def test_a_frames_cell_is_the_text_it_stands_for(cell: object, text: str) -> None:
    frame = pd.DataFrame({"x": pd.Series([cell], dtype=object), "y": ["-"]})
    assert rows_of(from_frame(frame)) == [(2, (text, "-"))]


@pytest.mark.parametrize(
    "cells",
    [
        pd.Series([33639980001, None]),
        pd.Series([33639980001, None], dtype="Int64"),
        pd.Series(["33639980001", None], dtype="str"),
        pd.Series(["33639980001", pd.NA], dtype="string"),
        pd.Series(["33639980001", None], dtype="category"),
        pd.Series([33639980001, None], dtype=object),
    ],
    ids=lambda cells: str(cells.dtype),
)
def test_numbers_survive_every_kind_of_column(cells: pd.Series) -> None:
    frame = pd.DataFrame({"phone": cells, "name": ["Zoë", "Ann"]})
    assert rows_of(from_frame(frame)) == [(2, ("33639980001", "Zoë")), (3, ("", "Ann"))]


def test_a_frames_rows_are_numbered_as_if_it_were_a_file() -> None:
    frame = pd.DataFrame({"n": ["a", "", None, "d"], "m": [None, " ", "", "e"]}, index=[7, 8, 0, -1])
    source = from_frame(frame, name="customers")
    assert rows_of(source) == [(2, ("a", "")), (5, ("d", "e"))]
    assert (source.name, source.header, source.header_line) == ("customers", ("n", "m"), 1)
    assert (source.delimiter, source.bom) == (",", False)
    assert list(source.rows()) == list(source.rows())


def test_frame_blocks_are_the_rows_in_order() -> None:
    source = from_frame(pd.DataFrame({"n": [str(n) if n % 5 else "" for n in range(23)]}))
    blocks = list(source.blocks(4))
    assert all(0 < len(block) <= 4 for block in blocks)
    assert [row for block in blocks for row in block] == list(source.rows())
    assert [row.line for row in source.rows()] == [n + 2 for n in range(23) if n % 5]


def test_column_names_of_a_frame_are_text_and_may_repeat() -> None:
    frame = pd.DataFrame([["a", "b", "c"]], columns=["x", "x", 2026])
    assert from_frame(frame).header == ("x", "x", "2026")
    assert rows_of(from_frame(frame)) == [(2, ("a", "b", "c"))]


@pytest.mark.parametrize("frame", [pd.DataFrame(), pd.DataFrame({"n": []}), pd.DataFrame({"n": [None, ""]})])
def test_a_frame_without_rows_is_an_error(frame: pd.DataFrame) -> None:
    with pytest.raises(FileProblem, match="no rows"):
        from_frame(frame)


def test_a_frames_digest_changes_with_its_content_only() -> None:
    def digest(cells: list[object], header: str = "n") -> str:
        return from_frame(pd.DataFrame({header: pd.Series(cells, dtype=object)})).digest()

    assert digest(["1", "2"]) == digest([1, 2.0])
    different = [digest(["1", "2"]), digest(["2", "1"]), digest(["1", "", "2"]), digest(["1,2"])]
    assert len({*different, digest(["1", "2"], "m"), digest(["1", "\udce9"])}) == 6


def test_a_frames_digest_is_that_of_the_file_pandas_would_write() -> None:
    frame = pd.DataFrame({"phone": ["0639980001"] * 5_000, "note": ["a,b"] * 5_000})
    content = frame.to_csv(index=False, lineterminator="\r\n").encode()
    assert from_frame(frame).digest() == hashlib.sha256(content).hexdigest()


def test_a_file_and_a_frame_of_its_text_give_the_same_rows(tmp_path: Path) -> None:
    path = written(tmp_path, "phone,name\n0639980001,\n,Zoë\n\n007,NA\n")
    frame = pd.read_csv(path, dtype=str, keep_default_na=False, skip_blank_lines=False)
    assert rows_of(from_frame(frame)) == rows_of(open_recipients(path))


# --- files as they come ---------------------------------------------------------------------------------------------


TEXT = "Prénom;Mobile\r\nZoë;0639980001\r\n"


@pytest.mark.parametrize(
    ("codec", "told"),
    [
        ("utf-8", None),
        ("utf-8-sig", None),
        ("utf-16", None),
        ("cp1252", "windows-1252"),
        ("mac_roman", "Mac Roman"),
    ],
)
def test_character_sets_are_found_and_said_when_guessed(tmp_path: Path, codec: str, told: str | None) -> None:
    source = open_recipients(written(tmp_path, TEXT.encode(codec)))
    assert source.header == ("Prénom", "Mobile")
    assert rows_of(source) == [(2, ("Zoë", "0639980001"))]
    assert source.bom == (codec != "utf-8")
    wanted = f"read as {told}, a guess, from words such as “Prénom”: --encoding decides"
    assert source.remarks == ((wanted,) if told else ())


def test_a_person_decides_about_encoding_delimiter_and_header(tmp_path: Path) -> None:
    path = written(tmp_path, "x,y;z\nName;Téléphone\nZoë;1\n".encode("mac_roman"))
    source = open_recipients(path, Choices("mac-roman", ";", None, 2))
    assert (source.header, source.header_line, source.remarks) == (("Name", "Téléphone"), 2, ())
    assert rows_of(source) == [(3, ("Zoë", "1"))]
    with pytest.raises(SettingsProblem, match="row 9") as caught:
        open_recipients(path, Choices(header_row=9))
    assert caught.value.where == "file.header_row"
    assert open_recipients(written(tmp_path, "a\tb\n1\t2\n"), Choices(delimiter="tab")).header == ("a", "b")
    with pytest.raises(FileProblem, match="not ascii: it holds the byte 0xC3"):
        open_recipients(written(tmp_path, "Zoë\n1\n"), Choices("ascii"))


def test_titles_above_the_header_are_passed_over_and_said(tmp_path: Path) -> None:
    text = "Spring sale;;\nExported;23.11.2026;\n;;\nname;mobile;city\nAnn;0639980001;Paris\n"
    source = open_recipients(written(tmp_path, text))
    assert (source.header, source.header_line) == (("name", "mobile", "city"), 4)
    assert rows_of(source) == [(5, ("Ann", "0639980001", "Paris"))]
    assert source.remarks == (
        "rows 1 to 2 stand above the column names, which are in row 4: --header-row decides",
    )
    assert [list(block.lines) for block in source.blocks(1)] == [[5]]


def test_a_list_of_numbers_needs_no_header(tmp_path: Path) -> None:
    source = open_recipients(written(tmp_path, "0639980001\n\n+33 6 39 98 00 02\n"))
    assert (source.header, source.names, source.header_line) == (("number",), ("number",), 0)
    assert rows_of(source) == [(1, ("0639980001",)), (3, ("+33 6 39 98 00 02",))]
    assert "row 1 is the first recipient" in source.remarks[0]
    assert number_column(source.names) == 0


@pytest.mark.parametrize(
    "text", ["0639980001\nAnn\n", "0639980001,Ann\n0639980002,Bob\n", "0639980001\n" * 300 + "x\n"]
)
def test_anything_else_without_a_header_is_not_taken_for_one(tmp_path: Path, text: str) -> None:
    source = open_recipients(written(tmp_path, text))
    assert source.header_line == 1
    with pytest.raises(SettingsProblem, match="the first row holds data"):
        number_column(source.names)


def test_empty_columns_at_the_edge_make_no_row_ragged(tmp_path: Path) -> None:
    source = open_recipients(written(tmp_path, "name,mobile,,\nAnn,1\nBob,2,,,,\nCid,3,x,\nDan\nEva,4,,,y\n"))
    assert source.header == ("name", "mobile", "", "")
    assert source.names == ("name", "mobile", "column C", "column D")
    assert [len(fields) for _, fields in rows_of(source)] == [4, 4, 4, 1, 5]


def test_a_column_without_a_name_is_called_by_its_letter(tmp_path: Path) -> None:
    source = open_recipients(written(tmp_path, "name,,mobile,\nAnn,VIP,1,\n"))
    assert source.header == ("name", "", "mobile", "")
    assert source.names == ("name", "column B", "mobile", "")


def test_a_zipped_table_is_read_where_it_lies(tmp_path: Path) -> None:
    path = tmp_path / "people.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("list/people.csv", TEXT.encode("utf-16"))
    source = open_recipients(path)
    assert rows_of(source) == rows_of(source) == [(2, ("Zoë", "0639980001"))]
    assert source.remarks == ("'people.csv' in the archive is read",)
    assert source.digest() == hashlib.sha256(path.read_bytes()).hexdigest()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("people.csv", b"%PDF-1.7")
    with pytest.raises(FileProblem, match="PDF"):
        open_recipients(path)


# --- either ----------------------------------------------------------------------------------------------------------


def test_recipients_open_by_what_they_are(tmp_path: Path) -> None:
    path = written(tmp_path, "phone\n1\n")
    assert isinstance(open_recipients(path), CsvFile)
    assert open_recipients(path) == open_recipients(str(path))
    assert isinstance(open_recipients(pd.DataFrame({"phone": ["1"]})), FrameSource)


@pytest.fixture(params=[5, [["phone"]], pd.Series(["1"])], ids=["int", "list", "series"])
def neither(request: pytest.FixtureRequest) -> Iterator[object]:
    return request.param


def test_anything_else_is_refused(neither: object) -> None:
    with pytest.raises(SettingsProblem, match=type(neither).__name__):
        open_recipients(neither)  # type: ignore[arg-type]


# --- columns ---------------------------------------------------------------------------------------------------------


NUMBER_NAMES = """
    number,Phone,PHONE_NUMBER,phone-number,mobile,Mobile number,mobile phone,cell,Cell Phone,msisdn,GSM,gsm number,tel,
    Tél.,telephone,Téléphone,telephone,TÉLÉPHONE PORTABLE,Tél. mobile,Portable,Numéro,Numéro de téléphone,numero,N° de tél,
    Telefon,Numer,numer_telefonu,Komórka,Handy,Handynummer,Mobil,Mobilnummer,Telefonnummer,Rufnummer,Móvil,celular,
    Teléfono,Teléfono móvil,cellulare,telefono,Numero di telefono,contact number,SMS,recipient,Receiver,to
"""


@pytest.mark.parametrize("name", NUMBER_NAMES.split(","))
def test_the_number_column_is_known_by_its_name(name: str) -> None:
    assert number_column(["id", f"\ufeff{name}", "name"]) == 1


def test_two_columns_of_numbers_are_listed() -> None:
    with pytest.raises(SettingsProblem, match=r"'Phone', 'Mobile'") as caught:
        number_column(["id", "Phone", "Mobile"])
    assert "--number-column" in caught.value.remedy


def test_no_column_of_numbers_lists_all_columns() -> None:
    with pytest.raises(SettingsProblem, match="no column") as caught:
        number_column(["id", "Full name"])
    assert "--number-column" in caught.value.remedy
    assert "'id', 'Full name'" in caught.value.remedy


def test_the_number_column_can_be_named() -> None:
    assert number_column(["Phone", "Second Phone"], "second_phone") == 1
    assert number_column(["Phone", "Mobile"], "mobile") == 1


def test_a_wanted_column_that_is_not_there_brings_a_guess() -> None:
    with pytest.raises(SettingsProblem, match="no column 'contry'") as caught:
        column(["Phone", "Country"], "contry", option="--country-column")
    assert caught.value.where == "--country-column"
    assert caught.value.remedy == "Did you mean 'Country'? The columns are: 'Phone', 'Country'."
    with pytest.raises(SettingsProblem) as caught:
        column(["Phone"], "zzz", option="--country-column")
    assert caught.value.remedy == "The columns are: 'Phone'."


def test_repeated_names_matter_only_where_they_are_asked_for() -> None:
    header = ["phone", "Note", "note", "country"]
    assert number_column(header) == 0
    assert column(header, "Country", option="--country-column") == 3
    with pytest.raises(SettingsProblem, match="several columns are called 'NOTE': 'Note'") as caught:
        column(header, "NOTE", option="--country-column")
    assert caught.value.what.endswith("'Note' (column B), 'note' (column C)")
    assert '"column B" or "column C"' in caught.value.remedy
    assert column(header, "column C", option="--country-column") == 2


@pytest.mark.parametrize("content", [b"\n\n", b"\n \n;;;\n", b";;;\n,,,\n", b"\t\n"])
def test_a_file_of_nothing_but_blank_rows_has_no_header(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(FileProblem, match="the file is empty: it holds nothing but blank rows"):
        open_recipients(written(tmp_path, content))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('"Nom,Mobile"\n"A,0639980001"\n"B,0639980002"\n', "commas"),
        ('"Nom;""Mobile"""\n"A;""0639980001"""\n', "semicolons"),
        ('Nom,Mobile\n"A,0639980001"\n"B,0639980002"\n', "commas"),
    ],
)
def test_rows_that_are_one_cell_each_are_said(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(FileProblem, match=f"each row is one cell, .*separated by {said}") as caught:
        open_recipients(written(tmp_path, text))
    assert "Text to Columns" in caught.value.remedy


def test_a_delimiter_that_separates_nothing_is_suspected(tmp_path: Path) -> None:
    path = written(tmp_path, "Nom,Mobile\nA,0639980001\n")
    assert open_recipients(path, Choices(delimiter=",")).header == ("Nom", "Mobile")
    with pytest.raises(FileProblem, match="each row is one cell") as caught:
        open_recipients(path, Choices(delimiter=";"))
    assert caught.value.remedy == "Leave --delimiter out: ';' separates nothing in this file."


@pytest.mark.parametrize(
    "text",
    [
        "mobile\n0639980001\n0639980002\n",
        'name,mobile\n"Dupont, Jean",\n"Durand, Eve",\n"X, Y",0639980001\n',
        '"Name, first name"\n"Dupont, Jean"\n',
    ],
)
def test_lone_cells_that_are_no_rows_are_left_alone(tmp_path: Path, text: str) -> None:
    open_recipients(written(tmp_path, text))


def test_half_a_surrogate_pair_in_a_frame_is_no_character():
    frame = pd.DataFrame({"number": ["+33799000001"], "name": ["Zo\ud83d"]}, dtype=object)
    assert rows_of(from_frame(frame)) == [(2, ("+33799000001", "Zo\ufffd"))]


@pytest.mark.parametrize(
    ("column", "texts"),
    [
        (pd.Series([19.9, 5, None], dtype="float32"), ["19.9", "5", ""]),
        (pd.Series([19.9, pd.NA], dtype="Float32"), ["19.9", ""]),
        (pd.Series([0.1 + 0.2, 33639980001.0]), ["0.3", "33639980001"]),
        (pd.Series([np.float32(19.9), np.datetime64("2026-03-06"), np.timedelta64(90, "m")], dtype=object),
         ["19.9", "2026-03-06", "1:30"]),
        (pd.to_timedelta(pd.Series(["26:05:00", None, "-01:30:00"])), ["26:05", "", "-1:30"]),
        (pd.Series(pd.to_datetime(["2026-03-06", None])), ["2026-03-06", ""]),
        (pd.Series([datetime.time(10, 30), datetime.timedelta(seconds=75)], dtype=object), ["10:30", "0:01:15"]),
        (pd.Series(["a", "b"], dtype="category"), ["a", "b"]),
    ],
)  # fmt: skip
def test_a_frame_gives_no_numbers_and_times_as_python_writes_them(
    column: pd.Series, texts: list[str]
) -> None:
    frame = pd.DataFrame({"mobile": ["1"] * len(texts), "x": column})
    assert [row.fields[1] for row in from_frame(frame).rows()] == texts


@pytest.mark.parametrize("value", [["a", "b"], {"a": 1}, ("a",), object(), {1}])
def test_a_list_in_a_frame_is_refused_and_not_sent_as_python_writes_it(value: object) -> None:
    frame = pd.DataFrame({"mobile": ["1"], "x": pd.Series([value], dtype=object)})
    with pytest.raises(FileProblem, match="column 'x' has cells that cannot be sent"):
        list(from_frame(frame).rows())
