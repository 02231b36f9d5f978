"""Beginning with a first slice: a few messages leave, what became of them is awaited, and only then do the others follow."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar

from smscampaign.campaign.plans import Plan, Run, queue_of
from smscampaign.campaign.progress import watched
from smscampaign.errors import GatewayProblem, SettingsProblem, under_way
from smscampaign.journal import course, slices
from smscampaign.journal.course import Course
from smscampaign.journal.slices import Slice
from smscampaign.model import Delivery, Progress, Status

if TYPE_CHECKING:
    from smscampaign.campaign.run import CallOptions
    from smscampaign.gateway.protocol import Echo, Gateway

#: Receipts read in full between two looks, where calls are paced: the counts come by the list, the rest by `receipts`.
DETAILS = 20

#: Seconds between two looks for receipts: where calls are paced, and where they are not.
LOOK, QUICK = 5.0, 0.5

_GO_ON = "Run it again to judge again, or with --ramp 0 to go on all the same."

How = TypeVar("How", bound="CallOptions")


@dataclass(frozen=True, slots=True)
class Ramp:
    """How a first slice is judged: its `size` in messages, and shares: failed receipts, STOPs, receipts there must be.

    `wait` is how long receipts are awaited.
    """

    size: int
    wait: timedelta = timedelta(minutes=10)
    failures: Decimal = Decimal("0.10")
    stops: Decimal = Decimal("0.02")
    receipts: Decimal = Decimal("0.5")

    def verdict(self, part: Slice, *, delivered: int, failed: int, stops: int = 0) -> str:
        """Why the others should not follow, by how many receipts say what; empty when they may."""
        accepted, final = len(part.numbers), delivered + failed
        if not accepted:
            return "nothing of the first slice was accepted"
        if failed > self.failures * accepted:
            # Whatever the others come to.
            share = _percent(self.failures)
            return f"{failed} of {accepted} messages of the first slice failed already: more than {share}"
        if final < self.receipts * accepted:
            return (
                f"only {final} of {accepted} receipts of the first slice came"
                f" within {_minutes(self.wait)}, fewer than {_percent(self.receipts)}"
            )
        if failed > self.failures * final:
            told = f"{failed} of {final} receipts of the first slice say failed"
            return f"{told}: {_percent(Decimal(failed) / final)}, more than {_percent(self.failures)}"
        if stops > self.stops * accepted:
            told = f"{stops} of {accepted} people of the first slice answered STOP"
            return f"{told}: {_percent(Decimal(stops) / accepted)}, more than {_percent(self.stops)}"
        return ""


def ramp_of(plan: Plan, *, limit: int | None = None) -> Ramp | None:
    """What the settings ask for; None without a first slice. Raises `SettingsProblem` where it cannot be judged."""
    ramp = plan.campaign.settings.ramp
    size = slice_size(ramp.first, plan.summary.messages)
    if not size:
        return None
    if plan.campaign.settings.sending.send_at is not None:
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
    return Ramp(size, timedelta(minutes=ramp.wait), ramp.failures, ramp.stops, ramp.receipts)


def slice_size(first: str | None, messages: int) -> int:
    """How many messages `1%` or `50` are of all; at least one, unless it is 0 or not set."""
    if first is None or not messages:
        return 0
    amount = Decimal(first.removesuffix("%"))
    share = amount * messages / 100 if first.endswith("%") else amount
    return min(math.ceil(share), messages)


def deliver_ramped(
    plan: Plan, gateway: Gateway, how: How, ramp: Ramp, *, deliver: Callable[[How], Run]
) -> Run:
    """Deliver a first slice, judge it, and deliver the others if it did well; `deliver` is how a plan is delivered.

    A slice that was judged well is not sent again; one that was not is judged again.
    """
    # What waits is counted anew behind the slice.
    how = replace(how, waiting=None)
    part = slices.slice_of(plan.store, plan.record)
    if part is not None and part.passed:
        return deliver(how)
    part = part or _begun(plan, gateway, how, ramp.size)
    if part.pending:
        how.tell(f"First slice: {part.pending} messages, up to row {part.last} of the file.")
        sent = deliver(replace(how, limit=part.pending))
        if sent.halt or sent.interrupted:
            return sent
    if not plan.tally().messages.get(Status.PENDING):
        return deliver(how)  # it was all there is, and nobody waits to follow
    with under_way():
        there = slices.slice_of(plan.store, plan.record) or part
        return _judged(plan, gateway.echo, how, ramp, there) or deliver(how)


def _begun(plan: Plan, gateway: Gateway, how: CallOptions, size: int) -> Slice:
    """The slice, of what turns out not to have been sent too."""
    from smscampaign.campaign.run import settle  # a dry run asks only whether there is a first slice

    queue = queue_of(plan)
    with plan.store.driving(together=True):
        queue.recover()
        settle(queue, gateway, how)
        return slices.begin_slice(plan.store, plan.record, last=queue.narrow(size))


def _judged(plan: Plan, echo: Echo, how: CallOptions, ramp: Ramp, part: Slice) -> Run | None:
    """Wait for what becomes of the slice and judge it; the run that ends with that, or None when the others may follow."""
    with plan.store.driving(together=True):
        try:
            figures, why = watched(_listen(plan, echo, how, ramp, part), how.watch)
        except GatewayProblem as problem:
            figures, why = "", f"what became of the first slice could not be asked: {problem.what}"
        if how.stop.is_set():
            course.tell_course(plan.store, plan.record, Course.INTERRUPTED)
            return Run(plan, plan.tally(), None, interrupted=True)
        slices.judged(plan.store, plan.record, well=not why, why=why or figures)
        if why:
            course.tell_course(plan.store, plan.record, Course.PAUSED, why)
            return Run(plan, plan.tally(), f"{why}. {_GO_ON}", interrupted=False)
    how.tell(f"The first slice did well ({figures}); the others follow.")
    return None


def _listen(
    plan: Plan, echo: Echo, how: CallOptions, ramp: Ramp, part: Slice
) -> Generator[Progress, None, tuple[str, str]]:
    """Until all receipts have come, too many say failed, or the time is over: the figures in words, and the verdict."""
    clock = plan.store.clock
    accepted, until, kept = len(part.numbers), clock() + ramp.wait, set(part.receipted)
    yield Progress("listening", 0, accepted)
    while True:
        failed = part.ids & echo.left(part.since, Delivery.FAILED) if part.ids else part.ids
        delivered = part.ids & echo.left(part.since, Delivery.DELIVERED) if part.ids else part.ids
        # Failed ones first; where calls are paced, only as many as cost no time.
        fresh = [one for one in (*sorted(failed), *sorted(delivered)) if one not in kept]
        kept |= _keep(plan, echo, how, fresh[:DETAILS] if how.pace.limited else fresh)
        final = len(failed) + len(delivered)
        yield Progress("listening", final, accepted, f"{len(failed)} failed")
        left = (until - clock()).total_seconds()
        hopeless = len(failed) > ramp.failures * accepted
        if final >= accepted or hopeless or left <= 0 or how.stop.is_set():
            break
        how.stop.wait(min(LOOK if how.pace.limited else QUICK, left))
    stops = len(echo.stops(part.numbers, since=part.since)) if part.numbers else 0
    figures = f"{final} receipts of {accepted} messages: {len(delivered)} delivered, {len(failed)} failed; {stops} STOP"
    return figures, ramp.verdict(part, delivered=len(delivered), failed=len(failed), stops=stops)


def _keep(plan: Plan, echo: Echo, how: CallOptions, ids: Sequence[int]) -> set[int]:
    """Write down the receipts of these messages; the ids of those that there are."""
    asked = (echo.receipt(one) for one in ids if not how.stop.is_set())
    found = [one for one in asked if one is not None]
    if found:
        from smscampaign.journal import receipts  # a rehearsal without a first slice has none

        receipts.keep(plan.store, found)
    return {one.id for one in found}


def _percent(share: Decimal) -> str:
    return f"{(share * 100).quantize(Decimal('0.1')).normalize():f} %"


def _minutes(wait: timedelta) -> str:
    minutes = Decimal(wait / timedelta(minutes=1)).quantize(Decimal("0.1")).normalize()
    return f"{minutes:f} {'minute' if minutes == 1 else 'minutes'}"
