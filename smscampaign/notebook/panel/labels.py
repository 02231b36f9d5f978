"""What the panel's fields are called, by the settings they write: sentences that name an option name its field."""

from __future__ import annotations

from smscampaign.campaign.keywords import PLACES
from smscampaign.languages import mark

LABELS = {
    "columns.number": mark("Column of the numbers"),
    "columns.country": mark("Column of the countries"),
    "region": mark("Region of the numbers"),
    "where": mark("Who gets it"),
    "file.sheet": mark("Sheet"),
    "file.encoding": mark("Written as"),
    "message": mark("Text"),
    "sender": mark("Sender"),
    "purpose": mark("Purpose"),
}

#: The same by the keywords of Python.
BY_KEYWORD = {PLACES[key]: label for key, label in LABELS.items()}
