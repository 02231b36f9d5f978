"""How fast this machine is just now: the hand-written loop, against its time on the machine that the bounds were set on."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from tests.benchmarks import files, loop

#: Rows of the file, and microseconds that one took when the bounds were set (2 cores, Python 3.11, 15 600 rows a second).
ROWS, MICROSECONDS = 10_000, 64.0


def slower() -> float:
    """So many times slower; never less than 1, so that no bound gets easier to miss."""
    with tempfile.TemporaryDirectory() as name:
        file = files.recipients(Path(name) / "few.csv", ROWS)
        loop.plan(file)  # what is loaded once
        begin = time.perf_counter()
        loop.plan(file)
        spent = time.perf_counter() - begin
    return max(spent / ROWS * 1_000_000 / MICROSECONDS, 1.0)
