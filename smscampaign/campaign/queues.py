"""The calls of a plan as a queue, for whoever delivers, asks about or decides them."""

from __future__ import annotations

from collections.abc import Sequence

from smscampaign.campaign.plans import Plan
from smscampaign.journal.exclusions import Exclusion
from smscampaign.journal.queue import Queue


def queue_of(plan: Plan, exclusions: Sequence[Exclusion] = ()) -> Queue:
    """For whoever holds the journal's lock; the exclusions are asked when calls are claimed."""
    settings = plan.campaign.settings
    return Queue(
        plan.store,
        plan.record,
        sender=settings.sender,
        terms=settings.terms,
        exclusions=exclusions,
        language=plan.campaign.language,
    )
