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
from smscampaign.campaign.cancellation import cancel, cancelled_at, check_place, outlook
from smscampaign.campaign.launch import Conduct
from smscampaign.campaign.queues import queue_of
from smscampaign.errors import ChangedInputs, GatewayProblem, JournalProblem, NotConfirmed
from smscampaign.gateway.fake import FakeAftermath, FakeGateway
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


def conduct(**changes):
    return Conduct(**{"pace": Pace(0), "settle": timedelta(0), "first_wait": 0.001, **changes})


def sent(plan, gateway, **changes):
    launch.deliver(plan, gateway, conduct(**changes), confirm=plan.code)
    # What the front ends read anew: the record says that it has begun.
    return FakeAftermath(gateway)


def stopped(plan, gateway, after, **changes):
    return cancel(plan, gateway, after, conduct(**changes), confirm=plan.code)


def statuses(plan):
    return {one.recipient.msisdn: one.status for one in answers(plan.store, plan.record)}


def test_what_is_pending_is_dropped_and_what_waits_is_deleted(plan):
    gateway = FakeGateway()
    after = sent(plan, gateway, limit=4)
    after.left = {2}
    view = outlook(plan, after)
    assert (view.pending, view.held, view.in_doubt, view.accepted) == (5, 3, 0, 4)
    ended = stopped(plan, gateway, after)
    assert (ended.dropped, ended.recalled, ended.left, ended.unsure) == (5, 3, 0, 0)
    assert ended.tally.messages == {Status.ACCEPTED: 1, Status.CANCELLED: 8}
    assert sorted(after.asked) == [1, 3, 4]  # several at a time
    assert outlook(plan, after).empty


def test_nothing_leaves_afterwards(plan):
    gateway = FakeGateway()
    after = sent(plan, gateway, limit=4)
    stopped(plan, gateway, after)
    calls = len(gateway.calls)
    with pytest.raises(JournalProblem, match="was cancelled on 2026-03-02 09:00 UTC; nothing is sent"):
        sent(plan, gateway)
    assert len(gateway.calls) == calls
    assert cancelled_at(plan) is not None


def test_a_yes_to_another_plan_is_no_yes(plan):
    gateway = FakeGateway()
    after = sent(plan, gateway, limit=4)
    with pytest.raises(NotConfirmed) as caught:
        cancel(plan, gateway, after, conduct(), confirm="NOPE")
    assert plan.code not in str(caught.value)
    assert outlook(plan, after).pending == 5
    assert after.asked == []


def test_one_that_leaves_while_it_is_asked_stays_accepted_and_is_counted(plan):
    gateway = FakeGateway()
    after = sent(plan, gateway, limit=3)
    recall = after.recall

    def leaving(message):
        after.left.add(2)
        return recall(message)

    after.recall = leaving
    ended = stopped(plan, gateway, after)
    assert (ended.recalled, ended.left, ended.unsure) == (2, 1, 0)
    assert ended.tally.messages[Status.ACCEPTED] == 1


def test_the_messages_of_others_are_never_touched(plan):
    gateway = FakeGateway()
    after = sent(plan, gateway, limit=4)
    others = frozenset(range(1000, 1100))
    waiting = after.waiting
    after.waiting = lambda: waiting() | others
    stopped(plan, gateway, after)
    assert set(after.asked) == {1, 2, 3, 4}


def test_an_answer_that_was_lost_is_asked_about_the_next_time(plan, clock):
    gateway = FakeGateway()
    after = sent(plan, gateway, limit=3)
    after.answers = {1: NoAnswer("timeout"), 2: NoAnswer("timeout"), 3: NoAnswer("timeout")}
    first = stopped(plan, gateway, after, settle=timedelta(seconds=120))
    assert (first.recalled, first.unsure) == (0, 3)
    assert first.tally.messages[Status.ACCEPTED] == 3
    # One was deleted although its answer was lost, one left meanwhile, one still waits.
    after.answers, after.lost, after.left = {}, {1}, {2}
    early = stopped(plan, gateway, after, settle=timedelta(seconds=120))
    assert (early.recalled, early.left, early.unsure) == (1, 1, 1)
    assert outlook(plan, after).held == 1
    clock.step(120)
    late = stopped(plan, gateway, after, settle=timedelta(seconds=120))
    assert (late.recalled, late.unsure) == (1, 0)
    assert late.tally.messages == {Status.ACCEPTED: 1, Status.CANCELLED: 8}


def test_a_missing_right_stops_at_once_and_what_was_deleted_is_written_down(plan):
    gateway = FakeGateway()
    after = sent(plan, gateway, limit=4)
    after.answers = {2: GatewayProblem("not granted", code="NOT_GRANTED_CALL")}
    ended = stopped(plan, gateway, after, workers=1)
    assert "not granted" in ended.problem
    assert ended.recalled == len(after.deleted) > 0
    assert ended.unsure == 4 - ended.recalled
    assert ended.tally.messages[Status.CANCELLED] == 5 + ended.recalled


def test_doubts_are_asked_about_first_and_what_was_never_sent_is_dropped(plan):
    gateway = FakeGateway()
    after = sent(plan, gateway, limit=1)
    with plan.store.driving():
        taken, _ = queue_of(plan).claim(2)
    gateway.submit(taken.chunk)  # and the program ends before it writes that down, and before the other call
    ended = stopped(plan, gateway, after)
    assert ended.tally.messages == {Status.CANCELLED: 9}
    assert ended.recalled == 1 + len(taken.lines)
    assert ended.dropped == 8 - len(taken.lines)


