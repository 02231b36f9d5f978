"""What is seen of a campaign before it is sent: of a large file its first rows at once, and all of it from the background."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.files import rows_about
from smscampaign.errors import CampaignError, FileProblem
from smscampaign.languages import say
from smscampaign.model import Progress
from smscampaign.notebook.panel.looks import AT_ONCE, SAMPLE, Look, look_at
from smscampaign.notebook.panel.sending import Errand

#: Seconds after which the whole file is begun with: what can be drawn at once is drawn by then.
_AFTER = 0.15


class _Overtaken(Exception):
    """Something changed, so that nobody waits for this look any more."""


@dataclass(slots=True)
class _Background:
    """A whole file that is being looked at, as it was at a `stamp`: how far that is, and what came of it."""

    stamp: object
    total: int | None
    done: int = 0
    found: Look | CampaignError | None = None
    overtaken: bool = False

    def run(self, campaign: Campaign, errand: Errand) -> None:
        """Look at it. In a thread: a key takes 84 ms instead of 75 meanwhile (median, 200 000 rows)."""

        def watch(progress: Progress) -> None:
            if self.overtaken:
                raise _Overtaken
            self.done, self.total = progress.done, progress.total or self.total

        try:
            self.found = look_at(campaign, errand, watch)
        except _Overtaken:
            return
        except CampaignError as problem:
            self.found = problem
        except Exception as defect:
            # Nobody sees what goes wrong in a thread, and the bar would stand for ever.
            self.found = FileProblem(
                say("This is a defect of smscampaign: {kind}.", kind=type(defect).__name__)
            )
            raise


class Overview:
    """What the last look found, and the one that is under way. A stamp says what both are of: with another none counts."""

    def __init__(self) -> None:
        self._found: Look | CampaignError | None = None
        self._stamp: object = None
        self._background: _Background | None = None

    def of(self, stamp: object) -> Look | None:
        """The last look, if nothing has changed since."""
        return self._found if isinstance(self._found, Look) and self._stamp == stamp else None

    def refusal(self, stamp: object) -> CampaignError | None:
        """What stopped the last look, if nothing has changed since."""
        return self._found if isinstance(self._found, CampaignError) and self._stamp == stamp else None

    def forget_refusal(self) -> None:
        """What stopped it may be over by now: the next look is taken."""
        if isinstance(self._found, CampaignError):
            self._found = None

    def share(self, stamp: object) -> float | None:
        """How much of the whole file has been looked at, from 0 to 1; None where nobody is at it."""
        whole = self._awaited(stamp)
        return None if whole is None else min(whole.done / whole.total, 1.0) if whole.total else 0.0

    def look(self, campaign: Campaign, errand: Errand, stamp: object) -> None:
        """Look at it as it is now, unless that was done."""
        self.arrived(stamp)
        if self._found is not None and self._stamp == stamp:
            return
        rows = rows_about(campaign.file, campaign.path)
        large = rows is None or rows > AT_ONCE
        try:
            found = look_at(campaign, errand, whole=not large)
            if large and found.plan.summary.rows < SAMPLE:
                # A workbook, of which nobody knew how long it is.
                found, large = look_at(campaign, errand), False
        except CampaignError as problem:
            self._found, self._stamp = problem, stamp
            return
        self._found, self._stamp = found, stamp
        if large:
            self._begin(campaign, errand, stamp)

    def put_right(self, line: int, campaign: Campaign, errand: Errand, stamp: object) -> None:
        """A row was put right: of a large file what is drawn stays without that row, until the whole was looked at again."""
        rows = rows_about(campaign.file, campaign.path)
        if isinstance(self._found, Look) and (rows is None or rows > AT_ONCE):
            self._found, self._stamp = self._found.without(line), stamp
            self._begin(campaign, errand, stamp)

    def arrived(self, stamp: object) -> bool:
        """Take over what came of the whole file, if anything has."""
        whole = self._awaited(stamp)
        if whole is None or whole.found is None:
            return False
        self._found, self._stamp, self._background = whole.found, stamp, None
        return True

    def leave(self, stamp: object) -> None:
        """End a look at what has changed since."""
        if self._background is not None and self._background.stamp != stamp:
            self._background.overtaken, self._background = True, None

    def _awaited(self, stamp: object) -> _Background | None:
        return self._background if self._background and self._background.stamp == stamp else None

    def _begin(self, campaign: Campaign, errand: Errand, stamp: object) -> None:
        self.leave(None)
        self._background = _Background(stamp, rows_about(campaign.file, campaign.path))
        timer = threading.Timer(_AFTER, self._background.run, (campaign, errand))
        timer.daemon = True
        timer.start()
