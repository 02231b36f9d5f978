import contextlib
import csv
import io
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from smscampaign.blocks import Block, squared
from smscampaign.errors import FileProblem
from smscampaign.recipients.csvtext import (
    CsvText,
    Dialect,
    _lines,
    dialect_of,
    records_of,
)
from smscampaign.recipients.kinds import head_of, reading


def written(folder: Path, content: bytes, name: str = "people.csv") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def text_in(path: Path, delimiter: str = ",", codec: str = "utf-8-sig", charset: str = "UTF-8") -> CsvText:
    return CsvText(path, Dialect(codec, charset, delimiter))


def all_records(path: Path, delimiter: str = ",", size: int = 3) -> list[list[str]]:
    return [record for _, block in records_of(text_in(path, delimiter), size) for record in block]


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
        ("number;name, first, or other\n", ";"),
        ("number;name, or other\n", ";"),
        ("\n \n;;;\nnumber,name\n", ","),
        ('size 5";a;b\n', ";"),
        ("a;b\rc,d,e,f,g\r", ";"),
    ],
)
def test_the_delimiter_is_the_one_of_the_header(text: str, expected: str) -> None:
    assert dialect(text)[0] == expected


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"%PDF-1.7", "PDF"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "protected by a password",
        ),
        (b"\x89PNG\r\n\x1a\n", "picture"),
        (b"\xff\xd8\xff\xe0", "picture"),
        (b"GIF89a", "picture"),
        (b"{\\rtf1", "RTF"),
        (b"BEGIN:VCARD", "contacts"),
        (b"7z\xbc\xaf\x27\x1c", "7-Zip"),
        (b"<table><tr><td>Phone", "web page"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"SQLite format 3\0", "SQLite"),
        (b"PAR1", "Parquet"),
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
    blocks = list(records_of(text_in(written(tmp_path, text.encode())), size))
    numbered = [(first + place, cells) for first, block in blocks for place, cells in enumerate(block)]
    assert numbered == [
        (1, ["number", "note"]),
        (2, ["1", "a"]),
        (3, []),
        (4, ["2", f"b{line_end}b"]),
        (5, ["3", "c"]),
    ]


@pytest.mark.parametrize(
    ("before", "after"), [(0, 0), (0, 70_000), (70_000, 0), (3, 1)], ids=["only", "early", "late", "between"]
)
def test_bytes_that_are_not_utf8_are_placed(tmp_path: Path, before: int, after: int) -> None:
    path = written(tmp_path, b"number,city\n" + b"1,x\n" * before + b"2,Orl\xe9ans\n" + b"3,y\n" * after)
    with pytest.raises(FileProblem, match="not UTF-8: it holds the byte 0xE9") as caught:
        all_records(path)
    assert caught.value.where == f"people.csv, row {before + 2}, column 'city'"
    assert "save the file as UTF-8" in caught.value.remedy


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


def test_a_cell_beyond_all_bounds_is_not_blamed_on_a_quote(tmp_path: Path) -> None:
    path = written(tmp_path, b"number,name\n1,a\n2," + b"y" * 200_000 + b"\n")
    with pytest.raises(FileProblem, match="a cell holds more than 131072 characters") as caught:
        all_records(path)
    assert caught.value.where == "people.csv, row 3"


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


@pytest.mark.parametrize("wide", [0, 2])
@pytest.mark.parametrize("size", [1, 2, 100])
@pytest.mark.parametrize(
    ("codec", "quoted"), [("utf-8-sig", False), ("utf-8-sig", True), ("utf-16", False), ("utf-16", True)]
)
def test_where_files_were_joined_the_mark_of_the_second_is_in_no_cell(
    tmp_path: Path, codec: str, quoted: bool, size: int, wide: int
) -> None:
    name = '"Bob, junior"' if quoted else "Bob"
    path = written(tmp_path, f"name,x\nAnna,1\n\ufeff{name},2\n\ufeffZ\ufeffoe,3\n".encode(codec))
    found = [
        list(one)
        for _, block in records_of(text_in(path, codec=codec), size, wide=wide)
        for one in (block.fields if isinstance(block, Block) else block)
    ]
    assert found == [["name", "x"], ["Anna", "1"], [name.strip('"'), "2"], ["Z\ufeffoe", "3"]]


