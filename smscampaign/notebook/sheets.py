"""What a plan and a run show: facts, tables, texts and remarks, to be drawn by `smscampaign.drawing`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from smscampaign.advice.findings import Finding, Severity
from smscampaign.campaign import gates, rejections
from smscampaign.campaign.keywords import keyworded
from smscampaign.campaign.plans import Plan, Run
from smscampaign.drawing import (
    Bubble,
    Point,
    Sheet,
    Table,
    count,
    duration,
    figure,
    mask,
    masked,
    masked_body,
)
from smscampaign.languages import mark, put_right
from smscampaign.message import parts
from smscampaign.model import CountryCount, Encoding, Message, Purpose, ReasonCount, Status
from smscampaign.pricing import RateCache, forecast
from smscampaign.settings.model import Settings
from smscampaign.translation import Given, told

#: Distinct texts shown of a plan, and of each the receivers that are named.
TEXTS_SHOWN, RECEIVERS_SHOWN = 3, 3

#: What these pages say in words that are no sentences.
WORDS = (
    mark("To {to}{more}: {encoding}, {parts}"),
    mark("a campaign"),
    mark("Recipients"),
    mark("Columns"),
    mark("because"),
    mark("Message"),
)

#: How many of the first messages are looked through for distinct texts to show.
LOOKED_AT = 50

#: How many of the characters that cost so much are named.
OFFENDERS_SHOWN = 8


def plan_sheet(plan: Plan, shown: Plan, found: Sequence[Finding], *, asks: bool) -> Sheet:
    """A plan: what is sent, what is not and why, what it costs, how long it takes, what was `found`, the yes it waits for.

    It waits for the yes to the plan as it was `shown`; `asks`: whether `deliver` asks for that itself.
    """
    summary, campaign, sample = plan.summary, plan.campaign, plan.sample(LOOKED_AT)
    costs = forecast(summary.countries, plan.rates()).by_country
    to_do = rejections.headline(summary.not_sent, campaign.language)
    tables = (_not_sent(summary.not_sent, to_do), _countries(summary.countries, costs))
    page = Sheet(
        title=campaign.name,
        subtitle=f"the plan for {campaign.source.name}",
        facts=tuple(_plan_facts(plan, costs)),
        tables=tuple(table for table in tables if table.rows),
        bubbles=_bubbles(sample, campaign.settings),
        notes=tuple(_plan_notes(plan, costs, _offenders(sample))),
        points=tuple(points(found)),
    )
    if not summary.messages:
        return replace(page, action="No row of this file can be sent.")
    if gates.stops(found):
        return replace(page, action="Nothing leaves as it is: see what is called a stop above.")
    rehearsal = shown.code if plan.begun or plan.record.proposed else plan.rehearsal_code
    how = f" In sms.sandbox(), where it reaches nobody, the code is {rehearsal}."
    action = f"Nothing leaves until its code is typed: {shown.code}.{how if rehearsal != shown.code else ''}"
    words = "" if asks else f', confirm="{shown.yes}"'
    return replace(page, action=f"{action} This sends it:", code=f"plan.deliver(gateway{words})")


def run_sheet(run: Run, *, asks: bool) -> Sheet:
    """How a delivery ended: every row by its status, the credits, what is in doubt, and how to go on.

    `asks`: whether `deliver` asks for the code itself.
    """
    tally, where = run.tally, run.way.title if run.way is not None else run.plan.record.inputs.gateway
    action, code = _next_step(run, asks=asks)
    charged = f"{figure(tally.credits)} charged"
    if tally.unpriced:
        charged += f" ({count(tally.unpriced, 'call')} by rate: OVHcloud did not tell the price)"
    statuses = tuple((str(status), figure(number)) for status, number in tally.messages.items())
    deliveries = tuple((str(name), figure(number)) for name, number in tally.deliveries.items())
    doubts = tuple((tag, figure(receivers), masked(why)) for tag, receivers, why in run.doubts[:5])
    tables = (
        Table("Rows", ("status", "rows"), statuses, frozenset({1})),
        Table("Deliveries", ("delivery", "messages"), deliveries, frozenset({1})),
        Table("In doubt", ("call", "receivers", "why"), doubts, frozenset({1})),
    )
    return Sheet(
        title=run.plan.campaign.name,
        subtitle=f"sent through {where}" if run.confirmed else f"not sent yet, through {where}",
        facts=(("Credits", charged),),
        tables=tuple(table for table in tables if table.rows),
        notes=(*run.remarks, *([f"it stopped before its end: {masked(run.halt)}"] if run.halt else [])),
        action=action,
        code=code,
    )


def _plan_facts(plan: Plan, costs: Mapping[str, Decimal]) -> Iterable[tuple[str, str]]:
    summary, settings = plan.summary, plan.campaign.settings
    left = summary.rows - summary.messages
    blank = f"; {count(summary.blank, 'empty row')} passed over" if summary.blank else ""
    yield (
        "Rows",
        f"{figure(summary.rows)} = {count(summary.messages, 'message')} + {figure(left)} not sent{blank}",
    )
    if plan.begun:
        messages = plan.tally().messages
        standing = ", ".join(f"{figure(number)} {status}" for status, number in messages.items())
        yield "Has begun", standing
    kinds = ((summary.gsm7, "GSM-7"), (summary.ucs2, "UCS-2"))
    encodings = [f"{figure(number)} {name}" for number, name in kinds if number]
    if summary.repairs:
        told = (put_right(one.repair, one.count, one.line, plan.campaign.language) for one in summary.repairs)
        yield "Put right", "; ".join(told)
    yield "Texts", f"{count(summary.texts, 'distinct text')} ({', '.join(encodings) or 'none'})"
    spread = ", ".join(f"{figure(number)} of {count(parts, 'part')}" for parts, number in summary.spread)
    yield "Parts", f"{figure(summary.parts)} in all ({spread})" if spread else "none"
    yield "Credits", _credits(summary.countries, costs)
    whole = forecast(summary.countries, plan.rates())
    packs = RateCache().packs_for(whole, plan.record.inputs.gateway)
    if packs:
        yield "Price", packs.words(whole.credits)
    yield "API calls", _calls(summary.chunks, plan.calls_per_minute)
    short = "a short number that can be answered for 48 hours"
    yield "Sender", Given(settings.sender) if settings.sender else short
    yield "Purpose", _PURPOSES[settings.terms.purpose]


def points(found: Iterable[Finding]) -> Iterable[Point]:
    """What was found, the gravest last, next to the code; of a rule that stops it the linter's own words are told once."""
    stopped = {one.overruled_by.removeprefix("--ignore ") for one in gates.stops(found)}
    graver = sorted(found, key=lambda one: tuple(Severity).index(one.severity), reverse=True)
    for one in graver:
        if one.code in stopped or one.code == "nothing-to-send":
            continue
        about = f" ({count(one.messages, 'message')})" if one.messages else ""
        where = ", ".join(
            filter(None, [one.code if one.severity is not Severity.STOP else "", masked(one.where)])
        )
        yield Point(
            str(one.severity),
            where,
            f"{keyworded(masked(told(one.what)))}{about}",
            keyworded(masked(told(one.remedy))),
        )


