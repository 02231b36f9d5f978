"""`cancel`: drop what is pending, and delete at OVHcloud what has not left yet."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from smscampaign.bars import Bars
from smscampaign.campaign import cancellation
from smscampaign.campaign.cancellation import Cancelled, CancelPreview
from smscampaign.campaign.files import Files
from smscampaign.campaign.launch import LaunchOptions
from smscampaign.campaign.plans import Plan
from smscampaign.campaign.repeats import sent_elsewhere
from smscampaign.cli import commands, options, summaries
from smscampaign.cli.consent import Confirmation, Consent
from smscampaign.cli.endings import DONE, NOTHING, PARTLY
from smscampaign.cli.interrupts import INTERRUPTED, stopping
from smscampaign.cli.screen import count, note, out, plain, print_json, thousands, warn
from smscampaign.cli.status import opened, way_back
from smscampaign.errors import FileProblem
from smscampaign.translation import told
from smscampaign.ways import Way


@options.with_settings("account")
def cancel(
    ctx: typer.Context,
    file: options.File,
    rehearsal: options.Rehearsal = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Cancel without asking.")] = False,
    confirm: options.Confirm = None,
    json: options.Json = False,
    settings: options.SettingsFile = None,
    journal: options.JournalFile = None,
    results: options.OutFile = None,
) -> None:
    """Stop a campaign for good: drop what is pending, and delete at OVHcloud what it still keeps.

    Exit codes: 0 nobody has it or will get it; 1 some had left, are in doubt, or were not seen to leave; 2 nothing was done.
    """
    consent = Consent.of(ctx)
    with opened(ctx) as (files, plan):
        if not plan.begun:
            why = "This campaign has sent nothing, so there is nothing to cancel: it leaves only by `run`."
            if elsewhere := sent_elsewhere(plan, files.results):
                why = f"Nothing was sent from this journal, so there is nothing to cancel here. {elsewhere}"
            raise typer.Exit(_undone(plan, files, why, json=json))
        with way_back(ctx, plan, files) as way:
            raise typer.Exit(
                _cancel(plan, way, files, consent=consent, json=json, again=commands.command_line(ctx))
            )


def _cancel(plan: Plan, way: Way, files: Files, *, consent: Consent, json: bool, again: str) -> int:
    gateway = way.carrier
    view = cancellation.preview(plan, gateway, account=gateway.service)
    if view.empty:
        code = _undone(plan, files, _nothing(plan, view), json=json, accepted=view.accepted)
        if cancellation.cancelled_at(plan):
            _save(plan, files)  # that run of it may have died before it wrote them
        return code
    question = Confirmation(_words(view), "nothing was cancelled", f"This would {_words(view)}. To do it:")
    confirm = consent.given(plan, question)
    with stopping(again) as stop, gateway.heeding(stop, note), Bars(lasting=True) as bars:
        how = LaunchOptions(
            pace=gateway.pace,
            workers=plan.campaign.settings.limits.calls_at_once,
            settle=plan.campaign.settings.settling(way.settle),
            stop=stop,
            watch=bars,
        )
        try:
            ended = cancellation.cancel(plan, gateway, how, confirm=confirm, account=gateway.service)
        finally:
            bars.close()
            _save(plan, files)
    code = _exit_code(ended)
    if json:
        print_json(_json(plan, ended, files, code))
    else:
        _show(plan, ended, files)
    _tell(plan, ended, again)
    return code


def _undone(plan: Plan, files: Files, why: str, *, json: bool, accepted: int = 0) -> int:
    """There was nothing to cancel."""
    warn(why)
    if json:
        nothing = Cancelled(0, 0, 0, 0, 0, accepted, 0, plan.tally(), why, interrupted=False)
        print_json(_json(plan, nothing, files, NOTHING))
    return NOTHING


def _nothing(plan: Plan, view: CancelPreview) -> str:
    earlier = " It was cancelled before." if cancellation.cancelled_at(plan) else ""
    left = f": all {count(view.accepted, 'accepted message')} had left" if view.accepted else ""
    return f"There is nothing left to cancel{left}.{earlier}"


def _words(view: CancelPreview) -> str:
    steps = []
    if view.pending:
        steps.append(f"drop {count(view.pending, 'pending message')}")
    if view.in_doubt:
        steps.append(f"ask about {thousands(view.in_doubt)} in doubt")
    if view.held:
        steps.append(f"delete {thousands(view.held)} that OVHcloud still keeps")
    if view.unsure:
        steps.append(f"look for {thousands(view.unsure)} that nobody saw leaving")
    *others, last = map(told, steps)
    return f"{', '.join(others)} {told('and')} {last}" if others else last


def _save(plan: Plan, files: Files) -> None:
    try:
        plan.save_results(files.results)
    except FileProblem as problem:
        warn(f"The results were not written: {problem.what}. {problem.remedy}")


def _exit_code(ended: Cancelled) -> int:
    if ended.interrupted:
        return INTERRUPTED
    out_there = ended.accepted or ended.in_doubt
    return PARTLY if out_there or ended.unsure or ended.problem else DONE


def _show(plan: Plan, ended: Cancelled, files: Files) -> None:
    summaries.show_standing(out(), ended.tally, plan)
    dropped = (
        f"{count(ended.dropped, 'message')} dropped before being sent,"
        f" {thousands(ended.recalled)} deleted at OVHcloud before leaving"
    )
    out().print(told(dropped))
    out().print(plain(told(f"Results: {files.results}")), soft_wrap=True)


def _tell(plan: Plan, ended: Cancelled, again: str) -> None:
    accepted = ended.accepted - ended.unsure
    if accepted > 0 and not ended.interrupted and not ended.problem:
        late = f", {thousands(ended.left)} of them while this was asked" if ended.left else ""
        warn(f"{count(accepted, 'message')} had left and cannot be called back{late}.")
    summaries.show_doubts(plan, still="still ")
    if ended.recalled:
        note(
            "Whether OVHcloud gives credits back for deleted messages is not documented (the sandbox does): "
            "the account's balance tells, see `smscampaign accounts`."
        )
    if ended.problem:
        warn(f"Calling back stopped: {ended.problem}")
    here = ended.unsure - ended.elsewhere
    if here:
        they = "it" if here == 1 else "they"
        warn(f"Of {count(here, 'message')} it is not known yet whether {they} left.")
    if ended.elsewhere:
        warn(
            f"{count(ended.elsewhere, 'message')} of earlier editions went to another account or endpoint,"
            " which was not asked: what it still keeps can be deleted in OVHcloud's control panel."
        )
    if ended.problem or here or ended.interrupted:
        note("To go on:", copy=again)


def _json(plan: Plan, ended: Cancelled, files: Files, code: int) -> dict[str, Any]:
    return {
        "campaign": plan.campaign.name,
        **summaries.tally_json(plan, ended.tally),
        "dropped": ended.dropped,
        "deleted": ended.recalled,
        "left_meanwhile": ended.left,
        "unsure": ended.unsure,
        "accepted": ended.accepted,
        "in_doubt": ended.in_doubt,
        "problem": ended.problem or None,
        "interrupted": ended.interrupted,
        "results": str(files.results),
        "journal": str(files.journal),
        "exit_code": code,
    }
