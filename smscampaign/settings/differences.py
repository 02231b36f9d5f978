"""How the settings of two plans differ, and the options that make the later ones the earlier again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from smscampaign.errors import for_shell
from smscampaign.settings.model import Settings
from smscampaign.settings.table import BY_KEY, in_section

#: Settings as a journal keeps them: JSON, section by section.
Kept = Mapping[str, Any]

#: The ingredients of a plan that are whole sections of the settings.
SECTIONS = {"reading": "file", "columns": "columns", "text": "text", "sending": "sending"}

#: The settings that a plan is made from, as far as options put them back.
_PLANNED_FROM = (
    *("where", "sender", "purpose", "region", "regions", "once_per"),
    *(one.key for name in SECTIONS.values() for one in in_section(name) if one.key != "sending.settle"),
    *("limits.parts", "limits.receivers_per_call"),
)


def told(before: Kept, after: Kept, section: str) -> list[str]:
    """The settings of a section that differ, a line each."""
    keys = [one.key for one in in_section(section) if one.key in _PLANNED_FROM]
    values = [(key, _in(before, key), _in(after, key)) for key in keys]
    return [f"{key}: was {_words(was)}, is {_words(now)}" for key, was, now in values if was != now]


def putting_back(before: Kept, after: Kept) -> str:
    """What to do with the options of a command, so that the settings are again what they were; empty where they are."""
    usual = Settings().model_dump(mode="json", by_alias=True)
    add: list[str] = []
    leave: list[str] = []
    for setting in (BY_KEY[key] for key in _PLANNED_FROM):
        was = _in(before, setting.key)
        if was == _in(after, setting.key):
            continue
        if was == _in(usual, setting.key):
            leave.append(setting.flag)
        else:
            add += [f"{setting.flag} {for_shell(value)}" for value in _each(was)]
    said = [f"add {' '.join(add)}"] * bool(add) + [f"leave out {' '.join(leave)}"] * bool(leave)
    return f"To put it back {' and '.join(said)}" if said else ""


def _in(settings: Kept, key: str) -> Any:
    section, _, name = key.rpartition(".")
    return (settings.get(section) or {} if section else settings).get(name)


def _each(value: Any) -> list[Any]:
    """The values of a setting, each as its option takes it."""
    if isinstance(value, dict):
        return [f"{sign}={instead}" for sign, instead in value.items()]
    return list(value) if isinstance(value, list) else [value]


def _words(value: Any) -> str:
    return ", ".join(map(repr, [] if value is None else _each(value))) or "not set"
