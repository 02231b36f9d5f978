"""Every setting of a campaign, once.

Its options, its keywords in Python, what `init` proposes, `smscampaign settings` and the page of settings are made from this
table; `settings.py` takes defaults and bounds from it. Standard library only: a command line is understood without pydantic.
"""

from __future__ import annotations

import json
import keyword
import tomllib
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from smscampaign.errors import SettingsProblem
from smscampaign.model import Purpose
from smscampaign.names import closest


class Setting(NamedTuple):
    """One setting: its key in the TOML (`limits.parts`), the type of its value, what it means, and its default.

    `otherwise` says what holds where there is no default. `least`, `most` and `over` (more than) are its bounds, `choices`
    the only words it takes. `option` is its option without dashes where it is not called like the setting; `sign` stands for
    the value in help, and `example` is a value as TOML for what `init` proposes.
    """

    key: str
    kind: type
    meaning: str
    default: object = None
    otherwise: str = ""
    least: float | None = None
    most: float | None = None
    over: float | None = None
    choices: tuple[str, ...] = ()
    option: str = ""
    sign: str = ""
    example: str = ""

    @property
    def section(self) -> str:
        """The TOML table it stands in; empty for the top."""
        return self.key.rpartition(".")[0]

    @property
    def name(self) -> str:
        """Its name within its section."""
        return self.key.rpartition(".")[2]

    @property
    def flag(self) -> str:
        """Its option: `--max-parts`."""
        return f"--{self.option or self.name.replace('_', '-')}"

    @property
    def keyword(self) -> str:
        """Its keyword in Python: `max_parts`."""
        word = self.flag[2:].replace("-", "_")
        return f"message_{word}" if keyword.iskeyword(word) else word

    @property
    def proposed(self) -> bool:
        """Whether `init` writes it down, in a comment: what has neither a default nor an example is not."""
        return bool(self.example) or self.default is not None

    @property
    def repeated(self) -> bool:
        """Whether its option may be given several times."""
        return self.kind in {tuple, dict}

    @property
    def type_name(self) -> str:
        """What its value is, in words."""
        return _TYPES[self.kind]

    @property
    def bounds(self) -> str:
        """What values it takes, in words; empty when the type says all."""
        if self.choices:
            return " | ".join(self.choices)
        if self.least is not None and self.most is not None:
            return f"{self.least} to {self.most}"
        if self.least is not None:
            return f"{self.least:g} or more"
        if self.over is not None:
            return f"more than {self.over:g}" + (f", at most {self.most:g}" if self.most is not None else "")
        return ""

    @property
    def usual(self) -> str:
        """Its value where nobody set it: as TOML, or in words."""
        return self.otherwise or ("none" if self.default is None else as_toml(self.default))


