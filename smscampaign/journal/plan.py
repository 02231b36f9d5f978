"""Writing a plan: rows in blocks as they come, then the seal that makes the calls out of them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import (
    Connection,
    Subquery,
    func,
    insert,
    literal,
    select,
    update,
)

from smscampaign.journal import schema
from smscampaign.journal.bulk import insert_many
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

TEXT = ("campaign", "id", "body", "encoding", "units", "parts")
MESSAGE = ("campaign", "line", "msisdn", "country", "text")
REJECTION = ("campaign", "line", "reason", "detail")
# Looked up once: reaching or hashing an enumeration's member takes longer than storing a row.
_GSM7, _UCS2, _UCS2_ENCODING = Encoding.GSM7.value, Encoding.UCS2.value, Encoding.UCS2
CHUNK = ("campaign", "id", "text", "first_line", "last_line", "receivers", "state", "attempts")


class PlanWriter:
    """Takes the planned rows of one campaign into the journal; memory does not grow with their number."""

    def __init__(self, journal: Journal, record: Record) -> None:
        self._journal = journal
        self._campaign = record.id
        self._text_ids: dict[str, int] = {}
        self._texts = 0
        self._forgotten = False
        self._kinds: Counter[tuple[str, bool, int]] = Counter()
        self._reasons: Counter[Reason] = Counter()
        self._examples: dict[Reason, Rejection] = {}

    def add(self, block: Sequence[Planned]) -> None:
        """One durable block. Of several messages to one number the first stays, the others become suppressed rows."""
        messages: dict[int, Message] = {}
        rejections: list[Rejection] = []
        twins: list[Message] = []
        for one in block:
            if type(one) is Rejection:
                rejections.append(one)
            elif type(one) is Message and messages.setdefault(int(one.recipient.msisdn), one) is not one:
                twins.append(one)
        with self._journal.writing() as connection:
            # Asked first: of three rows with one number, the third is told of the winner too, not of the second.
            winners = dict(self._taken(connection, messages))
            for one in twins:
                number = int(one.recipient.msisdn)
                rejections.append(_duplicate(one, winners.get(number, messages[number].line)))
            rejections += [_duplicate(messages.pop(number), line) for number, line in winners.items()]
            texts: list[tuple[Any, ...]] = []
            rows = [self._message_row(number, one, texts) for number, one in messages.items()]
            insert_many(connection, schema.text, TEXT, texts)
            insert_many(connection, schema.message, MESSAGE, rows)
            insert_many(
                connection, schema.rejection, REJECTION, [self._rejection_row(one) for one in rejections]
            )

    def seal(self, *, receivers_per_call: int, width: int, blank: int) -> PlanSummary:
        """Group equal texts into calls and close the plan, all in one transaction: a plan is sealed whole or not at all.

        `width` is the largest number of cells in a row, `blank` the number of empty rows passed over.
        """
        with self._journal.writing() as connection:
            if self._forgotten:
                self._texts -= _merge_equal_texts(connection, self._campaign)
            chunks = self._make_chunks(connection, receivers_per_call)
            summary = self._summary(chunks, width, blank)
            connection.execute(
                update(schema.campaign)
                .where(schema.campaign.c.id == self._campaign)
                .values(
                    sealed_at=self._journal.clock(), summary=json.dumps(asdict(summary), ensure_ascii=False)
                )
            )
        return summary

    def _taken(self, connection: Connection, numbers: Iterable[int]) -> list[tuple[int, int]]:
        """Which of the numbers are in the plan already, with the rows that have them."""
        # Written into the statement, because binding a thousand parameters costs more than looking them up; they are ints.
        among = ",".join(map(str, numbers))
        if not among:
            return []
        question = (
            f"SELECT msisdn, line FROM message WHERE campaign = {self._campaign} AND msisdn IN ({among})"  # noqa: S608
        )
        return [(row.msisdn, row.line) for row in connection.exec_driver_sql(question)]

    def _message_row(self, number: int, one: Message, texts: list[tuple[Any, ...]]) -> tuple[Any, ...]:
        recipient, text = one.recipient, one.text
        self._kinds[recipient.country, text.encoding is _UCS2_ENCODING, text.parts] += 1
        identity = self._text_ids.get(text.body)
        if identity is None:
            identity = self._remember(text, texts)
        return (self._campaign, one.line, number, recipient.country, identity)

    def _remember(self, text: Text, texts: list[tuple[Any, ...]]) -> int:
        if len(self._text_ids) >= TEXTS_REMEMBERED:
            self._text_ids.clear()
            self._forgotten = True
        self._texts += 1
        self._text_ids[text.body] = self._texts
        encoding = _UCS2 if text.encoding is _UCS2_ENCODING else _GSM7
        texts.append((self._campaign, self._texts, text.body, encoding, text.units, text.parts))
        return self._texts

    def _rejection_row(self, one: Rejection) -> tuple[Any, ...]:
        self._reasons[one.reason] += 1
        example = self._examples.setdefault(one.reason, one)
        if one.line < example.line:
            self._examples[one.reason] = one
        return (self._campaign, one.line, str(one.reason), one.detail)

    def _make_chunks(self, connection: Connection, size: int) -> int:
        """One chunk a text where every text is its own, else runs of one text in the file's order; made by the database."""
        message = schema.message
        if self._texts == self._kinds.total():
            runs: Subquery = (
                select(
                    message.c.text.label("id"),
                    message.c.text,
                    message.c.line.label("first"),
                    message.c.line.label("last"),
                    literal(1).label("receivers"),
                )
                .where(message.c.campaign == self._campaign)
                .subquery()
            )
        else:
            runs = self._runs(size)
        rows = select(
            literal(self._campaign),
            *(runs.c.id, runs.c.text, runs.c.first, runs.c.last, runs.c.receivers),
            *(literal("pending"), literal(0)),
        )
        return connection.execute(insert(schema.chunk).from_select(CHUNK, rows)).rowcount

    def _runs(self, size: int) -> Subquery:
        message = schema.message
        nth = func.row_number().over(partition_by=message.c.text, order_by=message.c.line)
        placed = (
            select(message.c.text, message.c.line, ((nth - 1) // literal(size)).label("run"))
            .where(message.c.campaign == self._campaign)
            .subquery()
        )
        runs = (
            select(
                placed.c.text,
                func.min(placed.c.line).label("first"),
                func.max(placed.c.line).label("last"),
                func.count().label("receivers"),
            )
            .group_by(placed.c.text, placed.c.run)
            .subquery()
        )
        number = func.row_number().over(order_by=(runs.c.text, runs.c.first)).label("id")
        return select(number, runs.c.text, runs.c.first, runs.c.last, runs.c.receivers).subquery()

    def _summary(self, chunks: int, width: int, blank: int) -> PlanSummary:
        messages = self._kinds.total()
        by_country: dict[str, list[int]] = {}
        spread: Counter[int] = Counter()
        encodings: Counter[bool] = Counter()
        for (country, ucs2, parts), count in self._kinds.items():
            sums = by_country.setdefault(country, [0, 0])
            sums[0] += count
            sums[1] += count * parts
            spread[parts] += count
            encodings[ucs2] += count
        countries = [CountryCount(country, *sums) for country, sums in by_country.items()]
        reasons = [
            ReasonCount(reason, count, self._examples[reason].line, self._examples[reason].detail)
            for reason, count in self._reasons.items()
        ]
        return PlanSummary(
            rows=messages + self._reasons.total(),
            messages=messages,
            texts=self._texts,
            gsm7=encodings[False],
            ucs2=encodings[True],
            parts=sum(parts * count for parts, count in spread.items()),
            chunks=chunks,
            not_sent=tuple(sorted(reasons, key=lambda one: (-one.count, one.reason))),
            countries=tuple(sorted(countries, key=lambda one: (-one.messages, one.country))),
            spread=tuple(sorted(spread.items())),
            width=width,
            blank=blank,
        )


def _duplicate(one: Message, winner: int) -> Rejection:
    return Rejection(one.line, Reason.DUPLICATE, f"the same number as row {winner}, which gets the message")


def stored_summary(record: Record) -> PlanSummary:
    """The summary that was sealed with the plan."""
    stored = dict(record.summary or {})
    stored["not_sent"] = tuple(
        ReasonCount(**{**one, "reason": Reason(one["reason"])}) for one in stored["not_sent"]
    )
    stored["countries"] = tuple(CountryCount(**one) for one in stored["countries"])
    stored["spread"] = tuple((parts, count) for parts, count in stored["spread"])
    return PlanSummary(**stored)


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
