"""Prices."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscampaign.sandbox.rates import CREDITS, DEFAULT, NAMES, credit, destination, number


def test_one_part_to_france_is_one_credit():
    assert credit("fr") == credit("FR") == 1


def test_a_country_without_a_rate_has_the_default():
    assert credit("JP") == DEFAULT
    assert credit("JP", {"JP": Decimal("0.1")}) == Decimal("0.1")


def test_names_are_of_countries_with_rates():
    assert set(NAMES) <= set(CREDITS)


@pytest.mark.parametrize(
    ("billing", "price"),
    [
        ("fr", {"currencyCode": "EUR", "text": "0.026 EUR", "value": 0.026}),
        ("gb", {"currencyCode": "GBP", "text": "0.022 GBP", "value": 0.022}),
        ("pl", {"currencyCode": "PLN", "text": "0.112 PLN", "value": 0.112}),
    ],
)
def test_a_destination(billing, price):
    rate = destination("pl", billing)
    assert rate == {"country": "Poland", "countryCode": "pl", "credit": 0.4, "price": price, "vatRate": 20}


@given(st.decimals(min_value=0, max_value=10**9, places=4))
def test_numbers_keep_their_decimal_digits(value):
    assert Decimal(str(number(value))) == value
