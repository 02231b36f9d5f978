"""`--amend`, `--restart`, `--send-again`: what a changed campaign means, said before anything is asked or sent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Annotated

import typer

from smscampaign.bars import Bars
from smscampaign.campaign import editions
from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.plans import Plan
from smscampaign.cli.screen import count, note, thousands, warn
from smscampaign.drawing import local
from smscampaign.journal import fates
from smscampaign.journal.places import Place
from smscampaign.journal.store import Journal, journal_exists, open_journal
from smscampaign.languages import say
from smscampaign.model import EditionKind, Reason, Status, Tally
from smscampaign.ways import destination

_CHANGED = "When the campaign has begun, or another one like it"

Amend = Annotated[
    bool,
    typer.Option(
        "--amend",
        help="The inputs changed: send to those who have not had the campaign, to nobody twice.",
        rich_help_panel=_CHANGED,
    ),
]
Restart = Annotated[
    bool,
    typer.Option(
        "--restart",
        help="Begin anew: everybody gets it, again. Asks for a word of its own, even with --yes.",
        rich_help_panel=_CHANGED,
    ),
]
SendAgain = Annotated[
    bool,
    typer.Option(
        "--send-again",
        help="Send although people had the same text, or this campaign, before.",
        rich_help_panel=_CHANGED,
    ),
]


def tell_remarks(store: Journal) -> None:
    """What whoever opens a journal should know of it."""
    for remark in store.remarks:
        warn(f"{remark}.")


@contextmanager
def kept(place: Place) -> Iterator[Journal | None]:
    """The journal in which the campaign may have begun, for a dry run; None when there is none."""
    if not journal_exists(place):
        yield None
        return
    with closing(open_journal(place, create=False)) as store:
        tell_remarks(store)
        yield store


@contextmanager
def beside(place: Place) -> Iterator[tuple[Journal, Journal | None]]:
    """A journal that is gone afterwards, for what only looks, and the one in which the campaign may have begun."""
    from smscampaign.scratch import scratch_folder  # a run makes none

    with (
        scratch_folder() as folder,
        closing(open_journal(folder / "plan.sqlite", scratch=True)) as store,
        kept(place) as begun,
    ):
        yield store, begun


@contextmanager
def looked_over(campaign: Campaign, place: Place, *, rehearsal: bool = False) -> Iterator[Plan]:
    """The whole file as a plan that is gone afterwards, with the corrections that hold in the journal at `place`."""
    campaign.recipe()
    with beside(place) as (store, begun):
        where = destination(rehearsal=rehearsal)
        with Bars(lasting=True) as bars:
            plan = editions.looked_at(campaign, store, begun, gateway=where, watch=bars)
        yield plan


def tell_edition(plan: Plan, store: Journal | None) -> None:
    """What a proposed edition would change; `store` is where the campaign has begun."""
    record = plan.record
    before = store.find(record.inputs.name) if store is not None else None
    if store is None or before is None or before.begun_at is None:
        return
    if not record.proposed:
        if store is plan.store:
            return  # a run tells where the campaign stands
        warn(f"This campaign has begun on {local(before.begun_at)}; {_onward(plan.standing())}.")
        return
    tally = fates.tally(store, before)
    pending = tally.messages.get(Status.PENDING, 0)
    if record.kind is EditionKind.RESTART:
        _, whole = fates.of_all_editions(store, before, tally)
        sent = whole.messages.get(Status.ACCEPTED, 0)
        told = f"it has sent {count(sent, 'message')} so far, and who is in this file gets it"
        warn(
            f"This begins the campaign anew: {told} again."
            if sent
            else f"This begins the campaign anew: {told}."
        )
    else:
        already = sum(one.count for one in plan.summary.not_sent if one.reason is Reason.ALREADY_SENT)
        rows = say(
            "{figure} already had the campaign and gets nothing more",
            "{figure} already had the campaign and get nothing more",
            n=already,
            figure=thousands(already),
        )
        new = thousands(plan.summary.messages)
        if record.kind is EditionKind.AMENDMENT:
            note(f"Amended: {new} are new or still waiting, {rows}.")
        else:
            note(f"It goes on: {new} are new or still waiting, {rows}.")
    if pending:
        note(
            f"{count(pending, 'message')} of the campaign as it was not sent yet: cancelled there at the yes."
        )


def _onward(tally: Tally | None) -> str:
    """What running a campaign that has begun would do."""
    messages = tally.messages if tally else {}
    if messages.get(Status.PENDING):
        return "`smscampaign run` sends what is left of it"
    if messages.get(Status.IN_DOUBT):
        return "`smscampaign run` asks about what is in doubt"
    return "nothing of it is left to send"
