"""`test`: one of the messages to oneself, outside the campaign, as often as one likes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from typing import Annotated

import typer

from smscampaign.bars import Bars
from smscampaign.campaign import preview
from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.files import Files
from smscampaign.campaign.one_message import deliver_one
from smscampaign.campaign.progress import Watch
from smscampaign.campaign.readiness import Readiness
from smscampaign.campaign.trials import Trial, receiver, trial_of
from smscampaign.cli import changes, commands, options
from smscampaign.cli.endings import DONE, NOTHING, PARTLY
from smscampaign.cli.interrupts import stopping
from smscampaign.cli.screen import count, note, out, plain, print_json, warn
from smscampaign.drawing import bubble_text, mask
from smscampaign.errors import FileProblem, NotConfirmed, under_way
from smscampaign.model import Message, Recipient, Status
from smscampaign.translation import told
from smscampaign.ways import Report, way_of


@options.with_settings("message", "template", "sender", "purpose", "region", "account")
def send_one(
    ctx: typer.Context,
    file: options.File,
    to: Annotated[str, typer.Option("--to", help="Your own number.", metavar="NUMBER", show_default=False)],
    show: Annotated[
        str, typer.Option("--show", help="Which one: first, longest, costliest, or 'row 12'.", metavar="WHAT")
    ] = "first",
    rehearsal: options.Rehearsal = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Send without asking.")] = False,
    json: options.Json = False,
    settings: options.SettingsFile = None,
) -> None:
    """Send one of the messages to yourself, outside the campaign, as often as you like.

    It costs what the message costs, and asks for the last four digits of the number. Exit codes: 0 accepted; 1 it may have
    been; 2 it was not sent.
    """
    preview.check_choice(show, where="--show")
    campaign = options.campaign_of(ctx)
    whom = receiver(campaign, to)
    message = _message(ctx, campaign, show)
    files = options.files_of(ctx, campaign)
    trial = trial_of(campaign, message, whom)
    again = commands.command_line(ctx, without=("--yes", "-y"))
    raise typer.Exit(_sent(trial, files, whom, rehearsal=rehearsal, yes=yes, json=json, again=again))


def _message(ctx: typer.Context, campaign: Campaign, show: str) -> Message:
    """The chosen one, of the whole file as it would be sent now. Raises `FileProblem` where there is none."""
    with changes.looked_over(campaign, options.files_of(ctx, campaign).journal) as plan:
        found = next(preview.chosen(plan, show, where="--show"), None)
    if found is None:
        raise FileProblem(
            "no row of this file can be sent", where=campaign.source.name, remedy="A dry run says why."
        )
    return found[1]


def _sent(
    trial: Trial, files: Files, to: Recipient, *, rehearsal: bool, yes: bool, json: bool, again: str
) -> int:
    def ask(ready: Readiness) -> bool:
        if not json:
            _show(ready)
        _ask(ready, to, yes=yes, again=again)
        return True

    @contextmanager
    def at_work() -> Iterator[tuple[Event, Watch]]:
        with stopping(again) as stop, Bars() as bars:
            yield stop, bars

    with way_of(trial.campaign.settings, files.sandbox, rehearsal=rehearsal) as way:
        report = deliver_one(trial, way, ask=ask, at_work=at_work, tell_of=note)
        with under_way():
            return _told(report, to, json=json)


def _show(ready: Readiness) -> None:
    for bubble in preview.bubbles(ready.plan, ["first"], where="--show", numbers=True):
        out().print(plain(bubble_text(bubble)))


def _ask(ready: Readiness, to: Recipient, *, yes: bool, again: str) -> None:
    """The last four digits, so that a wrong number is noticed. Raises `NotConfirmed`."""
    if yes:
        return
    price = count(ready.waiting.credits, "credit") if ready.waiting.complete else "credits unknown"
    if sys.stdin is None or not sys.stdin.isatty():
        raise NotConfirmed(
            "nothing was sent: there is nobody here to ask", remedy=f"To send it ({price}):\n{again} --yes"
        )
    sys.stderr.write(told(f"Type the last four digits of {mask(to.msisdn)} to send it ({price}):") + " ")
    sys.stderr.flush()
    if sys.stdin.readline().strip() != to.msisdn[-4:]:
        raise NotConfirmed(
            "nothing was sent: those are not its last four digits", remedy=f"To do it after all:\n{again}"
        )


def _told(report: Report, to: Recipient, *, json: bool) -> int:
    status = report.status
    code = DONE if status is Status.ACCEPTED else PARTLY if status is Status.IN_DOUBT else NOTHING
    if json:
        print_json(
            {
                "to": mask(to.msisdn),
                "status": status.value,
                "credits_charged": report.credits_removed,
                "because": report.because or None,
                "journal": str(report.journal),
                "exit_code": code,
            }
        )
    elif code == DONE:
        out().print(
            told(
                f"Accepted: {count(report.credits_removed, 'credit')} charged. It is not part of the campaign."
            )
        )
    if report.trouble:
        warn(report.trouble)
    return code


#: By the command's name; a function of that name would be taken for a test.
test = send_one
