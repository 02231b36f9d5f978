"""Whether an account can be used: keys, rights, clock, credits, sender. What a plan adds to it, the gates find."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from smscampaign.advice.findings import Finding, Severity
from smscampaign.campaign.gates import unusable
from smscampaign.drawing import count, duration
from smscampaign.errors import GatewayProblem
from smscampaign.gateway.clients import KEYS_ARE_MADE_AT
from smscampaign.model import Account
from smscampaign.ways import Way

#: What each right is for; without the first nothing can be sent.
RIGHTS = (
    ("POST", "/sms/*/jobs", "nothing can be sent"),
    ("GET", "/sms/*", "the account and its credits are not seen"),
    ("GET", "/sms/*/outgoing", "what was cut off stays in doubt, and there are no receipts"),
    ("GET", "/sms/*/outgoing/*", "what was cut off stays in doubt, and there are no receipts"),
    ("GET", "/sms/*/jobs", "what waits is not seen"),
    ("GET", "/sms/*/jobs/*", "what waits is not seen"),
    ("GET", "/sms/*/senders/*", "senders are not seen"),
    ("DELETE", "/sms/*/jobs/*", "`cancel` deletes nothing that waits"),
    ("GET", "/me/document/*", "receipts are read one by one"),
    ("GET", "/me", "what a campaign costs is told in credits only"),
)
_SEND = RIGHTS[0]
#: Those that are tried where the keys may not ask which they have.
_TRIED = {"/sms/*/outgoing": "outgoing", "/sms/*/jobs": "jobs"}

#: A clock that is off by more is told: times in the results are this computer's.
OFF = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class AccountCheck:
    """What is fine, in words, and what is not; `way` leads to the account, None where it could not be opened."""

    fine: tuple[str, ...]
    found: tuple[Finding, ...]
    way: Way | None


def check_account(open_way: Callable[[], Way], *, sender: str | None) -> AccountCheck:
    """Look at the account that `open_way` leads to, and at the sender of a campaign, if there is one. Never raises
    `GatewayProblem`: that is what it finds.
    """
    fine: list[str] = []
    found: list[Finding] = []
    way = None
    try:
        way = open_way()
        for one in _looked_at(way, sender):
            if isinstance(one, Finding):
                found.append(one)
            else:
                fine.append(one)
    except GatewayProblem as problem:
        found.append(Finding("keys", Severity.STOP, problem.what, problem.where, problem.remedy))
    return AccountCheck(tuple(fine), tuple(found), way)


def _looked_at(way: Way, sender: str | None) -> Iterator[str | Finding]:
    yield from _account(way)
    yield from _rights(way)
    yield from _clock(way.carrier.ahead)
    yield from _sender(way, sender)


def _account(way: Way) -> Iterator[str | Finding]:
    try:
        account: Account = way.account()
    except GatewayProblem as problem:
        if not problem.lacks_right:
            raise
        yield f"the keys sign in; the account is {way.carrier.service}"
        return  # the rights tell it
    if found := list(unusable(account)):
        yield from found
        return
    yield f"the keys sign in; account {account.name} holds {count(account.credits_left, 'credit')}"
    if account.credits_left <= 0:
        yield Finding("credits", Severity.ERROR, "the account has no credits", account.name, "Buy credits.")


def _rights(way: Way) -> Iterator[str | Finding]:
    """Which rights are missing, where OVHcloud tells what the keys may do."""
    held, service = way.carrier.rights(), way.carrier.service
    if held is None:
        missing = [one for one in RIGHTS if one[1] in _TRIED and not way.carrier.may_list(_TRIED[one[1]])]
        yield "whether the keys may send shows with the first message: they may not ask for their own rights"
    else:
        missing = [one for one in RIGHTS if not any(_covers(rule, one[:2], service) for rule in held)]
        if not missing:
            yield "the keys have every right that is needed"
    for consequence in dict.fromkeys(words for _, _, words in missing):
        lacking = ", ".join(f"{method} {path}" for method, path, words in missing if words == consequence)
        severity = Severity.STOP if consequence == _SEND[2] else Severity.WARNING
        yield Finding("rights", severity, f"the keys lack {lacking}: {consequence}", remedy=_new_keys())


def _covers(rule: tuple[str, str], right: tuple[str, str], service: str) -> bool:
    """Whether a rule of a key covers a right on an account; in a rule `*` stands for anything."""
    method, path = right
    asked = path.replace("*", service, 1).replace("*", "1")
    pattern = ".*".join(map(re.escape, rule[1].split("*")))
    return rule[0] == method and re.fullmatch(pattern, asked) is not None


def _new_keys() -> str:
    return f"Make keys that have all of them:\n{KEYS_ARE_MADE_AT}"


def _clock(ahead: timedelta) -> Iterator[str | Finding]:
    if abs(ahead) <= OFF:
        yield "this computer's clock agrees with OVHcloud's"
        return
    minutes, side = (
        duration(abs(ahead) / timedelta(minutes=1)),
        "behind" if ahead > timedelta(0) else "ahead of",
    )
    what = f"this computer's clock is {minutes} {side} OVHcloud's: times in the results are off by that"
    yield Finding("clock", Severity.WARNING, what, remedy="Set the clock, or let it be set from the network.")


def _sender(way: Way, sender: str | None) -> Iterator[str | Finding]:
    try:
        known = {one.name: one.status for one in way.carrier.senders()}
    except GatewayProblem as problem:
        if not problem.lacks_right:
            raise
        return  # the rights tell it
    usable = [name for name, status in known.items() if status == "enable"]
    if sender is None:
        yield f"senders that can be used: {', '.join(usable) or 'none, so that a short number writes'}"
    elif known.get(sender) == "enable":
        yield f"the sender {sender} can be used"
    else:
        status = f"its status is {known[sender]}" if sender in known else "the account has no such sender"
        remedy = f"Those that can be used: {', '.join(usable) or 'none'}. `smscampaign senders --add NAME` asks for one."
        yield Finding(
            "sender", Severity.ERROR, f"the sender {sender} cannot be used: {status}", remedy=remedy
        )
