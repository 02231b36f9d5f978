"""`python -m smscampaign.sandbox`: a sandbox in a process of its own, without the rest of the product."""

from __future__ import annotations

import argparse
import sys
from decimal import Decimal, InvalidOperation

from smscampaign.sandbox import Sandbox, SandboxProblem, serve


def main(arguments: list[str] | None = None) -> int:
    """Serve until stopped; 2 when it cannot start."""
    given = _parser().parse_args(arguments)
    settings = Sandbox(
        credits=given.credits,
        accounts=given.accounts,
        senders=tuple(given.sender) or Sandbox().senders,
        seed=given.seed,
    )
    try:
        serve(settings, host=given.host, port=given.port, database=given.database)
    except SandboxProblem as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m smscampaign.sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to bind (default: this machine only)")
    parser.add_argument("--port", type=int, default=8080, help="port; 0 takes a free one (default: 8080)")
    parser.add_argument("--database", default=":memory:", help="file that keeps the state (default: memory)")
    parser.add_argument(
        "--credits", type=_credits, default=Sandbox().credits, help="credits of a new account"
    )
    parser.add_argument("--accounts", type=int, default=1, help="number of SMS accounts")
    parser.add_argument("--sender", action="append", default=[], help="a sender that is enabled; repeatable")
    parser.add_argument("--seed", type=int, default=1, help="seed of what is random")
    return parser


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
