"""A file and its rejected rows: nobody gets a message from both, whichever begins first, waits, is amended or dies."""

from __future__ import annotations

import csv
from collections import Counter
from contextlib import ExitStack
from datetime import timedelta

import pytest

from smscampaign import campaign as story
from smscampaign import journal
from smscampaign.campaign import Campaign, Conduct, Facts, rejecting
from smscampaign.errors import ChangedInputs
from smscampaign.gateway import FakeGateway, Pace
from smscampaign.journal import open_journal, utc_now
from smscampaign.model import EditionKind, Refused, Status

OPTIONS = {"message": "Hello {{ name }}", "purpose": "transactional", "region": "DE", "sender": "Sandbox"}
AMEND = EditionKind.AMENDMENT
# Numbers that Germany's regulator keeps for films.
ANNA, BOB, CARL = "+491713920001", "+491713920002", "+491713920003"
BAD = "O171 3920002"


class Desk:
    """A folder with `spring.csv` and its rejected rows, and a gateway that counts."""

    def __init__(self, folder, stack):
        self.folder, self.stack, self.gateway = folder, stack, FakeGateway()
        self.stores = {}

    def store(self, place):
        if place not in self.stores:
            self.stores[place] = open_journal(place)
            self.stack.callback(self.stores[place].close)
        return self.stores[place]

    def write(self, *people, name="spring.csv"):
        path = self.folder / name
        path.write_text("name,mobile\n" + "".join(f"{who},{number}\n" for who, number in people))
        return path

    def plan(self, name, /, kind=EditionKind.FIRST, *, place=None, **options):
        path = self.folder / name
        campaign = Campaign.load(path, options={**OPTIONS, **options})
        store = self.store(place or path.with_name(f"{path.stem}.journal.sqlite"))
        return campaign.plan(store, gateway="fake", kind=kind)

    def rejected(self, plan, name="spring.rejected.csv"):
        """Write the rejected rows and put Bob right."""
        path = self.folder / name
        assert rejecting.save_rejected(plan).path == path
        path.write_text(path.read_text().replace(f"Bob,{BAD}", f"Bob,{BOB}"))

    def deliver(self, plan, **changes):
        conduct = Conduct(
            pace=Pace(0), settle=timedelta(0), first_wait=0.001, facts=Facts(send_again=True), **changes
        )
        return story.deliver(plan, self.gateway, conduct, confirm=plan.yes)

    @property
    def got(self):
        return Counter(number for chunk in self.gateway.taken for number in chunk.receivers)


@pytest.fixture
def desk(tmp_path):
    with ExitStack() as stack:
        yield Desk(tmp_path, stack)


@pytest.fixture
def spring(desk):
    """`spring.csv` with a bad row for Bob and a good one, not sent; and its rejected rows, in which Bob is right."""
    desk.write(("Bob", BAD), ("Anna", ANNA), ("Robert", BOB))
    desk.rejected(desk.plan("spring.csv"))
    return desk


def rows(plan, folder):
    path = folder / "r.csv"
    plan.save_results(path)
    with path.open(newline="") as file:
        return {row["name"]: (row["sms_status"], row["sms_reason"]) for row in csv.DictReader(file)}


def test_the_file_that_waits_at_its_question_while_its_rejected_rows_are_sent(spring):
    waits = spring.plan("spring.csv")
    spring.deliver(spring.plan("spring.rejected.csv"))
    with pytest.raises(ChangedInputs, match="another file with the same people went on") as caught:
        spring.deliver(waits)
    assert "Run the command again" in caught.value.remedy
    again = spring.plan("spring.csv")
    assert again.record.tag != waits.record.tag
    assert again.yes == waits.yes  # the inputs are the same
    spring.deliver(again)
    assert spring.got == {ANNA: 1, BOB: 1}


def test_the_rejected_rows_that_wait_at_their_question_while_the_file_is_amended(desk):
    desk.write(("Bob", BAD), ("Anna", ANNA))
    first = desk.plan("spring.csv")
    desk.rejected(first)
    desk.deliver(first)
    waits = desk.plan("spring.rejected.csv")
    desk.write(("Bob", BOB), ("Anna", ANNA))
    desk.deliver(desk.plan("spring.csv", AMEND))
    with pytest.raises(ChangedInputs, match="went on"):
        desk.deliver(waits)
    assert not waits.store.find("spring.rejected").begun_at
    assert desk.plan("spring.rejected.csv").summary.messages == 0
    assert desk.got == {ANNA: 1, BOB: 1}


def test_a_proposal_is_made_anew_when_the_rejected_rows_were_sent_meanwhile(desk):
    desk.write(("Bob", BAD), ("Anna", ANNA))
    first = desk.plan("spring.csv")
    desk.rejected(first)
    desk.deliver(first)
    desk.write(("Bobby", BOB), ("Anna", ANNA))
    shown = desk.plan("spring.csv", AMEND)
    assert shown.summary.messages == 1
    desk.deliver(desk.plan("spring.rejected.csv"))
    with pytest.raises(ChangedInputs, match="went on"):
        desk.deliver(shown)
    # What was sent before stays what it is: the edition did not begin.
    assert shown.store.find("spring").tag == first.record.tag
    again = desk.plan("spring.csv", AMEND)
    assert (again.summary.messages, again.record.tag == shown.record.tag) == (0, False)
    desk.deliver(again)
    assert desk.got == {ANNA: 1, BOB: 1}


