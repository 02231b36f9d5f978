"""Plans and their outcomes as pages to be read: one page, drawn as plain text or as HTML.

Numbers are masked, because notebooks are committed and logs are kept. The HTML brings its few styles along, takes its colours
from the page around it, and loads nothing. Standard library only.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from html import escape

from smscampaign.model import Message, PlanSummary, Purpose, ReasonCount, Status, Tally

#: Distinct texts shown of a plan, and of each the receivers that are named.
TEXTS_SHOWN, RECEIVERS_SHOWN = 3, 3

_DOT = "•"
# Country codes of one and of two digits; all others have three (ITU-T E.164, list of assigned country codes).
_SHORT_CODES = re.compile(
    r"1|7|20|27|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]"
)  # fmt: skip
# Six digits or more, whatever people write between them; a row of the file is no phone number.
_NUMBER = re.compile(r"(?<!\d)(?<!row )(?<!rows )\+?\d(?:[\s().\-/]{0,3}\d){5,}")


@dataclass(frozen=True, slots=True)
class PlanView:
    """What is shown of a plan. `costs` are credits by country, as far as the rates are known; `send` is what sends it.

    `tally` is where the campaign stands once it has begun.
    """

    name: str
    source: str
    code: str
    send: str
    summary: PlanSummary
    sample: tuple[Message, ...]
    costs: Mapping[str, Decimal]
    calls_per_minute: float
    sender: str | None
    purpose: Purpose
    parts_warning: int
    tally: Tally | None = None


@dataclass(frozen=True, slots=True)
class RunView:
    """What is shown of a delivery: `where` it went, where the campaign stands, why it stopped early; `confirmed` or not.

    `doubts` are the calls in doubt as (tag, receivers, why).
    """

    name: str
    where: str
    code: str
    confirmed: bool
    tally: Tally
    halt: str | None
    interrupted: bool
    doubts: tuple[tuple[str, int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A small table of plain cells; the columns whose places are in `figures` stand right."""

    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    figures: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Bubble:
    """One text as a phone shows it, and a line about it."""

    about: str
    body: str
    appendix: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page: facts, tables, texts, remarks, and what to do next with the line of code that does it."""

    title: str
    subtitle: str
    facts: tuple[tuple[str, str], ...] = ()
    tables: tuple[Table, ...] = ()
    bubbles: tuple[Bubble, ...] = ()
    notes: tuple[str, ...] = ()
    action: str = ""
    code: str = ""


def mask(number: str) -> str:
    """An E.164 number with its country code and its last two digits only: `+33 • •• •• •• 78`."""
    digits = number.removeprefix("+")
    found = _SHORT_CODES.match(digits)
    end = found.end() if found else 3
    hidden = len(digits) - end - 2
    dots = [_DOT * 2] * (hidden // 2)
    return " ".join([f"+{digits[:end]}", *([_DOT] if hidden % 2 else []), *dots, digits[-2:]])


def masked(sentence: str) -> str:
    """A sentence whose phone numbers, however they are written, show their last two digits only."""
    return _NUMBER.sub(lambda found: _hidden(found.group()), sentence)


def masked_body(message: Message) -> str:
    """A message's text; the receiver's own number, should the text hold it, is masked. The sender's numbers stay."""
    own = message.recipient.msisdn[-8:]
    return _NUMBER.sub(
        lambda found: (
            _hidden(found.group()) if re.sub(r"\D", "", found.group()).endswith(own) else found.group()
        ),
        message.text.body,
    )


def figure(number: int | Decimal) -> str:
    """A number with narrow spaces between its thousands."""
    return f"{number:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def count(number: int, noun: str) -> str:
    """`1 message`, `2 messages`."""
    return f"{figure(number)} {noun}{'' if number == 1 else 's'}"


