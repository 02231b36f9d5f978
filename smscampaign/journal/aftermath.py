"""Tables that only some campaigns need, made when they are first needed: replies, what reasons mean, and variants of a text.

A journal without them is as good as one where they are empty.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    inspect,
)

from smscampaign.journal import schema
from smscampaign.journal.store import Journal
from smscampaign.journal.values import Instant

#: Of its own, so that a new journal, and the scratch journal of a dry run, is made without them. What they hold of a plan
#: goes with it: `store.drop_plan` knows nothing of them.
_metadata = MetaData()
_campaign = schema.campaign.to_metadata(_metadata)

#: What the reasons of receipts mean, as OVHcloud says it (`GET /sms/ptts`), asked once for each.
ptt = Table(
    "ptt",
    _metadata,
    Column("code", Integer, primary_key=True, autoincrement=False),
    *(Column(name, String, nullable=False) for name in ("comment", "description", "duration")),
)

#: Answers to the campaign, by OVHcloud's id; `line` is the message that was answered, where that can be told.
reply = Table(
    "reply",
    _metadata,
    Column("campaign", ForeignKey(_campaign.c.id, ondelete="CASCADE"), primary_key=True),
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("line", Integer),
    Column("msisdn", BigInteger, nullable=False),
    Column("at", Instant, nullable=False),
    Column("text", Text, nullable=False),
    # Whether it may as well be an answer to something else; and whether it says STOP.
    Column("possible", Boolean, nullable=False),
    Column("stop", Boolean, nullable=False),
    sqlite_with_rowid=False,
)

#: Which of several texts a message got, in campaigns that try some.
variant = Table(
    "variant",
    _metadata,
    Column("campaign", ForeignKey(_campaign.c.id, ondelete="CASCADE"), primary_key=True),
    Column("line", Integer, primary_key=True, autoincrement=False),
    Column("name", String, nullable=False),
    sqlite_with_rowid=False,
)


def provide(journal: Journal, table: Table) -> None:
    """Make a table of this module where the journal has none yet."""
    with journal.reading() as connection:
        if has(connection, table):
            return
    with journal.writing() as connection:
        table.create(connection, checkfirst=True)


def has(connection: Connection, table: Table) -> bool:
    """Whether the journal has the table."""
    return inspect(connection).has_table(table.name)
