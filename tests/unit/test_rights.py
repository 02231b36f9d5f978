"""Files that were there before with wider rights are narrowed to their owner's, by name and without opening them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from smscampaign import databases
from smscampaign.campaign.files import set_aside
from smscampaign.errors import JournalProblem
from smscampaign.journal.store import open_journal

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows keeps rights in another way")


def rights(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def wide(tmp_path, planted):
    """A journal and all that stands beside it while it is driven, for everybody to read."""
    store = open_journal(tmp_path / "spring.journal.sqlite")
    record = planted(store, ["A"])
    with store.driving(together=True):
        store.mark_begun(record, account="")
        files = sorted(tmp_path.glob("spring.journal*"))
        assert {path.name.removeprefix("spring.journal") for path in files} == {
            ".sqlite",
            ".sqlite-wal",
            ".sqlite-shm",
            ".sqlite.lock",
            ".mark",
        }
        for path in files:
            path.chmod(0o644)
        yield files
    store.close()


def test_a_journal_and_its_neighbours_are_narrowed(wide, tmp_path):
    other = open_journal(tmp_path / "spring.journal.sqlite")
    assert {path.name: oct(rights(path)) for path in wide} == {path.name: "0o600" for path in wide}
    assert other.remarks == ()
    other.close()


def test_where_rights_are_not_kept_it_is_said(wide, tmp_path, monkeypatch):
    monkeypatch.setattr(Path, "chmod", lambda *_: None)
    other = open_journal(tmp_path / "spring.journal.sqlite")
    assert {one.removesuffix(": the file system keeps no rights") for one in other.remarks} == {
        f"Others can read {path.name}" for path in wide
    }
    other.close()


def test_what_somebody_else_owns_and_others_read_is_refused(wide, tmp_path, monkeypatch):
    monkeypatch.setattr(databases.os, "geteuid", lambda: 12345)
    monkeypatch.setattr(databases, "_owner", lambda at: 54321)
    with pytest.raises(JournalProblem, match="belongs to somebody else"):
        open_journal(tmp_path / "spring.journal.sqlite")


def test_nothing_is_opened_for_it(tmp_path, monkeypatch):
    path = tmp_path / "a.sqlite"
    path.touch(0o666)
    path.chmod(0o666)
    monkeypatch.setattr(os, "open", None)
    assert databases.open_to_others([path, tmp_path / "gone", tmp_path]) == []
    assert rights(path) == 0o600


def test_results_that_are_set_aside_are_narrowed(tmp_path):
    results = tmp_path / "spring.results.csv"
    results.touch()
    results.chmod(0o644)
    assert rights(set_aside(results, 1)) == 0o600
