"""One message to one number, outside any campaign: planned, asked about and delivered as a campaign of one row."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from decimal import Decimal
from threading import Event

from smscampaign.campaign import editions, gates
from smscampaign.campaign.plans import Run
from smscampaign.campaign.progress import Watch
from smscampaign.campaign.readiness import Readiness, rates_of, readiness
from smscampaign.campaign.trials import Trial
from smscampaign.drawing import masked
from smscampaign.errors import GatewayProblem, SettingsProblem
from smscampaign.journal.answers import answers
from smscampaign.journal.store import open_journal
from smscampaign.languages import tell
from smscampaign.model import RowResult, Status
from smscampaign.ways import Report, Way


def deliver_one(
    trial: Trial,
    way: Way,
    *,
    ask: Callable[[Readiness], bool],
    at_work: Callable[[], AbstractContextManager[tuple[Event, Watch]]],
    tell_of: Callable[[str], object],
    overruled: frozenset[str] = frozenset(),
) -> Report:
    """Deliver it, once `ask` has said yes to it; `at_work` is entered after that. `overruled` are rules of the linter.

    Raises what the gates refuse, and `SettingsProblem` for what cannot be sent.
    """
    with closing(open_journal(trial.journal)) as store:
        plan = editions.planned(trial.campaign, store, gateway=way.identity, account=way.carrier.service)
        for one in plan.summary.not_sent:
            raise SettingsProblem(masked(tell(one.detail, trial.campaign.language)).rstrip("."), where="text")
        rates, _ = rates_of(plan, way)
        plan.price(rates)
        ready = readiness(plan, way, rates, gates.GateFacts(overruled=overruled))
        gates.refuse(ready.found)
        run = None
        if ask(ready):
            with at_work() as (stop, watch), way.carrier.heeding(stop, tell_of):
                run = ready.deliver(confirm=plan.yes, stop=stop, watch=watch, tell=tell_of)
        (answer,) = answers(store, plan.record)
        return _report(answer, run, trial, _left(way) if run is not None else None)


def _report(answer: RowResult, run: Run | None, trial: Trial, left: Decimal | None) -> Report:
    number = answer.recipient.msisdn if answer.recipient else ""
    accepted = answer.status is Status.ACCEPTED
    refused = answer.status in {Status.REFUSED, Status.SUPPRESSED}
    return Report(
        number,
        answer.text.body if answer.text else "",
        answer.status,
        ids=(answer.id,) if answer.id is not None else (),
        valid_receivers=(number,) if accepted else (),
        invalid_receivers=(number,) if refused else (),
        credits_removed=run.tally.credits if run is not None else Decimal(0),
        credits_left=left,
        because=(run.halt if run is not None else "") or answer.reason,
        journal=trial.journal,
    )


def _left(way: Way) -> Decimal | None:
    """Another question, which may be refused or lost: the message has left all the same."""
    try:
        return way.account().credits_left
    except GatewayProblem:
        return None
