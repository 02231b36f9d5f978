"""Rules about a campaign as a whole: its sender, its countries, its hours."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from smscampaign.advice import catalogue as rules
from smscampaign.advice.findings import Finding, LintFacts, Rule, Severity
from smscampaign.compliance import leaves_at

#: What every example of OVHcloud's API says, and what is taken where nothing is set. Source: help.ovhcloud.com.
USUAL_VALIDITY = 2880


def check(facts: LintFacts) -> Iterator[Finding]:
    """Every finding about the campaign itself."""
    yield from _sender(facts)
    yield from _advertiser(facts)
    yield from _hours(facts)
    if "US" in facts.countries:
        severity = Severity.ERROR if facts.marketing else rules.USA.severity
        yield _of(rules.USA, "some rows go to the United States", "countries", severity=severity)
    number, first = facts.alike
    if number:
        more = f", and {number - 1} more" if number > 1 else ""
        yield _of(rules.ALIKE, f"{first}{more}", "once_per")
    for words in facts.repeated:
        yield _of(rules.REPEATED, words, "recipients")


def _sender(facts: LintFacts) -> Iterator[Finding]:
    sender = facts.sender
    if sender is None:
        return
    if sender.isdigit():
        what = (
            f"{sender!r} is digits only: a number that writes is given in E.164, such as +33 and nine digits"
        )
        yield _of(rules.SENDER, what, "sender")
    elif not sender.startswith("+") and not re.fullmatch(r"[A-Za-z0-9 .&_-]{3,11}", sender):
        yield _of(rules.SENDER, f"{sender!r} has other signs than letters, digits and spaces", "sender")
    if facts.senders is None:
        return
    known = {one.name: one.status for one in facts.senders}
    if sender not in known:
        usable = ", ".join(one.name for one in facts.senders if one.status == "enable") or "none"
        yield _of(rules.SENDER, f"the account has no sender {sender!r}; usable are: {usable}", "sender")
    elif known[sender] != "enable":
        yield _of(rules.SENDER, f"the status of {sender!r} is {known[sender]}, not enable", "sender")


def _advertiser(facts: LintFacts) -> Iterator[Finding]:
    named = facts.sender is not None and not facts.sender.lstrip("+").isdigit()
    if facts.marketing and not named and not facts.advertiser:
        what = "it comes from a number, and the settings do not name the advertiser who has to be named in the text"
        yield _of(rules.ADVERTISER, what, "advertiser")


def _hours(facts: LintFacts) -> Iterator[Finding]:
    if not facts.marketing or "FR" not in facts.countries:
        return
    leaves = leaves_at(facts.leaves)
    held = leaves - facts.leaves
    if held <= timedelta(0):
        return
    if held > timedelta(minutes=facts.validity or USUAL_VALIDITY):
        minutes = f"{facts.validity or USUAL_VALIDITY} minutes"
        usual = "" if facts.validity else " (OVHcloud's usual one)"
        what = f"held until {_said(leaves)}, and its validity of {minutes}{usual} is over before"
        yield _of(rules.VALIDITY, what, "sending.validity")
    else:
        yield _of(rules.HELD, f"OVHcloud holds it until {_said(leaves)}", "sending.send_at")


def _said(moment: datetime) -> str:
    return f"{moment:%A, %Y-%m-%d %H:%M} (Paris)"


def _of(rule: Rule, what: str, where: str, *, severity: Severity | None = None) -> Finding:
    return Finding(rule.id, severity or rule.severity, what, where, rule.remedy)