_PURPOSES = {
    Purpose.MARKETING: "marketing: every message carries the STOP clause (11 characters, counted in)",
    Purpose.TRANSACTIONAL: "transactional, as declared: without the STOP clause, leaving at once",
}


def _credits(countries: Iterable[CountryCount], costs: Mapping[str, Decimal]) -> str:
    unknown = [one.country for one in countries if one.country not in costs]
    known = figure(sum(costs.values(), Decimal(0)))
    if not unknown:
        return known
    lacking = f"unknown for {', '.join(unknown)}"
    return f"{known} for the others; {lacking}" if costs else lacking


def _calls(calls: int, pace: float) -> str:
    return f"{figure(calls)}, {duration(calls / pace)} at {pace:g} a minute" if pace else figure(calls)


def _not_sent(reasons: Sequence[ReasonCount], to_do: str) -> Table:
    rows = tuple((one.reason.value, figure(one.count), str(one.line), masked(one.detail)) for one in reasons)
    return Table(f"Not sent. {to_do}", ("reason", "rows", "e.g. row", "because"), rows, frozenset({1, 2}))


def _countries(countries: Iterable[CountryCount], costs: Mapping[str, Decimal]) -> Table:
    rows = tuple(
        (
            one.country,
            figure(one.messages),
            figure(one.parts),
            figure(costs[one.country]) if one.country in costs else "unknown",
        )
        for one in countries
    )
    return Table("Sent to", ("country", "messages", "parts", "credits"), rows, frozenset({1, 2, 3}))


