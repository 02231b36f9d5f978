"""The sending half of `run`: what is left is shown and asked about, sent, and closed with the results and an exit code."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

import typer

from smscampaign.bars import Bars
from smscampaign.campaign import editions, gates, result_files
from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.changes import refuse_other
from smscampaign.campaign.files import Files, forget_what_is_unknown
from smscampaign.campaign.plans import Plan, Run
from smscampaign.campaign.readiness import Readiness, rates_of, readiness
from smscampaign.campaign.rejections import nobody_reached
from smscampaign.cli import changes, commands, preview, rejections, summaries
from smscampaign.cli.consent import Confirmation, Consent
from smscampaign.cli.endings import DONE, NOTHING, PARTLY
from smscampaign.cli.interrupts import INTERRUPTED, stopping
from smscampaign.cli.screen import count, err, note, out, plain, print_json, thousands, warn
from smscampaign.errors import under_way
from smscampaign.journal import fates
from smscampaign.journal.store import Journal, open_journal
from smscampaign.model import EditionKind, Status, Tally
from smscampaign.pricing import Forecast
from smscampaign.translation import told
from smscampaign.ways import Way, way_of

if TYPE_CHECKING:
    from smscampaign.cli.nights import NightView

UNDONE = "nothing was sent"


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What the person asked of `run` besides the campaign itself.

    `onward` is the command that goes on with what was begun by it, `again` the one that sends what was put right, `decide`
    the one by which a person decides about calls in doubt.
    """

    consent: Consent
    limit: int | None
    json: bool
    onward: str
    send_again: bool = False
    show: tuple[str, ...] = ()
    again: str = ""
    decide: str = ""
    retries: bool = False


def run(ctx: typer.Context, campaign: Campaign, files: Files, consent: Consent) -> int:
    """Plan, ask and send. Gives the exit code."""
    asked = ctx.params
    # What has begun is gone on with under the same code; only a restart takes another word before it.
    same = f"--confirm {consent.code.split()[-1]}" if consent.code else ""
    onward = commands.command_line(
        ctx, without=("--amend", "--restart", "--retry", "--send-again", "--confirm"), extra=same
    )
    request = RunRequest(
        consent,
        asked["limit"],
        asked["json"],
        onward,
        asked["send_again"],
        tuple(asked["show"] or ()),
        rejections.again(ctx),
        commands.deciding(ctx),
        bool(asked["retry"]),
    )
    if asked["rehearsal"]:
        files.forget_rehearsal()
    with ExitStack() as sent, ExitStack() as stack:
        way = stack.enter_context(way_of(campaign.settings, files.sandbox, rehearsal=asked["rehearsal"]))
        if way.rehearsal is not None:
            forget_what_is_unknown(files.journal, way.knows)
        store = open_journal(files.journal)
        stack.callback(store.close)
        changes.tell_remarks(store)
        if campaign.settings.recurring and not _night_begins(campaign, store, way, request):
            return INTERRUPTED
        with Bars(lasting=True) as bars:
            if consent.code:
                corrected = editions.as_corrected(campaign, store)
                now = corrected.inputs(way.identity, way.carrier.service)
                refuse_other(corrected, store, now, code=consent.code, watch=bars)
            plan = editions.planned(
                campaign,
                store,
                gateway=way.identity,
                account=way.carrier.service,
                watch=bars,
                kind=editions.kind_of(amend=asked["amend"], restart=asked["restart"], retry=asked["retry"]),
                send_again=asked["send_again"],
            )
        return _sent(plan, way, files, request, sent)


def _sent(plan: Plan, way: Way, files: Files, request: RunRequest, sent: ExitStack) -> int:
    """Show, ask and send. Once something may have left, `sent` says so of whatever fails until all is closed."""
    rates = _rates(plan, way)
    forecast = plan.price(rates)
    if not request.json or request.consent.may_ask:
        console = err() if request.json else out()
        summaries.show_plan(
            console,
            plan,
            forecast,
            limit=request.limit,
        )
        preview.show_messages(console, plan, request.show)
    request.consent.check(plan, UNDONE)
    facts = gates.GateFacts(request.limit, request.send_again, files.results)
    ready = readiness(plan, way, rates, facts)
    if not ready.idle and not gates.stops(ready.found):
        _tell_what_is_left(ready)
    preview.show_findings(plan, ready.found, stops=False)
    gates.refuse(ready.found)
    if ready.idle:
        return _close(_nothing_sent(ready, files, request), files, request, forecast, ready.tally.credits)
    confirm = request.consent.given(plan, _question(ready))
    run = _deliver(ready, confirm, sent, onward=request.onward)
    return _close(run, files, request, forecast, ready.tally.credits)


def _nothing_sent(ready: Readiness, files: Files, request: RunRequest) -> Run:
    """There is nothing to be sent; the results say of each row what became of it."""
    plan = ready.plan
    saved = None if plan.record.proposed else result_files.saved(plan, files.results, warn)
    if plan.summary.messages and not plan.unaccounted(ready.tally):
        note(_nothing_failed() if request.retries else _nothing_left(ready.tally))
    return Run(plan, ready.tally, saved=saved)


def _nothing_failed() -> str:
    """Why there is nothing to try again."""
    return "No message failed for a while, but those that were tried again already. `receipts` asks what became of them."


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


def _deliver(ready: Readiness, confirm: str, sent: ExitStack, *, onward: str) -> Run:
    with stopping(onward) as stop, ready.way.carrier.heeding(stop, note), Bars(lasting=True) as bars:
        run = ready.deliver(confirm=confirm, stop=stop, watch=bars, tell=partial(_told, bars))
        sent.enter_context(under_way())
        return run


