"""Cancelling a campaign: nothing more leaves, what waits is deleted, what left stays; a crash in between loses nothing."""

from __future__ import annotations

from datetime import timedelta
from threading import Event

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from smscampaign.campaign import cancellation as room
from smscampaign.campaign import editions, launch
from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.cancellation import cancel, cancelled_at, check_place, preview
from smscampaign.campaign.launch import LaunchOptions
from smscampaign.campaign.plans import queue_of
from smscampaign.errors import ChangedInputs, GatewayProblem, JournalProblem, NotConfirmed
from smscampaign.gateway.fake import FakeGateway
from smscampaign.gateway.pace import Pace
from smscampaign.journal import laws, schema
from smscampaign.journal.answers import answers
from smscampaign.journal.store import open_journal
from smscampaign.model import EditionKind, InDoubt, NoAnswer, Status

NUMBERS = [f"+4917139200{n:02d}" for n in range(100)]
OPTIONS = {"message": "Hello {{ name }}", "purpose": "marketing", "region": "DE", "sender": "Sandbox"}


def table(count):
    rows = [f"Name {n % 3},{NUMBERS[n]}" for n in range(count)]
    return "name,mobile\n" + "\n".join(rows) + "\n"


def planned(folder, store, count=9):
    path = folder / "spring.csv"
    path.write_text(table(count))
    return editions.planned(Campaign.load(path, options=OPTIONS), store, gateway="fake")


@pytest.fixture
def store(tmp_path, clock):
    opened = open_journal(tmp_path / "spring.journal.sqlite", clock=clock)
    yield opened
    opened.close()


@pytest.fixture
def plan(tmp_path, store):
    return planned(tmp_path, store)


def options(**changes):
    return LaunchOptions(**{"pace": Pace(0), "settle": timedelta(0), "first_wait": 0.001, **changes})


def sent(plan, gateway, **changes):
    launch.deliver(plan, gateway, options(**changes), confirm=plan.code)


def stopped(plan, gateway, **changes):
    return cancel(plan, gateway, options(**changes), confirm=plan.code)


def statuses(plan):
    return {one.recipient.msisdn: one.status for one in answers(plan.store, plan.record)}


def test_what_is_pending_is_dropped_and_what_waits_is_deleted(plan):
    gateway = FakeGateway()
    sent(plan, gateway, limit=4)
    gateway.gone = {2}
    view = preview(plan, gateway)
    assert (view.pending, view.held, view.in_doubt, view.accepted) == (5, 3, 0, 4)
    ended = stopped(plan, gateway)
    assert (ended.dropped, ended.recalled, ended.left, ended.unsure) == (5, 3, 0, 0)
    assert ended.tally.messages == {Status.ACCEPTED: 1, Status.CANCELLED: 8}
    assert sorted(gateway.recalled) == [1, 3, 4]  # several at a time
    assert preview(plan, gateway).empty


def test_nothing_leaves_afterwards(plan):
    gateway = FakeGateway()
    sent(plan, gateway, limit=4)
    stopped(plan, gateway)
    calls = len(gateway.calls)
    with pytest.raises(JournalProblem, match="was cancelled on 2026-03-02 09:00 UTC; nothing is sent"):
        sent(plan, gateway)
    assert len(gateway.calls) == calls
    assert cancelled_at(plan) is not None


def test_a_yes_to_another_plan_is_no_yes(plan):
    gateway = FakeGateway()
    sent(plan, gateway, limit=4)
    with pytest.raises(NotConfirmed) as caught:
        cancel(plan, gateway, options(), confirm="NOPE")
    assert plan.code not in str(caught.value)
    assert preview(plan, gateway).pending == 5
    assert gateway.recalled == []


def test_one_that_leaves_while_it_is_asked_stays_accepted_and_is_counted(plan):
    gateway = FakeGateway()
    sent(plan, gateway, limit=3)
    recall = gateway.recall

    def leaving(message):
        gateway.gone.add(2)
        return recall(message)

    gateway.recall = leaving
    ended = stopped(plan, gateway)
    assert (ended.recalled, ended.left, ended.unsure) == (2, 1, 0)
    assert ended.tally.messages[Status.ACCEPTED] == 1


def test_the_messages_of_others_are_never_touched(plan):
    gateway = FakeGateway()
    sent(plan, gateway, limit=4)
    others = frozenset(range(1000, 1100))
    waiting = gateway.waiting
    gateway.waiting = lambda: waiting() | others
    stopped(plan, gateway)
    assert set(gateway.recalled) == {1, 2, 3, 4}


