"""What becomes of an accepted message, as a function of its call, its id and the clock: nothing is stored, nothing runs.

Receipts follow OVHcloud's published meanings of `deliveryReceipt`: 0 pending, 1 delivered, 2 failed, 4 waiting, 8 buffered
(by the operator, because the phone cannot be reached for now).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from smscampaign.sandbox.settings import Sandbox
    from smscampaign.sandbox.store import Call

PENDING, DELIVERED, FAILED, WAITING, BUFFERED = 0, 1, 2, 4, 8
_NOBODY, _UNREACHABLE, _EXPIRED = 23, 24, 25
# The sandbox's own short list in the spirit of `GET /sms/ptts`: code → comment, description, duration.
PTTS = {
    0: ("Pending", "The message has not been handed to the operator yet", "temporary"),
    3: ("Accepted", "The operator took the message and has not reported yet", "temporary"),
    4: ("Delivered", "The message reached the phone", "permanent"),
    _NOBODY: ("Absent subscriber", "The number cannot be reached at all", "permanent"),
    _UNREACHABLE: ("Absent subscriber", "The phone is switched off or out of reach for now", "temporary"),
    _EXPIRED: ("Expired", "The validity of the message ended before it could leave", "indeterminated"),
    1999: ("Template missing", "The text matches no approved template for this country", "permanent"),
}
_MINUTE = 60
# 48 hours, the validity in OVHcloud's examples: for a message without one of its own.
_USUAL_VALIDITY = 2880
_SOONEST = 300.0


@dataclass(frozen=True, slots=True)
class Fate:
    """Where a message stands; times in seconds since the epoch, None while they lie ahead."""

    receipt: int
    ptt: int
    sent_at: float | None
    delivered_at: float | None


@dataclass(frozen=True, slots=True)
class End:
    """How a message ends: its last receipt, the reason, when, and since when the operator reports anything."""

    receipt: int
    ptt: int
    time: float
    reported: float


_AHEAD = Fate(PENDING, 0, None, None)


def fate(call: Call, message: int, *, now: float, settings: Sandbox) -> Fate:
    """The fate at `now`: it leaves when due, waits for a receipt, perhaps a long time, and is delivered or fails."""
    if now < call.due:
        return _AHEAD
    last = end(call, message, settings)
    if now >= last.time:
        delivered = last.time if last.receipt == DELIVERED else None
        return Fate(last.receipt, last.ptt, None if call.lapsed else call.due, delivered)
    if now >= last.reported:
        return Fate(BUFFERED, _UNREACHABLE, call.due, None)
    if now < (call.due + last.reported) / 2:
        return Fate(PENDING, 0, call.due, None)
    return Fate(WAITING, 3, call.due, None)


def end(call: Call, message: int, settings: Sandbox) -> End:
    """How a message will end. It is known from the beginning, so the clock may be moved at will."""
    if call.lapsed:
        return End(FAILED, _EXPIRED, call.due, call.due)
    reported = call.due + settings.receipt_delay * (0.5 + chance(message, settings.seed))
    expiry = max(reported, expires(call))
    lot = chance(message, settings.seed + 1) - settings.failed_share
    if lot < 0:
        return End(FAILED, _NOBODY, reported, reported)
    if lot < settings.unreachable_share:
        return End(FAILED, _UNREACHABLE, expiry, reported)
    if lot < settings.unreachable_share + settings.delayed_share:
        later = reported + _SOONEST + settings.longest_delay * chance(message, settings.seed + 2)
        if later > expiry:
            return End(FAILED, _UNREACHABLE, expiry, reported)
        return End(DELIVERED, 4, later, reported)
    return End(DELIVERED, 4, reported, reported)


def expires(call: Call) -> float:
    """When a message that has not arrived is dropped: its validity counts from the moment it was wanted to leave."""
    validity = call.validity or _USUAL_VALIDITY
    return call.created + (call.differed + validity) * _MINUTE


def chance(message: int, seed: int) -> float:
    """A number in 0 … 1 that looks random and depends on nothing but the message and the seed."""
    # A multiplicative hash (Knuth's 2^32 / golden ratio) with its high bits folded down: a few hundred ns, no state.
    mixed = (message * 2654435761 + seed * 40503) & 0xFFFFFFFF
    mixed = ((mixed ^ mixed >> 15) * 2246822519) & 0xFFFFFFFF
    return (mixed ^ mixed >> 13) / 2**32