def test_rejected_rows_sent_while_the_file_is_being_planned(spring, monkeypatch):
    real = Campaign.write

    def slowly(campaign, *args):
        if campaign.path.name == "spring.csv":
            monkeypatch.setattr(Campaign, "write", real)
            spring.deliver(spring.plan("spring.rejected.csv"))
        return real(campaign, *args)

    spring.write(("Bob", BAD), ("Anne", ANNA), ("Robert", BOB))
    monkeypatch.setattr(Campaign, "write", slowly)
    slow = spring.plan("spring.csv")
    assert spring.got == {BOB: 1}
    with pytest.raises(ChangedInputs, match="went on"):
        spring.deliver(slow)
    spring.deliver(spring.plan("spring.csv"))
    assert spring.got == {ANNA: 1, BOB: 1}


def test_no_clock_decides_who_was_first(spring):
    place = spring.folder / "spring.journal.sqlite"
    spring.stores[place].close()
    spring.stores[place] = open_journal(place, clock=lambda: utc_now() + timedelta(hours=2))
    spring.stack.callback(spring.stores[place].close)
    spring.write(("Bob", BAD), ("Anne", ANNA), ("Robert", BOB))
    ahead = spring.plan("spring.csv")
    spring.deliver(spring.plan("spring.rejected.csv"))
    assert spring.plan("spring.csv").record.tag != ahead.record.tag
    spring.deliver(spring.plan("spring.csv"))
    assert spring.got == {ANNA: 1, BOB: 1}


def test_of_two_that_begin_at_once_none_goes_unseen_though_one_died_at_the_door(spring):
    one, other = spring.plan("spring.csv"), spring.plan("spring.rejected.csv")
    journal.enter(other.store, other.record)  # and killed there
    with pytest.raises(ChangedInputs, match="went on"):
        spring.deliver(one)
    assert journal.relatives_in(one.store) == []  # it stepped back
    fresh = spring.plan("spring.csv")
    assert rows(fresh, spring.folder)["Robert"][1].endswith(
        "waiting to be sent from row 2 of spring.rejected.csv"
    )
    spring.deliver(fresh)
    with pytest.raises(ChangedInputs, match="went on"):
        spring.deliver(other)
    spring.deliver(spring.plan("spring.rejected.csv"))
    assert spring.got == {ANNA: 1, BOB: 1}


def test_both_at_the_door_see_each_other_and_running_again_sends_once(spring):
    one, other = spring.plan("spring.csv"), spring.plan("spring.rejected.csv")
    journal.enter(one.store, one.record)
    journal.enter(other.store, other.record)
    for plan in (one, other):
        journal.enter(one.store, one.record)
        journal.enter(other.store, other.record)
        with pytest.raises(ChangedInputs):
            spring.deliver(plan)
    for name in ("spring.rejected.csv", "spring.csv", "spring.rejected.csv", "spring.csv"):
        plan = spring.plan(name)
        if plan.summary.messages:
            spring.deliver(plan)
    assert spring.got == {ANNA: 1, BOB: 1}


def test_what_has_begun_goes_on_whatever_its_rejected_rows_did_since(desk):
    desk.write(("Bob", BAD), ("Anna", ANNA), ("Carl", CARL))
    first = desk.plan("spring.csv")
    desk.rejected(first)
    desk.deliver(first, limit=1)
    desk.deliver(desk.plan("spring.rejected.csv"))
    desk.deliver(desk.plan("spring.csv"))
    assert desk.got == {ANNA: 1, BOB: 1, CARL: 1}


def test_a_run_that_sent_nothing_is_not_in_the_way(spring):
    spring.gateway = FakeGateway([Refused("403", "this key may not", stops=True)] * 9)
    spring.deliver(spring.plan("spring.csv"))
    assert journal.relatives_in(spring.plan("spring.csv").store) == []
    spring.gateway = FakeGateway()
    spring.deliver(spring.plan("spring.rejected.csv"))
    spring.deliver(spring.plan("spring.csv"))
    assert spring.got == {ANNA: 1, BOB: 1}


def test_both_in_one_journal(spring):
    one = spring.folder / "all.sqlite"
    spring.deliver(spring.plan("spring.csv", place=one))
    assert spring.plan("spring.rejected.csv", place=one).summary.messages == 0


