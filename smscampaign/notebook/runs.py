"""Views of a run: its results as data and as a file, and its page."""

from __future__ import annotations

import os
from contextlib import closing
from dataclasses import replace
from functools import partial
from html import escape
from itertools import islice
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pandas as pd

from smscampaign.campaign import editions, result_forms
from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.files import Files
from smscampaign.campaign.keywords import in_python
from smscampaign.campaign.plans import Run
from smscampaign.campaign.repeats import refuse_unbegun
from smscampaign.drawing import Sheet
from smscampaign.errors import FileProblem, JournalProblem
from smscampaign.journal.places import place_of
from smscampaign.journal.store import journal_exists, open_journal
from smscampaign.notebook import frames
from smscampaign.notebook.consent import in_kernel
from smscampaign.notebook.journals import answers_of, reopened
from smscampaign.notebook.sheets import run_sheet
from smscampaign.notebook.tables import Masked
from smscampaign.translation import speaking, spoken_or, told


def run_of(campaign: Campaign, *, rehearsal: bool, journal: str | PathLike[str] | None) -> Run:
    """The run of a campaign that was sent before."""
    with in_python(campaign.language):
        files = Files.beside(campaign.path, rehearsal=rehearsal)
        place = place_of(fspath(journal)) if journal else files.journal
        if not journal_exists(place):
            raise JournalProblem(
                "nothing was sent yet: there is no journal here",
                where=str(place),
                remedy="What the command or the panel rehearsed is opened by sent(rehearsal=True), another journal by"
                ' sent(journal="FILE").',
            )
        with closing(open_journal(place, create=False)) as store:
            plan = editions.open_plan(campaign, store)
            refuse_unbegun(plan, files.results)
            paused = plan.paused()
            return Run(plan, plan.tally(), paused.detail if paused else None, doubts=tuple(plan.doubts()))


def results_of(run: Run) -> Masked:
    """Every row of the file in its order, followed by what became of it."""
    return Masked(partial(_results, run))


def _results(run: Run, numbers: bool) -> Any:
    with in_python(run.plan.campaign.language), reopened(run.plan) as plan, answers_of(plan) as answers:
        source, settings = plan.campaign.file, plan.campaign.settings
        if source.digest() != plan.record.inputs.ingredients["file"]:
            raise FileProblem(
                "the recipients are not those that were planned, so their rows would get the answers of others",
                where=source.name,
                remedy="Put them back as they were; the journal keeps what happened.",
            )
        secret = frames.secret_columns(source, plan.campaign.recipe().numbers, numbers=numbers)
        return frames.outcome(
            source,
            answers,
            secret,
            width=plan.summary.width,
            written=settings.written,
            numbers=numbers,
        )


def outcome_of(run: Run, rows: int, *, numbers: bool) -> Any:
    """What became of the first rows."""
    with in_python(run.plan.campaign.language), reopened(run.plan) as plan, answers_of(plan) as answers:
        return frames.standing(plan.campaign.file, islice(answers, rows), numbers=numbers)


def summary_of(run: Run) -> pd.DataFrame:
    """Its rows by what became of them."""
    with in_python(run.plan.campaign.language), reopened(run.plan) as plan, answers_of(plan) as answers:
        return frames.summary(answers)


if TYPE_CHECKING:
    _Path = Path
else:
    _Path = type(Path())  # before Python 3.12 only a system's own kind of path can be built upon


class SavedFile(_Path):
    """Where the results are: a path, which a notebook shows as a sentence and a link."""

    def _repr_html_(self) -> str:
        here = Path(os.path.relpath(self)).as_posix()
        link = f'<a href="{escape(quote(here))}" target="_blank">{escape(self.name)}</a>'
        with speaking(spoken_or()):
            said = told(self._sentence())
        return f"<p>{escape(said).replace(escape(self.name), link)}</p>"

    def _sentence(self) -> str:
        return f"The results are in {self.name}, with full numbers: keep the file to yourself."


class SavedReport(SavedFile):
    """Where the report is."""

    def _sentence(self) -> str:
        return f"The report is in {self.name}. It holds nobody’s number, and can be mailed and printed."


def save_results(run: Run, path: str | PathLike[str] | None) -> SavedFile:
    """Write the results file, where the gateway says or at `path`, in the form that its ending says."""
    target = Path(path) if path else _usual(run)
    with in_python(run.plan.campaign.language), reopened(run.plan) as plan:
        own = plan.campaign.path
        replace(Files.beside(own, rehearsal=False), results=target).refuse_taken(own)
        return SavedFile(result_forms.write(plan, result_forms.form_of(None, target), target))


def sheet_of_run(run: Run) -> Sheet:
    """The page that shows it."""
    return run_sheet(run, asks=in_kernel())


def _usual(run: Run) -> Path:
    return Files.beside(run.plan.campaign.path, rehearsal=run.plan.rehearses).results
