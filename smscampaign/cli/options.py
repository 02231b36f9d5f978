"""The options that several commands share, and the setting each of them overrides."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from smscampaign.errors import SettingsProblem
from smscampaign.model import Purpose

if TYPE_CHECKING:
    from smscampaign.campaign import Campaign, Files

_TEXT = "The message"
_LIMITS = "Limits"
_BRAKES = "Brakes: when to pause until you have looked"
_CALLS = "What every call says"
_FILES = "Files"

File = Annotated[
    Path,
    typer.Argument(
        help="The recipients: a CSV file or a workbook (.xlsx, .ods).", show_default=False, metavar="FILE"
    ),
]
SettingsFile = Annotated[
    Path | None,
    typer.Option(
        "--settings", help="The settings; without it FILE's name with .toml.", rich_help_panel=_FILES
    ),
]
JournalFile = Annotated[
    str | None,
    typer.Option(
        "--journal",
        help="Where to keep the journal: a file, or a PostgreSQL database; else beside FILE.",
        metavar="FILE|URL",
        rich_help_panel=_FILES,
    ),
]
OutFile = Annotated[
    Path | None,
    typer.Option("--out", help="Where to write the results; else beside FILE.", rich_help_panel=_FILES),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Plan and show; nothing leaves, no network, no keys needed.")
]
Limit = Annotated[
    int | None,
    typer.Option("--limit", min=1, max=10**9, help="Only the first N rows that are to be sent.", metavar="N"),
]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
Rehearsal = Annotated[
    bool,
    typer.Option(
        "--sandbox", help="Against a local OVHcloud look-alike: no account, no cost, nobody reached."
    ),
]
Account = Annotated[
    str | None, typer.Option("--account", help="The SMS account, where the keys see several.", metavar="NAME")
]
Name = Annotated[
    str | None, typer.Option("--name", help="The campaign's name; else FILE's.", rich_help_panel=_FILES)
]
Message = Annotated[
    str | None,
    typer.Option("--message", help="The text, with columns as {{ first_name }}.", rich_help_panel=_TEXT),
]
Template = Annotated[
    Path | None, typer.Option("--template", help="A file with the text.", rich_help_panel=_TEXT)
]
Sender = Annotated[
    str | None,
    typer.Option("--sender", help="A sender of the account; else a short number.", rich_help_panel=_TEXT),
]
Declared = Annotated[
    Purpose | None,
    typer.Option(
        "--purpose",
        help="marketing carries the STOP clause; transactional does not and is your declaration.",
        rich_help_panel=_TEXT,
    ),
]
Region = Annotated[
    str | None,
    typer.Option(
        "--region",
        help="The country of numbers written without a country code, such as FR.",
        rich_help_panel=_TEXT,
    ),
]
Regions = Annotated[
    list[str] | None,
    typer.Option(
        "--regions",
        help="Other countries whose numbers may be in the file, such as RE,GP; repeatable.",
        metavar="RE,GP",
        rich_help_panel=_TEXT,
    ),
]
Language = Annotated[
    str | None,
    typer.Option("--lang", help="The language of reasons: en, fr or pl; else your locale's.", metavar="LANG"),
]
Advertiser = Annotated[
    str | None,
    typer.Option("--advertiser", help="Who it is from, as the text says it.", rich_help_panel=_TEXT),
]
Ignore = Annotated[
    list[str] | None,
    typer.Option("--ignore", help="A rule of the linter not to apply; repeatable.", metavar="SMS004"),
]
Encoding = Annotated[
    str | None,
    typer.Option(
        "--encoding",
        help="How a CSV file is written, such as windows-1250; else found.",
        metavar="NAME",
        rich_help_panel=_FILES,
    ),
]
Delimiter = Annotated[
    str | None,
    typer.Option(
        "--delimiter",
        help="What stands between cells: , ; | or tab; else found.",
        metavar="SIGN",
        rich_help_panel=_FILES,
    ),
]
SheetName = Annotated[
    str | None,
    typer.Option(
        "--sheet", help="The sheet of a workbook with several.", metavar="NAME", rich_help_panel=_FILES
    ),
]
HeaderRow = Annotated[
    int | None,
    typer.Option(
        "--header-row",
        min=1,
        help="The row with the column names; else found.",
        metavar="N",
        rich_help_panel=_FILES,
    ),
]
Typography = Annotated[
    str | None,
    typer.Option(
        "--typography",
        help="gsm: plain quotes, dashes and spaces where that takes fewer parts. [keep]",
        rich_help_panel=_TEXT,
    ),
]
Swap = Annotated[
    list[str] | None,
    typer.Option(
        "--swap",
        help="A letter to write plainly where that takes fewer parts; repeatable.",
        metavar="ê=e",
        rich_help_panel=_TEXT,
    ),
]
Short = Annotated[
    str | None,
    typer.Option(
        "--short", help="A shorter text for rows that would take more parts.", rich_help_panel=_TEXT
    ),
]
ShortOver = Annotated[
    int | None,
    typer.Option("--short-over", min=1, help="Parts above which --short is used. [1]", rich_help_panel=_TEXT),
]
NumberColumn = Annotated[
    str | None,
    typer.Option(
        "--number-column", help="The column with the numbers; else by its name.", rich_help_panel=_FILES
    ),
]
CountryColumn = Annotated[
    str | None,
    typer.Option("--country-column", help="A column with countries: codes or names.", rich_help_panel=_FILES),
]
PartsWarning = Annotated[
    int | None,
    typer.Option("--warn-parts", min=1, help="Parts above which to warn.", rich_help_panel=_LIMITS),
]
Parts = Annotated[
    int | None,
    typer.Option("--max-parts", min=1, help="Parts above which to refuse.", rich_help_panel=_LIMITS),
]
PerCall = Annotated[
    int | None,
    typer.Option(
        "--receivers-per-call", min=1, help="At most 500 by OVHcloud's advice.", rich_help_panel=_LIMITS
    ),
]
Pace = Annotated[
    float | None,
    typer.Option("--pace", min=0, help="Calls a minute; 0 is no limit. [60]", rich_help_panel=_LIMITS),
]
AtOnce = Annotated[
    int | None,
    typer.Option("--calls-at-once", min=1, help="Calls under way at once.", rich_help_panel=_LIMITS),
]
RepeatDays = Annotated[
    int | None,
    typer.Option(
        "--repeat-days",
        min=0,
        help="Days in which nobody is to get the same text again; 0 is never asked. [30]",
        metavar="N",
        rich_help_panel=_LIMITS,
    ),
]
Strict = Annotated[
    bool | None,
    typer.Option(
        "--strict/--no-strict",
        help="Send nothing while a row is rejected, or `lint` finds an error. [off]",
        rich_help_panel=_LIMITS,
    ),
]
BrakeDoubts = Annotated[
    int | None,
    typer.Option(
        "--brake-doubts",
        min=0,
        help="Doubtful calls in a row after which to pause; 0 is never. [5]",
        metavar="N",
        rich_help_panel=_BRAKES,
    ),
]
BrakeRefusals = Annotated[
    int | None,
    typer.Option(
        "--brake-refusals",
        min=0,
        help="Refused calls in a row after which to pause; 0 is never. [12]",
        metavar="N",
        rich_help_panel=_BRAKES,
    ),
]
BrakeShare = Annotated[
    float | None,
    typer.Option(
        "--brake-share",
        min=0.001,
        max=1,
        help="Share of refused and doubtful calls above which to pause; 1 is never. [0.25]",
        metavar="X",
        rich_help_panel=_BRAKES,
    ),
]
BrakeFloor = Annotated[
    float | None,
    typer.Option(
        "--brake-floor",
        min=0,
        help="Credits below which to pause. [0]",
        metavar="CREDITS",
        rich_help_panel=_BRAKES,
    ),
]
BrakeBill = Annotated[
    bool | None,
    typer.Option(
        "--brake-bill/--no-brake-bill",
        help="Pause when a call costs something else than was forecast. [on]",
        rich_help_panel=_BRAKES,
    ),
]
Ramp = Annotated[
    str | None,
    typer.Option(
        "--ramp",
        help="Send 1% (or 50 messages) first; go on only if their receipts are good. 0 is off.",
        metavar="N|N%",
        rich_help_panel=_BRAKES,
    ),
]
RampWait = Annotated[
    float | None,
    typer.Option(
        "--ramp-wait",
        min=0,
        help="Minutes to wait for the receipts of the first slice. [10]",
        metavar="MINUTES",
        rich_help_panel=_BRAKES,
    ),
]
SendAt = Annotated[
    str | None,
    typer.Option(
        "--send-at", help="2027-03-06T10:00+01:00: OVHcloud keeps it till then.", rich_help_panel=_CALLS
    ),
]
Validity = Annotated[
    int | None,
    typer.Option("--validity", min=1, help="Minutes before a message is dropped.", rich_help_panel=_CALLS),
]
Priority = Annotated[
    str | None, typer.Option("--priority", help="high, medium, low or veryLow.", rich_help_panel=_CALLS)
]
MessageClass = Annotated[
    str | None,
    typer.Option("--class", help="Deprecated by OVHcloud; sent only if set.", rich_help_panel=_CALLS),
]
Coding = Annotated[
    str | None,
    typer.Option("--coding", help="Deprecated by OVHcloud; sent only if set.", rich_help_panel=_CALLS),
]
Settle = Annotated[
    float | None,
    typer.Option(
        "--settle", min=0, help="Seconds before absence at OVHcloud counts. [120]", rich_help_panel=_CALLS
    ),
]


def campaign_of(ctx: typer.Context) -> Campaign:
    """The campaign a command line names: its file, its settings, its options."""
    from smscampaign.campaign import Campaign
    from smscampaign.settings import OPTIONS

    # An option that may be repeated and was not given is an empty list; one that is 0 was given.
    asked = {dotted: ctx.params.get(name) for name, dotted in OPTIONS.items()}
    given = {dotted: None if value in ([], ()) else value for dotted, value in asked.items()}
    try:
        return Campaign.load(ctx.params["file"], settings=ctx.params.get("settings"), options=given)
    except SettingsProblem as problem:
        flags = {OPTIONS[one.name]: one.opts[0] for one in ctx.command.params if one.name in OPTIONS}
        problem.where = flags.get(problem.where, problem.where)
        raise


def files_of(ctx: typer.Context) -> Files:
    """Where the campaign keeps its journal and its results; none of them is a file of the user's."""
    from smscampaign.campaign import Files
    from smscampaign.campaign.retrying import parent_of
    from smscampaign.journal import place_of

    file, settings = ctx.params["file"], ctx.params.get("settings")
    beside = Files.beside(file, rehearsal=bool(ctx.params.get("rehearsal")))
    asked = ctx.params.get("journal")
    files = Files(
        place_of(asked) if asked else beside.journal,
        ctx.params.get("results") or beside.results,
        beside.sandbox,
    )
    own = [settings, ctx.params.get("template")]
    if (parent := parent_of(file)) is not None:
        own += [parent, parent.with_suffix(".toml")]
    files.refuse_taken(file, inputs=own)
    return files
