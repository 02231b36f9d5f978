"""What every journal does, on both engines, each a real one: a SQLite file, and a PostgreSQL server started for the tests."""

from __future__ import annotations

import secrets
from collections import Counter
from contextlib import closing
from decimal import Decimal
from threading import Thread

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from smscampaign.errors import JournalProblem
from smscampaign.journal import schema
from smscampaign.journal.answers import answers
from smscampaign.journal.cancellations import Cancelling
from smscampaign.journal.doubted_calls import Absent, Found, Unknown
from smscampaign.journal.facts import keep_rates, sample, stored_rates, text_uses
from smscampaign.journal.fates import doubts, tally, waiting
from smscampaign.journal.laws import audit
from smscampaign.journal.plan import PlanWriter
from smscampaign.journal.queue import Queue
from smscampaign.journal.receipts import keep, open_calls
from smscampaign.journal.store import journal_exists, open_journal
from smscampaign.journal.summaries import stored_summary
from smscampaign.model import (
    Accepted,
    CountryCount,
    Delivery,
    DeliveryReceipt,
    InDoubt,
    NotSent,
    Purpose,
    Reason,
    Refused,
    Rejection,
    Status,
    Terms,
    Trace,
)

TERMS = Terms(Purpose.MARKETING)


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request, tmp_path):
    return tmp_path / "j.sqlite" if request.param == "sqlite" else request.getfixturevalue("database")


@pytest.fixture
def journal(place, clock):
    opened = open_journal(place, clock=clock)
    yield opened
    opened.close()


@pytest.fixture
def queue(journal, planted):
    """Driven, with the rows 2 to 4 in one call and row 5 in another."""
    record = planted(journal, ["A", "A", "A", "B"])
    with journal.driving(together=True):
        yield Queue(journal, record, sender="Shop", terms=TERMS)


def number(line):
    return f"+336399{80000 + line:05d}"


def accepted(*lines, invalid=(), credits="1"):
    ids = tuple(range(100, 100 + len(lines)))
    return Accepted(ids, tuple(map(number, lines)), tuple(map(number, invalid)), Decimal(credits), None)


def states(journal):
    with journal.reading() as connection:
        return dict(connection.execute(select(schema.chunk.c.id, schema.chunk.c.state)).all())


def statuses(journal):
    return {one.line: one.status for one in answers(journal, journal.find("spring"))}


# Planning --------------------------------------------------------------------------------------------------------


def test_a_plan_is_kept_row_by_row_with_one_message_for_each_number(journal, inputs, message):
    writer = PlanWriter(journal, journal.begin(inputs(ingredients={"text": "żółć 🙂"}), tag="t"))
    bad = Rejection(4, Reason.NUMBER_LETTERS, "not a number: x")
    writer.add([message(2, "A 🙂"), message(3, "B", number=2), bad])
    writer.add([message(5, "A 🙂"), message(6, "C", number=2)])
    made = writer.seal(receivers_per_call=500, width=2, blank=0)
    record = journal.find("spring")
    assert stored_summary(record) == made
    assert (made.rows, made.messages, made.texts, made.chunks) == (5, 2, 1, 1)
    assert record.inputs.ingredients == {"text": "żółć 🙂"}
    told = {one.line: (one.status, one.reason.split(":")[0]) for one in answers(journal, record)}
    assert told == {
        2: (Status.PENDING, ""),
        3: (Status.SUPPRESSED, "duplicate"),
        4: (Status.REJECTED, "number-letters"),
        5: (Status.PENDING, ""),
        6: (Status.SUPPRESSED, "duplicate"),
    }
    assert [one.text.body for one in sample(journal, record, 5)] == ["A 🙂", "A 🙂"]


@pytest.mark.parametrize("most", [1, 2, 4, 9])
def test_texts_that_no_two_messages_share_are_told_as_the_counted_ones(journal, planted, most):
    record = planted(journal, ["A", "é 🙂", "C", "D"])
    counted = list(text_uses(journal, record, most=most))
    assert list(text_uses(journal, record, most=most, unshared=True)) == counted
    assert [messages for _, _, messages in counted] == [1] * min(most, 4)


