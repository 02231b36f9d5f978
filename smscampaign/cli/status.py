"""`status`, `reconcile`: where a campaign stands, and what OVHcloud says of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Annotated

import typer

from smscampaign.bars import Bars
from smscampaign.campaign import launch
from smscampaign.campaign.cancellation import cancelled_at, check_place
from smscampaign.campaign.editions import open_plan
from smscampaign.campaign.files import Files
from smscampaign.campaign.launch import LaunchOptions
from smscampaign.campaign.plans import Plan
from smscampaign.campaign.repeats import refuse_unbegun, sent_elsewhere
from smscampaign.campaign.result_files import saved
from smscampaign.cli import changes, commands, decisions, options, summaries
from smscampaign.cli.consent import Consent
from smscampaign.cli.failures import awaited, failures_json, show_failures
from smscampaign.cli.interrupts import stopping
from smscampaign.cli.screen import count, note, out, plain, print_json, thousands, warn
from smscampaign.drawing import local
from smscampaign.errors import GatewayProblem, JournalProblem, for_shell
from smscampaign.journal import comparison, drivers
from smscampaign.journal.places import Place
from smscampaign.journal.store import journal_exists, open_journal
from smscampaign.model import Delivery, Status
from smscampaign.responses import FINAL
from smscampaign.translation import told
from smscampaign.ways import Way, way_of


@options.with_settings()
def status(
    ctx: typer.Context,
    file: options.File,
    rehearsal: options.Rehearsal = False,
    json: options.Json = False,
    settings: options.SettingsFile = None,
    journal: options.JournalFile = None,
) -> None:
    """Where a campaign stands: sent, pending, refused, in doubt, and what it cost so far. Needs no network."""
    with opened(ctx) as (files, plan):
        tally, paused = plan.tally(), plan.paused()
        cancelled = cancelled_at(plan)
        working = drivers.all_at_work(plan.store)
        if json:
            print_json(
                {
                    "campaign": plan.campaign.name,
                    **summaries.tally_json(plan, tally),
                    "paused": paused.detail if paused else None,
                    "cancelled": None if cancelled is None else cancelled.isoformat(),
                    "in_doubt": summaries.doubts_json(plan),
                    "awaited": awaited(plan),
                    "failures": failures_json(plan),
                    "at_work": [
                        {"process": one.pid, "host": one.host, "since": one.since.isoformat()}
                        for one in working
                    ],
                    "journal": str(files.journal),
                }
            )
            return
        begun = plan.record.begun_at
        when = f"begun {local(begun)} by {plan.record.inputs.gateway}" if begun else "planned, nothing sent"
        out().print(f"[bold]{plain(plan.campaign.name)}[/]  {plain(told(when))}")
        summaries.show_standing(out(), tally, plan, drawn=True)
        show_failures(out(), plan)
        if not working:  # else most of them are being sent
            summaries.show_doubts(plan, decide=commands.deciding(ctx))
        summaries.show_kept(plan, tally)
        if paused:
            warn(f"Paused on {local(paused.at)}: {paused.detail}")
        for one in working:
            warn(f"smscampaign is at work on this campaign right now ({_who(one)}).")
        if cancelled is not None:
            warn(f"Cancelled on {local(cancelled)}: nothing of it is sent any more.")
        elif working:
            whole = sum(tally.messages.values())
            done = whole - sum(tally.messages.get(one, 0) for one in (Status.PENDING, Status.IN_DOUBT))
            note(
                f"So far {thousands(done)} of {count(whole, 'message')} are done; what is being sent counts as in doubt."
            )
        elif not begun and (elsewhere := sent_elsewhere(plan, files.results)):
            warn(f"Nothing was sent from this journal. {elsewhere}")
        elif begun and files.rehearsal_over:
            note(
                "The sandbox of this rehearsal is gone, and with it what was sent. To rehearse anew:",
                copy=_going_on(ctx, plan),
            )
        elif (step := next_step(ctx, plan)) is not None:
            note(step[0], copy=step[1])


def _who(one: drivers.AtWork) -> str:
    return f"process {one.pid} on {one.host}, since {local(one.since)}"


def _going_on(ctx: typer.Context, plan: Plan) -> str:
    """The `run` with the options that the campaign was begun with."""
    from smscampaign.settings import differences

    now = plan.campaign.settings.model_dump(mode="json", by_alias=True)
    return commands.going_on(ctx, differences.begun_with(plan.record.inputs.settings, now))


def next_step(ctx: typer.Context, plan: Plan) -> tuple[str, str] | None:
    """What to do next about a campaign, in a sentence and a command; None where it was cancelled, or sends nothing."""
    tally = plan.tally()
    if cancelled_at(plan) is not None or not plan.summary.messages:
        return None
    if not summaries.nothing_left(tally):
        return "`run` goes on where it stopped, with the options it was begun with:", _going_on(ctx, plan)
    accepted = tally.messages.get(Status.ACCEPTED, 0)
    if sum(tally.deliveries.get(one, 0) for one in (*FINAL, Delivery.UNKNOWN)) < accepted:
        return "`receipts` asks what became of the messages:", f"{commands.about(ctx, 'receipts')} --follow"
    if Delivery.FAILED in tally.deliveries and not plan.campaign.settings.recurring and _may_go_again(plan):
        again = commands.about(ctx, "run", [("--retry", "temporary")])
        return "`run --retry temporary` sends once more what failed for a while only:", again
    if accepted and ctx.info_name != "report":
        return "`report` says all of it on one page:", commands.about(ctx, "report")
    return None


def _may_go_again(plan: Plan) -> bool:
    from smscampaign.journal import editions, retries  # most campaigns had no failures

    return retries.any_of(plan.store, editions.series_of(plan.store, plan.record))


@options.with_settings("account")
def reconcile(
    ctx: typer.Context,
    file: options.File,
    rehearsal: options.Rehearsal = False,
    settings: options.SettingsFile = None,
    journal: options.JournalFile = None,
    results: options.OutFile = None,
    resend: Annotated[
        list[str] | None,
        typer.Option(
            "--resend",
            metavar="TAG|--all",
            help="Decide that this call in doubt was not sent: the next run makes it again. May be repeated; --all stands"
            " for every call that is still in doubt once OVHcloud was asked.",
        ),
    ] = None,
    assume_sent: Annotated[
        list[str] | None,
        typer.Option(
            "--assume-sent",
            metavar="TAG",
            help="Decide that this call in doubt was sent: it is never made again. Needs no network. May be repeated.",
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Decide without asking.")] = False,
    confirm: options.Confirm = None,
) -> None:
    """Ask OVHcloud about every call in doubt, send nothing, and write the results anew.

    With --resend or --assume-sent a person decides about single calls instead, and nobody else's change.
    """
    decision = decisions.Decision.of(assume_sent, resend, Consent.of(ctx))
    with opened(ctx) as (files, plan), ExitStack() as stack:
        refuse_unbegun(plan, files.results)
        way, interrupted = None, False
        if decision is None or decision.resend or decision.everything:
            way = stack.enter_context(way_back(ctx, plan, files))
        if way is not None and (decision is None or decision.everything):
            interrupted = _ask(plan, way)
        if decision is not None and decision.everything:
            decision = decision.about([tag for tag, *_ in plan.doubts()])
        if decision is not None and not interrupted:
            decisions.carry_out(plan, decision, way)
        written = saved(plan, files.results, warn)
        summaries.show_standing(out(), plan.tally(), plan)
        if written:
            note("Results:", copy=str(written))
        summaries.show_doubts(plan, still="still ", decide=commands.deciding(ctx))
        raise typer.Exit(130 if interrupted else int(bool(plan.doubts())))


def _ask(plan: Plan, way: Way) -> bool:
    """Settle the doubts; says whether the person stopped it."""
    settle = plan.campaign.settings.settling(way.settle)
    with stopping() as stop, way.carrier.heeding(stop, note), Bars(lasting=True) as bars:
        launch.reconcile(
            plan, way.carrier, LaunchOptions(pace=way.carrier.pace, settle=settle, stop=stop, watch=bars)
        )
        return stop.is_set()


def _exists(ctx: typer.Context, file: Path, place: Place) -> None:
    if journal_exists(place):
        return
    rehearsal = ctx.params["rehearsal"]
    other = Files.beside(file, rehearsal=not rehearsal).journal
    with changes.kept(other) as store:
        begun = store is not None and comparison.begun_in(store)
    if begun:
        remedy = (
            "There is one of a real run: leave out --sandbox."
            if rehearsal
            else "There is one of a rehearsal: add --sandbox."
        )
    else:
        remedy = f"See what would be sent:\n{commands.program()} run {for_shell(file)} --dry-run"
    raise JournalProblem("nothing was sent yet: there is no journal here", where=str(place), remedy=remedy)


@contextmanager
def way_back(ctx: typer.Context, plan: Plan, files: Files) -> Iterator[Way]:
    """The way by which a campaign was sent, for what is asked about it. Raises `ChangedInputs` where another one is open."""
    rehearsal = ctx.params["rehearsal"]
    if rehearsal and files.rehearsal_over:
        raise GatewayProblem(
            "the sandbox of this rehearsal is gone",
            where=str(files.sandbox),
            remedy=f"Rehearse anew:\n{_going_on(ctx, plan)}",
        )
    with way_of(plan.campaign.settings, files.sandbox, rehearsal=rehearsal) as way:
        check_place(plan, gateway=way.identity, account=way.carrier.service)
        yield way


@contextmanager
def opened(ctx: typer.Context) -> Iterator[tuple[Files, Plan]]:
    campaign = options.campaign_of(ctx)
    files = options.files_of(ctx, campaign)
    _exists(ctx, campaign.path, files.journal)
    with closing(open_journal(files.journal, create=False)) as store:
        changes.tell_remarks(store)
        yield files, open_plan(campaign, store)
