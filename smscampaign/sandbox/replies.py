"""Answers: what a person can send back to a message, what a STOP does, and `/incoming`, where answers are read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from smscampaign.message.parts import STOP_CLAUSE
from smscampaign.sandbox.answers import not_found
from smscampaign.sandbox.fates import FAILED, fate
from smscampaign.sandbox.history import moment, plus, whole_id
from smscampaign.sandbox.mailbox import Reply
from smscampaign.sandbox.store import SHORT_NUMBER, pack

if TYPE_CHECKING:
    from smscampaign.sandbox.store import Call
    from smscampaign.sandbox.world import Ask, World

_STOP = re.compile(r"(?i)\s*stop\b")
_LONGEST = 1600


class ReplyProblem(Exception):
    """Why nobody could answer so; the text is for the person who tried."""


def reply(world: World, text: str, *, receiver: str | None = None, message: int | None = None) -> Reply:
    """Let a person answer: the last message to `receiver`, or the one with the id `message`.

    A STOP to a message that offers it blacklists the number. Raises NoAnswer when a phone could not do that.
    """
    if not text.strip() or len(text) > _LONGEST:
        raise ReplyProblem(f"an answer has between 1 and {_LONGEST} characters")
    call, answered = _answered(world, receiver, message)
    number = call.numbers()[answered - call.first]
    stop = _STOP.match(text) is not None
    _possible(world, call, stop=stop)
    now = world.clock.now()
    answer = Reply(0, call.account, now, number, text, call.tag, answered)
    kept = world.store.mail.add(answer)
    if stop:
        world.store.enlist(call.account, number, created=now, message=answered)
        _call_back(world, call, answered, number)
    return Reply(kept, call.account, now, number, text, call.tag, answered)


def _answered(world: World, receiver: str | None, message: int | None) -> tuple[Call, int]:
    found = _by_id(world, message) if message is not None else _latest(world, receiver or "")
    if found is None:
        raise ReplyProblem("there is no message that reached this phone and could be answered")
    return found


def _by_id(world: World, message: int) -> tuple[Call, int] | None:
    call = world.store.call_of(message)
    return (call, message) if call is not None and _arrived(world, call, message) else None


def _latest(world: World, receiver: str) -> tuple[Call, int] | None:
    """The last message that reached a number, newest calls first."""
    number, end = plus(receiver), None
    while page := world.store.recent(50, end=end, digits=pack([number])):
        for call in page:
            ids = (call.first + n for n, one in enumerate(call.numbers()) if one == number)
            for message in ids:
                if _arrived(world, call, message):
                    return call, message
        end = page[-1].first
    return None


def _arrived(world: World, call: Call, message: int) -> bool:
    """Whether the message left and did not fail. Its receipt may be late: the person has it already."""
    now = world.clock.now()
    mark = world.store.marks(message, message).get(message)
    if call.due > now or (mark is not None and mark.kind == "cancelled"):
        return False
    return fate(call, message, now=now, settings=world.settings).receipt != FAILED


def _possible(world: World, call: Call, *, stop: bool) -> None:
    if stop and call.shown.endswith(STOP_CLAUSE):
        return
    if call.sender == SHORT_NUMBER:
        if world.clock.now() > call.due + world.settings.reply_window:
            raise ReplyProblem("the short number can be answered for 48 hours only, and they are over")
    elif not call.sender.lstrip("+").isdigit():
        raise ReplyProblem(
            f"{call.sender} is a name and cannot be answered" + ("" if stop else ", except by STOP")
        )


def _call_back(world: World, call: Call, message: int, number: str) -> None:
    if url := address(world, call, "stopCallBack"):
        date = world.clock.text(world.clock.now())
        world.stops.append((url, {"id": message, "number": number, "date": date}))


def address(world: World, call: Call, name: str) -> str | None:
    """Where the account of a call wants to be called back: `callBack` or `stopCallBack`."""
    account = world.store.objects.get("account", call.account, "")
    return (account or {}).get(name) or None


def incoming(world: World, ask: Ask) -> list[int]:
    """`GET /incoming`: ids of answers, by the documented filters."""
    return [answer.id for answer in matching(world, ask)]


def matching(world: World, ask: Ask) -> list[Reply]:
    """The answers themselves, by those filters."""
    sender, tag = ask.text("sender"), ask.text("tag")
    filters: dict[str, object] = {
        "sender = ?": None if sender is None else plus(sender),
        "tag = ?": tag,
        "created >= ?": moment(world, ask, "creationDatetime.from"),
        "created < 1 + ?": moment(world, ask, "creationDatetime.to"),
    }
    given = {condition: value for condition, value in filters.items() if value is not None}
    return _select(world, ask, given)


def one_incoming(world: World, ask: Ask) -> dict[str, object]:
    """`GET /incoming/{id}`: `sms.Incoming`."""
    answer = _one(world, ask)
    return {
        "creationDatetime": world.clock.text(answer.created),
        "credits": 0,
        "id": answer.id,
        "message": answer.message,
        "sender": answer.sender,
        "tag": answer.tag,
    }


def delete_incoming(world: World, ask: Ask) -> None:
    """`DELETE /incoming/{id}`."""
    world.store.mail.delete(_one(world, ask).id)


def _one(world: World, ask: Ask) -> Reply:
    wanted = whole_id(ask.variables["id"])
    found = _select(world, ask, {"id = ?": wanted})
    if not found:
        raise not_found(wanted)
    return found[0]


def _select(world: World, ask: Ask, given: dict[str, object]) -> list[Reply]:
    filters = {"account = ?": ask.variables["serviceName"], **given}
    return world.store.mail.select(" AND ".join(filters), list(filters.values()))
