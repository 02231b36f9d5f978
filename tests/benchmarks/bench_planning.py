"""Planning a personalised file into a sealed journal, against the loop people write by hand; and how memory grows."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.benchmarks import files, loop, ours

ROWS, MANY, ROUNDS = 100_000, 1_000_000, 5

# The peak of a process of its own, in kB. Not `ru_maxrss`: that one remembers the parent it was forked from.
_PEAK = """
import re, sys
from pathlib import Path
from tests.benchmarks import ours
ours.plan(Path(sys.argv[1]), Path(sys.argv[2]))
print(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
"""


def rows() -> list[tuple[str, str, str]]:
    """The ratio of the two rates, and the two peaks."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        few = files.recipients(folder / "few.csv", ROWS)
        many = files.recipients(folder / "many.csv", MANY)
        return [*_rate(few, folder), *_memory(few, many, folder)]


def _rate(file: Path, folder: Path) -> list[tuple[str, str, str]]:
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
        (
            "plan 100 000 personalised rows into a sealed journal / hand-written loop",
            f"{ratio:.1f} x",
            ">= 3 x",
        ),
        ("  for scale: rows a second, ours and the loop's", f"{rate:,.0f} | {reference:,.0f}", ""),
    ]


def _memory(few: Path, many: Path, folder: Path) -> list[tuple[str, str, str]]:
    small, large = (_peak(file, folder / f"{file.stem}.sqlite") for file in (few, many))
    return [
        ("peak memory at 1 000 000 rows", f"{large / 1024:.0f} MB", "< 200 MB"),
        ("  against that at 100 000 rows", f"{large / small:.2f} x", "<= 1.10 x"),
    ]


def _seconds(work: object) -> float:
    begin = time.perf_counter()
    work()  # type: ignore[operator]
    return time.perf_counter() - begin


def _peak(file: Path, journal: Path) -> float:
    command = [sys.executable, "-c", _PEAK, str(file), str(journal)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
