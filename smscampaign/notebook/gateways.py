"""Where a plan can be delivered: an OVHcloud account, or a sandbox in this very process."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from threading import Event

import pandas as pd

from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.editions import as_corrected
from smscampaign.campaign.files import Files
from smscampaign.campaign.keywords import in_python
from smscampaign.errors import GatewayProblem
from smscampaign.gateway import OvhCloud, open_ovhcloud
from smscampaign.gateway.endpoints import Keys, chosen_endpoint, identity
from smscampaign.gateway.pace import Pace
from smscampaign.journal.places import Place
from smscampaign.model import Account
from smscampaign.notebook import frames
from smscampaign.sandbox import Running, Sandbox, SandboxProblem, running

#: Calls a minute at OVHcloud: one of its maintainers calls that fine (https://github.com/ovh/python-ovh/issues/81).
PACE = 60.0

#: Seconds before a message's absence at OVHcloud counts: how soon one shows is not documented.
SETTLE = 120.0

#: A rehearsal should not fail for want of credits.
REHEARSAL_CREDITS = Decimal(10_000_000)


@dataclass(frozen=True, repr=False)
class Gateway:
    """An open way to send: `carrier` makes the calls, `identity` is what a journal calls it, `settle` in seconds."""

    carrier: OvhCloud
    identity: str
    settle: float = SETTLE

    def __repr__(self) -> str:
        return f"<{self.title}>"

    @property
    def title(self) -> str:
        """What a person calls it."""
        return f"SMS account {self.carrier.service} at {self.identity}"

    def account(self) -> Account:
        """The account: its status and the credits it has left. Raises `GatewayProblem`."""
        return self.carrier.account()

    def senders(self) -> pd.DataFrame:
        """The account's senders; those with the status `enable` can be used. Raises `GatewayProblem`."""
        rows = [(one.name, one.status, one.kind, one.description) for one in self.carrier.senders()]
        return pd.DataFrame(rows, columns=["sender", "status", "kind", "description"])

    def journal(self, campaign: Campaign, real: Place) -> Place:
        """The journal of a plan that is sent here; `real` is the campaign's own."""
        return real

    def results(self, campaign: Campaign) -> Path:
        """Where the results are written unless another place is named."""
        return Files.beside(campaign.path, rehearsal=False).results

    def kept(self, campaign: Campaign) -> Path | None:
        """Where the results are kept while it is sent; None where nothing of it is to be remembered."""
        return self.results(campaign)

    def check(self, campaign: Campaign) -> None:
        """Raises `GatewayProblem` when the campaign asks for another account than this one."""
        wanted = campaign.settings.account
        if wanted is not None and wanted != self.carrier.service:
            raise GatewayProblem(
                f"the campaign is to be sent from {wanted}, and this is {self.carrier.service}",
                remedy=f'Open the one it names: sms.ovhcloud("{wanted}"). Nothing was sent.',
            )

    def pace(self, campaign: Campaign) -> Pace:
        """The campaign's own pace, or this gateway's."""
        wanted = campaign.settings.limits.calls_per_minute
        return self.carrier.pace if wanted is None else Pace(wanted)


