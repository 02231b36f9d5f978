"""Writing a plan: rows in blocks as they come, then the seal that makes the calls out of them."""

from __future__ import annotations

import json
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
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

from smscampaign.blocks import Messages, PlannedBlock, without
from smscampaign.journal import schema
from smscampaign.journal.bulk import ANY, insert_many
from smscampaign.journal.exclusions import Asked, Excluded, Exclusion, excluded
from smscampaign.journal.hashes import RowHashes, write_hashes
from smscampaign.journal.leaving_out import Kind, drop_texts, drop_unused, repairs_of, stored, take_out
from smscampaign.journal.store import Journal, Record
from smscampaign.journal.suspects import SUSPECTS_NAMED, Suspects
from smscampaign.journal.texts import Texts
from smscampaign.journal.twins import Twin, repeated, same_key_had, same_number_had, same_texts, taken
from smscampaign.languages import ENGLISH, tell
from smscampaign.model import (
    CountryCount,
    Encoding,
    Planned,
    PlanSummary,
    Reason,
    ReasonCount,
    Rejection,
    Repair,
    RepairCount,
)

TEXT = ("id", "body", "encoding", "units", "parts")
REJECTION = ("line", "reason", "detail", "suggestion", "twin", "edition", "edition_line")
# One row of the plan for each message of before: a further row with the number is a duplicate.
_ONCE = ("campaign", "edition", "edition_line")
_PERSON = ("campaign", "msisdn", "key_hash")
CHUNK = ("campaign", "id", "text", "first_line", "last_line", "receivers", "state", "attempts")


