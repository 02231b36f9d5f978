"""`init`: a settings file to fill in, proposed from the recipients' own columns."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Annotated

import typer

from smscampaign import recipients
from smscampaign.cli import options
from smscampaign.cli.screen import note, out, plain
from smscampaign.errors import SettingsProblem
from smscampaign.settings import proposal

#: Column names that a greeting is likely to use, in the languages of OVHcloud's billing countries.
_GREETING = re.compile(
    r"first.?name|given.?name|pr[ée]nom|vorname|nombre|imi[ęe]|nome|name|nom\b", re.IGNORECASE
)


def init(
    file: options.File,
    force: Annotated[
        bool, typer.Option("--force", help="Write over settings that are there already.")
    ] = False,
) -> None:
    """Write a commented settings file beside FILE, proposed from its columns."""
    source = recipients.open_recipients(file)
    target = Path(file).with_suffix(".toml")
    if target == file:
        raise SettingsProblem(
            "these are settings, not recipients", where=str(file), remedy="Name the file with the recipients."
        )
    if target.exists() and not force:
        raise SettingsProblem(
            "there are settings already; they were left as they are",
            where=str(target),
            remedy="Edit them, or write over them with --force.",
        )
    try:
        number = source.names[recipients.number_column(source.names)]
    except SettingsProblem as problem:
        number = None
        note(problem.what)
    others = [name for name in source.names if name and name != number]
    greeting = [_variable(name) for name in others if _GREETING.search(name)]
    columns = [_variable(name) for name in others]
    try:
        target.write_text(proposal(file.stem, columns, number, greeting), "utf-8")
    except OSError as error:
        raise SettingsProblem(
            f"the settings cannot be written ({error.strerror})",
            where=str(target),
            remedy="Copy the recipients to a folder of yours.",
        ) from error
    out().print(f"Wrote {plain(str(target))}", soft_wrap=True)
    note("Fill in the message, then:", copy=f"{options.program()} run {shlex.quote(str(file))} --dry-run")


def _variable(name: str) -> str:
    # How a column is written in a template; names are matched without regard to spaces and underscores.
    return re.sub(r"\W+", "_", name).strip("_").lower()
