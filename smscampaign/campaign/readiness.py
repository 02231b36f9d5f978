"""What a plan costs and what stands in its way, right before somebody says yes to it: the same for every front end."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from threading import Event

from smscampaign.advice.findings import Finding
from smscampaign.campaign import gates
from smscampaign.campaign.launch import LaunchOptions
from smscampaign.campaign.plans import Plan, Run
from smscampaign.campaign.progress import Watch, unwatched
from smscampaign.campaign.result_files import deliver_with_results
from smscampaign.errors import GatewayProblem
from smscampaign.model import Progress, Status, Tally
from smscampaign.pricing import Forecast, RateCache
from smscampaign.ways import Way


@dataclass(frozen=True, slots=True)
class Readiness:
    """A plan that somebody may say yes to: where it stands, what waits costs, and all that the gates have found."""

    plan: Plan
    way: Way
    tally: Tally
    waiting: Forecast
    facts: gates.GateFacts
    found: tuple[Finding, ...]

    @property
    def idle(self) -> bool:
        """Whether there is nothing to send, to ask about or to put in force."""
        return gates.nothing_to_do(self.plan, self.tally)

    def deliver(self, *, confirm: str, stop: Event, watch: Watch, tell: Callable[[str], object]) -> Run:
        """Deliver it as its settings say, with its results where the gates were told. Raises what the delivery does."""
        settings, carrier = self.plan.campaign.settings, self.way.carrier
        options = LaunchOptions(
            pace=carrier.pace,
            workers=settings.limits.calls_at_once,
            limit=self.facts.limit,
            settle=settings.settling(self.way.settle),
            stop=stop,
            watch=watch,
            facts=self.facts.knowing(self.found),
            waiting=self.tally.messages.get(Status.PENDING, 0),
            tell=tell,
        )
        return deliver_with_results(
            self.plan, carrier, options, confirm=confirm, account=carrier.service, path=self.facts.results
        )


def readiness(plan: Plan, way: Way, rates: dict[str, Decimal], facts: gates.GateFacts) -> Readiness:
    """Ask the gates, and OVHcloud about the account where there is something to be sent.

    Raises `GatewayProblem` when that does not answer.
    """
    tally = plan.tally()
    waiting = plan.price_waiting(rates, limit=facts.limit)
    if not gates.nothing_to_do(plan, tally):
        facts = facts.asked(way.carrier, waiting, service=way.carrier.service)
    return Readiness(plan, way, tally, waiting, facts, tuple(gates.of(plan, facts)))


def rates_of(plan: Plan, way: Way, *, watch: Watch = unwatched) -> tuple[dict[str, Decimal], tuple[str, ...]]:
    """The rates of a plan's destinations, and a remark where they could not be asked for.

    Once a campaign has begun they stay those it began with: its bill is compared with them.
    """
    countries = [one.country for one in plan.summary.countries]
    kept = plan.rates()
    if plan.begun and all(country in kept for country in countries):
        return kept, ()
    asked = itertools.count()

    def rate(country: str) -> Decimal | None:
        watch(Progress("pricing", next(asked), len(countries)))
        return way.carrier.rate(country)

    cache = RateCache()
    try:
        rates = cache.learn(way.identity, countries, rate)
    except GatewayProblem as problem:
        return cache.known(way.identity), (f"the rates could not be asked for: {problem.what}",)
    if rates:
        with suppress(GatewayProblem):  # credits are the bill; in money it is told where that is known
            cache.learn_packs(way.identity, way.carrier.packs())
    return rates, ()
