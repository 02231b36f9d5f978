"""A disk that is full, a folder that cannot be written, while a campaign is under way: it stops before the next call, says
why and what to do, and loses nothing; once there is room again it goes on.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from smscampaign import sandbox
from smscampaign.sandbox import Fault, FaultKind, Sandbox

pytestmark = [pytest.mark.crash]

PEOPLE = 45
_READ_ONLY, _REMOUNT, _BIND = 1, 32, 4096

_libc = ctypes.CDLL(None, use_errno=True)


def mount(source: str, target: Path, kind: str, flags: int, data: str = "") -> None:
    """mount(2), because not every machine has the command. Raises OSError."""
    words = [word.encode() for word in (source, str(target), kind)]
    if _libc.mount(*words, flags, data.encode() or None):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


@contextmanager
def small_disk(place: Path, kilobytes: int) -> Iterator[Path]:
    """A file system of its own in memory; skips where mounting is not allowed."""
    place.mkdir()
    try:
        mount("tmpfs", place, "tmpfs", 0, f"size={kilobytes}k")
    except OSError as error:
        pytest.skip(
            f"this machine lets nobody mount ({error.strerror}); the other tests of this file stand in"
        )
    try:
        yield place
    finally:
        _libc.umount2(str(place).encode(), 2)


@pytest.fixture
def here() -> Iterator[Any]:
    # Slow enough that the disk is filled while calls are under way.
    with sandbox.running(
        settings=Sandbox(accounts=2), faults=[Fault(FaultKind.LATENCY, seconds=0.01)]
    ) as opened:
        yield opened


@pytest.fixture
def campaign(new_campaign: Callable[..., Any], here: Any) -> Any:
    return new_campaign(here, count=PEOPLE, personal=True)


def stopped_with_a_remedy(one: Any, ended: Any, *, begun: bool = True) -> None:
    """Said in one sentence with what to do, and nothing was called of which the journal does not know."""
    assert ended.code in {1, 2}, one.story()
    assert "Error:" in ended.said, one.story()
    assert "→" in ended.said, one.story()
    if begun:
        # With another journal, which knows nobody, everyone would get the message once more.
        assert "with --journal" not in ended.said, one.story()
        assert "damaged" not in ended.said, one.story()
    one.check_at_any_time()


def goes_on(one: Any) -> None:
    """With room again it is finished."""
    assert one.do("run").code == 0, one.story()
    one.check_done()


def begun(one: Any) -> int:
    """A third of the campaign; the size of its journal in bytes."""
    assert one.do("run", "--limit", str(PEOPLE // 3)).code == 1, one.story()
    assert len(one.record()) == PEOPLE // 3
    return int(one.journal.stat().st_size)


# Full -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("room", [8, 100, 200, 280])
def test_no_file_may_grow_any_more(campaign: Any, room: int) -> None:
    """RLIMIT_FSIZE: writing beyond `room` kilobytes fails as on a full disk, wherever the tests run."""
    ended = campaign.do("run", largest_file=room * 1024)
    if ended.code == 0:
        pytest.skip(f"{room} kB are enough for a campaign of {PEOPLE}")
    stopped_with_a_remedy(campaign, ended, begun=bool(campaign.record()))
    goes_on(campaign)


@pytest.mark.parametrize("room", [4, 24, 64])
def test_the_disk_is_full_in_the_middle(campaign: Any, room: int) -> None:
    size = begun(campaign)
    ended = campaign.do("run", largest_file=size + room * 1024 if room > 4 else 4096)
    if ended.code == 0:
        pytest.skip(f"{room} kB more are enough")
    stopped_with_a_remedy(campaign, ended)
    goes_on(campaign)


@pytest.mark.parametrize("room", [0, 40, 100])
def test_a_real_file_system_without_room(campaign: Any, tmp_path: Path, room: int) -> None:
    with small_disk(tmp_path / "disk", 2000) as disk:
        home, campaign.folder = campaign.folder, disk / "people"
        shutil.copytree(home, campaign.folder)
        begun(campaign)
        ballast = disk / "ballast"
        free = shutil.disk_usage(disk).free
        ballast.write_bytes(b"\0" * (free - room * 1024))
        ended = campaign.do("run", look=False)
        ballast.unlink()
        if ended.code != 0:
            stopped_with_a_remedy(campaign, ended)
        else:
            assert room > 12, "nothing can be journaled in so little room"
        goes_on(campaign)


def test_what_was_taken_before_the_disk_was_full_is_known(campaign: Any, tmp_path: Path) -> None:
    """At most the calls that were under way are in doubt: nothing is called once the journal cannot be written."""
    with small_disk(tmp_path / "disk", 2000) as disk:
        home, campaign.folder = campaign.folder, disk / "people"
        shutil.copytree(home, campaign.folder)
        begun(campaign)
        before = len(campaign.record())
        ballast = disk / "ballast"
        ballast.write_bytes(b"\0" * (shutil.disk_usage(disk).free - 60 * 1024))
        ended = campaign.do("run", look=False)
        ballast.unlink()
        stopped_with_a_remedy(campaign, ended)
        accepted = [number for number, status in campaign.known() if number and status == "accepted"]
        # Two workers, and as many calls again that lay ready for them.
        assert len(campaign.record()) - len(accepted) <= 4, campaign.story()
        assert len(accepted) >= before
        goes_on(campaign)


# Full, while a journal is recovered --------------------------------------------------------------------------------


def left_as_it_was(one: Any, ended: Any, before: bytes) -> None:
    """The journal was not found beyond repair, and stands as it was."""
    assert ended.code == 2, one.story()
    assert "→ Make room" in ended.said, one.story()
    assert "with --journal" not in ended.said, one.story()
    assert "Do not send this campaign again" not in ended.said, one.story()
    assert one.journal.read_bytes() == before
    assert list(one.folder.glob("*.damaged")) == []
    assert list(one.folder.glob("*.recovering*")) == []


def recovers(one: Any) -> None:
    """With room again it is recovered, and the campaign finished."""
    assert one.do("recover", "--settle", "0").code == 0, one.story()
    goes_on(one)


@contextmanager
def nearly_full(campaign: Any, place: Path, room: int) -> Iterator[None]:
    """A campaign that has begun on a disk of its own that has `room` kilobytes left, then recovered with room again."""
    with small_disk(place, 2000) as disk:
        home, campaign.folder = campaign.folder, disk / "people"
        shutil.copytree(home, campaign.folder)
        begun(campaign)
        ballast = disk / "ballast"
        ballast.write_bytes(b"\0" * (shutil.disk_usage(disk).free - room * 1024))
        yield
        ballast.unlink()
        recovers(campaign)


def spoil(journal: Path) -> None:
    """An index written over: all its tables can be read still."""
    with closing(sqlite3.connect(journal)) as opened:
        (size,) = opened.execute("PRAGMA page_size").fetchone()
        (page,) = opened.execute("SELECT rootpage FROM sqlite_master WHERE name = 'chunk_queue'").fetchone()
    with journal.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)


@pytest.mark.parametrize("room", [0, 4, 16])
def test_a_sound_journal_is_not_called_damaged_on_a_full_disk(
    campaign: Any, tmp_path: Path, room: int
) -> None:
    with nearly_full(campaign, tmp_path / "disk", room):
        before = campaign.journal.read_bytes()
        ended = campaign.do("recover", look=False)
        assert "the disk is full" in ended.said
        assert "damaged" not in ended.said
        left_as_it_was(campaign, ended, before)


def test_nor_where_no_file_may_grow(campaign: Any) -> None:
    begun(campaign)
    before = campaign.journal.read_bytes()
    ended = campaign.do("recover", look=False, largest_file=4096)
    assert "damaged" not in ended.said
    left_as_it_was(campaign, ended, before)
    recovers(campaign)


def test_a_damaged_journal_whose_copy_may_not_grow_is_kept(campaign: Any) -> None:
    begun(campaign)
    spoil(campaign.journal)
    before = campaign.journal.read_bytes()
    ended = campaign.do("recover", look=False, largest_file=64 * 1024)
    assert "is damaged" in ended.said
    left_as_it_was(campaign, ended, before)
    recovers(campaign)


def test_a_damaged_journal_whose_copy_finds_no_room_is_kept(campaign: Any, tmp_path: Path) -> None:
    with nearly_full(campaign, tmp_path / "disk", 100):
        spoil(campaign.journal)
        before = campaign.journal.read_bytes()
        ended = campaign.do("recover", look=False)
        assert "is damaged" in ended.said
        assert "the disk is full" in ended.said
        left_as_it_was(campaign, ended, before)


# Read-only --------------------------------------------------------------------------------------------------------


@contextmanager
def nobody_may_write(one: Any, *, files: bool) -> Iterator[None]:
    """The folder (and what is in it) without permission to write, and no capability to do so all the same."""
    places = [one.folder, *(one.folder.rglob("*") if files else [])]
    modes = {place: stat.S_IMODE(place.stat().st_mode) for place in places}
    for place in places:
        place.chmod(0o555 if place.is_dir() else 0o444)
    try:
        yield
    finally:
        for place, mode in modes.items():
            place.chmod(mode)


@pytest.mark.parametrize("files", [False, True], ids=["folder", "folder and files"])
@pytest.mark.parametrize("already", [False, True], ids=["from the start", "in the middle"])
def test_a_folder_without_permission(campaign: Any, already: bool, files: bool) -> None:
    if already:
        begun(campaign)
    before = campaign.record()
    with nobody_may_write(campaign, files=files):
        ended = campaign.do("run", look=False, bound_by_permissions=True)
    assert ended.code == 2, campaign.story()
    stopped_with_a_remedy(campaign, ended, begun=already)
    assert campaign.record() == before, "it may not call anybody when it cannot write that down"
    goes_on(campaign)


@pytest.mark.parametrize("already", [False, True], ids=["from the start", "in the middle"])
def test_a_file_system_that_is_read_only(campaign: Any, tmp_path: Path, already: bool) -> None:
    with small_disk(tmp_path / "disk", 4000) as disk:
        home, campaign.folder = campaign.folder, disk / "people"
        shutil.copytree(home, campaign.folder)
        if already:
            begun(campaign)
        before = campaign.record()
        mount("tmpfs", disk, "tmpfs", _REMOUNT | _READ_ONLY)
        ended = campaign.do("run", look=False)
        mount("tmpfs", disk, "tmpfs", _REMOUNT)
        assert ended.code == 2, campaign.story()
        stopped_with_a_remedy(campaign, ended, begun=already)
        assert campaign.record() == before
        goes_on(campaign)


def test_only_the_results_cannot_be_written(campaign: Any) -> None:
    """Found out before anything leaves."""
    (campaign.folder / "out").mkdir()
    (campaign.folder / "out" / "results.csv").mkdir()
    ended = campaign.do("run", "--out", str(campaign.folder / "out" / "results.csv"))
    assert ended.code == 2
    stopped_with_a_remedy(campaign, ended, begun=False)
    assert not campaign.record()
    goes_on(campaign)
