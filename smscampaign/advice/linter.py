"""Linting: what is allowed and still unwise, by rules with stable ids."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from smscampaign.advice import campaign_rules, text_rules
from smscampaign.advice.catalogue import CATALOGUE
from smscampaign.advice.findings import Finding, LintFacts, Rule, Seen, Severity

_ORDER = {severity: place for place, severity in enumerate(Severity)}


@dataclass(slots=True)
class _Hits:
    """What a rule about texts found: messages by what it said, and the first row."""

    rule: Rule
    line: int
    said: Counter[str] = field(default_factory=Counter)


def lint(facts: LintFacts, seen: Iterable[Seen], *, ignore: Collection[str] = ()) -> list[Finding]:
    """Every finding about a campaign and its distinct texts, the gravest first; one for each rule about texts.

    The texts stream: memory grows with what is found, by rule and by kind, not with the file.
    """
    wanted = [(rule, check) for rule, check in text_rules.checks(facts) if rule.id not in ignore]
    hits: dict[str, _Hits] = {}
    for one in seen:
        for rule, check in wanted:
            said = check(one)
            if said is None:
                continue
            hit = hits.setdefault(rule.id, _Hits(rule, one.line))
            hit.line = min(hit.line, one.line)
            # Beyond some kinds the rest is counted together: a cell can hold anything.
            hit.said[said if said in hit.said or len(hit.said) < 100 else "…"] += one.messages
    found = [one for one in campaign_rules.check(facts) if one.code not in ignore]
    found += [_told(hit) for hit in hits.values()]
    return sorted(found, key=lambda one: (_ORDER[one.severity], one.code))


def _told(hit: _Hits) -> Finding:
    most = ", ".join(said for said, _ in hit.said.most_common(3))
    others = len(hit.said) - 3
    what = f"{hit.rule.title}: {most}{f' and {others} more' if others > 0 else ''}"
    return Finding(
        hit.rule.id,
        hit.rule.severity,
        what,
        f"row {hit.line}",
        hit.rule.remedy,
        messages=hit.said.total(),
        line=hit.line,
    )


__all__ = ["CATALOGUE", "Finding", "LintFacts", "Rule", "Seen", "Severity", "lint"]
