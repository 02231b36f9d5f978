"""A first slice: how it is cut, heard and judged, and that nobody follows, or is sent to twice, when it did badly."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscampaign.campaign import launch
from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.editions import planned
from smscampaign.campaign.launch import LaunchOptions
from smscampaign.campaign.ramp import Ramp, deliver_ramped, ramp_of, slice_size
from smscampaign.errors import GatewayProblem, SettingsProblem
from smscampaign.gateway.fake import FakeGateway
from smscampaign.gateway.pace import Pace
from smscampaign.journal.answers import answers
from smscampaign.journal.course import last_step
from smscampaign.journal.slices import Slice, slice_of
from smscampaign.journal.store import open_journal
from smscampaign.model import Delivery, InDoubt, Refused, Status

NUMBERS = [f"+4917139200{n:02d}" for n in range(100)]
OPTIONS = {"message": "Hello {{ name }}", "purpose": "marketing", "region": "DE", "sender": "Sandbox"}
RAMP = Ramp(4, wait=timedelta(0))


@pytest.fixture
def store(tmp_path):
    opened = open_journal(tmp_path / "spring.journal.sqlite")
    yield opened
    opened.close()


@pytest.fixture
def load(tmp_path, store):
    def at(count=12, **options):
        path = tmp_path / "spring.csv"
        rows = [f"Name {n % 3},{NUMBERS[n]}" for n in range(count)]
        path.write_text("name,mobile\n" + "\n".join(rows) + "\n")
        return planned(Campaign.load(path, options={**OPTIONS, **options}), store, gateway="fake")

    return at


@pytest.fixture
def plan(load):
    return load()


class Arriving(FakeGateway):
    """Everything that was taken has left at once and has its fate."""

    def __init__(self, script=(), **told):
        super().__init__(script)
        self.telling(**told)

    def telling(self, *, failed=(), stopped=(), silent=()):
        self.fates = dict.fromkeys(NUMBERS, Delivery.DELIVERED)
        self.fates |= dict.fromkeys(failed, Delivery.FAILED)
        self.fates |= dict.fromkeys(silent, Delivery.WAITING)
        self.stopped = set(stopped)
        return self

    def left(self, since, receipt=None):
        self.gone = set(self._taken())
        return super().left(since, receipt)


def options(**changes):
    return LaunchOptions(**{"pace": Pace(0), "settle": timedelta(0), "first_wait": 0.001, **changes})


def ramped(plan, gateway, ramp=RAMP, told=None, **changes):
    def deliver(how):
        return launch.deliver(plan, gateway, how, confirm=plan.code)

    how = options(tell=(told if told is not None else []).append, **changes)
    return deliver_ramped(plan, gateway, how, ramp, deliver=deliver)


def sent(gateway):
    return sorted(number for chunk in gateway.taken for number in chunk.receivers)


# How many --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "messages", "size"),
    [
        (None, 1000, 0),
        ("0", 1000, 0),
        ("0%", 1000, 0),
        ("1%", 1000, 10),
        ("1%", 1001, 11),
        ("1%", 5, 1),
        ("0.1%", 10_000, 10),
        ("100%", 7, 7),
        ("50", 1000, 50),
        ("50", 20, 20),
        ("1%", 0, 0),
    ],
)
def test_the_size_of_a_slice(first, messages, size):
    assert slice_size(first, messages) == size


def test_it_comes_from_the_settings(load):
    assert ramp_of(load()) is None
    assert ramp_of(load(**{"ramp.first": "0"})) is None
    ramp = ramp_of(load(**{"ramp.first": "25%", "ramp.wait": 2, "ramp.failures": 0.29}))
    assert ramp == Ramp(3, timedelta(minutes=2), Decimal("0.29"))


def test_what_is_deferred_cannot_be_judged(load):
    plan = load(**{"ramp.first": "1%", "sending.send_at": "2099-01-01T10:00+01:00"})
    with pytest.raises(SettingsProblem, match="OVHcloud keeps these messages until later"):
        ramp_of(plan)


def of(accepted):
    """A slice of so many accepted messages."""
    numbers = frozenset(map(str, range(accepted)))
    return Slice(2, 9, datetime.now(UTC), False, 0, numbers, frozenset(), frozenset())


# The judgement ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accepted", "delivered", "failed", "stops", "word"),
    [
        (100, 90, 10, 2, ""),
        (100, 89, 11, 0, "11 of 100 messages of the first slice failed already: more than 10 %"),
        (100, 45, 5, 0, ""),
        (100, 44, 5, 0, "only 49 of 100 receipts of the first slice came within 10 minutes, fewer than 50 %"),
        (100, 44, 6, 0, "6 of 50 receipts of the first slice say failed: 12 %, more than 10 %"),
        (100, 100, 0, 3, "3 of 100 people of the first slice answered STOP: 3 %, more than 2 %"),
        (0, 0, 0, 0, "nothing of the first slice was accepted"),
        (1, 1, 0, 0, ""),
        (1, 0, 0, 0, "only 0 of 1 receipts"),
        (49, 49, 0, 1, "1 of 49 people of the first slice answered STOP: 2 %"),
    ],
)
def test_the_judgement(accepted, delivered, failed, stops, word):
    why = Ramp(100).verdict(of(accepted), delivered=delivered, failed=failed, stops=stops)
    assert why.startswith(word)
    assert bool(why) == bool(word)


@given(st.integers(1, 500), st.data())
def test_a_slice_passes_just_when_all_shares_hold(accepted, data):
    failed = data.draw(st.integers(0, accepted))
    delivered = data.draw(st.integers(0, accepted - failed))
    stops = data.draw(st.integers(0, accepted))
    ramp = Ramp(accepted)
    holds = (
        2 * (delivered + failed) >= accepted and 10 * failed <= delivered + failed and 50 * stops <= accepted
    )
    assert (ramp.verdict(of(accepted), delivered=delivered, failed=failed, stops=stops) == "") == holds


# The course ------------------------------------------------------------------------------------------------------


def test_a_good_slice_is_followed_by_the_others(plan):
    gateway, told = Arriving(), []
    ended = ramped(plan, gateway, told=told)
    assert ended.halt is None
    assert ended.tally.messages == {Status.ACCEPTED: 12}
    assert ended.tally.deliveries == {Delivery.WAITING: 8, Delivery.DELIVERED: 4}
    assert sent(gateway) == NUMBERS[:12]
    assert told[0] == "First slice: 4 messages, up to row 5 of the file."
    assert "4 receipts of 4 messages: 4 delivered, 0 failed; 0 STOP" in told[1]
    assert slice_of(plan.store, plan.record).passed


def test_a_bad_slice_stays_alone_and_is_judged_again(plan):
    gateway = Arriving()
    ended = ramped(plan, gateway.telling(failed=NUMBERS[:1]))
    assert "1 of 4 messages of the first slice failed already" in ended.halt
    assert "--ramp 0" in ended.halt
    assert ended.tally.messages == {Status.ACCEPTED: 4, Status.PENDING: 8}
    assert ended.tally.deliveries == {Delivery.DELIVERED: 3, Delivery.FAILED: 1}
    step = last_step(plan.store, plan.record)
    assert (step.what, step.detail[:4]) == ("paused", "1 of")
    again = ramped(plan, gateway.telling(failed=NUMBERS[:1]))
    assert again.halt == ended.halt
    assert len(sent(gateway)) == 4
    lenient = ramped(plan, gateway.telling(failed=NUMBERS[:1]), replace(RAMP, failures=Decimal("0.25")))
    assert lenient.halt is None
    assert sent(gateway) == NUMBERS[:12]


def test_a_slice_that_did_well_is_not_sent_again(plan):
    class Last(Arriving):
        def stops(self, numbers, *, since):
            self._script.append(Refused("403", "no credits", stops=True))
            return super().stops(numbers, since=since)

    gateway = Last()
    ended = ramped(plan, gateway, workers=1)
    assert ended.halt == "403: no credits"
    assert ended.tally.messages[Status.PENDING]
    told = []
    ended = ramped(plan, gateway.telling(failed=NUMBERS), told=told)
    assert ended.tally.messages == {Status.ACCEPTED: 12}
    assert told == []


def test_people_who_answer_stop_hold_the_others_back(plan):
    gateway = Arriving()
    ended = ramped(plan, gateway.telling(stopped={NUMBERS[0], NUMBERS[50]}))
    assert "1 of 4 people of the first slice answered STOP: 25 %" in ended.halt


def test_receipts_that_do_not_come_in_time_hold_the_others_back(plan):
    gateway = Arriving(silent=NUMBERS[:3])
    ended = ramped(plan, gateway, replace(RAMP, wait=timedelta(seconds=0.05)))
    assert "only 1 of 4 receipts of the first slice came within" in ended.halt
    assert len(sent(gateway)) == 4


def test_receipts_are_waited_for(plan):
    gateway, looks = Arriving(silent=NUMBERS), []

    def look(progress):
        if progress.stage == "listening":
            looks.append(progress)
            if len(looks) == 4:
                gateway.fates = dict.fromkeys(NUMBERS, Delivery.DELIVERED)

    ended = ramped(plan, gateway, replace(RAMP, wait=timedelta(minutes=1)), watch=look)
    assert ended.halt is None
    assert [one.done for one in looks[:4]] == [0, 0, 0, 0]
    assert looks[-1].done == looks[-1].total == 4


def test_stopping_while_listening_is_an_interruption_and_not_a_judgement(plan):
    gateway, stop = Arriving(), Event()

    def look(progress):
        if progress.stage == "listening":
            stop.set()

    ended = ramped(
        plan,
        gateway.telling(silent=NUMBERS),
        replace(RAMP, wait=timedelta(minutes=5)),
        stop=stop,
        watch=look,
    )
    assert ended.interrupted
    assert ended.halt is None
    assert not slice_of(plan.store, plan.record).passed
    assert ramped(plan, gateway.telling()).tally.messages == {Status.ACCEPTED: 12}


def test_a_slice_that_was_cut_off_is_completed_and_not_begun_anew(plan):
    gateway = Arriving([Refused("403", "no credits", stops=True)])
    first = ramped(plan, gateway, workers=1)
    assert first.tally.messages == {Status.PENDING: 12}
    part = slice_of(plan.store, plan.record)
    assert (part.first, part.last) == (2, 5)
    second = ramped(plan, gateway.telling(failed=NUMBERS))
    assert sent(gateway) == NUMBERS[:4]
    assert second.halt


def test_what_cannot_be_asked_holds_the_others_back(plan):
    gateway = Arriving()

    def unable(*_):
        raise GatewayProblem("no right to ask")

    gateway.left = unable
    ended = ramped(plan, gateway)
    assert "could not be asked: no right to ask" in ended.halt
    assert len(sent(gateway)) == 4


def test_a_campaign_no_larger_than_its_slice_is_simply_sent(load):
    gateway, plan = Arriving(), load(3)
    ended = ramped(plan, gateway.telling(failed=NUMBERS))
    assert ended.halt is None
    assert ended.tally.messages == {Status.ACCEPTED: 3}


def test_what_was_sent_before_is_no_part_of_the_slice(plan):
    gateway = Arriving()
    launch.deliver(plan, gateway, options(limit=2), confirm=plan.code)
    ended = ramped(plan, gateway.telling(failed=NUMBERS[:2]))
    assert ended.halt is None
    part = slice_of(plan.store, plan.record)
    assert (part.first, part.last) == (4, 7)


def test_a_paced_run_reads_the_failed_receipts_first(plan, monkeypatch):
    monkeypatch.setattr("smscampaign.campaign.ramp.DETAILS", 1)
    gateway = Arriving(failed=NUMBERS[3:4])
    ended = ramped(plan, gateway, pace=Pace(60_000))
    assert ended.halt
    assert ended.tally.deliveries == {Delivery.WAITING: 3, Delivery.FAILED: 1}
    kept = [
        one.recipient.msisdn for one in answers(plan.store, plan.record) if one.delivery is Delivery.FAILED
    ]
    assert kept == [NUMBERS[3]]


def test_a_slice_in_doubt_is_settled_before_it_is_judged(plan):
    gateway = Arriving([InDoubt("cut off")])
    ended = ramped(plan, gateway.telling())
    assert ended.tally.messages == {Status.ACCEPTED: 12}
    assert sent(gateway) == NUMBERS[:12]
