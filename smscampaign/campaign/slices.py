"""The first slice of a campaign, as its settings ask for it: how large it is, and how it is judged."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from smscampaign.campaign.plans import Plan
from smscampaign.errors import SettingsProblem


@dataclass(frozen=True, slots=True)
class Ramp:
    """How a first slice is judged: its `size` in messages, and shares: failed receipts, STOPs, receipts there must be.

    `wait` is how long receipts are awaited, `look` how often they are asked for.
    """

    size: int
    wait: timedelta = timedelta(minutes=10)
    failures: Decimal = Decimal("0.10")
    stops: Decimal = Decimal("0.02")
    receipts: Decimal = Decimal("0.5")
    look: float = 5.0


def ramp_of(plan: Plan, *, limit: int | None = None) -> Ramp | None:
    """What the settings ask for; None without a first slice. Raises `SettingsProblem` where it cannot be judged."""
    ramp, settings = plan.campaign.settings.ramp, plan.campaign.settings
    size = slice_size(ramp.first, plan.summary.messages)
    if not size:
        return None
    if settings.sending.send_at is not None:
        raise SettingsProblem(
            "a first slice is judged by what becomes of it, and OVHcloud keeps these messages until later",
            where="--ramp",
            remedy="Leave out --ramp or --send-at.",
        )
    if limit is not None:
        raise SettingsProblem(
            "--ramp goes on after its first slice, and --limit ends the run: one of them",
            where="--ramp",
            remedy="Leave out --limit, or switch the first slice off with --ramp 0.",
        )
    wait = timedelta(minutes=ramp.wait)
    return Ramp(size, wait, ramp.failures, ramp.stops, ramp.receipts)


def slice_size(first: str | None, messages: int) -> int:
    """How many messages `1%` or `50` are of all; at least one, unless it is 0 or not set."""
    if first is None or not messages:
        return 0
    amount = Decimal(first.removesuffix("%"))
    share = amount * messages / 100 if first.endswith("%") else amount
    return min(math.ceil(share), messages)
