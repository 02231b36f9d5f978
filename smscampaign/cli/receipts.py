"""`receipts`: what became of every message that was accepted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from smscampaign.bars import Bars
from smscampaign.campaign.failed_file import keep_failed
from smscampaign.campaign.plans import Plan
from smscampaign.campaign.progress import watched
from smscampaign.campaign.repeats import refuse_unbegun
from smscampaign.campaign.result_files import saved
from smscampaign.cli import commands, options, summaries
from smscampaign.cli.endings import DONE, NOTHING, PARTLY, Ending
from smscampaign.cli.failures import editions, failures_json, show_failures
from smscampaign.cli.interrupts import INTERRUPTED, stopping
from smscampaign.cli.screen import count, note, out, print_json, warn
from smscampaign.cli.status import next_step, opened, way_back
from smscampaign.receipts.following import FIRST, Heard, listen
from smscampaign.receipts.looking import Looking
from smscampaign.ways import Way

#: Seconds of the first pause where calls are not paced, as in the sandbox.
QUICK = 2.0


@options.with_settings("account")
def receipts(
    ctx: typer.Context,
    file: options.File,
    follow: Annotated[
        bool,
        typer.Option(
            "--follow",
            help="Look again, with growing pauses, until nothing more can come. Ctrl-C ends it; begin it again.",
        ),
    ] = False,
    rehearsal: options.Rehearsal = False,
    json: options.Json = False,
    settings: options.SettingsFile = None,
    journal: options.JournalFile = None,
    results: options.OutFile = None,
) -> None:
    """Ask what became of what was accepted, of earlier editions and nights too, and write the results anew.

    Ends with 0 when every message has its last receipt or can have none any more, and with 1 while some are awaited.
    """
    with opened(ctx) as (files, plan):
        refuse_unbegun(plan, files.results)
        written: list[Path | None] = []

        def save() -> None:
            written[:] = [saved(plan, files.results, warn), keep_failed(plan, files.results, warn)]

        with way_back(ctx, plan, files) as way:
            heard = _listen(ctx, plan, way, save)
        if not written:
            save()
        problem = None if heard.interrupted else heard.problem
        code = _code(heard)
        if problem is not None:
            Ending(problem.what, problem.where, problem.remedy, problem.code).show(json=False)
        if json:
            print_json(_json(plan, heard, written, code))
            raise typer.Exit(code)
        _show(ctx, plan, heard, written)
        raise typer.Exit(code)


def _code(heard: Heard) -> int:
    if heard.interrupted:
        return INTERRUPTED
    if heard.problem is not None and not heard.standing.final:
        return NOTHING
    return DONE if heard.complete else PARTLY


def _show(ctx: typer.Context, plan: Plan, heard: Heard, written: Sequence[Path | None]) -> None:
    tally = plan.tally()
    summaries.show_standing(out(), tally, plan)
    show_failures(out(), plan)
    summaries.show_kept(plan, tally)
    place, failed = written
    if place:
        note("Results:", copy=str(place))
    if failed:
        note("What failed, why, and what to do:", copy=str(failed))
    left = heard.standing.accepted - heard.standing.final
    if heard.complete and (step := next_step(ctx, plan)) is not None:
        note(step[0], copy=step[1])
    if heard.complete or heard.problem is not None or not left:
        return
    note(
        f"{count(left, 'message')} still without a last receipt. What became of them:",
        copy=commands.command_line(ctx, without={"--follow"}, extra="--follow"),
    )


def _json(plan: Plan, heard: Heard, written: Sequence[Path | None], code: int) -> dict[str, Any]:
    return {
        "campaign": plan.campaign.name,
        **summaries.tally_json(plan, plan.tally()),
        "awaited": heard.standing.accepted - heard.standing.final,
        "over": heard.over,
        "failures": failures_json(plan),
        "lacking": heard.lacking or None,
        "problem": str(heard.problem) if heard.problem is not None else None,
        "interrupted": heard.interrupted,
        "results": str(written[0]) if written[0] else None,
        "failed_file": str(written[1]) if written[1] else None,
        "exit_code": code,
    }


def _listen(ctx: typer.Context, plan: Plan, way: Way, save: Callable[[], object]) -> Heard:
    """Of earlier editions, such as nights, as well: theirs come when the next one has begun."""
    carrier, onward = way.carrier, commands.command_line(ctx)
    with stopping(onward) as stop, carrier.heeding(stop, note), Bars(lasting=True) as bars:
        looking = Looking(plan.store, editions(plan), carrier.history, stop, stop.wait)
        first = FIRST if carrier.pace.limited else QUICK
        following = listen(looking, follow=ctx.params["follow"], tell=note, heard=save, first=first)
        return watched(following, bars)
