"""A carrier in memory: it takes every chunk, and can be told how to answer and what becomes of the messages."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from threading import Event

from smscampaign.errors import GatewayProblem
from smscampaign.gateway.protocol import EVER, Known, Question, Sent, Step
from smscampaign.model import (
    Accepted,
    Account,
    Chunk,
    Delivery,
    DeliveryReceipt,
    InDoubt,
    NoAnswer,
    Outcome,
    Progress,
    Terms,
    Trace,
)


class FakeGateway:
    """Implements `Gateway`, and its `Transport` and `Echo`, without any network; one credit a receiver.

    `script` holds answers for the first calls: an `InDoubt` is answered although the chunk was taken, any other outcome that
    is not `Accepted` leaves it untaken. `lost` is an outcome that takes nothing and still leaves a doubt.

    What was taken waits until its id is among `gone` or `deleted`; `unseen` neither waits nor shows among what left.
    `recalled` are the ids that it was asked to delete, `answers` says what it answers to some. `fates` and `stopped` are by
    number. `at` is when everything was taken, as far as that is asked.
    """

    def __init__(self, script: Iterable[Outcome] = (), *, credits: Decimal = Decimal(1_000_000)) -> None:
        self._script = deque(script)
        self._credits = credits
        self._lock = threading.Lock()
        self.taken: list[Chunk] = []
        self.at = EVER
        self.calls: list[Chunk] = []
        self.gone: set[int] = set()
        self.deleted: set[int] = set()
        self.unseen: set[int] = set()
        self.fates: dict[str, Delivery] = {}
        self.stopped: set[str] = set()
        self.recalled: list[int] = []
        self.answers: dict[int, NoAnswer | GatewayProblem] = {}

    name, size, mixed_texts = "fake", 500, False
    ahead = timedelta(0)

    #: An outcome for the script: the call was lost on its way, and nobody knows.
    lost = InDoubt("lost on its way")

    @property
    def transport(self) -> FakeGateway:
        """Itself."""
        return self

    @property
    def echo(self) -> FakeGateway:
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

    def recall(self, message: int) -> bool | NoAnswer:
        """Delete it, unless `answers` says otherwise."""
        self.recalled.append(message)
        match self.answers.get(message):
            case NoAnswer() as silence:
                return silence
            case GatewayProblem() as problem:
                raise problem
        if message not in self.waiting():
            return False
        self.deleted.add(message)
        return True

    def account(self) -> Account:
        """An account with what is left."""
        return Account("fake", "in memory", "enable", self._credits, "both")

    def rate(self, country: str) -> Decimal | None:
        """One credit a part, wherever."""
        return Decimal(1)

    def waiting(self) -> frozenset[int]:
        """All that was taken and neither left nor was deleted."""
        return frozenset(self._taken()) - self.gone - self.deleted - self.unseen

    def receiver(self, message: int) -> str | None:
        """Whom a waiting message is for."""
        return self._taken().get(message) if message in self.waiting() else None

    def left(self, since: datetime, receipt: Delivery | None = None) -> frozenset[int]:
        """All of `gone`, or those of them that have this fate."""
        fates = {one: self.fates.get(number, Delivery.WAITING) for one, number in self._taken().items()}
        return frozenset(one for one in self.gone if receipt is None or fates.get(one) is receipt)

    def receipt(self, message: int) -> DeliveryReceipt | None:
        """Its fate, once it left."""
        number = self._taken().get(message)
        if number is None or message not in self.gone:
            return None
        tag = self._every()[message].tag
        return DeliveryReceipt(message, number, self.fates.get(number, Delivery.WAITING), None, tag=tag)

    def sent(self, message: int) -> Sent | None:
        """One of `gone`."""
        return self._every().get(message) if message in self.gone else None

    def messages(
        self,
        numbers: Collection[str],
        tags: tuple[str, ...],
        *,
        known: Known = lambda _: (),
        most: int | None = None,
        stop: Event,
        watch: Callable[[Progress], object] = lambda _: None,
    ) -> dict[str, list[Sent]] | NoAnswer:
        """Of all that was taken."""
        every = self._every().values()
        mine = [one for one in every if one.number in numbers and one.id not in known([one.id])]
        mine = [one for one in mine[-most if most else 0 :] if one.tag.startswith(tags)]
        return {number: some for number in numbers if (some := [one for one in mine if one.number == number])}

    def stops(self, numbers: Collection[str], *, since: datetime) -> frozenset[str]:
        """Those of the numbers that are among `stopped`."""
        return frozenset(self.stopped.intersection(numbers))

    def _take(self, chunk: Chunk, scripted: Outcome | None) -> Outcome:
        first = sum(len(one.receivers) for one in self.taken) + 1
        cost = Decimal(len(chunk.receivers))
        self.taken.append(chunk)
        self._credits -= cost
        ids = tuple(range(first, first + len(chunk.receivers)))
        return scripted or Accepted(ids, chunk.receivers, (), cost, self._credits)

    def _every(self) -> dict[int, Sent]:
        every = [(chunk, number) for chunk in list(self.taken) for number in chunk.receivers]
        return {
            one: Sent(one, number, chunk.tag, chunk.body, self.at)
            for one, (chunk, number) in enumerate(every, 1)
        }

    def _taken(self) -> dict[int, str]:
        numbers = [number for chunk in list(self.taken) for number in chunk.receivers]
        return dict(enumerate(numbers, 1))
