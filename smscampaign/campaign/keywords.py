"""The keywords of the Python face: which setting each of them is, and errors in their words instead of the command's."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from numbers import Integral
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from smscampaign.errors import CampaignError, SettingsProblem
from smscampaign.model import Purpose
from smscampaign.names import closest
from smscampaign.settings.table import BY_KEY, SETTINGS, nearest
from smscampaign.translation import speaking, spoken_or, told

_KEYWORDS = {one.keyword: one for one in SETTINGS}

_TYPES: dict[type, Any] = {
    Path: str | PathLike[str],
    Purpose: str,
    Decimal: float,
    datetime: datetime | str,
    tuple: list[str],
    dict: dict[str, str] | list[str],
}

#: What OVHcloud's own clients say, and what is said here: for one message, and for a campaign.
OVHCLOUDS = {
    "receivers": ("to", "recipients"),
    "message": ("text", "message"),
    "noStopClause": ("no_stop_clause", 'purpose="transactional"'),
    "senderForResponse": ("a sender that is left out", "a sender that is left out"),
    "validityPeriod": ("validity", "validity"),
    "differedPeriod": ("send_at, a moment", "send_at, a moment"),
    "differedDelivery": ("send_at, a moment", "send_at, a moment"),
    "class": ("message_class", "message_class"),
    "charset": ("not needed", "not needed"),
    "serviceName": ("the account of sms.connect", "account"),
    "tag": ("made for each call", "made for each call"),
}

#: What is asked of a campaign that is there: what it is made of was said before.
OF_A_CAMPAIGN = frozenset({"plan", "deliver"})

# What only a command gives: its options by the settings' keys, and where they were given.
_OF_COMMANDS = frozenset({"options", "places"})

Function = TypeVar("Function", bound=Callable[..., Any])


def with_keywords(function: Function) -> Function:
    """Let its signature, which a notebook shows and completes, name the settings in place of `**options`."""
    signature = inspect.signature(function)
    own = [
        one
        for one in signature.parameters.values()
        if one.kind is not inspect.Parameter.VAR_KEYWORD and one.name not in _OF_COMMANDS
    ]
    settings = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=_TYPES.get(one.kind, one.kind) | None,
        )
        for name, one in _KEYWORDS.items()
    ]
    function.__signature__ = signature.replace(parameters=[*own, *settings])  # type: ignore[attr-defined]
    return function


# An option of the command and its placeholder, or an account or a file, as errors name them.
_OPTION = re.compile(
    r"--([a-z][a-z-]*)(?: (SMS\d+|[A-Z]+\b|…|sms-[a-z0-9-]+|\"[^\"\n]*\"|'[^'\n]*'|\S+\.\w+))?"
)
_ELSEWHERE = {
    "amend": "plan(amend=True)",
    "restart": "plan(restart=True)",
    "retry": "plan(retry={})",
    "send_again": "send_again=True",
}
_ELSEWHERE |= {
    "journal": "journal={}",
    "limit": "limit={}",
    "out": "run.save({})",
    "sandbox": "sms.sandbox()",
    "ignore": "overrule=[{}]",
    "no_strict": "strict=False",
    "force": "force=True",
}

# A command of the terminal, as errors name it, and what does the same in Python.
_COMMAND = re.compile(
    r"`(?:smscampaign )?(init|lint|settings|run|status|check|recover|reconcile)\b ?([^`]*)`"
)
_IN_PYTHON = {
    "check": "`sms.check()`",
    "lint": "`plan.findings`",
    "settings": "`help(sms.Campaign)`",
    "run": "`campaign.plan()`",
    "status": "`campaign.plan()`",
}


def by_key(options: Mapping[str, Any], where: str = "Campaign") -> dict[str, Any]:
    """Keywords as the settings' keys. Raises `SettingsProblem` for one that does not exist, which was given to `where`."""
    for name in options:
        if name not in _KEYWORDS:
            near = closest(name, _KEYWORDS) or [BY_KEY[key].keyword for key in nearest(name) if key in BY_KEY]
            hint = f"Did you mean {' or '.join(near)}? " if near else ""
            if name in OVHCLOUDS:
                hint = f"Here it is {OVHCLOUDS[name][1]}" + ". "
            raise SettingsProblem(
                f"there is no option {name!r}",
                where=where,
                remedy=f"{hint}`smscampaign settings` lists all of them.",
            )
    return {_KEYWORDS[name].key: value for name, value in options.items()}


