"""The results: the user's cells as they were, ours beside them, safe in a spreadsheet, whole or not at all."""

from __future__ import annotations

import csv
import os
import shutil
import stat
import subprocess
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from smscampaign import results
from smscampaign.errors import FileProblem
from smscampaign.model import Delivery, Encoding, Recipient, Repair, Row, RowResult, Status, Text
from smscampaign.recipients.sources import open_recipients
from smscampaign.results import COLUMNS, cells, header, lines, safe, save

MOMENT = datetime(2026, 3, 2, 9, 5, 7, 999999, tzinfo=UTC)


def answer(line, **values):
    return RowResult(line, **{"status": Status.PENDING, **values})


@pytest.fixture
def source(tmp_path):
    def make(content, name="spring.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return open_recipients(path)

    return make


def saved(source, answers, *, width=None):
    path = Path(source.path).with_name("out.csv")
    save(source, answers, path, width=width or len(source.header))
    return path


def read(path, delimiter=","):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file, delimiter=delimiter))


def test_the_columns_are_those_of_the_documentation():
    names = (
        "row number country status reason text encoding parts credits tag id sent_at delivery delivered_at"
        " repair"
    )
    assert tuple(f"sms_{name}" for name in names.split()) == COLUMNS


def test_a_full_answer_fills_every_column():
    full = answer(
        2,
        status=Status.ACCEPTED,
        reason="why",
        recipient=Recipient("+33639980001", "FR"),
        text=Text("Hello", Encoding.GSM7, 5, 1),
        credits=Decimal("1.5"),
        tag="tag-1",
        id=77,
        sent_at=MOMENT,
        delivery=Delivery.DELIVERED,
        delivered_at=MOMENT,
        repair=Repair.LEADING_ZERO,
    )
    assert dict(zip(COLUMNS, cells(full), strict=True)) == {
        "sms_row": "2",
        "sms_number": "+33639980001",
        "sms_country": "FR",
        "sms_status": "accepted",
        "sms_reason": "why",
        "sms_text": "Hello",
        "sms_encoding": "GSM-7",
        "sms_parts": "1",
        "sms_credits": "1.5",
        "sms_tag": "tag-1",
        "sms_id": "77",
        "sms_sent_at": "2026-03-02T09:05:07Z",
        "sms_delivery": "delivered",
        "sms_delivered_at": "2026-03-02T09:05:07Z",
        "sms_repair": "leading-zero",
    }


def test_what_is_not_known_is_empty_and_zero_is_not():
    assert cells(answer(3))[4:] == [""] * 11
    assert cells(answer(3, credits=Decimal(0), id=0))[8:11] == ["0", "", "0"]


def test_the_users_cells_are_untouched(source):
    content = 'name,number\r\n"=cmd(),1","+33 6 39 98 00 01"\r\n" Zażółć ""x""\ny ",0639980002\r\n'
    rows = read(saved(source(content), [answer(2), answer(3)]))
    assert rows[0] == ["name", "number", *COLUMNS]
    assert [row[:2] for row in rows[1:]] == [
        ["=cmd(),1", "+33 6 39 98 00 01"],
        [' Zażółć "x"\ny ', "0639980002"],
    ]
    assert [row[2] for row in rows[1:]] == ["2", "3"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_delimiter_and_byte_order_mark_are_the_files(source, delimiter, bom):
    path = saved(source(bom + f"name{delimiter}number\nAnna{delimiter}1\n".encode()), [answer(2)])
    assert path.read_bytes().startswith(bom + b"name")
    assert not path.read_bytes().startswith(bom + b"\xef\xbb\xbf")
    assert read(path, delimiter)[1][:3] == ["Anna", "1", "2"]


def test_ragged_rows_stay_under_their_columns(source):
    content = "name,number\nAnna\nBo,1,more,and more\nCy,2\n"
    rows = read(saved(source(content), [answer(2), answer(3), answer(4)], width=4))
    assert rows[0][:5] == ["name", "number", "", "", "sms_row"]
    assert rows[1][:5] == ["Anna", "", "", "", "2"]
    assert rows[2][:5] == ["Bo", "1", "more", "and more", "3"]
    assert {len(row) for row in rows} == {4 + len(COLUMNS)}


def test_the_file_is_for_its_owner_only_even_if_the_old_one_was_not(source, tmp_path):
    (tmp_path / "out.csv").write_text("sms_row,sms_number,old")
    (tmp_path / "out.csv").chmod(0o644)
    path = saved(source("name\nAnna\n"), [answer(2)])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "answers",
    [[answer(2)], [answer(2), answer(4)], [answer(2), answer(3), answer(4)], []],
)
def test_answers_about_other_rows_are_refused_and_the_old_file_stays(source, tmp_path, answers):
    (tmp_path / "out.csv").write_text("sms_row,sms_number,old")
    with pytest.raises(FileProblem, match="rows than when the campaign was planned"):
        saved(source("name\nAnna\nBo\n"), answers)
    assert (tmp_path / "out.csv").read_text() == "sms_row,sms_number,old"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["out.csv", "spring.csv"]


