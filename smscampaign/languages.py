"""What a row is told about itself, in the language of whoever reads it: English, French or Polish.

A sentence is English text that remembers what it was made from, so that it can be told again in another language. The
translations are gettext catalogues (https://www.gnu.org/software/gettext/manual/): the English pattern is the key, and what
stands in its braces is put in after it was translated. Codes, such as `number-missing`, are never translated.
"""

from __future__ import annotations

import gettext
import struct
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import Protocol, cast

LANGUAGES = {"en": "English", "fr": "français", "pl": "polski"}
"""The languages sentences can be told in, by their ISO 639-1 codes."""

ENGLISH = "en"
_DOMAIN = "smscampaign"


class Translatable(Protocol):
    """A value that is itself called otherwise in each language: a country."""

    def in_language(self, language: str) -> str:
        """How it is called."""
        ...


class Sentence(str):
    """One sentence for a person, in English; `tell` says it in another language."""

    __slots__ = ("many", "one", "values")
    one: str
    many: str
    values: Mapping[str, object]


def say(one: str, many: str = "", /, **values: object) -> Sentence:
    """The sentence of a pattern and what belongs in its braces.

    With two patterns, the first is for one and the second for several, as `n` among the values says.
    """
    sentence = Sentence(_worded(one if not many or values["n"] == 1 else many, values, ENGLISH))
    sentence.one, sentence.many, sentence.values = one, many, values
    return sentence


def mark(pattern: str) -> str:
    """The pattern itself: it stands in a table, and `say` makes a sentence of it later. Marked, it is translated."""
    return pattern


def marks(one: str, several: str) -> tuple[str, str]:
    """`mark` for a pattern that has one form for one and another for several."""
    return one, several


def tell(sentence: str, language: str) -> str:
    """The sentence in a language of `LANGUAGES`; text that is no `Sentence` is told as it is."""
    if language == ENGLISH or not isinstance(sentence, Sentence):
        return str(sentence)
    catalogue = catalogue_of(language)
    if sentence.many:
        count = sentence.values["n"]
        number = count if isinstance(count, int) else 0
        pattern = catalogue.ngettext(sentence.one, sentence.many, number)
    else:
        pattern = catalogue.gettext(sentence.one)
    return _worded(pattern, sentence.values, language)


def language_of(name: str) -> str:
    """The language a person or a locale names: `fr`, `FR`, `fr_FR.UTF-8`. Raises ValueError, which lists the known."""
    code = _code(name)
    if code not in LANGUAGES:
        known = ", ".join(f"{one} ({called})" for one, called in LANGUAGES.items())
        raise ValueError(f"there are no sentences in this language; known are {known}")
    return code


def spoken(environ: Mapping[str, str]) -> str:
    """The language of a process's locale; English when there are no sentences in it.

    The first of LC_ALL, LC_MESSAGES and LANG that is set decides, as POSIX has it.
    """
    named = next((environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environ.get(name)), "")
    code = _code(named)
    return code if code in LANGUAGES else ENGLISH


def title(code: str, language: str) -> str:
    """A reason's or a repair's code in a few words; a code that is not known is answered as it is."""
    pattern = TITLES.get(code)
    return code if pattern is None else tell(say(pattern), language)


def put_right(code: str, n: int, row: int, language: str) -> str:
    """What a repair did to `n` numbers, the first of them in that row."""
    sentence = say(
        "{figure} number: {what} (first in row {row})",
        "{figure} numbers: {what} (first in row {row})",
        n=n,
        figure=f"{n:,}".replace(",", " "),
        what=say(TITLES[code]),
        row=row,
    )
    return tell(sentence, language)


TITLES = {
    "ragged-row": mark("too few or too many cells"),
    "number-missing": mark("no number"),
    "number-letters": mark("letters in the number"),
    "number-several": mark("several numbers in one cell"),
    "number-spreadsheet": mark("spoilt by a spreadsheet"),
    "number-too-short": mark("number too short"),
    "number-too-long": mark("number too long"),
    "number-invalid": mark("no such number"),
    "number-ambiguous": mark("could be two numbers"),
    "number-landline": mark("landline"),
    "number-premium": mark("premium-rate number"),
    "number-short-code": mark("short code"),
    "number-unknown-type": mark("not a mobile number"),
    "country-unknown": mark("unknown country"),
    "key-missing": mark("nothing in a column of once_per"),
    "value-missing": mark("empty cell in the message"),
    "text-empty": mark("empty message"),
    "text-failed": mark("message cannot be made"),
    "text-too-long": mark("message too long"),
    "duplicate": mark("duplicate"),
    "already-sent": mark("had the campaign already"),
    "same-text-lately": mark("had the same text lately"),
    "dropped": mark("dropped by hand"),
    "not-selected": mark("not selected"),
    "held-out": mark("held out"),
    "not-in-prior": mark("not meant by [prior]"),
    "not-retried": mark("no part of the retry"),
    "leading-zero": mark("lost leading zero put back"),
    "leading-plus": mark("lost plus put back"),
    "double-zero": mark("00 replaced by a plus"),
    "bracketed-zero": mark("zero after the country code left out"),
    "decimal-zero": mark("decimal of a spreadsheet left out"),
    "stray-sign": mark("sign that does not belong there left out"),
    "renumbered": mark("old number written as it is today"),
}
"""What the codes of reasons and repairs mean, for tables."""


"""How a sentence begins that quotes a cell, in each of the languages."""


COUNTED = (marks("{figure} person", "{figure} people"),)
"""What is counted in more than one place, without `say`."""


def _code(name: str) -> str:
    for sign in "_-.@":
        name = name.partition(sign)[0]
    return name.strip().lower()


def _worded(pattern: str, values: Mapping[str, object], language: str) -> str:
    if not values:
        return pattern
    if language == ENGLISH:
        return pattern.format(**values)  # as text, every value says itself in English
    return pattern.format(**{name: _in(value, language) for name, value in values.items()})


def _in(value: object, language: str) -> object:
    if isinstance(value, Sentence):
        return tell(value, language)
    # A Protocol's own isinstance takes 100 µs for the values of one sentence.
    return cast(Translatable, value).in_language(language) if hasattr(value, "in_language") else value


class Catalogue(gettext.GNUTranslations):
    """The translations into one language, with the patterns that they are of."""

    def __init__(self, compiled: bytes) -> None:
        super().__init__(BytesIO(compiled))
        self.sources = tuple(_sources(compiled))


@cache
def catalogue_of(language: str) -> Catalogue:
    """The translations into one of `LANGUAGES` but English."""
    place = files("smscampaign") / "locale" / language / "LC_MESSAGES" / f"{_DOMAIN}.mo"
    return Catalogue(place.read_bytes())


def _sources(compiled: bytes) -> Iterator[tuple[str, str]]:
    """The patterns of a catalogue: one, or one for one and another for several; Python's reader keeps the first only.

    https://www.gnu.org/software/gettext/manual/html_node/MO-Files.html
    """
    _, _, number, table = struct.unpack("<4I", compiled[:16])
    for at in range(table, table + 8 * number, 8):
        length, start = struct.unpack("<2I", compiled[at : at + 8])
        one, _, many = compiled[start : start + length].decode().partition("\0")
        if one:
            yield one, many
