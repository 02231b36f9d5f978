"""The mark beside a journal: a journal that is not the one that knows is refused, whatever became of it."""

from __future__ import annotations

import shutil
import sqlite3
from datetime import timedelta

import pytest

from smscampaign.campaign import launch
from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.editions import planned
from smscampaign.campaign.gates import GateFacts
from smscampaign.campaign.launch import LaunchOptions
from smscampaign.errors import JournalProblem
from smscampaign.gateway.fake import FakeGateway
from smscampaign.gateway.pace import Pace
from smscampaign.journal.marks import Mark, MarkState
from smscampaign.journal.neighbours import looked_at
from smscampaign.journal.store import journal_exists, open_journal
from smscampaign.model import Refused

# Numbers that Germany's regulator keeps for films.
PEOPLE = "name,mobile\n" + "".join(f"P{n},+4917139200{n:02d}\n" for n in range(6))
OPTIONS = {
    "message": "Hello {{ name }}",
    "purpose": "transactional",
    "region": "DE",
    "sender": "Sandbox",
    "limits.receivers_per_call": 1,
}


@pytest.fixture
def run(tmp_path):
    """One run of `spring.csv` in a journal, of so many rows at most."""

    def once(name="spring.journal.sqlite", limit=None, gateway="fake", carrier=None, again=False):
        (tmp_path / "spring.csv").write_text(PEOPLE)
        store = open_journal(tmp_path / name)
        try:
            plan = planned(Campaign.load(tmp_path / "spring.csv", options=OPTIONS), store, gateway=gateway)
            how = LaunchOptions(
                pace=Pace(0),
                settle=timedelta(0),
                first_wait=0.001,
                limit=limit,
                facts=GateFacts(send_again=again),
            )
            launch.deliver(plan, carrier or FakeGateway(), how, confirm=plan.code)
            return store.remarks
        finally:
            store.close()

    return once


@pytest.fixture
def journal(tmp_path, run):
    """A journal from which two of six people had a message."""
    run(limit=2)
    return tmp_path / "spring.journal.sqlite"


def mark_of(journal):
    return Mark(journal).path


@pytest.mark.parametrize(
    ("journal", "mark"),
    [
        ("spring.journal.sqlite", "spring.journal.mark"),
        ("spring.sandbox.journal.sqlite", "spring.sandbox.journal.mark"),
        ("camp.db", "camp.db.mark"),
        ("camp.sqlite", "camp.sqlite.mark"),
        ("camp", "camp.mark"),
    ],
)
def test_a_mark_has_the_name_of_its_journal(tmp_path, journal, mark):
    assert mark_of(tmp_path / journal) == tmp_path / mark


def test_a_mark_stands_beside_a_journal_from_which_something_was_sent(tmp_path, run):
    open_journal(tmp_path / "spring.journal.sqlite").close()
    assert not (tmp_path / "spring.journal.mark").exists()
    run(limit=2)
    assert (tmp_path / "spring.journal.mark").stat().st_mode & 0o777 == 0o600
    before = Mark(tmp_path / "spring.journal.sqlite").read()
    run()
    after = Mark(tmp_path / "spring.journal.sqlite").read()
    assert (before.identity, before.counter < after.counter) == (after.identity, True)


def test_the_mark_says_what_the_journal_says_before_each_call(tmp_path, run):
    seen = []

    class Looking(FakeGateway):
        def submit(self, chunk):
            with looked_at(tmp_path / "spring.journal.sqlite") as store, store.reading() as connection:
                (claimed,) = connection.exec_driver_sql(
                    "SELECT identity, counter, (SELECT count(*) FROM chunk WHERE state = 'sending') FROM about"
                ).all()
                seen.append((claimed[2] > 0, Mark(tmp_path / "spring.journal.sqlite").read(), claimed[:2]))
            return super().submit(chunk)

    run(carrier=Looking())
    assert len(seen) == 6
    assert all(claimed and mark.identity == told[0] for claimed, mark, told in seen)
    # Another call may be recorded between the two looks, so that one of them is later.
    assert any(mark.counter == told[1] for _, mark, told in seen)


def test_a_rehearsal_and_what_reached_nobody_have_no_mark(tmp_path, run):
    run("spring.sandbox.journal.sqlite", gateway="sandbox")
    refusing = FakeGateway([Refused("403", "bad key", stops=True)] * 6)
    run(carrier=refusing)
    assert list(tmp_path.glob("*.mark")) == []
    (tmp_path / "spring.journal.sqlite").unlink()
    run()


@pytest.mark.parametrize("how", ["empty", "gone", "a database without tables"])
def test_a_journal_that_is_gone_or_empty_is_refused_beside_its_mark(journal, run, how):
    journal.unlink()
    if how == "empty":
        journal.touch()
    elif how != "gone":
        other = sqlite3.connect(journal)
        other.execute("VACUUM")
        other.close()
    assert journal_exists(journal)
    for create in (True, False):
        with pytest.raises(
            JournalProblem, match=r"spring\.journal\.mark says that a campaign has begun"
        ) as caught:
            open_journal(journal, create=create)
        assert "smscampaign recover" in caught.value.remedy
    with pytest.raises(JournalProblem):
        run()
    mark_of(journal).unlink()
    run()


