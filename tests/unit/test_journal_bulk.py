"""Many rows at once are the same rows as one by one, whatever their number."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from smscampaign.journal import schema
from smscampaign.journal.bulk import TOGETHER, _statement, insert_many

COLUMNS = ("line", "msisdn", "country", "text")
PERSON = ("campaign", "msisdn", "key_hash")

MANY, FEW = TOGETHER[0], TOGETHER[2]


def columns(rows):
    return {name: [row[at] for row in rows] for at, name in enumerate(COLUMNS)}


def stored(journal):
    with journal.reading() as connection:
        return [
            tuple(row) for row in connection.execute(select(*(schema.message.c[name] for name in COLUMNS)))
        ]


@pytest.mark.parametrize(
    "count", [0, 1, FEW - 1, FEW, FEW + 1, MANY - 1, MANY, MANY + 1, 3 * MANY, 3 * MANY + 2 * FEW + 7]
)
def test_all_rows_arrive(journal, inputs, count):
    record = journal.begin(inputs(), tag="tagtagtagt")
    rows = [(line, 33639980000 + line, "FR", 1) for line in range(2, count + 2)]
    with journal.writing() as connection:
        insert_many(connection, schema.message, record.id, columns(rows))
    assert stored(journal) == rows


@pytest.mark.parametrize("count", [3, MANY + FEW + 3])
def test_of_rows_that_may_not_be_the_same_the_first_stays(journal, inputs, count):
    record = journal.begin(inputs(), tag="tagtagtagt")
    rows = [(line, 33639980000 + line // 2, "FR", 1) for line in range(2, count + 2)]
    with journal.writing() as connection:
        insert_many(connection, schema.message, record.id, columns(rows[:1]))
        insert_many(connection, schema.message, record.id, columns(rows[1:]), unless=PERSON)
    assert stored(journal) == [row for row in rows if row[0] % 2 == 0]


def test_only_the_named_index_passes_over(journal, inputs):
    record = journal.begin(inputs(), tag="tagtagtagt")
    rows = [(2, 33639980002, "FR", 1), (2, 33639980003, "FR", 1)]
    with pytest.raises(IntegrityError), journal.writing() as connection:
        insert_many(connection, schema.message, record.id, columns(rows), unless=PERSON)
    assert stored(journal) == []


@pytest.mark.parametrize("dialect", [sqlite.dialect(), postgresql.dialect()], ids=["sqlite", "postgresql"])
def test_both_databases_are_spoken_to(dialect):
    text = _statement(dialect, schema.message, 7, COLUMNS, 2, unless=PERSON)
    assert text.count("), (7, ") == 1
    assert text.endswith("ON CONFLICT (campaign, msisdn, key_hash) DO NOTHING")


@pytest.mark.parametrize("table", [schema.message, schema.text, schema.rejection, schema.repair])
@pytest.mark.parametrize("dialect", [sqlite.dialect(), postgresql.dialect()], ids=["sqlite", "postgresql"])
def test_no_name_needs_quotes(dialect, table):
    columns = tuple(column.name for column in table.c if column.name != "campaign")
    theirs = str(insert(table).compile(dialect=dialect, column_keys=["campaign", *columns]))
    first = re.compile(r"(?<=VALUES \()(\?|%\(campaign\)s)")
    assert _statement(dialect, table, 7, columns, 1) == first.sub("7", re.sub(r"::\w+", "", theirs))


def test_columns_in_another_order_are_refused():
    with pytest.raises(ValueError, match="another order"):
        _statement(sqlite.dialect(), schema.message, 7, ("msisdn", "line"), 1)
