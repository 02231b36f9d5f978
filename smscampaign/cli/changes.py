"""`--amend`, `--restart`, `--send-again`: what a changed campaign means, said before anything is asked or sent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Annotated

import typer

from smscampaign.advice.findings import Severity
from smscampaign.bars import Bars
from smscampaign.campaign import editions
from smscampaign.campaign.amendment import edition_told
from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.plans import Plan
from smscampaign.cli.screen import note, warn
from smscampaign.journal.places import Place
from smscampaign.journal.store import Journal, journal_exists, open_journal
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
Retry = Annotated[
    str | None,
    typer.Option(
        "--retry",
        help="Send once more what failed for a while, by its receipts; nobody else gets anything.",
        metavar="temporary",
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
    for one in edition_told(plan, store):
        (warn if one.severity is Severity.WARNING else note)(f"{one.what}.")
