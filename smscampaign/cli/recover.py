"""`recover`: an older copy of a journal, or a damaged one, finds out from OVHcloud what it does not know."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from smscampaign.bars import Bars
from smscampaign.campaign.launch import LaunchOptions
from smscampaign.campaign.recovery import Recovered, made_whole, recovered
from smscampaign.cli import options, summaries
from smscampaign.cli.endings import DONE, NOTHING, PARTLY
from smscampaign.cli.interrupts import INTERRUPTED, stopping
from smscampaign.cli.screen import count, note, out, warn
from smscampaign.errors import GatewayProblem
from smscampaign.gateway.endpoints import SANDBOX
from smscampaign.journal.marks import NAMED
from smscampaign.journal.places import Place, place_of
from smscampaign.journal.store import open_journal
from smscampaign.ways import Way, destination, ovhcloud, sandbox


def recover(
    journal: Annotated[str, typer.Argument(help="The journal: spring.journal.sqlite.", metavar="JOURNAL")],
    account: options.Account = None,
    settle: options.Settle = None,
) -> None:
    """Make an older copy of a journal, or a damaged one, usable again: OVHcloud is asked what was sent. Sends nothing.

    What the journal calls pending may have been sent since: it is in doubt until OVHcloud was asked. A damaged file is kept.
    """
    place = place_of(journal)
    made_whole(place, note)
    with closing(open_journal(place, create=False, behind=True)) as store:
        found = recovered(store, _results_of(place))
        if not found:
            warn("No campaign stands in this journal.")
            raise typer.Exit(NOTHING)
        codes = [_asked(one, place, account, settle) for one in found]
    raise typer.Exit(max(codes, default=DONE))


def _results_of(place: Place) -> Path | None:
    """The results as they stand beside a journal that is named as usual."""
    if not isinstance(place, Path) or not place.name.endswith(NAMED):
        return None
    return place.with_name(f"{place.name.removesuffix(NAMED)}.results.csv")


def _asked(one: Recovered, place: Place, account: str | None, settle: float | None) -> int:
    inputs = one.record.inputs
    if one.begun:
        note(f"{inputs.name}: {count(one.calls, 'call')} pending in this journal may have been made since.")
    else:
        note(f"{inputs.name}: a plan that never began. OVHcloud is asked whether it was sent from elsewhere.")
    if inputs.gateway != SANDBOX or not isinstance(place, Path):
        if inputs.gateway != (here := destination()):
            raise GatewayProblem(
                f"the campaign {inputs.name!r} was sent by {inputs.gateway}, and these keys are for {here}",
                remedy="Run the same command with the keys it was sent with.",
            )
        return _ask(one, ovhcloud(account or inputs.account or one.settings.account), settle)
    # `spring.sandbox.journal.sqlite` was sent to the sandbox in `spring.sandbox.sqlite`.
    database = place.with_name(f"{place.name.removesuffix(NAMED)}.sqlite")
    if not database.is_file():
        raise GatewayProblem(
            "the sandbox of this rehearsal is gone", where=str(database), remedy="Rehearse anew."
        )
    with sandbox(database) as way:
        return _ask(one, way, settle)


def _ask(one: Recovered, way: Way, settle: float | None) -> int:
    gateway = way.of(one.settings).carrier
    settling = one.settings.settling(way.settle if settle is None else settle)
    with stopping() as stop, gateway.heeding(stop, note), Bars(lasting=True) as bars:
        one = one.ask(
            gateway, LaunchOptions(pace=gateway.pace, settle=settling, stop=stop, watch=bars, tell=warn)
        )
        interrupted = stop.is_set()
    summaries.show_standing(out(), one.tally())
    doubts = one.doubts()
    if doubts:
        warn(f"{count(doubts, 'call')} still in doubt: `reconcile` asks again, `status` shows them.")
    if one.begun:
        note("`run` goes on where it stopped, with the options the campaign was begun with.")
    else:
        note("Nothing is known to have been sent of it: it is a plan still, and waits for a yes.")
    return INTERRUPTED if interrupted else PARTLY if doubts else DONE
