"""What became of calls in doubt, by three witnesses.

The first two are OVHcloud's history under the call's tag and its pending jobs: who is there was accepted. Absence there
counts only after a settling time, because how soon a message shows up is not documented, and only if the third witness
agrees: the account's balance, less what all other calls since are known to have cost. Where a witness is silent or they
disagree, the doubt stays, and the journal says why.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from threading import Event
from typing import assert_never

from smscampaign.errors import GatewayProblem
from smscampaign.gateway.protocol import Gateway, Question, Sent, reason_of
from smscampaign.journal.balances import Reading
from smscampaign.journal.calls import Claim
from smscampaign.journal.doubted_calls import BEYOND, Absent, Finding, Found, Unknown
from smscampaign.journal.queue import Queue
from smscampaign.model import NoAnswer, Progress, Trace

#: Calls whose findings are written down in one commit, and seconds between two words about a wait.
PORTION, TELLING = 100, 5.0

#: People of a recovered journal who are looked for in OVHcloud's whole history, or messages that are read of it, each time
#: that its doubts are settled: at the usual 60 calls a minute it takes three minutes. Before a `--resend` it is everybody.
FEW = 200

#: What OVHcloud says of one call, and who is told how far a long look has come.
Answer = Trace | NoAnswer
Watch = Callable[[Progress], object]

#: Says of a message under the tag of another campaign whether it is the one of a call all the same.
Others = Callable[[Sent, Claim], bool]


def _no_others(one: Sent, claim: Claim) -> bool:
    return False


_NOT_THERE = "OVHcloud shows no message of this call"


def settle(
    queue: Queue,
    gateway: Gateway,
    *,
    after: timedelta,
    stop: Event,
    clock: Callable[[], datetime],
    compare: bool = False,
) -> Generator[Progress, None, str]:
    """Ask about every call in doubt; those that all witnesses call absent, `after` their time, go back to the queue.

    At its end the account's balance is kept, unless a doubt is left that only the last reading can tell of: it is what later
    doubts are weighed against. With `compare`, returns what is missing in it since it was read last, in words, where nothing
    in the journal explains that.
    """
    inquest = _Settling(queue, gateway, after, stop, clock)
    yield from inquest.ask(queue.doubts(), "asking")
    if inquest.early and not stop.is_set():
        yield from inquest.ripen()
        again = inquest.undecided()
        yield from inquest.ask([claim for claim in queue.doubts() if claim.id in again], "settling")
    return "" if stop.is_set() else inquest.close(compare=compare)


def look(
    queue: Queue,
    gateway: Gateway,
    claims: Sequence[Claim],
    *,
    stop: Event,
    watch: Watch = lambda _: None,
    others: Others = _no_others,
) -> tuple[set[int], dict[int, str]]:
    """Ask about some calls in doubt, once and without waiting; of a recovered journal about everybody in them, `others` too.

    The ids of those that OVHcloud has, in whole or in part, which are written down; and of those it could not be asked
    about, with why.
    """
    present: set[int] = set()
    unheard = {claim.id: "there was no answer" for claim in claims}
    for claim, answer in _answers(queue, gateway, claims, stop, most=None, watch=watch, others=others):
        match answer:
            case NoAnswer(why):
                unheard[claim.id] = why
                continue
            case Trace() if shows(answer, claim):
                queue.conclude([(claim, Found(answer))])
                present.add(claim.id)
        del unheard[claim.id]
    return present, unheard


@dataclass(slots=True)
class _Settling:
    """One settling of all doubts of a campaign.

    `early` are calls that are not decided and whose absence means nothing yet, `absent` ripe ones that both lists lack.
    """

    queue: Queue
    gateway: Gateway
    after: timedelta
    stop: Event
    clock: Callable[[], datetime]
    early: list[Claim] = field(default_factory=list)
    absent: list[Claim] = field(default_factory=list)

    def ask(self, claims: Sequence[Claim], stage: str) -> Iterator[Progress]:
        """Ask about calls, and write down what is found as the answers come."""
        self.early, self.absent = [], []
        findings: list[tuple[Claim, Finding]] = []
        answers = _answers(self.queue, self.gateway, claims, self.stop, most=FEW)
        for number, (claim, answer) in enumerate(answers, 1):
            finding = self._finding(claim, answer)
            findings += [finding] if finding else []
            if len(findings) >= PORTION:
                self.queue.conclude(findings)
                findings = []
            yield Progress(stage, number, len(claims))
        self.queue.conclude(findings)

    def ripen(self) -> Iterator[Progress]:
        """Wait until absence means something for all of them: asking together costs no more time than one by one."""
        total = len(self.undecided())
        until = max(map(self._ripe, self.early))
        while (pause := (until - self.clock()).total_seconds()) > 0 and not self.stop.is_set():
            yield Progress("settling", 0, total, f"asking again in {pause:.0f} s")
            self.stop.wait(min(pause, TELLING))

    def undecided(self) -> set[int]:
        """Calls to ask about again: weighed together, one of them may explain what would be held against another."""
        return {claim.id for claim in (*self.early, *self.absent)}

    def close(self, *, compare: bool) -> str:
        """Weigh what is absent from both lists against the balance, and read that anew; what `settle` returns."""
        prices = _Prices(self.queue.rates(), self.gateway)
        if self.absent:
            self._weigh(prices)
        # After the findings are written: what is out of doubt by them stands in no reading's way.
        quiet = self.queue.quiet()
        if quiet is None:
            return ""
        try:
            left = self.gateway.account().credits_left
        except GatewayProblem:
            return ""  # the last reading stays the one that counts
        missing = self._missing(left, prices) if compare else ""
        self.queue.keep_balance(left, since=quiet)
        return missing

    def _weigh(self, prices: _Prices) -> None:
        # What was charged is summed up before the balance is read: a call of another machine that ends in between makes the
        # loss look larger, never smaller.
        reading = self.queue.last_reading()
        findings: list[tuple[Claim, Finding]]
        try:
            left = self.gateway.account().credits_left
            findings = [(claim, _weighed(claim, reading, left, prices)) for claim in self.absent]
        except GatewayProblem as problem:
            why = f"the account's balance could not be read: {reason_of(problem)}"
            findings = [(claim, Unknown(f"{_NOT_THERE}, but {why}")) for claim in self.absent]
        for at in range(0, len(findings), PORTION):
            self.queue.conclude(findings[at : at + PORTION])

    def _missing(self, left: Decimal, prices: _Prices) -> str:
        """What left the account that no call of this journal explains; empty where calls are in doubt that might."""
        if self.queue.journal.shared or self.queue.doubts() or not (since := self.queue.last_reading()):
            return ""
        gone, _ = _unexplained(since, left, prices)
        words = f"{_credits(gone)} left the account since {since.at:%Y-%m-%d %H:%M} UTC"
        return words if gone > 0 else ""

    def _ripe(self, claim: Claim) -> datetime:
        """From when on absence means something: the call may have been made at any moment until it came into doubt."""
        return (claim.doubted_at or claim.claimed_at) + self.after

    def _finding(self, claim: Claim, answer: Answer) -> tuple[Claim, Finding] | None:
        """What an answer says by itself; None for absence, which is weighed later."""
        early = self.clock() < self._ripe(claim)
        receivers = answer.receivers
        if early and not (
            receivers is None or (isinstance(answer, Trace) and receivers >= set(claim.chunk.receivers))
        ):
            self.early.append(claim)
        match answer:
            case NoAnswer(detail):
                return claim, Unknown(f"OVHcloud could not be asked: {detail}")
            case Trace() if shows(answer, claim):
                return claim, Found(answer)
            case Trace(ids, receivers):
                disagreeing = self._disagreeing(claim, ids, receivers or frozenset())
                if disagreeing:
                    return claim, Unknown(disagreeing)
                self.absent += [] if early else [claim]
                return None
            case _:
                assert_never(answer)

    def _disagreeing(self, claim: Claim, ids: Sequence[int], receivers: frozenset[str]) -> str:
        """Why a list without these receivers still does not say that the call was not taken."""
        before = self.queue.decided(claim)
        if not before <= receivers:
            return "OVHcloud showed some of its receivers before and does not show all of those any more"
        if receivers - before or (ids and not receivers):
            return "OVHcloud shows messages with the tag of this call that are to none of its receivers"
        return ""


def _answers(
    queue: Queue,
    gateway: Gateway,
    claims: Sequence[Claim],
    stop: Event,
    *,
    most: int | None,
    watch: Watch = lambda _: None,
    others: Others = _no_others,
) -> Iterator[tuple[Claim, Answer]]:
    """Each call with what is known of it.

    Of a journal that was recovered all tags are asked first: its calls may have been made with other people in them, so that
    somebody of the one is found under the tag of another. By his number, where nobody gets several messages. Whoever is under
    none of them is looked for in the whole history, where that takes no more questions than `most`.
    """
    ask = partial(gateway.transport.traces, known=queue.known, stop=stop)
    tags = queue.recovered_tags() if claims else []
    # Where it was recovered, a tag may have been used by the lost journal as well: who is under it is read.
    certain = not (tags or queue.was_recovered())
    own = {claim.chunk.tag: (claim, _question(queue, claim, certain=certain)) for claim in claims}
    questions = [question for _, question in own.values()]
    if not tags:
        yield from ((own[question.chunk.tag][0], answer) for question, answer in ask(questions))
        return
    found = _found_anywhere(queue, ask, questions, [tag for tag in tags if tag not in own])
    once_each = not queue.campaign.inputs.settings.get("once_per")
    everybody = frozenset[str]().union(*(one.receivers or () for one in found.values()))
    there: dict[str, frozenset[str]] = {}
    missing: set[str] = set()
    for tag, (claim, question) in () if stop.is_set() else own.items():
        people = question.decided.union(claim.chunk.receivers)
        there[tag] = people & (everybody if once_each else found[tag].receivers or frozenset())
        missing |= people - there[tag]
    # Where people get several messages, one under a tag may be of another call than it seems: it is read, too.
    read = {one for answer in found.values() if once_each and isinstance(answer, Trace) for one in answer.ids}
    silent = next((one for one in found.values() if isinstance(one, NoAnswer)), None)
    series = tuple({tag[: tag.rindex("-") + 1] for tag in (*own, *tags)})
    sent = silent or gateway.echo.messages(
        missing,
        series if others is _no_others else ("",),
        known=lambda ids: read.union(queue.known(ids)),
        most=most,
        stop=stop,
        watch=watch,
    )
    for tag, people in there.items():
        claim, question = own[tag]

        def theirs(one: Sent, claim: Claim = claim) -> bool:
            own = one.tag.startswith(series) and (once_each or one.says(claim.chunk.body))
            return own or others(one, claim)

        yield claim, _altogether(question, found[tag], people, sent, theirs)


def _altogether(
    question: Question,
    answer: Answer,
    people: frozenset[str],
    sent: Mapping[str, Sequence[Sent]] | NoAnswer,
    counts: Callable[[Sent], bool],
) -> Answer:
    """What is known of a call by its tag, of its `people` by any tag, and of the others by number, as far as it `counts`."""
    chunk, ids = question.chunk, answer.ids if isinstance(answer, Trace) and people else ()
    found = {} if isinstance(sent, NoAnswer) else sent
    theirs = [one for number in (*chunk.receivers, *question.decided) for one in found.get(number, ())]
    theirs = [one for one in theirs if counts(one)]
    people = people.union(one.number for one in theirs)
    if isinstance(sent, NoAnswer) and people.isdisjoint(chunk.receivers):
        return sent
    return Trace((*ids, *(one.id for one in theirs)), people)


def _found_anywhere(
    queue: Queue,
    ask: Callable[..., Iterable[tuple[Question, Answer]]],
    questions: Sequence[Question],
    tags: Sequence[str],
) -> dict[str, Answer]:
    """What is under the tags of these questions, under those tags, and under those to come, until none of some has any."""
    nobody = replace(questions[0], chunk=replace(questions[0].chunk, receivers=()), decided=frozenset())
    found: dict[str, Answer] = {}
    beyond, shown = 0, True
    while shown:
        asked = [*questions, *(replace(nobody, chunk=replace(nobody.chunk, tag=tag)) for tag in tags)]
        heard = {question.chunk.tag: answer for question, answer in ask(asked)}
        shown = not beyond or any(isinstance(one, Trace) and one.ids for one in heard.values())
        found, questions, tags = found | heard, (), queue.tags_to_come(beyond + BEYOND)[beyond:]
        beyond += BEYOND
    return found


def _question(queue: Queue, claim: Claim, *, certain: bool) -> Question:
    certain = certain and claim.whole and claim.attempts == 1
    return Question(claim.chunk, claim.claimed_at, certain=certain, decided=queue.decided(claim))


def shows(trace: Trace, claim: Claim) -> bool:
    """Whether somebody of a call is there."""
    return trace.receivers is None or not trace.receivers.isdisjoint(claim.chunk.receivers)


@dataclass(slots=True)
class _Prices:
    """Credits for one part by country as OVHcloud says now; None where it does not, or says something else than at first.

    A price that was remembered does not do: it may never have been the true one.
    """

    shown: Mapping[str, Decimal]
    gateway: Gateway
    _asked: dict[str, Decimal | None] = field(default_factory=dict)

    def of(self, country: str) -> Decimal | None:
        if country not in self._asked:
            try:
                now = self.gateway.rate(country)
            except GatewayProblem:
                now = None
            self._asked[country] = now if self.shown.get(country, now) == now else None
        return self._asked[country]

    def unknown(self, countries: Iterable[str]) -> list[str]:
        return sorted({country for country in countries if self.of(country) is None})

    def total(self, parts: Iterable[tuple[str, int]]) -> Decimal:
        """What so many parts cost; of countries with a price only."""
        return sum(((self.of(country) or Decimal(0)) * number for country, number in parts), Decimal(0))


def _unexplained(reading: Reading, left: Decimal, prices: _Prices) -> tuple[Decimal, str]:
    """The credits that left the account since it was read and that no answer explains; or else why nobody can tell."""
    unknown = prices.unknown(reading.unpriced)
    if reading.unsettled or unknown:
        return Decimal(0), reading.unsettled or (
            f"the price of a message to {', '.join(unknown)} is not known for certain"
        )
    explained = reading.charged + prices.total(reading.unpriced.items())
    return reading.balance - left - explained, ""


def _weighed(claim: Claim, reading: Reading | None, left: Decimal, prices: _Prices) -> Finding:
    """What the balance says of a call: each credit that left the account since it was read has to be explained."""
    if reading is None or claim.id not in reading.open:
        return Unknown(f"{_NOT_THERE}, but the account's balance from before this call is not known")
    gone, why = _unexplained(reading, left, prices)
    if why:
        return Unknown(f"{_NOT_THERE}, but {why}, so the account's balance cannot tell")
    if gone:
        return Unknown(_against(gone, claim, prices, others=len(reading.open) - 1))
    if any(prices.of(country) == 0 for country in claim.countries):
        return Unknown(
            f"{_NOT_THERE}, but messages that cost nothing leave no trace in the account's balance"
        )
    return Absent(f"{_NOT_THERE}, and the account was not charged for it")


def _against(gone: Decimal, claim: Claim, prices: _Prices, *, others: int) -> str:
    """What the balance holds against the absence of a call, beside what that would have cost."""
    if gone < 0:
        return (
            f"{_NOT_THERE}, but the account holds {_credits(-gone)} more than it should"
            " (recharged meanwhile?), so its balance cannot tell whether the call was charged"
        )
    also = f", and so may {others} other calls in doubt" if others > 1 else ""
    also = ", and so may another call in doubt" if others == 1 else also
    cost = prices.total((country, claim.parts) for country in claim.countries)
    costs = "" if prices.unknown(claim.countries) else f", which costs {_credits(cost)}"
    return (
        f"{_NOT_THERE}, but {_credits(gone)} left the account that no answer explains, for something"
        f" else or for this call{costs}: it may have been charged{also}"
    )


def _credits(number: Decimal) -> str:
    plain = format(number.normalize(), "f")
    return f"{plain} credit{'' if number == 1 else 's'}"
