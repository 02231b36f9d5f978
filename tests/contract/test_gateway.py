"""What every implementation of the seam `Gateway` does: the fake in memory, and OVHcloud's adapter over real signed HTTP."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from threading import Event

import pytest

from smscampaign import sandbox
from smscampaign.gateway import FakeGateway, Keys, Question, open_ovhcloud
from smscampaign.model import Accepted, Chunk, NoAnswer, Purpose, Terms, Trace
from smscampaign.sandbox import Fault, FaultKind

# Two ranges that Germany's regulator keeps for films; they pass as real numbers everywhere.
NUMBERS = tuple(f"{start}{n:02d}" for start in ("+4917139200", "+49176040690") for n in range(100))


@pytest.fixture
def here():
    with sandbox.running() as running:
        yield running


@pytest.fixture(params=["fake", "ovhcloud"])
def gateway(request):
    if request.param == "fake":
        return FakeGateway()
    here = request.getfixturevalue("here")
    keys = Keys(here.endpoint, here.application_key, here.application_secret, here.consumer_key)
    return open_ovhcloud(keys=keys, calls_per_minute=0)


def chunk(tag="tag-1", receivers=NUMBERS[:3], body="Hello €"):
    return Chunk(tag, "Sandbox", body, tuple(receivers), Terms(Purpose.TRANSACTIONAL))


def now():
    return datetime.now(UTC)


def everybody(trace, receivers):
    return trace.receivers is None or trace.receivers >= set(receivers)


def test_a_call_that_is_taken_names_every_receiver_once_and_what_it_cost(gateway):
    before = gateway.account().credits_left
    outcome = gateway.submit(chunk())
    assert isinstance(outcome, Accepted)
    assert sorted(outcome.receivers) == sorted(NUMBERS[:3])
    assert outcome.invalid == ()
    assert len(set(outcome.ids)) == 3
    assert outcome.credits == 3 * gateway.rate("DE")
    assert outcome.credits_left == gateway.account().credits_left == before - outcome.credits


def trace(gateway, chunk, *, since=None, certain=True, known=lambda _: ()):
    question = Question(chunk, since or now(), certain)
    ((answered, found),) = gateway.traces([question], known=known, stop=Event())
    assert answered is question
    return found


@pytest.mark.parametrize("certain", [True, False])
@pytest.mark.parametrize("count", [1, 3])
def test_a_call_that_was_taken_is_found_by_its_tag(gateway, certain, count):
    mine, since = chunk(receivers=NUMBERS[:count]), now()
    gateway.submit(chunk("tag-10", NUMBERS[5:9]))
    outcome = gateway.submit(mine)
    found = trace(gateway, mine, since=since, certain=certain)
    assert isinstance(found, Trace)
    assert everybody(found, mine.receivers)
    assert set(found.ids) == set(outcome.ids)


def test_a_call_that_was_not_made_is_not_found(gateway):
    gateway.submit(chunk("tag-2"))
    assert trace(gateway, chunk("tag-1")) in (Trace((), frozenset()), Trace((), None))


def test_a_call_of_which_a_part_was_taken_shows_that_part(gateway):
    since = now()
    gateway.submit(chunk(receivers=NUMBERS[:2]))
    assert trace(gateway, chunk(receivers=NUMBERS[:3]), since=since).receivers == frozenset(NUMBERS[:2])


def test_each_of_many_questions_is_answered_once(gateway):
    since = now()
    asked = [Question(chunk(f"tag-{n}", NUMBERS[n : n + 1]), since, bool(n % 3)) for n in range(40)]
    for one in asked[::2]:
        gateway.submit(one.chunk)
    found = dict(gateway.traces(asked, known=lambda _: (), stop=Event()))
    assert sorted(found, key=asked.index) == asked
    for number, one in enumerate(asked):
        there = everybody(found[one], one.chunk.receivers) and bool(found[one].ids)
        assert there is (number % 2 == 0)


def test_no_question_has_no_answer(gateway):
    assert list(gateway.traces([], known=lambda _: (), stop=Event())) == []


def test_a_stop_ends_the_asking(gateway, request):
    if not isinstance(gateway, FakeGateway):
        # Several are asked at a time: with half a second each, most are still to be asked when the stop comes.
        slow = Fault(FaultKind.LATENCY, route="GET /sms/*/outgoing", seconds=0.5)
        request.getfixturevalue("here").add_faults(slow)
    stop = Event()
    asked = [Question(chunk(f"tag-{n}"), now(), False) for n in range(50)]
    answers = gateway.traces(asked, known=lambda _: (), stop=stop)
    next(answers)
    stop.set()
    assert len(list(answers)) < 49
    assert list(gateway.traces(asked, known=lambda _: (), stop=stop)) == []


def test_asking_sends_nothing(gateway):
    before = gateway.account().credits_left
    assert not isinstance(trace(gateway, chunk(), certain=False), NoAnswer)
    gateway.rate("DE")
    assert gateway.account().credits_left == before


def test_a_rate_is_exact(gateway):
    rate = gateway.rate("DE")
    assert isinstance(rate, Decimal)
    assert rate > 0


def test_an_account_says_what_is_left_and_whether_it_is_usable(gateway):
    account = gateway.account()
    assert (account.status, bool(account.name)) == ("enable", True)
    assert isinstance(account.credits_left, Decimal)


def test_many_calls_at_once_are_each_taken_once(gateway):
    chunks = [chunk(f"tag-{n}", NUMBERS[10 * n : 10 * n + 10]) for n in range(20)]
    before = gateway.account().credits_left
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(gateway.submit, chunks))
    assert [sorted(one.receivers) for one in outcomes] == [sorted(one.receivers) for one in chunks]
    assert len({identity for one in outcomes for identity in one.ids}) == 200
    assert gateway.account().credits_left == before - sum(one.credits for one in outcomes)
