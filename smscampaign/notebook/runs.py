"""A run in a notebook: what became of every row, as a page, as a DataFrame, as a file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from os import PathLike
from pathlib import Path

import pandas as pd

from smscampaign import campaign as story
from smscampaign.drawing import Sheet
from smscampaign.errors import FileProblem
from smscampaign.model import Tally
from smscampaign.notebook import frames
from smscampaign.notebook.gateways import Gateway
from smscampaign.notebook.opening import Place, answers_of
from smscampaign.notebook.options import in_python
from smscampaign.notebook.sheets import RunView, run_sheet
from smscampaign.notebook.showing import Shown


@dataclass(frozen=True, slots=True)
class Standing:
    """How a delivery ended: the calls in doubt, the plan's code, whether it was confirmed, and remarks on the way."""

    delivered: story.Delivered
    doubts: tuple[tuple[str, int, str], ...]
    code: str
    confirmed: bool
    remarks: tuple[str, ...] = ()

    @classmethod
    def now(cls, plan: story.Plan, *, confirmed: bool) -> Standing:
        """Where a plan stands without anything being done."""
        delivered = story.Delivered(plan.tally(), None, interrupted=False)
        return cls(delivered, tuple(plan.doubts()), plan.code, confirmed)


class Run(Shown):
    """What became of a plan. It shows itself; the results can be read as long as the journal is there."""

    def __init__(self, place: Place, gateway: Gateway, *, standing: Standing) -> None:
        self._place = place
        # The gateway of a rehearsal keeps the folder of its journal: it must live as long as its results are asked for.
        self._gateway = gateway
        self._standing = standing

    @property
    def tally(self) -> Tally:
        """Rows by status, calls by state, and the credits charged, when the run ended."""
        return self._standing.delivered.tally

    @property
    def stopped(self) -> str | None:
        """Why it stopped before its end, if it did."""
        return self._standing.delivered.halt

    @property
    def results(self) -> pd.DataFrame:
        """Every row of the file in its order, followed by what became of it. With full numbers: keep it to yourself."""
        with in_python(), self._place.opened() as plan, answers_of(plan) as answers:
            source = plan.campaign.source
            if source.digest() != plan.record.inputs.ingredients["file"]:
                raise FileProblem(
                    "the recipients are not those that were planned, so their rows would get the answers of others",
                    where=source.name,
                    remedy="Put them back as they were; the journal keeps what happened.",
                )
            return frames.outcome(source, answers, width=plan.summary.width)

    def preview(self, rows: int = 10, *, numbers: bool = False) -> pd.DataFrame:
        """What became of the first rows; the numbers are masked unless asked for."""
        with in_python(), self._place.opened() as plan, answers_of(plan) as answers:
            return frames.standing(islice(answers, rows), numbers=numbers)

    def save(self, path: str | PathLike[str] | None = None) -> Path:
        """Write the results file, beside the campaign's or at `path`, and say where. Raises `FileProblem`."""
        target = Path(path) if path else self._gateway.results(self._place.campaign)
        with in_python(), self._place.opened() as plan:
            own = plan.campaign.path
            replace(story.Files.beside(own, rehearsal=False), results=target).refuse_taken(own)
            plan.save_results(target)
        return target

    def sheet(self) -> Sheet:
        """The page that shows it."""
        standing = self._standing
        return run_sheet(
            RunView(
                name=self._place.campaign.name,
                where=self._gateway.title,
                code=standing.code,
                confirmed=standing.confirmed,
                tally=standing.delivered.tally,
                halt=standing.delivered.halt,
                interrupted=standing.delivered.interrupted,
                doubts=standing.doubts,
                remarks=standing.remarks,
            )
        )
