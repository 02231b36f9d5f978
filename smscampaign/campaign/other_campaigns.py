"""What people got from other campaigns: asked when a plan is made, and at each claim, in the journal and in those beside it.

When a plan is made it is asked once all rows are there. Afterwards another campaign may send the same text to the same
people: it was told to, or this one stood still for long. Two that are in force share people then, and whoever began first
keeps them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.plans import Plan
from smscampaign.campaign.repeats import beside, kind_of_gateway
from smscampaign.databases import written
from smscampaign.errors import JournalProblem
from smscampaign.journal import neighbours
from smscampaign.journal.contacts import Contact, Contacts
from smscampaign.journal.exclusions import Asked, Excluded, Exclusion
from smscampaign.journal.peers import Peer, Turn, peers_in, shared_texts, turn_of
from smscampaign.journal.store import Journal, Record
from smscampaign.languages import say
from smscampaign.model import Reason
from smscampaign.names import printable

#: A file that was written so short a time ago may be written again at what its file system calls the same time.
UNSETTLED = timedelta(seconds=2)


def from_elsewhere(plan: Plan) -> list[Exclusion]:
    """What a plan in force is asked at its claims; nothing where people may get what they had. It has looked once already."""
    record = plan.store.find(plan.record.inputs.name) or plan.record
    if record.send_again or not _days(plan.campaign):
        return []
    asked = _elsewhere(plan.campaign, plan.store, record, plan.summary.texts)
    asked.of(Asked())
    return [asked]


def lately_elsewhere(
    campaign: Campaign, store: Journal, record: Record, *, home: Journal | None
) -> Callable[[int], list[Exclusion]]:
    """What a plan is asked once its rows are in `store`: who had the same text from another campaign, or waits for it there.

    `home` is where the campaign is kept, if `store` is thrown away.
    """

    def asked(texts: int) -> list[Exclusion]:
        if not campaign.settings.same_text_days:
            return []
        one = _elsewhere(campaign, store, record, texts, home=home)
        return [one] if one.matters() else []

    return asked


def ahead_of(plan: Plan) -> Peer | None:
    """Another campaign that is about to begin with a text of this plan, and goes before it: then it is waited for."""
    if not plan.campaign.settings.same_text_days:
        return None
    one = _elsewhere(plan.campaign, plan.store, plan.record, plan.summary.texts)
    return next((peer for peer in one.peers() if peer.at_the_door and peer.turn < one.turn), None)


def _elsewhere(
    campaign: Campaign, store: Journal, record: Record, texts: int, *, home: Journal | None = None
) -> Elsewhere:
    kept = home or store
    places = [one for one in beside(campaign, kept.place, record, (store, kept)) if one.exists()]
    mine = Ours(store, record.id, texts)
    claims = record.begun_at is not None
    return Elsewhere(campaign, record, mine, kept, places, turn_of(store, record), namesakes=claims)


def _days(campaign: Campaign) -> int:
    """How far back it is asked at claims: what was sent under this very name counts there, whatever it is about."""
    return max(campaign.settings.same_text_days, campaign.settings.remembered_days)


def same_from(peer: Peer, mine: Record, contact: Contact, body: str, since: datetime, *, turn: Turn) -> bool:
    """Whether what a number has from another campaign keeps it from getting this text from ours.

    It had the same text since then, or the same campaign by its name; or it waits for it there, and the other one goes
    before: it began first, or at the same moment and has the lower `turn`, and goes on, or was at work since then.
    """
    if contact.text != body and peer.name != mine.inputs.name:
        return False
    if contact.at is not None:
        return contact.at >= since
    if peer.begun_at is None or not peer.counts(since):
        return False
    return mine.begun_at is None or (peer.begun_at, peer.turn) < (mine.begun_at, turn)


class Ours(NamedTuple):
    """A plan of ours: its journal, its number there, and how many texts it has."""

    store: Journal
    id: int
    texts: int


@dataclass(slots=True)
class Elsewhere:
    """Excludes whoever had the same from another campaign, or is to get it there first.

    `record` is our campaign and `mine` its plan, `home` the journal that it is kept in, `places` are those beside that.
    `namesakes` says that campaigns of our name in other journals count as well, whatever their texts.
    """

    campaign: Campaign
    record: Record
    mine: Ours
    home: Journal
    places: Sequence[Path]
    turn: Turn
    namesakes: bool = False
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

    def matters(self) -> bool:
        """Whether any campaign may have sent the same to the same people."""
        return next(self.peers(), None) is not None

    def peers(self) -> Iterator[Peer]:
        """The campaigns that may have, in whichever journal that can be read."""
        for place in (None, *self.places):
            with suppress(JournalProblem), self._opened(place) as other:
                yield from self._peers(other, own=place is None)

    def _peers(self, other: Journal, *, own: bool) -> list[Peer]:
        """The campaigns of a journal that may have sent the same to the same people."""
        mine, since = self.record.inputs, self._since(_days(self.campaign))
        found = []
        for one in peers_in(other, own=own):
            namesake, kind = one.name == mine.name, kind_of_gateway(one.gateway)
            if (namesake and (own or not self.namesakes)) or kind != kind_of_gateway(mine.gateway):
                continue
            if not one.counts(since) or not (namesake or self.campaign.settings.same_text_days):
                continue
            known = (one.tag, one.texts)
            if known not in self._common:
                self._common[known] = namesake or bool(shared_texts(self.mine, (other, one.id, one.texts)))
            found += [one] if self._common[known] else []
        return found

    def _among(self, other: Journal, peer: Peer, asked: Asked) -> dict[int, Excluded]:
        settings, namesake = self.campaign.settings, peer.name == self.record.inputs.name
        since = self._since(settings.remembered_days if namesake else settings.same_text_days)
        contacts = Contacts(other, (peer.id,)).of(asked.numbers)
        return {
            line: _because(one, peer, other.name, namesake=namesake)
            for line, number, body in zip(asked.lines, asked.numbers, asked.bodies, strict=True)
            for one in contacts.get(number, ())
            if same_from(peer, self.record, one, body, since, turn=self.turn)
        }

    def _since(self, days: int) -> datetime:
        return self.home.clock() - timedelta(days=days)

    def _lasts(self, place: Path | None, now: Sequence[int]) -> bool:
        """Whether a journal that goes on will look otherwise than it does `now`."""
        if place is None:
            return not self.home.shared  # in a file of ours nobody else sends while we drive it
        newest = datetime.fromtimestamp(max(now[0], now[2]) / 1e9, UTC)
        return newest < self.home.clock() - UNSETTLED

    @contextmanager
    def _opened(self, place: Path | None) -> Iterator[Journal]:
        if place is None:
            yield self.home
        else:
            with neighbours.looked_at(place) as other:
                yield other


def _because(one: Contact, peer: Peer, source: str, *, namesake: bool) -> Excluded:
    # It is written down, and a file may have a name that no database takes.
    named = {"name": peer.name, "source": printable(source)}
    if one.at is None:
        because = say("this number waits for it in the campaign {name} ({source})", **named)
    else:
        at = f"{one.at:%Y-%m-%d %H:%M}"
        because = say("this number had it on {at} UTC from the campaign {name} ({source})", at=at, **named)
    return Excluded(Reason.ALREADY_SENT if namesake else Reason.SAME_TEXT_LATELY, because)