def test_an_answer_that_was_lost_is_asked_about_the_next_time(plan, clock):
    gateway = FakeGateway()
    sent(plan, gateway, limit=3)
    gateway.answers = {1: NoAnswer("timeout"), 2: NoAnswer("timeout"), 3: NoAnswer("timeout")}
    first = stopped(plan, gateway, settle=timedelta(seconds=120))
    assert (first.recalled, first.unsure) == (0, 3)
    assert first.tally.messages[Status.ACCEPTED] == 3
    # One was deleted although its answer was lost, one left meanwhile, one still waits.
    gateway.answers, gateway.unseen, gateway.gone = {}, {1}, {2}
    early = stopped(plan, gateway, settle=timedelta(seconds=120))
    assert (early.recalled, early.left, early.unsure) == (1, 1, 1)
    assert preview(plan, gateway).held == 1
    clock.step(120)
    late = stopped(plan, gateway, settle=timedelta(seconds=120))
    assert (late.recalled, late.unsure) == (1, 0)
    assert late.tally.messages == {Status.ACCEPTED: 1, Status.CANCELLED: 8}


def test_a_missing_right_stops_at_once_and_what_was_deleted_is_written_down(plan):
    gateway = FakeGateway()
    sent(plan, gateway, limit=4)
    gateway.answers = {2: GatewayProblem("not granted", code="NOT_GRANTED_CALL")}
    ended = stopped(plan, gateway, workers=1)
    assert "not granted" in ended.problem
    assert ended.recalled == len(gateway.deleted) > 0
    assert ended.unsure == 4 - ended.recalled
    assert ended.tally.messages[Status.CANCELLED] == 5 + ended.recalled


def test_doubts_are_asked_about_first_and_what_was_never_sent_is_dropped(plan):
    gateway = FakeGateway()
    sent(plan, gateway, limit=1)
    with plan.store.driving():
        taken, _ = queue_of(plan).claim(2)
    gateway.submit(taken.chunk)  # and the program ends before it writes that down, and before the other call
    ended = stopped(plan, gateway)
    assert ended.tally.messages == {Status.CANCELLED: 9}
    assert ended.recalled == 1 + len(taken.lines)
    assert ended.dropped == 8 - len(taken.lines)


def test_a_doubt_that_stays_is_left_alone(plan, monkeypatch):
    gateway = FakeGateway([InDoubt("cut off")])
    monkeypatch.setattr(gateway, "trace", lambda *_, **__: NoAnswer("no right to ask"))
    sent(plan, gateway, limit=1)
    ended = stopped(plan, gateway)
    assert ended.tally.messages == {Status.IN_DOUBT: 1, Status.CANCELLED: 8}
    assert gateway.recalled == []


def test_stopping_in_between_is_gone_on_with(plan, monkeypatch):
    monkeypatch.setattr(room, "BATCH", 2)
    gateway = FakeGateway()
    sent(plan, gateway)
    stop, seen = Event(), []

    def watch(progress):
        seen.append(progress)
        if progress.stage == "recalling":
            stop.set()

    first = cancel(plan, gateway, options(stop=stop, watch=watch), confirm=plan.code)
    assert first.interrupted
    assert first.recalled == 2
    second = stopped(plan, gateway)
    assert (second.recalled, second.unsure, second.interrupted) == (7, 0, False)
    assert len(gateway.recalled) == 9


def test_only_where_it_was_sent_from_it_can_be_called_back(plan):
    gateway = FakeGateway()
    launch.deliver(plan, gateway, options(limit=1), confirm=plan.code, account="sms-ab12345-1")
    begun = type(plan)(plan.campaign, plan.store, plan.store.find(plan.record.inputs.name), plan.summary)
    check_place(begun, gateway="fake", account="sms-ab12345-1")
    with pytest.raises(ChangedInputs, match="sms-ab12345-1, and sms-zz99999-1 knows nothing"):
        check_place(begun, account="sms-zz99999-1")
    with pytest.raises(ChangedInputs, match="sent by fake, and ovh-eu knows nothing"):
        check_place(begun, gateway="ovh-eu")


