"""Which of several texts each message of a campaign got, and what people did who had it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, func, select

from smscampaign.journal import aftermath, schema
from smscampaign.journal.bulk import insert_many
from smscampaign.journal.editions import series_of
from smscampaign.journal.store import STREAM, Journal, Record
from smscampaign.model import Reason

_variant, _fate = aftermath.variant.c, schema.fate.c


def keep(journal: Journal, campaign: int, lines: Sequence[int], names: Sequence[str]) -> None:
    """Keep the names of the texts of these rows of an unsealed plan."""
    if not names:
        return
    aftermath.provide(journal, aftermath.variant)
    with journal.writing() as connection:
        insert_many(connection, aftermath.variant, campaign, {"line": lines, "name": names})


def planned(journal: Journal, record: Record) -> dict[str, int]:
    """How many messages of a plan have each text."""
    question = _messages(record.id, fates=()).group_by(_variant.name).order_by(_variant.name)
    return dict(_rows(journal, question.add_columns(_variant.name, func.count())))


def had(journal: Journal, record: Record) -> dict[str, int]:
    """How many people had each text: whose message was accepted, in any edition of the series."""
    found: dict[str, int] = {}
    for one in series_of(journal, record) or (record.id,):
        question = _messages(one, fates=("accepted",)).group_by(_variant.name)
        for name, people in _rows(journal, question.add_columns(_variant.name, func.count())):
            found[name] = found.get(name, 0) + people
    return dict(sorted(found.items()))


def answered(journal: Journal, record: Record, *, until: datetime, stops: bool) -> dict[str, int]:
    """How many of them replied by then, but for those who said STOP; or who said STOP."""
    with journal.reading() as connection:
        if not aftermath.has(connection, aftermath.reply):
            return {}
    reply = aftermath.reply.c
    found: dict[str, int] = {}
    for one in series_of(journal, record) or (record.id,):
        theirs = select(reply.line).where(
            reply.campaign == one, reply.at < until, reply.stop.is_(stops), reply.line.is_not(None)
        )
        question = (
            _messages(one, fates=("accepted",)).where(_variant.line.in_(theirs)).group_by(_variant.name)
        )
        for name, people in _rows(journal, question.add_columns(_variant.name, func.count())):
            found[name] = found.get(name, 0) + people
    return found


def names_by_row(journal: Journal, record: Record) -> Iterator[tuple[int, str]]:
    """The rows of the plan's file whose people had a text, now or in an earlier edition, with its name; empty: held out."""
    rejection = schema.rejection.c
    mine = _messages(record.id, fates=("accepted",)).add_columns(_variant.line, _variant.name)
    which = and_(_variant.campaign == rejection.edition, _variant.line == rejection.edition_line)
    same = and_(_fate.campaign == _variant.campaign, _fate.line == _variant.line)
    earlier = (
        select(rejection.line, _variant.name)
        .select_from(schema.rejection)
        .join(aftermath.variant, which)
        .join(schema.fate, same)
        .where(rejection.campaign == record.id, _fate.fate == "accepted")
    )
    spared = select(rejection.line).where(
        rejection.campaign == record.id, rejection.reason == Reason.HELD_OUT.value
    )
    yield from _rows(journal, mine)
    yield from _rows(journal, earlier)
    with journal.reading() as connection:
        for line in connection.execute(spared, execution_options=STREAM).scalars():
            yield line, ""


def _messages(campaign: int, *, fates: Sequence[str]) -> Select[Any]:
    same = and_(_fate.campaign == _variant.campaign, _fate.line == _variant.line)
    question = (
        select().select_from(aftermath.variant).join(schema.fate, same).where(_variant.campaign == campaign)
    )
    return question.where(_fate.fate.in_(fates)) if fates else question


def _rows(journal: Journal, question: Select[Any]) -> Iterator[Any]:
    with journal.reading() as connection:
        if aftermath.has(connection, aftermath.variant):
            yield from connection.execute(question, execution_options=STREAM)
