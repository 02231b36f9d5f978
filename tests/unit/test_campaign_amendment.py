"""Changed inputs: the difference that is shown, amending for those who are new, restarting for everybody."""

from __future__ import annotations

import csv
import tempfile
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, select

from smscampaign.campaign import launch
from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.editions import open_plan, planned
from smscampaign.campaign.evidence import story_of
from smscampaign.campaign.launch import LaunchOptions
from smscampaign.errors import ChangedInputs, JournalProblem, NotConfirmed
from smscampaign.gateway.fake import FakeGateway
from smscampaign.gateway.pace import Pace
from smscampaign.journal import schema
from smscampaign.journal.contacts import Contacts
from smscampaign.journal.editions import series_of
from smscampaign.journal.store import open_journal
from smscampaign.model import Accepted, EditionKind, InDoubt, NoAnswer, Refused, Status

# Numbers that Germany's regulator keeps for films.
NUMBERS = [f"+4917139200{n:02d}" for n in range(100)]
OPTIONS = {"message": "Hello {{ name }}", "purpose": "transactional", "region": "DE", "sender": "Sandbox"}
AMEND, RESTART = EditionKind.AMENDMENT, EditionKind.RESTART


def table(people):
    return "name,mobile\n" + "".join(f"{name},{NUMBERS[n]}\n" for n, name in people)


@pytest.fixture
def store(tmp_path):
    opened = open_journal(tmp_path / "spring.journal.sqlite")
    yield opened
    opened.close()


@pytest.fixture
def load(tmp_path):
    def campaign(people, **options):
        path = tmp_path / "spring.csv"
        path.write_text(table(people))
        return Campaign.load(path, options={**OPTIONS, **options})

    return campaign


def options(**changes):
    return LaunchOptions(**{"pace": Pace(0), "settle": timedelta(0), "first_wait": 0.001, **changes})


def deliver(plan, gateway, *, confirm=None, **changes):
    return launch.deliver(plan, gateway, options(**changes), confirm=confirm or plan.yes)


def plan(campaign, store, kind=EditionKind.FIRST):
    return planned(campaign, store, gateway="fake", kind=kind)


def receivers(gateway):
    return Counter(number for chunk in gateway.taken for number in chunk.receivers)


def results(made, path):
    made.save_results(path)
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


class Mute(FakeGateway):
    """Says nothing of what it has."""

    def trace(self, chunk, *, since, certain):
        return NoAnswer("nobody is there")


PEOPLE = [(n, f"Name {n % 2}") for n in range(4)]


# The difference -------------------------------------------------------------------------------------------------


def test_the_difference_is_shown_in_people_texts_credits_and_settings(load, store):
    first = plan(load(PEOPLE), store)
    first.price({"DE": Decimal("1.5")})
    deliver(first, FakeGateway(), limit=1)
    now = load([(0, "Name 0"), (1, "Anna"), (3, "Name 1"), (7, "New"), (8, "Newer")], sender="Other")
    with pytest.raises(ChangedInputs) as caught:
        plan(now, store)
    told = caught.value.what
    assert "sender: was 'Sandbox', is 'Other'" in told
    assert "file: was another content" in told
    assert "people: 2 new, 1 gone, 1 with another text (by number; 4 before, 5 now)" in told
    assert "distinct texts: 2 before, 5 now" in told
    assert "credits: 6 before, 7.5 now" in told
    assert "row 5 is new: +49 •• •• •• •• 07, “Hello New”" in told
    assert "row 4 of the old file is gone: +49 •• •• •• •• 02, “Hello Name 0”" in told
    assert "row 3 has another text: +49 •• •• •• •• 01, “Hello Name 1” has become “Hello Anna”" in told
    assert not any(number in told for number in NUMBERS)
    assert all(way in caught.value.remedy for way in ("--amend", "Put it back as it was"))


def test_only_the_first_rows_of_each_kind_are_examples(load, store):
    deliver(plan(load(PEOPLE), store), FakeGateway(), limit=1)
    with pytest.raises(ChangedInputs) as caught:
        plan(load([(n, "N") for n in range(60, 10, -1)]), store)
    assert "50 new, 4 gone, 0 with another text" in caught.value.what
    assert [f"row {n} is new" in caught.value.what for n in (2, 3, 4, 5)] == [True, True, True, False]


def test_the_difference_leaves_nothing_behind(load, store, tmp_path, monkeypatch):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(elsewhere))
    deliver(plan(load(PEOPLE), store), FakeGateway(), limit=1)
    seen = []

    def watch(_):
        seen.extend((path.is_dir(), path.stat().st_mode & 0o777) for path in elsewhere.rglob("*"))

    with pytest.raises(ChangedInputs):
        planned(load(PEOPLE[:2]), store, gateway="fake", watch=watch)
    assert set(seen) == {(True, 0o700), (False, 0o600)}
    assert list(elsewhere.iterdir()) == []
    assert plan(load(PEOPLE), store).begun


