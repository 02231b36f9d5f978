"""The results while a campaign is sent: written when it comes into force, so that they speak for it, and again at its end."""

from __future__ import annotations

from pathlib import Path
from threading import Thread

from smscampaign.campaign import Files, Plan, set_aside
from smscampaign.cli.screen import note, warn
from smscampaign.errors import FileProblem

#: Rows of a resumed campaign whose results are written before its first call. Of more it would wait for seconds: they are
#: written beside the first calls, and until then the results of the run before speak for it.
AT_ONCE = 20_000


class Results:
    """The results file of one run."""

    def __init__(self, plan: Plan, files: Files) -> None:
        self._plan = plan
        self._path = files.results
        self._beside: Thread | None = None
        #: Whether the file is this plan's, and not an earlier edition's.
        self.current = False

    def in_force(self) -> None:
        """This plan is the campaign from now on: before its first call the results say that it is running."""
        if self.current:
            return
        self.current = True
        if not self._plan.begun:
            self._set_aside()
        if self._plan.begun and self._plan.summary.rows > AT_ONCE:
            self._beside = Thread(target=self._begun, name="results", daemon=True)
            self._beside.start()
        else:
            self._begun()

    def ended(self) -> Path | None:
        """Write what became of it; None where that cannot be done."""
        if self._beside is not None:
            self._beside.join()
        return saved(self._plan, self._path)

    def _set_aside(self) -> None:
        try:
            aside = set_aside(self._path, self._plan.record.edition - 1)
        except (OSError, FileProblem) as problem:
            warn(f"The results of before could not be kept: {problem}.")
            return
        if aside:
            note("The results as they were before:", copy=str(aside))

    def _begun(self) -> None:
        try:
            self._plan.save_results(self._path, running=True)
        except FileProblem as problem:
            # The journal knows it all; the results are for the case that somebody deletes it.
            warn(f"The results could not be written before the first message: {problem.what}.")


def saved(plan: Plan, path: Path) -> Path | None:
    """Write the results, or say why not: what was found out counts, even when the file has changed since it was planned."""
    try:
        there = plan.save_results(path)
    except FileProblem as problem:
        warn(f"The results were not written: {problem.what}.")
        return None
    if there != path:
        warn(f"{path.name} is held by another program, so that the results are in {there.name}.")
    return there
