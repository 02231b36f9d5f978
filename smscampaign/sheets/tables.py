"""A table of results: the user's cells, which are text and stay what they are, and our columns with their types."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from smscampaign.model import Delivery, Repair, Status

#: What every file that we write carries in its first or last bytes: by this it is known as ours, and may be replaced.
MARK = "smscampaign results"

Value = str | int | Decimal | datetime | None


@dataclass(frozen=True, slots=True)
class Kind:
    """What a column of ours holds: a type of Table Schema, in words, and the only values that it takes, if they are few."""

    type: str
    title: str
    only: tuple[str, ...] = ()


_REPAIRS = tuple(map(str, Repair))
KINDS = {
    "sms_row": Kind("integer", "The row of the file, as a spreadsheet counts it"),
    "sms_number": Kind("string", "The number in E.164"),
    "sms_country": Kind("string", "The country of the number, ISO 3166-1 alpha-2"),
    "sms_status": Kind("string", "What became of the row", tuple(map(str, Status))),
    "sms_reason": Kind("string", "Why it was not sent, or did not arrive: a code, and a sentence"),
    "sms_text": Kind("string", "The text as it was sent"),
    "sms_encoding": Kind("string", "How it travelled", ("GSM-7", "UCS-2")),
    "sms_parts": Kind("integer", "The parts it travelled in"),
    "sms_credits": Kind("number", "What it cost by the rates"),
    "sms_tag": Kind("string", "The tag of its call"),
    "sms_id": Kind("integer", "OVHcloud's id of the message, where it is known"),
    "sms_sent_at": Kind("datetime", "When its call was made, UTC"),
    "sms_delivery": Kind("string", "What the network says", tuple(map(str, Delivery))),
    "sms_delivered_at": Kind("datetime", "When the phone had it, UTC"),
    "sms_repair": Kind("string", "What was put right in the number", _REPAIRS),
    "sms_variant": Kind("string", "Which of several texts it was"),
}


@dataclass(frozen=True, slots=True)
class Table:
    """The header of the user's columns, the names of ours, and the rows: the user's cells and our values, each once."""

    header: Sequence[str]
    ours: Sequence[str]
    rows: Iterable[tuple[Sequence[str], Sequence[Value]]]

    @property
    def names(self) -> list[str]:
        """The names of all columns, each once: a second `name` is `name_2`, one without a name `column_3`."""
        taken: set[str] = set(self.ours)
        found = []
        for place, name in enumerate(self.header, 1):
            base = name or f"column_{place}"
            once = base
            number = 2
            while once in taken:
                once, number = f"{base}_{number}", number + 1
            taken.add(once)
            found.append(once)
        return [*found, *self.ours]
