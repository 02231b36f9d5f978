"""Corrections in a journal that is a file and in one that is a database: taken once, and nothing else changes."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from smscampaign.campaign import launch, rejections
from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.editions import planned
from smscampaign.campaign.launch import LaunchOptions
from smscampaign.errors import ChangedInputs, NotConfirmed
from smscampaign.gateway.fake import FakeGateway
from smscampaign.gateway.pace import Pace
from smscampaign.journal import corrections, fates, hashes, laws, schema
from smscampaign.journal.answers import answers
from smscampaign.journal.store import open_journal
from smscampaign.journal.summaries import stored_summary
from smscampaign.model import EditionKind, Status

# Numbers that Germany's regulator keeps for films.
NUMBERS = [f"+4917139200{n:02d}" for n in range(20)]
OPTIONS = {"message": "Hello {{ name }}", "purpose": "transactional", "region": "DE", "sender": "Sandbox"}


class Desk:
    """`spring.csv` with rows that cannot be sent, and a gateway that counts."""

    def __init__(self, folder, store):
        self.folder, self.store, self.gateway = folder, store, FakeGateway()

    def write(self, *rows):
        path = self.folder / "spring.csv"
        path.write_text("name,mobile\n" + "".join(f"{name},{number}\n" for name, number in rows))

    def plan(self, kind=EditionKind.FIRST, **options):
        campaign = Campaign.load(self.folder / "spring.csv", options={**OPTIONS, **options})
        return planned(campaign, self.store, gateway="fake", kind=kind)

    def deliver(self, plan, **changes):
        how = LaunchOptions(**{"pace": Pace(0), "settle": timedelta(0), "first_wait": 0.001, **changes})
        launch.deliver(plan, self.gateway, how, confirm=plan.yes)
        return plan

    def put_right(self, plan, **changes):
        """Write the rejected rows, and change cells of them: the first cell says whose row it is."""
        path = self.folder / "spring.rejected.csv"
        if not path.exists():
            assert rejections.save_rejected(plan).written
        text = path.read_text()
        for name, number in changes.items():
            lines = [line.split(",", 2) for line in text.splitlines()]
            text = "\n".join(
                ",".join([one[0], number if one[0] == name else one[1], one[2]]) for one in lines
            )
        path.write_text(text + "\n")

    @property
    def got(self):
        return Counter(number for chunk in self.gateway.taken for number in chunk.receivers)

    def answers(self, plan):
        return {one.line: one for one in answers(self.store, plan.record)}


@pytest.fixture(params=["sqlite", "postgresql"])
def desk(request, tmp_path):
    place = (
        tmp_path / "spring.journal.sqlite"
        if request.param == "sqlite"
        else request.getfixturevalue("database")
    )
    store = open_journal(place)
    made = Desk(tmp_path, store)
    made.write(("A", NUMBERS[0]), ("Bad", "O1"), ("B", NUMBERS[1]), ("Worse", "O2"), ("A", NUMBERS[2]))
    yield made
    store.close()


@pytest.mark.parametrize("message", ["Hello {{ name }}", "Hello"])
def test_what_was_put_right_becomes_part_of_the_campaign(desk, message):
    first = desk.deliver(desk.plan(message=message), limit=2)
    before = desk.answers(first)
    desk.put_right(first, Bad=NUMBERS[5], Worse=NUMBERS[0])
    plan = desk.plan(message=message)
    assert (plan.record.id, plan.record.tag) == (first.record.id, first.record.tag)
    assert plan.yes != first.yes
    assert (plan.summary.rows, plan.summary.messages) == (5, 4)
    assert plan.tally().messages == {Status.ACCEPTED: 2, Status.PENDING: 2, Status.SUPPRESSED: 1}
    assert [(one.country, one.messages) for one in fates.waiting(desk.store, plan.record, limit=None)] == [
        ("DE", 1)
    ]
    waits = plan.price_waiting({}, limit=None), plan.price_waiting({}, limit=1)
    assert [one.unknown for one in waits] == [("DE",), ("DE",)]
    assert [one.line for one in plan.sample(9)] == [3]
    assert desk.answers(first) == before  # until somebody says yes
    desk.deliver(plan)
    assert desk.got == Counter([*NUMBERS[:3], NUMBERS[5]])
    after = desk.answers(plan)
    assert {line: one for line, one in after.items() if line in {2, 4}} == {
        line: one for line, one in before.items() if line in {2, 4}
    }
    assert after[5].reason == "duplicate: the same number as row 2, which gets the message"
    assert plan.tally().messages == {Status.ACCEPTED: 4, Status.SUPPRESSED: 1}
    assert not [one for one in laws.audit(desk.store, desk.store.find("spring")) if one.faults]
    stored = stored_summary(desk.store.find("spring"))
    assert (stored.rows, stored.messages, stored.texts >= 1) == (5, 4, True)
    assert {one.reason: one.count for one in stored.not_sent} == {"duplicate": 1}
    # The same again is the campaign itself, and its code says so.
    again = desk.plan(message=message)
    assert (again.yes, again.correction, again.fresh) == (plan.yes, None, None)


def test_the_yes_of_another_plan_is_none(desk):
    first = desk.deliver(desk.plan())
    desk.put_right(first, Bad=NUMBERS[5])
    plan = desk.plan()
    with pytest.raises(NotConfirmed):
        launch.deliver(plan, desk.gateway, LaunchOptions(pace=Pace(0)), confirm=first.yes)
    desk.put_right(plan, Bad=NUMBERS[6])
    newer = desk.plan()
    with pytest.raises(ChangedInputs, match="made anew"):
        desk.deliver(plan)
    desk.deliver(newer)
    desk.deliver(newer)
    assert desk.got == Counter([*NUMBERS[:3], NUMBERS[6]])


def test_a_number_that_the_campaign_has_meanwhile_is_refused_in_the_transaction(desk):
    first = desk.deliver(desk.plan())
    desk.put_right(first, Bad=NUMBERS[5])
    plan = desk.plan()
    with desk.store.writing() as connection:
        message = schema.message
        connection.execute(
            message.update()
            .where(message.c.campaign == first.record.id, message.c.line == 6)
            .values(msisdn=int(NUMBERS[5]))
        )
    with pytest.raises(ChangedInputs, match="went on"):
        desk.deliver(plan)
    assert desk.answers(first)[3].status is Status.REJECTED


def test_dropped_rows_and_wrong_ones_need_no_yes(desk):
    first = desk.deliver(desk.plan())
    desk.put_right(first, Bad="O9")
    path = desk.folder / "spring.rejected.csv"
    head, bad, worse = path.read_text().splitlines()
    dropped = worse.rsplit(",", 2)
    path.write_text("\n".join([head, bad, f"{dropped[0]},drop,{dropped[2]}"]) + "\n")
    plan = desk.plan()
    assert (plan.correction, plan.fresh, plan.yes != first.yes) == (None, None, True)
    told = desk.answers(plan)
    assert told[5].status is Status.SUPPRESSED
    assert told[3].reason.startswith("number-")
    assert corrections.corrections_of(desk.store, plan.record)[5].dropped
    assert desk.store.find("spring", proposed=True) is None


def test_a_new_edition_keeps_them_and_a_restart_sends_to_everybody(desk):
    first = desk.deliver(desk.plan())
    desk.put_right(first, Bad=NUMBERS[5])
    desk.deliver(desk.plan())
    rejections.save_rejected(desk.plan())  # without the row that was put right
    assert "Bad" not in (desk.folder / "spring.rejected.csv").read_text()
    again = desk.plan(EditionKind.RESTART)
    assert again.summary.messages == 4
    desk.deliver(again)
    assert desk.got == Counter([*NUMBERS[:3], NUMBERS[5]] * 2)


def test_the_hashes_of_the_rows_follow_a_correction_in_place(desk):
    first = desk.deliver(desk.plan())
    assert [line for line, _ in hashes.sealed_rows(desk.store, first.record)] == [1, 2, 3, 4, 5, 6]
    before = dict(hashes.sealed_rows(desk.store, first.record))
    desk.write(("A", NUMBERS[0]), ("Bad", NUMBERS[5]), ("B", NUMBERS[1]), ("Worse", "O2"), ("A", NUMBERS[2]))
    desk.deliver(desk.plan())
    after = dict(hashes.sealed_rows(desk.store, first.record))
    assert {line for line in after if after[line] != before[line]} == {3}
    assert desk.got == Counter([*NUMBERS[:3], NUMBERS[5]])


def test_blank_rows_keep_their_place(desk):
    path = desk.folder / "spring.csv"
    path.write_text(f"name,mobile\nA,{NUMBERS[0]}\n\n,\nBad,O1\n\nB,{NUMBERS[1]}\n")
    first = desk.deliver(desk.plan())
    assert [line for line, _ in hashes.sealed_rows(desk.store, first.record)] == [1, 2, 5, 7]
    path.write_text(f"name,mobile\nA,{NUMBERS[0]}\n\n,\nBad,{NUMBERS[5]}\n\nB,{NUMBERS[1]}\n")
    desk.deliver(desk.plan())
    assert desk.got == Counter([*NUMBERS[:2], NUMBERS[5]])
    path.write_text(f"name,mobile\nA,{NUMBERS[0]}\n\nBad,{NUMBERS[5]}\n\nB,{NUMBERS[1]}\n")
    with pytest.raises(ChangedInputs, match="row 4 is another one, and was not rejected"):
        desk.plan()


def test_without_hashes_the_file_of_rejected_rows_is_taken_and_the_file_itself_is_a_change(desk):
    first = desk.deliver(desk.plan())
    with desk.store.writing() as connection:
        connection.execute(schema.row_hashes.delete())
    desk.put_right(first, Bad=NUMBERS[5])
    desk.deliver(desk.plan())
    assert desk.got == Counter([*NUMBERS[:3], NUMBERS[5]])
    desk.write(("A", NUMBERS[0]), ("Bad", "O1"), ("B", NUMBERS[1]), ("Worse", NUMBERS[6]), ("A", NUMBERS[2]))
    with pytest.raises(ChangedInputs):
        desk.plan()
