"""What a person decides about single calls in doubt, after the witnesses were heard once more."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Event

from smscampaign.campaign.plans import Plan, queue_of
from smscampaign.campaign.progress import Watch, unwatched
from smscampaign.campaign.witness import of_nobody_here
from smscampaign.delivery import doubts
from smscampaign.errors import GatewayProblem, JournalProblem
from smscampaign.gateway.protocol import Gateway
from smscampaign.journal import editions
from smscampaign.journal.calls import Claim
from smscampaign.journal.queue import Queue

# Without it nothing will ever be heard.
_RIGHT = "NOT_GRANTED_CALL"


Doubts = dict[str, tuple[int, datetime | None]]
"""Calls in doubt by their tags: which try of a call it is, and since when it is in doubt."""


def hear(
    plan: Plan, gateway: Gateway, tags: Sequence[str], *, settle: timedelta, watch: Watch = unwatched
) -> dict[str, str]:
    """Ask about the calls that a person wants to be made again, before anything is decided.

    What is found is accepted. Answers why some could not be asked about for want of a right: then a person may decide.
    Raises `GatewayProblem` when something was found or OVHcloud did not answer, and `JournalProblem` when a call is not in
    doubt, or not for so long that it would have shown up by now.
    """
    found, silent = list[str](), dict[str, str]()
    with plan.store.driving(together=True):
        named = _named(_recovered(plan), tags)
        for _, claim in named:
            _refuse_early(claim, plan.store.clock(), settle)
        others = of_nobody_here(plan)
        for queue in dict.fromkeys(queue for queue, _ in named):
            claims = [claim for its, claim in named if its is queue]
            present, unheard = doubts.look(queue, gateway, claims, stop=Event(), watch=watch, others=others)
            found += [claim.chunk.tag for claim in claims if claim.id in present]
            silent |= {claim.chunk.tag: unheard[claim.id] for claim in claims if claim.id in unheard}
    if found:
        raise GatewayProblem(
            "OVHcloud has this call: what it has is accepted now, and nothing was decided",
            where=", ".join(found),
            remedy="Leave it out and decide about the others; with --resend --all, run the same command again.",
        )
    for tag, why in silent.items():
        if _RIGHT not in why:
            raise GatewayProblem(
                f"OVHcloud could not be asked about this call, so nothing was decided: {why}",
                where=tag,
                remedy="Run the same command later; whoever has the message would get it twice.",
            )
    return silent


def doubts_now(plan: Plan, tags: Sequence[str]) -> Doubts:
    """The doubts a person is asked about. Raises `JournalProblem` when one of the calls is not in doubt."""
    named = _named(_queues(plan), tags)
    return {claim.chunk.tag: (claim.attempts, claim.doubted_at) for _, claim in named}


def decide(
    plan: Plan, *, assume_sent: Sequence[str] = (), resend: Sequence[str] = (), about: Doubts | None = None
) -> None:
    """Take some calls in doubt for sent, and others for not sent: those go back to what is pending.

    Nobody else's calls change. Raises `JournalProblem`, before anything is decided, when one of them is not in doubt, or not
    in the doubt it was `about`: it was made again meanwhile.
    """
    with plan.store.driving(together=True):
        named = _named(_recovered(plan), [*assume_sent, *resend])
        for _, claim in named:
            if about and about.get(claim.chunk.tag) != (claim.attempts, claim.doubted_at):
                raise JournalProblem(
                    "this call was made again since you were asked, and is in doubt anew: nothing was decided",
                    where=claim.chunk.tag,
                    remedy="Run the same command again.",
                )
        for queue, claim in named:
            if claim.chunk.tag in resend:
                queue.resend(claim)
            else:
                queue.assume_sent(claim)


def _refuse_early(claim: Claim, now: datetime, settle: timedelta) -> None:
    ripe = (claim.doubted_at or claim.claimed_at) + settle
    if now < ripe:
        raise JournalProblem(
            "this call came into doubt a moment ago, and may still show up at OVHcloud",
            where=claim.chunk.tag,
            remedy=f"Decide after {ripe:%Y-%m-%d %H:%M:%S} UTC; without a decision `reconcile` waits by itself.",
        )


def doubtful(plan: Plan, tags: Sequence[str]) -> list[tuple[str, int, str]]:
    """The named calls as (tag, receivers, why). Raises `JournalProblem` when one of them is not in doubt."""
    known = {tag: (tag, receivers, why) for tag, receivers, why in plan.doubts()}
    _check(tags, known)
    return [known[tag] for tag in tags]


def _queues(plan: Plan) -> list[Queue]:
    """The calls of each edition in which something is in doubt."""
    found = editions.in_doubt(plan.store, plan.record)
    return [queue_of(replace(plan, record=one)) for one in found]


def _recovered(plan: Plan) -> list[Queue]:
    queues = _queues(plan)
    for queue in queues:
        queue.recover()
    return queues


def _named(queues: Sequence[Queue], tags: Sequence[str]) -> list[tuple[Queue, Claim]]:
    known = {claim.chunk.tag: (queue, claim) for queue in queues for claim in queue.doubts()}
    _check(tags, known)
    return [known[tag] for tag in tags]


def _check(tags: Sequence[str], known: Container[str]) -> None:
    for tag in tags:
        if tag not in known:
            raise JournalProblem(
                "no call of this campaign with this tag is in doubt",
                where=tag,
                remedy="`status` shows those that are, with their tags.",
            )
