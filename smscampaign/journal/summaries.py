"""The summary that is sealed with a plan."""

from __future__ import annotations

from smscampaign.journal.store import Record
from smscampaign.model import CountryCount, PlanSummary, Reason, ReasonCount, Repair, RepairCount


def stored_summary(record: Record) -> PlanSummary:
    """The summary that was sealed with the plan."""
    stored = dict(record.summary or {})
    stored["not_sent"] = tuple(
        ReasonCount(**{**one, "reason": Reason(one["reason"])}) for one in stored["not_sent"]
    )
    stored["countries"] = tuple(CountryCount(**one) for one in stored["countries"])
    stored["repairs"] = tuple(
        RepairCount(**{**one, "repair": Repair(one["repair"])}) for one in stored["repairs"]
    )
    stored["spread"] = tuple((parts, count) for parts, count in stored["spread"])
    return PlanSummary(**stored)