def test_a_doubt_that_stays_is_left_alone(plan, monkeypatch):
    gateway = FakeGateway([InDoubt("cut off")])
    monkeypatch.setattr(gateway, "trace", lambda *_, **__: NoAnswer("no right to ask"))
    after = sent(plan, gateway, limit=1)
    ended = stopped(plan, gateway, after)
    assert ended.tally.messages == {Status.IN_DOUBT: 1, Status.CANCELLED: 8}
    assert after.asked == []


def test_stopping_in_between_is_gone_on_with(plan, monkeypatch):
    monkeypatch.setattr(room, "BATCH", 2)
    gateway = FakeGateway()
    after = sent(plan, gateway)
    stop, seen = Event(), []

    def watch(progress):
        seen.append(progress)
        if progress.stage == "recalling":
            stop.set()

    first = cancel(plan, gateway, after, conduct(stop=stop, watch=watch), confirm=plan.code)
    assert first.interrupted
    assert first.recalled == 2
    second = stopped(plan, gateway, after)
    assert (second.recalled, second.unsure, second.interrupted) == (7, 0, False)
    assert len(after.asked) == 9


def test_only_where_it_was_sent_from_it_can_be_called_back(plan):
    gateway = FakeGateway()
    launch.deliver(plan, gateway, conduct(limit=1), confirm=plan.code, account="sms-ab12345-1")
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
        after = sent(plan, gateway, limit=limit)
        ids = st.sets(st.integers(1, limit))
        after.left = data.draw(ids, label="left")
        mute = data.draw(ids, label="without an answer")
        after.answers = {one: NoAnswer("timeout") for one in mute}
        stopped(plan, gateway, after)
        after.answers = {}
        stopped(plan, gateway, after)
        reached = {number for one, number in after._taken().items() if one not in after.deleted}
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
    after = sent(amended := edition(plan, 10), gateway, limit=2)
    after.left = {1}
    view = outlook(amended, after)
    assert (view.pending, view.held, view.accepted, view.unsure) == (5, 4, 5, 0)
    ended = stopped(amended, gateway, after)
    assert (ended.dropped, ended.recalled, ended.unsure, ended.accepted) == (5, 4, 0, 1)
    assert after.deleted == {2, 3, 4, 5}
    assert all(check.ok for one in plan.store.editions("spring") for check in laws.audit(plan.store, one))


def test_an_edition_that_went_to_another_account_is_counted_and_not_asked_about(plan):
    gateway = FakeGateway()
    sent(plan, gateway, limit=3)
    after = sent(again := edition(plan, 10), gateway, limit=1)
    with plan.store.writing() as connection:
        for tag, account in ((plan.record.tag, "sms-ab12345-1"), (again.record.tag, "sms-zz99999-1")):
            one = schema.campaign.c.tag == tag
            connection.execute(update(schema.campaign).where(one).values(account=account))
    ended = cancel(again, gateway, after, conduct(), confirm=again.code, account="sms-zz99999-1")
    assert (ended.recalled, ended.unsure, ended.elsewhere) == (1, 3, 3)


def test_an_edition_that_was_begun_since_the_question_is_not_taken_for_the_one_asked_about(plan):
    gateway = FakeGateway()
    after = sent(plan, gateway, limit=3)
    sent(edition(plan, 10), gateway, limit=1)
    with pytest.raises(ChangedInputs, match="another edition of this campaign was begun meanwhile"):
        stopped(plan, gateway, after)
    assert after.asked == []
    assert cancelled_at(plan) is None


def test_held_messages_without_ids_are_looked_for_and_deleted(plan, monkeypatch):
    gateway = FakeGateway([InDoubt("cut off")])
    with monkeypatch.context() as patched:
        patched.setattr(gateway, "trace", lambda *_, **__: NoAnswer("no right to ask"))
        after = sent(plan, gateway, limit=3, workers=1)
    with plan.store.driving():
        queue = queue_of(plan)
        queue.assume_sent(queue.doubts()[0])
    view = outlook(plan, after)
    assert view.unsure == 1
    assert not view.empty
    ended = stopped(plan, gateway, after)
    assert (ended.recalled, ended.unsure, ended.accepted) == (3, 0, 0)


def test_what_nobody_saw_leaving_is_not_said_to_have_left(plan):
    gateway = FakeGateway()
    after = sent(plan, gateway, limit=3)
    after.left, after.lost = {1}, {2, 3}
    ended = stopped(plan, gateway, after)
    assert (ended.recalled, ended.unsure, ended.accepted) == (0, 2, 3)


def test_a_history_that_cannot_be_read_stops_nothing_and_nobody_is_said_to_have_left(plan, monkeypatch):
    gateway = FakeGateway()
    after = sent(plan, gateway, limit=3)
    after.left = {1}

    def silent(since):
        raise GatewayProblem("OVHcloud answered 503")

    monkeypatch.setattr(after, "left_since", silent)
    ended = stopped(plan, gateway, after)
    assert (ended.dropped, ended.recalled, ended.unsure) == (6, 2, 1)


def test_a_message_that_left_long_after_it_was_called_back_is_not_believed_deleted(plan, clock):
    gateway = FakeGateway()
    after = sent(plan, gateway, limit=1)
    after.answers = {1: NoAnswer("503, and nothing was done")}
    late = {"settle": timedelta(seconds=120)}
    stopped(plan, gateway, after, **late)
    clock.step(36000)  # held all night; it leaves a second ago, and shows a moment later
    after.lost = {1}
    second = stopped(plan, gateway, after, **late)
    assert (second.recalled, second.unsure, second.accepted) == (0, 1, 1)
    after.lost, after.left = set(), {1}
    clock.step(5)
    third = stopped(plan, gateway, after, **late)
    assert (third.recalled, third.left, third.unsure, third.accepted) == (0, 1, 0, 1)