def test_a_nul_far_down_is_placed(tmp_path: Path) -> None:
    with pytest.raises(FileProblem, match="NUL byte at offset 200003"):
        all_records(written(tmp_path, b"a\n" + b"x\n" * 100_000 + b"y\0\n"))


def test_a_file_that_vanishes_is_a_file_problem(tmp_path: Path) -> None:
    with pytest.raises(FileProblem, match="no such file"):
        all_records(tmp_path / "gone.csv")


# At the start of a line the byte order mark is none of a cell's.
CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufeff"), max_size=8)


@given(st.lists(st.lists(CELLS, min_size=2, max_size=4), min_size=1, max_size=8), st.sampled_from(",;\t"))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=60)
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
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=120)
def test_any_bytes_give_records_or_a_file_problem(tmp_path: Path, content: bytes, delimiter: str) -> None:
    with contextlib.suppress(FileProblem):
        for record in all_records(written(tmp_path, content), delimiter):
            assert all(isinstance(cell, str) for cell in record)


def test_a_file_mended_while_its_fault_is_sought_is_said_to_have_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, b"number\n\xe9\n")

    def mend_and_open(*args: Any, **kwargs: Any) -> Any:
        if kwargs:
            path.write_bytes(b"number\n1\n")
        return _lines(*args, **kwargs)

    monkeypatch.setattr("smscampaign.recipients.csvtext._lines", mend_and_open)
    with pytest.raises(FileProblem, match="changed while it was being read"):
        all_records(path)


LONG = 2**21


@pytest.mark.parametrize(
    ("content", "codec", "row", "said"),
    [
        (b"a,b\n1,2\n" + b"x" * LONG + b"x\n", "utf-8-sig", 3, "longer than 2,097,152 characters"),
        (
            "a,b\n1,2\n".encode("utf-16-le") + b"x\0" * LONG,
            "utf-16-le",
            3,
            "longer than 2,097,152 characters",
        ),
        (b"a,b\n1,2\n" + b'"\n",' * LONG, "utf-8-sig", 3, "longer than 2,097,152 characters"),
        # Damage in it is found behind that.
        (b"a,b\n1,2\n" + b'"\n",' * LONG + b"\xff", "utf-8-sig", 3, "longer than 2,097,152 characters"),
        (b"a,b\n" + b"1,2\n" * 5_000 + b"," * 16_384 + b"\n", "utf-8-sig", 5_002, "16,385 columns"),
    ],
    ids=["a line", "a line of UTF-16", "a row of many lines", "damaged", "columns"],
)
def test_a_row_that_no_table_has_is_placed_and_not_held(
    tmp_path: Path, content: bytes, codec: str, row: int, said: str
) -> None:
    with pytest.raises(FileProblem, match=said) as caught:
        for _ in records_of(text_in(written(tmp_path, content), codec=codec), 4_000):
            pass
    assert caught.value.where == f"people.csv, row {row}"


def test_long_rows_come_in_small_blocks_and_in_their_order(tmp_path: Path) -> None:
    rows = [f"{n},{'x' * n}\n" for n in (1, 5, 100_000, 3, *([120_000] * 200), 7, 2)]
    path = written(tmp_path, "".join(rows).encode())
    blocks = list(records_of(text_in(path), 1_000))
    assert [f"{','.join(record)}\n" for _, block in blocks for record in block] == rows
    assert [line for line, _ in blocks] == [
        1 + sum(len(one) for _, one in blocks[:at]) for at in range(len(blocks))
    ]
    assert 5 < len(blocks) < 20


# --- how a file is written -------------------------------------------------------------------------------------------


