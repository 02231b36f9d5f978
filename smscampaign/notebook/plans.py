"""Views of a plan, and the one way from it to a phone in Python: what is opened here is passed down, and nothing decided."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from hashlib import blake2b
from os import PathLike, fspath
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from smscampaign.bars import Bars
from smscampaign.campaign import editions, gates, launch, nights, readiness
from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.changes import refuse_changed
from smscampaign.campaign.corrections import rows_at
from smscampaign.campaign.files import Files, forget_what_is_unknown
from smscampaign.campaign.keywords import in_python
from smscampaign.campaign.lint import check, rules
from smscampaign.campaign.plans import Plan, Run
from smscampaign.campaign.progress import Watch
from smscampaign.campaign.savings import savings_of
from smscampaign.drawing import Bubble, Sheet
from smscampaign.errors import CampaignError, NotConfirmed
from smscampaign.journal.places import Place, place_of
from smscampaign.journal.store import Inputs, Journal, journal_exists, open_journal
from smscampaign.model import EditionKind, Message, Reason
from smscampaign.notebook import frames
from smscampaign.notebook.consent import consent, in_kernel
from smscampaign.notebook.journals import answers_of, only_looked_at, place_to_look, reopened, stopping
from smscampaign.notebook.preview import AdviceView, MessagesView, chosen_messages, shown
from smscampaign.notebook.sheets import plan_sheet
from smscampaign.notebook.tables import Masked
from smscampaign.pricing import RateCache
from smscampaign.translation import Given
from smscampaign.ways import Way, destination, open_way


def preview_of(plan: Plan, what: Sequence[object], *, numbers: bool) -> Any:
    """Chosen messages as they will be sent."""
    with in_python(plan.campaign.language), reopened(plan) as now:
        return _messages(now, chosen_messages(now, what, where="preview"), numbers=numbers)


def all_messages_of(plan: Plan) -> Masked:
    """All of them."""

    def make(numbers: bool) -> Any:
        with in_python(plan.campaign.language), reopened(plan) as now:
            return _messages(now, now.sample(now.summary.messages), numbers=numbers)

    return Masked(make)


def _messages(now: Plan, found: Iterable[Message], *, numbers: bool) -> Any:
    settings = now.campaign.settings
    return frames.preview(now.campaign.file, found, now.rates(), settings.written, numbers=numbers)


def rejections_of(plan: Plan) -> Masked:
    """Every row that is not sent."""
    return Masked(partial(_rejections, plan))


def _rejections(plan: Plan, numbers: bool) -> Any:
    codes = {str(reason.status) for reason in Reason}
    with in_python(plan.campaign.language), reopened(plan) as now:
        with answers_of(now) as answers:
            found = {one.line: one for one in answers if str(one.status) in codes}
        source, file = now.campaign.source, now.campaign.file
        secret = frames.secret_columns(file, now.campaign.recipe().numbers, numbers=numbers)
        rows = ((found[line], row) for line, row in rows_at(source, set(found)))
        return frames.rejections(file, rows, secret, numbers=numbers)


def findings_of(plan: Plan) -> pd.DataFrame:
    """What the linter has found."""
    with in_python(plan.campaign.language), reopened(plan) as now:
        return frames.findings(check(now))


def advice_of(plan: Plan) -> AdviceView:
    """What its characters cost."""
    with in_python(plan.campaign.language), reopened(plan) as now:
        return AdviceView(now.campaign.name, savings_of(now))


def messages_of(plan: Plan, what: Sequence[object], *, numbers: bool) -> MessagesView:
    """Chosen messages as on a phone."""
    with in_python(plan.campaign.language), reopened(plan) as now:
        return shown(now, what, numbers=numbers)


def sheet_of_plan(plan: Plan) -> Sheet:
    """The page that shows it as its journal has it now."""
    try:
        with reopened(plan) as now:
            own = Files.beside(now.campaign.path, rehearsal=False).results
            home = plan.home if only_looked_at(plan) else None
            facts = gates.GateFacts(results=None if now.rehearses else own, home=home)
            return plan_sheet(now, plan, gates.of(now, facts), asks=in_kernel())
    except CampaignError as problem:
        return Sheet(plan.campaign.name, f"the plan {plan.code}", notes=(f"{problem.what}.",))


def sheet_of_campaign(campaign: Campaign) -> Sheet:
    """The page that shows what is to be sent."""
    source, settings = campaign.source, campaign.settings
    facts = (
        ("Recipients", Given(source.name)),
        ("Columns", Given(", ".join(source.header))),
        ("Sender", Given(settings.sender) if settings.sender else "none: a short number"),
        ("Purpose", str(settings.purpose or "not set")),
        ("Region", settings.region or "not set"),
    )
    message = (Bubble("Message", settings.message),) if settings.message else ()
    missing = tuple(f"the {name} is not set." for name in settings.missing())
    return Sheet(campaign.name, "a campaign", facts, bubbles=message, notes=missing)


def planned(
    campaign: Campaign,
    gateway: object,
    *,
    journal: str | PathLike[str] | None,
    amend: bool,
    restart: bool,
    retry: str | None,
    send_again: bool,
) -> Plan:
    """The plan of a campaign in a journal beside its file or at `journal`."""
    with in_python(campaign.language):
        beside = Files.beside(campaign.path, rehearsal=False).journal
        real = place_of(fspath(journal)) if journal else beside
        way = None if gateway is None else open_way(gateway)
        kind = editions.kind_of(amend=amend, restart=restart, retry=retry)
        place = _journal(campaign, way, real)
        if place == beside and not journal:
            place = place_to_look(beside)
        return _planned(campaign, way, places=(place, real), kind=kind, send_again=send_again)


def _planned(
    campaign: Campaign, way: Way | None, *, places: tuple[Place, Place], kind: EditionKind, send_again: bool
) -> Plan:
    """Made for an open gateway, or for the one whose keys are found, without asking it anything.

    `places` are the one where it is kept, and its own when it is sent for real.
    """
    where, account = (way.identity, way.carrier.service) if way else (destination(), "")
    place, real = places
    with closing(open_journal(place)) as store:
        with Bars() as bars:
            plan = editions.planned(
                campaign,
                store,
                gateway=where,
                account=account,
                watch=bars,
                kind=kind,
                send_again=send_again,
            )
        known = readiness.rates_of(plan, way)[0] if way else RateCache().known(where)
        plan.price(known)
        return replace(plan, home=real)


def _journal(campaign: Campaign, way: Way | None, real: Place) -> Place:
    """The journal of a campaign that goes by a way; `real` is its own, to which a rehearsal never writes.

    A sandbox in memory forgets, so every plan begins anew there; with a database file what was cut off is resumed. Its
    journal is in the hidden folder beside the campaign: where the file is the one of the command's `--sandbox` that one's
    journal, else one for this database alone. Of what a database does not know nobody has what a journal says.
    """
    if way is None or way.rehearsal is None:
        return real
    if way.folder is not None:
        now = editions.as_corrected(campaign, None).inputs(way.identity)
        return way.folder / f"{now.fingerprint}.journal.sqlite"
    own, database = Files.beside(campaign.path, rehearsal=True), Path(way.rehearsal.database or "").resolve()
    journal = own.journal
    if database != own.sandbox.resolve():
        one = blake2b(str(database).encode(), digest_size=4).hexdigest()
        journal = own.sandbox.parent / one / own.sandbox.name.replace(".sqlite", ".journal.sqlite")
    forget_what_is_unknown(journal, way.knows)
    return journal


def delivered(
    plan: Plan, gateway: object, *, confirm: str, limit: int | None, send_again: bool, overrule: object
) -> Run:
    """Plan it where this gateway's plans are kept, and send what is pending once its code was given or typed."""
    if not isinstance(confirm, str):
        raise NotConfirmed(
            f"nothing was sent: the code is a text, and not a value of the type {type(confirm).__name__}",
            remedy='Write it as the plan shows it: confirm="K7QX".',
        )
    with in_python(plan.campaign.language):
        campaign, overruled = plan.campaign, rules(overrule)
        way = open_way(gateway).of(campaign.settings)
        way.refuse_other(campaign.settings.account)
        _refuse_changed(plan, campaign.as_it_stands().inputs(""))
        place = _journal(campaign, way, plan.home or plan.store.place)
        order = _Order(
            way, send_again or plan.record.send_again, partial(consent, confirm=confirm, where=way.title)
        )
        new = place == plan.home and only_looked_at(plan) and not journal_exists(place)
        if new:
            # The journal stands beside the recipients once somebody said yes, and not before.
            with closing(open_journal(plan.store.place, create=False)) as store:
                run, _, words = _asked(plan, store, order)
            if run is not None:
                return run
            order = order._replace(ask=lambda _: words)
        with closing(open_journal(place)) as store:
            run, now, words = _asked(plan, store, order)
            if run is not None:
                return run
            # A sandbox in memory leaves nothing behind.
            beside = Files.beside(campaign.path, rehearsal=now.rehearses).results
            facts = gates.GateFacts(limit, send_again, None if way.folder else beside, overruled=overruled)
            return _deliver(now, way, facts, confirm=words, said=[_of_the_journal(store)] if new else [])


