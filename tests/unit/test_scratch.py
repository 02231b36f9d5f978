"""Folders that are thrown away: they go with whoever uses them, and the next one sweeps what a killed one left."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from smscampaign.scratch import ScratchFolder, scratch_folder

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="folders are locked on POSIX only")

_HOLD = (
    "import sys, time; from smscampaign.scratch import ScratchFolder;"
    "f = ScratchFolder(); (f.path / 'plan.sqlite').write_text('+33639980078'); print(f.path, flush=True); time.sleep(600)"
)


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_it_is_the_users_alone_and_goes_with_the_block(place):
    with scratch_folder() as folder:
        assert folder.parent == place
        assert folder.stat().st_mode & 0o777 == 0o700
        (folder / "plan.sqlite").touch()
    assert list(place.iterdir()) == []


def test_it_goes_with_the_last_object_that_holds_it(place):
    held = ScratchFolder()
    assert held.path.exists()
    del held
    gc.collect()
    assert list(place.iterdir()) == []


def test_what_a_killed_one_left_is_swept_by_the_next_and_what_is_in_use_stays(place):
    killed, alive = (
        subprocess.Popen([sys.executable, "-c", _HOLD], stdout=subprocess.PIPE, text=True) for _ in range(2)
    )
    try:
        left, used = (Path(one.stdout.readline().strip()) for one in (killed, alive))
        os.kill(killed.pid, signal.SIGKILL)
        killed.wait(30)
        assert left.exists()
        with scratch_folder():
            assert not left.exists()
            assert (used / "plan.sqlite").exists()
    finally:
        for one in (killed, alive):
            one.kill()
            one.communicate(timeout=30)


def test_nothing_else_is_touched(place):
    mine = place / "smscampaign-results"
    mine.mkdir()
    (place / "smscampaign-scratch-file").touch()
    (place / "smscampaign-scratch-link").symlink_to(mine)
    with scratch_folder():
        pass
    assert {one.name for one in place.iterdir()} == {
        "smscampaign-results",
        "smscampaign-scratch-file",
        "smscampaign-scratch-link",
    }
