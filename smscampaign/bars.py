"""Progress as `tqdm` draws it where it runs: a widget in a notebook, a bar in a terminal; elsewhere a line a minute."""

from __future__ import annotations

import sys
import threading
import time
import warnings
from types import TracebackType
from typing import TYPE_CHECKING, Any

from smscampaign.languages import mark
from smscampaign.model import Progress
from smscampaign.translation import told

if TYPE_CHECKING:
    from tqdm import tqdm

#: Stages that are over in a moment, most of the time: drawn only when they are not, and never left on the screen.
_PASSING = frozenset({"planning", "sealing", "pricing"})

_UNITS = {
    "pricing": (mark("country"), mark("countries")),
    "planning": (mark("row"), mark("rows")),
    "sealing": (mark("row"), mark("rows")),
    "sending": (mark("message"), mark("messages")),
    "asking": (mark("call"), mark("calls")),
    "settling": (mark("call"), mark("calls")),
    "recalling": (mark("message"), mark("messages")),
    "listening": (mark("receipt"), mark("receipts")),
    "listing": (mark("message"), mark("messages")),
    "checking": (mark("check"), mark("checks")),
}

#: Seconds before a bar appears: what is quicker needs none. And between two lines where there is no terminal.
DELAY, EACH = 0.5, 60.0


class Bars:
    """One bar for each stage, drawn as progress comes in; used as a context, so that none is left hanging.

    `lasting` leaves the bars of what was sent and asked on the screen, as a terminal's scroll-back wants; a notebook's
    page shows what they came to instead.
    """

    def __init__(self, *, lasting: bool = False) -> None:
        self._lasting = lasting
        self._bar: tqdm[Any] | None = None
        self._stage = ""
        self._since = 0.0
        self._told = 0.0

    def __enter__(self) -> Bars:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __call__(self, progress: Progress) -> None:
        """Draw how far a stage is."""
        if progress.stage != self._stage:
            self.close()
            self._stage, self._since = progress.stage, time.monotonic()
            self._told = self._since
        # A bar without a total has no truth value.
        bar = self._bar if self._bar is not None else self._begun(progress)
        if bar is None:
            self._tell(progress)
            return
        self._bar = bar
        bar.total = progress.total
        if progress.note:
            bar.set_postfix_str(told(progress.note), refresh=False)
        bar.update(progress.done - bar.n)

    def _tell(self, progress: Progress) -> None:
        """A line a minute for a log: how far it is, and how long it takes at this pace."""
        now = time.monotonic()
        if sys.stderr is None or _drawn() or now - self._told < EACH:
            return
        self._told = now
        unit = told(_UNITS[progress.stage][1])
        done, total = f"{progress.done:,}".replace(",", " "), progress.total
        amount, left = f"{done} {unit}", ""
        if total:
            rest = (total - progress.done) * (now - self._since) / progress.done if progress.done else None
            of = f"{total:,}".replace(",", " ")
            amount = told(f"{done} of {of} {unit}")
            left = told(f", about {max(round(rest / 60), 1)} min left") if rest else ""
        about = f" ({told(progress.note)})" if progress.note else ""
        sys.stderr.write(f"{told(progress.stage.capitalize())}: {amount}{left}{about}\n")
        sys.stderr.flush()

    def close(self) -> None:
        """End the bar under way."""
        if self._bar is not None:
            self._bar.close()
        self._bar, self._stage = None, ""

    def _begun(self, progress: Progress) -> tqdm[Any] | None:
        """The stage's bar, once it is time for it: what nobody sees is not loaded, which takes as long as 10 000 rows."""
        stays = self._lasting and progress.stage not in _PASSING
        passed = time.monotonic() - self._since
        if not _drawn() or not (stays or passed >= DELAY):
            return None
        bar: tqdm[Any] = _drawer()(
            total=progress.total,
            desc=told(progress.stage.capitalize()),
            unit=f" {told(_UNITS[progress.stage][0])}",
            file=sys.stderr,
            disable=None,
            dynamic_ncols=True,
            leave=stays,
        )
        if not bar.disable:
            bar.start_t -= passed  # its rate counts from where the stage began
        return bar


def _drawn() -> bool:
    """Whether there is somebody to draw a bar for."""
    return "IPython" in sys.modules or (sys.stderr is not None and sys.stderr.isatty())


def _drawer() -> Any:
    if "IPython" in sys.modules:
        with warnings.catch_warnings():
            # Without ipywidgets tqdm warns that it draws a plain line instead, which is just what is wanted then.
            warnings.simplefilter("ignore")
            from tqdm.auto import tqdm as widget

            return widget
    from tqdm.std import tqdm as plain  # `auto` loads asyncio

    plain.set_lock(threading.RLock())  # its own loads multiprocessing
    return plain
