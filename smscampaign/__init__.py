"""Bulk SMS campaigns on OVHcloud: the file right, the cost known, every person one message, and proof of it.

    import smscampaign as sms

    campaign = sms.Campaign.load("spring.csv")
    plan = campaign.plan()
    with sms.sandbox() as gateway:
        run = plan.deliver(gateway)  # a notebook asks for the plan's code, a script gives it as `confirm`

Names are loaded when they are first used, so that the command and plain imports never wait for pandas.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from smscampaign.version import __version__

if TYPE_CHECKING:
    from os import PathLike

    from smscampaign.campaign import campaigns
    from smscampaign.campaign.plans import Plan, Run
    from smscampaign.errors import (
        CampaignError,
        ChangedInputs,
        FileProblem,
        GatewayProblem,
        JournalProblem,
        NotConfirmed,
        SentBefore,
        SettingsProblem,
        TemplateProblem,
    )
    from smscampaign.notebook import connect, ovhcloud
    from smscampaign.notebook.beginnings import init
    from smscampaign.notebook.checks import check
    from smscampaign.notebook.panel.board import Panel
    from smscampaign.ways import Way, sandbox

    class Campaign(campaigns.Campaign):
        """For type checkers: plans are made of campaigns, so that what `plan` gives can be named only above both."""

        def plan(  # type: ignore[override]  # an unknown keyword is a sentence there, and an error here
            self,
            gateway: Way | None = None,
            *,
            journal: str | PathLike[str] | None = None,
            amend: bool = False,
            restart: bool = False,
            send_again: bool = False,
        ) -> Plan: ...

        def sent(self, *, rehearsal: bool = False, journal: str | PathLike[str] | None = None) -> Run: ...


__all__ = [
    "Campaign",
    "CampaignError",
    "ChangedInputs",
    "FileProblem",
    "GatewayProblem",
    "JournalProblem",
    "NotConfirmed",
    "Panel",
    "Plan",
    "Run",
    "SentBefore",
    "SettingsProblem",
    "TemplateProblem",
    "__version__",
    "check",
    "connect",
    "init",
    "ovhcloud",
    "sandbox",
]

_ROOMS = {
    "Campaign": "campaign.campaigns",
    "Panel": "notebook.panel.board",
    "Plan": "campaign.plans",
    "Run": "campaign.plans",
    "check": "notebook.checks",
    "connect": "notebook",
    "init": "notebook.beginnings",
    "ovhcloud": "notebook",
}


def __getattr__(name: str) -> Any:
    if name == "sandbox":
        return import_module("smscampaign.sandbox")
    if name in __all__:
        return getattr(import_module(f"smscampaign.{_room(name)}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)


def _room(name: str) -> str:
    return _ROOMS.get(name, "errors")


class _SandboxPackage(ModuleType):
    """`sms.sandbox` is the package of that name, and calling it opens a sandbox."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return import_module("smscampaign.ways").sandbox(*args, **kwargs)


class _Package(ModuleType):
    # Importing a subpackage puts it into its parent under its name, over anything a lazy export would have given.
    def __setattr__(self, name: str, value: Any) -> None:
        if name == "sandbox" and isinstance(value, ModuleType):
            value.__class__ = _SandboxPackage
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
