"""Editions of a campaign that has begun: amended, for those who have not had it; or restarted, for everybody once more.

A new edition is planned beside what was sent. It takes the place of that at the yes, in one transaction which also cancels
what is still pending there: at no moment can a number be sent by both. Until then everything stays as it was.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from smscampaign import journal, planning
from smscampaign.campaign import retrying
from smscampaign.campaign.changes import changed, difference, same
from smscampaign.campaign.exclusions import ByContacts, had_campaign
from smscampaign.campaign.plans import Plan
from smscampaign.campaign.watching import Watch
from smscampaign.errors import JournalProblem
from smscampaign.journal import Contacts, Journal, PlanWriter, Record
from smscampaign.model import EditionKind

if TYPE_CHECKING:
    from smscampaign.campaign.campaigns import Campaign


@dataclass(frozen=True, slots=True)
class Making:
    """How an edition is to be made: of which kind, from what, with which tag, watched by whom."""

    kind: EditionKind
    inputs: journal.Inputs
    recipe: planning.Recipe
    tag: Callable[[], str]
    watch: Watch


def edition_after(campaign: Campaign, store: Journal, record: Record, making: Making) -> Record:
    """The edition that counts when the campaign is planned again: `record`, or a new one beside it.

    Raises `ChangedInputs` with the whole difference when the inputs are others and no edition was asked for, and
    `JournalProblem` while it is not known who had the campaign.
    """
    if not _needed(campaign, store, record, making):
        return record
    waiting = store.find(campaign.name, proposed=True)
    # What it says of its own people may hold while another file of theirs was sent: that is looked at, too.
    good = waiting is not None and _still_good(store, record, waiting, making)
    if waiting is not None and good and not retrying.overtaken(campaign, store, waiting):
        return waiting
    _write(campaign, (store,), (store, record), making)
    found = store.find(campaign.name, proposed=True)
    if found is None:
        raise JournalProblem("the plan vanished from the journal", where=store.name)
    return found


def rehearse_edition(
    campaign: Campaign, scratch: Journal, kept: tuple[Journal, Record], making: Making
) -> Plan | None:
    """What `edition_after` would make, made in another journal; None when there is nothing to make.

    `kept` is the campaign where it was begun; nothing is written there. Raises what `edition_after` raises.
    """
    if not _needed(campaign, *kept, making):
        return None
    _write(campaign, (scratch, kept[0]), kept, making)
    record = scratch.find(campaign.name, proposed=True)
    assert record is not None  # noqa: S101 - it was written a line above
    return Plan(campaign, scratch, record, journal.stored_summary(record))


def _needed(campaign: Campaign, store: Journal, record: Record, making: Making) -> bool:
    """Whether there has to be a new edition after `record`. Raises when none may be made."""
    if same(record, making.inputs) and making.kind is not EditionKind.RESTART:
        amends = making.kind is EditionKind.AMENDMENT
        # The same once more, but for rows that were left to another file which does not send to them any more.
        if not (amends and retrying.left(campaign, store, record).forsaken):
            return False
    elsewhere = record.inputs.gateway != making.inputs.gateway
    if making.kind is EditionKind.FIRST or elsewhere:
        people = difference(campaign, store, record, making.recipe, making.watch)
        raise changed(record, making.inputs, people=people)
    journal.refuse_doubts(store, record)
    return True


def _still_good(store: Journal, record: Record, waiting: Record, making: Making) -> bool:
    """Whether a plan nobody said yes to yet says what one made now would say."""
    seen = waiting.seen == journal.last_event(store, record) and waiting.kind is making.kind
    return seen and waiting.sealed_at is not None and same(waiting, making.inputs)


def _write(
    campaign: Campaign, homes: tuple[Journal, ...], before: tuple[Journal, Record], making: Making
) -> None:
    """Into the first journal, after the edition `before`; the others know of the campaign's relatives too."""
    inputs, store = replace(making.inputs, account=before[1].inputs.account), homes[0]
    exclusions = []
    if making.kind is EditionKind.AMENDMENT:
        exclusions.append(ByContacts(Contacts(before[0], journal.series_of(*before)), had_campaign))
    with retrying.Whose(campaign, inputs, making.kind, homes).relatives() as seen:
        # Asked before its people are: what happens there meanwhile makes this plan an old one.
        known = journal.last_event(*before)
        record = store.begin(inputs, tag=making.tag(), kind=making.kind, seen=known)
        writer = PlanWriter(store, record, language=making.recipe.language, exclusions=exclusions)
        with retrying.sparing(campaign, writer, (store, record), seen) as spared:
            campaign.write(spared, record, making.recipe, making.watch)
