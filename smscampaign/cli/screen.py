"""What the commands show: data on standard output, all else on standard error, both readable without colour."""

from __future__ import annotations

import json
import os
import sys
import textwrap
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from rich.cells import cell_len
from rich.console import Console, JustifyMethod
from rich.markup import escape
from rich.table import Table

from smscampaign.cli.commands import program
from smscampaign.drawing import discreet
from smscampaign.names import printable
from smscampaign.translation import told

#: Wide enough for a file or a pipe to hold a table unwrapped, unless COLUMNS asks for less.
_WIDTH_OF_A_PIPE = 160

#: Columns between two columns of a table, and the least that the one that gives way keeps.
GAP, LEAST = 2, 16


def out() -> Console:
    """Standard output, for the answer."""
    return _console(sys.stdout)


def err() -> Console:
    """Standard error, for everything that is not the answer."""
    return _console(sys.stderr)


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Rich calls it while it handles the error, and would end the process with a code of its own."""
        raise BrokenPipeError


def _console(stream: Any) -> Console:
    piped, asked = not stream.isatty(), os.environ.get("COLUMNS", "")
    asked_for = int(asked) if asked.isdecimal() and int(asked) else None
    width = (asked_for or _WIDTH_OF_A_PIPE) if piped else None
    return _Console(
        file=stream, width=width, highlight=False, emoji=False, soft_wrap=piped and asked_for is None
    )


def show_error(what: str, *, where: str = "", remedy: str = "", command: str = "") -> None:
    """An error as a person in a hurry reads it: what is wrong, where, what to do.

    Lines of the remedy after its first, and the command, are to be copied and never broken, unless they are sentences.
    """
    console = err()
    place = f"{plain(discreet(told(where)))}: " if where else ""
    console.print(f"[bold red]{told('Error:')}[/] {place}{plain(discreet(told(what)))}")
    first, *others = as_called(told(remedy)).splitlines() or [""]
    hang(console, "  → ", discreet(first))
    for line in [*others, *filter(None, [command])]:
        if line.endswith("."):
            hang(console, "    ", line, ours=False)
        else:
            console.print(f"    {plain(line)}", soft_wrap=True)


def hang(console: Console, mark: str, text: str, *, ours: bool = True) -> None:
    """A paragraph after a mark: Rich would begin what it wraps at the edge again. Not `ours` is shown as it stands."""
    text = told(text) if ours else text
    whole = [text] if text and console.soft_wrap else []
    room = max(console.width - len(mark), LEAST)
    for line in whole or textwrap.wrap(_visible(text), room, break_long_words=False, break_on_hyphens=False):
        console.print(f"{mark}{plain(line)}")
        mark = " " * len(mark)


def note(text: str, *, copy: str = "") -> None:
    """A remark beside the answer; `copy` is a command or a path, on a line of its own that is never broken."""
    console = err()
    console.print(plain(as_called(told(text))))
    if copy:
        console.print(f"  {plain(copy)}", soft_wrap=True)


def warn(text: str) -> None:
    """Something a person should know before going on."""
    err().print(f"[yellow]{told('Note:')}[/] {plain(discreet(as_called(told(text))))}")


def found(severity: str, text: str, remedy: str) -> None:
    """What the linter found, by its severity, and what to do: an error is none of the program's, and ends nothing."""
    colour = "bold red" if severity == "error" else "yellow"
    heading = told(f"Found ({severity}):")
    err().print(f"[{colour}]{plain(heading)}[/] {plain(discreet(as_called(told(text))))}")
    hang(err(), "  → ", discreet(as_called(told(remedy))))


def plain(text: str) -> str:
    """Text that is shown as it stands: no markup, and nothing that moves the cursor or changes the colour."""
    return escape(_visible(text))


def _visible(text: str) -> str:
    return "".join(
        "\N{REPLACEMENT CHARACTER}" if sign != "\n" and unicodedata.category(sign) == "Cc" else sign
        for sign in printable(text)
    )


def facts(console: Console, pairs: Iterable[tuple[str, str]]) -> None:
    """Names with what they stand for, the latter aligned."""
    grid = Table(box=None, pad_edge=False, show_header=False)
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in pairs:
        grid.add_row(plain(told(name)), plain(told(value)))
    console.print(grid)


def table(
    heads: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    console: Console,
    numeric: Iterable[str] = (),
    cut: str = "",
) -> None:
    """A table of plain cells; the columns in `numeric` stand right.

    What does not fit is cut in the column `cut`, and else goes to further lines, in whichever column is the widest.
    """
    heads, numeric, cut = [told(one) for one in heads], [told(one) for one in numeric], told(cut)
    lines = [[_on_one_line(_visible(str(cell))) for cell in row] for row in rows]
    widths = [max(cell_len(line[at]) for line in [list(heads), *lines]) for at in range(len(heads))]
    room = console.width - GAP * (len(heads) - 1)
    while sum(widths) > room:
        # Columns that are narrow stay as they are: neither a number nor a heading is broken.
        first = heads.index(cut) if cut and widths[heads.index(cut)] > LEAST else widths.index(max(widths))
        if widths[first] <= LEAST:
            break
        widths[first] -= 1
    grid = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="bold")
    for at, head in enumerate(heads):
        justify: JustifyMethod = "right" if head in set(numeric) else "left"
        grid.add_column(head, justify=justify, width=widths[at], overflow="fold")
    for line in lines:
        if cut:
            line[heads.index(cut)] = shorten(line[heads.index(cut)], widths[heads.index(cut)])
        grid.add_row(*map(plain, line))
    console.print(grid)


def shorten(text: str, width: int) -> str:
    """A text on one line of at most `width` columns of a terminal."""
    line = _on_one_line(text)
    if cell_len(line) <= width:
        return line
    room = width
    for end, sign in enumerate(line):
        room -= cell_len(sign)
        if room <= 0:
            return f"{line[:end]}…"
    return line


@dataclass(slots=True)
class Answer:
    """Whether the command's one JSON document was printed."""

    given: bool = False


ANSWER = Answer()


def print_json(value: Any) -> None:
    """One JSON document on standard output."""
    ANSWER.given = True
    unicode = (sys.stdout.encoding or "").lower().startswith("utf")
    text = json.dumps(value, default=_number_or_text, ensure_ascii=not unicode, indent=2)
    if printable(text) != text:  # a file's name that is no UTF-8, which Python reads back from its escapes
        text = json.dumps(value, default=_number_or_text, indent=2)
    sys.stdout.write(f"{text}\n")


def records(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> list[Mapping[str, object]]:
    """Rows as JSON objects."""
    return [dict(zip(heads, row, strict=True)) for row in rows]


def count(number: int | Decimal, noun: str) -> str:
    """`1 message`, `1 204 messages`."""
    return f"{thousands(number)} {noun}" if number == 1 else f"{thousands(number)} {noun}s"


def thousands(number: int | Decimal) -> str:
    """With a space between thousands, as both English and French readers take it."""
    return f"{number:,}".replace(",", " ")


def as_called(text: str) -> str:
    """A remark whose commands, which stand in backquotes, are named as this program was called."""
    return text.replace("`smscampaign ", f"`{program()} ") if "`smscampaign " in text else text


def _on_one_line(text: str) -> str:
    return " ⏎ ".join(text.splitlines())


def _number_or_text(value: object) -> object:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return str(value)
