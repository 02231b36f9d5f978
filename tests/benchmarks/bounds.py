"""Every figure that a benchmark must reach, in one table, and the judgement of it."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from typing import NamedTuple


class NotHere(Exception):
    """What a benchmark needs is not on this machine: it is skipped, and that is said."""


class Figure(NamedTuple):
    """What was measured, the figure, its unit, and the digits shown after the point."""

    what: str
    value: float
    unit: str = ""
    digits: int = 1

    def told(self) -> str:
        return f"{self.value:,.{self.digits}f} {self.unit}".rstrip()


class Bound(NamedTuple):
    """How a figure must compare to a limit."""

    comparison: str
    limit: float

    def kept(self, value: float) -> bool:
        """Whether a figure is good enough; what is no number never is."""
        return bool(_COMPARISONS[self.comparison](value, self.limit))

    def on(self, slower: float, unit: str) -> Bound:
        """The same on a machine that is so many times slower, where it is about time."""
        if unit in _TIMES:
            return Bound(self.comparison, self.limit * slower)
        return Bound(self.comparison, self.limit / slower) if unit.endswith("/s") else self


#: Units that a slower machine makes larger. Rates are in so many a second.
_TIMES = frozenset({"µs", "ms", "s"})
_COMPARISONS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_REALISTIC, _FORTY = "realistic French file", "hostile mixture of 40 countries"
_ALL_COUNTRIES = "hostile mixture of all countries"
_RATE = "times the rate of parse, check, type, format"
_KEY = "a key until the phone shows it"
#: Of the panel, with either file: what is answered as a step, and what as a preview.
_STEPS = (
    "file proposed",
    "message step opened",
    "purpose chosen",
    "check step opened, with its grid",
    "message step opened while the file is planned",
    "a row opened to be edited",
    "a cell corrected, in grid and figures",
    "send step opened",
    "code typed until it is at work",
    "results opened",
)
_PREVIEWS = (f"{_KEY}, median", f"{_KEY}, 95th of 100", f"{_KEY}, while the file is planned: median")
_READ = "read, normalise, render and count parts, no journal"

#: By benchmark, because a run may be of some of them only. Why ratios have the bounds they have: decision 0020.
BOUNDS: dict[str, dict[str, Bound]] = {
    "bench_commands": {
        "dry run of 300,000 rows, 1 % bad numbers: times as fast as the loop": Bound(">=", 5),
        "dry run of 300,000 rows, 1 % bad numbers, once_per of 3 columns: times as fast as the loop": Bound(
            ">=", 4.25
        ),
        "dry run of 300,000 rows, 1 % bad numbers, with `where`: times as fast as the loop": Bound(">=", 5),
        "dry run of 300,000 rows, clean: times as fast as the loop": Bound(">=", 5.5),
        "300,000 rows into a sealed journal, 1 % bad numbers: times as fast as the loop": Bound(">=", 3.5),
        "dry run of 1,000,000 rows: times as fast as the loop": Bound(">=", 6),
        "dry run of 1,000,000 rows: peak memory": Bound("<", 150),
        "`--help`: times the start of Typer and Rich": Bound("<=", 2.5),
        "dry run of 100 rows: times the start of Typer and Rich": Bound("<=", 6),
    },
    "bench_delivery": {"CPU per call on our side, against the sandbox": Bound("<", 3)},
    "bench_durability": {
        "durability: two commits of a call, alone, median on SQLite": Bound("<", 5),
        "durability: the mark of the journal, as a share of a commit": Bound("<", 0.1),
        "1M rows resumed: from Plan.deliver to the first POST": Bound("<", 2),
        "1M rows resumed: from the start of `run --yes` to the first POST": Bound("<", 2),
    },
    "bench_panel": {
        f"panel, {rows} rows: {what}": Bound("<", limit)
        for rows, step in (("10,000", 300.0), ("200,000", 1000.0))
        for whats, limit in ((_STEPS, step), (_PREVIEWS, 100.0), (("memory of the kernel at most",), 300.0))
        for what in whats
    },
    "bench_phone": {
        f"numbers, {_REALISTIC}: {_RATE}": Bound(">=", 10),
        f"numbers, {_REALISTIC}: a row": Bound("<", 6),
        f"numbers, {_FORTY}: {_RATE}": Bound(">=", 3),
        f"numbers, {_ALL_COUNTRIES}: {_RATE}": Bound(">=", 4),
        "parts: times the rate of a set, character by character": Bound(">=", 3),
    },
    "bench_planning": {
        "plan 100 000 personalised rows into a sealed journal / hand-written loop": Bound(">=", 3.5),
        f"{_READ} / hand-written loop": Bound(">=", 10),
        f"{_READ} / objects row by row": Bound(">=", 50),
        "peak memory at 1 000 000 rows": Bound("<", 150),
        "peak memory at 1 000 000 rows / at 100 000 rows": Bound("<=", 1.10),
    },
    "bench_reconcile": {
        f"settling 1000 calls in doubt, {case}{what}": bound
        for case in ("all of them taken", "none of them taken", "every second one taken, 3 receivers each")
        for what, bound in (("", Bound("<", 60)), (": left in doubt", Bound("<=", 0)))
    },
    "bench_receipts": {
        "merging 1,000,000 receipts": Bound("<", 120),
        "merging 1,000,000 receipts: that are new": Bound(">=", 1_000_000),
        "merging 1,000,000 receipts: peak memory": Bound("<", 150),
    },
    "bench_sandbox": {
        "POST /jobs to the sandbox, one receiver": Bound(">", 400),
        "POST /jobs to the sandbox, 500 receivers": Bound(">", 100_000),
        "sandbox's memory at 5 million messages": Bound("<", 300),
        "sandbox's page and its data at 5 million messages": Bound("<", 1000),
    },
    "bench_template": {
        "template, 3 placeholders: times the rate of Jinja2's render": Bound(">=", 8),
        "template, default and condition: times the rate of Jinja2's render": Bound(">=", 1.5),
        "reading CSV in blocks: times the rate of csv.DictReader": Bound(">=", 1),
    },
}


def judged(figures: Iterable[Figure], bounds: dict[str, Bound], *, slower: float = 1) -> list[str]:
    """Print every figure beside its bound as it comes; say which bounds were missed, or not measured at all.

    Bounds on time are for the machine of `machine.py`; this one is so many times `slower`.
    """
    missed, waiting = [], dict(bounds)
    for figure in figures:
        bound = waiting.pop(figure.what, None)
        bound = bound and bound.on(slower, figure.unit)
        wanted = f"{bound.comparison} {bound.limit:,.4g} {figure.unit}".rstrip() if bound else "-"
        good = bound is None or bound.kept(figure.value)
        print(f"{figure.what:<78} {figure.told():>22}  {wanted}{'' if good else '  MISSED'}", flush=True)
        if not good:
            missed.append(f"{figure.what.strip()}: {figure.told()}, to reach {wanted}")
    return [*missed, *(f"{what.strip()}: not measured" for what in waiting)]
