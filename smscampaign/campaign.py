"""The story of a campaign: settings and a file become a sealed plan, the plan is confirmed and delivered, the results are
written. Dry run is stopping before delivery; resuming is delivering again.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from threading import Event
from typing import Any, TypeVar

from smscampaign import delivery, journal, planning, pricing, recipients, results, tracking
from smscampaign.errors import (
    ChangedInputs,
    FileProblem,
    JournalProblem,
    NotConfirmed,
    SettingsProblem,
)
from smscampaign.gateway import Gateway, Pace
from smscampaign.journal import Journal, Record
from smscampaign.model import Message, PlanSummary, Progress, Status, Tally
from smscampaign.phone import Normaliser
from smscampaign.preflight import Preflight, preflight
from smscampaign.settings import Settings, fingerprint, load_settings
from smscampaign.template import compile_template

T = TypeVar("T")
Watch = Callable[[Progress], object]

#: How often a run goes from delivering to asking and back: a resend may itself end in doubt.
ROUNDS = 3

# Without letters and digits that are taken for one another.
_CODE = "ACDEFHJKMNPQRTUVWXY34679"
_TAG = "abcdefghijklmnopqrstuvwxyz0123456789"


def unwatched(_: Progress) -> None:
    """For whoever does not draw progress."""


def new_tag() -> str:
    """Ten random characters that mark all calls of one campaign: two campaigns never share one."""
    return "".join(secrets.choice(_TAG) for _ in range(10))


@dataclass(frozen=True, slots=True)
class Files:
    """What stands beside the recipients; a rehearsal has its own, so that it never passes for the real thing."""

    journal: Path
    results: Path
    sandbox: Path

    @classmethod
    def beside(cls, path: Path, *, rehearsal: bool) -> Files:
        """The files of the campaign whose recipients are at `path`."""
        mark = ".sandbox" if rehearsal else ""
        return cls(
            path.with_name(f"{path.stem}{mark}.journal.sqlite"),
            path.with_name(f"{path.stem}{mark}.results.csv"),
            path.with_name(f"{path.stem}.sandbox.sqlite"),
        )


@dataclass(frozen=True, slots=True)
class Campaign:
    """What is to be sent: the recipients, and the settings."""

    source: recipients.Source
    settings: Settings
    path: Path

    @classmethod
    def load(
        cls, path: str | Path, *, settings: str | Path | None = None, options: Mapping[str, Any]
    ) -> Campaign:
        """The recipients at `path` with the settings beside them (`spring.csv`, `spring.toml`) or at `settings`.

        Raises `FileProblem` or `SettingsProblem`.
        """
        file = Path(path)
        source = recipients.open_recipients(file)
        beside = file.with_suffix(".toml")
        toml = Path(settings) if settings else (beside if beside.is_file() and beside != file else None)
        return cls(source, load_settings(toml, options), file)

    @property
    def name(self) -> str:
        """The campaign's name: set, or the file's."""
        return self.settings.name or self.path.stem

    def recipe(self) -> planning.Recipe:
        """All that can be wrong before a row is read is found here: settings, region, columns, template."""
        self._complete()
        header, settings = self.source.header, self.settings
        number = recipients.number_column(header, settings.columns.number)
        country = None
        if settings.columns.country is not None:
            country = recipients.column(header, settings.columns.country, option="--country-column")
        return planning.Recipe(
            width=len(header),
            number=number,
            country=country,
            normaliser=Normaliser(settings.region or ""),
            template=compile_template(settings.message or "", header),
            stop=settings.stop_clause,
            most_parts=settings.limits.parts,
        )

    def inputs(self, gateway: str, account: str = "") -> journal.Inputs:
        """What the plan is made from, with its fingerprint."""
        ingredients = {"file": self.source.digest(), **self.settings.ingredients()}
        settings = self.settings.model_dump(mode="json", by_alias=True)
        return journal.Inputs(self.name, gateway, account, fingerprint(ingredients), ingredients, settings)

    def check_unchanged(self, record: Record) -> None:
        """Raise `ChangedInputs` when this campaign is not what `record` was planned from, wherever it is sent."""
        _same_or_refuse(record, self.inputs(record.inputs.gateway))

    def plan(
        self,
        store: Journal,
        *,
        gateway: str,
        watch: Watch = unwatched,
        tag: Callable[[], str] = new_tag,
    ) -> Plan:
        """The sealed plan of this campaign in `store`: made now, or found there as it was.

        `gateway` names where it will be sent. Raises `ChangedInputs` when the campaign has begun and is no longer the same.
        """
        recipe = self.recipe()
        inputs = self.inputs(gateway)
        with store.driving():
            record = store.find(self.name)
            if record is not None and record.begun_at is not None:
                _same_or_refuse(record, inputs)
            elif record is None or record.sealed_at is None or not _same(record, inputs):
                record = store.begin(inputs, tag=tag())
                self._plan_into(store, record, recipe, watch)
                record = store.find(self.name)
        if record is None:
            raise JournalProblem("the plan vanished from the journal", where=str(store.path))
        return Plan(self, store, record, journal.stored_summary(record))

    def _plan_into(self, store: Journal, record: Record, recipe: planning.Recipe, watch: Watch) -> None:
        steps = planning.plan_into(
            journal.PlanWriter(store, record),
            recipe,
            self.source.blocks(),
            receivers_per_call=self.settings.limits.receivers_per_call,
            header_line=self.source.header_line,
        )
        _watched(steps, watch)
        if self.source.digest() != record.inputs.ingredients["file"]:
            raise FileProblem(
                "the file changed while it was being read",
                where=self.source.name,
                remedy="Run the command again.",
            )

    def _complete(self) -> None:
        missing = self.settings.missing()
        if missing:
            options = " ".join(f"--{name} …" for name in missing)
            beside = self.path.with_suffix(".toml")
            proposed = f"let `smscampaign init {self.path}` propose a settings file to fill in"
            raise SettingsProblem(
                f"the campaign has no {_and(missing)}",
                where=self.source.name,
                remedy=f"Give {options}, or {f'fill in {beside.name}' if beside.is_file() else proposed}.",
            )


@dataclass(frozen=True, slots=True)
class Conduct:
    """How a plan is delivered: at which pace, how many rows at most, how long absence proves nothing, and when to stop."""

    pace: Pace
    workers: int = 4
    limit: int | None = None
    settle: timedelta = timedelta(seconds=120)
    first_wait: float = 1.0
    stop: Event = field(default_factory=Event)
    watch: Watch = unwatched


@dataclass(frozen=True, slots=True)
class Delivered:
    """How a delivery ended: where the campaign stands, and why it stopped before its end, if it did."""

    tally: Tally
    halt: str | None
    interrupted: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """A sealed plan in its journal."""

    campaign: Campaign
    store: Journal
    record: Record
    summary: PlanSummary

    @property
    def code(self) -> str:
        """Four characters that name this very plan; typing them is the yes without which nothing leaves."""
        number = int(self.record.inputs.fingerprint, 16)
        code = ""
        for _ in range(4):
            number, digit = divmod(number, len(_CODE))
            code += _CODE[digit]
        return code

    @property
    def begun(self) -> bool:
        """Whether something may have left already."""
        return self.record.begun_at is not None

    def sample(self, count: int) -> list[Message]:
        """The first messages as they will be sent."""
        return journal.sample(self.store, self.record, count)

    def tally(self) -> Tally:
        """Where the campaign stands."""
        return journal.tally(self.store, self.record)

    def doubts(self) -> list[tuple[str, int, str]]:
        """The calls in doubt as (tag, receivers, why)."""
        return journal.doubts(self.store, self.record)

    def price(self, rates: Mapping[str, Decimal]) -> pricing.Forecast:
        """The forecast of the whole plan; the rates are kept with the plan, so that the results can name them."""
        journal.keep_rates(self.store, self.record, rates)
        return pricing.forecast(self.summary.countries, rates)

    def price_waiting(self, rates: Mapping[str, Decimal], *, limit: int | None) -> pricing.Forecast:
        """The forecast of what is still to be sent."""
        if not self.begun and limit is None:
            return pricing.forecast(self.summary.countries, rates)
        return pricing.forecast(journal.waiting(self.store, self.record, limit=limit), rates)

    def rates(self) -> dict[str, Decimal]:
        """The rates the plan was last priced with."""
        return journal.stored_rates(self.store, self.record)

    def minutes(self, calls_per_minute: float) -> float:
        """How long the calls take at a pace; 0 when there is no limit."""
        return self.summary.chunks / calls_per_minute if calls_per_minute else 0.0

    def deliver(self, gateway: Gateway, conduct: Conduct, *, confirm: str, account: str = "") -> Delivered:
        """Settle what is in doubt, then send what is pending.

        Raises `NotConfirmed` unless `confirm` is this plan's code, `ChangedInputs` when its inputs are no longer those that
        were shown.
        """
        if confirm.strip().upper() != self.code:
            raise NotConfirmed(
                "nothing was sent: the confirmation does not name this plan",
                remedy=f"Its code is {self.code}; it changes with the file, the message and the settings.",
            )
        with self.store.driving():
            begun = self._unchanged().inputs.account
            if account and begun not in {"", account}:
                raise ChangedInputs(
                    f"this campaign has begun from the account {begun}, and {account} knows nothing of what it sent",
                    remedy=f"Go on with --account {begun}, or begin another campaign beside it with --journal FILE.",
                )
            self.store.mark_begun(self.record, account=account or begun)
            halt = self._deliver(gateway, conduct)
            if self._queue().untouched():
                # A wrong key or an unknown sender: nothing left, so it may be changed.
                self.store.mark_unbegun(self.record)
        return Delivered(self.tally(), halt.reason if halt else None, conduct.stop.is_set())

    def reconcile(self, gateway: Gateway, conduct: Conduct) -> None:
        """Ask about every call in doubt; nothing is sent."""
        with self.store.driving():
            queue = self._queue()
            queue.recover()
            self._settle(queue, gateway, conduct)

    def save_results(self, path: Path) -> None:
        """Write the results file. Raises `FileProblem`."""
        source = self.campaign.source
        if source.digest() != self.record.inputs.ingredients["file"]:
            raise FileProblem(
                "the file is not the one that was planned, so its rows would get the answers of others",
                where=source.name,
                remedy="Put it back as it was; the journal keeps what happened.",
            )
        results.save(source, journal.answers(self.store, self.record), path, width=self.summary.width)

    def _deliver(self, gateway: Gateway, conduct: Conduct) -> delivery.Halt | None:
        queue = self._queue()
        queue.recover()
        # First: what turns out not to have been sent counts among the first rows to be sent.
        self._settle(queue, gateway, conduct)
        up_to = None if conduct.limit is None else queue.narrow(conduct.limit)
        means = delivery.Means(gateway, conduct.pace, conduct.stop, conduct.workers, conduct.first_wait)
        total = self.tally().messages.get(Status.PENDING, 0) if conduct.limit is None else conduct.limit
        for _ in range(ROUNDS):
            halt = _watched(delivery.deliver(queue, means, up_to=up_to, total=total), conduct.watch)
            if halt or conduct.stop.is_set() or not queue.doubts():
                return halt
            self._settle(queue, gateway, conduct)
        return None

    def _queue(self) -> journal.Queue:
        settings = self.campaign.settings
        return journal.Queue(self.store, self.record, sender=settings.sender, terms=settings.terms)

    def _settle(self, queue: journal.Queue, gateway: Gateway, conduct: Conduct) -> None:
        steps = tracking.settle(
            queue, gateway, after=conduct.settle, stop=conduct.stop, clock=self.store.clock
        )
        _watched(steps, conduct.watch)

    def _unchanged(self) -> Record:
        now = self.store.find(self.record.inputs.name)
        # The tag, because a plan made anew may get the old one's number.
        if now is None or now.tag != self.record.tag or not _same(now, self.record.inputs):
            raise ChangedInputs(
                "the plan was made anew since it was shown", remedy="Look at the new one first."
            )
        _same_or_refuse(now, self.campaign.inputs(self.record.inputs.gateway))
        return now


def open_plan(campaign: Campaign, store: Journal) -> Plan:
    """The plan as it stands in a journal, whatever became of its inputs: for status and results."""
    record = store.find(campaign.name)
    if record is None or record.sealed_at is None:
        raise JournalProblem(
            f"the campaign {campaign.name!r} was not planned here yet",
            where=str(store.path),
            remedy=f"Run `smscampaign run {campaign.path} --dry-run` to see its plan.",
        )
    return Plan(campaign, store, record, journal.stored_summary(record))


def _same(record: Record, inputs: journal.Inputs) -> bool:
    return (record.inputs.fingerprint, record.inputs.gateway) == (inputs.fingerprint, inputs.gateway)


def _same_or_refuse(record: Record, inputs: journal.Inputs) -> None:
    if _same(record, inputs):
        return
    before, after = record.inputs, inputs
    changes = [
        f"{name}: was {_short(before.ingredients.get(name, ''))}, is {_short(value)}"
        for name, value in after.ingredients.items()
        if before.ingredients.get(name) != value
    ]
    if before.gateway != after.gateway:
        changes.append(f"where it is sent: was {before.gateway}, is {after.gateway}")
    raise ChangedInputs(
        "this campaign has begun, and what it was planned from has changed:\n  " + "\n  ".join(changes),
        where=inputs.name,
        remedy="Put it back as it was to go on, or begin another campaign beside it with --journal FILE.",
    )


def _short(value: str) -> str:
    if len(value) == 64:
        return f"another content ({value[:8]})"
    return repr(value if len(value) <= 60 else f"{value[:57]}…")


def _watched(steps: Generator[Progress, None, T], watch: Watch) -> T:
    while True:
        try:
            watch(next(steps))
        except StopIteration as end:
            value: T = end.value
            return value


def _and(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


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
