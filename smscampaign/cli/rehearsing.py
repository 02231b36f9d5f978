"""`sandbox`: a local OVHcloud look-alike as a process of its own."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer

from smscampaign.sandbox import Sandbox, serve


def sandbox(
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 takes a free one.")] = 8080,
    host: Annotated[
        str, typer.Option("--host", help="Other machines reach it only if you name another.")
    ] = "127.0.0.1",
    database: Annotated[
        Path | None, typer.Option("--database", help="Keep its state in this file; else in memory.")
    ] = None,
    credits: Annotated[float, typer.Option("--credits", min=0, help="Credits of a new account.")] = 10_000,
    accounts: Annotated[int, typer.Option("--accounts", min=1, help="How many SMS accounts there are.")] = 1,
    sender: Annotated[
        list[str] | None, typer.Option("--sender", help="A validated sender; may be repeated.")
    ] = None,
) -> None:
    """Serve a local OVHcloud look-alike until Ctrl-C. The line it prints is ready to paste as environment variables."""
    settings = Sandbox(credits=Decimal(str(credits)), accounts=accounts, senders=("Sandbox", *(sender or [])))
    serve(settings, host=host, port=port, database=database or ":memory:")
