"""The rows that are not sent: what there is to do about them, then the bad ones, row by row; and where they were written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer
from rich.console import Console

from smscampaign.campaign import rejections
from smscampaign.campaign.plans import Plan
from smscampaign.campaign.rejections import TOLD, Bad
from smscampaign.cli import commands
from smscampaign.cli.screen import count, note, plain, shorten, table, thousands, warn
from smscampaign.errors import FileProblem
from smscampaign.languages import mark, say, tell, without_quote
from smscampaign.model import ReasonCount, Status

#: Characters of a cell that are shown.
CELL = 24

# What was asked of this run, and not of the campaign.
_THIS_RUN = frozenset(
    {
        *("--dry-run", "--yes", "-y", "--confirm", "--json", "--amend", "--restart", "--send-again"),
        *("--out", "--limit", "--show"),
    }
)


def show_not_sent(console: Console, plan: Plan) -> None:
    """One sentence that says what to do, the first bad rows, and reason by reason what is not told row by row.

    In the campaign's language, as the sentences of the rows are.
    """
    counts, language = plan.summary.not_sent, plan.campaign.language
    if not counts:
        return
    console.print(f"\n[bold]{plain(rejections.headline(counts, language))}[/]")
    bad = rejections.bad_rows(counts)
    if bad:
        _show_rows(console, list(rejections.rejected(plan, most=TOLD)), language)
    if bad > TOLD:
        more = say(
            "… and {figure} more bad row. All that is not sent, by reason:",
            "… and {figure} more bad rows. All that is not sent, by reason:",
            n=bad - TOLD,
            figure=thousands(bad - TOLD),
        )
        console.print(plain(tell(more, language)))
    rest = counts if bad > TOLD else [one for one in counts if one.reason.status is not Status.REJECTED]
    if rest:
        if bad and bad <= TOLD:
            console.print()
        _show_counts(console, rest, language)


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
    rows, them = count(saved.rows, "rejected row"), "it" if saved.rows == 1 else "them"
    if saved.written and saved.path is not None:
        note(f"{rows} in {saved.path}. Put {them} right there, and send {them} by:", copy=command)
    elif saved.path is not None:
        note(f"{rows}; {saved.path}, where somebody has worked on {them}, was left as it is.")
    return saved.path


def again(ctx: typer.Context) -> str:
    """This very command without what was about this run: with it the rows that were put right are sent."""
    return commands.command_line(ctx, without=_THIS_RUN)


_ROW_HEADS = (mark("row"), mark("column"), mark("cell"), mark("because"))
_COUNT_HEADS = (mark("not sent"), mark("rows"), mark("e.g. row"), mark("because"))


def _show_rows(console: Console, rows: list[Bad], language: str) -> None:
    heads = [tell(say(head), language) for head in _ROW_HEADS]
    lines = [(one.line, one.column, shorten(one.cell, CELL), _because(one)) for one in rows]
    table(heads, lines, console=console, numeric=heads[:1])


def _because(one: Bad) -> str:
    """The sentence without the cell at its start, which stands beside it; and what would put the row right."""
    because = without_quote(one.because, one.cell.strip()) if one.column else one.because
    return " ".join(filter(None, [because, one.suggestion]))


def _show_counts(
    console: Console, counts: list[ReasonCount] | tuple[ReasonCount, ...], language: str
) -> None:
    heads = [tell(say(head), language) for head in _COUNT_HEADS]
    rows = [(one.reason.value, thousands(one.count), one.line, one.detail) for one in counts]
    table(heads, rows, console=console, numeric=heads[1:3])
