"""Every row of the file with what became of it: sent, not sent and why, or had in an earlier edition of the campaign."""

from __future__ import annotations

import heapq
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from functools import cache
from importlib import import_module
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Select, and_, func, select

from smscampaign.journal import schema
from smscampaign.journal.calls import tag_of
from smscampaign.journal.facts import stored_rates, text_of
from smscampaign.journal.fates import status_of
from smscampaign.journal.store import STREAM, Journal, Record
from smscampaign.journal.values import plain
from smscampaign.languages import ENGLISH
from smscampaign.model import Delivery, EditionKind, Reason, Recipient, Repair, RowResult, Status

#: What a refused or suppressed message would have cost is no cost; whether a cancelled one is paid back, OVHcloud does not
#: say.
_UNBILLED = (Status.REFUSED, Status.SUPPRESSED, Status.CANCELLED)

#: Of these a receipt says why.
_NOT_ARRIVED = (Delivery.FAILED.value, Delivery.UNKNOWN.value)

Why = Callable[[Any], str]


def answers(
    journal: Journal, record: Record, *, running: bool = False, language: str = ENGLISH
) -> Iterator[RowResult]:
    """One answer for each data row of the file, in the file's order; memory does not grow with their number.

    With `running`, what is pending is about to be sent, each message with the tag of its call. `language` is that of the
    reasons why messages did not arrive.
    """
    rates, why = stored_rates(journal, record), _explaining(journal, language)
    firsts: dict[int, RowResult] = {}
    if record.kind is EditionKind.RETRY:
        firsts = import_module("smscampaign.journal.retries").first_answers(journal, record, rates, why)
    # The results are closed by name: whoever needs no more than the first rows leaves them open on the server.
    with (
        journal.reading() as connection,
        journal.reading() as other,
        journal.reading() as third,
        connection.execute(_messages(record), execution_options=STREAM) as messages,
        other.execute(_rejections(record), execution_options=STREAM) as rejections,
    ):
        yield from heapq.merge(
            (
                _first(firsts, message_answer(row, record.tag, rates, running=running, why=why))
                for row in messages
            ),
            (_rejection_answer(row) for row in rejections),
            _earlier_answers(third, record, why),
            key=attrgetter("line"),
        )


def rejected(journal: Journal, record: Record) -> Iterator[RowResult]:
    """The answers of the rejected rows alone, in the file's order: those that cannot be sent, not those left out."""
    held = [one.value for one in Reason if one.status is not Status.REJECTED]
    question = _rejections(record).where(schema.rejection.c.reason.not_in(held))
    with (
        journal.reading() as connection,
        connection.execute(question, execution_options=STREAM) as rows,
    ):
        yield from map(_rejection_answer, rows)


def first_of_each_reason(journal: Journal, record: Record, each: int) -> Iterator[RowResult]:
    """Of each reason for which rows are not sent the first `each` of them, in the file's order."""
    rejection = schema.rejection.c
    place = func.row_number().over(partition_by=rejection.reason, order_by=rejection.line).label("place")
    found = (
        select(rejection.line, rejection.reason, rejection.detail, rejection.suggestion, place)
        .where(rejection.campaign == record.id)
        .subquery()
    )
    with journal.reading() as connection:
        rows = connection.execute(select(found).where(found.c.place <= each).order_by(found.c.line))
        yield from map(_rejection_answer, rows)


def _messages(record: Record) -> Select[Any]:
    fate = schema.fate.c
    return with_texts().where(fate.campaign == record.id).order_by(fate.line)


def with_texts() -> Select[Any]:
    """Messages with all that `message_answer` asks about them."""
    fate, text, receipt, repair = schema.fate, schema.text, schema.receipt, schema.repair
    return (
        select(
            *(fate.c[name] for name in ("line", "msisdn", "country", "call", "fate", "detail")),
            *(fate.c[name] for name in ("claimed_at", "receivers", "ids")),
            *(text.c.body, text.c.encoding, text.c.units, text.c.parts),
            *(receipt.c.id.label("sms_id"), receipt.c.delivery, receipt.c.delivered_at, receipt.c.ptt),
            repair.c.repair,
        )
        .select_from(fate)
        .join(text, and_(text.c.campaign == fate.c.campaign, text.c.id == fate.c.text))
        .outerjoin(receipt, and_(receipt.c.campaign == fate.c.campaign, receipt.c.line == fate.c.line))
        .outerjoin(repair, and_(repair.c.campaign == fate.c.campaign, repair.c.line == fate.c.line))
    )


