"""Progress as `tqdm` draws it where it runs: a widget in a notebook, a line in a terminal, nothing elsewhere."""

from __future__ import annotations

import warnings
from types import TracebackType
from typing import Any

from smscampaign.model import Progress

with warnings.catch_warnings():
    # Without ipywidgets tqdm warns that it draws a plain line instead, which is just what is wanted then.
    warnings.simplefilter("ignore")
    from tqdm.auto import tqdm

_UNITS = {"planning": "row", "sealing": "row", "sending": "message", "asking": "call", "settling": "call"}

#: Seconds before a bar appears: what is quicker needs none.
DELAY = 0.5


class Bars:
    """One bar for each stage; used as a context, so that none is left hanging."""

    def __init__(self) -> None:
        self._bar: tqdm[Any] | None = None
        self._stage = ""

    def __enter__(self) -> Bars:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def __call__(self, progress: Progress) -> None:
        """Draw how far a stage is."""
        if self._bar is None or progress.stage != self._stage:
            self._close()
            self._stage = progress.stage
            self._bar = tqdm(
                total=progress.total,
                desc=progress.stage.capitalize(),
                unit=f" {_UNITS.get(progress.stage, 'step')}",
                disable=None,
                delay=DELAY,
                leave=False,
            )
        if progress.note:
            self._bar.set_postfix_str(progress.note, refresh=False)
        self._bar.update(progress.done - self._bar.n)

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None
