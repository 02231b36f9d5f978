"""`/receivers`: lists of people in slots 1 to 9, read from a CSV that somebody put into a document.

The documented checks: UTF-8, `;` between the columns, a `number` column in E.164, the other columns within GSM-7
(https://help.ovhcloud.com, SMS guides). What is refused says `on line N`.
"""

from __future__ import annotations

import csv
import io
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from smscampaign.message.parts import BASIC, EXTENSION
from smscampaign.sandbox import documents
from smscampaign.sandbox.answers import not_found, service
from smscampaign.sandbox.rates import number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smscampaign.sandbox.world import Ask, World

SLOTS = range(1, 10)
_E164 = re.compile(r"\+[1-9][0-9]{5,14}")
_GSM7 = frozenset(BASIC + EXTENSION)
_CLEANING = Decimal("0.1")  # the sandbox's own price of asking for one number


def slots(world: World, ask: Ask) -> list[int]:
    """`GET /receivers`: the slots in use."""
    return sorted(int(name) for name, _ in world.store.objects.all("slot", _owner(ask)))


def create(world: World, ask: Ask) -> dict[str, object]:
    """`POST /receivers`: `sms.Receiver`. Raises 400 for a CSV that is refused, 409 for a slot in use."""
    slot, owner = ask.whole("slotId") or 0, _owner(ask)
    if slot not in SLOTS:
        raise service(400, "[slotId] Given data must be between 1 and 9")
    if world.store.objects.get("slot", owner, str(slot)) is not None:
        raise service(409, f"The slot {slot} is already used")
    document, description = ask.text("documentId"), ask.text("description") or ""
    if ask.text("csvUrl") or ask.flag("autoUpdate"):
        raise service(400, "[csvUrl] This sandbox fetches nothing from addresses: use documentId")
    if not document:
        raise service(400, "Missing parameter(s): csvUrl or documentId")
    content = documents.content(world, document)
    records = sum(1 for _ in rows(content))
    world.store.objects.write_content(_place(owner, slot), content)
    kept = {"description": _described(description), "datetime": world.clock.now(), "records": records}
    world.store.objects.put("slot", owner, str(slot), kept, created=world.clock.now())
    return _show(world, slot, kept)


def show(world: World, ask: Ask) -> dict[str, object]:
    """`GET /receivers/{slotId}`: `sms.Receiver`."""
    slot, kept = _kept(world, ask)
    return _show(world, slot, kept)


def change(world: World, ask: Ask) -> None:
    """`PUT /receivers/{slotId}`: its description."""
    slot, kept = _kept(world, ask)
    kept["description"] = _described(ask.text("description") or kept["description"])
    world.store.objects.put("slot", _owner(ask), str(slot), kept)


def delete(world: World, ask: Ask) -> None:
    """`DELETE /receivers/{slotId}`."""
    slot, _ = _kept(world, ask)
    world.store.objects.delete("slot", _owner(ask), str(slot))
    world.store.objects.drop_content(_place(_owner(ask), slot))


def csv_of(world: World, ask: Ask) -> str:
    """`GET /receivers/{slotId}/csv`: the id of a document with the list, as for the exports of the history."""
    slot, _ = _kept(world, ask)
    document = documents.new(world, f"receivers-{slot}.csv", tags=[])
    world.store.objects.write_content(document, _content(world, _owner(ask), slot))
    return document


def clean(world: World, ask: Ask) -> dict[str, object]:
    """`POST /receivers/{slotId}/clean`: what it costs. The sandbox's phones all exist, so nobody is removed."""
    _, kept = _kept(world, ask)
    account, price = ask.variables["serviceName"], _CLEANING * kept["records"]
    left = world.store.credits(account) or Decimal(0)
    if not ask.flag("priceOnly"):
        if price > left:
            raise service(
                world.settings.no_credits_status, "Not enough credits: please recredit this account"
            )
        world.store.set_credits(account, left - price)
    return {"taskId": world.store.objects.next_number("task"), "totalCreditsRemoved": number(price)}


def people(world: World, ask: Ask, slot: str) -> Iterator[dict[str, str]]:
    """The rows of a slot by its number as text, as jobs and batches name it. Raises 404 when it is empty."""
    owner = _owner(ask)
    if world.store.objects.get("slot", owner, slot) is None:
        raise not_found(slot)
    return rows(_content(world, owner, int(slot)))


def rows(content: bytes) -> Iterator[dict[str, str]]:
    """The rows of a CSV by column. Raises 400 with the line where one of the checks fails."""
    lines = csv.reader(io.StringIO(_decoded(content), newline=""), delimiter=";", strict=True)
    header: list[str] = []
    while True:
        try:
            cells = next(lines)
        except StopIteration:
            break
        except csv.Error as error:
            raise _refused(f"Unreadable CSV ({error})", lines.line_num) from None
        if not cells:
            continue
        if not header:
            header = _header(cells)
            continue
        yield _row(header, cells, lines.line_num)
    if not header:
        raise _refused("Missing column number", 1)


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _refused("The file is not UTF-8", content[: error.start].count(b"\n") + 1) from None


def _header(cells: list[str]) -> list[str]:
    names = [cell.strip() for cell in cells]
    if "number" not in names:
        raise _refused("Missing column number", 1)
    if len(set(names)) < len(names) or "" in names:
        raise _refused("Column names must be there and differ", 1)
    return names


def _row(header: list[str], cells: list[str], line: int) -> dict[str, str]:
    if len(cells) != len(header):
        raise _refused(f"{len(header)} columns expected, {len(cells)} found", line)
    row = dict(zip(header, cells, strict=True))
    if not _E164.fullmatch(row["number"]):
        raise _refused(f"Invalid number {row['number'][:20]!r}", line)
    for name, cell in row.items():
        if not _GSM7.issuperset(cell):
            raise _refused(f"Column {name} holds a character outside of GSM-7", line)
    return row


def _refused(what: str, line: int) -> Exception:
    return service(400, f"{what} on line {line}")


def _described(text: str) -> str:
    if len(text) > 40:
        raise service(400, "[description] Given data is longer than 40 characters")
    return text


def _owner(ask: Ask) -> str:
    return ask.variables["serviceName"]


def _place(owner: str, slot: int) -> str:
    return f"slot:{owner}:{slot}"


def _content(world: World, owner: str, slot: int) -> bytes:
    return b"".join(world.store.objects.content(_place(owner, slot)))


def _kept(world: World, ask: Ask) -> tuple[int, dict[str, Any]]:
    name = ask.variables["slotId"]
    kept = world.store.objects.get("slot", _owner(ask), name)
    if kept is None:
        raise not_found(name)
    return int(name), kept


def _show(world: World, slot: int, kept: dict[str, Any]) -> dict[str, object]:
    return {
        "autoUpdate": False,
        "canAutoUpdate": False,
        "datetime": world.clock.text(kept["datetime"]),
        "description": kept["description"],
        "records": kept["records"],
        "slotId": slot,
    }