def dialect(text: str, **given_signs: str) -> tuple[str, str, bool]:
    found = dialect_of(text.encode(), codec="utf-8-sig", charset="UTF-8", **given_signs)
    return found.delimiter, found.quote, found.announced


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("name,mobile\nAnn,1\n", ","),
        ("name|mobile\nAnn|1\n", "|"),
        # The header has more commas than semicolons, and the rows know better.
        ("number;name, first, or other\n1;Ann\n2;Bob\n", ";"),
        ("name;city, country\nAnn;Paris, FR\nBob;Lyon, FR\n", ";"),
        ("id;price\n1;2,50\n2;3,50\n", ";"),
        ("Spring, 2027\n\nname;mobile\nAnn;1\nBob;2\nCid;3\n", ";"),
        ('"a,b";c\n"d,e";f\n', ";"),
        ("mobile\n1\n2\n", ","),
        ("a,b,,,\n1,2,,,\n", ","),
    ],
)
def test_the_rows_decide_the_delimiter(text: str, delimiter: str) -> None:
    assert dialect(text)[0] == delimiter


@pytest.mark.parametrize(
    ("line", "delimiter"),
    [("sep=;", ";"), ("SEP=|", "|"), ('"sep=,"', ","), ("\ufeffsep=\t", "\t")],
)
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_a_line_that_announces_the_delimiter_is_no_row(
    tmp_path: Path, line: str, delimiter: str, line_end: str
) -> None:
    text = line_end.join([line, f"a{delimiter}b", f"1{delimiter}2"])
    found = dialect_of(text.encode(), codec="utf-8-sig", charset="UTF-8")
    assert (found.delimiter, found.announced) == (delimiter, True)
    records = list(records_of(CsvText(written(tmp_path, text.encode()), found), 10))
    assert records == [(1, [["a", "b"], ["1", "2"]])]


def test_damage_just_below_a_line_that_announces_the_delimiter_is_placed(tmp_path: Path) -> None:
    text = CsvText(written(tmp_path, b"sep=;\na;b\n\xf0\x28;x\n"), Dialect(delimiter=";", announced=True))
    with pytest.raises(FileProblem, match="not UTF-8: it holds the byte 0xF0") as caught:
        list(records_of(text, 5))
    assert caught.value.where == "people.csv, row 2, column 'a'"


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("'a';'b'\n'1';'2'\n", "'"),
        ("'a'\n'1'\n", "'"),
        ("'a';b\n", '"'),
        ("O'Brien;b'c\n", '"'),
        ("'0612;'0613\n", '"'),
        ('"a";"b"\n', '"'),
    ],
)
def test_apostrophes_quote_only_where_every_cell_of_the_first_line_has_them(text: str, quote: str) -> None:
    assert dialect(text)[1] == quote


def test_a_delimiter_that_is_given_is_not_doubted() -> None:
    assert dialect("a;b;c\n1;2;3\n", delimiter=",") == (",", '"', False)
    assert dialect("sep=;\na;b\n", delimiter=",") == (",", '"', True)


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "cp1250", "mac_roman", "utf-8-sig"])
def test_records_of_every_character_set(tmp_path: Path, codec: str) -> None:
    path = written(tmp_path, "mobile,name\r\n1,Éva\r\n".encode(codec))
    assert list(records_of(text_in(path, codec=codec), 5)) == [(1, [["mobile", "name"], ["1", "Éva"]])]


@pytest.mark.parametrize(
    ("content", "codec", "said"),
    [
        ("a,b\n1,2\n".encode("utf-16")[:-1], "utf-16", "not X: it is damaged there, or cut off"),
        (b"a\0b\0", "utf-16", "not X: it is damaged there, or cut off"),
        ("a\0b".encode("utf-16"), "utf-16", "NUL"),
        (b"a\n\x81\n", "cp1252", "not X: it holds the byte 0x81"),
        (b"a\n\xc3\n", "utf-8", "not X: it holds the byte 0xC3"),
    ],
)
def test_what_is_not_in_the_character_set_is_said(
    tmp_path: Path, content: bytes, codec: str, said: str
) -> None:
    with pytest.raises(FileProblem, match=said):
        list(records_of(text_in(written(tmp_path, content), codec=codec, charset="X"), 5))


