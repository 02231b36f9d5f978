"""Cancelling a campaign: what is pending is dropped, doubts are asked about, what OVHcloud still keeps is deleted there.

A campaign that was amended or restarted has several editions, and OVHcloud may keep messages of each: all that have begun are
called back, and every sum is over all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from threading import Event
from typing import TypeVar

from smscampaign.campaign.launch import LaunchOptions, reconcile
from smscampaign.campaign.plans import Plan
from smscampaign.campaign.progress import watched
from smscampaign.campaign.witness import Witness
from smscampaign.errors import ChangedInputs, GatewayProblem, NotConfirmed
from smscampaign.gateway.protocol import Gateway, Question
from smscampaign.journal import cancellations
from smscampaign.journal.cancellations import Cancelling, HeldMessage, RecalledMessage
from smscampaign.journal.protocol import Clock
from smscampaign.journal.store import Record
from smscampaign.journal.summaries import stored_summary
from smscampaign.model import NoAnswer, Progress, Status, Tally, Trace

T = TypeVar("T")
R = TypeVar("R")

#: How many messages are written down as being called back before the first of them is; a Ctrl-C waits for none of them.
BATCH = 64


@dataclass(frozen=True, slots=True)
class CancelPreview:
    """What cancelling would do now: messages to drop, to delete at OVHcloud, in doubt, and accepted in all.

    `unsure` are accepted ones that neither wait nor show among what left, as far as the journal knows their ids.
    """

    pending: int
    held: int
    in_doubt: int
    accepted: int
    unsure: int

    @property
    def empty(self) -> bool:
        """Whether there is nothing that could be cancelled."""
        return not (self.pending or self.held or self.in_doubt or self.unsure)


@dataclass(frozen=True, slots=True)
class Cancelled:
    """How cancelling ended: messages dropped, deleted at OVHcloud, those that left just before, and those nobody knows of.

    `unsure` are accepted and were not seen to leave; `elsewhere` are those of them that were sent from other accounts, which
    are not asked. `tally` is of the edition in force, all other numbers of all editions. `problem` says why calling back
    stopped before its end, if it did.
    """

    dropped: int
    recalled: int
    left: int
    unsure: int
    elsewhere: int
    accepted: int
    in_doubt: int
    tally: Tally
    problem: str
    interrupted: bool


def preview(plan: Plan, gateway: Gateway, *, account: str = "") -> CancelPreview:
    """What could be cancelled. Changes nothing; raises `GatewayProblem` when what waits cannot be listed."""
    waiting = gateway.echo.waiting()
    editions = _editions(plan, account)
    seen = _seen(editions, gateway)
    held = 0
    for one in editions:
        # Those a crash left half called back count too: they are to be asked about.
        ids = {each.id for each in one.book.held(waiting)} | {each.id for each in one.book.open_recalls()}
        held += 0 if one.elsewhere else len(ids)
    counts = [one.messages() for one in editions]
    unsure = sum(_unsure(one, seen) for one in editions) - held
    return CancelPreview(
        plan.tally().messages.get(Status.PENDING, 0),
        held,
        sum(one.get(Status.IN_DOUBT, 0) for one in counts),
        sum(one.get(Status.ACCEPTED, 0) for one in counts),
        max(unsure, 0),
    )


def cancel(
    plan: Plan, gateway: Gateway, options: LaunchOptions, *, confirm: str, account: str = ""
) -> Cancelled:
    """Drop what is pending, settle what is in doubt, and delete what OVHcloud still keeps. Doing it again goes on.

    Raises `NotConfirmed` unless `confirm` is the plan's code, `ChangedInputs` for another account than the campaign's, or
    when another edition took this one's place since it was asked about.
    """
    if not plan.is_confirmed_by(confirm):
        raise NotConfirmed(
            "nothing was cancelled: the confirmation does not name this plan",
            remedy="Its code is shown where it is asked for.",
        )
    with plan.store.driving():
        _refuse_replaced(plan, "nothing was cancelled")
        check_place(plan, account=account)
        _refuse_older_copy(plan, gateway, options)
        # First of all: from here on nothing more leaves, whatever becomes of the rest.
        dropped = _book(plan).drop_pending()
    before = plan.tally().messages.get(Status.CANCELLED, 0)
    reconcile(plan, gateway, options)
    with plan.store.driving():
        _refuse_replaced(plan, "what was pending was dropped, and nothing more was cancelled")
        # What turned out never to have been sent was dropped with the campaign.
        dropped += plan.tally().messages.get(Status.CANCELLED, 0) - before
        editions = _editions(plan, account)
        ending = _Ending()
        try:
            for one in editions:
                _look_for_strays(one, gateway, options.stop)
                _call_back(one, gateway, options, ending)
        except GatewayProblem as problem:
            ending.problem = str(problem)
        seen = _seen(editions, gateway)
    counts = [one.messages() for one in editions]
    return Cancelled(
        dropped=dropped,
        recalled=ending.recalled,
        left=ending.left,
        unsure=sum(_unsure(one, seen) for one in editions),
        elsewhere=sum(_unsure(one, seen) for one in editions if one.elsewhere),
        accepted=sum(one.get(Status.ACCEPTED, 0) for one in counts),
        in_doubt=sum(one.get(Status.IN_DOUBT, 0) for one in counts),
        tally=plan.tally(),
        problem=ending.problem,
        interrupted=options.stop.is_set(),
    )


def _refuse_older_copy(plan: Plan, gateway: Gateway, options: LaunchOptions) -> None:
    """An older copy would call messages cancelled that people have. Where OVHcloud cannot say so, cancelling goes on."""
    try:
        Witness(gateway, options.stop, options.tell, watch=options.watch).refuse_older_copy(plan)
    except GatewayProblem:
        options.tell(
            "OVHcloud could not be asked whether this is the journal that knows who had the campaign"
        )


@dataclass(frozen=True, slots=True)
class _Edition:
    """One edition that has begun; `elsewhere` says that it was sent from another account, which is not asked."""

    plan: Plan
    book: Cancelling
    elsewhere: bool

    def messages(self) -> dict[Status, int]:
        return dict(self.plan.tally().messages)


def _editions(plan: Plan, account: str) -> list[_Edition]:
    """All editions that have begun, before the last restart too: OVHcloud may keep messages of each."""
    begun = [one for one in plan.store.editions(plan.record.inputs.name) if one.begun_at is not None]
    found = []
    for record in begun:
        its = replace(plan, record=record, summary=stored_summary(record))
        found.append(_Edition(its, _book(its), _elsewhere(plan, record, account)))
    return found


def _elsewhere(plan: Plan, record: Record, account: str) -> bool:
    mine, its = account or plan.record.inputs.account, record.inputs.account
    return record.inputs.gateway != plan.record.inputs.gateway or bool(mine and its and mine != its)


def _refuse_replaced(plan: Plan, so_far: str) -> None:
    now = plan.store.find(plan.record.inputs.name)
    if now is None or not now.same_plan(plan.record):
        raise ChangedInputs(
            f"another edition of this campaign was begun meanwhile: {so_far}",
            where=plan.store.name,
            remedy="Run the command again: it cancels the edition that is in force now.",
        )


def _seen(editions: Sequence[_Edition], gateway: Gateway) -> frozenset[int]:
    """The ids of what left since the campaign was begun; none when that cannot be read: then nobody saw them leave."""
    begun = [one.plan.record.begun_at for one in editions if one.plan.record.begun_at and not one.elsewhere]
    if not begun:
        return frozenset()
    try:
        return gateway.echo.left(min(begun))
    except GatewayProblem:
        return frozenset()


def _unsure(one: _Edition, seen: frozenset[int]) -> int:
    """How many accepted messages nobody saw leaving."""
    return sum(call.accepted - call.left(seen) for call in one.book.out())


def _call_back(one: _Edition, gateway: Gateway, options: LaunchOptions, ending: _Ending) -> None:
    if not one.elsewhere and not options.stop.is_set():
        crew = _Crew(one.book, gateway, options.stop, options.workers)
        watched(crew.call_back(ending, after=options.settle, now=one.plan.store.clock), options.watch)


def _look_for_strays(one: _Edition, gateway: Gateway, stop: Event) -> None:
    """Of messages that are accepted and have no id in the journal, OVHcloud is asked for theirs."""
    strays = {} if one.elsewhere else {each.chunk.tag: each for each in one.book.strays()}
    questions = [Question(each.chunk, each.since, certain=False) for each in strays.values()]
    if questions:
        for question, answer in gateway.transport.traces(questions, known=one.book.known, stop=stop):
            if isinstance(answer, Trace) and answer.ids:
                one.book.learnt(strays[question.chunk.tag].id, answer.ids)


def check_place(plan: Plan, *, gateway: str = "", account: str = "") -> None:
    """Raise `ChangedInputs` when the campaign was sent elsewhere or from another account: that one knows nothing of it."""
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
    return cancellations.cancelled_at(plan.store, plan.record)


@dataclass(slots=True)
class _Ending:
    recalled: int = 0
    left: int = 0
    problem: str = ""


class _Crew:
    """A few calls at a time, each intent durable before its call."""

    def __init__(self, book: Cancelling, gateway: Gateway, stop: Event, workers: int) -> None:
        self._book = book
        self._transport = gateway.transport
        self._echo = gateway.echo
        self._stop = stop
        self._workers = workers

    def call_back(self, ending: _Ending, *, after: timedelta, now: Clock) -> Generator[Progress, None, None]:
        waiting = self._echo.waiting()
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
        self, ending: _Ending, waiting: frozenset[int], after: timedelta, now: Clock
    ) -> Iterator[Progress]:
        """Those a crash or a lost answer left half called back: they wait, they left, or they are gone for good."""
        half = [one for one in self._book.open_recalls() if one.id not in waiting]
        new: list[RecalledMessage] = []
        for number, one in enumerate(half, 1):
            if self._stop.is_set():
                return
            if self._left(one):
                self._write(ending, [one], [False])
            elif (since := one.missing or now()) and now() >= since + after:
                # Neither waiting nor left, and not for a settling time: it was deleted, and only the answer was lost.
                self._write(ending, [one], [True])
            elif one.missing is None:
                # It may have left just now, and not show yet.
                new.append(one)
            yield Progress("asking", number, len(half))
        self._book.missed(new)

    def _named(self, one: HeldMessage) -> str | None:
        return one.receiver or self._echo.receiver(one.id)

    def _recalled(self, one: RecalledMessage) -> bool | NoAnswer | GatewayProblem:
        try:
            return self._transport.recall(one.id)
        except GatewayProblem as problem:
            return problem  # what the others were told meanwhile is written down first

    def _left(self, one: RecalledMessage) -> bool:
        return self._echo.receipt(one.id) is not None

    def _write(self, ending: _Ending, intents: Sequence[RecalledMessage], answers: Sequence[object]) -> None:
        pairs = list(zip(intents, answers, strict=True))
        recalled = [one for one, answer in pairs if answer is True]
        left = [one for one, answer in pairs if answer is False and self._left(one)]
        self._book.settled(recalled, left)
        ending.recalled += len(recalled)
        ending.left += len(left)

    def _each(self, pool: ThreadPoolExecutor, ask: Callable[[T], R], ones: Sequence[T]) -> list[R | None]:
        """The answers in order, None for those that were not asked because it is time to stop."""
        return list(pool.map(lambda one: None if self._stop.is_set() else ask(one), ones))


def _book(plan: Plan) -> Cancelling:
    settings = plan.campaign.settings
    return Cancelling(plan.store, plan.record, sender=settings.sender, terms=settings.terms)