def test_the_database_itself_refuses_a_second_message_to_a_number(journal, planted):
    record = planted(journal, ["A"])
    twin = {"campaign": record.id, "line": 9, "msisdn": 33639980002, "country": "FR", "text": 1}
    with pytest.raises(IntegrityError), journal.writing() as connection:
        connection.execute(insert(schema.message).values(twin))


@pytest.mark.parametrize(("size", "calls"), [(500, [1, 3]), (2, [1, 1, 2]), (1, [1, 1, 1, 1])])
def test_equal_texts_travel_together_up_to_a_number_of_receivers(journal, planted, size, calls):
    record = planted(journal, ["A", "B", "A", "A"], size=size)
    with journal.driving(together=True):
        claims = Queue(journal, record, sender=None, terms=TERMS).claim(9)
    assert sorted(len(claim.lines) for claim in claims) == calls
    assert sorted(line for claim in claims for line in claim.lines) == [2, 3, 4, 5]


def test_what_was_planned_and_never_begun_makes_room(journal, planted, inputs):
    planted(journal, ["A", "B"])
    journal.begin(inputs(fingerprint="0" * 64), tag="another")
    assert list(answers(journal, journal.find("spring"))) == []
    assert states(journal) == {}


def test_what_has_begun_is_not_planned_again(journal, planted, inputs):
    journal.mark_begun(planted(journal, ["A"]), account="sms-1")
    with pytest.raises(JournalProblem, match="already begun"):
        journal.begin(inputs(), tag="another")
    journal.mark_unbegun(journal.find("spring"))
    journal.begin(inputs(), tag="another")


