"""Asking about calls in doubt: present is accepted, absent is sent again only after its time, no answer changes nothing."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from smscampaign.gateway import FakeGateway
from smscampaign.journal import Queue, answers
from smscampaign.model import InDoubt, NoAnswer, Progress, Purpose, Status, Terms, Trace
from smscampaign.tracking import settle

TWO_MINUTES = timedelta(seconds=120)


class Patience(threading.Event):
    """A stop event whose waiting moves the clock."""

    def __init__(self, clock):
        super().__init__()
        self.clock, self.waited, self.meanwhile = clock, [], lambda: None

    def wait(self, timeout=None):
        self.waited.append(timeout)
        self.clock.step(timeout)
        self.meanwhile()
        return self.is_set()


class Witness(FakeGateway):
    """Answers what it is told to, and remembers what it was asked."""

    def __init__(self, *says):
        super().__init__()
        self.says, self.asked = list(says), []

    def trace(self, chunk, *, since, certain):
        self.asked.append((chunk.receivers, since, certain))
        return self.says.pop(0)


@pytest.fixture
def stop(clock):
    return Patience(clock)


@pytest.fixture
def doubtful(journal, planted):
    """A queue whose calls are all in doubt, by the bodies of their texts."""

    def make(*bodies):
        queue = Queue(journal, planted(journal, bodies), sender=None, terms=Terms(Purpose.MARKETING))
        queue.record([(claim, InDoubt("cut off")) for claim in queue.claim(100)])
        return queue

    return make


def run(queue, gateway, stop, clock, after=TWO_MINUTES):
    return list(settle(queue, gateway, after=after, stop=stop, clock=clock))


def statuses(journal):
    return [one.status for one in answers(journal, journal.find("spring"))]


def all_of(queue):
    return Trace((1, 2, 3), frozenset(queue.doubts()[0].chunk.receivers))


NOTHING = Trace((), frozenset())


def test_no_doubt_is_no_question(journal, doubtful, stop, clock):
    gateway = Witness()
    assert run(doubtful(), gateway, stop, clock) == []
    assert gateway.asked == []


def test_present_is_accepted_at_once(journal, doubtful, stop, clock):
    queue = doubtful("A", "A")
    assert run(queue, Witness(all_of(queue)), stop, clock) == [Progress("asking", 1, 1)]
    assert statuses(journal) == [Status.ACCEPTED] * 2
    assert stop.waited == []


def test_absent_before_its_time_is_asked_again_after_it(journal, doubtful, stop, clock):
    queue = doubtful("A")
    gateway = Witness(NOTHING, NOTHING)
    clock.step(50)
    said = run(queue, gateway, stop, clock)
    assert stop.waited == [70]
    assert [one.stage for one in said] == ["asking", "settling", "settling"]
    assert "70 s" in said[1].note
    assert len(gateway.asked) == 2
    assert statuses(journal) == [Status.PENDING]


def test_absent_at_first_and_present_later_is_accepted(journal, doubtful, stop, clock):
    queue = doubtful("A")
    run(queue, Witness(NOTHING, all_of(queue)), stop, clock)
    assert statuses(journal) == [Status.ACCEPTED]


def test_absent_after_its_time_may_be_sent_again_without_waiting(journal, doubtful, stop, clock):
    queue = doubtful("A")
    clock.step(120)
    run(queue, Witness(NOTHING), stop, clock)
    assert statuses(journal) == [Status.PENDING]
    assert stop.waited == []


def test_each_call_waits_for_its_own_time_only(journal, planted, stop, clock):
    queue = Queue(journal, planted(journal, ["A", "B"]), sender=None, terms=Terms(Purpose.MARKETING))
    first, second = queue.claim(2)
    queue.record([(first, InDoubt("?"))])
    clock.step(100)
    queue.record([(second, InDoubt("?"))])
    run(queue, Witness(NOTHING, NOTHING, NOTHING, NOTHING), stop, clock)
    assert stop.waited == [20, 100]
    assert statuses(journal) == [Status.PENDING] * 2


def test_no_answer_leaves_the_doubt_and_says_why(journal, doubtful, stop, clock):
    queue = doubtful("A", "B")
    clock.step(500)
    run(queue, Witness(NoAnswer("no rights"), NOTHING), stop, clock)
    assert statuses(journal) == [Status.IN_DOUBT, Status.PENDING]
    reason = next(answers(journal, journal.find("spring"))).reason
    assert reason == "OVHcloud could not be asked: no rights"
    assert stop.waited == []


def test_found_in_part_stays_in_doubt_for_the_rest_and_is_never_sent_again(journal, doubtful, stop, clock):
    queue = doubtful("A", "A", "A")
    one, two, _ = queue.doubts()[0].chunk.receivers
    gateway = Witness(Trace((1,), frozenset({one})), Trace((1, 2), frozenset({one, two})))
    run(queue, gateway, stop, clock)
    assert statuses(journal) == [Status.ACCEPTED, Status.ACCEPTED, Status.IN_DOUBT]
    # Even if nothing at all shows up later: the witnesses disagree, and a person decides.
    clock.step(500)
    run(queue, Witness(NOTHING), stop, clock)
    assert statuses(journal) == [Status.ACCEPTED, Status.ACCEPTED, Status.IN_DOUBT]
    assert queue.claim(9) == []


def test_seen_and_then_gone_within_one_asking_is_not_sent_again(journal, doubtful, stop, clock):
    queue = doubtful("A", "A")
    one, _ = queue.doubts()[0].chunk.receivers
    run(queue, Witness(Trace((1,), frozenset({one})), NOTHING), stop, clock)
    assert statuses(journal) == [Status.ACCEPTED, Status.IN_DOUBT]
    assert queue.claim(9) == []


def test_counting_is_enough_only_for_the_first_attempt_of_a_whole_call(journal, doubtful, stop, clock):
    queue = doubtful("A", "A")
    clock.step(500)
    gateway = Witness(NOTHING, NOTHING, Trace((1,), frozenset({"+33639980002"})), NOTHING)
    run(queue, gateway, stop, clock)
    (again,) = queue.claim(1)
    queue.record([(again, InDoubt("again"))])
    clock.step(500)
    run(queue, gateway, stop, clock)
    assert [certain for _, _, certain in gateway.asked] == [True, False]
    assert gateway.asked[1][1] == again.claimed_at


def test_a_stop_ends_the_asking_and_the_waiting(journal, doubtful, stop, clock):
    queue = doubtful("A", "B")
    stop.set()
    gateway = Witness()
    assert run(queue, gateway, stop, clock) == []
    stop.clear()
    stop.meanwhile = stop.set
    gateway.says = [NOTHING, NOTHING]
    run(queue, gateway, stop, clock)
    assert len(gateway.asked) == 2
    assert len(stop.waited) == 1
    assert statuses(journal) == [Status.IN_DOUBT] * 2


def test_absence_ripens_from_the_doubt_and_not_from_the_claim(journal, planted, stop, clock):
    # A worker may hold a call back for minutes before it makes it; the process dies right after.
    queue = Queue(journal, planted(journal, ["A"]), sender=None, terms=Terms(Purpose.MARKETING))
    queue.claim(1)
    clock.step(10_000)
    queue.recover()
    run(queue, Witness(NOTHING, NOTHING), stop, clock)
    assert stop.waited == [120]
