"""The fields of the first step: how the file is read, which of its columns is what, and who of it is meant."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.notices import unused_consent
from smscampaign.campaign.proposals import findings
from smscampaign.drawing import discreet, figure, masked
from smscampaign.errors import CampaignError, SheetProblem
from smscampaign.languages import say
from smscampaign.notebook.panel.labels import Say, field
from smscampaign.planning import Recipe
from smscampaign.recipients.columns import called
from smscampaign.recipients.sources import CsvFile
from smscampaign.recipients.workbooks import same
from smscampaign.settings import edits

#: How files are written, where the one that was recognised is not it.
_CHARSETS = ("utf-8", "windows-1252", "iso-8859-15", "windows-1250", "iso-8859-2", "utf-16", "mac-roman")

#: Rows that may hold the column names, and characters of each that are shown.
_ROWS, _WIDE = 10, 60

#: Text files: what is no workbook and no archive.
_TEXTS = frozenset({".csv", ".tsv", ".txt"})


def of(campaign: Campaign, recipe: Recipe | None, say_it: Say) -> Iterator[dict[str, Any]]:
    """Of a file that can be read."""
    settings, source = campaign.settings, campaign.file
    names, chosen = called(campaign.source.names), settings.columns
    columns = [(name, discreet(name)) for name in names]
    found = ", ".join(campaign.source.names[at] for at in recipe.numbers) if recipe else ""
    recognised = say_it(say("recognised: {columns}", columns=found)) if found else say_it(say("choose one"))
    number = ", ".join(chosen.number)
    several = [(number, number)] if len(chosen.number) > 1 else []
    yield field("columns.number", number, say_it, [("", recognised), *several, *columns])
    none = [("", say_it(say("none"))), *columns]
    yield field("columns.country", chosen.country, say_it, none)
    usual = say("of numbers without a country code: FR, PL, GB …")
    yield field("region", settings.region, say_it, hint=" ".join([say_it(usual), *_guess(campaign, say_it)]))
    yield from _meant(campaign, say_it)
    if not isinstance(source, CsvFile):
        return
    if source.header_line > 1 or settings.file.header_row or recipe is None:
        yield _header(source, settings.file.header_row, say_it)
    if source.sheet is None:
        yield _charset(source.text.dialect.charset, settings.file.encoding, say_it)
    elif settings.file.sheet:
        sheets = source.sheet.among
        chosen_one = next((one for one in sheets if same(one, settings.file.sheet)), settings.file.sheet)
        yield field("file.sheet", chosen_one, say_it, [(one, one) for one in sheets])


def of_unreadable(path: Path, wrong: CampaignError | None, say_it: Say) -> Iterator[dict[str, Any]]:
    """Of a file that cannot be read before it is said how; what was said of it before can be taken back."""
    anew = ("", say_it(say("choose one")))
    said = edits.standing(path.with_suffix(".toml"), ("file.sheet", "file.header_row"))
    if isinstance(wrong, SheetProblem):
        yield field("file.sheet", "", say_it, [anew, *((one, one) for one in wrong.sheets)])
    elif "file.sheet" in said:
        yield field(
            "file.sheet", said["file.sheet"], say_it, [(said["file.sheet"], said["file.sheet"]), anew]
        )
    if row := said.get("file.header_row"):
        told = say_it(say("row {row}", row=row))
        yield field("file.header_row", str(row), say_it, [(str(row), told), anew])
    if path.suffix.lower() in _TEXTS:
        yield _charset("", None, say_it)


def _guess(campaign: Campaign, say_it: Say) -> Iterator[str]:
    """Which region fits, where none is chosen and several would do."""
    if not campaign.settings.region:
        yield from (say_it(one.why) for one in findings(campaign.file, {}).hints["region"] if one.why)


def _meant(campaign: Campaign, say_it: Say) -> Iterator[dict[str, Any]]:
    """Who gets it, where the file has a column that says so or the settings do."""
    chosen, left = campaign.settings.where or "", unused_consent(campaign.file)
    options = [("", say_it(say("every row")))]
    if left is not None:
        names = ", ".join(f"“{one.name}”" for one in left.columns)
        allowed = say(
            "only rows that {columns} allows: {selected} of the first {rows}",
            columns=names,
            selected=figure(left.selected),
            rows=figure(left.rows),
        )
        options.append((left.where, say_it(allowed)))
    if chosen and chosen not in dict(options):
        options.append((chosen, chosen))
    if len(options) > 1:
        yield field("where", chosen, say_it, options)


def _header(source: CsvFile, chosen: int | None, say_it: Say) -> dict[str, Any]:
    """The first rows, with what stands in them: one of them holds the names."""
    top = replace(source, header=(), header_line=0, names=(), ours=(), needed=0)
    rows = {
        row.line: " · ".join(filter(None, map(str.strip, row.fields))) for row in islice(top.rows(), _ROWS)
    }
    told = {line: say_it(say("row {row}", row=line)) for line in rows}
    shown = [(str(line), masked(f"{told[line]}: {text}")[:_WIDE]) for line, text in rows.items()]
    if chosen is not None:
        return field("file.header_row", str(chosen), say_it, shown)
    found = say_it(say("recognised: {columns}", columns=say_it(say("row {row}", row=source.header_line))))
    others = [(line, text) for line, text in shown if line != str(source.header_line)]
    return field("file.header_row", "", say_it, [("", found), *others])


def _charset(recognised: str, chosen: str | None, say_it: Say) -> dict[str, Any]:
    others = [one for one in _CHARSETS if one != recognised.casefold()]
    sets = [*([recognised] if recognised else []), *others]
    first = say("recognised: {columns}", columns=recognised) if recognised else say("choose one")
    shown = [("", say_it(first)), *((one, one) for one in sets)]
    return field("file.encoding", chosen, say_it, shown)
