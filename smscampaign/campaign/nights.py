"""A campaign that goes on night after night: what is asked before a night, what it leaves, where its results are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from smscampaign import results
from smscampaign.campaign import launch
from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.launch import LaunchOptions
from smscampaign.campaign.plans import Plan
from smscampaign.gateway.protocol import Gateway
from smscampaign.journal import editions, nights
from smscampaign.journal.nights import LeftBehind
from smscampaign.journal.store import Journal, Record
from smscampaign.journal.summaries import stored_summary


@dataclass(frozen=True, slots=True)
class Night:
    """What a run leaves to a person besides its own messages.

    `left` are messages of nights before that were not sent and whose rows are not in tonight's file, `doubts` the calls in
    doubt of nights before, `changed` the rows whose message went to another number, each with why and what to do.
    """

    left: tuple[LeftBehind, ...] = ()
    doubts: int = 0
    changed: tuple[tuple[int, str, str], ...] = ()

    @classmethod
    def of(cls, plan: Plan) -> Night:
        """As its journal has it now."""
        store, record = plan.store, _now(plan)
        others = [one for one in editions.in_doubt(store, record) if one.id != record.id]
        return cls(
            tuple(nights.left_behind(store, record)) if plan.campaign.settings.recurring else (),
            len(plan.doubts()) if others else 0,
            tuple(nights.to_look_at(store, record)),
        )

    @property
    def undone(self) -> bool:
        """Whether something of the nights before is left."""
        return bool(self.left or self.doubts)


def settle(campaign: Campaign, store: Journal, gateway: Gateway, options: LaunchOptions) -> None:
    """Ask about what is in doubt, in whichever night, before the next one is planned; what stays so keeps its key."""
    record = store.find(campaign.name)
    if record is None or record.begun_at is None or not editions.in_doubt(store, record):
        return
    launch.reconcile(Plan(campaign, store, record, stored_summary(record)), gateway, options)


def keep_dated(plan: Plan, there: Path) -> Path:
    """Keep the results of a night under its day as well, beside `there`. Raises `FileProblem`."""
    dated = dated_results(there, plan.store, _now(plan))
    results.keep_copy(there, dated)
    return dated


def dated_results(path: Path, store: Journal, record: Record) -> Path:
    """Where the results of an edition are kept: `rdv.results.2027-03-01.csv`, with `-2` for the second of a day."""
    day = _day(record)
    before = [one for one in store.editions(record.inputs.name) if one.edition < record.edition]
    again = 1 + sum(_day(one) == day for one in before)
    return path.with_name(f"{path.stem}.{day}{f'-{again}' if again > 1 else ''}{path.suffix}")


def keep_night_before(path: Path, plan: Plan) -> bool:
    """Whether the results of the night before are kept under its day, now that a plan took its place.

    They are moved there where it ended before they were.
    """
    every = plan.store.editions(plan.record.inputs.name) if plan.record.proposed else []
    before = next((one for one in reversed(every) if one.edition < plan.record.edition), None)
    if before is None:
        return False
    dated = dated_results(path, plan.store, before)
    if path.exists() and not dated.exists():
        path.rename(dated)
    return dated.exists()


def _day(record: Record) -> date:
    """The day on which it began, by this computer's clock."""
    return (record.begun_at or record.created_at).astimezone().date()


def _now(plan: Plan) -> Record:
    found = plan.store.find(plan.record.inputs.name)
    return found if found is not None and found.same_plan(plan.record) else plan.record
