"""A campaign's settings: a small TOML file beside the recipients, overridden by options."""

from __future__ import annotations

import hashlib
import json
import keyword
import re
from collections.abc import Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from smscampaign.countries import code_of, zone_of
from smscampaign.errors import SettingsProblem
from smscampaign.languages import language_of
from smscampaign.model import Purpose, Terms
from smscampaign.settings.file import line_of, parsed, read, refuse_what_is_no_text, text_of
from smscampaign.settings.moments import moment_of
from smscampaign.settings.table import BY_KEY, unknown

__all__ = ["Settings", "fingerprint", "load_settings"]

_TEXT = frozenset({"message", "template"})

#: For how long what people had counts, where nobody said otherwise.
USUAL_DAYS = 30

#: What no campaign comes near, and journals can still hold.
_MOST = 10**9


def _of(key: str) -> Any:
    """The field of a setting: its default and its bounds, from the table."""
    row = BY_KEY[key]
    most = _MOST if row.most is None and row.kind in {int, float, Decimal} else row.most
    field: dict[str, Any] = {"default": row.default, "ge": row.least, "gt": row.over}
    field["max_length" if row.kind is str else "le"] = most
    if row.choices and row.kind is str:
        field["pattern"] = f"^({'|'.join(row.choices)})$"
    if row.kind in {float, Decimal}:
        field["allow_inf_nan"] = False
    field["alias"] = row.name if keyword.iskeyword(row.name) else None
    return Field(**{name: value for name, value in field.items() if value is not None or name == "default"})


class _Section(BaseModel):
    """A section of the file; what its settings mean stands in the table."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


def in_brackets(value: object) -> object:
    """A single column may be written without them."""
    return [value] if isinstance(value, str) else value


class File(_Section):
    encoding: str | None = _of("file.encoding")
    delimiter: str | None = _of("file.delimiter")
    sheet: str | None = _of("file.sheet")
    header_row: int | None = _of("file.header_row")


class Columns(_Section):
    number: tuple[str, ...] = _of("columns.number")
    country: str | None = _of("columns.country")

    @field_validator("number", mode="before")
    @classmethod
    def _one_column(cls, value: object) -> object:
        return in_brackets(value)


class Limits(_Section):
    parts_warning: int = _of("limits.parts_warning")
    parts: int = _of("limits.parts")
    receivers_per_call: int = _of("limits.receivers_per_call")
    calls_per_minute: float | None = _of("limits.calls_per_minute")
    calls_at_once: int = _of("limits.calls_at_once")
    repeat_days: int | None = _of("limits.repeat_days")
    same_text_hours: float = _of("limits.same_text_hours")
    most_messages: int | None = _of("limits.most_messages")
    most_credits: Decimal | None = _of("limits.most_credits")
    strict: bool = _of("limits.strict")


class Sending(_Section):
    send_at: AwareDatetime | None = _of("sending.send_at")
    validity: int | None = _of("sending.validity")
    priority: str | None = _of("sending.priority")
    message_class: str | None = _of("sending.class")
    coding: str | None = _of("sending.coding")
    settle: float | None = _of("sending.settle")

    @field_validator("send_at", mode="before")
    @classmethod
    def _moment(cls, value: object, info: ValidationInfo) -> object:
        """In the zone of the campaign's region, where it names none."""
        region = str((info.context or {}).get("region") or "")
        country = code_of(region) or ""
        return moment_of(value, lambda: zone_of(country), region=country)


class Wording(_Section):
    typography: str = _of("text.typography")
    swaps: dict[str, str] = _of("text.swaps")
    short: str | None = _of("text.short")
    short_over: int = _of("text.short_over")

    @field_validator("swaps", mode="before")
    @classmethod
    def _pairs(cls, value: Any) -> Any:
        """As an option each swap is one word, `ê=e`."""
        if not isinstance(value, list | tuple):
            return value
        pairs = [str(one).partition("=") for one in value]
        if any(len(sign) != 1 or not equals for sign, equals, _ in pairs):
            raise ValueError("a swap is one character, an equals sign and what to send for it, such as ê=e")
        return {sign: instead for sign, _, instead in pairs}


class Lint(_Section):
    ignore: tuple[str, ...] = _of("lint.ignore")


class BrakeSettings(_Section):
    doubts_in_a_row: int = _of("brakes.doubts_in_a_row")
    refusals_in_a_row: int = _of("brakes.refusals_in_a_row")
    share: float = _of("brakes.share")
    floor: Decimal = _of("brakes.floor")
    bill: bool = _of("brakes.bill")


class RampSettings(_Section):
    first: str | None = _of("ramp.first")
    wait: float = _of("ramp.wait")
    failures: Decimal = _of("ramp.failures")
    stops: Decimal = _of("ramp.stops")
    receipts: Decimal = _of("ramp.receipts")

    @field_validator("first", mode="before")
    @classmethod
    def _amount(cls, value: object) -> object:
        text = str(value).replace(" ", "")
        if value is None:
            return None
        if not re.fullmatch(r"\d{1,9}|\d{1,2}(\.\d{1,6})?%|100%", text):
            raise ValueError("write a share of the messages as 1%, or a number of them as 50")
        return text


