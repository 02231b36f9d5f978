"""What people got from other campaigns after this one began: asked at each claim, and told by every sum."""

from __future__ import annotations

import os
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from smscampaign.campaign import editions, launch, other_campaigns
from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.cancellation import preview
from smscampaign.campaign.editions import planned
from smscampaign.campaign.gates import GateFacts
from smscampaign.campaign.launch import LaunchOptions
from smscampaign.campaign.other_campaigns import Elsewhere, Ours, same_from
from smscampaign.cli.send import DONE, _exit_code
from smscampaign.gateway.fake import FakeGateway
from smscampaign.gateway.pace import Pace
from smscampaign.journal.answers import answers
from smscampaign.journal.contacts import Contact
from smscampaign.journal.exclusions import Asked
from smscampaign.journal.laws import audit
from smscampaign.journal.peers import Peer, turn_of
from smscampaign.journal.receipts import open_calls
from smscampaign.journal.store import open_journal
from smscampaign.model import EditionKind, Status

# Numbers that Germany's regulator keeps for films.
NUMBERS = [f"+4917139200{n:02d}" for n in range(100)]
OPTIONS = {
    "message": "Hello {{ name }}",
    "purpose": "transactional",
    "region": "DE",
    "sender": "Sandbox",
    "limits.receivers_per_call": 2,
    "limits.repeat_days": 30,
}
THEN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MONTH = timedelta(days=31)


class World:
    """Campaigns in one folder, each in a journal of its own, at one time."""

    def __init__(self, folder):
        self.folder, self.now, self.gateway = folder, THEN, FakeGateway()

    def run(
        self, name, people, *, journal="", send_again=False, limit=None, kind=EditionKind.FIRST, **options
    ):
        """Begin or go on; answers the plan as it stands then."""
        path = self.folder / f"{name}.csv"
        path.write_text("name,mobile\n" + "".join(f"Name,{NUMBERS[n]}\n" for n in people))
        with closing(self.opened(journal or f"{name}.journal.sqlite")) as store:
            campaign = Campaign.load(path, options={**OPTIONS, **options})
            plan = planned(campaign, store, gateway="fake", kind=kind, send_again=send_again)
            how = LaunchOptions(
                pace=Pace(0),
                settle=timedelta(0),
                first_wait=0.001,
                facts=GateFacts(send_again=send_again),
                limit=limit,
            )
            ended = launch.deliver(plan, self.gateway, how, confirm=plan.code)
            now = editions.open_plan(plan.campaign, store)
            if kind is EditionKind.FIRST:  # else some of what the results tell was sent by the edition before
                adds_up(now, ended, self.gateway)
            return {one.line: (one.status.value, one.reason) for one in answers(store, now.record)}

    def opened(self, journal):
        return open_journal(self.folder / journal, clock=lambda: self.now)

    def taken(self):
        return Counter(number for chunk in self.gateway.taken for number in chunk.receivers)


def adds_up(plan, ended, gateway):
    """Results, tally, calls that wait for receipts, the outlook of cancelling, the audit and the exit code say the same."""
    told = list(answers(plan.store, plan.record))
    counts = plan.tally().messages
    assert counts == Counter(one.status for one in told)
    assert not plan.unaccounted(plan.tally())
    sent = counts.get(Status.ACCEPTED, 0)
    assert sum(one.messages for one in open_calls(plan.store, plan.record)) == sent
    view = preview(plan, gateway)
    assert (view.pending, view.accepted) == (counts.get(Status.PENDING, 0), sent)
    assert [check.first for check in audit(plan.store, plan.record) if not check.ok] == []
    assert (_exit_code(ended) == DONE) == (not counts.get(Status.PENDING))


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


def statuses(told):
    return [status for status, _ in told.values()]


