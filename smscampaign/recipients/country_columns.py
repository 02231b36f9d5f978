"""Which columns of a table look like countries, by their names and by their cells. Words and standard library only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from smscampaign.countries import code_of
from smscampaign.languages import say
from smscampaign.model import Row
from smscampaign.names import words

# What a column of countries is called, as one word of its name: `Mailing Country`, `Code pays`, `Kraj zamieszkania`.
_NAMES = frozenset(
    """
    country countries countrycode pays codepays land landcode landercode landerkennung landerkennzeichen landerkurzel
    lieferland rechnungsland wohnland herkunftsland kraj kraju kodkraju panstwo pais codigopais paese nazione nation staat
    stat stato zeme krajina orszag tara maa ulke
    """.split()  # noqa: SIM905 - a page of quotation marks would be harder to read and to add to
)
# Columns whose cells are the codes of something else, and of countries by chance: `MR` is Mauritania, `CA` Canada.
_OTHERS = frozenset(
    """
    state province region county canton city title titre salutation civilite anrede gender sex sexe plec language langue lang
    locale jezyk sprache idioma lingua taal currency devise waluta initials initiales size taille rozmiar grosse status statut
    """.split()  # noqa: SIM905 - as above
)
_LONGEST_CODE = 3


class CountryColumn(NamedTuple):
    """A column that looks like countries: `good` of its `cells` filled ones name one, and how often each is named.

    `abroad` is how many name another country than the campaign's beside a number that is written without its country code.
    """

    name: str
    place: int
    good: int
    cells: int
    countries: Counter[str]
    abroad: int

    @property
    def share(self) -> str:
        """`19 of 26 rows`."""
        return say("{good} of {n} row", "{good} of {n} rows", n=self.cells, good=self.good)


def country_columns(
    header: Sequence[str], rows: Sequence[Row], *, number: int | None = None, region: str | None = None
) -> list[CountryColumn]:
    """The columns that are named like countries and hold one, or hold mostly countries; those named so first.

    `number` is the column of the numbers, if it is known, and `region` the country of those without a country code.
    """
    found = []
    for place, name in enumerate(header):
        if place == number:
            continue
        named = not _NAMES.isdisjoint(words(name)) or "".join(words(name)) in _NAMES
        cells = [
            (row, cell) for row in rows if place < len(row.fields) and (cell := row.fields[place].strip())
        ]
        codes = [code_of(cell) if named or _counts(cell, name) else None for _, cell in cells]
        good = Counter(filter(None, codes))
        if not good or not (named or good.total() * 2 > len(cells)):
            continue
        abroad = sum(
            code is not None and code != region and not _is_international(row, number)
            for (row, _), code in zip(cells, codes, strict=True)
        )
        found.append((not named, CountryColumn(name, place, good.total(), len(cells), good, abroad)))
    return [one for _, one in sorted(found, key=lambda pair: (pair[0], pair[1].place))]


def _counts(cell: str, name: str) -> bool:
    """Whether a cell says that its column holds countries, where the column's name does not."""
    if len(cell) > _LONGEST_CODE:
        return True
    return cell.isupper() and _OTHERS.isdisjoint(words(name))


def _is_international(row: Row, number: int | None) -> bool:
    cell = row.fields[number].strip(" '\u2019") if number is not None and number < len(row.fields) else ""
    return cell.startswith(("+", "00"))
