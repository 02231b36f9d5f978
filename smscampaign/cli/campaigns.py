"""`campaigns`: the campaigns of a folder, and what their numbers are worth."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer

from smscampaign.campaign import folders
from smscampaign.campaign.folders import Listed, Number, State, Verdict
from smscampaign.cli import options
from smscampaign.cli.screen import note, out, print_json, table, thousands, warn
from smscampaign.drawing import local, mask
from smscampaign.errors import SettingsProblem
from smscampaign.languages import mark
from smscampaign.translation import told

#: How many numbers are shown, masked; all of them are in the file.
SHOWN = 20

_STATES = {
    State.IN_DOUBT: mark("in doubt"),
    State.CANCELLED: mark("cancelled"),
    State.PAUSED: mark("paused"),
    State.PENDING: mark("pending"),
    State.DONE: mark("done"),
}
_VERDICTS = {
    Verdict.FAILS: mark("fails for good"),
    Verdict.NEVER: mark("never delivered"),
    Verdict.DELIVERED: mark("delivered"),
}


def campaigns(
    folder: Annotated[
        str, typer.Argument(help="A folder with journals, or a PostgreSQL database.", metavar="FOLDER|URL")
    ] = ".",
    numbers: Annotated[
        bool,
        typer.Option("--numbers", help="Instead: numbers that fail for good, or were never delivered to."),
    ] = False,
    file: Annotated[
        Path | None,
        typer.Option("--out", help="With --numbers: write every number here, in full; for you alone."),
    ] = None,
    rehearsal: options.Rehearsal = False,
    json: options.Json = False,
) -> None:
    """The campaigns of a folder that have begun: when, how many people, what became of it, what it cost. Needs no network."""
    if file is not None and not numbers:
        raise SettingsProblem("only numbers are written to a file", where="--out", remedy="Add --numbers.")
    if numbers:
        _numbers(folder, file, rehearsal=rehearsal, json=json)
        return
    found = list(folders.listed(folder, rehearsals=rehearsal))
    if json:
        print_json([_json(one) for one in found])
        return
    if rows := [_row(one) for one in found if not one.problem]:
        figures = ("people", "delivered", "failed", mark("replies"), "STOP", "credits")
        table(("campaign", "begun", *figures, "state"), rows, console=out(), numeric=figures)
    else:
        note("No campaign has begun here.")
    for one in found:
        if one.problem:
            warn(f"{one.journal} was not looked at: {one.problem}")


def _row(one: Listed) -> tuple[object, ...]:
    counted = (one.people, one.delivered, one.failed, one.replies, one.stops)
    state = told(_STATES[one.state]) if one.state else ""
    begun = f"{one.begun.astimezone():%Y-%m-%d}" if one.begun else ""
    return (one.name, begun, *map(thousands, counted), thousands(one.credits), state)


def _json(one: Listed) -> dict[str, Any]:
    moments = {
        name: None if at is None else at.isoformat()
        for name, at in (("begun", one.begun), ("last", one.last))
    }
    state = None if one.state is None else one.state.value
    rest = {name: value for name, value in one._asdict().items() if name != "name"}
    return {"campaign": one.name, **rest, **moments, "state": state, "problem": one.problem or None}


def _numbers(folder: str, file: Path | None, *, rehearsal: bool, json: bool) -> None:
    counted: Counter[Verdict] = Counter()
    bad: list[Number] = []

    def counting() -> Any:
        for one in folders.numbers(folder, rehearsals=rehearsal):
            counted[one.verdict] += 1
            if one.verdict is not Verdict.DELIVERED and len(bad) < SHOWN:
                bad.append(one)
            yield one

    if file is not None:
        folders.save_numbers(counting(), file)
    else:
        for _ in counting():
            pass
    if json:
        found = {one.value: counted[one] for one in Verdict}
        print_json({"numbers": found, "file": None if file is None else str(file)})
        return
    table(
        ("numbers", "count"),
        [(told(words), thousands(counted[one])) for one, words in _VERDICTS.items()],
        console=out(),
        numeric=["count"],
    )
    if bad:
        rows = [(mask(one.number), told(_VERDICTS[one.verdict]), one.failed, _last(one)) for one in bad]
        table(("number", "verdict", "failed", "last delivered"), rows, console=out(), numeric=["failed"])
    if file is not None:
        note("Every number, in full:", copy=str(file))


def _last(one: Number) -> str:
    return "" if one.delivered_at is None else local(one.delivered_at)
