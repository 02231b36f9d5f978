"""What a file holds that its campaign leaves aside and a person should know of before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from smscampaign import recipients
from smscampaign.campaign.retrying import RejectedRows
from smscampaign.countries import code_of
from smscampaign.errors import SettingsProblem
from smscampaign.settings import Settings

#: Rows that are looked at, as for the numbers.
LOOKED_AT = 100

_OPTIONS = {"columns.number": "--number-column", "columns.country": "--country-column"}


def with_notices(source: recipients.Source, settings: Settings) -> recipients.Source:
    """The recipients, and among the remarks about them what is overlooked in them."""
    if isinstance(source, RejectedRows):
        noticed = recipients.with_remarks(source.file, _overlooked(source, settings))
        return replace(source, file=noticed)
    return recipients.with_remarks(source, _overlooked(source, settings))


def _overlooked(source: recipients.Source, settings: Settings) -> tuple[str, ...]:
    """The columns of countries that nobody chose although they name others than the campaign's own."""
    region = code_of(settings.region or "")
    if settings.columns.country is not None or region is None:
        return ()
    names, rows = source.names, list(islice(source.rows(), LOOKED_AT))
    found = recipients.country_columns(names, rows, number=_number(names, settings), region=region)
    call = recipients.called(names)
    return tuple(
        f"column “{one.name}” looks like countries ({one.share}) and is not used:"
        f' --country-column "{call[one.place]}"'
        for one in found
        if one.abroad
    )


def _number(names: tuple[str, ...], settings: Settings) -> int | None:
    try:
        return recipients.number_column(names, settings.columns.number)
    except SettingsProblem:
        return None  # it is told when the campaign is planned, with what could be the column


def places_of(toml: Path | None, options: Mapping[str, Any]) -> dict[str, str]:
    """Where the columns were chosen: by an option, or in the settings at `toml`."""
    return {
        setting: f"{toml.name}, {setting}" if toml and options.get(setting) is None else option
        for setting, option in _OPTIONS.items()
    }
