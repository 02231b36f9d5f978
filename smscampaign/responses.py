"""What comes back after a message was accepted: its receipt, and what somebody answered.

OVHcloud's codes are translated at the gateway; https://eu.api.ovh.com/1.0/sms.json lists them.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from smscampaign.model import Delivery, DeliveryReceipt

#: After these nothing more comes.
FINAL = frozenset({Delivery.DELIVERED, Delivery.FAILED})

#: How much a receipt knows. Of two that are final and contradict each other, the one of a phone that showed it holds.
_KNOWS = (Delivery.WAITING, Delivery.UNKNOWN, Delivery.FAILED, Delivery.DELIVERED)
_NEVER = datetime.max.replace(tzinfo=UTC)


def furthest(one: DeliveryReceipt, other: DeliveryReceipt) -> DeliveryReceipt:
    """Which of two receipts of one message holds, in whatever order they came: a status never goes backwards."""
    return max(one, other, key=_known)


def _known(one: DeliveryReceipt) -> tuple[object, ...]:
    # After how much is said there is one order for all, so that nothing depends on which came first.
    at, left = ((each or _NEVER).timestamp() for each in (one.delivered_at, one.left_at))
    return (_KNOWS.index(one.delivery), -at, -left, one.ptt or 0, one.operator, one.id)


class Ptt(NamedTuple):
    """What a code of a receipt means, as OVHcloud says it (`GET /sms/ptts`); `duration` is permanent, temporary or else."""

    code: int
    comment: str
    description: str
    duration: str


#: Codes of ours, where OVHcloud has none: what can no longer be known, because its history is over or never showed it.
HISTORY_OVER, NEVER_SHOWN = -1, -2


class Incoming(NamedTuple):
    """What somebody answered, by OVHcloud's id: from which number (E.164), when, under the tag of which call, if any."""

    id: int
    msisdn: str
    at: datetime
    text: str
    tag: str = ""
