"""Command lines for the person to copy."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import typer


def command_line(ctx: typer.Context, *, without: str | tuple[str, ...] = (), extra: str = "") -> str:
    """This very command, for copying: without an option, or with one more; a journal's password is not shown."""
    from smscampaign.journal import without_secrets

    unwanted = (without,) if isinstance(without, str) else without
    words = [without_secrets(word) for word in ctx.obj if word not in unwanted]
    return " ".join([program(), shlex.join(words), *([extra] if extra else [])])


def program() -> str:
    """How the program was called, for commands to copy."""
    as_module = Path(sys.argv[0]).parts[-2:] == ("smscampaign", "__main__.py")
    return "python -m smscampaign" if as_module else "smscampaign"
