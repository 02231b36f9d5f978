"""Looking at a campaign before it is sent: planned in a journal that is thrown away, and told as data. Nothing stays open."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from smscampaign.advice.findings import Finding
from smscampaign.blocks import BLOCK, Block
from smscampaign.campaign import editions, gates, rejections
from smscampaign.campaign.amendment import edition_told
from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.plans import Plan
from smscampaign.campaign.progress import Watch, unwatched
from smscampaign.campaign.rejections import Bad
from smscampaign.drawing import figure
from smscampaign.journal import samples
from smscampaign.journal.store import journal_exists, open_journal
from smscampaign.model import Message, Row, Status
from smscampaign.notebook.panel.sending import Errand
from smscampaign.pricing import Forecast, RateCache, known_words
from smscampaign.recipients.sources import Source
from smscampaign.scratch import scratch_folder
from smscampaign.ways import destination

#: Rows of a sample, bad rows that are drawn, and rows of a file that is looked at whole at once.
SAMPLE, DRAWN, AT_ONCE = 1_000, 200, 5_000


@dataclass(frozen=True, slots=True)
class Look:
    """What a plan said. `waiting` messages are still to be sent; `credits` says what is known of `price`, as
    `run --dry-run` does.

    `sample` says that it is of the first rows only, and `since` how many rows were put right after it was made.
    """

    plan: Plan
    sample: bool
    headline: str
    bad: tuple[Bad, ...]
    found: tuple[Finding, ...]
    price: Forecast
    credits: str
    waiting: int
    first: Message | None
    since: int = 0

    @property
    def whole(self) -> bool:
        """Whether it is of all rows as they are."""
        return not self.sample and not self.since

    def without(self, line: int) -> Look:
        """The same when one of its rows was put right."""
        return replace(
            self, bad=tuple(one for one in self.bad if one.line != line), since=self.since + 1, found=()
        )

    @property
    def right(self) -> bool:
        """Whether it could be sent as it is."""
        return self.whole and (self.waiting > 0 or self.anew) and not gates.stops(self.found)

    @property
    def anew(self) -> bool:
        """Whether it is another edition of what has begun: of that it cancels what is pending, whether it sends or not."""
        return self.plan.record.proposed

    @property
    def bad_rows(self) -> int:
        """How many rows cannot be sent."""
        return rejections.bad_rows(self.plan.summary.not_sent) - self.since


@dataclass(frozen=True, slots=True)
class FirstRows:
    """The first rows of a file, for a sample; everything else is the file's own."""

    file: Source
    rows_at_most: int = SAMPLE

    def __getattr__(self, name: str) -> Any:
        return getattr(object.__getattribute__(self, "file"), name)

    def rows(self) -> Iterator[Row]:
        """The first rows."""
        return islice(self.file.rows(), self.rows_at_most)

    def blocks(self, size: int = BLOCK) -> Iterator[Block]:
        """The same in blocks."""
        left = iter(self.rows())
        while rows := list(islice(left, size)):
            yield Block.of_rows(rows)


def look_at(campaign: Campaign, errand: Errand, watch: Watch = unwatched, *, whole: bool = True) -> Look:
    """Plan it, all of it or a sample. Raises what stops a campaign before its first row."""
    files, where = errand.files, destination(rehearsal=errand.rehearsal)
    if not whole:
        campaign = replace(campaign, source=FirstRows(campaign.file))
    with ExitStack() as stack:
        folder = stack.enter_context(scratch_folder())
        store = stack.enter_context(closing(open_journal(folder / "plan.sqlite", scratch=True)))
        kept = None
        if whole and journal_exists(files.journal):
            kept = stack.enter_context(closing(open_journal(files.journal, create=False)))
        wishes = errand.wishes
        plan = editions.rehearsed(
            campaign,
            store,
            kept,
            gateway=where,
            watch=watch,
            kind=wishes.kind,
            send_again=wishes.send_again,
        )
        # A rehearsal's own prices are known once one was rehearsed; until then the account's, as `run --dry-run` tells them.
        cache, real = RateCache(), destination()
        price = plan.price(cache.expected(real) | cache.expected(where))
        countries = [one.country for one in plan.summary.countries if one.country not in cache.known(where)]
        known = known_words(price, figure(price.credits), published=bool(cache.as_published(real, countries)))
        standing = plan.standing()
        waiting = plan.summary.messages if standing is None else standing.messages.get(Status.PENDING, 0)
        found: list[Finding] = []
        if whole:
            account = "" if errand.rehearsal else campaign.settings.account or ""
            facts = gates.GateFacts(
                send_again=wishes.send_again,
                results=files.results,
                home=files.journal,
                service=account,
                waiting=price,
            )
            found = [*gates.of(plan, facts), *(edition_told(plan, kept) if plan.record.proposed else ())]
        return Look(
            plan,
            not whole,
            rejections.headline(plan.summary.not_sent, campaign.language),
            tuple(rejections.rejected(plan, most=DRAWN)),
            tuple(found),
            price,
            known,
            waiting,
            samples.pick(plan.store, plan.record, "first"),
        )
