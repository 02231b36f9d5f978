"""The seam between a campaign and whoever carries its messages."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from threading import Event
from typing import Protocol

from smscampaign.errors import GatewayProblem
from smscampaign.model import (
    Account,
    Chunk,
    Delivery,
    DeliveryReceipt,
    NoAnswer,
    Outcome,
    Progress,
    Terms,
    Trace,
)

#: Which of these message ids belong to calls whose outcome is recorded: nobody has to ask about them.
Known = Callable[[Collection[int]], Collection[int]]

#: Before OVHcloud sent any message: what it has may be older than a journal.
EVER = datetime(2000, 1, 1, tzinfo=UTC)


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


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a call that takes several: what is about to be done, or was done, with what is needed to go on from there."""

    name: str
    facts: Mapping[str, str] = field(default_factory=dict)


#: What OVHcloud adds to a commercial message: a line with STOP and a short number.
STOP = re.compile(r" ?STOP \w{4,6}", re.IGNORECASE)


def words(text: str) -> str:
    """A text without regard to how its words are parted: nobody says what OVHcloud does to line ends and edges."""
    return " ".join(text.split())


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that left: to whom (E.164), under which tag, empty where it has none, its text as it is shown, and when
    it was created.
    """

    id: int
    number: str
    tag: str
    text: str
    at: datetime

    def says(self, body: str) -> bool:
        """Whether it is this text, with or without what is added to a commercial one."""
        whole = words(body)
        rest = words(self.text).removeprefix(whole)
        return words(self.text).startswith(whole) and (not rest or STOP.fullmatch(rest) is not None)


class Transport(Protocol):
    """One way to have messages taken. Every implementation passes `tests/contract/test_transport.py`.

    All verbs may be called from several threads at once.
    """

    @property
    def name(self) -> str:
        """What the journal and people call it."""
        ...

    @property
    def size(self) -> int:
        """Messages in one call at most."""
        ...

    @property
    def mixed_texts(self) -> bool:
        """Whether one call may carry several texts."""
        ...

    def why_not(self, body: str, terms: Terms) -> str | None:
        """Why it cannot carry this text in this way; None when it can."""
        ...

    def steps(self, chunk: Chunk, done: Sequence[Step]) -> Iterator[Step | Outcome]:
        """Make the call once, step by step. Never raises: what is not understood is `InDoubt`.

        What comes last is its outcome. A step is durable in the journal before the next is asked for. `done` are the steps
        of earlier tries of this call, in their order.
        """
        ...

    def traces(
        self, questions: Sequence[Question], *, known: Known, stop: Event
    ) -> Iterator[tuple[Question, Trace | NoAnswer]]:
        """Each question with what is known of its chunk, in any order, as the answers come. Sends nothing, never raises.

        Ends early, with questions left unanswered, once `stop` is set.
        """
        ...

    def recall(self, message: int) -> bool | NoAnswer:
        """Delete an accepted message that waits: true when it never leaves, false when it waits no more.

        Raises `GatewayProblem` when it may not be deleted, so that trying the next one is of no use.
        """
        ...


class Echo(Protocol):
    """What is heard of messages that were accepted. Every implementation passes `tests/contract/test_echo.py`.

    Messages are named by the ids that they were accepted with. Every verb raises `GatewayProblem` when it cannot be asked.
    """

    def waiting(self) -> frozenset[int]:
        """The ids of all messages of the account that have not left."""
        ...

    def receiver(self, message: int) -> str | None:
        """Whom a waiting message is for (E.164); None when it waits no more."""
        ...

    def left(self, since: datetime, receipt: Delivery | None = None) -> frozenset[int]:
        """The ids of the account's messages made since then that left: all of them, or those with that final receipt."""
        ...

    def receipt(self, message: int) -> DeliveryReceipt | None:
        """What became of a message that left; None when it does not show there."""
        ...

    def sent(self, message: int) -> Sent | None:
        """A message that left; None when it does not show there."""
        ...

    def messages(
        self,
        numbers: Collection[str],
        tags: tuple[str, ...],
        *,
        known: Known = lambda _: (),
        most: int | None = None,
        stop: Event,
        watch: Callable[[Progress], object] = lambda _: None,
    ) -> dict[str, list[Sent]] | NoAnswer:
        """What left to each of these numbers (E.164) under tags that begin with one of these, but for ids that are `known`.

        With `most` only the newest are looked at, so many in all, and nothing where there are more numbers and more messages.
        Never raises; a `stop` is no answer.
        """
        ...

    def stops(self, numbers: Collection[str], *, since: datetime) -> frozenset[str]:
        """Which of the numbers (E.164) answered STOP since then, or were blacklisted."""
        ...


class Gateway(Protocol):
    """What a campaign needs of a carrier. Every implementation passes `tests/contract/test_gateway.py`.

    All verbs may be called from several threads at once.
    """

    @property
    def transport(self) -> Transport:
        """How its messages are taken."""
        ...

    @property
    def echo(self) -> Echo:
        """What is heard of them afterwards."""
        ...

    @property
    def ahead(self) -> timedelta:
        """How far its clock is ahead of this computer's, as it said last; nothing before it was asked for anything."""
        ...

    def account(self) -> Account:
        """The account that pays. Raises `GatewayProblem` when it cannot be used."""
        ...

    def rate(self, country: str) -> Decimal | None:
        """Credits for one part to a destination (`FR`), None when there is none. Raises `GatewayProblem`."""
        ...


#: What is answered alike however often it is asked: a right is missing, or there is no such thing.
_FOR_GOOD = frozenset({"NOT_GRANTED_CALL", "403", "404"})


def unheard(problem: GatewayProblem) -> NoAnswer:
    """That something could not be asked about, and whether it may be later."""
    return NoAnswer(reason_of(problem), later=problem.code not in _FOR_GOOD)


def reason_of(problem: GatewayProblem) -> str:
    """Why something could not be looked up; of a right that is missing, which one."""
    if not problem.lacks_right:
        return problem.what
    method, _, path = problem.where.partition(" ")
    pieces = path.split("/")
    if pieces[1:2] == ["sms"] and len(pieces) > 2:
        pieces[2] = "*"
    if pieces[1:3] == ["me", "document"]:
        pieces[3:] = ["*"] * len(pieces[3:])
    general = ["*" if piece.isdecimal() else piece for piece in pieces]
    return f"the keys lack the right {method} {'/'.join(general)} (NOT_GRANTED_CALL)"
