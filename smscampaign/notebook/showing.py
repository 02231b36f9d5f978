"""Objects that show themselves: as a page in a notebook, as text in a terminal."""

from __future__ import annotations

from abc import ABC, abstractmethod

from smscampaign.drawing import Sheet, html, text


class Shown(ABC):
    """Draws its sheet wherever it is looked at."""

    @abstractmethod
    def sheet(self) -> Sheet:
        """The page."""

    def __repr__(self) -> str:
        return text(self.sheet())

    def _repr_html_(self) -> str:
        return html(self.sheet())
