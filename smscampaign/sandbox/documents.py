"""`/me/document`: files by way of an address that needs no signature, and the exports of the history.

A file is put at `putUrl` and fetched at `getUrl`; whoever knows the address may (https://eu.api.ovh.com/1.0/me.json). An
export is empty until it has been written, as OVHcloud's are.
"""

from __future__ import annotations

import asyncio
import csv
import io
import logging
import secrets
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from smscampaign.sandbox import history, replies
from smscampaign.sandbox.answers import not_found, service
from smscampaign.sandbox.fates import DELIVERED, FAILED, PTTS
from smscampaign.sandbox.faults import NONE
from smscampaign.sandbox.world import Ask

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smscampaign.sandbox.store import Call
    from smscampaign.sandbox.world import World

OUTGOING = (
    "id", "date", "sender", "receiver", "ptt", "operatorCode", "descriptionDlr", "tag", "message", "sentAt", "deliveredAt",
)  # fmt: skip
INCOMING = ("id", "date", "sender", "tag", "message")
_LOG = logging.getLogger("smscampaign.sandbox")
_MONTHS = 180 * 86400
_PAUSE = 0.2
_WORDS = {DELIVERED: "Delivered", FAILED: "Failed"}


def documents(world: World, ask: Ask) -> list[str]:
    """`GET /me/document`: ids."""
    wanted = ask.text("name")
    return [name for name, kept in _live(world) if wanted in {None, kept["name"]}]


def _live(world: World) -> list[tuple[str, dict[str, Any]]]:
    now = world.clock.now()
    kept = world.store.objects.all("document")
    return [(name, body) for name, body in kept if body["expires"] is None or body["expires"] > now]


def create(world: World, ask: Ask) -> dict[str, object]:
    """`POST /me/document`: an empty document, and where its bytes go."""
    for tag in ask.items("tags"):
        if not isinstance(tag, dict) or not {"key", "value"} >= set(tag):
            raise service(400, "[tags] Given data is not valid: each tag has a key and a value")
    return _show(world, ask, new(world, ask.text("name") or "", tags=ask.items("tags")))


def new(world: World, name: str, *, tags: list[Any], export: dict[str, Any] | None = None) -> str:
    """A new document; its id. `export` is what an export is of, until it has been written."""
    now, document = world.clock.now(), str(uuid4())
    body = {
        "name": name,
        "created": now,
        "expires": None if export is None else now + _MONTHS,
        "tags": tags,
        "get": secrets.token_hex(16),
        "put": secrets.token_hex(16),
        "export": export,
    }
    world.store.objects.put("document", "", document, body, created=now)
    return document


def show(world: World, ask: Ask) -> dict[str, object]:
    """`GET /me/document/{id}`."""
    return _show(world, ask, ask.variables["id"])


def change(world: World, ask: Ask) -> None:
    """`PUT /me/document/{id}`: its name, tags and end."""
    document = ask.variables["id"]
    kept = _kept(world, document)
    if ask.text("expirationDate") is not None:
        kept["expires"] = history.moment(world, ask, "expirationDate")
    kept["name"] = ask.text("name") or kept["name"]
    kept["tags"] = ask.items("tags") or kept["tags"]
    world.store.objects.put("document", "", document, kept)


def delete(world: World, ask: Ask) -> None:
    """`DELETE /me/document/{id}`."""
    document = ask.variables["id"]
    _kept(world, document)
    world.store.objects.delete("document", "", document)
    world.store.objects.drop_content(document)


def content(world: World, document: str) -> bytes:
    """A document's bytes. Raises 404 when there is none."""
    _kept(world, document)
    return b"".join(world.store.objects.content(document))


def opens(world: World, document: str, token: str, *, verb: str) -> bool:
    """Whether a token opens a document for `get` or `put`."""
    kept = dict(_live(world)).get(document)
    return kept is not None and secrets.compare_digest(kept[verb].encode(), token.encode())


def _kept(world: World, document: str) -> dict[str, Any]:
    kept = world.store.objects.get("document", "", document)
    if kept is None or (kept["expires"] is not None and kept["expires"] <= world.clock.now()):
        raise not_found(document)
    return kept


def _show(world: World, ask: Ask, document: str) -> dict[str, object]:
    kept, date = _kept(world, document), world.clock.text
    place = f"{ask.base}/_sandbox/storage/{document}?token="
    return {
        "creationDate": date(kept["created"]),
        "expirationDate": None if kept["expires"] is None else date(kept["expires"]),
        "getUrl": place + kept["get"],
        "id": document,
        "name": kept["name"],
        "putUrl": place + kept["put"],
        "size": world.store.objects.size(document),
        "tags": kept["tags"],
        "validationDate": None,
    }


def export(world: World, ask: Ask) -> str:
    """`GET /sms/{s}/document`: the id of a CSV that will hold the history by these filters."""
    for name in ("creationDatetime.from", "creationDatetime.to"):
        history.moment(world, ask, name)
    what = {"variables": dict(ask.variables), "params": dict(ask.params)}
    return new(world, f"{ask.variables['serviceName']}.{ask.text('wayType')}.csv", tags=[], export=what)


class Exports:
    """Writes the exports that were asked for, slice by slice, so that other calls have their turn."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            try:
                await self.turn()
            except Exception:  # noqa: BLE001 - one that fails must not end all later ones
                _LOG.exception("the sandbox failed in writing an export")
            await asyncio.sleep(_PAUSE)

    async def turn(self) -> None:
        """Write every export whose time has come."""
        now, objects = self._world.clock.now(), self._world.store.objects
        for document, kept in objects.all("document"):
            if kept["export"] is None or now < kept["created"] + self._world.settings.document_delay:
                continue
            pieces = []
            for piece in self._pieces(kept["export"]):
                pieces.append(piece)
                await asyncio.sleep(0)
            # all at once, because a size above 0 says that it is complete
            objects.write_content(document, b"".join(pieces))
            objects.put("document", "", document, {**kept, "export": None})

    def _pieces(self, what: dict[str, Any]) -> Iterator[bytes]:
        ask = Ask(what["variables"], what["params"], None, NONE)
        if ask.text("wayType") == "incoming":
            yield _csv([INCOMING, *_incoming(self._world, ask)])
            return
        yield _csv([OUTGOING])
        for call, ids in history.found(self._world, ask):
            yield _csv(_outgoing(self._world, call, ids))


def _csv(lines: Iterator[tuple[object, ...]] | list[tuple[object, ...]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(lines)
    return text.getvalue().encode("utf-8")


def _outgoing(world: World, call: Call, ids: Iterator[int]) -> Iterator[tuple[object, ...]]:
    numbers, date = call.numbers(), _bare(world, call.created)
    for message in ids:
        what = history.fate_of(world, call, message)
        word = _WORDS.get(what.receipt, PTTS[what.ptt][0])
        tail = (call.tag, call.shown, _bare(world, what.sent_at), _bare(world, what.delivered_at))
        yield message, date, call.sender, numbers[message - call.first], what.ptt, "20801", word, *tail


def _incoming(world: World, ask: Ask) -> Iterator[tuple[object, ...]]:
    for answer in replies.matching(world, ask):
        yield answer.id, _bare(world, answer.created), answer.sender, answer.tag, answer.message


def _bare(world: World, moment: float | None) -> str:
    """A date as OVHcloud's exports write it: without its zone."""
    return "" if moment is None else f"{world.clock.local(moment):%Y-%m-%d %H:%M:%S}"
