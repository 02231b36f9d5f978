"""How the settings of two plans differ, and the options that make the later ones the earlier again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from smscampaign.settings.model import Settings
from smscampaign.settings.table import BY_KEY, SETTINGS, Setting, in_section

#: Settings as a journal keeps them: JSON, section by section.
Kept = Mapping[str, Any]

#: An option of a command, with its value if it has one.
Option = tuple[str, ...]

#: The ingredients of a plan that are whole sections of the settings.
SECTIONS = {
    "reading": "file",
    "columns": "columns",
    "text": "text",
    "variants": "variants",
    "prior": "prior",
    "sending": "sending",
}

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


def putting_back(before: Kept, after: Kept) -> tuple[tuple[Option, ...], tuple[str, ...]]:
    """The options to add to a command so that its settings are what they were, each with its value; and to leave out."""
    usual = Settings().model_dump(mode="json", by_alias=True)
    add: list[Option] = []
    leave: list[str] = []
    for setting in (BY_KEY[key] for key in _PLANNED_FROM):
        was = _in(before, setting.key)
        if was == _in(after, setting.key):
            continue
        if was == _in(usual, setting.key):
            leave.append(setting.flag)
        else:
            add += _options(setting, was)
    return tuple(add), tuple(leave)


def begun_with(before: Kept, now: Kept) -> list[Option]:
    """The options that make the settings now what a campaign was begun with, as far as it is kept.

    What is no part of the plan, such as a brake, may have been set anew since: only what nobody sets now is taken from there.
    """
    usual = Settings().model_dump(mode="json", by_alias=True)
    found: list[Option] = []
    for setting in SETTINGS:
        was, is_now = _in(before, setting.key), _in(now, setting.key)
        planned = setting.key in _PLANNED_FROM or setting.key == "message"
        if was != is_now and (planned or is_now == _in(usual, setting.key)):
            found += _options(setting, was)
    return found


def _options(setting: Setting, value: Any) -> list[Option]:
    """A value as options of a command; nothing for one that no option gives."""
    if setting.kind is bool:
        return [(setting.flag if value else f"--no-{setting.flag[2:]}",)]
    return [] if value is None else [(setting.flag, str(one)) for one in _each(value)]


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
