"""All commands, and how they end."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from smscampaign.cli import accounts, rehearsing, running, scaffolding, standing, texts
from smscampaign.cli.screen import show_problem
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
    try:
        outcome: Any = app(args=arguments, standalone_mode=False)
    except (CampaignError, SandboxProblem) as problem:
        show_problem(problem)
        return 2
    except typer.Abort:
        return 130
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except Exception as error:
        if not hasattr(error, "show") or not hasattr(error, "exit_code"):
            raise
        error.show()  # what the command line itself got wrong: an unknown option, a missing argument
        return 2
    return outcome if isinstance(outcome, int) else 0
