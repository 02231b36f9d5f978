"""What OVHcloud sells credits for: packs, by the country where an account buys them, and what a campaign's credits come to.

Source: https://eu.api.ovh.com/1.0/sms.json, `sms.PackDetails`. It is an estimate: what an account paid for the credits it has
depends on the packs it bought, and on the day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

#: `sms.BillingCountryEnum`: where credits are bought.
SOLD_IN = frozenset({"ES", "FR", "GB", "IE", "IT", "PL"})

_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Packs:
    """One credit's price before tax by how many are bought at once, as it was on the day `asked`.

    `prices` begin with the smallest pack; a sandbox's are `made_up`.
    """

    country: str
    currency: str
    asked: date
    prices: tuple[tuple[Decimal, Decimal], ...]
    made_up: bool

    def each(self, credits: Decimal) -> Decimal:
        """The price of one credit where so many are bought at once; of fewer than the smallest pack has, that pack's."""
        return [price for least, price in self.prices if least <= credits or least == self.prices[0][0]][-1]

    def cost(self, credits: Decimal) -> Decimal:
        """What so many credits come to, to the cent."""
        return (credits * self.each(credits)).quantize(_CENT, ROUND_HALF_UP)

    def words(self, credits: Decimal) -> str:
        """What they come to for a person, with its day and its source."""
        amount, currency = f"{self.cost(credits):,}".replace(",", " "), self.currency
        price = f"{self.each(credits).normalize():f}"
        if self.made_up:
            return f"about {amount} {currency} before tax, at {price} {currency} a credit, which the sandbox made up"
        return (
            f"about {amount} {currency} before tax, at {price} {currency} a credit: OVHcloud's packs for accounts in"
            f" {self.country}, asked on {self.asked}"
        )

    def figures(self, credits: Decimal) -> dict[str, Any]:
        """The same for programs."""
        return {
            "estimate_before_tax": self.cost(credits),
            "currency": self.currency,
            "credit_price": self.each(credits),
            "billing_country": self.country,
            "asked": self.asked.isoformat(),
            "source": "sandbox" if self.made_up else "OVHcloud",
        }

    def as_json(self) -> dict[str, Any]:
        """As it is kept."""
        return {
            "country": self.country,
            "currency": self.currency,
            "asked": self.asked.isoformat(),
            "prices": [[str(least), str(price)] for least, price in self.prices],
            "made_up": self.made_up,
        }

    @classmethod
    def of_json(cls, kept: Mapping[str, Any]) -> Packs:
        """What was kept. Raises `ValueError`, `TypeError`, `LookupError` or `ArithmeticError` for what never was."""
        prices = tuple((Decimal(least), Decimal(price)) for least, price in kept["prices"])
        if not prices or not all(one.is_finite() for pair in prices for one in pair):
            raise ValueError(kept)
        day = date.fromisoformat(kept["asked"])
        return cls(str(kept["country"]), str(kept["currency"]), day, prices, kept["made_up"] is not False)
