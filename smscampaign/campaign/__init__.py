"""The story of a campaign: settings and a file become a sealed plan, the plan is confirmed and delivered, the results are
written. Dry run is stopping before delivery; resuming is delivering again.
"""

from smscampaign.campaign.auditing import Told, audited, story_of
from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.cancelling import (
    Cancelled,
    Outlook,
    cancel,
    cancelled_at,
    check_place,
    outlook,
)
from smscampaign.campaign.delivering import Conduct, deliver, reconcile, refuse_unconfirmed
from smscampaign.campaign.editions import as_corrected, open_plan, planned, rehearsed
from smscampaign.campaign.files import Files
from smscampaign.campaign.gates import Facts
from smscampaign.campaign.plans import Plan, Run
from smscampaign.campaign.ramping import Ramped
from smscampaign.campaign.readiness import Readiness, rates_of, readiness
from smscampaign.campaign.rejecting import headline
from smscampaign.campaign.repeats import Look, look_around, refuse_repeats, repeat_told
from smscampaign.campaign.resulting import deliver_with_results
from smscampaign.campaign.slices import Ramp, ramp_of

__all__ = [
    "Campaign",
    "Cancelled",
    "Conduct",
    "Facts",
    "Files",
    "Look",
    "Outlook",
    "Plan",
    "Ramp",
    "Ramped",
    "Readiness",
    "Run",
    "Told",
    "as_corrected",
    "audited",
    "cancel",
    "cancelled_at",
    "check_place",
    "deliver",
    "deliver_with_results",
    "headline",
    "look_around",
    "open_plan",
    "outlook",
    "planned",
    "ramp_of",
    "rates_of",
    "readiness",
    "reconcile",
    "refuse_repeats",
    "refuse_unconfirmed",
    "rehearsed",
    "repeat_told",
    "story_of",
]
