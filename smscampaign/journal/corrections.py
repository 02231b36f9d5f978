"""Corrections of a campaign that has begun: rows that could not be sent, put right.

They are planned beside it, as an edition of their own that holds these rows alone. At the yes, in one transaction, its
messages become the campaign's and what was said of the rows before goes: everybody else is left as they were.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import (
    Connection,
    Select,
    Table,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    union,
    union_all,
    update,
)

from smscampaign.corrections import Change, Correction
from smscampaign.errors import ChangedInputs
from smscampaign.journal import schema
from smscampaign.journal.editions import refuse_held
from smscampaign.journal.fates import same_holder
from smscampaign.journal.hashes import RowHashes, change_hashes
from smscampaign.journal.store import Journal, Record, drop_plan
from smscampaign.journal.summaries import stored_summary
from smscampaign.languages import say
from smscampaign.model import (
    CountryCount,
    EditionKind,
    PlanSummary,
    Reason,
    ReasonCount,
    RepairCount,
    Status,
    Tally,
)

#: The column of a correction that drops its row; how many numbers are asked about at once.
_DROPPED, _AT_ONCE = -1, 500


def keep_corrections(journal: Journal, record: Record, corrections: Iterable[Correction]) -> None:
    """Keep with an unsealed plan all corrections that hold for it."""
    rows = [row for one in corrections for row in _rows(record.id, one)]
    if rows:
        with journal.writing() as connection:
            connection.execute(insert(schema.correction), rows)


def _rows(campaign: int, one: Correction) -> Iterator[dict[str, Any]]:
    changes = one.changes or (Change(_DROPPED, None, None),)
    for it in changes:
        yield {
            "campaign": campaign,
            "line": one.line,
            "column": it.column,
            "stood": one.stood,
            "old": it.old,
            "new": it.new,
            "by": one.by,
            "at": one.at,
        }


def corrections_of(journal: Journal, record: Record) -> dict[int, Correction]:
    """The corrections that hold for a plan, by row."""
    table = schema.correction
    question = select(table).where(table.c.campaign == record.id).order_by(table.c.line, table.c.column)
    found: dict[int, list[Any]] = {}
    with journal.reading() as connection:
        for row in connection.execute(question):
            found.setdefault(row.line, []).append(row)
    return {line: _correction(line, rows) for line, rows in found.items()}


def was_put_right(journal: Journal, record: Record) -> bool:
    """Whether rows were put right since the campaign began, in a rejected file, a notebook, or the very file."""
    event = schema.event.c
    told = (event.campaign == record.id, event.what == EditionKind.CORRECTION.value)
    with journal.reading() as connection:
        return connection.execute(select(event.id).where(*told).limit(1)).first() is not None


def _correction(line: int, rows: Sequence[Any]) -> Correction:
    changes = [Change(row.column, row.old, row.new) for row in rows if row.column != _DROPPED]
    return Correction(line, rows[0].stood, tuple(changes), rows[0].by, rows[0].at)


def rows_to_put_right(journal: Journal, record: Record) -> list[int]:
    """The rows that may be put right, ascending: the rejected ones, and those put right before to which nothing is sent."""
    rejection, correction = schema.rejection.c, schema.correction.c
    held = [one.value for one in Reason if one.status is not Status.REJECTED]
    corrected = select(correction.line).where(correction.campaign == record.id)
    question = select(rejection.line).where(
        rejection.campaign == record.id,
        or_(rejection.reason.not_in(held), rejection.line.in_(corrected)),
    )
    with journal.reading() as connection:
        return list(connection.execute(question.order_by(rejection.line)).scalars())


def rows_with(
    journal: Journal, record: Record, named: Sequence[int] | Sequence[bytes]
) -> dict[int | bytes, int]:
    """The rows of a plan that have messages to these numbers, or for these keys, whatever became of them."""
    message = schema.message.c
    which: Any = message.key_hash if named and isinstance(named[0], bytes) else message.msisdn
    asked: list[Any] = sorted(set(named))
    found: dict[int | bytes, int] = {}
    with journal.reading() as connection:
        for first in range(0, len(asked), _AT_ONCE):
            some = which.in_(asked[first : first + _AT_ONCE])
            rows = connection.execute(select(which, message.line).where(message.campaign == record.id, some))
            found |= dict(map(tuple, rows))
    return found


def corrected_rows(journal: Journal, correction: Record) -> frozenset[int]:
    """The rows a correction is about."""
    with journal.reading() as connection:
        return frozenset(connection.execute(select(_lines(correction).c.line)).scalars())


def corrected_summary(journal: Journal, record: Record, correction: Record) -> PlanSummary:
    """The campaign in figures as it is once the correction is part of it."""
    with journal.reading() as connection:
        return _summary(connection, record, correction)


def corrected_tally(journal: Journal, record: Record, correction: Record, tally: Tally, more: Tally) -> Tally:
    """Where the campaign stands, its rows counted as the correction has them; `more` is where that stands."""
    with journal.reading() as connection:
        replaced = _reasons(connection, _told_before(record, correction))
    messages = Counter(tally.messages)
    messages.update(more.messages)
    for one in replaced:
        messages[one.reason.status] -= one.count
    chunks = Counter(tally.chunks)
    chunks.update(more.chunks)
    return Tally(
        messages={status: messages[status] for status in Status if messages[status]},
        chunks=dict(chunks),
        deliveries=tally.deliveries,
        credits=tally.credits,
        unpriced=tally.unpriced,
    )


def adopt(journal: Journal, record: Record, correction: Record, *, send_again: bool = False) -> None:
    """Make the correction's rows the campaign's, in one transaction; the correction is no plan of its own any more.

    With `send_again` people get it although they had the same from another campaign. Raises `ChangedInputs` when the campaign
    has one of its numbers meanwhile, or another edition of the series holds it.
    """
    with journal.writing() as connection:
        refuse_held(connection, correction)
        _refuse_taken(connection, record, correction)
        summary = _summary(connection, record, correction)
        lines = list(connection.execute(select(_lines(correction).c.line)).scalars())
        for table in (schema.rejection, schema.repair):
            connection.execute(
                delete(table).where(
                    table.c.campaign == record.id, table.c.line.in_(select(_lines(correction).c.line))
                )
            )
        connection.execute(delete(schema.correction).where(schema.correction.c.campaign == record.id))
        _change_hashes(connection, record, correction)
        _move(connection, record, correction)
        connection.execute(
            update(schema.campaign)
            .where(schema.campaign.c.id == record.id)
            .values(
                fingerprint=correction.inputs.fingerprint,
                ingredients=json.dumps(correction.inputs.ingredients, ensure_ascii=False),
                summary=json.dumps(asdict(summary), ensure_ascii=False),
                **({"send_again": True} if send_again else {}),
            )
        )
        drop_plan(connection, correction.id)
        if lines:
            _tell(connection, journal, record, lines)
        journal.sealed(connection)


def _move(connection: Connection, record: Record, correction: Record) -> None:
    """All that was planned for the rows, to the campaign: texts and calls get numbers that it never gave to any."""
    from smscampaign.journal import aftermath  # a plain rehearsal corrects nothing

    text, chunk, message = schema.text, schema.chunk, schema.message
    texts, calls = (_highest(connection, table, record) for table in (text, chunk))
    into = {"campaign": record.id}
    tried: list[tuple[Table, dict[str, Any]]] = []
    if aftermath.has(connection, aftermath.variant):
        tried = [(aftermath.variant, {})]
    for table, values in (
        *tried,
        (text, {"id": text.c.id + texts}),
        (chunk, {"id": chunk.c.id + calls, "text": chunk.c.text + texts}),
        (message, {"text": message.c.text + texts, "call": message.c.call + calls}),
        (schema.rejection, {}),
        (schema.repair, {}),
        (schema.correction, {}),
    ):
        theirs = update(table).where(table.c.campaign == correction.id)
        connection.execute(theirs.values(**into, **values))


def _highest(connection: Connection, table: Table, record: Record) -> int:
    question = select(func.max(table.c.id)).where(table.c.campaign == record.id)
    return connection.execute(question).scalar() or 0


def _refuse_taken(connection: Connection, record: Record, correction: Record) -> None:
    ours, theirs = schema.message.alias(), schema.message.alias()
    for same in same_holder(theirs, ours):
        both = and_(ours.c.campaign == record.id, same)
        question = (
            select(theirs.c.line)
            .select_from(theirs)
            .join(ours, both)
            .where(theirs.c.campaign == correction.id)
            .limit(1)
        )
        if connection.execute(question).first() is None:
            continue
        raise ChangedInputs(
            "the campaign went on since this plan was shown, and nothing was sent",
            where=record.inputs.name,
            remedy="Run the command again: it looks at who had the campaign meanwhile.",
        )


def _change_hashes(connection: Connection, record: Record, correction: Record) -> None:
    table = schema.row_hashes
    question = select(table).where(table.c.campaign == correction.id)
    changed: dict[int, bytes] = {}
    for row in connection.execute(question).all():
        changed |= RowHashes(row.first_line, row.lines, row.hashes).rows()
    change_hashes(connection, record.id, changed)


def _lines(correction: Record) -> Any:
    """The rows a correction is about."""
    kinds = (schema.message.c, schema.rejection.c)
    return union(*(select(kind.line).where(kind.campaign == correction.id) for kind in kinds)).subquery()


def _told_before(record: Record, correction: Record) -> Select[Any]:
    """What the campaign says of the correction's rows."""
    rejection = schema.rejection.c
    its = select(_lines(correction).c.line)
    return select(schema.rejection).where(rejection.campaign == record.id, rejection.line.in_(its))


