"""`/senders`: names and numbers a message may come from, and how a new one becomes usable.

A new sender waits for OVHcloud's review, which here takes `review_delay` seconds of the sandbox's clock and always says yes.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from smscampaign.model import Sender
from smscampaign.sandbox.answers import not_found, service

if TYPE_CHECKING:
    from smscampaign.sandbox.world import Ask, World

STATUSES = ("enable", "disable", "refused", "waitingValidation")
_ALPHA = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 .&'_-]{1,11}")
_NUMBER = re.compile(r"(?:\+|00)[1-9][0-9]{5,14}")


def effective(world: World, account: str, name: str) -> Sender | None:
    """A sender as it stands now: one that waits becomes usable when its review is over."""
    found = world.store.sender(account, name)
    if found is None or found.status != "waitingValidation":
        return found
    asked = (world.store.objects.get("sender", account, name) or {}).get("asked")
    if asked is None or world.clock.now() < asked + world.settings.review_delay:
        return found
    return replace(found, status="enable")


def senders(world: World, ask: Ask) -> list[str]:
    """`GET /senders`: names, whatever their status."""
    return [sender.name for sender in world.store.senders(ask.variables["serviceName"])]


def sender(world: World, ask: Ask) -> dict[str, object]:
    """`GET /senders/{sender}`: `sms.Sender`."""
    found = _found(world, ask)
    more = world.store.objects.get("sender", ask.variables["serviceName"], found.name) or {}
    return {
        "comment": more.get("comment"),
        "description": found.description,
        "referer": "virtual" if found.kind == "virtual" else "custom",
        "sender": found.name,
        "status": found.status,
        "type": found.kind,
        "validationMedia": None,
    }


def create(world: World, ask: Ask) -> str:
    """`POST /senders`: a sender that waits for its review."""
    account, name = ask.variables["serviceName"], ask.text("sender") or ""
    numeric = _NUMBER.fullmatch(name) is not None
    if not numeric and (not _ALPHA.fullmatch(name) or name != name.strip()):
        raise service(400, "[sender] Given data is neither 1 to 11 letters and digits nor a number in E.164")
    if world.store.sender(account, name) is not None:
        raise service(409, f"Sender {name} already exists")
    kind = "numeric" if numeric else "alpha"
    world.store.put_sender(account, Sender(name, "waitingValidation", kind, ask.text("description") or ""))
    kept = {"asked": world.clock.now(), "reason": ask.text("reason")}
    world.store.objects.put("sender", account, name, kept, created=world.clock.now())
    return name


def change(world: World, ask: Ask) -> None:
    """`PUT /senders/{sender}`: its description, and whether a sender that was accepted is in use."""
    found, status = _found(world, ask), ask.text("status")
    usable = {"enable", "disable"}
    if status is not None and status != found.status and not {status, found.status} <= usable:
        raise service(403, f"Sender {found.name} cannot become {status}")
    described = ask.text("description")
    text = found.description if described is None else described
    changed = replace(found, status=status or found.status, description=text)
    world.store.put_sender(ask.variables["serviceName"], changed)


def delete(world: World, ask: Ask) -> None:
    """`DELETE /senders/{sender}`."""
    name = _found(world, ask).name
    world.store.drop_sender(ask.variables["serviceName"], name)
    world.store.objects.delete("sender", ask.variables["serviceName"], name)


def judge(world: World, account: str, name: str, status: str) -> bool:
    """Give a sender a status for good; False when there is no such sender."""
    found = world.store.sender(account, name)
    if found is None or status not in STATUSES:
        return False
    world.store.put_sender(account, replace(found, status=status))
    world.store.objects.delete("sender", account, name)
    return True


def _found(world: World, ask: Ask) -> Sender:
    name = ask.variables["sender"]
    found = effective(world, ask.variables["serviceName"], name)
    if found is None:
        raise not_found(name)
    return found
