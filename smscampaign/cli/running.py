"""`run`: plan, show, ask, send, write the results. A dry run stops before asking; running again resumes."""

from __future__ import annotations

import errno
import os
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from smscampaign.bars import Bars
from smscampaign.campaign import Campaign, Files, ramp_of
from smscampaign.campaign.changes import refuse_other
from smscampaign.campaign.rejecting import refuse_bad
from smscampaign.cli import changing, commands, options, previewing, rejections, showing
from smscampaign.cli.confirming import Consent
from smscampaign.cli.connecting import Way, way_of
from smscampaign.cli.screen import note, out, print_json, warn
from smscampaign.cli.sending import DONE, NOTHING, Wish, send
from smscampaign.errors import FileProblem
from smscampaign.journal import open_journal, utc_now
from smscampaign.model import EditionKind
from smscampaign.pricing import RateCache
from smscampaign.results import refuse_others


@options.with_settings("message", "template", "sender", "purpose", "region", "account")
def run(
    ctx: typer.Context,
    file: options.File,
    dry_run: options.DryRun = False,
    rehearsal: options.Rehearsal = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Send without asking.")] = False,
    confirm: options.Confirm = None,
    amend: changing.Amend = False,
    restart: changing.Restart = False,
    send_again: changing.SendAgain = False,
    show: previewing.Show = None,
    limit: options.Limit = None,
    json: options.Json = False,
    settings: options.SettingsFile = None,
    journal: options.JournalFile = None,
    results: options.OutFile = None,
) -> None:
    """Send a campaign: plan, show, ask, send, write the results. Run it again to resume.

    Nothing leaves without a typed yes, the plan's code (--confirm), or --yes. Try it first with --dry-run, or with --sandbox.
    """
    previewing.check_choices(show or ())
    consent = Consent.of(ctx)
    campaign = options.campaign_of(ctx)
    files = options.files_of(ctx)
    campaign.recipe()
    if results or not dry_run:
        _check_place(files.results)
        refuse_others(files.results)
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
        rejections.retry_of(ctx),
    )
    with ExitStack() as stack:
        way = stack.enter_context(way_of(campaign, files, rehearsal=asked["rehearsal"]))
        store = open_journal(files.journal)
        stack.callback(store.close)
        changing.tell_remarks(store)
        with Bars(lasting=True) as bars:
            if consent.code:
                now = campaign.inputs(way.identity, way.account)
                refuse_other(campaign, store, now, code=consent.code, watch=bars)
            plan = campaign.plan(
                store,
                gateway=way.identity,
                account=way.account,
                watch=bars,
                kind=changing.kind_of(ctx),
            )
        return send(plan, way, files, wish)


def _dry_run(ctx: typer.Context, campaign: Campaign, files: Files) -> int:
    asked = ctx.params
    way = Way.unopened(campaign, rehearsal=asked["rehearsal"])
    kind = changing.kind_of(ctx)
    with tempfile.TemporaryDirectory(prefix="smscampaign-") as folder, ExitStack() as stack:
        # A dry run leaves nothing behind; mkdtemp's folder is 0700 and the journal in it 0600.
        store = open_journal(Path(folder) / "plan.sqlite")
        stack.callback(store.close)
        kept = stack.enter_context(changing.kept(files.journal))
        with Bars(lasting=True) as bars:
            plan = campaign.rehearse(store, kept, gateway=way.identity, watch=bars, kind=kind)
        forecast = plan.price(RateCache().known(way.identity))
        if asked["json"]:
            print_json(showing.summary_json(plan, forecast))
        else:
            showing.show_plan(
                out(), plan, forecast, calls_per_minute=way.calls_per_minute, limit=asked["limit"]
            )
            previewing.show_messages(out(), plan, asked["show"] or ())
        changing.refuse_what_is_over(plan, kept)
        refuse_bad(plan)
        ramp_of(plan, limit=asked["limit"])
        changing.tell_edition(plan, kept)
        held = changing.guard(plan, send_again=asked["send_again"], results=files.results, home=files.journal)
        previewing.show_findings(plan)
        if asked["results"]:
            plan.save_results(files.results)
            note("Results:", copy=str(files.results))
            rejections.keep_rejected(plan, rejections.retry_of(ctx))
    if not plan.summary.messages and plan.record.kind is not EditionKind.AMENDMENT:
        warn("No row of this file can be sent.")
        return NOTHING
    moment = campaign.settings.sending.send_at
    if moment is not None and moment <= utc_now():
        warn(
            f"{moment:%Y-%m-%d %H:%M %Z} is past: it would leave at once. Nothing was sent; change send_at (--send-at) first."
        )
    elif held:
        warn("Nothing was sent, and without --send-again nothing would be.")
    else:
        note("Nothing was sent. This sends it:", copy=commands.command_line(ctx, without=("--dry-run",)))
    return DONE


def _check_place(path: Path) -> None:
    """The results have to be written at the end, come what may: whether they can be is found out before anything leaves."""
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise FileProblem(
            f"the results could not be written here ({error.strerror})",
            where=str(path),
            remedy="Choose another place with --out FILE; nothing was sent.",
        ) from error
