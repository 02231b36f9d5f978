"""The queue of calls: every outcome has its state, every change its event, and a crash leaves a doubt rather than a guess."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from smscampaign.errors import JournalProblem
from smscampaign.journal import schema
from smscampaign.journal.answers import answers
from smscampaign.journal.calls import tag_of
from smscampaign.journal.doubted_calls import Absent, Found, Unknown
from smscampaign.journal.editions import refuse_doubts
from smscampaign.journal.facts import keep_rates
from smscampaign.journal.fates import doubts, tally, waiting
from smscampaign.journal.laws import audit
from smscampaign.journal.queue import Queue
from smscampaign.journal.receipts import open_calls
from smscampaign.journal.store import open_journal
from smscampaign.model import (
    Accepted,
    Delivery,
    InDoubt,
    NotSent,
    Purpose,
    Refused,
    Status,
    Terms,
    Trace,
)

TERMS = Terms(Purpose.MARKETING, priority="high")


@pytest.fixture
def queue_of(journal):
    return lambda record, at=journal: Queue(at, record, sender="Shop", terms=TERMS)


@pytest.fixture
def queue(journal, planted, queue_of):
    """One call with the rows 2 to 4."""
    return queue_of(planted(journal, ["A", "A", "A"]))


def number(line):
    return f"+336399{80000 + line:05d}"


def accepted(*lines, invalid=(), credits="1", ids=None):
    return Accepted(
        tuple(ids if ids is not None else range(100, 100 + len(lines))),
        tuple(map(number, lines)),
        tuple(map(number, invalid)),
        Decimal(credits),
        None,
    )


def statuses(journal):
    return {one.line: one.status for one in answers(journal, journal.find("spring"))}


def states(journal):
    with journal.reading() as connection:
        return dict(connection.execute(select(schema.chunk.c.id, schema.chunk.c.state)).all())


def events(journal):
    with journal.reading() as connection:
        return connection.execute(
            select(schema.event.c.chunk, schema.event.c.what).order_by(schema.event.c.id)
        ).all()


def test_a_claim_carries_the_whole_call_and_is_durable_before_it_is_handed_out(journal, queue, clock):
    (claim,) = queue.claim(4)
    assert claim.chunk.receivers == (number(2), number(3), number(4))
    assert (claim.chunk.tag, claim.chunk.sender, claim.chunk.body) == ("tagtagtagt-1", "Shop", "A")
    assert claim.chunk.terms == TERMS
    assert (claim.lines, claim.parts, claim.attempts, claim.whole) == ((2, 3, 4), 1, 1, True)
    assert claim.claimed_at == clock()
    other = open_journal(journal.path)
    assert states(other) == {1: "sending"}
    other.close()
    assert queue.claim(4) == []


def test_claims_come_in_order_and_no_more_than_wanted(journal, planted, queue_of):
    queue = queue_of(planted(journal, ["A", "B", "C"]))
    assert [one.chunk.body for one in queue.claim(2)] == ["A", "B"]
    assert [one.chunk.body for one in queue.claim(2)] == ["C"]


@pytest.mark.parametrize(
    ("outcome", "state", "status", "left"),
    [
        (accepted(2, 3, 4), "accepted", Status.ACCEPTED, 0),
        (accepted(invalid=(2, 3, 4), credits="0"), "refused", Status.REFUSED, 0),
        (Refused("INVALID_KEY", "wrong key", stops=True), "pending", Status.PENDING, 1),
        (NotSent("slow down"), "pending", Status.PENDING, 1),
        (InDoubt("cut off"), "in-doubt", Status.IN_DOUBT, 0),
    ],
)
def test_each_outcome_has_its_state(journal, queue, outcome, state, status, left):
    (claim,) = queue.claim(1)
    queue.record([(claim, outcome)])
    assert states(journal) == {1: state}
    assert set(statuses(journal).values()) == {status}
    assert len(queue.claim(5)) == left
    assert events(journal)[:2] == [(1, "sending"), (1, state)]


def test_a_refused_call_of_one_is_refused(journal, planted, queue_of):
    queue = queue_of(planted(journal, ["A"]))
    (claim,) = queue.claim(1)
    queue.record([(claim, Refused("400", "no such thing"))])
    assert states(journal) == {1: "refused"}
    assert statuses(journal) == {2: Status.REFUSED}
    assert queue.claim(1) == []


def test_a_refused_call_of_several_gives_way_to_its_halves_in_one_commit(journal, queue):
    (claim,) = queue.claim(1)
    first, second = queue.turn([(claim, Refused("400", "no such thing"))], 5)
    assert (first.chunk.receivers, second.chunk.receivers) == ((number(2),), (number(3), number(4)))
    assert (first.chunk.tag, second.chunk.tag) == ("tagtagtagt-2", "tagtagtagt-3")
    assert [(one.attempts, one.whole, one.doubted_at) for one in (first, second)] == [(1, True, None)] * 2
    assert states(journal) == {2: "sending", 3: "sending"}
    assert events(journal) == [
        *[(1, "sending"), (1, "refused"), (1, "split"), (2, "split"), (3, "split")],
        *[(2, "sending"), (3, "sending")],
    ]
    assert sum(tally(journal, journal.find("spring")).messages.values()) == 3


def test_halves_wait_with_the_reason_for_it(journal, queue):
    (claim,) = queue.claim(1)
    queue.record([(claim, Refused("400", "no such thing"))])
    told = {one.line: (one.status, one.reason, one.tag) for one in answers(journal, journal.find("spring"))}
    assert told == dict.fromkeys((2, 3, 4), (Status.PENDING, "400: no such thing", ""))


def test_no_tag_is_ever_used_for_two_lists_of_receivers(journal, planted, queue_of):
    queue, used = queue_of(planted(journal, ["A"] * 9 + ["B"] * 4)), []
    while claims := queue.claim(1):
        (claim,) = claims
        used.append(claim.chunk.tag)
        queue.record([(claim, Refused("400", "no"))])
    assert len(used) == len(set(used)) == 2 * 9 - 1 + 2 * 4 - 1
    assert set(statuses(journal).values()) == {Status.REFUSED}


def test_halving_leaves_out_who_was_decided_before(journal, queue):
    (claim,) = queue.claim(1)
    queue.record([(claim, InDoubt("cut off"))])
    (doubt,) = queue.doubts()
    queue.conclude([(doubt, Found(Trace((7,), frozenset([number(3)]))))])[0]
    (doubt,) = queue.doubts()
    queue.conclude([(doubt, Absent("a person says so"))])[0]
    (claim,) = queue.claim(1)
    assert claim.chunk.receivers == (number(2), number(4))
    halves = queue.turn([(claim, Refused("400", "no"))], 5)
    assert [one.chunk.receivers for one in halves] == [(number(2),), (number(4),)]
    queue.record([(one, Refused("400", "no")) for one in halves])
    assert statuses(journal) == {2: Status.REFUSED, 3: Status.ACCEPTED, 4: Status.REFUSED}


def test_an_accepted_call_keeps_credits_ids_and_time(journal, queue, clock):
    (claim,) = queue.claim(1)
    clock.step(2)
    queue.record([(claim, accepted(2, 3, 4, credits="1.2"))])
    record = journal.find("spring")
    sums = tally(journal, record)
    assert (sums.credits, sums.unpriced, sums.chunks) == (Decimal("1.2"), 0, {"accepted": 1})
    first = next(answers(journal, record))
    assert (first.tag, first.sent_at, first.delivery) == ("tagtagtagt-1", claim.claimed_at, Delivery.WAITING)
    # Three ids and three receivers: which is whose is not documented, so none is given.
    assert first.id is None


def test_the_id_of_a_call_with_one_receiver_is_that_receivers(journal, planted, queue_of):
    queue = queue_of(planted(journal, ["A"]))
    (claim,) = queue.claim(1)
    queue.record([(claim, accepted(2, ids=[77]))])
    assert next(answers(journal, journal.find("spring"))).id == 77


def test_invalid_receivers_are_refused_and_the_others_accepted(journal, queue):
    (claim,) = queue.claim(1)
    queue.record([(claim, accepted(2, 4, invalid=(3,)))])
    assert statuses(journal) == {2: Status.ACCEPTED, 3: Status.REFUSED, 4: Status.ACCEPTED}
    assert tally(journal, journal.find("spring")).messages == {Status.ACCEPTED: 2, Status.REFUSED: 1}
    refused = next(one for one in answers(journal, journal.find("spring")) if one.line == 3)
    assert (refused.sent_at, refused.delivery, refused.credits) == (None, None, None)
    assert "invalid receiver" in refused.reason


def test_receivers_that_come_back_with_the_prefix_00_are_the_same(journal, queue):
    (claim,) = queue.claim(1)
    spelled = Accepted((1, 2, 3), tuple("00" + number(line)[1:] for line in (2, 3, 4)), (), Decimal(3), None)
    queue.record([(claim, spelled)])
    assert states(journal) == {1: "accepted"}


def test_a_receiver_that_the_answer_does_not_name_is_in_doubt(journal, queue):
    (claim,) = queue.claim(1)
    queue.record([(claim, accepted(2, invalid=(3,)))])
    assert statuses(journal) == {2: Status.ACCEPTED, 3: Status.REFUSED, 4: Status.IN_DOUBT}
    assert tally(journal, journal.find("spring")).messages == {
        Status.ACCEPTED: 1,
        Status.REFUSED: 1,
        Status.IN_DOUBT: 1,
    }
    (doubt,) = queue.doubts()
    assert (doubt.lines, doubt.chunk.receivers, doubt.whole) == ((4,), (number(4),), False)


def test_a_receiver_named_as_valid_and_as_invalid_is_in_doubt(journal, queue):
    (claim,) = queue.claim(1)
    queue.record([(claim, accepted(2, 3, 4, invalid=(3,)))])
    assert statuses(journal) == {2: Status.ACCEPTED, 3: Status.IN_DOUBT, 4: Status.ACCEPTED}


def test_an_accepted_answer_with_empty_lists_is_a_doubt(journal, queue):
    (claim,) = queue.claim(1)
    queue.record([(claim, accepted())])
    assert set(statuses(journal).values()) == {Status.IN_DOUBT}
    assert queue.doubts()[0].whole


def test_a_crash_between_claim_and_record_leaves_a_doubt(journal, queue, queue_of, clock):
    queue.claim(1)
    again = queue_of(journal.find("spring"))
    # Before anybody looked into it: somebody may still be at work.
    assert set(statuses(journal).values()) == {Status.IN_DOUBT}
    assert again.recover() == 1
    assert states(journal) == {1: "in-doubt"}
    assert again.recover() == 0
    assert [one.lines for one in again.doubts()] == [(2, 3, 4)]
    assert again.claim(5) == []
    assert events(journal)[-1] == (1, "in-doubt")


def test_a_doubt_that_is_found_whole_is_accepted_without_a_price(journal, queue):
    (claim,) = queue.claim(1)
    queue.record([(claim, InDoubt("cut off"))])
    assert queue.conclude([(queue.doubts()[0], Found(Trace((7, 8, 9), None)))])[0]
    assert set(statuses(journal).values()) == {Status.ACCEPTED}
    sums = tally(journal, journal.find("spring"))
    assert (sums.unpriced, sums.credits) == (1, 0)
    assert queue.doubts() == []


def test_a_doubt_that_is_found_in_part_keeps_the_rest_in_doubt(journal, queue):
    (claim,) = queue.claim(1)
    queue.record([(claim, InDoubt("cut off"))])
    (doubt,) = queue.doubts()
    assert not queue.conclude([(doubt, Found(Trace((7,), frozenset({number(3), "+33639989999"}))))])[0]
    assert statuses(journal) == {2: Status.IN_DOUBT, 3: Status.ACCEPTED, 4: Status.IN_DOUBT}
    (rest,) = queue.doubts()
    assert (rest.lines, rest.whole) == ((2, 4), False)
    assert not queue.conclude([(rest, Found(Trace((7, 8), frozenset({number(3), number(4)}))))])[0]
    assert statuses(journal) == {2: Status.IN_DOUBT, 3: Status.ACCEPTED, 4: Status.ACCEPTED}
    (rest,) = queue.doubts()
    assert (rest.lines, rest.whole) == ((2,), False)
    assert queue.conclude([(rest, Found(Trace((7, 8, 9), frozenset(map(number, (2, 3, 4))))))])[0]
    assert set(statuses(journal).values()) == {Status.ACCEPTED}
    assert sum(tally(journal, journal.find("spring")).messages.values()) == 3


def test_a_doubt_that_is_absent_may_be_made_again_and_counts_its_attempts(journal, queue, clock):
    (claim,) = queue.claim(1)
    queue.record([(claim, InDoubt("cut off"))])
    queue.conclude([(queue.doubts()[0], Absent("not there"))])[0]
    assert set(statuses(journal).values()) == {Status.PENDING}
    clock.step(100)
    (again,) = queue.claim(1)
    assert (again.attempts, again.claimed_at, again.chunk.tag) == (2, clock(), claim.chunk.tag)


def test_a_doubt_that_stays_tells_why(journal, queue):
    (claim,) = queue.claim(1)
    queue.record([(claim, InDoubt("cut off"))])
    queue.conclude([(queue.doubts()[0], Unknown("no rights"))])
    assert {one.reason for one in answers(journal, journal.find("spring"))} == {"no rights"}
    assert states(journal) == {1: "in-doubt"}


def test_many_doubts_are_read_in_portions(journal, planted, queue_of):
    queue = queue_of(planted(journal, [f"Text {n}" for n in range(1203)]))
    queue.claim(2000)
    queue.recover()
    assert [one.lines for one in queue.doubts()] == [(line,) for line in range(2, 1205)]


def test_a_limit_in_the_middle_of_a_call_splits_it(journal, planted, queue_of):
    queue = queue_of(planted(journal, ["A", "B", "A", "A", "B"]))
    assert queue.narrow(3) == 4
    first = queue.claim(10, up_to=4)
    assert [(one.chunk.body, one.lines) for one in first] == [("A", (2, 4)), ("B", (3,))]
    assert all(one.whole for one in first)
    assert queue.claim(10, up_to=4) == []
    rest = queue.claim(10)
    assert [(one.chunk.body, one.lines) for one in rest] == [("A", (5,)), ("B", (6,))]
    tags = [one.chunk.tag for one in first + rest]
    assert len(set(tags)) == 4
    assert (3, "split") in events(journal)
    assert statuses(journal) == dict.fromkeys(range(2, 7), Status.IN_DOUBT)


def test_a_smaller_limit_after_a_larger_one_splits_again(journal, planted, queue_of):
    queue = queue_of(planted(journal, ["A", "B", "A"]))
    assert (queue.narrow(2), queue.narrow(1)) == (3, 2)
    assert [one.lines for one in queue.claim(10, up_to=2)] == [(2,)]
    assert sorted(one.lines for one in queue.claim(10)) == [(3,), (4,)]


def test_the_rest_of_a_split_call_was_never_made(journal, queue):
    (claim,) = queue.claim(1)
    queue.record([(claim, NotSent("slow down"))])
    queue.narrow(1)
    rest = [one for one in answers(journal, journal.find("spring")) if one.line > 2]
    assert {one.tag for one in rest} == {""}
    queue.claim(1)
    (claim,) = queue.claim(1)
    assert claim.attempts == 1


@pytest.mark.parametrize(("limit", "last"), [(0, 0), (1, 2), (3, 4), (4, 4), (1000, 4)])
def test_a_limit_takes_that_many_rows(journal, queue, limit, last):
    assert queue.narrow(limit) == last
    assert sum(len(one.lines) for one in queue.claim(10, up_to=last)) == min(limit, 3)


def test_a_limit_counts_only_what_is_pending(journal, planted, queue_of):
    queue = queue_of(planted(journal, ["A", "B", "C", "D"]))
    queue.record([(one, accepted(*one.lines)) for one in queue.claim(2)])
    assert queue.narrow(1) == 4
    assert [one.lines for one in queue.claim(10, up_to=4)] == [(4,)]


def test_nothing_pending_is_narrowed_to_nothing(journal, queue):
    (claim,) = queue.claim(1)
    queue.record([(claim, accepted(2, 3, 4))])
    assert queue.narrow(5) == 0
    assert queue.claim(5, up_to=0) == []


def test_outcomes_of_several_calls_are_recorded_together_or_not_at_all(journal, planted, queue_of):
    queue = queue_of(planted(journal, ["A", "B"]))
    first, second = queue.claim(2)
    with pytest.raises(AssertionError):
        queue.record([(first, accepted(2)), (second, None)])
    assert states(journal) == {1: "sending", 2: "sending"}


@given(st.integers(1, 36**9 - 1), st.integers(1, 36**9 - 1))
def test_a_tag_is_unique_to_its_call_and_fits(one, other):
    tag = tag_of("abcdefghij", one)
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,20}", tag)
    assert (tag == tag_of("abcdefghij", other)) == (one == other)


def call(journal, identity=1):
    chunk = schema.chunk.c
    with journal.reading() as connection:
        return connection.execute(select(schema.chunk).where(chunk.id == identity)).one()


def found_in_part(queue, *lines, ids=(7,)):
    """A call that is in doubt and of which OVHcloud shows some."""
    (claim,) = queue.claim(1)
    queue.record([(claim, InDoubt("cut off"))])
    queue.conclude([(queue.doubts()[0], Found(Trace(tuple(ids), frozenset(map(number, lines)))))])[0]


def test_a_call_found_in_part_ends_as_accepted_when_the_rest_is_invalid(journal, queue):
    found_in_part(queue, 2, 3, ids=(7, 8))
    queue.conclude([(queue.doubts()[0], Absent("not there"))])[0]
    (rest,) = queue.claim(1)
    assert (rest.chunk.receivers, rest.ids, rest.credits) == ((number(4),), (7, 8), None)
    queue.record([(rest, accepted(invalid=(4,), credits="0", ids=()))])
    now = call(journal)
    # What the first try cost nobody said: no sum is better than half of one.
    assert (now.state, now.ids, now.credits) == ("accepted", "[7, 8]", None)
    record = journal.find("spring")
    assert statuses(journal) == {2: Status.ACCEPTED, 3: Status.ACCEPTED, 4: Status.REFUSED}
    assert tally(journal, record).unpriced == 1
    assert [(one.tag, one.messages) for one in open_calls(journal, record)] == [("tagtagtagt-1", 2)]
    assert [one.name for one in audit(journal, record) if not one.ok] == []


def test_a_call_found_in_part_ends_as_accepted_when_the_rest_is_refused(journal, queue):
    found_in_part(queue, 2, 3, ids=(7, 8))
    queue.conclude([(queue.doubts()[0], Absent("not there"))])[0]
    (rest,) = queue.claim(1)
    queue.record([(rest, Refused("400", "no"))])
    assert call(journal).state == "accepted"
    assert statuses(journal) == {2: Status.ACCEPTED, 3: Status.ACCEPTED, 4: Status.REFUSED}
    assert [one.name for one in audit(journal, journal.find("spring")) if not one.ok] == []


@pytest.mark.parametrize("lines", [(2, 3, 4), (2, 3), (2,)])
@pytest.mark.parametrize("known", [True, False])
def test_what_was_found_without_a_price_costs_what_the_results_say(journal, queue, lines, known):
    record = journal.find("spring")
    if known:
        keep_rates(journal, record, {"FR": Decimal("1.2"), "DE": Decimal(7)})
    found_in_part(queue, *lines, ids=(7, 8, 9)[: len(lines)])
    told = [one.credits for one in answers(journal, record) if one.status is Status.ACCEPTED]
    assert len(told) == len(lines)
    now = tally(journal, record)
    assert (now.unpriced, now.credits) == (1, sum(told) if known else 0)
    assert now.credits == (Decimal("1.2") * len(lines) if known else 0)
    for doubt in queue.doubts():
        queue.resend(doubt)
    assert tally(journal, record).credits == now.credits


def test_ids_and_credits_of_several_tries_add_up(journal, queue):
    (claim,) = queue.claim(1)
    queue.record([(claim, accepted(2, invalid=(3,), credits="1", ids=(7,)))])
    queue.resend(queue.doubts()[0])
    (rest,) = queue.claim(1)
    queue.record([(rest, accepted(4, credits="2", ids=(9,)))])
    now = call(journal)
    assert (now.state, now.ids, now.credits) == ("accepted", "[7, 9]", Decimal(3))
    assert tally(journal, journal.find("spring")).credits == Decimal(3)


@pytest.mark.parametrize("settle", ["found", "assumed"])
def test_what_a_later_try_cost_without_an_answer_makes_the_sum_unknown(journal, queue, settle):
    (claim,) = queue.claim(1)
    queue.record([(claim, accepted(2, 3, credits="2", ids=(7, 8)))])
    queue.resend(queue.doubts()[0])
    (rest,) = queue.claim(1)
    queue.record([(rest, InDoubt("cut off"))])
    (doubt,) = queue.doubts()
    if settle == "found":
        queue.conclude([(doubt, Found(Trace((7, 8, 9), frozenset(map(number, (2, 3, 4))))))])[0]
    else:
        queue.assume_sent(doubt)
    assert (call(journal).state, call(journal).credits) == ("accepted", None)
    assert tally(journal, journal.find("spring")).unpriced == 1


def test_what_was_charged_is_counted_once_when_a_limit_splits_the_rest_off(journal, queue):
    (claim,) = queue.claim(1)
    queue.record([(claim, accepted(2, credits="1", ids=(7,)))])
    queue.resend(queue.doubts()[0])
    assert queue.narrow(1) == 3
    assert tally(journal, journal.find("spring")).credits == Decimal(1)
    assert (call(journal).ids, call(journal, 2).ids, call(journal, 2).credits) == ("[7]", None, None)
    (one,) = queue.claim(9, up_to=3)
    assert one.chunk.receivers == (number(3),)
    queue.record([(one, accepted(3, credits="1", ids=(8,)))])
    (two,) = queue.claim(9)
    queue.record([(two, accepted(4, credits="1", ids=(9,)))])
    assert tally(journal, journal.find("spring")).credits == Decimal(3)
    assert [one.name for one in audit(journal, journal.find("spring")) if not one.ok] == []


def test_no_call_is_made_for_nobody_when_a_limit_parts_those_who_wait_from_those_who_have_it(journal, queue):
    found_in_part(queue, 4)
    queue.resend(queue.doubts()[0])
    assert queue.narrow(2) == 3
    assert states(journal) == {1: "pending", 2: "accepted"}
    # What OVHcloud said goes with the message it is about.
    assert (call(journal).ids, call(journal, 2).ids) == (None, "[7]")
    assert [claim.chunk.receivers for claim in queue.claim(9, up_to=3)] == [(number(2), number(3))]
    assert queue.claim(9) == []
    assert [one.name for one in audit(journal, journal.find("spring")) if not one.ok] == []


def test_of_a_call_found_in_part_only_the_rest_is_counted(journal, queue):
    found_in_part(queue, 2, 3)
    record = journal.find("spring")
    ((_, receivers, _),) = doubts(journal, record)
    assert receivers == 1
    with pytest.raises(JournalProblem, match="1 message of this campaign is in doubt"):
        refuse_doubts(journal, record)
    assert tally(journal, record).unpriced == 1
    queue.resend(queue.doubts()[0])
    for limit in (None, 5):
        assert [one.messages for one in waiting(journal, record, limit=limit)] == [1]
