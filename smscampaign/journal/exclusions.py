"""What keeps a row from getting its message: asked block by block when planning, and once more when its call is claimed.

Whoever plans or delivers hands exclusions in. The journal keeps what they said and knows none of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from smscampaign.languages import Sentence
from smscampaign.model import Reason


class Asked(NamedTuple):
    """Messages that exclusions are asked about, column by column: rows, numbers without the plus, texts.

    `keys` are what gets one message each; there are none where that is the number, nor at a claim.
    """

    lines: Sequence[int] = ()
    numbers: Sequence[int] = ()
    bodies: Sequence[str] = ()
    keys: Sequence[bytes] = ()


@dataclass(frozen=True, slots=True)
class Excluded:
    """Why a row gets nothing: the reason's code and a sentence, which is told in the reader's language if it is a `Sentence`.

    `had` is the message of this campaign that it has already: its edition's id and its row there. `suggestion` is what a
    person has to do about it, where nothing was left out that is as it was.
    """

    reason: Reason
    because: str
    had: tuple[int, int] | None = None
    suggestion: Sentence | None = None


class Exclusion(Protocol):
    """Says which rows get nothing."""

    def of(self, asked: Asked) -> Mapping[int, Excluded]:
        """Which of these rows."""
        ...


def excluded(exclusions: Sequence[Exclusion], asked: Asked) -> dict[int, Excluded]:
    """What all of them say, by row; where several exclude a row, the first is told."""
    found: dict[int, Excluded] = {}
    for one in exclusions:
        found = {**one.of(asked), **found}
    return found
