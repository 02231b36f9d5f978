"""`compare`: how several texts of a campaign do against each other."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from smscampaign.campaign.comparison import Compared, Outcome, compared
from smscampaign.campaign.plans import Plan
from smscampaign.cli import options
from smscampaign.cli.screen import note, out, plain, print_json, table, thousands
from smscampaign.cli.status import opened
from smscampaign.drawing import local
from smscampaign.errors import SettingsProblem
from smscampaign.experiments.grades import Comparison, Grade, Measured
from smscampaign.languages import mark
from smscampaign.translation import told

_DID = {"replies": mark("replied"), "stops": mark("said STOP"), "outcome": mark("did it")}
_GRADES = {
    Grade.NOT_YET: mark("not yet"),
    Grade.TOO_FEW: mark("too few"),
    Grade.NO_DIFFERENCE: mark("no difference"),
    Grade.PROMISING: mark("promising"),
    Grade.SIGNIFICANT: mark("significant"),
}
_VERDICTS = {
    Grade.TOO_FEW: mark("Too few people did it, or did not, to tell the texts apart."),
    Grade.NO_DIFFERENCE: mark("No difference that these numbers can show."),
    Grade.PROMISING: mark("Promising, and not sure: no text is called better."),
}


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
        if json:
            print_json(_json(plan, found))
        else:
            _show(plan, found)


def _show(plan: Plan, found: Compared) -> None:
    out().print(f"[bold]{plain(plan.campaign.name)}[/]")
    did = _DID[found.measure]
    heads = ("text", "people", did, "share", "between (95 %)")
    rows = [_row(one) for one in found.verdict.measured]
    table(heads, rows, console=out(), numeric=heads[1:4])
    pairs = [_pair(one) for one in found.verdict.comparisons]
    if pairs:
        out().print()
        table(
            ("pair", "points apart", "between", "how surely"), pairs, console=out(), numeric=("points apart",)
        )
    out().print(told(_verdict(found)))
    if found.measure != "outcome":
        note("What is counted are the replies that `smscampaign replies` has fetched.")


def _row(one: Measured) -> tuple[str, ...]:
    low, high = one.interval
    return (
        one.name or told("nobody’s"),
        thousands(one.counted.of),
        thousands(one.counted.did),
        _percent(one.counted.share),
        f"{_percent(low)} – {_percent(high)}",
    )


def _pair(one: Comparison) -> tuple[str, ...]:
    low, high = one.interval
    names = " – ".join(name or told("nobody’s") for name in (one.one, one.other))
    return names, _points(one.apart), f"{_points(low)} … {_points(high)}", told(_GRADES[one.grade])


def _verdict(found: Compared) -> str:
    verdict = found.verdict
    if found.now < found.end:
        return f"Not yet: it was set beforehand that the texts are compared on {local(found.end)}."
    if verdict.winner is not None:
        winner = verdict.winner or "no message at all"
        return f"Significant: {winner} does better than each of the others."
    return _VERDICTS.get(verdict.grade, _VERDICTS[Grade.TOO_FEW])


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _points(share: float) -> str:
    return f"{100 * share:+.1f}"


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
    }