class _Folder:
    """A folder only this user can enter; it goes with the last object that holds it, or with the program."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="smscampaign-"))
        weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class _Rehearsal:
    """A sandbox as long as its `with` block lasts; `folder` keeps the journals of what is rehearsed in memory."""

    here: Running
    folder: _Folder | None
    closed: Event = field(default_factory=Event)


@dataclass(frozen=True, repr=False)
class SandboxGateway(Gateway):
    """A sandbox that runs until its `with` block ends. What was rehearsed in it can be looked at afterwards."""

    rehearsal: _Rehearsal = field(kw_only=True)

    @property
    def title(self) -> str:
        """What a person calls it."""
        return "the sandbox on this computer"

    @property
    def url(self) -> str:
        """Its inbox: a page that shows what arrived, to be opened in a browser meanwhile."""
        return self._running().url

    def accepted(self, *, numbers: bool = False) -> pd.DataFrame:
        """The sandbox's own record of what it accepted, one line per receiver; numbers are masked unless asked for."""
        return frames.accepted(self._running().accepted(), numbers=numbers)

    def journal(self, campaign: Campaign, real: Place) -> Place:
        """A rehearsal's journal is never the real one's.

        A sandbox in memory forgets, so every plan begins anew there; with a database file its journal stands beside the
        campaign, as with the command's `--sandbox`, and what was cut off is resumed.
        """
        folder = self.rehearsal.folder
        if folder is None:
            return Files.beside(campaign.path, rehearsal=True).journal
        now = as_corrected(campaign, None).inputs(self.identity)
        return folder.path / f"{now.fingerprint}.journal.sqlite"

    def results(self, campaign: Campaign) -> Path:
        """Where the results are written unless another place is named; never where the real ones are."""
        return Files.beside(campaign.path, rehearsal=True).results

    def kept(self, campaign: Campaign) -> Path | None:
        """Where the results are kept while it is sent; a sandbox in memory forgets, and leaves nothing behind."""
        return self.results(campaign) if self.rehearsal.folder is None else None

    def check(self, campaign: Campaign) -> None:
        """The campaign's own sender is taken as validated here; whether it really is, `sms.ovhcloud().senders()` tells."""
        world = self._running().world
        if campaign.settings.sender:
            senders = (campaign.settings.sender,)
            world.store.prepare(replace(world.settings, senders=senders), now=world.clock.now())

    def _running(self) -> Running:
        if self.rehearsal.closed.is_set():
            raise GatewayProblem(
                "this sandbox has stopped: its `with` block has ended",
                remedy="Put the line into the block of `with sms.sandbox() as gateway:`.",
            )
        return self.rehearsal.here


@contextmanager
def sandbox(
    database: str | Path | None = None, *, credits: int | Decimal = REHEARSAL_CREDITS
) -> Iterator[SandboxGateway]:
    """An OVHcloud look-alike on this computer, for as long as the `with` block lasts: no account, no cost, nobody reached.

    With a `database` file it remembers between blocks what it was sent; without one it begins anew each time. Raises
    `GatewayProblem` when it cannot start.
    """
    folder = None if database else _Folder()
    settings = Sandbox(credits=Decimal(credits))
    try:
        with running(database or ":memory:", settings=settings) as here:
            keys = Keys(here.endpoint, here.application_key, here.application_secret, here.consumer_key)
            rehearsal = _Rehearsal(here, folder)
            carrier = open_ovhcloud(keys=keys, calls_per_minute=0)
            try:
                yield SandboxGateway(carrier, "sandbox", 0.0, rehearsal=rehearsal)
            finally:
                rehearsal.closed.set()
    except SandboxProblem as problem:
        raise GatewayProblem(str(problem)) from problem


def ovhcloud(account: str | None = None, *, pace: float = PACE) -> Gateway:
    """The SMS account `account` at OVHcloud, or the only one the keys see; `pace` in calls a minute.

    Keys and endpoint are found as the `ovh` package finds them: environment variables, then `ovh.conf`. Raises
    `GatewayProblem` when they do not work.
    """
    with in_python():
        endpoint = chosen_endpoint()
        carrier = open_ovhcloud(account, keys=Keys(endpoint), calls_per_minute=pace)
        return Gateway(carrier, identity(endpoint))


def open_gateway(given: object) -> Gateway:
    """What `deliver` was given, if it is a gateway that is open. Raises `GatewayProblem`."""
    if isinstance(given, Gateway):
        return given
    if isinstance(given, AbstractContextManager):
        raise GatewayProblem(
            "the sandbox was not opened",
            remedy="Write: with sms.sandbox() as gateway: run = plan.deliver(gateway, …)",
        )
    raise GatewayProblem(
        f"{type(given).__name__} is no gateway", remedy="Give what sms.sandbox() or sms.ovhcloud() opened."
    )
