"""The rows that are not sent: what there is to do about them, then the bad ones, row by row; and where they were written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer
from rich.console import Console

from smscampaign.campaign import rejections
from smscampaign.campaign.plans import Plan
from smscampaign.campaign.rejections import TOLD
from smscampaign.cli import commands
from smscampaign.cli.screen import hang, note, plain, thousands, warn
from smscampaign.errors import FileProblem
from smscampaign.languages import say, tell

# What was asked of this run, and not of the campaign.
_THIS_RUN = frozenset(
    {
        *("--dry-run", "--yes", "-y", "--confirm", "--json", "--amend", "--restart", "--send-again"),
        *("--out", "--limit", "--show"),
    }
)


def show_not_sent(console: Console, plan: Plan, *, briefly: bool = False) -> None:
    """One sentence that says what to do, and then reason by reason which rows it is about and what is wrong with them;
    `briefly` is the sentence alone, for a campaign that has begun.

    In the campaign's language, as the sentences of the rows are.
    """
    counts, language = plan.summary.not_sent, plan.campaign.language
    if not counts:
        return
    console.print(f"\n[bold]{plain(rejections.headline(counts, language))}[/]")
    for one in () if briefly else rejections.by_reason(plan):
        cut = " …" if one.count > len(one.lines) else ""
        rows = say(
            "{figure} row: {lines}",
            "{figure} rows: {lines}",
            n=one.count,
            figure=thousands(one.count),
            lines=", ".join(map(str, one.lines)) + cut,
        )
        hang(console, "", f"{one.reason.value}  {tell(rows, language)}", ours=False)
        for line, sentence in one.sentences:
            said = (
                tell(say("row {row}: {because}", row=line, because=sentence), language) if line else sentence
            )
            hang(console, "    ", said, ours=False)


def not_sent_json(plan: Plan) -> dict[str, Any]:
    """The same for programs."""
    counts = plan.summary.not_sent
    return {
        "to_do": rejections.headline(counts, plan.campaign.language),
        "rejected": rejections.bad_rows(counts),
        "rejected_rows": [
            {
                "row": one.line,
                "column": one.column or None,
                "cell": one.cell if one.column else None,
                "reason": one.reason.value,
                "because": one.because,
                "suggestion": one.suggestion or None,
            }
            for one in rejections.rejected(plan, most=TOLD)
        ],
        "rejected_rows_cut": rejections.bad_rows(counts) > TOLD,
    }


def keep_rejected(plan: Plan, command: str) -> Path | None:
    """Write the file of rejected rows, and tell the command for it; that it cannot be written stops nothing."""
    try:
        saved = rejections.save_rejected(plan)
    except FileProblem as problem:
        warn(f"{problem.where}: the rejected rows could not be written: {problem.what}.")
        return None
    for remark in saved.remarks:
        note(f"{remark}.")
    values = {"n": saved.rows, "figure": thousands(saved.rows), "path": saved.path}
    if saved.written and saved.path is not None:
        told = say(
            "{figure} rejected row in {path}. Put it right there, and send it by:",
            "{figure} rejected rows in {path}. Put them right there, and send them by:",
            **values,
        )
        note(told, copy=command)
    elif saved.path is not None:
        told = say(
            "{figure} rejected row; {path}, where somebody has worked on it, was left as it is.",
            "{figure} rejected rows; {path}, where somebody has worked on them, was left as it is.",
            **values,
        )
        note(told)
    return saved.path


def again(ctx: typer.Context) -> str:
    """This very command without what was about this run: with it the rows that were put right are sent."""
    return commands.command_line(ctx, without=_THIS_RUN)
