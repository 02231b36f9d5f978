"""How a campaign's texts are made cheaper, as its settings ask: swapped characters, and a short text for the long ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from smscampaign.advice.typography import swap_table, swapped
from smscampaign.message.template import Template, compile_template
from smscampaign.model import Text
from smscampaign.settings.model import Settings


def cheaper(settings: Settings) -> Callable[[Text], Text] | None:
    """What swaps the characters the settings name, or None when they name none. Raises `SettingsProblem`."""
    wording, stop = settings.text, settings.stop_clause
    table = swap_table(typography=wording.typography == "gsm", swaps=wording.swaps)
    return (lambda text: swapped(text, table, stop=stop)) if table else None


def short(settings: Settings, header: Sequence[str]) -> Template | None:
    """The short message, checked against the file's columns. Raises `TemplateProblem`."""
    brief = settings.text.short
    return compile_template(brief, header, where="short message", region=settings.region) if brief else None
