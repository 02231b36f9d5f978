"""A journal that several machines share: leases, who is there and who has gone, outcomes that come late, one pace."""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from threading import Event

import psycopg
import pytest
from sqlalchemy import select, text, update

from smscampaign.delivery.crew import Means, deliver
from smscampaign.errors import JournalProblem
from smscampaign.gateway.fake import FakeGateway
from smscampaign.gateway.pace import Pace
from smscampaign.journal import schema
from smscampaign.journal.doubted_calls import Absent, Found
from smscampaign.journal.fates import tally
from smscampaign.journal.places import Server, place_of, without_secrets
from smscampaign.journal.queue import Queue
from smscampaign.journal.store import open_journal
from smscampaign.journal.turns import Turns
from smscampaign.model import Accepted, InDoubt, NotSent, Purpose, Refused, Status, Terms, Trace

TERMS = Terms(Purpose.MARKETING)
#: Seconds in which even a busy machine gets from one line to the next: `lapse` ends a lease where it is to run out.
LEASE = 60


@pytest.fixture
def machines(database, clock):
    """Two openings of one journal, as two machines have them."""
    place = Server(f"{database.url}&lease={LEASE}")
    both = open_journal(place, clock=clock), open_journal(place, clock=clock)
    yield both
    for one in both:
        one.close()


@pytest.fixture
def queues(machines, planted):
    """Both at work: the rows 2 and 3 in one call, row 4 in another."""
    record = planted(machines[0], ["A", "A", "B"])
    with machines[0].driving(together=True), machines[1].driving(together=True):
        yield tuple(Queue(one, record, sender=None, terms=TERMS) for one in machines)


def why_it_stopped(steps):
    """The reason of a delivery's halt, None when it went on to its end."""
    ended = []

    def watched():
        ended.append((yield from steps))

    assert list(watched())
    return ended[0]


def number(line):
    return f"+336399{80000 + line:05d}"


def accepted(claim, credits="2"):
    return Accepted((7, 8)[: len(claim.lines)], claim.chunk.receivers, (), Decimal(credits), None)


def chunk(queue, identity=1):
    with queue.journal.reading() as connection:
        return connection.execute(select(schema.chunk).where(schema.chunk.c.id == identity)).one()


def lapse(queue):
    """The leases of all calls under way have run out."""
    sending = schema.chunk.c.state == "sending"
    with queue.journal.writing() as connection:
        connection.execute(
            update(schema.chunk).where(sending).values(lease_until=datetime(2020, 1, 1, tzinfo=UTC))
        )


def cut_session(database, driver):
    """The session of a driver is lost; returns when the server has noticed."""
    mine = f"FROM pg_locks WHERE locktype = 'advisory' AND objid = {16 + driver}"
    with psycopg.connect(database.url.replace("+psycopg", ""), autocommit=True) as admin:
        admin.execute(f"SELECT pg_terminate_backend(pid) FROM (SELECT pid {mine}) AS theirs")
        limit = time.monotonic() + 30
        while admin.execute(f"SELECT count(*) {mine}").fetchone() != (0,):
            assert time.monotonic() < limit, "the session does not end"
            time.sleep(0.02)


def taken_note(one, two):
    """The first claims a call and stands still; the second finds its lease run out."""
    (claim,) = one.claim(1)
    assert two.recover() == 0
    lapse(one)
    assert two.recover() == 1
    (doubtful,) = two.doubts()
    return claim, doubtful


def test_each_call_is_claimed_by_one_of_them(queues):
    one, two = queues
    assert [claim.id for claim in one.claim(1)] == [1]
    assert [claim.id for claim in two.claim(9)] == [2]
    assert one.claim(9) == []
    assert chunk(one, 1).driver != chunk(one, 2).driver


def test_a_lease_runs_out_by_itself(database, planted):
    one, two = (open_journal(Server(f"{database.url}&lease={lease}")) for lease in (0.1, LEASE))
    record = planted(one, ["A"])
    with one.driving(together=True), two.driving(together=True):
        Queue(one, record, sender=None, terms=TERMS).claim(1)
        time.sleep(0.2)
        assert Queue(two, record, sender=None, terms=TERMS).recover() == 1
    one.close()
    two.close()


