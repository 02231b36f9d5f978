"""The obvious hand-written loop that people use today, as the reference of the planning benchmark.

pandas `read_csv`, `phonenumbers` row by row, Jinja2 `render` row by row, parts counted character by character.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path

import jinja2
import pandas as pd
import phonenumbers

from tests.benchmarks.files import MESSAGE

BASIC = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = set("^{}\\[~]|€\f")


def parts(text: str) -> int:
    units = 0
    for character in text:
        if character in BASIC:
            units += 1
        elif character in EXTENSION:
            units += 2
        else:
            units = len(text) + 11
            return 1 if units <= 70 else math.ceil(units / 67)
    units += 11
    return 1 if units <= 160 else math.ceil(units / 153)


def plan(path: Path) -> int:
    """How many rows can be sent."""
    frame = pd.read_csv(path, sep=";", dtype=str, keep_default_na=False)
    template = jinja2.Environment(undefined=jinja2.StrictUndefined).from_string(MESSAGE)
    seen: set[str] = set()
    messages = []
    for row in frame.to_dict("records"):
        try:
            number = phonenumbers.parse(row["Number"], "FR")
        except phonenumbers.NumberParseException:
            continue
        if not phonenumbers.is_valid_number(number):
            continue
        kind = phonenumbers.number_type(number)
        if kind not in (
            phonenumbers.PhoneNumberType.MOBILE,
            phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
        ):
            continue
        e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        if e164 in seen:
            continue
        seen.add(e164)
        text = template.render(first_name=row["First name"], order=row["Order"], city=row["City"])
        messages.append((e164, text, parts(text)))
    return len(messages)


if __name__ == "__main__":
    print(plan(Path(sys.argv[1])))
