"""Amending, restarting and the guard on content, in a file and on a server."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from smscampaign.campaign import launch
from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.editions import planned
from smscampaign.campaign.gates import GateFacts
from smscampaign.campaign.launch import LaunchOptions
from smscampaign.errors import ChangedInputs
from smscampaign.gateway.fake import FakeGateway
from smscampaign.gateway.pace import Pace
from smscampaign.journal import schema
from smscampaign.journal.answers import answers
from smscampaign.journal.store import open_journal
from smscampaign.model import EditionKind, Reason, Status

# Numbers that Germany's regulator keeps for films.
NUMBERS = [f"+4917139200{n:02d}" for n in range(20)]
OPTIONS = {
    "message": "Hello {{ name }}",
    "purpose": "transactional",
    "region": "DE",
    "sender": "Sandbox",
    "limits.repeat_days": 30,
}


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request, tmp_path):
    place = (
        tmp_path / "spring.journal.sqlite"
        if request.param == "sqlite"
        else request.getfixturevalue("database")
    )
    opened = open_journal(place)
    yield opened
    opened.close()


@pytest.fixture
def plan(tmp_path, store):
    def made(people, kind=EditionKind.FIRST, *, name="spring", **request):
        path = tmp_path / f"{name}.csv"
        path.write_text("name,mobile\n" + "".join(f"N{n % 2},{NUMBERS[n]}\n" for n in people))
        return planned(Campaign.load(path, options=OPTIONS), store, gateway="fake", kind=kind, **request)

    return made


def deliver(plan, gateway, **changes):
    how = LaunchOptions(**{"pace": Pace(0), "settle": timedelta(0), "first_wait": 0.001, **changes})
    return launch.deliver(plan, gateway, how, confirm=plan.yes)


def receivers(gateway):
    return Counter(number for chunk in gateway.taken for number in chunk.receivers)


def test_amend_then_restart_then_amend(plan, store):
    gateway = FakeGateway()
    first = plan(range(6))
    deliver(first, gateway, limit=3)
    with pytest.raises(ChangedInputs, match="people: 2 new, 1 gone, 0 with another text"):
        plan(range(1, 8))
    amended = plan(range(1, 8), EditionKind.AMENDMENT)
    assert (amended.summary.messages, amended.record.edition) == (5, 2)
    deliver(amended, gateway)
    assert receivers(gateway) == Counter(NUMBERS[:8])
    assert first.tally().messages == {Status.ACCEPTED: 3, Status.CANCELLED: 3}
    told = list(answers(store, amended.record))
    assert [one.status for one in told] == [Status.ACCEPTED] * 7
    assert [one.reason[:12] for one in told] == ["already-sent"] * 2 + [""] * 5
    restarted = plan(range(1, 8), EditionKind.RESTART)
    deliver(restarted, gateway, limit=1)
    deliver(plan(range(1, 9), EditionKind.AMENDMENT), gateway)
    assert receivers(gateway) == Counter([NUMBERS[0], *NUMBERS[1:8] * 2, NUMBERS[8]])
    assert [one.series for one in store.editions("spring")] == [1, 1, 2, 2]


def test_no_edition_comes_into_force_while_its_series_holds_a_number_of_its_plan(plan, store):
    gateway = FakeGateway()
    first = plan(range(6))
    deliver(first, gateway, limit=2)
    amended = plan([5, 6], EditionKind.AMENDMENT)
    # What was sent meanwhile to others than those of its plan is no hindrance.
    deliver(plan(range(6)), gateway, limit=2)
    with pytest.raises(ChangedInputs):
        plan([5, 6])  # the file is again the one that is amended
    deliver(amended, gateway)
    assert receivers(gateway) == Counter(NUMBERS[n] for n in (0, 1, 2, 3, 5, 6))
    again = plan(range(5, 9), EditionKind.AMENDMENT)
    with store.writing() as connection:
        held = schema.message.c
        mine = connection.execute(
            select(held.line, held.msisdn).where(held.campaign == again.record.id)
        ).first()
        theirs = held.campaign == amended.record.id
        line = connection.execute(select(held.line).where(theirs)).scalars().first()
        connection.execute(update(schema.message).where(theirs, held.line == line).values(msisdn=mine.msisdn))
    with pytest.raises(ChangedInputs, match="went on since this plan was shown"):
        deliver(again, gateway)
    assert store.find("spring").tag == amended.record.tag


def test_the_guard_looks_at_the_other_campaigns_of_the_journal(plan):
    deliver(plan(range(6)), FakeGateway(), limit=4)
    other = plan(range(2, 8), name="summer")
    (left_out,) = other.summary.not_sent
    # Two had it, and two still wait for it there.
    assert (left_out.reason, left_out.count, other.summary.messages) == (Reason.SAME_TEXT_LATELY, 4, 2)
    assert other.tally().messages == {Status.PENDING: 2, Status.SUPPRESSED: 4}


def test_who_had_it_meanwhile_from_another_campaign_of_the_journal_is_left_out(plan, store):
    gateway = FakeGateway()
    deliver(plan(range(6)), gateway, limit=2)
    deliver(plan(range(2, 5), name="summer", send_again=True), gateway, facts=GateFacts(send_again=True))
    last = plan(range(6))
    deliver(last, gateway)
    assert receivers(gateway) == Counter(NUMBERS[:6])
    assert last.tally().messages == {Status.ACCEPTED: 3, Status.SUPPRESSED: 3}
