"""`status`, `reconcile`, `receipts`: where a campaign stands, and what OVHcloud says of it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer

from smscampaign import journal
from smscampaign.campaign import Campaign, Conduct, Files, Plan, open_plan
from smscampaign.cli import options, showing
from smscampaign.cli.bars import Bars
from smscampaign.cli.connecting import way_of
from smscampaign.cli.screen import note, out, plain, print_json
from smscampaign.errors import JournalProblem
from smscampaign.model import Progress


def status(
    ctx: typer.Context,
    file: options.File,
    rehearsal: options.Rehearsal = False,
    json: options.Json = False,
    settings: options.SettingsFile = None,
    journal: options.JournalFile = None,
    name: options.Name = None,
) -> None:
    """Where a campaign stands: sent, pending, refused, in doubt, and what it cost so far. Needs no network."""
    with _opened(ctx) as (_, files, plan):
        tally = plan.tally()
        if json:
            print_json(
                {"campaign": plan.campaign.name, **showing.tally_json(tally), "journal": str(files.journal)}
            )
            return
        begun = plan.record.begun_at
        when = (
            f"begun {begun:%Y-%m-%d %H:%M} UTC by {plan.record.inputs.gateway}"
            if begun
            else "planned, nothing sent"
        )
        out().print(f"[bold]{plain(plan.campaign.name)}[/]  {plain(when)}")
        showing.show_standing(out(), tally)
        showing.show_doubts(plan)
        if plan.summary.messages and not showing.nothing_left(tally):
            note("`run` goes on where it stopped, with the options it was begun with.")


def reconcile(
    ctx: typer.Context,
    file: options.File,
    rehearsal: options.Rehearsal = False,
    account: options.Account = None,
    settings: options.SettingsFile = None,
    journal: options.JournalFile = None,
    results: options.OutFile = None,
    name: options.Name = None,
    settle: options.Settle = None,
) -> None:
    """Ask OVHcloud about every call in doubt, send nothing, and write the results anew."""
    with (
        _opened(ctx) as (campaign, files, plan),
        way_of(campaign, files, rehearsal=rehearsal) as way,
        Bars() as bars,
    ):
        assert way.gateway is not None  # noqa: S101 - `way_of` opens it
        settling = campaign.settings.settling(way.settle)
        plan.reconcile(way.gateway, Conduct(pace=way.gateway.pace, settle=settling, watch=bars))
        bars.close()
        plan.save_results(files.results)
        showing.show_standing(out(), plan.tally())
        note("Results:", copy=str(files.results))
        showing.show_doubts(plan, still="still ")
        raise typer.Exit(1 if plan.doubts() else 0)


def receipts(
    ctx: typer.Context,
    file: options.File,
    rehearsal: options.Rehearsal = False,
    account: options.Account = None,
    settings: options.SettingsFile = None,
    journal: options.JournalFile = None,
    results: options.OutFile = None,
    name: options.Name = None,
) -> None:
    """Fetch the delivery receipts of what was accepted and write the results anew."""
    with _opened(ctx) as (campaign, files, plan), way_of(campaign, files, rehearsal=rehearsal) as way:
        assert way.gateway is not None  # noqa: S101 - `way_of` opens it
        with Bars() as bars:
            _fetch(plan, way.gateway, bars)
        plan.save_results(files.results)
        showing.show_standing(out(), plan.tally())
        note("Results:", copy=str(files.results))


def _fetch(plan: Plan, gateway: Any, bars: Bars) -> None:
    calls = journal.accepted_calls(plan.store, plan.record)
    with plan.store.driving():
        for number, (tag, _) in enumerate(calls, 1):
            found = list(gateway.receipts(tag))
            if found:
                journal.keep_receipts(plan.store, plan.record, found)
            bars(Progress("asking", number, len(calls)))


def _exists(ctx: typer.Context, path: Path) -> None:
    if path.exists():
        return
    file, rehearsal = ctx.params["file"], ctx.params["rehearsal"]
    other = Files.beside(file, rehearsal=not rehearsal).journal
    if other.exists():
        remedy = (
            "There is one of a real run: leave out --sandbox."
            if rehearsal
            else "There is one of a rehearsal: add --sandbox."
        )
    else:
        remedy = f"See what would be sent:\n{options.program()} run {shlex.quote(str(file))} --dry-run"
    raise JournalProblem("nothing was sent yet: there is no journal here", where=str(path), remedy=remedy)


@contextmanager
def _opened(ctx: typer.Context) -> Iterator[tuple[Campaign, Files, Plan]]:
    campaign, files = options.campaign_of(ctx), options.files_of(ctx)
    _exists(ctx, files.journal)
    store = journal.open_journal(files.journal, create=False)
    try:
        yield campaign, files, open_plan(campaign, store)
    finally:
        store.close()
