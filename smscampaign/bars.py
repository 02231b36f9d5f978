"""Progress as `tqdm` draws it where it runs: a widget in a notebook, a line in a terminal, nothing elsewhere."""

from __future__ import annotations

import sys
import threading
import warnings
from types import TracebackType
from typing import Any

from smscampaign.model import Progress

if "IPython" in sys.modules:
    with warnings.catch_warnings():
        # Without ipywidgets tqdm warns that it draws a plain line instead, which is just what is wanted then.
        warnings.simplefilter("ignore")
        from tqdm.auto import tqdm
else:
    from tqdm.std import tqdm  # type: ignore[assignment]  # `auto` loads asyncio

    tqdm.set_lock(threading.RLock())  # its own loads multiprocessing

#: Stages that are over in a moment, most of the time: drawn only when they are not, and never left on the screen.
_PASSING = frozenset({"planning", "sealing", "pricing"})

_UNITS = {
    "pricing": "country",
    "planning": "row",
    "sealing": "row",
    "sending": "message",
    "asking": "call",
    "settling": "call",
    "recalling": "message",
    "listening": "receipt",
}

#: Seconds before a bar appears: what is quicker needs none.
DELAY = 0.5


class Bars:
    """One bar for each stage, drawn as progress comes in; used as a context, so that none is left hanging.

    `lasting` leaves the bars of what was sent and asked on the screen, as a terminal's scroll-back wants; a notebook's
    page shows what they came to instead.
    """

    def __init__(self, *, lasting: bool = False) -> None:
        self._lasting = lasting
        self._bar: tqdm[Any] | None = None
        self._stage = ""

    def __enter__(self) -> Bars:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __call__(self, progress: Progress) -> None:
        """Draw how far a stage is."""
        if self._bar is None or progress.stage != self._stage:
            self.close()
            self._stage = progress.stage
            self._bar = self._begun(progress)
        self._bar.total = progress.total
        if progress.note:
            self._bar.set_postfix_str(progress.note, refresh=False)
        self._bar.update(progress.done - self._bar.n)

    def close(self) -> None:
        """End the bar under way."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def _begun(self, progress: Progress) -> tqdm[Any]:
        stays = self._lasting and progress.stage not in _PASSING
        return tqdm(
            total=progress.total,
            desc=progress.stage.capitalize(),
            unit=f" {_UNITS.get(progress.stage, 'step')}",
            file=sys.stderr,
            disable=None,
            dynamic_ncols=True,
            delay=0 if stays else DELAY,
            leave=stays,
        )
