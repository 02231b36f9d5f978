"""The story of a campaign: settings and a file become a sealed plan, the plan is confirmed and delivered, the results are
written. Dry run is stopping before delivery; resuming is delivering again.
"""

from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.delivering import Conduct, Delivered
from smscampaign.campaign.files import Files
from smscampaign.campaign.plans import Plan, open_plan
from smscampaign.preflight import Preflight, preflight

__all__ = [
    "Campaign",
    "Conduct",
    "Delivered",
    "Files",
    "Plan",
    "Preflight",
    "open_plan",
    "preflight",
]
