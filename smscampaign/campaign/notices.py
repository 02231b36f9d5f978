"""What a file holds that its campaign leaves aside and a person should know of before anything is sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from smscampaign.blocks import Block
from smscampaign.countries import code_of
from smscampaign.errors import SettingsProblem, TemplateProblem
from smscampaign.recipients import columns, country_columns, sources
from smscampaign.recipients.consent_columns import ConsentColumn, consent_columns, named_for_consent
from smscampaign.recipients.corrected import Corrected
from smscampaign.recipients.sources import Source
from smscampaign.settings.model import Settings
from smscampaign.settings.table import SETTINGS

#: Rows that are looked at, as for the numbers.
LOOKED_AT = 100
# Words that a column may hold, and of how many characters, for them to be shown.
_FEW, _SHORT = 6, 30


def with_notices(source: Source, settings: Settings) -> Source:
    """The recipients, and among the remarks about them what is overlooked in them."""
    if isinstance(source, Corrected):
        return source  # what it lies over was looked at
    return sources.with_remarks(
        source, [one for one in _overlooked(source, settings) if one not in source.remarks]
    )


def _overlooked(source: Source, settings: Settings) -> tuple[str, ...]:
    """The columns of countries, of consent and of a status that nobody chose."""
    return (*_countries(source, settings), *_consent(source, settings))


def _consent(source: Source, settings: Settings) -> tuple[str, ...]:
    """The columns by which rows may not be meant, where neither `where` nor the message asks for them."""
    if not named_for_consent(source.names):
        return ()
    left = unused_consent(source, settings.where or "", settings.message or "")
    if left is None:
        return ()
    are = "are" if len(left.columns) > 1 else "is"
    return (f"{left.said} and {are} not used: {left.remedy}",)


class UnusedConsent(NamedTuple):
    """Columns that look like consent or a status and are not used: what is `said` of them, and the `where` that uses them.

    It was tried: it selects `selected` of the first `rows` rows.
    """

    columns: tuple[ConsentColumn, ...]
    said: str
    where: str
    selected: int
    rows: int

    @property
    def remedy(self) -> str:
        """The option that uses them, and what that comes to."""
        return f'--where "{self.where}" selects {self.selected} of these {self.rows}'


def unused_consent(source: Source, where: str = "", message: str = "") -> UnusedConsent | None:
    """What the first rows say of consent and status that neither `where` nor the message asks for."""
    from smscampaign.message.selection import compile_selection  # few files have such a column
    from smscampaign.message.template import compile_template

    names = source.names
    used: set[int] = set()
    try:
        used.update(compile_selection(where, names).columns if where else ())
        used.update(compile_template(message, names).columns if message else ())
    except TemplateProblem:
        return None  # it is told when the campaign is planned
    block = Block.of_rows([row for row in islice(source.rows(), LOOKED_AT) if len(row.fields) == len(names)])
    found = tuple(one for one in consent_columns(names, list(block)) if one.place not in used)
    if not found:
        return None
    both = " and ".join([*([f"({where})"] if where else []), *(one.condition for one in found)])
    selected = len(block) - len(compile_selection(both, names).passed_over(block.columns))
    among = f" of the first {len(block)} rows"
    said = [
        f"“{one.name}” ({', '.join(f'“{word}”' for word in one.spellings)} in {one.rows}{among * (one is found[0])})"
        for one in found
    ]
    kinds = " and ".join(dict.fromkeys(one.kind for one in found))
    looks = f"column {said[0]} looks" if len(said) == 1 else f"columns {' and '.join(said)} look"
    return UnusedConsent(found, f"{looks} like {kinds}", both, selected, len(block))


def _countries(source: Source, settings: Settings) -> tuple[str, ...]:
    """The columns of countries that nobody chose although they name others than the campaign's own."""
    region = code_of(settings.region or "")
    if settings.columns.country is not None or region is None:
        return ()
    names, rows = source.names, list(islice(source.rows(), LOOKED_AT))
    found = country_columns.country_columns(names, rows, number=_number(names, settings), region=region)
    call = columns.called(names)
    return tuple(
        f"column “{one.name}” looks like countries ({one.share}) and is not used:"
        f' --country-column "{call[one.place]}"'
        for one in found
        if one.abroad
    )


def held(source: Source, places: Sequence[int]) -> str:
    """What the first rows have in some columns, where it is a few words: `: “Statut” holds “Payé” and “Annulé”`."""
    rows = list(islice(source.rows(), LOOKED_AT))
    said = []
    for place in places:
        words = dict.fromkeys(row.fields[place].strip() for row in rows if place < len(row.fields))
        shown = [f"“{word}”" if word else "nothing" for word in words]
        if 0 < len(shown) <= _FEW and all(len(word) <= _SHORT for word in words):
            said.append(f"“{source.names[place]}” holds {' or '.join(shown)}")
    return f": {'; '.join(said)}" if said else ""


def _number(names: tuple[str, ...], settings: Settings) -> int | None:
    try:
        return columns.number_columns(names, settings.columns.number)[0]
    except SettingsProblem:
        return None  # it is told when the campaign is planned, with what could be the column


def places_of(toml: Path | None, options: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, str]:
    """Where each setting was chosen: where `given` says, or by its option, or in the settings at `toml`."""
    return {
        one.key: f"{toml.name}, {one.key}"
        if toml and options.get(one.key) is None
        else given.get(one.key, one.flag)
        for one in SETTINGS
    }


@contextmanager
def placed(places: Mapping[str, str]) -> Iterator[None]:
    """Lets an error about a setting name the place where it was set."""
    try:
        yield
    except SettingsProblem as problem:
        problem.where = places.get(problem.where, problem.where)
        raise
