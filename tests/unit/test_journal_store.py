"""Opening a journal: its rights, its lock, and what happens to a file that is none."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from smscampaign.errors import JournalProblem
from smscampaign.journal import migrations, schema
from smscampaign.journal.answers import answers
from smscampaign.journal.doubted_calls import Absent
from smscampaign.journal.neighbours import looked_at
from smscampaign.journal.protocol import utc_now
from smscampaign.journal.queue import Queue
from smscampaign.journal.store import open_journal
from smscampaign.model import NotSent, Purpose, Terms

HOLDER = """
import sys, time
from pathlib import Path
from smscampaign.journal.store import open_journal
journal = open_journal(Path(sys.argv[1]))
with journal.driving():
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(journal):
    """Another process that drives the journal."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(journal.path)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout.readline() == "held\n"
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_all_its_files_are_for_their_owner_only(journal, planted):
    planted(journal, ["A"])
    with journal.driving():
        modes = {
            path.name: stat.S_IMODE(path.stat().st_mode)
            for path in journal.path.parent.iterdir()
            if path.name.startswith(journal.path.name)
        }
    assert f"{journal.path.name}-wal" in modes
    assert f"{journal.path.name}.lock" in modes
    assert set(modes.values()) == {0o600}, modes


def test_it_is_written_through_to_the_disk(journal):
    with journal.writing() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_what_was_written_is_there_after_opening_it_again(tmp_path, inputs):
    path = tmp_path / "j.sqlite"
    first = open_journal(path)
    record = first.begin(inputs(ingredients={"message": "żółć"}, settings={"a": [1]}), tag="tag")
    first.close()
    again = open_journal(path, create=False)
    assert again.find("spring") == record
    assert again.find("autumn") is None
    again.close()


def test_a_transaction_that_fails_never_happened(journal, inputs):
    record = journal.begin(inputs(), tag="tag")

    def change_and_fail():
        with journal.writing() as connection:
            connection.execute(update(schema.campaign).values(tag="changed"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        change_and_fail()
    assert journal.find("spring") == record


@pytest.mark.parametrize("name", ["what?.sqlite", "50%20 off & more #1.sqlite", "été ' \".sqlite"])
def test_any_file_name_will_do(tmp_path, inputs, name):
    path = tmp_path / name
    opened = open_journal(path)
    opened.begin(inputs(), tag="tag")
    opened.close()
    assert path.read_bytes().startswith(b"SQLite format 3")
    assert {one.name.removesuffix("-wal").removesuffix("-shm") for one in tmp_path.iterdir()} == {name}


def test_one_that_must_exist_is_not_made(tmp_path):
    with pytest.raises(JournalProblem, match="no journal yet"):
        open_journal(tmp_path / "j.sqlite", create=False)
    assert list(tmp_path.iterdir()) == []


def test_another_programs_database_is_refused_and_left_as_it_is(tmp_path):
    path = tmp_path / "j.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(JournalProblem, match="another program"):
        open_journal(path)
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("theirs",)]
    connection.close()
    assert len(path.read_bytes()) == len(before)


@pytest.mark.parametrize(
    "content", [b"name,number\nAnna,+33639980001\n" * 40, b"SQLite format 3\0" + b"x" * 5000]
)
def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(tmp_path, content):
    path = tmp_path / "spring.csv"
    path.write_bytes(content)
    with pytest.raises(JournalProblem, match="not a journal") as caught:
        open_journal(path)
    assert caught.value.where == str(path)
    assert "--journal" in caught.value.remedy or "make the place writable" in caught.value.remedy
    assert path.read_bytes() == content


def test_a_journal_that_is_damaged_further_down_says_so(tmp_path, planted):
    path = tmp_path / "j.sqlite"
    journal = open_journal(path)
    record = planted(journal, [f"Text {n}" for n in range(1500)])
    journal.close()
    content = bytearray(path.read_bytes())
    middle = len(content) // 8192 * 4096
    content[middle:] = b"\xff" * (len(content) - middle)
    path.write_bytes(content)
    damaged = open_journal(path)
    with pytest.raises(JournalProblem, match="the journal is damaged"):
        list(answers(damaged, record))
    with pytest.raises(JournalProblem, match="the journal is damaged"), damaged.writing() as connection:
        connection.exec_driver_sql("REINDEX")
    damaged.close()


@pytest.mark.parametrize("place", ["nowhere/j.sqlite", "."])
def test_a_place_that_cannot_be_written_is_told(tmp_path, place):
    with pytest.raises(JournalProblem, match="cannot be written") as caught:
        open_journal(tmp_path / place)
    assert "--journal" in caught.value.remedy or "make the place writable" in caught.value.remedy


def test_a_lock_that_cannot_be_made_is_told(journal):
    (journal.path.parent / f"{journal.path.name}.lock").mkdir()
    with pytest.raises(JournalProblem) as caught, journal.driving():
        pytest.fail("it cannot be driven")
    assert "--journal" in caught.value.remedy or "make the place writable" in caught.value.remedy


def test_a_full_disk_is_told_and_what_was_recorded_stays(journal, inputs):
    record = journal.begin(inputs(), tag="tag")

    def fill_the_disk():
        with journal.writing() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
            connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
            connection.execute(update(schema.campaign).values(settings="x" * 100_000))

    with pytest.raises(JournalProblem, match="cannot be written") as caught:
        fill_the_disk()
    assert "Make room" in caught.value.remedy
    assert journal.find("spring") == record


def test_a_mistake_of_ours_is_not_passed_off_as_a_full_disk(journal):
    with pytest.raises(IntegrityError), journal.writing() as connection:
        connection.execute(insert(schema.about).values(version=schema.VERSION))


def test_one_at_a_time_and_the_second_is_told_who_holds_it(journal, holder):
    with pytest.raises(JournalProblem, match=rf"another smscampaign is at work.*process {holder.pid} on"):
        journal.driving().__enter__()


def test_a_lock_ends_with_its_process_however_it_ends(journal, holder):
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    with journal.driving():
        pass


def test_two_openings_in_one_process_exclude_each_other_too(journal):
    second = open_journal(journal.path)
    with journal.driving():
        with pytest.raises(JournalProblem, match="another smscampaign is at work"):
            second.driving().__enter__()
        # Looking needs no lock.
        assert second.find("spring") is None
    with second.driving():
        pass
    second.close()


def test_the_lock_is_given_back_when_the_work_fails(journal):
    with pytest.raises(ZeroDivisionError), journal.driving():
        raise ZeroDivisionError
    with journal.driving():
        pass


def test_the_first_moment_a_campaign_begun_is_kept(journal, planted, clock):
    record = planted(journal, ["A"])
    begun = clock()
    journal.mark_begun(record, account="sms-1")
    clock.step(60)
    # The same object again, which does not know yet that it has begun.
    journal.mark_begun(record, account="sms-1")
    found = journal.find("spring")
    assert (found.begun_at, found.inputs.account) == (begun, "sms-1")


def test_moments_keep_their_microsecond_and_their_zone(journal, clock, inputs):
    clock.now = datetime(2026, 3, 2, 9, 0, 0, 123457, tzinfo=UTC)
    journal.begin(inputs(), tag="tag")
    with journal.reading() as connection:
        assert connection.execute(select(schema.campaign.c.created_at)).scalar_one() == clock.now


def test_the_default_clock_knows_its_zone():
    assert utc_now().tzinfo is UTC


def killed(holder):
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()


def copied(path, folder, *suffixes):
    """A journal in another folder, with those of its companions that are named."""
    folder.mkdir()
    for suffix in ("", *suffixes):
        shutil.copy(f"{path}{suffix}", folder / f"{path.name}{suffix}")
    return folder / path.name


def test_a_journal_copied_without_its_wal_is_refused_until_that_is_fetched(
    journal, planted, holder, tmp_path
):
    planted(journal, ["A"])
    killed(holder)
    copy = copied(journal.path, tmp_path / "elsewhere")
    for _ in range(2):  # looking at it leaves nothing behind that passes for what is missing
        with pytest.raises(JournalProblem, match="without its -wal") as caught:
            open_journal(copy)
        assert f"fetch {journal.path}-wal" in caught.value.remedy
        with pytest.raises(JournalProblem, match="without its -wal"), looked_at(copy):
            pytest.fail("it is looked at")
    shutil.copy(f"{journal.path}-wal", f"{copy}-wal")
    whole = open_journal(copy)
    assert whole.find("spring") == journal.find("spring")
    whole.close()
    # What was fetched stands in the file now.
    again = open_journal(copied(copy, tmp_path / "further"))
    assert again.find("spring") == journal.find("spring")
    again.close()


def test_a_journal_that_was_killed_is_taken_up_where_it_is_by_whoever_opens_it(journal, holder, tmp_path):
    killed(holder)
    journal.close()
    open_journal(journal.path).close()
    assert not Path(f"{journal.path}-wal").exists()
    open_journal(copied(journal.path, tmp_path / "elsewhere")).close()


def test_a_journal_that_another_tool_wrote_through_is_still_the_whole_one(journal, holder):
    killed(holder)
    journal.close()
    tool = sqlite3.connect(journal.path)
    assert tool.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
    tool.close()
    assert not Path(f"{journal.path}-wal").exists()
    open_journal(journal.path).close()


def test_one_that_is_at_work_is_not_taken_up(journal, holder):
    open_journal(journal.path).close()
    with journal.reading() as connection:
        assert connection.execute(select(schema.driver.c.pid)).scalars().all() == [holder.pid]


def test_a_journal_nobody_drives_can_be_copied_alone(journal, planted, tmp_path):
    with journal.driving():
        record = planted(journal, ["A"])
        journal.mark_begun(record, account="sms-1")
    copy = open_journal(copied(journal.path, tmp_path / "elsewhere"))
    assert copy.find("spring") == journal.find("spring")
    copy.close()


def test_the_file_itself_says_that_the_campaign_has_begun(journal, planted, tmp_path):
    with journal.driving():
        record = planted(journal, ["A"])
        journal.mark_begun(record, account="sms-1")
        alone = sqlite3.connect(f"file:{copied(journal.path, tmp_path / 'x')}?immutable=1", uri=True)
        assert alone.execute("SELECT count(*) FROM campaign WHERE begun_at IS NOT NULL").fetchone() == (1,)
        alone.close()


def test_by_a_symbolic_link_it_is_the_same_journal(journal, holder, tmp_path):
    link = tmp_path / "link.sqlite"
    link.symlink_to(journal.path)
    linked = open_journal(link)
    with pytest.raises(JournalProblem, match="another smscampaign is at work"):
        linked.driving().__enter__()
    linked.close()


def test_a_journal_of_two_names_is_refused(journal, tmp_path):
    os.link(journal.path, tmp_path / "other.sqlite")
    with pytest.raises(JournalProblem, match="two names"):
        open_journal(tmp_path / "other.sqlite")


def test_advice_about_a_journal_that_cannot_be_read_never_leads_to_sending(journal, tmp_path):
    with journal.writing() as connection:
        connection.execute(update(schema.about).values(version=migrations.OLDEST - 1))
    journal.close()
    damaged = tmp_path / "damaged.journal.sqlite"
    damaged.write_bytes(bytes(100) + journal.path.read_bytes()[100:])
    for path in (journal.path, damaged):
        with pytest.raises(JournalProblem) as caught:
            open_journal(path)
        assert "Do not send this campaign again" in caught.value.remedy
        assert "--journal" not in caught.value.remedy


def test_whoever_lost_the_journal_to_another_makes_no_more_calls(journal, planted):
    record = planted(journal, ["A", "B"], size=1)
    queue = Queue(journal, record, sender="Shop", terms=Terms(Purpose.MARKETING))
    with journal.driving():
        first, second = queue.claim(2)
        assert queue.keep(first) is None
        with journal.writing() as connection:
            connection.execute(
                update(schema.chunk).where(schema.chunk.c.id == first.id).values(state="in-doubt")
            )
        assert "took this call up" in queue.keep(first)
        assert queue.keep(second) is None
        with journal.writing() as connection:
            connection.execute(update(schema.driver).values(id=schema.driver.c.id + 1))
        with pytest.raises(JournalProblem, match="taken up this journal"):
            queue.keep(second)


def test_an_outcome_does_not_touch_a_call_that_was_made_again_meanwhile(journal, planted):
    record = planted(journal, ["A"])
    queue = Queue(journal, record, sender="Shop", terms=Terms(Purpose.MARKETING))
    (claim,) = queue.claim(1)
    queue.recover()
    queue.conclude([(queue.doubts()[0], Absent("OVHcloud does not know it"))])[0]
    (again,) = queue.claim(1)
    queue.record([(claim, NotSent("stopped"))])
    with journal.reading() as connection:
        row = connection.execute(select(schema.chunk.c.state, schema.chunk.c.attempts)).one()
    assert tuple(row) == ("sending", again.attempts)


def test_a_link_to_what_is_not_there_is_no_new_journal(tmp_path):
    """Whoever knows who had its campaign is elsewhere; a new journal would know of nobody."""
    link = tmp_path / "spring.journal.sqlite"
    link.symlink_to(tmp_path / "elsewhere" / "spring.journal.sqlite")
    with pytest.raises(JournalProblem, match="what it leads to is not there"):
        open_journal(link)
    assert link.is_symlink()
