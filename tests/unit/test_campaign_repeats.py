"""The guard: who had the same text from another campaign is left out row by row; who had this very campaign from another
journal stops it.
"""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from smscampaign.campaign import gates, launch
from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.editions import planned, rehearsed
from smscampaign.campaign.gates import GateFacts
from smscampaign.campaign.launch import LaunchOptions
from smscampaign.campaign.repeats import look_around, refuse_repeats, repeat_told
from smscampaign.errors import JournalProblem, SentBefore
from smscampaign.gateway.fake import FakeGateway
from smscampaign.gateway.pace import Pace
from smscampaign.journal import peers, schema
from smscampaign.journal.answers import answers
from smscampaign.journal.editions import enter, step_back
from smscampaign.journal.laws import audit
from smscampaign.journal.neighbours import looked_at
from smscampaign.journal.store import open_journal
from smscampaign.model import EditionKind, Reason, Refused

# Numbers that Germany's regulator keeps for films.
NUMBERS = [f"+4917139200{n:02d}" for n in range(100)]
OPTIONS = {
    "message": "Hello {{ name }}",
    "purpose": "transactional",
    "region": "DE",
    "sender": "Sandbox",
    "limits.repeat_days": 30,
}
THEN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def world(tmp_path):
    """Plans of a file in a journal, at a time: `spring`, `summer` … beside each other."""
    opened = []

    def plan(name, people, *, at=THEN, gateway="fake", journal=None, tag="", **options):
        request = {key: options.pop(key) for key in ("kind", "send_again") if key in options}
        path = tmp_path / f"{name}.csv"
        path.write_text("name,mobile\n" + "".join(f"{who},{NUMBERS[n]}\n" for n, who in people))
        store = open_journal(journal or tmp_path / f"{name}.journal.sqlite", clock=lambda: at)
        opened.append(store)
        campaign = Campaign.load(path, options={**OPTIONS, "name": name, **options})
        made = planned(campaign, store, gateway=gateway, **request)
        if not tag:
            return made
        with store.writing() as connection:
            connection.execute(update(schema.campaign).values(tag=tag))
        return replace(made, record=store.find(name))

    yield plan
    for store in opened:
        store.close()


def deliver(plan, gateway=None, **changes):
    how = LaunchOptions(**{"pace": Pace(0), "settle": timedelta(0), "first_wait": 0.001, **changes})
    gateway = gateway or FakeGateway()
    launch.deliver(plan, gateway, how, confirm=plan.code)
    return gateway


def found(plan, **more):
    """Campaigns of the same name in other journals, which stop it."""
    return [(one.campaign, one.journal, one.people) for one in look_around(plan, **more).repeats]


def held(plan):
    """How many rows are left out because their numbers had the same text, and the first of these in words."""
    counts = {one.reason: one for one in plan.summary.not_sent}
    one = counts.get(Reason.SAME_TEXT_LATELY)
    assert plan.summary.rows == plan.summary.messages + sum(it.count for it in plan.summary.not_sent)
    return (one.count, one.detail) if one else (0, "")


PEOPLE = [(n, f"Name {n % 2}") for n in range(6)]


@pytest.mark.parametrize("few", [peers.FEW_TEXTS, 0])
def test_the_people_who_had_this_very_text_are_left_out_and_the_others_get_theirs(world, monkeypatch, few):
    monkeypatch.setattr(peers, "FEW_TEXTS", few)
    deliver(world("spring", PEOPLE))
    people = [(0, "Name 0"), (1, "Other"), (3, "Name 1"), (9, "Name 0")]
    other = world("summer", people)
    assert held(other) == (
        2,
        "this number had it on 2026-03-02 09:00 UTC from the campaign spring (spring.journal.sqlite)",
    )
    assert [
        (one.code, one.overruled_by) for one in gates.of(other, GateFacts()) if one.code == "same-text"
    ] == [("same-text", "--send-again")]
    assert sum(len(one.receivers) for one in deliver(other).taken) == 2
    told = [one.reason.partition(":")[0] for one in answers(other.store, other.store.find("summer"))]
    assert told == ["same-text-lately", "", "same-text-lately", ""]
    assert [check.first for check in audit(other.store, other.store.find("summer")) if not check.ok] == []


