"""What one accent costs: which characters make texts UCS-2, where they come from, and what each swap would save, exactly.

The file is read beside the plan, so that a character is traced to the message or to the column it stands in. Only texts that
could be cheaper are looked at: UCS-2 ones, and those of more than one part.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from smscampaign.advice.figures import Advice, Character, Saving, Spill, TextSample
from smscampaign.advice.typography import TYPOGRAPHIC, plain_letter, swap_table, swapped
from smscampaign.message.parts import JOINED, SINGLE, measure, offenders
from smscampaign.model import Encoding, Row, Text

#: A text that reaches into another part by no more units than this is worth shortening by hand.
SPILL = 10

#: Different characters that are told one by one; a file can hold any number.
CHARACTERS = 200

THE_MESSAGE = "the message"

Costly = tuple[int, str, Text]
"""A row of the file, its destination country, and its text."""


@dataclass(frozen=True, slots=True)
class Origins:
    """Where a character can come from: the template's text as written, and the columns it uses, by place and name."""

    message: str
    columns: Mapping[int, str]


def advise(
    costly: Iterable[Costly],
    rows: Iterable[Row],
    origins: Origins,
    *,
    stop: bool,
    rates: Mapping[str, Decimal],
) -> Advice:
    """Look at the costly messages of a plan, in the order of the file; `rows` is the file itself. Both stream."""
    ledger = _Ledger(stop, rates)
    for line, country, text, fields in _beside(costly, rows):
        if text.encoding is Encoding.UCS2:
            ledger.ucs2(line, country, text, _origins_of(origins, fields))
        if text.parts > 1:
            ledger.spill(line, country, text)
    return ledger.advice()


def _beside(
    costly: Iterable[Costly], rows: Iterable[Row]
) -> Iterator[tuple[int, str, Text, tuple[str, ...]]]:
    waiting = iter(rows)
    for line, country, text in costly:
        row = next((row for row in waiting if row.line >= line), None)
        if row is None or row.line != line:
            return  # the file is no longer the one that was planned: the run itself will say so
        yield line, country, text, row.fields


def _origins_of(origins: Origins, fields: Sequence[str]) -> Callable[[str], list[str]]:
    def of(character: str) -> list[str]:
        named = [name for at, name in origins.columns.items() if character in fields[at]]
        return named if named and character not in origins.message else [THE_MESSAGE, *named]

    return of


@dataclass(slots=True)
class _Sum:
    rates: Mapping[str, Decimal]
    messages: int = 0
    parts: int = 0
    credits: Decimal | None = Decimal(0)

    def add(self, parts: int, country: str) -> None:
        if parts <= 0:
            return
        self.messages += 1
        self.parts += parts
        rate = self.rates.get(country)
        self.credits = None if rate is None or self.credits is None else self.credits + parts * rate

    def saving(self) -> Saving:
        return Saving(self.messages, self.parts, self.credits)


@dataclass(slots=True)
class _Found:
    line: int
    alone: _Sum
    messages: int = 0
    origins: Counter[str] = field(default_factory=Counter)


class _Ledger:
    def __init__(self, stop: bool, rates: Mapping[str, Decimal]) -> None:
        self._stop = stop
        self._rates = rates
        self._typographic = swap_table(typography=True, swaps={})
        self._ucs2 = 0
        self._found: dict[str, _Found] = {}
        self._typography, self._everything = _Sum(rates), _Sum(rates)
        self._needed: set[str] = set()
        self._spills: dict[int, tuple[int, int, int, _Sum]] = {}
        self._samples: list[TextSample] = []

    def ucs2(self, line: int, country: str, text: Text, origins: Callable[[str], list[str]]) -> None:
        self._ucs2 += 1
        guilty = offenders(text.body)
        for character in guilty:
            self._count(character, line, country, text, origins(character), only=len(guilty) == 1)
        plain = swapped(text, self._typographic, stop=self._stop)
        self._typography.add(text.parts - plain.parts, country)
        letters = {one: instead for one in guilty if (instead := plain_letter(one)) is not None}
        plainest = self._with(text, letters)
        self._everything.add(text.parts - plainest, country)
        if plainest < text.parts:
            self._need(text, letters, [one for one in guilty if one in TYPOGRAPHIC], plainest)
        if plain.parts < text.parts and len(self._samples) < 3:
            self._samples.append(TextSample(line, text, plain))

    def _with(self, text: Text, letters: Mapping[str, str], *, signs: bool = True) -> int:
        table = {ord(one): instead for one, instead in letters.items()}
        return swapped(text, table | (self._typographic if signs else {}), stop=self._stop).parts

    def _need(self, text: Text, letters: Mapping[str, str], signs: list[str], least: int) -> None:
        """Note which letters and signs it takes for so few parts; what is not missed, one by one, is left away."""
        kept = dict(letters)
        for one in letters:
            rest = {letter: instead for letter, instead in kept.items() if letter != one}
            if one not in self._needed and self._with(text, rest) == least:
                kept = rest
        self._needed.update(kept)
        if not self._needed.issuperset(signs) and self._with(text, kept, signs=False) > least:
            self._needed.update(signs)

    def spill(self, line: int, country: str, text: Text) -> None:
        room = SINGLE[text.encoding] if text.parts == 2 else JOINED[text.encoding] * (text.parts - 1)
        over = text.units - room
        if not 0 < over <= SPILL:
            return
        messages, most, at, sum_ = self._spills.get(text.parts, (0, 0, line, _Sum(self._rates)))
        sum_.add(1, country)
        worst = (over, line) if over > most else (most, at)
        self._spills[text.parts] = (messages + 1, *worst, sum_)

    def advice(self) -> Advice:
        characters = [self._character(sign, found) for sign, found in self._found.items()]
        return Advice(
            ucs2=self._ucs2,
            characters=tuple(sorted(characters, key=lambda one: (-one.messages, one.character))),
            typography=self._typography.saving(),
            everything=self._everything.saving(),
            spills=tuple(
                Spill(parts, messages, most, line, sum_.saving())
                for parts, (messages, most, line, sum_) in sorted(self._spills.items())
            ),
            samples=tuple(self._samples),
        )

    def _count(
        self, character: str, line: int, country: str, text: Text, origins: list[str], *, only: bool
    ) -> None:
        found = self._found.get(character)
        if found is None:
            if len(self._found) >= CHARACTERS:
                return
            found = self._found[character] = _Found(line, _Sum(self._rates))
        found.messages += 1
        found.origins.update(origins)
        instead = _instead(character)
        if only and instead is not None:
            found.alone.add(text.parts - self._measured(text.body.replace(character, instead)).parts, country)

    def _measured(self, body: str) -> Text:
        return measure(body, stop=self._stop)

    def _character(self, sign: str, found: _Found) -> Character:
        return Character(
            sign,
            _instead(sign),
            sign in TYPOGRAPHIC,
            found.messages,
            tuple(found.origins.most_common()),
            found.alone.saving(),
            found.line,
            sign in self._needed,
        )


def _instead(character: str) -> str | None:
    return TYPOGRAPHIC.get(character, plain_letter(character))
