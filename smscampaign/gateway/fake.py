"""A carrier in memory: takes every chunk, remembers it, and can be told how to answer the next ones."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from threading import Event

from smscampaign.gateway.protocol import Known, Question, Step
from smscampaign.model import Accepted, Account, Chunk, InDoubt, NoAnswer, Outcome, Terms, Trace


class FakeGateway:
    """Implements `Gateway`, and its `Transport`, without any network; one credit a receiver.

    `script` holds answers for the first calls: an `InDoubt` is answered although the chunk was taken, any other outcome that
    is not `Accepted` leaves it untaken. `lost` is an outcome that takes nothing and still leaves a doubt.
    """

    def __init__(self, script: Iterable[Outcome] = (), *, credits: Decimal = Decimal(1_000_000)) -> None:
        self._script = deque(script)
        self._credits = credits
        self._lock = threading.Lock()
        self.taken: list[Chunk] = []
        self.calls: list[Chunk] = []

    name, size, mixed_texts = "fake", 500, False

    #: An outcome for the script: the call was lost on its way, and nobody knows.
    lost = InDoubt("lost on its way")

    @property
    def transport(self) -> FakeGateway:
        """Itself."""
        return self

    def why_not(self, body: str, terms: Terms) -> str | None:
        """It takes every text."""
        return None

    def steps(self, chunk: Chunk, done: Sequence[Step]) -> Iterator[Step | Outcome]:
        """The outcome of the one call."""
        yield self.submit(chunk)

    def submit(self, chunk: Chunk) -> Outcome:
        """Take the chunk, unless the script says otherwise."""
        with self._lock:
            self.calls.append(chunk)
            scripted = self._script.popleft() if self._script else None
            if scripted is not None and (
                scripted is self.lost or not isinstance(scripted, Accepted | InDoubt)
            ):
                return scripted
            return self._take(chunk, scripted)

    def traces(
        self, questions: Sequence[Question], *, known: Known, stop: Event
    ) -> Iterator[tuple[Question, Trace | NoAnswer]]:
        """What was taken under the tag of each."""
        for one in questions:
            if stop.is_set():
                return
            yield one, self.trace(one.chunk, since=one.since, certain=one.certain)

    def trace(self, chunk: Chunk, *, since: datetime, certain: bool) -> Trace | NoAnswer:
        """What was taken under the chunk's tag."""
        ids: list[int] = []
        receivers: set[str] = set()
        first = 1
        with self._lock:
            for one in self.taken:
                if one.tag == chunk.tag:
                    ids += range(first, first + len(one.receivers))
                    receivers.update(one.receivers)
                first += len(one.receivers)
        return Trace(tuple(ids), frozenset(receivers))

    def account(self) -> Account:
        """An account with what is left."""
        return Account("fake", "in memory", "enable", self._credits, "both")

    def rate(self, country: str) -> Decimal | None:
        """One credit a part, wherever."""
        return Decimal(1)

    def _take(self, chunk: Chunk, scripted: Outcome | None) -> Outcome:
        first = sum(len(one.receivers) for one in self.taken) + 1
        cost = Decimal(len(chunk.receivers))
        self.taken.append(chunk)
        self._credits -= cost
        ids = tuple(range(first, first + len(chunk.receivers)))
        return scripted or Accepted(ids, chunk.receivers, (), cost, self._credits)