def test_with_send_again_they_are_planned_anew_and_get_it(world):
    deliver(world("spring", PEOPLE))
    assert held(world("summer", PEOPLE))[0] == 6
    again = world("summer", PEOPLE, send_again=True)
    assert held(again) == (0, "")
    assert held(world("summer", PEOPLE))[0] == 6
    again = world("summer", PEOPLE, send_again=True)
    taken = deliver(again, facts=GateFacts(send_again=True)).taken
    assert sum(len(one.receivers) for one in taken) == 6


def test_where_all_are_left_out_nothing_is_sent_and_that_is_no_failure(world):
    deliver(world("spring", PEOPLE))
    other = world("summer", PEOPLE)
    assert gates.all_passed_over(other)
    assert gates.stops(gates.of(other, GateFacts())) == []


@pytest.mark.parametrize(
    ("purpose", "asked", "left_out"),
    [("transactional", None, 0), ("transactional", 30, 6), ("marketing", None, 6), ("marketing", 0, 0)],
)
def test_transactional_texts_are_compared_only_if_that_is_asked_for(world, purpose, asked, left_out):
    options = {"purpose": purpose, "limits.repeat_days": asked}
    deliver(world("spring", PEOPLE, **options))
    assert held(world("summer", PEOPLE, **options))[0] == left_out


def test_what_is_left_out_is_counted_by_nothing_any_more(world):
    deliver(world("spring", PEOPLE[:3], message="Hi {{ name }}", region="PL"))
    other = world("summer", [*PEOPLE, (0, "Other")], message="Hi {{ name }}", region="PL")
    summary = other.summary
    assert (summary.messages, summary.texts, summary.chunks, summary.parts) == (3, 2, 2, 3)
    assert sum(one.messages for one in summary.countries) == 3
    assert sum(sum(len(one.receivers) for one in deliver(other).taken) for _ in range(1)) == 3


@pytest.mark.parametrize("few", [peers.FEW_TEXTS, 0])
def test_only_those_count_who_had_it_or_may_have(world, monkeypatch, few):
    monkeypatch.setattr(peers, "FEW_TEXTS", few)
    first = world("spring", PEOPLE, **{"limits.receivers_per_call": 1})
    deliver(first, FakeGateway([Refused("NO", "no")] * 3))
    assert held(world("summer", PEOPLE))[0] == 3


def test_other_campaigns_of_the_same_journal_are_looked_at_and_its_own_are_not(world, tmp_path):
    shared = tmp_path / "all.journal.sqlite"
    deliver(world("spring", PEOPLE, journal=shared))
    assert held(world("autumn", PEOPLE, journal=shared))[0] == 6
    deliver(world("summer", PEOPLE[:2], journal=shared, send_again=True), facts=GateFacts(send_again=True))
    again = world("summer", [*PEOPLE[:2], (9, "New")], journal=shared, kind=EditionKind.AMENDMENT)
    assert held(again) == (0, "")


@pytest.mark.parametrize(
    ("days", "later", "repeats"),
    [
        (30, timedelta(days=30), 1),
        (30, timedelta(days=31), 0),
        (40, timedelta(days=31), 1),
        (0, timedelta(0), 0),
    ],
)
def test_it_looks_back_so_many_days(world, days, later, repeats):
    deliver(world("spring", PEOPLE))
    other = world("summer", PEOPLE, at=THEN + later, **{"limits.repeat_days": days})
    assert held(other)[0] == repeats * len(PEOPLE)


@pytest.mark.parametrize(
    ("before", "now", "repeats"),
    [
        ("ovh-eu", "ovh-ca", 1),
        ("ovh-eu", "sandbox", 0),
        ("sandbox", "ovh-eu", 0),
        ("sandbox", "sandbox", 1),
        ("loopback", "sandbox", 0),
    ],
)
def test_a_rehearsal_is_compared_with_rehearsals_only(world, before, now, repeats):
    deliver(world("spring", PEOPLE, gateway=before))
    assert held(world("summer", PEOPLE, gateway=now))[0] == repeats * len(PEOPLE)


def test_another_text_or_other_people_are_no_repeat(world):
    deliver(world("spring", PEOPLE))
    assert held(world("summer", PEOPLE, message="Bye {{ name }}")) == (0, "")
    assert held(world("autumn", [(n, f"Name {n % 2}") for n in range(20, 26)])) == (0, "")


