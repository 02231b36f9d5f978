"""Many questions at once over real HTTP: what they find, in how few calls, and what they say when they cannot know."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest

from smscampaign import sandbox
from smscampaign.errors import GatewayProblem
from smscampaign.gateway import OvhCloud, open_ovhcloud
from smscampaign.gateway.clients import Clients
from smscampaign.gateway.endpoints import Keys
from smscampaign.gateway.http import Api
from smscampaign.gateway.pace import Pace
from smscampaign.gateway.protocol import Question, reason_of
from smscampaign.gateway.questions import EXPORT_FROM
from smscampaign.model import Chunk, NoAnswer, Purpose, Terms, Trace
from smscampaign.sandbox import Credential, Fault, FaultKind, Sandbox

NOW_TERMS = Terms(Purpose.TRANSACTIONAL)


@pytest.fixture
def here():
    with sandbox.running(settings=Sandbox(document_delay=0.0)) as running:
        yield running


@pytest.fixture
def gateway(here):
    keys = Keys(here.endpoint, here.application_key, here.application_secret, here.consumer_key)
    return open_ovhcloud(keys=keys, calls_per_minute=0)


@pytest.fixture
def calls(monkeypatch):
    """How often each kind of look-up was made; numbers in paths are left out."""
    seen = Counter()
    call = Api._call

    def counted(self, path, query):
        seen["/".join("*" if piece.isdecimal() else piece for piece in path.split("/")[3:])] += 1
        return call(self, path, query)

    monkeypatch.setattr(Api, "_call", counted)
    return seen


def number(n):
    return f"+491713920{n:04d}"


def chunk(tag, *numbers, terms=NOW_TERMS):
    return Chunk(tag, "Sandbox", f"Hello {tag}", tuple(map(number, numbers)), terms)


def later():
    return Terms(Purpose.TRANSACTIONAL, send_at=datetime.now(UTC) + timedelta(hours=2))


def asked(gateway, *chunks, certain=True, known=lambda _: (), stop=None):
    since = datetime.now(UTC) - timedelta(seconds=5)
    questions = [Question(one, since, certain) for one in chunks]
    found = gateway.transport.traces(questions, known=known, stop=stop or Event())
    return {question.chunk.tag: answer for question, answer in found}


def test_pending_jobs_are_read_once_for_all_questions(gateway, calls):
    waiting = [chunk(f"later-{n}", n, terms=later()) for n in range(6)]
    lost = [chunk(f"lost-{n}", 100 + n) for n in range(6)]
    ids = [gateway.transport.submit(one).ids for one in waiting]
    found = asked(gateway, *waiting, *lost)
    for one, its in zip(waiting, ids, strict=True):
        assert found[one.tag] == Trace(its, frozenset(one.receivers))
    assert {found[one.tag] for one in lost} == {Trace((), frozenset())}
    assert calls == {"outgoing": 24, "jobs": 1, "jobs/*": 6}


def test_jobs_whose_calls_are_recorded_are_not_read(gateway, calls):
    mine, others = (
        chunk("mine", 1, terms=later()),
        chunk("other", *range(10, 40), terms=later()),
    )
    gateway.transport.submit(mine)
    known = set(gateway.transport.submit(others).ids)
    found = asked(gateway, mine, known=known.intersection)
    assert found["mine"].receivers == frozenset(mine.receivers)
    assert calls["jobs/*"] == 1


def test_what_ids_say_by_themselves_needs_one_call_each(gateway, calls):
    taken = [chunk(f"taken-{n}", 3 * n, 3 * n + 1, 3 * n + 2) for n in range(5)]
    for one in taken:
        gateway.transport.submit(one)
    assert {answer.receivers for answer in asked(gateway, *taken).values()} == {None}
    assert calls == {"outgoing": 5}


def ask_one(gateway, mine, *, ahead=timedelta(0), **more):
    question = Question(mine, datetime.now(UTC) - timedelta(seconds=5) + ahead, certain=False, **more)
    ((_, answer),) = gateway.transport.traces([question], known=lambda _: (), stop=Event())
    return answer


def test_a_pending_job_is_ours_with_the_stop_clause_that_ovhcloud_adds(gateway):
    mine = chunk("mine", 1, terms=replace(later(), purpose=Purpose.MARKETING))
    gateway.transport.submit(mine)
    assert ask_one(gateway, mine).receivers == frozenset(mine.receivers)


def test_a_longer_text_that_begins_alike_is_neither_ours_nor_nothing(gateway):
    mine = chunk("mine", 1)
    gateway.transport.submit(replace(mine, tag="other", body=f"{mine.body}, and more", terms=later()))
    answer = ask_one(gateway, mine)
    assert isinstance(answer, NoAnswer)
    assert "a longer text that begins like this one" in answer.detail
    gateway.transport.submit(mine)  # found under its tag, nothing has to be told apart
    assert ask_one(gateway, mine).receivers == frozenset(mine.receivers)


def test_the_same_text_from_before_by_the_clocks_is_neither_ours_nor_nothing(gateway):
    """The call was written down by a clock that went an hour ahead and is right again."""
    mine = chunk("mine", 1, terms=later())
    gateway.transport.submit(mine)
    answer = ask_one(gateway, mine, ahead=timedelta(hours=1))
    assert isinstance(answer, NoAnswer)
    assert "before this call" in answer.detail


def test_a_clock_that_goes_ahead_is_allowed_for(gateway, monkeypatch):
    mine = chunk("mine", 1, terms=later())
    gateway.transport.submit(mine)
    monkeypatch.setattr(gateway.api.clients, "earliest", lambda since: since - timedelta(hours=1))
    assert ask_one(gateway, mine, ahead=timedelta(hours=1)).receivers == frozenset(mine.receivers)


def test_receivers_that_are_decided_are_looked_for_too(gateway):
    whole = chunk("mine", 1, 2, 3, terms=later())
    gateway.transport.submit(whole)
    left = replace(whole, receivers=whole.receivers[1:])
    decided = frozenset(whole.receivers[:1])
    assert ask_one(gateway, left, decided=decided).receivers == frozenset(whole.receivers)
    assert ask_one(gateway, left).receivers == frozenset(left.receivers)


def test_a_message_that_leaves_between_two_questions_is_seen(gateway, here, monkeypatch):
    mine = chunk("mine", 1, terms=later())
    gateway.transport.submit(mine)
    call = Api._call

    def and_then_it_leaves(self, path, query):
        answer = call(self, path, query)
        if path.endswith("/outgoing") and not here.world.clock.now() - time.time() > 3600:
            here.world.clock.step(3 * 3600)
        return answer

    monkeypatch.setattr(Api, "_call", and_then_it_leaves)
    assert asked(gateway, mine)["mine"].receivers == frozenset(mine.receivers)


def test_many_ids_are_read_from_an_export(gateway, calls):
    there = chunk("many", *range(EXPORT_FROM))
    gateway.transport.submit(there)
    wanted = replace(there, receivers=(*there.receivers, number(9999)))
    found = asked(gateway, wanted)["many"]
    assert (len(found.ids), found.receivers) == (EXPORT_FROM, frozenset(there.receivers))
    assert calls["document"] == 1
    assert calls["outgoing/*"] == 0


def test_without_the_right_to_documents_many_ids_are_read_one_by_one(calls):
    rules = (("GET", "/sms/*"), ("POST", "/sms/*/jobs"))
    with sandbox.running(settings=Sandbox(credentials=(Credential(rules=rules),))) as here:
        keys = Keys(here.endpoint, here.application_key, here.application_secret, here.consumer_key)
        gateway = OvhCloud(here.account, Clients(keys), pace=Pace(0))
        there = chunk("many", *range(EXPORT_FROM))
        gateway.transport.submit(there)
        found = asked(gateway, there, certain=False)["many"]
    assert found.receivers == frozenset(there.receivers)
    assert calls["outgoing/*"] == EXPORT_FROM


def test_a_message_that_is_listed_and_cannot_be_read_leaves_the_question_open(gateway, monkeypatch):
    there = chunk("two", 1, 2)
    gateway.transport.submit(there)
    find, gone = Api.find, []

    def first_is_gone(self, path):
        gone.append(path)
        return None if path == gone[0] else find(self, path)

    monkeypatch.setattr(Api, "find", first_is_gone)
    answer = asked(gateway, replace(there, receivers=(*there.receivers, number(3))))["two"]
    assert isinstance(answer, NoAnswer)
    assert "of 2 messages under the tag 1 cannot be read" in answer.detail


def test_one_question_that_fails_does_not_take_the_others_with_it(gateway, here):
    chunks = [chunk(f"taken-{n}", n) for n in range(12)]
    for one in chunks:
        gateway.transport.submit(one)
    here.add_faults(Fault(FaultKind.STATUS, route="GET /sms/*/outgoing", status=500, nth=5))
    kinds = Counter(type(answer) for answer in asked(gateway, *chunks).values())
    assert kinds == {Trace: 11, NoAnswer: 1}


@pytest.mark.parametrize(
    ("rules", "right"),
    [
        ((("GET", "/sms"),), "GET /sms/*/outgoing"),
        ((("GET", "/sms/*/outgoing"), ("GET", "/sms/*/outgoing/*")), "GET /sms/*/jobs"),
        ((("GET", "/sms/*/outgoing"), ("GET", "/sms/*/jobs")), "GET /sms/*/outgoing/*"),
    ],
)
def test_a_missing_right_is_named(rules, right):
    rights = (*rules, ("POST", "/sms/*/jobs"))
    with sandbox.running(settings=Sandbox(credentials=(Credential(rules=rights),))) as here:
        keys = Keys(here.endpoint, here.application_key, here.application_secret, here.consumer_key)
        gateway = OvhCloud(here.account, Clients(keys), pace=Pace(0))
        gateway.transport.submit(chunk("mine", 1))
        answer = asked(gateway, replace(chunk("mine", 1, 2)), certain=False)["mine"]
    assert isinstance(answer, NoAnswer)
    assert f"the keys lack the right {right} (" in answer.detail


def test_other_problems_are_told_as_they_are():
    assert reason_of(GatewayProblem("no network", where="GET /sms/a/outgoing/12")) == "no network"
    problem = GatewayProblem("x", where="GET /sms/sms-ab1-1/outgoing/12", code="NOT_GRANTED_CALL")
    assert reason_of(problem) == "the keys lack the right GET /sms/*/outgoing/* (NOT_GRANTED_CALL)"


def test_a_stop_ends_it_within_a_call(gateway, here):
    here.add_faults(Fault(FaultKind.LATENCY, route="GET /sms/*", seconds=1))
    stop = Event()
    answers = gateway.transport.traces(
        [Question(chunk(f"t-{n}", n), datetime.now(UTC), True) for n in range(400)],
        known=lambda _: (),
        stop=stop,
    )
    began = time.monotonic()
    stop.set()
    assert list(answers) == []
    assert time.monotonic() - began < 20  # all of them would take most of a minute


def test_answers_that_nobody_waits_for_are_not_asked_for(gateway, here, calls):
    here.add_faults(Fault(FaultKind.LATENCY, route="GET /sms/*/outgoing", seconds=0.3))
    answers = gateway.transport.traces(
        [Question(chunk(f"t-{n}", n), datetime.now(UTC), False) for n in range(200)],
        known=lambda _: (),
        stop=Event(),
    )
    next(answers)
    answers.close()
    assert calls["outgoing"] < 200
