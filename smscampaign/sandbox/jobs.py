"""`POST /sms/{serviceName}/jobs`: who is a receiver, what it costs, and the call that is recorded.

Success is in the lists, not in the status: a call whose receivers are all invalid answers 200 and sends nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from itertools import compress
from typing import TYPE_CHECKING
from zlib import crc32

from smscampaign.links import HOST, LINK, PHONE
from smscampaign.message.parts import STOP_CLAUSE, measure
from smscampaign.model import Recipient
from smscampaign.sandbox.answers import service
from smscampaign.sandbox.fates import chance
from smscampaign.sandbox.faults import FaultKind
from smscampaign.sandbox.hours import opening
from smscampaign.sandbox.rates import credit, number
from smscampaign.sandbox.senders import effective, judge
from smscampaign.sandbox.slots import people
from smscampaign.sandbox.store import SHORT_NUMBER, Call, pack

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from smscampaign.model import Text
    from smscampaign.sandbox.world import Ask, World

# OVHcloud's own example receiver is one digit short of a French number, and its API takes it.
EXAMPLE = "+3360000000"
_E164 = re.compile(r"\+[1-9][0-9]{5,14}")
_METROPOLITAN_MOBILE = re.compile(r"\+33[67][0-9]{7,8}")
_MINUTE = 60
_LONGEST_DELAY = 366 * 24 * 60


@dataclass(frozen=True, slots=True)
class Sorted:
    """Receivers by what becomes of them: E.164 with the country of each, and the invalid ones as they were given.

    `fits` says for each that was given which it is.
    """

    numbers: Sequence[str]
    countries: Sequence[str]
    invalid: Sequence[str]
    fits: Sequence[bool]


def send(world: World, ask: Ask) -> dict[str, object]:
    """Accept a job, commit it, and answer `sms.SmsSendingReportUser`. Raises ApiError when it is refused."""
    account = ask.variables["serviceName"]
    body, commercial = ask.text("message") or "", not ask.flag("noStopClause")
    sender = sender_for(world, ask, name=ask.text("sender"), body=body)
    given = _given(world, ask, body)
    receivers = classify(world, ask, given, commercial=commercial, short=ask.flag("senderForResponse"))
    if ask.effects.hit(FaultKind.NO_CREDITS):
        world.store.set_credits(account, Decimal(0))
    left = world.store.credits(account) or Decimal(0)
    if not receivers.numbers:
        return _report(ask, (), receivers, Decimal(0), left)
    text = measure(body, stop=commercial)
    tally = Counter(receivers.countries)
    prices = {country: credit(country, world.settings.rates) * text.parts for country in tally}
    total = sum((prices[country] * count for country, count in tally.items()), Decimal(0))
    if total > left:
        raise service(world.settings.no_credits_status, "Not enough credits: please recredit this account")
    call = _call(world, ask, text=text, sender=sender, receivers=receivers, prices=prices)
    world.store.accept(call, left - total)
    return _report(ask, range(call.first, call.first + call.count), receivers, total, left - total)


def sender_for(world: World, ask: Ask, *, name: str | None, body: str) -> str:
    """The sender the phone shows. `senderForResponse` silently overrides `sender`, as OVHcloud's does."""
    if ask.flag("senderForResponse"):
        if _leads_somewhere(body, hosts=world.settings.hosts_are_contacts):
            raise service(400, "cannot send contact information with shortcode")
        return SHORT_NUMBER
    if not name:
        raise service(400, "Missing parameter(s): sender (or senderForResponse)")
    if ask.effects.hit(FaultKind.SENDER_REFUSED):
        judge(world, ask.variables["serviceName"], name, "refused")
    known = effective(world, ask.variables["serviceName"], name)
    if known is None or known.status != "enable":
        raise service(400, f"Sms sender {name} does not exists. Please create it first")
    if known.kind == "alpha" and len(name) > 11:
        raise service(400, f"Sms sender {name} has more than 11 characters")
    return name


def _leads_somewhere(body: str, *, hosts: bool) -> bool:
    return any(kind.search(body) for kind in (LINK, PHONE, *((HOST,) if hosts else ())))


def _given(world: World, ask: Ask, body: str) -> list[str]:
    """The receivers as they were given, in the call or in a slot."""
    if not body:
        raise service(400, "Missing parameter(s): message")
    if ask.text("receiversDocumentUrl"):
        raise service(400, "[receiversDocumentUrl] This sandbox fetches nothing from addresses: use a slot")
    if (ask.whole("differedPeriod") or 0) > _LONGEST_DELAY:
        raise service(400, f"[differedPeriod] Given data is above {_LONGEST_DELAY} minutes")
    slot = ask.text("receiversSlotId")
    given = [row["number"] for row in people(world, ask, slot)] if slot else ask.texts("receivers")
    if not given:
        raise service(400, "Missing parameter(s): receivers")
    return given


