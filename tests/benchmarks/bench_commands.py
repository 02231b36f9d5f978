"""Whole commands as processes against the hand-written loop as one, by CPU: on a busy machine that is steadier than time."""

from __future__ import annotations

import compileall
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.benchmarks import files
from tests.benchmarks.bounds import Figure

#: Rows of the files, and the share of bad numbers in those that are not clean.
ROWS, MANY, FEW, BAD = 300_000, 1_000_000, 100, 0.01

#: What gets one message, where that is not the number: another key for each row.
KEYS = ("--once-per", "Number", "--once-per", "Order", "--once-per", "City")

#: Which rows are meant: nearly all of them.
WHERE = "City != 'Brest' or Order != 'A0000000'"

_ROOT = Path(__file__).parents[2]
_START = ("-c", "import typer, rich.console, rich.table")
_LOOP = ("-m", "tests.benchmarks.loop")


class Spent(NamedTuple):
    """What a process took: seconds of CPU, seconds by the clock, and at most so many megabytes."""

    cpu: float
    clock: float
    megabytes: float


def rows() -> Iterator[Figure]:
    """Times as fast as the loop, then what starting takes: of the program as it is installed, with its modules compiled."""
    compileall.compile_dir(str(_ROOT / "smscampaign"), quiet=1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for share, what in ((BAD, "1 % bad numbers"), (0.0, "clean")):
            file = files.recipients(folder / f"{share}.csv", ROWS, bad=share)
            loop, dry, again, loop_again = map(
                _spent, (_of_loop(file), _dry(file), _dry(file), _of_loop(file))
            )
            yield Figure(
                f"dry run of {ROWS:,} rows, {what}: times as fast as the loop",
                (loop.cpu + loop_again.cpu) / (dry.cpu + again.cpu),
            )
            yield Figure(
                "  for scale: by the clock", (loop.clock + loop_again.clock) / (dry.clock + again.clock)
            )
            if share:
                chosen = _spent((*_dry(file), "--where", WHERE))
                yield Figure(
                    f"dry run of {ROWS:,} rows, {what}, with `where`: times as fast as the loop",
                    (loop.cpu + loop_again.cpu) / 2 / chosen.cpu,
                )
                keyed = _spent((*_dry(file), *KEYS))
                yield Figure(
                    f"dry run of {ROWS:,} rows, {what}, once_per of 3 columns: times as fast as the loop",
                    (loop.cpu + loop_again.cpu) / 2 / keyed.cpu,
                )
                planned = _spent(("-m", "tests.benchmarks.ours", str(file)))
                yield Figure(
                    f"{ROWS:,} rows into a sealed journal, {what}: times as fast as the loop",
                    (loop.cpu + loop_again.cpu) / 2 / planned.cpu,
                )
        file = files.recipients(folder / "many.csv", MANY, bad=BAD)
        loop, dry = _spent(_of_loop(file)), _spent(_dry(file))
        yield Figure(f"dry run of {MANY:,} rows: times as fast as the loop", loop.cpu / dry.cpu)
        yield Figure("  for scale: by the clock", loop.clock / dry.clock)
        yield Figure(f"dry run of {MANY:,} rows: peak memory", dry.megabytes, "MB", 0)
        few = _dry(files.recipients(folder / "few.csv", FEW))
        start, helped, dried = (
            min(_spent(one).cpu for _ in range(7)) for one in (_START, _run("--help"), few)
        )
        yield Figure("`--help`: times the start of Typer and Rich", helped / start, digits=2)
        yield Figure(f"dry run of {FEW} rows: times the start of Typer and Rich", dried / start, digits=2)


def _of_loop(file: Path) -> Sequence[str]:
    return (*_LOOP, str(file))


def _run(*words: str) -> Sequence[str]:
    return ("-m", "smscampaign", *words)


def _dry(file: Path) -> Sequence[str]:
    given = {"message": files.MESSAGE, "purpose": "marketing", "region": "FR", "sender": "Sandbox"}
    options = (word for name, value in given.items() for word in (f"--{name}", value))
    return _run("run", str(file), *options, "--dry-run")


def _spent(words: Sequence[str]) -> Spent:
    """What a Python process with these words took. Raises `RuntimeError` where it fails."""
    begin = time.perf_counter()
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen([sys.executable, *words], stdout=said, stderr=said)
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            said.seek(0)
            raise RuntimeError(said.read().decode()[-2000:])
    return Spent(used.ru_utime + used.ru_stime, time.perf_counter() - begin, used.ru_maxrss / _KILO)


_KILO = 1024 if sys.platform != "darwin" else 1024**2
