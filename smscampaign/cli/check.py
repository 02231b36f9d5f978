"""`check`: is it right? The keys and the account; with a file also its rows, what the gates find, and the cost."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import typer

from smscampaign.advice.findings import Finding, Severity
from smscampaign.bars import Bars
from smscampaign.campaign import gates
from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.checks import AccountCheck, check_account
from smscampaign.campaign.files import Files
from smscampaign.campaign.lint import check as lint
from smscampaign.campaign.plans import Plan
from smscampaign.campaign.readiness import rates_of
from smscampaign.campaign.savings import savings_of
from smscampaign.cli import advise, changes, options, preview, summaries
from smscampaign.cli.endings import DONE, PARTLY
from smscampaign.cli.screen import count, err, hang, out, plain, print_json, show_error, thousands
from smscampaign.errors import SettingsProblem
from smscampaign.model import PlanSummary
from smscampaign.pricing import Forecast, RateCache
from smscampaign.translation import told
from smscampaign.ways import Way, destination, ovhcloud, way_of

_GRAVE = frozenset({Severity.STOP, Severity.ERROR})


@options.with_settings("message", "template", "sender", "purpose", "region", "account")
def check(
    ctx: typer.Context,
    file: Annotated[
        Path | None,
        typer.Argument(help="The recipients, if there are some yet.", show_default=False, metavar="FILE"),
    ] = None,
    savings: Annotated[
        bool,
        typer.Option("--advise", help="Also which characters make texts dear, and what swapping them saves."),
    ] = False,
    rehearsal: options.Rehearsal = False,
    json: options.Json = False,
    settings: options.SettingsFile = None,
    journal: options.JournalFile = None,
) -> None:
    """Is it right? Keys, rights, clock, account, sender; with FILE also its rows, what stands in the way, and the cost.

    Sends nothing. Exit codes: 0 nothing is wrong; 1 something is, and what to do stands beside it.
    """
    if file is None:
        if savings or rehearsal:
            raise SettingsProblem(
                "there is no file to look at",
                where="--advise" if savings else "--sandbox",
                remedy="Name it: smscampaign check FILE --advise",
            )
        given, _ = options.asked_settings(ctx.params)
        looked = check_account(lambda: ovhcloud(given.get("account")), sender=given.get("sender"))
        raise typer.Exit(_told(looked, json=json))
    campaign = options.campaign_of(ctx)
    settled, database = campaign.settings, options.files_of(ctx, campaign).sandbox
    with ExitStack() as stack:
        looked = check_account(
            lambda: stack.enter_context(way_of(settled, database, rehearsal=rehearsal)), sender=settled.sender
        )
        raise typer.Exit(_with_file(ctx, campaign, looked, savings=savings, json=json))


def _told(looked: AccountCheck, *, json: bool) -> int:
    if json:
        print_json(_account_json(looked))
    else:
        _show_account(looked)
    return PARTLY if _grave(looked.found) else DONE


def _with_file(
    ctx: typer.Context, campaign: Campaign, looked: AccountCheck, *, savings: bool, json: bool
) -> int:
    files = options.files_of(ctx, campaign)
    try:
        found, summary = _looked_over(ctx, campaign, looked, files, savings=savings, json=json)
    finally:
        # Last, where a terminal shows it, and also where the file could not be planned.
        if not json:
            _show_account(looked)
    grave = _grave([*looked.found, *found]) or not summary.messages
    if not (json or grave):
        hang(out(), "ok  ", f"{thousands(summary.messages)} of {count(summary.rows, 'row')} can be sent.")
    return PARTLY if grave else DONE


def _looked_over(
    ctx: typer.Context,
    campaign: Campaign,
    looked: AccountCheck,
    files: Files,
    *,
    savings: bool,
    json: bool,
) -> tuple[list[Finding], PlanSummary]:
    """Show what the file comes to; gives what was found about it besides the account."""
    with changes.looked_over(campaign, files.journal, rehearsal=ctx.params["rehearsal"]) as plan:
        forecast = _priced(plan, looked.way)
        found = _found(plan, looked.way, forecast, files)
        advice = savings_of(plan) if savings else None
        if json:
            print_json(
                {
                    **_account_json(looked),
                    "plan": {
                        **summaries.summary_json(plan, forecast),
                        "findings": preview.findings_json(found),
                    },
                    "advice": advise.advice_json(advice, plan.summary) if advice else None,
                }
            )
        else:
            out().print()
            summaries.show_plan(out(), plan, forecast, limit=None)
            if advice:
                out().print()
                advise.show_advice(out(), advice, plan.summary)
            _show([one for one in found if one not in looked.found])
        return found, plan.summary


def _priced(plan: Plan, way: Way | None) -> Forecast:
    """By OVHcloud's rates, or as far as they are known where it cannot be asked."""
    if way is None:
        return plan.price(RateCache().expected(destination()))
    with Bars() as bars:
        rates, _ = rates_of(plan, way, watch=bars)
    return plan.price(rates)


def _found(plan: Plan, way: Way | None, forecast: Forecast, files: Files) -> list[Finding]:
    facts = gates.GateFacts(results=files.results, home=files.journal, linted=tuple(lint(plan)))
    if way is not None and plan.summary.messages:
        facts = facts.asked(way.carrier, forecast, service=way.carrier.service)
    return gates.of(plan, facts)


def _show_account(looked: AccountCheck) -> None:
    for words in looked.fine:
        hang(out(), "ok  ", f"{words}.")
    _show(looked.found)


def _show(found: Sequence[Finding]) -> None:
    """The gravest first, each with what to do."""
    order = list(Severity)
    for one in sorted(found, key=lambda one: order.index(one.severity)):
        about = f" ({count(one.messages, 'message')})" if one.messages else ""
        if one.severity in _GRAVE:
            show_error(told(one.what) + told(about), where=one.where, remedy=one.remedy)
        else:
            place = f"{one.where}: " if one.where else ""
            err().print(f"[yellow]{told('Note:')}[/] {plain(told(place) + told(one.what) + told(about))}")


def _grave(found: Sequence[Finding]) -> bool:
    return any(one.severity in _GRAVE for one in found)


def _account_json(looked: AccountCheck) -> dict[str, Any]:
    return {"fine": list(looked.fine), "findings": preview.findings_json(looked.found)}
