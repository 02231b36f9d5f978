"""`advise`: which characters make texts dear, where they come from, and what each swap would save."""

from __future__ import annotations

import difflib
import unicodedata
from functools import partial
from json import dumps as as_json

import typer
from rich.cells import cell_len
from rich.console import Console

from smscampaign.advice.figures import Advice, Character, Saving, Spill, TextSample
from smscampaign.campaign.savings import savings_of
from smscampaign.cli import changes, options
from smscampaign.cli.endings import NOTHING
from smscampaign.cli.screen import count, note, out, plain, print_json, table, thousands, warn
from smscampaign.errors import for_shell
from smscampaign.model import PlanSummary
from smscampaign.pricing import RateCache
from smscampaign.translation import told

#: Characters, and places each comes from, that are shown.
SHOWN, ORIGINS = 20, 3


@options.with_settings(
    "message",
    "template",
    "sender",
    "purpose",
    "region",
    "text.typography",
    "text.swaps",
    "text.short",
    "text.short_over",
)
def advise(
    ctx: typer.Context,
    file: options.File,
    json: options.Json = False,
    settings: options.SettingsFile = None,
) -> None:
    """What one accent costs: the characters that make texts UCS-2, where they stand, and what swapping them saves.

    Needs no network; credits are told where the rates are known (smscampaign rates). Exit code 2 when no row can be sent.
    """
    campaign = options.campaign_of(ctx)
    with changes.looked_over(campaign, options.files_of(ctx, campaign).journal) as plan:
        plan.price(RateCache().expected(plan.record.inputs.gateway))
        advice, summary = savings_of(plan), plan.summary
    if json:
        print_json(advice_json(advice, summary))
    elif summary.messages:
        show_advice(out(), advice, summary)
    if not summary.messages:
        warn("No row of this file can be sent; a dry run says why.")
        raise typer.Exit(NOTHING)
    if not_sent := summary.rows - summary.messages:
        of = f"{thousands(summary.messages)} of {count(summary.rows, 'row')}"
        note(f"This is about {of}; {thousands(not_sent)} cannot be sent, and a dry run says why.")


_quoted = partial(as_json, ensure_ascii=False)


def show_advice(console: Console, advice: Advice, summary: PlanSummary) -> None:
    """What costs, what saves, and the options that accept it."""
    if not advice.ucs2 and not advice.spills:
        console.print(
            told("Nothing costs more than it has to: every text is GSM-7, and none spills over by a little.")
        )
        return
    if advice.ucs2:
        console.print(told(f"{count(advice.ucs2, 'message')} in UCS-2, because of:\n"))
        rows = [row for one in advice.characters[:SHOWN] for row in _character_rows(one)]
        heads = ("", "messages", "swap", "alone saves", "character, and where it stands")
        table(heads, rows, console=console, numeric=["messages"])
        if len(advice.characters) > SHOWN:
            console.print(told(f"and {len(advice.characters) - SHOWN} more"))
    _show_swaps(console, advice, of=f" of {count(summary.parts, 'part')}")
    if advice.ucs2 and not advice.everything.parts:
        console.print(told("\nNo swap saves a part."))
    for one in advice.samples[:1]:
        console.print(told(f"\nRow {one.line}, {one.before.parts} → {one.after.parts} parts:"))
        console.print(plain(_difference(one)))
    for spill in advice.spills:
        console.print(f"\n{plain(told(_spill_words(spill)))}")


def _show_swaps(console: Console, advice: Advice, *, of: str) -> None:
    if advice.typography.parts:
        console.print(
            told(
                f"\nPlain quotes, dashes and spaces instead of typographic ones save {_saved(advice.typography, of)}:"
            )
        )
        console.print(
            plain(told('  --typography gsm        or in the settings: [text] typography = "gsm"')),
            soft_wrap=True,
        )
    if advice.everything.parts > advice.typography.parts and advice.letters:
        swaps = " ".join(f"--swap {for_shell(f'{sign}={plain}')}" for sign, plain in advice.letters.items())
        signs = advice.signs
        if advice.typography.parts:
            how = "With these letters written plainly as well it saves"
        elif signs:
            how = "Plain quotes, dashes and spaces save nothing alone; with these letters written plainly as well it saves"
        else:
            how = "With these letters written plainly it saves"
        saved = f"{how} {_saved(advice.everything, of)}."
        console.print(
            f"\n{told(f'{saved} People see their names misspelled, so name only those you accept:')}"
        )
        console.print(f"  {'--typography gsm ' if signs else ''}{plain(swaps)}", soft_wrap=True)
        swaps = ", ".join(f"{_quoted(sign)} = {_quoted(instead)}" for sign, instead in advice.letters.items())
        console.print(plain("added to `run`; or in the settings, below [text]:"))
        console.print('  typography = "gsm"\n' * signs + f"  swaps = {{ {plain(swaps)} }}", soft_wrap=True)


def _character_rows(one: Character) -> list[tuple[str, ...]]:
    """Two lines of the table, so that what is long stands below one another: its name, and where it comes from."""
    origins = ", ".join(f"{name} ({thousands(number)})" for name, number in one.origins[:ORIGINS])
    name = unicodedata.name(one.character, "control character").capitalize()
    bare = not one.character.isprintable() or one.character.isspace() or not cell_len(one.character)
    if one.instead is None or not one.proposed:
        swap = told("none")
    else:
        swap = repr(one.instead) if one.instead.strip() != one.instead or not one.instead else one.instead
    kind = "a letter, " if one.instead is not None and not one.typographic else ""
    first = (
        "·" if bare else one.character,
        thousands(one.messages),
        swap,
        told(_saved(one.alone) if one.alone.parts else "nothing"),
        f"U+{ord(one.character):04X} {name}",
    )
    return [first, ("", "", "", "", told(f"{kind}from {origins}"))]


def _saved(saving: Saving, of: str = "") -> str:
    """`8 parts`, or of the whole campaign `8 of 12 parts, 8 credits`."""
    credits = "" if saving.credits is None else f", {count(saving.credits, 'credit')}"
    return f"{thousands(saving.parts)}{of}{credits}" if of else f"{count(saving.parts, 'part')}{credits}"


def _spill_words(spill: Spill) -> str:
    what = f"{count(spill.messages, 'message')} reach into part {spill.parts} by {count(spill.most, 'unit')} at most"
    return f"{what} (row {spill.line}); shortened by that they would save {_saved(spill.saving)}."


def _difference(sample: TextSample) -> str:
    lines = difflib.ndiff([sample.before.body], [sample.after.body])
    return "\n".join(f"  {line.rstrip()}" for line in lines)


def advice_json(advice: Advice, summary: PlanSummary) -> dict[str, object]:
    """The same for programs."""
    return {
        "rows": summary.rows,
        "messages": summary.messages,
        "parts": summary.parts,
        "ucs2_messages": advice.ucs2,
        "characters": [
            {
                "character": one.character,
                "instead": one.instead,
                "typographic": one.typographic,
                "proposed": one.proposed,
                "messages": one.messages,
                "origins": dict(one.origins),
                "alone": _saving_json(one.alone),
                "first_row": one.line,
            }
            for one in advice.characters
        ],
        "typography": _saving_json(advice.typography),
        "typography_and_letters": _saving_json(advice.everything),
        "spills": [
            {
                "into_part": one.parts,
                "messages": one.messages,
                "most_units": one.most,
                "row": one.line,
                **_saving_json(one.saving),
            }
            for one in advice.spills
        ],
    }


def _saving_json(saving: Saving) -> dict[str, object]:
    return {"messages": saving.messages, "parts": saving.parts, "credits": saving.credits}
