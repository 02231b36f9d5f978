"""One of the messages to oneself, before the campaign: sent at once, and no part of it."""

from __future__ import annotations

from contextlib import closing
from threading import Event

from smscampaign.campaign import editions, gates
from smscampaign.campaign.readiness import rates_of, readiness
from smscampaign.campaign.trials import receiver, trial_of
from smscampaign.drawing import figure
from smscampaign.errors import GatewayProblem, NotConfirmed
from smscampaign.journal.store import open_journal
from smscampaign.languages import Sentence, say
from smscampaign.model import Status
from smscampaign.notebook.panel.looks import Look
from smscampaign.notebook.panel.sending import Errand
from smscampaign.ways import way_of


def send_to_self(look: Look, errand: Errand, number: str, last_digits: str) -> Sentence:
    """Send the first message of a plan to `number`, whose last four digits were typed once more.

    Raises `NotConfirmed` where they are others, `GatewayProblem` where it was not accepted, and what the gates refuse.
    """
    campaign = look.plan.campaign
    whom = receiver(campaign, number)
    if look.first is None or whom.msisdn[-4:] != last_digits.strip():
        raise NotConfirmed(say("Nothing was sent: those are not the number's last four digits."))
    trial, said = trial_of(campaign, look.first, whom), list[str]()
    way = way_of(trial.campaign.settings, errand.files.sandbox, rehearsal=errand.rehearsal)
    with way as open_one, closing(open_journal(trial.journal)) as store:
        account = open_one.carrier.service
        plan = editions.planned(trial.campaign, store, gateway=open_one.identity, account=account)
        rates, _ = rates_of(plan, open_one)
        plan.price(rates)
        ready = readiness(plan, open_one, rates, gates.GateFacts())
        gates.refuse(ready.found)
        stop = Event()
        with open_one.carrier.heeding(stop, said.append):
            run = ready.deliver(confirm=plan.yes, stop=stop, watch=lambda _: None, tell=said.append)
    if not run.tally.messages.get(Status.ACCEPTED):
        raise GatewayProblem(run.halt or say("OVHcloud did not accept it."))
    charged = figure(run.tally.credits)
    return say("Accepted; credits charged: {credits}. It is no part of the campaign.", credits=charged)
