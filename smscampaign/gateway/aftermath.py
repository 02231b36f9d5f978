"""The seams to what comes after sending, and a fake of both in memory."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from smscampaign.errors import GatewayProblem
from smscampaign.gateway.fake import FakeGateway
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


class FakeAftermath:
    """Implements `Recall` and `Echo` for what a `FakeGateway` took: everything waits until it is told to leave.

    `left`, `deleted` and `lost` are ids: lost is what neither waits nor shows among what left. `fates` are by number.
    """

    def __init__(self, gateway: FakeGateway) -> None:
        self._gateway = gateway
        self.left: set[int] = set()
        self.deleted: set[int] = set()
        self.lost: set[int] = set()
        self.fates: dict[str, Delivery] = {}
        self.stopped: set[str] = set()
        self.asked: list[int] = []
        self.answers: dict[int, NoAnswer | GatewayProblem] = {}

    def waiting(self) -> frozenset[int]:
        """All that was taken and neither left nor was deleted."""
        return frozenset(self._taken()) - self.left - self.deleted - self.lost

    def receiver(self, message: int) -> str | None:
        """Whom a waiting message is for."""
        return self._taken().get(message) if message in self.waiting() else None

    def recall(self, message: int) -> bool | NoAnswer:
        """Delete it, unless `answers` says otherwise."""
        self.asked.append(message)
        match self.answers.get(message):
            case NoAnswer() as silence:
                return silence
            case GatewayProblem() as problem:
                raise problem
        if message not in self.waiting():
            return False
        self.deleted.add(message)
        return True

    def has_left(self, message: int) -> bool:
        """Whether it is among `left`."""
        return message in self.left

    def left_since(self, since: datetime) -> frozenset[int]:
        """All of `left`."""
        return frozenset(self.left)

    def receipted(self, *, since: datetime) -> dict[Delivery, frozenset[int]]:
        """What left and has a final fate."""
        known = {one: self.fates.get(number, Delivery.WAITING) for one, number in self._taken().items()}
        final = (Delivery.DELIVERED, Delivery.FAILED)
        return {fate: frozenset(one for one in self.left if known.get(one) is fate) for fate in final}

    def receipt(self, message: int) -> DeliveryReceipt | None:
        """Its fate, once it left."""
        number = self._taken().get(message)
        if number is None or message not in self.left:
            return None
        return DeliveryReceipt(message, number, self.fates.get(number, Delivery.WAITING), None)

    def stops(self, numbers: Collection[str], *, since: datetime) -> frozenset[str]:
        """Those of the numbers that are among `stopped`."""
        return frozenset(self.stopped.intersection(numbers))

    def _taken(self) -> dict[int, str]:
        numbers = [number for chunk in list(self._gateway.taken) for number in chunk.receivers]
        return dict(enumerate(numbers, 1))