@pytest.mark.parametrize("parent", ["Spring sale", None])
def test_a_dry_run_knows_them_too(spring, tmp_path, parent):
    one = spring.folder / "all.sqlite"
    spring.deliver(spring.plan("spring.csv", place=one, **({"name": parent} if parent else {})))
    scratch = spring.store(tmp_path / "scratch.sqlite")
    child = Campaign.load(spring.folder / "spring.rejected.csv", options=OPTIONS)
    assert child.rehearse(scratch, spring.store(one), gateway="fake").summary.messages == 0


def test_rejected_rows_are_found_by_their_file_when_the_campaign_has_another_name(spring, database):
    spring.deliver(spring.plan("spring.csv", place=database, name="Spring sale"))
    child = spring.plan("spring.rejected.csv", place=database)
    assert (child.campaign.name, child.summary.messages) == ("spring.rejected", 0)
    assert "row 4 of spring.csv" in rows(child, spring.folder)["Bob"][1]


def test_campaigns_of_files_that_bear_one_name_are_told_apart_in_one_journal(desk):
    one = desk.folder / "all.sqlite"
    desk.write(("Bob", BOB))
    desk.deliver(desk.plan("spring.csv", place=one, name="Jan"))
    desk.write(("Bob", BAD), ("Anna", ANNA))
    february = desk.plan("spring.csv", place=one, name="Feb")
    desk.rejected(february)
    desk.deliver(february)
    assert desk.plan("spring.rejected.csv", place=one, name="Feb").summary.messages == 1
    assert desk.plan("spring.rejected.csv", place=one, name="Jan").summary.messages == 0


def test_two_files_of_rejected_rows_with_one_name_of_their_own(spring):
    second = spring.folder / "spring.rejected-2.csv"
    second.write_text((spring.folder / "spring.rejected.csv").read_text())
    for name in ("spring.rejected", "spring.rejected-2"):
        (spring.folder / f"{name}.toml").write_text('name = "Put right"\n')
    spring.deliver(spring.plan("spring.rejected.csv"))
    assert spring.plan("spring.rejected-2.csv").summary.messages == 0
    assert spring.got == {BOB: 1}


@pytest.fixture
def left(desk):
    """Rejected rows of which Bob's was left to `spring.csv`, where he was waiting; then he was taken out there."""
    desk.write(("Bob", BAD), ("Anna", ANNA), ("Robert", BOB))
    first = desk.plan("spring.csv")
    desk.rejected(first)
    path = desk.folder / "spring.rejected.csv"
    path.write_text(f"{path.read_text()}Carl,{CARL},,,\n")
    desk.deliver(first, limit=1)
    child = desk.plan("spring.rejected.csv")
    desk.deliver(child)
    assert child.forsaken() == frozenset()
    assert rows(child, desk.folder)["Bob"] == (
        "suppressed",
        "already-sent: this number is waiting to be sent from row 4 of spring.csv",
    )
    return desk


def test_what_was_left_to_the_other_file_is_told_as_it_is_now(left):
    left.deliver(left.plan("spring.csv"))
    child = left.plan("spring.rejected.csv")
    assert child.forsaken() == frozenset()
    assert "this number had the campaign on" in rows(child, left.folder)["Bob"][1]
    assert left.got == {ANNA: 1, BOB: 1, CARL: 1}


def test_what_nobody_sends_any_more_is_told_and_taken_up(left):
    left.write(("Bob", BAD), ("Anna", ANNA))
    left.deliver(left.plan("spring.csv", AMEND))
    child = left.plan("spring.rejected.csv")
    assert child.forsaken() == {2}
    status, reason = rows(child, left.folder)["Bob"]
    assert (status, "does not any more; --amend takes it up" in reason) == ("suppressed", True)
    amended = left.plan("spring.rejected.csv", AMEND)
    assert amended.summary.messages == 1
    left.deliver(amended)
    assert amended.forsaken() == frozenset()
    assert amended.tally().messages[Status.ACCEPTED] == 1
    assert left.got == {ANNA: 1, BOB: 1, CARL: 1}
    # With nothing forsaken an amendment of the same is the campaign itself.
    assert left.plan("spring.rejected.csv", AMEND).record.tag == amended.record.tag


def test_a_plan_that_left_somebody_to_what_was_cancelled_is_made_anew(spring):
    parent = spring.plan("spring.csv")
    spring.deliver(parent, limit=1)
    waits = spring.plan("spring.rejected.csv")
    assert waits.summary.messages == 0
    with parent.store.writing() as connection:
        chunk = journal.schema.chunk
        connection.execute(chunk.update().where(chunk.c.state == "pending").values(state="cancelled"))
    assert spring.plan("spring.rejected.csv").summary.messages == 1


def test_an_unreadable_journal_does_not_keep_the_results_from_being_written(left):
    child = left.plan("spring.rejected.csv")
    place = left.folder / "spring.journal.sqlite"
    left.stores.pop(place).close()
    for suffix in ("-wal", "-shm"):
        place.with_name(f"{place.name}{suffix}").unlink(missing_ok=True)
    place.write_text("no database, and long enough to be looked at" * 30)
    assert rows(child, left.folder)["Bob"][1].endswith("waiting to be sent from row 4 of spring.csv")
