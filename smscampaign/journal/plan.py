"""Writing a plan: rows in blocks as they come, then the seal that makes the calls out of them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from itertools import compress
from operator import attrgetter
from typing import Any

from sqlalchemy import (
    Connection,
    ScalarSelect,
    Subquery,
    func,
    insert,
    literal,
    select,
    tuple_,
    update,
)

from smscampaign.journal import schema
from smscampaign.journal.bulk import insert_many
from smscampaign.journal.exclusions import Excluded, Exclusion, excluded
from smscampaign.journal.hashes import RowHashes, write_hashes
from smscampaign.journal.store import Journal, Record
from smscampaign.journal.texts import Texts
from smscampaign.languages import ENGLISH, Sentence, say, tell
from smscampaign.model import (
    CountryCount,
    Encoding,
    Message,
    Planned,
    PlanSummary,
    Reason,
    ReasonCount,
    Rejection,
    Repair,
    RepairCount,
    Rescued,
    Text,
)

TEXT = ("id", "body", "encoding", "units", "parts")
MESSAGE = ("line", "msisdn", "country", "text")
REJECTION = ("line", "reason", "detail", "suggestion", "twin", "edition", "edition_line")
# One row of the plan for each message of before: a further row with the number is a duplicate.
_ONCE = ("campaign", "edition", "edition_line")
REPAIR = ("line", "repair")
# Looked up once: reaching or hashing an enumeration's member takes longer than storing a row.
_GSM7, _UCS2, _UCS2_ENCODING = Encoding.GSM7.value, Encoding.UCS2.value, Encoding.UCS2
_PERSON = ("campaign", "msisdn", "key_hash")
_line, _recipient, _text = map(attrgetter, ("line", "recipient", "text"))
_msisdn, _country = map(attrgetter, ("msisdn", "country"))
_body, _units, _parts = map(attrgetter, ("body", "units", "parts"))
CHUNK = ("campaign", "id", "text", "first_line", "last_line", "receivers", "state", "attempts")


class PlanWriter:
    """Takes the planned rows of one campaign into the journal; memory does not grow with their number.

    `language` is the one that the rows it turns down itself are told in; `exclusions` say which numbers get nothing.
    """

    def __init__(
        self,
        journal: Journal,
        record: Record,
        *,
        language: str = ENGLISH,
        exclusions: Sequence[Exclusion] = (),
    ) -> None:
        self._journal = journal
        self._campaign = record.id
        self.language = language
        self._exclusions = tuple(exclusions)
        self._texts = Texts()
        # Whether no text came twice so far: then each is the text of one call, which bears its number.
        self._own = True
        self._kinds: Counter[tuple[str, bool, int]] = Counter()
        self._reasons: Counter[Reason] = Counter()
        self._examples: dict[Reason, Rejection] = {}
        self._repairs: Counter[Repair] = Counter()
        self._repaired: dict[Repair, int] = {}
        self._noted: list[RowHashes] = []

    def note(self, lines: Sequence[int], hashes: bytes) -> None:
        """Keep the hashes of the rows of a block with the plan; they are written with the next block of messages."""
        self._noted.append(RowHashes.of(lines, hashes))

    def add(self, block: Sequence[Planned]) -> None:
        """One durable block. Excluded rows become suppressed ones; so do all but the first of several to one number."""
        messages = [one for one in block if type(one) is Message]
        rejections = [one for one in block if type(one) is Rejection]
        held = self._excluded(messages)
        if held:
            messages = [one for one in messages if one.line not in held]
        with self._journal.writing() as connection:
            self._write_noted(connection)
            if held:
                rejections += self._set_aside(connection, held)
            if messages:
                rejections += self._add_messages(connection, messages)
            self._add_rejections(connection, rejections)

    def _excluded(self, messages: Sequence[Message]) -> dict[int, Excluded]:
        """The rows whose numbers get nothing, each with why."""
        if not self._exclusions or not messages:
            return {}
        texts = {int(one.recipient.msisdn): one.text.body for one in messages}
        found = excluded(self._exclusions, texts)
        numbers = ((one.line, int(one.recipient.msisdn)) for one in messages) if found else ()
        return {line: found[number] for line, number in numbers if number in found}

    def _set_aside(self, connection: Connection, held: Mapping[int, Excluded]) -> list[Rejection]:
        """Store the excluded rows. Of several whose number had the same message the first is told as that one, and the
        others are answered: they are duplicates.
        """
        told = [
            Rejection(line, why.reason, tell(why.because, self.language), had=why.had)
            for line, why in held.items()
        ]
        insert_many(
            connection,
            schema.rejection,
            self._campaign,
            REJECTION,
            list(map(self._rejection_row, told)),
            unless=_ONCE,
        )
        firsts = self._firsts(connection, held)
        self._count(one for one in told if one.line not in firsts)
        return [
            Rejection(line, Reason.DUPLICATE, tell(same_number_had(first), self.language), twin=first)
            for line, first in firsts.items()
        ]

    def _firsts(self, connection: Connection, held: Mapping[int, Excluded]) -> dict[int, int]:
        """The excluded rows that were not stored, because the message their number had has a row, with that row."""
        rejection = schema.rejection.c
        here = (rejection.campaign == self._campaign, rejection.line.between(min(held), max(held)))
        stored = set(connection.execute(select(rejection.line).where(*here)).scalars())
        lost = {line: why.had for line, why in held.items() if line not in stored}
        if not lost:
            return {}
        which = tuple_(rejection.edition, rejection.edition_line)
        rows = connection.execute(
            select(rejection.edition, rejection.edition_line, rejection.line).where(
                rejection.campaign == self._campaign, which.in_(list(lost.values()))
            )
        )
        first = {(row.edition, row.edition_line): row.line for row in rows}
        return {line: first[had] for line, had in lost.items() if had is not None}

    def _add_rejections(self, connection: Connection, rejections: Sequence[Rejection]) -> None:
        self._count(rejections)
        insert_many(
            connection,
            schema.rejection,
            self._campaign,
            REJECTION,
            list(map(self._rejection_row, rejections)),
        )

    def _write_noted(self, connection: Connection) -> None:
        write_hashes(connection, self._campaign, self._noted)
        self._noted.clear()

    def _add_messages(self, connection: Connection, messages: Sequence[Message]) -> list[Rejection]:
        """Store them but those whose number is taken, which are answered."""
        texts = list(map(_text, messages))
        numbers, new = self._texts.numbered(texts)
        self._own = self._own and len(new) == len(messages)
        stored = self._store(connection, messages, numbers)
        twins = []
        if stored < len(messages):
            twins = self._twins(connection, messages)
            lost = {one.line for one in twins}
            stayed = [one.line not in lost for one in messages]
            messages, used = list(compress(messages, stayed)), set(compress(numbers, stayed))
            self._texts.drop(text for number, text in new.items() if number not in used)
            new = {number: text for number, text in new.items() if number in used}
            texts = list(map(_text, messages))
        countries = map(_country, map(_recipient, messages))
        self._kinds.update(zip(countries, _in_ucs2(texts), map(_parts, texts), strict=True))
        insert_many(connection, schema.text, self._campaign, TEXT, self._text_rows(new))
        insert_many(connection, schema.repair, self._campaign, REPAIR, self._repair_rows(messages))
        return twins

    def _store(self, connection: Connection, messages: Sequence[Message], numbers: Sequence[int]) -> int:
        """How many were stored, because their number was not taken."""
        to = list(map(_recipient, messages))
        columns = (map(_line, messages), map(int, map(_msisdn, to)), map(_country, to), numbers)
        # A scratch journal has no calls; else the call bears the number of its text where that is its own.
        called = self._own and not self._journal.scratch
        rows = list(zip(*columns, numbers, strict=True) if called else zip(*columns, strict=True))
        names = (*MESSAGE, "call") if called else MESSAGE
        return insert_many(connection, schema.message, self._campaign, names, rows, unless=_PERSON)

    def _repair_rows(self, messages: Sequence[Message]) -> list[tuple[Any, ...]]:
        rows = []
        rescued = [(one.line, one.recipient) for one in messages if type(one.recipient) is Rescued]
        for line, recipient in rescued:
            repair = recipient.repair
            self._repairs[repair] += 1
            self._repaired[repair] = min(line, self._repaired.get(repair, line))
            rows.append((line, repair.value))
        return rows

    def _text_rows(self, numbered: Mapping[int, Text]) -> list[tuple[Any, ...]]:
        texts = list(numbered.values())
        encodings = [_UCS2 if yes else _GSM7 for yes in _in_ucs2(texts)]
        columns = (map(_body, texts), encodings, map(_units, texts), map(_parts, texts))
        return list(zip(numbered, *columns, strict=True))

    def _twins(self, connection: Connection, messages: Sequence[Message]) -> list[Rejection]:
        """The messages of the block that were not stored, because their number was taken."""
        message = schema.message.c
        lines = [one.line for one in messages]
        here = (message.campaign == self._campaign, message.line.between(min(lines), max(lines)))
        stored = set(connection.execute(select(message.line).where(*here)).scalars())
        twins = [one for one in messages if one.line not in stored]
        theirs = message.msisdn.in_([int(one.recipient.msisdn) for one in twins])
        taken = connection.execute(
            select(message.msisdn, message.line).where(message.campaign == self._campaign, theirs)
        )
        winners = {row.msisdn: row.line for row in taken}
        return [self._duplicate(one, winners[int(one.recipient.msisdn)]) for one in twins]

    def _duplicate(self, one: Message, winner: int) -> Rejection:
        return Rejection(one.line, Reason.DUPLICATE, tell(same_number_as(winner), self.language), twin=winner)

    def seal(self, *, receivers_per_call: int, width: int, blank: int) -> PlanSummary:
        """Group equal texts into calls and close the plan, all in one transaction: a plan is sealed whole or not at all.

        `width` is the largest number of cells in a row, `blank` the number of empty rows passed over.
        """
        with self._journal.writing() as connection:
            self._write_noted(connection)
            self._texts.merge(connection, self._campaign)
            make = self._count_chunks if self._journal.scratch else self._make_chunks
            chunks = make(connection, receivers_per_call)
            summary = self._summary(chunks, width, blank)
            connection.execute(
                update(schema.campaign)
                .where(schema.campaign.c.id == self._campaign)
                .values(
                    sealed_at=self._journal.clock(), summary=json.dumps(asdict(summary), ensure_ascii=False)
                )
            )
            self._journal.sealed(connection)
        return summary

    def _count(self, rejections: Iterable[Rejection]) -> None:
        for one in rejections:
            self._reasons[one.reason] += 1
            example = self._examples.setdefault(one.reason, one)
            if one.line < example.line:
                self._examples[one.reason] = one

    def _rejection_row(self, one: Rejection) -> tuple[Any, ...]:
        had = one.had or (None, None)
        return (one.line, str(one.reason), one.detail, one.suggestion, one.twin, *had)

    def _count_chunks(self, connection: Connection, size: int) -> int:
        """How many `_make_chunks` would make."""
        message = schema.message.c
        if self._texts.count == self._kinds.total():
            return self._texts.count
        ours = select(func.count().label("receivers")).where(message.campaign == self._campaign)
        each = ours.group_by(message.text).subquery().c.receivers
        rounded = (each + literal(size - 1)) // literal(size)
        return int(connection.execute(select(func.coalesce(func.sum(rounded), 0))).scalar_one())

    def _make_chunks(self, connection: Connection, size: int) -> int:
        """One chunk a text where every text is its own, else runs of one text in the file's order; made by the database."""
        message = schema.message
        if self._texts.count == self._kinds.total():
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
        making = insert(schema.chunk).from_select(CHUNK, rows)
        # Of what was inserted, SQLAlchemy keeps the number for some databases only if it is asked to.
        made = connection.execute(making, execution_options={"preserve_rowcount": True}).rowcount
        each = self._texts.count == self._kinds.total()
        if not (each and self._own):
            ours = update(message).where(message.c.campaign == self._campaign)
            connection.execute(ours.values(call=message.c.text if each else _carrying()))
        return made

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
            ReasonCount(reason, count, one.line, one.detail, one.suggestion)
            for reason, count in self._reasons.items()
            for one in [self._examples[reason]]
        ]
        repairs = [
            RepairCount(repair, count, self._repaired[repair]) for repair, count in self._repairs.items()
        ]
        return PlanSummary(
            rows=messages + self._reasons.total(),
            messages=messages,
            texts=self._texts.count,
            gsm7=encodings[False],
            ucs2=encodings[True],
            parts=sum(parts * count for parts, count in spread.items()),
            chunks=chunks,
            not_sent=tuple(sorted(reasons, key=lambda one: (-one.count, one.reason))),
            countries=tuple(sorted(countries, key=lambda one: (-one.messages, one.country))),
            spread=tuple(sorted(spread.items())),
            width=width,
            blank=blank,
            repairs=tuple(sorted(repairs, key=lambda one: (-one.count, one.repair))),
        )


def _in_ucs2(texts: Sequence[Text]) -> list[bool]:
    return [one.encoding is _UCS2_ENCODING for one in texts]


def _carrying() -> ScalarSelect[int]:
    """The call that carries a message: of its text's, the last that begins at its row or before it."""
    chunk, message = schema.chunk, schema.message
    before = (chunk.c.text == message.c.text, chunk.c.first_line <= message.c.line)
    of_text = select(chunk.c.id).where(chunk.c.campaign == message.c.campaign, *before)
    return of_text.order_by(chunk.c.first_line.desc()).limit(1).scalar_subquery().correlate(message)


def same_number_as(row: int) -> Sentence:
    """Why a duplicate is not sent."""
    return say("the same number as row {row}, which gets the message", row=row)


def same_number_had(row: int) -> Sentence:
    """Why a further row with the number of one that had the campaign before is not sent."""
    return say("the same number as row {row}, which had the campaign already", row=row)
