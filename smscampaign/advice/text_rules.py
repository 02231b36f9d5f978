"""Rules about texts as people will read them: each says what is wrong with one text, or None."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping

from smscampaign.advice import catalogue as rules
from smscampaign.advice import damage
from smscampaign.advice.findings import LintFacts, Rule, Seen
from smscampaign.drawing import masked
from smscampaign.links import HOST, LINK, PHONE, link
from smscampaign.message import parts
from smscampaign.model import Encoding
from smscampaign.names import ColumnNames, canonical

Check = Callable[[Seen], str | None]

_SHORTENED = re.compile(
    r"\b(?:bit\.ly|tinyurl\.com|goo\.gl|t\.co|ow\.ly|is\.gd|buff\.ly|cutt\.ly|rebrand\.ly|t\.ly|shorturl\.at)\b",
    re.IGNORECASE,
)
_BRACKETS = re.compile(
    r"\{\{?\s*[^\W\d][\w .-]*\}?\}|\[[A-Z][A-Z_ -]{2,}\]|<[A-Za-z_]+>|%[A-Za-z_]+%|%\([a-z_]+\)s|#[A-Za-z_]{2,}#|\$\{\w+\}"
    r"|\*\|[^|\n]{1,40}\|\*|(?<!\w)X{3,}(?![\w-])"
)
# What ordinary texts use as well: a placeholder only around a column's name.
_AROUND_NAMES = re.compile(
    r"«([^«»\n]{1,60})»|<<?([^<>\n]{1,60})>|\[([^\[\]\n]{1,60})\]|\(([^()\n]{1,60})\)|%([^%\n]{1,60})%|#([^#\n]{1,60})#"
    r"|\$([^\W\d]\w{0,59})"
)
# By case: Nan and Null are people's names, and none is a word.
_EMPTY_WORDS = re.compile(
    r"(?<!\w)(?:nan|NaN|NAN|None|null|NULL|undefined|NaT|#N/A|#REF!|#VALUE!|#NAME\?|#DIV/0!)(?![\w-])"
)
_EXCLAIMED = re.compile(r"!{3,}")
_WORDS = re.compile(r"[^\W\d_]{2,}")
_STOP = re.compile(r"\bSTOP\b\s*(?:au|to|do|an|al|:)?\s*\d{4,6}\b|\bSTOP\s+36\s?\d{3}\b", re.IGNORECASE)
# A single space before one of ! ? ; : is how French is written. No-break spaces count: before such a sign they are usual.
_HOLES = re.compile(
    r"(?<=\S)[ \u00a0\u202f]{2,}(?=\S)|\A[ \u00a0\u202f]+(?=\S)"
    r"|(?<=\S)[ \u00a0\u202f],|(?<=\S)[ \u00a0\u202f]\.(?![\w.])|,,"
    r"|\([ \u00a0\u202f]*\)|\[[ \u00a0\u202f]*\]|[«“„][ \u00a0\u202f]*[»”]|\([ ](?=\S)|(?<=[^\s:;])[ ]\)"
    r"|^\s*[,!?;](?![)(])|^\s*:(?=\s)|^\s*\.(?![\w.])",
    re.MULTILINE,
)
_EXPRESSIONS = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_STATEMENTS = re.compile(r"\{%.*?%\}|\{#.*?#\}", re.DOTALL)


def checks(facts: LintFacts) -> list[tuple[Rule, Check]]:
    """The rules about texts that apply to this campaign."""
    own_words = set(_EMPTY_WORDS.findall(facts.message))
    # An expression stands for a value, so that what is written around it is what is counted.
    written = _EXPRESSIONS.sub("x", _STATEMENTS.sub("", facts.message))
    holes = len(_HOLES.findall(written))
    called = ColumnNames(facts.columns)
    names = {
        canonical(name): called.placeholder(place)
        for place, name in enumerate(facts.columns)
        if canonical(name)
    }
    found: list[tuple[Rule, Check]] = [
        (rules.UCS2, lambda seen: _one_offender(seen, stop=facts.marketing)),
        (rules.PLACEHOLDER, lambda seen: _unfilled(seen.body, own_words, names)),
        (rules.SHOUTING, lambda seen: _shouted(seen.body)),
        (rules.SHORTENER, lambda seen: _quoted(_SHORTENED, seen.body)),
        (rules.HOLE, lambda seen: _hole(seen.body, holes)),
        (rules.INVISIBLE, lambda seen: damage.invisible(seen.body)),
        (rules.DAMAGED, lambda seen: _damaged(seen.body)),
        (rules.LEFTOVER, lambda seen: next(damage.leftovers(seen.body, facts.message), None)),
        (rules.LONG, lambda seen: f"{seen.parts} parts" if seen.parts > facts.parts_warning else None),
    ]
    if facts.sender is None:
        found.append((rules.LINK_SHORT_NUMBER, lambda seen: _contact(seen.body)))
    if facts.marketing:
        found.append((rules.OWN_STOP, lambda seen: _quoted(_STOP, seen.body)))
    if facts.marketing and facts.advertiser and not _speaks(facts.sender):
        name = canonical(facts.advertiser)
        found.append(
            (rules.ADVERTISER, lambda seen: None if name in canonical(seen.body) else "not in the text")
        )
    return found


def _speaks(sender: str | None) -> bool:
    """Whether a sender is a name, which says by itself who writes."""
    return bool(sender) and not str(sender).lstrip("+").isdigit()


def _one_offender(seen: Seen, *, stop: bool) -> str | None:
    # A text of one part cannot take fewer, whatever is written.
    if seen.encoding is not Encoding.UCS2 or seen.parts <= 1:
        return None
    found = parts.offenders(seen.body)
    if len(found) != 1:
        return None
    without = parts.measure(seen.body.replace(found[0], "x"), stop=stop)
    return _named(found[0]) if without.parts < seen.parts else None


def _named(character: str) -> str:
    return f"{character} (U+{ord(character):04X} {unicodedata.name(character, 'unnamed').lower()})"


def _unfilled(body: str, own_words: set[str], columns: Mapping[str, str]) -> str | None:
    """What stands there, and how it is written where it is a column's name."""
    bracket = _BRACKETS.search(body)
    if bracket:
        meant = columns.get(canonical(bracket.group().strip("{}[]<>%$#*|()s ")), "")
        return f"{bracket.group()}{f', which is written {meant}' if meant else ''}"
    for named in _AROUND_NAMES.finditer(body):
        if written := columns.get(canonical(named[named.lastindex or 0])):
            return f"{named.group()}, which is written {written}"
    return next((word for word in _EMPTY_WORDS.findall(body) if word not in own_words), None)