def _told(bars: Bars, words: str) -> None:
    bars.close()
    note(words)


def _tell_what_is_left(ready: Readiness) -> None:
    """Where it stands before the question: the account, and what has happened of the campaign so far."""
    account, plan = ready.facts.account, ready.plan
    if account is not None:
        note(f"Account {account.name}: {count(account.credits_left, 'credit')}")
    if plan.begun:
        standing = ", ".join(
            f"{thousands(number)} {status}" for status, number in ready.tally.messages.items()
        )
        note(f"This campaign has begun before: {standing}.")
    changes.tell_edition(plan, plan.store)


def _question(ready: Readiness) -> Confirmation:
    """What saying yes to it does."""
    plan, forecast, limit = ready.plan, ready.waiting, ready.facts.limit
    pending = ready.tally.messages.get(Status.PENDING, 0)
    number = min(pending, limit) if limit else pending
    price = count(forecast.credits, "credit") if forecast.complete else "credits unknown in part"
    moment = plan.campaign.settings.sending.send_at
    ahead = moment is not None and moment > plan.store.clock()
    leaves = f", which leave on {moment:%A, %Y-%m-%d %H:%M %Z}" if ahead else ""
    what = (
        f"send {count(number, 'message')} ({price}){leaves}"
        if pending
        else "ask about what is in doubt, and go on"
    )
    if plan.again:
        what = f"send it to everybody ({count(plan.summary.messages, 'message')})"
    elif plan.record.proposed and not pending:
        what = "send nothing more, and cancel what is pending of the campaign as it was"
    return Confirmation(what, UNDONE, "Look at the plan, then:")


def _close(run: Run, files: Files, request: RunRequest, forecast: Forecast, before: Decimal) -> int:
    plan, tally, saved = run.plan, run.tally, run.saved
    night, unaccounted = _night(plan), plan.unaccounted(tally)
    code = _exit_code(run)
    if (unaccounted or not saved or (night and night.undone)) and code == DONE:
        code = PARTLY
    rejected = rejections.keep_rejected(plan, request.again)
    if request.json:
        print_json(
            {
                **summaries.summary_json(plan, forecast),
                **summaries.tally_json(plan, tally),
                **({} if night is None else night.as_json()),
                "halted": run.halt,
                "interrupted": run.interrupted,
                "results": str(saved or files.results),
                "rejected_file": str(rejected) if rejected else None,
                "journal": str(files.journal),
                "exit_code": code,
            }
        )
    else:
        out().print()
        summaries.show_standing(out(), tally, plan, before=before)
        if saved:
            out().print(plain(told(f"Results: {saved}")), soft_wrap=True)
    summaries.show_kept(plan, tally)
    # Where nothing but doubts is left, to run it again would ask the same again: who knows better may decide.
    unfinished = run.halt or run.interrupted or tally.messages.get(Status.PENDING)
    asked = fates.asked_about(plan.store, plan.record)
    doubts_alone = not unfinished and all(tag in asked for tag, *_ in plan.doubts())
    summaries.show_doubts(plan, decide=request.decide if doubts_alone else "")
    if unaccounted:
        warn(
            f"The journal does not account for {count(unaccounted, 'row')} of the plan: calls are missing in it, so"
            " that nobody can say who of these was sent to. `audit` says what is wrong with it."
        )
    if night is not None:
        night.show()
    if run.halt:
        warn(f"Nothing was sent: {run.halt}" if code == NOTHING else f"Stopped: {run.halt}")
    if tally.messages.get(Status.REFUSED):
        note("The results say why messages were refused (column sms_reason).")
    if plan.record.kind is not EditionKind.RETRY and fates.left_out(plan.store, plan.record):
        note(
            "People who had the same from another campaign were left out; the results say from which (sms_reason)."
        )
    if plan.summary.messages and not summaries.nothing_left(tally) and not (doubts_alone and request.decide):
        note("When that is put right:" if run.halt else "To go on:", copy=request.onward)
    return code


def _night_begins(campaign: Campaign, store: Journal, way: Way, request: RunRequest) -> bool:
    """Ask about what is in doubt of the nights before; says whether the person let it go on."""
    from smscampaign.cli import nights  # most campaigns have one

    nights.refuse_code(request.consent)
    return nights.settled(campaign, store, way, onward=request.onward)


def _night(plan: Plan) -> NightView | None:
    """What there is to say of the nights before; nothing of a campaign that has none."""
    if not (plan.campaign.settings.recurring or plan.campaign.settings.once_per):
        return None
    from smscampaign.cli.nights import NightView

    return NightView.of(plan)


def _exit_code(run: Run) -> int:
    plan, messages = run.plan, run.tally.messages
    if run.interrupted:
        return INTERRUPTED
    if plan.campaign.settings.recurring:
        if nobody_reached(plan):
            return NOTHING
    elif not (plan.summary.messages or plan.record.kind.adds):
        return DONE if gates.all_passed_over(plan) else NOTHING
    if not any(
        messages.get(one) for one in (Status.PENDING, Status.REFUSED, Status.IN_DOUBT, Status.CANCELLED)
    ):
        return DONE
    return PARTLY if messages.get(Status.ACCEPTED) or messages.get(Status.IN_DOUBT) else NOTHING


def _rates(plan: Plan, way: Way) -> dict[str, Decimal]:
    with Bars(lasting=True) as bars:
        rates, remarks = rates_of(plan, way, watch=bars)
    for remark in remarks:
        said = told(remark)
        warn(f"{said[0].upper()}{said[1:]}")
    return rates
