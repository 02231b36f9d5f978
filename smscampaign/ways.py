"""The way from a campaign to people: an SMS account at OVHcloud or at another endpoint, or a sandbox in this very process.

How fast calls are made there, how long absence proves nothing and what a journal calls it is decided here, for the command
line and for Python.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from sqlite3 import SQLITE_BUSY, SQLITE_LOCKED
from threading import Event
from typing import TYPE_CHECKING, Any, ClassVar

from smscampaign.databases import make_room
from smscampaign.drawing import Viewable, view
from smscampaign.errors import CampaignError, GatewayProblem
from smscampaign.gateway.endpoints import LOOPBACK, SANDBOX, Keys, chosen_endpoint, identity
from smscampaign.model import Account, NoAnswer, Status
from smscampaign.settings.model import Settings

if TYPE_CHECKING:
    from smscampaign.gateway import OvhCloud
    from smscampaign.sandbox import Running
    from smscampaign.scratch import ScratchFolder

#: Calls a minute at OVHcloud: one of its maintainers calls that fine (https://github.com/ovh/python-ovh/issues/81).
PACE = 60.0

#: Seconds before absence counts: undocumented at OVHcloud; on this machine only a call cut off a moment ago can be late.
SETTLE, SETTLE_AT_HOME = 120.0, 2.0

#: A rehearsal should not fail for want of credits.
REHEARSAL_CREDITS = Decimal(10_000_000)

#: What a journal calls that which is on this machine.
_AT_HOME = frozenset({SANDBOX, LOOPBACK})


def destination(*, rehearsal: bool = False) -> str:
    """What a journal calls the place where a campaign would go now, without going there."""
    return SANDBOX if rehearsal else identity(chosen_endpoint())


def pace_at(place: str, settings: Settings | None = None) -> float:
    """Calls a minute at a destination: what the settings ask for, else what is usual there; 0 without a limit."""
    wanted = settings.limits.calls_per_minute if settings else None
    return wanted if wanted is not None else 0.0 if place in _AT_HOME else PACE


@dataclass(frozen=True, slots=True)
class _Rehearsal:
    """A sandbox as long as its `with` block lasts; `folder` keeps the journals of what is rehearsed in memory.

    A sandbox in memory forgets, and nothing of what was rehearsed there is kept longer than somebody may look at it. Another
    one has a file, `database`. Its keys are not shown.
    """

    here: Running = field(repr=False)
    folder: ScratchFolder | None
    database: Path | None = None
    closed: Event = field(default_factory=Event)


@dataclass(frozen=True, slots=True, repr=False)
class Way:
    """An open way to send: `carrier` makes the calls, `identity` is what a journal calls it. `rehearsal` is a sandbox's own.

    What was rehearsed can be looked at after its `with` block has ended.
    """

    carrier: OvhCloud
    identity: str
    rehearsal: _Rehearsal | None = None

    def __repr__(self) -> str:
        return f"<{self.title}>"

    @property
    def title(self) -> str:
        """What a person calls it."""
        if self.rehearsal is not None:
            return "the sandbox on this computer"
        return f"SMS account {self.carrier.service} at {self.identity}"

    @property
    def settle(self) -> float:
        """Seconds before a message's absence there counts, unless the settings say otherwise."""
        return SETTLE_AT_HOME if self.identity in _AT_HOME else SETTLE

    @property
    def url(self) -> str:
        """A sandbox's inbox: a page that shows what arrived, to be opened in a browser meanwhile."""
        return self._running().url

    @property
    def folder(self) -> Path | None:
        """Where the journals are of what is rehearsed in memory: it goes with the last object that looks at them."""
        folder = self.rehearsal.folder if self.rehearsal is not None else None
        return folder.path if folder is not None else None

    def account(self) -> Account:
        """The account: its status and the credits it has left. Raises `GatewayProblem`."""
        return self.carrier.account()

    def accounts(self) -> Any:
        """A DataFrame: every SMS account that the keys see. Raises `GatewayProblem`."""
        return view("frames.accounts_of")(self.carrier.accounts())

    def send(
        self,
        to: str = "",
        text: str = "",
        *,
        sender: str | None = None,
        no_stop_clause: bool = False,
        yes: bool = False,
        **more: Any,
    ) -> Report:
        """Send one message, once the last four digits of its number were typed, and give a report of it.

        `more` are `priority`, `validity` (minutes), `send_at`, `message_class`, `coding`, `region` (for a number without its
        country code), `advertiser` and `overrule`. A script that nobody sits at says `yes=True`. The report has `ids`,
        `valid_receivers`, `invalid_receivers`, `credits_removed` and `credits_left`. Raises `SettingsProblem`,
        `NotConfirmed` and `GatewayProblem`.
        """
        given = {"sender": sender, "no_stop_clause": no_stop_clause, **more}
        report: Report = view("gateways.sent")(self, to, text, given, yes=yes)
        return report

    def senders(self) -> Any:
        """A DataFrame: the account's senders; those with the status `enable` can be used. Raises `GatewayProblem`."""
        return view("frames.senders_of")(self.carrier.senders())

    def add_sender(self, name: str, *, reason: str = "") -> None:
        """Ask OVHcloud for a sender, which it reviews; `reason` is for the review. Raises `GatewayProblem`."""
        self.carrier.add_sender(name, reason=reason)

    def jobs(self, *, numbers: bool = False) -> Any:
        """A DataFrame: what was accepted and has not left yet; numbers are masked unless asked for.

        Raises `GatewayProblem`.
        """
        return view("frames.jobs_of")(self.carrier.jobs(), numbers=numbers)

    def delete_job(self, message: int) -> bool:
        """Delete a message that waits: true when it never leaves, false when it waits no more. Raises `GatewayProblem`."""
        answer = self.carrier.transport.recall(message)
        if isinstance(answer, NoAnswer):
            raise GatewayProblem(
                f"whether message {message} is deleted is not known: {answer.detail}",
                remedy="Look whether it is still among jobs(), and delete it again.",
            )
        return answer

    def replies(self, *, numbers: bool = False) -> Any:
        """A DataFrame: what people answered, newest first; numbers are masked unless asked for. Raises `GatewayProblem`."""
        return view("frames.replies_of")(self.carrier.incoming(), numbers=numbers)

    def accepted(self, *, numbers: bool = False) -> Any:
        """A DataFrame: the sandbox's own record of what it accepted, by receiver; numbers are masked unless asked for."""
        return view("frames.accepted")(self._running().accepted(), numbers=numbers)

    def knows(self, tag: str) -> bool:
        """Whether this sandbox took a call with that tag, whatever its history shows."""
        return bool(self._running().world.store.select("tag = ?", (tag,), limit=1))

    def forward(self, hours: float) -> None:
        """Move a sandbox's clock on, so that receipts come that would take days. Raises `GatewayProblem`."""
        try:
            self._running().forward(3600 * hours)
        except (TypeError, ValueError) as error:
            raise GatewayProblem(
                f"the clock of the sandbox cannot be moved: {error}",
                remedy="Give a number of hours, such as 48.",
            ) from error

    def answer(self, text: str, *, people: int = 1) -> None:
        """Let the first `people` of a sandbox answer the last message they got. Raises `GatewayProblem` where they cannot."""
        here = self._running()
        receivers = dict.fromkeys(one["receiver"] for one in here.accepted())
        try:
            for receiver in list(receivers)[:people]:
                here.answer(receiver, text)
        except CampaignError as error:
            raise GatewayProblem(f"nobody can answer in the sandbox: {error}") from error

    def of(self, settings: Settings) -> Way:
        """The way for a campaign with these settings: at its pace, and in a sandbox with its sender among the validated ones.

        Whether it really is validated, the account's senders tell. Raises `GatewayProblem` for a sandbox that has stopped.
        """
        if self.rehearsal is not None and settings.sender:
            world = self._running().world
            named = replace(world.settings, senders=(settings.sender,))
            world.store.prepare(named, now=world.clock.now())
        wanted = settings.limits.calls_per_minute
        return self if wanted is None else replace(self, carrier=self.carrier.paced(wanted))

    def refuse_other(self, account: str | None) -> None:
        """Raise `GatewayProblem` when a campaign that goes by this way asks for another account."""
        if self.rehearsal is None and account not in {None, self.carrier.service}:
            raise GatewayProblem(
                f"the campaign is to be sent from {account}, and this is {self.carrier.service}",
                remedy=f'Open the one it names: sms.ovhcloud("{account}"). Nothing was sent.',
            )

    def _running(self) -> Running:
        if self.rehearsal is None:
            raise GatewayProblem("only a sandbox shows what arrived", remedy="Open one with sms.sandbox().")
        if self.rehearsal.closed.is_set():
            raise GatewayProblem(
                "this sandbox has stopped: its `with` block has ended",
                remedy="Put the line into the block of `with sms.sandbox() as gateway:`.",
            )
        return self.rehearsal.here


