"""A run: what became of a plan that was to be delivered. It is data; what makes one are functions over a plan."""

from __future__ import annotations

from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any

from smscampaign.campaign.plans import Plan
from smscampaign.campaign.views import Shown, view
from smscampaign.model import Tally


@dataclass(frozen=True, slots=True, repr=False)
class Run(Shown):
    """What became of a plan. It shows itself; its results can be read as long as the journal is there.

    `tally`: rows by status, calls by state, and the credits charged, when it ended. `halt`: why it stopped before its end,
    if it did. `confirmed` is False where nobody said yes, and nothing was sent. `doubts`: the calls in doubt as (tag,
    receivers, why). `remarks`: what was said on the way. `saved`: where the results are, if they were kept. `way`: the
    gateway of a notebook, which must live as long as the results of a rehearsal are asked for.
    """

    plan: Plan
    tally: Tally
    halt: str | None = None
    interrupted: bool = False
    confirmed: bool = True
    doubts: tuple[tuple[str, int, str], ...] = ()
    remarks: tuple[str, ...] = ()
    saved: Path | None = None
    way: Any = field(default=None, compare=False)

    @property
    def stopped(self) -> str | None:
        """Why it stopped before its end, if it did."""
        return self.halt

    @property
    def results(self) -> Any:
        """A DataFrame: every row of the file in its order, followed by what became of it.

        With full numbers: keep it to yourself. Raises `FileProblem` when the file is not the one that was planned.
        """
        return view("results_of")(self)

    def preview(self, rows: int = 10, *, numbers: bool = False) -> Any:
        """A DataFrame of what became of the first rows; the numbers are masked unless asked for."""
        return view("outcome_of")(self, rows, numbers=numbers)

    def save(self, path: str | PathLike[str] | None = None) -> Path:
        """Write the results file, beside the campaign's or at `path`, and say where. Raises `FileProblem`."""
        where: Path = view("save_results")(self, path)
        return where