def test_who_got_the_text_from_another_campaign_meanwhile_is_suppressed(world):
    world.run("spring", range(8), limit=2)
    world.now += timedelta(hours=1)
    world.run("summer", [3, 4, 5], send_again=True)
    told = world.run("spring", range(8))
    assert statuses(told) == ["accepted"] * 3 + ["suppressed"] * 3 + ["accepted"] * 2
    assert told[5][1] == (
        "same-text-lately: this number had it on 2026-03-02 10:00 UTC from the campaign summer (summer.journal.sqlite)"
    )
    assert world.taken() == Counter(NUMBERS[:8])


def test_who_was_left_out_is_taken_up_by_an_amendment_that_sends_again(world):
    world.run("spring", range(6), limit=2)
    world.run("summer", [2, 3], send_again=True)
    world.run("spring", range(6))
    told = world.run("spring", range(6), kind=EditionKind.AMENDMENT)
    assert statuses(told) == ["accepted"] * 2 + ["suppressed"] * 2 + ["accepted"] * 2
    told = world.run("spring", range(6), kind=EditionKind.AMENDMENT, send_again=True)
    assert statuses(told) == ["accepted"] * 6
    assert world.taken() == Counter([*NUMBERS[:6], *NUMBERS[2:4]])


def test_where_everybody_got_it_meanwhile_nothing_is_sent_and_nothing_is_left(world):
    world.run("spring", range(6), limit=2)
    world.run("summer", range(2, 6), send_again=True)
    told = world.run("spring", range(6))
    assert statuses(told) == ["accepted"] * 2 + ["suppressed"] * 4
    assert world.taken() == Counter(NUMBERS[:6])


def test_who_was_told_to_send_again_goes_on_so(world):
    world.run("spring", range(4))
    world.run("summer", range(4), send_again=True, limit=2)
    assert statuses(world.run("summer", range(4))) == ["accepted"] * 4
    assert world.taken() == Counter(NUMBERS[:4] * 2)


@pytest.mark.parametrize("options", [{"limits.repeat_days": 0}, {"message": "Bye {{ name }}"}])
def test_another_text_or_no_days_exclude_nobody(world, options):
    world.run("spring", range(4), limit=2, **options)
    world.run("summer", range(4), send_again=True)
    assert statuses(world.run("spring", range(4), **options)) == ["accepted"] * 4


def test_what_another_campaign_sent_long_ago_excludes_nobody(world):
    world.run("spring", range(4), limit=2)
    world.run("summer", range(2, 4), send_again=True)
    world.now += MONTH
    assert statuses(world.run("spring", range(4))) == ["accepted"] * 4


def test_the_same_campaign_in_another_journal_counts_whatever_its_text(world):
    world.run("spring", range(4), limit=2)
    world.run("spring", range(2, 4), journal="b.sqlite", message="Other", send_again=True)
    world.run("spring", range(4), journal="spring.journal.sqlite")
    assert world.taken() == Counter(NUMBERS[:4])


def test_of_two_in_force_that_share_people_the_one_that_began_first_keeps_them(world):
    world.run("spring", range(6), limit=1)
    world.now += MONTH
    # Spring stands still for so long that its people may get it from another campaign.
    world.run("summer", range(2, 8), limit=1)
    assert world.taken() == Counter([NUMBERS[0], NUMBERS[2]])
    # Then it goes on, and keeps whom summer did not send to; summer waits for none of them.
    assert statuses(world.run("spring", range(6), limit=1)) == ["accepted"] * 2 + ["pending"] * 4
    told = world.run("summer", range(2, 8))
    assert statuses(told) == ["accepted"] + ["suppressed"] * 3 + ["accepted"] * 2
    assert told[3][1] == (
        "same-text-lately: this number waits for it in the campaign spring (spring.journal.sqlite)"
    )
    told = world.run("spring", range(6))
    assert statuses(told) == ["accepted", "accepted", "suppressed", "accepted", "accepted", "accepted"]
    assert world.taken() == Counter(NUMBERS[:8])


def test_campaigns_of_one_journal_see_each_other(world):
    world.run("spring", range(6), journal="all.sqlite", limit=2)
    world.run("summer", range(2, 4), journal="all.sqlite", send_again=True)
    assert statuses(world.run("spring", range(6), journal="all.sqlite"))[2:4] == ["suppressed"] * 2
    assert world.taken() == Counter(NUMBERS[:6])


