"""Pages to be read, drawn as plain text or as HTML, and phone numbers masked for them.

Numbers are masked because notebooks are committed and logs are kept. The HTML brings its few styles along, takes its colours
from the page around it, and loads nothing. Standard library only.
"""

from __future__ import annotations

import re
import textwrap
import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from html import escape
from importlib import import_module
from typing import Any, ClassVar

from smscampaign.languages import ENGLISH
from smscampaign.model import Message
from smscampaign.translation import speaking, spoken_here, spoken_or, told

_DOT = "•"
#: Characters to a line of a text: about what a phone shows, twice over.
_ON_SCREEN = 72
#: Characters of a cell that is not broken into lines.
_SHORT = 24
#: Characters to a line of a sentence.
_WIDE = 100
# Country codes of one and of two digits; all others have three (ITU-T E.164, list of assigned country codes).
_SHORT_CODES = re.compile(r"1|7|20|27|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]")
# What people write between the digits of a number: spaces of any kind, signs, the hyphens and dashes of Unicode.
_BETWEEN = r"[\s().\-/_\u2010-\u2015\u2212]"
_MONTH_OR_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_TIME = r"(?:[ T]\d\d:\d\d(?::\d\d)?)?"
# Days as spreadsheets and people write them. Digits that follow make a number of it, as Danes write 12.03.20 26 45.
_DATE = (
    rf"(?<![\d+])(?:19|20)\d\d-[01]\d-[0-3]\d{_TIME}(?![\d-])"
    rf"|(?<![\d+])(?<!\d[\s./-])(?:(?:19|20)\d\d(?P<y>[/.]){_MONTH_OR_DAY}(?P=y){_MONTH_OR_DAY}"
    rf"|{_MONTH_OR_DAY}(?P<d>[/.-]){_MONTH_OR_DAY}(?P=d)(?:19|20)\d\d"
    rf"|{_MONTH_OR_DAY}/{_MONTH_OR_DAY}/\d\d){_TIME}(?!{_BETWEEN}{{0,4}}\d|[\d:])"
)
# Amounts say their currency, or have thousands in threes and two decimals, as no number of a person has.
_GROUPED = r"[1-9]\d{0,2}(?:[ '\u2019\u00a0\u202f]\d{3})+"
_CURRENCY = r"(?:[€$£]|(?:EUR|PLN|USD|GBP|CHF|CAD|zł|euros?)\b)"
_AMOUNT = (
    rf"(?<![\d+])(?<!\d[\s./-])(?:(?:{_GROUPED}|[1-9]\d{{0,2}}(?:\.\d{{3}})+|[1-9]\d{{0,6}})(?:[.,]\d\d?)?\s?{_CURRENCY}"
    rf"|(?:{_GROUPED}[.,]|[1-9]\d{{0,2}}(?:\.\d{{3}})+,)\d\d(?!{_BETWEEN}{{0,4}}\d|[\d,]))"
)
_CHARSET = r"(?i:\biso[-_ ]?8859[-_ ](?:1[0-6]|[1-9]))(?!\d)"
_FIGURE = rf"(?P<figure>{_DATE}|{_AMOUNT}|{_CHARSET})"
# Six digits or more, whatever people write between them; a row is no phone number, nor is a date, an amount or iso-8859-15.
_NUMBER = re.compile(
    rf"{_FIGURE}|(?<!\d)(?<!row )(?<!rows )\+?(?:\d{{1,3}}(?:,\d{{2,3}}){{3,}}|\d(?:{_BETWEEN}{{0,4}}\d){{5,}})"
)

# What is told on standard error ends in logs: an international number, or nine digits and more that are no part of a
# word, a file's name or a date. More than 15 in a row are no number (ITU-T E.164, 6.2.1).
_APART = r"[ .()/_\-\u00a0\u2010-\u2015\u202f]"
_IN_LOGS = re.compile(
    rf"{_FIGURE}|(?<![\w./-])(?:\+\d(?:{_APART}{{0,2}}\d){{7,}}|(?!\d{{16}})\d(?:{_APART}{{0,2}}\d){{8,}})(?![\w-]|[./]\w)"
)


