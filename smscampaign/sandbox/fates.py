"""What becomes of an accepted message, as a function of its call, its id and the clock: nothing is stored, nothing runs.

Receipts follow OVHcloud's published meanings of `deliveryReceipt`: 0 pending, 1 delivered, 2 failed, 4 waiting.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from smscampaign.sandbox.settings import Sandbox
    from smscampaign.sandbox.store import Call

PENDING, DELIVERED, FAILED, WAITING = 0, 1, 2, 4
# The sandbox's own short list in the spirit of `GET /sms/ptts`: code → comment, description, duration.
PTTS = {
    0: ("Pending", "The message has not been handed to the operator yet", "temporary"),
    3: ("Accepted", "The operator took the message and has not reported yet", "temporary"),
    4: ("Delivered", "The message reached the phone", "permanent"),
    23: ("Absent subscriber", "The number cannot be reached at all", "permanent"),
    24: ("Absent subscriber", "The phone is switched off or out of reach for now", "temporary"),
    1999: ("Template missing", "The text matches no approved template for this country", "permanent"),
}


@dataclass(frozen=True, slots=True)
class Fate:
    """Where a message stands; times in seconds since the epoch, None while they lie ahead."""

    receipt: int
    ptt: int
    sent_at: float | None
    delivered_at: float | None


_AHEAD = Fate(PENDING, 0, None, None)


def fate(call: Call, message: int, *, now: float, settings: Sandbox) -> Fate:
    """The fate at `now`: it leaves when due, waits, and is delivered or fails after half to one and a half delays."""
    if now < call.due:
        return _AHEAD
    final = call.due + settings.receipt_delay * (0.5 + chance(message, settings.seed))
    if now < (call.due + final) / 2:
        return Fate(PENDING, 0, call.due, None)
    if now < final:
        return Fate(WAITING, 3, call.due, None)
    if chance(message, settings.seed + 1) < settings.failed_share:
        return Fate(FAILED, 23, call.due, None)
    return Fate(DELIVERED, 4, call.due, final)


def chance(message: int, seed: int) -> float:
    """A number in 0 … 1 that looks random and depends on nothing but the message and the seed."""
    # A multiplicative hash (Knuth's 2^32 / golden ratio) with its high bits folded down: a few hundred ns, no state.
    mixed = (message * 2654435761 + seed * 40503) & 0xFFFFFFFF
    mixed = ((mixed ^ mixed >> 15) * 2246822519) & 0xFFFFFFFF
    return (mixed ^ mixed >> 13) / 2**32
