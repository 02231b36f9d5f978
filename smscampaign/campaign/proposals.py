"""What the recipients' own file says about the settings of its campaign: findings for `init`, certain ones and others."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any

from smscampaign.campaign.campaigns import recipients_of, refuse_settings
from smscampaign.campaign.notices import LOOKED_AT, unused_consent
from smscampaign.countries import CountryName
from smscampaign.databases import identity
from smscampaign.drawing import masked
from smscampaign.errors import SettingsProblem
from smscampaign.languages import mark
from smscampaign.model import Reason, Recipient, Row
from smscampaign.names import ColumnNames, canonical, names_mobiles, names_numbers, words
from smscampaign.phone.normaliser import REGIONS, Normaliser
from smscampaign.phone.reading import plain
from smscampaign.recipients import country_columns
from smscampaign.recipients.columns import (
    NumberCheck,
    called,
    candidate,
    candidates,
    is_number_like,
    may_hold_numbers,
    named_for_numbers,
    refuse_data_as_names,
)
from smscampaign.recipients.country_columns import CountryColumn
from smscampaign.recipients.sources import CsvFile, Source
from smscampaign.settings.proposals import Hint, proposal

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
# Where nothing but the numbers tells it: one country reads nearly all, and no other does.
_NEARLY = 0.9
# What is no mobile number and still tells whose numbers they are.
_NUMBERS_TOO = frozenset({Reason.NUMBER_LANDLINE, Reason.NUMBER_SEVERAL})


#: Column names that a greeting is likely to use, in the languages of OVHcloud's billing countries, the best first.
GREETING = (
    "firstname",
    "first",
    "given",
    "prenom",
    "vorname",
    "imie",
    "nombre",
    "nome",
    "voornaam",
    "name",
    "nom",
)

#: What a campaign cannot do without, and its file may not tell.
NEEDED = {"region": "the region", "columns.number": "the column with the numbers"}


@dataclass(frozen=True, slots=True)
class Findings:
    """The columns and the one to greet by, as a message asks for them, and values for settings by their names."""

    columns: tuple[str, ...]
    greeting: str | None
    hints: dict[str, Sequence[Hint]]


def findings(source: Source, given: Mapping[str, Any]) -> Findings:
    """What the first rows say. A greeting may use a column whose name has one of the words of `GREETING`.

    `given` are the settings by which the file was read because a person said so.
    """
    names, rows = source.names, list(islice(source.rows(), LOOKED_AT))
    named = named_for_numbers(names)
    number = named[0] if len(named) == 1 else None
    countries = country_columns.country_columns(names, rows, number=number)
    region = _region(names, rows, named, countries)
    home = region[0].value if region else None
    hints: dict[str, Sequence[Hint]] = {"region": region, **_reading(source)}
    hints |= {key: [Hint(value, sure=True)] for key, value in given.items()}
    hints["columns.number"] = _numbers(names, rows, named, _judge([str(home)] if home else _USUAL))
    known = country_columns.country_columns(names, rows, number=number, region=str(home) if home else None)
    call = called(names)
    hints["columns.country"] = [
        Hint(call[one.place], f"looks like countries: {one.share}", sure=len(known) == 1 and one.abroad > 0)
        for one in known
    ]
    if (left := unused_consent(source)) is not None:
        why = f"{left.said}: this selects {left.selected} of these {left.rows}"
        hints["where"] = [Hint(left.where, why)]
    spelled = ColumnNames(names)
    others = [place for place, name in enumerate(names) if place != number and name]
    greeting = (
        spelled.placeholder(place)
        for word in GREETING
        for place in others
        if word in words(names[place]) or word == canonical(names[place])
    )
    asked = tuple(map(spelled.placeholder, others))
    return Findings(asked, next(greeting, None), hints)


#: What is told of the file, and what stands before it.
_TOLD = {
    "columns.number": mark("Numbers"),
    "columns.country": mark("Countries"),
    "region": mark("Region"),
    "where": mark("Consent"),
}


@dataclass(frozen=True, slots=True)
class Proposal:
    """Settings that were written for a file, as `text` to `settings`, from what was `found` in the file."""

    recipients: Path
    settings: Path
    found: Findings
    text: str

    @property
    def told(self) -> list[tuple[str, str]]:
        """What the file told, as it stands in the settings or is proposed there in a comment."""
        pairs = []
        for key, said in _TOLD.items():
            for hint in self.found.hints.get(key, ())[:1]:
                value = " or ".join(hint.value) if isinstance(hint.value, tuple) else str(hint.value)
                why = f" ({hint.why})" if hint.why else ""
                state = "" if hint.sure else f", only proposed{self._line(key)}: take away its # to use it"
                pairs.append((said, f"{value}{why}{state}"))
        return pairs

    @property
    def unsure(self) -> dict[str, str]:
        """What a campaign cannot do without and the file does not tell for certain, by the settings' keys."""
        hints = self.found.hints
        return {key: said for key, said in NEEDED.items() if not any(one.sure for one in hints.get(key, ()))}

    @property
    def open_ones(self) -> tuple[str, ...]:
        """What is still to be filled in, with where it stands."""
        return tuple(
            f"{said}{self._line(key)}" for key, said in {"message": "the message", **self.unsure}.items()
        )

    def _line(self, key: str) -> str:
        """Where a setting stands in the file, in a comment or not: ` (line 7)`."""
        name = key.rpartition(".")[2]
        for number, line in enumerate(self.text.splitlines(), 1):
            if re.match(rf"(?:# )?{name} = ", line):
                return f" (line {number})"
        return ""


