"""`--show`: chosen messages as a phone shows them, with the STOP clause and the borders between the parts."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated

import typer
from rich.console import Console

from smscampaign.advice.linter import Severity
from smscampaign.campaign import Plan, looking
from smscampaign.campaign.checking import check, is_strict, refuse_errors
from smscampaign.cli.screen import count, found, note, plain, thousands
from smscampaign.drawing import Bubble, bubble_text
from smscampaign.message import parts
from smscampaign.model import Message

Show = Annotated[
    list[str] | None,
    typer.Option(
        "--show",
        help=f"Show messages as a phone does: {', '.join(looking.CHOICES)}, or 'row 12'; repeatable.",
        metavar="WHAT",
    ),
]


def check_choices(wanted: Sequence[str]) -> None:
    """Raise `SettingsProblem` for what cannot be shown."""
    for one in wanted:
        looking.check_choice(one, where="--show")


def show_messages(console: Console, plan: Plan, wanted: Sequence[str]) -> None:
    """Each chosen message in a box."""
    rates = plan.rates()
    for one in wanted:
        for about, message in looking.chosen(plan, one, where="--show"):
            bubble = _bubble(plan, about, message, rates.get(message.recipient.country))
            console.print()
            console.print(plain(bubble_text(bubble)), soft_wrap=True)


def show_findings(plan: Plan) -> None:
    """What the characters cost, and what is worth a look before it leaves, a line each: the gravest next to the question.

    Raises `SettingsProblem` for an error where the settings are strict.
    """
    every, file = is_strict(plan), shlex.quote(str(plan.campaign.path))
    findings = check(plan, most=None if every else looking.LOOKED_AT)
    told = [one for one in findings if one.severity is not Severity.HINT]
    if plan.summary.ucs2:
        share = count(plan.summary.ucs2, "message")
        note(
            f"{share} in UCS-2, 70 characters to a part instead of 160;"
            f" `smscampaign advise {file}` says why and what it costs."
        )
    if told and not every and plan.summary.texts > looking.LOOKED_AT:
        first = thousands(looking.LOOKED_AT)
        note(
            f"Only the first {first} texts were looked at for this; `smscampaign lint {file}` looks at all of them."
        )
    if hints := len(findings) - len(told):
        note(
            f"{count(hints, 'hint')} {'besides, ' if told else ''}on the texts or the hours: see `smscampaign lint {file}`."
        )
    for one in reversed(told):
        messages = f" ({count(one.messages, 'message')})" if one.messages else ""
        found(one.severity.value, f"{one.rule}, {one.where}: {one.what}{messages}.")
    refuse_errors(plan, told)


def _bubble(plan: Plan, about: str, message: Message, rate: Decimal | None) -> Bubble:
    text = message.text
    cost = "credits unknown" if rate is None else count(rate * text.parts, "credit")
    words = [
        *([about] if about else []),
        f"row {message.line}",
        f"{message.recipient.msisdn} ({message.recipient.country})",
        text.encoding.value,
        count(text.units, "unit"),
        count(text.parts, "part"),
        cost,
    ]
    pieces = parts.splits(text.body, stop=plan.campaign.settings.stop_clause)
    return Bubble(" · ".join(words), text.body, pieces=pieces)
