"""What the cost adviser has to say."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from smscampaign.model import Text


@dataclass(frozen=True, slots=True)
class Saving:
    """What a swap saves; `credits` is None where a destination's rate is not known."""

    messages: int
    parts: int
    credits: Decimal | None


@dataclass(frozen=True, slots=True)
class Character:
    """One character outside GSM-7: what could stand for it, where it comes from as (origin, messages), and its cost.

    `alone` is what swapping it and nothing else would save; `proposed` says that a text takes fewer parts with the swap than
    without it, all the others being made.
    """

    character: str
    instead: str | None
    typographic: bool
    messages: int
    origins: tuple[tuple[str, int], ...]
    alone: Saving
    line: int
    proposed: bool = False


@dataclass(frozen=True, slots=True)
class Spill:
    """Messages that reach into part number `parts` by a few units; `most` of them in the worst case, at row `line`."""

    parts: int
    messages: int
    most: int
    line: int
    saving: Saving


@dataclass(frozen=True, slots=True)
class TextSample:
    """One text as it is and as it would be."""

    line: int
    before: Text
    after: Text


@dataclass(frozen=True, slots=True)
class Advice:
    """All of it: `typography` is what all typographic swaps save together, `everything` with all letters besides."""

    ucs2: int
    characters: tuple[Character, ...]
    typography: Saving
    everything: Saving
    spills: tuple[Spill, ...]
    samples: tuple[TextSample, ...]

    @property
    def letters(self) -> dict[str, str]:
        """The letters that are worth a swap, for `--swap`."""
        return {
            one.character: one.instead
            for one in self.characters
            if one.instead is not None and one.proposed and not one.typographic
        }

    @property
    def signs(self) -> bool:
        """Whether plain quotes, dashes and spaces save something, alone or together with the letters."""
        return any(one.proposed and one.typographic for one in self.characters)
