"""What people answered to a campaign: asked of the account, matched to its messages, kept in its journal."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event
from typing import NamedTuple, Protocol

from smscampaign.campaign.answering import Sent, match_of, over_at, sent_by
from smscampaign.campaign.plans import Plan
from smscampaign.campaign.repeats import beside, kind_of_gateway
from smscampaign.errors import GatewayProblem, JournalProblem
from smscampaign.journal import comparison, neighbours, replies
from smscampaign.journal.replies import BLOCK, Counts, Reply
from smscampaign.journal.store import Journal, Record
from smscampaign.model import Progress
from smscampaign.receipts.following import waiting
from smscampaign.receipts.looking import passing
from smscampaign.responses import Incoming
from smscampaign.stopwords import Stop, stop_of

#: Seconds between the first two looks, how much longer each pause is than the one before, and the longest.
FIRST, GROWTH, LONGEST = 60.0, 2.0, 3600.0

#: Up to so many new answers are read one by one: an export takes about as many calls, and a minute.
FEW = 10


class Inbox(Protocol):
    """What is asked of an account; `gateway.incoming.OvhIncoming` answers it. Each verb raises `GatewayProblem`."""

    def ids(self, since: datetime) -> frozenset[int]:
        """The answers since then."""
        ...

    def read(self, ids: frozenset[int], since: datetime, *, few: int, stop: Event) -> Iterator[Incoming]:
        """These answers: few one by one."""
        ...


class Heard(NamedTuple):
    """How it stands when it ends: `over` when nobody can answer any more, `problem` is why not all could be asked."""

    counts: Counts
    over: bool
    problem: GatewayProblem | None = None
    interrupted: bool = False


def editions_of(store: Journal, name: str) -> list[Record]:
    """The editions of a campaign that have begun: nights and amendments too."""
    return [one for one in store.editions(name) if one.begun_at]


@dataclass(slots=True)
class Listening:
    """A campaign and who is asked about it. `sleep` answers whether the wait was cut short."""

    plan: Plan
    inbox: Inbox
    stop: Event
    sleep: Callable[[float], bool]
    #: Answers that were looked at and are not to this campaign: they are not read again while it listens.
    _others: set[int] = field(default_factory=set)

    @property
    def editions(self) -> list[Record]:
        """What has begun of it."""
        return editions_of(self.plan.store, self.plan.record.inputs.name)

    def look(self) -> Generator[Progress, None, int]:
        """Ask for all answers that are not known, and keep those to it; says how many.

        Raises `GatewayProblem`; what came before is kept.
        """
        store, editions, new = self.plan.store, self.editions, 0
        since = min(one.begun_at for one in editions if one.begun_at)
        fresh = self.inbox.ids(since) - replies.known(store, editions) - self._others
        answers = self.inbox.read(fresh, since, few=FEW, stop=self.stop) if fresh else iter(())
        done = 0
        for block in _blocks(one for one in answers if one.id in fresh):
            found = matched(self.plan, editions, block)
            with store.driving(together=True):
                new += replies.keep(store, found)
            self._others |= {one.id for one in block} - {one.id for one in found}
            done += len(block)
            yield Progress("listening", done, len(fresh))
        return new

    def over(self) -> bool:
        """Whether nobody can answer any more."""
        now, store = self.plan.store.clock(), self.plan.store
        return all(over_at(one, replies.last_call(store, one) or now) < now for one in self.editions)


def listen(
    listening: Listening,
    *,
    follow: bool,
    tell: Callable[[str], object],
    heard: Callable[[], object] = lambda: None,
    first: float = FIRST,
) -> Generator[Progress, None, Heard]:
    """Look once, or until nobody can answer any more; `heard` is called after each look that brought something new.

    Where following, what fails for a while is told and asked again after the next pause, of which `first` are the seconds of
    the first. Something new makes the pauses short again.
    """
    pause = first
    while True:
        problem, new = None, 0
        try:
            new = yield from listening.look()
        except GatewayProblem as error:
            problem = error
        except JournalProblem as error:
            if not follow:
                raise
            tell(f"Not looked this time: {error.what}.")
        state = _state(listening, problem)
        if new or (problem is not None and state.counts != Counts()):
            heard()
        for_good = problem is not None and not passing(problem)
        if not follow or state.over or state.interrupted or for_good:
            return state
        if problem is not None:
            tell(f"Not all could be asked this time: {problem.what}.")
        pause = first if new else pause
        answered = state.counts.replies + state.counts.stops
        yield from waiting(pause, answered, None, stop=listening.stop, sleep=listening.sleep)
        pause = min(pause * GROWTH, LONGEST)


def _state(listening: Listening, problem: GatewayProblem | None) -> Heard:
    found = replies.counts(listening.plan.store, listening.editions)
    return Heard(found, listening.over(), problem, interrupted=listening.stop.is_set())


def matched(plan: Plan, editions: Sequence[Record], answers: Sequence[Incoming]) -> list[Reply]:
    """Those of some answers that are to this campaign, or may be. Journals in the folder that cannot be read say nothing."""
    numbers = {one.msisdn for one in answers}
    own = _sent(plan.store, editions, numbers)
    answers = [one for one in answers if one.msisdn in own]
    others: dict[str, list[Sent]] = {}
    for number, some in _elsewhere(plan, editions, numbers & own.keys()):
        others.setdefault(number, []).extend(some)
    found = []
    for one in answers:
        stop = stop_of(one.text) is Stop.STOP
        match = match_of(one, own[one.msisdn], others.get(one.msisdn, ()), stop=stop)
        if match is not None:
            had = match.had
            found.append(
                Reply(one.id, had.campaign, had.line, one.msisdn, one.at, one.text, match.possible, stop)
            )
    return found


def _sent(store: Journal, editions: Sequence[Record], numbers: Iterable[str]) -> dict[str, list[Sent]]:
    by_id = {one.id: one for one in editions}
    had = replies.had_by(store, editions, set(numbers))
    return {number: [sent_by(by_id[one.campaign], one) for one in some] for number, some in had.items()}


def _elsewhere(plan: Plan, editions: Sequence[Record], numbers: set[str]) -> Iterator[tuple[str, list[Sent]]]:
    """What other campaigns of the folder, or of the same database, sent to these numbers."""
    if not numbers:
        return
    tags = {one.tag for one in editions}
    yield from _of_others(plan.store, plan, tags, numbers).items()
    for path in beside(plan.campaign, plan.store.place, plan.record, (plan.store,)):
        with suppress(JournalProblem), neighbours.looked_at(path) as other:
            yield from _of_others(other, plan, tags, numbers).items()


def _of_others(other: Journal, plan: Plan, tags: set[str], numbers: set[str]) -> dict[str, list[Sent]]:
    kind = kind_of_gateway(plan.record.inputs.gateway)
    accounts = {plan.record.inputs.account, ""}  # an answer comes to the account that sent
    found = [
        one
        for name in comparison.begun_in(other)
        for one in editions_of(other, name)
        if one.tag not in tags
        and kind_of_gateway(one.inputs.gateway) == kind
        and one.inputs.account in accounts
    ]
    return _sent(other, found, numbers)


def _blocks(answers: Iterable[Incoming]) -> Iterator[list[Incoming]]:
    """Blocks of answers. Where reading breaks off, what was read comes first."""
    waiting = iter(answers)
    block: list[Incoming] = []
    try:
        for one in waiting:
            block.append(one)
            if len(block) >= BLOCK:
                yield block
                block = []
    except GatewayProblem:
        if block:
            yield block
        raise
    if block:
        yield block
