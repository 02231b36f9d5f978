"""Delivery: nobody twice, nobody lost, whatever the carrier answers and wherever it is stopped."""

from __future__ import annotations

import tempfile
import threading
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from smscampaign.delivery import crew as delivery
from smscampaign.delivery.brakes import Brakes, Thresholds
from smscampaign.delivery.crew import Means, deliver
from smscampaign.gateway.fake import FakeGateway
from smscampaign.gateway.pace import Pace
from smscampaign.journal import schema
from smscampaign.journal.answers import answers
from smscampaign.journal.doubted_calls import Absent, Found
from smscampaign.journal.exclusions import Excluded
from smscampaign.journal.fates import tally
from smscampaign.journal.queue import Queue
from smscampaign.journal.store import open_journal
from smscampaign.languages import say
from smscampaign.model import (
    Accepted,
    InDoubt,
    NotSent,
    Progress,
    Purpose,
    Reason,
    Refused,
    Status,
    Terms,
    Trace,
)

FREE = Pace(0)


class Patience(threading.Event):
    """A stop event that never waits and remembers for how long it was asked to; `pass_` lets a clock know."""

    def __init__(self, pass_=lambda seconds: None):
        super().__init__()
        self.naps = []
        self.pass_ = pass_

    def wait(self, timeout=None):
        self.naps.append(timeout)
        self.pass_(timeout)
        return self.is_set()


@pytest.fixture
def queue_of(journal):
    return lambda record: Queue(journal, record, sender=None, terms=Terms(Purpose.MARKETING))


def means(gateway, *, stop=None, workers=3, pace=FREE):
    return Means(gateway, pace, stop or Patience(), workers, first_wait=0.001)


def run(steps):
    """What the steps said on the way, and what they returned."""
    said = []
    while True:
        try:
            said.append(next(steps))
        except StopIteration as end:
            return said, end.value


def receivers(chunks):
    return sorted(number for chunk in chunks for number in chunk.receivers)


def statuses(journal, record):
    return {one.recipient.msisdn: one.status for one in answers(journal, record) if one.recipient}


def planned(journal, record):
    return sorted(one.recipient.msisdn for one in answers(journal, record) if one.recipient)


@pytest.mark.parametrize("workers", [1, 2, 7])
def test_everything_pending_is_sent_once_and_told_on_the_way(journal, planted, queue_of, workers):
    record, gateway = planted(journal, [f"Text {n}" for n in range(20)]), FakeGateway()
    said, halt = run(deliver(queue_of(record), means(gateway, workers=workers), total=20))
    assert halt is None
    assert receivers(gateway.taken) == planned(journal, record)
    assert set(statuses(journal, record).values()) == {Status.ACCEPTED}
    assert said[-1] == Progress("sending", 20, 20)
    assert said[-1].note == "20 credits"
    assert [one.done for one in said] == sorted(one.done for one in said)


def test_nothing_pending_is_no_call(journal, planted, queue_of):
    gateway = FakeGateway()
    record = planted(journal, ["A"])
    run(deliver(queue_of(record), means(gateway), total=1))
    assert run(deliver(queue_of(record), means(gateway), total=0)) == ([], None)
    assert len(gateway.calls) == 1


def test_a_claim_is_durable_before_its_call_is_made(journal, planted, queue_of):
    record, seen = planted(journal, ["A", "B", "C"]), []

    class Looking(FakeGateway):
        def submit(self, chunk):
            other = open_journal(journal.path)
            (mine,) = [one for one in answers(other, record) if one.recipient.msisdn in chunk.receivers]
            seen.append((mine.status, mine.tag == chunk.tag))
            other.close()
            return super().submit(chunk)

    run(deliver(queue_of(record), means(Looking()), total=3))
    assert seen == [(Status.IN_DOUBT, True)] * 3


def test_what_was_not_sent_is_tried_again(journal, planted, queue_of):
    record = planted(journal, ["A"])
    gateway = FakeGateway([NotSent("no name"), NotSent("refused")])
    _, halt = run(deliver(queue_of(record), means(gateway), total=1))
    assert halt is None
    assert (len(gateway.calls), len(gateway.taken)) == (3, 1)
    assert len({chunk.tag for chunk in gateway.calls}) == 1


