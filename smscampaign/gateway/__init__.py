"""The gateway: whoever carries a campaign's messages. Shipped are OVHcloud's adapter and an in-memory fake."""

from smscampaign.gateway.aftermath import Echo, FakeAftermath, Recall
from smscampaign.gateway.asking import reason_of
from smscampaign.gateway.connecting import Keys, chosen_endpoint, identity
from smscampaign.gateway.fake import FakeGateway
from smscampaign.gateway.http import Api
from smscampaign.gateway.ovhcloud import OvhCloud, list_accounts, open_api, open_ovhcloud
from smscampaign.gateway.pace import Pace
from smscampaign.gateway.protocol import Gateway, Known, Question, Step, Transport
from smscampaign.gateway.recalling import Aftermath

__all__ = [
    "Aftermath",
    "Api",
    "Echo",
    "FakeAftermath",
    "FakeGateway",
    "Gateway",
    "Keys",
    "Known",
    "OvhCloud",
    "Pace",
    "Question",
    "Recall",
    "Step",
    "Transport",
    "chosen_endpoint",
    "identity",
    "list_accounts",
    "open_api",
    "open_ovhcloud",
    "reason_of",
]