def write_proposal(
    file: Path,
    given: Mapping[str, Any] = MappingProxyType({}),
    places: Mapping[str, str] = MappingProxyType({}),
    *,
    force: bool = False,
) -> Proposal:
    """Write the settings that are proposed for a file beside it; over some that are there only with `force`.

    It is read as the settings `given` say, which were given at `places`. Raises `FileProblem` and `SettingsProblem`.
    """
    refuse_settings(file)
    source = recipients_of(file, given, places)
    target = file.with_suffix(".toml")
    if (
        target.is_symlink()
        or (target.exists() and not target.is_file())
        or identity(target) == identity(file)
    ):
        raise SettingsProblem(
            "settings are not written here: it is a link, or no file",
            where=str(target),
            remedy="Remove it, or copy the recipients to a folder of their own.",
        )
    if target.exists() and not force:
        raise SettingsProblem(
            "there are settings already; they were left as they are",
            where=str(target),
            remedy="Edit them, or write over them with --force.",
        )
    refuse_data_as_names(source.names)
    found = findings(source, given)
    text = proposal(file.stem, found.columns, found.greeting, found.hints)
    try:
        target.write_text(text, "utf-8")
    except OSError as error:
        raise SettingsProblem(
            f"the settings cannot be written ({error.strerror})",
            where=str(target),
            remedy="Copy the recipients to a folder of yours.",
        ) from error
    return Proposal(file, target, found, text)


def _judge(regions: Sequence[str]) -> NumberCheck:
    readers = [Normaliser(region) for region in regions]

    def valid(cells: Sequence[str]) -> list[bool]:
        answers = [reader.column(cells) for reader in readers]
        return [any(isinstance(one, Recipient) for one in found) for found in zip(*answers, strict=True)]

    return NumberCheck(valid, masked)


def _numbers(
    names: Sequence[str], rows: Sequence[Row], named: Sequence[int], judge: NumberCheck
) -> list[Hint]:
    """The column of the numbers; several where each reaches rows that those before it do not."""
    call, found = called(names), [candidate(place, rows, judge) for place in named]
    if not named:
        return [
            Hint(call[one.place], f"looks like phone numbers: {one.share}")
            for one in candidates(names, rows, judge)[:3]
        ]
    chosen = _reaching(names, rows, judge)
    told = "; ".join(
        f"{names[place]}: {more} of the first {len(rows)} rows can be sent to"
        if not at
        else f"{names[place]}: {more} more"
        for at, (place, more) in enumerate(chosen.items())
    )
    columns = tuple(call[place] for place in chosen)
    if len(named) == 1:
        several = [Hint(columns, told)] if len(columns) > 1 else []
        return [Hint(call[named[0]], sure=True), *several]
    if not chosen:
        return [Hint(call[one.place], one.sendable(len(rows))) for one in found]
    sure = Hint(columns, told, sure=True)
    if len(columns) == 1:
        (place,) = chosen
        one = candidate(place, rows, judge)
        sure = Hint(columns[0], f"{one.sendable(len(rows))}, and no other column reaches more", sure=True)
    others = [one for one in found if one.place not in chosen]
    return [sure, *(Hint(call[one.place], one.sendable(len(rows))) for one in others)]


