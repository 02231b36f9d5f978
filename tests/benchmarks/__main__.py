"""`make bench`: every benchmark as ratios against a reference in the same run, each beside the figure it must reach.

Ends with 1, and says which, when a figure is missed. What needs a browser is skipped where there is none, and that is said.
Bounds on time are ratios too: to the hand-written loop, whose time
on this machine is taken before each benchmark.
"""

from __future__ import annotations

import importlib
import sys

from tests.benchmarks import machine
from tests.benchmarks.bounds import BOUNDS, NotHere, judged


def main(wanted: list[str]) -> int:
    """Run the benchmarks whose names contain one of `wanted`, or all; 1 when a bound was missed."""
    chosen = [name for name in BOUNDS if not wanted or any(one in name for one in wanted)]
    if not chosen:
        print(f"no benchmark is called {' or '.join(wanted)}; there are {', '.join(BOUNDS)}")
        return 2
    print(f"{'what':<78} {'measured':>22}  to reach")
    missed = []
    for name in chosen:
        slower = machine.slower()  # asked each time: machines waver
        print(
            f"{name}: this machine is {slower:.2f} times slower than the one that bounds on time were set on"
        )
        figures = importlib.import_module(f"tests.benchmarks.{name}").rows()
        try:
            missed += judged(figures, BOUNDS[name], slower=slower)
        except NotHere as why:
            print(f"{name}: skipped, because it {why}")
    for one in missed:
        print(f"missed: {one}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