def test_the_pauses_grow(journal, planted, queue_of):
    record, stop, waits = planted(journal, ["A"]), Patience(), []
    script = [NotSent("refused")] * 6

    class Timing(FakeGateway):
        def submit(self, chunk):
            waits.append(sum(stop.naps))
            stop.naps.clear()
            return super().submit(chunk)

    gateway = Timing(script)
    run(deliver(queue_of(record), replace(means(gateway, stop=stop), first_wait=1.0), total=1))
    assert waits[0] == 0
    assert 1 <= waits[1] <= 2.25
    assert waits == sorted(waits)
    assert waits[6] <= delivery.LONGEST_WAIT
    assert len(gateway.taken) == 1
    assert len(waits) == 7


def test_what_cannot_be_sent_for_long_halts_and_stays_pending(journal, planted, queue_of):
    record = planted(journal, ["A", "B"])
    gateway = FakeGateway([NotSent("the network is gone")] * 50)
    _, halt = run(deliver(queue_of(record), means(gateway, workers=1), total=2))
    assert halt == "the network is gone"
    # The worker may have taken up the next one before it was halted.
    assert [chunk.body for chunk in gateway.calls].count("A") == delivery.TRIES
    assert set(statuses(journal, record).values()) == {Status.PENDING}


def test_a_refusal_that_would_meet_every_call_halts_and_leaves_the_rest_pending(journal, planted, queue_of):
    record = planted(journal, [f"Text {n}" for n in range(10)])
    gateway = FakeGateway([Refused("INVALID_KEY", "no such key", stops=True)])
    said, halt = run(deliver(queue_of(record), means(gateway, workers=1), total=10))
    assert halt == "INVALID_KEY: no such key"
    assert len(gateway.calls) == 1
    assert set(statuses(journal, record).values()) == {Status.PENDING}
    assert said[-1].done == 0
    # Once it is mended, the rest goes.
    run(deliver(queue_of(record), means(gateway), total=10))
    assert receivers(gateway.taken) == planned(journal, record)


@pytest.mark.parametrize("workers", [1, 3])
def test_no_worker_takes_up_another_call_after_such_a_refusal(
    journal, planted, queue_of, workers, monkeypatch
):
    record = planted(journal, [f"Text {n}" for n in range(12)])
    wait = delivery.wait

    def late(*args, **kwargs):
        """The journal's thread hears of a call late, which gives the workers all the time they want."""
        done = wait(*args, **kwargs)
        time.sleep(0.1)
        return done

    monkeypatch.setattr(delivery, "wait", late)
    gateway = FakeGateway([Refused("403", "no", stops=True)] * 12)
    _, halt = run(deliver(queue_of(record), means(gateway, workers=workers), total=12))
    assert halt == "403: no"
    assert len(gateway.calls) <= workers
    assert gateway.taken == []


def test_a_doubt_that_would_meet_every_call_halts(journal, planted, queue_of):
    record = planted(journal, [f"Text {n}" for n in range(10)])
    gateway = FakeGateway([InDoubt("the address answers with a redirect (303)", stops=True)])
    _, halt = run(deliver(queue_of(record), means(gateway, workers=1), total=10))
    assert halt is not None
    assert halt.startswith("the address answers with a redirect (303). That call is in doubt")
    assert len(gateway.calls) == 1
    assert sorted(statuses(journal, record).values()) == [Status.IN_DOUBT] + [Status.PENDING] * 9


def test_a_refusal_of_one_call_does_not_stop_the_others(journal, planted, queue_of):
    record = planted(journal, ["A", "B", "C"])
    gateway = FakeGateway([Refused("400", "bad text")])
    _, halt = run(deliver(queue_of(record), means(gateway, workers=1), total=3))
    assert halt is None
    assert list(statuses(journal, record).values()) == [Status.REFUSED, Status.ACCEPTED, Status.ACCEPTED]


def test_a_doubt_is_not_sent_again(journal, planted, queue_of):
    record = planted(journal, ["A", "B"])
    gateway = FakeGateway([FakeGateway.lost, InDoubt("cut off")])
    for _ in range(3):
        run(deliver(queue_of(record), means(gateway, workers=1), total=2))
    assert len(gateway.calls) == 2
    assert set(statuses(journal, record).values()) == {Status.IN_DOUBT}


