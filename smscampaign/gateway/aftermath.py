"""The seams to what comes after sending; `fake` has both in memory."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from smscampaign.model import Delivery, DeliveryReceipt, NoAnswer


class Recall(Protocol):
    """What cancelling needs of a carrier: to call back what was accepted and has not left yet."""

    def waiting(self) -> frozenset[int]:
        """The ids of all accepted messages that have not left, of whomever they are. Raises `GatewayProblem`."""
        ...

    def receiver(self, message: int) -> str | None:
        """Whom a waiting message is for (E.164); None when it waits no more. Raises `GatewayProblem`."""
        ...

    def recall(self, message: int) -> bool | NoAnswer:
        """Delete a waiting message: true when it never leaves, false when it waits no more.

        Raises `GatewayProblem` when it may not be deleted, so that trying the next one is of no use.
        """
        ...

    def has_left(self, message: int) -> bool:
        """Whether a message shows among those that left. Raises `GatewayProblem`."""
        ...

    def left_since(self, since: datetime) -> frozenset[int]:
        """The ids of the account's messages made since then that show among those that left. Raises `GatewayProblem`."""
        ...


class Echo(Protocol):
    """What a first slice is judged by: receipts and STOPs. Every verb raises `GatewayProblem` when it cannot be asked."""

    def receipted(self, *, since: datetime) -> dict[Delivery, frozenset[int]]:
        """The ids of the account's messages made since then whose receipt is final, by what it says."""
        ...

    def receipt(self, message: int) -> DeliveryReceipt | None:
        """What became of one message."""
        ...

    def stops(self, numbers: Collection[str], *, since: datetime) -> frozenset[str]:
        """Which of the numbers (E.164) answered STOP since then, or were blacklisted."""
        ...