def test_a_transaction_that_fails_never_happened(journal, planted):
    record = planted(journal, ["A"])

    def change_and_fail():
        with journal.writing() as connection:
            connection.execute(update(schema.campaign).values(tag="changed"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        change_and_fail()
    assert journal.find("spring") == record


def test_looking_changes_nothing_and_sees_one_state(journal, planted, place):
    record = planted(journal, ["A"])
    other = open_journal(place)
    with journal.reading() as connection:
        before = connection.execute(select(schema.campaign.c.account)).scalar_one()
        other.mark_begun(record, account="sms-1")
        assert connection.execute(select(schema.campaign.c.account)).scalar_one() == before
    other.close()
    assert journal.find("spring").inputs.account == "sms-1"


# Claiming and recording ------------------------------------------------------------------------------------------


def test_a_claim_is_durable_before_it_is_handed_out_and_nobody_gets_it_twice(journal, queue, place):
    (claim,) = queue.claim(1)
    assert claim.chunk.receivers == (number(2), number(3), number(4))
    assert (claim.chunk.tag, claim.chunk.body, claim.attempts, claim.whole) == ("tagtagtagt-1", "A", 1, True)
    other = open_journal(place)
    assert states(other) == {1: "sending", 2: "pending"}
    other.close()
    assert [one.id for one in queue.claim(9)] == [2]
    assert queue.claim(9) == []
    assert not queue.left()


def test_a_claim_that_nobody_took_away_may_be_made(queue):
    assert [queue.keep(claim) for claim in queue.claim(9)] == [None, None]


@pytest.mark.parametrize(
    ("outcome", "state", "status"),
    [
        (accepted(5), "accepted", Status.ACCEPTED),
        (accepted(invalid=[5]), "refused", Status.REFUSED),
        (Refused("QUERY", "no"), "refused", Status.REFUSED),
        (Refused("KEYS", "no", stops=True), "pending", Status.PENDING),
        (NotSent("refused"), "pending", Status.PENDING),
        (InDoubt("timeout"), "in-doubt", Status.IN_DOUBT),
    ],
)
def test_each_outcome_has_its_state(journal, queue, outcome, state, status):
    _, claim = queue.claim(2)
    queue.record([(claim, outcome)])
    assert states(journal) == {1: "sending", 2: state}
    assert statuses(journal)[5] is status


def test_an_answer_with_invalid_receivers_is_told_receiver_by_receiver(journal, queue):
    (claim,) = queue.claim(1)
    queue.record([(claim, accepted(2, 4, invalid=[3], credits="2.5"))])
    assert statuses(journal) == {
        2: Status.ACCEPTED,
        3: Status.REFUSED,
        4: Status.ACCEPTED,
        5: Status.PENDING,
    }
    standing = tally(journal, journal.find("spring"))
    assert standing.messages == {Status.PENDING: 1, Status.ACCEPTED: 2, Status.REFUSED: 1}
    assert standing.credits == Decimal("2.5")


def test_a_refused_call_gives_way_to_its_halves(journal, queue):
    (claim,) = queue.claim(1)
    assert claim.lines == (2, 3, 4)
    queue.record([(claim, Refused("QUERY", "whose fault?"))])
    halves = [one for one in queue.claim(9) if one.chunk.body == "A"]
    assert sorted(line for one in halves for line in one.lines) == [2, 3, 4]
    assert len(halves) == 2
    assert claim.chunk.tag not in {one.chunk.tag for one in halves}


def test_recording_and_claiming_are_one_commit(journal, queue):
    (claim,) = queue.claim(1)
    (following,) = queue.turn([(claim, accepted(2, 3, 4))], 1)
    assert following.id == 2
    assert states(journal) == {1: "accepted", 2: "sending"}


def test_a_limit_splits_the_call_at_its_row(journal, queue):
    assert queue.narrow(2) == 3
    (claim,) = queue.claim(9, up_to=3)
    assert claim.lines == (2, 3)
    assert not queue.left(up_to=3)
    assert sorted(line for one in queue.claim(9) for line in one.lines) == [4, 5]


# Doubts ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def doubt(queue):
    (claim,) = queue.claim(1)
    queue.record([(claim, InDoubt("timeout"))])
    (doubtful,) = queue.doubts()
    return doubtful


def test_found_whole_is_accepted(journal, queue, doubt):
    assert queue.conclude([(doubt, Found(Trace((7, 8, 9), None)))])[0]
    assert states(journal)[1] == "accepted"
    assert queue.doubts() == []


def test_found_in_part_leaves_the_rest_in_doubt(journal, queue, doubt):
    assert not queue.conclude([(doubt, Found(Trace((7,), frozenset([number(3)]))))])[0]
    (rest,) = queue.doubts()
    assert (rest.lines, rest.whole) == ((2, 4), False)
    assert statuses(journal)[3] is Status.ACCEPTED
    assert queue.decided(rest) == {number(3)}
    assert queue.conclude([(rest, Found(Trace((7, 8, 9), frozenset([number(2), number(4)]))))])[0]
    assert tally(journal, journal.find("spring")).messages == {Status.ACCEPTED: 3, Status.PENDING: 1}


def test_absent_is_pending_again_and_claimed_under_the_same_tag(journal, queue, doubt):
    assert queue.conclude([(doubt, Absent("not there"))])[0]
    assert states(journal)[1] == "pending"
    again = next(claim for claim in queue.claim(9) if claim.id == 1)
    assert (again.chunk.tag, again.attempts) == (doubt.chunk.tag, 2)


def test_what_was_found_out_about_an_earlier_call_settles_no_later_one(journal, queue, doubt):
    queue.conclude([(doubt, Absent("not there"))])[0]
    assert queue.conclude([(doubt, Absent("asked twice"))])[0]  # settled before: nothing happens
    again = next(claim for claim in queue.claim(9) if claim.id == 1)
    assert queue.conclude([(doubt, Absent("asked long ago"))])[0]  # being made again: nothing happens
    assert states(journal)[1] == "sending"
    queue.record([(again, InDoubt("timeout"))])
    assert not queue.conclude([(doubt, Absent("asked long ago"))])[0]
    assert states(journal)[1] == "in-doubt"


def test_a_doubt_says_why_it_stays(journal, queue, doubt):
    queue.conclude([(doubt, Unknown("no rights"))])
    assert doubts(journal, journal.find("spring")) == [("tagtagtagt-1", 3, "no rights")]


def test_many_doubts_are_listed_in_portions(journal, planted):
    record = planted(journal, [f"Text {n}" for n in range(1100)])
    with journal.driving(together=True):
        queue = Queue(journal, record, sender=None, terms=TERMS)
        queue.record([(claim, InDoubt("timeout")) for claim in queue.claim(2000)])
        assert [claim.lines for claim in queue.doubts()] == [(line,) for line in range(2, 1102)]


def test_what_a_driver_that_has_gone_left_behind_is_in_doubt_and_found_or_sent_again(journal, planted, place):
    record = planted(journal, ["A", "B"])
    with journal.driving(together=True):
        Queue(journal, record, sender=None, terms=TERMS).claim(9)
    resumed = open_journal(place)
    with resumed.driving(together=True):
        queue = Queue(resumed, resumed.find("spring"), sender=None, terms=TERMS)
        assert queue.recover() == 2
        assert queue.recover() == 0
        first, second = queue.doubts()
        assert queue.conclude([(first, Found(Trace((1,), None)))])[0]
        assert queue.conclude([(second, Absent("not there"))])[0]
        assert [claim.id for claim in queue.claim(9)] == [2]
    resumed.close()


# Reading ---------------------------------------------------------------------------------------------------------


def open_ones(journal, record):
    return [(one.tag, one.messages) for one in open_calls(journal, record)]


def test_rates_receipts_and_what_waits(journal, queue):
    record = journal.find("spring")
    keep_rates(journal, record, {"FR": Decimal("1.25")})
    keep_rates(journal, record, {"FR": Decimal("1.5")})
    assert stored_rates(journal, record) == {"FR": Decimal("1.5")}
    assert waiting(journal, record, limit=None) == [CountryCount("FR", 4, 4)]
    assert waiting(journal, record, limit=3) == [CountryCount("FR", 3, 3)]
    queue.record([(claim, accepted(*claim.lines)) for claim in queue.claim(9)])
    assert open_ones(journal, record) == [("tagtagtagt-1", 3), ("tagtagtagt-2", 1)]
    receipt = DeliveryReceipt(103, number(5), Delivery.DELIVERED, journal.clock(), tag="tagtagtagt-2")
    assert keep(journal, [receipt]) == (1, 1)
    assert keep(journal, [receipt]) == (1, 0)
    assert open_ones(journal, record) == [("tagtagtagt-1", 3)]
    last = list(answers(journal, record))[-1]
    assert (last.delivery, last.delivered_at, last.credits) == (
        Delivery.DELIVERED,
        journal.clock(),
        Decimal("1.5"),
    )


def test_whoever_needs_the_first_answer_only_may_stop_there(journal, queue):
    found = answers(journal, journal.find("spring"))
    assert next(found).line == 2
    found.close()


def test_untouched_as_long_as_nothing_can_have_arrived(queue):
    assert queue.untouched()
    (claim,) = queue.claim(1)
    assert not queue.untouched()
    queue.record([(claim, NotSent("refused"))])
    assert queue.untouched()
    queue.record([(one, InDoubt("timeout")) for one in queue.claim(1)])
    assert not queue.untouched()


# Opening and driving ---------------------------------------------------------------------------------------------


def test_there_is_one_once_it_was_made(place):
    assert not journal_exists(place)
    with pytest.raises(JournalProblem, match="no journal yet"):
        open_journal(place, create=False)
    open_journal(place).close()
    assert journal_exists(place)
    open_journal(place, create=False).close()


def test_tables_of_another_program_are_left_alone(place):
    journal = open_journal(place)
    with journal.writing() as connection:
        connection.execute(delete(schema.about))
    journal.close()
    with pytest.raises(JournalProblem, match="another program"):
        open_journal(place)


def test_one_alone_excludes_everybody_and_is_named(journal, place):
    other = open_journal(place)
    with journal.driving(), pytest.raises(JournalProblem, match=r"another smscampaign is at work.*process"):
        other.driving(together=False).__enter__()
    with other.driving():
        assert other.alone()
    other.close()


def test_the_lock_is_given_back_when_the_work_fails(journal):
    with pytest.raises(ZeroDivisionError), journal.driving():
        raise ZeroDivisionError
    with journal.driving():
        pass


def test_calls_of_several_threads_are_claimed_once_each(journal, planted, place):
    record = planted(journal, [f"Text {n}" for n in range(60)])
    claimed: list[int] = []

    def work(opened):
        queue = Queue(opened, record, sender=None, terms=TERMS)
        while claims := queue.claim(2):
            claimed.extend(claim.id for claim in claims)
            queue.record([(claim, accepted(*claim.lines)) for claim in claims])

    with journal.driving(together=True):
        threads = [Thread(target=work, args=(journal,)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert sorted(claimed) == list(range(1, 61))
    assert tally(journal, record).messages == {Status.ACCEPTED: 60}


# Fates ------------------------------------------------------------------------------------------------------------


def suppress(journal, line):
    with journal.writing() as connection:
        row = {"campaign": 1, "line": line, "status": "suppressed", "detail": "opted-out"}
        connection.execute(insert(schema.verdict).values(row))


def test_who_is_suppressed_before_the_call_adds_up_everywhere(journal, planted):
    record = planted(journal, ["A", "A", "A", "A", "A"])
    calls = Cancelling(journal, record, sender="Shop", terms=TERMS)
    suppress(journal, 4)
    (left,) = waiting(journal, record, limit=None)
    assert (left.messages, waiting(journal, record, limit=9)[0].messages) == (4, 4)
    with journal.driving(together=True):
        queue = Queue(journal, record, sender="Shop", terms=TERMS)
        (claim,) = queue.claim(1)
        assert claim.lines == (2, 3, 5, 6)
        queue.record([(claim, InDoubt("timeout"))])
        assert doubts(journal, record) == [("tagtagtagt-1", 4, "timeout")]
        queue.conclude([(queue.doubts()[0], Found(Trace((7, 8, 9, 10), frozenset(claim.chunk.receivers))))])[
            0
        ]
    assert tally(journal, record).messages == {Status.SUPPRESSED: 1, Status.ACCEPTED: 4}
    assert open_ones(journal, record) == [("tagtagtagt-1", 4)]
    assert [(one.accepted, one.taken) for one in calls.out()] == [(4, 4)]
    assert statuses(journal)[4] is Status.SUPPRESSED
    assert [check.name for check in audit(journal, record) if not check.ok] == []


@given(
    sizes=st.lists(st.integers(1, 3), min_size=1, max_size=4),
    states=st.lists(st.sampled_from(["pending", "sending", "accepted", "refused", "in-doubt", "cancelled"])),
    verdicts=st.dictionaries(
        st.integers(2, 13), st.sampled_from(["accepted", "refused", "cancelled", "suppressed"])
    ),
)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_message_has_one_fate_and_the_sums_are_the_rows(
    tmp_path, inputs, message, sizes, states, verdicts
):
    bodies = [body for body, size in zip("ABCD", sizes, strict=False) for _ in range(size)]
    with closing(open_journal(tmp_path / f"{secrets.token_hex(8)}.sqlite")) as journal:
        writer = PlanWriter(journal, journal.begin(inputs(), tag="tagtagtagt"))
        writer.add([message(line, body) for line, body in enumerate(bodies, 2)])
        writer.seal(receivers_per_call=500, width=2, blank=0)
        record = journal.find("spring")
        with journal.writing() as connection:
            for call, state in enumerate(states, 1):
                connection.execute(update(schema.chunk).where(schema.chunk.c.id == call).values(state=state))
            own = {line: status for line, status in verdicts.items() if line < len(bodies) + 2}
            for line, status in own.items():
                row = {"campaign": record.id, "line": line, "status": status, "detail": ""}
                connection.execute(insert(schema.verdict).values(row))
        told = tally(journal, record).messages
        assert sum(told.values()) == len(bodies)
        assert told == Counter(one.status for one in answers(journal, record))
        expected = []
        for line, body in enumerate(bodies, 2):
            state = states["ABCD".index(body)] if "ABCD".index(body) < len(states) else "pending"
            fate = own.get(line, state)
            expected.append("in-doubt" if fate == "sending" else fate)
        assert [str(one.status) for one in answers(journal, record)] == expected
        assert sum(one.messages for one in waiting(journal, record, limit=None)) == expected.count("pending")
        assert sum(count for _, count, _ in doubts(journal, record)) == expected.count("in-doubt")
        assert sum(count for _, count in open_ones(journal, record)) == expected.count("accepted")
