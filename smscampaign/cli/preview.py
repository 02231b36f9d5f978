"""`--show`: chosen messages as a phone shows them, with the STOP clause and the borders between the parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

import typer
from rich.console import Console

from smscampaign.advice.catalogue import CATALOGUE, HELD
from smscampaign.advice.findings import Finding, Severity
from smscampaign.campaign import gates, preview
from smscampaign.campaign.plans import Plan
from smscampaign.cli.screen import count, found, note, plain, show_error, thousands, warn
from smscampaign.drawing import bubble_text
from smscampaign.errors import for_shell
from smscampaign.translation import told

Show = Annotated[
    list[str] | None,
    typer.Option(
        "--show",
        help=f"Show messages as a phone does: {', '.join(preview.CHOICES)}, or 'row 12'; repeatable.",
        metavar="WHAT",
    ),
]


def check_choices(wanted: Sequence[str]) -> None:
    """Raise `SettingsProblem` for what cannot be shown."""
    for one in wanted:
        preview.check_choice(one, where="--show")


def show_messages(console: Console, plan: Plan, wanted: Sequence[str]) -> None:
    """Each chosen message in a box."""
    for bubble in preview.bubbles(plan, wanted, where="--show", numbers=True):
        console.print()
        console.print(
            plain(bubble_text(replace(bubble, about=told(bubble.about), appendix=told(bubble.appendix))))
        )


def show_findings(plan: Plan, findings: Sequence[Finding], *, stops: bool) -> None:
    """What is to be known before it leaves, a line each: the gravest next to the question; with `stops` what stops it too."""
    texts = [one for one in findings if one.code in CATALOGUE]
    file, looked_at = for_shell(plan.campaign.path), preview.LOOKED_AT
    for one in gates.to_be_known(findings):
        warn(f"{one.what}.")
    told_why = any(one.code == "SMS001" for one in texts)
    if plan.summary.ucs2 and not (plan.begun or told_why):
        share = count(plan.summary.ucs2, "message")
        note(
            f"{share} in UCS-2, 70 characters to a part instead of 160;"
            f" `smscampaign check {file} --advise` says why and what it costs."
        )
    # Told once: what stops it is told last, with its remedy.
    stopped = {one.overruled_by.removeprefix("--ignore ") for one in findings if one.code == "damaged-texts"}
    shown = [one for one in texts if one.severity is not Severity.HINT and one.code not in stopped]
    if (shown or stopped) and not plan.campaign.settings.limits.strict and plan.summary.texts > looked_at:
        first = thousands(looked_at)
        note(
            f"Only the first {first} texts were looked at for this; `smscampaign lint {file}` looks at all of them."
        )
    # When it leaves is no matter of taste: it is told, and not only counted.
    held = [one for one in texts if one.code == HELD.id]
    for one in held:
        note(f"In earnest: {one.what}." if plan.rehearses else f"{one.what}.")
    if hints := len([one for one in texts if one.severity is Severity.HINT and one not in held]):
        besides = " besides," if shown else ""
        note(f"{count(hints, 'hint')}{besides} on the texts or the hours: see `smscampaign lint {file}`.")
    for one in reversed(shown):
        messages = f" ({count(one.messages, 'message')})" if one.messages else ""
        more = f" `smscampaign check {file} --advise` says what each costs." if one.code == "SMS001" else ""
        found(one.severity.value, f"{one.code}, {one.where}: {one.what}{messages}.", one.remedy + more)
    if stops:
        for one in gates.stops(findings):
            show_error(one.what, where=one.where, remedy=one.remedy)


def findings_json(findings: Sequence[Finding]) -> list[dict[str, object]]:
    """The same for programs; with the severity `stop` nothing leaves."""
    return [
        {
            "code": one.code,
            "severity": one.severity.value,
            "what": one.what,
            "where": one.where,
            "messages": one.messages,
            "remedy": one.remedy,
            "overruled_by": one.overruled_by or None,
        }
        for one in findings
    ]
