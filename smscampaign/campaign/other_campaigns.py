"""What people got from other campaigns meanwhile: asked at each claim, in the journal and in those beside it that went on.

Before a plan begins the guard looks at all of them. Afterwards another campaign may send the same text to the same people: it
was told to, or this one stood still for long. Two that are in force share people then, and whoever began first keeps them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from smscampaign.campaign.plans import Plan
from smscampaign.campaign.repeats import beside, kind_of_gateway, shared_with
from smscampaign.databases import written
from smscampaign.errors import JournalProblem
from smscampaign.journal import neighbours
from smscampaign.journal.contacts import Contact, Contacts
from smscampaign.journal.exclusions import Asked, Excluded, Exclusion
from smscampaign.journal.peers import Peer, Turn, peers_in, turn_of
from smscampaign.journal.store import Journal, Record
from smscampaign.languages import say
from smscampaign.model import Reason

#: A file that was written so short a time ago may be written again at what its file system calls the same time.
UNSETTLED = timedelta(seconds=2)


def from_elsewhere(plan: Plan) -> list[Exclusion]:
    """What a plan in force is asked at its claims; nothing where people may get what they had. It has looked once already."""
    record = plan.store.find(plan.record.inputs.name) or plan.record
    if record.send_again or not plan.campaign.settings.limits.repeat_days:
        return []
    places = [path for path in beside(plan, plan.store.place) if path.exists()]
    asked = Elsewhere(plan, record, places, turn_of(plan.store, record))
    asked.of(Asked())
    return [asked]


def same_from(peer: Peer, mine: Record, contact: Contact, body: str, since: datetime, *, turn: Turn) -> bool:
    """Whether what a number has from another campaign keeps it from getting this text from ours.

    It had the same text since then, or the same campaign by its name; or it waits for it there, and the other one goes
    before: it began first, or at the same moment and has the lower `turn`, and goes on, or was at work since then.
    """
    if contact.text != body and peer.name != mine.inputs.name:
        return False
    if contact.at is not None:
        return contact.at >= since
    if peer.begun_at is None or mine.begun_at is None or not peer.counts(since):
        return False
    return (peer.begun_at, peer.turn) < (mine.begun_at, turn)


@dataclass(slots=True)
class Elsewhere:
    """Excludes whoever had the same from another campaign, or is to get it there first.

    `record` is the campaign in force, `places` are the journals beside its own.
    """

    plan: Plan
    record: Record
    places: Sequence[Path]
    turn: Turn
    #: How the files of journals were in which nothing mattered.
    _quiet: dict[Path | None, object] = field(default_factory=dict)
    #: Whether campaigns, by their tags, have a text in common with this one while they have so many; corrections add some.
    _common: dict[tuple[str, int], bool] = field(default_factory=dict)

    def of(self, asked: Asked) -> dict[int, Excluded]:
        """Which of these rows get nothing. Journals in which nothing mattered are opened again once they went on."""
        found: dict[int, Excluded] = {}
        for place in (None, *self.places):
            now = written(place) if place is not None else ()
            if self._quiet.get(place) == now:
                continue
            try:
                with self._opened(place) as other:
                    peers = self._peers(other, own=place is None)
                    for peer in peers:
                        found = {**self._among(other, peer, asked), **found}
            except JournalProblem:
                continue  # what cannot be read was told of before the campaign began
            self._quiet[place] = now if not peers and self._lasts(place, now) else None
        return found

    def _peers(self, other: Journal, *, own: bool) -> list[Peer]:
        """The campaigns of a journal that may have sent the same to the same people."""
        mine, since = self.record.inputs, self._since()
        found = []
        for one in peers_in(other, own=own):
            namesake, kind = one.name == mine.name, kind_of_gateway(one.gateway)
            if (own and namesake) or kind != kind_of_gateway(mine.gateway) or not one.counts(since):
                continue
            known = (one.tag, one.texts)
            if known not in self._common:
                self._common[known] = namesake or bool(shared_with(self.plan, other, one))
            found += [one] if self._common[known] else []
        return found

    def _among(self, other: Journal, peer: Peer, asked: Asked) -> dict[int, Excluded]:
        contacts, since = Contacts(other, (peer.id,)).of(asked.numbers), self._since()
        return {
            line: _because(one, peer, other.name)
            for line, number, body in zip(asked.lines, asked.numbers, asked.bodies, strict=True)
            for one in contacts.get(number, ())
            if same_from(peer, self.record, one, body, since, turn=self.turn)
        }

    def _since(self) -> datetime:
        return self.plan.store.clock() - timedelta(days=self.plan.campaign.settings.limits.repeat_days)

    def _lasts(self, place: Path | None, now: Sequence[int]) -> bool:
        """Whether a journal that goes on will look otherwise than it does `now`."""
        if place is None:
            return not self.plan.store.shared  # in a file of ours nobody else sends while we drive it
        newest = datetime.fromtimestamp(max(now[0], now[2]) / 1e9, UTC)
        return newest < self.plan.store.clock() - UNSETTLED

    @contextmanager
    def _opened(self, place: Path | None) -> Iterator[Journal]:
        if place is None:
            yield self.plan.store
        else:
            with neighbours.looked_at(place) as other:
                yield other


def _because(one: Contact, peer: Peer, source: str) -> Excluded:
    named = {"name": peer.name, "source": source}
    if one.at is None:
        because = say("this number waits for it in the campaign {name} ({source})", **named)
    else:
        at = f"{one.at:%Y-%m-%d %H:%M}"
        because = say("this number had it on {at} UTC from the campaign {name} ({source})", at=at, **named)
    return Excluded(Reason.ALREADY_SENT, because)