def test_a_stop_in_the_middle_records_what_was_in_flight(journal, planted, queue_of):
    record, stop = planted(journal, [f"Text {n}" for n in range(30)]), Patience()

    class Stopping(FakeGateway):
        def submit(self, chunk):
            outcome = super().submit(chunk)
            if len(self.calls) >= 7:
                stop.set()
            return outcome

    gateway = Stopping()
    _, halt = run(deliver(queue_of(record), means(gateway, stop=stop), total=30))
    assert halt is None
    assert 7 <= len(gateway.taken) < 15
    sent = {number for number, status in statuses(journal, record).items() if status is Status.ACCEPTED}
    assert sorted(sent) == receivers(gateway.taken)
    assert tally(journal, record).messages == {
        Status.ACCEPTED: len(sent),
        Status.PENDING: 30 - len(sent),
    }


def test_a_stop_before_the_start_makes_no_call(journal, planted, queue_of):
    stop, gateway = Patience(), FakeGateway()
    stop.set()
    said, halt = run(deliver(queue_of(planted(journal, ["A"])), means(gateway, stop=stop), total=1))
    assert [one.done for one in said] == [0]
    assert halt is None
    assert gateway.calls == []


def test_a_stop_is_heard_among_calls_of_which_everybody_is_left_out(journal, planted):
    stop, gateway = Patience(), FakeGateway()

    class Everybody:
        asked = 0

        def of(self, asked):
            self.asked += 1
            if self.asked == 3:
                stop.set()
            return dict.fromkeys(asked.lines, Excluded(Reason.ALREADY_SENT, say("from somewhere else")))

    record = planted(journal, [f"Text {n}" for n in range(60)])
    queue = Queue(
        journal, record, sender=None, terms=Terms(Purpose.MARKETING), exclusions=[everybody := Everybody()]
    )
    run(deliver(queue, means(gateway, stop=stop, workers=2), total=60))
    assert gateway.calls == []
    assert everybody.asked == 3
    assert Status.PENDING in statuses(journal, record).values()


def test_a_stop_while_the_pace_is_kept_makes_no_further_call(journal, planted, queue_of):
    stop, gateway = Patience(lambda _: stop.set()), FakeGateway()
    pace = Pace(60, clock=lambda: 0.0)
    record = planted(journal, ["A", "B", "C"])
    run(deliver(queue_of(record), means(gateway, stop=stop, pace=pace), total=3))
    assert len(gateway.calls) == 1
    assert list(statuses(journal, record).values()).count(Status.PENDING) == 2


class Time:
    def __init__(self):
        self.now, self.lock, self.slept = 0.0, threading.Lock(), 0.0

    def clock(self):
        return self.now

    def sleep(self, seconds):
        with self.lock:
            self.now += seconds
            self.slept += seconds


@pytest.mark.parametrize("workers", [1, 4])
def test_the_pace_is_kept_and_not_a_turn_longer(journal, planted, queue_of, workers):
    passing, gateway = Time(), FakeGateway()
    made = []

    class Timing(FakeGateway):
        def submit(self, chunk):
            made.append(passing.now)
            return super().submit(chunk)

    gateway = Timing()
    pace, stop = Pace(60, clock=passing.clock), Patience(passing.sleep)
    record = planted(journal, list("ABCDE"))
    _, halt = run(deliver(queue_of(record), means(gateway, workers=workers, pace=pace, stop=stop), total=5))
    assert halt is None
    assert sorted(made) == [0, 1, 2, 3, 4] or workers > 1
    assert passing.now == 4
    assert receivers(gateway.taken) == planned(journal, record)


def test_tries_keep_the_pace_too(journal, planted, queue_of):
    passing = Time()
    pace, stop = Pace(60, clock=passing.clock), Patience(passing.sleep)
    gateway = FakeGateway([NotSent("refused"), NotSent("refused")])
    queue = queue_of(planted(journal, ["A"]))
    run(deliver(queue, means(gateway, workers=1, pace=pace, stop=stop), total=1))
    assert len(gateway.calls) == 3
    assert passing.now == pytest.approx(2)


