"""`python -m smscampaign.sandbox`: a sandbox in a process of its own, without the rest of the product."""

from __future__ import annotations

import argparse
import sys
from decimal import Decimal, InvalidOperation

from smscampaign.sandbox import (
    Clock,
    Credential,
    Fault,
    Sandbox,
    SandboxProblem,
    is_loopback,
    outcomes,
    serve,
)
from smscampaign.sandbox.faults import from_file, from_text


def main(arguments: list[str] | None = None) -> int:
    """Serve until stopped; 2 when it cannot start."""
    parser = _parser()
    given = parser.parse_args(arguments)
    if not (is_loopback(given.host) or given.let_others_in):
        parser.error(f"--host {given.host} lets other machines in; say so with --let-others-in as well")
    settings = Sandbox(
        credits=given.credits,
        accounts=given.accounts,
        senders=tuple(given.sender) or Sandbox().senders,
        seed=given.seed,
        hold=not given.no_hold,
        credentials=(Credential(*given.keys),) if given.keys else (),
        start=given.clock,
        speed=given.speed,
        **given.outcomes,
    )
    faults = [*given.fault, *(fault for found in given.faults for fault in found)]
    try:
        serve(
            settings, host=given.host, port=given.port, database=given.database, faults=faults, tls=given.tls
        )
    except SandboxProblem as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m smscampaign.sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to bind (default: this machine only)")
    parser.add_argument(
        "--let-others-in", action="store_true", help="needed with a --host that other machines can reach"
    )
    parser.add_argument("--port", type=int, default=8080, help="port; 0 takes a free one (default: 8080)")
    parser.add_argument("--database", default=":memory:", help="file that keeps the state (default: memory)")
    parser.add_argument(
        "--credits", type=_credits, default=Sandbox().credits, help="credits of a new account"
    )
    parser.add_argument(
        "--keys",
        nargs=3,
        metavar=("AK", "AS", "CK"),
        help="the keys that open it (default: random, and kept in its database)",
    )
    parser.add_argument("--accounts", type=int, default=1, help="number of SMS accounts")
    parser.add_argument("--sender", action="append", default=[], help="a sender that is enabled; repeatable")
    parser.add_argument("--seed", type=int, default=1, help="seed of what is random")
    parser.add_argument(
        "--no-hold",
        action="store_true",
        help="let commercial messages leave at night, on Sundays and holidays too",
    )
    parser.add_argument("--clock", type=_date, metavar="DATE", help="set its clock: 2026-03-06T21:30+01:00")
    parser.add_argument("--speed", type=float, metavar="N", help="so many seconds pass for each real one")
    parser.add_argument(
        "--outcomes",
        type=outcomes,
        default={},
        metavar="MIX",
        help="what becomes of messages: realistic, or failed=0.03,…",
    )
    parser.add_argument(
        "--tls",
        nargs=2,
        metavar=("CERT", "KEY"),
        help="speak HTTPS with this certificate and key (PEM files)",
    )
    parser.add_argument(
        "--fault",
        type=_fault,
        action="append",
        default=[],
        metavar="FAULT",
        help="drop-after,nth=3; repeatable",
    )
    parser.add_argument(
        "--faults",
        type=_faults,
        action="append",
        default=[],
        metavar="FILE",
        help="TOML with a [[fault]] for each",
    )
    return parser


def _fault(text: str) -> Fault:
    try:
        return from_text(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _faults(path: str) -> list[Fault]:
    try:
        return from_file(path)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _date(text: str) -> str:
    try:
        Clock().parse(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date; write 2026-03-06T21:30+01:00") from None
    return text


def _credits(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of credits") from None
    if not value.is_finite() or value < 0:
        raise argparse.ArgumentTypeError("credits cannot be negative")
    return value


if __name__ == "__main__":
    sys.exit(main())