def as_toml(value: object) -> str:
    """A default as it would be written in the file."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, dict):
        return "{}"
    return str(list(value) if isinstance(value, tuple) else value)


_TYPES = {str: "text", Purpose: "text", Path: "file", int: "whole number", float: "number", Decimal: "number"}
_TYPES |= {bool: "true or false", datetime: "date and time", tuple: "list of texts", dict: "table of texts"}

#: Sections, with what each is about, in the order in which they are listed.
SECTIONS = {
    "": "The campaign",
    "file": "How the file is read, where its own signs are wrong",
    "columns": "Which columns hold what",
    "text": "How texts are made cheaper",
    "limits": "Where a plan warns and refuses, and how fast it goes",
    "brakes": "What makes a run pause until you have looked",
    "ramp": "A first slice, whose receipts decide whether the others follow",
    "variants": "Several texts, tried against each other",
    "prior": "A follow-up: whom of an earlier campaign it is for",
    "sending": "What every call says",
    "lint": "Which rules of the linter do not apply",
}

# One setting a line, so that it can be read as a table.
# fmt: off
SETTINGS = (
    Setting("name", str, "The campaign's name.", otherwise="the file's name", most=255),
    Setting("message", str, "The text, with columns as {{ first_name }}."),
    Setting("template", Path, "A file with the text, instead of message."),
    Setting("where", str, "Which rows are meant, by their columns: opt_in == 'Oui' and statut != 'Annulé'.",
            otherwise="all of them", sign="EXPRESSION"),
    Setting("sender", str, "A sender of the account, at most 11 characters.", otherwise="a short number"),
    Setting("purpose", Purpose, "marketing carries the STOP clause; transactional does not and is your declaration.",
            choices=tuple(Purpose)),
    Setting("once_per", tuple, "What gets one message, by the columns that name it, such as an appointment.",
            (), otherwise="the number", sign="COLUMN", example='["mobile", "date", "time"]'),
    Setting("recurring", bool, "The file has new content every night, and the campaign goes on.", default=False),
    Setting("region", str, "The country of numbers written without a country code, such as FR."),
    Setting("regions", tuple, "Other countries whose numbers may be in the file, such as RE,GP.", (), sign="RE,GP"),
    Setting("language", str, "The language of what is said: en, fr or pl.",
            option="lang", otherwise="your locale's", sign="LANG"),
    Setting("account", str, "The SMS account, where the keys see several.", sign="NAME"),
    Setting("advertiser", str, "Who it is from, as the text says it."),
    Setting("file.encoding", str, "How a CSV file is written, such as windows-1250.", otherwise="found", sign="NAME"),
    Setting("file.delimiter", str, "What stands between cells: , ; | or tab.", otherwise="found", sign="SIGN"),
    Setting("file.sheet", str, "The sheet of a workbook with several.", sign="NAME"),
    Setting("file.header_row", int, "The row with the column names.", otherwise="found", least=1),
    Setting("columns.number", tuple, "The column with the numbers; of several the first cell that can be sent to.",
            (), option="number-column", otherwise="found by its name", sign="NAME", example='["Mobile", "Phone"]'),
    Setting("columns.country", str, "A column with countries: codes or names.", option="country-column"),
    Setting("text.typography", str, "gsm: plain quotes, dashes and spaces where that takes fewer parts.",
            "keep", choices=("keep", "gsm")),
    Setting("text.swaps", dict, "Letters to write plainly where that takes fewer parts.",
            {}, option="swap", sign="ê=e", example='{ "ê" = "e" }'),
    Setting("text.short", str, "A shorter text for rows that would take more parts."),
    Setting("text.short_over", int, "Parts above which the shorter text is used.", 1, least=1),
    Setting("limits.parts_warning", int, "Parts above which to warn of a text.", 6, option="warn-parts", least=1),
    Setting("limits.parts", int, "Parts above which a text is refused.", 8, option="max-parts", least=1),
    Setting("limits.receivers_per_call", int, "Receivers of one call; OVHcloud advises at most 500.",
            500, least=1, most=5000),
    Setting("limits.calls_per_minute", float, "Calls a minute; 0 is no limit.",
            option="pace", otherwise="60; in a rehearsal 0", least=0, example="60"),
    Setting("limits.calls_at_once", int, "Calls under way at once.", 4, least=1, most=64),
    Setting("limits.repeat_days", int, "Days in which nobody gets the same text again, whatever the campaign; 0 is off.",
            otherwise="30; transactional 0", least=0, most=36_525, example="30"),
    Setting("limits.same_text_hours", float, "With once_per: hours in which nobody gets the same text again; 0 is off.",
            20, least=0, most=8784),
    Setting("limits.most_messages", int, "Messages of one run above which nothing is sent; recurring needs it.",
            least=1, example="500"),
    Setting("limits.most_credits", Decimal, "Credits of one run above which nothing is sent.",
            least=0, sign="CREDITS", example="600"),
    Setting("limits.strict", bool, "Send nothing while a row is rejected, or `lint` finds an error.", default=False),
    Setting("brakes.doubts_in_a_row", int, "Doubtful calls in a row after which to pause; 0 is never.",
            5, option="brake-doubts", least=0),
    Setting("brakes.refusals_in_a_row", int, "Refused calls in a row after which to pause; 0 is never.",
            12, option="brake-refusals", least=0),
    Setting("brakes.share", float, "Share of refused and doubtful calls above which to pause; 1 is never.",
            0.25, option="brake-share", most=1, over=0),
    Setting("brakes.floor", Decimal, "Credits that must be left on the account.",
            Decimal("0"), option="brake-floor", least=0, sign="CREDITS"),
    Setting("brakes.bill", bool, "Pause when a call costs something else than was forecast for it.",
            default=True, option="brake-bill"),
    Setting("ramp.first", str, "Send 1% (or 50 messages) first; go on only if their receipts are good. 0 is off.",
            option="ramp", sign="N|N%", example='"1%"'),
    Setting("ramp.wait", float, "Minutes to wait for the receipts of the first slice.",
            10, option="ramp-wait", least=0, most=527_040),
    Setting("ramp.failures", Decimal, "Pause above this share of failed receipts.",
            Decimal("0.10"), option="ramp-failures", least=0, most=1),
    Setting("ramp.stops", Decimal, "Pause above this share of STOP answers.",
            Decimal("0.02"), option="ramp-stops", least=0, most=1),
    Setting("ramp.receipts", Decimal, "Pause when fewer than this share of receipts have come.",
            Decimal("0.5"), option="ramp-receipts", least=0, most=1),
    Setting("prior.campaign", str, "An earlier campaign, by its name or its journal: only its people get this one.",
            option="prior", sign="NAME"),
    Setting("prior.fate", str, "Which of them: delivered and not replied.",
            "accepted", option="prior-fate", sign="EXPRESSION", example='"delivered and not (replied or stopped)"'),
    Setting("variants.texts", dict, "Other texts that are tried beside the message, which is A, by their names.",
            {}, option="variant", sign="B=TEXT", example='{ B = "Another text" }'),
    Setting("variants.hold_out", Decimal, "Share of the people who get nothing, to see what a message does at all.",
            Decimal("0"), least=0, most=0.9),
    Setting("variants.stratify", tuple, "Columns in each of whose values the texts are dealt out evenly.",
            (), sign="COLUMN", example='["city"]'),
    Setting("variants.measure", str, "What is compared: who replied, who said STOP, or an outcome that you bring.",
            "replies", choices=("replies", "stops", "outcome")),
    Setting("variants.expected", Decimal, "Share of the people who do it by your experience.",
            Decimal("0.05"), over=0, most=0.99),
    Setting("variants.days", float, "Days after the first message until which nobody is called better.",
            7, option="variants-days", over=0, most=366),
    Setting("sending.send_at", datetime, "When to send: OVHcloud keeps it till then.",
            otherwise="at once", sign="TIME", example="2027-03-06T10:00:00+01:00"),
    Setting("sending.validity", int, "Minutes before a message that cannot be delivered is dropped.",
            otherwise="OVHcloud's own", least=1, example="2880"),
    Setting("sending.priority", str, "How urgent the messages are.",
            otherwise="OVHcloud's own", choices=("high", "medium", "low", "veryLow"), example='"medium"'),
    Setting("sending.class", str, "Deprecated by OVHcloud; sent only if set.",
            choices=("flash", "phoneDisplay", "sim", "toolkit")),
    Setting("sending.coding", str, "Deprecated by OVHcloud; sent only if set.", choices=("7bit", "8bit")),
    Setting("sending.settle", float, "Seconds before absence at OVHcloud counts.",
            otherwise="120; in a rehearsal 2", least=0, most=31_622_400, example="120"),
    Setting("lint.ignore", tuple, "Rules of the linter that are not applied.",
            (), sign="SMS004", example='["SMS004"]'),
)
# fmt: on

BY_KEY = {one.key: one for one in SETTINGS}


def nearest(name: str) -> tuple[str, ...]:
    """Up to two keys or sections that `name` may be a slip of; an option's name (`max_parts`) leads to its key as well."""
    known = {one.keyword: one.key for one in SETTINGS} | {one.name: one.key for one in SETTINGS}
    known |= {one.key: one.key for one in SETTINGS}
    known |= {} if "." in name else {section: section for section in SECTIONS if section}
    if name in known:
        return (known[name],)
    found = closest(name, known) or closest(name.rpartition(".")[2], known)
    return tuple(dict.fromkeys(known[one] for one in found))[:2]