def _told_now(record: Record, correction: Record) -> Any:
    """What is said of rows that are not sent, once the correction is part of the campaign."""
    rejection = schema.rejection.c
    its = select(_lines(correction).c.line)
    before = select(schema.rejection).where(rejection.campaign == record.id, rejection.line.not_in(its))
    return union_all(before, select(schema.rejection).where(rejection.campaign == correction.id))


def _reasons(connection: Connection, told: Any) -> list[ReasonCount]:
    rows = told.subquery()
    grouped = (
        select(rows.c.reason, func.count().label("rows"), func.min(rows.c.line).label("line"))
        .group_by(rows.c.reason)
        .subquery()
    )
    first = and_(rows.c.reason == grouped.c.reason, rows.c.line == grouped.c.line)
    question = select(grouped, rows.c.detail, rows.c.suggestion).join(rows, first)
    return [
        ReasonCount(Reason(row.reason), row.rows, row.line, row.detail, row.suggestion)
        for row in connection.execute(question)
    ]


def _summary(connection: Connection, record: Record, correction: Record) -> PlanSummary:
    one, more = stored_summary(record), stored_summary(correction)
    reasons = _reasons(connection, _told_now(record, correction))
    countries: dict[str, list[int]] = {}
    for it in (*one.countries, *more.countries):
        sums = countries.setdefault(it.country, [0, 0])
        sums[0] += it.messages
        sums[1] += it.parts
    counted = [CountryCount(country, *sums) for country, sums in countries.items()]
    spread = Counter(dict(one.spread))
    spread.update(dict(more.spread))
    repairs: dict[Any, RepairCount] = {}
    for found in (*one.repairs, *more.repairs):
        known = repairs.get(found.repair, RepairCount(found.repair, 0, found.line))
        repairs[found.repair] = RepairCount(
            found.repair, known.count + found.count, min(known.line, found.line)
        )
    return PlanSummary(
        rows=one.rows,
        **_sums(one, more),
        not_sent=tuple(sorted(reasons, key=lambda it: (-it.count, it.reason))),
        countries=tuple(sorted(counted, key=lambda it: (-it.messages, it.country))),
        spread=tuple(sorted(spread.items())),
        width=max(one.width, more.width),
        blank=one.blank,
        repairs=tuple(sorted(repairs.values(), key=lambda it: (-it.count, it.repair))),
    )


def _sums(one: PlanSummary, more: PlanSummary) -> Mapping[str, int]:
    names = ("messages", "texts", "gsm7", "ucs2", "parts", "chunks")
    return {name: getattr(one, name) + getattr(more, name) for name in names}


def _tell(connection: Connection, journal: Journal, record: Record, lines: Sequence[int]) -> None:
    told = {
        "campaign": record.id,
        "at": journal.clock(),
        "chunk": None,
        "what": EditionKind.CORRECTION.value,
        "detail": str(say("{n} row was put right", "{n} rows were put right", n=len(lines))),
        "facts": json.dumps({"rows": list(lines)}),
    }
    connection.execute(insert(schema.event).values(**told))
