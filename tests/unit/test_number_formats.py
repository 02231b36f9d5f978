"""Numbers as a sheet shows them: by hand, and against what Gnumeric shows."""

from __future__ import annotations

import csv
import os
import random
import shutil
import subprocess
from pathlib import Path

import openpyxl
import pytest

from smscampaign.locales import PLAIN, locale_of
from smscampaign.recipients.formatcodes import UnknownFormat
from smscampaign.recipients.number_formats import compiled

DAY = 46_087  # 2026-03-06, a Friday
ACCOUNTING = r'_-* #,##0.00\ "€"_-;\-* #,##0.00\ "€"_-;_-* "-"??\ "€"_-;_-@_-'
POLISH_PHONE = r"[<=9999999]###\-##\-##;\(###\)\ ###\-##\-##"


@pytest.mark.parametrize(
    ("code", "value", "shown"),
    [
        ("General", 0.1 + 0.2, "0,3"),
        ("General", -12.5, "-12,5"),
        ("General", 33799000001.0, "33799000001"),
        ("0%", 0.2, "20%"),
        ("0.0%", -0.155, "-15,5%"),
        ("00000", 1000, "01000"),
        ("0.00", 2.675, "2,68"),
        ("0.00", -0.001, "0,00"),
        ("0.0#", 2.5, "2,5"),
        ("#,##0.00", 1234567.5, "1 234 567,50"),
        ("#,##0,", 1234567, "1 235"),
        ("#", 0, ""),
        ('0.00 "points"', 12.5, "12,50 points"),
        (r"#,##0.00\ [$€-40C]", 12.5, "12,50 €"),
        ("[$$-409]#,##0.00", 12.5, "$12,50"),
        (ACCOUNTING, -1234.5, "-1 234,50 €"),
        (ACCOUNTING, 0, "- €"),
        ("#,##0_);[Red](#,##0)", -1234, "(1 234)"),
        ("0;-0;;@", 0, ""),
        ('0#" "##', 5, "00 05"),
        ('0;"minus" 0;"nothing"', -3, "minus 3"),
        ('[>=100]"many";[<0]"debt";"few"', 5, "few"),
        ('0#" "##" "##" "##" "##', 799000001, "07 99 00 00 01"),
        (POLISH_PHONE, 1234567, "123-45-67"),
        (POLISH_PHONE, 221234567, "(22) 123-45-67"),
        ("dd/mm/yyyy", DAY, "06/03/2026"),
        ("yyyy-mm-dd hh:mm", DAY + 0.4375, "2026-03-06 10:30"),
        ("d mmmm yyyy", DAY, "6 mars 2026"),
        ("[$-409]dddd d mmm yy", DAY, "Friday 6 Mar 26"),
        ("[$-415]d mmmm", DAY, "6 marca"),
        ("[$-F800]dddd, mmmm dd, yyyy", DAY, "vendredi 6 mars 2026"),
        ("[$-F400]h:mm:ss AM/PM", DAY + 0.4375, "10:30:00"),
        ("h:mm", 0.4375, "10:30"),
        ("h:mm:ss AM/PM", 0.75, "6:00:00 PM"),
        ("h AM/PM", 0, "12 AM"),
        ("hh:mm", 37_199.999999 / 86_400, "10:20"),
        ("mm:ss.0", 0.01, "14:24,0"),
        ('h"h"mm', 0.4375, "10h30"),
        ("[h]:mm", 26.0833333333333 / 24, "26:05"),
        ("[h]:mm", -1.5 / 24, "-1:30"),
        ("[mm]:ss", 2 / 24, "120:00"),
        ("@", 12.5, "12,5"),
        (";;;", 12.5, "12,5"),
        ("0.00E+00", 33799000001, "33799000001"),
        ("dd/mm/yyyy", -5, None),
        ("dd/mm/yyyy", 0, None),
        ("hh:mm", -0.5, None),
        ("hh:mm", 0, "00:00"),
    ],
)
def test_a_number_is_what_a_french_sheet_shows(code: str, value: float, shown: str | None) -> None:
    assert compiled(code, locale_of("FR")).number(value) == shown


@pytest.mark.parametrize(
    ("region", "shown"), [("FR", "1 234,50"), ("PL", "1 234,50"), ("DE", "1.234,50"), ("US", "1,234.50")]
)
def test_signs_in_numbers_are_those_of_the_country(region: str, shown: str) -> None:
    assert compiled("#,##0.00", locale_of(region)).number(1234.5) == shown


