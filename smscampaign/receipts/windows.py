"""Windows of time over the calls of a campaign: what is asked of the account's history at once."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from smscampaign.compliance import leaves_at
from smscampaign.journal.receipts import OpenCall
from smscampaign.journal.store import Record
from smscampaign.model import Purpose

#: Messages of ours in one window at most: their ids are held in memory, and the lists of the account's.
MOST = 100_000

#: A pause between two calls ends a window, unless fewer messages than this are in it: each window costs some calls.
GAP, LEAST = timedelta(hours=1), 1000

#: Minutes for which a message is valid that says nothing else: OVHcloud's examples have 48 hours.
USUAL_VALIDITY = 2880

#: How much longer its last receipt may take.
MARGIN = timedelta(hours=1)


@dataclass(slots=True)
class Window:
    """From `start` to `end` these messages were handed over. `ids` of their calls; `untold`: tags of calls without ids."""

    start: datetime
    end: datetime
    messages: int = 0
    ids: array[int] = field(default_factory=lambda: array("q"))
    untold: list[str] = field(default_factory=list)

    def add(self, call: OpenCall) -> None:
        """One call more."""
        self.start, self.end = min(self.start, call.made), max(self.end, call.recorded)
        self.messages += call.messages
        self.ids.extend(call.ids)
        if not call.ids:
            self.untold.append(call.tag)

    def has_room_for(self, call: OpenCall) -> bool:
        """Whether the call may come into this window."""
        near = self.start - GAP <= call.made <= self.end + GAP
        return self.messages < MOST and (near or self.messages < LEAST)


def windows_of(calls: Iterable[OpenCall]) -> Iterator[Window]:
    """Windows that hold these calls, each call in one of them."""
    window: Window | None = None
    for call in calls:
        if window is not None and not window.has_room_for(call):
            yield window
            window = None
        window = window or Window(call.made, call.recorded)
        window.add(call)
    if window is not None:
        yield window


def over_at(record: Record, made: datetime) -> datetime:
    """Until when the last word on a message of an edition comes that was handed over then, with a margin."""
    sending = sending_of(record)
    moment = sending.get("send_at")
    leaves = max(made, datetime.fromisoformat(moment)) if moment else made
    if record.inputs.settings.get("purpose") != Purpose.TRANSACTIONAL:
        leaves = leaves_at(leaves)  # OVHcloud holds commercial messages at night
    return leaves + timedelta(minutes=sending.get("validity") or USUAL_VALIDITY) + MARGIN


def sending_of(record: Record) -> dict[str, Any]:
    """What its settings say about when it is sent."""
    return record.inputs.settings.get("sending") or {}
