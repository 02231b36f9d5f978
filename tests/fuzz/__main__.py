"""`python -m tests.fuzz SECONDS [SEED]`: random edits of valid files until the time is over, or a law breaks."""

from __future__ import annotations

import itertools
import resource
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.fuzz.files import VALID, edited
from tests.fuzz.reading import read


def main(seconds: float, seed: int) -> None:
    """Say how many cases there were and how they ended; a case that fails is left beside, named after its seed."""
    outcomes: Counter[str] = Counter()
    slowest, end = (0.0, ""), time.monotonic() + seconds
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "people"
        for number in itertools.count(seed):
            for kind in VALID:
                path.write_bytes(edited(kind, number))
                begin = time.monotonic()
                try:
                    outcome = read(path)
                except BaseException:
                    Path(f"fuzz-{kind}-{number}").write_bytes(path.read_bytes())
                    print(f"{kind}, seed {number}")
                    raise
                slowest = max(slowest, (time.monotonic() - begin, f"{kind} {number}"))
                outcomes[f"{kind}: {'rows' if isinstance(outcome, int) else outcome}"] += 1
            if time.monotonic() > end:
                break
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{outcomes.total()} cases; slowest {slowest[0]:.2f} s ({slowest[1]}); peak memory {peak:.0f} MB")
    for outcome, count in sorted(outcomes.items()):
        print(f"  {count:8}  {outcome}")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 60, int(sys.argv[2]) if len(sys.argv) > 2 else 1_000)