def _shouted(body: str) -> str | None:
    if exclaimed := _EXCLAIMED.search(body):
        return exclaimed.group()
    letters = "".join(_WORDS.findall(HOST.sub("", LINK.sub("", body))))
    capitals = sum(map(str.isupper, letters))
    return "mostly capitals" if len(letters) >= 20 and capitals > 0.6 * len(letters) else None


def _hole(body: str, in_the_message: int) -> str | None:
    found = _HOLES.findall(body)
    if len(found) <= in_the_message:
        return None
    place = _HOLES.search(body)
    at = place.start() if place else 0
    return f"“{body[max(0, at - 8) : at + 8].strip()}”"


def _damaged(body: str) -> str | None:
    if damage.LOST in body:
        word = next(word for word in body.split() if damage.LOST in word)
        return f"“{word[:40]}” has lost a letter"
    found = damage.decoded_twice(body)
    return f"“{found[0]}” is “{found[1]}”, decoded twice" if found else None


def _contact(body: str) -> str | None:
    """A link as it stands, or a phone number without what would tell whose it is."""
    if found := link(body):
        return masked(found)
    phone = PHONE.search(body)
    return f"the phone number {masked(phone.group())}" if phone else None


def _quoted(pattern: re.Pattern[str], body: str) -> str | None:
    found = pattern.search(body)
    return found.group() if found else None