class Settings(_Section):
    """Everything a campaign is told besides its recipients. `regions`: tried after `region`, in their order."""

    name: str | None = _of("name")
    message: str | None = _of("message")
    template: Path | None = _of("template")
    where: str | None = _of("where")
    sender: str | None = _of("sender")
    purpose: Purpose | None = _of("purpose")
    once_per: tuple[str, ...] = _of("once_per")
    recurring: bool = _of("recurring")
    region: str | None = _of("region")
    regions: tuple[str, ...] = _of("regions")
    language: str | None = _of("language")
    account: str | None = _of("account")
    advertiser: str | None = _of("advertiser")
    file: File = File()
    columns: Columns = Columns()
    limits: Limits = Limits()
    brakes: BrakeSettings = BrakeSettings()
    ramp: RampSettings = RampSettings()
    sending: Sending = Sending()
    text: Wording = Wording()
    lint: Lint = Lint()

    @field_validator("sender")
    @classmethod
    def _usable_sender(cls, value: str | None) -> str | None:
        # The 11 characters are GSM's limit for a name; a virtual number is written in E.164.
        if value and not re.fullmatch(r"\+?[0-9]{4,15}|.{1,11}", value):
            raise ValueError("a sender's name has at most 11 characters")
        return value or None

    @field_validator("region")
    @classmethod
    def _upper(cls, value: str | None) -> str | None:
        return (code_of(value) or value.strip().upper()) if value else None

    @field_validator("once_per", mode="before")
    @classmethod
    def _one_column(cls, value: object) -> object:
        return in_brackets(value)

    @field_validator("regions")
    @classmethod
    def _regions(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        words = (word.strip().upper() for one in value for word in one.split(","))
        return tuple(dict.fromkeys(filter(None, words)))

    @field_validator("language")
    @classmethod
    def _known_language(cls, value: str | None) -> str | None:
        return language_of(value) if value else None

    @model_validator(mode="after")
    def _own_region(self) -> Settings:
        """Of several regions the first is the campaign's own, unless it says otherwise."""
        own = self.region or next(iter(self.regions), None)
        return self if own == self.region else self.model_copy(update={"region": own})

    @property
    def terms(self) -> Terms:
        """What goes with every call; marketing unless transactional was declared."""
        sending = self.sending
        return Terms(
            purpose=self.purpose or Purpose.MARKETING,
            priority=sending.priority,
            validity=sending.validity,
            send_at=sending.send_at,
            message_class=sending.message_class,
            coding=sending.coding,
        )

    @property
    def stop_clause(self) -> bool:
        """Whether OVHcloud adds its STOP clause: always, unless the campaign was declared transactional."""
        return self.purpose is not Purpose.TRANSACTIONAL

    @property
    def same_text_days(self) -> int:
        """For how many days nobody gets the same text from another campaign; transactional ones only if it is asked for."""
        if self.limits.repeat_days is None:
            return 0 if self.purpose is Purpose.TRANSACTIONAL else USUAL_DAYS
        return self.limits.repeat_days

    @property
    def remembered_days(self) -> int:
        """How far back it is looked for whether this very campaign was sent from a journal that is not here."""
        return USUAL_DAYS if self.limits.repeat_days is None else self.limits.repeat_days

    @property
    def written(self) -> str:
        """What the sender wrote: the message, and the short one."""
        return "\n".join(filter(None, (self.message, self.text.short)))

    def settling(self, default: float) -> timedelta:
        """How long absence proves nothing."""
        return timedelta(seconds=default if self.sending.settle is None else self.sending.settle)

    def missing(self) -> list[str]:
        """The settings without which nothing can be planned."""
        wanted = {"message": self.message, "purpose": self.purpose, "region": self.region}
        return [name for name, value in wanted.items() if not value]

    def ingredients(self) -> dict[str, str]:
        """What the plan is made from, as the words a person would compare; pace and account are not among them."""
        plain = self.model_dump(mode="json", by_alias=True)
        limits = plain["limits"]
        # Only where it is set: a plan that was made before there was such a setting is the same.
        return ({"where": plain["where"]} if plain["where"] else {}) | {
            "message": plain["message"] or "",
            "sender": plain["sender"] or "",
            "purpose": plain["purpose"] or "",
            "region": ", ".join(dict.fromkeys(filter(None, (plain["region"], *plain["regions"])))),
            "reading": json.dumps(plain["file"], sort_keys=True),
            "columns": json.dumps(
                {**plain["columns"], "number": _alone(plain["columns"]["number"])}, sort_keys=True
            ),
            "text": json.dumps(plain["text"], sort_keys=True, ensure_ascii=False),
            "parts": str(limits["parts"]),
            "receivers per call": str(limits["receivers_per_call"]),
            "sending": json.dumps({**plain["sending"], "settle": None}, sort_keys=True),
            **({"once per": ", ".join(sorted(self.once_per, key=str.casefold))} if self.once_per else {}),
        }


def _alone(names: list[str]) -> str | list[str] | None:
    """One name by itself, and none as none: as they stood in plans before there could be several."""
    return names if len(names) > 1 else next(iter(names), None)


def load_settings(
    path: Path | None, options: Mapping[str, Any], places: Mapping[str, str] = MappingProxyType({})
) -> Settings:
    """The settings of `path`, overridden by `options`.

    The options' keys are dotted (`limits.parts`); a value of None is no option. `places` says where an option was given, for
    errors. Raises `SettingsProblem` naming the file, the line and the setting.
    """
    source = "" if path is None else read(path)
    document = {} if path is None else parsed(path, source)
    given = {dotted: value for dotted, value in options.items() if value is not None}
    # An option for the text replaces the file's, in whichever of the two forms it stands there.
    if given.keys() & _TEXT:
        document = {name: value for name, value in document.items() if name not in _TEXT}
    for dotted, value in given.items():
        refuse_what_is_no_text(places.get(dotted, dotted), value)
        _override(document, dotted.split("."), value)
    try:
        regions = document.get("regions")
        first = regions[0] if isinstance(regions, list | tuple) and regions else None
        settings = Settings.model_validate(document, context={"region": document.get("region") or first})
    except ValidationError as error:
        raise _problem(error, {name: places.get(name, name) for name in given}, path, source) from None
    return _with_template(settings, path.parent if path and "template" not in given else Path())


def fingerprint(ingredients: Mapping[str, str]) -> str:
    """One digest of all ingredients."""
    return hashlib.sha256(json.dumps(dict(ingredients), sort_keys=True).encode()).hexdigest()


def _override(document: dict[str, Any], names: list[str], value: Any) -> None:
    for name in names[:-1]:
        document = document.setdefault(name, {})
        if not isinstance(document, dict):
            return  # `limits = 5`: the validation says what is wrong with it
    document[names[-1]] = value


def _with_template(settings: Settings, folder: Path) -> Settings:
    if settings.template is None:
        return settings
    if settings.message is not None:
        raise SettingsProblem("both message and template are set", remedy="Keep one of them.")
    path = folder / settings.template
    try:
        return settings.model_copy(update={"message": text_of(path), "template": None})
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8"
        raise SettingsProblem(
            f"the template cannot be read ({why})",
            where=str(path),
            remedy="Name a text file in UTF-8 with --template FILE, or `template` in the settings.",
        ) from error


def _problem(
    error: ValidationError, places: Mapping[str, str], path: Path | None, source: str
) -> SettingsProblem:
    from smscampaign.settings.remedies import remedy  # most settings are right

    first = error.errors()[0]
    names = [str(part) for part in first["loc"]]
    # What is wrong within a list or a table is told as the setting's: its options name only that.
    name = next((key for end in (1, 2) if (key := ".".join(names[:end])) in BY_KEY), ".".join(names))
    line = line_of(name.rpartition(".")[2], source)
    where = places.get(name) or (f"{path}{line}" if path and line else name)
    if first["type"] == "extra_forbidden":
        return unknown(name, where=where)
    said = first["msg"].removeprefix("Value error, ")
    said = _SAID.get(first["type"]) or re.sub("^(Input|String) should", "It should", said)
    if first["type"] == "string_pattern_mismatch":
        *others, last = map(repr, BY_KEY[name].choices)
        said = f"It should be {', '.join(others)} or {last}"
    given = "" if isinstance(first["input"], dict) else _written(first["input"])
    about = " = ".join(filter(None, ["" if where == name else name, given]))
    what = f"{about}: {said[0].lower()}{said[1:]}" if about else said
    return SettingsProblem(what, where=where, remedy=remedy(name, first["input"]))


def _written(value: object) -> str:
    """A value as whoever set it wrote it."""
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value).lower() if isinstance(value, bool) else repr(value)


#: pydantic's words speak to programmers.
_SAID = dict.fromkeys(
    ("datetime_type", "datetime_from_date_parsing", "datetime_parsing"), "not a date and a time"
)
_SAID |= {"timezone_aware": "the time zone is missing", "string_type": "a text is needed here, in quotes"}
_SAID |= dict.fromkeys(("int_type", "int_parsing", "int_from_float"), "a whole number is needed here")
_SAID |= dict.fromkeys(
    ("float_type", "float_parsing", "decimal_type", "decimal_parsing", "finite_number"),
    "a number is needed here",
)
_SAID |= dict.fromkeys(("bool_type", "bool_parsing"), "true or false is needed here")
_SAID |= {"tuple_type": 'a list is needed here, such as ["SMS004"]', "dict_type": "a table is needed here"}
_SAID |= dict.fromkeys(
    ("model_type", "model_attributes_type"), "this is the name of a section, such as [limits]"
)