@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_cancelled_are_exactly_those_that_never_leave(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("law")
    store = open_journal(folder / "spring.journal.sqlite")
    try:
        plan = planned(folder, store, 12)
        gateway = FakeGateway()
        limit = data.draw(st.integers(1, 12), label="sent")
        sent(plan, gateway, limit=limit)
        ids = st.sets(st.integers(1, limit))
        gateway.gone = data.draw(ids, label="left")
        mute = data.draw(ids, label="without an answer")
        gateway.answers = {one: NoAnswer("timeout") for one in mute}
        stopped(plan, gateway)
        gateway.answers = {}
        stopped(plan, gateway)
        reached = {number for one, number in gateway._taken().items() if one not in gateway.deleted}
        found = statuses(plan)
        assert {one for one, status in found.items() if status is Status.ACCEPTED} == reached
        assert {one for one, status in found.items() if status is Status.CANCELLED} == set(found) - reached
        assert all(check.ok for check in laws.audit(store, plan.record))
    finally:
        store.close()


def edition(plan, people, kind=EditionKind.AMENDMENT):
    """The campaign with more people, as an edition that waits for its yes."""
    path = plan.campaign.path
    path.write_text(table(people))
    return editions.planned(Campaign.load(path, options=OPTIONS), plan.store, gateway="fake", kind=kind)


def test_all_editions_are_called_back(plan):
    gateway = FakeGateway()
    sent(plan, gateway, limit=3)
    sent(amended := edition(plan, 10), gateway, limit=2)
    gateway.gone = {1}
    view = preview(amended, gateway)
    assert (view.pending, view.held, view.accepted, view.unsure) == (5, 4, 5, 0)
    ended = stopped(amended, gateway)
    assert (ended.dropped, ended.recalled, ended.unsure, ended.accepted) == (5, 4, 0, 1)
    assert gateway.deleted == {2, 3, 4, 5}
    assert all(check.ok for one in plan.store.editions("spring") for check in laws.audit(plan.store, one))


def test_an_edition_that_went_to_another_account_is_counted_and_not_asked_about(plan):
    gateway = FakeGateway()
    sent(plan, gateway, limit=3)
    sent(again := edition(plan, 10), gateway, limit=1)
    with plan.store.writing() as connection:
        for tag, account in ((plan.record.tag, "sms-ab12345-1"), (again.record.tag, "sms-zz99999-1")):
            one = schema.campaign.c.tag == tag
            connection.execute(update(schema.campaign).where(one).values(account=account))
    ended = cancel(again, gateway, options(), confirm=again.code, account="sms-zz99999-1")
    assert (ended.recalled, ended.unsure, ended.elsewhere) == (1, 3, 3)


def test_an_edition_that_was_begun_since_the_question_is_not_taken_for_the_one_asked_about(plan):
    gateway = FakeGateway()
    sent(plan, gateway, limit=3)
    sent(edition(plan, 10), gateway, limit=1)
    with pytest.raises(ChangedInputs, match="another edition of this campaign was begun meanwhile"):
        stopped(plan, gateway)
    assert gateway.recalled == []
    assert cancelled_at(plan) is None


def test_held_messages_without_ids_are_looked_for_and_deleted(plan, monkeypatch):
    gateway = FakeGateway([InDoubt("cut off")])
    with monkeypatch.context() as patched:
        patched.setattr(gateway, "trace", lambda *_, **__: NoAnswer("no right to ask"))
        sent(plan, gateway, limit=3, workers=1)
    with plan.store.driving():
        queue = queue_of(plan)
        queue.assume_sent(queue.doubts()[0])
    view = preview(plan, gateway)
    assert view.unsure == 1
    assert not view.empty
    ended = stopped(plan, gateway)
    assert (ended.recalled, ended.unsure, ended.accepted) == (3, 0, 0)


def test_what_nobody_saw_leaving_is_not_said_to_have_left(plan):
    gateway = FakeGateway()
    sent(plan, gateway, limit=3)
    gateway.gone, gateway.unseen = {1}, {2, 3}
    ended = stopped(plan, gateway)
    assert (ended.recalled, ended.unsure, ended.accepted) == (0, 2, 3)


def test_a_history_that_cannot_be_read_stops_nothing_and_nobody_is_said_to_have_left(plan, monkeypatch):
    gateway = FakeGateway()
    sent(plan, gateway, limit=3)
    gateway.gone = {1}

    def silent(since):
        raise GatewayProblem("OVHcloud answered 503")

    monkeypatch.setattr(gateway, "left", silent)
    ended = stopped(plan, gateway)
    assert (ended.dropped, ended.recalled, ended.unsure) == (6, 2, 1)


def test_a_message_that_left_long_after_it_was_called_back_is_not_believed_deleted(plan, clock):
    gateway = FakeGateway()
    sent(plan, gateway, limit=1)
    gateway.answers = {1: NoAnswer("503, and nothing was done")}
    late = {"settle": timedelta(seconds=120)}
    stopped(plan, gateway, **late)
    clock.step(36000)  # held all night; it leaves a second ago, and shows a moment later
    gateway.unseen = {1}
    second = stopped(plan, gateway, **late)
    assert (second.recalled, second.unsure, second.accepted) == (0, 1, 1)
    gateway.unseen, gateway.gone = set(), {1}
    clock.step(5)
    third = stopped(plan, gateway, **late)
    assert (third.recalled, third.left, third.unsure, third.accepted) == (0, 1, 0, 1)
