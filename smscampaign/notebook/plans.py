"""A plan in a notebook: what it shows, what can be asked of it, and the one way from it to a phone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

import pandas as pd

from smscampaign import campaign as story
from smscampaign import journal
from smscampaign.bars import Bars
from smscampaign.campaign import gates, looking
from smscampaign.campaign.checking import check
from smscampaign.drawing import Sheet
from smscampaign.errors import ChangedInputs, SettingsProblem
from smscampaign.gateway import Aftermath, chosen_endpoint, identity
from smscampaign.message import parts
from smscampaign.model import EditionKind, Encoding, Message, PlanSummary
from smscampaign.notebook import frames
from smscampaign.notebook.gateways import PACE, Gateway, open_gateway
from smscampaign.notebook.looking import Advised, Messages, shown
from smscampaign.notebook.opening import Place, answers_of, opened, stopping
from smscampaign.notebook.options import in_python, keyworded
from smscampaign.notebook.sheets import PlanView, plan_sheet
from smscampaign.notebook.showing import Shown
from smscampaign.pricing import RateCache

#: How many of the first messages are looked through for distinct texts to show.
LOOKED_AT = 50

#: How many of the characters that cost so much are named.
OFFENDERS_SHOWN = 8


@dataclass(frozen=True, slots=True)
class _Known:
    """What a plan knows of itself: where it is kept, where the real one would be, its rates and what it shows."""

    place: Place
    real: journal.Place
    fingerprint: str
    rates: dict[str, Decimal]
    view: PlanView
    kind: EditionKind


class Plan(Shown):
    """A sealed plan. It shows itself; its code, typed into `deliver`, is the yes without which nothing leaves."""

    def __init__(self, known: _Known) -> None:
        self._known = known

    @property
    def code(self) -> str:
        """Four characters that name this very plan; they change with the file, the message and the settings.

        They stand for where it is sent, too: by the gateway that the plan was made with, else by the one of the keys.
        """
        return self._known.view.code

    def code_for(self, gateway: Gateway) -> str:
        """The code that `deliver` asks for with this gateway: a rehearsal has another one than the real thing."""
        with in_python(), self._known.place.opened() as plan:
            way = open_gateway(gateway)
            return plan.code_for(way.identity, way.carrier.service)

    @property
    def summary(self) -> PlanSummary:
        """The plan in figures."""
        return self._known.view.summary

    def sheet(self) -> Sheet:
        """The page that shows it."""
        return plan_sheet(self._known.view)

    def preview(self, rows: int = 10, *, numbers: bool = False) -> pd.DataFrame:
        """The first messages as they will be sent, by spreadsheet row; the numbers are masked unless asked for."""
        with in_python(), self._known.place.opened() as plan:
            return frames.preview(plan.sample(rows), self._known.rates, numbers=numbers)

    @property
    def rejections(self) -> pd.DataFrame:
        """Every row that is not sent, by spreadsheet row: its status, the reason's code, and the reason in words."""
        with in_python(), self._known.place.opened() as plan, answers_of(plan) as answers:
            return frames.rejections(answers)

    @property
    def findings(self) -> pd.DataFrame:
        """What is allowed and still unwise, by the linter's rules; `smscampaign lint --explain SMS001` says why one is."""
        with in_python(), self._known.place.opened() as plan:
            return frames.findings(check(plan))

    @property
    def advice(self) -> Advised:
        """What one accent costs: which characters make texts dear, where they stand, what swapping them saves."""
        with in_python(), self._known.place.opened() as plan:
            return Advised(plan.campaign.name, looking.advise(plan))

    def show(self, *what: str, numbers: bool = False) -> Messages:
        """Messages as on a phone: `first`, `longest`, `shortest`, `costliest`, `random`, `shapes`, `warnings`, `row 12`.

        The STOP clause is in them, and the borders between the parts are marked. Raises `SettingsProblem` for anything else.
        """
        with in_python(), self._known.place.opened() as plan:
            return shown(plan, what or ("first",), numbers=numbers)

    def deliver(
        self, gateway: Gateway, *, confirm: str = "", limit: int | None = None, send_again: bool = False
    ) -> story.Run:
        """Send what is pending, once the code of this plan is given as `confirm`; without it nothing is sent.

        `limit` takes the first so many rows only. Doing it again resumes: nobody gets a message twice. Raises
        `SentBefore` when people would get a text they had from another campaign, unless `send_again`;
        `NotConfirmed` for another code than the plan's with this gateway, `ChangedInputs` when the plan is no longer what
        was shown, `GatewayProblem` when the account cannot be used.
        """
        if not isinstance(confirm, str):
            raise TypeError(
                f"confirm is the code that the plan shows, as a text, and not {type(confirm).__name__}"
            )
        with in_python():
            way = open_gateway(gateway)
            campaign = self._known.place.campaign
            way.check(campaign)
            self._unchanged(campaign)
            path = way.journal(campaign, self._known.real)
            with opened(path) as store:
                with Bars() as bars:
                    plan = campaign.plan(
                        store,
                        gateway=way.identity,
                        account=way.carrier.service,
                        watch=bars,
                        kind=self._still(campaign, store),
                    )
                if not confirm.strip():
                    doubts = tuple(plan.doubts())
                    return story.Run(plan, plan.tally(), confirmed=False, doubts=doubts, way=way)
                story.refuse_unconfirmed(plan, confirm)
                facts = gates.Facts(limit, send_again, way.results(campaign))
                return _deliver(plan, way, facts, confirm=confirm)

    def _still(self, campaign: story.Campaign, store: journal.Journal) -> EditionKind:
        """The edition that was asked for, unless it has begun already: then it is resumed."""
        begun = store.find(campaign.name)
        return (
            EditionKind.FIRST
            if begun is not None and begun.tag == self._known.place.tag
            else self._known.kind
        )

    def _unchanged(self, campaign: story.Campaign) -> None:
        if campaign.inputs("").fingerprint != self._known.fingerprint:
            raise ChangedInputs(
                "the recipients changed since this plan was shown, and nothing was sent",
                where=campaign.source.name,
                remedy="Make the plan anew and look at it: plan = campaign.plan()",
            )


