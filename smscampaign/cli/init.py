"""`init`: a settings file to fill in, proposed from the recipients' own columns."""

from __future__ import annotations

from typing import Annotated

import typer

from smscampaign.campaign.proposals import write_proposal
from smscampaign.cli import commands, options
from smscampaign.cli.screen import facts, note, out, plain
from smscampaign.errors import for_shell
from smscampaign.translation import told


@options.with_settings("file.encoding", "file.delimiter", "file.sheet", "file.header_row", only=True)
def init(
    ctx: typer.Context,
    file: options.File,
    force: Annotated[
        bool, typer.Option("--force", help="Write over settings that are there already.")
    ] = False,
) -> None:
    """Write a commented settings file beside FILE, proposed from its columns."""
    given, places = options.asked_settings(ctx.params)
    made = write_proposal(file, given, places, force=force)
    out().print(plain(told(f"Wrote {made.settings}")), soft_wrap=True)
    facts(out(), made.told)
    note(
        f"Open it in a text editor and fill in {_and(made.open_ones)}, then:",
        copy=f"{commands.program()} run {for_shell(file)} --dry-run",
    )


def _and(words: tuple[str, ...]) -> str:
    *others, last = map(told, words)
    return f"{', '.join(others)} {told('and')} {last}" if others else last
