"""Where a campaign goes: OVHcloud, another endpoint, or a sandbox in this very process."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from smscampaign.bars import Bars
from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.editions import looked_at
from smscampaign.campaign.files import Files
from smscampaign.campaign.plans import Plan
from smscampaign.cli import changes
from smscampaign.gateway.endpoints import Keys, chosen_endpoint, identity
from smscampaign.journal.places import Place
from smscampaign.journal.store import open_journal
from smscampaign.settings.model import Settings

if TYPE_CHECKING:
    from smscampaign.gateway import OvhCloud

#: Calls a minute at OVHcloud, whose maintainers call this much fine; and at something on this machine.
PACE, PACE_AT_HOME = 60.0, 0.0

#: Seconds before absence counts: undocumented at OVHcloud; on this machine only a call cut off a moment ago can be late.
SETTLE, SETTLE_AT_HOME = 120.0, 2.0

#: A rehearsal should not fail for want of credits.
REHEARSAL_CREDITS = Decimal(10_000_000)


@dataclass(frozen=True, slots=True)
class Way:
    """How a campaign reaches people: the gateway (None before it is opened), what a journal calls it, and its manners."""

    gateway: OvhCloud | None
    identity: str
    calls_per_minute: float
    settle: float

    @property
    def account(self) -> str:
        """The account it goes out from; empty before the gateway is opened."""
        return self.gateway.service if self.gateway else ""

    @classmethod
    def unopened(cls, campaign: Campaign, *, rehearsal: bool) -> Way:
        """For a dry run: where it would go, without going there."""
        way = cls.of("sandbox" if rehearsal else identity(chosen_endpoint()), campaign.settings)
        return replace(way, settle=0.0) if rehearsal else way

    @classmethod
    def of(cls, name: str, settings: Settings) -> Way:
        """The manners of a gateway with a campaign's settings."""
        at_home = name in {"sandbox", "loopback"}
        wanted = settings.limits.calls_per_minute
        pace = (PACE_AT_HOME if at_home else PACE) if wanted is None else wanted
        return cls(None, name, pace, SETTLE_AT_HOME if at_home else SETTLE)


@contextmanager
def way_of(campaign: Campaign, files: Files, *, rehearsal: bool) -> Iterator[Way]:
    """The opened way. Raises `GatewayProblem` when the keys, the account or the network do not do."""
    plain = Way.unopened(campaign, rehearsal=rehearsal)
    if not rehearsal:
        yield _opened(plain, campaign, None)
        return
    with sandbox_at(files.sandbox, campaign.settings.sender) as keys:
        yield _opened(plain, campaign, keys)


@contextmanager
def sandbox_at(database: Path, sender: str | None) -> Iterator[Keys]:
    """A rehearsal's sandbox, which keeps its state in a file."""
    from smscampaign.sandbox import Sandbox, running

    # The campaign's own sender is taken as validated: whether it really is, `smscampaign senders` tells.
    senders = ("Sandbox", *([sender] if sender else []))
    accounts = Sandbox(credits=REHEARSAL_CREDITS, senders=tuple(dict.fromkeys(senders)))
    with running(database, settings=accounts) as here:
        yield Keys(here.endpoint, here.application_key, here.application_secret, here.consumer_key)


def _opened(way: Way, campaign: Campaign, keys: Keys | None) -> Way:
    account = None if keys else campaign.settings.account
    from smscampaign.gateway import open_ovhcloud

    gateway = open_ovhcloud(account, keys=keys, calls_per_minute=way.calls_per_minute)
    return Way(gateway, way.identity, way.calls_per_minute, way.settle)


@contextmanager
def thrown_away(campaign: Campaign, place: Place) -> Iterator[Plan]:
    """The campaign's plan in a journal that is gone afterwards: for looking at it, without a network and without a trace.

    It is the file with the corrections that hold in the journal at `place`, where it is kept.
    """
    campaign.recipe()
    where = Way.unopened(campaign, rehearsal=False).identity
    # mkdtemp's folder is 0700 and the journal in it 0600.
    with (
        tempfile.TemporaryDirectory(prefix="smscampaign-") as folder,
        closing(open_journal(Path(folder) / "plan.sqlite", scratch=True)) as store,
    ):
        with changes.kept(place) as kept, Bars(lasting=True) as bars:
            plan = looked_at(campaign, store, kept, gateway=where, watch=bars)
        yield plan
