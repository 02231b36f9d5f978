"""The course of a campaign: what its journal tells of runs that begin, pause, are interrupted, go on and finish."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from threading import Event

import pytest
from sqlalchemy import select

from smscampaign.campaign import launch
from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.editions import planned
from smscampaign.campaign.launch import LaunchOptions
from smscampaign.gateway.fake import FakeGateway
from smscampaign.gateway.pace import Pace
from smscampaign.journal import schema
from smscampaign.journal.course import Course, last_step, tell_course
from smscampaign.journal.store import open_journal
from smscampaign.model import Accepted, InDoubt, Refused, Status

OPTIONS = {"message": "Hello {{ name }}", "purpose": "transactional", "region": "FR", "sender": "Sandbox"}


@pytest.fixture
def store(tmp_path, clock):
    opened = open_journal(tmp_path / "spring.journal.sqlite", clock=clock)
    yield opened
    opened.close()


@pytest.fixture
def plan(tmp_path, store):
    """Thirty texts of their own."""

    def make(**options):
        path = tmp_path / "spring.csv"
        rows = [f"Person {n},+337990{n:05d}" for n in range(30)]
        path.write_text("\n".join(["name,mobile", *rows]) + "\n", "utf-8")
        return planned(Campaign.load(path, options={**OPTIONS, **options}), store, gateway="fake")

    return make


def deliver(plan, gateway, **changes):
    options = LaunchOptions(
        **{"pace": Pace(0), "workers": 1, "settle": timedelta(0), "first_wait": 0.001, **changes}
    )
    return launch.deliver(plan, gateway, options, confirm=plan.code)


def course(plan):
    event = schema.event.c
    with plan.store.reading() as connection:
        rows = connection.execute(
            select(event.what, event.detail).where(event.chunk.is_(None)).order_by(event.id)
        )
        return [(row.what, row.detail) for row in rows if row.what in set(Course)]


def test_a_run_begins_and_finishes(plan):
    made = plan()
    assert last_step(made.store, made.record) is None
    deliver(made, FakeGateway(), limit=10)
    deliver(made, FakeGateway())
    assert course(made) == [
        ("begun", ""),
        ("finished", "the limit of 10 rows"),
        ("resumed", ""),
        ("finished", ""),
    ]
    assert made.paused() is None


def test_a_pause_is_told_with_its_reason_until_it_goes_on(plan, clock):
    made = plan()
    halted = deliver(made, FakeGateway([*[Accepted] * 0, *[InDoubt("cut off")] * 5])).halt
    assert "5 calls in a row got no clear answer" in halted
    paused = made.paused()
    assert (paused.what, paused.detail, paused.at) == (Course.PAUSED, halted, clock())
    deliver(made, FakeGateway())
    assert [what for what, _ in course(made)] == ["begun", "paused", "resumed", "finished"]
    assert made.paused() is None


def test_an_interruption_is_told(plan):
    made, stop = plan(), Event()

    class Stopping(FakeGateway):
        def submit(self, chunk):
            stop.set()
            return super().submit(chunk)

    delivered = deliver(made, Stopping(), stop=stop)
    assert (delivered.interrupted, delivered.halt) == (True, None)
    assert [what for what, _ in course(made)] == ["begun", "interrupted"]


def test_a_refused_setup_is_a_pause_too_and_the_plan_stays_free(plan):
    made = plan()
    deliver(made, FakeGateway([Refused("INVALID_KEY", "no such key", stops=True)]))
    assert made.paused().detail == "INVALID_KEY: no such key"
    assert made.store.find("spring").begun_at is None


@pytest.mark.parametrize(
    ("options", "rate", "pauses"),
    [({}, "0.4", True), ({}, "1", False), ({}, None, False), ({"brakes.bill": False}, "0.4", False)],
)
def test_the_bill_is_compared_with_the_rates_the_plan_was_priced_with(plan, options, rate, pauses):
    made = plan(**options)
    made.price({"FR": Decimal(rate)} if rate else {})
    delivered = deliver(made, FakeGateway())  # which charges one credit
    assert (delivered.halt is not None) is pauses
    if pauses:
        assert "charged 1 credits" in delivered.halt
        assert "forecast was 0.4" in delivered.halt
        stopped_at(delivered, Status.ACCEPTED, 1)


def test_the_thresholds_are_the_settings(plan):
    made = plan(**{"brakes.refusals_in_a_row": 3})
    delivered = deliver(made, FakeGateway([Refused("400", "no")] * 30))
    assert "3 calls in a row were refused" in delivered.halt
    stopped_at(delivered, Status.REFUSED, 3)


def stopped_at(delivered, status, calls):
    """After so many calls; on a busy machine the worker may make the next one or two, which were claimed with them, first."""
    messages = delivered.tally.messages
    assert set(messages) == {status, Status.PENDING}
    assert calls <= messages[status] <= calls + 3
    assert sum(messages.values()) == 30


def test_the_last_step_is_the_campaigns_own(store, inputs):
    one = store.begin(inputs("one"), tag="a" * 10)
    two = store.begin(inputs("two"), tag="b" * 10)
    tell_course(store, one, Course.PAUSED, "why")
    tell_course(store, two, Course.BEGUN)
    assert (last_step(store, one).what, last_step(store, one).detail) == (Course.PAUSED, "why")
    assert last_step(store, two).what is Course.BEGUN
