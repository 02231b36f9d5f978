"""Claim, submit, record, die between any two of them, reconcile, resume, in every order Hypothesis can think of; against a
carrier that keeps a record of its own, answers what it likes, and shows its history late.
"""

from __future__ import annotations

import os
import tempfile
import threading
from collections import Counter, deque
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Engine, event

from smscampaign.campaign import launch
from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.editions import planned
from smscampaign.campaign.launch import LaunchOptions
from smscampaign.campaign.plans import Run, queue_of
from smscampaign.gateway.fake import FakeGateway
from smscampaign.gateway.pace import Pace
from smscampaign.journal.answers import answers
from smscampaign.journal.store import open_journal
from smscampaign.model import Accepted, InDoubt, NotSent, Refused, Status

#: Some twenty seconds of stories on two cores; `SMSCAMPAIGN_STORIES=2000` for a night of them.
EXAMPLES = int(os.environ.get("SMSCAMPAIGN_STORIES", "30"))

pytestmark = [pytest.mark.crash, pytest.mark.timeout(840 + 2 * EXAMPLES)]

#: Numbers that Germany's regulator keeps for films.
NUMBERS = [f"+4917139200{n:02d}" for n in range(60)]
SETTLE = timedelta(seconds=60)


#: What may become of a call. Those of the first line are taken; the carrier's record says so, whatever it answers.
TAKEN = ("accepted", "accepted in part", "taken, answer lost", "taken, dies")
NOT_TAKEN = ("refused", "refused for good", "not sent", "lost on the way", "dies first")
FATES = st.sampled_from(TAKEN + NOT_TAKEN)
#: How late its history shows a call, in seconds: always within the settling time, which is what the promise assumes.
DELAYS = st.integers(0, 59)
PLANS = st.lists(st.tuples(FATES, DELAYS), max_size=8)


class Died(BaseException):
    """The process is gone: nothing of it is done any more, not even what would be tidied up."""


class Clock:
    """A clock that stands until somebody waits."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
        self._lock = threading.Lock()

    def __call__(self) -> datetime:
        return self.now

    def step(self, seconds: float) -> None:
        with self._lock:
            self.now += timedelta(seconds=seconds)


class Patience(threading.Event):
    """A stop event: whoever waits for it only moves the clock."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def wait(self, timeout: float | None = None) -> bool:
        self._clock.step(timeout or 0)
        return self.is_set()


