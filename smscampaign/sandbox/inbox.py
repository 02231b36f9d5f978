"""What the page shows, as JSON: the latest phones with their messages, and how the sandbox stands.

A phone is a number that was written to. The latest ones are found by reading the record backwards over a bounded stretch; a
search for a number reads all of it once, in slices between which other requests have their turn, and from then on
only what is new. So the page costs the same with a hundred messages and with a million.
"""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from smscampaign.sandbox.store import FIRST_ID

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from smscampaign.sandbox.store import Call, Store

PHONES = 24
EACH = 20
# Messages looked at for the newest phones: some 50 ms of reading at worst, whatever the record holds.
WINDOW = 3000
# Ids to a slice of a search: some 20 ms at worst.
SLICE = 40_000
# Calls with the number searched for that a slice reads.
MATCHES = 500
_READ = 100
_SEARCHES_KEPT = 8
_FEWEST_DIGITS = 3


class MessagePlace(NamedTuple):
    """One message by its call and its place in it."""

    call: Call
    place: int

    @property
    def id(self) -> int:
        """The message's id."""
        return self.call.first + self.place


Phones = dict[str, list[MessagePlace]]
"""Numbers in E.164 with their messages, both newest first."""


def digits_of(text: str) -> str:
    """The digits to look for in a search as typed: without spaces, plus, 00 or a national 0; "" when too few to search by."""
    digits = re.sub(r"\D", "", text)[:15].lstrip("0")
    return digits if len(digits) >= _FEWEST_DIGITS else ""


def gather(calls: Iterable[Call], *, digits: str = "", before: int | None = None) -> Phones:
    """The first `PHONES` numbers met in calls that come newest first, with up to `EACH` messages of each.

    A search ends as soon as it has so many; without one, the rest of the calls fills up their conversations.
    """
    found: Phones = {}
    for call in calls:
        numbers = call.numbers()
        last = call.count if before is None else min(call.count, before - call.first)
        for place in range(last - 1, -1, -1):
            number = numbers[place]
            if digits not in number or (number not in found and len(found) == PHONES):
                continue
            messages = found.setdefault(number, [])
            if len(messages) < EACH:
                messages.append(MessagePlace(call, place))
        if digits and len(found) == PHONES:
            break
    return found


def merge(newer: Phones, older: Phones) -> Phones:
    """Both, newest first and trimmed."""
    found = {number: [*newer.get(number, ()), *older.get(number, ())][:EACH] for number in {**newer, **older}}
    order = sorted(found, key=lambda number: -found[number][0].id)
    return {number: found[number] for number in order[:PHONES]}


@dataclass(slots=True)
class _View:
    """What was found so far for one search and one page of it, among the ids from `low` to before `until`."""

    phones: Phones = field(default_factory=dict)
    low: int = FIRST_ID
    until: int = 0
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def older(self) -> int | None:
        """The id before which the next page of phones begins, or None when this is the last."""
        if len(self.phones) == PHONES:
            return min(messages[0].id for messages in self.phones.values())
        return self.low if self.low > FIRST_ID else None


class Inbox:
    """The phones of one sandbox."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._views: OrderedDict[tuple[str, int | None], _View] = OrderedDict()

    async def phones(self, digits: str = "", before: int | None = None) -> tuple[Phones, int | None]:
        """The latest phones whose number contains `digits`, of messages with an id below `before`; and the next `before`."""
        view = self._views.setdefault((digits, before), _View())
        self._views.move_to_end((digits, before))
        while len(self._views) > _SEARCHES_KEPT:
            self._views.popitem(last=False)
        async with view.turn:
            end = self._store.next_id if before is None else min(before, self._store.next_id)
            if end > view.until:
                read = self._search(digits, view.until, end) if digits else self._newest(view.until, end)
                fresh, low = await read
                view.low = view.low if view.until else low
                view.phones, view.until = merge(fresh, view.phones), end
        return view.phones, view.older()

    async def _newest(self, start: int, end: int) -> tuple[Phones, int]:
        calls = list(_first_of(self._backwards(start, end), WINDOW))
        return gather(calls, before=end), calls[-1].first if calls else FIRST_ID

    async def _search(self, digits: str, start: int, end: int) -> tuple[Phones, int]:
        """From the newest message back to `start`, until enough phones were met."""
        found: Phones = {}
        low, top = max(start, FIRST_ID), end
        while top > low and len(found) < PHONES:
            begin = max(low, top - SLICE)
            matching = islice(self._backwards(begin, top, digits), MATCHES)
            found = merge(found, gather(matching, digits=digits, before=end))
            top = begin
            await asyncio.sleep(0)
        return found, FIRST_ID

    def _backwards(self, start: int, end: int, digits: str = "") -> Iterator[Call]:
        """The calls whose first id lies in `start … end - 1`, newest first."""
        while page := self._store.recent(_READ, start=start, end=end, digits=digits):
            yield from page
            end = page[-1].first


def _first_of(calls: Iterator[Call], messages: int) -> Iterator[Call]:
    """Calls until so many messages were seen; at least one."""
    for call in calls:
        yield call
        messages -= call.count
        if messages <= 0:
            return
