"""The command line as people use it: in this process where that is enough, else in real processes and terminals."""

from __future__ import annotations

import csv
import fcntl
import io
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from smscampaign import sandbox
from smscampaign.cli.app import run_app
from tests.forks import Forked

#: What a campaign without settings needs at least.
OPTIONS = (
    "--message",
    "Hello {{ name }}",
    "--purpose",
    "transactional",
    "--region",
    "FR",
    "--sender",
    "Sandbox",
)


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def words(self) -> str:
        """What it said, with one space between any two words: how wide a table is drawn is up to Rich."""
        return " ".join(self.out.split())


def number(n: int) -> str:
    """A mobile of the range that the samples use as well: 07 99 00 is nobody's."""
    return f"+337990{n:05d}"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder the commands are typed in."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    return here


@pytest.fixture
def people(folder: Path) -> Callable[..., Path]:
    """A file of recipients with `count` good rows, followed by `more` lines."""

    def write(count: int = 3, *, more: str = "", name: str = "spring.csv") -> Path:
        rows = [f"Person {n},{number(n)}" for n in range(count)]
        path = folder / name
        path.write_text("\n".join(["name,mobile", *rows, more]).rstrip("\n") + "\n", "utf-8")
        return path

    return write


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ended]:
    """One command in this process."""

    def call(*arguments: object) -> Ended:
        capsys.readouterr()
        code = run_app([str(one) for one in arguments])
        return Ended(code, *capsys.readouterr())

    return call


@pytest.fixture
def campaign(cli: Callable[..., Ended]) -> Callable[..., Ended]:
    """`run` with the options that `spring.csv` needs; later options win."""
    return lambda *more, file="spring.csv": cli("run", file, *OPTIONS, *more)


@pytest.fixture
def ovhcloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., sandbox.Running]]:
    """Serve a sandbox of its own and point the environment to it, as an operator does with OVHcloud's keys."""
    started = []

    def start(**settings: object) -> sandbox.Running:
        context = sandbox.running(settings=sandbox.Sandbox(**settings))
        started.append(context)
        here = context.__enter__()
        for name, value in here.environment().items():
            monkeypatch.setenv(name, value)
        return here

    yield start
    for context in reversed(started):
        context.__exit__(None, None, None)


def lines(path: Path) -> list[dict[str, str]]:
    """A results file."""
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"))))


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "smscampaign", *map(str, arguments)]


@pytest.fixture
def clean(tmp_path: Path) -> dict[str, str]:
    """An environment without keys, caches and settings of whoever runs the tests."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OVH_")}
    return {
        **kept,
        "HOME": str(tmp_path),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "TERM": "xterm",
        "PYTHONIOENCODING": "utf-8",
    }


@pytest.fixture
def process(clean: dict[str, str], ovhcloud: object) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """A real process, with the environment as the sandbox fixture left it."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: object, **changes: str) -> subprocess.Popen[str]:
        keys = {name: value for name, value in os.environ.items() if name.startswith("OVH_")}
        one = Forked(
            "smscampaign",
            arguments,
            env={**clean, **keys, **changes},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        started.append(one)
        return one

    yield start
    for one in started:
        if one.poll() is None:
            one.kill()
        one.communicate(timeout=30)


def ended(process: subprocess.Popen[str], *, timeout: float = 60) -> Ended:
    out, err = process.communicate(timeout=timeout)
    return Ended(process.returncode, out, err)


class Terminal:
    """A process on a pseudo-terminal of 80 columns."""

    def __init__(self, started: Callable[..., subprocess.Popen[Any]], environment: dict[str, str]) -> None:
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 80, 0, 0))
        self.process = started(
            env=environment,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        self._fd = ours
        self.raw = ""

    @property
    def text(self) -> str:
        """What it showed, without colours, with what was drawn over on lines of its own."""
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.raw).replace("\r\n", "\n").replace("\r", "\n")

    def wait_for(self, words: str, *, timeout: float = 60) -> None:
        self._read(lambda: words in self.text, timeout)
        assert words in self.text, self.text

    def wait_until_it_reads(self) -> None:
        """Until it stands still: Python sees a signal that comes just before a read begins only after it."""
        limit, quiet = time.monotonic() + 60, 0
        while quiet < 10:
            assert time.monotonic() < limit, "it never waits"
            time.sleep(0.05)
            state = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(") ")[2][0]
            quiet = quiet + 1 if state == "S" else 0

    def type(self, line: str) -> None:
        os.write(self._fd, f"{line}\n".encode())

    def end(self, *, timeout: float = 60) -> int:
        self._read(lambda: False, timeout)
        return self.process.wait(30)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(30)
        os.close(self._fd)

    def _read(self, enough: Callable[[], bool], timeout: float) -> None:
        limit = time.monotonic() + timeout
        while not enough() and time.monotonic() < limit:
            if not select.select([self._fd], [], [], 0.2)[0]:
                continue
            try:
                data = os.read(self._fd, 65536)
            except OSError:  # the other end is closed
                return
            if not data:
                return
            self.raw += data.decode("utf-8", "replace")


@pytest.fixture
def terminal(clean: dict[str, str], ovhcloud: object) -> Iterator[Callable[..., Terminal]]:
    """A command on a terminal."""
    opened: list[Terminal] = []

    def start(*arguments: object) -> Terminal:
        keys = {name: value for name, value in os.environ.items() if name.startswith("OVH_")}
        one = Terminal(partial(Forked, "smscampaign", arguments), {**clean, **keys})
        opened.append(one)
        return one

    yield start
    for one in opened:
        one.close()