def test_a_lease_is_renewed_before_the_call_as_long_as_nobody_has_taken_note(queues):
    one, two = queues
    (claim,) = one.claim(1)
    lapse(one)
    assert one.keep(claim) is None
    assert two.recover() == 0


def test_whoever_stood_still_too_long_does_not_make_the_call(queues):
    one, two = queues
    claim, _ = taken_note(one, two)
    assert "stood still" in one.keep(claim)
    # It was never made, and who says so is who claimed it: pending at once, without asking anybody.
    one.record([(claim, NotSent("lapsed", lapsed=True))])
    assert chunk(one).state == "pending"


def test_a_lapsed_claim_neither_stops_delivery_nor_loses_the_call(queues):
    one, two = queues
    claimed = one.claim

    class Sleepy(FakeGateway):
        def submit(self, asked):
            if not self.calls:
                lapse(two)
                two.recover()
            return super().submit(asked)

    gateway = Sleepy()
    means = Means(gateway, Pace(0), Event(), workers=1)
    steps = deliver(one, means, total=3)
    assert why_it_stopped(steps) is None
    assert claimed(9) == []
    assert sorted(number for call in gateway.taken for number in call.receivers) == [
        number(2),
        number(3),
        number(4),
    ]


def test_what_stands_still_but_is_there_is_never_settled_as_absent(machines, queues):
    one, two = queues
    claim, doubtful = taken_note(one, two)
    assert not two.conclude([(doubtful, Absent("OVHcloud has nothing"))])[0]
    assert (chunk(two).state, chunk(two).driver is not None) == ("in-doubt", True)
    assert "still there" in chunk(two).detail
    one.record([(claim, InDoubt("timeout"))])
    (again,) = two.doubts()
    assert two.conclude([(again, Absent("OVHcloud has nothing"))])[0]
    assert chunk(two).state == "pending"


def test_what_was_asked_before_its_driver_woke_up_proves_nothing(queues, clock):
    one, two = queues
    claim, doubtful = taken_note(one, two)
    clock.step(60)
    one.record([(claim, InDoubt("timeout"))])
    assert not two.conclude([(doubtful, Absent("OVHcloud had nothing when it was asked"))])[0]
    assert chunk(two).state == "in-doubt"


@pytest.mark.parametrize("outcome", [InDoubt("timeout"), Refused("QUERY", "no"), NotSent("refused")])
def test_what_others_found_at_ovhcloud_stays_accepted(queues, outcome):
    one, two = queues
    claim, doubtful = taken_note(one, two)
    assert two.conclude([(doubtful, Found(Trace((7,), None)))])[0]
    one.record([(claim, outcome)])
    assert chunk(one).state == "accepted"


def test_a_late_answer_brings_credits_and_ids(queues):
    one, two = queues
    claim, doubtful = taken_note(one, two)
    two.conclude([(doubtful, Found(Trace((), None)))])[0]
    one.record([(claim, accepted(claim))])
    one.record([(claim, accepted(claim))])
    assert (chunk(one).state, chunk(one).ids, chunk(one).credits) == ("accepted", "[7, 8]", Decimal(2))


def test_a_late_answer_completes_what_was_found_in_part(queues, machines):
    one, two = queues
    claim, doubtful = taken_note(one, two)
    assert not two.conclude([(doubtful, Found(Trace((7,), frozenset([number(2)]))))])[0]
    one.record([(claim, accepted(claim))])
    assert chunk(one).state == "accepted"
    record = machines[0].find("spring")
    assert tally(machines[0], record).messages == {Status.ACCEPTED: 2, Status.PENDING: 1}


def test_that_nothing_was_taken_is_not_believed_of_what_was_found_in_part(queues):
    one, two = queues
    claim, doubtful = taken_note(one, two)
    two.conclude([(doubtful, Found(Trace((7,), frozenset([number(2)]))))])[0]
    one.record([(claim, NotSent("refused"))])
    assert chunk(one).state == "in-doubt"