def test_a_journal_that_cannot_be_read_any_more_stops_nothing(world):
    world.run("spring", range(4), limit=2)
    world.run("summer", range(2, 4), send_again=True)
    (world.folder / "summer.journal.sqlite").write_bytes(b"what once was a journal" * 50)
    assert statuses(world.run("spring", range(4))) == ["accepted"] * 4


def test_who_begins_leaves_them_out_and_sends_to_the_others(world):
    world.run("spring", range(4))
    told = world.run("summer", range(2, 8))
    assert statuses(told) == ["suppressed"] * 2 + ["accepted"] * 4
    assert world.taken() == Counter(NUMBERS[:8])


def test_a_journal_in_which_nothing_matters_is_opened_once_and_again_when_it_went_on(world, monkeypatch):
    world.run("spring", range(4), limit=1)
    world.run("summer", range(4), message="Another text")
    neighbour = world.folder / "summer.journal.sqlite"
    opened, look = [], other_campaigns.neighbours.looked_at
    monkeypatch.setattr(
        other_campaigns.neighbours, "looked_at", lambda path: (opened.append(path.name), look(path))[1]
    )

    def written(days):
        moment = (world.now - timedelta(days=days)).timestamp()
        os.utime(neighbour, (moment, moment))

    with closing(world.opened("spring.journal.sqlite")) as store:
        plan = editions.open_plan(Campaign.load(world.folder / "spring.csv", options=OPTIONS), store)
        mine = Ours(store, plan.record.id, plan.summary.texts)
        asked = Elsewhere(plan.campaign, plan.record, mine, store, [neighbour], turn_of(store, plan.record))
        written(2)
        for _ in range(3):
            assert asked.of(Asked([5], [int(NUMBERS[3][1:])], ["Hello Name"])) == {}
        assert opened == ["summer.journal.sqlite"]
        written(1)
        assert asked.of(Asked()) == {}
        assert len(opened) == 2
        written(0)  # so new that it may be written again at the same time
        for _ in range(2):
            assert asked.of(Asked()) == {}
        assert len(opened) == 4


@pytest.mark.parametrize(
    ("contact", "peer", "same"),
    [
        ({}, {}, True),
        ({"text": "Other"}, {}, False),
        ({"text": "Other"}, {"name": "spring"}, True),
        ({"at": THEN - MONTH}, {}, False),
        ({"at": None}, {}, False),
        ({"at": None}, {"begun_at": THEN - timedelta(hours=1)}, True),
        ({"at": None}, {"turn": ("a", "", "")}, True),
        # Of the same made twice the tag is the same: the journal decides, or the name.
        ({"at": None}, {"turn": ("m", "i", "z")}, True),
        ({"at": None}, {"turn": ("m", "k", "a")}, False),
        ({"at": None}, {"turn": ("m", "j", "a")}, True),
        ({"at": None}, {"begun_at": None, "turn": ("a", "", "")}, False),
        ({"at": None}, {"turn": ("a", "", ""), "at": THEN - MONTH}, False),
        ({"at": None}, {"turn": ("a", "", ""), "at": THEN - MONTH, "driven": True}, True),
    ],
)
def test_what_counts_as_the_same(world, inputs, contact, peer, same):
    with closing(world.opened("spring.journal.sqlite")) as store:
        store.begin(inputs(), tag="m")
        store.mark_begun(store.find("spring"), account="")
        mine = store.find("spring")
    one = Contact(**{"at": THEN, "campaign": 1, "text": "Hello", "row": 2, "fate": "accepted", **contact})
    usual = {
        "id": 1,
        "name": "summer",
        "turn": ("z", "", ""),
        "gateway": "fake",
        "texts": 1,
        "begun_at": THEN,
    }
    other = Peer(**{**usual, "at": THEN, "driven": False, **peer})
    since, turn = THEN - timedelta(days=30), ("m", "j", "spring")
    assert same_from(other, mine, one, "Hello", since, turn=turn) is same