def test_a_429_slows_the_pace_and_what_is_accepted_quickens_it(journal, planted, queue_of):
    passing = Time()
    pace, stop = Pace(60, clock=passing.clock), Patience(passing.sleep)
    paces = []

    class Looking(FakeGateway):
        def submit(self, chunk):
            paces.append(pace.calls_per_minute)
            return super().submit(chunk)

    gateway = Looking([NotSent("429", too_fast=True, retry_after=30.0)])
    queue = queue_of(planted(journal, list("ABCDE")))
    _, halt = run(deliver(queue, means(gateway, workers=1, pace=pace, stop=stop), total=5))
    assert halt is None
    assert paces[:2] == [60, 30]
    assert paces[1:] == sorted(set(paces[1:]))
    assert passing.now >= 30 + 3 * 60 / 37
    assert len(gateway.calls) == 6
    assert len(gateway.taken) == 5


def test_a_rest_is_told_while_it_lasts(journal, planted, queue_of):
    gateway = FakeGateway([NotSent("429", too_fast=True, retry_after=1.5)])
    queue = queue_of(planted(journal, ["A"]))
    said, _ = run(deliver(queue, Means(gateway, Pace(0), threading.Event(), 1, 0.001), total=1))
    assert len(gateway.taken) == 1
    assert any("OVHcloud asks to wait for" in one.note for one in said)


@pytest.mark.parametrize("workers", [1, 4])
def test_without_a_pace_every_call_waits_for_a_rest(journal, planted, queue_of, workers):
    passing = Time()
    pace, stop = Pace(0, clock=passing.clock), Patience(passing.sleep)
    times = []

    class Looking(FakeGateway):
        def submit(self, chunk):
            times.append(passing.now)
            return super().submit(chunk)

    gateway = Looking([NotSent("429", too_fast=True, retry_after=20.0)])
    queue = queue_of(planted(journal, list("ABCDEFGHIJKLMNOP")))
    run(deliver(queue, means(gateway, workers=workers, pace=pace, stop=stop), total=16))
    assert len(gateway.taken) == 16
    # Each worker may have begun one more call when the crew hears of the 429.
    assert sum(one < 20 for one in times) <= 2 * workers


def test_a_refused_connection_does_not_slow_the_pace(journal, planted, queue_of):
    passing = Time()
    pace, stop = Pace(60, clock=passing.clock), Patience(passing.sleep)
    queue = queue_of(planted(journal, ["A"]))
    run(deliver(queue, means(FakeGateway([NotSent("refused")]), pace=pace, stop=stop), total=1))
    assert pace.calls_per_minute == 60


class Culprits(FakeGateway):
    """Refuses every call that carries one of some numbers."""

    def __init__(self, culprits, **options):
        super().__init__(**options)
        self.culprits = set(culprits)

    def submit(self, chunk):
        if self.culprits & set(chunk.receivers):
            with self._lock:
                self.calls.append(chunk)
            return Refused("400", "a receiver is not welcome")
        return super().submit(chunk)


@pytest.mark.parametrize("workers", [1, 3])
def test_a_refused_chunk_does_not_take_its_neighbours_with_it(journal, planted, queue_of, workers):
    record = planted(journal, ["A"] * 500)
    everybody = planned(journal, record)
    gateway = Culprits([everybody[333]])
    brakes = Brakes(Thresholds(), {"FR": Decimal(1)})
    said, halt = run(deliver(queue_of(record), means(gateway, workers=workers), total=500, brakes=brakes))
    assert halt is None
    found = statuses(journal, record)
    assert found.pop(everybody[333]) is Status.REFUSED
    assert set(found.values()) == {Status.ACCEPTED}
    assert receivers(gateway.taken) == sorted(found)
    assert said[-1].done == 500
    assert len({chunk.tag for chunk in gateway.calls}) == len(gateway.calls) <= 19
    assert Counter(one.what for one in story(journal))["split"] == 3 * (len(gateway.calls) - 1) / 2


def story(journal):
    with journal.reading() as connection:
        return connection.execute(select(schema.event).order_by(schema.event.c.id)).all()


