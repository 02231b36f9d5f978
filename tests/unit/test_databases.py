"""Locks that a process has on an SQLite file outlive every look at it: of the folder, of results, of recipients."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from smscampaign import databases
from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.editions import planned
from smscampaign.campaign.old_results import unexplained
from smscampaign.campaign.repeats import look_around
from smscampaign.errors import FileProblem
from smscampaign.journal.neighbours import is_journal, looked_at
from smscampaign.journal.store import open_journal
from smscampaign.recipients import sources
from smscampaign.sandbox.store import open_store

OPTIONS = {"message": "Hello", "purpose": "transactional", "region": "DE", "sender": "Sandbox"}
THEN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def locks(*files):
    """The locks this process has on these files, as the kernel knows them."""
    ours = {file.stat().st_ino for file in files}
    lines = [line.split() for line in Path("/proc/locks").read_text().splitlines()]
    mine = [line for line in lines if line[1:2] == ["POSIX"] and line[4] == str(os.getpid())]
    return sorted((line[3], *line[5:]) for line in mine if int(line[5].rpartition(":")[2]) in ours)


def with_companions(path):
    return [one for one in (path, Path(f"{path}-wal"), Path(f"{path}-shm")) if one.exists()]


pytestmark = pytest.mark.skipif(
    not Path("/proc/locks").exists(), reason="locks are looked up where Linux tells"
)


@pytest.fixture(params=["camp.db", "people.journal.sqlite", "people.rejected.csv"])
def held(request, tmp_path):
    """A plan in a journal of some name, and a function that says whether all its locks are still held."""
    people = tmp_path / "people.csv"
    people.write_text("name,mobile\nAnna,+491713920000\n")
    store = open_journal(tmp_path / request.param)
    plan = planned(Campaign.load(people, options=OPTIONS), store, gateway="fake")
    with store.driving(), store.reading() as connection:
        connection.exec_driver_sql("SELECT count(*) FROM message").all()
        before = locks(*with_companions(store.path))
        assert {line[-2:] for line in before} >= {("128", "128")}  # the -shm: somebody is there
        yield plan, lambda: locks(*with_companions(store.path)) == before
    store.close()


def test_the_guard_takes_no_lock_away(held):
    plan, all_are_held = held
    os.link(plan.store.path, plan.store.path.with_name("other name"))
    look_around(plan, results=plan.store.path)
    look_around(plan, results=Path(f"{plan.store.path}-shm"))
    assert all_are_held()


def test_opening_it_once_more_takes_no_lock_away(held):
    plan, all_are_held = held
    open_journal(plan.store.path).close()
    with looked_at(plan.store.path) as other:
        assert other.find("people")
    assert is_journal(plan.store.path)
    assert not is_journal(Path(f"{plan.store.path}-shm"))
    assert all_are_held()


def test_taking_it_for_recipients_or_results_takes_no_lock_away(held):
    plan, all_are_held = held
    for path in with_companions(plan.store.path):
        with pytest.raises(FileProblem, match="SQLite database"):
            sources.open_recipients(path)
        assert not unexplained(path, known=(), since=THEN)
    assert all_are_held()


def test_a_second_sandbox_on_the_same_file_is_refused_and_takes_no_lock_away(tmp_path):
    path = tmp_path / "sandbox.sqlite"
    store = open_store(path)
    before = locks(path)
    assert before
    with pytest.raises(Exception, match="cannot be used"):
        open_store(path)
    assert databases.is_database(path)
    assert not is_journal(path)
    assert locks(path) == before
    store.close()


def test_a_look_leaves_nothing_behind_and_what_stood_there_stays(tmp_path):
    path = tmp_path / "theirs.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as theirs:
        theirs.execute("PRAGMA journal_mode=WAL")
        theirs.execute("CREATE TABLE notes (x)")
        folder = tmp_path / "killed"
        folder.mkdir()
        for one in with_companions(path)[:2]:  # as it is without those who wrote it
            shutil.copy(one, folder)
    assert databases.tables_in(path) == {"notes"}
    assert with_companions(path) == [path]
    killed = folder / path.name
    size = Path(f"{killed}-wal").stat().st_size
    assert databases.tables_in(killed) == {"notes"}
    assert Path(f"{killed}-wal").stat().st_size == size > 0


@pytest.mark.parametrize("content", [b"", b"a", b"name,mobile\n", b"SQLite format 3\0" + b"x" * 5000])
def test_what_is_no_database(tmp_path, content):
    path = tmp_path / "people.csv"
    path.write_bytes(content)
    assert not databases.is_database(path)
    assert databases.tables_in(path) is None
    assert path.read_bytes() == content
    assert [one.name for one in tmp_path.iterdir()] == ["people.csv"]


def test_only_regular_files_are_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe.journal.sqlite")
    for path in (tmp_path, tmp_path / "pipe.journal.sqlite", tmp_path / "nothing"):
        assert not databases.is_database(path)
        assert not is_journal(path)


@pytest.mark.parametrize(
    ("room", "said"),
    [
        (0, "the journal cannot be written (the disk is full: 0 KB are left)"),
        (100_000, "the journal cannot be written (the disk is full: 97 KB are left)"),
        (10_000_000, "the journal cannot be written (unable to open database file)"),
    ],
)
def test_what_sqlite_says_on_a_full_disk_is_told_as_that(tmp_path, monkeypatch, room, said):
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=room))
    with (
        pytest.raises(sqlite3.OperationalError) as caught,
        closing(databases.connect(tmp_path / "none")) as opened,
    ):
        opened.execute("SELECT 1 FROM sqlite_master")
    problem = databases.in_the_way(tmp_path / "none", caught.value)
    assert problem is not None
    assert problem.what == said
    assert databases.in_the_way(tmp_path, sqlite3.IntegrityError("no")) is None
    refused = databases.in_the_way(tmp_path / "none", PermissionError(13, "Permission denied"))
    assert refused is not None
    assert refused.what == "the journal cannot be written (Permission denied)"


@pytest.mark.timeout(20)
def test_a_look_waits_for_no_database_that_somebody_keeps_to_himself(tmp_path, monkeypatch):
    """A sandbox holds its own so: every look through its folder waited for it twice."""
    monkeypatch.setattr(databases, "PATIENCE", 60.0)
    path = tmp_path / "own.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as owner:
        owner.execute("PRAGMA journal_mode=WAL")
        owner.execute("CREATE TABLE one (x)")
    with closing(sqlite3.connect(path, isolation_level=None)) as owner:
        owner.execute("PRAGMA locking_mode=EXCLUSIVE")
        owner.execute("INSERT INTO one VALUES (1)")
        owner.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        assert databases.tables_in(path) is None
    assert databases.tables_in(path) == {"one"}
