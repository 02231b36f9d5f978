"""The options that several commands share; those of the settings are made from the table of settings."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from smscampaign.cli.commands import pin_moment
from smscampaign.errors import SettingsProblem
from smscampaign.settings.table import BY_KEY, SETTINGS, Setting, setting_of, value_of
from smscampaign.translation import speak

if TYPE_CHECKING:
    from smscampaign.campaign.campaigns import Campaign
    from smscampaign.campaign.files import Files

_CAMPAIGN, _FILES = "The campaign", "Files"

File = Annotated[
    Path,
    typer.Argument(
        help="The recipients: a CSV file or a workbook (.xlsx, .ods, .xls).",
        show_default=False,
        metavar="FILE",
    ),
]
SettingsFile = Annotated[
    Path | None,
    typer.Option(
        "--settings", help="The settings; without it FILE's name with .toml.", rich_help_panel=_CAMPAIGN
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
    str | None, typer.Option("--account", help=BY_KEY["account"].meaning, metavar=BY_KEY["account"].sign)
]
Settle = Annotated[
    float | None, typer.Option("--settle", min=0, help=BY_KEY["sending.settle"].meaning, metavar="X")
]
Confirm = Annotated[
    str | None,
    typer.Option(
        "--confirm",
        help="Do it without asking, if this is the code of the plan; - reads it from standard input.",
        metavar="CODE",
    ),
]

_Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        help="Set any other setting for this time; repeatable. `smscampaign settings` lists them.",
        metavar="KEY=VALUE",
        rich_help_panel=_CAMPAIGN,
    ),
]

Command = TypeVar("Command", bound=Callable[..., Any])


def with_settings(*shown: str, only: bool = False) -> Callable[[Command], Command]:
    """A command that takes every setting, by its option or by --set. Its help shows the options of the settings `shown`.

    With `only` it takes these by their options, and no others.
    """

    def decorate(command: Command) -> Command:
        signature = inspect.signature(command, eval_str=True)
        own = signature.parameters
        hidden = [one for one in SETTINGS if one.key not in shown]
        options = [_option(BY_KEY[key], hidden=False) for key in shown]
        if not only:
            every = inspect.Parameter(
                "assigned", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=_Set
            )
            options = [every, *options, *(_option(one, hidden=True) for one in hidden)]

        @wraps(command)
        def called(**given: Any) -> Any:
            return command(**{name: value for name, value in given.items() if name in own})

        keywords = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in own.values()]
        called.__signature__ = signature.replace(parameters=[*keywords, *options])  # type: ignore[attr-defined]
        called.__annotations__ = {one.name: one.annotation for one in [*keywords, *options]}
        return called  # type: ignore[return-value]

    return decorate


def _option(row: Setting, *, hidden: bool) -> inspect.Parameter:
    """The option of a setting. It takes any text: what is wrong with it the settings say, which know its place."""
    if row.kind is bool:
        kind: Any = bool | None
        names, sign = f"{row.flag}/--no-{row.flag[2:]}", None
    else:
        kind = list[str] | None if row.repeated else str | None
        names, sign = row.flag, row.sign or "|".join(row.choices) or _SIGNS[row.kind]
    option = typer.Option(names, help=row.meaning, metavar=sign, hidden=hidden, rich_help_panel=_CAMPAIGN)
    return inspect.Parameter(
        row.keyword, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind, option]
    )


_SIGNS: dict[type, str] = {str: "TEXT", Path: "FILE", int: "N"}
_SIGNS |= {one.kind: "X" for one in SETTINGS if one.kind not in _SIGNS}


def asked_settings(params: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """The settings of a command line, and where each was given. Raises `SettingsProblem` for one that is given twice."""
    given: dict[str, Any] = {}
    places: dict[str, str] = {}
    for row in SETTINGS:
        value = params.get(row.keyword)
        # An option that may be repeated and was not given is an empty list.
        if value not in (None, [], ()):
            given[row.key] = value if row.repeated or not isinstance(value, str) else _as_option(row, value)
            places[row.key] = row.flag
    for word in params.get("assigned") or ():
        key, equals, text = word.partition("=")
        place = f"--set {key.strip()}"
        row = setting_of(key.strip(), where=place)
        if not equals:
            raise SettingsProblem(
                "there is no value", where=place, remedy=f"Write it as --set {row.key}={row.example or '…'}."
            )
        value = value_of(row, text)
        if row.key in given and given[row.key] != value:
            raise SettingsProblem(
                f"{row.key} is given twice, by {places[row.key]} as well and with another value",
                where=place,
                remedy="Keep one of them.",
            )
        given[row.key], places[row.key] = value, places.get(row.key, place)
    return given, places


def _as_option(row: Setting, text: str) -> Any:
    """What an option says: a text as it stands, with its quotes if it has some; else as --set reads it."""
    value = value_of(row, text)
    return text if isinstance(value, str) else value


def campaign_of(ctx: typer.Context) -> Campaign:
    """The campaign a command line names: its file, its settings, its options."""
    from smscampaign.campaign.campaigns import Campaign

    given, places = asked_settings(ctx.params)
    campaign = Campaign.load(
        ctx.params["file"], settings=ctx.params.get("settings"), options=given, places=places
    )
    pin_moment(ctx, campaign.settings.sending.send_at)
    speak(campaign.language)
    return campaign


def files_of(ctx: typer.Context, campaign: Campaign) -> Files:
    """Where the campaign keeps its journal and its results; none of them is a file of the user's."""
    from smscampaign.campaign.files import Files
    from smscampaign.journal.places import place_of

    file, settings = campaign.path, ctx.params.get("settings")
    beside = Files.beside(file, rehearsal=bool(ctx.params.get("rehearsal")))
    asked = ctx.params.get("journal")
    files = Files(
        place_of(asked) if asked else beside.journal,
        ctx.params.get("results") or beside.results,
        beside.sandbox,
    )
    template = asked_settings(ctx.params)[0].get("template")
    own = [settings, Path(template) if template else None, campaign.rejected]
    files.refuse_taken(file, inputs=own)
    return files
