"""Law 4 where what gets one message is a key, an appointment or an order, and not the number; on both engines."""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import IntegrityError

from smscampaign.errors import ChangedInputs
from smscampaign.journal import schema
from smscampaign.journal.editions import put_in_force
from smscampaign.journal.fates import tally
from smscampaign.journal.laws import audit
from smscampaign.journal.queue import Queue
from smscampaign.journal.store import open_journal
from smscampaign.model import Accepted, EditionKind, NotSent, Purpose, Refused, Terms

TERMS, KEYED = Terms(Purpose.TRANSACTIONAL), {"once_per": ["appointment"]}


@pytest.fixture(params=["sqlite", "postgresql"])
def journal(request, tmp_path, clock):
    place = tmp_path / "j.sqlite" if request.param == "sqlite" else request.getfixturevalue("database")
    opened = open_journal(place, clock=clock)
    yield opened
    opened.close()


def key(appointment):
    return hashlib.sha256(appointment.encode()).digest()[:16] if appointment else b""


@pytest.fixture
def edition(journal, inputs):
    """A sealed edition of messages, each a number and an appointment; more than one message to a call is not needed."""

    def make(*messages, kind=EditionKind.FIRST, tag="a" * 10, settings=KEYED):
        record = journal.begin(inputs(settings=settings), tag=tag, kind=kind)
        with journal.writing() as connection:
            of = {"campaign": record.id}
            content = {"body": "Hello", "encoding": "GSM-7", "units": 5, "parts": 1}
            connection.execute(insert(schema.text).values(**of, id=1, **content))
            for line, (msisdn, appointment) in enumerate(messages, 2):
                row = {"line": line, "msisdn": msisdn, "country": "FR", "text": 1, "call": line}
                connection.execute(insert(schema.message).values(**of, **row, key_hash=key(appointment)))
                call = {"id": line, "text": 1, "first_line": line, "last_line": line, "receivers": 1}
                connection.execute(insert(schema.chunk).values(**of, **call, state="pending", attempts=0))
            sealed = update(schema.campaign).where(schema.campaign.c.id == record.id)
            counts = dict.fromkeys(("rows", "messages", "texts", "gsm7", "parts", "chunks"), len(messages))
            none = dict.fromkeys(("not_sent", "countries", "repairs", "spread"), ())
            summary = json.dumps({**counts, **none, "ucs2": 0, "blank": 0, "width": 2})
            connection.execute(sealed.values(sealed_at=journal.clock(), summary=summary))
        return journal.find("spring", proposed=kind is not EditionKind.FIRST)

    return make


ONE, OTHER = 33639980001, 33639980002


LAW_4 = ("no two messages are to the same", "nobody who had an earlier edition has it again")


def broken(journal, record):
    """What the journal says against itself about who gets how many; these journals have no story."""
    return [one.first for one in audit(journal, record) if not one.ok and one.name in LAW_4]


def sent(journal, record, *outcomes):
    """Put in force, with an outcome for each of the next calls."""
    put_in_force(journal, record, account="")
    now = journal.find("spring")
    queue = Queue(journal, now, sender="Shop", terms=TERMS)
    with journal.driving(together=True):
        for outcome in outcomes:
            (claim,) = queue.claim(1)
            taken = Accepted((claim.id,), claim.chunk.receivers, (), Decimal(1), Decimal(9))
            queue.record([(claim, taken if outcome is Accepted else outcome)])
    return now


def test_a_number_gets_a_message_for_each_of_its_appointments(journal, edition):
    record = edition((ONE, "monday"), (ONE, "tuesday"), (OTHER, "friday"))
    assert sum(tally(journal, record).messages.values()) == 3
    assert broken(journal, record) == []


@pytest.mark.parametrize(
    "messages",
    [
        ((ONE, "monday"), (OTHER, "monday")),
        ((ONE, "monday"), (ONE, "monday")),
        ((ONE, ""), (ONE, "")),
    ],
    ids=["the key of another number", "the same", "the number without keys"],
)
def test_the_database_refuses_a_second_message(edition, messages):
    with pytest.raises(IntegrityError):
        edition(*messages)


@pytest.mark.parametrize(
    ("first", "second", "held"),
    [
        ((ONE, "monday"), (ONE, "monday"), True),
        ((ONE, "monday"), (OTHER, "monday"), True),
        ((ONE, "monday"), (ONE, "tuesday"), False),
        ((ONE, "monday"), (OTHER, "tuesday"), False),
    ],
)
@pytest.mark.parametrize("outcome", [Accepted, Refused("400", "no"), NotSent("away")])
def test_a_key_is_held_by_who_had_it_and_by_nobody_else(journal, edition, first, second, held, outcome):
    sent(journal, edition(first), outcome)
    amended = edition(second, kind=EditionKind.AMENDMENT, tag="b" * 10)
    if held and outcome is Accepted:
        with pytest.raises(ChangedInputs, match="went on since this plan was shown"):
            put_in_force(journal, amended, account="")
    else:
        now = sent(journal, amended, Accepted)
        assert broken(journal, now) == []


def test_a_restart_holds_nothing(journal, edition):
    sent(journal, edition((ONE, "monday")), Accepted)
    now = sent(journal, edition((ONE, "monday"), kind=EditionKind.RESTART, tag="b" * 10), Accepted)
    assert broken(journal, now) == []


@pytest.mark.parametrize("settings", [{}, {"once_per": []}, {"once_per": ["order"]}])
def test_what_gets_one_message_is_fixed_by_the_first_edition(journal, edition, settings):
    sent(journal, edition((ONE, "monday")), NotSent("away"))
    other = ((OTHER, "tuesday" if settings.get("once_per") else ""),)
    amended = edition(*other, kind=EditionKind.AMENDMENT, tag="b" * 10, settings=settings)
    with pytest.raises(ChangedInputs, match=r"one message per appointment, and not per (number|order)"):
        put_in_force(journal, amended, account="")
    again = edition(*other, kind=EditionKind.RESTART, tag="c" * 10, settings=settings)
    put_in_force(journal, again, account="")


def test_a_second_message_by_key_breaks_a_law(journal, edition):
    record = edition((ONE, "monday"), (OTHER, "tuesday"))
    with journal.writing() as connection:
        connection.execute(text("DROP INDEX one_key_one_message"))
        connection.execute(update(schema.message).values(key_hash=key("monday")))
    assert any("2" in told and "3" in told for told in broken(journal, record))


def test_messages_without_keys_cost_no_bytes_of_one(journal, planted):
    planted(journal, ["A", "B"])
    with journal.reading() as connection:
        assert connection.execute(select(schema.message.c.key_hash)).scalars().all() == [b"", b""]
        assert connection.execute(select(schema.fate.c.key_hash)).scalars().all() == [b"", b""]
