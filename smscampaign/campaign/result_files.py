"""The results while a campaign is sent: written when it comes into force, so that they speak for it, and again at its end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from threading import Thread
from types import ModuleType

from smscampaign.campaign import launch
from smscampaign.campaign.files import set_aside
from smscampaign.campaign.launch import LaunchOptions
from smscampaign.campaign.plans import Plan, Run
from smscampaign.campaign.ramp import deliver_ramped, ramp_of
from smscampaign.errors import FileProblem, under_way
from smscampaign.gateway.protocol import Gateway

#: Rows of a resumed campaign whose results are written before its first call. Of more it would wait for seconds: they are
#: written beside the first calls, and until then the results of the run before speak for it.
AT_ONCE = 20_000


class Results:
    """The results file of one run; `tell` takes remarks."""

    def __init__(self, plan: Plan, path: Path, tell: Callable[[str], object]) -> None:
        self._plan = plan
        self._path = path
        self._tell = tell
        self._beside: Thread | None = None
        #: Whether the file is this plan's, and not an earlier edition's.
        self.current = False

    def in_force(self, plan: Plan) -> None:
        """This plan is the campaign from now on: before its first call the results say that it is running."""
        if self.current:
            return
        self.current = True
        self._plan = replace(self._plan, record=replace(self._plan.record, tag=plan.record.tag))
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
        return saved(self._plan, self._path, self._tell, own=True)

    def _set_aside(self) -> None:
        plan = self._plan
        try:
            if plan.campaign.settings.recurring and _nights().keep_night_before(self._path, plan):
                return
            edition = 0 if plan.begun else plan.record.edition - 1
            aside = set_aside(self._path, edition, known=plan.tags() if plan.begun else ())
        except (OSError, FileProblem) as problem:
            self._tell(f"The results of before could not be kept: {problem}.")
            return
        if aside:
            self._tell(f"The results as they were before: {aside}")

    def _begun(self) -> None:
        try:
            self._plan.save_results(self._path, running=True, own=True)
        except FileProblem as problem:
            # The journal knows it all; the results are for the case that somebody deletes it.
            self._tell(f"The results could not be written before the first message: {problem.what}.")


def deliver_with_results(
    plan: Plan,
    gateway: Gateway,
    options: LaunchOptions,
    *,
    confirm: str,
    account: str,
    path: Path | None,
) -> Run:
    """Deliver a plan, behind a first slice where its settings ask for one, and keep its results at `path`.

    The run says where they are in the end; None as a `path` keeps none. Raises what `launch.deliver` and `ramp_of` do;
    whether the results have a place is asked by the gates.
    """

    def deliver(how: LaunchOptions) -> Run:
        return launch.deliver(plan, gateway, how, confirm=confirm, account=account)

    def ramped(how: LaunchOptions) -> Run:
        launch.refuse_unconfirmed(plan, confirm)
        ramp = ramp_of(plan, limit=how.limit)
        return deliver(how) if ramp is None else deliver_ramped(plan, gateway, how, ramp, deliver=deliver)

    if path is None:
        return ramped(options)
    results, saved_at = Results(plan, path, options.tell), None
    try:
        run = ramped(replace(options, in_force=results.in_force))
    finally:
        if results.current:
            with under_way():
                saved_at = results.ended()
    return replace(run, saved=saved_at)


def _nights() -> ModuleType:
    """What only campaigns that recur need."""
    return import_module("smscampaign.campaign.nights")


def saved(plan: Plan, path: Path, tell: Callable[[str], object], *, own: bool = False) -> Path | None:
    """Write the results, or say why not: what was found out counts, even when the file has changed since it was planned.

    `own`: as in `Plan.save_results`.
    """
    try:
        there = plan.save_results(path, own=own)
        if plan.campaign.settings.recurring:
            _nights().keep_dated(plan, there)
    except FileProblem as problem:
        tell(f"The results were not written: {problem.what}.")
        return None
    if there != path:
        tell(f"{path.name} is held by another program, so that the results are in {there.name}.")
    return there
