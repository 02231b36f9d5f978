"""What a plan can be asked about before it leaves: chosen messages as a phone shows them, and what its characters cost."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from smscampaign.advice.figures import Advice, Character, Saving
from smscampaign.campaign import preview
from smscampaign.campaign.plans import Plan
from smscampaign.drawing import Bubble, Sheet, Table, Viewable, count, figure
from smscampaign.model import Message

#: Characters that are drawn, and origins of each that are named.
CHARACTERS, ORIGINS = 20, 3


class MessagesView(Viewable):
    """Chosen messages of a plan, with their parts marked."""

    def __init__(self, name: str, bubbles: tuple[Bubble, ...]) -> None:
        self._name = name
        self._bubbles = bubbles

    def sheet(self) -> Sheet:
        """The page that shows them."""
        return Sheet(self._name, count(len(self._bubbles), "message"), bubbles=self._bubbles)


class AdviceView(Viewable):
    """What makes a plan dear, and what would save how much; `advice` has the figures."""

    def __init__(self, name: str, advice: Advice) -> None:
        self._name = name
        self.advice = advice

    def sheet(self) -> Sheet:
        """The page that shows it."""
        advice = self.advice
        if not advice.ucs2 and not advice.spills:
            return Sheet(self._name, "nothing costs more than it has to")
        rows = tuple(_character(one) for one in advice.characters[:CHARACTERS])
        heads = ("character", "name", "messages", "swap", "alone saves", "from")
        table = Table("Characters that make a text UCS-2", heads, rows, frozenset({2}))
        diffs = tuple(
            Bubble(f"Row {one.line}, {one.before.parts} → {one.after.parts} parts", one.after.body)
            for one in advice.samples[:1]
        )
        return Sheet(
            self._name,
            f"what it costs: {count(advice.ucs2, 'message')} in UCS-2",
            tables=(table,) if rows else (),
            bubbles=diffs,
            notes=tuple(_notes(advice)),
            action="Plain quotes, dashes and spaces:" if advice.typography.parts else "",
            code='sms.Campaign.load(…, typography="gsm")' if advice.typography.parts else "",
        )


def shown(plan: Plan, what: Sequence[object], *, numbers: bool) -> MessagesView:
    """The messages asked for. Raises `SettingsProblem` for what cannot be shown."""
    bubbles = tuple(preview.bubbles(plan, what, where="show", numbers=numbers))
    return MessagesView(plan.campaign.name, bubbles)


def chosen_messages(plan: Plan, what: Sequence[object], *, where: str) -> Iterator[Message]:
    """The same messages as data, each of them once."""
    for one in what:
        preview.check_choice(one, where=where)
    found = (message for one in what for _, message in preview.chosen(plan, one, where=where))
    yield from {message.line: message for message in found}.values()


def _character(one: Character) -> tuple[str, ...]:
    sign = one.character
    visible = sign if sign.isprintable() and not sign.isspace() else "·"
    name = f"U+{ord(sign):04X} {unicodedata.name(sign, 'control character').capitalize()}"
    swap = (
        "none"
        if one.instead is None or not one.proposed
        else repr(one.instead)
        if one.typographic
        else f"{one.instead} (a letter)"
    )
    origins = ", ".join(f"{origin} ({figure(number)})" for origin, number in one.origins[:ORIGINS])
    return (
        visible,
        name,
        figure(one.messages),
        swap,
        _saved(one.alone) if one.alone.parts else "nothing",
        origins,
    )


def _notes(advice: Advice) -> Iterable[str]:
    if advice.typography.parts:
        yield f"plain quotes, dashes and spaces instead of typographic ones save {_saved(advice.typography)}."
    if advice.everything.parts > advice.typography.parts and advice.letters:
        swaps = ", ".join(f"{sign}={instead}" for sign, instead in advice.letters.items())
        yield (
            f"with these letters written plainly as well ({swaps}) {_saved(advice.everything)} would be saved; people see"
            " their names misspelled, so swap only those you accept."
        )
    if advice.ucs2 and not advice.everything.parts:
        yield "no swap saves a part."
    for one in advice.spills:
        yield (
            f"{count(one.messages, 'message')} reach into part {one.parts} by {count(one.most, 'unit')} at most"
            f" (row {one.line}); shortened by that they would save {_saved(one.saving)}."
        )


def _saved(saving: Saving) -> str:
    credits = "" if saving.credits is None else f", {figure(saving.credits)} credits"
    return f"{count(saving.parts, 'part')}{credits}"
