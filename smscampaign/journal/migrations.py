"""Journals of an older version become ones of this version when they are opened, in one transaction, and stay what they say.

Whoever changes a table raises `schema.VERSION` and adds a step here, with a test that takes one of the version before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from sqlalchemy import Connection, select, text, update

from smscampaign.errors import JournalProblem
from smscampaign.journal import schema

#: The first version that stays readable for ever. Nobody has a journal from before it.
OLDEST = 6


def _when_and_by_whom(connection: Connection) -> None:
    """6 → 7: a receipt says when its message left, and the network it went to."""
    connection.execute(text("ALTER TABLE receipt ADD COLUMN left_at BIGINT"))
    connection.execute(text("ALTER TABLE receipt ADD COLUMN operator VARCHAR"))


#: What has to be done to a journal of a version to make it one of the next. The view `fate` is not there meanwhile.
STEPS: Mapping[int, Callable[[Connection], object]] = MappingProxyType({6: _when_and_by_whom})


def older(version: int | None) -> bool:
    """Whether a journal of this version can be brought up to date."""
    return version is not None and OLDEST <= version < schema.VERSION


def bring_up(connection: Connection) -> None:
    """Take all steps that are left, in the transaction of whoever calls this and is alone with the journal."""
    version = connection.execute(select(schema.about.c.version)).scalar_one()
    if not older(version):
        return  # somebody else was quicker
    # It names columns, and is made as it is now.
    connection.execute(text("DROP VIEW fate"))
    for before in range(version, schema.VERSION):
        STEPS[before](connection)
    connection.execute(update(schema.about).values(version=schema.VERSION))
    connection.execute(text(schema.FATE))


def refuse(version: int | None, *, where: str, remedy: str) -> None:
    """Raise `JournalProblem` unless a journal is of this version; `remedy` is for one that is older than any that is read."""
    if version == schema.VERSION:
        return
    if version is not None and version > schema.VERSION:
        raise JournalProblem(
            "this journal was written by a newer version of smscampaign"
            f" (format {version}; this one reads up to {schema.VERSION})",
            where=where,
            remedy="Update smscampaign, then run the command again.",
        )
    raise JournalProblem(
        "this journal was written by another version of smscampaign, from before its first release"
        f" (format {version}; this one reads {OLDEST} and later)",
        where=where,
        remedy=remedy,
    )
