"""`run`: plan, show, ask, send, write the results. A dry run stops before asking; running again resumes."""

from __future__ import annotations

import errno
import itertools
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from threading import Event
from types import FrameType
from typing import Annotated

import typer

from smscampaign.campaign import Campaign, Conduct, Delivered, Files, Plan, preflight
from smscampaign.cli import options, showing
from smscampaign.cli.bars import Bars
from smscampaign.cli.connecting import Way, way_of
from smscampaign.cli.screen import count, err, note, out, plain, print_json, thousands, warn
from smscampaign.errors import FileProblem, GatewayProblem, NotConfirmed
from smscampaign.gateway import OvhCloud
from smscampaign.journal import open_journal
from smscampaign.model import Progress, Status, Tally
from smscampaign.pricing import Forecast, RateCache

#: Exit codes: nothing left undone, something left undone, nothing done at all, interrupted.
DONE, PARTLY, NOTHING, INTERRUPTED = 0, 1, 2, 130


@dataclass(frozen=True, slots=True)
class Wish:
    """What the person asked of `run` besides the campaign itself; `again` is the command as it was typed."""

    again: str
    yes: bool
    limit: int | None
    json: bool

    @property
    def may_ask(self) -> bool:
        """Whether there is somebody to type the plan's code."""
        return not self.yes and sys.stdin is not None and sys.stdin.isatty()


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
    campaign = options.campaign_of(ctx)
    files = options.files_of(ctx)
    campaign.recipe()
    if results or not dry_run:
        _check_place(files.results)
    if dry_run:
        raise typer.Exit(_dry_run(ctx, campaign, files))
    wish = Wish(options.command_line(ctx), yes, limit, json)
    with ExitStack() as stack:
        way = stack.enter_context(way_of(campaign, files, rehearsal=rehearsal))
        store = open_journal(files.journal)
        stack.callback(store.close)
        with Bars() as bars:
            plan = campaign.plan(store, gateway=way.identity, watch=bars)
        raise typer.Exit(_send(plan, way, files, wish))


def _dry_run(ctx: typer.Context, campaign: Campaign, files: Files) -> int:
    asked = ctx.params
    way = Way.unopened(campaign, rehearsal=asked["rehearsal"])
    _tell_if_begun(campaign, files)
    with tempfile.TemporaryDirectory(prefix="smscampaign-") as folder, ExitStack() as stack:
        # A dry run leaves nothing behind; mkdtemp's folder is 0700 and the journal in it 0600.
        store = open_journal(Path(folder) / "plan.sqlite")
        stack.callback(store.close)
        with Bars() as bars:
            plan = campaign.plan(store, gateway=way.identity, watch=bars)
        forecast = plan.price(RateCache().known(way.identity))
        if asked["json"]:
            print_json(showing.summary_json(plan, forecast))
        else:
            showing.show_plan(
                out(), plan, forecast, calls_per_minute=way.calls_per_minute, limit=asked["limit"]
            )
        if asked["results"]:
            plan.save_results(files.results)
            note("Results:", copy=str(files.results))
    if not plan.summary.messages:
        warn("No row of this file can be sent.")
        return NOTHING
    note("Nothing was sent. This sends it:", copy=options.command_line(ctx, without="--dry-run"))
    return DONE


def _send(plan: Plan, way: Way, files: Files, wish: Wish) -> int:
    gateway = way.gateway
    if gateway is None:
        raise GatewayProblem("there is no gateway to send through")
    rates = _learned_rates(plan, way, gateway)
    forecast = plan.price(rates)
    before = plan.tally()
    if not wish.json or wish.may_ask:
        console = err() if wish.json else out()
        showing.show_plan(console, plan, forecast, calls_per_minute=way.calls_per_minute, limit=wish.limit)
    untouched = Delivered(before, None, interrupted=False)
    if not plan.summary.messages:
        plan.save_results(files.results)
        warn("No row of this file can be sent; the results say why.")
        return _close(plan, files, untouched, wish, forecast)
    if showing.nothing_left(before):
        plan.save_results(files.results)
        note("Everything of this campaign was sent before; nothing is left to send.")
        return _close(plan, files, untouched, wish, forecast)
    waiting = plan.price_waiting(rates, limit=wish.limit)
    _look(gateway, waiting)
    _tell_what_is_left(plan, before)
    confirm = _confirmed(plan, waiting, before, wish)
    delivered = _deliver(plan, way, gateway, files, wish.limit, confirm)
    return _close(plan, files, delivered, wish, forecast)


