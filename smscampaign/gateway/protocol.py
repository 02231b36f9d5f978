"""The seam between a campaign and whoever carries its messages."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Protocol

from smscampaign.model import Account, Chunk, NoAnswer, Outcome, Trace


class Gateway(Protocol):
    """What a campaign needs of a carrier. Every implementation passes `tests/contract/test_gateway.py`.

    All verbs may be called from several threads at once.
    """

    def submit(self, chunk: Chunk) -> Outcome:
        """Make the call once. Never raises: what is not understood is `InDoubt`."""
        ...

    def trace(self, chunk: Chunk, *, since: datetime, certain: bool) -> Trace | NoAnswer:
        """Ask for what is known of a chunk that was submitted at or after `since`. Sends nothing, never raises.

        `certain` says that the tag was used for one call with exactly these receivers, so that counting ids is enough.
        """
        ...

    def account(self) -> Account:
        """The account that pays. Raises `GatewayProblem` when it cannot be used."""
        ...

    def rate(self, country: str) -> Decimal | None:
        """Credits for one part to a destination (`FR`), None when there is none. Raises `GatewayProblem`."""
        ...
