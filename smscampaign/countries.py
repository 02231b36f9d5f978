"""The countries and territories a telephone number can belong to: how they are named, and which one a cell names.

`AC`, `TA` and `XK` are reserved or user-assigned codes that telephone numbering uses as well. `locale/countries.tsv` has the
alpha-3 codes and the names in English, French, Polish, German and Spanish: those of Unicode's CLDR 47 and a few that people
write besides. It is a file, read when a name is met, because Babel's 30 MB would be a lot for 245 countries.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import TypeGuard
from zoneinfo import ZoneInfo

from smscampaign.names import closest

_LANGUAGES = {"en": 2, "fr": 3, "pl": 4}
# Those that English names with an article: "a landline in the United Kingdom".
_WITH_ARTICLE = frozenset(
    "AE AX BQ BS CC CF CK DO FK FO GB GM IM IO KM KY MH MP MV NL PH SB SC TC US VG VI".split()  # noqa: SIM905 - easier to read
)
# Two countries each, whatever CLDR calls one of them.
_UNDECIDED = {
    **dict.fromkeys(("congo", "kongo"), ("CG", "CD")),
    **dict.fromkeys(("korea", "coree", "corea"), ("KP", "KR")),
    "guayana": ("GF", "GY"),
}
_ARTICLES = frozenset({"the", "la", "le", "les", "l", "der", "die", "das", "el", "los", "las"})
_EXPLAINED = re.compile(r"\([^()]*\)|[-–/,]\s*\d+\s*$")
# Not `NA`, which is Namibia.
_NOTHING = frozenset({"n/a", "n.a.", "#n/a", "nan", "nil", "none", "null"})
# What no accent makes out of a plain letter.
_LETTERS = str.maketrans({"ł": "l", "ø": "o", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d"})


@dataclass(frozen=True, slots=True)
class CountryName:
    """A country in a sentence: `Germany (DE)`, `the Netherlands (NL)`.

    In the other languages it is for parentheses: `Allemagne, DE`, `Niemcy, DE`.
    """

    code: str

    def in_language(self, language: str) -> str:
        """Its name in one of the languages of sentences, and its code."""
        name = _table()[self.code][_LANGUAGES.get(language, _LANGUAGES["en"])]
        if language not in {"fr", "pl"}:
            return f"{'the ' * (self.code in _WITH_ARTICLE)}{name} ({self.code})"
        # No preposition agrees with every country, so that the translations put them in parentheses.
        return f"{name}, {self.code}"

    def __str__(self) -> str:
        return self.in_language("en")


def is_country(code: str | None) -> TypeGuard[str]:
    """Whether it is the alpha-2 code of one of them."""
    return code in _table()


@lru_cache(4_096)
def code_of(cell: str) -> str | None:
    """The alpha-2 code a cell names: alpha-2, alpha-3, or a name in English, French, Polish, German or Spanish.

    Case, accents, spaces and punctuation do not matter; `UK` is taken for `GB`. None for what names no country, or two.
    """
    code = cell.strip().upper()
    if code in _table():
        return code
    names = _by_name()
    words = _words(cell)
    if len(words) == 1 and words[0].upper() in _table():  # `Fr.`, `(FR)`
        return words[0].upper()
    return next((names[name] for name in _spellings(cell) if name in names), None)


def namesakes(cell: str) -> tuple[str, str] | None:
    """The alpha-2 codes of the two countries that bear the name in a cell, such as `Congo`; None for any other cell."""
    return next((_UNDECIDED[name] for name in _spellings(cell) if name in _UNDECIDED), None)


def nearest(cell: str) -> tuple[CountryName, ...]:
    """The countries that a word may be a slip of, the likeliest first."""
    names = _by_name()
    return tuple(dict.fromkeys(CountryName(names[one]) for one in closest("".join(_words(cell)), names)))


def _spellings(cell: str) -> list[str]:
    """The cell as names are compared, as it is and without an article before it."""
    words = _words(cell)
    shorter = ["".join(words[1:])] if words[:1] and words[0] in _ARTICLES else []
    # `Guadeloupe (971)`, `France - FR`: the name without what explains it.
    plain = _words(_EXPLAINED.sub("", cell))
    return ["".join(words), *shorter, *(["".join(plain)] if plain != words else [])]


def names_none(cell: str) -> bool:
    """Whether a cell stands for no country at all: it is empty, `-`, `N/A` or a program's word for nothing."""
    return not any(map(str.isalnum, cell)) or cell.strip().casefold() in _NOTHING


@cache
def _table() -> dict[str, list[str]]:
    text = (files("smscampaign") / "locale" / "countries.tsv").read_text("utf-8")
    rows = [line.split("\t") for line in text.splitlines()[1:]]
    return {row[0]: row for row in rows}


@cache
def _by_name() -> dict[str, str]:
    claimed: dict[str, set[str]] = {}
    for code, (_, alpha3, *names, also) in _table().items():
        for name in (alpha3, *names, *filter(None, also.split("|"))):
            claimed.setdefault("".join(filter(str.isalnum, _bare(name))), set()).add(code)
    return {
        name: codes.pop() for name, codes in claimed.items() if len(codes) == 1 and name not in _UNDECIDED
    }


def _words(name: str) -> list[str]:
    """The name's words without case and accents."""
    letters = "".join(sign for sign in _bare(name) if not unicodedata.combining(sign))
    return "".join(sign if sign.isalnum() else " " for sign in letters).split()


def _bare(name: str) -> str:
    """The name without case, and with its accents beside its letters."""
    bare = name.casefold()
    return bare if bare.isascii() else unicodedata.normalize("NFKD", bare.translate(_LETTERS))


@cache
def zone_of(country: str) -> ZoneInfo | None:
    """The time zone of a country (`FR`); None where it has several and none is the one of its mainland.

    From `zone.tab` of the tz database, https://www.iana.org/time-zones, as the package `tzdata` has it.
    """
    table = (files("tzdata") / "zoneinfo" / "zone.tab").read_text("utf-8")
    rows = [line.split("\t") for line in table.splitlines() if line.startswith(f"{country}\t")]
    main = [row for row in rows if "mainland" in row[-1] or row[-1].startswith("most of")]
    found = rows if len(rows) == 1 else main
    return ZoneInfo(found[0][2]) if len(found) == 1 else None
