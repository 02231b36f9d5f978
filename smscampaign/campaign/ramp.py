"""Beginning with a first slice: a few messages leave, what became of them is awaited, and only then do the others follow."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

from smscampaign.campaign import launch
from smscampaign.campaign.launch import Conduct
from smscampaign.campaign.plans import Plan, Run
from smscampaign.campaign.progress import watched
from smscampaign.campaign.queues import queue_of
from smscampaign.campaign.slices import Ramp, ramp_of
from smscampaign.errors import GatewayProblem, under_way
from smscampaign.gateway.protocol import Echo, Gateway
from smscampaign.journal import course, facts, slices
from smscampaign.journal.course import Course
from smscampaign.journal.slices import Slice
from smscampaign.model import Delivery, DeliveryReceipt, Progress, Status

#: Receipts read in full between two looks, where calls are paced: the counts come by the list, the rest by `receipts`.
DETAILS = 20

_GO_ON = "Run it again to judge again, or with --ramp 0 to go on all the same."


@dataclass(frozen=True, slots=True)
class Figures:
    """What a first slice came to."""

    accepted: int
    delivered: int
    failed: int
    stops: int = 0

    @property
    def final(self) -> int:
        """How many receipts have come that will not change."""
        return self.delivered + self.failed

    def __str__(self) -> str:
        return (
            f"{self.final} receipts of {self.accepted} messages: {self.delivered} delivered, {self.failed} failed;"
            f" {self.stops} STOP"
        )


def deliver_behind_slice(
    plan: Plan, gateway: Gateway, conduct: Conduct, *, confirm: str, account: str
) -> Run:
    """Deliver a plan, behind a first slice where its settings ask for one. Raises what `Plan.deliver` and `ramp_of` do."""

    def deliver(how: Conduct) -> Run:
        return launch.deliver(plan, gateway, how, confirm=confirm, account=account)

    ramp = ramp_of(plan, limit=conduct.limit)
    if ramp is None or not plan.is_confirmed_by(confirm):
        return deliver(conduct)
    # What waits is counted anew behind the slice.
    return Ramped(plan, gateway, ramp, deliver, conduct.tell).run(replace(conduct, waiting=None))


def verdict(figures: Figures, ramp: Ramp) -> str:
    """Why the others should not follow; empty when they may."""
    if not figures.accepted:
        return "nothing of the first slice was accepted"
    if figures.failed > ramp.failures * figures.accepted:
        # Whatever the others come to.
        return (
            f"{figures.failed} of {figures.accepted} messages of the first slice failed already:"
            f" more than {_percent(ramp.failures)}"
        )
    if figures.final < ramp.receipts * figures.accepted:
        return (
            f"only {figures.final} of {figures.accepted} receipts of the first slice came"
            f" within {_minutes(ramp.wait)}, fewer than {_percent(ramp.receipts)}"
        )
    if figures.failed > ramp.failures * figures.final:
        share = _percent(Decimal(figures.failed) / figures.final)
        return (
            f"{figures.failed} of {figures.final} receipts of the first slice say failed: {share},"
            f" more than {_percent(ramp.failures)}"
        )
    if figures.stops > ramp.stops * figures.accepted:
        share = _percent(Decimal(figures.stops) / figures.accepted)
        return (
            f"{figures.stops} of {figures.accepted} people of the first slice answered STOP: {share},"
            f" more than {_percent(ramp.stops)}"
        )
    return ""


@dataclass(frozen=True, slots=True)
class Ramped:
    """The delivery of a plan behind a first slice; `deliver` is how a plan is delivered, `tell` takes remarks on the way."""

    plan: Plan
    gateway: Gateway
    ramp: Ramp
    deliver: Callable[[Conduct], Run]
    tell: Callable[[str], object]

    def run(self, conduct: Conduct) -> Run:
        """Deliver a first slice, judge it, and deliver the others if it did well.

        A slice that was judged well is not sent again; one that was not is judged again.
        """
        plan = self.plan
        part = slices.slice_of(plan.store, plan.record)
        if part is not None and part.passed:
            return self.deliver(conduct)
        if part is None:
            launch.reconcile(plan, self.gateway, conduct)
            part = self._begun()
        pending = slices.sample_of(plan.store, plan.record, part).pending
        if pending:
            self.tell(f"First slice: {pending} messages, up to row {part.last} of the file.")
            sent = self.deliver(replace(conduct, limit=pending))
            if sent.halt or sent.interrupted:
                return sent
        if not plan.tally().messages.get(Status.PENDING):
            return self.deliver(conduct)  # it was all there is, and nobody waits to follow
        with under_way():
            return self._judged(conduct, part)

    def _begun(self) -> Slice:
        plan = self.plan
        with plan.store.driving(together=True):
            last = queue_of(plan).narrow(self.ramp.size)
            return slices.begin_slice(plan.store, plan.record, last=last)

    def _judged(self, conduct: Conduct, part: Slice) -> Run:
        plan = self.plan
        with plan.store.driving(together=True):
            figures, why = self._heard(conduct, part)
            if conduct.stop.is_set():
                course.tell_course(plan.store, plan.record, Course.INTERRUPTED)
                return Run(plan, plan.tally(), None, interrupted=True)
            slices.judged(plan.store, plan.record, well=not why, why=why or str(figures))
            if why:
                course.tell_course(plan.store, plan.record, Course.PAUSED, why)
                return Run(plan, plan.tally(), f"{why}. {_GO_ON}", interrupted=False)
        self.tell(f"The first slice did well ({figures}); the others follow.")
        return self.deliver(conduct)

    def _heard(self, conduct: Conduct, part: Slice) -> tuple[Figures | None, str]:
        """What was heard of the slice, and why the others should not follow."""
        try:
            listener = _Listener(self.plan, self.gateway.echo, conduct, self.ramp, part)
            figures = watched(listener.listen(), conduct.watch)
        except GatewayProblem as problem:
            return None, f"what became of the first slice could not be asked: {problem.what}"
        return figures, verdict(figures, self.ramp)


class _Listener:
    """Waits for the receipts of a slice, keeps them, and counts."""

    def __init__(self, plan: Plan, echo: Echo, conduct: Conduct, ramp: Ramp, part: Slice) -> None:
        self._plan = plan
        self._echo = echo
        self._stop = conduct.stop
        self._paced = conduct.pace.limited
        self._look = ramp.look if self._paced else min(ramp.look, 0.5)
        self._ramp = ramp
        self._part = part
        self._sample = slices.sample_of(plan.store, plan.record, part)
        self._kept = set(self._sample.receipted)

    def listen(self) -> Generator[Progress, None, Figures]:
        """Until all receipts have come, too many say failed, or the time is over."""
        sample, clock = self._sample, self._plan.store.clock
        until = clock() + self._ramp.wait
        yield Progress("listening", 0, sample.accepted)
        while True:
            figures = self._count()
            yield Progress("listening", figures.final, sample.accepted, f"{figures.failed} failed")
            hopeless = figures.failed > self._ramp.failures * sample.accepted
            left = (until - clock()).total_seconds()
            if figures.final >= sample.accepted or hopeless or left <= 0 or self._stop.is_set():
                break
            self._stop.wait(min(self._look, left))
        stops = self._echo.stops(sample.numbers, since=self._part.since) if sample.numbers else ()
        return replace(figures, stops=len(stops))

    def _count(self) -> Figures:
        if not self._sample.ids:
            return Figures(self._sample.accepted, 0, 0)
        since = self._part.since
        failed = self._sample.ids & self._echo.left(since, Delivery.FAILED)
        delivered = self._sample.ids & self._echo.left(since, Delivery.DELIVERED)
        self._keep([*sorted(failed), *sorted(delivered)])
        return Figures(self._sample.accepted, len(delivered), len(failed))

    def _keep(self, ids: list[int]) -> None:
        """The receipts themselves, failed ones first; where calls are paced, only as many as cost no time."""
        fresh = [one for one in ids if one not in self._kept]
        found = list(self._read(fresh[:DETAILS] if self._paced else fresh))
        if found:
            facts.keep_receipts(self._plan.store, self._plan.record, found)
            self._kept.update(one.id for one in found)

    def _read(self, ids: list[int]) -> Iterator[DeliveryReceipt]:
        for one in ids:
            if self._stop.is_set():
                return
            receipt = self._echo.receipt(one)
            if receipt is not None:
                yield receipt


def _percent(share: Decimal) -> str:
    return f"{(share * 100).quantize(Decimal('0.1')).normalize():f} %"


def _minutes(wait: timedelta) -> str:
    minutes = Decimal(wait / timedelta(minutes=1)).quantize(Decimal("0.1")).normalize()
    return f"{minutes:f} minutes" if minutes != 1 else "1 minute"