@dataclass(frozen=True, slots=True, repr=False)
class Report(Viewable):
    """What became of one message, by the names of OVHcloud's own report.

    `credits_left` is None where the keys may not see the account, or nothing was sent. `because` says why it was not taken.
    """

    _page: ClassVar = "gateways.sheet_of_report"

    to: str
    text: str
    status: Status
    ids: tuple[int, ...] = ()
    valid_receivers: tuple[str, ...] = ()
    invalid_receivers: tuple[str, ...] = ()
    credits_removed: Decimal = Decimal(0)
    credits_left: Decimal | None = None
    because: str = ""
    journal: Path | None = None

    @property
    def trouble(self) -> str:
        """Why it was not taken, or may not have been; empty where it was accepted."""
        if self.status is Status.ACCEPTED:
            return ""
        if self.status is Status.IN_DOUBT:
            because = self.because or "no answer came"
            return f"OVHcloud may have it or not ({because}): wait for the phone before you try again."
        return f"Nothing was sent: {self.because or 'OVHcloud refused it'}."


@contextmanager
def sandbox(
    database: str | Path | None = None,
    *,
    credits: int | Decimal = REHEARSAL_CREDITS,
    faults: Iterable[str] = (),
) -> Iterator[Way]:
    """An OVHcloud look-alike on this computer, for as long as the `with` block lasts: no account, no cost, nobody reached.

    With a `database` file it remembers between blocks what it was sent; without one it begins anew each time. `faults` are
    what is to go wrong, each written as the sandbox's `--fault`: `drop-after,nth=3` loses the answer to the third call.
    Raises `GatewayProblem` when it cannot start.
    """
    from smscampaign.sandbox import Sandbox, SandboxProblem, running

    folder, wrong = None if database else _folder(), _faults(faults)
    file = Path(database) if database else None
    try:
        if file is not None:
            with suppress(OSError):  # why it cannot be, opening it says
                make_room(file)
        with running(
            database or ":memory:", settings=Sandbox(credits=Decimal(credits)), faults=wrong
        ) as here:
            keys = Keys(here.endpoint, here.application_key, here.application_secret, here.consumer_key)
            rehearsal = _Rehearsal(here, folder, file)
            try:
                yield Way(_carrier(None, keys, pace_at(SANDBOX)), SANDBOX, rehearsal)
            finally:
                rehearsal.closed.set()
    except SandboxProblem as problem:
        if getattr(problem.__cause__, "sqlite_errorcode", 0) in {SQLITE_BUSY, SQLITE_LOCKED}:
            raise GatewayProblem(
                "this campaign is being rehearsed by another terminal or notebook right now",
                where=str(database),
                remedy="Wait until that has ended, or stop it there (Ctrl-C); `status` shows how far it is.",
            ) from problem
        raise GatewayProblem(str(problem)) from problem


