"""What the API shows of accepted messages: `/jobs` (still to leave), `/outgoing` (left), and their filters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from itertools import chain
from typing import TYPE_CHECKING

from smscampaign.sandbox.answers import not_found, service
from smscampaign.sandbox.fates import Fate, fate
from smscampaign.sandbox.rates import number
from smscampaign.sandbox.store import Removal

if TYPE_CHECKING:
    from smscampaign.sandbox.store import Call
    from smscampaign.sandbox.world import Ask, World


AT_ONCE = 50_000
"""Messages up to which a list of ids is made whole; in a larger history it is handed out piece by piece."""

Listed = list[int] | Iterator[list[int]]


def jobs(world: World, ask: Ask) -> Listed:
    """`GET /jobs`: ids of what has not left yet."""
    now = world.clock.now()
    # `due > created` is the condition of the index on deferred calls
    where = "due > created AND account = ? AND due > ? AND visible <= ?"
    values = (ask.variables["serviceName"], now, now)
    return _listed(world, (_unmarked(world, call) for call in world.store.pages(where, values)))


def _listed(world: World, pieces: Iterator[Iterator[int]]) -> Listed:
    return (
        list(chain.from_iterable(pieces))
        if world.store.messages <= AT_ONCE
        else (list(ids) for ids in pieces)
    )


def job(world: World, ask: Ask) -> dict[str, object]:
    """`GET /jobs/{id}`: `sms.Job`, which carries no tag; 404 once the message has left."""
    call, message = _find(world, ask, pending=True)
    return _job_fields(world, call, message)


def delete_job(world: World, ask: Ask) -> None:
    """`DELETE /jobs/{id}`: a message that has not left never will; the record keeps it, marked."""
    call, message = _find(world, ask, pending=True)
    mark = Removal("cancelled", world.clock.now())
    left = world.store.credits(call.account)
    refund = left is not None and world.settings.refund_cancelled
    back = left + Decimal(call.costs()[message - call.first]) if refund and left is not None else None
    world.store.mark(message, mark, account=call.account, credits_left=back)


def outgoing(world: World, ask: Ask) -> Listed:
    """`GET /outgoing`: ids of what has left, by the documented filters."""
    return _listed(world, (ids for _, ids in found(world, ask)))


def found(world: World, ask: Ask) -> Iterator[tuple[Call, Iterator[int]]]:
    """Every call with messages that left and meet the filters, with the ids of those."""
    where, values = _conditions(world, ask)
    for call in world.store.pages(" AND ".join(where), values):
        yield call, _matching(world, ask, call)


def one_outgoing(world: World, ask: Ask) -> dict[str, object]:
    """`GET /outgoing/{id}`: `sms.Outgoing`."""
    call, message = _find(world, ask, pending=False)
    return {
        **_job_fields(world, call, message),
        "batchID": call.batch or None,
        "messageID": None,
        "tag": call.tag,
        "tariffCode": "SMS",
    }


def delete_outgoing(world: World, ask: Ask) -> None:
    """`DELETE /outgoing/{id}`: out of the history; the record keeps it."""
    call, message = _find(world, ask, pending=False)
    world.store.mark(message, Removal("deleted", world.clock.now()), account=call.account)


def whole_id(text: str) -> int:
    """An id in a path. Raises 400 when it is no number."""
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise service(400, f"[id] Given data ({text[:40]}) is not valid for type long")
    return int(text)


def _find(world: World, ask: Ask, *, pending: bool) -> tuple[Call, int]:
    message, now = whole_id(ask.variables["id"]), world.clock.now()
    call = world.store.call_of(message)
    there = (
        call is not None
        and call.account == ask.variables["serviceName"]
        and call.visible <= now
        and (call.due > now) is pending
        and not world.store.marks(message, message)
    )
    if call is None or not there:
        raise not_found(message)
    return call, message


def _unmarked(world: World, call: Call) -> Iterator[int]:
    marks = world.store.marks(call.first, call.first + call.count - 1)
    return (i for i in range(call.first, call.first + call.count) if i not in marks)


def _conditions(world: World, ask: Ask) -> tuple[list[str], list[object]]:
    """The filters that hold for a whole call, as conditions on its row."""
    now = world.clock.now()
    where, values = ["account = ?", "due <= ?", "visible <= ?"], [ask.variables["serviceName"], now, now]
    filters = {
        "tag = ?": ask.text("tag"),
        "sender = ?": ask.text("sender"),
        "batch = ?": ask.text("batchID") or None,
        "differed = ?": ask.whole("differedDelivery"),
        "created >= ?": moment(world, ask, "creationDatetime.from"),
        # dates are shown to the second, so that second is still within
        "created < 1 + ?": moment(world, ask, "creationDatetime.to"),
        "instr(receivers, ?) > 0": _packed(ask.text("receiver")),
    }
    for condition, value in filters.items():
        if value is not None:
            where.append(condition)
            values.append(value)
    if ask.text("messageID"):
        where.append("0")  # no message of this sandbox has one
    return where, values


def _packed(receiver: str | None) -> str | None:
    return None if receiver is None else plus(receiver) + "+"


def plus(receiver: str) -> str:
    """A number as the store holds it; a plus in a query is often sent unescaped and arrives as a space."""
    digits = receiver.strip().removeprefix("+")
    return "+" + (digits[2:] if digits.startswith("00") else digits)


def moment(world: World, ask: Ask, name: str) -> float | None:
    """A date among the parameters, in seconds since the epoch. Raises 400 when it is none."""
    text = ask.text(name)
    if text is None:
        return None
    try:
        return world.clock.parse(text.replace(" ", "+") if "T" in text else text)
    except ValueError:
        raise service(400, f"[{name}] Given data ({text[:40]}) is not valid for type datetime") from None


def _matching(world: World, ask: Ask, call: Call) -> Iterator[int]:
    """Ids of a call that meet the filters that differ by message."""
    ids = _unmarked(world, call)
    receiver = ask.text("receiver")
    if receiver is not None:
        wanted = plus(receiver)
        numbers = call.numbers()
        ids = (i for i in ids if numbers[i - call.first] == wanted)
    receipt, ptt = ask.whole("deliveryReceipt"), ask.whole("ptt")
    if receipt is None and ptt is None:
        return ids
    return (i for i in ids if _fits(fate_of(world, call, i), receipt, ptt))


def _fits(what: Fate, receipt: int | None, ptt: int | None) -> bool:
    return (receipt is None or what.receipt == receipt) and (ptt is None or what.ptt == ptt)


def fate_of(world: World, call: Call, message: int) -> Fate:
    """Where a message stands now."""
    return fate(call, message, now=world.clock.now(), settings=world.settings)


def _job_fields(world: World, call: Call, message: int) -> dict[str, object]:
    what, place = fate_of(world, call, message), message - call.first
    date = world.clock.text
    return {
        "creationDatetime": date(call.created),
        "credits": number(Decimal(call.costs()[place])),
        "deliveredAt": None if what.delivered_at is None else date(what.delivered_at),
        "deliveryReceipt": what.receipt,
        "differedDelivery": call.differed,
        "id": message,
        "message": call.shown,
        "messageLength": call.units,
        "numberOfSms": call.parts,
        "ptt": what.ptt,
        "receiver": call.numbers()[place],
        "sender": call.sender,
        "sentAt": None if what.sent_at is None else date(what.sent_at),
    }
