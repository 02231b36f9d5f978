"""What a part costs by destination: the sandbox's own figures, plausible and invented.

Only the shape is OVHcloud's: one part to metropolitan France is one credit, others are multiples or fractions of it
(https://eu.api.ovh.com/1.0/sms.json, `sms.DestinationRates`). Never use these to budget a real campaign.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT = Decimal(2)
_CREDITS = {
    "1": "FR",
    "1.5": "GP MQ GF RE YT PM BL MF",
    "2.5": "NC PF WF",
    "0.4": "PL US CA",
    "0.7": "GB SE DK",
    "0.9": "ES PT",
    "1.1": "IT IE CH LU CZ",
    "1.3": "DE AT NL",
    "1.6": "BE GR RO HU",
    "1.8": "MA SN",
    "2.2": "TN DZ CI",
}
CREDITS: Mapping[str, Decimal] = {
    country: Decimal(credit) for credit, countries in _CREDITS.items() for country in countries.split()
}
NAMES = {
    "FR": "France",
    "GP": "Guadeloupe",
    "MQ": "Martinique",
    "GF": "French Guiana",
    "RE": "Reunion",
    "YT": "Mayotte",
    "NC": "New Caledonia",
    "PF": "French Polynesia",
    "PL": "Poland",
    "US": "United States",
    "CA": "Canada",
    "GB": "United Kingdom",
    "ES": "Spain",
    "PT": "Portugal",
    "IT": "Italy",
    "IE": "Ireland",
    "CH": "Switzerland",
    "LU": "Luxembourg",
    "DE": "Germany",
    "AT": "Austria",
    "NL": "Netherlands",
    "BE": "Belgium",
    "MA": "Morocco",
    "TN": "Tunisia",
    "DZ": "Algeria",
}
# Price of one credit before tax by billing country: invented, the right order of magnitude.
_PRICES = {"gb": ("GBP", Decimal("0.055")), "pl": ("PLN", Decimal("0.28"))}
_EURO = ("EUR", Decimal("0.065"))


def credit(country: str, overrides: Mapping[str, Decimal] | None = None) -> Decimal:
    """Credits for one part to a country (ISO 3166 alpha-2, any case)."""
    code = country.upper()
    if overrides is not None and code in overrides:
        return overrides[code]
    return CREDITS.get(code, DEFAULT)


def destination(
    country: str, billing: str, overrides: Mapping[str, Decimal] | None = None
) -> dict[str, object]:
    """A `sms.DestinationRates` object; `country` and `billing` are lower-case codes of the contract's enums."""
    credits_ = credit(country, overrides)
    return {
        "country": NAMES.get(country.upper(), country.upper()),
        "countryCode": country,
        "credit": number(credits_),
        "price": price(credits_, billing),
        "vatRate": 20,
    }


def price(credits: Decimal, billing: str) -> dict[str, object]:
    """What so many credits cost before tax: an `order.Price` in the currency of a billing country."""
    currency, each = _PRICES.get(billing, _EURO)
    value = credits * each
    return {
        "currencyCode": currency,
        "text": f"{value.normalize():f} {currency}",
        "value": number(value),
    }


def number(value: Decimal) -> int | float:
    """A Decimal as the JSON number with the same decimal digits (a float prints its shortest form)."""
    return int(value) if value == value.to_integral_value() else float(value)
