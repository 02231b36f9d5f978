"""`replies`: what people answered to a campaign; without FILE, to the account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer

from smscampaign.bars import Bars
from smscampaign.campaign import reply_file
from smscampaign.campaign.plans import Plan
from smscampaign.campaign.progress import watched
from smscampaign.campaign.repeats import refuse_unbegun
from smscampaign.campaign.replies import FIRST, Heard, Listening, listen
from smscampaign.cli import accounts, commands, options
from smscampaign.cli.endings import DONE, NOTHING, PARTLY, Ending
from smscampaign.cli.interrupts import INTERRUPTED, stopping
from smscampaign.cli.screen import facts, note, out, plain, print_json, table, thousands, warn
from smscampaign.cli.status import opened, way_back
from smscampaign.drawing import local, masked
from smscampaign.errors import FileProblem, SettingsProblem
from smscampaign.gateway.incoming import OvhIncoming
from smscampaign.journal import replies as kept
from smscampaign.journal.replies import Counts, Reply
from smscampaign.journal.store import Record
from smscampaign.languages import mark
from smscampaign.stopwords import Stop
from smscampaign.translation import told
from smscampaign.ways import Way

#: Seconds of the first pause where calls are not paced, as in the sandbox.
QUICK = 2.0

#: How many answers are shown; all of them are in the file.
SHOWN = 10

_SAID = {Stop.NO: "", Stop.STOP: "STOP", Stop.REVIEW: mark("a look")}

_File = Annotated[
    Path | None,
    typer.Argument(help="The recipients of a campaign; without it: answers to the account.", metavar="FILE"),
]


@options.with_settings("account")
def replies(
    ctx: typer.Context,
    file: _File = None,
    follow: Annotated[
        bool,
        typer.Option(
            "--follow",
            help="Look again, with growing pauses, as long as somebody may answer. Ctrl-C ends it; begin it again.",
        ),
    ] = False,
    rehearsal: options.Rehearsal = False,
    json: options.Json = False,
    settings: options.SettingsFile = None,
    journal: options.JournalFile = None,
    answers: Annotated[
        Path | None,
        typer.Option("--out", help="Where to write the answers; else beside FILE.", rich_help_panel="Files"),
    ] = None,
) -> None:
    """What people answered to a campaign and who said STOP, matched to its messages and written beside FILE (.replies.csv).

    Without FILE: what people answered to the account, newest first.
    """
    if file is None:
        _refuse_without_a_file(ctx)
        accounts.answers(ctx.params["account"], json=json)
        return
    with opened(ctx) as (files, plan):
        refuse_unbegun(plan, files.results)
        path = answers or reply_file.beside(files.results)
        replace(files, results=path).refuse_taken(
            plan.campaign.path, inputs=[settings, plan.campaign.rejected]
        )
        with way_back(ctx, plan, files) as way:
            heard, saved = _listen(ctx, plan, way, path)
        asked = heard.problem is None or heard.interrupted
        known = bool(heard.counts.people + heard.counts.stopped)
        if asked or known:
            _show(plan, heard.counts, saved, json=json)
        if heard.problem is not None and not heard.interrupted:
            Ending(heard.problem.what, heard.problem.where, heard.problem.remedy).show(
                json=json and not known
            )
            raise typer.Exit(PARTLY if known else NOTHING)
        raise typer.Exit(INTERRUPTED if heard.interrupted else DONE)


def _refuse_without_a_file(ctx: typer.Context) -> None:
    named = {"follow": "--follow", "rehearsal": "--sandbox", "answers": "--out", "journal": "--journal"}
    for name, option in named.items():
        if ctx.params[name]:
            raise SettingsProblem(
                "this is about a campaign, and no FILE is given",
                where=option,
                remedy="Name the file of its recipients.",
            )


def _listen(ctx: typer.Context, plan: Plan, way: Way, path: Path) -> tuple[Heard, Path | None]:
    """How it stands in the end, and where the answers are."""
    written: list[Path | None] = []
    carrier, onward = way.carrier, commands.command_line(ctx)
    inbox = OvhIncoming(carrier.api, carrier.service)
    first = FIRST if carrier.pace.limited else QUICK
    with stopping(onward) as stop, carrier.heeding(stop, note), Bars(lasting=True) as bars:
        listening = Listening(plan, inbox, stop, stop.wait)

        def save() -> None:
            written[:] = [_saved(plan, listening.editions, path)]

        following = listen(listening, follow=ctx.params["follow"], tell=note, heard=save, first=first)
        heard = watched(following, bars)
        if not written and heard.problem is None:
            save()
    return heard, written[0] if written else None


def _saved(plan: Plan, editions: Sequence[Record], path: Path) -> Path | None:
    """The file, or a word on why there is none: what was answered is in the journal."""
    try:
        return reply_file.save(plan, editions, path)
    except FileProblem as problem:
        warn(f"The answers were not written: {problem.what}.")
        return None


def _show(plan: Plan, counts: Counts, saved: Path | None, *, json: bool) -> None:
    editions = [one for one in plan.store.editions(plan.record.inputs.name) if one.begun_at]
    found = kept.by_row(plan.store, plan.record, editions)
    if json:
        shown = {"campaign": plan.campaign.name, **counts._asdict(), "answers": [_json(one) for one in found]}
        print_json({**shown, "file": None if saved is None else str(saved)})
        return
    out().print(f"[bold]{plain(plan.campaign.name)}[/]")
    if not counts.people and not counts.stopped:
        note("Nobody has answered.")
    else:
        pairs = [("Replies", counts.replies), ("from people", counts.people), ("said STOP", counts.stopped)]
        facts(out(), [(name, thousands(number)) for name, number in pairs])
    if counts.possible:
        note(
            f"{thousands(counts.possible)} of them may be answers to another campaign: sms_match is `possible`."
        )
    some = list(islice(found, SHOWN + 1))
    rows = [(_row(one), local(one.at), told(_stop(one)), masked(one.text)) for one in some[:SHOWN]]
    if rows:
        table(("row", "received", "STOP", "message"), rows, console=out(), numeric=["row"], cut="message")
    if len(some) > SHOWN:
        note("… and more, all of them in the file.")
    if saved is not None:
        note("Answers:", copy=str(saved))


def _row(one: Reply) -> str:
    return "" if one.row is None else str(one.row)


def _stop(one: Reply) -> str:
    return _SAID[reply_file.said(one)]


def _json(one: Reply) -> dict[str, Any]:
    return {
        "id": one.id,
        "row": one.row,
        "number": one.msisdn,
        "at": one.at.astimezone(UTC).isoformat(),
        "text": one.text,
        "variant": one.variant or None,
        "match": reply_file.POSSIBLE if one.possible else reply_file.CERTAIN,
        "stop": reply_file.said(one).value or None,
    }
