"""The half of `run` that only looks: a plan in a journal that is thrown away, and what stands in its way."""

from __future__ import annotations

from collections.abc import Sequence

import typer

from smscampaign.advice.findings import Finding
from smscampaign.bars import Bars
from smscampaign.campaign import editions, gates
from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.files import Files
from smscampaign.cli import changes, commands, preview, rejections, summaries
from smscampaign.cli.endings import DONE, NOTHING
from smscampaign.cli.screen import note, out, print_json, warn
from smscampaign.pricing import RateCache
from smscampaign.ways import destination


def show(ctx: typer.Context, campaign: Campaign, files: Files) -> int:
    """Show the plan and what stands in its way. Gives the exit code: 2 where `run` would send nothing."""
    asked = ctx.params
    where = destination(rehearsal=asked["rehearsal"])
    kind = editions.kind_of(amend=asked["amend"], restart=asked["restart"])
    with changes.beside(files.journal) as (store, kept):
        with Bars(lasting=True) as bars:
            plan = editions.rehearsed(campaign, store, kept, gateway=where, watch=bars, kind=kind)
        forecast = plan.price(RateCache().known(where))
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
        done = gates.nothing_to_do(plan, plan.standing())
    return _end(ctx, gates.stops(found), idle=gates.nothing_to_do(plan, None), done=done)


def _end(ctx: typer.Context, stops: Sequence[Finding], *, idle: bool, done: bool) -> int:
    """Its last line: the command that sends it, or that this would be refused; nothing where all of it was `done` before."""
    if stops:
        without = {one.overruled_by for one in stops}
        way = without.pop() if len(without) == 1 else ""
        warn(f"Nothing was sent, and {f'without {way}' if way else 'as it is'} nothing would be.")
    elif not (idle or done):
        note("Nothing was sent. This sends it:", copy=commands.command_line(ctx, without=("--dry-run",)))
    return NOTHING if stops or idle else DONE
