"""A campaign's settings: a small TOML file beside the recipients, overridden by options."""

from __future__ import annotations

import difflib
import hashlib
import json
import re
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from smscampaign.errors import SettingsProblem
from smscampaign.languages import language_of
from smscampaign.model import Purpose, Terms
from smscampaign.proposals import Hint, proposal
from smscampaign.settings_file import line_of, parsed, read, refuse_what_is_no_text, text_of

__all__ = ["OPTIONS", "Hint", "Settings", "fingerprint", "load_settings", "proposal"]

_FROZEN = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=False)

_TEXT = frozenset({"message", "template"})

#: What no campaign comes near, and clocks, calendars and journals can still hold.
_MOST, _YEAR_IN_SECONDS, _CENTURY_IN_DAYS = 10**9, 366 * 86_400, 36_525

Count = Annotated[int, Field(ge=1, le=_MOST)]


class File(BaseModel):
    """How the file is read, where its own signs are wrong or silent; `header_row` is a spreadsheet row."""

    model_config = _FROZEN
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    header_row: Count | None = None


class Columns(BaseModel):
    """Which columns of the file hold what; without `number` it is found by its name."""

    model_config = _FROZEN
    number: str | None = None
    country: str | None = None


class Limits(BaseModel):
    """Where a plan warns and refuses, and how fast it goes. `calls_per_minute`: 0 is no limit, None the gateway's own.

    `repeat_days`: how long nobody is to get the same text again, from whichever campaign; 0 is never asked. `strict`: nothing
    is sent while a row is rejected.
    """

    model_config = _FROZEN
    parts_warning: Count = 6
    parts: Count = 8
    receivers_per_call: Annotated[int, Field(ge=1, le=5000)] = 500
    calls_per_minute: Annotated[float, Field(ge=0, le=_MOST)] | None = None
    calls_at_once: Annotated[int, Field(ge=1, le=64)] = 4
    repeat_days: Annotated[int, Field(ge=0, le=_CENTURY_IN_DAYS)] = 30
    strict: bool = False