@dataclass(frozen=True, slots=True)
class Table:
    """A small table of plain cells; the columns whose places are in `figures` stand right."""

    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    figures: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Bubble:
    """One text as a phone shows it, and a line about it.

    `pieces` are its parts as they travel, the STOP clause included; where they are given, their boundaries are marked.
    """

    about: str
    body: str
    appendix: str = ""
    pieces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Point:
    """Something that was found: how grave it is, where, what, and what to do about it."""

    grave: str
    where: str
    what: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page: facts, tables, texts, remarks, points above what to do next, and the line of code that does it."""

    title: str
    subtitle: str
    facts: tuple[tuple[str, str], ...] = ()
    tables: tuple[Table, ...] = ()
    bubbles: tuple[Bubble, ...] = ()
    notes: tuple[str, ...] = ()
    action: str = ""
    code: str = ""
    points: tuple[Point, ...] = ()

    def told(self) -> Sheet:
        """The same in the language that is spoken here; texts of messages, code and the campaign's name stay as they are."""
        if spoken_here() == ENGLISH:
            return self
        return replace(
            self,
            subtitle=told(self.subtitle),
            facts=tuple((told(name), told(value)) for name, value in self.facts),
            tables=tuple(_told_table(one) for one in self.tables),
            bubbles=tuple(
                replace(one, about=told(one.about), appendix=told(one.appendix)) for one in self.bubbles
            ),
            notes=tuple(map(told, self.notes)),
            action=told(self.action),
            points=tuple(
                replace(one, grave=told(one.grave), what=told(one.what), remedy=told(one.remedy))
                for one in self.points
            ),
        )


def _told_table(table: Table) -> Table:
    rows = tuple(tuple(map(told, row)) for row in table.rows)
    return replace(table, caption=told(table.caption), heads=tuple(map(told, table.heads)), rows=rows)


def view(name: str) -> Any:
    """One of the functions of the notebook that open, draw and give tables, such as `plans.preview_of`.

    It is loaded when somebody looks: commands and plain imports never wait for pandas, and nothing imports a front end.
    """
    module, _, function = name.partition(".")
    return getattr(import_module(f"smscampaign.notebook.{module}"), function)


class Viewable:
    """Draws its sheet wherever it is looked at: as a page in a notebook, as text in a terminal."""

    __slots__ = ()

    #: The view that draws its page.
    _page: ClassVar[str]

    def sheet(self) -> Sheet:
        """The page that shows it."""
        drawn: Sheet = view(self._page)(self)
        return drawn

    def _language(self) -> str:
        """The language its campaign is told in; empty where it is of none."""
        return ""

    def __repr__(self) -> str:
        with speaking(spoken_or(self._language())):
            return text(self.sheet().told())

    def _repr_html_(self) -> str:
        with speaking(spoken_or(self._language())):
            return html(self.sheet().told())


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
    return _NUMBER.sub(lambda found: found["figure"] or dotted(found.group()), sentence)


def discreet(text: str) -> str:
    """A text for standard error, with dots for the digits of full numbers."""
    return _IN_LOGS.sub(lambda found: found["figure"] or dotted(found.group()), text)


def masked_body(message: Message, written: str = "") -> str:
    """A message's text, with dots for the digits of the receiver's own number and of others that come from cells.

    Those that stand in `written`, the campaign's own message, are the sender's and stay.
    """
    own, kept = message.recipient.msisdn[-8:], _digits(written)

    def hidden(found: re.Match[str]) -> str:
        number = _digits(found.group())
        alien = number not in kept and discreet(found.group()) != found.group()
        return dotted(found.group()) if alien or number.endswith(own) else found.group()

    return _NUMBER.sub(hidden, message.text.body)


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def local(moment: datetime, *, short: bool = False) -> str:
    """A moment by this computer's clock, with its zone: `2027-03-06 10:00 CET`; `short` leaves out the day of today."""
    here = moment.astimezone()
    today = short and here.date() == datetime.now().astimezone().date()
    return f"{here:%H:%M %Z}" if today else f"{here:%Y-%m-%d %H:%M %Z}"


