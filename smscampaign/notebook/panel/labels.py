"""The panel's fields that write a setting, and what they are called: sentences that name its option name the field."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from smscampaign.campaign.keywords import PLACES
from smscampaign.languages import Sentence, mark

#: What tells a sentence in the panel's language.
Say = Callable[[Sentence | str], str]

LABELS = {
    "columns.number": mark("Column of the numbers"),
    "columns.country": mark("Column of the countries"),
    "region": mark("Region of the numbers"),
    "where": mark("Who gets it"),
    "file.sheet": mark("Sheet"),
    "file.header_row": mark("Row of the column names"),
    "file.encoding": mark("Written as"),
    "message": mark("Text"),
    "text.typography": mark("Write plain quotes, dashes and spaces: that takes fewer parts"),
    "sender": mark("Sender"),
    "purpose": mark("Purpose"),
}

#: The same by the keywords of Python.
BY_KEYWORD = {PLACES[key]: label for key, label in LABELS.items()}


def field(
    key: str, value: str | None, say_it: Say, options: Sequence[tuple[str, str]] | None = None, hint: str = ""
) -> dict[str, Any]:
    """The field of a setting, as `Form.ask` takes it: what is chosen is written as soon as it is left."""
    drawn = None if options is None else [list(one) for one in options]
    name, label = key.replace(".", "__"), say_it(LABELS[key])
    return {"name": name, "label": label, "value": value or "", "options": drawn, "hint": hint, "live": True}
