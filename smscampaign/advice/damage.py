"""Texts that were damaged on their way through programs: decoded twice, letters lost, signs of HTML left over.

Each check gives what stands there and what is meant, or None. A slip that ordinary text can hold as well is none: «SMÅ» ends
with the two signs that a Ż becomes, and so what closes a word counts only within one, or behind a small letter.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator
from functools import cache

LOST = "\ufffd"
"""What stands for a letter that could not be decoded."""

SIGNS = (LOST, "Ã", "â€", "Ĺ", "Ă", "Å", "ðŸ")
"""One of these stands in almost every damaged text, and in few others."""

_CODECS = ("cp1252", "cp1250", "mac_roman")
# After a capital these close a word or a sentence, so that they prove nothing at its end.
_CLOSERS = frozenset("»”’›…–—\u00a0")
# Letters and signs that people write: accents of Europe, punctuation, €, ™, emoji.
_LATIN = re.compile(
    "[\u00a0-\u017f\u0218-\u021b\u2010-\u2027\u2030-\u203a\u20ac\u2122\u2600-\u27bf\U0001f300-\U0001faff]+"
)
_OTHERS = re.compile("[\u0386-\u03ce\u0400-\u045f\u0490\u0491]+")


# A letter that is read as another set is two signs at least.
_BESIDE = re.compile(r"[^\x00-\x7f]{2}")


@cache
def _bytes_of(codec: str) -> dict[str, int]:
    """The byte of each character; where a set has none, the byte itself stands, as programs do it."""
    found = {}
    for byte in range(0x80, 0x100):
        try:
            found[bytes([byte]).decode(codec)] = byte
        except UnicodeDecodeError:
            found[chr(byte)] = byte
    return found


@cache
def _pattern(codec: str) -> re.Pattern[str]:
    """What UTF-8 looks like when it is read as another set."""

    def those(first: int, last: int) -> str:
        signs = "".join(re.escape(sign) for sign, byte in _bytes_of(codec).items() if first <= byte <= last)
        return f"[{signs}]"

    following = those(0x80, 0xBF)
    kinds = ((0xC2, 0xDF, 1), (0xE0, 0xEF, 2), (0xF0, 0xF4, 3))
    return re.compile("|".join(f"{those(first, last)}{following}{{{more}}}" for first, last, more in kinds))


def decoded_twice(body: str) -> tuple[str, str] | None:
    """A word that is UTF-8 read as another set, and what it was: `JosÃ©`, `José`."""
    if not _BESIDE.search(body):
        return None
    best: tuple[int, tuple[str, str] | None] = 0, None
    for codec in _CODECS:
        found = [one for one in _pattern(codec).finditer(body) if _meant(one[0], codec)]
        sure = [one for one in found if _is_sure(body, one)]
        if sure and len(found) > best[0]:
            best = len(found), _word(body, sure[0], codec)
    # Of other alphabets every letter is spoilt; one alone is two accents that stand side by side.
    if best[0] < 2 and best[1] and _OTHERS.search(best[1][1]):
        return None
    return best[1]


def _is_sure(body: str, found: re.Match[str]) -> bool:
    around = body[: found.start()][-1:].islower() or body[found.end() : found.end() + 1].isalpha()
    return found[0][-1] not in _CLOSERS or around


def _meant(signs: str, codec: str) -> str:
    """What the signs were before; empty where that is nothing people write."""
    known = _bytes_of(codec)
    try:
        meant = bytes(known[sign] for sign in signs).decode("utf-8")
    except UnicodeDecodeError:
        return ""
    # Polish has words such as WRÓŻKA, whose ÓŻ would be a letter of Tajik: in windows-1250 two letters follow one another.
    written = _LATIN.fullmatch(meant) or (codec == "cp1252" and _OTHERS.fullmatch(meant))
    return meant if written else ""


def _word(body: str, found: re.Match[str], codec: str) -> tuple[str, str]:
    """The word around it, as it stands and as it was meant."""
    start, end = found.start(), found.end()
    while start and not body[start - 1].isspace():
        start -= 1
    while end < len(body) and not body[end].isspace():
        end += 1
    word = body[start:end].rstrip(".,;:!?)\"'")[:40]
    return word, _pattern(codec).sub(lambda one: _meant(one[0], codec) or one[0], word)


_ENTITY = re.compile(r"&(?:[A-Za-z][A-Za-z0-9]{1,9}|#\d{2,6}|#[xX][0-9a-fA-F]{2,5});")


def entity(body: str) -> tuple[str, str] | None:
    """A sign written as HTML, and the sign: `&eacute;`, `é`."""
    for found in _ENTITY.finditer(body):
        if (meant := html.unescape(found[0])) != found[0]:
            return found[0], meant
    return None


_ESCAPE = re.compile(r"(?<![A-Za-z]:)(?:\\r)?\\n|\\t(?![a-z])")
_LINK = re.compile(r"\S*[/.]\S*")
_QUESTION = re.compile(r"(?<![\w?!&=./])\?[^\W\d_]{2,}|[^\W\d_]\?(?=[^\W\d_])\w*")


def escape(body: str) -> str | None:
    r"""A line break or a tab as programmers write it: `\n`."""
    found = _ESCAPE.search(body) if "\\" in body else None
    return found[0] if found else None


def lost_letter(body: str) -> str | None:
    """A word with a question mark in place of a letter: `?ukasz`, `Ma?gorzata`."""
    if "?" not in body:
        return None
    for found in _QUESTION.finditer(_LINK.sub(" ", body)):
        # What follows a question without a space begins with a capital.
        if found[0][0] == "?" or not body[body.find(found[0]) + 2].isupper():
            return _around(body, found[0])
    return None


def _around(body: str, piece: str) -> str:
    return next((word for word in body.split() if piece in word), piece)[:40]


# Signs that show nothing, and spaces that are no ordinary one. Emoji are joined and coloured by some of them.
_EMOJI = "\u00a9\u00ae\u203c-\u3299\U0001f000-\U0001faff"
_INVISIBLE = re.compile(
    "[\x00-\x09\x0b\x0c\x0e-\x1f\x7f\x85\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200c"
    "\u200e\u200f\u2028-\u202f\u205f-\u206f\u3000\u3164\ufeff\uffa0\ufff9-\ufffb\U0001d173-\U0001d17a]"
    f"|(?<![{_EMOJI}\ufe0f\U0001f3fb-\U0001f3ff])\u200d|\u200d(?![{_EMOJI}])"
    f"|(?<![{_EMOJI}0-9#*])[\ufe00-\ufe0f\U000e0100-\U000e01ef]|(?<![\U000e0020-\U000e007f\U0001f3f4])[\U000e0001-\U000e007f]"
)


def invisible(body: str) -> str | None:
    """The first sign that nobody sees, by its number and name."""
    found = _INVISIBLE.search(body)
    if found is None:
        return None
    name = unicodedata.name(found[0], "control character").lower()
    return f"U+{ord(found[0]):04X} {name}"


def leftovers(body: str, written: str) -> Iterator[str]:
    """Everything in a text that is left of a program, in words; what the author wrote himself is no lost letter."""
    if found := entity(body):
        yield f"“{found[0]}” is “{found[1]}” in HTML"
    if found_escape := escape(body):
        yield f"“{found_escape}” is a line break for programs only"
    if (lost := lost_letter(body)) and lost not in written:
        yield f"“{lost}” lacks a letter"
