"""The gateway: whoever carries a campaign's messages. Shipped are OVHcloud's adapter and an in-memory fake.

What needs `ovh` and `requests` is loaded when it is first used: planning a campaign never waits for them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from smscampaign.gateway.endpoints import reading

if TYPE_CHECKING:
    from smscampaign.gateway.http import Api
    from smscampaign.gateway.ovh_aftermath import Aftermath
    from smscampaign.gateway.ovhcloud import OvhCloud, list_accounts, open_api, open_ovhcloud

_CALLING = {"Api": "http", "Aftermath": "ovh_aftermath"}
_CALLING |= dict.fromkeys(("OvhCloud", "list_accounts", "open_api", "open_ovhcloud"), "ovhcloud")

__all__ = ["Aftermath", "Api", "OvhCloud", "list_accounts", "open_api", "open_ovhcloud"]


def __getattr__(name: str) -> Any:
    if name not in _CALLING:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    with reading():
        module = import_module(f"{__name__}.{_CALLING[name]}")
    return getattr(module, name)