def _deliver(
    plan: Plan, way: Way, gateway: OvhCloud, files: Files, limit: int | None, confirm: str
) -> Delivered:
    with _stopping() as stop, Bars() as bars:
        conduct = Conduct(
            pace=gateway.pace,
            workers=plan.campaign.settings.limits.calls_at_once,
            limit=limit,
            settle=plan.campaign.settings.settling(way.settle),
            stop=stop,
            watch=bars,
        )
        try:
            return plan.deliver(gateway, conduct, confirm=confirm, account=gateway.service)
        finally:
            bars.close()
            plan.save_results(files.results)


def _look(gateway: OvhCloud, waiting: Forecast) -> None:
    look = preflight(gateway, waiting)
    for remark in look.notes:
        warn(remark)
    if look.account:
        note(f"Account {look.account.name}: {count(look.account.credits_left, 'credit')}")


def _tell_what_is_left(plan: Plan, tally: Tally) -> None:
    if plan.begun:
        standing = ", ".join(f"{thousands(number)} {status}" for status, number in tally.messages.items())
        note(f"This campaign has begun before: {standing}.")


def _confirmed(plan: Plan, forecast: Forecast, tally: Tally, wish: Wish) -> str:
    """The code of the plan, typed by a person or by --yes."""
    if wish.yes:
        return plan.code
    if not wish.may_ask:
        raise NotConfirmed(
            "nothing was sent: there is nobody here to ask",
            remedy=f"Look at the plan, then:\n{wish.again} --yes",
        )
    pending = tally.messages.get(Status.PENDING, 0)
    number = min(pending, wish.limit) if wish.limit else pending
    price = count(forecast.credits, "credit") if forecast.complete else "credits unknown in part"
    what = (
        f"send {count(number, 'message')} ({price})" if pending else "ask about what is in doubt, and go on"
    )
    sys.stderr.write(f"Type {plan.code} to {what}, anything else to stop: ")
    sys.stderr.flush()
    try:
        typed = sys.stdin.readline()
    except KeyboardInterrupt:
        note("\nNothing was sent.")
        raise
    if typed.strip().upper() != plan.code:
        raise NotConfirmed(
            f"nothing was sent: that was not {plan.code}", remedy=f"To send it after all:\n{wish.again}"
        )
    return plan.code


def _close(plan: Plan, files: Files, delivered: Delivered, wish: Wish, forecast: Forecast) -> int:
    tally = delivered.tally
    code = _exit_code(plan, delivered)
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
    else:
        out().print()
        showing.show_standing(out(), tally)
        out().print(f"Results: {plain(str(files.results))}", soft_wrap=True)
    showing.show_doubts(plan)
    if delivered.halt:
        warn(f"{'Nothing was sent' if code == NOTHING else 'Stopped'}: {delivered.halt}")
    if tally.messages.get(Status.REFUSED):
        note("The results say why messages were refused (column sms_reason).")
    if plan.summary.messages and not showing.nothing_left(tally):
        note("When that is put right:" if delivered.halt else "To go on:", copy=wish.again)
    return code


def _exit_code(plan: Plan, delivered: Delivered) -> int:
    messages = delivered.tally.messages
    if delivered.interrupted:
        return INTERRUPTED
    if not plan.summary.messages:
        return NOTHING
    if not any(
        messages.get(one) for one in (Status.PENDING, Status.REFUSED, Status.IN_DOUBT, Status.CANCELLED)
    ):
        return DONE
    touched = any(messages.get(one) for one in (Status.ACCEPTED, Status.REFUSED, Status.IN_DOUBT))
    return NOTHING if delivered.halt and not touched else PARTLY


def _learned_rates(plan: Plan, way: Way, gateway: OvhCloud) -> dict[str, Decimal]:
    countries = [one.country for one in plan.summary.countries]
    kept = plan.rates()
    if plan.begun and all(country in kept for country in countries):
        return kept  # what was shown before the first message left is what it is compared with
    asked = itertools.count()
    with Bars() as bars:

        def rate(country: str) -> Decimal | None:
            bars(Progress("pricing", next(asked), len(countries)))
            return gateway.rate(country)

        try:
            return RateCache().learn(way.identity, countries, rate)
        except GatewayProblem as problem:
            bars.close()
            warn(f"The rates could not be asked for: {problem.what}")
            return RateCache().known(way.identity)


def _tell_if_begun(campaign: Campaign, files: Files) -> None:
    if not files.journal.exists():
        return
    store = open_journal(files.journal, create=False)
    try:
        record = store.find(campaign.name)
        if record is not None and record.begun_at is not None:
            campaign.check_unchanged(record)
            warn(
                f"This campaign has begun on {record.begun_at:%Y-%m-%d %H:%M} UTC; `run` sends what is left of it."
            )
    finally:
        store.close()


def _check_place(path: Path) -> None:
    """The results have to be written at the end, come what may: whether they can be is found out before anything leaves."""
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise FileProblem(
            f"the results could not be written here ({error.strerror})",
            where=str(path),
            remedy="Choose another place with --out FILE; nothing was sent.",
        ) from error


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