def refuse_unknown(where: str, given: Mapping[str, object], known: Collection[str]) -> None:
    """Raise `SettingsProblem` for a keyword that `where` does not take, with what is `known` there."""
    for name in given:
        near = OVHCLOUDS[name][:1] if name in OVHCLOUDS else closest(name, known)
        hint = f"Here it is {near[0]}" + ". " if near else ""
        if where in OF_A_CAMPAIGN:
            its = OVHCLOUDS[name][1:] if name in OVHCLOUDS else () if near else closest(name, _KEYWORDS)
            hint = f"It is said to sms.Campaign(…), as {its[0]}" + ". " if its else hint
        with in_python():
            raise SettingsProblem(
                f"there is no argument {name!r}",
                where=where,
                remedy=hint + f"It takes {', '.join(known)}" + ".",
            )


def refuse_no_count(where: str, given: object) -> None:
    """Raise `SettingsProblem` for what is no number of rows."""
    if not isinstance(given, Integral) or isinstance(given, bool) or int(given) < 1:
        shown = repr(given) if isinstance(given, str | int) else f"a value of the type {type(given).__name__}"
        with in_python():
            raise SettingsProblem(f"{shown} is no number of rows", where=where, remedy="Give one such as 10.")


#: Where a setting was given, for errors to name: its keyword.
PLACES = {one.key: one.keyword for one in SETTINGS}


#: What is run again in Python, in each language.
_AGAIN = {
    "un the command again": "un the cell again",
    "elancez la commande": "elancez la cellule",
    "ruchom polecenie ponownie": "ruchom komórkę ponownie",
}


@contextmanager
def in_python(language: str = "") -> Iterator[None]:
    """Lets errors speak of keywords and cells where they speak of options and commands, in this language or the locale's."""
    with speaking(spoken_or(language)):
        try:
            yield
        except CampaignError as error:
            error.where = _OPTION.sub(_keyword, error.where)
            error.what, remedy = told(error.what), keyworded(told(error.remedy))
            for command, cell in _AGAIN.items():
                remedy = remedy.replace(command, cell)
            error.remedy = remedy
            raise


def keyworded(sentence: str, fields: Mapping[str, str] = MappingProxyType({})) -> str:
    """A sentence that names commands and their options, with what does the same in Python, or in `fields` by keyword."""
    told = _COMMAND.sub(_call, sentence)
    return _OPTION.sub(lambda found: fields.get(found[1].replace("-", "_")) or _keyword(found), told)


def _call(found: re.Match[str]) -> str:
    command, rest = found[1], found[2]
    if command == "init":
        return f'`sms.init("{rest or "FILE"}")`'
    if command == "check" and "--advise" in rest:
        return "`plan.advice`"
    # The others are there for a terminal only.
    return _IN_PYTHON.get(command, f"`smscampaign {command}{' ' * bool(rest)}{rest}` in a terminal")


def _keyword(found: re.Match[str]) -> str:
    name, placeholder = found[1].replace("-", "_"), found[2]
    bare = placeholder in {"N", "…"} or (placeholder or "").startswith(('"', "'"))
    value = placeholder if bare else f'"{placeholder or "…"}"'
    if name in _ELSEWHERE:
        return _ELSEWHERE[name].format(value)
    if name not in _KEYWORDS:
        return found[0]
    return f"{name}={value}" if placeholder else name
