"""How much one run may send: an export went wrong, or the first night has a whole year in it, and nobody looks."""

from __future__ import annotations

from collections.abc import Iterator

from smscampaign.advice.findings import Finding, Severity
from smscampaign.campaign.plans import Plan
from smscampaign.model import Status
from smscampaign.pricing import Forecast

_LOOK = "Look at the file. If it is right, raise {0}, or send a part with --limit N."


def too_much(plan: Plan, limit: int | None, cost: Forecast | None) -> Iterator[Finding]:
    """What waits, or its first `limit` rows, against what the settings allow; `cost` is what that takes, if known."""
    limits = plan.campaign.settings.limits
    most, credits = limits.most_messages, limits.most_credits
    if most is None and credits is None:
        return
    standing = plan.standing()
    waiting = plan.summary.messages if standing is None else standing.messages.get(Status.PENDING, 0)
    waiting = waiting if limit is None else min(waiting, limit)
    if most is not None and waiting > most:
        what = f"{waiting} messages wait, and limits.most_messages allows {most} a run"
        yield _stop(plan, what, "limits.most_messages")
    if credits is None or cost is None or not waiting:
        return
    if cost.unknown:
        what = f"what a part costs is not known for {', '.join(cost.unknown)}"
        yield _stop(plan, f"{what}, and limits.most_credits allows {credits} a run", "limits.most_credits")
    elif cost.credits > credits:
        what = f"what waits takes {cost.credits} credits, and limits.most_credits allows {credits} a run"
        yield _stop(plan, what, "limits.most_credits")


def _stop(plan: Plan, what: str, setting: str) -> Finding:
    where = plan.campaign.source.name
    return Finding("too-much", Severity.STOP, f"nothing was sent: {what}", where, _LOOK.format(setting))
