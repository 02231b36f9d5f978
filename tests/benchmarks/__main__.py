"""`make bench`: every benchmark as ratios against a reference in the same run, each beside the figure it must reach.

Machines are noisy, so a figure that is missed is shown, not failed: look at it again on a quiet machine.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path


def main(wanted: list[str]) -> None:
    """Run the benchmarks whose names contain one of `wanted`, or all."""
    modules = sorted(path.stem for path in Path(__file__).parent.glob("bench_*.py"))
    print(f"{'what':<78} {'measured':>22}  to reach")
    for name in modules:
        if wanted and not any(one in name for one in wanted):
            continue
        for what, measured, target in importlib.import_module(f"tests.benchmarks.{name}").rows():
            print(f"{what:<78} {measured:>22}  {target}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
