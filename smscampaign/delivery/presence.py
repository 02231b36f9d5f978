"""Whether OVHcloud has messages of calls that a journal calls pending: then somebody sent them from another one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Event

from smscampaign.delivery.doubts import shows
from smscampaign.errors import GatewayProblem
from smscampaign.gateway.protocol import EVER, Gateway, Known, Question, Sent, unheard
from smscampaign.journal.calls import Claim
from smscampaign.journal.queue import Queue
from smscampaign.model import NoAnswer, Progress, Trace

#: How many of the next calls are asked about, and how many waiting messages are looked at.
NEXT, STRANGERS = 5, 20

#: Of the messages to one number, how many of the newest; of all of the account, and of how long.
NEWEST, LATEST, LATELY = 5, 3, timedelta(days=30)

#: Takes messages of other campaigns, each with how many people it was one of who were asked about.
Others = Callable[[Sequence[Sent], int], object]


def sent_already(
    queue: Queue,
    gateway: Gateway,
    *,
    stop: Event,
    since: datetime | None = None,
    others: Others = lambda sent, asked: None,
    singly: bool = False,
) -> tuple[str, NoAnswer | None]:
    """The tag of one of the next pending calls where OVHcloud has messages of it, or else why it could not be asked.

    Empty and None where there are none. A journal whose pending calls were made is not the one that knows: somebody sent from
    another. The very next call may have been refused there, so that a few are asked about, and a few people by their numbers.
    With `since`, the campaign has not begun: its calls may have had other people there, so that whoever is under their tags
    counts, and who waits since then. What it sees of other campaigns meanwhile it tells `others`. `singly`: people who are
    alone in their calls are asked about by number too.
    """
    claims = {claim.chunk.tag: claim for claim in queue.next_pending(NEXT)}
    questions = [
        Question(claim.chunk, since or queue.begun, certain=False, decided=queue.decided(claim))
        for claim in claims.values()
    ]
    shown, silent = _by_number(queue, gateway, list(claims.values()), stop, others, singly=singly)
    if claims and since and not shown and silent is None:
        shown, silent = _lately(gateway, next(iter(claims.values())), queue.journal.clock() - LATELY, others)
    # Whoever is under the tag of a call that was never made from here has it from another journal. Where this one was
    # recovered, that is the lost one: then everybody who waits was asked about by number (`had_elsewhere`).
    anybody = since or not queue.was_recovered()
    for question, answer in gateway.transport.traces(questions, known=_all_but_a_few(queue), stop=stop):
        claim = claims[question.chunk.tag]
        whoever = since or (anybody and not claim.attempts)
        match answer:
            case NoAnswer(_, receivers):
                silent = answer if answer.later or silent is None else silent
                there = bool(receivers if whoever else receivers.intersection(claim.chunk.receivers))
            case Trace(ids, receivers):
                ours = whoever or shows(answer, claim)
                there = bool(ours and (ids or receivers))
        if there:
            shown.append((claim.id, claim.attempts))
    # Another machine may have made some of them since they were looked up.
    pending = queue.next_pending(NEXT) if shown else []
    tag = next((claim.chunk.tag for claim in pending if (claim.id, claim.attempts) in shown), "")
    return tag, None if tag else silent


def had_elsewhere(
    queue: Queue,
    gateway: Gateway,
    waiting: Sequence[Claim],
    *,
    stop: Event,
    ours: Callable[[Sent, Claim], bool],
    watch: Callable[[Progress], object],
) -> list[tuple[Claim, Trace]] | NoAnswer:
    """Calls that were never made from this journal and whose people have their message all the same, each with who and what.

    For a journal that was recovered: the lost one may have had them in other calls, under other tags. So everybody is looked
    for, however many they are, among what waits and then by number; `ours` says which of their messages count.
    """
    claims = {claim.chunk.tag: claim for claim in waiting}
    # Nobody's tag: what left is found by number, and here what waits, which has no tag.
    asked = [
        Question(replace(claim.chunk, tag=f"{tag}-"), EVER, certain=False) for tag, claim in claims.items()
    ]
    jobs: dict[str, Trace] = {}
    for question, answer in gateway.transport.traces(asked, known=queue.known, stop=stop):
        if isinstance(answer, NoAnswer):
            return answer
        jobs[question.chunk.tag[:-1]] = answer
    people = {number for claim in claims.values() for number in claim.chunk.receivers}
    # Ids that the journal knows are not passed over: a call found by its tag has those of whoever sat in it in the lost one.
    sent = gateway.echo.messages(people, ("",), stop=stop, watch=watch)
    if isinstance(sent, NoAnswer):
        return sent
    found: list[tuple[Claim, Trace]] = []
    for tag, claim in claims.items():
        theirs = [one for number in claim.chunk.receivers for one in sent.get(number, ()) if ours(one, claim)]
        there = jobs[tag].receivers or frozenset()
        ids = (*jobs[tag].ids, *(one.id for one in theirs))
        if ids or there:
            found.append((claim, Trace(ids, there.union(one.number for one in theirs))))
    return found


def _by_number(
    queue: Queue, gateway: Gateway, claims: Sequence[Claim], stop: Event, others: Others, *, singly: bool
) -> tuple[list[tuple[int, int]], NoAnswer | None]:
    """The call of one of a few people, if OVHcloud has a message of this campaign to him: by its number and try.

    A call that was refused as a whole goes in halves and those in halves again, under tags that nobody knows beforehand.
    """
    asked: dict[str, Claim] = {}
    several = next((one for one in claims if len(one.chunk.receivers) > 1), None)
    if several is not None:
        people = several.chunk.receivers
        asked = dict.fromkeys((people[0], people[len(people) // 2], people[-1]), several)
    if singly:
        asked |= {one.chunk.receivers[0]: one for one in claims if one is not several}
    strangers: list[Sent] = []
    for number, claim in asked.items():
        sent = gateway.echo.messages([number], ("",), known=queue.known, most=NEWEST, stop=stop)
        if isinstance(sent, NoAnswer):
            return [], sent
        for one in sent.get(number, ()):
            if one.tag.startswith(_campaign(claim)):
                return [(claim.id, claim.attempts)], None
            strangers.append(one)
    others(strangers, len(asked))
    return [], None


def _lately(
    gateway: Gateway, claim: Claim, since: datetime, others: Others
) -> tuple[list[tuple[int, int]], NoAnswer | None]:
    """A call, if one of the account's newest messages is of its campaign, whoever had it.

    A campaign that was just lost is found so, although its calls were refused, and none of those who had it is asked about.
    """
    try:
        newest = sorted(gateway.echo.left(since))[-LATEST:]
        sent = [one for one in map(gateway.echo.sent, newest) if one]
    except GatewayProblem as problem:
        # The list may be too long to be had at all: that is said, and stops nobody.
        return [], replace(unheard(problem), later=False)
    if any(one.tag.startswith(_campaign(claim)) for one in sent):
        return [(claim.id, claim.attempts)], None
    others(sent, len(sent))
    return [], None


def _campaign(claim: Claim) -> str:
    """How the tags of its campaign begin."""
    return claim.chunk.tag[: claim.chunk.tag.rindex("-") + 1]


def _all_but_a_few(queue: Queue) -> Known:
    """Of messages that wait only a few have to be looked at, of those that are newer than what the journal knows: the first,
    and some of the others, because those of another campaign may wait before them.
    """

    def known(ids: Collection[int]) -> Collection[int]:
        newest = queue.newest_known()
        newer = {identity for identity in ids if identity > newest}
        strangers = sorted(newer.difference(queue.known(newer)))
        first, others = strangers[: STRANGERS // 2], strangers[STRANGERS // 2 :]
        step = max(-(-len(others) // (STRANGERS // 2)), 1)
        return set(ids).difference(first, others[::step])

    return known
