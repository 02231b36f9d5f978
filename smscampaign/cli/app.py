"""All commands, and how they end."""

from __future__ import annotations

import gc
import os
import re
import sys
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from typing import Annotated, Any

import typer

from smscampaign.cli.commands import program
from smscampaign.cli.screen import ANSWER, note, print_json, shorten
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
    "receipts": ("status", "Fetch the delivery receipts, and write the results anew.", _CAMPAIGN),
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
    "replies": ("accounts", "What people answered to the account, newest first.", _ACCOUNT),
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


def build_app(*named: str) -> typer.Typer:
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
    return app


def _app_for(line: Sequence[str]) -> typer.Typer:
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
) -> None:
    """The options before the command."""


def run_app(arguments: Sequence[str] | None = None) -> int:
    """The exit code of a command line; what stops the operator is told in one message, without a traceback.

    With --json there is one document on standard output whatever happens.
    """
    line = tuple(sys.argv[1:] if arguments is None else arguments)
    # What is printed for copying is the command itself.
    command = line[1:] if line[:1] == ("--debug",) else line
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
        outcome: Any = _app_for(command)(args=line, standalone_mode=False, obj=command)
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
        debug = command is not line or bool(os.environ.get("SMSCAMPAIGN_DEBUG"))
        return failed(error, debug=debug, json=json)
    if outcome == 130 and json and not ANSWER.given:
        print_json({"error": {"what": "interrupted", "where": "", "remedy": "", "code": "interrupted"}})
    return outcome if isinstance(outcome, int) else 0


def _misused(error: Any, *, json: bool) -> int:
    """What the command line itself got wrong: an unknown option, a missing argument."""
    if not error.format_message():
        return 2  # no command was named, and the help was shown
    context = error.ctx
    words = [context.info_name] if context is not None and context.parent is not None else []
    said = error.format_message().replace("Value error, ", "").rstrip(".")
    extra = re.search(r"unexpected extra argument\S* \((.*)\)", said)
    quotes = f"{_of_extra(extra[1])} " if extra else ""
    return _refused(said, remedy=f"{quotes}See: {' '.join([program(), *words, '--help'])}", json=json)


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
