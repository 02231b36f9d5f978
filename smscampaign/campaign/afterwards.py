"""What became of a run, as tables, pictures and files: the doors of a notebook, each loaded when somebody looks."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any, ClassVar

from smscampaign.campaign.keywords import refuse_no_count
from smscampaign.drawing import Viewable, view
from smscampaign.ways import Way


class Afterwards(Viewable):
    """A run that can be looked at as long as its journal is there, by whichever program it was sent."""

    __slots__ = ()

    _page: ClassVar = "runs.sheet_of_run"

    @property
    def results(self) -> Any:
        """A DataFrame: every row of the recipients in their order, with what became of it; a frame's index and types stay.

        `run.results(numbers=True)` shows the numbers: keep it to yourself. Raises `FileProblem` when the file is not the one
        that was planned.
        """
        return view("runs.results_of")(self)

    @property
    def summary(self) -> Any:
        """A DataFrame: rows, parts and credits by what became of them, and how many messages were delivered."""
        return view("runs.summary_of")(self)

    def preview(self, rows: int = 10, *, numbers: bool = False) -> Any:
        """A DataFrame of what became of the first rows; the numbers are masked unless asked for.

        Raises `SettingsProblem` for what is no number of rows.
        """
        refuse_no_count("preview", rows)
        return view("runs.outcome_of")(self, rows, numbers=numbers)

    def receipts(self, gateway: Way | None = None, *, follow: bool = False, numbers: bool = False) -> Any:
        """A DataFrame: every accepted message with what a network said of it, once the account was asked.

        It asks by the gateway of the run, by its account where it was opened later, or by `gateway`. With `follow` it looks
        again, with growing pauses, until nothing more can come; the notebook's stop button ends that. Raises
        `GatewayProblem`.
        """
        return view("aftermath.receipts_of")(self, gateway, follow=follow, numbers=numbers)

    def replies(self, gateway: Way | None = None, *, numbers: bool = False) -> Any:
        """A DataFrame: what people answered, and who said STOP, once the account was asked as by `receipts`.

        Raises `GatewayProblem`.
        """
        return view("replies.replies_of")(self, gateway, numbers=numbers)

    def plot(self, what: str = "") -> Any:
        """A figure of matplotlib: rows by what became of them with credits by country, or a picture of the report.

        These are `funnel`, `reasons`, `times`, `countries`, `networks`, `cost` and `replies`. Raises `SettingsProblem` for
        another, and where there is nothing to draw.
        """
        return view("pictures.figure_of_run")(self, what)

    def compare(self, outcome: Any = None, *, key: str = "") -> Any:
        """How several texts did against each other: `texts` and `pairs` are DataFrames, `verdict` is a sentence.

        `outcome` is a table of those who did what is compared, such as orders: a path or a DataFrame; `key` is the column
        that it has in common with the recipients. Raises `SettingsProblem` where there is nothing to compare.
        """
        return view("aftermath.comparison_of")(self, outcome, key)

    def report(self, path: str | PathLike[str] | None = None) -> Path:
        """Write the page that says what became of it, beside the recipients or at `path`; a notebook shows a link to it.

        It holds nobody's number. Raises `FileProblem`.
        """
        where: Path = view("aftermath.save_report")(self, path)
        return where

    def save(self, path: str | PathLike[str] | None = None) -> Path:
        """Write the results file, beside the campaign's or at `path`, and give where it is; a notebook shows a link to it.

        `results.xlsx`, `.parquet` and `.json` are written as such. With full numbers: keep it to yourself.
        Raises `FileProblem`.
        """
        where: Path = view("runs.save_results")(self, path)
        return where
