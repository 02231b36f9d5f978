"""One look at what became of a campaign's messages: three lists of ids for each window, and the new ones of them in full.

Many are read from an export of the window, few by their ids; so are all where the keys lack the right to documents.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event
from typing import Protocol, TypeVar

from smscampaign.errors import GatewayProblem
from smscampaign.gateway.exports import NoExport
from smscampaign.gateway.history import Finals
from smscampaign.gateway.protocol import reason_of
from smscampaign.journal import reasons, receipts
from smscampaign.journal.receipts import Merged
from smscampaign.journal.store import Journal, Record
from smscampaign.model import DeliveryReceipt, Progress
from smscampaign.receipts.windows import Window, over_at, windows_of
from smscampaign.responses import HISTORY_OVER, NEVER_SHOWN, Ptt

#: Up to so many new receipts are read one by one: an export takes about as many calls, and a minute.
FEW = 10

#: How often a window is halved whose export cannot be had, and below which length no more.
HALVINGS, SHORTEST = 3, timedelta(minutes=10)

#: OVHcloud keeps its history for six months; and how long after its validity a message may still begin to show.
KEPT, SILENCE = timedelta(days=183), timedelta(days=7)

#: Seconds before something is asked again that failed for a while.
PAUSES = (1.0, 5.0)

T = TypeVar("T")


class History(Protocol):
    """What is asked of an account; `gateway.history.OvhHistory` answers it. Each verb raises `GatewayProblem`."""

    def finals(self, start: datetime, end: datetime) -> Finals:
        """Which messages of the account made in between have their last receipt."""
        ...

    def shown(self, start: datetime, end: datetime) -> frozenset[int]:
        """Which left at all."""
        ...

    def exported(
        self, start: datetime, end: datetime, *, ours: Callable[[str], bool], finals: Finals, stop: Event
    ) -> Iterator[DeliveryReceipt]:
        """All of them with these tags."""
        ...

    def one_by_one(self, ids: Collection[int], *, stop: Event) -> Iterator[DeliveryReceipt]:
        """Those with these ids."""
        ...

    def tagged(self, tag: str) -> frozenset[int]:
        """The ids of one call."""
        ...

    def reason(self, code: int) -> Ptt | None:
        """What a code means."""
        ...


@dataclass(slots=True)
class Look:
    """What one look brought: `lacking` names a right that would make it quicker, `over` is when nothing more can come."""

    merged: Merged = field(default_factory=Merged)
    lacking: str = ""
    over: datetime | None = None


@dataclass(frozen=True, slots=True)
class Looking:
    """A campaign's editions and who is asked about them. `sleep` answers whether the wait was cut short."""

    store: Journal
    records: Sequence[Record]
    history: History
    stop: Event
    sleep: Callable[[float], bool]

    def look(self) -> Generator[Progress, None, Look]:
        """Ask about all that is open, and keep what is new. Raises `GatewayProblem`; what came before is kept."""
        look, now = Look(), self.store.clock()
        calls = (call for record in self.records for call in receipts.open_calls(self.store, record))
        windows = list(windows_of(calls))
        stand = receipts.standing(self.store, self.records)
        for window in windows:
            if self.stop.is_set():
                return look
            late = any(over_at(one, window.start) + SILENCE < now for one in self.records)
            with self.store.driving(together=True):
                look.merged += receipts.keep(self.store, self._read(window, look, late=late))
            yield Progress("listening", min(stand.final + look.merged.new, stand.accepted), stand.accepted)
        if windows:
            last = max(window.end for window in windows)
            look.over = max(over_at(one, last) for one in self.records)
        if not self.stop.is_set():
            self._explain()
            self._give_up(now)
        return look

    def _read(self, window: Window, look: Look, *, late: bool) -> Iterator[DeliveryReceipt]:
        """The receipts of a window that are new."""
        start, end = window.start, window.end
        ids = set(window.ids)
        for tag in window.untold:
            ids |= self._patiently(lambda tag=tag: self.history.tagged(tag))  # type: ignore[misc]
        finals = self._patiently(lambda: self.history.finals(start, end))
        fresh = ids & (finals.delivered | finals.failed)
        if late:
            fresh |= ids & self._patiently(lambda: self.history.shown(start, end))
        for record in self.records:
            fresh -= receipts.closed_ids(self.store, record, start, end)
        if len(fresh) > FEW and not look.lacking:
            yield from self._exported(start, end, finals, fresh, look)
        if fresh and not self.stop.is_set():
            yield from self.history.one_by_one(fresh, stop=self.stop)

    def _exported(
        self,
        start: datetime,
        end: datetime,
        finals: Finals,
        fresh: set[int],
        look: Look,
        *,
        halvings: int = HALVINGS,
    ) -> Iterator[DeliveryReceipt]:
        """What an export of the window has of ours, or exports of its halves; what they had is taken out of `fresh`."""
        broken = yield from self._export(start, end, finals, fresh, look)
        large = end - start > SHORTEST and len(fresh) > FEW
        if broken and halvings and large and not self.stop.is_set():
            middle = start + (end - start) / 2
            for half in ((start, middle), (middle, end)):
                yield from self._exported(*half, finals, fresh, look, halvings=halvings - 1)

    def _export(
        self, start: datetime, end: datetime, finals: Finals, fresh: set[int], look: Look
    ) -> Generator[DeliveryReceipt, None, bool]:
        """One export; at its end whether a shorter one may be had instead."""
        prefixes = receipts.tags_of(self.records)

        def ours(tag: str) -> bool:
            return tag.rpartition("-")[0] in prefixes

        try:
            for one in self.history.exported(start, end, ours=ours, finals=finals, stop=self.stop):
                fresh.discard(one.id)
                yield one
        except NoExport:
            return True
        except GatewayProblem as problem:
            if problem.lacks_right:
                look.lacking = reason_of(problem)
            return not problem.lacks_right
        return False

    def _patiently(self, ask: Callable[[], T]) -> T:
        """The answer, or that to another try where it fails for a while."""
        for pause in PAUSES:
            try:
                return ask()
            except GatewayProblem as problem:
                if not passing(problem) or self.sleep(pause):
                    raise
        return ask()

    def _explain(self) -> None:
        """Ask what the codes mean that are new. Where they cannot be asked about they stay what they are."""
        there = reasons.known(self.store)
        said = {one.code for one in reasons.failures(self.store, self.records)}
        found = []
        with suppress(GatewayProblem):
            for code in sorted(one for one in said if one is not None and one > 0 and one not in there):
                found.append(self.history.reason(code) or Ptt(code, "", "", ""))
        reasons.learn(self.store, found)

    def _give_up(self, now: datetime) -> None:
        """What can no longer be known is `unknown`."""
        for record in self.records:
            receipts.give_up(self.store, record, now - KEPT, code=HISTORY_OVER)
            silent = now - (over_at(record, now) - now) - SILENCE
            if over_at(record, silent) + SILENCE <= now:
                receipts.give_up(self.store, record, silent, code=NEVER_SHOWN)


def passing(problem: GatewayProblem) -> bool:
    """Whether what could not be asked may be answered later: no answer, a failure of the server, too many questions."""
    return problem.code in {"", "429"} or problem.code.startswith("5")
