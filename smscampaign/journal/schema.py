"""The journal's tables: what was planned, what was intended, what happened.

Texts are stored once. A message knows the chunk that carries it, and recording what became of 500 messages is one row of
that chunk written, not 500.
"""

from __future__ import annotations

import secrets
from typing import Any

from sqlalchemy import (
    DDL,
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    literal_column,
)
from sqlalchemy.event import listen

from smscampaign.journal.values import Credits, Instant, Key

#: Changed whenever the tables change in a way an older program would misread; with it goes a step in `migrations`.
VERSION = 7

#: The key of a message that has none; as it stands in a statement, because only then an index of those with keys is used.
NO_KEY: ColumnElement[Any] = literal_column("''")

metadata = MetaData()

about = Table(
    "about",
    metadata,
    Column("version", Integer, primary_key=True),
    # Of a journal in a file, for its mark: a random name, and how many transactions have written in it.
    Column("identity", String, nullable=False, default=lambda: secrets.token_hex(16)),
    Column("counter", BigInteger, nullable=False, default=0),
    # Whether something may have been sent from it, so that a mark stands beside it.
    Column("marked", Boolean, nullable=False, default=False),
)

campaign = Table(
    "campaign",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String, nullable=False),
    # What is amended or begun anew is planned beside what was sent before: the highest edition is the one that counts.
    Column("edition", Integer, nullable=False, default=1),
    # Law 4 holds among the editions of a series; a restart begins a new one.
    Column("series", Integer, nullable=False, default=1),
    # Why there is this edition, and the last event of the ones before it when it was planned: what happened there since is
    # not in the plan.
    Column("kind", String, nullable=False, default="first"),
    Column("seen", BigInteger),
    Column("gateway", String, nullable=False),
    Column("account", String, nullable=False),
    Column("fingerprint", String, nullable=False),
    Column("ingredients", Text, nullable=False),
    Column("settings", Text, nullable=False),
    Column("tag", String, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("sealed_at", Instant),
    # Since when it says that it is about to begin: others that would send the same text to its people see it from then on.
    Column("entered_at", Instant),
    Column("begun_at", Instant),
    # Whether its people are to get it although they had the same from another campaign: said when it began, or since.
    Column("send_again", Boolean, nullable=False, default=False),
    Column("summary", Text),
    UniqueConstraint("name", "edition"),
)
# Of what was sent no two have the same tag: it tells their calls apart at OVHcloud. Plans of the same may stand side by side.
_sent = campaign.c.begun_at.is_not(None)
_one_tag_one_campaign = Index("one_tag_one_campaign", campaign.c.tag, unique=True, sqlite_where=_sent)

text = Table(
    "text",
    metadata,
    Column("campaign", ForeignKey("campaign.id"), primary_key=True),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("body", Text, nullable=False),
    Column("encoding", String, nullable=False),
    Column("units", Integer, nullable=False),
    Column("parts", Integer, nullable=False),
    sqlite_with_rowid=False,
)

message = Table(
    "message",
    metadata,
    Column("campaign", ForeignKey("campaign.id"), primary_key=True),
    Column("line", Integer, primary_key=True, autoincrement=False),
    Column("msisdn", BigInteger, nullable=False),
    Column("country", String, nullable=False),
    Column("text", Integer, nullable=False),
    # The call that carries it: set by the seal, and again when a call is split.
    Column("call", Integer),
    # What gets one message, where that is not the number: an appointment, an order.
    Column("key_hash", Key, nullable=False, server_default=""),
    sqlite_with_rowid=False,
)
# Law 4: one number gets one message per campaign, whatever its spelling; or, where messages have keys, each key gets one. A
# key is looked for in all editions of a series at once, of which there may be one for each night: so it comes first.
one_person_one_message = Index(
    "one_person_one_message", message.c.campaign, message.c.msisdn, message.c.key_hash, unique=True
)
_keyed = message.c.key_hash != NO_KEY
one_key_one_message = Index(
    "one_key_one_message", message.c.key_hash, message.c.campaign, unique=True, sqlite_where=_keyed
)
# With all the other columns in it, so that the receivers of a call are read from the index alone, and in the order of the
# file; and so that a damaged table can be read out of it.
# Only of those that have their call: the seal gives it to most of them, and changing an index costs twice what adding does.
_called = message.c.call.is_not(None)
_message_by_call = Index(
    "message_by_call",
    *(
        message.c.campaign,
        message.c.call,
        message.c.line,
        message.c.msisdn,
        message.c.country,
        message.c.text,
        message.c.key_hash,
    ),
    sqlite_where=_called,
)