def test_an_older_copy_is_refused_and_only_read_by_whoever_asks_what_was_sent_since(journal, run, tmp_path):
    copy = tmp_path / "copy"
    shutil.copy(journal, copy)
    run(limit=2)
    shutil.copy(copy, journal)
    for opened in (lambda: open_journal(journal), lambda: looked_at(journal).__enter__()):
        with pytest.raises(JournalProblem, match="is an older copy"):
            opened()
    open_journal(journal, behind=True).close()


def test_a_copy_from_before_the_campaign_began_is_refused(run, tmp_path):
    journal, copy = tmp_path / "spring.journal.sqlite", tmp_path / "copy"
    (tmp_path / "spring.csv").write_text(PEOPLE)
    store = open_journal(journal)
    planned(Campaign.load(tmp_path / "spring.csv", options=OPTIONS), store, gateway="fake")
    store.close()
    shutil.copy(journal, copy)
    run(limit=1)
    shutil.copy(copy, journal)
    with pytest.raises(JournalProblem, match="is an older copy"):
        run()
    mark_of(journal).write_bytes(b"rubbish")
    with pytest.raises(JournalProblem, match="another one that was here"):
        run()


def test_another_journal_in_its_place_is_refused_even_to_be_recovered(journal, run, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    run("other/spring.journal.sqlite", again=True)
    shutil.copy(other / "spring.journal.sqlite", journal)
    for behind in (False, True):
        with pytest.raises(JournalProblem, match=r"not the journal that spring\.journal\.mark is of"):
            open_journal(journal, behind=behind)


@pytest.mark.parametrize("spoiled", [None, b"", b"rubbish" * 40])
def test_a_mark_that_is_missing_or_spoiled_is_written_anew_and_told_once(journal, run, spoiled):
    said = Mark(journal).read()
    mark_of(journal).unlink()
    if spoiled is not None:
        mark_of(journal).write_bytes(spoiled)
    (told,) = run(limit=1)
    assert "was written anew" in told
    assert run(limit=1) == ()
    again = Mark(journal).read()
    assert (again.identity, again.counter > said.counter) == (said.identity, True)


def test_a_mark_that_goes_while_the_journal_is_open_comes_back(journal, tmp_path):
    store = open_journal(journal)
    try:
        for _ in range(2):
            with store.writing() as connection:
                connection.exec_driver_sql("UPDATE campaign SET account = 'x'")
            mark_of(journal).unlink()
        with store.writing() as connection:
            connection.exec_driver_sql("UPDATE campaign SET account = 'y'")
    finally:
        store.close()
    assert mark_of(journal).exists()


def test_a_journal_is_moved_with_its_mark_or_without_it(journal, run, tmp_path):
    (tmp_path / "there").mkdir()
    moved = tmp_path / "there" / "camp.db"
    journal.rename(moved)
    with pytest.raises(JournalProblem, match="is gone"):
        run()
    store = open_journal(moved)
    (told,) = store.remarks
    store.close()
    assert "camp.db.mark was missing" in told
    moved.rename(tmp_path / "camp.db")
    (tmp_path / "there" / "camp.db.mark").rename(tmp_path / "camp.db.mark")
    assert run("camp.db") == ()


def test_by_a_symbolic_link_there_is_one_mark(journal, run, tmp_path):
    link = tmp_path / "link.db"
    link.symlink_to(journal)
    run("link.db", limit=1)
    assert [one.name for one in tmp_path.glob("*.mark")] == ["spring.journal.mark"]
    journal.unlink()
    with pytest.raises(JournalProblem, match="is gone"):
        open_journal(link)


def test_a_mark_is_never_lowered(tmp_path):
    one, other = Mark(tmp_path / "camp.db"), Mark(tmp_path / "camp.db")
    one.write(MarkState("0" * 32, 7))
    other.write(MarkState("0" * 32, 6))
    assert one.read() == MarkState("0" * 32, 7)
    one.write(MarkState("0" * 32, 8))
    assert other.read() == MarkState("0" * 32, 8)
    one.close()
    other.close()


def test_a_mark_that_cannot_be_written_stops_before_the_call(journal, run):
    mark_of(journal).unlink()
    mark_of(journal).mkdir()
    gateway = FakeGateway()
    with pytest.raises(JournalProblem, match="the mark of the journal is no file of its own"):
        run(carrier=gateway)
    assert gateway.calls == []


def test_a_mark_that_leads_elsewhere_is_refused_and_what_it_leads_to_stays_as_it_is(journal, run, tmp_path):
    elsewhere = tmp_path / "theirs"
    elsewhere.write_text("somebody's")
    elsewhere.chmod(0o644)
    mark = mark_of(journal)
    mark.unlink()
    mark.symlink_to(elsewhere)
    with pytest.raises(JournalProblem, match="no file of its own"):
        run()
    assert (elsewhere.read_text(), elsewhere.stat().st_mode & 0o777) == ("somebody's", 0o644)
