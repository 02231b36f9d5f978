"""The command line: Typer for the commands, Rich for what they show, tqdm for progress. It draws, opens and passes down."""

from __future__ import annotations

from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    from smscampaign.cli.app import run_app

    raise SystemExit(run_app(arguments))


__all__ = ["main"]
