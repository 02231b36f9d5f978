"""The command line: Typer for the commands, Rich for what they show, tqdm for progress. It draws, opens and passes down."""

from __future__ import annotations

import configparser
import signal
import sys
from collections.abc import Sequence
from io import TextIOWrapper


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    # SIGTERM ends it as Ctrl-C does: what is open is closed, and nothing is left behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        from smscampaign.cli.app import run_app
    except configparser.Error as error:  # the `ovh` package reads ovh.conf when it is imported
        place = getattr(error, "source", None) or "ovh.conf"
        sys.stderr.write(
            f"Error: {place}: this is not a file of keys: it begins with a section such as [default]\n"
        )
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A terminal or a pipe that knows no arrow gets a question mark instead of a traceback.
            stream.reconfigure(errors="replace")
    raise SystemExit(run_app(arguments))


__all__ = ["main"]
