"""`sandbox`: a local OVHcloud look-alike as a process of its own."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import typer

from smscampaign.errors import SettingsProblem
from smscampaign.sandbox import (
    Clock,
    Credential,
    Sandbox,
    faults_from_file,
    faults_from_text,
    is_loopback,
    outcomes,
    serve,
)

_TIME, _MISCHIEF, _NET = "Its time", "Its behaviour", "Who reaches it"


Port = Annotated[int, typer.Option("--port", min=0, max=65535, help="0 takes a free one.")]
Database = Annotated[
    Path | None, typer.Option("--database", help="Keep its state in this file; else in memory.")
]
Credits = Annotated[float, typer.Option("--credits", min=0, help="Credits of a new account.")]
Accounts = Annotated[int, typer.Option("--accounts", min=1, help="How many SMS accounts there are.")]
Senders = Annotated[list[str] | None, typer.Option("--sender", help="A validated sender; may be repeated.")]
Start = Annotated[
    str | None, typer.Option("--clock", help="Set its clock: 2026-03-06T21:30+01:00.", rich_help_panel=_TIME)
]
Speed = Annotated[
    float | None,
    typer.Option("--speed", min=0, help="Seconds that pass for each real one.", rich_help_panel=_TIME),
]
NoHold = Annotated[
    bool,
    typer.Option(
        "--no-hold", help="Commercial messages leave at night and on holidays too.", rich_help_panel=_TIME
    ),
]
Mix = Annotated[
    str | None,
    typer.Option(
        "--outcomes", help="What becomes of messages: realistic, or failed=0.03,…", rich_help_panel=_MISCHIEF
    ),
]
Wrong = Annotated[
    list[str] | None,
    typer.Option("--fault", help="Go wrong: drop-after,nth=3; may be repeated.", rich_help_panel=_MISCHIEF),
]
WrongFiles = Annotated[
    list[Path] | None,
    typer.Option("--faults", help="A TOML file with a table `fault` for each.", rich_help_panel=_MISCHIEF),
]
Seed = Annotated[int, typer.Option("--seed", help="Of what is random.", rich_help_panel=_MISCHIEF)]
Host = Annotated[str, typer.Option("--host", help="The address to serve on.", rich_help_panel=_NET)]
LetIn = Annotated[
    bool,
    typer.Option("--let-others-in", help="Needed with a --host that others reach.", rich_help_panel=_NET),
]
KeysThere = Annotated[
    tuple[str, str, str] | None,
    typer.Option(
        "--keys",
        help="Application key, secret and consumer key; else random, kept in its database.",
        metavar="AK AS CK",
        rich_help_panel=_NET,
    ),
]
Tls = Annotated[
    tuple[Path, Path] | None,
    typer.Option("--tls", help="Speak HTTPS: the files of a certificate and its key.", rich_help_panel=_NET),
]


def sandbox(
    port: Port = 8080,
    database: Database = None,
    credits: Credits = 10_000,
    accounts: Accounts = 1,
    sender: Senders = None,
    clock: Start = None,
    speed: Speed = None,
    no_hold: NoHold = False,
    mix: Mix = None,
    fault: Wrong = None,
    faults: WrongFiles = None,
    seed: Seed = 1,
    host: Host = "127.0.0.1",
    let_others_in: LetIn = False,
    keys: KeysThere = None,
    tls: Tls = None,
) -> None:
    """Serve a local OVHcloud look-alike until Ctrl-C. Its first line is to be pasted into the shell that is to use it."""
    if not (let_others_in or is_loopback(host)):
        raise SettingsProblem(
            f"--host {host} lets other machines in",
            remedy="Say so with --let-others-in as well, or leave --host out.",
        )
    settings = Sandbox(
        credits=Decimal(str(credits)),
        accounts=accounts,
        senders=("Sandbox", *(sender or [])),
        seed=seed,
        hold=not no_hold,
        credentials=(Credential(*keys),) if keys else (),
        start=_said("--clock", _date, clock) if clock else None,
        speed=speed,
        **(_said("--outcomes", outcomes, mix) if mix else {}),
    )
    wrong = [_said("--fault", faults_from_text, one) for one in fault or []]
    for path in faults or []:
        wrong += _said("--faults", faults_from_file, path)
    certificate = (str(tls[0]), str(tls[1])) if tls else None
    serve(settings, host=host, port=port, database=database or ":memory:", faults=wrong, tls=certificate)


def _said(option: str, read: Any, value: object) -> Any:
    try:
        return read(value)
    except ValueError as error:
        raise SettingsProblem(str(error), where=option) from None


def _date(text: str) -> str:
    try:
        Clock().parse(text)
    except ValueError:
        raise ValueError(f"{text!r} is no date; write 2026-03-06T21:30+01:00") from None
    return text
