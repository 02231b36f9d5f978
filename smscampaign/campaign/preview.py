"""Looking at a plan before it leaves: chosen messages, which texts were changed, and what the characters cost."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from smscampaign.campaign.lint import check
from smscampaign.campaign.plans import Plan
from smscampaign.drawing import masked
from smscampaign.errors import SettingsProblem
from smscampaign.journal import answers, samples
from smscampaign.message import parts
from smscampaign.model import Message
from smscampaign.planning import Recipe

#: Distinct texts that are looked at on the way to sending; `lint` looks at all of them.
LOOKED_AT = 1_000


#: What `chosen` takes besides a row.
CHOICES = (*samples.KINDS, "shapes", "warnings")


def check_choice(what: str, *, where: str) -> None:
    """Raise `SettingsProblem` for what cannot be shown; `where` is how it was asked for."""
    if what not in CHOICES and _row(what) is None:
        raise SettingsProblem(
            f"{what!r} cannot be shown",
            where=where,
            remedy=f"Give one of {', '.join(CHOICES)}, or a row such as 'row 12'.",
        )


def chosen(plan: Plan, what: str, *, where: str) -> Iterator[tuple[str, Message]]:
    """The messages that one of `CHOICES` or `row 12` names, each with a word on why it is shown.

    Raises `SettingsProblem` for a row that is not sent.
    """
    line = _row(what)
    if what == "shapes":
        yield from (("one of its shape", message) for message in shapes(plan))
    elif what == "warnings":
        yield from warned(plan)
    elif line is not None:
        message = at_row(plan, line)
        if message is None:
            raise _no_message(plan, line, where)
        yield "", message
    elif (message := pick(plan, what)) is not None:
        yield f"the {what}" if what != "random" else "any", message


def _row(word: str) -> int | None:
    found = re.fullmatch(r"(?:row\s*)?(\d{1,9})", word.strip())
    return int(found[1]) if found else None


def pick(plan: Plan, kind: str) -> Message | None:
    """One of `picking.KINDS`; None when the plan has no message."""
    return samples.pick(plan.store, plan.record, kind)


def at_row(plan: Plan, line: int) -> Message | None:
    """The message of a row of the file; None when that row is not sent."""
    return samples.at_row(plan.store, plan.record, line)


def shapes(plan: Plan) -> list[Message]:
    """One message for each encoding and number of parts."""
    return samples.shapes(plan.store, plan.record)


def warned(plan: Plan) -> Iterator[tuple[str, Message]]:
    """The first message of each finding about texts, with what was found."""
    for finding in check(plan, most=LOOKED_AT):
        if finding.line is None:
            continue
        message = at_row(plan, finding.line)
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


@dataclass(frozen=True, slots=True)
class Changed:
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
