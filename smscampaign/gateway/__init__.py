"""The gateway: whoever carries a campaign's messages. Shipped are OVHcloud's adapter and an in-memory fake.

What needs `ovh` and `requests` is loaded when it is first used: planning a campaign never waits for them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from smscampaign.gateway.endpoints import reading

if TYPE_CHECKING:
    from smscampaign.gateway.ovhcloud import OvhCloud, list_accounts, open_api, open_ovhcloud

_CALLING = {"Api": "http"}
_CALLING |= dict.fromkeys(("OvhCloud", "list_accounts", "open_api", "open_ovhcloud"), "ovhcloud")

__all__ = ["Api", "OvhCloud", "list_accounts", "open_api", "open_ovhcloud"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    with reading():
        return getattr(import_module(f"{__name__}.ovhcloud"), name)
