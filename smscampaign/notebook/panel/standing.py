"""Where a campaign stands, read in its journal: what the panel shows while another process sends."""

from __future__ import annotations

from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from smscampaign.campaign import cancellation, editions
from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.files import remove_journal
from smscampaign.campaign.rejections import bad_rows
from smscampaign.errors import JournalProblem
from smscampaign.journal.drivers import AtWork, at_work
from smscampaign.journal.store import open_journal
from smscampaign.languages import say
from smscampaign.model import Status, Tally
from smscampaign.notebook.panel.sending import Errand, at_work_on


@dataclass(frozen=True, slots=True)
class Standing:
    """`tally`: None where nothing has begun. `driver` is at work on it; `code` goes on with it; `bad` rows of
    its plan cannot be sent; `halt` says why it paused."""

    tally: Tally | None = None
    driver: AtWork | None = None
    code: str = ""
    messages: int = 0
    bad: int = 0
    halt: str = ""
    cancelled: bool = False

    @property
    def begun(self) -> bool:
        """Whether something may have left."""
        return self.tally is not None

    def of(self, status: Status) -> int:
        """How many rows have a status."""
        return self.tally.messages.get(status, 0) if self.tally else 0

    @property
    def open(self) -> int:
        """How many messages wait, or are in doubt."""
        return self.of(Status.PENDING) + self.of(Status.IN_DOUBT)

    @property
    def done(self) -> int:
        """How many messages have been decided about."""
        return self.messages - self.of(Status.PENDING)


def standing_of(campaign: Campaign, errand: Errand) -> Standing:
    """Read the journal; it is closed again when this returns."""
    place = errand.files.journal
    if not isinstance(place, Path) or not place.exists():
        return Standing()
    with closing(open_journal(place, create=False)) as store:
        driver = at_work(store)
        try:
            plan = editions.open_plan(campaign, store)
        except JournalProblem:
            return Standing(driver=driver)
        if not plan.begun:
            return Standing(driver=driver)
        paused = plan.paused()
        return Standing(
            plan.tally(),
            driver,
            plan.yes,
            plan.summary.messages,
            bad_rows(plan.summary.not_sent),
            paused.detail if paused else "",
            cancellation.cancelled_at(plan) is not None,
        )


def unread(errand: Errand) -> Standing:
    """What is known where file or settings cannot be read: who is at work, so that a pause stays possible."""
    with suppress(JournalProblem):
        return Standing(driver=at_work_on(errand))
    return Standing()


def forget_rehearsal(errand: Errand) -> None:
    """Remove what a rehearsal wrote, so that another one begins anew. It reached nobody.

    Raises `JournalProblem` while somebody is at work on it, who would go on writing into files that are gone.
    """
    if not errand.rehearsal:
        raise ValueError("only a rehearsal is forgotten")
    driver = at_work_on(errand)
    if driver is not None:
        raise JournalProblem(say("It is being rehearsed right now: pause it first."))
    remove_journal(errand.files.sandbox)
    errand.files.forget_rehearsal()
    for one in (errand.files.results, errand.log):
        one.unlink(missing_ok=True)
    with suppress(OSError):  # other campaigns may have been rehearsed in this folder
        errand.files.sandbox.parent.rmdir()
