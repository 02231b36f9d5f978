"""What a person decides about single calls in doubt, after the witnesses were heard once more."""

from __future__ import annotations

from collections.abc import Container, Sequence
from datetime import timedelta
from threading import Event

from smscampaign import tracking
from smscampaign.campaign.plans import Plan
from smscampaign.errors import ChangedInputs, GatewayProblem, JournalProblem
from smscampaign.gateway import Gateway
from smscampaign.journal import Claim, Queue


def check_account(plan: Plan, account: str) -> None:
    """Raise `ChangedInputs` when a campaign was not sent from this account: it knows nothing of its calls."""
    begun = plan.record.inputs.account
    if account and begun not in {"", account}:
        raise ChangedInputs(
            f"this campaign was sent from the account {begun}, and {account} knows nothing of it",
            where=plan.record.inputs.name,
            remedy=f"Ask with --account {begun}.",
        )


def hear(plan: Plan, gateway: Gateway, tags: Sequence[str], *, settle: timedelta) -> None:
    """Ask about the calls that a person wants to be made again, before anything is decided.

    What is found is accepted. Raises `GatewayProblem` then, and `JournalProblem` when a call is not in doubt, or not for so
    long that it would have shown up by now.
    """
    with plan.store.driving(together=True):
        queue = _recovered(plan)
        claims = _named(queue, tags)
        for claim in claims:
            ripe = (claim.doubted_at or claim.claimed_at) + settle
            if plan.store.clock() < ripe:
                raise JournalProblem(
                    "this call came into doubt a moment ago, and may still show up at OVHcloud",
                    where=claim.chunk.tag,
                    remedy=f"Decide after {ripe:%H:%M:%S} UTC; without a decision `reconcile` waits by itself.",
                )
        present = tracking.look(queue, gateway, claims, stop=Event())
    found = [claim.chunk.tag for claim in claims if claim.id in present]
    if found:
        raise GatewayProblem(
            "OVHcloud has this call: what it has is accepted now, and nothing was decided",
            where=", ".join(found),
            remedy="Leave it out, and decide about the others if there are any.",
        )


def decide(plan: Plan, *, assume_sent: Sequence[str] = (), resend: Sequence[str] = ()) -> None:
    """Take some calls in doubt for sent, and others for not sent: those go back to what is pending.

    Nobody else's calls change. Raises `JournalProblem`, before anything is decided, when one of them is not in doubt.
    """
    with plan.store.driving(together=True):
        queue = _recovered(plan)
        claims = _named(queue, [*assume_sent, *resend])
        for claim in claims:
            if claim.chunk.tag in resend:
                queue.resend(claim)
            else:
                queue.assume_sent(claim)


def doubtful(plan: Plan, tags: Sequence[str]) -> list[tuple[str, int, str]]:
    """The named calls as (tag, receivers, why). Raises `JournalProblem` when one of them is not in doubt."""
    known = {tag: (tag, receivers, why) for tag, receivers, why in plan.doubts()}
    _check(tags, known)
    return [known[tag] for tag in tags]


def _recovered(plan: Plan) -> Queue:
    queue = plan.queue()
    queue.recover()
    return queue


def _named(queue: Queue, tags: Sequence[str]) -> list[Claim]:
    known = {claim.chunk.tag: claim for claim in queue.doubts()}
    _check(tags, known)
    return [known[tag] for tag in tags]


def _check(tags: Sequence[str], known: Container[str]) -> None:
    for tag in tags:
        if tag not in known:
            raise JournalProblem(
                "no call of this campaign with this tag is in doubt",
                where=tag,
                remedy="`smscampaign status` shows those that are, with their tags.",
            )
