"""Cancelling a campaign: what is pending is dropped, doubts are asked about, what OVHcloud still keeps is deleted there."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from threading import Event
from typing import TYPE_CHECKING, TypeVar

from smscampaign import journal
from smscampaign.campaign.watching import watched
from smscampaign.errors import ChangedInputs, GatewayProblem, JournalProblem, NotConfirmed
from smscampaign.gateway import Gateway, Recall
from smscampaign.journal import Cancelling, Held, Recalling
from smscampaign.model import NoAnswer, Progress, Status, Tally

if TYPE_CHECKING:
    from smscampaign.campaign.delivering import Conduct
    from smscampaign.campaign.plans import Plan

T = TypeVar("T")
R = TypeVar("R")

#: How many messages are written down as being called back before the first of them is; a Ctrl-C waits for none of them.
BATCH = 64


@dataclass(frozen=True, slots=True)
class Outlook:
    """What cancelling would do now: messages to drop, to delete at OVHcloud, in doubt, and accepted in all."""

    pending: int
    held: int
    in_doubt: int
    accepted: int

    @property
    def empty(self) -> bool:
        """Whether there is nothing that could be cancelled."""
        return not (self.pending or self.held or self.in_doubt)


@dataclass(frozen=True, slots=True)
class Cancelled:
    """How cancelling ended: messages dropped, deleted at OVHcloud, those that left just before, and those nobody knows of.

    `problem` says why calling back stopped before its end, if it did.
    """

    dropped: int
    recalled: int
    left: int
    unsure: int
    tally: Tally
    problem: str
    interrupted: bool


def outlook(plan: Plan, recall: Recall) -> Outlook:
    """What could be cancelled. Changes nothing; raises `GatewayProblem`."""
    book, messages = _book(plan), plan.tally().messages
    # Those a crash left half called back count too: they are to be asked about.
    ids = {held.id for held in book.held(recall.waiting())} | {one.id for one in book.open_recalls()}
    return Outlook(
        messages.get(Status.PENDING, 0),
        len(ids),
        messages.get(Status.IN_DOUBT, 0),
        messages.get(Status.ACCEPTED, 0),
    )


def cancel(
    plan: Plan, gateway: Gateway, recall: Recall, conduct: Conduct, *, confirm: str, account: str = ""
) -> Cancelled:
    """Drop what is pending, settle what is in doubt, and delete what OVHcloud still keeps. Doing it again goes on.

    Raises `NotConfirmed` unless `confirm` is the plan's code, `ChangedInputs` for another account than the campaign's.
    """
    if confirm.strip().upper() != plan.code:
        raise NotConfirmed(
            "nothing was cancelled: the confirmation does not name this plan",
            remedy=f"Its code is {plan.code}.",
        )
    with plan.store.driving():
        check_place(plan, account=account)
        book = _book(plan)
        # First of all: from here on nothing more leaves, whatever becomes of the rest.
        dropped = book.drop_pending()
    plan.reconcile(gateway, conduct)
    with plan.store.driving():
        if plan.tally().messages.get(Status.PENDING):
            dropped += book.drop_pending()  # what turned out never to have been sent
        ending = _Ending()
        crew = _Crew(book, recall, conduct.stop, conduct.workers)
        try:
            watched(crew.call_back(ending, after=conduct.settle, now=plan.store.clock), conduct.watch)
        except GatewayProblem as problem:
            ending.problem = str(problem)
    return Cancelled(
        dropped=dropped,
        recalled=ending.recalled,
        left=ending.left,
        unsure=len(book.open_recalls()),
        tally=plan.tally(),
        problem=ending.problem,
        interrupted=conduct.stop.is_set(),
    )


def check_place(plan: Plan, *, gateway: str = "", account: str = "") -> None:
    """Raise `ChangedInputs` when the campaign was sent elsewhere or from another account: only that can call it back."""
    begun = plan.record.inputs
    if gateway and gateway != begun.gateway:
        raise ChangedInputs(
            f"this campaign was sent by {begun.gateway}, and {gateway} knows nothing of it",
            where="OVH_ENDPOINT",
            remedy="Set the endpoint and the keys it was sent with.",
        )
    if account and begun.account not in {"", account}:
        raise ChangedInputs(
            f"this campaign has begun from the account {begun.account}, and {account} knows nothing of what it sent",
            remedy=f"Add --account {begun.account}.",
        )


def cancelled_at(plan: Plan) -> datetime | None:
    """When the campaign was cancelled; None when it was not."""
    return journal.cancelled_at(plan.store, plan.record)


def refuse_cancelled(plan: Plan) -> None:
    """Raise `JournalProblem` when the campaign was cancelled: it is never resumed."""
    moment = cancelled_at(plan)
    if moment is not None:
        raise JournalProblem(
            f"this campaign was cancelled on {moment:%Y-%m-%d %H:%M} UTC; nothing is sent",
            where=plan.store.name,
            remedy="It stays cancelled. `smscampaign status` shows what had left before.",
        )


@dataclass(slots=True)
class _Ending:
    recalled: int = 0
    left: int = 0
    problem: str = ""


class _Crew:
    """A few calls at a time, each intent durable before its call."""

    def __init__(self, book: Cancelling, recall: Recall, stop: Event, workers: int) -> None:
        self._book = book
        self._recall = recall
        self._stop = stop
        self._workers = workers

    def call_back(
        self, ending: _Ending, *, after: timedelta, now: journal.Clock
    ) -> Generator[Progress, None, None]:
        waiting = self._recall.waiting()
        mine = list(self._book.held(waiting))
        total, done = len(mine), 0
        with ThreadPoolExecutor(self._workers, thread_name_prefix="sms") as pool:
            yield from self._ask_again(ending, waiting, after, now)
            batches = iter(mine)
            while (some := list(islice(batches, BATCH))) and not self._stop.is_set():
                named = self._each(pool, self._named, some)
                intents = self._book.intend([(one, who) for one, who in zip(some, named, strict=True) if who])
                answers = self._each(pool, self._recalled, intents)
                self._write(ending, intents, answers)
                if problem := next((one for one in answers if isinstance(one, GatewayProblem)), None):
                    raise problem
                done += len(some)
                yield Progress("recalling", done, total)

    def _ask_again(
        self, ending: _Ending, waiting: frozenset[int], after: timedelta, now: journal.Clock
    ) -> Iterator[Progress]:
        """Those a crash or a lost answer left half called back: they wait, they left, or they are gone for good."""
        half = [one for one in self._book.open_recalls() if one.id not in waiting]
        for number, one in enumerate(half, 1):
            if self._stop.is_set():
                return
            if self._recall.has_left(one.id):
                self._write(ending, [one], [False])
            elif now() >= one.since + after:
                # Neither waiting nor left after its time: it was deleted, and only the answer was lost.
                self._write(ending, [one], [True])
            yield Progress("asking", number, len(half))

    def _named(self, one: Held) -> str | None:
        return one.receiver or self._recall.receiver(one.id)

    def _recalled(self, one: Recalling) -> bool | NoAnswer | GatewayProblem:
        try:
            return self._recall.recall(one.id)
        except GatewayProblem as problem:
            return problem  # what the others were told meanwhile is written down first

    def _write(self, ending: _Ending, intents: Sequence[Recalling], answers: Sequence[object]) -> None:
        pairs = list(zip(intents, answers, strict=True))
        recalled = [one for one, answer in pairs if answer is True]
        left = [one for one, answer in pairs if answer is False and self._recall.has_left(one.id)]
        self._book.settled(recalled, left)
        ending.recalled += len(recalled)
        ending.left += len(left)

    def _each(self, pool: ThreadPoolExecutor, ask: Callable[[T], R], ones: Sequence[T]) -> list[R | None]:
        """The answers in order, None for those that were not asked because it is time to stop."""
        return list(pool.map(lambda one: None if self._stop.is_set() else ask(one), ones))


def _book(plan: Plan) -> Cancelling:
    settings = plan.campaign.settings
    return Cancelling(plan.store, plan.record, sender=settings.sender, terms=settings.terms)
