"""What became of the people of a campaign, in the words that a follow-up names them by (`segments.WORDS`)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence

from sqlalchemy import and_, select

from smscampaign.journal import aftermath, schema
from smscampaign.journal.fates import OPEN
from smscampaign.journal.store import Journal, Record
from smscampaign.model import Delivery

_fate, _receipt, _reply = schema.fate.c, schema.receipt.c, aftermath.reply.c


def fates_of(
    journal: Journal, editions: Sequence[Record], numbers: Collection[int]
) -> dict[int, frozenset[str]]:
    """Of each number that had a message planned in these editions, what is true of it.

    Of one with several messages all that is true of one of them, but `failed` and `waiting` only where none was delivered.
    """
    ids = [one.id for one in editions]
    question = (
        select(_fate.msisdn, _fate.fate, _receipt.delivery)
        .outerjoin(schema.receipt, and_(_receipt.campaign == _fate.campaign, _receipt.line == _fate.line))
        .where(_fate.campaign.in_(ids), _fate.msisdn.in_(numbers))
    )
    said = select(_reply.msisdn, _reply.stop).where(_reply.campaign.in_(ids), _reply.msisdn.in_(numbers))
    found: dict[int, set[str]] = defaultdict(set)
    with journal.reading() as connection:
        for msisdn, fate, delivery in connection.execute(question):
            found[msisdn] |= _words(fate, delivery)
        if aftermath.has(connection, aftermath.reply):
            for msisdn, stop in connection.execute(said.distinct()):
                found[msisdn].add("stopped" if stop else "replied")
    return {one: frozenset(words - _LESS if "delivered" in words else words) for one, words in found.items()}


#: What is not true of somebody who had the message after all.
_LESS = {"failed", "waiting"}


def _words(fate: str, delivery: str | None) -> set[str]:
    if fate in OPEN:
        return {"in-doubt"}
    if fate != "accepted":
        return {fate} & {"refused"}
    last = {Delivery.DELIVERED.value, Delivery.FAILED.value, Delivery.UNKNOWN.value}
    return {"accepted", *({delivery} & {"delivered", "failed"} if delivery in last else {"waiting"})}
