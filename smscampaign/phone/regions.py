"""The countries whose numbers can be read, and which of them a cell or a setting names."""

from __future__ import annotations

import re

import phonenumbers

from smscampaign.countries import code_of, nearest
from smscampaign.errors import SettingsProblem

REGIONS: frozenset[str] = frozenset(phonenumbers.SUPPORTED_REGIONS)
"""The ISO 3166-1 alpha-2 codes numbers can be read for."""

_DIALLED = re.compile(r"\+([1-9]\d{0,2})")


def country(cell: str) -> str | None:
    """The region a cell names, by an ISO code, a name in five languages or `+33`; None if none."""
    code = code_of(cell)
    if code is None and (dialled := _DIALLED.fullmatch(cell.strip())):
        code = phonenumbers.region_code_for_country_code(int(dialled[1]))
    return code if code in REGIONS else None


def known_region(region: str) -> str:
    """The campaign's own region as `country` reads it; an unknown one is the operator's to mend."""
    code = country(region)
    if code is None:
        near = " or ".join(map(str, nearest(region)[:2]))
        example = "Give a two-letter code such as FR, PL or GB."
        raise SettingsProblem(
            f"“{region}” is not a country whose numbers can be read.",
            where="region",
            remedy=f"Did you mean {near}? Give the two letters." if near else example,
        )
    return code
