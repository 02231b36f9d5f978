"""What is shown of a campaign, its plan and its run: pages and tables of the notebook, loaded when they are looked at.

So the command and plain imports never wait for pandas, and nothing below a front end imports one.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from smscampaign.drawing import Sheet, html, text


def view(name: str) -> Any:
    """One of the functions that open, draw and give tables."""
    return getattr(import_module("smscampaign.notebook.views"), name)


class Shown:
    """Draws its sheet wherever it is looked at: as a page in a notebook, as text in a terminal."""

    __slots__ = ()

    def sheet(self) -> Sheet:
        """The page that shows it."""
        page: Sheet = view("sheet_of")(self)
        return page

    def __repr__(self) -> str:
        return text(self.sheet())

    def _repr_html_(self) -> str:
        return html(self.sheet())
