"""The calls about accounts, senders, blacklists, rates and keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smscampaign.message.parts import JOINED, SINGLE, STOP_CLAUSE, measure
from smscampaign.model import Encoding
from smscampaign.sandbox import rates
from smscampaign.sandbox.answers import not_found, service
from smscampaign.sandbox.fates import PTTS
from smscampaign.sandbox.faults import FaultKind

if TYPE_CHECKING:
    from smscampaign.sandbox.settings import Sandbox
    from smscampaign.sandbox.world import Ask, World


def server_time(world: World, ask: Ask) -> int:
    """`GET /auth/time`: a bare integer."""
    wrong = ask.effects.hit(FaultKind.CLOCK_OFF)
    return int(world.clock.now() + (wrong.seconds if wrong else 0))


def me(world: World, ask: Ask) -> dict[str, object]:
    """`GET /me`: the fields a script greets somebody with."""
    return {
        "nichandle": "sb00001-ovh",
        "firstname": "Sandbox",
        "name": "smscampaign",
        "email": "sandbox@example.com",
        "country": "FR",
        "language": "en_GB",
        "ovhCompany": "ovh",
        "ovhSubsidiary": "FR",
        "currency": {"code": "EUR", "symbol": "EUR"},
        "state": "complete",
    }


def accounts(world: World, ask: Ask) -> list[str]:
    """`GET /sms`: names of the accounts."""
    return [name for name, _ in world.store.accounts()]


def account(world: World, ask: Ask) -> dict[str, object]:
    """`GET /sms/{serviceName}`: `sms.Account`."""
    name = ask.variables["serviceName"]
    left = world.store.credits(name)
    if left is None:
        raise service(404, "This service does not exist")
    chosen = world.store.objects.get("account", name, "") or {}
    return {"name": name, "creditsLeft": rates.number(left), **_fixed(world.settings), **chosen}


_CHANGEABLE = frozenset(
    {
        "automaticRecreditAmount",
        "callBack",
        "creditThresholdForAutomaticRecredit",
        "creditsHoldByQuota",
        "description",
        "smsResponse",
        "stopCallBack",
        "templates",
    }
)


def change_account(world: World, ask: Ask) -> None:
    """`PUT /sms/{serviceName}`: what is read-only (name, status, credits) is passed over."""
    name, objects = ask.variables["serviceName"], world.store.objects
    changes = {key: value for key, value in ask.params.items() if key in _CHANGEABLE}
    for key in {"smsResponse", "templates"} & set(changes):
        changes[key] = merged(key, _fixed(world.settings)[key], changes[key])
    if "callBack" in changes:  # receipts from now on; older ones are nobody's news
        objects.put("callback", name, "", {"until": world.clock.now(), "last": 0})
    objects.put("account", name, "", {**(objects.get("account", name, "") or {}), **changes})


def merged(name: str, usual: object, given: object) -> dict[str, object]:
    """An object's fields as given, the others as usual. Raises 400 for a field it does not have."""
    if not isinstance(usual, dict) or not isinstance(given, dict) or set(given) - set(usual):
        raise service(400, f"[{name}] Given data is not valid for this type")
    return {**usual, **given}


def _fixed(settings: Sandbox) -> dict[str, object]:
    return {
        "automaticRecreditAmount": None,
        "callBack": None,
        "channel": settings.channel,
        "creditThresholdForAutomaticRecredit": 0,
        "creditsHoldByQuota": 0,
        "description": settings.description,
        "smsResponse": {
            "cgiUrl": None,
            "responseType": "none",
            "text": None,
            "trackingDefaultSmsSender": None,
            "trackingOptions": None,
        },
        "status": "enable",
        "stopCallBack": None,
        "templates": {
            "customizedEmailMode": False,
            "customizedSmsMode": False,
            "emailBody": None,
            "emailFrom": None,
            "emailSubject": None,
            "smsBody": None,
        },
        "userQuantityWithQuota": 0,
    }


def blacklists(world: World, ask: Ask) -> list[str]:
    """`GET /blacklists`: numbers; `smsOutgoingID` keeps those that answered one message."""
    listed = world.store.blacklist(ask.variables["serviceName"])
    wanted = ask.whole("smsOutgoingID")
    batch = ask.text("batchID")
    return [
        number
        for number, (_, message) in listed.items()
        if wanted in {None, message} and (not batch or _batch_of(world, message) == batch)
    ]


def _batch_of(world: World, message: int | None) -> str | None:
    call = None if message is None else world.store.call_of(message)
    return call.batch or None if call else None


def blacklisted(world: World, ask: Ask) -> dict[str, object]:
    """`GET /blacklists/{number}`: `sms.Blacklist`."""
    number = ask.variables["number"]
    entry = world.store.blacklist(ask.variables["serviceName"]).get(number)
    if entry is None:
        raise not_found(number)
    created, message = entry
    date = world.clock.text(created)
    batch = _batch_of(world, message)
    return {"batchID": batch, "dateCreation": date, "number": number, "smsOutgoingID": message}


def unlist(world: World, ask: Ask) -> None:
    """`DELETE /blacklists/{number}`."""
    blacklisted(world, ask)
    world.store.unlist(ask.variables["serviceName"], ask.variables["number"])


def destinations(world: World, ask: Ask) -> dict[str, object]:
    """`GET /sms/rates/destinations`: `sms.DestinationRates`."""
    billing = ask.text("billingCountry") or "fr"
    return rates.destination(ask.text("country") or "", billing, world.settings.rates)


def estimate(world: World, ask: Ask) -> dict[str, object]:
    """`POST /sms/estimate`: `sms.JobEstimate`."""
    stop = not ask.flag("noStopClause")
    text = measure(ask.text("message") or "", stop=stop)
    room = SINGLE[text.encoding] if text.parts <= 1 else JOINED[text.encoding]
    return {
        "characters": text.units,
        "charactersClass": "7bits" if text.encoding is Encoding.GSM7 else "unicode",
        "maxCharactersPerPart": room - len(STOP_CLAUSE) if stop and text.parts <= 1 else room,
        "parts": text.parts,
    }


def ptt(world: World, ask: Ask) -> dict[str, object]:
    """`GET /sms/ptts`: `sms.PttDetails`."""
    code = ask.whole("ptt")
    if code not in PTTS:
        raise not_found(code)
    comment, description, duration = PTTS[code]
    return {"comment": comment, "description": description, "duration": duration}
