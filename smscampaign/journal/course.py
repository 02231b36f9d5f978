"""The course of a campaign: begun, paused and why, interrupted, resumed, finished. Events that belong to no single call."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import Connection, insert, select

from smscampaign.journal import schema
from smscampaign.journal.store import Journal, Record


class Course(StrEnum):
    """What a campaign does as a whole. A run that was killed leaves the `begun` or `resumed` it started with."""

    BEGUN = "begun"
    RESUMED = "resumed"
    PAUSED = "paused"
    INTERRUPTED = "interrupted"
    FINISHED = "finished"
    CANCELLED = "cancelled"


#: The words of these events.
COURSES = tuple(one.value for one in Course)


class CourseStep(NamedTuple):
    """One step of the course, why, and when (UTC)."""

    what: Course
    detail: str
    at: datetime


def tell_course(journal: Journal, record: Record, what: Course, detail: str = "") -> None:
    """Write a step down; durable when this returns."""
    step = {"campaign": record.id, "at": journal.clock(), "what": what.value, "detail": detail}
    with journal.writing() as connection:
        connection.execute(insert(schema.event).values(chunk=None, **step))


def last_step(journal: Journal, record: Record) -> CourseStep | None:
    """The step a campaign took last; None before it has begun."""
    event = schema.event.c
    ours = (event.campaign == record.id) & event.chunk.is_(None) & event.what.in_(COURSES)
    question = select(event.what, event.detail, event.at).where(ours).order_by(event.id.desc()).limit(1)
    with journal.reading() as connection:
        row = connection.execute(question).one_or_none()
    return None if row is None else CourseStep(Course(row.what), row.detail, row.at)


def was_cancelled(connection: Connection, record: Record) -> bool:
    """Whether the campaign was cancelled: nothing of it is made again."""
    event = schema.event.c
    mine = (event.campaign == record.id, event.chunk.is_(None), event.what == Course.CANCELLED.value)
    return connection.execute(select(event.id).where(*mine).limit(1)).first() is not None
