"""The sections of a campaign's settings, as pydantic checks them."""

from __future__ import annotations

import keyword
import re
from decimal import Decimal
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from smscampaign.countries import code_of, zone_of
from smscampaign.settings.moments import moment_of
from smscampaign.settings.table import BY_KEY

#: The name of the message itself, where other texts are tried beside it.
FIRST = "A"

#: What no campaign comes near, and journals can still hold.
_MOST = 10**9


def of_table(key: str) -> Any:
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


class Section(BaseModel):
    """A section of the file; what its settings mean stands in the table."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


def in_brackets(value: object) -> object:
    """A single column may be written without them."""
    return [value] if isinstance(value, str) else value


class File(Section):
    encoding: str | None = of_table("file.encoding")
    delimiter: str | None = of_table("file.delimiter")
    sheet: str | None = of_table("file.sheet")
    header_row: int | None = of_table("file.header_row")


class Columns(Section):
    number: tuple[str, ...] = of_table("columns.number")
    country: str | None = of_table("columns.country")

    @field_validator("number", mode="before")
    @classmethod
    def _one_column(cls, value: object) -> object:
        return in_brackets(value)


class Limits(Section):
    parts_warning: int = of_table("limits.parts_warning")
    parts: int = of_table("limits.parts")
    receivers_per_call: int = of_table("limits.receivers_per_call")
    calls_per_minute: float | None = of_table("limits.calls_per_minute")
    calls_at_once: int = of_table("limits.calls_at_once")
    repeat_days: int | None = of_table("limits.repeat_days")
    same_text_hours: float = of_table("limits.same_text_hours")
    most_messages: int | None = of_table("limits.most_messages")
    most_credits: Decimal | None = of_table("limits.most_credits")
    strict: bool = of_table("limits.strict")


class Sending(Section):
    send_at: AwareDatetime | None = of_table("sending.send_at")
    validity: int | None = of_table("sending.validity")
    priority: str | None = of_table("sending.priority")
    message_class: str | None = of_table("sending.class")
    coding: str | None = of_table("sending.coding")
    settle: float | None = of_table("sending.settle")

    @field_validator("send_at", mode="before")
    @classmethod
    def _moment(cls, value: object, info: ValidationInfo) -> object:
        """In the zone of the campaign's region, where it names none."""
        region = str((info.context or {}).get("region") or "")
        country = code_of(region) or ""
        return moment_of(value, lambda: zone_of(country), region=country)


class Wording(Section):
    typography: str = of_table("text.typography")
    swaps: dict[str, str] = of_table("text.swaps")
    short: str | None = of_table("text.short")
    short_over: int = of_table("text.short_over")

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


class Lint(Section):
    ignore: tuple[str, ...] = of_table("lint.ignore")


class BrakeSettings(Section):
    doubts_in_a_row: int = of_table("brakes.doubts_in_a_row")
    refusals_in_a_row: int = of_table("brakes.refusals_in_a_row")
    share: float = of_table("brakes.share")
    floor: Decimal = of_table("brakes.floor")
    bill: bool = of_table("brakes.bill")


class RampSettings(Section):
    first: str | None = of_table("ramp.first")
    wait: float = of_table("ramp.wait")
    failures: Decimal = of_table("ramp.failures")
    stops: Decimal = of_table("ramp.stops")
    receipts: Decimal = of_table("ramp.receipts")

    @field_validator("first", mode="before")
    @classmethod
    def _amount(cls, value: object) -> object:
        text = str(value).replace(" ", "")
        if value is None:
            return None
        if not re.fullmatch(r"\d{1,9}|\d{1,2}(\.\d{1,6})?%|100%", text):
            raise ValueError("write a share of the messages as 1%, or a number of them as 50")
        return text


class Prior(Section):
    campaign: str | None = of_table("prior.campaign")
    fate: str = of_table("prior.fate")

    @field_validator("fate")
    @classmethod
    def _understood(cls, value: str) -> str:
        from smscampaign.segments import segment_of  # most campaigns follow none

        segment_of(value)
        return value


class Variants(Section):
    texts: dict[str, str] = of_table("variants.texts")
    hold_out: Decimal = of_table("variants.hold_out")
    stratify: tuple[str, ...] = of_table("variants.stratify")
    measure: str = of_table("variants.measure")
    expected: Decimal = of_table("variants.expected")
    days: float = of_table("variants.days")

    @property
    def tried(self) -> bool:
        """Whether there is anything to compare."""
        return bool(self.texts or self.hold_out)

    @field_validator("texts", mode="before")
    @classmethod
    def _pairs(cls, value: Any) -> Any:
        """As an option each text is one word, `B=Another text`."""
        if not isinstance(value, list | tuple):
            return value
        pairs = [str(one).partition("=") for one in value]
        if not all(name.strip() and equals for name, equals, _ in pairs):
            raise ValueError("a text that is tried is a name, an equals sign and the text, such as B=Hello")
        return {name.strip(): text for name, _, text in pairs}

    @field_validator("texts")
    @classmethod
    def _named(cls, value: dict[str, str]) -> dict[str, str]:
        for name, text in value.items():
            if not re.fullmatch(r"\w[\w -]{0,19}", name) or name == FIRST:
                raise ValueError(
                    f"a text's name is a letter or a short word, and {FIRST} is the message itself"
                )
            if not text.strip():
                raise ValueError(f"the text {name} is empty; who is to get nothing is said by hold_out")
        return value

    @field_validator("stratify", mode="before")
    @classmethod
    def _one_column(cls, value: object) -> object:
        return in_brackets(value)
