"""What every implementation of the seam `Transport` does: the fake in memory, OVHcloud's jobs over real signed HTTP, and one
that takes several steps.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from threading import Event

import pytest
from sqlalchemy import select

from smscampaign import sandbox
from smscampaign.delivery import doubts
from smscampaign.delivery.crew import Means, deliver
from smscampaign.errors import JournalProblem
from smscampaign.gateway import open_ovhcloud
from smscampaign.gateway.endpoints import Keys
from smscampaign.gateway.fake import FakeGateway
from smscampaign.gateway.pace import Pace
from smscampaign.gateway.protocol import Question, Step
from smscampaign.journal import schema
from smscampaign.journal.fates import tally
from smscampaign.journal.queue import Queue
from smscampaign.model import Accepted, Chunk, NoAnswer, Purpose, Status, Terms, Trace
from smscampaign.sandbox import Fault, FaultKind

# Two ranges that Germany's regulator keeps for films; they pass as real numbers everywhere.
NUMBERS = tuple(f"{start}{n:02d}" for start in ("+4917139200", "+49176040690") for n in range(100))


class InSteps(FakeGateway):
    """A carrier that wants the text uploaded before it is sent, as slots and documents are; an upload is done once."""

    name = "in steps"

    def __init__(self):
        super().__init__()
        self.uploads = []

    def steps(self, chunk, done):
        if "uploaded" not in [step.name for step in done]:
            yield Step("uploading", {"name": chunk.tag})
            self.uploads.append(chunk.tag)
            yield Step("uploaded", {"document": f"doc-{chunk.tag}"})
        yield self.submit(chunk)


@pytest.fixture
def here():
    with sandbox.running() as running:
        yield running


@pytest.fixture(params=["fake", "in steps", "jobs"])
def gateway(request):
    if request.param != "jobs":
        return FakeGateway() if request.param == "fake" else InSteps()
    here = request.getfixturevalue("here")
    keys = Keys(here.endpoint, here.application_key, here.application_secret, here.consumer_key)
    return open_ovhcloud(keys=keys, calls_per_minute=0)


@pytest.fixture
def transport(gateway):
    return gateway.transport


def made(transport, chunk, done=()):
    """The outcome of a call."""
    *steps, outcome = transport.steps(chunk, done)
    assert all(isinstance(step, Step) for step in steps)
    return outcome


def chunk(tag="tag-1", receivers=NUMBERS[:3], body="Hello €"):
    return Chunk(tag, "Sandbox", body, tuple(receivers), Terms(Purpose.TRANSACTIONAL))


def now():
    return datetime.now(UTC)


def everybody(trace, receivers):
    return trace.receivers is None or trace.receivers >= set(receivers)


def test_a_call_that_is_taken_names_every_receiver_once_and_what_it_cost(gateway):
    before = gateway.account().credits_left
    outcome = made(gateway.transport, chunk())
    assert isinstance(outcome, Accepted)
    assert sorted(outcome.receivers) == sorted(NUMBERS[:3])
    assert outcome.invalid == ()
    assert len(set(outcome.ids)) == 3
    assert outcome.credits == 3 * gateway.rate("DE")
    assert outcome.credits_left == gateway.account().credits_left == before - outcome.credits


def trace(gateway, chunk, *, since=None, certain=True, known=lambda _: ()):
    question = Question(chunk, since or now(), certain)
    ((answered, found),) = gateway.transport.traces([question], known=known, stop=Event())
    assert answered is question
    return found


@pytest.mark.parametrize("certain", [True, False])
@pytest.mark.parametrize("count", [1, 3])
def test_a_call_that_was_taken_is_found_by_its_tag(gateway, certain, count):
    mine, since = chunk(receivers=NUMBERS[:count]), now()
    made(gateway.transport, chunk("tag-10", NUMBERS[5:9]))
    outcome = made(gateway.transport, mine)
    found = trace(gateway, mine, since=since, certain=certain)
    assert isinstance(found, Trace)
    assert everybody(found, mine.receivers)
    assert set(found.ids) == set(outcome.ids)


def test_a_call_that_was_not_made_is_not_found(gateway):
    made(gateway.transport, chunk("tag-2"))
    assert trace(gateway, chunk("tag-1")) in (Trace((), frozenset()), Trace((), None))


def test_a_call_of_which_a_part_was_taken_shows_that_part(gateway):
    since = now()
    made(gateway.transport, chunk(receivers=NUMBERS[:2]))
    assert trace(gateway, chunk(receivers=NUMBERS[:3]), since=since).receivers == frozenset(NUMBERS[:2])


def test_each_of_many_questions_is_answered_once(gateway):
    since = now()
    asked = [Question(chunk(f"tag-{n}", NUMBERS[n : n + 1]), since, bool(n % 3)) for n in range(40)]
    for one in asked[::2]:
        made(gateway.transport, one.chunk)
    found = dict(gateway.transport.traces(asked, known=lambda _: (), stop=Event()))
    assert sorted(found, key=asked.index) == asked
    for number, one in enumerate(asked):
        there = everybody(found[one], one.chunk.receivers) and bool(found[one].ids)
        assert there is (number % 2 == 0)


def test_no_question_has_no_answer(gateway):
    assert list(gateway.transport.traces([], known=lambda _: (), stop=Event())) == []


def test_a_stop_ends_the_asking(gateway, request):
    if not isinstance(gateway, FakeGateway):
        # Several are asked at a time: with half a second each, most are still to be asked when the stop comes.
        slow = Fault(FaultKind.LATENCY, route="GET /sms/*/outgoing", seconds=0.5)
        request.getfixturevalue("here").add_faults(slow)
    stop = Event()
    asked = [Question(chunk(f"tag-{n}"), now(), False) for n in range(50)]
    answers = gateway.transport.traces(asked, known=lambda _: (), stop=stop)
    next(answers)
    stop.set()
    assert len(list(answers)) < 49
    assert list(gateway.transport.traces(asked, known=lambda _: (), stop=stop)) == []


def test_asking_sends_nothing(gateway):
    before = gateway.account().credits_left
    assert not isinstance(trace(gateway, chunk(), certain=False), NoAnswer)
    gateway.rate("DE")
    assert gateway.account().credits_left == before


def test_many_calls_at_once_are_each_taken_once(gateway):
    chunks = [chunk(f"tag-{n}", NUMBERS[10 * n : 10 * n + 10]) for n in range(20)]
    before = gateway.account().credits_left
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(partial(made, gateway.transport), chunks))
    assert [sorted(one.receivers) for one in outcomes] == [sorted(one.receivers) for one in chunks]
    assert len({identity for one in outcomes for identity in one.ids}) == 200
    assert gateway.account().credits_left == before - sum(one.credits for one in outcomes)


def held(gateway, receivers=NUMBERS[:3]):
    """The ids of messages that wait until tomorrow."""
    later = Terms(Purpose.TRANSACTIONAL, send_at=now() + timedelta(days=1))
    return made(gateway.transport, replace(chunk("tag-9", receivers), terms=later)).ids


def test_a_message_that_waits_is_called_back_once_and_no_other_with_it(gateway):
    ids = held(gateway)
    assert gateway.echo.waiting() == frozenset(ids)
    assert gateway.transport.recall(ids[1]) is True
    assert gateway.echo.waiting() == {ids[0], ids[2]}
    assert gateway.transport.recall(ids[1]) is False
    assert gateway.echo.receipt(ids[1]) is None


def test_a_message_that_left_is_not_called_back(gateway):
    ids = made(gateway.transport, chunk()).ids
    if isinstance(gateway, FakeGateway):
        gateway.gone = set(ids)
    assert gateway.transport.recall(ids[0]) is False
    assert gateway.echo.receipt(ids[0]).msisdn in NUMBERS[:3]
    assert gateway.transport.recall(987_654) is False


def test_many_that_are_called_back_at_once_are_each_deleted_once(gateway):
    ids = held(gateway, NUMBERS[:20])
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(gateway.transport.recall, [*ids, *ids]))
    assert answers.count(True) == answers.count(False) == 20
    assert gateway.echo.waiting() == frozenset()


def test_it_says_what_it_is_and_how_much_fits_into_a_call(transport):
    assert transport.name
    assert transport.size >= 1
    assert transport.mixed_texts in {True, False}
    assert transport.why_not("Hello", chunk().terms) is None


@pytest.fixture
def queue_of(journal):
    return lambda record: Queue(journal, record, sender="Sandbox", terms=Terms(Purpose.TRANSACTIONAL))


def noted(journal):
    with journal.reading() as connection:
        rows = connection.execute(select(schema.step.c.name).order_by(schema.step.c.id))
        return list(rows.scalars())


def delivered(queue, gateway):
    return list(deliver(queue, Means(gateway, Pace(0), Event(), workers=1, first_wait=0.001), total=1))


def test_a_step_is_durable_before_the_next_one_is_asked_for(journal, planted, queue_of):
    record, seen = planted(journal, ["A"]), []

    class Watching(InSteps):
        def steps(self, chunk, done):
            for step in super().steps(chunk, done):
                seen.append(noted(journal))
                yield step

    with journal.driving():
        delivered(queue_of(record), Watching())
    assert seen == [[], ["uploading"], ["uploading", "uploaded"]]
    assert tally(journal, record).messages == {Status.ACCEPTED: 1}


def test_a_call_that_is_tried_again_goes_on_from_the_steps_that_were_taken(journal, planted, queue_of):
    record, gateway = planted(journal, ["A"]), InSteps()
    queue = queue_of(record)

    def settle():
        list(doubts.settle(queue, gateway, after=timedelta(0), stop=Event(), clock=journal.clock))

    with journal.driving():
        settle()  # the balance before the call
        (claim,) = queue.claim(1)
        for step in islice(gateway.steps(claim.chunk, ()), 2):
            queue.note(claim, step.name, step.facts)  # then the program ends
    with journal.driving():
        queue.recover()
        settle()
        delivered(queue, gateway)
    assert len(gateway.uploads) == 1
    assert len(gateway.taken) == 1
    assert tally(journal, record).messages == {Status.ACCEPTED: 1}


def test_a_step_that_cannot_be_written_down_leaves_the_call_in_doubt(journal, planted, queue_of, monkeypatch):
    record, gateway = planted(journal, ["A"]), InSteps()

    def full(*_):
        raise JournalProblem("the disk is full", where="here")

    monkeypatch.setattr(Queue, "note", full)
    with journal.driving():
        delivered(queue_of(record), gateway)
    assert (gateway.uploads, gateway.taken) == ([], [])
    assert tally(journal, record).messages == {Status.IN_DOUBT: 1}


def test_a_call_without_an_outcome_is_in_doubt(journal, planted, queue_of):
    class Endless(InSteps):
        def steps(self, chunk, done):
            yield Step("uploading")

    record = planted(journal, ["A"])
    with journal.driving():
        delivered(queue_of(record), Endless())
    assert tally(journal, record).messages == {Status.IN_DOUBT: 1}