@pytest.mark.parametrize("gateway", ["fake", "sandbox"])
def test_a_campaign_of_the_same_name_in_another_journal_counts_whatever_its_text(world, tmp_path, gateway):
    deliver(world("spring", PEOPLE, gateway=gateway))
    elsewhere = tmp_path / "other.sqlite"
    again = world("spring", PEOPLE[:4], gateway=gateway, journal=elsewhere, message="Bye {{ name }}")
    assert found(again) == [("spring", "spring.journal.sqlite", 4)]
    with pytest.raises(SentBefore, match="people would get a campaign they had before") as caught:
        deliver(again)
    told = (
        "4 people had this campaign ('spring') from spring.journal.sqlite, last sent on 2026-03-02 09:00 UTC"
    )
    assert told in caught.value.what
    assert "--send-again" in caught.value.remedy
    assert "change the text" not in caught.value.remedy
    assert sum(len(one.receivers) for one in deliver(again, facts=GateFacts(send_again=True)).taken) == 4


def test_a_campaign_of_the_same_name_counts_no_longer_than_its_text_would(world, tmp_path):
    deliver(world("spring", PEOPLE))
    changed = {"journal": tmp_path / "other.sqlite", "message": "Bye {{ name }}"}
    assert found(world("spring", PEOPLE, at=THEN + timedelta(days=31), **changed)) == []
    assert found(world("spring", PEOPLE, gateway="ovh-eu", **changed)) == []
    assert found(world("spring", [(9, "Name 0")], **changed)) == []


def test_people_who_wait_for_a_campaign_of_the_same_name_are_told_as_well(world, tmp_path):
    deliver(world("spring", PEOPLE, **{"limits.receivers_per_call": 1}), limit=2)
    (repeat,) = look_around(
        world("spring", PEOPLE[2:], journal=tmp_path / "other.sqlite", message="Bye {{ name }}")
    ).repeats
    began = "4 people still wait for this campaign ('spring') from spring.journal.sqlite, which began on"
    assert repeat_told(repeat).startswith(began)


def test_a_campaign_that_sent_nothing_is_no_repeat(world):
    world("spring", PEOPLE)
    assert held(world("summer", PEOPLE)) == (0, "")


def test_a_damaged_or_foreign_file_is_passed_over(world, tmp_path):
    deliver(world("spring", PEOPLE))
    (tmp_path / "a.journal.sqlite").write_bytes(b"not a database, whatever its name says" * 50)
    with sqlite3.connect(tmp_path / "b.journal.sqlite") as other:
        other.execute("CREATE TABLE theirs (x)")
    other.close()
    with sqlite3.connect(tmp_path / "c.journal.sqlite") as other:
        other.execute("CREATE TABLE about (version INTEGER)")
        other.execute("INSERT INTO about VALUES (?)", [schema.VERSION + 1])
    other.close()
    (tmp_path / "d.journal.sqlite").mkdir()
    (tmp_path / "e.journal.sqlite").touch()
    before = {path.name: path.read_bytes() for path in tmp_path.glob("[abce].journal.sqlite")}
    other = world("summer", PEOPLE)
    look = look_around(world("autumn", [(9, "New")]))
    assert held(other)[0] == 6
    assert [one.split()[0] for one in look.passed_over] == [f"{name}.journal.sqlite" for name in "abce"]
    assert before == {path.name: path.read_bytes() for path in tmp_path.glob("[abce].journal.sqlite")}


