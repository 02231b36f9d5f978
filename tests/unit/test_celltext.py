"""A cell as the text it stands for; `test_recipients.py` has the table of pandas' and numpy's kinds."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscampaign.recipients.celltext import text_of


@given(st.integers(-(10**15), 10**15))
def test_whole_numbers_are_their_digits_however_they_are_kept(number: int) -> None:
    assert text_of(number) == text_of(float(number)) == str(number)


@given(st.text())
def test_text_stays_as_it_is(text: str) -> None:
    assert text_of(text) == text


@given(st.text(st.characters(categories=["Cs", "Lu"])))
def test_whatever_it_was_a_file_can_hold_it(text: str) -> None:
    text_of(text).encode()


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        ((2026, 3, 1), "2026-03-01"),
        ((2026, 3, 1, 10, 30), "2026-03-01 10:30"),
        ((2026, 3, 1, 0, 0, 5), "2026-03-01 00:00:05"),
    ],
)
def test_dates_are_iso_and_midnight_is_a_day(moment: tuple[int, ...], text: str) -> None:
    assert text_of(datetime(*moment)) == text  # type: ignore[arg-type]  # noqa: DTZ001 - cells know no zone


def test_a_moment_with_its_zone_keeps_it() -> None:
    assert text_of(datetime(2026, 3, 1, tzinfo=UTC)) == "2026-03-01 00:00+00:00"
