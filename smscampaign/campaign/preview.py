"""Looking at a plan before it leaves: chosen messages, which texts were changed, and what the characters cost."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import accumulate, pairwise
from numbers import Integral
from typing import NamedTuple

from smscampaign.campaign.lint import check
from smscampaign.campaign.plans import Plan
from smscampaign.drawing import Bubble, count, mask, masked, masked_body
from smscampaign.errors import SettingsProblem
from smscampaign.journal import answers, samples
from smscampaign.message import parts
from smscampaign.model import Message
from smscampaign.planning import Recipe

#: Distinct texts that are looked at on the way to sending; `lint` looks at all of them.
LOOKED_AT = 1_000


#: What `chosen` takes besides a row.
CHOICES = (*samples.KINDS, "shapes", "warnings")


def check_choice(what: object, *, where: str) -> None:
    """Raise `SettingsProblem` for what cannot be shown; `where` is how it was asked for."""
    named = isinstance(what, str) and (what in CHOICES or _row(what) is not None)
    if not (named or _is_count(what)):
        count = "" if where.startswith("--") else ", how many of the first ones, such as 10"
        raise SettingsProblem(
            f"{what!r} cannot be shown"
            if isinstance(what, str | int)
            else f"a {type(what).__name__} is no choice",
            where=where,
            remedy=f"Give one of {', '.join(CHOICES)}, or a row such as 'row 12'{count}.",
        )


def _is_count(what: object) -> bool:
    return isinstance(what, Integral) and not isinstance(what, bool) and int(what) > 0


def chosen(plan: Plan, what: object, *, where: str) -> Iterator[tuple[str, Message]]:
    """The messages that one of `CHOICES` or `row 12` names, each with a word on why it is shown; or the first so many.

    Raises `SettingsProblem` for a row that is not sent.
    """
    if isinstance(what, Integral):
        yield from (("", message) for message in plan.sample(int(what)))
        return
    what = str(what)
    line, planned = _row(what), (plan.store, plan.record)
    if what == "shapes":
        yield from (("one of its shape", message) for message in samples.shapes(*planned))
    elif what == "warnings":
        yield from warned(plan)
    elif line is not None:
        message = samples.at_row(*planned, line)
        if message is None:
            raise _no_message(plan, line, where)
        yield "", message
    elif (message := samples.pick(*planned, what)) is not None:
        yield f"the {what}" if what != "random" else "any", message


def bubbles(plan: Plan, wanted: Sequence[object], *, where: str, numbers: bool) -> Iterator[Bubble]:
    """The messages asked for as on a phone. Raises `SettingsProblem` for what cannot be shown."""
    for one in wanted:
        check_choice(one, where=where)
    rates, settings = plan.rates(), plan.campaign.settings
    for one in wanted:
        for about, message in chosen(plan, one, where=where):
            rate = rates.get(message.recipient.country)
            shown = message.text.body if numbers else masked_body(message, settings.written)
            yield bubble(about, message, shown, stop=settings.stop_clause, rate=rate, numbers=numbers)


def bubble(
    about: str, message: Message, shown: str, *, stop: bool, rate: Decimal | None, numbers: bool
) -> Bubble:
    """A message in its parts, its text as `shown`. The receiver's number is masked unless `numbers` are asked for."""
    text, to = message.text, message.recipient
    pieces = parts.splits(text.body, stop=stop)
    if not numbers:
        ends = [0, *accumulate(map(len, pieces))]
        whole = shown + "".join(pieces)[len(text.body) :]
        pieces = tuple(whole[start:end] for start, end in pairwise(ends))
    words = [
        *([about] if about else []),
        f"row {message.line}",
        f"{to.msisdn if numbers else mask(to.msisdn)} ({to.country})",
        text.encoding.value,
        count(text.units, "unit"),
        count(text.parts, "part"),
        "credits unknown" if rate is None else count(rate * text.parts, "credit"),
    ]
    return Bubble(" · ".join(words), shown, pieces=pieces)


def _row(word: str) -> int | None:
    found = re.fullmatch(r"(?:row\s*)?(\d{1,9})", word.strip())
    return int(found[1]) if found else None


def warned(plan: Plan) -> Iterator[tuple[str, Message]]:
    """The first message of each finding about texts, with what was found."""
    for finding in check(plan, most=LOOKED_AT):
        if finding.line is None:
            continue
        message = samples.at_row(plan.store, plan.record, finding.line)
        if message is not None:
            yield f"{finding.code}: {finding.what}", message


def _no_message(plan: Plan, line: int, where: str) -> SettingsProblem:
    """Why a row has no message that could be shown."""
    header = plan.campaign.source.header_line
    if line <= header:
        what = f"row {line} is the header" if line == header else f"row {line} stands above the header"
        return SettingsProblem(
            what, where=where, remedy=f"Rows are counted as a spreadsheet does: the first is {header + 1}."
        )
    last = header
    for answer in answers.answers(plan.store, plan.record):
        last = answer.line
        if last == line:
            because = answer.reason.partition(": ")[2] or "no edition of the campaign sends it now"
            return SettingsProblem(f"row {line} is not sent: {masked(because)}", where=where)
    if line > last:
        return SettingsProblem(f"the file has no row {line}; its last is {last}", where=where)
    return SettingsProblem(f"row {line} is empty", where=where)


class Changed(NamedTuple):
    """Of the first `looked_at` messages: how many have the `short` text, and how many others `swapped` characters."""

    looked_at: int
    short: int
    swapped: int


def changed(plan: Plan) -> Changed | None:
    """How often the settings changed a text, or None when they ask for no changes.

    Planning keeps no count of it, so the first `LOOKED_AT` rows are rendered once more as they were written.
    """
    wording = plan.campaign.settings.text
    if not (wording.short or wording.swaps or wording.typography == "gsm"):
        return None
    recipe = plan.campaign.recipe()
    messages = plan.sample(LOOKED_AT)
    short = swapped = 0
    for message, fields, written in _as_written(plan, recipe, messages):
        if message.text.body == written:
            continue
        if message.text.body in _shorts(recipe, fields):
            short += 1
        else:
            swapped += 1
    return Changed(len(messages), short, swapped)


def _as_written(
    plan: Plan, recipe: Recipe, messages: list[Message]
) -> Iterator[tuple[Message, tuple[str, ...], object]]:
    """Each message with its row's cells and the text they make before it is changed."""
    waiting = {message.line: message for message in messages}
    for block in plan.campaign.source.blocks():
        rows = [row for row in block if row.line in waiting]
        texts = recipe.template.render_block([row.fields for row in rows])
        for row, text in zip(rows, texts, strict=True):
            yield waiting.pop(row.line), row.fields, text
        if not waiting:
            return


def _shorts(recipe: Recipe, fields: tuple[str, ...]) -> set[str]:
    """The short text of a row, as it is written and with its swaps."""
    body = recipe.short.render(fields) if recipe.short is not None else None
    if not isinstance(body, str):
        return set()
    text = parts.measure(body, stop=recipe.stop)
    return {body, recipe.cheaper(text).body if recipe.cheaper is not None else body}
