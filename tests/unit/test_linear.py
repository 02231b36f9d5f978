"""What takes the square of the time for a longer cell, a wider header or a fuller sheet is found by comparing n with 10 n."""

from __future__ import annotations

import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from smscampaign import names
from smscampaign.cli.screen import shorten
from smscampaign.countries import code_of, namesakes
from smscampaign.errors import FileProblem, SettingsProblem
from smscampaign.message import slips
from smscampaign.model import Row
from smscampaign.phone import normaliser
from smscampaign.recipients import columns
from smscampaign.recipients.columns import NumberCheck
from smscampaign.recipients.sources import open_recipients

#: Ten times as much may take ten times as long, and as much again for a busy machine; the square takes a hundred times.
TIMES, SLACK = 30, 0.2

TABLE = "urn:oasis:names:tc:opendocument:xmlns:"
NUMBER = "<table:table-cell><text:p>+33799000001</text:p></table:table-cell>"


def spent(work: Callable[[int], object], size: int) -> float:
    begun = time.thread_time()
    work(size)
    return time.thread_time() - begun


def sheet(folder: Path, rows: str) -> Path:
    head = "".join(
        f"<table:table-cell><text:p>{name}</text:p></table:table-cell>" for name in ("mobile", "name")
    )
    path = folder / "sheet.ods"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "content.xml",
            f'<office:document-content xmlns:office="{TABLE}office:1.0" xmlns:table="{TABLE}table:1.0"'
            f' xmlns:text="{TABLE}text:1.0"><office:body><office:spreadsheet><table:table table:name="A">'
            f"<table:table-row>{head}</table:table-row>{rows}</table:table></office:spreadsheet></office:body>"
            "</office:document-content>",
        )
    return path


def asked_for_numbers(header: tuple[str, ...]) -> str:
    judge = NumberCheck(lambda cells: [True] * len(cells), str)
    with pytest.raises(SettingsProblem) as caught:
        columns.number_column(header, rows=[Row(2, ("+33799000001",) * len(header))], judge=judge)
    return str(caught.value)


WORK: dict[str, tuple[Callable[[int], object], int]] = {
    "a cell of words on one line": (lambda n: shorten("a é " * n, 30), 2_000),
    "a cell of digits as a number": (lambda n: normaliser.Normaliser("FR")("0" * n), 5_000),
    "a cell of numbers": (lambda n: normaliser.Normaliser("FR")("07 99 00 00 01 / " * n), 300),
    "a cell of pluses": (lambda n: normaliser.Normaliser("FR")("+1" * n), 2_000),
    "a cell as a country": (lambda n: (code_of("a é " * n), namesakes("a é " * n)), 2_000),
    "a long name": (lambda n: names.closest("ab c" * n, ["ab cd" * n, "ab c" * n]), 2_000),
    "columns of one name": (lambda n: columns.called(("phone",) * n), 1_000),
    "columns of numbers": (lambda n: asked_for_numbers(("phone",) * n), 500),
    "columns of no name": (lambda n: asked_for_numbers(tuple(f"c{at}" for at in range(n))), 500),
    "a name that no column has": (
        lambda n: slips.remedy_of_unknown({"x": ""}, [f"c{at}" for at in range(n)]),
        500,
    ),
}


@pytest.mark.parametrize("name", WORK)
def test_ten_times_as_much_does_not_take_a_hundred_times_as_long(name: str) -> None:
    work, size = WORK[name]
    work(size)  # what is only made once
    few = min(spent(work, size) for _ in range(3))
    assert spent(work, 10 * size) < TIMES * few + SLACK


def test_ten_times_as_many_paragraphs_do_not_take_a_hundred_times_as_long(tmp_path: Path) -> None:
    def read(paragraphs: int) -> object:
        cell = f"<table:table-cell>{'<text:p>a</text:p>' * paragraphs}</table:table-cell>"
        return open_recipients(sheet(tmp_path, f"<table:table-row>{NUMBER}{cell}</table:table-row>"))

    read(100)
    few = min(spent(read, 4_000) for _ in range(3))
    assert spent(read, 40_000) < TIMES * few + SLACK


def test_a_wide_header_is_named_in_part() -> None:
    said = asked_for_numbers(tuple(f"{'c' * 500}{at}" for at in range(2_000)))
    assert "and 1970 more" in said
    assert len(said) < 10_000
    assert len(slips.remedy_of_unknown({"x": ""}, ["y" * 500] * 2_000)) < 1_000


def test_more_columns_than_a_spreadsheet_has_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    path.write_text("mobile" + ",a" * 100_000 + "\n+33799000001" + ",b" * 100_000 + "\n", "utf-8")
    with pytest.raises(FileProblem, match="100,001 columns") as caught:
        open_recipients(path)
    assert caught.value.where == "wide.csv, row 1"


@pytest.mark.parametrize(
    "rows",
    [
        f'<table:table-row table:number-rows-repeated="100000">{NUMBER}{NUMBER}</table:table-row>',
        "<table:table-row>"
        + NUMBER.replace("<table:table-cell>", '<table:table-cell table:number-columns-repeated="16000">')
        + "</table:table-row>",
    ],
)
def test_a_small_sheet_does_not_become_a_large_one(tmp_path: Path, rows: str) -> None:
    with pytest.raises(FileProblem, match="size warrants") as caught:
        open_recipients(sheet(tmp_path, rows * 20))
    assert caught.value.where == "sheet.ods"


def test_a_sheet_that_repeats_as_people_do_is_read(tmp_path: Path) -> None:
    rows = f'<table:table-row table:number-rows-repeated="2000">{NUMBER}{NUMBER}</table:table-row>'
    assert sum(1 for _ in open_recipients(sheet(tmp_path, rows)).rows()) == 2_000
