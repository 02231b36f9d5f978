"""All commands, and how they end."""

from __future__ import annotations

import gc
import os
import re
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import cache
from importlib import import_module
from itertools import pairwise
from typing import Annotated, Any

import typer
from typer.main import get_command

from smscampaign.cli.commands import program
from smscampaign.cli.screen import ANSWER, note, print_json, shorten
from smscampaign.errors import SettingsProblem
from smscampaign.languages import ENGLISH, language_of, spoken
from smscampaign.translation import speaking, spoken_here
from smscampaign.version import __version__

_ABOUT = "Bulk SMS campaigns on OVHcloud: the file right, the cost known, each person exactly one message, and proof of it."

_CAMPAIGN, _ACCOUNT, _PRACTICE = "A campaign", "An account", "Practice, texts and settings"

#: Every command, the module of this package that holds it, what the list of commands says of it, and where; what has no
#: place there is not listed. Only the module of the command that was typed is imported: all of them need SQLAlchemy, pydantic
#: and the gateway, ten times as long.
COMMANDS = {
    "init": ("init", "Write a commented settings file beside FILE, proposed from its columns.", _CAMPAIGN),
    "check": (
        "check",
        "Is it right? Keys, account, sender; with FILE also its rows, findings and cost.",
        _CAMPAIGN,
    ),
    "test": ("trial", "Send one of the messages to yourself, outside the campaign.", _CAMPAIGN),
    "run": (
        "run",
        "Send a campaign: plan, show, ask, send, write the results. Run it again to resume.",
        _CAMPAIGN,
    ),
    "status": ("status", "Where a campaign stands, and what it cost so far. Needs no network.", _CAMPAIGN),
    "receipts": ("receipts", "What became of every message: its delivery receipt, and why not.", _CAMPAIGN),
    "replies": ("replies", "What people answered to a campaign; without FILE to the account.", _CAMPAIGN),
    "compare": ("compare", "How several texts of a campaign do against each other.", _CAMPAIGN),
    "report": ("report", "One page that says what became of it all, to read, print and pass on.", _CAMPAIGN),
    "campaigns": (
        "campaigns",
        "The campaigns of a folder; --numbers: which numbers fail for good.",
        _CAMPAIGN,
    ),
    "results": ("results", "Write the results again: as a workbook, Parquet, JSON or CSV.", _CAMPAIGN),
    "cancel": ("cancel", "Drop what is pending, and delete at OVHcloud what it still keeps.", _CAMPAIGN),
    "audit": (
        "audit",
        "Check that the journal agrees with itself; or the story of one number or call.",
        _CAMPAIGN,
    ),
    "reconcile": ("status", "Ask OVHcloud about calls in doubt, or decide; `run` asks by itself.", _CAMPAIGN),
    "recover": (
        "recover",
        "Go on with an older copy of a journal, or a damaged one: ask what was sent since.",
        _CAMPAIGN,
    ),
    "accounts": ("accounts", "Every SMS account your keys see, with its details.", _ACCOUNT),
    "senders": (
        "accounts",
        "The senders of an account; usable are those whose status is `enable`.",
        _ACCOUNT,
    ),
    "jobs": (
        "accounts",
        "What was accepted and has not left yet: deferred, or held for the night.",
        _ACCOUNT,
    ),
    "rates": ("accounts", "Credits for one part to each country. Needs no keys.", _ACCOUNT),
    "demo": ("demo", "The sample campaign, sent to a sandbox: no keys, no cost, nobody reached.", _PRACTICE),
    "sandbox": ("sandbox_command", "Serve a local OVHcloud look-alike until Ctrl-C.", _PRACTICE),
    "estimate": (
        "texts",
        "Encoding, length and parts of a text, with and without the STOP clause.",
        _PRACTICE,
    ),
    "lint": (
        "lint",
        "What is allowed and still unwise: forgotten placeholders, an expired validity …",
        _PRACTICE,
    ),
    "settings": ("settings_list", "Every setting: its default, its bounds, what it means.", _PRACTICE),
    "advise": ("advise", "Which characters make texts dear: `check FILE --advise`.", ""),
}