def _faults(written: Iterable[str]) -> list[Any]:
    from smscampaign.sandbox import faults_from_text

    try:
        return [faults_from_text(one) for one in ([written] if isinstance(written, str) else written)]
    except ValueError as error:
        raise GatewayProblem(
            f"this is no fault of the sandbox: {error}",
            remedy='Write the kind and what it needs, such as faults=["drop-after,nth=3"].',
        ) from error


def ovhcloud(account: str | None = None, *, pace: float | None = None) -> Way:
    """The SMS account `account` at OVHcloud, or the only one the keys see; `pace` in calls a minute, 60 if not given.

    Keys and endpoint are found as the `ovh` package finds them: environment variables, then `ovh.conf`. Raises
    `GatewayProblem` when they do not work.
    """
    endpoint = chosen_endpoint()
    place = identity(endpoint)
    return Way(_carrier(account, Keys(endpoint), pace_at(place) if pace is None else pace), place)


@contextmanager
def way_of(settings: Settings, database: Path, *, rehearsal: bool) -> Iterator[Way]:
    """The way of a campaign that a command names: its account, or the sandbox whose state is in the file `database`.

    Raises `GatewayProblem` when the keys, the account or the network do not do.
    """
    if rehearsal:
        with sandbox(database) as way:
            yield way.of(settings)
    else:
        yield ovhcloud(settings.account).of(settings)


def open_way(given: object) -> Way:
    """What `deliver` was given, if it is a way that is open. Raises `GatewayProblem`."""
    if isinstance(given, Way):
        return given
    if isinstance(given, AbstractContextManager):
        raise GatewayProblem(
            "the sandbox was not opened",
            remedy="Write: with sms.sandbox() as gateway: run = plan.deliver(gateway, …)",
        )
    raise GatewayProblem(
        f"{type(given).__name__} is no gateway", remedy="Give what sms.sandbox() or sms.ovhcloud() opened."
    )


def _folder() -> ScratchFolder:
    from smscampaign.scratch import ScratchFolder  # a command's rehearsal has a database

    return ScratchFolder()


def _carrier(account: str | None, keys: Keys, pace: float) -> OvhCloud:
    # What makes calls is loaded when one is to be made: a dry run asks for a destination's name and pace alone.
    from smscampaign.gateway import open_ovhcloud

    return open_ovhcloud(account, keys=keys, calls_per_minute=pace)