@settings(
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    people=st.integers(1, 24),
    culprits=st.sets(st.integers(0, 23)),
    size=st.integers(1, 12),
    limit=st.none() | st.integers(1, 24),
    workers=st.integers(1, 3),
)
def test_exactly_the_culprits_are_refused(planted, people, culprits, size, limit, workers):
    with small_journal() as journal:
        record = planted(journal, ["A", "B"] * people, size=size)
        rows = [one.recipient.msisdn for one in answers(journal, record)]
        bad = {number for at, number in enumerate(rows) if at in culprits}
        gateway, queue = Culprits(bad), queue_in(journal, record)
        up_to = None if limit is None else queue.narrow(limit)
        run(deliver(queue, means(gateway, workers=workers), up_to=up_to, total=limit or len(rows)))
        reached = rows[:limit]
        found = statuses(journal, record)
        seen = Counter(chunk.tag for chunk in gateway.calls)
        assert found == {
            number: Status.PENDING
            if number not in reached
            else Status.REFUSED
            if number in bad
            else Status.ACCEPTED
            for number in rows
        }
        assert receivers(gateway.taken) == sorted(set(reached) - bad)
        assert set(seen.values()) == {1}
        assert tally(journal, record).messages == Counter(found.values())


def queue_in(journal, record):
    return Queue(journal, record, sender=None, terms=Terms(Purpose.MARKETING))


def test_halves_are_found_again_by_a_later_run(journal, planted, queue_of):
    record = planted(journal, ["A"] * 8)
    everybody, queue = planned(journal, record), queue_of(planted_again(journal))
    gateway = Culprits(everybody[:1])
    (claim,) = queue.claim(1)
    queue.record([(claim, gateway.submit(claim.chunk))])
    assert set(statuses(journal, record).values()) == {Status.PENDING}
    assert queue.untouched()
    run(deliver(queue, means(gateway), total=8))
    assert list(statuses(journal, record).values()) == [Status.REFUSED] + [Status.ACCEPTED] * 7


def planted_again(journal):
    return journal.find("spring")


BRAKES = [
    ([InDoubt("cut off")] * 9, "5 calls in a row got no clear answer (the last: cut off)", 5),
    ([Refused("400", "no")] * 20, "12 calls in a row were refused (the last: 400: no)", 12),
    (
        [Accepted((1,), ("+33639980002",), (), Decimal(2), Decimal(9))],
        "OVHcloud charged 2 credits for the call tagtagtagt-1, and its forecast was 1 (1 accepted × 1 part)",
        1,
    ),
    (
        [Accepted((1,), ("+33639980002",), (), Decimal(1), Decimal("-0.5"))],
        "the account has -0.5 credits left, and the floor is 0",
        1,
    ),
]


@pytest.mark.parametrize(("script", "reason", "calls"), BRAKES)
def test_a_brake_pauses_says_why_and_leaves_the_rest_pending(
    journal, planted, queue_of, script, reason, calls
):
    record = planted(journal, [f"Text {n}" for n in range(40)])
    gateway, queue = FakeGateway(script), queue_of(record)
    brakes = Brakes(Thresholds(), {"FR": Decimal(1)})
    _, halt = run(deliver(queue, means(gateway, workers=1), total=40, brakes=brakes))
    assert reason in halt
    assert len(gateway.calls) == calls
    assert tally(journal, record).messages[Status.PENDING] == 40 - calls


def test_what_is_in_flight_when_a_brake_trips_is_recorded(journal, planted, queue_of):
    record = planted(journal, [f"Text {n}" for n in range(40)])
    gateway = FakeGateway([InDoubt("cut off")] * 40)
    brakes = Brakes(Thresholds(), {})
    _, halt = run(deliver(queue_of(record), means(gateway, workers=4), total=40, brakes=brakes))
    assert halt is not None
    standing = tally(journal, record)
    assert "sending" not in standing.chunks
    assert standing.messages[Status.PENDING] == 40 - len(gateway.calls)
    assert 5 <= len(gateway.calls) <= 5 + 2 * 8


def test_a_call_that_rests_does_not_keep_a_pause_waiting(journal, planted, queue_of):
    record = planted(journal, ["A", "B"])

    class Asleep(FakeGateway):
        """The first call is tried again in half a minute, the second is refused for good."""

        def submit(self, chunk):
            if chunk.body == "A":
                return NotSent("no network")
            time.sleep(0.2)
            return Refused("INVALID_KEY", "no such key", stops=True)

    began = time.monotonic()
    steps = deliver(queue_of(record), Means(Asleep(), FREE, threading.Event(), 2, 30.0), total=2)
    _, halt = run(steps)
    assert halt == "INVALID_KEY: no such key"
    assert time.monotonic() - began < 25
    assert set(statuses(journal, record).values()) == {Status.PENDING}


