"""`report`: what became of a campaign, as one page for people or as figures for programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from smscampaign.campaign import reports
from smscampaign.campaign.plans import Plan
from smscampaign.cli import options
from smscampaign.cli.screen import note, out, plain, print_json, warn
from smscampaign.cli.status import next_step, opened
from smscampaign.journal.figures import Fared, Outcomes
from smscampaign.report import pictures
from smscampaign.report.places import refuse_others
from smscampaign.report.sentences import headline
from smscampaign.translation import told


@options.with_settings()
def report(
    ctx: typer.Context,
    file: options.File,
    rehearsal: options.Rehearsal = False,
    json: options.Json = False,
    settings: options.SettingsFile = None,
    journal: options.JournalFile = None,
    place: Annotated[
        Path | None,
        typer.Option("--out", help="Where to write the page; else beside FILE.", rich_help_panel="Files"),
    ] = None,
) -> None:
    """Write one page that says what became of a campaign: who got it, who did not and why, what it cost.

    Needs no network, and neither does the page. It holds no number of anybody.
    """
    with opened(ctx) as (files, plan):
        path = place or reports.place_of(plan.campaign.path, rehearsal=rehearsal)
        refuse_others(path)
        found = reports.outcomes_of(plan)
        sentence, command = (None if files.rehearsal_over else next_step(ctx, plan)) or ("", "")
        written = reports.save(plan, found, path, sentence=told(sentence), command=command)
        if json:
            print_json(figures_json(plan, found) | {"report": str(written)})
            return
        out().print(f"[bold]{plain(plan.campaign.name)}[/]  {plain(headline(found))}")
        if not pictures.installed():
            warn(f"{pictures.MISSING}: {pictures.INSTALL}")
        note("Report:", copy=str(written))


def figures_json(plan: Plan, found: Outcomes) -> dict[str, Any]:
    """The figures of a campaign for programs."""
    bill, answered, times = found.bill, found.answered, found.times
    return {
        "campaign": plan.campaign.name,
        "editions": found.editions,
        "rows": found.rows,
        "sendable": found.sendable,
        "accepted": found.accepted,
        "delivered": found.delivered,
        "rows_by_status": {one.value: count for one, count in found.by_status.items() if count},
        "deliveries": {one.value: count for one, count in found.by_delivery.items() if count},
        "not_sent": {one.reason.value: one.rows for one in found.unsent},
        "failed_by_ptt": {"" if code is None else str(code): n for code, n in found.failures.items()},
        "because": [
            {"status": one.status.value, "because": one.detail, "messages": one.messages}
            for one in found.because
        ],
        "countries": {code: _fared_json(one) for code, one in found.by_country.items()},
        "operators": {code: _fared_json(one) for code, one in found.by_operator.items()},
        "times": {
            "start": None if times.start is None else times.start.isoformat(),
            "minutes": times.size.total_seconds() / 60,
            "left": times.left,
            "delivered": times.delivered,
            "undated": times.undated,
        },
        "credits": {
            "forecast": found.forecast,
            "charged": bill.charged,
            "unpriced_calls": bill.unpriced,
            "compared_calls": bill.compared,
            "differing_calls": bill.differing,
            "for_each_delivered": found.each(found.delivered),
            "for_each_answer": found.each(answered.people) if answered else None,
        },
        "replies": answered and answered._asdict(),
        "in_doubt": {one.became: {"calls": one.calls, "receivers": one.receivers} for one in found.doubted},
    }


def _fared_json(one: Fared) -> dict[str, Any]:
    return one._asdict()