def figure(number: int | Decimal) -> str:
    """A number with narrow spaces between its thousands."""
    return f"{number:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def count(number: int | Decimal, noun: str) -> str:
    """`1 message`, `2 messages`."""
    return f"{figure(number)} {noun}{'' if number == 1 else 's'}"


def duration(minutes: float) -> str:
    """A time for people, never less than it takes: `under a minute`, `12 minutes`, `2 h 47 min`."""
    whole = -int(-minutes // 1)
    if minutes < 1:
        return "under a minute"
    return count(whole, "minute") if whole < 60 else f"{whole // 60} h {whole % 60:02d} min"


def text(sheet: Sheet) -> str:
    """The page for a terminal; nothing in it can move the cursor or change the colour."""
    blocks = [f"{sheet.title} · {sheet.subtitle}"]
    wide = max((len(name) for name, _ in sheet.facts), default=0)
    blocks.append("\n".join(f"{name:<{wide}}  {value}" for name, value in sheet.facts))
    blocks += [_text_table(table) for table in sheet.tables]
    blocks += [_text_bubble(bubble) for bubble in sheet.bubbles]
    blocks.append("\n".join(f"{told('Note:')} {note}" for note in sheet.notes))
    blocks += [_text_point(point) for point in sheet.points]
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
        *(html_table(table) for table in sheet.tables),
        *(_html_bubble(bubble) for bubble in sheet.bubbles),
        *(
            f'<p style="margin:.4em 0"><strong>{escape(told("Note:"))}</strong> {escape(note)}</p>'
            for note in sheet.notes
        ),
        *(_html_point(point) for point in sheet.points),
        f'<p style="margin:.9em 0 .3em">{escape(sheet.action)}</p>' if sheet.action else "",
        f'<pre style="{_CODE}">{escape(sheet.code)}</pre>' if sheet.code else "",
    ]
    return f'<div class="smscampaign" style="max-width:64em;line-height:1.45">{"".join(pieces)}</div>'


def html_table(table: Table) -> str:
    """A table for a notebook. Everything that is not ours is escaped. Columns with long cells are broken into lines."""
    sides = [_side(table, at) for at in range(len(table.heads))]
    rule = f"{_CELL};border-bottom:{_LINE}"
    heads = "".join(
        f'<th scope="col" style="{rule};{side};font-weight:600">{escape(head)}</th>'
        for head, side in zip(table.heads, sides, strict=True)
    )
    body = "".join(
        "<tr>"
        + "".join(
            f'<td style="{_CELL};{side}">{escape(cell)}</td>' for cell, side in zip(row, sides, strict=True)
        )
        + "</tr>"
        for row in table.rows
    )
    caption = f'<caption style="{_CAPTION}">{escape(table.caption)}</caption>' if table.caption else ""
    return f'<table style="{_TABLE}">{caption}<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>'


def _side(table: Table, at: int) -> str:
    """How the cells of a column stand: figures on the right, long texts in lines of some width."""
    if at in table.figures:
        return "text-align:right;white-space:nowrap"
    longest = max((len(row[at]) for row in table.rows), default=0)
    if longest <= _SHORT:
        return "text-align:left;white-space:nowrap"
    return f"text-align:left;white-space:normal;overflow-wrap:anywhere;min-width:{min(longest // 2, 14)}em"