class PlanWriter:
    """Takes the planned rows of one campaign into the journal; memory does not grow with their number.

    `language` is the one that the rows it turns down itself are told in; `exclusions` say which rows get nothing. `at_seal`
    gives those that are asked once all rows are there, from the number of distinct texts: whether another campaign has a
    text in common is quicker to find out than who had what.
    """

    def __init__(
        self,
        journal: Journal,
        record: Record,
        *,
        language: str = ENGLISH,
        exclusions: Sequence[Exclusion] = (),
        at_seal: Callable[[int], Sequence[Exclusion]] = lambda _: (),
    ) -> None:
        self._journal = journal
        self._campaign = record.id
        self.language = language
        self._exclusions = tuple(exclusions)
        self._at_seal = at_seal
        self._keyed = False
        self._texts = Texts()
        # In a scratch journal twins are found at the seal, among these rows.
        self._people, self._keys, self._lines = Suspects(), Suspects(), array("I")
        # Whether no text came twice so far: then each is the text of one call, which bears its number.
        self._own = True
        self._kinds: Counter[Kind] = Counter()
        self._reasons: Counter[Reason] = Counter()
        self._examples: dict[Reason, Rejection] = {}
        self._repairs: Counter[Repair] = Counter()
        self._repaired: dict[Repair, int] = {}
        self._noted: list[RowHashes] = []

    def note(self, lines: Sequence[int], hashes: bytes) -> None:
        """Keep the hashes of the rows of a block with the plan; they are written with the next block of messages."""
        self._noted.append(RowHashes.of(lines, hashes))

    def add(self, block: Iterable[Planned]) -> None:
        """One durable block. Excluded rows become suppressed ones; so do all but the first to one number, or key."""
        planned = PlannedBlock.of(block)
        messages, rejections = planned.messages, list(planned.rejections)
        held = self._excluded(messages)
        if held:
            messages = messages.without([place for place, line in enumerate(messages.lines) if line in held])
        with self._journal.writing() as connection:
            self._write_noted(connection)
            if held:
                rejections += self._set_aside(connection, held, keyed=bool(planned.messages.keys))
            if len(messages):
                rejections += self._add_messages(connection, messages)
            self._add_rejections(connection, rejections)

    def _excluded(self, messages: Messages) -> dict[int, Excluded]:
        """The rows that get nothing, each with why."""
        if not self._exclusions or not len(messages):
            return {}
        columns = (messages.lines, messages.numbers, messages.texts.bodies, messages.keys)
        found = excluded(self._exclusions, Asked(*columns))
        return {line: found[line] for line in messages.lines if line in found} if found else {}

    def _set_aside(
        self, connection: Connection, held: Mapping[int, Excluded], *, keyed: bool
    ) -> list[Rejection]:
        """Store the excluded rows. Of several that had the same message the first is told as that one, and the others are
        answered: they are duplicates.
        """
        told = [self._told(line, why) for line, why in held.items()]
        insert_many(connection, schema.rejection, self._campaign, _rejected(told), unless=_ONCE)
        firsts = self._firsts(connection, held)
        self._count(one for one in told if one.line not in firsts)
        why = same_key_had if keyed else same_number_had
        return [Twin(line, first, why(first)).told(self.language) for line, first in firsts.items()]

    def _told(self, line: int, why: Excluded) -> Rejection:
        look = "" if why.suggestion is None else tell(why.suggestion, self.language)
        return Rejection(line, why.reason, tell(why.because, self.language), look, had=why.had)

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
        insert_many(connection, schema.rejection, self._campaign, _rejected(rejections))

    def _write_noted(self, connection: Connection) -> None:
        write_hashes(connection, self._campaign, self._noted)
        self._noted.clear()

    def _add_messages(self, connection: Connection, messages: Messages) -> list[Rejection]:
        """Store them but those whose number or key is taken, which are answered."""
        numbers, new = self._texts.numbered(messages.texts.bodies)
        self._own = self._own and len(new) == len(messages)
        texts, self._keyed = messages.texts, self._keyed or bool(messages.keys)
        stored = self._store(connection, messages, numbers)
        twins = list(taken(connection, self._campaign, messages)) if stored < len(messages) else []
        if twins:
            lost = {one.line for one in twins}
            gone = [place for place, line in enumerate(messages.lines) if line in lost]
            used = set(without((numbers,), gone)[0])
            self._texts.drop(texts.bodies[place] for place in new if numbers[place] not in used)
            new = [place for place in new if numbers[place] in used]
            messages = messages.without(gone)
        self._kinds.update(
            zip(messages.countries, messages.texts.encodings, messages.texts.parts, strict=True)
        )
        if len(new) < len(numbers):
            numbers, texts = [numbers[place] for place in new], texts.picked(new)
        columns = dict(zip(TEXT, (numbers, *texts), strict=True))
        insert_many(connection, schema.text, self._campaign, columns)
        self._add_repairs(connection, messages.repairs)
        return [one.told(self.language) for one in twins]

    def _store(self, connection: Connection, messages: Messages, numbers: Sequence[int]) -> int:
        """How many were stored, because neither their number nor their key was taken."""
        columns: dict[str, Sequence[Any]] = {
            "line": messages.lines,
            "msisdn": messages.numbers,
            "country": messages.countries,
            "text": numbers,
        }
        # A scratch journal has no calls; else the call bears the number of its text where that is its own.
        if self._own and not self._journal.scratch:
            columns["call"] = numbers
        if messages.keys:
            columns["key_hash"] = messages.keys
        if self._journal.scratch:
            unless: tuple[str, ...] = ()
            self._people.add(messages.numbers)
            self._keys.add(messages.keys)
            self._lines.extend(messages.lines)
        else:
            unless = ANY if messages.keys else _PERSON
        return insert_many(connection, schema.message, self._campaign, columns, unless=unless)

    def _add_repairs(self, connection: Connection, repairs: Mapping[int, Repair]) -> None:
        for repair in set(repairs.values()):
            lines = [line for line, one in repairs.items() if one is repair]
            self._repairs[repair] += len(lines)
            self._repaired[repair] = min(*lines, self._repaired.get(repair, lines[0]))
        columns: dict[str, list[Any]] = {"line": list(repairs), "repair": list(map(str, repairs.values()))}
        insert_many(connection, schema.repair, self._campaign, columns)

    def seal(self, *, receivers_per_call: int, width: int, blank: int) -> PlanSummary:
        """Group equal texts into calls and close the plan, all in one transaction: a plan is sealed whole or not at all.

        `width` is the largest number of cells in a row, `blank` the number of empty rows passed over.
        """
        left = self._left_out_at_last()
        with self._journal.writing() as connection:
            self._write_noted(connection)
            self._texts.merge(connection, self._campaign)
            if left:
                self._repairs, self._repaired = repairs_of(connection, self._campaign)
            if left and not self._own:
                self._texts.count = drop_unused(connection, self._campaign)
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

    def _left_out_at_last(self) -> int:
        """Leave out twins that were stored, repeated texts and whom the last exclusions name; says how many these are."""
        left = 0
        for twins in self._twins():
            left += self._take_out([one.told(self.language) for one in twins])
        exclusions = self._at_seal(self._texts.count) if self._kinds else ()
        for asked in stored(self._journal, self._campaign) if exclusions else ():
            held = excluded(exclusions, asked)
            left += self._take_out([self._told(line, why) for line, why in held.items()])
        return left

    def _twins(self) -> Iterator[list[Twin]]:
        """Block by block, those that get nothing because of another row."""
        if self._journal.scratch:
            among = self._alike(self._keys if self._keyed else self._people)
            yield from repeated(self._journal, self._campaign, keyed=self._keyed, among=among)
        if self._keyed:
            among = self._alike(self._people) if self._journal.scratch else None
            yield from same_texts(self._journal, self._campaign, among=among)

    def _alike(self, suspects: Suspects) -> list[int] | None:
        """The rows that another one looks like; None where they are too many to be named."""
        places = suspects.alike(SUSPECTS_NAMED)
        return None if places is None else [self._lines[place - 1] for place in places]

    def _take_out(self, rejections: Sequence[Rejection]) -> int:
        """Rows that have a message and get none after all; says how many they are."""
        if not rejections:
            return 0
        with self._journal.writing() as connection:
            kinds, texts = take_out(connection, self._campaign, [one.line for one in rejections])
            self._kinds -= kinds
            if self._own:
                drop_texts(connection, self._campaign, texts)
                self._texts.count -= len(texts)
            self._add_rejections(connection, rejections)
        return len(rejections)

    def _count(self, rejections: Iterable[Rejection]) -> None:
        for one in rejections:
            self._reasons[one.reason] += 1
            example = self._examples.setdefault(one.reason, one)
            if one.line < example.line:
                self._examples[one.reason] = one

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
        encodings: Counter[str] = Counter()
        for (country, encoding, parts), count in self._kinds.items():
            sums = by_country.setdefault(country, [0, 0])
            sums[0] += count
            sums[1] += count * parts
            spread[parts] += count
            encodings[encoding] += count
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
            gsm7=encodings[Encoding.GSM7.value],
            ucs2=encodings[Encoding.UCS2.value],
            parts=sum(parts * count for parts, count in spread.items()),
            chunks=chunks,
            not_sent=tuple(sorted(reasons, key=lambda one: (-one.count, one.reason))),
            countries=tuple(sorted(countries, key=lambda one: (-one.messages, one.country))),
            spread=tuple(sorted(spread.items())),
            width=width,
            blank=blank,
            repairs=tuple(sorted(repairs, key=lambda one: (-one.count, one.repair))),
        )


def _rejected(rejections: Sequence[Rejection]) -> dict[str, list[Any]]:
    """The columns of these."""
    rows = [
        (one.line, str(one.reason), one.detail, one.suggestion, one.twin, *(one.had or (None, None)))
        for one in rejections
    ]
    return {name: [row[at] for row in rows] for at, name in enumerate(REJECTION)}


def _carrying() -> ScalarSelect[int]:
    """The call that carries a message: of its text's, the last that begins at its row or before it."""
    chunk, message = schema.chunk, schema.message
    before = (chunk.c.text == message.c.text, chunk.c.first_line <= message.c.line)
    of_text = select(chunk.c.id).where(chunk.c.campaign == message.c.campaign, *before)
    return of_text.order_by(chunk.c.first_line.desc()).limit(1).scalar_subquery().correlate(message)
