"""A thread that cannot be started: one message, an exit code, a sound journal; the next run goes on, to nobody twice."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from smscampaign import sandbox
from smscampaign.sandbox import Sandbox

pytestmark = [pytest.mark.crash, pytest.mark.timeout(600)]

#: The command, with so many threads that may start; the one after them may not, as where memory or processes are limited.
BEGUN = """
import sys, threading
from smscampaign.cli.app import run_app
left, start = [int(sys.argv[1])], threading.Thread.start
def begin(self):
    left[0] -= 1
    if left[0] < 0:
        raise RuntimeError("can't start new thread")
    start(self)
threading.Thread.start = begin
code = run_app(sys.argv[2:])
print(f"threads left: {left[0]}", file=sys.stderr)
sys.exit(code)
"""
ARGUMENTS = ("run", "spring.csv", "--message", "Hello {{ name }}", "--purpose", "transactional", "--region", "FR",
             "--sender", "Sandbox", "--yes", "--receivers-per-call", "1", "--settle", "0", "--pace", "0")  # fmt: skip
PEOPLE = 12


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = [f"Person {n},+337990{n:05d}" for n in range(PEOPLE)]
    (tmp_path / "spring.csv").write_text("\n".join(["name,mobile", *rows]) + "\n", "utf-8")
    return tmp_path


def run(folder: Path, environment: dict[str, str], threads: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", BEGUN, str(threads), *ARGUMENTS]
    return subprocess.run(
        command, cwd=folder, env=environment, text=True, timeout=60, capture_output=True, check=False
    )


@pytest.mark.parametrize("megabytes", [84, 100])
def test_a_run_with_hardly_any_memory_ends_in_one_message(folder: Path, megabytes: int) -> None:
    """Address space as `ulimit -v` limits it."""
    limited = (
        f"ulimit -v {megabytes * 1024}; exec {shlex.join([sys.executable, '-m', 'smscampaign', *ARGUMENTS])}"
    )
    with sandbox.running(settings=Sandbox()) as here:
        environment = environment_of(here, folder)
        ended = subprocess.run(
            ["bash", "-c", limited],
            cwd=folder, env=environment, text=True, timeout=60, capture_output=True, check=False,
        )  # fmt: skip
        assert ended.returncode in {0, 1, 2}, ended.stderr
        assert "Traceback" not in ended.stderr
        assert ended.stderr.count("Error:") == bool(ended.returncode), ended.stderr
        assert ended.returncode == 0 or "memory" in ended.stderr
        assert run(folder, environment, 1000).returncode == 0
        assert set(told(here).values()) == {1}
        assert len(told(here)) == PEOPLE


def environment_of(here: sandbox.Running, folder: Path) -> dict[str, str]:
    mine = {"HOME": str(folder), "XDG_CACHE_HOME": str(folder / "cache")}
    return {**os.environ, **here.environment(), **mine}


def told(here: sandbox.Running) -> Counter[str]:
    return Counter(one["receiver"] for one in here.accepted())


@pytest.mark.parametrize("threads", [0, 3, 8])
def test_a_thread_that_cannot_start_is_one_message_and_the_next_run_goes_on(
    folder: Path, threads: int
) -> None:
    with sandbox.running(settings=Sandbox()) as here:
        environment = environment_of(here, folder)
        ended = run(folder, environment, threads)
        if "threads left: -" in ended.stderr:
            assert ended.returncode in {0, 1, 2}, ended.stderr
            assert "a defect" not in ended.stderr
            assert "Traceback" not in ended.stderr
            assert ended.returncode == 0 or "thread" in ended.stderr.partition("threads left")[0]
        for _ in range(3):
            if run(folder, environment, 1000).returncode == 0:
                break
        assert told(here) == {f"+337990{n:05d}": 1 for n in range(PEOPLE)}