@pytest.mark.parametrize("pace", [FREE, Pace(0.1)], ids=["while it rests", "while it waits for its turn"])
def test_a_stop_does_not_wait_for_a_rest(journal, planted, queue_of, pace):
    record, stop = planted(journal, ["A", "B"]), threading.Event()
    timer = threading.Timer(0.3, stop.set)

    class Resting(FakeGateway):
        """The stop comes a moment after the first call, however late that was."""

        def submit(self, chunk):
            if not self.calls:
                timer.start()
            return super().submit(chunk)

    gateway = Resting([NotSent("no network")] * 99)
    began = time.monotonic()
    first_wait = 30.0 if pace is FREE else 0.01
    _, halt = run(deliver(queue_of(record), Means(gateway, pace, stop, 1, first_wait), total=2))
    timer.join()
    assert time.monotonic() - began < 25
    assert halt is None  # it was wanted, nothing was wrong
    assert set(statuses(journal, record).values()) == {Status.PENDING}
    assert len(gateway.calls) == 1


def test_only_rows_up_to_the_limit_are_sent(journal, planted, queue_of):
    record, gateway = planted(journal, ["A", "A", "B", "A"]), FakeGateway()
    queue = queue_of(record)
    run(deliver(queue, means(gateway), up_to=queue.narrow(3), total=3))
    assert [one.status for one in answers(journal, record)] == [Status.ACCEPTED] * 3 + [Status.PENDING]
    run(deliver(queue, means(gateway), total=1))
    assert receivers(gateway.taken) == planned(journal, record)


def test_partial_answers_are_counted_in_credits_as_charged(journal, planted, queue_of):
    record = planted(journal, ["A", "A"])
    one, two = planned(journal, record)
    gateway = FakeGateway([Accepted((1,), (one,), (two,), Decimal("0.4"), None)])
    said, _ = run(deliver(queue_of(record), means(gateway), total=2))
    assert said[-1].note == "0.4 credits"
    assert tally(journal, record).credits == Decimal("0.4")


OUTCOMES = st.sampled_from(
    [
        None,  # taken, and said so
        NotSent("429"),
        Refused("400", "no"),
        Refused("403", "no", stops=True),
        InDoubt("cut off"),
        FakeGateway.lost,
    ]
)


@contextmanager
def small_journal():
    with tempfile.TemporaryDirectory() as folder:
        journal = open_journal(Path(folder) / "j.sqlite")
        yield journal
        journal.close()


@settings(
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    bodies=st.lists(st.sampled_from("ABC"), min_size=1, max_size=8),
    script=st.lists(OUTCOMES, max_size=14),
    crashes=st.lists(st.integers(0, 3), max_size=3),
    size=st.integers(1, 3),
    workers=st.integers(1, 3),
)
def test_nobody_is_taken_twice_and_nobody_is_lost(planted, bodies, script, crashes, size, workers):
    with small_journal() as journal:
        record, gateway = planted(journal, bodies, size=size), FakeGateway(script)
        everybody = planned(journal, record)
        queue = Queue(journal, record, sender=None, terms=Terms(Purpose.MARKETING))
        for crash in crashes:
            # A process that ends between its writes: calls were claimed, some of them made, none recorded.
            for number, claim in enumerate(queue.claim(2)):
                if number < crash:
                    gateway.submit(claim.chunk)
            queue.recover()
            ask_all(queue, gateway)
            run(deliver(queue, means(gateway, workers=workers), total=len(bodies)))
        for _ in range(len(script) + 2):
            run(deliver(queue, means(gateway, workers=workers), total=len(bodies)))
            ask_all(queue, gateway)
        found = statuses(journal, record)
        calls = Counter(receivers(gateway.taken))
    assert max(calls.values(), default=0) <= 1, "somebody was taken twice"
    assert set(found.values()) <= {Status.ACCEPTED, Status.REFUSED}
    assert sorted(number for number, status in found.items() if status is Status.ACCEPTED) == sorted(calls)
    assert sorted(found) == everybody


def ask_all(queue, gateway):
    for doubt in queue.doubts():
        match gateway.trace(doubt.chunk, since=doubt.claimed_at, certain=False):
            case Trace(ids=()):
                queue.conclude([(doubt, Absent("not there"))])[0]
            case trace:
                queue.conclude([(doubt, Found(trace))])[0]
