"""The gateway: whoever carries a campaign's messages. Shipped are OVHcloud's adapter and an in-memory fake."""

from smscampaign.gateway.connecting import Keys, chosen_endpoint, identity
from smscampaign.gateway.fake import FakeGateway
from smscampaign.gateway.ovhcloud import Api, OvhCloud, list_accounts, open_api, open_ovhcloud
from smscampaign.gateway.pace import Pace
from smscampaign.gateway.protocol import Gateway

__all__ = [
    "Api",
    "FakeGateway",
    "Gateway",
    "Keys",
    "OvhCloud",
    "Pace",
    "chosen_endpoint",
    "identity",
    "list_accounts",
    "open_api",
    "open_ovhcloud",
]