class Carrier(FakeGateway):
    """Its record is what was really taken; of its history it shows what is old enough. One credit a message."""

    CREDITS = Decimal(10_000)

    def __init__(self, clock: Clock) -> None:
        self.record: list[tuple[Any, datetime]] = []
        self.fates: deque[tuple[str, int]] = deque()
        self.dead = threading.Event()
        self._now = clock
        super().__init__(credits=self.CREDITS)

    @property
    def taken(self) -> list[Any]:
        return [chunk for chunk, shown in self.record if shown <= self._now()]

    @taken.setter
    def taken(self, nothing: Any) -> None:
        assert nothing == []

    def submit(self, chunk: Any) -> Any:
        with self._lock:
            fate, delay = self.fates.popleft() if self.fates else ("accepted", 0)
        return self.decide(chunk, fate, delay)

    def decide(self, chunk: Any, fate: str, delay: int) -> Any:
        """Take the chunk, or do not, and answer."""
        if self.dead.is_set() or fate == "dies first":
            self.die()
        out = chunk.receivers[len(chunk.receivers) // 2 :] if fate == "accepted in part" else ()
        taken = tuple(one for one in chunk.receivers if one not in out)
        match fate:
            case "refused":
                return Refused("INVALID", "this text is not taken")
            case "refused for good":
                return Refused("NOT_GRANTED_CALL", "this call has not been granted", stops=True)
            case "not sent":
                return NotSent("connection refused")
            case "lost on the way":
                return InDoubt("lost on its way")
        with self._lock:
            first = sum(len(one.receivers) for one, _ in self.record) + 1
            part = type(chunk)(chunk.tag, chunk.sender, chunk.body, taken, chunk.terms)
            if taken:
                self.record.append((part, self._now() + timedelta(seconds=delay)))
            cost, self._credits = Decimal(len(taken)), self._credits - len(taken)
            left = self._credits
        if fate == "taken, dies":
            self.die()
        if fate == "taken, answer lost":
            return InDoubt("the answer was lost")
        return Accepted(tuple(range(first, first + len(taken))), taken, tuple(out), cost, left)

    def die(self) -> None:
        self.dead.set()
        raise Died

    def times(self) -> Counter[str]:
        """How often each number was really taken."""
        return Counter(number for chunk, _ in self.record for number in chunk.receivers)


class Sending(RuleBasedStateMachine):
    """One campaign, its journal, and whoever carries its messages."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = Clock()
        self.carrier = Carrier(self.clock)
        self.claimed: list[Any] = []
        self.answered: list[Any] = []
        self.commits_left = -1
        event.listen(Engine, "commit", self.on_commit)

    @initialize(personal=st.booleans(), count=st.integers(1, 12), per_call=st.integers(1, 4))
    def plan(self, personal: bool, count: int, per_call: int) -> None:
        file = Path(self.folder.name) / "people.csv"
        rows = [f"Name {n},{number}" for n, number in enumerate(NUMBERS[:count])]
        file.write_text("\n".join(["name,mobile", *rows]) + "\n")
        options = {
            "message": "Hello {{ name }}" if personal else "Hello",
            "purpose": "transactional",
            "region": "DE",
            "sender": "Sandbox",
            "limits.receivers_per_call": per_call,
        }
        self.campaign = Campaign.load(file, options=options)
        self.count = count
        self.begin()

    def begin(self) -> None:
        """A process starts."""
        self.carrier.dead.clear()
        self.commits_left = -1
        self.claimed, self.answered = [], []
        self.store = open_journal(Path(self.folder.name) / "journal.sqlite", clock=self.clock)
        self.made = planned(self.campaign, self.store, gateway="fake")
        self.queue = queue_of(self.made)

    def on_commit(self, _: Any) -> None:
        if self.commits_left == 0:
            self.carrier.dead.set()
        self.commits_left -= 1
        if self.carrier.dead.is_set():
            raise Died

    @rule(count=st.integers(1, 4))
    def claim(self, count: int) -> None:
        self.mark()
        self.claimed += self.queue.claim(count)

    def mark(self) -> None:
        """As `deliver` does before the first call."""
        self.store.mark_begun(self.made.record, account="")

    @precondition(lambda self: self.claimed)
    @rule(fate=FATES, delay=DELAYS)
    def submit(self, fate: str, delay: int) -> None:
        claim = self.claimed.pop(0)
        try:
            self.answered.append((claim, self.carrier.decide(claim.chunk, fate, delay)))
        except Died:
            self.die()

    @precondition(lambda self: self.answered)
    @rule()
    def record(self) -> None:
        self.queue.record(self.answered)
        self.answered = []

    @rule()
    def die(self) -> None:
        """The process ends here and another one begins; that one knows only what is in the journal."""
        self.store.close()
        self.begin()

    @rule(seconds=st.integers(1, 100))
    def time_passes(self, seconds: int) -> None:
        self.clock.step(seconds)

    @precondition(lambda self: not self.claimed and not self.answered)
    @rule(commits=st.integers(-1, 6))
    def reconcile(self, commits: int) -> None:
        self.alive(commits, lambda: launch.reconcile(self.made, self.carrier, self.options()))

    @precondition(lambda self: not self.claimed and not self.answered)
    @rule(fates=PLANS, commits=st.integers(-1, 12), limit=st.none() | st.integers(1, 5))
    def resume(self, fates: Iterable[tuple[str, int]], commits: int, limit: int | None) -> None:
        self.carrier.fates = deque(fates)
        self.alive(commits, lambda: self.deliver(limit))
        self.carrier.fates.clear()

    def deliver(self, limit: int | None = None) -> Run:
        return launch.deliver(self.made, self.carrier, self.options(limit), confirm=self.made.code)

    def options(self, limit: int | None = None) -> LaunchOptions:
        return LaunchOptions(
            pace=Pace(0), workers=2, settle=SETTLE, first_wait=0.01, limit=limit, stop=Patience(self.clock)
        )

    def alive(self, commits: int, act: Any) -> None:
        """Do it, until the process dies after so many commits (below 0: never)."""
        self.commits_left = commits
        try:
            act()
        except Died:
            self.die()
        self.commits_left = -1

    @invariant()
    def the_law(self) -> None:
        if not hasattr(self, "made"):
            return
        taken = self.carrier.times()
        assert [number for number, times in taken.items() if times > 1] == []
        status = self.status()
        assert len(status) == self.count
        assert {number for number, one in status.items() if one is Status.ACCEPTED} <= set(taken)
        for idle in (Status.PENDING, Status.REFUSED):
            assert {number for number, one in status.items() if one is idle} & set(taken) == set()

    def status(self) -> dict[str, Status]:
        record = self.store.find("people")
        assert record is not None
        return {one.recipient.msisdn: one.status for one in answers(self.store, record) if one.recipient}

    def teardown(self) -> None:
        try:
            if hasattr(self, "made"):
                self.finish()
        finally:
            event.remove(Engine, "commit", self.on_commit)
            if hasattr(self, "store"):
                self.store.close()
            self.folder.cleanup()

    def finish(self) -> None:
        """Once everything works, everybody has it, was refused, or is in doubt with a reason; nobody is left over."""
        self.die()
        for _ in range(12):
            self.clock.step(1000)
            self.deliver()
            self.the_law()
            if Status.PENDING not in self.status().values():
                break
        left = Counter(self.status().values())
        assert left[Status.PENDING] == 0
        reasons = [why for _, _, why in self.made.doubts()]
        assert all(reasons)
        taken = self.carrier.times()
        status = self.status()
        assert {
            number for number, one in status.items() if one is Status.IN_DOUBT or one is Status.ACCEPTED
        } >= set(taken)


def test_whatever_happens_in_whatever_order() -> None:
    run_state_machine_as_test(
        Sending,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=20,
            # A failure is shown as it was found: making it smaller takes minutes, and a test may not.
            phases=[Phase.generate],
            deadline=None,
            database=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
