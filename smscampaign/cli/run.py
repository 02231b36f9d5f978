"""`run`: plan, show, ask, send, write the results. A dry run stops before asking; running again resumes."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from smscampaign.advice.findings import Finding
from smscampaign.bars import Bars
from smscampaign.campaign import editions, gates
from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.changes import refuse_other
from smscampaign.campaign.files import Files
from smscampaign.cli import changes, commands, options, preview, rejections, summaries
from smscampaign.cli.consent import Consent
from smscampaign.cli.screen import note, out, print_json, warn
from smscampaign.cli.send import DONE, NOTHING, Wish, send
from smscampaign.cli.way import Way, way_of
from smscampaign.journal.store import open_journal
from smscampaign.pricing import RateCache
from smscampaign.results import refuse_place


@options.with_settings("message", "template", "sender", "purpose", "region", "account")
def run(
    ctx: typer.Context,
    file: options.File,
    dry_run: options.DryRun = False,
    rehearsal: options.Rehearsal = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Send without asking.")] = False,
    confirm: options.Confirm = None,
    amend: changes.Amend = False,
    restart: changes.Restart = False,
    send_again: changes.SendAgain = False,
    show: preview.Show = None,
    limit: options.Limit = None,
    json: options.Json = False,
    settings: options.SettingsFile = None,
    journal: options.JournalFile = None,
    results: options.OutFile = None,
) -> None:
    """Send a campaign: plan, show, ask, send, write the results. Run it again to resume.

    Nothing leaves without a typed yes, the plan's code (--confirm), or --yes. Try it first with --dry-run, or with --sandbox.
    """
    preview.check_choices(show or ())
    consent = Consent.of(ctx)
    campaign = options.campaign_of(ctx)
    files = options.files_of(ctx, campaign)
    campaign.recipe()
    if results or not dry_run:
        refuse_place(files.results)  # the gates ask it as well, once the whole file was planned
    try:
        raise typer.Exit(_dry_run(ctx, campaign, files) if dry_run else _send(ctx, campaign, files, consent))
    except KeyboardInterrupt:
        note("Interrupted.")  # Typer would end without a word
        raise


def _send(ctx: typer.Context, campaign: Campaign, files: Files, consent: Consent) -> int:
    asked = ctx.params
    # What has begun is gone on with under the same code; only a restart takes another word before it.
    same = f"--confirm {consent.code.split()[-1]}" if consent.code else ""
    onward = commands.command_line(
        ctx, without=("--amend", "--restart", "--send-again", "--confirm"), extra=same
    )
    wish = Wish(
        consent,
        asked["limit"],
        asked["json"],
        onward,
        asked["send_again"],
        tuple(asked["show"] or ()),
        rejections.again(ctx),
        commands.deciding(ctx),
    )
    with ExitStack() as stack:
        way = stack.enter_context(way_of(campaign, files, rehearsal=asked["rehearsal"]))
        store = open_journal(files.journal)
        stack.callback(store.close)
        changes.tell_remarks(store)
        with Bars(lasting=True) as bars:
            if consent.code:
                corrected = editions.as_corrected(campaign, store)
                now = corrected.inputs(way.identity, way.account)
                refuse_other(corrected, store, now, code=consent.code, watch=bars)
            plan = editions.planned(
                campaign,
                store,
                gateway=way.identity,
                account=way.account,
                watch=bars,
                kind=changes.kind_of(ctx),
            )
        return send(plan, way, files, wish)


def _dry_run(ctx: typer.Context, campaign: Campaign, files: Files) -> int:
    asked = ctx.params
    way = Way.unopened(campaign, rehearsal=asked["rehearsal"])
    kind = changes.kind_of(ctx)
    with tempfile.TemporaryDirectory(prefix="smscampaign-") as folder, ExitStack() as stack:
        # A dry run leaves nothing behind; mkdtemp's folder is 0700 and the journal in it 0600.
        store = open_journal(Path(folder) / "plan.sqlite", scratch=True)
        stack.callback(store.close)
        kept = stack.enter_context(changes.kept(files.journal))
        with Bars(lasting=True) as bars:
            plan = editions.rehearsed(campaign, store, kept, gateway=way.identity, watch=bars, kind=kind)
        forecast = plan.price(RateCache().known(way.identity))
        facts = gates.Facts(
            asked["limit"],
            asked["send_again"],
            files.results,
            home=files.journal,
            service="" if asked["rehearsal"] else campaign.settings.account or "",
        )
        found = gates.of(plan, facts)
        if asked["json"]:
            print_json({**summaries.summary_json(plan, forecast), "findings": preview.findings_json(found)})
        else:
            summaries.show_plan(
                out(), plan, forecast, calls_per_minute=way.calls_per_minute, limit=asked["limit"]
            )
            preview.show_messages(out(), plan, asked["show"] or ())
        changes.tell_edition(plan, kept)
        preview.show_findings(plan, found, stops=True)
        if asked["results"]:
            plan.save_results(files.results)
            note("Results:", copy=str(files.results))
            rejections.keep_rejected(plan, rejections.again(ctx))
    return _end_dry_run(ctx, gates.stops(found), idle=gates.nothing_to_do(plan, None))


def _end_dry_run(ctx: typer.Context, stops: Sequence[Finding], *, idle: bool) -> int:
    """Its last line: the command that sends it, or that this would be refused."""
    if stops:
        without = {one.overruled_by for one in stops}
        way = without.pop() if len(without) == 1 else ""
        warn(f"Nothing was sent, and {f'without {way}' if way else 'as it is'} nothing would be.")
    elif not idle:
        note("Nothing was sent. This sends it:", copy=commands.command_line(ctx, without=("--dry-run",)))
    return NOTHING if stops or idle else DONE