def _rejections(record: Record) -> Select[Any]:
    rejection = schema.rejection.c
    return (
        select(rejection.line, rejection.reason, rejection.detail, rejection.suggestion)
        .where(rejection.campaign == record.id, rejection.edition.is_(None))
        .order_by(rejection.line)
    )


def _earlier(record: Record) -> Select[Any]:
    fate, campaign, rejection = schema.fate.c, schema.campaign.c, schema.rejection.c
    which = and_(rejection.edition == fate.campaign, rejection.edition_line == fate.line)
    return (
        with_texts()
        .join(schema.rejection, which)
        .join(schema.campaign, campaign.id == rejection.edition)
        .add_columns(
            *(rejection.line.label("here"), rejection.edition, campaign.tag),
            *(rejection.reason, rejection.detail.label("because")),
        )
        .where(rejection.campaign == record.id)
        .order_by(rejection.line)
    )


def _earlier_answers(connection: Connection, record: Record, why: Why) -> Iterator[RowResult]:
    """What the earlier messages became to those who had the campaign before, for their rows in this edition's file."""
    rate = schema.rate.c
    rejection = schema.rejection.c
    editions = select(rejection.edition).where(
        rejection.campaign == record.id, rejection.edition.is_not(None)
    )
    rates: dict[int, dict[str, Decimal]] = {}
    for row in connection.execute(
        select(rate.campaign, rate.country, rate.credits).where(rate.campaign.in_(editions))
    ):
        rates.setdefault(row.campaign, {})[row.country] = row.credits
    for row in connection.execute(_earlier(record), execution_options=STREAM):
        answer = message_answer(row, row.tag, rates.get(row.edition, {}), why=why)
        # Why it did not arrive, or was never sent, tells more than that it is not sent again.
        untold = row.reason != Reason.NOT_RETRIED and answer.delivery is not Delivery.FAILED
        reason = f"{Reason.ALREADY_SENT}: {row.because}" if untold else answer.reason
        yield replace(answer, line=row.here, reason=reason)


def _first(firsts: Mapping[int, RowResult], answer: RowResult) -> RowResult:
    """What became of the first message of a row whose retry was not sent, because that arrived after all."""
    first = firsts.get(answer.line)
    return answer if first is None else replace(first, line=answer.line, reason=answer.reason)


def message_answer(
    row: Any,
    tag: str,
    rates: Mapping[str, Decimal],
    *,
    running: bool = False,
    why: Why = lambda _: "",
) -> RowResult:
    """What the results tell of a message, by the tag and the rates of its edition; `why` tells why it did not arrive."""
    status = status_of(row.fate or "pending")
    if running and status is Status.PENDING:
        status = Status.RUNNING
    rate = rates.get(row.country)
    accepted = status is Status.ACCEPTED
    # Who is suppressed was in no call that was made.
    called = status is Status.RUNNING or (row.claimed_at and status is not Status.SUPPRESSED)
    return RowResult(
        line=row.line,
        status=status,
        reason=(why(row) if accepted and row.delivery in _NOT_ARRIVED else "" if accepted else row.detail)
        or "",
        recipient=Recipient(f"+{row.msisdn}", row.country),
        text=text_of(row),
        credits=None if rate is None or status in _UNBILLED else plain(rate * row.parts),
        tag=tag_of(tag, row.call) if called else "",
        id=row.sms_id or (_only_id(row) if accepted else None),
        sent_at=row.claimed_at if accepted else None,
        delivery=(Delivery(row.delivery) if row.delivery else Delivery.WAITING) if accepted else None,
        delivered_at=row.delivered_at,
        repair=Repair(row.repair) if row.repair else None,
        ptt=row.ptt,
    )


def _explaining(journal: Journal, language: str) -> Why:
    """Why a message did not arrive. What tells it is loaded, by its name, with the first that did not: a dry run has none."""

    @cache
    def explained(delivery: str, code: int | None) -> str:
        told: str = import_module("smscampaign.journal.reasons").explained(
            journal, Delivery(delivery), code, language
        )
        return told

    return lambda row: explained(row.delivery, row.ptt)


def _only_id(row: Any) -> int | None:
    # With several receivers nobody says which id is whose; with one there is nothing to mistake.
    ids = json.loads(row.ids) if row.receivers == 1 and row.ids else []
    return ids[0] if len(ids) == 1 else None


def _rejection_answer(row: Any) -> RowResult:
    reason = Reason(row.reason)
    told = f"{reason}: {row.detail}"
    return RowResult(line=row.line, status=reason.status, reason=told, suggestion=row.suggestion)
