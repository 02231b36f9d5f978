"""What a file holds that its campaign leaves aside and a person should know of before anything is sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from smscampaign.countries import code_of
from smscampaign.errors import SettingsProblem
from smscampaign.recipients import columns, country_columns, sources
from smscampaign.recipients.corrected import Corrected
from smscampaign.recipients.sources import Source
from smscampaign.settings.model import Settings
from smscampaign.settings.table import SETTINGS

#: Rows that are looked at, as for the numbers.
LOOKED_AT = 100


def with_notices(source: Source, settings: Settings) -> Source:
    """The recipients, and among the remarks about them what is overlooked in them."""
    if isinstance(source, Corrected):
        return source  # what it lies over was looked at
    return sources.with_remarks(
        source, [one for one in _overlooked(source, settings) if one not in source.remarks]
    )


def _overlooked(source: Source, settings: Settings) -> tuple[str, ...]:
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


def _number(names: tuple[str, ...], settings: Settings) -> int | None:
    try:
        return columns.number_column(names, settings.columns.number)
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