def build_app(*named: str) -> Any:
    """The command line with the `named` commands ready to run; of the others only name and help are there."""
    app = typer.Typer(
        name="smscampaign",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
        rich_markup_mode="rich",
        help=_ABOUT,
        epilog="Exit codes: 0 all accepted · 1 sent in part, or in doubt · 2 nothing was sent · 130 interrupted.",
    )
    app.callback()(_all)
    for name, (module, summary, panel) in COMMANDS.items():
        if name in named:
            loaded = getattr(import_module(f"smscampaign.cli.{module}"), name)
            app.command(name, short_help=summary, rich_help_panel=panel, hidden=not panel)(loaded)
        else:
            app.command(name, help=summary, rich_help_panel=panel, hidden=not panel)(_not_loaded)
    command = get_command(app)
    if spoken_here() != ENGLISH:
        from smscampaign.cli.help_texts import translate

        translate(command)
    return command


def _app_for(line: Sequence[str]) -> Any:
    """What runs a command line."""
    typed = [word for word in line if not word.startswith("-")]
    gc.disable()
    try:
        return build_app(*typed[:1])
    finally:
        _freeze()
        gc.enable()


@cache
def _freeze() -> None:
    """What is loaded stays: to look through it for garbage takes a third of the time of a small dry run, now and later.

    Once in a process. To ask how much is frozen takes 15 ms where that is much, and freezing again keeps real garbage.
    """
    gc.freeze()


def _not_loaded() -> None:
    raise AssertionError("a command was called that was not loaded")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"smscampaign {__version__}")
        raise typer.Exit


def _all(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
    debug: Annotated[
        bool,
        typer.Option("--debug", help="Show where in the program an error came from; before the command."),
    ] = False,
    language: Annotated[
        str | None,
        typer.Option(
            "--lang", help="Speak this language: en, fr or pl; before or after the command.", metavar="TEXT"
        ),
    ] = None,
) -> None:
    """The options before the command."""


def run_app(arguments: Sequence[str] | None = None) -> int:
    """The exit code of a command line; what stops the operator is told in one message, without a traceback.

    With --json there is one document on standard output whatever happens.
    """
    line = tuple(sys.argv[1:] if arguments is None else arguments)
    named = _named_language(line)
    language = spoken(os.environ)
    with suppress(ValueError):  # the settings say what is wrong with it
        language = language_of(named) if named else language
    with speaking(language):
        return _run(line, named)


def _named_language(line: Sequence[str]) -> str:
    """What `--lang` names, wherever it stands; the last counts."""
    options = line[: line.index("--")] if "--" in line else line
    beside = [word for before, word in pairwise(options) if before == "--lang"]
    within = [word.removeprefix("--lang=") for word in options if word.startswith("--lang=")]
    return (beside or within or [""])[-1]


def _run(line: tuple[str, ...], language: str) -> int:
    # What is printed for copying is the command itself.
    command, debug = _without_leading(line, language)
    options = line[: line.index("--")] if "--" in line else line
    json, ANSWER.given = "--json" in options, False
    if strange := [
        word for word in line if "\0" in word or any("\ud800" <= sign <= "\udfff" for sign in word)
    ]:
        return _refused(
            "an argument holds a NUL or bytes that are not UTF-8",
            where=shorten(strange[0], 40),
            remedy="Write it in UTF-8; a file with such a name has to be renamed first.",
            json=json,
        )
    try:
        app = _app_for(command)
        command = _as_it_takes(app, command, language)
        with _titles():
            outcome: Any = app(args=command, standalone_mode=False, obj=command)
        sys.stdout.flush()
    except (typer.Abort, KeyboardInterrupt):
        note("Interrupted.")
        outcome = 130
    except (Exception, SystemExit) as ending:  # noqa: BLE001 - whatever happens ends in one message
        if hasattr(ending, "format_message"):
            return _misused(ending, json=json)
        from smscampaign.cli.endings import failed

        # Click makes a SystemExit of a pipe whose reader has gone.
        error = ending.__context__ if isinstance(ending, SystemExit) else ending
        return failed(error, debug=debug or bool(os.environ.get("SMSCAMPAIGN_DEBUG")), json=json)
    if outcome == 130 and json and not ANSWER.given:
        print_json({"error": {"what": "interrupted", "where": "", "remedy": "", "code": "interrupted"}})
    return outcome if isinstance(outcome, int) else 0


