"""Changing settings in their file: comments, order and spelling of everything else stay as they are."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterable, Mapping, MutableMapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from smscampaign.errors import SettingsProblem
from smscampaign.settings.file import parsed, read, refuse_what_is_no_text
from smscampaign.settings.model import load_settings
from smscampaign.settings.table import BY_KEY


def changed(source: str, values: Mapping[str, Any], *, missing: bool = False) -> str:
    """The text of a settings file with these settings, by their keys; None takes one out.

    `missing` adds those alone of which the file says nothing. Raises `SettingsProblem`.
    """
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
        elif not (missing and row.name in where):
            where[row.name] = _item(value)
    return str(tomlkit.dumps(document))


def standing(path: Path, keys: Iterable[str]) -> dict[str, Any]:
    """Those of the settings that the file at `path` holds, as they stand there; none where it is no TOML or not there."""
    try:
        document = tomlkit.parse(read(path)).unwrap()
    except (TOMLKitError, SettingsProblem):
        return {}
    rows = [BY_KEY[key] for key in keys]
    places = {one: document.get(one.section) if one.section else document for one in rows}
    return {
        one.key: place[one.name]
        for one, place in places.items()
        if isinstance(place, Mapping) and one.name in place
    }


def otherwise(path: Path, values: Mapping[str, Any]) -> tuple[str, ...]:
    """The keys of those settings that the file at `path` gives another value."""
    return tuple(key for key, value in standing(path, values).items() if value != _item(values[key]))


def save(path: Path, values: Mapping[str, Any], *, missing: bool = False) -> None:
    """Change settings in the file at `path`, or begin one; with `missing` only those of which it says nothing.

    What would be no valid settings is not written. Raises `SettingsProblem`.
    """
    before = read(path) if path.exists() else ""
    parsed(path, before)  # it names the line that is no TOML, and what to write there
    after = changed(before, values, missing=missing)
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
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, Decimal):
        return float(value)
    return list(value) if isinstance(value, tuple) else value
