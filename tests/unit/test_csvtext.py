import contextlib
import csv
import io
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from smscampaign.csvtext import _open_text, head_of, header_of, reading, records_of, sniffed
from smscampaign.errors import FileProblem


def written(folder: Path, content: bytes, name: str = "people.csv") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def all_records(path: Path, delimiter: str = ",", size: int = 3) -> list[list[str]]:
    return [record for _, block in records_of(path, delimiter, size) for record in block]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("number,name\n", ","),
        ("number;name\n", ";"),
        ("number\tname\n", "\t"),
        ("number\n0612;x;y;z\n", ","),
        ("number", ","),
        ("", ","),
        ('"a;b;c;d",number\n', ","),
        ('"a ""quoted;"" word;b",number\n', ","),
        ('"several;\nlines;",number\n1;2;3;4\n', ","),
        ("number;name, first, or other\n", ","),
        ("number;name, or other\n", ";"),
        ("\n \n;;;\nnumber,name\n", ","),
        ('size 5";a;b\n', ";"),
        ("a;b\rc,d,e,f,g\r", ";"),
    ],
)
def test_the_delimiter_is_the_one_most_found_in_the_header(text: str, expected: str) -> None:
    assert sniffed(text) == expected


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b" \r\n\t\n", "empty"),
        (b"PK\x03\x04rest", "workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Excel"),
        (b"%PDF-1.7", "PDF"),
        ("number\n1".encode("utf-16"), "UTF-16"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"SQLite format 3\0", "SQLite"),
        (b"PAR1", "Parquet"),
        (b"a,b\n\0\0\0\0", "NUL byte at offset 4"),
        (b"\n <!DOCTYPE html><title>Sign in</title>", "web page"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>", "web page or XML"),
    ],
)
def test_what_is_not_csv_is_named(tmp_path: Path, content: bytes, what: str) -> None:
    with pytest.raises(FileProblem, match=what) as caught:
        head_of(written(tmp_path, content))
    assert caught.value.where == "people.csv"
    assert caught.value.remedy


def test_a_missing_file_comes_with_its_neighbours(tmp_path: Path) -> None:
    written(tmp_path, b"x", "spring_sale.csv")
    with pytest.raises(FileProblem, match="no such file") as caught:
        head_of(tmp_path / "spring_sales.cvs")
    assert "'spring_sale.csv'" in caught.value.remedy
    with pytest.raises(FileProblem) as caught:
        head_of(tmp_path / "entirely different")
    assert caught.value.remedy == "Check the name and the folder."


def test_a_missing_folder_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(FileProblem, match="no such file") as caught:
        head_of(tmp_path / "nowhere" / "people.csv")
    assert "nowhere" in caught.value.remedy


def test_a_folder_and_a_pipe_are_not_files(tmp_path: Path) -> None:
    with pytest.raises(FileProblem, match="folder"):
        head_of(tmp_path)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(FileProblem, match="not a regular file"):
            head_of(tmp_path / "pipe")


@pytest.mark.parametrize(
    ("error", "what"),
    [
        (PermissionError(13, "Permission denied"), "may not be read"),
        (OSError(5, "Input/output error"), "Input/output error"),
        (ValueError("embedded null byte"), "embedded null byte"),
    ],
)
def test_what_the_system_says_becomes_a_file_problem(error: Exception, what: str) -> None:
    with pytest.raises(FileProblem, match=what) as caught, reading(Path("people.csv")):
        raise error
    assert caught.value.where == "people.csv"


def test_undecodable_bytes_pass_through_to_where_their_row_is_known() -> None:
    with pytest.raises(UnicodeError), reading(Path("people.csv")):
        b"\xff".decode()


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("size", [1, 2, 3, 4, 100])
@pytest.mark.parametrize("last", [True, False])
def test_records_count_blank_lines_and_not_line_breaks_in_cells(
    tmp_path: Path, line_end: str, size: int, last: bool
) -> None:
    text = line_end.join(["number,note", "1,a", "", '2,"b', 'b"', "3,c"]) + line_end * last
    blocks = list(records_of(written(tmp_path, text.encode()), ",", size))
    numbered = [(first + place, cells) for first, block in blocks for place, cells in enumerate(block)]
    assert numbered == [
        (1, ["number", "note"]),
        (2, ["1", "a"]),
        (3, []),
        (4, ["2", f"b{line_end}b"]),
        (5, ["3", "c"]),
    ]