def duration(minutes: float) -> str:
    """A time for people, never less than it takes: `under a minute`, `12 minutes`, `2 h 47 min`."""
    whole = -int(-minutes // 1)
    if minutes < 1:
        return "under a minute"
    return count(whole, "minute") if whole < 60 else f"{whole // 60} h {whole % 60:02d} min"


def plan_sheet(view: PlanView) -> Sheet:
    """A plan: what is sent, what is not and why, what it costs, how long it takes, and the yes it waits for."""
    summary = view.summary
    tables = (_not_sent(summary.not_sent), _countries(view))
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
    return replace(
        page, action=f"Nothing leaves until its code, {view.code}, is typed. This sends it:", code=view.send
    )


def run_sheet(view: RunView) -> Sheet:
    """How a delivery ended: every row by its status, the credits, what is in doubt, and how to go on."""
    tally = view.tally
    action, code = _next_step(view)
    charged = f"{figure(tally.credits)} charged"
    if tally.unpriced:
        charged += f", and {count(tally.unpriced, 'call')} whose price is not known yet"
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
        subtitle=f"{'sent through' if view.confirmed else 'not sent yet through'} {view.where}",
        facts=(("Credits", charged),),
        tables=tuple(table for table in tables if table.rows),
        notes=(f"It stopped before its end: {masked(view.halt)}",) if view.halt else (),
        action=action,
        code=code,
    )


def text(sheet: Sheet) -> str:
    """The page for a terminal; nothing in it can move the cursor or change the colour."""
    blocks = [f"{sheet.title} · {sheet.subtitle}"]
    wide = max((len(name) for name, _ in sheet.facts), default=0)
    blocks.append("\n".join(f"{name:<{wide}}  {value}" for name, value in sheet.facts))
    blocks += [_text_table(table) for table in sheet.tables]
    blocks += [_text_bubble(bubble) for bubble in sheet.bubbles]
    blocks.append("\n".join(f"Note: {note}" for note in sheet.notes))
    blocks.append("\n    ".join(one for one in (sheet.action, sheet.code) if one))
    return "\n\n".join(_still(block) for block in blocks if block)


def html(sheet: Sheet) -> str:
    """The page for a notebook, as one element. Everything that is not ours is escaped."""
    facts = "".join(
        f'<tr><th scope="row" style="{_CELL};font-weight:600">{escape(name)}</th>'
        f'<td style="{_CELL}">{escape(value)}</td></tr>'
        for name, value in sheet.facts
    )
    pieces = [
        f'<div style="margin:0 0 .6em"><strong style="font-size:1.25em">{escape(sheet.title)}</strong> '
        f'<span style="opacity:.75">{escape(sheet.subtitle)}</span></div>',
        f'<table style="{_TABLE}"><tbody>{facts}</tbody></table>' if facts else "",
        *(_html_table(table) for table in sheet.tables),
        *(_html_bubble(bubble) for bubble in sheet.bubbles),
        *(f'<p style="margin:.4em 0"><strong>Note:</strong> {escape(note)}</p>' for note in sheet.notes),
        f'<p style="margin:.9em 0 .3em">{escape(sheet.action)}</p>' if sheet.action else "",
        f'<pre style="{_CODE}">{escape(sheet.code)}</pre>' if sheet.code else "",
    ]
    return f'<div class="smscampaign" style="max-width:56em;line-height:1.45">{"".join(pieces)}</div>'


