"""A campaign's settings: a small TOML file beside the recipients, overridden by options."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import date, time, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import (
    ValidationError,
    field_validator,
    model_validator,
)

from smscampaign.countries import code_of
from smscampaign.errors import SettingsProblem
from smscampaign.languages import language_of
from smscampaign.model import Purpose, Terms
from smscampaign.settings.file import line_of, parsed, read, refuse_what_is_no_text, text_of
from smscampaign.settings.sections import (
    BrakeSettings,
    Columns,
    File,
    Limits,
    Lint,
    Prior,
    RampSettings,
    Section,
    Sending,
    Variants,
    Wording,
    in_brackets,
    of_table,
)
from smscampaign.settings.table import BY_KEY, unknown

__all__ = ["Settings", "fingerprint", "load_settings"]

_TEXT = frozenset({"message", "template"})

#: For how long what people had counts, where nobody said otherwise.
USUAL_DAYS = 30


class Settings(Section):
    """Everything a campaign is told besides its recipients. `regions`: tried after `region`, in their order."""

    name: str | None = of_table("name")
    message: str | None = of_table("message")
    template: Path | None = of_table("template")
    where: str | None = of_table("where")
    sender: str | None = of_table("sender")
    purpose: Purpose | None = of_table("purpose")
    once_per: tuple[str, ...] = of_table("once_per")
    recurring: bool = of_table("recurring")
    region: str | None = of_table("region")
    regions: tuple[str, ...] = of_table("regions")
    language: str | None = of_table("language")
    account: str | None = of_table("account")
    advertiser: str | None = of_table("advertiser")
    file: File = File()
    columns: Columns = Columns()
    limits: Limits = Limits()
    brakes: BrakeSettings = BrakeSettings()
    ramp: RampSettings = RampSettings()
    sending: Sending = Sending()
    text: Wording = Wording()
    variants: Variants = Variants()
    prior: Prior = Prior()
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
        """What the sender wrote: the message, the short one, and those that are tried beside it."""
        return "\n".join(filter(None, (self.message, self.text.short, *self.variants.texts.values())))

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
            "text": _sorted(plain["text"]),
            "parts": str(limits["parts"]),
            "receivers per call": str(limits["receivers_per_call"]),
            "sending": json.dumps({**plain["sending"], "settle": None}, sort_keys=True),
            **({"once per": ", ".join(sorted(self.once_per, key=str.casefold))} if self.once_per else {}),
            **({"variants": _sorted(plain["variants"])} if self.variants.tried else {}),
            **({"prior": _sorted(plain["prior"])} if self.prior.campaign else {}),
        }


def _sorted(section: Mapping[str, Any]) -> str:
    return json.dumps(section, sort_keys=True, ensure_ascii=False)


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
