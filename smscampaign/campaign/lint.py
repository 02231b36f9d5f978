"""What is allowed and still unwise about a plan: the linter's rules over its texts and its settings."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime

from smscampaign.advice import linter
from smscampaign.advice.catalogue import CATALOGUE, DAMAGED
from smscampaign.advice.damage import SIGNS
from smscampaign.advice.linter import Finding, LintFacts, Seen
from smscampaign.campaign.plans import Plan
from smscampaign.errors import SettingsProblem
from smscampaign.journal import facts as journal_facts
from smscampaign.model import Sender


def check(
    plan: Plan,
    *,
    senders: Iterable[Sender] | None = None,
    repeated: Collection[str] = (),
    now: datetime | None = None,
    most: int | None = None,
) -> list[Finding]:
    """The findings about a plan; `senders` are the account's where somebody asked, `repeated` who got the text lately.

    `most` is the number of distinct texts that are looked at; None is all of them.
    """
    settings = plan.campaign.settings
    facts = LintFacts(
        message=settings.message or "",
        sender=settings.sender,
        advertiser=settings.advertiser,
        marketing=settings.stop_clause,
        validity=settings.sending.validity,
        leaves=settings.sending.send_at or now or plan.store.clock(),
        countries=frozenset(one.country for one in plan.summary.countries),
        parts_warning=settings.limits.parts_warning,
        senders=None if senders is None else tuple(senders),
        repeated=tuple(repeated),
        columns=tuple(plan.campaign.source.names),
        alike=_alike(plan) if settings.once_per else (0, ""),
    )
    found = linter.lint(facts, _seen(plan, most), ignore=settings.lint.ignore)
    known = {DAMAGED.id} & {*settings.lint.ignore, *(one.code for one in found)}
    if most is not None and plan.summary.texts > most and plan.summary.ucs2 and not known:
        # Damaged letters stop a run: they are looked for in every text, by the signs that they leave.
        others = CATALOGUE.keys() - {DAMAGED.id}
        odd = [one for one in linter.lint(facts, _seen(plan, None, SIGNS), ignore=others) if one.line]
        found = [*odd, *found]
    return found


def rules(named: object) -> frozenset[str]:
    """The rules of the linter that somebody named to overrule. Raises `SettingsProblem` for what is none."""
    given = [named] if isinstance(named, str) else named if isinstance(named, Iterable) else [named]
    codes = [one.strip().upper() if isinstance(one, str) else one for one in given]
    for one in codes:
        if one not in CATALOGUE:
            raise SettingsProblem(
                f"{one!r} is no rule that could be overruled"
                if isinstance(one, str)
                else "a rule is named by a text",
                where="overrule",
                remedy='Name what the plan calls an error by its code: overrule=["SMS003"].',
            )
    return frozenset(map(str, codes))


def _alike(plan: Plan) -> tuple[int, str]:
    """How many keys of one number look like one, in the plan and among those that were had, and the first of them."""
    from smscampaign.journal import nights  # most campaigns have no keys

    found = nights.alike(plan.store, plan.record)
    words = ""
    if found:
        line, other, edition = found[0]
        words = f"row {line} and row {other}" + (f" of edition {edition}" if edition else "")
        words += " are to one number, and their once_per differs by zeros or punctuation only"
    return len(found), words


def _seen(plan: Plan, most: int | None, holding: Collection[str] = ()) -> Iterator[Seen]:
    uses = journal_facts.text_uses(
        plan.store,
        plan.record,
        most=most,
        holding=holding,
        unshared=plan.summary.texts == plan.summary.messages,
    )
    for text, line, messages in uses:
        yield Seen(text.body, text.encoding, text.parts, line, messages)
