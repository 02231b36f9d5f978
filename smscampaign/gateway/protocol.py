"""The seam between a campaign and whoever carries its messages."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from threading import Event
from typing import Protocol

from smscampaign.model import Account, Chunk, NoAnswer, Outcome, Trace

#: Which of these message ids belong to calls whose outcome is recorded: nobody has to ask about them.
Known = Callable[[Collection[int]], Collection[int]]


@dataclass(frozen=True, slots=True)
class Question:
    """Was a chunk taken that was submitted at or after `since`?

    `certain` says that the tag was used for one call with exactly these receivers, so that counting ids is enough.
    `decided` are further receivers of the call, of whom it is known already that they were taken.
    """

    chunk: Chunk
    since: datetime
    certain: bool
    decided: frozenset[str] = frozenset()


class Gateway(Protocol):
    """What a campaign needs of a carrier. Every implementation passes `tests/contract/test_gateway.py`.

    All verbs may be called from several threads at once.
    """

    def submit(self, chunk: Chunk) -> Outcome:
        """Make the call once. Never raises: what is not understood is `InDoubt`."""
        ...

    def traces(
        self, questions: Sequence[Question], *, known: Known, stop: Event
    ) -> Iterator[tuple[Question, Trace | NoAnswer]]:
        """Each question with what is known of its chunk, in any order, as the answers come. Sends nothing, never raises.

        Ends early, with questions left unanswered, once `stop` is set.
        """
        ...

    def account(self) -> Account:
        """The account that pays. Raises `GatewayProblem` when it cannot be used."""
        ...

    def rate(self, country: str) -> Decimal | None:
        """Credits for one part to a destination (`FR`), None when there is none. Raises `GatewayProblem`."""
        ...