def _reaching(names: Sequence[str], rows: Sequence[Row], judge: NumberCheck) -> dict[int, int]:
    """The columns that reach somebody, in the order in which they are to be looked at, and how many rows each adds."""
    reached = {place: _reached(rows, place, judge) for place in may_hold_numbers(names)}
    # Those of mobile numbers first, as the names have it, then what is called by nothing else; of others the fuller.
    order = sorted(
        reached,
        key=lambda at: (not names_mobiles(names[at]), not names_numbers(names[at]), -len(reached[at])),
    )
    found, so_far = dict[int, int](), set[int]()
    for place in order:
        if more := reached[place] - so_far:
            found[place] = len(more)
            so_far |= more
    return found


def _reached(rows: Sequence[Row], place: int, judge: NumberCheck) -> set[int]:
    cells = {
        row.line: row.fields[place]
        for row in rows
        if place < len(row.fields) and is_number_like(row.fields[place])
    }
    good = judge.valid(list(cells.values()))
    return {line for line, valid in zip(cells, good, strict=True) if valid}


def region_of(source: Source) -> Hint | None:
    """The country whose numbers the first rows seem to hold, and what speaks for it."""
    names, rows = source.names, list(islice(source.rows(), LOOKED_AT))
    named = named_for_numbers(names)
    number = named[0] if len(named) == 1 else None
    return next(
        iter(_region(names, rows, named, country_columns.country_columns(names, rows, number=number))), None
    )


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
    abroad = [cell for cell in cells if plain(cell).startswith(("+", "00"))]
    read = [one.country for one in Normaliser("FR").column(abroad) if isinstance(one, Recipient)]
    if read and (found := _most(Counter(read), len(cells))):
        share = f"{Counter(read)[found]} of the first {len(cells)} numbers begin with its country code"
        return [Hint(found, f"{CountryName(found)}: {share}", sure=True)]
    for one in countries:
        if (found := _most(one.countries, one.cells)) and found in REGIONS:
            share = f"{one.countries[found]} of the first {one.cells} rows in the column “{one.name}”"
            return [Hint(found, f"{CountryName(found)}: {share}", sure=True)]
    inland = [cell for cell in cells if cell not in abroad]
    return _by_language(names, inland) or _by_numbers(inland)


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
    return [_hint_of(found, good, rivals, len(cells))]


def _by_numbers(cells: Sequence[str]) -> list[Hint]:
    """The one country that reads nearly all of them, landlines and cells of several too.

    In a comment where another reads nearly as many.
    """
    read, mobile = dict[str, int](), dict[str, int]()
    for region in _USUAL if cells else ():
        found = Normaliser(region).column(cells)
        mobile[region] = sum(isinstance(one, Recipient) for one in found)
        others = sum(getattr(one, "reason", None) in _NUMBERS_TOO for one in found)
        read[region] = mobile[region] + others
    best = max(read, key=lambda region: (mobile[region] and read[region], mobile[region]), default="")
    if not best or not mobile[best] or read[best] < _NEARLY * len(cells):
        return []
    rivals = [
        region
        for region in read
        if region != best
        and read[region] >= _NEARLY * read[best]
        and mobile[region] >= _NEARLY * mobile[best]
    ]
    return [_hint_of(best, mobile, rivals, len(cells))]


def _hint_of(found: str, good: Mapping[str, int], rivals: Sequence[str], cells: int) -> Hint:
    read = f"{good[found]} of the first {cells} numbers can be mobile numbers there"
    others = "".join(f", {good[region]} in {CountryName(region)}" for region in rivals)
    return Hint(found, f"{CountryName(found)}: {read}{others}", sure=not rivals)


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