def test_an_outcome_of_a_call_that_was_made_again_meanwhile_changes_nothing(queues):
    one, two = queues
    claim, doubtful = taken_note(one, two)
    two.resend(doubtful)
    again = next(one for one in two.claim(9) if one.id == 1)
    one.record([(claim, InDoubt("timeout"))])
    assert chunk(two).state == "sending"
    two.record([(again, accepted(again))])
    assert chunk(two).state == "accepted"


def test_who_loses_the_session_has_gone_and_makes_no_call(queues, machines, database):
    one, two = queues
    (claim,) = one.claim(1)
    cut_session(database, chunk(one).driver)
    assert two.recover() == 1
    with pytest.raises(JournalProblem, match="does not answer"):
        one.keep(claim)


def test_delivery_stops_before_the_next_call_when_its_session_is_lost(queues, database):
    one, _ = queues

    class Cut(FakeGateway):
        def submit(self, asked):
            cut_session(database, one.journal.driver)
            return super().submit(asked)

    gateway = Cut()
    steps = deliver(one, Means(gateway, Pace(0), Event(), workers=1), total=3)
    assert "does not answer" in why_it_stopped(steps)
    assert len(gateway.taken) == 1
    assert {chunk(one, 1).state, chunk(one, 2).state} == {"accepted", "pending"}


def test_only_who_is_alone_may_plan_or_take_back_that_it_has_begun(machines, planted, inputs):
    one, two = machines
    planted(one, ["A"])
    with one.driving(together=True):
        assert one.alone()
    with one.driving(together=True), two.driving(together=True):
        assert not one.alone()
        with pytest.raises(JournalProblem, match="others deliver"):
            one.begin(inputs(), tag="another")
        with pytest.raises(JournalProblem, match=r"at work.*process .*; process"):
            open_journal(one.place).driving().__enter__()


def test_a_short_lease_gives_no_transaction_less_than_five_seconds(database):
    journal = open_journal(Server(f"{database.url}&lease=0.5"))
    with journal.writing() as connection:
        assert (
            connection.execute(text("SHOW idle_in_transaction_session_timeout")).scalar_one().strip() == "5s"
        )
    journal.close()


@pytest.mark.parametrize("together", [True, False])
def test_whoever_stands_still_in_the_middle_of_a_transaction_is_not_waited_for(
    machines, monkeypatch, together
):
    """The server ends it, but for a server that forgets to; then the one who waits asks it to."""
    one, two = machines
    for journal in machines:
        monkeypatch.setattr(journal._base, "_idle", "500ms")

    def stand_still() -> None:
        with one.writing(together=together) as still:
            still.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
            with two.writing() as connection:
                assert connection.execute(text("SELECT 1")).scalar_one() == 1
            still.execute(text("SELECT 1"))

    with pytest.raises(JournalProblem, match="does not answer"):
        stand_still()
    with one.writing() as again:
        assert again.execute(text("SELECT 1")).scalar_one() == 1


def test_who_is_at_work_in_a_transaction_is_waited_for(machines, monkeypatch):
    one, two = machines
    monkeypatch.setattr(two._base, "_idle", "100ms")

    def write() -> None:
        with two.writing():
            pass

    with ThreadPoolExecutor(1) as pool, one.writing() as busy:
        waiting = pool.submit(write)
        busy.execute(text("SELECT pg_sleep(1)"))
        assert not waiting.done()
    waiting.result(30)


def test_claims_need_a_driver(machines, planted):
    record = planted(machines[0], ["A"])
    with pytest.raises(JournalProblem, match="driving"):
        Queue(machines[0], record, sender=None, terms=TERMS).claim(1)


def test_one_pace_for_all(machines):
    one, two = (Turns(journal, "sms-1") for journal in machines)
    waits = [taker.take(1000) for taker in (one, two, one, two)]
    assert waits == pytest.approx([0, 1000, 2000, 3000], abs=60)  # less what passed between the questions
    assert Turns(machines[0], "sms-2").take(10) == pytest.approx(0, abs=0.01)


