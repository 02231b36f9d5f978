"""Going on with an older copy of a journal, or with what a damaged one still holds: OVHcloud is asked what was sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from smscampaign.campaign.launch import LaunchOptions
from smscampaign.campaign.old_results import tells_of, unexplained
from smscampaign.campaign.progress import watched
from smscampaign.campaign.witness import Witness, note
from smscampaign.delivery import doubts
from smscampaign.errors import ChangedInputs, JournalProblem
from smscampaign.gateway.protocol import EVER, Gateway
from smscampaign.journal import editions, fates, recovery
from smscampaign.journal.places import Place
from smscampaign.journal.queue import Queue
from smscampaign.journal.store import Journal, Record
from smscampaign.model import Tally
from smscampaign.settings.model import Settings


@dataclass(frozen=True, slots=True)
class Recovered:
    """A campaign of a recovered journal: how many calls were pending in it and are in doubt until OVHcloud was asked.

    Of one that has not `begun`, none is in doubt unless OVHcloud has messages of it.
    """

    store: Journal
    record: Record
    calls: int
    begun: bool

    @property
    def settings(self) -> Settings:
        """As the campaign was planned with them."""
        return Settings.model_validate(self.record.inputs.settings)

    def ask(self, gateway: Gateway, options: LaunchOptions) -> Recovered:
        """Ask about every call in doubt, and of a plan whether it was sent; nothing is sent. Says what it is by then."""
        if not self.begun:
            witness = Witness(gateway, options.stop, options.tell)
            if not witness.shown(
                self._queue(), "whether this plan was sent from another journal", since=EVER
            ):
                return self
            with self.store.driving():
                self._put_in_force()
                (calls,) = recovery.doubt_pending(self.store, [self.record])
                note(self.store, self.record)
            return _found(self.store, self.record, calls).ask(gateway, options)
        queue, store = self._queue(), self.store
        with store.driving(together=True):
            queue.recover()
            steps = doubts.settle(queue, gateway, after=options.settle, stop=options.stop, clock=store.clock)
            watched(steps, options.watch)
        return self

    def _put_in_force(self) -> None:
        """Of an edition that waits here and was sent elsewhere. Raises `JournalProblem` where it is out of date."""
        if not self.record.proposed:
            return
        try:
            editions.put_in_force(self.store, self.record, account=self.record.inputs.account)
        except ChangedInputs:
            raise JournalProblem(
                "OVHcloud has messages of the edition that waits here, which does not know who had the campaign meanwhile",
                where=self.record.inputs.name,
                remedy="Run the command that planned it once more (`run` with --amend, or --restart), then `recover` again.",
            ) from None

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


def recovered(store: Journal, results: Path | None) -> list[Recovered]:
    """Put in doubt what the journal calls pending, of every campaign in it that may have begun: by the journal itself, by its
    mark, or by its `results`. From now on it is the one that counts.
    """
    with store.driving():
        found = recovery.campaigns_in(store)
        # Where none has begun here, results of people whom nobody here knows are of the journal that was lost. Neither they
        # nor the mark say anything of an edition that waits.
        tags, ever = {one.tag for one in found}, datetime.min.replace(tzinfo=UTC)
        begun_here = any(one.begun_at for one in found)
        lost = results is not None and not begun_here and unexplained(results, known=tags, since=ever)
        known = [one for one in found if store.behind or lost or (results and tells_of(results, one.tag))]
        begun = [one for one in found if one.begun_at or (one in known and not one.proposed)]
        counts = dict(zip((one.id for one in begun), recovery.doubt_pending(store, begun), strict=True))
        for one in begun:
            note(store, one)
    return [_found(store, one, counts.get(one.id)) for one in found]


def _found(store: Journal, record: Record, calls: int | None) -> Recovered:
    now = next((one for one in store.editions(record.inputs.name) if one.id == record.id), record)
    return Recovered(store, now, calls or 0, begun=calls is not None)
