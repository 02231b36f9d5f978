"""The keywords of the Python face: which setting each of them is, and errors in their words instead of the command's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from os import PathLike
from typing import Any, TypedDict

from smscampaign.errors import CampaignError, SettingsProblem
from smscampaign.names import closest
from smscampaign.settings import OPTIONS


class Options(TypedDict, total=False):
    """What a campaign can be told besides its recipients; each overrides the setting of the same meaning in the TOML file.

    `pace` is in calls a minute (0: no limit), `validity` in minutes, `settle` in seconds; `send_at` needs a time zone.
    """

    name: str
    message: str
    template: str | PathLike[str]
    sender: str
    purpose: str
    region: str
    regions: list[str]
    lang: str
    account: str
    advertiser: str
    ignore: list[str]
    typography: str
    swap: dict[str, str] | list[str]
    short: str
    short_over: int
    encoding: str
    delimiter: str
    sheet: str
    header_row: int
    number_column: str
    country_column: str
    warn_parts: int
    max_parts: int
    receivers_per_call: int
    pace: float
    calls_at_once: int
    repeat_days: int
    strict: bool
    brake_doubts: int
    brake_refusals: int
    brake_share: float
    brake_floor: float
    brake_bill: bool
    ramp: str
    ramp_wait: float
    send_at: datetime | str
    validity: int
    priority: str
    message_class: str
    coding: str
    settle: float


_KEYWORDS = tuple(Options.__annotations__)

# An option of the command and its placeholder, or an account, as errors name them.
_OPTION = re.compile(r"--([a-z][a-z-]*)(?: ([A-Z]+\b|…|sms-[a-z0-9-]+|\"[^\"\n]*\"))?")
_ELSEWHERE = {
    "amend": "plan(amend=True)",
    "restart": "plan(restart=True)",
    "send_again": "send_again=True",
}
_ELSEWHERE |= {
    "journal": "journal={}",
    "limit": "limit={}",
    "out": "run.save({})",
    "sandbox": "sms.sandbox()",
}


def dotted(options: Mapping[str, Any]) -> dict[str, Any]:
    """Keywords as the settings' dotted names. Raises `SettingsProblem` for one that does not exist."""
    for name in options:
        if name not in _KEYWORDS:
            near = closest(name, _KEYWORDS)
            hint = f"Did you mean {' or '.join(near)}?" if near else f"Known are: {', '.join(_KEYWORDS)}."
            raise SettingsProblem(f"there is no option {name!r}", where="Campaign", remedy=hint)
    return {OPTIONS.get(name, name): value for name, value in options.items()}


@contextmanager
def in_python() -> Iterator[None]:
    """Lets errors speak of keywords and cells where they speak of options and commands."""
    try:
        yield
    except CampaignError as error:
        error.where = _OPTION.sub(_keyword, error.where)
        error.remedy = _OPTION.sub(_keyword, error.remedy).replace(
            "un the command again", "un the cell again"
        )
        raise


def keyworded(sentence: str) -> str:
    """A sentence that names options of the command, with keywords in their place."""
    return _OPTION.sub(_keyword, sentence)


def _keyword(found: re.Match[str]) -> str:
    name, placeholder = found[1].replace("-", "_"), found[2]
    bare = placeholder in {"N", "…"} or (placeholder or "").startswith('"')
    value = placeholder if bare else f'"{placeholder or "…"}"'
    if name in _ELSEWHERE:
        return _ELSEWHERE[name].format(value)
    if name not in _KEYWORDS:
        return found[0]
    return f"{name}={value}" if placeholder else name