def edition_kind(*, amend: bool, restart: bool) -> EditionKind:
    """Which edition of a begun campaign is asked for. Raises `SettingsProblem` for two at once."""
    if amend and restart:
        raise SettingsProblem("amend is for who is new and restart for everybody: one of them", where="plan")
    if restart:
        return EditionKind.RESTART
    return EditionKind.AMENDMENT if amend else EditionKind.FIRST


def planned(
    campaign: story.Campaign,
    gateway: Gateway | None,
    *,
    real: journal.Place,
    kind: EditionKind = EditionKind.FIRST,
) -> Plan:
    """The plan of a campaign, made for a gateway, or for the one whose keys are found, without asking it anything."""
    where = gateway.identity if gateway else identity(chosen_endpoint())
    path = gateway.journal(campaign, real) if gateway else real
    with opened(path) as store:
        with Bars() as bars:
            account = gateway.carrier.service if gateway else ""
            plan = campaign.plan(store, gateway=where, account=account, watch=bars, kind=kind)
        rates = story.rates_of(plan, gateway.carrier, where)[0] if gateway else RateCache().known(where)
        place = Place(campaign, path, plan.record.tag)
        return Plan(_Known(place, real, plan.record.inputs.fingerprint, rates, _view(plan, rates), kind))


def _deliver(plan: story.Plan, gateway: Gateway, facts: gates.Facts, *, confirm: str) -> story.Run:
    carrier = gateway.carrier
    rates, remarks = story.rates_of(plan, carrier, gateway.identity)
    plan.price(rates)
    ready = story.readiness(plan, carrier, rates, facts, service=carrier.service)
    gates.refuse(ready.found)
    said = [*remarks, *(one.what for one in gates.to_be_known(ready.found))]
    with stopping() as stop, carrier.heeding(stop, said.append), Bars() as bars:
        pace = gateway.pace(plan.campaign)
        conduct = ready.conduct(pace, settle=gateway.settle, stop=stop, watch=bars, tell=said.append)
        run = story.deliver_with_results(
            plan,
            carrier,
            Aftermath(carrier),
            conduct,
            confirm=confirm,
            account=carrier.service,
            path=gateway.kept(plan.campaign),
        )
    return replace(run, doubts=tuple(plan.doubts()), remarks=tuple(said), way=gateway)


def _view(plan: story.Plan, rates: dict[str, Decimal]) -> PlanView:
    campaign, settings = plan.campaign, plan.campaign.settings
    pace = settings.limits.calls_per_minute
    sample = tuple(plan.sample(LOOKED_AT))
    return PlanView(
        name=campaign.name,
        source=campaign.source.name,
        code=plan.code,
        rehearsal="" if plan.begun or plan.record.proposed else plan.rehearsal_code,
        send=f'plan.deliver(gateway, confirm="{plan.yes}")',
        summary=plan.summary,
        to_do=story.headline(plan.summary.not_sent, campaign.language),
        sample=sample,
        costs=plan.price(rates).by_country,
        calls_per_minute=PACE if pace is None else pace,
        sender=settings.sender,
        purpose=settings.terms.purpose,
        parts_warning=settings.limits.parts_warning,
        offenders=_offenders(sample),
        tally=plan.tally() if plan.begun else None,
        remarks=tuple(map(keyworded, campaign.source.remarks)),
    )


def _offenders(sample: tuple[Message, ...]) -> tuple[str, ...]:
    bodies = (one.text.body for one in sample if one.text.encoding is Encoding.UCS2)
    found = dict.fromkeys(sign for body in bodies for sign in parts.offenders(body))
    return tuple(found)[:OFFENDERS_SHOWN]
