"""Command lines for the person to copy."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Container, Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from smscampaign.errors import for_shell

if TYPE_CHECKING:
    import typer


def command_line(ctx: typer.Context, *, without: Container[str] = (), extra: str = "") -> str:
    """This very command, for copying: without some options, or with one more; neither a password nor a number is shown."""
    words = (_copied(given) for name, given in spoken(ctx) if name not in without)
    return " ".join([program(), *words, *([extra] if extra else [])])


def changed_back(ctx: typer.Context, add: Sequence[Sequence[str]], leave_out: Sequence[str]) -> str:
    """This very command with other options; empty where the file of settings says what would have to be left out."""
    here = {name for name, _ in spoken(ctx)}
    if not (add or leave_out) or not here.issuperset(leave_out):
        return ""
    others = {*leave_out, *(name for name, *_ in add)}
    return command_line(ctx, without=others, extra=" ".join(map(_copied, add)))


#: Options that belong to the command that was typed: `run` does not know them, or would send by them without being asked to.
_OF_OTHERS = frozenset({"--json", "--yes", "-y", "--confirm", "--resend", "--assume-sent"})


def going_on(ctx: typer.Context, add: Sequence[Sequence[str]]) -> str:
    """The `run` of a campaign that another command was asked about, with the options it was begun with."""
    return about(ctx, "run", add)


def about(ctx: typer.Context, name: str, add: Sequence[Sequence[str]] = ()) -> str:
    """Another command about the campaign that this one was asked about, with its options and more."""
    words = list(spoken(ctx))
    after = words.index(("", [str(ctx.info_name)])) + 1
    # Of a report it is the page's place, and that of the results for all others.
    page = {"--out"} if ctx.info_name == "report" else set()
    others = {*_OF_OTHERS, *page, *(option for option, *_ in add)}
    kept = [_copied(given) for option, given in words[after:] if option not in others]
    return " ".join([program(), name, *kept, *map(_copied, add)])


def _copied(words: Sequence[str]) -> str:
    """An option and its value, or another word, as a shell reads them.

    For a value with a full number in it, such as a sender, a variable of the shell stands: without that the shell stops and
    says what is missing.
    """
    from smscampaign.drawing import discreet
    from smscampaign.journal.places import without_secrets

    *before, value = words
    name = words[0]
    if not before or name == "--set":  # --sender=VALUE, --set sender=VALUE
        name, _, value = value.partition("=")
    if discreet(value) == value or not words[0].startswith("-"):
        return " ".join(for_shell(without_secrets(word)) for word in words)
    variable = re.sub(r"\W", "_", name.lstrip("-").rpartition(".")[2]).upper()
    prefix = "" if name in before else f"{name}="
    hidden = f'{prefix}"${{{variable}:?it holds a number, which is not shown}}"'
    return " ".join([*before, hidden])


def pin_moment(ctx: typer.Context, moment: datetime | None) -> None:
    """Let commands to copy name the very moment that `tomorrow 10:00` is today."""
    if moment is not None:
        ctx.obj = [_pinned(before, word, moment) for before, word in pairwise(["", *ctx.obj])]


def _pinned(before: str, word: str, moment: datetime) -> str:
    option = word.startswith("--send-at=") or (before == "--set" and word.startswith("sending.send_at="))
    if not (option or before == "--send-at"):
        return word
    name, equals, value = word.partition("=") if option else ("", "", word)
    try:
        datetime.fromisoformat(value.strip())
    except ValueError:
        return f"{name}{equals}{moment.isoformat()}"
    return word


def spoken(ctx: typer.Context) -> Iterator[tuple[str, list[str]]]:
    """The words of the command: each option by its name, with its value beside it; for other words the name is empty."""
    takes = {
        name
        for one in ctx.command.params
        if not getattr(one, "is_flag", False) and one.param_type_name == "option"
        for name in one.opts
    }
    words = iter(ctx.obj)
    for word in words:
        if word == "--":  # files whose names begin with a hyphen come after it
            yield from (("", [f"./{file}" if file.startswith("-") else file]) for file in words)
            return
        name, equals, _ = word.partition("=")
        value = [next(words, "")] if name in takes and not equals else []
        yield name if word.startswith("-") else "", [word, *value]


def program() -> str:
    """How the program was called, for commands to copy: by a bare name only where a shell finds this very one by it."""
    called = Path(sys.argv[0])
    if called.parts[-2:] == ("smscampaign", "__main__.py"):
        return f"{_found_as(sys.executable)} -m smscampaign"
    return _found_as(sys.argv[0]) if called.stem == "smscampaign" else "smscampaign"


def _found_as(called: str) -> str:
    """The name of a program where the path leads to it, else where it lies, as seen from here."""
    folder, name = os.path.split(os.path.abspath(called))
    found = shutil.which(name)
    # By its folder: the Python of an environment is a link to the system's, and on Windows an ending is left out.
    there = found and os.path.normcase(os.path.dirname(os.path.abspath(found))) == os.path.normcase(folder)
    if there and not _for_this_call_only(folder):
        return name
    below = folder == os.getcwd() or folder.startswith(os.path.join(os.getcwd(), ""))
    path = os.path.join(os.path.relpath(folder), name) if below else os.path.join(folder, name)
    return for_shell(path)


def _for_this_call_only(folder: str) -> bool:
    """Whether it lies in an environment that is in the path for this call, as `uvx` does it, and that nobody activated."""
    inside = sys.prefix != sys.base_prefix and Path(folder).resolve().is_relative_to(
        Path(sys.prefix).resolve()
    )
    return inside and "VIRTUAL_ENV" not in os.environ


def deciding(ctx: typer.Context) -> str:
    """The command that decides, up to the option that names a call: with this one's file, journal and the like."""
    asked = ctx.params
    words = [["--sandbox"]] if asked.get("rehearsal") else []
    words += [
        [f"--{name}", str(asked[name])]
        for name in ("settings", "journal", "name", "account")
        if asked.get(name)
    ]
    words += [["--set", one] for one in asked.get("assigned") or ()]
    return " ".join([program(), "reconcile", for_shell(asked["file"]), *map(_copied, words)])
