"""`run`: plan, show, ask, send, write the results. A dry run stops before asking; running again resumes."""

from __future__ import annotations

import os
import shlex
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from threading import Event
from types import FrameType
from typing import Annotated, Any

import typer

from smscampaign.campaign import Campaign, Conduct, Delivered, Files, Plan, preflight
from smscampaign.cli import options, showing
from smscampaign.cli.bars import Bars
from smscampaign.cli.connecting import Way, way_of
from smscampaign.cli.screen import count, err, note, out, print_json, thousands, warn
from smscampaign.errors import GatewayProblem, NotConfirmed
from smscampaign.gateway import OvhCloud
from smscampaign.journal import open_journal
from smscampaign.model import Status
from smscampaign.pricing import Forecast, RateCache

#: Exit codes: nothing left undone, something left undone, nothing done at all, interrupted.
DONE, PARTLY, NOTHING, INTERRUPTED = 0, 1, 2, 130


@dataclass(frozen=True, slots=True)
class Wish:
    """What the person asked of `run` besides the campaign itself."""

    yes: bool
    limit: int | None
    json: bool


def run(
    ctx: typer.Context,
    file: options.File,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Plan and show; nothing leaves, no network, no keys needed.")
    ] = False,
    rehearsal: options.Rehearsal = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Send without asking.")] = False,
    limit: Annotated[
        int | None,
        typer.Option("--limit", min=1, help="Only the first N rows that are to be sent.", metavar="N"),
    ] = None,
    json: options.Json = False,
    message: options.Message = None,
    template: options.Template = None,
    sender: options.Sender = None,
    purpose: options.Declared = None,
    region: options.Region = None,
    account: options.Account = None,
    settings: options.SettingsFile = None,
    journal: options.JournalFile = None,
    results: options.OutFile = None,
    name: options.Name = None,
    number_column: options.NumberColumn = None,
    country_column: options.CountryColumn = None,
    pace: options.Pace = None,
    warn_parts: options.PartsWarning = None,
    max_parts: options.Parts = None,
    receivers_per_call: options.PerCall = None,
    calls_at_once: options.AtOnce = None,
    send_at: options.SendAt = None,
    validity: options.Validity = None,
    priority: options.Priority = None,
    message_class: options.MessageClass = None,
    coding: options.Coding = None,
    settle: options.Settle = None,
) -> None:
    """Send a campaign: plan, show, ask, send, write the results. Run it again to resume.

    Nothing leaves without a typed yes (or --yes). Try it first with --dry-run, or with --sandbox.
    """
    campaign = options.campaign_of(ctx.params)
    files = options.files_of(ctx.params)
    campaign.recipe()
    if dry_run:
        raise typer.Exit(_dry_run(campaign, files, ctx.params))
    wish = Wish(yes, limit, json)
    with ExitStack() as stack:
        way = stack.enter_context(way_of(campaign, files, rehearsal=rehearsal))
        store = open_journal(files.journal)
        stack.callback(store.close)
        with Bars() as bars:
            plan = campaign.plan(store, gateway=way.identity, watch=bars)
        raise typer.Exit(_send(plan, way, files, wish))


def _dry_run(campaign: Campaign, files: Files, parameters: Mapping[str, Any]) -> int:
    way = Way.unopened(campaign, rehearsal=parameters["rehearsal"])
    _tell_if_begun(campaign, files)
    with tempfile.TemporaryDirectory(prefix="smscampaign-") as folder:
        # A dry run leaves nothing behind; mkdtemp's folder is 0700 and the journal in it 0600.
        store = open_journal(Path(folder) / "plan.sqlite")
        try:
            with Bars() as bars:
                plan = campaign.plan(store, gateway=way.identity, watch=bars)
            forecast = plan.price(_known_rates(plan, way))
            _show(plan, forecast, way, as_json=parameters["json"])
            if parameters["results"]:
                plan.save_results(files.results)
                note(f"Results: {files.results}")
        finally:
            store.close()
    if not plan.summary.messages:
        warn("No row of this file can be sent.")
        return NOTHING
    note(f"Nothing was sent. This sends it:\n  {_without('--dry-run')}")
    return DONE


def _send(plan: Plan, way: Way, files: Files, wish: Wish) -> int:
    gateway = way.gateway
    if gateway is None:
        raise GatewayProblem("there is no gateway to send through")
    rates = _learned_rates(plan, way, gateway)
    forecast = plan.price(rates)
    _show(plan, forecast, way, as_json=wish.json)
    before = plan.tally()
    if not plan.summary.messages:
        plan.save_results(files.results)
        warn(f"No row of this file can be sent; why stands in {files.results}.")
        return NOTHING
    if showing.nothing_left(before):
        plan.save_results(files.results)
        note("Everything of this campaign was sent before; nothing is left to send.")
        return _close(plan, files, Delivered(before, None, interrupted=False), wish, forecast)
    waiting = plan.price_waiting(rates, limit=wish.limit)
    look = preflight(gateway, waiting)
    for remark in look.notes:
        warn(remark)
    confirm = _confirmed(plan, waiting, before.messages.get(Status.PENDING, 0), wish)
    with _stopping() as stop, Bars() as bars:
        conduct = Conduct(
            pace=gateway.pace,
            workers=plan.campaign.settings.limits.calls_at_once,
            limit=wish.limit,
            settle=plan.campaign.settings.settling(way.settle),
            stop=stop,
            watch=bars,
        )
        try:
            delivered = plan.deliver(gateway, conduct, confirm=confirm, account=gateway.service)
        finally:
            bars.close()
            plan.save_results(files.results)
    return _close(plan, files, delivered, wish, forecast)


