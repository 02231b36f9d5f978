"""What the commands show: data on standard output, all else on standard error, both readable without colour."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from smscampaign.errors import CampaignError

#: Wide enough for a file or a pipe to hold a table unwrapped.
_WIDTH_OF_A_PIPE = 160


def out() -> Console:
    """Standard output, for the answer."""
    return _console(sys.stdout)


def err() -> Console:
    """Standard error, for everything that is not the answer."""
    return _console(sys.stderr)


def _console(stream: Any) -> Console:
    width = None if stream.isatty() else _WIDTH_OF_A_PIPE
    return Console(file=stream, width=width, highlight=False, soft_wrap=not stream.isatty())


def show_problem(problem: Exception) -> None:
    """An error as a person in a hurry reads it: what is wrong, where, what to do."""
    console = err()
    if not isinstance(problem, CampaignError):
        console.print(f"[bold red]Error:[/] {escape(str(problem))}")
        return
    place = f"{escape(problem.where)}: " if problem.where else ""
    console.print(f"[bold red]Error:[/] {place}{escape(problem.what)}")
    if problem.remedy:
        console.print(f"  → {escape(problem.remedy)}")


def note(text: str) -> None:
    """A remark beside the answer."""
    err().print(escape(text))


def warn(text: str) -> None:
    """Something a person should know before going on."""
    err().print(f"[yellow]Note:[/] {escape(text)}")


def table(
    heads: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    console: Console,
    title: str = "",
    numeric: Iterable[str] = (),
) -> None:
    """A table of plain cells; the columns in `numeric` stand right."""
    grid = Table(title=title or None, title_justify="left", box=None, pad_edge=False, header_style="bold")
    right = set(numeric)
    for head in heads:
        grid.add_column(head, justify="right" if head in right else "left", overflow="fold")
    for row in rows:
        grid.add_row(*(escape(str(cell)) for cell in row))
    console.print(grid)


def print_json(value: Any) -> None:
    """One JSON document on standard output."""
    json.dump(value, sys.stdout, default=_plain, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")


def records(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> list[Mapping[str, object]]:
    """Rows as JSON objects."""
    return [dict(zip(heads, row, strict=True)) for row in rows]


def count(number: int, noun: str) -> str:
    """`1 message`, `1 204 messages`."""
    return f"{thousands(number)} {noun}" if number == 1 else f"{thousands(number)} {noun}s"


def thousands(number: int | Decimal) -> str:
    """With a narrow space between thousands, as both English and French readers take it."""
    return f"{number:,}".replace(",", " ")


def duration(minutes: float) -> str:
    """`40 s`, `12 min`, `2 h 47`."""
    if minutes < 1:
        return f"{round(minutes * 60)} s"
    whole = round(minutes)
    return f"{whole} min" if whole < 60 else f"{whole // 60} h {whole % 60:02d}"


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return str(value)