@pytest.mark.parametrize(
    ("cells", "made"),
    [
        (["1", "2", "3"], ["1", "2", "3"]),
        (["1", "2", "3", "", " "], ["1", "2", "3"]),
        (["1", "2", "3", "", "x"], ["1", "2", "3", "", "x"]),
        (["1", "2"], ["1", "2", ""]),
        (["1"], ["1"]),
        ([], []),
    ],
)
def test_rows_are_squared_where_only_empty_cells_are_over_or_missing(
    cells: list[str], made: list[str]
) -> None:
    assert squared([cells, ["a", "b", "c"]], 3, 2) == [made, ["a", "b", "c"]]


@given(st.lists(st.lists(CELLS, max_size=6), max_size=8), st.integers(1, 5), st.integers(0, 5))
def test_squaring_changes_no_cell_with_anything_in_it(
    records: list[list[str]], wide: int, needed: int
) -> None:
    made = squared(records, wide, min(needed, wide))
    filled = [[cell for cell in record if cell.strip()] for record in records]
    assert [[cell for cell in record if cell.strip()] for record in made] == filled
    for before, after in zip(records, made, strict=True):
        assert all(a == b for a, b in zip(before, after, strict=False))


PLAIN_LINES = st.lists(
    st.tuples(
        st.lists(
            st.sampled_from(["", "a", " ", "é", "ł", "a b", '"', "'", "\x1c", "\u2028", "x" * 50]), max_size=4
        ),
        st.sampled_from(["\n", "\n", "\n", "\r\n", "\r"]),
    ),
    max_size=12,
)


@given(
    PLAIN_LINES, st.integers(1, 4), st.integers(0, 4), st.integers(0, 3), st.sampled_from(",;"), st.booleans()
)
@example([(["a", "b"], "\n"), (["c", "d"], "\n")], 1, 2, 0, ",", True)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_lines_that_are_cut_at_once_are_those_that_are_read_one_by_one(
    tmp_path: Path,
    lines: list[tuple[list[str], str]],
    size: int,
    wide: int,
    after: int,
    delimiter: str,
    ended: bool,
) -> None:
    content = "".join(delimiter.join(cells) + end for cells, end in lines)
    text = text_in(written(tmp_path, (content if ended else content.rstrip("\r\n")).encode()), delimiter)

    def read(wide: int) -> list[tuple[int, list[str]]] | str:
        found = []
        try:
            for line, block in records_of(text, size, wide=wide, after=after):
                records = block.fields if isinstance(block, Block) else block
                found += [(line + at, list(cells)) for at, cells in enumerate(records)]
        except FileProblem as problem:
            return str(problem)
        return found

    quick, slow = read(wide), read(0)
    if wide == 1 and not isinstance(slow, str):
        slow = [
            (line, cells or [""]) for line, cells in slow
        ]  # a blank line is a row of one empty cell, or of none
        quick = [(line, cells or [""]) for line, cells in quick]
    assert quick == slow


def test_a_regular_file_comes_in_columns_but_for_its_header_its_end_and_what_is_quoted(
    tmp_path: Path,
) -> None:
    rows = [
        *(f"{n};{n}" for n in range(1, 12)),
        '12;"a',
        'b"',
        "13;13",
        "14;14",
        *(f"{n};{n}" for n in range(15, 19)),
    ]
    path = written(tmp_path, ("n;m\n" + "\n".join(rows) + "\n").encode())
    blocks = list(records_of(text_in(path, ";"), 3, wide=2, after=1))
    assert [isinstance(block, Block) for _, block in blocks] == [False, True, True, True, False, True, False]
    assert blocks[1] == (4, Block(range(4, 7), [["3", "4", "5"], ["3", "4", "5"]]))
