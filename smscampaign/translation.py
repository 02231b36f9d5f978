"""What this program says, in the language of whoever reads it: English, French or Polish.

The source speaks English. A text is told in another language where it is shown, by the pattern it was made from: the
catalogues of `languages` hold the patterns, and what stands in the place of their braces is put in after it was told as well.
So a sentence that a journal kept is told in the language of whoever looks, and English costs nothing: no catalogue is opened
for it. A text that no pattern made, such as a name or a path, stays as it is.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache, lru_cache

from smscampaign import languages
from smscampaign.languages import ENGLISH, Sentence, tell

_LANGUAGE: ContextVar[str] = ContextVar("language", default=ENGLISH)

_PLACE = re.compile(r"(?<!\{)\{(\w+)[^{}]*\}(?!\})")
_EDGES = re.compile(r"([\s,;:(]*)(.*?)([\s,;:.)]*)", re.DOTALL)
#: Where a sentence or a part of one ends; the first that a text has parts it.
_ENDS = (". ", "? ", "; ", "), ", " (", ": ", ", ", " × ")
#: A pattern with fewer letters than this is one only where what stands in its places is a word, a figure or told itself.
_FEW = 5


#: Signs that a user's words stand between, such as a cell's, and places that are named for what users gave: never told.
_QUOTES = {"“": "”", "`": "`", '"': '"'}
_USERS = frozenset({"cell", "column", "file", "path"})


class Given(str):
    """A text as a user gave it, such as a column's name: in every language it stays what it is."""

    __slots__ = ()


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Within it, `told` answers in this language, or in the one that `speak` names."""
    before = _LANGUAGE.set(language)
    try:
        yield
    finally:
        _LANGUAGE.reset(before)


def speak(language: str) -> None:
    """From here on in this language: the settings name one."""
    _LANGUAGE.set(language)


def spoken_or(language: str = "") -> str:
    """What is spoken here, where somebody chose that; else this language, and without one that of the locale.

    A command chooses when it begins. In Python nobody does: there the campaign's settings say it, or the locale.
    """
    here = _LANGUAGE.get()
    return here if here != ENGLISH else language or languages.spoken(os.environ)


def spoken_here() -> str:
    """The language that `told` answers in."""
    return _LANGUAGE.get()


def told(text: str) -> str:
    """A text in the language that is spoken here."""
    language = _LANGUAGE.get()
    if language == ENGLISH or isinstance(text, Given):
        return str(text)
    return tell(text, language) if isinstance(text, Sentence) else _told(str(text), language)


@dataclass(frozen=True, slots=True)
class _Pattern:
    """One form of a pattern: what is fixed around its places, their names, and whether it is counted."""

    source: str
    fixed: tuple[str, ...]
    names: tuple[str, ...]
    counted: bool

    def values(self, text: str) -> dict[str, str] | None:
        """What stands in its places where it made the text; each place is as short as can be. None where it did not."""
        first, *others, last = self.fixed
        if not (text.startswith(first) and text.endswith(last) and len(first) + len(last) <= len(text)):
            return None
        found: dict[str, str] = {}
        at, end = len(first), len(text) - len(last)
        for name, piece in zip(self.names, [*others, None], strict=True):
            until = end if piece is None else text.find(piece, at, end)
            if until < at or found.setdefault(name, text[at:until]) != text[at:until]:
                return None
            at = until + len(piece or "")
        return found

    @property
    def quoted(self) -> list[str]:
        """The places that stand in quotation marks."""
        edges = zip(self.names, self.fixed, self.fixed[1:], strict=False)
        return [name for name, before, after in edges if after[:1] and _QUOTES.get(before[-1:]) == after[:1]]

    @property
    def telling(self) -> int:
        """How much of it is fixed: of two that may have made a text, the one that says more of it did."""
        return sum(map(len, self.fixed))

    @property
    def few(self) -> bool:
        letters = sum(sign.isalpha() for piece in self.fixed for sign in piece)
        return letters < _FEW and not any(": " in piece for piece in self.fixed)


def _told(text: str, language: str) -> str:
    return "\n".join(_line(line, language) for line in text.split("\n"))


@lru_cache(maxsize=4096)
def _line(line: str, language: str) -> str:
    """A line by its pattern, or piece by piece; what stands around its words stays as it is."""
    edges = _EDGES.fullmatch(line)
    lead, words, tail = edges.groups() if edges else ("", line, "")
    if not words:
        return line
    for start in range(len(lead) + 1):
        for end in range(len(tail), -1, -1):
            found = _whole(lead[start:] + words + tail[:end], language)
            if found is not None:
                return lead[:start] + found + tail[end:]
    for mark in _ENDS:
        for at in _places(line, mark):
            behind = _whole(line[at:], language)
            if behind is not None:
                return _line(line[:at], language) + behind
    for mark in _ENDS:
        pieces = line.split(mark)
        if len(pieces) > 1:
            return mark.join(_line(piece, language) for piece in pieces)
    return line


def _places(text: str, mark: str) -> Iterator[int]:
    at = text.find(mark)
    while at >= 0:
        yield at
        at = text.find(mark, at + 1)


@lru_cache(maxsize=4096)
def _whole(text: str, language: str) -> str | None:
    """The text by the one pattern that made all of it; None where there is none."""
    exact, patterns = _patterns(language)
    if text in exact:
        return exact[text]
    for one in patterns:
        values = one.values(text)
        if values is not None and not (
            one.few and not all(_is_plain(value, language) for value in values.values())
        ):
            return _filled(one, values, language)
    if text[:1].isupper() and (small := _whole(text[0].lower() + text[1:], language)) is not None:
        return small[:1].upper() + small[1:]
    return None


def _is_plain(value: str, language: str) -> bool:
    return " " not in value.strip() or _whole(value, language) is not None


def _filled(pattern: _Pattern, given: dict[str, str], language: str) -> str:
    catalogue = languages.catalogue_of(language)
    if pattern.counted:
        digits = re.sub(r"\D", "", given.get("n") or given.get("figure") or "")
        template = catalogue.ngettext(pattern.source, pattern.source, int(digits or 0))
    else:
        template = catalogue.gettext(pattern.source)
    users = _USERS.union(pattern.quoted)
    values = {name: value if name in users else _value(value, language) for name, value in given.items()}
    fixed, names = _cut(template)
    return fixed[0] + "".join(
        values.get(name, "") + piece for name, piece in zip(names, fixed[1:], strict=True)
    )


def _value(text: str, language: str) -> str:
    """What stands in a place: told where it is words of ours; a name, a path and a single word are not."""
    if re.fullmatch(r"\d+\.\d+", text):
        return text.replace(".", ",")
    return _line(text, language) if " " in text.strip() else text


@cache
def _patterns(language: str) -> tuple[dict[str, str], tuple[_Pattern, ...]]:
    """The texts that a catalogue has as they stand, and its patterns, the most telling first."""
    catalogue = languages.catalogue_of(language)
    exact = {one: catalogue.gettext(one) for one, many in catalogue.sources if not many}
    patterns = [
        _pattern(one, form, counted=bool(many))
        for one, many in catalogue.sources
        for form in (one, many)
        if _PLACE.search(form) and re.search("[A-Za-z]{2}", _PLACE.sub("", form))
    ]
    return exact, tuple(sorted(patterns, key=lambda one: one.telling, reverse=True))


def _pattern(source: str, form: str, *, counted: bool) -> _Pattern:
    return _Pattern(source, *_cut(form), counted)


def _cut(form: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What is fixed around the places of a pattern, and their names."""
    places = list(_PLACE.finditer(form))
    starts, ends = [0, *(one.end() for one in places)], [*(one.start() for one in places), len(form)]
    fixed = tuple(_plain(form[start:end]) for start, end in zip(starts, ends, strict=True))
    return fixed, tuple(one[1] for one in places)


def _plain(piece: str) -> str:
    return piece.replace("{{", "{").replace("}}", "}")