# Grey that shows on white and on black alike; everything else is the page's own.
_LINE = "1px solid rgba(128,128,128,.4)"
_CELL = "text-align:left;vertical-align:top;padding:.2em 1.2em .2em 0;white-space:normal"
_TABLE = "border-collapse:collapse;margin:0 0 .9em;font-size:inherit"
_CODE = f"display:inline-block;margin:0;padding:.45em .8em;border:{_LINE};border-radius:4px;font-size:inherit"
_BUBBLE = (
    f"display:inline-block;max-width:34em;margin:.15em 0 .8em;padding:.55em .9em;border:{_LINE};"
    "border-radius:1em 1em 1em .25em;background:rgba(128,128,128,.12);white-space:pre-wrap;overflow-wrap:anywhere"
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
    encodings = [
        f"{figure(number)} {name}" for number, name in ((summary.gsm7, "GSM-7"), (summary.ucs2, "UCS-2"))
    ]
    yield "Texts", f"{count(summary.texts, 'distinct text')}; messages in {', '.join(encodings)}"
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


def _not_sent(reasons: Sequence[ReasonCount]) -> Table:
    rows = tuple(
        (one.reason.value, figure(one.count), str(one.line), masked(one.detail)) for one in reasons
    )
    return Table("Not sent", ("reason", "rows", "e.g. row", "because"), rows, frozenset({1, 2}))


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
    abroad = sum(one.messages for one in summary.countries if one.country != "FR")
    if view.sender is None and summary.messages:
        cannot = f" {count(abroad, 'message')} of this plan would be refused: they go elsewhere." if abroad else ""
        yield (
            "no sender is set, so OVHcloud is asked for a short number. It gives one to French accounts only, for numbers"
            f" of metropolitan France only.{cannot}"
        )
    long = sum(number for parts, number in summary.spread if parts > view.parts_warning)
    if long:
        yield f"{count(long, 'message')} of more than {view.parts_warning} parts; some networks drop such messages."
    if summary.ucs2:
        yield (
            f"{count(summary.ucs2, 'message')} in UCS-2: a character outside the GSM alphabet leaves 70 characters to a part"
            " instead of 160."
        )
    if view.purpose is Purpose.MARKETING and summary.messages:
        yield (
            "OVHcloud holds French marketing messages back at night (20:00 to 08:00), on Sundays and on public holidays."
        )


def _next_step(view: RunView) -> tuple[str, str]:
    waiting = view.tally.messages.get(Status.PENDING, 0)
    if not view.confirmed:
        return (
            f"Nothing was sent. To send, type the plan's code {view.code} between the quotes, and run the cell again:",
            f'confirm="{view.code}"',
        )
    if view.interrupted:
        return "It was interrupted, and what was under way is recorded. Run the cell again to go on.", ""
    if view.tally.messages.get(Status.IN_DOUBT):
        return "Calls in doubt are not sent again before OVHcloud was asked; run the cell again to ask.", ""
    if waiting:
        return f"{count(waiting, 'message')} still to be sent. Run the cell again to go on.", ""
    return "", ""


def _hidden(number: str) -> str:
    places = [at for at, sign in enumerate(number) if sign.isdigit()]
    hidden = set(places[:-2])
    return "".join(_DOT if at in hidden else sign for at, sign in enumerate(number))


def _still(block: str) -> str:
    return "".join(
        "\N{REPLACEMENT CHARACTER}" if sign != "\n" and unicodedata.category(sign) == "Cc" else sign
        for sign in block
    )


def _text_table(table: Table) -> str:
    lines = [table.heads, *table.rows]
    wide = [max(len(line[at]) for line in lines) for at in range(len(table.heads))]
    drawn = (
        "  ".join(
            f"{_one_line(cell):>{wide[at]}}" if at in table.figures else f"{_one_line(cell):<{wide[at]}}"
            for at, cell in enumerate(line)
        ).rstrip()
        for line in lines
    )
    return "\n  ".join([f"{table.caption}:", *drawn])


def _one_line(cell: str) -> str:
    return cell.replace("\n", " ")


def _text_bubble(bubble: Bubble) -> str:
    body = [*bubble.body.splitlines(), *([bubble.appendix] if bubble.appendix else [])]
    return "\n  │ ".join([bubble.about, *body])


def _html_table(table: Table) -> str:
    sides = ["right" if at in table.figures else "left" for at in range(len(table.heads))]
    rule = f"{_CELL};border-bottom:{_LINE}"
    heads = "".join(
        f'<th scope="col" style="{rule};text-align:{side};font-weight:600">{escape(head)}</th>'
        for head, side in zip(table.heads, sides, strict=True)
    )
    body = "".join(
        "<tr>"
        + "".join(
            f'<td style="{_CELL};text-align:{side}">{escape(cell)}</td>'
            for cell, side in zip(row, sides, strict=True)
        )
        + "</tr>"
        for row in table.rows
    )
    caption = f'<caption style="caption-side:top;text-align:left;font-weight:600;color:inherit;padding:.2em 0">{table.caption}</caption>'
    return f'<table style="{_TABLE}">{caption}<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>'


def _html_bubble(bubble: Bubble) -> str:
    appendix = (
        f'\n<span style="opacity:.7;font-style:italic">{escape(bubble.appendix)}</span>'
        if bubble.appendix
        else ""
    )
    return (
        f'<div><span style="opacity:.8">{escape(bubble.about)}</span></div>'
        f'<div dir="auto" style="{_BUBBLE}">{escape(bubble.body)}{appendix}</div>'
    )
