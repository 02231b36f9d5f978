"""Changing settings in their file: comments, order and spelling of everything else stay as they are."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from smscampaign.errors import SettingsProblem
from smscampaign.settings.file import parsed, read, refuse_what_is_no_text
from smscampaign.settings.model import load_settings
from smscampaign.settings.table import BY_KEY


def changed(source: str, values: Mapping[str, Any]) -> str:
    """The text of a settings file with these settings, by their keys; None takes one out. Raises `SettingsProblem`."""
    try:
        document = tomlkit.parse(source)
    except TOMLKitError as error:
        raise SettingsProblem(f"this is not TOML: {error}", where="settings") from error
    for key, value in values.items():
        row = BY_KEY[key]
        refuse_what_is_no_text(key, value)
        where: Any = document
        if row.section:
            # A section may be written as `[columns]`, in braces in one line, by dots, or in several places.
            if not isinstance(document.get(row.section), MutableMapping):
                document[row.section] = tomlkit.table()
            where = document[row.section]
        if value is None:
            where.pop(row.name, None)
        else:
            where[row.name] = _item(value)
    return str(tomlkit.dumps(document))


def save(path: Path, values: Mapping[str, Any]) -> None:
    """Change settings in the file at `path`, or begin one. What would be no valid settings is not written.

    Raises `SettingsProblem`.
    """
    before = read(path) if path.exists() else ""
    parsed(path, before)  # it names the line that is no TOML, and what to write there
    after = changed(before, values)
    if after == before:
        return
    target = Path(os.path.realpath(path))  # a link stays one
    beside = target.with_name(f".{target.stem}.{secrets.token_hex(4)}{target.suffix}")
    try:
        beside.write_text(after, "utf-8")
        try:
            load_settings(beside, {})
        except SettingsProblem as problem:
            problem.where = problem.where.replace(str(beside), str(path))
            raise
        if path.exists():
            beside.chmod(path.stat().st_mode & 0o777)
        os.replace(beside, target)
    except OSError as error:
        what = f"the settings cannot be written ({error.strerror})"
        raise SettingsProblem(
            what, where=str(path), remedy="Copy the recipients to a folder of yours."
        ) from error
    finally:
        beside.unlink(missing_ok=True)


#: A text of several lines that may stand between three apostrophes as it is.
_LINES = re.compile(
    r"(?!\n)(?:(?!''')[^\x00-\x09\x0b-\x1f\x7f])*\n(?:(?!''')[^\x00-\x09\x0b-\x1f\x7f])*(?<!')\Z"
)


def _item(value: Any) -> Any:
    """As people write it: a text of several lines stands between three apostrophes."""
    if isinstance(value, str) and _LINES.match(value):
        return tomlkit.string(value, literal=True, multiline=True)
    return value