class Sending(BaseModel):
    """What every call says besides text and receivers; `validity` in minutes, `settle` in seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)
    send_at: AwareDatetime | None = None
    validity: Count | None = None
    priority: Literal["high", "medium", "low", "veryLow"] | None = None
    message_class: Literal["flash", "phoneDisplay", "sim", "toolkit"] | None = Field(None, alias="class")
    coding: Literal["7bit", "8bit"] | None = None
    settle: Annotated[float, Field(ge=0, le=_YEAR_IN_SECONDS)] | None = None


class Wording(BaseModel):
    """How texts are made cheaper. `typography = "gsm"` and `swaps` are applied to texts that take fewer parts for it.

    `short` is a second message, for rows whose text takes more than `short_over` parts and fewer with it.
    """

    model_config = _FROZEN
    typography: Literal["keep", "gsm"] = "keep"
    swaps: dict[str, str] = {}
    short: str | None = None
    short_over: Count = 1

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


class Lint(BaseModel):
    """Rules of the linter that this campaign does not want to hear of, by their ids."""

    model_config = _FROZEN
    ignore: tuple[str, ...] = ()


class Brakes(BaseModel):
    """When a run pauses for a person. Calls in a row: 0 is never; `share` of refused and doubtful calls: 1 is never.

    `floor` is the credits that must be left on the account, `bill` whether a call must cost what was forecast for it.
    """

    model_config = _FROZEN
    doubts_in_a_row: Annotated[int, Field(ge=0, le=_MOST)] = 5
    refusals_in_a_row: Annotated[int, Field(ge=0, le=_MOST)] = 12
    share: Annotated[float, Field(gt=0, le=1)] = 0.25
    floor: Annotated[Decimal, Field(ge=0, le=_MOST, allow_inf_nan=False)] = Decimal(0)
    bill: bool = True


_Share = Annotated[Decimal, Field(ge=0, le=1, allow_inf_nan=False)]


class Ramp(BaseModel):
    """A first slice, and how it is judged: `first` as `1%` or a number of messages (0 is none), `wait` in minutes.

    `failures` and `stops` are the shares above which the others do not follow, `receipts` the share that must have come.
    """

    model_config = _FROZEN
    first: str | None = None
    wait: Annotated[float, Field(ge=0, le=_YEAR_IN_SECONDS / 60)] = 10
    failures: _Share = Decimal("0.10")
    stops: _Share = Decimal("0.02")
    receipts: _Share = Decimal("0.5")

    @field_validator("first", mode="before")
    @classmethod
    def _amount(cls, value: object) -> object:
        text = str(value).replace(" ", "")
        if value is None:
            return None
        if not re.fullmatch(r"\d{1,9}|\d{1,2}(\.\d{1,6})?%|100%", text):
            raise ValueError("write a share of the messages as 1%, or a number of them as 50")
        return text


class Settings(BaseModel):
    """Everything a campaign is told besides its recipients. `regions`: tried after `region`, in their order."""

    model_config = _FROZEN
    name: str | None = None
    message: str | None = None
    template: Path | None = None
    sender: str | None = None
    purpose: Purpose | None = None
    region: str | None = None
    regions: tuple[str, ...] = ()
    language: str | None = None
    account: str | None = None
    advertiser: str | None = None
    file: File = File()
    columns: Columns = Columns()
    limits: Limits = Limits()
    brakes: Brakes = Brakes()
    ramp: Ramp = Ramp()
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
        return value.strip().upper() if value else None

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
        return {
            "message": plain["message"] or "",
            "sender": plain["sender"] or "",
            "purpose": plain["purpose"] or "",
            "region": ", ".join(dict.fromkeys(filter(None, (plain["region"], *plain["regions"])))),
            "reading": json.dumps(plain["file"], sort_keys=True),
            "columns": json.dumps(plain["columns"], sort_keys=True),
            "text": json.dumps(plain["text"], sort_keys=True, ensure_ascii=False),
            "parts": str(limits["parts"]),
            "receivers per call": str(limits["receivers_per_call"]),
            "sending": json.dumps({**plain["sending"], "settle": None}, sort_keys=True),
        }


#: The setting that each option of the command, and each keyword in a notebook, overrides.
OPTIONS = {
    "name": "name",
    "message": "message",
    "template": "template",
    "sender": "sender",
    "purpose": "purpose",
    "region": "region",
    "regions": "regions",
    "lang": "language",
    "account": "account",
    "advertiser": "advertiser",
    "ignore": "lint.ignore",
    "typography": "text.typography",
    "swap": "text.swaps",
    "short": "text.short",
    "short_over": "text.short_over",
    "encoding": "file.encoding",
    "delimiter": "file.delimiter",
    "sheet": "file.sheet",
    "header_row": "file.header_row",
    "number_column": "columns.number",
    "country_column": "columns.country",
    "warn_parts": "limits.parts_warning",
    "max_parts": "limits.parts",
    "receivers_per_call": "limits.receivers_per_call",
    "pace": "limits.calls_per_minute",
    "calls_at_once": "limits.calls_at_once",
    "repeat_days": "limits.repeat_days",
    "strict": "limits.strict",
    "brake_doubts": "brakes.doubts_in_a_row",
    "brake_refusals": "brakes.refusals_in_a_row",
    "brake_share": "brakes.share",
    "brake_floor": "brakes.floor",
    "brake_bill": "brakes.bill",
    "ramp": "ramp.first",
    "ramp_wait": "ramp.wait",
    "send_at": "sending.send_at",
    "validity": "sending.validity",
    "priority": "sending.priority",
    "message_class": "sending.class",
    "coding": "sending.coding",
    "settle": "sending.settle",
}


def load_settings(path: Path | None, options: Mapping[str, Any]) -> Settings:
    """The settings of `path`, overridden by `options`.

    The options' keys are dotted (`limits.parts`); a value of None is no option. Raises `SettingsProblem` naming the file,
    the line and the setting.
    """
    source = "" if path is None else read(path)
    document = {} if path is None else parsed(path, source)
    given = {dotted: value for dotted, value in options.items() if value is not None}
    # An option for the text replaces the file's, in whichever of the two forms it stands there.
    if given.keys() & _TEXT:
        document = {name: value for name, value in document.items() if name not in _TEXT}
    for dotted, value in given.items():
        refuse_what_is_no_text(dotted, value)
        _override(document, dotted.split("."), value)
    try:
        settings = Settings.model_validate(document)
    except ValidationError as error:
        raise _problem(error, path, source) from None
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


def _problem(error: ValidationError, path: Path | None, source: str) -> SettingsProblem:
    first = error.errors()[0]
    names = [str(part) for part in first["loc"]]
    key = names[-1]
    name = ".".join(names)
    where = f"{path}{line_of(key, source)}" if path and line_of(key, source) else name
    if first["type"] == "extra_forbidden":
        close = difflib.get_close_matches(key, _known(names[:-1]), n=1)
        hint = f"Did you mean {close[0]}?" if close else f"Known are: {', '.join(_known(names[:-1]))}."
        return SettingsProblem(f"unknown setting {name!r}", where=where, remedy=hint)
    said = _SAID.get(first["type"]) or first["msg"].removeprefix("Value error, ").replace(
        "Input should", "It should"
    )
    given = "" if isinstance(first["input"], dict) else repr(first["input"])
    about = " = ".join(filter(None, ["" if where == name else name, given]))
    what = f"{about}: {said[0].lower()}{said[1:]}" if about else said
    return SettingsProblem(what, where=where, remedy=_REMEDIES.get(key, ""))


#: pydantic's words speak to programmers.
_SAID = dict.fromkeys(
    ("datetime_type", "datetime_from_date_parsing", "datetime_parsing"), "not a date and a time"
)
_SAID |= {"timezone_aware": "the time zone is missing", "string_type": "a text is needed here, in quotes"}
_SAID |= dict.fromkeys(("int_type", "int_parsing", "int_from_float"), "a whole number is needed here")
_SAID |= dict.fromkeys(("float_type", "float_parsing"), "a number is needed here")
_SAID |= dict.fromkeys(
    ("model_type", "model_attributes_type"), "this is the name of a section, such as [limits]"
)

_REMEDIES = {"send_at": "Write it as 2027-03-06T10:00+01:00, with its distance from UTC."}


def _known(section: list[str]) -> list[str]:
    field = Settings.model_fields.get(section[0]) if section else None
    kind = field.annotation if field else None
    model = kind if isinstance(kind, type) and issubclass(kind, BaseModel) else Settings
    return [one.alias or name for name, one in model.model_fields.items()]
