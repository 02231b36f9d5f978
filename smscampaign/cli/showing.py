"""A plan and its outcome, in words and tables."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.markup import escape

from smscampaign.campaign import Campaign, Plan
from smscampaign.cli.screen import count, duration, table, thousands
from smscampaign.model import Encoding, Message, PlanSummary, Status, Tally
from smscampaign.pricing import Forecast

#: Messages shown before sending, and characters of a text shown in the table.
SHOWN, TEXT_SHOWN = 5, 70


def show_plan(console: Console, plan: Plan, forecast: Forecast, *, calls_per_minute: float) -> None:
    """Everything a person should know before saying yes."""
    summary, campaign = plan.summary, plan.campaign
    console.print(f"[bold]{escape(campaign.name)}[/]  {escape(campaign.source.name)}")
    console.print(
        f"{count(summary.rows, 'row')}: {thousands(summary.messages)} to send,"
        f" {thousands(summary.rows - summary.messages)} not"
        + (f" ({count(summary.blank, 'empty row')} passed over)" if summary.blank else "")
    )
    _show_not_sent(console, summary)
    _show_messages(console, plan.sample(SHOWN))
    _show_cost(console, summary, forecast)
    calls = f"{count(summary.chunks, 'API call')}"
    pace = (
        f", {duration(plan.minutes(calls_per_minute))} at {calls_per_minute:g} a minute"
        if calls_per_minute
        else ""
    )
    console.print(f"[bold]Calls[/]    {calls}{pace}")
    console.print(f"[bold]Sender[/]   {escape(_sender_words(campaign, summary))}")
    console.print(f"[bold]Purpose[/]  {escape(_purpose_words(campaign))}")
    _show_warnings(console, plan)


def show_standing(console: Console, tally: Tally) -> None:
    """Where a campaign stands."""
    rows = [(status.value, thousands(number)) for status, number in tally.messages.items()]
    table(("status", "messages"), rows, console=console, numeric=["messages"])
    if tally.deliveries:
        rows = [(name.value, thousands(number)) for name, number in tally.deliveries.items()]
        table(("delivery", "messages"), rows, console=console, numeric=["messages"])
    unpriced = (
        f" (and {count(tally.unpriced, 'call')} whose price OVHcloud did not tell)" if tally.unpriced else ""
    )
    console.print(f"{thousands(tally.credits)} credits charged{unpriced}")


def summary_json(plan: Plan, forecast: Forecast) -> dict[str, Any]:
    """A plan for programs."""
    summary = plan.summary
    return {
        "campaign": plan.campaign.name,
        "file": plan.campaign.source.name,
        "code": plan.code,
        "rows": summary.rows,
        "to_send": summary.messages,
        "not_sent": {str(one.reason): one.count for one in summary.not_sent},
        "texts": summary.texts,
        "parts": summary.parts,
        "encodings": {Encoding.GSM7: summary.gsm7, Encoding.UCS2: summary.ucs2},
        "calls": summary.chunks,
        "credits": forecast.credits if forecast.complete else None,
        "credits_by_country": forecast.by_country,
        "unknown_rates": list(forecast.unknown),
    }


def tally_json(tally: Tally) -> dict[str, Any]:
    """Where a campaign stands, for programs."""
    return {
        "messages": {str(status): number for status, number in tally.messages.items()},
        "calls": tally.chunks,
        "deliveries": {str(name): number for name, number in tally.deliveries.items()},
        "credits": tally.credits,
        "unpriced_calls": tally.unpriced,
    }


def _show_not_sent(console: Console, summary: PlanSummary) -> None:
    if not summary.not_sent:
        return
    rows = [(one.reason.value, thousands(one.count), one.line, one.detail) for one in summary.not_sent]
    table(("not sent", "rows", "e.g. row", "because"), rows, console=console, numeric=["rows", "e.g. row"])


def _show_messages(console: Console, messages: list[Message]) -> None:
    rows = [
        (
            one.line,
            one.recipient.msisdn,
            one.recipient.country,
            one.text.encoding,
            one.text.parts,
            _cut(one.text.body),
        )
        for one in messages
    ]
    heads = ("row", "number", "country", "encoding", "parts", "text")
    console.print(f"[bold]First {count(len(rows), 'message')}[/]")
    table(heads, rows, console=console, numeric=["row", "parts"])


def _show_cost(console: Console, summary: PlanSummary, forecast: Forecast) -> None:
    encodings = ", ".join(
        f"{thousands(number)} {name}"
        for name, number in (("GSM-7", summary.gsm7), ("UCS-2", summary.ucs2))
        if number
    )
    console.print(
        f"[bold]Texts[/]    {count(summary.texts, 'distinct text')} ({encodings}), {count(summary.parts, 'part')} in all"
    )
    rows = [
        (
            one.country,
            thousands(one.messages),
            thousands(one.parts),
            _credits(forecast.by_country, one.country),
        )
        for one in summary.countries
    ]
    heads = ("country", "messages", "parts", "credits")
    table(heads, rows, console=console, numeric=["messages", "parts", "credits"])
    if forecast.complete:
        console.print(f"[bold]Credits[/]  {thousands(forecast.credits)}")
        return
    known = f"{thousands(forecast.credits)} for the others; " if forecast.by_country else ""
    console.print(
        f"[bold]Credits[/]  {known}unknown for {', '.join(forecast.unknown)}"
        f" (`smscampaign rates {' '.join(forecast.unknown)}` asks OVHcloud and remembers)"
    )


def _show_warnings(console: Console, plan: Plan) -> None:
    above = plan.campaign.settings.limits.parts_warning
    long = sum(number for parts, number in plan.summary.spread if parts > above)
    if long:
        console.print(
            f"[yellow]Note:[/] {count(long, 'message')} of more than {above} parts: some networks drop them."
        )


def _sender_words(campaign: Campaign, summary: PlanSummary) -> str:
    if campaign.settings.sender:
        return campaign.settings.sender
    abroad = sum(one.messages for one in summary.countries if one.country != "FR")
    words = (
        "a short number, which can be answered for 48 hours; OVHcloud gives it to French accounts,"
        " for numbers of metropolitan France"
    )
    return words + (f": {count(abroad, 'message')} here would go elsewhere and be refused" if abroad else "")


def _purpose_words(campaign: Campaign) -> str:
    if campaign.settings.stop_clause:
        return "marketing: with the STOP clause (11 characters), and in France held at night, on Sundays and on holidays"
    return "transactional by your declaration: without the STOP clause, leaves at once"


def _credits(by_country: Mapping[str, Decimal], country: str) -> str:
    return thousands(by_country[country]) if country in by_country else "unknown"


def _cut(text: str) -> str:
    line = text.replace("\n", " ⏎ ")
    return line if len(line) <= TEXT_SHOWN else f"{line[: TEXT_SHOWN - 1]}…"


def nothing_left(tally: Tally) -> bool:
    """Whether nobody is waiting and nothing is in doubt."""
    return not tally.messages.get(Status.PENDING) and not tally.messages.get(Status.IN_DOUBT)
