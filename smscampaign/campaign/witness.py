"""OVHcloud as a witness before anything is sent: whether it has messages under the tags of the calls that come next.

It has where this journal is an older copy, and where the very campaign was sent from a journal that is not here: lost, moved,
or a colleague's.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from threading import Event

from smscampaign.campaign.plans import Plan
from smscampaign.campaign.queues import queue_of
from smscampaign.delivery.presence import sent_already
from smscampaign.errors import GatewayProblem, JournalProblem, SentBefore
from smscampaign.gateway.protocol import Gateway
from smscampaign.journal import editions, marks, tags
from smscampaign.journal.peers import turn_of
from smscampaign.journal.queue import Queue

#: Before OVHcloud sent any message, because what waits there may be older than this journal; and after all that waits.
EVER, NEVER = datetime(2000, 1, 1, tzinfo=UTC), datetime(3000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Witness:
    """OVHcloud, until `stop` is set; `tell` takes a remark where it may not be asked.

    `settle` is how long a message may not show there yet.
    """

    gateway: Gateway
    stop: Event
    tell: Callable[[str], object]
    settle: timedelta = timedelta(0)

    def refuse_older_copy(self, plan: Plan) -> None:
        """Raise `JournalProblem` where OVHcloud has messages of the calls of a begun campaign that are to be made next.

        Of an amendment, those of the edition whose place it is to take.
        """
        begun = replace(plan, record=plan.store.find(plan.record.inputs.name) or plan.record)
        tag = self.shown(queue_of(begun), "whether this is the journal that knows who had the campaign")
        if tag:
            raise JournalProblem(
                "OVHcloud has messages of a call that this journal calls pending: another one knows who had the campaign",
                where=tag,
                remedy="Bring back the journal itself. If that is lost, this one can ask OVHcloud what was sent:"
                f" {marks.recover(plan.store.place)}.",
            )

    def unsent(self, plan: Plan, *, send_again: bool) -> Plan:
        """A plan that is about to begin, under a tag of which OVHcloud has nothing.

        Raises `SentBefore` where it has messages of the very same; with `send_again` the next tag is taken instead.
        """
        if plan.record.inputs.gateway in tags.REHEARSED:
            return plan
        plan = _retagged(plan)
        if self.shown(queue_of(plan), "whether this campaign was sent before", since=EVER):
            if not send_again:
                raise _sent_before(plan)
            used = [plan.record.tag]
            plan = _retagged(plan, used)
            # What waits there has no tag: it says nothing of this one.
            while plan.record.tag not in used and self.shown(queue_of(plan), "", since=NEVER):
                used.append(plan.record.tag)
                plan = _retagged(plan, used)
        if not plan.store.shared:
            self._begin_here(plan, send_again=send_again)
        return plan

    def _begin_here(self, plan: Plan, *, send_again: bool) -> None:
        """Note that it begins from this journal. Raises `SentBefore` where it began from another a moment ago."""
        _, journal, _ = turn_of(plan.store, plan.record)
        owner = f"{journal} {plan.store.place}"
        note = tags.Note(plan.record.tag)
        if not send_again and note.began_elsewhere(owner, self.settle):
            raise SentBefore(
                "nothing was sent: this very campaign was begun from another journal on this computer a moment ago, and"
                " OVHcloud may not show yet what was sent",
                where=plan.record.tag,
                remedy=f"Run the command again in {self.settle.total_seconds():.0f} seconds: then OVHcloud is asked. To send"
                " it to everybody once more, add --send-again.",
            )
        note.begin(owner)

    def shown(self, queue: Queue, asked: str, *, since: datetime | None = None) -> str:
        """The tag of one of the next calls of which OVHcloud has messages; empty where it has none, or may not be asked.

        Raises `GatewayProblem` where it does not answer. `since` is for what has not begun, as in `sent_already`.
        """
        tag, unheard = sent_already(queue, self.gateway, stop=self.stop, since=since)
        if unheard is not None and unheard.later and not self.stop.is_set():
            raise GatewayProblem(
                f"OVHcloud could not be asked {asked or 'under which tag to send'}, so that nothing was sent:"
                f" {unheard.detail}",
                remedy="Run the command again later.",
            )
        if unheard is not None and asked:
            self.tell(f"OVHcloud could not be asked {asked}: {unheard.detail}")
        return tag


def alone(plan: Plan) -> AbstractContextManager[None]:
    """Nobody else on this computer sends the same from another journal until the block ends: raises `SentBefore`."""
    if plan.store.shared or plan.record.inputs.gateway in tags.REHEARSED:
        return nullcontext()
    return tags.Note(plan.record.tag).held(
        lambda: SentBefore(
            "nothing was sent: this very campaign is being sent from another journal at this moment",
            where=plan.record.tag,
            remedy="Wait until that has ended. If people are to get it from here as well, add --send-again then.",
        ),
    )


def _retagged(plan: Plan, used: list[str] | None = None) -> Plan:
    return replace(plan, record=editions.retagged(plan.store, plan.record, used=used or []))


def _sent_before(plan: Plan) -> SentBefore:
    return SentBefore(
        "nothing was sent: OVHcloud has messages of this very campaign, with this file, message and settings, and no journal"
        " here knows of them",
        where=plan.record.tag,
        remedy="Bring back the journal it was sent from, or name it with --journal FILE. If that is lost, this one can ask"
        f" OVHcloud who had it: {marks.recover(plan.store.place)}. To send it to everybody once more, add --send-again.",
    )