rejection = Table(
    "rejection",
    metadata,
    Column("campaign", ForeignKey("campaign.id"), primary_key=True),
    Column("line", Integer, primary_key=True, autoincrement=False),
    Column("reason", String, nullable=False),
    Column("detail", Text, nullable=False),
    # What would put the row right, where that can be guessed.
    Column("suggestion", Text, nullable=False),
    # Of a duplicate: the row that has the number.
    Column("twin", Integer),
    # Of a row whose number had the campaign in an earlier edition: which message that was. The edition is no foreign key,
    # because a dry run's plan names one that stands in another journal.
    Column("edition", Integer),
    Column("edition_line", Integer),
    sqlite_with_rowid=False,
)
#: One row of the plan for each message of before: a further row with the number is a duplicate.
Index("one_message_one_row", rejection.c.campaign, rejection.c.edition, rejection.c.edition_line, unique=True)

#: The messages whose number was not written as it should be, and what was put right. They are few: the others have no row.
repair = Table(
    "repair",
    metadata,
    Column("campaign", ForeignKey("campaign.id"), primary_key=True),
    Column("line", Integer, primary_key=True, autoincrement=False),
    Column("repair", String, nullable=False),
    sqlite_with_rowid=False,
)

chunk = Table(
    "chunk",
    metadata,
    Column("campaign", ForeignKey("campaign.id"), primary_key=True),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("text", Integer, nullable=False),
    Column("first_line", Integer, nullable=False),
    Column("last_line", Integer, nullable=False),
    Column("receivers", Integer, nullable=False),
    Column("state", String, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("claimed_at", Instant),
    # Who claimed it, and until when that holds: for journals that several machines work on.
    Column("driver", Integer),
    Column("lease_until", Instant),
    # Since when it is in doubt: a call may be made long after it was claimed, so that only this moment lets absence ripen.
    Column("doubted_at", Instant),
    Column("settled_at", Instant),
    Column("ids", Text),
    Column("credits", Credits),
    Column("detail", Text),
    sqlite_with_rowid=False,
)
# With receivers and credits in it: where a campaign of a million calls stands is asked each time before it goes on.
Index("chunk_queue", chunk.c.campaign, chunk.c.state, chunk.c.id, chunk.c.receivers, chunk.c.credits)
Index("chunk_by_text", chunk.c.campaign, chunk.c.text, chunk.c.first_line)

#: What a person changed in rows that could not be sent; all that holds for the campaign stands with it.
correction = Table(
    "correction",
    metadata,
    Column("campaign", ForeignKey("campaign.id"), primary_key=True),
    Column("line", Integer, primary_key=True, autoincrement=False),
    # Which cell, counted from 0; -1 where the row is dropped.
    Column("column", Integer, primary_key=True, autoincrement=False),
    # The hash of the row as it stands in the file, and the cell there and now; NULL where the row has no such cell.
    Column("stood", LargeBinary, nullable=False),
    Column("old", Text),
    Column("new", Text),
    Column("by", String, nullable=False),
    Column("at", Instant, nullable=False),
    sqlite_with_rowid=False,
)

#: The hashes of the rows a plan was made from, block by block: 8 bytes a row. `lines` where they do not follow one another.
row_hashes = Table(
    "row_hashes",
    metadata,
    Column("campaign", ForeignKey("campaign.id"), primary_key=True),
    Column("first_line", Integer, primary_key=True, autoincrement=False),
    Column("lines", LargeBinary),
    Column("hashes", LargeBinary, nullable=False),
)

verdict = Table(
    "verdict",
    metadata,
    Column("campaign", ForeignKey("campaign.id"), primary_key=True),
    Column("line", Integer, primary_key=True, autoincrement=False),
    Column("status", String, nullable=False),
    Column("detail", Text, nullable=False),
    sqlite_with_rowid=False,
)

#: What became of each message, asked in this one place: its own verdict where it has one, else the state of the call that
#: carries it: pending, sending, accepted, refused, in-doubt, cancelled and suppressed. It is nothing at all where the call is
#: missing, as in a journal that somebody changed.
FATE = """CREATE VIEW fate AS
SELECT message.campaign, message.line, message.msisdn, message.country, message.text, message.call,
  message.key_hash,
  coalesce(verdict.status, chunk.state, CASE WHEN message.call IS NULL THEN 'pending' END) AS fate, verdict.status AS verdict,
  CASE WHEN verdict.line IS NULL THEN chunk.detail ELSE verdict.detail END AS detail,
  chunk.claimed_at, chunk.receivers, chunk.ids
FROM message
LEFT JOIN chunk ON chunk.campaign = message.campaign AND chunk.id = message.call
LEFT JOIN verdict ON verdict.campaign = message.campaign AND verdict.line = message.line"""
listen(metadata, "after_create", DDL(FATE))  # type: ignore[no-untyped-call]

#: The view as queries name it; in a metadata of its own, because it is no table to create.
fate = Table(
    "fate",
    MetaData(),
    *(Column(name, Integer) for name in ("campaign", "line")),
    Column("msisdn", BigInteger),
    Column("country", String),
    *(Column(name, Integer) for name in ("text", "call")),
    Column("key_hash", Key),
    *(Column(name, String) for name in ("fate", "verdict", "detail")),
    Column("claimed_at", Instant),
    Column("receivers", Integer),
    Column("ids", Text),
)

# Instead of the index of people, which a scratch journal lacks, its seal names those whose number another one may have.
PEOPLE_OF_A_SCRATCH = (
    "CREATE TABLE named (campaign INTEGER, msisdn INTEGER, line INTEGER, PRIMARY KEY (campaign, msisdn, line)) WITHOUT ROWID",
    """CREATE VIEW people AS SELECT named.campaign, named.line, named.msisdn, message.text, message.key_hash
FROM named CROSS JOIN message ON message.campaign = named.campaign AND message.line = named.line""",
)
NAME_PEOPLE = """INSERT INTO named SELECT campaign, msisdn, line FROM message WHERE campaign = :campaign{among}
ORDER BY msisdn, line"""

#: The messages that are named, as queries name them.
people = Table(
    "people",
    MetaData(),
    *(Column(name, Integer) for name in ("campaign", "line", "text")),
    Column("msisdn", BigInteger),
    Column("key_hash", Key),
)

#: The steps of calls that take several, in their order: each is written before the next one is taken.
step = Table(
    "step",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("campaign", ForeignKey("campaign.id"), nullable=False),
    Column("call", Integer, nullable=False),
    Column("at", Instant, nullable=False),
    Column("name", String, nullable=False),
    # As JSON: what the transport needs to go on from here.
    Column("facts", Text, nullable=False),
)
Index("step_by_call", step.c.campaign, step.c.call, step.c.id)

rate = Table(
    "rate",
    metadata,
    Column("campaign", ForeignKey("campaign.id"), primary_key=True),
    Column("country", String, primary_key=True),
    Column("credits", Credits, nullable=False),
    sqlite_with_rowid=False,
)

receipt = Table(
    "receipt",
    metadata,
    Column("campaign", ForeignKey("campaign.id"), primary_key=True),
    Column("line", Integer, primary_key=True, autoincrement=False),
    Column("id", BigInteger, nullable=False),
    Column("delivery", String, nullable=False),
    Column("ptt", Integer),
    Column("delivered_at", Instant),
    # When it left OVHcloud, and the code of the network it went to, where that is known.
    Column("left_at", Instant),
    Column("operator", String),
    sqlite_with_rowid=False,
)

#: What the account had left, read while no call was under way: the third witness of a doubt.
balance = Table(
    "balance",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("campaign", ForeignKey("campaign.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("credits", Credits, nullable=False),
    # Its place in the story: what was claimed after it was not charged yet, whatever the clock says.
    Column("event", Integer, nullable=False),
)

driver = Table(
    "driver",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("pid", Integer, nullable=False),
    Column("host", String, nullable=False),
    Column("since", Instant, nullable=False),
    # Of a journal in a file: which file that is while somebody drives it.
    Column("place", String),
)

#: When the next call may be made from an account, by whichever machine: for journals that several of them work on.
pace = Table(
    "pace",
    metadata,
    Column("name", String, primary_key=True),
    Column("next_at", Instant, nullable=False),
)

event = Table(
    "event",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("campaign", ForeignKey("campaign.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("chunk", Integer),
    Column("what", String, nullable=False),
    # For people. What the program reads again stands in the two columns after it, never in a sentence.
    Column("detail", Text, nullable=False),
    # The row of the file that it is about, where it is about one; and facts as JSON, which ones depends on what happened.
    Column("line", Integer),
    Column("facts", Text),
)
# The few events of a campaign as a whole, found without reading through those of its calls.
_of_all = event.c.chunk.is_(None)
_course = Index("course", event.c.campaign, event.c.id, sqlite_where=_of_all)

#: The indexes of some rows only, and which these are: for PostgreSQL, which SQLAlchemy loads where it is named.
PARTIAL = (
    (_message_by_call, _called),
    (_course, _of_all),
    (_one_tag_one_campaign, _sent),
    (one_key_one_message, _keyed),
)

# The story is only ever added to: the database itself refuses to change an event, and to take one back of a campaign that has
# begun. A plan that never began reached nobody; it goes with its events when another takes its place (`Journal.begin`).
_BEGUN = "EXISTS (SELECT 1 FROM campaign WHERE campaign.id = OLD.campaign AND campaign.begun_at IS NOT NULL)"

#: The triggers of each engine, by their names.
KEEPERS = {
    "sqlite": {
        "event_is_never_changed": "CREATE TRIGGER event_is_never_changed BEFORE UPDATE ON event"
        " BEGIN SELECT RAISE(ABORT, 'an event is never changed'); END",
        "event_is_never_deleted": f"CREATE TRIGGER event_is_never_deleted BEFORE DELETE ON event WHEN {_BEGUN}"
        " BEGIN SELECT RAISE(ABORT, 'an event is never deleted'); END",
    },
    "postgresql": {
        "event_is_kept": "CREATE TRIGGER event_is_kept BEFORE UPDATE OR DELETE ON event"
        " FOR EACH ROW EXECUTE FUNCTION event_is_kept()",
    },
}
_KEEPING = DDL(  # type: ignore[no-untyped-call]
    "CREATE OR REPLACE FUNCTION event_is_kept() RETURNS trigger LANGUAGE plpgsql AS $keep$ BEGIN"
    f" IF TG_OP = 'UPDATE' OR {_BEGUN} THEN RAISE EXCEPTION 'an event is never changed or deleted'; END IF;"
    " RETURN OLD; END $keep$"
)
listen(event, "after_create", _KEEPING.execute_if(dialect="postgresql"))
for _engine, _triggers in KEEPERS.items():
    for _trigger in _triggers.values():
        _ddl = DDL(_trigger)  # type: ignore[no-untyped-call]
        listen(event, "after_create", _ddl.execute_if(dialect=_engine))
