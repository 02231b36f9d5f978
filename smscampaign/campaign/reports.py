"""The report of a campaign: its figures, with what it says of itself, as one page beside the recipients."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from smscampaign.campaign.plans import Plan
from smscampaign.causes import Failure, failure_of
from smscampaign.drawing import masked
from smscampaign.journal import outcomes as journal_outcomes
from smscampaign.journal import reasons
from smscampaign.journal.figures import Outcomes
from smscampaign.model import Delivery
from smscampaign.report import places
from smscampaign.report.contents import About, Comparison
from smscampaign.report.pages import page
from smscampaign.settings.table import SETTINGS
from smscampaign.translation import told
from smscampaign.version import __version__

#: Of the settings those that are told elsewhere on the page.
_TOLD = frozenset({"message", "template", "name"})


def place_of(path: Path, *, rehearsal: bool) -> Path:
    """Where the report of the campaign with these recipients stands."""
    return path.with_name(f"{path.stem}{'.sandbox' if rehearsal else ''}.report.html")


def outcomes_of(plan: Plan) -> Outcomes:
    """The figures of a campaign now, in days as this computer's clock has them."""
    now = plan.store.clock().astimezone()
    return journal_outcomes.outcomes(plan.store, plan.record, ahead=now.utcoffset() or timedelta(0))


def about(plan: Plan, found: Outcomes, *, sentence: str = "", command: str = "") -> About:
    """What the page says of the campaign besides its figures; the sentence and the command are what is to be done next."""
    inputs = plan.record.inputs
    return About(
        name=plan.campaign.name,
        file=plan.campaign.source.name,
        journal=plan.store.name,
        gateway=inputs.gateway,
        rehearsal=plan.rehearses,
        made_at=plan.store.clock(),
        version=__version__,
        text=str(inputs.settings.get("message") or ""),
        settings=tuple(_chosen(inputs.settings)),
        sentence=sentence,
        command=command,
        failures=_failures(plan, found),
        comparison=_comparison(plan),
    )


def save(plan: Plan, found: Outcomes, path: Path, *, sentence: str = "", command: str = "") -> Path:
    """Write the report; mode 0600. Raises `FileProblem` where it cannot be written, or a file of somebody else is there."""
    return places.write(page(about(plan, found, sentence=sentence, command=command), found), path)


def _chosen(settings: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The settings that are not what they are without being set, each with its value; numbers are masked."""
    rows = []
    for one in SETTINGS:
        section, _, name = one.key.rpartition(".")
        value = ((settings.get(section) or {}) if section else settings).get(name)
        if one.key in _TOLD or value in (None, [], {}, "") or _worded(value) == _worded(one.default):
            continue
        rows.append((one.key, masked(_worded(value))))
    return rows


def _worded(value: Any) -> str:
    if isinstance(value, bool):
        return told("yes") if value else told("no")
    if isinstance(value, dict):
        return ", ".join(f"{name} = {one}" for name, one in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    # A default of 10 is kept as 10.0, and one of 0.10 as "0.10".
    return "" if value is None else str(value).removesuffix(".0")


def _comparison(plan: Plan) -> Comparison | None:
    """How several texts do, where the journal alone can tell it."""
    tried = plan.campaign.settings.variants
    if not tried.tried or tried.measure == "outcome" or plan.record.begun_at is None:
        return None
    from smscampaign.campaign.comparison import compared  # few campaigns try several

    found = compared(plan, now=plan.store.clock())
    return Comparison(found.measure, found.end, found.verdict)


def _failures(plan: Plan, found: Outcomes) -> dict[int | None, Failure]:
    """What the codes of receipts mean that did not arrive."""
    known = reasons.known(plan.store)
    codes = {code for one in (Delivery.FAILED, Delivery.UNKNOWN) for code in found.codes(one)}
    return {code: failure_of(code, None if code is None else known.get(code)) for code in codes}
