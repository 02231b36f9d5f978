"""The filters `date`, `time` and `money`: what they read, how they write it, and what they refuse."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscampaign.errors import TemplateProblem
from smscampaign.locales import locale_of
from smscampaign.message.template import Unrendered, compile_template
from smscampaign.message.values import amount_of, day_of, time_of


def text(expression: str, cell: str, region: str | None = "FR") -> str:
    """What a message makes of a cell; the sentence where it makes nothing."""
    found = compile_template(f"{{{{ {expression} }}}}", ["x"], region=region).render((cell,))
    return found.detail if isinstance(found, Unrendered) else found


@pytest.mark.parametrize(
    ("expression", "cell", "region", "shown"),
    [
        ("x | date", "2026-03-06", "FR", "06/03/2026"),
        ("x | date", "06/03/2026", "FR", "06/03/2026"),
        ("x | date", "06/03/2026", "US", "6/3/2026"),
        ("x | date", "6.3.2026", "PL", "6.03.2026"),
        ("x | date", "06-03-26 10:30", "FR", "06/03/2026"),
        ("x | date", "2026-03-06T10:30:00+01:00", None, "2026-03-06"),
        ("x | date('full')", "2026-03-06", "FR", "vendredi 6 mars 2026"),
        ("x | date('long')", "2026-03-06", "PL", "6 marca 2026"),
        ("x | date('EEEE d MMMM')", "2026-03-06", "FR", "vendredi 6 mars"),
        ("x | date('long', locale='en_GB')", "2026-03-06", "FR", "6 March 2026"),
        ("x | date('long', 'de')", "6 mars 2026", "FR", "6. März 2026"),
        ("x | date", "vendredi 1er mai 2026", "FR", "01/05/2026"),
        ("x | date", "Friday, March 6, 2026", "US", "3/6/2026"),
        ("x | date", "6 marca 2026 r.", "PL", "6.03.2026"),
        ("x | date", "06/03/2026 10:00 - 11:00", "FR", "06/03/2026"),
        ("x | date", "06/03/2026 (samedi)", "FR", "06/03/2026"),
        ("x | date", "2026-03-06T00:00:00.000Z", "FR", "06/03/2026"),
        ("x | date", "06.03.2026 14.05", "DE", "06.03.2026"),
        ("x | time", "vendredi 6 mars 2026 à 14h05", "FR", "14:05"),
        ("x | time", "6 mars 14:05", "FR", "14:05"),
        ("x | time", "6.03.2026, godz. 14.05", "PL", "14:05"),
        ("x | time", "Friday, March 6, 2026 2:05 PM", "US", "2:05 PM"),
        ("x | time", "2026-03-06T10:30:00+01:00", "FR", "10:30"),
        ("x | time", "2026-03-06T10:30:00Z", "GB", "10:30"),
        ("x | time", "10:30:00", "FR", "10:30"),
        ("x | time", "2026-03-06 14:05", "US", "2:05 PM"),
        ("x | time", "10h30", "FR", "10:30"),
        ("x | time", "9 h", "FR", "09:00"),
        ("x | time", "2 pm", "GB", "14:00"),
        ("x | time(\"H'h'mm\")", "09:05", "FR", "9h05"),
        ("x | money", "1234.5", "FR", "1 234,50 €"),
        ("x | money", "1 234,50 €", "FR", "1 234,50 €"),
        ("x | money", "-12,5", "FR", "-12,50 €"),
        ("x | money", "1.234,50", "DE", "1.234,50 €"),
        ("x | money", "1,234", "US", "$1,234.00"),
        ("x | money", "1,234", "FR", "1,23 €"),
        ("x | money", "1'234.50", "CH", "CHF 1'234.50"),
        ("x | money('PLN')", "49,9 zł", "PL", "49,90 zł"),
        ("x | money('EUR')", "12 EUR", "PL", "12,00 €"),
        ("(x | float * 3) | money", "0.1", "FR", "0,30 €"),
        ("x | default('1') | money", "", "FR", "1,00 €"),
        ("x | float * 3", "0.1", "FR", "0.3"),
        ("x | float", "0,3", "FR", "0.3"),
        ("x | float", "0,125", "US", "0.125"),
        ("x | float", "0.125", "DE", "0.125"),
        ("x | float", "1 234,50 €", "FR", "1234.5"),
        ("x | float", "1\u202f234,5", "FR", "1234.5"),
        ("x | float", "$1,234.50", "US", "1234.5"),
        ("x | float", "1.234,5", "DE", "1234.5"),
        ("x | float", "1.23E+05", "FR", "123000.0"),
        ("x | float", "-12,5", None, "-12.5"),
        ("x | float(0)", "unknown", "FR", "0"),
        ("x | float(default=-1)", "", "FR", "-1"),
        ("x | int", "45,9", "FR", "45"),
        ("x | int", "1 234", "PL", "1234"),
        ("x | int(0)", "25 ans", "FR", "0"),
        ("x.split(';') | map('int') | sum", "1;2", "FR", "3"),
        ("(x | float / 2) | int", "5", "FR", "2"),
        ("x | default('7') | int", "", "FR", "7"),
    ],
)
def test_a_cell_is_written_as_the_country_does(
    expression: str, cell: str, region: str | None, shown: str
) -> None:
    assert text(expression, cell, region).replace("’", "'") == shown


@pytest.mark.parametrize(
    ("expression", "cell", "region", "said"),
    [
        ("x | date", "soon", "FR", "“soon” is no date; write it as 2026-03-06."),
        ("x | date", "31/02/2026", "FR", "is no date"),
        ("x | date", "13/03/2026", "US", "is no date"),
        ("x | date", "06/03/2026", "CA", "may be two days; write it as 2026-03-06"),
        ("x | date", "46087", "FR", "a spreadsheet's own number for a day"),
        ("x | date", "06/03/2026 - 08/03/2026", "FR", "is no date"),
        ("x | date", "06/03/2026-08/03/2026", "FR", "is no date"),
        ("x | date", "2026-03-06 ou 07", "FR", "is no date"),
        ("x | date", "du 6 mars 2026 au 8 mars 2026", "FR", "is no date"),
        ("x | date", "March 6, 2026 or March 7, 2026", "US", "is no date"),
        ("x | date", "06/03/26 5", "FR", "is no date"),
        ("x | date", "2026-03-05T23:00:00.000Z", "FR", "is a time of Greenwich (UTC)"),
        ("x | date", "2026-03-06T00:00:00Z", "US", "is a time of Greenwich (UTC)"),
        ("x | time", "10:00 - 11:00", "FR", "is no time"),
        ("x | time", "de 9:00 à 10:30", "FR", "is no time"),
        ("x | time", "06/03/2026 10:00 - 11:00", "FR", "is no time"),
        ("x | time", "9h ou 10h", "FR", "is no time"),
        ("x | time", "9 or 10 am", "US", "is no time"),
        ("x | time", "2026-03-06T09:00:00Z", "FR", "is a time of Greenwich (UTC)"),
        ("x | time", "2026-03-06 09:00+00:00", None, "is a time of Greenwich (UTC)"),
        ("(x | float * 1e308 * 1e308) | money", "3", "FR", "is no amount"),
        ("x | float * 1e308 * 1e308", "3", "FR", "a number is too large"),
        ("x | time", "25:00", "FR", "is no time; write it as 10:30"),
        ("x | time", "10", "FR", "is no time"),
        ("x | money", "1.234", "DE", "may be 1234 or 1,234"),
        ("x | money", "free", "FR", "is no amount"),
        ("x | money", "12 USD", "FR", "“12 USD” is no amount in EUR."),
        ("x | money", "1,2,3", "FR", "is no amount"),
        ("x | money", "1.23,45.6", "FR", "is no amount"),
        ("x | money", "", "FR", "The column “x” is empty"),
        ("x | float", "25 ans", "FR", "“25 ans” is no number; write it as 1234.5."),
        ("x | int", "unknown", "FR", "is no number"),
        ("x | float", "12 USD", "FR", "is no number"),
        ("x | float", "nan", "FR", "is no number"),
        ("x | float", "inf", "FR", "is no number"),
        ("x | int", "1e301", "FR", "is no number"),
        ("x | float", "1_000", "FR", "is no number"),
        ("x | float", "1,2,3", "FR", "is no number"),
        ("x | float", "5 %", "FR", "is no number"),
        ("x | float", "1.234", "DE", "may be 1234 or 1,234"),
        ("x | float", "", "FR", "The column “x” is empty"),
        ("x.split(';') | map('int') | sum", "1;x", "FR", "“x” is no number"),
    ],
)
def test_what_cannot_be_read_is_said_and_never_guessed(
    expression: str, cell: str, region: str, said: str
) -> None:
    assert said in text(expression, cell, region)


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("x | date('fulll')", "“fulll” is no way to write it"),
        ("x | date(locale='xx_YY')", "“xx_YY” is no language"),
        ("x | money('EURO')", "“EURO” is no currency"),
        ("x | money(colour='red')", "knows no colour"),
        ("x | date(3)", "takes words in quotes"),
        ("x | money('EUR', 'fr', 'de')", "knows no third value"),
        ("x | float('0')", "takes a number"),
        ("x | int(0, 16)", "knows no second value"),
        ("x | int(base=16)", "knows no base"),
    ],
)
def test_what_a_filter_cannot_be_given_is_told_before_the_first_row(expression: str, said: str) -> None:
    with pytest.raises(TemplateProblem, match=said.replace("(", r"\(")) as caught:
        text(expression, "1")
    assert "Examples" in caught.value.remedy


def test_without_a_country_the_currency_must_be_named() -> None:
    with pytest.raises(TemplateProblem, match="currency is not known"):
        text("x | money", "1", None)
    assert text("x | money('EUR')", "1234.5", None) == "€1,234.50"


REGIONS = st.sampled_from(
    ["FR", "PL", "DE", "US", "GB", "CH", "BE", "ES", "IT", "MX", "BR", "CA", "SE", "HU"]
)


@given(st.dates(date(1970, 1, 1), date(2068, 12, 31)), REGIONS)
def test_a_day_comes_back_as_it_was_written(day: date, region: str) -> None:
    locale = locale_of(region)
    written = [day.isoformat(), locale.day(day, "short")]
    if region in {"FR", "PL", "US", "GB", "DE"}:
        written += [locale.day(day, "long"), locale.day(day, "full")]
    for one in written:
        assert day_of(one, region) == day
        assert day_of(f"{one} 9:05", region) == day
        assert time_of(f"{one} 9:05", region) == time(9, 5)


@given(st.decimals(-(10**9), 10**9, places=2), REGIONS)
def test_an_amount_comes_back_as_it_was_written(amount: Decimal, region: str) -> None:
    locale = locale_of(region)
    currency = locale.currency()
    assert amount_of(f"{amount:.2f}", locale, currency) == amount
    if currency != "HUF":
        assert amount_of(locale.money(amount, currency), locale, currency) == amount