class _Order(NamedTuple):
    """By which gateway a plan is to be sent, whether to people who had it, too, and who is asked for the code."""

    way: Way
    send_again: bool
    ask: Callable[[Plan], str]


def _asked(plan: Plan, store: Journal, order: _Order) -> tuple[Run | None, Plan, str]:
    """The plan as it is in this journal, and what was said to it; with the run, where nothing is to be sent.

    Raises `NotConfirmed` for another code.
    """
    campaign, way = plan.campaign, order.way
    with Bars() as bars:
        if campaign.settings.recurring:
            _settle(campaign, store, way, bars)
        now = editions.planned(
            campaign,
            store,
            gateway=way.identity,
            account=way.carrier.service,
            watch=bars,
            kind=_still(plan, store),
            send_again=order.send_again,
        )
    if in_kernel() and gates.nothing_to_do(now, now.tally()):
        return Run(now, now.tally(), way=way), now, ""
    # Else the code that is asked for would be that of a plan nobody looked at.
    _refuse_changed(plan, now.record.inputs)
    words = order.ask(now)
    if not words:
        return Run(now, now.tally(), confirmed=False, doubts=tuple(now.doubts()), way=way), now, ""
    launch.refuse_unconfirmed(now, words)
    return None, now, words


def _of_the_journal(store: Journal) -> str:
    return f"what happens is kept in {store.name}: keep that, for only it knows who had this campaign."


