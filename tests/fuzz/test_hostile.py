"""What means ill ends in one message: no traceback, no hang, no more memory than a file of its size warrants.

60 cases of a seeded choice; with `SMSCAMPAIGN_EVERY_CASE=1` all of them, more than 1 000, which takes some minutes.
Each is a command of its own. Time is the processor's: more than 5 s of it ends
the process by a signal, however busy the machine is.
"""

from __future__ import annotations

import json
import os
import re
import resource
import select
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.forks import Forked

from .hostile import Case, cases, good_workbooks
from .reading import read

#: Its value is the seed: with another one the edits and the command lines are others.
EVERY = os.environ.get("SMSCAMPAIGN_EVERY_CASE", "")
SECONDS, MEGABYTES = 5, 300
#: What waits for something that never comes uses no time of the processor.
PATIENCE = 60

CASES = cases(int(EVERY)) if EVERY else cases(11)[:60]


@dataclass(frozen=True)
class Ended:
    """How a process ended, what it said, its seconds of the processor's time and its largest size in MB."""

    status: int
    out: str
    err: str
    seconds: float
    megabytes: float


def ended(arguments: tuple[str, ...], folder: Path, environment: dict[str, str]) -> Ended:
    """The command, run to its end."""
    streams = [folder.parent / "out", folder.parent / "err"]
    with streams[0].open("wb") as out, streams[1].open("wb") as err:
        process = Forked(
            "smscampaign",
            arguments,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
        )
    resource.prlimit(process.pid, resource.RLIMIT_CPU, (SECONDS + 1, SECONDS + 9))
    descriptor = os.pidfd_open(process.pid)
    try:
        waits = not select.select([descriptor], [], [], PATIENCE)[0]
        if waits:
            process.kill()
    finally:
        os.close(descriptor)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert not waits, f"it waits for something: {arguments}"
    said = [stream.read_bytes().decode("utf-8", "replace") for stream in streams]
    return Ended(process.returncode, *said, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Without anybody's keys, and with an address at which nobody answers."""
    home = tmp_path / "home"
    home.mkdir()
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("OVH_", "SMSCAMPAIGN_"))
    }
    keys = {f"OVH_{name}": "x" * 16 for name in ("APPLICATION_KEY", "APPLICATION_SECRET", "CONSUMER_KEY")}
    own = {
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home),
        "XDG_STATE_HOME": str(home),
        "OVH_ENDPOINT": "http://127.0.0.1:1/1.0",
    }
    return {**kept, **keys, **own}


@pytest.mark.parametrize("name", good_workbooks())
def test_what_hostile_workbooks_are_made_of_is_good(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(good_workbooks()[name])
    assert isinstance(read(tmp_path / name), int)


@pytest.mark.parametrize("case", CASES, ids=lambda case: re.sub(r"[^\w.-]", "_", case.name))
def test_it_ends_in_one_message(tmp_path: Path, environment: dict[str, str], case: Case) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    case.prepare(folder)
    found = ended(case.arguments, folder, environment)
    assert found.status != -signal.SIGXCPU, "more than 6 s of the processor's time"
    assert found.seconds < SECONDS
    assert found.megabytes < MEGABYTES
    assert "Traceback" not in found.out + found.err
    assert "defect" not in found.out + found.err
    assert found.status in {0, 1, 2}, found.err
    # The next command is what was typed and more.
    assert len(found.err) < 20_000 + 2 * len(" ".join(case.arguments))
    assert len(found.out) < 200_000
    # What a file says may move no cursor and ring no bell.
    assert not set(found.err) & set(map(chr, [*range(9), *range(11, 32), 127])), repr(found.err)
    document = json.loads(found.out) if "--json" in case.arguments and found.out else None
    if found.status == 2 and not (isinstance(document, dict) and "error" not in document):
        _told(found, case, document)


def _told(found: Ended, case: Case, document: object) -> None:
    """Whatever stops a command is said once, with what to do about it."""
    if document is not None:
        error = document["error"]
        assert error["what"]
        assert error["code"] != "defect"
        return
    said = [line for line in found.err.splitlines() if line.startswith(("Error: ", "Note: "))]
    assert len(said) == 1 or found.out, found.err
    assert all(len(line) > 20 for line in said)