# Grey that shows on white and on black alike; everything else is the page's own.
_LINE = "1px solid rgba(128,128,128,.4)"
_CELL = "text-align:left;vertical-align:top;padding:.2em 1em .2em 0;white-space:normal"
_CAPTION = "caption-side:top;text-align:left;font-weight:600;color:inherit;padding:.2em 0"
_TABLE = "border-collapse:collapse;margin:0 0 .9em;font-size:inherit"
_CODE = f"display:inline-block;margin:0;padding:.45em .8em;border:{_LINE};border-radius:4px;font-size:inherit"
_BUBBLE = (
    f"display:inline-block;max-width:34em;margin:.15em 0 .8em;padding:.55em .9em;border:{_LINE};"
    "border-radius:1em 1em 1em .25em;background:rgba(128,128,128,.12);white-space:pre-wrap;overflow-wrap:anywhere"
)


def dotted(number: str) -> str:
    """A cell with dots for all its digits but the last two."""
    places = [at for at, sign in enumerate(number) if sign.isdigit()]
    hidden = set(places[:-2])
    return "".join(_DOT if at in hidden else sign for at, sign in enumerate(number))


def _still(block: str) -> str:
    return "".join(
        "\N{REPLACEMENT CHARACTER}" if sign != "\n" and unicodedata.category(sign) in {"Cc", "Cs"} else sign
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


def bubble_text(bubble: Bubble) -> str:
    """One text for a terminal; nothing in it can move the cursor."""
    return _still(_text_bubble(bubble))


def _text_bubble(bubble: Bubble) -> str:
    lines = [row for line in _marked(bubble).splitlines() for row in textwrap.wrap(line, _ON_SCREEN) or [""]]
    return "\n  │ ".join([bubble.about, *lines, *filter(None, [bubble.appendix])])


def _marked(bubble: Bubble) -> str:
    if len(bubble.pieces) < 2:
        return bubble.pieces[0] if bubble.pieces else bubble.body
    first, *others = bubble.pieces
    return first + "".join(f"⟨{number}⟩{piece}" for number, piece in enumerate(others, 2))


def _html_pieces(pieces: tuple[str, ...]) -> str:
    """Each part after the first begins with its number, as a mark that is not selected along with the text."""
    mark = "opacity:.7;font-size:.75em;user-select:none;border-left:1px dashed;margin-left:1px;padding:0 2px"
    first, *others = map(escape, pieces)
    return first + "".join(
        f'<span style="{mark}" title="part {number} begins here">{number}</span>{piece}'
        for number, piece in enumerate(others, 2)
    )


def _text_point(point: Point) -> str:
    head = f"{point.grave.upper()} {point.where}".strip()
    lines = [f"{head}: {point.what}.", *([point.remedy] if point.remedy else [])]
    return "\n  ".join(row for line in lines for row in textwrap.wrap(_one_line(line), _WIDE) or [""])


def _html_point(point: Point) -> str:
    where = f" {escape(point.where)}" if point.where else ""
    remedy = f'<br><span style="opacity:.85">{escape(point.remedy)}</span>' if point.remedy else ""
    side = "4px double" if point.grave in {"stop", "error"} else "1px solid"
    return (
        f'<p style="margin:.5em 0;padding:0 0 0 .7em;border-left:{side} currentColor;overflow-wrap:anywhere">'
        f"<strong>{escape(point.grave.capitalize())}</strong>{where}: {escape(point.what)}.{remedy}</p>"
    )


def _html_bubble(bubble: Bubble) -> str:
    appendix = (
        f'\n<span style="opacity:.7;font-style:italic">{escape(bubble.appendix)}</span>'
        if bubble.appendix
        else ""
    )
    body = _html_pieces(bubble.pieces) if bubble.pieces else escape(bubble.body)
    return (
        f'<div><span style="opacity:.8">{escape(bubble.about)}</span></div>'
        f'<div dir="auto" style="{_BUBBLE}">{body}{appendix}</div>'
    )
