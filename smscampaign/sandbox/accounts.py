"""The calls about accounts, senders, blacklists, rates and keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smscampaign.model import Encoding
from smscampaign.parts import JOINED, SINGLE, STOP_CLAUSE, measure
from smscampaign.sandbox import rates
from smscampaign.sandbox.answers import not_found, service
from smscampaign.sandbox.fates import PTTS

if TYPE_CHECKING:
    from smscampaign.sandbox.settings import Sandbox
    from smscampaign.sandbox.world import Ask, World

# A fixed date for things that were "always" there; nothing depends on it.
_LONG_AGO = 1_700_000_000.0


def server_time(world: World, ask: Ask) -> int:
    """`GET /auth/time`: a bare integer."""
    return int(world.clock.now())


def current_credential(world: World, ask: Ask) -> dict[str, object]:
    """`GET /auth/currentCredential`."""
    credential = ask.credential
    if credential is None:
        raise service(403, "You must login first")
    return {
        "allowedIPs": None,
        "applicationId": 1,
        "creation": world.clock.text(_LONG_AGO),
        "credentialId": 1 + world.settings.credentials.index(credential),
        "expiration": None,
        "lastUse": world.clock.text(world.clock.now()),
        "ovhSupport": False,
        "rules": [{"method": method, "path": path} for method, path in credential.rules],
        "status": credential.status,
    }


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
    return {"name": name, "creditsLeft": rates.number(left), **_fixed(world.settings)}


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


def senders(world: World, ask: Ask) -> list[str]:
    """`GET /senders`: names, whatever their status."""
    return [sender.name for sender in world.store.senders(ask.variables["serviceName"])]


def sender(world: World, ask: Ask) -> dict[str, object]:
    """`GET /senders/{sender}`: `sms.Sender`."""
    found = world.store.sender(ask.variables["serviceName"], ask.variables["sender"])
    if found is None:
        raise not_found(ask.variables["sender"])
    return {
        "comment": None,
        "description": found.description,
        "referer": "virtual" if found.kind == "virtual" else "custom",
        "sender": found.name,
        "status": found.status,
        "type": found.kind,
        "validationMedia": None,
    }


def blacklists(world: World, ask: Ask) -> list[str]:
    """`GET /blacklists`: numbers; `smsOutgoingID` keeps those that answered one message."""
    listed = world.store.blacklist(ask.variables["serviceName"])
    wanted = ask.whole("smsOutgoingID")
    if ask.text("batchID"):
        return []
    return [number for number, (_, message) in listed.items() if wanted is None or message == wanted]


def blacklisted(world: World, ask: Ask) -> dict[str, object]:
    """`GET /blacklists/{number}`: `sms.Blacklist`."""
    number = ask.variables["number"]
    entry = world.store.blacklist(ask.variables["serviceName"]).get(number)
    if entry is None:
        raise not_found(number)
    created, message = entry
    date = world.clock.text(created)
    return {"batchID": None, "dateCreation": date, "number": number, "smsOutgoingID": message}


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


def none_yet(world: World, ask: Ask) -> list[object]:
    """A list this sandbox keeps empty: answers and users."""
    return []
