"""A journal of an older version becomes one of this version when it is opened, whole or not at all; on both engines."""

from __future__ import annotations

from contextlib import closing
from decimal import Decimal

import pytest
from sqlalchemy import select, text, update

from smscampaign.errors import JournalProblem
from smscampaign.journal import migrations, schema
from smscampaign.journal.fates import tally
from smscampaign.journal.queue import Queue
from smscampaign.journal.store import open_journal
from smscampaign.model import Accepted, Purpose, Terms

TERMS, VERSION = Terms(Purpose.MARKETING), schema.VERSION


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request, tmp_path):
    return tmp_path / "j.sqlite" if request.param == "sqlite" else request.getfixturevalue("database")


@pytest.mark.parametrize(
    ("version", "words"), [(schema.VERSION + 1, "newer version"), (5, "from before its first release")]
)
def test_a_journal_of_a_version_that_is_not_read_is_refused_and_left(place, version, words):
    journal = open_journal(place)
    with journal.writing() as connection:
        connection.execute(update(schema.about).values(version=version))
    for _ in range(2):
        with pytest.raises(JournalProblem, match=words):
            open_journal(place)
    with journal.reading() as connection:
        assert connection.execute(select(schema.about.c.version)).scalar() == version
    journal.close()


def a_step(connection):
    """To a version that does not exist: a column more, filled from what is there, and a table."""
    connection.execute(text("ALTER TABLE message ADD COLUMN length INTEGER"))
    connection.execute(
        text(
            "UPDATE message SET length = (SELECT units FROM text"
            " WHERE text.campaign = message.campaign AND text.id = message.text)"
        )
    )
    connection.execute(text("CREATE TABLE novelty (id INTEGER PRIMARY KEY)"))


@pytest.fixture
def next_version(monkeypatch):
    """The program as it may be one day, which reads journals of today."""

    def becomes(step=a_step):
        monkeypatch.setattr(schema, "VERSION", VERSION + 1)
        monkeypatch.setattr(migrations, "STEPS", {VERSION: step})

    return becomes


def test_a_journal_of_version_6_learns_when_messages_left_and_by_which_network(place, planted):
    """What the releases before wrote: the table of receipts without its last two columns."""
    journal = open_journal(place)
    record = planted(journal, ["A", "B"])
    with journal.writing() as connection:
        for column in ("left_at", "operator"):
            connection.execute(text(f"ALTER TABLE receipt DROP COLUMN {column}"))
        connection.execute(
            text(
                f"INSERT INTO receipt (campaign, line, id, delivery, ptt) VALUES ({record.id}, 2, 77, 'delivered', 4)"
            )
        )
        connection.execute(update(schema.about).values(version=6))
    journal.close()
    with closing(open_journal(place)) as now, now.reading() as connection:
        (kept,) = connection.execute(select(schema.receipt)).all()
        assert (kept.id, kept.delivery, kept.left_at, kept.operator) == (77, "delivered", None, None)


def test_there_is_a_step_from_every_version_that_is_read():
    assert sorted(migrations.STEPS) == list(range(migrations.OLDEST, VERSION))


def test_an_older_journal_is_brought_up_to_date_and_goes_on(place, clock, planted, next_version):
    journal = open_journal(place, clock=clock)
    record = planted(journal, ["A", "A", "A", "B"])
    with journal.driving(together=True):
        (claim,) = Queue(journal, record, sender="Shop", terms=TERMS).claim(1)
        Queue(journal, record, sender="Shop", terms=TERMS).record(
            [(claim, Accepted((1, 2, 3), claim.chunk.receivers, (), Decimal(3), Decimal(9)))]
        )
    before = tally(journal, record)
    journal.close()
    next_version()
    for _ in range(2):
        with closing(open_journal(place, clock=clock)) as now:
            with now.reading() as connection:
                assert connection.execute(select(schema.about.c.version)).scalar() == VERSION + 1
                lengths = connection.execute(text("SELECT DISTINCT length FROM message")).scalars().all()
                assert None not in lengths
                connection.execute(text("SELECT * FROM novelty"))
            assert tally(now, now.find("spring")) == before
    with closing(open_journal(place, clock=clock)) as now, now.driving(together=True):
        (claim,) = Queue(now, now.find("spring"), sender="Shop", terms=TERMS).claim(1)
        assert claim.lines == (5,)


def test_a_step_that_fails_leaves_the_journal_as_it_was(place, planted, next_version):
    journal = open_journal(place)
    record = planted(journal, ["A", "B"])
    before = tally(journal, record)

    def half(connection):
        a_step(connection)
        raise KeyboardInterrupt

    next_version(half)
    with pytest.raises(KeyboardInterrupt):
        open_journal(place)
    with journal.reading() as connection:
        assert connection.execute(select(schema.about.c.version)).scalar() == VERSION
    assert tally(journal, record) == before
    journal.close()
    next_version()
    with closing(open_journal(place)) as now:
        assert tally(now, now.find("spring")) == before


def test_nobody_brings_a_journal_up_to_date_that_somebody_drives(place, planted, next_version, monkeypatch):
    monkeypatch.setattr("smscampaign.journal.sqlite.LOCK_WAIT", 0.01)
    journal = open_journal(place)
    planted(journal, ["A"])
    with journal.driving(together=True):
        next_version()
        with pytest.raises(JournalProblem, match="at work on"):
            open_journal(place)
    journal.close()
    open_journal(place).close()