# Amending -------------------------------------------------------------------------------------------------------


def test_amending_takes_only_who_is_new(load, store, tmp_path):
    gateway = FakeGateway()
    first = plan(load(PEOPLE), store)
    first.price({"DE": Decimal(1)})
    deliver(first, gateway, limit=2)
    amended = plan(load([(1, "Anna"), (2, "Name 0"), (8, "New"), (0, "Name 0")]), store, AMEND)
    assert amended.summary.messages == 2
    assert [(one.reason.value, one.count) for one in amended.summary.not_sent] == [("already-sent", 2)]
    deliver(amended, gateway)
    assert receivers(gateway) == Counter([NUMBERS[n] for n in (0, 1, 2, 8)])
    rows = results(amended, tmp_path / "out.csv")
    assert [row["sms_status"] for row in rows] == ["accepted"] * 4
    assert [row["sms_reason"][:12] for row in rows] == ["already-sent", "", "", "already-sent"]
    assert [row["sms_text"] for row in rows] == ["Hello Name 1", "Hello Name 0", "Hello New", "Hello Name 0"]
    assert [row["sms_tag"].split("-")[0] for row in rows] == [
        first.record.tag,
        amended.record.tag,
        amended.record.tag,
        first.record.tag,
    ]
    assert [row["sms_credits"] for row in rows] == ["1", "", "", "1"]
    assert all(row["sms_sent_at"] for row in rows)
    assert [row["sms_row"] for row in rows] == ["2", "3", "4", "5"]
    assert open_plan(amended.campaign, store).tally().messages == {Status.ACCEPTED: 2, Status.SUPPRESSED: 2}


def test_a_further_row_with_the_number_of_who_had_it_is_a_duplicate(load, store, tmp_path):
    gateway = FakeGateway()
    first = plan(load(PEOPLE[:2]), store)
    first.price({"DE": Decimal(1)})
    deliver(first, gateway)
    amended = plan(
        load([(1, "One"), (8, "New"), (1, "Again"), (0, "Nought"), (1, "And again")]), store, AMEND
    )
    deliver(amended, gateway)
    rows = results(amended, tmp_path / "out.csv")
    assert [row["sms_status"] for row in rows] == [
        "accepted",
        "accepted",
        "suppressed",
        "accepted",
        "suppressed",
    ]
    said = "duplicate: the same number as row 2, which had the campaign already"
    assert [row["sms_reason"] for row in rows if row["sms_status"] == "suppressed"] == [said, said]
    assert [row["sms_credits"] for row in rows] == ["1", "", "", "1", ""]
    assert {one.reason.value: one.count for one in amended.summary.not_sent} == {
        "duplicate": 2,
        "already-sent": 2,
    }
    here = story_of(amended, NUMBERS[1]).chapters[-1]
    assert [(line, reason) for line, reason, _ in here.unsent] == [
        (2, "already-sent"),
        (4, "duplicate"),
        (6, "duplicate"),
    ]


def test_the_amended_campaign_resumes_and_its_predecessor_is_over(load, store):
    gateway = FakeGateway()
    deliver(plan(load(PEOPLE), store), gateway, limit=1)
    people = [*PEOPLE, (8, "New"), (9, "New")]
    amended = plan(load(people), store, AMEND)
    deliver(amended, gateway, limit=2)
    with pytest.raises(ChangedInputs):
        plan(load(PEOPLE), store)
    again = plan(load(people), store)
    assert again.record.tag == amended.record.tag
    assert plan(load(people), store, AMEND).record.tag == amended.record.tag
    deliver(again, gateway)
    assert receivers(gateway) == Counter([NUMBERS[n] for n in (0, 1, 2, 3, 8, 9)])


def test_without_a_yes_everything_stays_as_it_was(load, store):
    gateway = FakeGateway()
    first = plan(load(PEOPLE), store)
    deliver(first, gateway, limit=1)
    amended = plan(load([*PEOPLE, (8, "New")]), store, AMEND)
    with pytest.raises(NotConfirmed):
        deliver(amended, gateway, confirm="NOPE")
    assert store.find("spring").tag == first.record.tag
    back = plan(load(PEOPLE), store)
    assert back.tally().messages == {Status.ACCEPTED: 1, Status.PENDING: 3}
    deliver(back, gateway)
    assert receivers(gateway) == Counter(NUMBERS[:4])


