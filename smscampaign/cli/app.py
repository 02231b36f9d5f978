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
from smscampaign.cli.screen import note, show_error, show_problem
from smscampaign.errors import CampaignError
from smscampaign.sandbox import SandboxProblem
from smscampaign.version import __version__

app = typer.Typer(
    name="smscampaign",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode="rich",
    help="Bulk SMS campaigns on OVHcloud: the file right, the cost known, each person exactly one message, and proof of it.",
    epilog="Exit codes: 0 all accepted · 1 some refused, in doubt or held back · 2 nothing was done · 130 interrupted.",
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
) -> None:
    """Bulk SMS campaigns on OVHcloud: the file right, the cost known, each person exactly one message, and proof of it."""


def run_app(arguments: Sequence[str] | None = None) -> int:
    """The exit code of a command line; what stops the operator is told in one message, without a traceback."""
    line = tuple(sys.argv[1:] if arguments is None else arguments)
    try:
        outcome: Any = app(args=line, standalone_mode=False, obj=line)
    except (CampaignError, SandboxProblem) as problem:
        show_problem(problem)
        return 2
    except (typer.Abort, KeyboardInterrupt):
        note("Interrupted.")
        return 130
    except BrokenPipeError:
        # Whoever read the output has gone; what is still buffered has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        if not hasattr(error, "format_message"):
            raise
        _show_usage(error)
        return 2
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
