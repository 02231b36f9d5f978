"""The views that `smscampaign.drawing` finds here by their names."""

from __future__ import annotations

from functools import singledispatch

from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.plans import Plan, Run
from smscampaign.drawing import Sheet
from smscampaign.notebook.frames import accepted, senders_of
from smscampaign.notebook.plans import (
    advice_of,
    delivered,
    findings_of,
    messages_of,
    planned,
    preview_of,
    rejections_of,
    sheet_of_campaign,
    sheet_of_plan,
)
from smscampaign.notebook.runs import outcome_of, results_of, save_results, sheet_of_run

__all__ = [
    "accepted",
    "advice_of",
    "delivered",
    "findings_of",
    "messages_of",
    "outcome_of",
    "planned",
    "preview_of",
    "rejections_of",
    "results_of",
    "save_results",
    "senders_of",
    "sheet_of",
]


@singledispatch
def sheet_of(one: object) -> Sheet:
    """The page of what is looked at."""
    raise TypeError(f"{type(one).__name__} has no page")


sheet_of.register(Campaign, sheet_of_campaign)
sheet_of.register(Plan, sheet_of_plan)
sheet_of.register(Run, sheet_of_run)
