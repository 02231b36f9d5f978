"""What keeps a number from getting a message: asked block by block when planning, and once more when its call is claimed.

Whoever plans or delivers hands exclusions in. The journal keeps what they said and knows none of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from smscampaign.languages import Sentence
from smscampaign.model import Reason


@dataclass(frozen=True, slots=True)
class Excluded:
    """Why a number gets nothing: the reason's code and a sentence.

    `had` is the message of this campaign that it has already: its edition's id and its row there.
    """

    reason: Reason
    because: Sentence
    had: tuple[int, int] | None = None


class Exclusion(Protocol):
    """Says which numbers get nothing."""

    def of(self, texts: Mapping[int, str]) -> Mapping[int, Excluded]:
        """Which of these numbers, each with the text that it is to get."""
        ...


def excluded(exclusions: Sequence[Exclusion], texts: Mapping[int, str]) -> dict[int, Excluded]:
    """What all of them say; where several exclude a number, the first is told."""
    found: dict[int, Excluded] = {}
    for one in exclusions:
        found = {**one.of(texts), **found}
    return found