def test_a_workbook_may_count_its_days_from_1904() -> None:
    assert compiled("dd/mm/yyyy", PLAIN, from_1904=True).number(DAY - 1462) == "06/03/2026"
    assert compiled("dd/mm/yyyy", PLAIN).number(1) == "01/01/1900"
    assert compiled("dd/mm/yyyy", PLAIN).number(60) is None, "the day that never was"


@pytest.mark.parametrize(
    "code", ["# ?/?", "ggge", "[DBNum1]0", "bbbb", "0;0;0;@;0", "yyyyy", "0 x", "[$-30C0401]0"]
)
def test_what_is_not_known_is_no_guess(code: str) -> None:
    with pytest.raises(UnknownFormat):
        compiled(code, PLAIN)


def test_a_text_is_shown_by_its_section() -> None:
    assert compiled('0;-0;0;"Dr "@', PLAIN).text("Ann") == "Dr Ann"
    assert compiled("0.00", PLAIN).text("Ann") == compiled(";;;", PLAIN).text("Ann") == "Ann"


NUMBERS = [
    "0", "0.0", "0.00", "00000", "000-000", "#,##0", "#,##0.00", "0.0##", "#.##", "0%", "0.0%", "#,##0.00 \"EUR\"",
    "[$€-2] #,##0.00", "$#,##0.00", "#,##0_);(#,##0)", "#,##0.00_);[Red](#,##0.00)", '0.0;-0.0;"zero"', '+0;-0;0',
    '[<100]"few";"many"', "#,##0,", '0" "000', r"0\ 000\ 000",
]  # fmt: skip
MOMENTS = [
    "dd/mm/yyyy", "d/m/yy", "yyyy-mm-dd", "d mmmm yyyy", "ddd d mmm", "dddd", "mmm-yy", "h:mm", "hh:mm:ss", "h:mm AM/PM",
    "yyyy-mm-dd hh:mm", 'h"h"mm', "d.m.yyyy h:mm:ss", "[h]:mm", "[h]:mm:ss", "[mm]:ss", "mm:ss",
]  # fmt: skip


@pytest.mark.skipif(shutil.which("ssconvert") is None, reason="Gnumeric is not installed")
def test_three_thousand_numbers_are_shown_as_gnumeric_shows_them(tmp_path: Path) -> None:
    """No number is a half between two shown ones: Gnumeric rounds what the computer makes of it, Excel its digits."""
    chance, cells = random.Random(11), list[tuple[str, float]]()
    for code in NUMBERS:
        cells += [(code, value) for value in (0, 1, -1, 0.5, 100, 1000, -1000.25)]
        cells += [
            (code, round(chance.uniform(-1, 1) * 10 ** chance.randrange(7), chance.randrange(4)) + 0.0001)
            for _ in range(75)
        ]
    for code in MOMENTS:
        elapsed = code.startswith("[")
        for _ in range(75):
            cells.append(
                (
                    code,
                    chance.randrange(0 if elapsed else 61, 9 if elapsed else 60_000)
                    + chance.randrange(86_400) / 86_400,
                )
            )
    book = openpyxl.Workbook()
    for code, value in cells:
        book.active.append([value])
        book.active.cell(book.active.max_row, 1).number_format = code
    book.save(tmp_path / "numbers.xlsx")
    asked = ["--export-type=Gnumeric_stf:stf_assistant", "--export-options=format=preserve"]
    command = ["ssconvert", *asked, tmp_path / "numbers.xlsx", tmp_path / "numbers.csv"]
    subprocess.run(
        command, check=True, capture_output=True, timeout=60, env={**os.environ, "LC_ALL": "C.UTF-8"}
    )
    with (tmp_path / "numbers.csv").open(encoding="utf-8") as file:
        shown = [row[0] for row in csv.reader(file)]
    assert len(shown) == len(cells) > 2_900
    odd = [
        (code, value, theirs, ours)
        for (code, value), theirs in zip(cells, shown, strict=True)
        if (ours := compiled(code, PLAIN).number(value)) is None
        or ours.strip() != theirs.strip().replace("−", "-")
    ]
    assert "\n".join(map(str, odd)) == ""
