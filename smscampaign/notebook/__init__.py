"""The Python and notebook face: a campaign, its plan and its run as objects that show themselves.

They open journals and gateways, draw progress and give DataFrames; what they do is the story of `smscampaign.campaign`.
"""

from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.plans import Plan, Run
from smscampaign.notebook.gateways import Gateway, SandboxGateway, ovhcloud, sandbox

__all__ = ["Campaign", "Gateway", "Plan", "Run", "SandboxGateway", "ovhcloud", "sandbox"]
