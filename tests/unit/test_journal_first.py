"""Several processes that open one new journal at the same moment: one of them makes it, the others find it."""

from __future__ import annotations

import subprocess
import sys

import pytest

OPENER = """
import sys
from pathlib import Path
from smscampaign.errors import JournalProblem
from smscampaign.journal.store import open_journal
print("ready", flush=True)
for name in sys.stdin:
    try:
        open_journal(Path(name.strip())).close()
        print("opened", flush=True)
    except Exception as error:
        print(f"{type(error).__name__}: {error}".replace("\\n", " "), flush=True)
"""

ROUNDS, AT_ONCE = 15, 6


@pytest.fixture
def openers():
    started = [
        subprocess.Popen(
            [sys.executable, "-c", OPENER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        for _ in range(AT_ONCE)
    ]
    for one in started:
        assert one.stdout.readline() == "ready\n"
    yield started
    for one in started:
        one.stdin.close()
        one.wait(30)
        one.stdout.close()


def test_one_makes_it_and_the_others_find_it(openers, tmp_path):
    for turn in range(ROUNDS):
        for one in openers:
            one.stdin.write(f"{tmp_path / str(turn)}.sqlite\n")
        assert {one.stdout.readline() for one in openers} == {"opened\n"}
