"""A campaign that goes on night after night, in a file and on a server."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from smscampaign.campaign import launch
from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.editions import planned
from smscampaign.campaign.launch import LaunchOptions
from smscampaign.campaign.lint import check
from smscampaign.campaign.nights import Night
from smscampaign.gateway.fake import FakeGateway
from smscampaign.gateway.pace import Pace
from smscampaign.journal.answers import answers
from smscampaign.journal.laws import audit
from smscampaign.journal.store import open_journal

# Numbers that Germany's regulator keeps for films.
NUMBERS = [f"+4917139200{n:02d}" for n in range(20)]
OPTIONS = {
    "message": "{{ day }} {{ time }}{{ who }}",
    "purpose": "transactional",
    "region": "DE",
    "sender": "Sandbox",
    "once_per": ["day", "time", "who"],
    "recurring": True,
    "limits.most_messages": 50,
}


class Clock:
    now = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)

    def __call__(self):
        return self.now


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request, tmp_path):
    server = request.param == "postgresql"
    opened = open_journal(
        request.getfixturevalue("database") if server else tmp_path / "rdv.journal.sqlite", clock=Clock()
    )
    yield opened
    opened.close()


def run(store, folder, rows, *, limit=None, gateway=None, **options):
    path = folder / "rdv.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("mobile", "day", "time", "who"), *rows])
    plan = planned(Campaign.load(path, options={**OPTIONS, **options}), store, gateway="fake")
    codes = [one.code for one in check(plan)]
    how = LaunchOptions(pace=Pace(0), settle=timedelta(0), first_wait=0.001, limit=limit)
    launch.deliver(plan, gateway or FakeGateway(), how, confirm=plan.yes)
    record = store.find("rdv")
    assert [one.first for one in audit(store, record) if not one.ok] == []
    told = [f"{one.status} {one.reason.partition(':')[0]}".strip() for one in answers(store, record)]
    assert Counter(one.split()[0] for one in told if "already-sent" not in one) <= Counter(
        {str(status): count for status, count in plan.tally().messages.items()}
    )
    return told, codes, Night.of(plan)


def test_three_nights(store, tmp_path):
    first = [(NUMBERS[n], "1", "9:00", f"P{n}") for n in range(3)]
    told, codes, night = run(store, tmp_path, [*first, (NUMBERS[0], "1", "9:00", "p0 ")], limit=2)
    assert told == ["accepted", "accepted", "pending", "suppressed duplicate"]
    assert ("SMS018" in codes, night.left) == (False, ())
    store.clock.now += timedelta(days=1)
    # The second has another number now, and the first another spelling of its hour; the third is gone.
    second = [
        (NUMBERS[0], "1", "09:00", "P0"),
        (NUMBERS[9], "1", "9:00", "P1"),
        (NUMBERS[4], "2", "9:00", "P4"),
    ]
    told, codes, night = run(store, tmp_path, second)
    assert told == ["accepted", "accepted already-sent", "accepted"]
    assert "SMS018" in codes
    assert [(one.edition, one.line, one.body) for one in night.left] == [(1, 4, "1 9:00P2")]
    assert [line for line, *_ in night.changed] == [3]
    store.clock.now += timedelta(days=1)
    told, _, night = run(store, tmp_path, [])
    assert (told, night.left, night.undone) == ([], (), False)


def test_the_same_text_for_another_key_waits_and_one_of_another_campaign_too(store, tmp_path):
    options = {"message": "RDV demain", "limits.repeat_days": 30}
    told, *_ = run(
        store, tmp_path, [(NUMBERS[0], "1", "9:00", ""), (NUMBERS[0], "1", "10:00", "x")], **options
    )
    assert told == ["rejected key-missing", "accepted"]
    store.clock.now += timedelta(hours=1)
    told, *_ = run(
        store, tmp_path, [(NUMBERS[0], "2", "9:00", "x"), (NUMBERS[1], "2", "9:00", "y")], **options
    )
    assert told == ["suppressed same-text-lately", "accepted"]
    other = tmp_path / "other.csv"
    other.write_text(f"mobile,day,time,who\n{NUMBERS[1]},5,5,5\n{NUMBERS[7]},5,5,6\n")
    campaign = Campaign.load(other, options={**OPTIONS, **options, "name": "other"})
    plan = planned(campaign, store, gateway="fake")
    assert (plan.summary.messages, [one.reason for one in plan.summary.not_sent]) == (1, ["same-text-lately"])
