"""The command line: Typer for the commands, Rich for what they show, tqdm for progress. It draws, opens and passes down."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from io import TextIOWrapper


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    # SIGTERM ends it as Ctrl-C does: what is open is closed, and nothing is left behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    _open_streams()
    # What is loaded now stays: `run_app` freezes it and turns the search for garbage on again.
    gc.disable()
    # pydantic asks every package that is installed whether it extends it; nobody else is to see the settings.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    code = 2
    try:
        from smscampaign.cli.app import run_app

        code = 1  # from here on something may have been sent
        code = run_app(arguments)
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except Exception as error:
        if os.environ.get("SMSCAMPAIGN_DEBUG"):
            raise
        os.write(
            2, f"Error: smscampaign could not go on ({type(error).__name__}): too little memory?\n".encode()
        )
    _flush_streams()
    raise SystemExit(code)


def _open_streams() -> None:
    """A stream that was closed by whoever started this goes nowhere, instead of into the next file that is opened."""
    while (null := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(null)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - it lives as long as the process
        elif isinstance(stream, TextIOWrapper):
            # A terminal or a pipe that knows no arrow gets a question mark instead of a traceback.
            stream.reconfigure(errors="replace")


def _flush_streams() -> None:
    """What cannot be written is dropped: at its own end the interpreter would make an exit code of it."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            with suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


__all__ = ["main"]
