"""What became of each number's messages, in the numbers' order: of those of which there is a last word."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import and_, select

from smscampaign.causes import Failure
from smscampaign.journal import schema
from smscampaign.journal.store import STREAM, Journal
from smscampaign.model import Delivery

_fate, _receipt = schema.fate.c, schema.receipt.c
_FINAL = (Delivery.DELIVERED.value, Delivery.FAILED.value)


class Met(NamedTuple):
    """One message to a number: when its call was made, whether it was delivered and when; else why not, and if for good."""

    msisdn: int
    at: datetime
    delivered: bool
    delivered_at: datetime | None
    cause: str
    lasting: bool


def met(journal: Journal, failures: Mapping[int, Failure]) -> Generator[Met, None, None]:
    """The messages of all campaigns of a journal that were delivered or failed; `failures` are what codes mean."""
    question = (
        select(_fate.msisdn, _fate.claimed_at, _receipt.delivery, _receipt.delivered_at, _receipt.ptt)
        .join(schema.receipt, and_(_receipt.campaign == _fate.campaign, _receipt.line == _fate.line))
        .where(_fate.fate == "accepted", _receipt.delivery.in_(_FINAL), _fate.claimed_at.is_not(None))
        .order_by(_fate.msisdn)
    )
    with journal.reading() as connection, connection.execute(question, execution_options=STREAM) as rows:
        for row in rows:
            delivered = row.delivery == Delivery.DELIVERED.value
            why = None if delivered or row.ptt is None else failures.get(row.ptt)
            cause = why.cause.value if why else "" if delivered else "unknown"
            lasting = bool(why and why.lasting)
            yield Met(row.msisdn, row.claimed_at, delivered, row.delivered_at, cause, lasting)