def _settle(campaign: Campaign, store: Journal, way: Way, watch: Watch) -> None:
    """Ask about what is in doubt of the nights before."""
    wait = campaign.settings.settling(way.settle)
    with stopping() as stop, way.carrier.heeding(stop, lambda _: None):
        how = launch.LaunchOptions(pace=way.carrier.pace, settle=wait, stop=stop, watch=watch)
        nights.settle(campaign, store, way.carrier, how)


def _still(plan: Plan, store: Journal) -> EditionKind:
    """The edition that was asked for, unless it has begun already: then it is resumed."""
    begun = store.find(plan.campaign.name)
    return EditionKind.FIRST if begun is not None and begun.same_plan(plan.record) else plan.record.kind


def _refuse_changed(plan: Plan, now: Inputs) -> None:
    """By whichever gateway it is sent: a rehearsal is of the plan that was shown as well."""
    refuse_changed(plan.record, replace(now, gateway=plan.record.inputs.gateway))


def _deliver(plan: Plan, way: Way, facts: gates.GateFacts, *, confirm: str, said: Sequence[str]) -> Run:
    rates, remarks = readiness.rates_of(plan, way)
    plan.price(rates)
    ready = readiness.readiness(plan, way, rates, facts)
    gates.refuse(ready.found)
    said = [*said, *remarks, *(one.what for one in gates.to_be_known(ready.found))]
    with stopping() as stop, way.carrier.heeding(stop, said.append), Bars() as bars:
        run = ready.deliver(confirm=confirm, stop=stop, watch=bars, tell=said.append)
    return replace(run, doubts=tuple(plan.doubts()), remarks=tuple(said), way=way)
