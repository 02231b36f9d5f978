"""What the recipients' own file says about the settings of its campaign: findings for `init`, certain ones and others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from smscampaign.campaign.notices import LOOKED_AT, unused_consent
from smscampaign.countries import CountryName
from smscampaign.drawing import masked
from smscampaign.model import Recipient, Row
from smscampaign.names import ColumnNames, canonical, words
from smscampaign.phone.normaliser import REGIONS, Normaliser
from smscampaign.recipients import country_columns
from smscampaign.recipients.columns import NumberCheck, called, candidate, candidates, named_for_numbers
from smscampaign.recipients.country_columns import CountryColumn
from smscampaign.recipients.sources import CsvFile, Source
from smscampaign.settings.proposals import Hint

# What tells the language of column names, and the countries where people write numbers and speak it, the largest first.
_LANGUAGES = {
    ("FR", "BE", "CH"): "prenom nom telephone portable ville pays adresse civilite societe courriel",
    ("PL",): "imie nazwisko telefonu komorka komorkowy miasto miejscowosc kraj ulica",
    ("DE", "AT", "CH"): "vorname nachname anrede handy rufnummer mobilnummer strasse ort plz land",
    ("ES",): "nombre apellido apellidos movil ciudad direccion pais",
    ("IT", "CH"): "nome cognome cellulare citta indirizzo paese",
    ("NL", "BE"): "voornaam achternaam mobiel woonplaats telefoonnummer",
    ("PT",): "nome apelido telemovel cidade morada pais",
    ("GB", "IE", "US"): "name first last phone mobile cell city postcode zip town",
}
# Where it is not known whose numbers they are: what a cell is tried as, to tell a column of numbers.
_USUAL = ("FR", "PL", "DE", "ES", "IT", "GB", "BE", "NL", "CH", "AT", "PT", "IE", "US")
# A region is likely when it reads half of the numbers, and certain when no other that may be meant reads half as many.
_HALF = 0.5


@dataclass(frozen=True, slots=True)
class Findings:
    """The columns and the one to greet by, as a message asks for them, and values for settings by their names."""

    columns: tuple[str, ...]
    greeting: str | None
    hints: dict[str, Sequence[Hint]]


def findings(source: Source, greets: Sequence[str]) -> Findings:
    """What the first rows say. A greeting may use a column whose name has one of the words `greets`, the first the best."""
    names, rows = source.names, list(islice(source.rows(), LOOKED_AT))
    named = named_for_numbers(names)
    number = named[0] if len(named) == 1 else None
    countries = country_columns.country_columns(names, rows, number=number)
    region = _region(names, rows, named, countries)
    home = region[0].value if region else None
    hints: dict[str, Sequence[Hint]] = {"region": region, **_reading(source)}
    hints["columns.number"] = _numbers(names, rows, named, _judge([str(home)] if home else _USUAL))
    known = country_columns.country_columns(names, rows, number=number, region=str(home) if home else None)
    call = called(names)
    hints["columns.country"] = [
        Hint(call[one.place], f"looks like countries: {one.share}", sure=len(known) == 1 and one.abroad > 0)
        for one in known
    ]
    if (left := unused_consent(source)) is not None:
        why = f"{left.said}: this selects {left.selected}"
        hints["where"] = [Hint(left.where, why)]
    spelled = ColumnNames(names)
    others = [place for place, name in enumerate(names) if place != number and name]
    greeting = (
        spelled.placeholder(place)
        for word in greets
        for place in others
        if word in words(names[place]) or word == canonical(names[place])
    )
    asked = tuple(map(spelled.placeholder, others))
    return Findings(asked, next(greeting, None), hints)


def _judge(regions: Sequence[str]) -> NumberCheck:
    readers = [Normaliser(region) for region in regions]

    def valid(cells: Sequence[str]) -> list[bool]:
        answers = [reader.column(cells) for reader in readers]
        return [any(isinstance(one, Recipient) for one in found) for found in zip(*answers, strict=True)]

    return NumberCheck(valid, masked)


def _numbers(
    names: Sequence[str], rows: Sequence[Row], named: Sequence[int], judge: NumberCheck
) -> list[Hint]:
    call = called(names)
    if len(named) == 1:
        return [Hint(call[named[0]], sure=True)]
    if named:
        found = [candidate(place, rows, judge) for place in named]
        return [Hint(call[one.place], one.sendable(len(rows))) for one in found]
    return [
        Hint(call[one.place], f"looks like phone numbers: {one.share}")
        for one in candidates(names, rows, judge)[:3]
    ]


def _region(
    names: Sequence[str],
    rows: Sequence[Row],
    named: Sequence[int],
    countries: Sequence[CountryColumn],
) -> list[Hint]:
    """The country of the numbers: by their country codes, by the column of countries, or by the language of the names."""
    places = named or [one.place for one in candidates(names, rows, _judge(_USUAL))[:1]]
    cells = [row.fields[place].strip() for row in rows for place in places if place < len(row.fields)]
    cells = [cell for cell in cells if cell]
    abroad = [cell for cell in cells if cell.startswith(("+", "00"))]
    read = [one.country for one in Normaliser("FR").column(abroad) if isinstance(one, Recipient)]
    if read and (found := _most(Counter(read), len(cells))):
        share = f"{Counter(read)[found]} of the first {len(cells)} numbers begin with its country code"
        return [Hint(found, f"{CountryName(found)}: {share}", sure=True)]
    for one in countries:
        if (found := _most(one.countries, one.cells)) and found in REGIONS:
            share = f"{one.countries[found]} of the first {one.cells} rows in the column “{one.name}”"
            return [Hint(found, f"{CountryName(found)}: {share}", sure=True)]
    return _by_language(names, [cell for cell in cells if cell not in abroad])


def _most(found: Counter[str], among: int) -> str | None:
    """What more than half of them are."""
    return next((one for one, number in found.most_common(1) if number * 2 > among), None)


def _by_language(names: Sequence[str], cells: Sequence[str]) -> list[Hint]:
    said = {word for name in names for word in words(name)}
    scores = {regions: len(said & set(told.split())) for regions, told in _LANGUAGES.items()}
    best = max(scores.values())
    meant = dict.fromkeys(
        region for regions, score in scores.items() if score == best > 0 for region in regions
    )
    if not cells or not meant:
        return []
    good = {region: sum(_judge([region]).valid(cells)) for region in meant}
    found = max(meant, key=good.__getitem__)
    if good[found] < _HALF * len(cells):
        return []
    rivals = [region for region in meant if region != found and good[region] >= _HALF * good[found]]
    read = f"{good[found]} of the first {len(cells)} numbers can be mobile numbers there"
    others = "".join(f", {good[region]} in {CountryName(region)}" for region in rivals)
    return [Hint(found, f"{CountryName(found)}: {read}{others}", sure=not rivals)]


def _reading(source: Source) -> dict[str, Sequence[Hint]]:
    """How the file was read."""
    found: dict[str, Sequence[Hint]] = {}
    if isinstance(source, CsvFile) and source.sheet is None:
        dialect = source.text.dialect
        found["file.encoding"] = [Hint(dialect.charset)]
        found["file.delimiter"] = [Hint("tab" if dialect.delimiter == "\t" else dialect.delimiter)]
    if source.header_line > 1:
        found["file.header_row"] = [Hint(source.header_line)]
    return found