def _without_leading(line: tuple[str, ...], language: str) -> tuple[tuple[str, ...], bool]:
    """The command, with a language that was named before it after its name; and whether --debug was."""
    words, debug, named = list(line), False, False
    while words and (words[0] == "--debug" or words[0] == "--lang" or words[0].startswith("--lang=")):
        first = words.pop(0)
        debug, named = debug or first == "--debug", named or first != "--debug"
        if first == "--lang" and words:
            words.pop(0)
    if named and words and words[0] in COMMANDS:
        words[1:1] = ["--lang", language]
    return tuple(words), debug


def _as_it_takes(app: Any, command: tuple[str, ...], language: str) -> tuple[str, ...]:
    """The command without `--lang` where it has no such setting: then it only says in what to speak."""
    one = app.commands.get(command[0]) if command and language else None
    if one is None or any("--lang" in getattr(option, "opts", ()) for option in one.params):
        return command
    end = command.index("--") if "--" in command else len(command)
    kept = [
        word
        for before, word in pairwise(("", *command[:end]))
        if "--lang" not in (before, word) and not word.startswith("--lang=")
    ]
    _checked(language)
    return (*kept, *command[end:])


def _checked(name: str) -> str:
    """The language that an option names. Raises `SettingsProblem`, which lists the known."""
    try:
        return language_of(name)
    except ValueError as error:
        raise SettingsProblem(str(error), where="--lang") from None


def _titles() -> AbstractContextManager[None]:
    if spoken_here() == ENGLISH:
        return nullcontext()
    from smscampaign.cli.help_texts import titles

    return titles()


def _misused(error: Any, *, json: bool) -> int:
    """What the command line itself got wrong: an unknown option, a missing argument."""
    if not error.format_message():
        return 2  # no command was named, and the help was shown
    context = error.ctx
    words = [context.info_name] if context is not None and context.parent is not None else []
    said = error.format_message().replace("Value error, ", "").rstrip(".")
    extra = re.search(r"unexpected extra argument\S* \((.*)\)", said)
    quotes = f"{_of_extra(extra[1])} " if extra else ""
    if "No such option: --sandbox" in said:
        quotes = f"{_REHEARSED} "
    return _refused(said, remedy=f"{quotes}See: {' '.join([program(), *words, '--help'])}", json=json)


#: Of commands that look at an account.
_REHEARSED = (
    "The account of a rehearsal belongs to one file: `smscampaign status FILE --sandbox` shows what became of it, and"
    " `smscampaign receipts FILE --sandbox` asks it for receipts."
)


def _of_extra(words: str) -> str:
    """What to do about words of a command that nothing takes."""
    for word in words.split():
        if word[0] in "–—":
            return f"{word} begins with a dash: write --{word.lstrip('–—-')}, with two hyphens."
    if re.search("[“”„«»]", words):
        return '“ and ” are no quotation marks here: write ".'
    return "What has spaces in it is put into quotes."


def _refused(what: str, *, remedy: str, json: bool, where: str = "") -> int:
    from smscampaign.cli.endings import NOTHING, Ending

    Ending(what, where, remedy, "usage").show(json=json)
    return NOTHING