def test_a_plan_that_was_overtaken_by_the_old_edition_is_not_sent(load, store):
    gateway = FakeGateway()
    deliver(plan(load(PEOPLE), store), gateway, limit=1)
    amended = plan(load([*PEOPLE, (8, "New")]), store, AMEND)
    deliver(plan(load(PEOPLE), store), gateway)
    load([*PEOPLE, (8, "New")])
    with pytest.raises(ChangedInputs, match="went on since"):
        deliver(amended, gateway)
    fresh = plan(load([*PEOPLE, (8, "New")]), store, AMEND)
    assert (fresh.summary.messages, fresh.record.tag == amended.record.tag) == (1, False)
    deliver(fresh, gateway)
    assert max(receivers(gateway).values()) == 1


def test_a_proposal_that_still_holds_is_not_planned_again(load, store):
    deliver(plan(load(PEOPLE), store), FakeGateway(), limit=1)
    campaign = load([*PEOPLE, (8, "New")])
    one = plan(campaign, store, AMEND)
    assert plan(campaign, store, AMEND).record.tag == one.record.tag
    assert plan(campaign, store, RESTART).record.tag != one.record.tag


def test_while_something_is_in_doubt_there_is_no_amending(load, store):
    first = plan(load(PEOPLE), store)
    deliver(first, Mute([FakeGateway.lost]), limit=1)
    assert first.doubts()
    with pytest.raises(JournalProblem, match="in doubt") as caught:
        plan(load(PEOPLE[:3]), store, AMEND)
    assert "reconcile" in caught.value.remedy
    with pytest.raises(JournalProblem, match="in doubt"):
        plan(load(PEOPLE[:3]), store, RESTART)


def test_what_comes_into_doubt_after_the_plan_was_shown_stops_it(load, store):
    deliver(plan(load(PEOPLE), store), FakeGateway(), limit=1)
    amended = plan(load([*PEOPLE, (8, "New")]), store, AMEND)
    with store.writing() as connection:
        connection.execute(
            schema.chunk.update().where(schema.chunk.c.state == "pending").values(state="sending")
        )
    with pytest.raises(JournalProblem, match="being sent"):
        deliver(amended, FakeGateway())
    assert store.find("spring").kind is EditionKind.FIRST


def test_refused_numbers_may_be_tried_again(load, store):
    gateway = FakeGateway([Refused("INVALID", "no"), Refused("INVALID", "no")])
    deliver(plan(load(PEOPLE[:2]), store), gateway)
    amended = plan(load(PEOPLE[:2], message="Hi"), store, AMEND)
    assert amended.summary.messages == 2
    deliver(amended, gateway)
    assert receivers(gateway) == Counter(NUMBERS[:2])


def test_what_is_pending_is_cancelled_with_an_event_when_the_new_edition_begins(load, store):
    first = plan(load(PEOPLE), store)
    deliver(first, FakeGateway(), limit=2)
    deliver(plan(load([(0, "Name 0"), (8, "New")]), store, AMEND), FakeGateway())
    assert first.tally().messages == {Status.ACCEPTED: 2, Status.CANCELLED: 2}
    events = schema.event.c
    with store.reading() as connection:
        told = connection.execute(select(events.what, events.campaign, events.chunk)).all()
    assert {one.campaign for one in told if one.what == "cancelled"} == {first.record.id}
    assert sum(one.what == "cancelled" for one in told) == first.tally().chunks["cancelled"]
    assert [one.chunk for one in told if one.what == "amended"] == [None]


def test_a_campaign_that_did_not_begin_is_simply_planned(load, store):
    assert plan(load(PEOPLE), store, AMEND).record.kind is EditionKind.FIRST
    assert plan(load(PEOPLE[:2]), store, RESTART).record.edition == 1


def test_another_gateway_is_not_amended(load, store):
    deliver(plan(load(PEOPLE), store), FakeGateway(), limit=1)
    with pytest.raises(ChangedInputs, match="was fake, is ovh-eu"):
        planned(load(PEOPLE[:2]), store, gateway="ovh-eu", kind=AMEND)


def test_an_amendment_that_sends_nothing_still_takes_its_place(load, store):
    gateway = FakeGateway()
    deliver(plan(load(PEOPLE), store), gateway, limit=2)
    amended = plan(load(PEOPLE[:2]), store, AMEND)
    assert amended.summary.messages == 0
    deliver(amended, gateway)
    assert store.find("spring").tag == amended.record.tag
    assert receivers(gateway) == Counter(NUMBERS[n] for n in range(4) if receivers(gateway)[NUMBERS[n]])
    assert sum(receivers(gateway).values()) == 2


# Restarting -----------------------------------------------------------------------------------------------------