def _bubbles(sample: Iterable[Message], settings: Settings) -> tuple[Bubble, ...]:
    """The first distinct texts with the first of their receivers."""
    groups: dict[str, list[Message]] = {}
    for one in sample:
        groups.setdefault(one.text.body, []).append(one)
    stop = "STOP 36xxx (added by OVHcloud)" if settings.terms.purpose is Purpose.MARKETING else ""
    return tuple(
        Bubble(_about(messages), masked_body(messages[0], settings.written), stop)
        for messages in list(groups.values())[:TEXTS_SHOWN]
    )


def _about(messages: list[Message]) -> str:
    text = messages[0].text
    named = messages[:RECEIVERS_SHOWN]
    to = ", ".join(f"{mask(one.recipient.msisdn)} (row {one.line})" for one in named)
    more = " and others" if len(messages) > len(named) else ""
    return f"To {to}{more}: {text.encoding}, {count(text.parts, 'part')}"


def _plan_notes(plan: Plan, costs: Mapping[str, Decimal], offenders: Sequence[str]) -> Iterable[str]:
    summary, settings = plan.summary, plan.campaign.settings
    yield from (keyworded(told(one)) for one in plan.campaign.source.remarks)
    abroad = sum(one.messages for one in summary.countries if one.country != "FR")
    if settings.sender is None and summary.messages:
        cannot = (
            f" {count(abroad, 'message')} of this plan would be refused: they go elsewhere." if abroad else ""
        )
        yield (
            "no sender is set, so OVHcloud is asked for a short number. It gives one to French accounts only, for numbers"
            f" of metropolitan France only.{cannot}"
        )
    unknown = [one.country for one in summary.countries if one.country not in costs]
    if unknown:
        yield "rates that were never asked for are not guessed; campaign.plan(sms.ovhcloud()) asks OVHcloud for them."
    most = settings.limits.parts_warning
    long = sum(number for parts, number in summary.spread if parts > most)
    if long:
        yield f"{count(long, 'message')} of more than {most} parts; some networks drop such messages."
    if summary.ucs2:
        because = f" ({' '.join(offenders)})" if offenders else ""
        yield (
            f"{count(summary.ucs2, 'message')} in UCS-2: a character outside the GSM alphabet{because} leaves 70 characters"
            " to a part instead of 160."
        )
    if settings.terms.purpose is Purpose.MARKETING and summary.messages:
        yield (
            "OVHcloud holds French marketing messages back at night (20:00 to 08:00), on Sundays and on public holidays."
        )


def _next_step(run: Run, *, asks: bool) -> tuple[str, str]:
    waiting, code = run.tally.messages.get(Status.PENDING, 0), run.plan.code
    if not run.confirmed:
        if asks:
            return (
                f"Nothing was sent. To send, run the cell again and type the plan's code, {code}, into its box.",
                "",
            )
        return (
            f"Nothing was sent. To send, give the plan's code, {code}, and run it again:",
            f'confirm="{code}"',
        )
    if run.interrupted:
        return "It was interrupted, and what was under way is recorded. Run the cell again to go on.", ""
    if run.tally.messages.get(Status.IN_DOUBT):
        return "Calls in doubt are not sent again before OVHcloud was asked; run the cell again to ask.", ""
    if waiting:
        return f"{count(waiting, 'message')} still to be sent. Run the cell again to go on.", ""
    return "", ""


def _offenders(sample: Iterable[Message]) -> tuple[str, ...]:
    bodies = (one.text.body for one in sample if one.text.encoding is Encoding.UCS2)
    found = dict.fromkeys(sign for body in bodies for sign in parts.offenders(body))
    return tuple(found)[:OFFENDERS_SHOWN]
