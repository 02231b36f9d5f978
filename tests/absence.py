"""Stories of calls, doubts and an account's credits, for the law on absence: whatever OVHcloud's history hides and whoever
else uses the account, a call that is called absent was not taken.

One thing the balance cannot see, and the manual says so: credits that come back by exactly what a hidden call cost. So an
account is recharged here by more than everything costs.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from smscampaign.delivery.doubts import settle
from smscampaign.gateway.fake import FakeGateway
from smscampaign.journal.doubted_calls import Absent
from smscampaign.journal.facts import keep_rates
from smscampaign.journal.queue import Queue
from smscampaign.model import Accepted, Account, InDoubt, NoAnswer, NotSent, Refused, Trace

SETTLE = timedelta(seconds=120)
#: Twelve people, two with each text.
BODIES = [f"Text {number // 2}" for number in range(12)]

#: What may become of a call: whether its receivers are taken, how many of them the history shows, and what is answered.
FATES = (
    "accepted",
    "lost",  # not taken, in doubt
    "cut off",  # taken, in doubt
    "hidden",  # taken, in doubt, and not in the history
    "half hidden",  # taken, in doubt, and only the first receiver is in the history
    "half",  # the first receiver is taken, and only that one is named in the answer
    "half named",  # all are taken, and only the first is named in the answer
    "half named, hidden",
    "half, billed whole",  # the first receiver is taken and named, and the price is that of all
    "one hidden",  # the first receiver is taken, in doubt, and not in the history
    "billed too much",
    "billed for nothing",  # the answer calls everybody invalid, and names a price
    "refused",
    "not sent",
)
HONEST = ("accepted", "lost", "cut off", "refused", "not sent")


@dataclass
class Taken:
    """A call that was taken: of which attempt, for whom, and whom of them the history shows."""

    tag: str
    attempt: int
    receivers: tuple[str, ...]
    shown: tuple[str, ...]


class Carrier(FakeGateway):
    """Takes what a story says, shows of it what the story says, and is paid one credit a message."""

    RECHARGE = 1_000_000

    def __init__(self) -> None:
        super().__init__()
        self.record: list[Taken] = []
        self.silent: set[str] = set()
        self.priceless = False
        #: What others do while the balance is read: before the number is known, and after.
        self.meanwhile: list[Callable[[], None]] = []

    def made(self, claim: Any, fate: str) -> Any:
        """The answer to a call."""
        everybody, first = claim.chunk.receivers, claim.chunk.receivers[:1]
        taken = () if fate in {"lost", "refused", "not sent", "billed for nothing"} else everybody
        taken = first if fate in {"half", "half, billed whole", "one hidden"} else taken
        shown = () if "hidden" in fate else taken
        shown = first if fate == "half hidden" else shown
        if taken:
            self.record.append(Taken(claim.chunk.tag, claim.attempts, taken, shown))
            self._credits -= len(taken)
        ids = tuple(range(len(self.record) * 100, len(self.record) * 100 + len(taken)))
        match fate:
            case "accepted":
                return Accepted(ids, everybody, (), Decimal(len(taken)), None)
            case "half" | "half named" | "half named, hidden":
                return Accepted(ids, first, (), Decimal(len(taken)), None)
            case "half, billed whole":
                return Accepted(ids, first, (), Decimal(len(everybody)), None)
            case "billed too much":
                return Accepted(ids, everybody, (), Decimal(len(taken) + 1), None)
            case "billed for nothing":
                return Accepted((), (), everybody, Decimal(len(everybody)), None)
            case "refused":
                return Refused("INVALID", "this text is not taken")
            case "not sent":
                return NotSent("connection refused")
        return InDoubt("no answer")

    def trace(self, chunk: Any, **_: object) -> Trace | NoAnswer:
        if chunk.tag in self.silent:
            return NoAnswer("a moment's trouble", later=True)
        seen = [number for one in self.record if one.tag == chunk.tag for number in one.shown]
        return Trace(tuple(range(len(seen))), frozenset(seen))

    def account(self) -> Account:
        for act in self.meanwhile[::2]:
            act()
        left = self._credits
        for act in self.meanwhile[1::2]:
            act()
        self.meanwhile = []
        return Account("fake", "", "enable", left, "both")

    def rate(self, country: str) -> Decimal | None:
        return None if self.priceless else Decimal(1)

    def took(self, claim: Any) -> bool:
        """Whether somebody of this very attempt was taken."""
        return any(
            (one.tag, one.attempt) == (claim.chunk.tag, claim.attempts)
            and not set(one.receivers).isdisjoint(claim.chunk.receivers)
            for one in self.record
        )


class Patience(threading.Event):
    """A stop event whose waiting moves the clock."""

    def __init__(self, clock: Any) -> None:
        super().__init__()
        self._clock = clock

    def wait(self, timeout: float | None = None) -> bool:
        self._clock.step(timeout or 0)
        return self.is_set()


@dataclass
class Flying:
    """A call that a machine has claimed: how far it is, and what is to become of it."""

    claim: Any
    fate: str
    stage: str = "claimed"
    outcome: Any = None


@dataclass
class Machine:
    """One program at work on the journal."""

    queue: Queue
    flying: list[Flying] = field(default_factory=list)


class Story:
    """A campaign, the machines that work on it, and the carrier whose record is the truth."""

    def __init__(
        self, queues: Sequence[Queue], clock: Any, *, lapse: Callable[[], None] | None = None
    ) -> None:
        self.carrier, self.clock, self._lapse = Carrier(), clock, lapse
        self.machines = [Machine(self._watched(queue)) for queue in queues]
        keep_rates(queues[0].journal, queues[0].campaign, {"FR": Decimal(1)})
        self.absent = 0

    def _watched(self, queue: Queue) -> Queue:
        conclude = queue.conclude

        def watching(findings: Any) -> list[bool]:
            done = conclude(findings)
            for (claim, finding), settled in zip(findings, done, strict=True):
                if settled and isinstance(finding, Absent):
                    self.absent += 1
                    assert not self.carrier.took(claim), "a call that was taken is called absent"
            return done

        queue.conclude = watching
        return queue

    def tell(self, steps: Sequence[Any]) -> None:
        for what, *how in steps:
            getattr(self, what)(*how)
            self.clock.step(1)

    # What a machine does with its calls ---------------------------------------------------------------------------

    def call(self, at: int, fate: str) -> None:
        """Claim a call, and make it at once."""
        if self.claim(at, fate):
            self.go_on(at, 3)

    def claim(self, at: int, fate: str) -> bool:
        machine = self._machine(at)
        claims = machine.queue.claim(1)
        machine.flying += [Flying(claim, fate) for claim in claims]
        return bool(claims)

    def go_on(self, at: int, stages: int) -> None:
        """Take the call that was claimed first some stages further: kept, made, recorded."""
        machine = self._machine(at)
        for _ in range(stages):
            if machine.flying:
                self._advance(machine, machine.flying[0])

    def _advance(self, machine: Machine, one: Flying) -> None:
        match one.stage:
            case "claimed":
                lost = machine.queue.keep(one.claim)
                one.stage, one.outcome = ("made", NotSent(lost, lapsed=True)) if lost else ("kept", None)
            case "kept":
                one.stage, one.outcome = "made", self.carrier.made(one.claim, one.fate)
            case "made":
                machine.queue.record([(one.claim, one.outcome)])
                machine.flying.remove(one)

    def die(self) -> None:
        """The only machine is gone, and comes back: nothing of what was under way is recorded."""
        if len(self.machines) == 1:
            self.machines[0].flying = []
            self.machines[0].queue.recover()

    def lapse(self) -> None:
        """All leases run out, and the second machine takes note."""
        if self._lapse:
            self._lapse()
            self.machines[1].queue.recover()

    # What happens at OVHcloud --------------------------------------------------------------------------------------

    def foreign(self, credits: int) -> None:
        self.carrier._credits -= credits

    def recharge(self) -> None:
        self.carrier._credits += self.carrier.RECHARGE

    def show(self) -> None:
        """The history shows everything by now, and nothing is silent any more."""
        self.carrier.silent.clear()
        for one in self.carrier.record:
            one.shown = one.receivers

    def hide(self) -> None:
        for one in self.carrier.record:
            one.shown = ()

    def silence(self, at: int) -> None:
        """The history does not answer for one call."""
        doubts = self.machines[0].queue.doubts()
        self.carrier.silent |= {doubts[at % len(doubts)].chunk.tag} if doubts else set()

    def price(self, known: str) -> None:
        """OVHcloud says its price, or does not."""
        self.carrier.priceless = known == "unknown"

    # Who asks, and who decides -------------------------------------------------------------------------------------

    def settle(self, at: int, wait: int, meanwhile: Sequence[Any] = ()) -> None:
        """A machine asks about all doubts when it has nothing under way; `meanwhile` others work, two by two."""
        machine = self._machine(at)
        while machine.flying:
            self.go_on(at, 1)
        self.clock.step(wait)
        if len(self.machines) > 1:
            other = 1 - at % 2
            self.carrier.meanwhile = [
                lambda step=step: getattr(self, step[0])(other, *step[1:]) for step in meanwhile
            ]
        stop = Patience(self.clock)
        for _ in settle(machine.queue, self.carrier, after=SETTLE, stop=stop, clock=self.clock):
            pass
        self.carrier.meanwhile = []

    def decide(self, which: int, how: str) -> None:
        """A person decides, rightly or wrongly."""
        queue = self.machines[0].queue
        doubts = queue.doubts()
        if doubts:
            getattr(queue, how)(doubts[which % len(doubts)])

    def _machine(self, at: int) -> Machine:
        return self.machines[at % len(self.machines)]


#: Each credit that is explained by something else than the call it was taken for would hide another call.
MISLEADING = {
    "a later reading is none from before it": [("call", 0, "hidden"), ("settle", 0, 500)],
    "an account that was recharged": [("call", 0, "hidden"), ("recharge",)],
    "a price for nobody": [("call", 0, "hidden"), ("call", 0, "billed for nothing")],
    "a price that is too high": [("call", 0, "one hidden"), ("call", 0, "billed too much")],
    "a price for more than was taken": [("call", 0, "one hidden"), ("call", 0, "half, billed whole")],
    "a price of which half was taken before the balance was read": [
        ("call", 0, "half"),
        ("settle", 0, 500),
        ("call", 0, "accepted"),
        ("call", 0, "one hidden"),
    ],
    "a person who says that a call was sent, and is wrong": [
        ("call", 0, "lost"),
        ("call", 0, "hidden"),
        ("decide", 0, "assume_sent"),
    ],
    # What is found of it was charged before the balance was read.
    "a person who says that a call was not sent, and is wrong": [
        ("call", 0, "hidden"),
        ("settle", 0, 0),
        ("decide", 0, "resend"),
        ("show",),
        ("settle", 0, 0),
        ("call", 0, "lost"),
        ("call", 0, "hidden"),
    ],
}

_MACHINE = st.integers(0, 1)
_CALL = st.tuples(st.just("call"), _MACHINE, st.sampled_from(FATES))
_ON_THE_WAY = st.one_of(
    st.tuples(st.just("claim"), _MACHINE, st.sampled_from(FATES)),
    st.tuples(st.just("go_on"), _MACHINE, st.integers(1, 3)),
)
_BESIDE = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["claim", "call"]), st.sampled_from(FATES)),
        st.tuples(st.just("go_on"), st.integers(1, 3)),
    ),
    max_size=4,
)
_SETTLE = st.tuples(st.just("settle"), _MACHINE, st.sampled_from([0, 60, 500]), _BESIDE)
_ACCOUNT = st.one_of(
    st.tuples(st.just("foreign"), st.integers(1, 3)),
    st.sampled_from([("recharge",), ("show",), ("hide",), ("lapse",), ("die",)]),
    st.tuples(st.just("silence"), st.integers(0, 3)),
)


#: Any story at all. A person decides wrongly now and then.
STORIES = st.lists(
    st.one_of(
        _CALL,
        _CALL,
        _SETTLE,
        _SETTLE,
        _ON_THE_WAY,
        _ACCOUNT,
        st.tuples(st.just("decide"), st.integers(0, 3), st.sampled_from(["assume_sent", "resend"])),
        st.tuples(st.just("price"), st.sampled_from(["known", "unknown"])),
    ),
    max_size=14,
)
#: Stories in which nobody hides anything, and nobody else uses the account.
PLAIN_STORIES = st.lists(
    st.one_of(st.tuples(st.just("call"), _MACHINE, st.sampled_from(HONEST)), _SETTLE), max_size=10
)
