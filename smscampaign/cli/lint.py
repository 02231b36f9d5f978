"""`lint`: what is allowed and still unwise, before anything is sent; and why each rule is one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from smscampaign.advice.linter import CATALOGUE, Finding, Rule, Severity
from smscampaign.campaign.lint import check
from smscampaign.cli import changes, options
from smscampaign.cli.endings import NOTHING
from smscampaign.cli.screen import count, note, out, plain, print_json, table, thousands, warn
from smscampaign.errors import SettingsProblem
from smscampaign.model import PlanSummary, Reason
from smscampaign.names import closest
from smscampaign.translation import told


@options.with_settings("message", "template", "sender", "purpose", "region", "lint.ignore")
def lint(
    ctx: typer.Context,
    file: Annotated[
        Path | None, typer.Argument(help="The recipients.", show_default=False, metavar="FILE")
    ] = None,
    explain: Annotated[
        str | None, typer.Option("--explain", help="Why a rule is one, and what to do.", metavar="SMS001")
    ] = None,
    rules: Annotated[bool, typer.Option("--rules", help="List every rule.")] = False,
    json: options.Json = False,
    settings: options.SettingsFile = None,
) -> None:
    """Look for what is allowed and still unwise: costly characters, forgotten placeholders, an expired validity and more.

    Exit code 0 when there is nothing but hints, 1 when there is more, 2 when no row can be sent. Needs no network.
    """
    if explain or rules:
        _explain(explain, json=json)
        return
    if file is None:
        raise SettingsProblem(
            "there is no file to look at", where="FILE", remedy="smscampaign lint FILE, or --rules."
        )
    found, summary = _found(ctx)
    if json:
        print_json({"findings": [_finding_json(one) for one in found]})
    elif found or summary.messages:
        show_findings(out(), found)
    if not summary.messages:
        warn("No row of this file can be sent; a dry run says why.")
        raise typer.Exit(NOTHING)
    raise typer.Exit(int(any(one.severity is not Severity.HINT for one in found)))


def show_findings(console: Console, found: list[Finding]) -> None:
    """A table of findings with what to do about each, or that there are none."""
    if not found:
        console.print(told("Nothing to remark."))
        return
    rows = [
        (
            one.code,
            told(one.severity.value),
            told(one.where),
            thousands(one.messages) if one.messages else "",
            told(one.what),
        )
        for one in found
    ]
    table(("rule", "", "where", "messages", "what"), rows, console=console, numeric=["messages"])
    console.print()
    for rule, remedy in {one.code: one.remedy for one in found}.items():
        console.print(f"{plain(rule)}: {plain(told(remedy))}")


def _found(ctx: typer.Context) -> tuple[list[Finding], PlanSummary]:
    campaign = options.campaign_of(ctx)
    place = options.files_of(ctx, campaign).journal
    with changes.looked_over(campaign, place) as plan:
        summary = plan.summary
        lately = [one for one in summary.not_sent if one.reason is Reason.SAME_TEXT_LATELY]
        said = (
            f"{count(one.count, 'row')} will be left out, such as row {one.line}: {one.detail}"
            for one in lately
        )
        found = check(plan, repeated=tuple(said))
    left = f" ({count(summary.rows, 'row')} in the file)" if summary.rows > summary.messages else ""
    looked = f"{count(summary.messages, 'message')}{left}"
    note(f"{looked} looked at; `smscampaign lint --explain SMS001` says why a rule is one.")
    return found, summary


def _explain(wanted: str | None, *, json: bool) -> None:
    if wanted is None and json:
        print_json([_rule_json(rule) for rule in CATALOGUE.values()])
        return
    if wanted is None:
        rows = [(rule.id, told(rule.severity.value), told(rule.title)) for rule in CATALOGUE.values()]
        table(("rule", "", "what"), rows, console=out())
        return
    rule = CATALOGUE.get(wanted.strip().upper())
    if rule is None:
        near = closest(wanted, CATALOGUE)
        hint = f"Did you mean {' or '.join(near)}? " if near else ""
        raise SettingsProblem(
            f"there is no rule {wanted!r}",
            where="--explain",
            remedy=f"{hint}`smscampaign lint --rules` lists them.",
        )
    if json:
        print_json(_rule_json(rule))
        return
    out().print(f"[bold]{rule.id}[/] ({told(rule.severity.value)}): {plain(told(rule.title))}\n")
    out().print(plain(told(rule.why)))
    out().print(f"\n{plain(told(rule.remedy))}")


def _rule_json(rule: Rule) -> dict[str, object]:
    return {
        "rule": rule.id,
        "severity": rule.severity.value,
        "title": rule.title,
        "why": rule.why,
        "remedy": rule.remedy,
    }


def _finding_json(one: Finding) -> dict[str, object]:
    return {
        "rule": one.code,
        "severity": one.severity.value,
        "what": one.what,
        "where": one.where,
        "messages": one.messages,
        "remedy": one.remedy,
    }
