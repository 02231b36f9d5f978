"""What a plan and a run show: facts, tables, texts and remarks, to be drawn by `smscampaign.drawing`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from smscampaign.drawing import Bubble, Sheet, Table, count, duration, figure, mask, masked, masked_body
from smscampaign.languages import put_right
from smscampaign.model import Message, PlanSummary, Purpose, ReasonCount, Status, Tally

#: Distinct texts shown of a plan, and of each the receivers that are named.
TEXTS_SHOWN, RECEIVERS_SHOWN = 3, 3


@dataclass(frozen=True, slots=True)
class PlanView:
    """What is shown of a plan. `costs` are credits by country, as far as the rates are known; `send` is what sends it.

    `rehearsal` is the code that sends it in the sandbox, if any. `offenders` are signs outside the GSM alphabet, from the
    sample. `tally` is where the campaign stands once it has begun; `to_do` what there is to do about the rows that are not
    sent; `language` that of the reasons.
    """

    name: str
    source: str
    code: str
    send: str
    summary: PlanSummary
    to_do: str
    sample: tuple[Message, ...]
    costs: Mapping[str, Decimal]
    calls_per_minute: float
    sender: str | None
    purpose: Purpose
    parts_warning: int
    rehearsal: str = ""
    offenders: tuple[str, ...] = ()
    tally: Tally | None = None
    remarks: tuple[str, ...] = ()
    language: str = "en"


@dataclass(frozen=True, slots=True)
class RunView:
    """What is shown of a delivery: `where` it went, where the campaign stands, why it stopped early; `confirmed` or not.

    `asks`: whether `deliver` asks for the code itself. `doubts` are the calls in doubt as (tag, receivers, why).
    """

    name: str
    where: str
    code: str
    confirmed: bool
    asks: bool
    tally: Tally
    halt: str | None
    interrupted: bool
    doubts: tuple[tuple[str, int, str], ...] = ()
    remarks: tuple[str, ...] = ()


def plan_sheet(view: PlanView) -> Sheet:
    """A plan: what is sent, what is not and why, what it costs, how long it takes, and the yes it waits for."""
    summary = view.summary
    tables = (_not_sent(summary.not_sent, view.to_do), _countries(view))
    page = Sheet(
        title=view.name,
        subtitle=f"the plan for {view.source}",
        facts=tuple(_plan_facts(view)),
        tables=tuple(table for table in tables if table.rows),
        bubbles=_bubbles(view),
        notes=tuple(_plan_notes(view)),
    )
    if not summary.messages:
        return replace(page, action="No row of this file can be sent.")
    rehearsed = view.rehearsal not in {"", view.code}
    how = f" In sms.sandbox(), where it reaches nobody, the code is {view.rehearsal}." if rehearsed else ""
    action = f"Nothing leaves until its code is typed: {view.code}.{how} This sends it:"
    return replace(page, action=action, code=view.send)


def run_sheet(view: RunView) -> Sheet:
    """How a delivery ended: every row by its status, the credits, what is in doubt, and how to go on."""
    tally = view.tally
    action, code = _next_step(view)
    charged = f"{figure(tally.credits)} charged"
    if tally.unpriced:
        charged += f" ({count(tally.unpriced, 'call')} by rate: OVHcloud did not tell the price)"
    statuses = tuple((str(status), figure(number)) for status, number in tally.messages.items())
    deliveries = tuple((str(name), figure(number)) for name, number in tally.deliveries.items())
    doubts = tuple((tag, figure(receivers), masked(why)) for tag, receivers, why in view.doubts[:5])
    tables = (
        Table("Rows", ("status", "rows"), statuses, frozenset({1})),
        Table("Deliveries", ("delivery", "messages"), deliveries, frozenset({1})),
        Table("In doubt", ("call", "receivers", "why"), doubts, frozenset({1})),
    )
    return Sheet(
        title=view.name,
        subtitle=f"{'sent through' if view.confirmed else 'not sent yet, through'} {view.where}",
        facts=(("Credits", charged),),
        tables=tuple(table for table in tables if table.rows),
        notes=(*view.remarks, *([f"it stopped before its end: {masked(view.halt)}"] if view.halt else [])),
        action=action,
        code=code,
    )


def _plan_facts(view: PlanView) -> Iterable[tuple[str, str]]:
    summary = view.summary
    left = summary.rows - summary.messages
    blank = f"; {count(summary.blank, 'empty row')} passed over" if summary.blank else ""
    yield (
        "Rows",
        f"{figure(summary.rows)} = {count(summary.messages, 'message')} + {figure(left)} not sent{blank}",
    )
    if view.tally:
        standing = ", ".join(f"{figure(number)} {status}" for status, number in view.tally.messages.items())
        yield "Has begun", standing
    kinds = ((summary.gsm7, "GSM-7"), (summary.ucs2, "UCS-2"))
    encodings = [f"{figure(number)} {name}" for number, name in kinds if number]
    if summary.repairs:
        told = (put_right(one.repair, one.count, one.line, view.language) for one in summary.repairs)
        yield "Put right", "; ".join(told)
    yield "Texts", f"{count(summary.texts, 'distinct text')} ({', '.join(encodings) or 'none'})"
    spread = ", ".join(f"{figure(number)} of {count(parts, 'part')}" for parts, number in summary.spread)
    yield "Parts", f"{figure(summary.parts)} in all ({spread})" if spread else "none"
    yield "Credits", _credits(view)
    yield "API calls", _calls(summary.chunks, view.calls_per_minute)
    yield "Sender", view.sender or "a short number that can be answered for 48 hours"
    yield "Purpose", _PURPOSES[view.purpose]


_PURPOSES = {
    Purpose.MARKETING: "marketing: every message carries the STOP clause (11 characters, counted in)",
    Purpose.TRANSACTIONAL: "transactional, as declared: without the STOP clause, leaving at once",
}


def _credits(view: PlanView) -> str:
    unknown = [one.country for one in view.summary.countries if one.country not in view.costs]
    known = figure(sum(view.costs.values(), Decimal(0)))
    if not unknown:
        return known
    lacking = f"unknown for {', '.join(unknown)}"
    return f"{known} for the others; {lacking}" if view.costs else lacking


def _calls(calls: int, pace: float) -> str:
    return f"{figure(calls)}, {duration(calls / pace)} at {pace:g} a minute" if pace else figure(calls)


def _not_sent(reasons: Sequence[ReasonCount], to_do: str) -> Table:
    rows = tuple((one.reason.value, figure(one.count), str(one.line), masked(one.detail)) for one in reasons)
    return Table(f"Not sent. {to_do}", ("reason", "rows", "e.g. row", "because"), rows, frozenset({1, 2}))


def _countries(view: PlanView) -> Table:
    rows = tuple(
        (
            one.country,
            figure(one.messages),
            figure(one.parts),
            figure(view.costs[one.country]) if one.country in view.costs else "unknown",
        )
        for one in view.summary.countries
    )
    return Table("Sent to", ("country", "messages", "parts", "credits"), rows, frozenset({1, 2, 3}))


def _bubbles(view: PlanView) -> tuple[Bubble, ...]:
    """The first distinct texts with the first of their receivers."""
    groups: dict[str, list[Message]] = {}
    for one in view.sample:
        groups.setdefault(one.text.body, []).append(one)
    stop = "STOP 36xxx (added by OVHcloud)" if view.purpose is Purpose.MARKETING else ""
    return tuple(
        Bubble(_about(messages), masked_body(messages[0]), stop)
        for messages in list(groups.values())[:TEXTS_SHOWN]
    )


def _about(messages: list[Message]) -> str:
    text = messages[0].text
    named = messages[:RECEIVERS_SHOWN]
    to = ", ".join(f"{mask(one.recipient.msisdn)} (row {one.line})" for one in named)
    more = " and others" if len(messages) > len(named) else ""
    return f"To {to}{more}: {text.encoding}, {count(text.parts, 'part')}"


def _plan_notes(view: PlanView) -> Iterable[str]:
    summary = view.summary
    yield from view.remarks
    abroad = sum(one.messages for one in summary.countries if one.country != "FR")
    if view.sender is None and summary.messages:
        cannot = (
            f" {count(abroad, 'message')} of this plan would be refused: they go elsewhere." if abroad else ""
        )
        yield (
            "no sender is set, so OVHcloud is asked for a short number. It gives one to French accounts only, for numbers"
            f" of metropolitan France only.{cannot}"
        )
    unknown = [one.country for one in summary.countries if one.country not in view.costs]
    if unknown:
        yield "rates that were never asked for are not guessed; campaign.plan(sms.ovhcloud()) asks OVHcloud for them."
    long = sum(number for parts, number in summary.spread if parts > view.parts_warning)
    if long:
        yield f"{count(long, 'message')} of more than {view.parts_warning} parts; some networks drop such messages."
    if summary.ucs2:
        because = f" ({' '.join(view.offenders)})" if view.offenders else ""
        yield (
            f"{count(summary.ucs2, 'message')} in UCS-2: a character outside the GSM alphabet{because} leaves 70 characters"
            " to a part instead of 160."
        )
    if view.purpose is Purpose.MARKETING and summary.messages:
        yield (
            "OVHcloud holds French marketing messages back at night (20:00 to 08:00), on Sundays and on public holidays."
        )


def _next_step(view: RunView) -> tuple[str, str]:
    waiting = view.tally.messages.get(Status.PENDING, 0)
    if not view.confirmed:
        if view.asks:
            return (
                f"Nothing was sent. To send, run the cell again and type the plan's code, {view.code}, into its box.",
                "",
            )
        return (
            f"Nothing was sent. To send, give the plan's code, {view.code}, and run it again:",
            f'confirm="{view.code}"',
        )
    if view.interrupted:
        return "It was interrupted, and what was under way is recorded. Run the cell again to go on.", ""
    if view.tally.messages.get(Status.IN_DOUBT):
        return "Calls in doubt are not sent again before OVHcloud was asked; run the cell again to ask.", ""
    if waiting:
        return f"{count(waiting, 'message')} still to be sent. Run the cell again to go on.", ""
    return "", ""
