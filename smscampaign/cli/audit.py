"""`audit`: does the journal agree with itself, and what happened to one number or one call?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Console

from smscampaign.bars import Bars
from smscampaign.campaign import evidence
from smscampaign.campaign.evidence import Story
from smscampaign.campaign.plans import Plan
from smscampaign.cli import options
from smscampaign.cli.endings import DONE, NOTHING, PARTLY
from smscampaign.cli.screen import count, out, plain, print_json, table, thousands, warn
from smscampaign.cli.status import opened
from smscampaign.drawing import masked
from smscampaign.journal.laws import Check
from smscampaign.journal.stories import Chapter, StoryEvent
from smscampaign.model import Progress, Status
from smscampaign.translation import told

#: What the journal's words for events mean; others are shown as they are.
_WORDS = {
    "sending": "call claimed: from here on it may arrive",
    "accepted": "accepted by OVHcloud",
    "refused": "refused by OVHcloud",
    "in-doubt": "in doubt",
    "pending": "back in the queue, not sent",
    "noted": "noted",
    "decided": "a person decided",
    "split": "split",
    "suppressed": "left out of its call, not sent",
    "cancelled": "cancelled",
    "recalling": "about to be deleted at OVHcloud",
    "recalled": "deleted at OVHcloud before it left",
    "released": "failed for a while: may be sent once more",
    "left": "had left before it could be deleted",
}

_NUMBER = re.compile(r"(?:\+|\b00)\d{6,15}\b")


@options.with_settings()
def audit(
    ctx: typer.Context,
    file: options.File,
    asked: Annotated[
        str | None,
        typer.Argument(
            help="A number, however it is written, or a call's tag (sms_tag).", metavar="[NUMBER|TAG]"
        ),
    ] = None,
    rehearsal: options.Rehearsal = False,
    json: options.Json = False,
    settings: options.SettingsFile = None,
    journal: options.JournalFile = None,
) -> None:
    """Prove it: check the journal against the laws; or tell what happened to one number or one call.

    Needs no network and changes nothing. Exit codes: 0 all agrees, or the story was told; 1 something does not agree;
    2 there is nothing to tell.
    """
    with opened(ctx) as (_, plan):
        raise typer.Exit(_check(plan, json=json) if asked is None else _tell(plan, asked, json=json))


def _check(plan: Plan, *, json: bool) -> int:
    checks = []
    with Bars() as bars:
        bars(Progress("checking", 0, None))
        for done, one in enumerate(evidence.audited(plan), 1):
            checks.append(one)
            bars(Progress("checking", done, None))
    failed = [check for _, check in checks if not check.ok]
    if json:
        found = [_check_json(edition, check) for edition, check in checks]
        print_json({"campaign": plan.campaign.name, "ok": not failed, "checks": found})
    else:
        _show_checks(out(), plan, checks)
    if failed:
        journal = [check for check in failed if check.name != evidence.FILE]
        why = "the journal was changed by something else, or is damaged" if journal else failed[0].first
        warn(f"{count(len(failed), 'check')} failed: {why}.")
    return PARTLY if failed else DONE


def _check_json(edition: int, check: Check) -> dict[str, Any]:
    return {
        "check": check.name,
        "edition": edition,
        "tried": check.tried,
        "failed": check.faults,
        "first": _discreet(check.first) or None,
    }


def _show_checks(console: Console, plan: Plan, checks: Sequence[tuple[int, Check]]) -> None:
    """Of several editions what agrees is told once for all of them: after a hundred nights nobody reads each."""
    several = len({edition for edition, _ in checks}) > 1
    rows: dict[tuple[str, str], int] = {}
    for edition, check in checks:
        failed = f"FAILED {thousands(check.faults)}: {_discreet(check.first)}"
        if several:
            failed = f"FAILED in edition {edition} {thousands(check.faults)}: {_discreet(check.first)}"
        row = (told(check.name), told("ok" if check.ok else failed))
        rows[row] = rows.get(row, 0) + check.tried
    console.print(f"[bold]{plain(plan.campaign.name)}[/]")
    lines = [(name, thousands(tried), shown) for (name, shown), tried in rows.items()]
    table(("check", "tried", "result"), lines, console=console, numeric=["tried"])
    if all(check.ok for _, check in checks):
        editions = f", in {count(len({edition for edition, _ in checks}), 'edition')}" if several else ""
        console.print(told(f"All of it agrees{editions}."))


def _tell(plan: Plan, asked: str, *, json: bool) -> int:
    story = evidence.story_of(plan, asked)
    if json:
        chapters = [_chapter_json(one) for one in story.chapters]
        print_json(
            {
                "campaign": plan.campaign.name,
                "number": story.number or None,
                "tag": story.tag or None,
                "editions": chapters,
            }
        )
    else:
        _show(out(), plan, story)
    if not story.chapters:
        warn(
            "This call is not in this campaign."
            if story.tag
            else "This number is in no message of this campaign; a row that was rejected may have held it."
        )
        return NOTHING
    return DONE


def _show(console: Console, plan: Plan, story: Story) -> None:
    console.print(f"[bold]{plain(story.number or story.tag)}[/]  {plain(plan.campaign.name)}")
    for chapter in story.chapters:
        if len(story.chapters) > 1 or chapter.edition > 1:
            console.print(f"\n[bold]{told(f'Edition {chapter.edition}')}[/]")
        for line in _planned(chapter):
            console.print(plain(line))
        rows = [(_time(one.at), one.tag, told(_words(one))) for one in chapter.happenings]
        if rows:
            table(("when (UTC)", "call", "what"), rows, console=console)
        elif chapter.tag:
            console.print(told("Its call was not made yet."))
        for line in _outcome(chapter):
            console.print(plain(told(line)))


def _planned(chapter: Chapter) -> list[str]:
    lines = []
    planned = f"Planned {_time(chapter.planned_at)}" if chapter.planned_at else "Planned"
    if chapter.line is not None and chapter.text is not None:
        text = chapter.text
        lines.append(
            told(
                f"{planned} in row {chapter.line} ({chapter.country}), {count(text.parts, 'part')} {text.encoding},"
                f" with call {chapter.tag} of {count(chapter.receivers, 'receiver')}:"
            )
        )
        lines.append(f"  {text.body}")
    elif chapter.tag:
        lines.append(told(f"{planned}: {count(chapter.receivers, 'receiver')}"))
        lines += [f"  {chapter.text.body}"] if chapter.text else []
    for row, reason, detail in chapter.unsent:
        lines.append(told(f"Row {row} was not sent: {reason}, {_discreet(detail)}"))
    return lines


def _outcome(chapter: Chapter) -> list[str]:
    lines = []
    if chapter.status is not None:
        lines.append(f"Now: {told(chapter.status.value)}{_price(chapter)}")
    receipt = chapter.receipt
    if receipt is not None:
        when = f" on {_time(receipt.delivered_at)}" if receipt.delivered_at else ""
        lines.append(
            f"Receipt: {receipt.delivery}{when} (OVHcloud's message {receipt.id}, ptt {receipt.ptt})"
        )
    elif chapter.line is not None and chapter.status is Status.ACCEPTED:
        lines.append("Receipt: none fetched yet; `receipts` asks for it")
    return lines


def _price(chapter: Chapter) -> str:
    if chapter.credits is None:
        return ", at a price that is not known" if chapter.status is Status.ACCEPTED else ""
    return f", {count(chapter.credits, 'credit')}{'' if chapter.status is Status.ACCEPTED else ' when sent'}"


def _words(one: StoryEvent) -> str:
    words = _WORDS.get(one.what, one.what)
    return f"{words}: {_discreet(one.detail)}" if one.detail else words


def _chapter_json(chapter: Chapter) -> dict[str, Any]:
    text, receipt = chapter.text, chapter.receipt
    return {
        "edition": chapter.edition,
        "planned_at": _iso(chapter.planned_at),
        "row": chapter.line,
        "country": chapter.country or None,
        "text": text.body if text else None,
        "encoding": text.encoding.value if text else None,
        "parts": text.parts if text else None,
        "credits": chapter.credits,
        "call": chapter.tag or None,
        "receivers": chapter.receivers,
        "status": chapter.status.value if chapter.status else None,
        "not_sent": [
            {"row": row, "reason": reason, "because": _discreet(detail)}
            for row, reason, detail in chapter.unsent
        ],
        "events": [
            {"at": _iso(one.at), "call": one.tag, "what": one.what, "detail": _discreet(one.detail)}
            for one in chapter.happenings
        ],
        "receipt": None
        if receipt is None
        else {
            "id": receipt.id,
            "delivery": receipt.delivery.value,
            "delivered_at": _iso(receipt.delivered_at),
            "ptt": receipt.ptt,
        },
    }


def _discreet(text: str) -> str:
    """Numbers of others are masked: the answer may be passed on."""
    return _NUMBER.sub(lambda found: masked(found.group()), text)


def _time(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment:%Y-%m-%d %H:%M:%S}"


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