def test_doubts_ripen_by_the_servers_clock(database, planted):
    journal = open_journal(database)
    journal._base.clock._local = lambda: start - behind
    start, behind = datetime.now(UTC), timedelta(hours=3)
    planted(journal, ["A"])
    assert abs(journal.clock() - datetime.now(UTC)) < timedelta(minutes=1)
    journal.close()


# What can be wrong with a server ---------------------------------------------------------------------------------


def test_without_the_package_it_says_what_to_install(monkeypatch, database):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(JournalProblem) as caught:
        open_journal(database)
    assert "pip install 'smscampaign[postgres]'" in caught.value.remedy


def test_a_server_that_is_not_there_is_told_without_the_password(tmp_path):
    with pytest.raises(JournalProblem, match="does not answer") as caught:
        open_journal(Server(f"postgresql://me:s3cret@/db?host={tmp_path}"))
    assert "s3cret" not in str(caught.value) + repr(caught.value.__cause__)
    assert "me:***@" in caught.value.where


def test_a_database_that_is_full_of_something_else_is_refused(database):
    with psycopg.connect(database.url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("CREATE TABLE theirs (x int)")
    with pytest.raises(JournalProblem, match="another program") as caught:
        open_journal(database)
    assert "createdb" in caught.value.remedy


def test_a_user_without_rights_is_told(database):
    with psycopg.connect(database.url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("DO $$ BEGIN CREATE ROLE guest LOGIN; EXCEPTION WHEN duplicate_object THEN END $$")
    with pytest.raises(JournalProblem, match="may not be written"):
        open_journal(Server(database.url.replace("tester@", "guest@")))


def test_a_database_without_unicode_is_refused(database, postgresql):
    with psycopg.connect(database.url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS plain")
        connection.execute("CREATE DATABASE plain ENCODING 'LATIN1' TEMPLATE template0")
    with pytest.raises(JournalProblem, match="LATIN1"):
        open_journal(Server(f"postgresql://tester@/plain?host={postgresql}"))


@pytest.mark.parametrize("url", ["mysql://me@host/db", "postgresql://host", "postgresql://me@host:x/db"])
def test_what_is_no_address_is_refused(url):
    with pytest.raises(JournalProblem, match="no address of a PostgreSQL database"):
        place_of(url)


@pytest.mark.parametrize("lease", ["x", "0", "-1", "1e9"])
def test_a_lease_is_a_number_of_seconds(database, lease):
    with pytest.raises(JournalProblem, match="lease"):
        open_journal(Server(f"{database.url}&lease={lease}"))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://me:s3c:ret@host/db", "postgresql://me:***@host/db"),
        (
            "--journal=postgresql+psycopg://me:s3cret@host/db?x=1",
            "--journal=postgresql+psycopg://me:***@host/db?x=1",
        ),
        ("postgresql://host/db?user=me&password=s3cret&x=1", "postgresql://host/db?user=me&password=***"),
        ("postgresql://me@host/db", "postgresql://me@host/db"),
        ("spring.journal.sqlite", "spring.journal.sqlite"),
    ],
)
def test_passwords_are_never_shown(text, shown):
    assert without_secrets(text) == shown
    if "://" in text:
        assert "s3c" not in repr(Server(text)) + str(Server(text))


def test_durable_on_the_server_whatever_its_own_settings(database):
    with psycopg.connect(database.url.replace("+psycopg", ""), autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(f"ALTER DATABASE {name} SET synchronous_commit TO off")
    journal = open_journal(database)
    with journal.writing() as connection:
        assert connection.execute(text("SHOW synchronous_commit")).scalar_one() == "on"
    journal.close()


def test_the_claim_that_is_kept_is_of_this_very_call(queues):
    one, _ = queues
    (claim,) = one.claim(1)
    assert one.keep(replace(claim, id=2)) is not None