def test_a_restart_needs_its_own_word_and_sends_to_everybody(load, store):
    gateway = FakeGateway()
    deliver(plan(load(PEOPLE), store), gateway)
    restarted = plan(load(PEOPLE), store, RESTART)
    assert restarted.yes == f"AGAIN {restarted.code}"
    with pytest.raises(NotConfirmed):
        deliver(restarted, gateway, confirm=restarted.code)
    deliver(restarted, gateway, confirm=f" again  {restarted.code.lower()} ", limit=1)
    again = plan(load(PEOPLE), store)
    assert (again.record.tag, again.yes) == (restarted.record.tag, again.code)
    deliver(again, gateway)
    assert receivers(gateway) == Counter(NUMBERS[:4] * 2)


def test_amending_a_restart_looks_back_to_the_restart_only(load, store):
    gateway = FakeGateway()
    deliver(plan(load(PEOPLE), store), gateway)
    deliver(plan(load(PEOPLE, message="Sorry"), store, RESTART), gateway, limit=2)
    amended = plan(load([*PEOPLE, (8, "New")], message="Sorry"), store, AMEND)
    assert amended.summary.messages == 3
    deliver(amended, gateway)
    assert receivers(gateway) == Counter([*NUMBERS[:4] * 2, NUMBERS[8]])


def test_numbers_are_looked_up_and_no_edition_is_read_whole(load, store):
    """A million rows once took an hour: SQLite read all of the edition for each block of numbers."""
    deliver(plan(load(PEOPLE), store), FakeGateway(), limit=1)
    deliver(plan(load([*PEOPLE, (8, "New")]), store, AMEND), FakeGateway(), limit=1)
    asked = []

    def keep(connection, cursor, statement, parameters, context, many):
        asked.append((statement, parameters))

    with store.reading() as connection:
        engine = connection.engine
    series = series_of(store, store.find("spring"))
    assert len(series) == 2
    event.listen(engine, "before_cursor_execute", keep)
    try:
        assert len(Contacts(store, series).of([int(number) for number in NUMBERS])) == 5
    finally:
        event.remove(engine, "before_cursor_execute", keep)
    ((statement, parameters),) = [one for one in asked if "json_each" in one[0]]
    with store.reading() as connection:
        steps = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
    assert [step for step in steps if "(campaign=?)" in step] == []
    assert any("one_person_one_message (campaign=? AND msisdn=?)" in step for step in steps)


# The law --------------------------------------------------------------------------------------------------------

_files = st.lists(st.integers(0, 11), min_size=1, max_size=8)
_fates = st.lists(st.sampled_from(["accepted", "refused", "lost", "dropped"]), max_size=12)
_turns = st.tuples(_files, st.sampled_from(["Hi", "Hello {{ name }}"]), _fates, st.integers(1, 9))


class Fickle(FakeGateway):
    """Accepts, refuses, or loses an answer, before or after taking the call; asked later it tells the truth."""

    def __init__(self):
        super().__init__()
        self.fates = []

    def submit(self, chunk):
        fate = self.fates.pop(0) if self.fates else "accepted"
        if fate == "refused":
            return Refused("NO", "no")
        if fate == "dropped":
            return InDoubt("lost before")
        outcome = super().submit(chunk)
        assert isinstance(outcome, Accepted)
        return InDoubt("lost after") if fate == "lost" else outcome


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(_turns, min_size=2, max_size=4))
def test_whatever_is_amended_nobody_is_accepted_twice_and_every_row_is_accounted_for(turns):
    gateway = Fickle()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "spring.csv"
        store = open_journal(Path(folder) / "spring.journal.sqlite")
        try:
            for people, message, fates, limit in turns:
                path.write_text(table([(n, f"Name {n % 3}") for n in people]))
                campaign = Campaign.load(path, options={**OPTIONS, "message": message})
                made = plan(campaign, store, AMEND)
                gateway.fates = list(fates)
                deliver(made, gateway, limit=limit)
                launch.reconcile(made, gateway, options())
                assert not made.doubts()
                rows = results(made, Path(folder) / "out.csv")
                assert [row["mobile"] for row in rows] == [NUMBERS[n] for n in people]
                taken = receivers(gateway)
                assert all(count == 1 for count in taken.values())
                for row in rows:
                    accepted = row["sms_status"] == "accepted"
                    assert accepted <= (taken[row["mobile"]] == 1)
                    assert row["sms_status"] in {"accepted", "refused", "pending", "suppressed"}
                told = Counter(row["mobile"] for row in rows if row["sms_status"] == "accepted")
                assert all(
                    count == 1 for count in told.values()
                )  # a message is counted, and paid, in one row
        finally:
            store.close()
