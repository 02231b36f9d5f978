"""`/senders`: names and numbers a message may come from, and how a new one becomes usable.

A new sender waits for OVHcloud's review, which here takes `review_delay` seconds of the sandbox's clock and always says yes;
the code a person would be sent is always 1234.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from smscampaign.model import Sender
from smscampaign.sandbox import documents
from smscampaign.sandbox.answers import not_found, service

if TYPE_CHECKING:
    from smscampaign.sandbox.world import Ask, World

CODE = "1234"
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


def validate(world: World, ask: Ask) -> None:
    """`POST /senders/{sender}/validate`: the code that was sent to a number."""
    found = _found(world, ask)
    if ask.text("code") != CODE:
        raise service(400, "Invalid validation code")
    judge(world, ask.variables["serviceName"], found.name, "enable")


def judge(world: World, account: str, name: str, status: str) -> bool:
    """Give a sender a status for good; False when there is no such sender."""
    found = world.store.sender(account, name)
    if found is None or status not in STATUSES:
        return False
    world.store.put_sender(account, replace(found, status=status))
    world.store.objects.delete("sender", account, name)
    return True


def available(world: World, ask: Ask) -> list[dict[str, str]]:
    """`GET /sendersAvailableForValidation`: numbers of the customer, from the range reserved for fiction."""
    found = [
        {"referer": "nichandle", "sender": "+33639980001"},
        {"referer": "domain", "sender": "+33199000001"},
    ]
    return [one for one in found if ask.text("referer") in {None, one["referer"]}]


def papers(world: World, ask: Ask) -> list[str]:
    """`GET /senders/{sender}/documents`: ids."""
    return [name for name, _ in world.store.objects.all("paper", _place(world, ask))]


def add_paper(world: World, ask: Ask) -> dict[str, object]:
    """`POST /senders/{sender}/documents`: where a proof of ownership goes."""
    paper, place = str(uuid4()), _place(world, ask)
    document = documents.new(world, ask.text("name") or "", tags=[])
    kept = {"name": ask.text("name"), "description": ask.text("description"), "document": document}
    world.store.objects.put("paper", place, paper, kept, created=world.clock.now())
    return _paper(world, ask, paper, kept)


def paper(world: World, ask: Ask) -> dict[str, object]:
    """`GET /senders/{sender}/documents/{documentID}`."""
    return _paper(world, ask, ask.variables["documentID"], _kept_paper(world, ask))


def change_paper(world: World, ask: Ask) -> None:
    """`PUT /senders/{sender}/documents/{documentID}`: its name and description."""
    kept = _kept_paper(world, ask)
    changes = {key: ask.text(key) or kept[key] for key in ("name", "description")}
    world.store.objects.put("paper", _place(world, ask), ask.variables["documentID"], {**kept, **changes})


def _kept_paper(world: World, ask: Ask) -> dict[str, Any]:
    kept = world.store.objects.get("paper", _place(world, ask), ask.variables["documentID"])
    if kept is None:
        raise not_found(ask.variables["documentID"])
    return kept


def _paper(world: World, ask: Ask, paper: str, kept: dict[str, Any]) -> dict[str, object]:
    inner = documents.show(world, replace(ask, variables={"id": kept["document"]}))
    return {
        "createdAt": inner["creationDate"],
        "description": kept["description"],
        "documentID": paper,
        "getUrl": inner["getUrl"],
        "name": kept["name"],
        "putUrl": inner["putUrl"],
        "size": inner["size"],
    }


def _place(world: World, ask: Ask) -> str:
    return f"{ask.variables['serviceName']}/{_found(world, ask).name}"


def _found(world: World, ask: Ask) -> Sender:
    name = ask.variables["sender"]
    found = effective(world, ask.variables["serviceName"], name)
    if found is None:
        raise not_found(name)
    return found
