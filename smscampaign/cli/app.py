"""All commands, and how they end."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from smscampaign.cli import (
    accounts,
    advising,
    auditing,
    cancelling,
    linting,
    options,
    rehearsing,
    running,
    scaffolding,
    standing,
    texts,
)
from smscampaign.cli.failing import failed
from smscampaign.cli.screen import note, show_error
from smscampaign.version import __version__

app = typer.Typer(
    name="smscampaign",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode="rich",
    help="Bulk SMS campaigns on OVHcloud: the file right, the cost known, each person exactly one message, and proof of it.",
    epilog="Exit codes: 0 all accepted · 1 sent in part, or in doubt · 2 nothing was sent · 130 interrupted.",
)
app.command("run")(running.run)
app.command("status")(standing.status)
app.command("reconcile")(standing.reconcile)
app.command("receipts")(standing.receipts)
app.command("lint")(linting.lint)
app.command("audit")(auditing.audit)
app.command("cancel")(cancelling.cancel)
app.command("advise")(advising.advise)
app.command("init")(scaffolding.init)
app.command("estimate")(texts.estimate)
app.command("rates")(accounts.rates)
app.command("accounts")(accounts.accounts)
app.command("senders")(accounts.senders)
app.command("jobs")(accounts.jobs)
app.command("sandbox")(rehearsing.sandbox)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"smscampaign {__version__}")
        raise typer.Exit


@app.callback()
def _all(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
    debug: Annotated[
        bool,
        typer.Option("--debug", help="Show where in the program an error came from; before the command."),
    ] = False,
) -> None:
    """Bulk SMS campaigns on OVHcloud: the file right, the cost known, each person exactly one message, and proof of it."""


def run_app(arguments: Sequence[str] | None = None) -> int:
    """The exit code of a command line; what stops the operator is told in one message, without a traceback."""
    line = tuple(sys.argv[1:] if arguments is None else arguments)
    # What is printed for copying is the command itself.
    command = line[1:] if line[:1] == ("--debug",) else line
    try:
        outcome: Any = app(args=line, standalone_mode=False, obj=command)
        sys.stdout.flush()
    except (typer.Abort, KeyboardInterrupt):
        note("Interrupted.")
        return 130
    except (Exception, SystemExit) as ending:  # noqa: BLE001 - whatever happens ends in one message
        if hasattr(ending, "format_message"):
            _show_usage(ending)
            return 2
        # Click makes a SystemExit of a pipe whose reader has gone.
        error = ending.__context__ if isinstance(ending, SystemExit) else ending
        return failed(error, debug=command is not line or bool(os.environ.get("SMSCAMPAIGN_DEBUG")))
    return outcome if isinstance(outcome, int) else 0


def _show_usage(error: Any) -> None:
    """What the command line itself got wrong: an unknown option, a missing argument."""
    if not error.format_message():
        return  # no command was named, and the help was shown
    context = error.ctx
    words = [context.info_name] if context is not None and context.parent is not None else []
    show_error(
        error.format_message().replace("Value error, ", "").rstrip("."),
        remedy=f"See: {' '.join([options.program(), *words, '--help'])}",
    )