def classify(world: World, ask: Ask, given: Sequence[str], *, commercial: bool, short: bool) -> Sorted:
    """Who can be written to: mobiles in E.164, not blacklisted where it is commercial, French where it is `short`."""
    if ask.effects.hit(FaultKind.ONLY_INVALID):
        return Sorted((), (), given, [False] * len(given))
    spelled = ["+" + cell[2:] if cell.startswith("00") else cell for cell in given]
    unlucky = _unlucky(ask)
    barred = world.store.barred(ask.variables["serviceName"]) if commercial else frozenset()
    found = world.numbers.column(spelled)
    plain = [r for r in found if isinstance(r, Recipient)]
    numbers = [r.msisdn for r in plain]
    if numbers == spelled and not short and not unlucky and barred.isdisjoint(numbers):
        return Sorted(numbers, [r.country for r in plain], (), [True] * len(numbers))
    countries = [_country(spelling, what) for spelling, what in zip(spelled, found, strict=True)]
    fits = [
        country is not None
        and n not in barred
        and not (unlucky and chance(crc32(n.encode()), world.settings.seed) < unlucky)
        and (not short or _METROPOLITAN_MOBILE.fullmatch(n) is not None)
        for n, country in zip(spelled, countries, strict=True)
    ]
    return Sorted(
        list(compress(spelled, fits)),
        [country for country in compress(countries, fits) if country is not None],
        [cell for cell, good in zip(given, fits, strict=True) if not good],
        fits,
    )


def _unlucky(ask: Ask) -> float:
    """The share of receivers that a fault calls invalid: the same numbers whenever the seed is the same."""
    fault = ask.effects.hit(FaultKind.SOME_INVALID)
    return fault.share if fault else 0.0


def _country(spelling: str, found: object) -> str | None:
    """The country of a number that is written in E.164 and exists, else None."""
    if isinstance(found, Recipient) and found.msisdn == spelling:
        return found.country
    return "FR" if spelling == EXAMPLE else None


def _call(
    world: World, ask: Ask, *, text: Text, sender: str, receivers: Sorted, prices: Mapping[str, Decimal]
) -> Call:
    now, differed = world.clock.now(), ask.whole("differedPeriod") or 0
    wanted, validity = now + differed * _MINUTE, ask.whole("validityPeriod")
    due, lapsed = leaving(world, wanted, validity=validity, commercial=not ask.flag("noStopClause"))
    lag = ask.effects.hit(FaultKind.HIDE_HISTORY)
    aligned = world.settings.aligned_ids and not ask.effects.hit(FaultKind.UNALIGNED_IDS)
    turn = 0 if aligned else _turn(world.store.calls + 1, len(receivers.numbers))
    return Call(
        call=world.store.calls + 1,
        first=world.store.next_id,
        count=len(receivers.numbers),
        account=ask.variables["serviceName"],
        created=now,
        due=due,
        visible=now + (lag.seconds if lag else 0),
        tag=ask.text("tag") or "",
        sender=sender,
        message=ask.text("message") or "",
        shown=text.body if ask.flag("noStopClause") else text.body + STOP_CLAUSE,
        units=text.units,
        parts=text.parts,
        differed=differed,
        validity=validity,
        priority=ask.text("priority") or "high",
        credits=pack_costs(_turned(receivers.countries, turn), prices),
        receivers=pack(_turned(receivers.numbers, turn)),
        lapsed=int(lapsed),
    )


def leaving(world: World, wanted: float, *, validity: int | None, commercial: bool) -> tuple[float, bool]:
    """When a message leaves that should leave at `wanted`, and whether its validity (minutes) ends before that.

    Commercial ones are held for the next open slot; one whose validity ends meanwhile never leaves.
    """
    due = opening(wanted, world.clock) if commercial and world.settings.hold else wanted
    if validity and due > wanted + validity * _MINUTE:
        return wanted + validity * _MINUTE, True
    return due, False


def _turn(call: int, count: int) -> int:
    """By how much ids are turned against `validReceivers`, so that nobody learns to rely on their order."""
    return 1 + call % (count - 1) if count > 1 else 0


def _turned(items: Sequence[str], turn: int) -> list[str]:
    return [*items[turn:], *items[:turn]]


def pack_costs(countries: Sequence[str], prices: Mapping[str, Decimal]) -> str:
    """Credits of each message as `Call.credits` holds them."""
    texts = {country: f"{price.normalize():f}" for country, price in prices.items()}
    if len(set(texts.values())) == 1:
        return next(iter(texts.values()))
    return ",".join(texts[country] for country in countries)


def _report(
    ask: Ask, ids: Sequence[int], receivers: Sorted, total: Decimal, left: Decimal
) -> dict[str, object]:
    return {
        "ids": list(ids),
        "validReceivers": list(receivers.numbers),
        "invalidReceivers": list(receivers.invalid),
        # one too many is wrong for every call, whatever it cost
        "totalCreditsRemoved": number(total + 1 if ask.effects.hit(FaultKind.WRONG_TOTALS) else total),
        "creditsLeft": number(left),
        "tag": ask.text("tag") or "",
    }
