"""Which of several texts each message of a campaign got, and what people did who had it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, distinct, func, select

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
    question = _messages([record.id], fates=()).group_by(_variant.name).order_by(_variant.name)
    return dict(_rows(journal, question.add_columns(_variant.name, func.count())))


def had(journal: Journal, record: Record) -> dict[str, int]:
    """How many people had each text: whose message was accepted, in any edition of the series.

    Whoever had it once more because the first one failed is one of them.
    """
    question = _messages(_series(journal, record), fates=("accepted",))
    return _people(journal, question)


def answered(journal: Journal, record: Record, *, until: datetime, stops: bool) -> dict[str, int]:
    """How many of them replied by then, but for those who said STOP; or who said STOP."""
    with journal.reading() as connection:
        if not aftermath.has(connection, aftermath.reply):
            return {}
    reply = aftermath.reply.c
    same = and_(reply.campaign == _variant.campaign, reply.line == _variant.line)
    question = _messages(_series(journal, record), fates=("accepted",)).join(aftermath.reply, same)
    return _people(journal, question.where(reply.at < until, reply.stop.is_(stops)))


def _series(journal: Journal, record: Record) -> Sequence[int]:
    return series_of(journal, record) or (record.id,)


def _people(journal: Journal, messages: Select[Any]) -> dict[str, int]:
    """How many people these messages went to, by the names of their texts."""
    people = func.count(distinct(_fate.msisdn))
    question = messages.group_by(_variant.name).order_by(_variant.name)
    return dict(_rows(journal, question.add_columns(_variant.name, people)))


def names_by_row(journal: Journal, record: Record) -> Iterator[tuple[int, str]]:
    """The rows of the plan's file whose people had a text, now or in an earlier edition, with its name; empty: held out."""
    rejection = schema.rejection.c
    mine = _messages([record.id], fates=("accepted",)).add_columns(_variant.line, _variant.name)
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


def _messages(campaigns: Sequence[int], *, fates: Sequence[str]) -> Select[Any]:
    same = and_(_fate.campaign == _variant.campaign, _fate.line == _variant.line)
    question = select().select_from(aftermath.variant).join(schema.fate, same)
    question = question.where(_variant.campaign.in_(campaigns))
    return question.where(_fate.fate.in_(fates)) if fates else question


def _rows(journal: Journal, question: Select[Any]) -> Iterator[Any]:
    with journal.reading() as connection:
        if aftermath.has(connection, aftermath.variant):
            yield from connection.execute(question, execution_options=STREAM)