def test_an_interruption_leaves_the_old_file_and_nothing_else(source, tmp_path):
    (tmp_path / "out.csv").write_text("sms_row,sms_number,old")

    def interrupted():
        yield answer(2)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        saved(source("name\nAnna\nBo\n"), interrupted())
    assert (tmp_path / "out.csv").read_text() == "sms_row,sms_number,old"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["out.csv", "spring.csv"]


@pytest.mark.parametrize("place", ["nowhere/out.csv", "folder"])
def test_a_place_that_cannot_be_written_is_told(source, tmp_path, place):
    (tmp_path / "folder").mkdir()
    with pytest.raises(FileProblem, match="cannot be written") as caught:
        save(source("name\nAnna\n"), [answer(2)], tmp_path / place, width=1)
    assert "--out" in caught.value.remedy
    assert not [one for one in tmp_path.iterdir() if one.name.startswith(".")]


def test_a_full_disk_is_told(source, tmp_path, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(results.os, "fsync", full)
    with pytest.raises(FileProblem, match="No space left"):
        saved(source("name\nAnna\n"), [answer(2)])
    assert [one.name for one in tmp_path.iterdir()] == ["spring.csv"]


_CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)


@hypothesis_settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)
@given(
    st.lists(st.lists(_CELL, min_size=1, max_size=4), max_size=6), st.integers(4, 6), st.sampled_from(",;\t")
)
def test_any_cells_come_back_from_the_file_as_they_were(tmp_path, table, width, delimiter):
    path = tmp_path / "any.csv"
    rows = [Row(line, tuple(fields)) for line, fields in enumerate(table, 2)]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, lineterminator="\r\n")
        writer.writerows(lines(rows, [answer(row.line) for row in rows], width=width))
    found = read(path, delimiter)
    assert [row[:width] for row in found] == [fields + [""] * (width - len(fields)) for fields in table]
    assert [row[width] for row in found] == [str(row.line) for row in rows]


def test_the_header_has_room_for_the_widest_row():
    assert header(("a", "b"), width=4) == ["a", "b", "", "", *COLUMNS]
    assert header(("a", "b"), width=2) == ["a", "b", *COLUMNS]


# In a spreadsheet ------------------------------------------------------------------------------------------------

FORMULAS = (
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "＝1+1",
    "＋1+1",
    "－1+1",
    "＠SUM(1)",
    "+33639980001+1",
    "+33639980001\n",
    '=HYPERLINK("http://example.com","x")',
    "=cmd|' /C calc'!A0",
    "-",
    "=",
    "+",
)


@pytest.mark.parametrize("text", FORMULAS)
def test_what_could_be_a_formula_gets_an_apostrophe(text):
    assert safe(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "Hello", "+33639980001", "1-2", "a=b", "'=1+1", "€ 5", "Ok?"])
def test_what_cannot_stays_as_it_is(text):
    assert safe(text) == text


@given(st.text(max_size=6))
def test_no_cell_of_ours_starts_like_a_formula(text):
    kept = safe(text)
    assert kept.removeprefix("'") == text.removeprefix("'")
    assert kept[:1] not in set("=+-@\t\r\n") or (kept[1:].isdecimal() and kept[0] == "+")


@pytest.mark.filterwarnings("ignore:Workbook contains no default style")
def test_a_real_spreadsheet_sees_no_formula_in_our_columns_and_the_numbers_digits(source, tmp_path):
    if not shutil.which("ssconvert"):
        assert not os.environ.get("CI"), "CI installs gnumeric"
        pytest.skip("ssconvert, of Debian's gnumeric, is not installed")
    # Gnumeric guesses the delimiter line by line, and wrongly where a cell holds a tab or a line break.
    texts = [text for text in FORMULAS if text.isprintable()]
    body = "".join(f"Name {n}\n" for n in range(len(texts)))
    answers = [
        answer(
            line,
            recipient=Recipient(f"+336399800{line:02d}", "FR"),
            text=Text(text, Encoding.GSM7, 1, 1),
            reason=text,
            tag="12e4567890-1",
        )
        for line, text in enumerate(texts, 2)
    ]
    path = saved(source(f"name\n{body}"), answers)
    sheet = opened_in_gnumeric(path)
    rows = list(sheet.iter_rows())
    assert [cell.value for cell in rows[0]] == ["name", *COLUMNS]
    assert len(rows) == len(texts) + 1
    for line, row in enumerate(rows[1:], 2):
        assert [cell.coordinate for cell in row if cell.data_type == "f"] == []
        assert str(row[2].value).removeprefix("+") == f"336399800{line:02d}"
        assert row[10].value == "12e4567890-1"
    # The engine does take the same cells for formulas where nobody guards them.
    path.write_text("name,other\n=1+1,2\n")
    assert opened_in_gnumeric(path)["A2"].data_type == "f"


def opened_in_gnumeric(path):
    workbook = path.with_suffix(".xlsx")
    subprocess.run(
        ["ssconvert", "--import-type=Gnumeric_stf:stf_csvtab", path, workbook],
        check=True,
        capture_output=True,
        env={**os.environ, "HOME": str(path.parent), "LC_ALL": "C.UTF-8"},
        timeout=60,
    )
    return openpyxl.load_workbook(workbook).active