def _show(plan: Plan, forecast: Forecast, way: Way, *, as_json: bool) -> None:
    console = err() if as_json else out()
    showing.show_plan(console, plan, forecast, calls_per_minute=way.calls_per_minute)
    console.print(f"[bold]Plan[/]     {plan.code}")
    if as_json and way.gateway is None:
        print_json(showing.summary_json(plan, forecast))


def _confirmed(plan: Plan, forecast: Forecast, messages: int, wish: Wish) -> str:
    """The code of the plan, typed by a person or by --yes."""
    if wish.yes:
        return plan.code
    if not sys.stdin.isatty():
        raise NotConfirmed(
            "nothing was sent: there is nobody here to ask",
            remedy=f"Look at the plan above, then: {_command()} --yes",
        )
    number = min(messages, wish.limit) if wish.limit else messages
    price = f"{thousands(forecast.credits)} credits" if forecast.complete else "credits unknown in part"
    question = f"Type {plan.code} to send {count(number, 'message')} ({price}), anything else to stop: "
    sys.stderr.write(question)
    sys.stderr.flush()
    typed = sys.stdin.readline()
    if typed.strip().upper() != plan.code:
        raise NotConfirmed("nothing was sent", remedy=f"To send it: {_command()}")
    return plan.code


def _close(plan: Plan, files: Files, delivered: Delivered, wish: Wish, forecast: Forecast) -> int:
    tally = delivered.tally
    code = _exit_code(delivered)
    if wish.json:
        print_json(
            {
                **showing.summary_json(plan, forecast),
                **showing.tally_json(tally),
                "halted": delivered.halt,
                "interrupted": delivered.interrupted,
                "results": str(files.results),
                "journal": str(files.journal),
                "exit_code": code,
            }
        )
    console = err() if wish.json else out()
    showing.show_standing(console, tally)
    for tag, receivers, why in plan.doubts()[:5]:
        warn(f"in doubt: {tag}, {count(receivers, 'receiver')}: {why}")
    if delivered.halt:
        warn(f"Stopped: {delivered.halt}")
    console.print(f"Results: {files.results}", soft_wrap=True)
    if not showing.nothing_left(tally):
        note(f"To go on: {_command()}")
    return code


def _exit_code(delivered: Delivered) -> int:
    messages = delivered.tally.messages
    if delivered.interrupted:
        return INTERRUPTED
    if not any(
        messages.get(one) for one in (Status.PENDING, Status.REFUSED, Status.IN_DOUBT, Status.CANCELLED)
    ):
        return DONE
    touched = any(messages.get(one) for one in (Status.ACCEPTED, Status.REFUSED, Status.IN_DOUBT))
    return NOTHING if delivered.halt and not touched else PARTLY


def _known_rates(plan: Plan, way: Way) -> dict[str, Decimal]:
    return RateCache().known(way.identity)


def _learned_rates(plan: Plan, way: Way, gateway: OvhCloud) -> dict[str, Decimal]:
    countries = [one.country for one in plan.summary.countries]
    kept = plan.rates()
    if plan.begun and all(country in kept for country in countries):
        return kept  # what was shown before the first message left is what it is compared with
    try:
        return RateCache().learn(way.identity, countries, gateway.rate)
    except GatewayProblem as problem:
        warn(f"The rates could not be asked for: {problem.what}")
        return RateCache().known(way.identity)


def _tell_if_begun(campaign: Campaign, files: Files) -> None:
    if not files.journal.exists():
        return
    store = open_journal(files.journal)
    try:
        record = store.find(campaign.name)
        if record is not None and record.begun_at is not None:
            warn(
                f"This campaign has begun on {record.begun_at:%Y-%m-%d %H:%M} UTC; `run` goes on where it stopped."
            )
    finally:
        store.close()


@contextmanager
def _stopping() -> Iterator[Event]:
    """Ctrl-C and SIGTERM ask to stop; what is in flight is recorded first. A second one leaves at once."""
    stop = Event()

    def ask(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            os._exit(INTERRUPTED)  # safe: what is in flight is in doubt, and is asked about next time
        stop.set()
        os.write(2, b"\nStopping: waiting for the calls under way (Ctrl-C again leaves at once).\n")

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _command() -> str:
    return f"{options.program()} {shlex.join(sys.argv[1:])}"


def _without(option: str) -> str:
    return f"{options.program()} {shlex.join(one for one in sys.argv[1:] if one != option)}"
