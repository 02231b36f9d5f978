"""The sending half of `run`: what is left is shown and asked about, sent, and closed with the results and an exit code."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from pathlib import Path

from smscampaign.bars import Bars
from smscampaign.campaign import (
    Conduct,
    Delivered,
    Files,
    Plan,
    deliver_with_results,
    gates,
)
from smscampaign.cli import changing, previewing, rejections, showing
from smscampaign.cli.confirming import Consent, Question
from smscampaign.cli.connecting import Way
from smscampaign.cli.interrupting import INTERRUPTED, stopping
from smscampaign.cli.screen import count, err, note, out, plain, print_json, thousands, warn
from smscampaign.errors import GatewayProblem, under_way
from smscampaign.gateway import Aftermath, OvhCloud
from smscampaign.model import EditionKind, Progress, Status, Tally
from smscampaign.pricing import Forecast, RateCache

#: Exit codes: nothing left undone, something left undone, nothing done at all.
DONE, PARTLY, NOTHING = 0, 1, 2

UNDONE = "nothing was sent"


@dataclass(frozen=True, slots=True)
class Wish:
    """What the person asked of `run` besides the campaign itself.

    `onward` is the command that goes on with what was begun by it, `retry` the one for a file of rejected rows.
    """

    consent: Consent
    limit: int | None
    json: bool
    onward: str
    send_again: bool = False
    show: tuple[str, ...] = ()
    retry: Callable[[Path], str] = str


def send(plan: Plan, way: Way, files: Files, wish: Wish) -> int:
    gateway = way.gateway
    if gateway is None:
        raise GatewayProblem("there is no gateway to send through")
    rates = _learned_rates(plan, way, gateway)
    forecast = plan.price(rates)
    before = plan.tally()
    if not wish.json or wish.consent.may_ask:
        console = err() if wish.json else out()
        showing.show_plan(console, plan, forecast, calls_per_minute=way.calls_per_minute, limit=wish.limit)
        previewing.show_messages(console, plan, wish.show)
    wish.consent.check(plan, UNDONE)
    waiting = plan.price_waiting(rates, limit=wish.limit)
    facts = gates.Facts(wish.limit, wish.send_again, files.results)
    idle = gates.nothing_to_do(plan, before)
    facts = facts if idle else facts.asked(gateway, waiting, service=gateway.service)
    found = gates.of(plan, facts)
    if not idle and not gates.stops(found):
        _tell_what_is_left(plan, before, facts)
    previewing.show_findings(plan, found, stops=False)
    gates.refuse(found)
    untouched = Delivered(before, None, interrupted=False)
    if idle:
        saved = None if plan.record.proposed else plan.save_results(files.results)
        if plan.summary.messages and not plan.unaccounted(before):
            note(_nothing_left(before))
        return _close(plan, files, untouched, wish, forecast, saved=saved)
    confirm = wish.consent.given(plan, _question(plan, waiting, before, wish.limit))
    pending = before.messages.get(Status.PENDING, 0)
    delivered, saved = _deliver(plan, way, files, wish, confirm, facts.knowing(found), pending)
    with under_way():
        return _close(plan, files, delivered, wish, forecast, saved=saved)


def _nothing_left(tally: Tally) -> str:
    """Why there is nothing to send, which is no comfort where it was refused."""
    failed = [one for one in (Status.REFUSED, Status.CANCELLED) if tally.messages.get(one)]
    if not failed:
        return "Everything of this campaign was sent before; nothing is left to send."
    standing = ", ".join(
        f"{thousands(tally.messages[one])} {one}"
        for one in (Status.ACCEPTED, *failed)
        if one in tally.messages
    )
    return f"Nothing is left to send: {standing}."


def _deliver(
    plan: Plan, way: Way, files: Files, wish: Wish, confirm: str, facts: gates.Facts, waiting: int
) -> tuple[Delivered, Path | None]:
    """How it ended, and where the results say so."""
    gateway = way.gateway
    assert gateway is not None  # noqa: S101 - it was asked for the account
    with stopping() as stop, gateway.heeding(stop, note), Bars(lasting=True) as bars:
        conduct = Conduct(
            pace=gateway.pace,
            workers=plan.campaign.settings.limits.calls_at_once,
            limit=wish.limit,
            settle=plan.campaign.settings.settling(way.settle),
            stop=stop,
            watch=bars,
            waiting=waiting,
            facts=facts,
            tell=partial(_told, bars),
        )
        return deliver_with_results(
            plan,
            gateway,
            Aftermath(gateway),
            conduct,
            confirm=confirm,
            account=gateway.service,
            path=files.results,
        )


def _told(bars: Bars, words: str) -> None:
    bars.close()
    note(words)


def _tell_what_is_left(plan: Plan, tally: Tally, facts: gates.Facts) -> None:
    """Where it stands before the question: the account, and what has happened of the campaign so far."""
    if facts.account is not None:
        note(f"Account {facts.account.name}: {count(facts.account.credits_left, 'credit')}")
    if plan.begun:
        standing = ", ".join(f"{thousands(number)} {status}" for status, number in tally.messages.items())
        note(f"This campaign has begun before: {standing}.")
    changing.tell_edition(plan, plan.store)


def _question(plan: Plan, forecast: Forecast, tally: Tally, limit: int | None) -> Question:
    """What saying yes to it does."""
    pending = tally.messages.get(Status.PENDING, 0)
    number = min(pending, limit) if limit else pending
    price = count(forecast.credits, "credit") if forecast.complete else "credits unknown in part"
    what = (
        f"send {count(number, 'message')} ({price})" if pending else "ask about what is in doubt, and go on"
    )
    if plan.again:
        what = f"send it to everybody ({count(plan.summary.messages, 'message')})"
    elif plan.record.proposed and not pending:
        what = "send nothing more, and cancel what is pending of the campaign as it was"
    return Question(what, UNDONE, "Look at the plan, then:")


def _close(
    plan: Plan, files: Files, delivered: Delivered, wish: Wish, forecast: Forecast, *, saved: Path | None
) -> int:
    tally = delivered.tally
    code = _exit_code(plan, delivered)
    forsaken = rejections.tell_forsaken(plan, f"{wish.onward} --amend") if plan.begun else 0
    unaccounted = plan.unaccounted(tally)
    if (forsaken or unaccounted or not saved) and code == DONE:
        code = PARTLY
    rejected = rejections.keep_rejected(plan, wish.retry)
    if wish.json:
        print_json(
            {
                **showing.summary_json(plan, forecast),
                **showing.tally_json(tally),
                "halted": delivered.halt,
                "interrupted": delivered.interrupted,
                "forsaken": forsaken,
                "results": str(saved or files.results),
                "rejected_file": str(rejected) if rejected else None,
                "journal": str(files.journal),
                "exit_code": code,
            }
        )
    else:
        out().print()
        showing.show_standing(out(), tally)
        if saved:
            out().print(f"Results: {plain(str(saved))}", soft_wrap=True)
    showing.show_doubts(plan)
    if unaccounted:
        warn(
            f"The journal does not account for {count(unaccounted, 'row')} of the plan: calls are missing in it, so"
            " that nobody can say who of these was sent to. `audit` says what is wrong with it."
        )
    if delivered.halt:
        warn(f"{'Nothing was sent' if code == NOTHING else 'Stopped'}: {delivered.halt}")
    if tally.messages.get(Status.REFUSED):
        note("The results say why messages were refused (column sms_reason).")
    if plan.summary.messages and not showing.nothing_left(tally):
        note("When that is put right:" if delivered.halt else "To go on:", copy=wish.onward)
    return code


def _exit_code(plan: Plan, delivered: Delivered) -> int:
    messages = delivered.tally.messages
    if delivered.interrupted:
        return INTERRUPTED
    if not plan.summary.messages and plan.record.kind is not EditionKind.AMENDMENT:
        return NOTHING
    if not any(
        messages.get(one) for one in (Status.PENDING, Status.REFUSED, Status.IN_DOUBT, Status.CANCELLED)
    ):
        return DONE
    return PARTLY if messages.get(Status.ACCEPTED) or messages.get(Status.IN_DOUBT) else NOTHING


def _learned_rates(plan: Plan, way: Way, gateway: OvhCloud) -> dict[str, Decimal]:
    countries = [one.country for one in plan.summary.countries]
    kept = plan.rates()
    if plan.begun and all(country in kept for country in countries):
        return kept  # what was shown before the first message left is what it is compared with
    asked = itertools.count()
    with Bars(lasting=True) as bars:

        def rate(country: str) -> Decimal | None:
            bars(Progress("pricing", next(asked), len(countries)))
            return gateway.rate(country)

        try:
            return RateCache().learn(way.identity, countries, rate)
        except GatewayProblem as problem:
            bars.close()
            warn(f"The rates could not be asked for: {problem.what}")
            return RateCache().known(way.identity)
