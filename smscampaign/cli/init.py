"""`init`: a settings file to fill in, proposed from the recipients' own columns."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from smscampaign.campaign import proposals
from smscampaign.campaign.campaigns import recipients_of, refuse_settings
from smscampaign.cli import commands, options
from smscampaign.cli.screen import facts, note, out, plain
from smscampaign.databases import identity
from smscampaign.errors import SettingsProblem, for_shell
from smscampaign.settings.proposals import proposal

#: Column names that a greeting is likely to use, in the languages of OVHcloud's billing countries, the best first.
_GREETING = (
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


#: What is told of the file, and what stands before it.
_FOUND = {"columns.number": "Numbers", "columns.country": "Countries", "region": "Region", "where": "Consent"}

#: What a campaign cannot do without, and its file may not tell.
_NEEDED = {"region": "the region", "columns.number": "the column with the numbers"}


@options.with_settings("file.encoding", "file.delimiter", "file.sheet", "file.header_row", only=True)
def init(
    ctx: typer.Context,
    file: options.File,
    force: Annotated[
        bool, typer.Option("--force", help="Write over settings that are there already.")
    ] = False,
) -> None:
    """Write a commented settings file beside FILE, proposed from its columns."""
    refuse_settings(file)
    given, places = options.asked_settings(ctx.params)
    source = recipients_of(file, given, places)
    target = Path(file).with_suffix(".toml")
    if target.is_symlink() or (target.exists() and not target.is_file()) or _is_recipients(target, file):
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
    found = proposals.findings(source, _GREETING, given)
    try:
        target.write_text(proposal(file.stem, found.columns, found.greeting, found.hints), "utf-8")
    except OSError as error:
        raise SettingsProblem(
            f"the settings cannot be written ({error.strerror})",
            where=str(target),
            remedy="Copy the recipients to a folder of yours.",
        ) from error
    out().print(f"Wrote {plain(str(target))}", soft_wrap=True)
    written = target.read_text("utf-8")
    _tell_what_was_found(found, written)
    needed = {"message": "the message"} | {
        key: said for key, said in _NEEDED.items() if not _is_sure(found, key)
    }
    open_ones = [f"{said}{_line(key, written)}" for key, said in needed.items()]
    note(
        f"Open it in a text editor and fill in {_and(open_ones)}, then:",
        copy=f"{commands.program()} run {for_shell(file)} --dry-run",
    )


def _tell_what_was_found(found: proposals.Findings, written: str) -> None:
    """What the file told, as it stands in the settings or is proposed there in a comment."""
    pairs = []
    for key, said in _FOUND.items():
        for hint in found.hints.get(key, ())[:1]:
            value = " or ".join(hint.value) if isinstance(hint.value, tuple) else str(hint.value)
            why = f" ({hint.why})" if hint.why else ""
            state = "" if hint.sure else f", only proposed{_line(key, written)}: take away its # to use it"
            pairs.append((said, f"{value}{why}{state}"))
    facts(out(), pairs)


def _line(key: str, written: str) -> str:
    """Where a setting stands in the file, in a comment or not: ` (line 7)`."""
    name = key.rpartition(".")[2]
    for number, line in enumerate(written.splitlines(), 1):
        if re.match(rf"(?:# )?{name} = ", line):
            return f" (line {number})"
    return ""


def _is_recipients(target: Path, file: Path) -> bool:
    return identity(target) == identity(Path(file))


def _is_sure(found: proposals.Findings, setting: str) -> bool:
    return any(hint.sure for hint in found.hints.get(setting, ()))


def _and(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