def setting_of(key: str, *, where: str = "") -> Setting:
    """The setting of a key. Raises `SettingsProblem`, with the nearest keys, when there is none."""
    found = BY_KEY.get(key)
    if found is None:
        raise unknown(key, where=where)
    return found


def unknown(key: str, *, where: str = "") -> SettingsProblem:
    """The error for a key that is none."""
    if key in SECTIONS:
        inside = ", ".join(one.key for one in in_section(key))
        return SettingsProblem(f"{key!r} is a section", where=where, remedy=f"Its settings are {inside}.")
    near = nearest(key)
    hint = f"Did you mean {' or '.join(near)}? " if near else ""
    return SettingsProblem(
        f"unknown setting {key!r}", where=where, remedy=f"{hint}`smscampaign settings` lists all of them."
    )


def in_section(section: str) -> Iterator[Setting]:
    """The settings of a section."""
    return (one for one in SETTINGS if one.section == section)


def value_of(setting: Setting, text: str) -> object:
    """What was written on the command line, as the file would hold it: TOML, else text.

    A setting that is text takes what was written as it stands (`--set sender=36180`), unless it is a text in TOML's quotes.
    """
    try:
        document = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):  # no TOML, a number of thousands of digits, lists in lists in lists
        document = {}
    value = document.get("value") if document.keys() == {"value"} else None
    if setting.kind in {str, Path, Purpose}:
        return value if isinstance(value, str) else text
    if setting.repeated:
        return value if isinstance(value, list | dict) else [value if isinstance(value, str) else text]
    return text if value is None else value
