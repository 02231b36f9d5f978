"""`/batches`: a whole file in one call. `#column#` in the message is replaced from the slot's CSV, row by row.

What a batch is at any moment follows from when it was made, when it is to leave, and the clock; its messages are calls
like any other (https://eu.api.ovh.com/1.0/sms.json, `sms.Batch`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from smscampaign.message.parts import STOP_CLAUSE, measure
from smscampaign.sandbox import history, slots
from smscampaign.sandbox.answers import not_found, service
from smscampaign.sandbox.fates import DELIVERED, FAILED
from smscampaign.sandbox.jobs import classify, leaving, pack_costs, sender_for
from smscampaign.sandbox.rates import credit, number
from smscampaign.sandbox.store import Call, Removal, pack

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from smscampaign.sandbox.world import Ask, World

_COLUMN = re.compile(r"#([^#\s][^#]*)#")
_ENDED = frozenset({"COMPLETED", "FAILED", "CANCELED"})
_MINUTE = 60


@dataclass(frozen=True, slots=True)
class _Piece:
    """One receiver of a batch with the text for it."""

    receiver: str
    country: str
    text: str


def batches(world: World, ask: Ask) -> list[dict[str, object]]:
    """`GET /batches`: whole objects."""
    return [_show(world, name, kept) for name, kept in world.store.objects.all("batch", _account(ask))]


def create(world: World, ask: Ask) -> dict[str, object]:
    """`POST /batches`: `sms.Batch`. Raises 400 for what is wrong at first sight; what goes wrong later makes it FAILED."""
    body, commercial = ask.text("message") or "", not ask.flag("noStop")
    if ask.text("from") and ask.flag("senderForResponse"):
        raise service(400, "from and senderForResponse cannot be used together")
    if not body:
        raise service(400, "Missing parameter(s): message")
    sender = sender_for(world, ask, name=ask.text("from"), body=body)
    deferred = history.moment(world, ask, "deferred")
    given = list(_given(world, ask))
    found = classify(
        world,
        ask,
        [row["number"] for row in given],
        commercial=commercial,
        short=ask.flag("senderForResponse"),
    )
    texts = [_filled(body, row) for row, good in zip(given, found.fits, strict=True) if good]
    pieces = [_Piece(*one) for one in zip(found.numbers, found.countries, texts, strict=True)]
    batch = str(uuid4())
    kept = _planned(world, ask, deferred=deferred, total=len(given))
    barred = world.store.barred(_account(ask)) if commercial else frozenset()
    kept["stoplisted"] = sum(receiver in barred for receiver in found.invalid)
    kept["errors"] = [[receiver, "Invalid receiver"] for receiver in found.invalid if receiver not in barred]
    calls = list(
        _calls(world, kept, pieces, batch=batch, sender=sender, commercial=commercial, account=_account(ask))
    )
    _charge(world, kept, calls, account=_account(ask))
    world.store.objects.put("batch", _account(ask), batch, kept, created=world.clock.now())
    return _show(world, batch, kept)


def _given(world: World, ask: Ask) -> Iterator[dict[str, str]]:
    slot, to = ask.text("slotID"), ask.texts("to")
    if bool(slot) is bool(to):
        raise service(400, "Missing parameter(s): exactly one of to and slotID")
    if slot:
        yield from slots.people(world, ask, slot)
    else:
        yield from ({"number": str(receiver)} for receiver in to)


def _filled(body: str, row: dict[str, str]) -> str:
    """The message for one row; a name the CSV does not have stays as it is, where everybody can see it."""
    return _COLUMN.sub(lambda found: row.get(found[1], found[0]), body)


def _planned(world: World, ask: Ask, *, deferred: float | None, total: int) -> dict[str, Any]:
    now, pace = world.clock.now(), world.settings.batch_pace
    return {
        "created": now,
        "updated": now,
        "deferred": deferred is not None and deferred > now,
        "due": max(now + 3 * pace, deferred or 0.0),
        "from": None if ask.flag("senderForResponse") else ask.text("from"),
        "message": ask.text("message"),
        "name": ask.text("name") or "",
        "receivers": ask.texts("to") or None,
        "slot": ask.text("slotID"),
        "tag": ask.text("tag") or "",
        "total": total,
        "first": 0,
        "last": -1,
        "credits": "0",
        "failed": None,
        "cancelled": None,
    }


def _calls(
    world: World,
    kept: dict[str, Any],
    pieces: Sequence[_Piece],
    *,
    batch: str,
    sender: str,
    commercial: bool,
    account: str,
) -> Iterator[Call]:
    """One call for each run of receivers with the same text, all under one call number."""
    due, _ = leaving(world, kept["due"], validity=None, commercial=commercial)
    first, created = world.store.next_id, kept["created"]
    kept["due"] = due
    for body, run in groupby(pieces, key=lambda piece: piece.text):
        group, text = list(run), measure(body, stop=commercial)
        prices = {p.country: credit(p.country, world.settings.rates) * text.parts for p in group}
        yield Call(
            first=first,
            call=world.store.calls + 1,
            count=len(group),
            account=account,
            created=created,
            due=due,
            visible=created + 2 * world.settings.batch_pace,
            tag=kept["tag"],
            sender=sender,
            message=body,
            shown=body + STOP_CLAUSE if commercial else body,
            units=text.units,
            parts=text.parts,
            differed=int((due - created) // _MINUTE) if kept["deferred"] else 0,
            validity=None,
            priority="high",
            credits=pack_costs([p.country for p in group], prices),
            receivers=pack([p.receiver for p in group]),
            batch=batch,
        )
        first += len(group)


def _charge(world: World, kept: dict[str, Any], calls: Sequence[Call], *, account: str) -> None:
    """Take a batch in, whole, or note why it failed."""
    total = sum((Decimal(cost) for call in calls for cost in call.costs()), Decimal(0))
    left = world.store.credits(account) or Decimal(0)
    kept["credits"] = f"{total:f}"
    if not calls:
        kept["failed"] = "No valid receiver"
    elif total > left:
        kept["failed"] = "Not enough credits"
    else:
        world.store.accept_all(calls, left - total)
        kept["first"], kept["last"] = calls[0].first, calls[-1].first + calls[-1].count - 1
    if kept["failed"]:
        kept["errors"] = [*kept["errors"], ["", kept["failed"]]]


def one(world: World, ask: Ask) -> dict[str, object]:
    """`GET /batches/{id}`: `sms.Batch`."""
    return _show(world, ask.variables["id"], _kept(world, ask))


def rename(world: World, ask: Ask) -> dict[str, object]:
    """`PUT /batches/{id}`: its name."""
    kept = _kept(world, ask)
    kept["name"], kept["updated"] = ask.text("name"), world.clock.now()
    world.store.objects.put("batch", _account(ask), ask.variables["id"], kept)
    return _show(world, ask.variables["id"], kept)


def delete(world: World, ask: Ask) -> None:
    """`DELETE /batches/{id}`: of one that has ended; its messages stay in the history. Raises 409 for others."""
    if _status(world, _kept(world, ask)) not in _ENDED:
        raise service(409, "This batch has not ended")
    world.store.objects.delete("batch", _account(ask), ask.variables["id"])


def cancel(world: World, ask: Ask) -> dict[str, object]:
    """`POST /batches/{id}/cancel`: only while it is deferred and nothing was sent. Raises 409 otherwise."""
    kept, now = _kept(world, ask), world.clock.now()
    if not kept["deferred"] or now >= kept["due"] or kept["failed"] or kept["cancelled"] is not None:
        raise service(409, "This batch cannot be cancelled: it is not deferred, or it has been sent")
    left = world.store.credits(_account(ask)) or Decimal(0)
    back = Decimal(kept["credits"]) if world.settings.refund_cancelled else Decimal(0)
    ids = range(kept["first"], kept["last"] + 1)
    world.store.mark_all(ids, Removal("cancelled", now), account=_account(ask), credits_left=left + back)
    kept["cancelled"] = kept["updated"] = now
    world.store.objects.put("batch", _account(ask), ask.variables["id"], kept)
    return _show(world, ask.variables["id"], kept)


def statistics(world: World, ask: Ask) -> dict[str, object]:
    """`GET /batches/{id}/statistics`: `sms.BatchStatistics`."""
    kept, batch = _kept(world, ask), ask.variables["id"]
    tally = {"pending": 0, "sent": 0, "delivered": 0, "failed": 0}
    live = [] if kept["cancelled"] is not None else world.store.pages("batch = ?", (batch,))
    for call in live:
        for message in range(call.first, call.first + call.count):
            what = history.fate_of(world, call, message)
            tally["sent" if what.sent_at is not None else "pending"] += 1
            tally["delivered"] += what.receipt == DELIVERED
            tally["failed"] += what.receipt == FAILED
    total = number(Decimal(kept["credits"]))
    taken = 0 if kept["failed"] or kept["cancelled"] is not None else total
    return {
        "id": batch,
        "credits": taken,
        "estimatedCredits": total,
        "stoplisted": kept["stoplisted"],
        **tally,
    }


def _status(world: World, kept: dict[str, Any]) -> str:
    now, pace = world.clock.now(), world.settings.batch_pace
    if kept["cancelled"] is not None:
        return _stage(now - kept["cancelled"], pace, ("TO_CANCEL", "CANCELING", "CANCELED"))
    if kept["failed"]:
        return _stage(now - kept["created"], pace, ("PENDING", "FAILED"))
    if now >= kept["due"]:
        return "COMPLETED"
    return _stage(now - kept["created"], pace, ("PENDING", "INSERTING", "INSERTED"))


def _stage(since: float, pace: float, names: tuple[str, ...]) -> str:
    """The name for a time: each but the last holds for one `pace`."""
    passed = int(since // pace) if pace > 0 else len(names)
    return names[max(0, min(passed, len(names) - 1))]


def _kept(world: World, ask: Ask) -> dict[str, Any]:
    kept = world.store.objects.get("batch", _account(ask), ask.variables["id"])
    if kept is None:
        raise not_found(ask.variables["id"])
    return kept


def _account(ask: Ask) -> str:
    return ask.variables["serviceName"]


def _show(world: World, batch: str, kept: dict[str, Any]) -> dict[str, object]:
    status, now, date = _status(world, kept), world.clock.now(), world.clock.text
    started = kept["created"] + world.settings.batch_pace
    ended = {"COMPLETED": kept["due"], "FAILED": started, "CANCELED": kept["cancelled"]}.get(status)
    return {
        "accountID": 1,
        "createdAt": date(kept["created"]),
        "errors": [{"receiver": receiver, "message": message} for receiver, message in kept["errors"]],
        "estimatedCredits": number(Decimal(kept["credits"])),
        "finishedAt": None if ended is None else date(ended),
        "from": kept["from"],
        "id": batch,
        "message": kept["message"],
        "name": kept["name"],
        "processedRecords": 0 if status == "PENDING" else kept["total"],
        "receivers": kept["receivers"],
        "sentAt": date(kept["due"]) if status == "COMPLETED" else None,
        "slotID": kept["slot"],
        "startedAt": None if now < started else date(started),
        "status": status,
        "totalRecords": kept["total"],
        "updatedAt": date(kept["updated"]),
    }