def test_a_journal_of_ours_that_breaks_off_in_the_middle_stops_those_beside_it(world, tmp_path):
    first = world("spring", [(n, f"Somebody with a rather long name {n}" * 20) for n in range(60)])
    deliver(first)
    first.store.close()
    path = tmp_path / "spring.journal.sqlite"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 8] + b"\xff" * (len(whole) * 7 // 8))
    look = look_around(world("summer", PEOPLE))
    assert (look.repeats, look.passed_over) == ((), ())
    assert look.unread[0].startswith("spring.journal.sqlite knows who had its campaign, but ")
    with pytest.raises(SentBefore, match="smscampaign recover"):
        refuse_repeats(look)
    # Without its mark nothing says that it was one, or that anybody had something from it.
    (tmp_path / "spring.journal.mark").unlink()
    assert len(look_around(world("autumn", PEOPLE)).passed_over) == 1


def test_somebody_elses_journal_cannot_be_written(world, tmp_path):
    deliver(world("spring", PEOPLE))
    with looked_at(tmp_path / "spring.journal.sqlite") as other:
        record = other.find("spring")
        with pytest.raises(JournalProblem, match="attempt to write a readonly database"):
            other.mark_begun(record, account="x")


def test_a_dry_runs_plan_is_compared_from_where_it_would_be_kept(world, tmp_path):
    deliver(world("spring", PEOPLE))
    deliver(world("autumn", PEOPLE, message="Bye {{ name }}", journal=tmp_path / "all.journal.sqlite"))
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    path = tmp_path / "summer.csv"
    for message in (OPTIONS["message"], "Bye {{ name }}"):
        path.write_text("name,mobile\n" + "".join(f"{who},{NUMBERS[n]}\n" for n, who in PEOPLE))
        campaign = Campaign.load(path, options={**OPTIONS, "message": message})
        with (
            closing(
                open_journal(folder / f"{message[:3]}.sqlite", clock=lambda: THEN, scratch=True)
            ) as scratch,
            closing(open_journal(tmp_path / "all.journal.sqlite", clock=lambda: THEN)) as kept,
        ):
            for home in (kept, None):
                plan = rehearsed(campaign, scratch, home, gateway="fake")
                assert held(plan)[0] == 6
                again = rehearsed(campaign, scratch, home, gateway="fake", send_again=True)
                assert held(again)[0] == 0


def test_a_campaign_that_goes_on_is_not_asked_again(world):
    first = world("spring", PEOPLE, **{"limits.receivers_per_call": 1})
    gateway = deliver(first, limit=2)
    deliver(world("summer", PEOPLE[:2], send_again=True), facts=GateFacts(send_again=True))
    deliver(world("spring", PEOPLE, **{"limits.receivers_per_call": 1}), gateway)
    assert len(gateway.taken) == 6


def test_nothing_found_refuses_nothing(world):
    refuse_repeats(look_around(world("summer", PEOPLE)))


def lose(plan, tmp_path):
    """The results are written, and the journal is gone with its mark."""
    name = plan.record.inputs.name
    plan.save_results(tmp_path / f"{name}.results.csv")
    plan.store.close()
    (tmp_path / f"{name}.journal.sqlite").rename(tmp_path / "gone.bin")
    (tmp_path / f"{name}.journal.mark").unlink(missing_ok=True)


def test_results_whose_journal_is_gone_speak_for_it(world, tmp_path):
    first = world("spring", PEOPLE, **{"limits.receivers_per_call": 1})
    deliver(first, limit=2)
    lose(first, tmp_path)
    (tmp_path / "gone.bin").unlink()
    again = world("spring", PEOPLE, message="Another text, {{ name }}")
    gateway = FakeGateway()
    with pytest.raises(
        SentBefore, match=r"spring\.results\.csv says that people were sent to.* no journal here knows of"
    ) as caught:
        deliver(again, gateway)
    assert "bring back its journal" in caught.value.remedy
    assert gateway.calls == []
    assert (
        sum(len(one.receivers) for one in deliver(again, gateway, facts=GateFacts(send_again=True)).taken)
        == 6
    )


@pytest.mark.parametrize(("gateway", "options"), [("sandbox", {}), ("fake", {"limits.repeat_days": 0})])
def test_results_are_not_asked_where_nobody_is_reached_or_repeats_are_wanted(
    world, tmp_path, gateway, options
):
    first = world("spring", PEOPLE, gateway=gateway)
    deliver(first)
    first.save_results(tmp_path / "spring.sandbox.results.csv")
    lose(first, tmp_path)
    (tmp_path / "gone.bin").unlink()
    assert look_around(world("spring", PEOPLE, gateway=gateway, **options)).told == ()


def test_results_from_practice_do_not_stop_the_real_thing(world, tmp_path):
    first = world("spring", PEOPLE, gateway="loopback", journal=tmp_path / "practice.sqlite")
    deliver(first)
    first.save_results(tmp_path / "spring.results.csv")
    assert look_around(world("spring", PEOPLE, gateway="ovh-eu")).told == ()


def test_results_are_looked_for_where_they_are_written_too(world, tmp_path):
    first = world("spring", PEOPLE)
    deliver(first)
    first.save_results(tmp_path / "out.csv")
    first.store.close()
    first.store.path.unlink()
    (tmp_path / "spring.journal.mark").unlink()
    again = world("spring", PEOPLE)
    assert look_around(again).remembered == ()
    (told,) = look_around(again, results=tmp_path / "out.csv").remembered
    assert told.startswith("out.csv says that people were sent to")


def test_a_journal_of_any_name_is_looked_at(world, tmp_path):
    elsewhere = tmp_path / "journals"
    elsewhere.mkdir()
    first = world("spring", PEOPLE, journal=tmp_path / "other.sqlite")
    deliver(first, limit=2)
    first.save_results(tmp_path / "spring.results.csv")
    sqlite3.connect(tmp_path / "theirs.sqlite").execute("CREATE TABLE about (version)").connection.close()
    for place in (tmp_path / "spring.journal.sqlite", elsewhere / "new.sqlite"):
        again = world("spring", PEOPLE, journal=place)
        with pytest.raises(
            SentBefore, match=r"2 people had this campaign \('spring'\) from other\.sqlite"
        ) as caught:
            deliver(again)
        assert f"`--journal {tmp_path / 'other.sqlite'}`" in caught.value.remedy
        look = look_around(again)
        assert (look.passed_over, look.remembered) == ((), ())


def test_who_had_a_campaign_that_came_to_its_end_is_told_by_its_journal_and_not_by_its_results(
    world, tmp_path
):
    first = world("spring", PEOPLE, journal=tmp_path / "other.sqlite")
    deliver(first)
    first.save_results(tmp_path / "spring.results.csv")
    again = world("spring", PEOPLE, journal=tmp_path / "second.sqlite", message="Something else")
    look = look_around(again)
    assert (look.remembered, look.unread) == ((), ())
    assert [(one.people, one.journal) for one in look.repeats] == [(6, "other.sqlite")]
    assert sum(len(one.receivers) for one in deliver(again, facts=GateFacts(send_again=True)).taken) == 6


def test_an_unreadable_journal_of_the_files_own_name_is_not_passed_over(world, tmp_path):
    (tmp_path / "spring.journal.sqlite").write_bytes(b"what once was a journal" * 50)
    again = world("spring", PEOPLE, journal=tmp_path / "again.sqlite", **{"limits.repeat_days": 0})
    with pytest.raises(SentBefore, match=r"spring\.journal\.sqlite knows who had this campaign") as caught:
        deliver(again)
    assert "smscampaign recover" in caught.value.remedy
    assert sum(len(one.receivers) for one in deliver(again, facts=GateFacts(send_again=True)).taken) == 6


def test_a_second_name_in_a_files_own_journal_is_refused_once_the_first_has_begun(world, tmp_path):
    own, all_of_them = tmp_path / "spring.journal.sqlite", tmp_path / "all.sqlite"
    first = world("spring", PEOPLE, journal=own)

    def renamed(place):
        store = open_journal(place)
        try:
            options = {**OPTIONS, "name": "Spring"}
            return planned(
                Campaign.load(tmp_path / "spring.csv", options=options), store, gateway="fake"
            ).record
        finally:
            store.close()

    assert renamed(own).begun_at is None
    deliver(first, limit=2)
    with pytest.raises(
        JournalProblem, match="holds the campaign 'spring', which has begun, and not 'Spring'"
    ) as caught:
        renamed(own)
    assert "--name spring" in caught.value.remedy
    deliver(world("autumn", PEOPLE, journal=all_of_them), facts=GateFacts(send_again=True))
    assert renamed(all_of_them).begun_at is None


def test_looking_at_other_journals_leaves_no_trace_beside_them(world, tmp_path):
    first = world("spring", PEOPLE, journal=tmp_path / "other.sqlite")
    deliver(first)
    first.store.close()
    theirs = sqlite3.connect(tmp_path / "theirs.sqlite")
    theirs.execute("PRAGMA journal_mode=WAL")
    theirs.execute("CREATE TABLE notes (x)")
    theirs.close()
    again = world("spring", PEOPLE)
    before = {path.name for path in tmp_path.iterdir()}
    assert found(again) == [("spring", "other.sqlite", 6)]
    assert {path.name for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("tags", ["ab", "ba"])
def test_of_two_that_begin_at_once_everybody_gets_it_from_one(world, monkeypatch, tags):
    """The one with the lower tag goes first, whoever came first to the door; the other one waits and leaves them out."""
    first = world("spring", PEOPLE, tag=tags[0] * 10)
    second = world("summer", PEOPLE, tag=tags[1] * 10)
    look, gateways, began = launch.look_around, [FakeGateway(), FakeGateway()], []

    class Stop(threading.Event):
        def wait(self, timeout=None):
            if not began:
                began.append(deliver(second, gateways[1]))
            return False

    def look_and_let_the_other_come_to_the_door(plan, **more):
        if plan.record.inputs.name == "spring" and not began:
            enter(second.store, second.record)
        return look(plan, **more)

    monkeypatch.setattr(launch, "look_around", look_and_let_the_other_come_to_the_door)
    deliver(first, gateways[0], stop=Stop())
    if not began:
        deliver(second, gateways[1])
    taken = [sum(len(one.receivers) for one in gateway.taken) for gateway in gateways]
    assert taken == ([6, 0] if tags == "ab" else [0, 6])


def test_who_waits_for_another_one_that_never_begins_is_told(world, monkeypatch):
    monkeypatch.setattr(launch, "LOOKS", 2)
    monkeypatch.setattr(launch, "BETWEEN_LOOKS", 0)
    first, second = world("spring", PEOPLE, tag="a" * 10), world("summer", PEOPLE, tag="b" * 10)
    enter(first.store, first.record)
    gateway = FakeGateway()
    with pytest.raises(SentBefore, match="the campaign 'spring' is about to begin with the same text") as no:
        deliver(second, gateway)
    assert "`status`" in no.value.remedy
    assert gateway.calls == []
    assert len(deliver(second, gateway, facts=GateFacts(send_again=True)).taken) == 2


def test_of_two_journals_of_one_campaign_the_one_with_the_lower_tag_waits_for_the_other_to_give_way(
    world, tmp_path
):
    first = world("spring", PEOPLE, tag="b" * 10, journal=tmp_path / "b.sqlite", message="B {{ name }}")
    second = world("spring", PEOPLE, tag="a" * 10, journal=tmp_path / "a.sqlite", message="A {{ name }}")
    third = world("spring", PEOPLE, tag="c" * 10, journal=tmp_path / "c.sqlite", message="A {{ name }}")
    enter(first.store, first.record)

    class Stop(threading.Event):
        def wait(self, timeout=None):
            step_back(first.store, first.record)
            return False

    third.campaign.path.write_text(second.campaign.path.read_text())
    with pytest.raises(SentBefore, match="which is about to begin"):
        deliver(third)
    assert len(deliver(second, stop=Stop()).taken) == 2


def test_what_waits_in_a_campaign_that_has_begun_is_left_out(world):
    deliver(world("spring", PEOPLE, **{"limits.receivers_per_call": 1}), limit=2)
    assert held(world("summer", PEOPLE))[0] == 6
    count, told = held(world("autumn", PEOPLE[3:]))
    assert (count, told) == (3, "this number waits for it in the campaign spring (spring.journal.sqlite)")
    later = THEN + timedelta(days=31)
    assert held(world("winter", PEOPLE, at=later)) == (0, "")


def test_who_was_killed_at_the_door_is_not_there_once_somebody_looks_after_the_journal(world):
    first = world("spring", PEOPLE)
    enter(first.store, first.record)
    with first.store.writing() as connection:  # as whoever is killed leaves it
        connection.execute(
            schema.driver.insert().values(id=1, pid=1, host="gone", since=THEN, place="elsewhere")
        )
    other = world("spring", PEOPLE, journal=first.store.path.with_name("other.sqlite"))
    assert len(look_around(other).repeats) == 1
    open_journal(first.store.path).close()
    assert look_around(other).repeats == ()


def test_a_journal_that_is_gone_stops_those_beside_it_while_its_mark_is_there(world, tmp_path):
    first = world("spring", PEOPLE)
    deliver(first)
    first.store.close()
    (tmp_path / "spring.journal.sqlite").unlink()
    look = look_around(world("summer", PEOPLE))
    assert look.unread[0].startswith(
        "spring.journal.sqlite knows who had its campaign, but the journal is gone"
    )
    (tmp_path / "spring.journal.mark").unlink()
    assert look_around(world("autumn", PEOPLE)).unread == ()


@pytest.mark.parametrize("name", ["spring.results-2.csv", "spring.results.edition-1.csv"])
def test_results_under_another_name_of_ours_are_remembered(world, tmp_path, name):
    first = world("spring", PEOPLE)
    deliver(first)
    first.save_results(tmp_path / name)
    first.store.close()
    for one in tmp_path.glob("spring.journal*"):
        one.unlink()
    (told,) = look_around(world("spring", PEOPLE)).remembered
    assert told.startswith(f"{name} says that people were sent to")
