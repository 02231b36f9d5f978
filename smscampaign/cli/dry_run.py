"""The half of `run` that only looks: a plan in a journal that is thrown away, and what stands in its way."""

from __future__ import annotations

from collections.abc import Sequence

import typer

from smscampaign.advice.findings import Finding, Severity
from smscampaign.bars import Bars
from smscampaign.campaign import editions, gates
from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.files import Files
from smscampaign.campaign.rejections import nobody_reached
from smscampaign.cli import changes, commands, preview, rejections, summaries
from smscampaign.cli.endings import DONE, NOTHING
from smscampaign.cli.screen import note, out, print_json, warn
from smscampaign.pricing import RateCache
from smscampaign.ways import destination

#: What a run asks OVHcloud that has not begun anywhere.
_HAD = "people had it before"


def show(ctx: typer.Context, campaign: Campaign, files: Files) -> int:
    """Show the plan and what stands in its way. Gives the exit code: 2 where `run` would send nothing."""
    asked = ctx.params
    where = destination(rehearsal=asked["rehearsal"])
    kind = editions.kind_of(amend=asked["amend"], restart=asked["restart"], retry=asked["retry"])
    with changes.beside(files.journal) as (store, kept):
        with Bars(lasting=True) as bars:
            plan = editions.rehearsed(
                campaign, store, kept, gateway=where, watch=bars, kind=kind, send_again=asked["send_again"]
            )
        forecast = plan.price(RateCache().expected(where))
        facts = gates.GateFacts(
            asked["limit"],
            asked["send_again"],
            files.results,
            home=files.journal,
            service="" if asked["rehearsal"] else campaign.settings.account or "",
            waiting=plan.price_waiting(plan.rates(), limit=asked["limit"]),
        )
        found = gates.of(plan, facts)
        if asked["json"]:
            print_json({**summaries.summary_json(plan, forecast), "findings": preview.findings_json(found)})
        else:
            summaries.show_plan(
                out(),
                plan,
                forecast,
                limit=asked["limit"],
            )
            preview.show_messages(out(), plan, asked["show"] or ())
        changes.tell_edition(plan, kept)
        preview.show_findings(plan, found, stops=True)
        if asked["results"]:
            plan.save_results(files.results)
            note("Results:", copy=str(files.results))
            rejections.keep_rejected(plan, rejections.again(ctx))
        standing = plan.standing()
        done = gates.nothing_to_do(plan, standing)
        idle = nobody_reached(plan) or (gates.nothing_to_do(plan, None) and not campaign.settings.recurring)
        asks = "" if asked["rehearsal"] or asked["send_again"] else _HAD
        if standing is not None or plan.record.proposed:
            asks = "it went on elsewhere"
        # A command is not given for what people would get in a state that nobody wants.
        wrong = any(one.severity is Severity.ERROR for one in found)
    code = _end(ctx, gates.stops(found), idle=idle, done=done, asks=asks, wrong=wrong)
    return DONE if gates.all_passed_over(plan) and not gates.stops(found) else code


def _end(
    ctx: typer.Context, stops: Sequence[Finding], *, idle: bool, done: bool, asks: str, wrong: bool
) -> int:
    """Its last line: what sends it, or what it `asks` OVHcloud first; that this would be refused, or is `wrong`; nothing
    where all was `done`.
    """
    if stops:
        without = {one.overruled_by for one in stops}
        way = without.pop() if len(without) == 1 else ""
        warn(f"Nothing was sent, and {f'without {way}' if way else 'as it is'} nothing would be.")
    elif wrong and not (idle or done):
        warn("Nothing was sent. Put right what is called an error above, and look again.")
    elif not (idle or done):
        if asks == _HAD:
            rehearsal = commands.command_line(ctx, without=("--dry-run",), extra="--sandbox")
            note("To rehearse it, without an account and without reaching anybody:", copy=rehearsal)
        this = f"This asks OVHcloud whether {asks}, then sends it" if asks else "This sends it"
        note(f"Nothing was sent. {this}:", copy=commands.command_line(ctx, without=("--dry-run",)))
    return NOTHING if stops or idle else DONE
