"""One of the messages to oneself, before the campaign: sent at once, and no part of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

from smscampaign.campaign.one_message import deliver_one
from smscampaign.campaign.progress import Watch, unwatched
from smscampaign.campaign.trials import receiver, trial_of
from smscampaign.drawing import figure, masked
from smscampaign.errors import GatewayProblem, NotConfirmed
from smscampaign.languages import Sentence, say
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
    trial = trial_of(campaign, look.first, whom)
    with way_of(trial.campaign.settings, errand.files.sandbox, rehearsal=errand.rehearsal) as way:
        report = deliver_one(trial, way, ask=lambda _: True, at_work=_at_work, tell_of=lambda _: None)
    if report.trouble:
        raise GatewayProblem(masked(report.trouble))
    charged = figure(report.credits_removed)
    return say("Accepted; credits charged: {credits}. It is no part of the campaign.", credits=charged)


@contextmanager
def _at_work() -> Iterator[tuple[Event, Watch]]:
    """It is over before anybody could stop it."""
    yield Event(), unwatched
