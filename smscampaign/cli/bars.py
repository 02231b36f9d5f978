"""Progress bars; silent when standard error is not a terminal."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any

from tqdm import tqdm

from smscampaign.model import Progress

#: Stages that are over in a moment, most of the time: drawn only when they are not, and not left on the screen.
_PASSING = frozenset({"planning", "sealing", "pricing"})

_UNITS = {
    "pricing": "country",
    "planning": "row",
    "sealing": "row",
    "sending": "message",
    "asking": "call",
    "settling": "call",
}


class Bars:
    """One bar for each stage, drawn as progress comes in."""

    def __init__(self) -> None:
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
            self._bar = tqdm(
                total=progress.total,
                desc=progress.stage.capitalize(),
                unit=" " + _UNITS.get(progress.stage, "step"),
                unit_scale=False,
                file=sys.stderr,
                disable=None,
                dynamic_ncols=True,
                delay=0.5 if progress.stage in _PASSING else 0,
                leave=progress.stage not in _PASSING,
            )
        self._bar.total = progress.total
        if progress.note:
            self._bar.set_postfix_str(progress.note, refresh=False)
        self._bar.update(progress.done - self._bar.n)

    def close(self) -> None:
        """Leave the finished bar on the screen."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None
