"""Whom a plan is for: what speaks for it that people get it who are not meant, or that some are left out who are."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from smscampaign.advice.findings import Finding, Severity
from smscampaign.blocks import Block
from smscampaign.campaign.notices import LOOKED_AT, unused_consent
from smscampaign.campaign.plans import Plan
from smscampaign.campaign.proposals import region_of
from smscampaign.message.selection import compile_selection
from smscampaign.model import Reason
from smscampaign.names import ColumnNames
from smscampaign.recipients.sources import Source

# What many numbers of another country are in the campaign's own.
_ODD = frozenset({Reason.NUMBER_INVALID, Reason.NUMBER_TOO_LONG, Reason.NUMBER_TOO_SHORT})

# Spellings of a word that are told.
_FEW = 6


def findings(plan: Plan) -> Iterator[Finding]:
    """What a person should look at before saying yes; nothing of it stops a run."""
    odd = sum(one.count for one in plan.summary.not_sent if one.reason in _ODD)
    campaign, settings = plan.campaign, plan.campaign.settings
    source = campaign.source
    if odd > plan.summary.messages and (hint := region_of(source)) and hint.value != settings.region:
        what = f"Most numbers are none of {settings.region}. {hint.why}: --region {hint.value}"
        yield Finding("region-unlikely", Severity.WARNING, what, campaign.places["region"])
    if not plan.summary.messages:
        return
    left = unused_consent(source, settings.where or "", settings.message or "")
    if left is not None:
        are = "are" if len(left.columns) > 1 else "is"
        what = f"{left.said} and {are} not used, so that everybody gets it: {left.remedy}"
        yield Finding("consent-unused", Severity.WARNING, f"{what[0].upper()}{what[1:]}", source.name)
    if settings.where and (what := _other_spellings(source, settings.where)):
        yield Finding("where-spellings", Severity.WARNING, what, campaign.places["where"])


def _other_spellings(source: Source, where: str) -> str:
    """The words that `where` selects in one spelling and not in another: `oui`, and not `Oui`; empty where there are none.

    What would be selected if it were spelled alike is counted, so that what a row is left out for otherwise plays no part.
    """
    names = source.names
    block = Block.of_rows([row for row in islice(source.rows(), LOOKED_AT) if len(row.fields) == len(names)])
    if not len(block):
        return ""
    selection = compile_selection(where, names)
    out = selection.passed_over(block.columns)
    for place in selection.columns:
        cells = block.columns[place]
        chosen = {_one_word(cell): cell for at, cell in enumerate(cells) if at not in out and cell.strip()}
        alike = list(block.columns)
        alike[place] = [chosen.get(_one_word(cell), cell) for cell in cells]
        missed = sorted(out.keys() - selection.passed_over(alike).keys())
        spelled = list(dict.fromkeys(cells[at] for at in missed))
        if 0 < len(spelled) <= _FEW:
            name = ColumnNames(names).word(place)
            are, said = "are" if len(spelled) > 1 else "is", " and ".join(f"“{one}”" for one in spelled)
            return (
                f"{said} of “{names[place]}” ({len(missed)} of the first {len(block)} rows) {are} not selected,"
                f" and “{chosen[_one_word(spelled[0])]}” is. To take them for one word"
                f" compare {name} | trim | lower with small letters"
            )
    return ""


def _one_word(cell: str) -> str:
    return " ".join(cell.split()).casefold()
