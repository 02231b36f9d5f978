"""`GET /sms/rates/packs`: what credits cost; the figures are the sandbox's own."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from smscampaign.sandbox import rates

if TYPE_CHECKING:
    from smscampaign.sandbox.world import Ask, World

_PACKS = (100, 1000, 10_000)


def packs(world: World, ask: Ask) -> list[dict[str, object]]:
    """`GET /sms/rates/packs`: `sms.PackDetails[]`; each larger pack is 5 % cheaper, and there is no promotion."""
    country, billing = ask.text("country") or "", ask.text("billingCountry") or "fr"
    needed = rates.credit(country, world.settings.rates)
    return [_pack(n, country=country, billing=billing, needed=needed) for n in range(len(_PACKS))]


def _pack(place: int, *, country: str, billing: str, needed: Decimal) -> dict[str, object]:
    least = _PACKS[place]
    most = _PACKS[place + 1] if place + 1 < len(_PACKS) else None
    each = (100 - 5 * place) / Decimal(100)
    return {
        "countryCode": country,
        "credit": rates.number(needed),
        "creditPrice": rates.price(each, billing),
        "creditQuantityMax": most,
        "creditQuantityMin": least,
        "discountCreditPrice": None,
        "discountPercentage": None,
        "discountSmsPrice": None,
        "smsPrice": rates.price(needed * each, billing),
        "smsQuantityMax": None if most is None else int(most / needed),
        "smsQuantityMin": int(least / needed),
        "vatRate": 20,
    }
