"""`run`: plan, show, ask, send, write the results. A dry run stops before asking; running again resumes."""

from __future__ import annotations

from typing import Annotated

import typer

from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.files import Files
from smscampaign.cli import changes, commands, options, preview
from smscampaign.cli.consent import Consent
from smscampaign.cli.screen import note
from smscampaign.errors import ChangedInputs
from smscampaign.results import refuse_place


@options.with_settings("message", "template", "where", "sender", "purpose", "region", "account")
def run(
    ctx: typer.Context,
    file: options.File,
    dry_run: options.DryRun = False,
    rehearsal: options.Rehearsal = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Send without asking.")] = False,
    confirm: options.Confirm = None,
    amend: changes.Amend = False,
    restart: changes.Restart = False,
    retry: changes.Retry = None,
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
    campaign = options.campaign_of(ctx)
    consent = Consent.of(ctx)
    files = options.files_of(ctx, campaign)
    campaign.recipe()
    if results or not dry_run:
        refuse_place(files.results)  # the gates ask it as well, once the whole file was planned
    try:
        raise typer.Exit(_rehearse(ctx, campaign, files) if dry_run else _send(ctx, campaign, files, consent))
    except ChangedInputs as error:
        error.command = commands.changed_back(ctx, error.add, error.leave_out)
        raise
    except KeyboardInterrupt:
        note("Interrupted.")  # Typer would end without a word
        raise


# Each half is loaded by whoever asks for it: what sends takes a tenth of a dry run's start.


def _rehearse(ctx: typer.Context, campaign: Campaign, files: Files) -> int:
    from smscampaign.cli import dry_run

    return dry_run.show(ctx, campaign, files)


def _send(ctx: typer.Context, campaign: Campaign, files: Files, consent: Consent) -> int:
    from smscampaign.cli import send

    return send.run(ctx, campaign, files, consent)
