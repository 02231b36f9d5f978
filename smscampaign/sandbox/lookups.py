"""What the API tells about numbers, countries and prices: HLR, exceptions, packs. The figures are the sandbox's own."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from smscampaign.model import Recipient
from smscampaign.sandbox import history, rates
from smscampaign.sandbox.answers import not_found, service

if TYPE_CHECKING:
    from smscampaign.sandbox.world import Ask, World

_LOOKUP = Decimal("0.1")
_STAGES = ("todo", "doing", "done")
_PACKS = (100, 1000, 10_000)
_OPERATOR = "20801"


def lookups(world: World, ask: Ask) -> list[int]:
    """`GET /hlr`: ids."""
    return [int(name) for name, _ in world.store.objects.all("hlr", ask.variables["serviceName"])]


def look_up(world: World, ask: Ask) -> dict[str, object]:
    """`POST /hlr`: `sms.SmsSendingReport`; a number that cannot exist is invalid and free."""
    account, given = ask.variables["serviceName"], [str(r) for r in ask.texts("receivers")]
    if not given or ask.text("receiversDocumentUrl"):
        raise service(400, "Missing parameter(s): receivers")
    valid = [r for r in given if _country(world, r) is not None]
    price, left = _LOOKUP * len(valid), world.store.credits(account) or Decimal(0)
    if price > left:
        raise service(world.settings.no_credits_status, "Not enough credits: please recredit this account")
    ids, now = [], world.clock.now()
    for number in valid:
        ids.append(world.store.objects.next_number("hlr"))
        world.store.objects.put("hlr", account, str(ids[-1]), {"number": number, "asked": now}, created=now)
    world.store.set_credits(account, left - price)
    return {
        "ids": ids,
        "invalidReceivers": [r for r in given if r not in valid],
        "tag": "",
        "totalCreditsRemoved": rates.number(price),
        "validReceivers": valid,
    }


def looked_up(world: World, ask: Ask) -> dict[str, object]:
    """`GET /hlr/{id}`: `sms.HlrLookupNumber`; done after two seconds."""
    kept = _kept(world, ask)
    stage = min(2, max(0, int(world.clock.now() - kept["asked"])))
    done = stage == len(_STAGES) - 1
    return {
        "datetime": world.clock.text(kept["asked"]),
        "id": int(ask.variables["id"]),
        "msisdn": kept["number"],
        "operatorCode": _OPERATOR if done else "",
        "ported": False,
        "reachable": done,
        "roaming": False,
        "status": _STAGES[stage],
        "valid": done,
    }


def operator(world: World, ask: Ask) -> dict[str, object]:
    """`GET /hlr/{id}/operator`: `sms.Hlr`."""
    return _hlr(_country(world, _kept(world, ask)["number"]) or "")


def operator_of(world: World, ask: Ask) -> dict[str, object]:
    """`GET /outgoing/{id}/hlr`: `sms.Hlr`."""
    return _hlr(_country(world, str(history.one_outgoing(world, ask)["receiver"])) or "FR")


def exceptions(world: World, ask: Ask) -> list[dict[str, object]]:
    """`GET /exceptions`: what a destination does not take; here only that the USA replace a name by a number."""
    if _country(world, ask.text("receiver") or "") not in {"US", "CA"}:
        return []
    return [
        {
            "countrySuffixe": "1",
            "messages": ["A sender of letters is replaced by a number"],
            "operators": "all",
            "restrictionCode": "ALPHA",
            "substitution": "+12025550100",
        }
    ]


def packs(world: World, ask: Ask) -> list[dict[str, object]]:
    """`GET /sms/rates/packs`: `sms.PackDetails[]`; each larger pack is 5 % cheaper."""
    country, billing = ask.text("country") or "", ask.text("billingCountry") or "fr"
    needed = rates.credit(country, world.settings.rates)
    return [_pack(n, country=country, billing=billing, needed=needed) for n in range(len(_PACKS))]


def _pack(place: int, *, country: str, billing: str, needed: Decimal) -> dict[str, object]:
    least = _PACKS[place]
    most = _PACKS[place + 1] - 1 if place + 1 < len(_PACKS) else None
    discount = 5 * place
    factor = (100 - discount) / Decimal(100)
    return {
        "countryCode": country,
        "credit": rates.number(needed),
        "creditPrice": rates.price(Decimal(1), billing),
        "creditQuantityMax": most,
        "creditQuantityMin": least,
        "discountCreditPrice": rates.price(factor, billing) if discount else None,
        "discountPercentage": discount or None,
        "discountSmsPrice": rates.price(needed * factor, billing) if discount else None,
        "smsPrice": rates.price(needed, billing),
        "smsQuantityMax": None if most is None else int(most / needed),
        "smsQuantityMin": int(least / needed),
        "vatRate": 20,
    }


def _hlr(country: str) -> dict[str, object]:
    return {
        "country": rates.NAMES.get(country, country),
        "countryCode": country.lower(),
        "network": "Sandbox network",
        "operator": "Sandbox operator",
        "region": rates.NAMES.get(country, country),
    }


def _country(world: World, number: str) -> str | None:
    found = world.numbers("+" + number[2:] if number.startswith("00") else number) if number else None
    return found.country if isinstance(found, Recipient) and number.startswith(("+", "00")) else None


def _kept(world: World, ask: Ask) -> dict[str, Any]:
    wanted = history.whole_id(ask.variables["id"])
    kept = world.store.objects.get("hlr", ask.variables["serviceName"], str(wanted))
    if kept is None:
        raise not_found(wanted)
    return kept
