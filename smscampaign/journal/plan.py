"""Writing a plan: rows in blocks as they come, then the seal that makes the calls out of them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from smscampaign.journal import schema
from smscampaign.journal.store import STREAM, Journal, Record
from smscampaign.model import (
    CountryCount,
    Encoding,
    Message,
    Planned,
    PlanSummary,
    Reason,
    ReasonCount,
    Rejection,
    Text,
)

#: Texts remembered while planning. A template without columns has one; personalised texts rarely come back, and the few
#: that do after more than this many others are found again when the plan is sealed.
TEXTS_REMEMBERED = 10_000


class PlanWriter:
    """Takes the planned rows of one campaign into the journal; memory does not grow with their number."""

    def __init__(self, journal: Journal, record: Record) -> None:
        self._journal = journal
        self._campaign = record.id
        self._text_ids: dict[str, int] = {}
        self._texts = 0
        self._forgotten = False
        self._kinds: Counter[tuple[str, Encoding, int]] = Counter()
        self._reasons: Counter[Reason] = Counter()
        self._examples: dict[Reason, Rejection] = {}

    def add(self, block: Sequence[Planned]) -> None:
        """One durable block. Of several messages to one number the first stays, the others become suppressed rows."""
        messages = [one for one in block if type(one) is Message]
        rejections = [one for one in block if type(one) is Rejection]
        with self._journal.writing() as connection:
            messages, duplicates = self._one_each(connection, messages)
            rejections += duplicates
            texts: list[dict[str, Any]] = []
            rows = [self._message_row(one, texts) for one in messages]
            if texts:
                connection.execute(insert(schema.text), texts)
            if rows:
                connection.execute(insert(schema.message), rows)
            if rejections:
                connection.execute(insert(schema.rejection), [self._rejection_row(one) for one in rejections])

    def seal(self, *, receivers_per_call: int, width: int, blank: int) -> PlanSummary:
        """Group equal texts into calls and close the plan, all in one transaction: a plan is sealed whole or not at all.

        `width` is the largest number of cells in a row, `blank` the number of empty rows passed over.
        """
        with self._journal.writing() as connection:
            if self._forgotten:
                self._texts -= _merge_equal_texts(connection, self._campaign)
            chunks = 0
            for block in _blocks(self._chunks(connection, receivers_per_call), 2000):
                connection.execute(insert(schema.chunk), block)
                chunks += len(block)
            summary = self._summary(chunks, width, blank)
            connection.execute(
                update(schema.campaign)
                .where(schema.campaign.c.id == self._campaign)
                .values(
                    sealed_at=self._journal.clock(), summary=json.dumps(asdict(summary), ensure_ascii=False)
                )
            )
        return summary

    def _one_each(
        self, connection: Connection, messages: list[Message]
    ) -> tuple[list[Message], list[Rejection]]:
        numbers = [int(one.recipient.msisdn) for one in messages]
        if not numbers:
            return [], []
        table = schema.message
        taken: dict[int, int] = {
            row.msisdn: row.line
            for row in connection.execute(
                select(table.c.msisdn, table.c.line).where(
                    table.c.campaign == self._campaign, table.c.msisdn.in_(numbers)
                )
            )
        }
        first: list[Message] = []
        others: list[Rejection] = []
        for number, one in zip(numbers, messages, strict=True):
            winner = taken.setdefault(number, one.line)
            if winner == one.line:
                first.append(one)
            else:
                detail = f"the same number as row {winner}, which gets the message"
                others.append(Rejection(one.line, Reason.DUPLICATE, detail))
        return first, others

    def _message_row(self, one: Message, texts: list[dict[str, Any]]) -> dict[str, Any]:
        text = one.text
        self._kinds[one.recipient.country, text.encoding, text.parts] += 1
        identity = self._text_ids.get(text.body)
        if identity is None:
            identity = self._remember(text, texts)
        return {
            "campaign": self._campaign,
            "line": one.line,
            "msisdn": int(one.recipient.msisdn),
            "country": one.recipient.country,
            "text": identity,
        }

    def _remember(self, text: Text, texts: list[dict[str, Any]]) -> int:
        if len(self._text_ids) >= TEXTS_REMEMBERED:
            self._text_ids.clear()
            self._forgotten = True
        self._texts += 1
        self._text_ids[text.body] = self._texts
        texts.append(
            {
                "campaign": self._campaign,
                "id": self._texts,
                "body": text.body,
                "encoding": text.encoding.value,
                "units": text.units,
                "parts": text.parts,
            }
        )
        return self._texts

    def _rejection_row(self, one: Rejection) -> dict[str, Any]:
        self._reasons[one.reason] += 1
        example = self._examples.setdefault(one.reason, one)
        if one.line < example.line:
            self._examples[one.reason] = one
        return {
            "campaign": self._campaign,
            "line": one.line,
            "reason": one.reason.value,
            "detail": one.detail,
        }

    def _chunks(self, connection: Connection, size: int) -> Iterator[dict[str, Any]]:
        table = schema.message
        rows = connection.execute(
            select(table.c.text, table.c.line)
            .where(table.c.campaign == self._campaign)
            .order_by(table.c.text, table.c.line),
            execution_options=STREAM,
        )
        for number, (text, first, last, count) in enumerate(_runs(rows, size), 1):
            yield {
                "campaign": self._campaign,
                "id": number,
                "text": text,
                "first_line": first,
                "last_line": last,
                "receivers": count,
                "state": "pending",
                "attempts": 0,
            }

    def _summary(self, chunks: int, width: int, blank: int) -> PlanSummary:
        messages = self._kinds.total()
        by_country: dict[str, list[int]] = {}
        spread: Counter[int] = Counter()
        encodings: Counter[Encoding] = Counter()
        for (country, encoding, parts), count in self._kinds.items():
            sums = by_country.setdefault(country, [0, 0])
            sums[0] += count
            sums[1] += count * parts
            spread[parts] += count
            encodings[encoding] += count
        countries = [CountryCount(country, *sums) for country, sums in by_country.items()]
        reasons = [
            ReasonCount(reason, count, self._examples[reason].line, self._examples[reason].detail)
            for reason, count in self._reasons.items()
        ]
        return PlanSummary(
            rows=messages + self._reasons.total(),
            messages=messages,
            texts=self._texts,
            gsm7=encodings[Encoding.GSM7],
            ucs2=encodings[Encoding.UCS2],
            parts=sum(parts * count for parts, count in spread.items()),
            chunks=chunks,
            not_sent=tuple(sorted(reasons, key=lambda one: (-one.count, one.reason))),
            countries=tuple(sorted(countries, key=lambda one: (-one.messages, one.country))),
            spread=tuple(sorted(spread.items())),
            width=width,
            blank=blank,
        )


def stored_summary(record: Record) -> PlanSummary:
    """The summary that was sealed with the plan."""
    stored = dict(record.summary or {})
    stored["not_sent"] = tuple(
        ReasonCount(**{**one, "reason": Reason(one["reason"])}) for one in stored["not_sent"]
    )
    stored["countries"] = tuple(CountryCount(**one) for one in stored["countries"])
    stored["spread"] = tuple((parts, count) for parts, count in stored["spread"])
    return PlanSummary(**stored)


def _runs(rows: Iterable[Row[int, int]], size: int) -> Iterator[tuple[int, int, int, int]]:
    """Runs of one text of at most `size` rows, as (text, first line, last line, count)."""
    current = first = last = count = 0
    for text, line in rows:
        if count and (text != current or count == size):
            yield current, first, last, count
            count = 0
        if not count:
            current, first = text, line
        last = line
        count += 1
    if count:
        yield current, first, last, count


def _blocks(rows: Iterator[dict[str, Any]], size: int) -> Iterator[list[dict[str, Any]]]:
    block: list[dict[str, Any]] = []
    for row in rows:
        block.append(row)
        if len(block) == size:
            yield block
            block = []
    if block:
        yield block


def _merge_equal_texts(connection: Connection, campaign: int) -> int:
    """Point the messages of equal texts at the first of them; says how many texts were the same as another."""
    table, message = schema.text, schema.message
    twins = (
        select(table.c.body, func.min(table.c.id).label("first"))
        .where(table.c.campaign == campaign)
        .group_by(table.c.body)
        .having(func.count() > 1)
        .subquery()
    )
    pairs = connection.execute(
        select(table.c.id, twins.c.first)
        .join(twins, table.c.body == twins.c.body)
        .where(table.c.campaign == campaign, table.c.id != twins.c.first),
        execution_options=STREAM,
    )
    merged = 0
    for twin, first in pairs:
        merged += 1
        connection.execute(
            update(message).where(message.c.campaign == campaign, message.c.text == twin).values(text=first)
        )
    return merged