def test_the_header_is_the_first_line_with_something_in_it(tmp_path: Path) -> None:
    assert header_of(written(tmp_path, b"\n\n ;\nnumber; name \n1;2\n"), ";") == (4, ("number", " name "))
    with pytest.raises(FileProblem, match="empty"):
        header_of(written(tmp_path, b"\n,,\n"), ",")


@pytest.mark.parametrize(
    ("before", "after"), [(0, 0), (0, 70_000), (70_000, 0), (3, 1)], ids=["only", "early", "late", "between"]
)
def test_bytes_that_are_not_utf8_are_placed(tmp_path: Path, before: int, after: int) -> None:
    path = written(tmp_path, b"number,city\n" + b"1,x\n" * before + b"2,Orl\xe9ans\n" + b"3,y\n" * after)
    with pytest.raises(FileProblem, match="not UTF-8: it holds the byte 0xE9") as caught:
        all_records(path)
    assert caught.value.where == f"people.csv, row {before + 2}, column 'city'"
    assert "CSV UTF-8" in caught.value.remedy


def test_bytes_that_are_not_utf8_in_the_header_are_placed(tmp_path: Path) -> None:
    with pytest.raises(FileProblem) as caught:
        all_records(written(tmp_path, b"num\xe9ro\n1\n"))
    assert caught.value.where == "people.csv, row 1"


def test_a_character_cut_off_at_the_end_is_not_utf8(tmp_path: Path) -> None:
    with pytest.raises(FileProblem, match="0xC3"):
        all_records(written(tmp_path, b"number\ncaf\xc3"))


@pytest.mark.parametrize("after", [b"", b"\n", b"4,x\n5,y\n", b"z,z\n" * 60_000])
def test_a_quote_that_never_closes_is_placed(tmp_path: Path, after: bytes) -> None:
    path = written(tmp_path, b'number,name\n1,a\n\n2,"b\n' + after)
    with pytest.raises(FileProblem, match="never closed") as caught:
        all_records(path, size=2)
    assert caught.value.where == "people.csv, row 4"


def test_a_quote_that_never_closes_comes_before_bad_bytes_further_down(tmp_path: Path) -> None:
    path = written(tmp_path, b'number,name\n2,"b\n' + b"z,z\n" * 60_000 + b"\xe9\n")
    with pytest.raises(FileProblem, match="never closed"):
        all_records(path)


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        (b'1,"a"b\n', ["1", "ab"]),
        (b'1,a"b"\n', ["1", 'a"b"']),
        (b'1,""\n', ["1", ""]),
        (b'1,"a""b"', ["1", 'a"b']),
        (b'1,"a"', ["1", "a"]),
    ],
)
def test_quotes_that_close_are_read_as_spreadsheets_read_them(
    tmp_path: Path, line: bytes, cells: list[str]
) -> None:
    assert all_records(written(tmp_path, line)) == [cells]


def test_a_nul_far_down_is_placed(tmp_path: Path) -> None:
    with pytest.raises(FileProblem, match="NUL byte at offset 200003"):
        all_records(written(tmp_path, b"a\n" + b"x\n" * 100_000 + b"y\0\n"))


def test_a_file_that_vanishes_is_a_file_problem(tmp_path: Path) -> None:
    with pytest.raises(FileProblem, match="no such file"):
        all_records(tmp_path / "gone.csv")


CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)


@given(st.lists(st.lists(CELLS, min_size=2, max_size=4), min_size=1, max_size=8), st.sampled_from(",;\t"))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_what_a_csv_writer_wrote_is_read_unaltered(
    tmp_path: Path, records: list[list[str]], delimiter: str
) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows(records)
    path = written(tmp_path, text.getvalue().encode("utf-8-sig"))
    assert all_records(path, delimiter) == records


@given(st.binary(max_size=60), st.sampled_from(",;\t"))
@example(b'"', ",")
@example(b'a\r"\r\n', ",")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=120)
def test_any_bytes_give_records_or_a_file_problem(tmp_path: Path, content: bytes, delimiter: str) -> None:
    with contextlib.suppress(FileProblem):
        for record in all_records(written(tmp_path, content), delimiter):
            assert all(isinstance(cell, str) for cell in record)


def test_a_file_mended_while_its_fault_is_sought_is_said_to_have_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, b"number\n\xe9\n")

    def mend_and_open(*args: Any, **kwargs: Any) -> io.TextIOWrapper:
        if kwargs:
            path.write_bytes(b"number\n1\n")
        return _open_text(*args, **kwargs)

    monkeypatch.setattr("smscampaign.csvtext._open_text", mend_and_open)
    with pytest.raises(FileProblem, match="changed while it was being read"):
        all_records(path)
