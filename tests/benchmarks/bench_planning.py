"""Planning a personalised file, into a sealed journal and without one, against the loop people write by hand and against
objects row by row; and how memory grows.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.benchmarks import files, loop, ours, rowwise
from tests.benchmarks.bounds import Figure

ROWS, MANY, ROUNDS = 100_000, 1_000_000, 5
# Objects row by row take half a millisecond each.
SOME = 5_000

# The peak of a process of its own, in kB. Not `ru_maxrss`: that one remembers the parent it was forked from.
_PEAK = """
import re, sys
from pathlib import Path
from tests.benchmarks import ours
ours.plan(Path(sys.argv[1]), Path(sys.argv[2]))
print(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
"""


def rows() -> list[Figure]:
    """The ratio of the two rates, and the two peaks."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        few = files.recipients(folder / "few.csv", ROWS)
        many = files.recipients(folder / "many.csv", MANY)
        some = files.recipients(folder / "some.csv", SOME)
        return [*_rate(few, folder), *_rate_without_journal(few, some), *_memory(few, many, folder)]


def _rate(file: Path, folder: Path) -> list[Figure]:
    pairs = []
    for turn in range(ROUNDS):
        theirs, mine = (
            _seconds(lambda: loop.plan(file)),
            _seconds(lambda t=turn: ours.plan(file, folder / f"{t}.sqlite")),
        )
        pairs.append((theirs, mine))
    ratio = statistics.median(theirs / mine for theirs, mine in pairs)
    rate = ROWS / statistics.median(mine for _, mine in pairs)
    reference = ROWS / statistics.median(theirs for theirs, _ in pairs)
    return [
        Figure("plan 100 000 personalised rows into a sealed journal / hand-written loop", ratio, "x"),
        Figure("  for scale: ours", rate, "rows/s", 0),
        Figure("  for scale: the loop's", reference, "rows/s", 0),
    ]


def _rate_without_journal(few: Path, some: Path) -> list[Figure]:
    """Reading, normalising, rendering and counting alone; microseconds a row of each, taken in turns."""
    turns = []
    for _ in range(ROUNDS):
        mine, theirs = (_seconds(lambda plan=plan: plan(few)) * 1e6 / ROWS for plan in (ours.look, loop.plan))
        objects = _seconds(lambda: rowwise.plan(some)) * 1e6 / SOME
        turns.append((mine, theirs, objects))
    what = "read, normalise, render and count parts, no journal"
    owners = ("ours", "the loop's", "the objects'")
    return [
        Figure(f"{what} / hand-written loop", statistics.median(b / a for a, b, _ in turns), "x"),
        Figure(f"{what} / objects row by row", statistics.median(c / a for a, _, c in turns), "x"),
        *(
            Figure(f"  for scale: a row, {owner}", statistics.median(column), "µs")
            for owner, column in zip(owners, zip(*turns, strict=True), strict=True)
        ),
    ]


def _memory(few: Path, many: Path, folder: Path) -> list[Figure]:
    small, large = (_peak(file, folder / f"{file.stem}.sqlite") for file in (few, many))
    return [
        Figure("peak memory at 1 000 000 rows", large / 1024, "MB", 0),
        Figure("peak memory at 1 000 000 rows / at 100 000 rows", large / small, "x", 2),
    ]


def _seconds(work: object) -> float:
    """Of CPU: what else the machine does, and how long its disk takes, is not ours."""
    begin = time.process_time()
    work()  # type: ignore[operator]
    return time.process_time() - begin


def _peak(file: Path, journal: Path) -> float:
    command = [sys.executable, "-c", _PEAK, str(file), str(journal)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
