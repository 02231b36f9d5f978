"""Why messages did not arrive, how many, and what to do about them: for people and for programs."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from smscampaign.campaign.plans import Plan
from smscampaign.causes import failure_of
from smscampaign.cli.screen import count, hang
from smscampaign.drawing import discreet
from smscampaign.journal import reasons, receipts
from smscampaign.journal.store import Record
from smscampaign.translation import told

#: Lines of a terminal that reasons may take.
MOST = 20


def show_failures(console: Console, plan: Plan) -> None:
    """A line for each of the most frequent reasons, and one for the rest together; nothing where all arrived."""
    known, found = reasons.known(plan.store), reasons.failures(plan.store, editions(plan))
    if found:
        console.print()
    for one in found[:MOST]:
        why = failure_of(one.code, known.get(one.code or 0))
        how = discreet(f"{told(why.words)} ({told(why.duration)}); {told(why.advice)}")
        hang(console, f"{told(count(one.messages, 'message'))} {told(one.delivery.value)}: ", how, ours=False)
    if rest := sum(one.messages for one in found[MOST:]):
        console.print(told(f"{count(rest, 'message')} for rarer reasons, which stand in the results."))


def failures_json(plan: Plan) -> list[dict[str, Any]]:
    """The same for programs."""
    known = reasons.known(plan.store)
    return [
        {
            "delivery": one.delivery.value,
            "messages": one.messages,
            "code": one.code,
            "cause": why.cause.value,
            "permanent": why.lasting,
            "because": discreet(str(why.words)),
            "advice": str(why.advice),
        }
        for one in reasons.failures(plan.store, editions(plan))
        for why in [failure_of(one.code, known.get(one.code or 0))]
    ]


def awaited(plan: Plan) -> int:
    """How many accepted messages have no last receipt yet."""
    stand = receipts.standing(plan.store, editions(plan))
    return stand.accepted - stand.final


def editions(plan: Plan) -> list[Record]:
    """The editions of a campaign that have begun: nights and amendments too."""
    return [one for one in plan.store.editions(plan.record.inputs.name) if one.begun_at]
