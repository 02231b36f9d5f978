"""The last look before anything leaves: can the account be used, and does it have the credits?"""

from __future__ import annotations

from dataclasses import dataclass

from smscampaign.errors import GatewayProblem
from smscampaign.gateway import Gateway
from smscampaign.model import Account
from smscampaign.pricing import Forecast


@dataclass(frozen=True, slots=True)
class Preflight:
    """What was looked at before sending: the account, if the keys may see it, and what a person should know."""

    account: Account | None
    notes: tuple[str, ...]


def preflight(gateway: Gateway, forecast: Forecast) -> Preflight:
    """Look at the account before anything leaves. Raises `GatewayProblem` when the campaign cannot be paid or sent."""
    try:
        account = gateway.account()
    except GatewayProblem as problem:
        if problem.code != "NOT_GRANTED_CALL":
            raise
        return Preflight(
            None, ("The keys may not see the account (GET /sms/*), so its credits were not checked.",)
        )
    if account.status != "enable":
        raise GatewayProblem(f"the account is not usable: its status is {account.status}", where=account.name)
    if account.credits_left < forecast.credits or (account.credits_left <= 0 and forecast.unknown):
        raise GatewayProblem(
            f"not enough credits: {account.credits_left} left, and what is to be sent takes {forecast.credits}",
            where=account.name,
            remedy="Buy credits, or send fewer rows with --limit N. Nothing was sent.",
        )
    return Preflight(account, ())
