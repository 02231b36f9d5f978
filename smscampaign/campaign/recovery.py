"""Going on with an older copy of a journal, or with what a damaged one still holds: OVHcloud is asked what was sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from smscampaign.campaign.launch import Conduct
from smscampaign.campaign.progress import watched
from smscampaign.delivery import doubts
from smscampaign.gateway.protocol import Gateway
from smscampaign.journal import fates, recovery
from smscampaign.journal.places import Place
from smscampaign.journal.queue import Queue
from smscampaign.journal.store import Journal, Record
from smscampaign.model import Tally
from smscampaign.settings.model import Settings


@dataclass(frozen=True, slots=True)
class Recovered:
    """A campaign of a recovered journal: how many calls were pending in it and are in doubt until OVHcloud was asked."""

    store: Journal
    record: Record
    calls: int

    @property
    def settings(self) -> Settings:
        """As the campaign was planned with them."""
        return Settings.model_validate(self.record.inputs.settings)

    def ask(self, gateway: Gateway, conduct: Conduct) -> None:
        """Ask about every call in doubt; nothing is sent."""
        queue, store = self._queue(), self.store
        with store.driving(together=True):
            queue.recover()
            steps = doubts.settle(queue, gateway, after=conduct.settle, stop=conduct.stop, clock=store.clock)
            watched(steps, conduct.watch)

    def doubts(self) -> int:
        """The calls that are in doubt still."""
        return len(fates.doubts(self.store, self.record))

    def tally(self) -> Tally:
        """Where the campaign stands."""
        return fates.tally(self.store, self.record)

    def _queue(self) -> Queue:
        settings = self.settings
        return Queue(self.store, self.record, sender=settings.sender, terms=settings.terms)


def made_whole(place: Place, tell: Callable[[str], object]) -> None:
    """Where the file is damaged, put what can be read of it in its place.

    Raises `JournalProblem` where that is not enough to know who had a campaign.
    """
    if not isinstance(place, Path) or not place.is_file() or not place.stat().st_size:
        return
    damage = recovery.damage(place)
    if damage:
        tell(f"{place.name} is damaged ({damage}); it is read into a new file.")
        kept = recovery.read_out(place)
        tell(f"All that says who had the campaign could be read. The damaged file is kept as {kept.name}.")


def recovered(store: Journal) -> list[Recovered]:
    """Put in doubt what the journal calls pending, of every campaign in it; from now on it is the one that counts."""
    with store.driving():
        return [Recovered(store, record, calls) for record, calls in recovery.doubt_pending(store)]
