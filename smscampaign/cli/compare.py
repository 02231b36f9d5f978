"""`compare`: how several texts of a campaign do against each other."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from smscampaign.campaign.comparison import Compared, Outcome, compared
from smscampaign.campaign.plans import Plan
from smscampaign.cli import options
from smscampaign.cli.screen import count, note, out, plain, print_json, table, warn
from smscampaign.cli.status import opened
from smscampaign.errors import SettingsProblem
from smscampaign.experiments import words


@options.with_settings()
def compare(
    ctx: typer.Context,
    file: options.File,
    outcome: Annotated[
        Path | None,
        typer.Option(
            "--outcome", help="A table with a row for each who did it, such as orders.", metavar="FILE"
        ),
    ] = None,
    key: Annotated[
        str,
        typer.Option("--key", help="The column of both files that says who it is.", metavar="COLUMN"),
    ] = "",
    rehearsal: options.Rehearsal = False,
    json: options.Json = False,
    settings: options.SettingsFile = None,
    journal: options.JournalFile = None,
) -> None:
    """How several texts of a campaign do against each other. Needs no network.

    Replies and STOPs are those that `replies` has fetched. Before the end that was set nobody is called better.
    """
    if (outcome is None) != (not key):
        raise SettingsProblem(
            "--outcome and --key go together",
            where="--key" if outcome else "--outcome",
            remedy="Add --outcome orders.csv --key COLUMN, a column that orders and recipients have.",
        )
    with opened(ctx) as (_, plan):
        found = compared(plan, now=plan.store.clock(), outcome=Outcome(outcome, key) if outcome else None)
        if found.strangers and outcome:
            warn(
                f"Of {count(found.keys, 'different key')} in {outcome.name} {found.strangers} are of nobody in {file.name}."
                " Where that is wrong: are both columns spelled alike? Spreadsheets drop the zeros in front."
            )
        if json:
            print_json(_json(plan, found))
        else:
            _show(plan, found)


def _show(plan: Plan, found: Compared) -> None:
    out().print(f"[bold]{plain(plan.campaign.name)}[/]")
    heads = words.heads(found.measure)
    rows = [words.measured(one) for one in found.verdict.measured]
    table(heads, rows, console=out(), numeric=heads[1:4])
    pairs = [words.pair(one) for one in found.verdict.comparisons]
    if pairs:
        out().print()
        table(
            ("pair", "points apart", "between", "how surely"), pairs, console=out(), numeric=("points apart",)
        )
    out().print(plain(words.verdict(found.verdict, end=found.end, now=found.now)))
    if found.measure != "outcome":
        note("What is counted are the replies that `smscampaign replies` has fetched.")


def _json(plan: Plan, found: Compared) -> dict[str, Any]:
    verdict = found.verdict
    return {
        "campaign": plan.campaign.name,
        "measure": found.measure,
        "from": found.began.isoformat(),
        "end": found.end.isoformat(),
        "texts": [
            {
                "text": one.name,
                "people": one.counted.of,
                "did": one.counted.did,
                "share": one.counted.share,
                "interval": list(one.interval),
            }
            for one in verdict.measured
        ],
        "pairs": [
            {
                "texts": [one.one, one.other],
                "difference": one.apart,
                "interval": list(one.interval),
                "grade": one.grade.value,
            }
            for one in verdict.comparisons
        ],
        "grade": verdict.grade.value,
        "winner": verdict.winner,
        "keys": found.keys,
        "strangers": found.strangers,
    }
