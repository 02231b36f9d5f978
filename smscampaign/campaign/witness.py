"""OVHcloud as a witness before anything is sent: whether it has messages under the tags of the calls that come next.

It has where this journal is an older copy, and where the very campaign was sent from a journal that is not here: lost, moved,
or a colleague's.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Event

from smscampaign.campaign.plans import Plan, queue_of
from smscampaign.campaign.progress import Watch, unwatched
from smscampaign.campaign.repeats import NOTHING, look_around, people_of, refuse_repeats, start_of
from smscampaign.delivery.doubts import FEW
from smscampaign.delivery.presence import LATELY, Others, had_elsewhere, sent_already
from smscampaign.drawing import local
from smscampaign.errors import GatewayProblem, JournalProblem, SentBefore
from smscampaign.gateway.protocol import EVER, Gateway, Sent
from smscampaign.journal import editions, marks, neighbours, tags
from smscampaign.journal.calls import Claim
from smscampaign.journal.contacts import Contacts, texts_of
from smscampaign.journal.corrections import was_put_right
from smscampaign.journal.peers import tags_in
from smscampaign.journal.queue import Queue
from smscampaign.journal.store import Journal, Record
from smscampaign.model import NoAnswer, Purpose

#: After all that waits at OVHcloud.
NEVER = datetime(3000, 1, 1, tzinfo=UTC)

#: Messages that were looked at together, and how many people were asked about.
Look = tuple[Sequence[Sent], int]


#: Of how many editions, the newest ones, notes are kept: of a campaign that goes on every night two months.
NOTED = 60


@dataclass(frozen=True, slots=True)
class Witness:
    """OVHcloud, until `stop` is set; `tell` takes a remark where it may not be asked.

    `settle` is how long a message may not show there yet; `watch` sees how far long questions are.
    """

    gateway: Gateway
    stop: Event
    tell: Callable[[str], object]
    settle: timedelta = timedelta(0)
    watch: Watch = unwatched

    def refuse_older_copy(self, plan: Plan) -> None:
        """Raise `JournalProblem` where OVHcloud has messages of the calls of a begun campaign that are to be made next.

        Of an amendment, those of the edition whose place it is to take. What OVHcloud does not show yet, the notes of this
        computer say: that a copy went on.
        """
        begun = replace(plan, record=plan.store.find(plan.record.inputs.name) or plan.record)
        self.acknowledge(begun)
        # A row that was put right has a call of its own, whose number is another one in another journal.
        singly = was_put_right(plan.store, begun.record)
        asked = "whether this is the journal that knows who had the campaign"
        tag = self.shown(queue_of(begun), asked, singly=singly)
        if tag:
            raise JournalProblem(
                "OVHcloud has messages of a call that this journal calls pending: another one knows who had the campaign",
                where=tag,
                remedy="Bring back the journal itself. If that is lost, this one can ask OVHcloud what was sent:"
                f" {marks.recover(plan.store.place)}.",
            )
        newer = _newer(begun, tags.OLD)
        if newer:
            raise JournalProblem(
                "another journal on this computer went on with this campaign, and this one does not know what it sent",
                where=newer,
                remedy="Go on with that one. If it is lost, this one can ask OVHcloud what was sent:"
                f" {marks.recover(plan.store.place)}.",
            )

    def acknowledge(self, plan: Plan) -> None:
        """In a journal that was recovered, write down who of those that wait has the message from the one that is lost.

        Whoever was put right or added there stands in no call of this one. What he has counts by a tag of this campaign; by
        its text where the tag is nobody's here, because an amendment that is lost had one of its own (which `--send-again`
        overrules). Raises `GatewayProblem` where OVHcloud cannot be asked: then nothing may be sent.
        """
        queue = queue_of(plan)
        if not queue.was_recovered() or not (new := queue.never_made()):
            return
        people = sum(len(claim.chunk.receivers) for claim in new)
        if people > FEW:
            self.tell(
                f"{people_of(people)} are looked for at OVHcloud before anything is sent, because this journal was recovered:"
                " one question for each at most, at the pace. Ctrl-C ends it, and nothing is sent."
            )
        ours = _of_the_lost(plan, new)
        found = had_elsewhere(queue, self.gateway, new, stop=self.stop, ours=ours, watch=self.watch)
        if self.stop.is_set():
            return
        if isinstance(found, NoAnswer):
            raise GatewayProblem(
                "OVHcloud could not be asked who has a message from the journal that was lost, so that nothing was sent:"
                f" {found.detail}",
                remedy="Run the command again later, with keys that may ask (`check` says what they may).",
            )
        accepted = queue.acknowledge(found)
        if accepted:
            self.tell(
                f"OVHcloud shows that {people_of(accepted)} had their message from the journal that was lost: accepted,"
                " and not sent again."
            )

    def unsent(self, plan: Plan, *, send_again: bool, known: Collection[str] = ()) -> Plan:
        """A plan that is about to begin, under a tag of which OVHcloud has nothing.

        Raises `SentBefore` where it has messages of the very same, or shows that people had its text lately under a tag that
        is not `known`; with `send_again` the next tag is taken instead.
        """
        if plan.record.inputs.gateway in tags.REHEARSED:
            return plan
        plan, used, looks = _retagged(plan), list[str](), list[Look]()
        asked = "whether this campaign was sent before"
        sent = self.shown(queue_of(plan), asked, since=EVER, others=lambda *look: looks.append(look))
        newer = _newer(plan, self.settle)
        if (sent or newer) and not send_again:
            raise _sent_before(plan) if sent else _begun_elsewhere(newer, self.settle)
        # Of a journal that was recovered everybody is asked about, and left out one by one.
        if not (send_again or queue_of(plan).was_recovered()):
            refuse_repeats(replace(NOTHING, shown=tuple(_same_text(plan, looks, known))))
        while (sent or newer) and plan.record.tag not in used:
            used.append(plan.record.tag)
            plan = _retagged(plan, used)
            # What waits there has no tag: it says nothing of this one.
            sent = self.shown(queue_of(plan), "", since=NEVER)
            newer = _newer(plan, self.settle)
        _pass_over(plan)
        return plan

    def shown(
        self,
        queue: Queue,
        asked: str,
        *,
        since: datetime | None = None,
        others: Others = lambda *_: None,
        singly: bool = False,
    ) -> str:
        """The tag of one of the next calls of which OVHcloud has messages; empty where it has none, or may not be asked.

        Raises `GatewayProblem` where it does not answer. `since` and `others` are for what has not begun, `singly` for what
        has corrections, as in `sent_already`.
        """
        tag, unheard = sent_already(
            queue, self.gateway, stop=self.stop, since=since, others=others, singly=singly
        )
        if unheard is not None and unheard.later and not self.stop.is_set():
            raise GatewayProblem(
                f"OVHcloud could not be asked {asked or 'under which tag to send'}, so that nothing was sent:"
                f" {unheard.detail}",
                remedy="Run the command again later.",
            )
        if unheard is not None and asked:
            self.tell(f"OVHcloud could not be asked {asked}: {unheard.detail}")
        return tag


@contextmanager
def alone(plan: Plan, tell: Callable[[str], object]) -> Iterator[None]:
    """Nobody else on this computer sends this campaign from another journal until the block ends: raises `SentBefore`.

    Of an amendment, nor what it takes the place of.
    """
    if not _noted(plan.store, plan.record):
        yield
        return
    names = {(plan.record.inputs.gateway, plan.record.tag), *_begun(plan.store, plan.record)}
    refuse = partial(_sent_now, plan.record.tag)
    with ExitStack() as stack:
        kept = [stack.enter_context(tags.Note(*name).held(refuse)) for name in sorted(names)]
        if not all(kept):
            tell(
                "The cache folder cannot be written to: other copies of this campaign on this computer are not noticed until"
                " OVHcloud shows what they sent."
            )
        yield


def note(store: Journal, record: Record) -> None:
    """Say on this computer how far this journal has come with the campaign: an older copy does not know that."""
    if _noted(store, record):
        word, names = editions.last_word(store, record), _begun(store, record)
        for name in names:
            tags.Note(*name).say(word, store.path.resolve())


def _noted(store: Journal, record: Record) -> bool:
    return not store.shared and record.inputs.gateway not in tags.REHEARSED


def _begun(store: Journal, record: Record) -> list[tuple[str, str]]:
    """Under which tags, each at its gateway, editions of a campaign have begun."""
    every = [one for one in store.editions(record.inputs.name) if one.begun_at is not None]
    return [(one.inputs.gateway, one.tag) for one in every[-NOTED:]]


def _newer(plan: Plan, within: timedelta) -> str:
    """The journal that sent under this tag last, if this one does not know what it did, and it is no longer ago."""
    return _unknown(plan, within)[1]


def _unknown(plan: Plan, within: timedelta) -> tuple[str, str]:
    """The word that was said last under this tag, and the journal that said it; empty where this one knows it."""
    word, journal = tags.Note(plan.record.inputs.gateway, plan.record.tag).said(within)
    return (
        (word, journal)
        if word and not plan.store.shared and not editions.knows(plan.store, word)
        else ("", "")
    )


def _pass_over(plan: Plan) -> None:
    """Let this journal know the word that it begins in spite of: killed before it has said its own, it goes on.

    The note stays as it is until then, for copies of the journal that said it; a later word of that one is not known here.
    """
    word, _ = _unknown(plan, tags.OLD)
    if word:
        editions.pass_over(plan.store, plan.record, word)


def _retagged(plan: Plan, used: list[str] | None = None) -> Plan:
    return replace(plan, record=editions.retagged(plan.store, plan.record, used=used or []))


def _same_text(plan: Plan, looks: Sequence[Look], known: Collection[str]) -> Iterator[str]:
    """What OVHcloud shows of people who had their text of this plan lately, from campaigns that no journal here knows of.

    One of them is enough. Of a transactional text, which honest campaigns may repeat, it is most of those who were looked
    at, under one tag: so many have it from a campaign that was lost.
    """
    settings = plan.campaign.settings
    since = plan.store.clock() - timedelta(days=settings.remembered_days)
    had: dict[str, dict[str, Sent]] = defaultdict(dict)
    for sent, asked in looks if settings.remembered_days else ():
        lately = [one for one in sent if one.tag and one.at >= since and one.number[1:].isdecimal()]
        with plan.store.reading() as connection:
            texts = texts_of(connection, plan.record.id, [int(one.number) for one in lately])
        ours: dict[str, dict[str, Sent]] = defaultdict(dict)
        for one in lately:
            if any(int(one.number) == number and one.says(body) for number, _, body in texts):
                ours[one.tag.rpartition("-")[0] or one.tag][one.number] = one
        for tag, people in ours.items():
            if settings.purpose is not Purpose.TRANSACTIONAL or 2 * len(people) > asked:
                had[tag] |= people
    for tag in sorted(had.keys() - known - (_tried() if had else set())):
        last = max(had[tag].values(), key=lambda one: one.at)
        yield (
            f"{people_of(len(had[tag]))} had {start_of(last.text)} under the tag {tag}, which no journal here knows,"
            f" last on {local(last.at)}"
        )


def _of_the_lost(plan: Plan, new: Sequence[Claim]) -> Callable[[Sent, Claim], bool]:
    """Says of messages to people in calls that were never made here whether they are theirs, from a journal that is lost."""
    record = plan.store.find(plan.record.inputs.name) or plan.record
    nobodys = of_nobody_here(plan)
    series = {
        one.tag for one in (*plan.store.editions(record.inputs.name), record) if one.series == record.series
    }
    once_each = not record.inputs.settings.get("once_per")

    # Where people get several messages, those that this journal knows to be accepted are not of the lost one.
    numbers = () if once_each else [int(number) for claim in new for number in claim.chunk.receivers]
    had = Contacts(plan.store, editions.series_of(plan.store, record)).of(numbers)
    here = Counter((one.number, one.text) for some in had.values() for one in some if one.fate == "accepted")

    def more_than_here(one: Sent, claim: Claim) -> bool:
        here[int(one.number), claim.chunk.body] -= 1
        return here[int(one.number), claim.chunk.body] < 0

    def ours(one: Sent, claim: Claim) -> bool:
        if one.tag.rpartition("-")[0] in series:
            return once_each or (one.says(claim.chunk.body) and more_than_here(one, claim))
        return nobodys(one, claim)

    return ours


def of_nobody_here(plan: Plan) -> Callable[[Sent, Claim], bool]:
    """Says whether a message has the very text of a call, lately, under a tag that no journal here knows.

    In a journal that was recovered it is of an edition that is lost, a night or an amendment, which had a tag of its own.
    """
    record = plan.store.find(plan.record.inputs.name) or plan.record
    known = look_around(plan).known | _tried()
    known |= {one.tag for one in (*plan.store.editions(record.inputs.name), record)}
    lately = plan.store.clock() - LATELY

    def nobodys(one: Sent, claim: Claim) -> bool:
        tag = one.tag.rpartition("-")[0]
        stranger = bool(tag) and tag not in known and not record.send_again
        return stranger and one.at >= lately and one.says(claim.chunk.body)

    return nobodys


def _tried() -> set[str]:
    """The tags of what was tried with `test` on this computer: whoever had that has it again."""
    from smscampaign.campaign.trials import journals  # few runs have to know

    found = set[str]()
    for path in journals():
        with suppress(JournalProblem), neighbours.looked_at(path) as journal:
            found |= tags_in(journal)
    return found


def _sent_before(plan: Plan) -> SentBefore:
    return SentBefore(
        "nothing was sent: OVHcloud has messages of this very campaign, with this file, message and settings, and no journal"
        " here knows of them",
        where=plan.record.tag,
        remedy="Bring back the journal it was sent from, or name it with --journal FILE. If that is lost, this one can ask"
        f" OVHcloud who had it: {marks.recover(plan.store.place)}. To send it to everybody once more, add --send-again.",
    )


def _begun_elsewhere(newer: str, settle: timedelta) -> SentBefore:
    return SentBefore(
        "nothing was sent: this very campaign was sent from another journal on this computer a moment ago, and OVHcloud may"
        " not show that yet",
        where=newer,
        remedy=f"Run the command again in {settle.total_seconds():.0f} seconds: then OVHcloud is asked. To send it to"
        " everybody once more, add --send-again.",
    )


def _sent_now(tag: str) -> SentBefore:
    return SentBefore(
        "nothing was sent: this very campaign is being sent from another journal at this moment",
        where=tag,
        remedy="Wait until that has ended. If people are to get it from here as well, add --send-again then.",
    )
