"""A recipients' pipeline of objects row by row, as the reference of the benchmark that plans without a journal.

It imitates what services for sending to a spreadsheet of people do, GOV.UK Notify's recipients and SMS template among them
(https://github.com/alphagov/notifications-utils): each row a dictionary under normalised keys, each cell an object that is
validated when it is made, each row its own template, whose placeholders are found by a regular expression, escaped, filled in
and cleaned character by character, once for each question that is asked of the text. None of it is their code, and all of it
is work that such a pipeline does: it was written to be read, not to be slow.
"""

from __future__ import annotations

import csv
import html
import math
import re
import sys
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

from tests.benchmarks.files import MESSAGE
from tests.benchmarks.loop import BASIC, EXTENSION

SENDABLE = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}
TYPOGRAPHY = {
    "‘": "'",
    "’": "'",
    "“": '"',
    "”": '"',
    "–": "-",
    "—": "-",
    "…": "...",
    "\u00a0": " ",
    "\u200b": "",
}
STOP = "\nSTOP 36xxx"


@lru_cache(maxsize=1024)
def key(name: str) -> str:
    """A column's name, whatever its case, spaces, `_` and `-`."""
    return re.sub(r"[\s_-]+", "", name).lower()


class Insensitive(dict):
    """A dictionary that finds its keys however they are written."""

    def __init__(self, pairs):
        super().__init__((key(name), value) for name, value in pairs)

    def __getitem__(self, name):
        return super().__getitem__(key(name))

    def get(self, name, default=None):
        return super().get(key(name), default)


class Number:
    """A phone number, parsed and checked when it is made."""

    def __init__(self, raw: str) -> None:
        try:
            self.parsed = phonenumbers.parse(raw, "FR")
        except NumberParseException as problem:
            raise ValueError(str(problem)) from problem
        if (
            phonenumbers.is_possible_number_with_reason(self.parsed)
            != phonenumbers.ValidationResult.IS_POSSIBLE
        ):
            raise ValueError("not a possible number")
        if not phonenumbers.is_valid_number(self.parsed):
            raise ValueError("not a valid number")
        if phonenumbers.number_type(self.parsed) not in SENDABLE:
            raise ValueError("not a mobile number")

    def __str__(self) -> str:
        return phonenumbers.format_number(self.parsed, PhoneNumberFormat.E164)


class Field:
    """Content with placeholders, and the values for them."""

    placeholder = re.compile(r"\{\{\s*([^{}]+?)\s*\}\}")

    def __init__(self, content: str, values: Insensitive) -> None:
        self.content, self.values = content, values

    @property
    def placeholders(self) -> list[str]:
        return list(dict.fromkeys(self.placeholder.findall(self.content)))

    def __str__(self) -> str:
        return self.placeholder.sub(self._filled, self.content)

    def _filled(self, match: re.Match[str]) -> str:
        value = self.values.get(match[1])
        return match[0] if value is None else html.escape(str(value).strip(), quote=False)


class SmsTemplate:
    """One row's message."""

    def __init__(self, content: str, values: Insensitive) -> None:
        self.content, self.values = content, values

    @property
    def missing(self) -> list[str]:
        return [name for name in Field(self.content, self.values).placeholders if not self.values.get(name)]

    def __str__(self) -> str:
        text = html.unescape(str(Field(self.content, self.values)))
        text = "".join(self._clean(character) for character in text)
        text = re.sub(r"[ \t]+([.,!?])", r"\1", text)
        return re.sub(r"\n{3,}", "\n\n", text).strip()

    @staticmethod
    def _clean(character: str) -> str:
        if character in BASIC or character in EXTENSION:
            return character
        if character in TYPOGRAPHY:
            return TYPOGRAPHY[character]
        return "" if unicodedata.category(character) in {"Cc", "Cf"} else character

    @property
    def unicode(self) -> bool:
        return any(character not in BASIC and character not in EXTENSION for character in str(self))

    @property
    def count(self) -> int:
        text = str(self) + STOP
        return len(text) if self.unicode else len(text) + sum(character in EXTENSION for character in text)

    @property
    def fragments(self) -> int:
        single, joined = (70, 67) if self.unicode else (160, 153)
        return 1 if self.count <= single else math.ceil(self.count / joined)

    @property
    def too_long(self) -> bool:
        return self.count > 8 * 153

    @property
    def empty(self) -> bool:
        return not str(self)


class Cell:
    """One cell, with what is wrong with it."""

    def __init__(self, name: str, data: str, *, recipient: bool, wanted: set[str]) -> None:
        self.data = data
        self.ignored = key(name) not in wanted and not recipient
        self.error = self._fault(recipient)

    def _fault(self, recipient: bool) -> str | None:
        if self.ignored:
            return None
        if not self.data.strip():
            return "missing"
        if recipient:
            try:
                Number(self.data)
            except ValueError as problem:
                return str(problem)
        return None


class Row(Insensitive):
    """One row: its cells by normalised name, its template, and what is wrong with it."""

    def __init__(self, index: int, pairs: list[tuple[str, str]], content: str) -> None:
        self.index = index
        values = Insensitive(pairs)
        self.template = SmsTemplate(content, values)
        wanted = {key(name) for name in Field(content, values).placeholders}
        super().__init__(
            (name, Cell(name, data, recipient=key(name) == "number", wanted=wanted)) for name, data in pairs
        )
        self.too_long, self.empty = self.template.too_long, self.template.empty

    @property
    def faulty(self) -> bool:
        cells = any(cell.error for cell in self.values())
        return cells or self.too_long or self.empty or bool(self.template.missing)

    @property
    def number(self) -> str:
        return str(Number(self["number"].data))


def read(path: Path, content: str) -> Iterator[Row]:
    """The rows of a file."""
    with path.open(encoding="utf-8", newline="") as stream:
        reader = csv.reader(stream, delimiter=";")
        header = next(reader)
        for index, cells in enumerate(reader, 2):
            yield Row(index, list(zip(header, cells, strict=True)), content)


def plan(path: Path) -> int:
    """How many rows can be sent."""
    seen, messages = set(), []
    for row in read(path, MESSAGE):
        if row.faulty or (number := row.number) in seen:
            continue
        seen.add(number)
        messages.append((number, str(row.template), row.template.fragments))
    return len(messages)


if __name__ == "__main__":
    print(plan(Path(sys.argv[1])))
