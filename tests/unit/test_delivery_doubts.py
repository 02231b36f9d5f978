"""Asking about calls in doubt: present is accepted, absent is sent again only after its time and only if the balance agrees;
where a witness is silent or they disagree, nothing changes and the reason is told.
"""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from smscampaign.delivery.doubts import PORTION, look, settle
from smscampaign.delivery.presence import NEXT, STRANGERS, sent_already
from smscampaign.errors import GatewayProblem
from smscampaign.gateway.fake import FakeGateway
from smscampaign.journal.answers import answers
from smscampaign.journal.facts import keep_rates
from smscampaign.journal.fates import doubts
from smscampaign.journal.queue import Queue
from smscampaign.journal.recovery import doubt_pending
from smscampaign.journal.store import open_journal
from smscampaign.model import Accepted, Account, InDoubt, NoAnswer, Progress, Purpose, Status, Terms, Trace

TWO_MINUTES = timedelta(seconds=120)


class Patience(threading.Event):
    """A stop event whose waiting moves the clock."""

    def __init__(self, clock):
        super().__init__()
        self.clock, self.waited, self.meanwhile = clock, [], lambda: None

    def wait(self, timeout=None):
        self.waited.append(timeout)
        self.clock.step(timeout)
        self.meanwhile()
        return self.is_set()


class Witness(FakeGateway):
    """Answers what it is told to, remembers what it was asked, and has what it is told to have left."""

    def __init__(self, *says, left=1000):
        super().__init__()
        self.says, self.asked, self.left = list(says), [], left

    def trace(self, chunk, *, since, certain):
        self.asked.append((chunk.receivers, since, certain))
        return self.says.pop(0)

    def account(self):
        if isinstance(self.left, Exception):
            raise self.left
        return Account("fake", "", "enable", Decimal(self.left), "both")


@pytest.fixture
def stop(clock):
    return Patience(clock)


@pytest.fixture
def doubtful(journal, planted, clock):
    """A queue whose calls are all in doubt, by the bodies of their texts."""

    def make(*bodies):
        queue = Queue(journal, planted(journal, bodies), sender=None, terms=Terms(Purpose.MARKETING))
        queue.keep_balance(Decimal(1000), since=0)
        clock.step(1)  # it began before its first call was claimed
        queue.record([(claim, InDoubt("cut off")) for claim in queue.claim(1000)])
        return queue

    return make


def run(queue, gateway, stop, clock, after=TWO_MINUTES):
    return list(settle(queue, gateway, after=after, stop=stop, clock=clock))


def statuses(journal):
    return [one.status for one in answers(journal, journal.find("spring"))]


def reasons(journal):
    return [why for _, _, why in doubts(journal, journal.find("spring"))]


def all_of(queue):
    return Trace((1, 2, 3), frozenset(queue.doubts()[0].chunk.receivers))


NOTHING = Trace((), frozenset())


def test_no_doubt_is_no_question(journal, doubtful, stop, clock):
    gateway = Witness()
    assert run(doubtful(), gateway, stop, clock) == []
    assert gateway.asked == []


def test_present_is_accepted_at_once(journal, doubtful, stop, clock):
    queue = doubtful("A", "A")
    assert run(queue, Witness(all_of(queue)), stop, clock) == [Progress("asking", 1, 1)]
    assert statuses(journal) == [Status.ACCEPTED] * 2
    assert stop.waited == []


def test_absent_before_its_time_is_asked_again_after_it(journal, doubtful, stop, clock):
    queue = doubtful("A")
    gateway = Witness(NOTHING, NOTHING)
    clock.step(50)
    said = run(queue, gateway, stop, clock)
    assert sum(stop.waited) == 70
    assert [one.stage for one in said] == ["asking", *["settling"] * 15]
    assert "70 s" in said[1].note
    assert max(stop.waited) <= 5
    assert len(gateway.asked) == 2
    assert statuses(journal) == [Status.PENDING]


def test_absent_at_first_and_present_later_is_accepted(journal, doubtful, stop, clock):
    queue = doubtful("A")
    run(queue, Witness(NOTHING, all_of(queue)), stop, clock)
    assert statuses(journal) == [Status.ACCEPTED]


def test_absent_after_its_time_may_be_sent_again_without_waiting(journal, doubtful, stop, clock):
    queue = doubtful("A")
    clock.step(120)
    run(queue, Witness(NOTHING), stop, clock)
    assert statuses(journal) == [Status.PENDING]
    assert stop.waited == []


def test_all_calls_are_asked_about_again_when_the_last_is_ripe(journal, planted, stop, clock):
    queue = Queue(journal, planted(journal, ["A", "B"]), sender=None, terms=Terms(Purpose.MARKETING))
    run(queue, Witness(), stop, clock)
    first, second = queue.claim(2)
    queue.record([(first, InDoubt("?"))])
    clock.step(100)
    queue.record([(second, InDoubt("?"))])
    clock.step(20)
    gateway = Witness(NOTHING, NOTHING, NOTHING, NOTHING)
    run(queue, gateway, stop, clock)
    assert sum(stop.waited) == 100
    assert gateway.says == []
    assert statuses(journal) == [Status.PENDING] * 2


def test_nothing_is_waited_for_when_all_were_found(journal, doubtful, stop, clock):
    queue = doubtful("A", "B")
    found = [Trace((n,), frozenset(one.chunk.receivers)) for n, one in enumerate(queue.doubts())]
    run(queue, Witness(*found), stop, clock)
    assert stop.waited == []
    assert statuses(journal) == [Status.ACCEPTED] * 2


def test_no_answer_leaves_the_doubt_and_says_why(journal, doubtful, stop, clock):
    queue = doubtful("A", "B")
    clock.step(500)
    run(queue, Witness(NoAnswer("no rights"), NOTHING), stop, clock)
    assert statuses(journal) == [Status.IN_DOUBT, Status.PENDING]
    reason = next(answers(journal, journal.find("spring"))).reason
    assert reason == "OVHcloud could not be asked: no rights"
    assert stop.waited == []


def test_found_in_part_stays_in_doubt_for_the_rest_and_is_never_sent_again(journal, doubtful, stop, clock):
    queue = doubtful("A", "A", "A")
    one, two, _ = queue.doubts()[0].chunk.receivers
    gateway = Witness(Trace((1,), frozenset({one})), Trace((1, 2), frozenset({one, two})))
    run(queue, gateway, stop, clock)
    assert statuses(journal) == [Status.ACCEPTED, Status.ACCEPTED, Status.IN_DOUBT]
    # Even if nothing at all shows up later: the witnesses disagree, and a person decides.
    clock.step(500)
    run(queue, Witness(NOTHING), stop, clock)
    assert statuses(journal) == [Status.ACCEPTED, Status.ACCEPTED, Status.IN_DOUBT]
    assert queue.claim(9) == []


def test_seen_and_then_gone_within_one_asking_is_not_sent_again(journal, doubtful, stop, clock):
    queue = doubtful("A", "A")
    one, _ = queue.doubts()[0].chunk.receivers
    run(queue, Witness(Trace((1,), frozenset({one})), NOTHING), stop, clock)
    assert statuses(journal) == [Status.ACCEPTED, Status.IN_DOUBT]
    assert queue.claim(9) == []


def test_counting_is_enough_only_for_the_first_attempt_of_a_whole_call(journal, doubtful, stop, clock):
    queue = doubtful("A", "A")
    clock.step(500)
    gateway = Witness(NOTHING, NOTHING, Trace((1,), frozenset({"+33639980002"})), NOTHING)
    run(queue, gateway, stop, clock)
    (again,) = queue.claim(1)
    queue.record([(again, InDoubt("again"))])
    clock.step(500)
    run(queue, gateway, stop, clock)
    assert [certain for _, _, certain in gateway.asked] == [True, False]
    assert gateway.asked[1][1] == again.claimed_at


def test_a_stop_ends_the_asking_and_the_waiting(journal, doubtful, stop, clock):
    queue = doubtful("A", "B")
    stop.set()
    gateway = Witness()
    assert run(queue, gateway, stop, clock) == []
    stop.clear()
    stop.meanwhile = stop.set
    gateway.says = [NOTHING, NOTHING]
    run(queue, gateway, stop, clock)
    assert len(gateway.asked) == 2
    assert len(stop.waited) == 1
    assert statuses(journal) == [Status.IN_DOUBT] * 2


def test_absence_ripens_from_the_doubt_and_not_from_the_claim(journal, planted, stop, clock):
    # A worker may hold a call back for minutes before it makes it; the process dies right after.
    queue = Queue(journal, planted(journal, ["A"]), sender=None, terms=Terms(Purpose.MARKETING))
    queue.claim(1)
    clock.step(10_000)
    queue.recover()
    run(queue, Witness(NOTHING, NOTHING), stop, clock)
    assert sum(stop.waited) == 120


# A journal that was lost -----------------------------------------------------------------------------------------


@pytest.fixture
def lost(journal, planted, clock):
    """A queue whose calls may have been made from a journal that is lost, and their receivers."""

    def make(*bodies, settings=None):
        record = planted(journal, bodies)
        Queue(journal, record, sender=None, terms=Terms(Purpose.MARKETING)).keep_balance(
            Decimal(1_000_000), since=0
        )
        clock.step(1)
        doubt_pending(journal, [record])
        record = replace(record, inputs=replace(record.inputs, settings=settings or {}))
        queue = Queue(journal, record, sender=None, terms=Terms(Purpose.MARKETING))
        return queue, [number for claim in queue.doubts() for number in claim.chunk.receivers]

    return make


def sent_from_elsewhere(queue, number, body, *, tag):
    """OVHcloud has a message that the lost journal sent, under the tag of a call that this one does not have."""
    gateway, (claim, *_) = FakeGateway(), queue.doubts()
    gateway.submit(replace(claim.chunk, tag=tag, receivers=(number,), body=body))
    return gateway


def found(queue, gateway, claims=None):
    present, unheard = look(queue, gateway, claims or queue.doubts(), stop=threading.Event())
    assert unheard == {}
    return present


def test_who_had_a_message_of_the_campaign_under_any_tag_has_it(journal, lost):
    queue, (one, other) = lost("A", "A")
    gateway = sent_from_elsewhere(queue, other, "another text", tag="tagtagtagt-zz")
    assert len(found(queue, gateway)) == 1
    assert statuses(journal) == [Status.IN_DOUBT, Status.ACCEPTED]
    assert [claim.chunk.receivers for claim in queue.doubts()] == [(one,)]
    assert found(queue, gateway) == set()


def test_the_others_of_a_call_are_absent_once_the_balance_explains_who_was_found(journal, lost, stop, clock):
    queue, (_, other) = lost("A", "A")
    gateway = sent_from_elsewhere(queue, other, "A", tag="tagtagtagt-zz")
    for _ in range(2):
        clock.step(500)
        run(queue, gateway, stop, clock)
    assert statuses(journal) == [Status.PENDING, Status.ACCEPTED]


def test_who_had_messages_of_other_campaigns_only_has_nothing_of_this_one(journal, lost):
    queue, (one,) = lost("A")
    assert found(queue, sent_from_elsewhere(queue, one, "A", tag="tagtagtagu-1")) == set()
    assert found(queue, sent_from_elsewhere(queue, one, "A", tag="tagtagtagt1-1")) == set()
    assert statuses(journal) == [Status.IN_DOUBT]


@pytest.mark.parametrize("body", ["A", "B"])
def test_where_people_get_several_messages_the_text_says_which_one_it_was(journal, lost, body):
    queue, (one, other) = lost("A", "B", settings={"once_per": ["order"]})
    number = {"A": one, "B": other}[body]
    found(queue, sent_from_elsewhere(queue, number, body, tag="tagtagtagt-zz"))
    assert statuses(journal).count(Status.ACCEPTED) == 1
    found(queue, sent_from_elsewhere(queue, number, "C", tag="tagtagtagt-zz"))
    assert statuses(journal).count(Status.ACCEPTED) == 1


def test_whoever_is_not_to_be_sent_to_again_at_once_is_looked_for_only_where_that_is_little(
    journal, lost, stop, clock, monkeypatch
):
    monkeypatch.setattr("smscampaign.delivery.doubts.FEW", 1)
    queue, (_, other) = lost("A", "A")
    gateway = sent_from_elsewhere(queue, other, "A", tag="tagtagtagt-zz")
    asked = []
    gateway.messages = lambda *numbers, most, **_: asked.append(most) or {}
    run(queue, gateway, stop, clock)
    assert set(asked) == {1}
    look(queue, gateway, queue.doubts(), stop=stop)
    assert asked[-1] is None


def test_where_the_newest_messages_cannot_be_had_that_is_said_and_stops_nobody(journal, planted, stop):
    queue = Queue(journal, planted(journal, ["A"]), sender=None, terms=Terms(Purpose.MARKETING))
    gateway = FakeGateway()
    gateway.left = lambda since: (_ for _ in ()).throw(GatewayProblem("it took too long", code="500"))
    tag, silent = sent_already(queue, gateway, stop=stop, since=journal.clock())
    assert (tag, silent) == ("", NoAnswer("it took too long", later=False))


# The third witness -----------------------------------------------------------------------------------------------


def test_what_was_charged_and_cannot_be_explained_leaves_all_of_them_in_doubt(journal, doubtful, stop, clock):
    queue = doubtful("A", "B", "C")
    clock.step(500)
    run(queue, Witness(NOTHING, NOTHING, NOTHING, left=999), stop, clock)
    assert statuses(journal) == [Status.IN_DOUBT] * 3
    (why,) = set(reasons(journal))
    assert "1 credit left the account that no answer explains" in why
    assert "so may 2 other calls in doubt" in why


def test_any_credit_that_is_gone_and_not_explained_keeps_the_doubt(journal, doubtful, stop, clock):
    """However dear a message is by the price list: the list may be wrong."""
    queue = doubtful("A", "B")
    clock.step(500)
    run(queue, Witness(NOTHING, NOTHING, left=Decimal("999.99")), stop, clock)
    assert statuses(journal) == [Status.IN_DOUBT] * 2
    assert "0.01 credits left the account that no answer explains" in reasons(journal)[0]


def test_what_costs_nothing_leaves_no_trace_in_the_balance(journal, doubtful, stop, clock):
    queue, there = doubtful("A"), Witness(NOTHING, NOTHING)
    there.rate = lambda country: Decimal(0)
    clock.step(500)
    run(queue, there, stop, clock)
    assert statuses(journal) == [Status.IN_DOUBT]
    assert "messages that cost nothing leave no trace" in reasons(journal)[0]


def test_one_message_of_a_large_call_is_enough_to_doubt_it(journal, doubtful, stop, clock):
    queue = doubtful(*["A"] * 5)
    clock.step(500)
    run(queue, Witness(NOTHING, left=999), stop, clock)
    assert statuses(journal) == [Status.IN_DOUBT] * 5
    assert "which costs 5 credits" in reasons(journal)[0]


def test_a_recharged_account_says_nothing(journal, doubtful, stop, clock):
    doubtful_queue = doubtful("A")
    clock.step(500)
    run(doubtful_queue, Witness(NOTHING, left=5000), stop, clock)
    assert "4000 credits more than it should (recharged" in reasons(journal)[0]
    assert statuses(journal) == [Status.IN_DOUBT]


def test_without_a_balance_from_before_the_call_it_stays_in_doubt(journal, planted, stop, clock):
    queue = Queue(journal, planted(journal, ["A"]), sender=None, terms=Terms(Purpose.MARKETING))
    queue.record([(claim, InDoubt("cut off")) for claim in queue.claim(1)])
    clock.step(500)
    run(queue, Witness(NOTHING), stop, clock)
    assert "balance from before this call is not known" in reasons(journal)[0]
    # That reading was after the call, so the next settling still has none.
    run(queue, Witness(NOTHING), stop, clock)
    assert statuses(journal) == [Status.IN_DOUBT]


def test_a_clock_that_is_set_back_does_not_make_a_later_reading_an_earlier_one(journal, planted, stop, clock):
    queue = Queue(journal, planted(journal, ["A"]), sender=None, terms=Terms(Purpose.MARKETING))
    queue.record([(claim, InDoubt("cut off")) for claim in queue.claim(1)])
    clock.step(-3600)
    queue.keep_balance(Decimal(999), since=queue.quiet())
    clock.step(10_000)
    run(queue, Witness(NOTHING, left=999), stop, clock)
    assert queue.last_reading().balance == 999
    assert statuses(journal) == [Status.IN_DOUBT]


def test_a_doubt_keeps_the_reading_from_before_it_until_all_witnesses_answer(journal, doubtful, stop, clock):
    queue = doubtful("A")
    clock.step(500)
    run(queue, Witness(NoAnswer("a moment's trouble"), left=1000), stop, clock)
    run(queue, Witness(NOTHING, left=GatewayProblem("gone", where="GET /sms/x")), stop, clock)
    assert statuses(journal) == [Status.IN_DOUBT]
    run(queue, Witness(NOTHING, left=1000), stop, clock)
    assert statuses(journal) == [Status.PENDING]


def test_a_balance_that_cannot_be_read_is_told_with_the_right_that_is_missing(journal, doubtful, stop, clock):
    queue = doubtful("A")
    clock.step(500)
    problem = GatewayProblem("This call has not been granted", code="NOT_GRANTED_CALL", where="GET /sms/x")
    run(queue, Witness(NOTHING, left=problem), stop, clock)
    assert "balance could not be read" in reasons(journal)[0]
    assert "GET /sms/*" in reasons(journal)[0]
    assert statuses(journal) == [Status.IN_DOUBT]


def test_a_price_that_nobody_knows_leaves_the_doubt(journal, doubtful, stop, clock, monkeypatch):
    queue = doubtful("A", "B")
    clock.step(500)
    monkeypatch.setattr(Witness, "rate", lambda *_: None)
    run(queue, Witness(Trace((1,), None), NOTHING, left=999), stop, clock)
    assert statuses(journal) == [Status.ACCEPTED, Status.IN_DOUBT]
    assert "the price of a message to FR is not known for certain" in reasons(journal)[0]
    # What was remembered of it proves nothing, and neither does a price that has changed since.
    keep_rates(journal, journal.find("spring"), {"FR": Decimal(1)})
    for now in (None, Decimal(2)):
        monkeypatch.setattr(Witness, "rate", lambda *_, now=now: now)
        run(queue, Witness(NOTHING, left=999), stop, clock)
        assert statuses(journal) == [Status.ACCEPTED, Status.IN_DOUBT]
    monkeypatch.setattr(Witness, "rate", lambda *_: Decimal(1))
    run(queue, Witness(NOTHING, left=999), stop, clock)
    assert statuses(journal) == [Status.ACCEPTED, Status.PENDING]


def test_where_nothing_is_gone_no_price_is_needed(journal, doubtful, stop, clock, monkeypatch):
    queue = doubtful("A")
    clock.step(500)
    monkeypatch.setattr(Witness, "rate", lambda *_: None)
    run(queue, Witness(NOTHING), stop, clock)
    assert statuses(journal) == [Status.PENDING]


@pytest.mark.parametrize("bill", ["2", "0.5"])
def test_a_bill_that_is_not_what_its_messages_cost_proves_nothing(journal, planted, stop, clock, bill):
    """One credit too many in an answer would hide the credit of the call that is in doubt."""
    queue = Queue(journal, planted(journal, ["A", "B"]), sender=None, terms=Terms(Purpose.MARKETING))
    keep_rates(journal, journal.find("spring"), {"FR": Decimal(1)})
    run(queue, Witness(left=1000), stop, clock)
    one, two = queue.claim(2)
    told = Accepted((1,), one.chunk.receivers, (), Decimal(bill), None)
    queue.record([(one, told), (two, InDoubt("?"))])
    clock.step(500)
    run(queue, Witness(NOTHING, left=1000 - Decimal(bill)), stop, clock)
    assert statuses(journal) == [Status.ACCEPTED, Status.IN_DOUBT]
    assert "billed with something else than its messages were to cost" in reasons(journal)[0]


def test_what_other_calls_cost_is_taken_off(journal, planted, stop, clock, monkeypatch):
    monkeypatch.setattr(Witness, "rate", lambda *_: Decimal("1.3"))
    queue = Queue(journal, planted(journal, ["A", "B", "C"]), sender=None, terms=Terms(Purpose.MARKETING))
    keep_rates(journal, journal.find("spring"), {"FR": Decimal("1.3")})
    run(queue, Witness(left=1000), stop, clock)
    one, two, three = queue.claim(3)
    told = Accepted((1,), one.chunk.receivers, (), Decimal("1.3"), None)
    queue.record([(one, told), (two, InDoubt("?")), (three, InDoubt("?"))])
    clock.step(500)
    # The second is found, and OVHcloud does not say its price: what it should cost is taken for it.
    gateway = Witness(Trace((2,), None), NOTHING, left=Decimal("997.4"))
    run(queue, gateway, stop, clock)
    assert statuses(journal) == [Status.ACCEPTED, Status.ACCEPTED, Status.PENDING]
    assert gateway.says == []


def test_the_rest_of_a_call_found_in_part_may_be_sent_again_once_all_witnesses_agree(
    journal, doubtful, stop, clock
):
    queue = doubtful("A", "A", "A")
    one, *rest = queue.doubts()[0].chunk.receivers
    clock.step(500)
    part = Trace((1,), frozenset({one}))
    run(queue, Witness(part, left=999), stop, clock)
    assert statuses(journal) == [Status.ACCEPTED, Status.IN_DOUBT, Status.IN_DOUBT]
    # Its history was still being written a moment ago: absence ripens anew.
    run(queue, Witness(part, part, left=999), stop, clock)
    assert sum(stop.waited) == 120
    assert statuses(journal) == [Status.ACCEPTED, Status.PENDING, Status.PENDING]
    (again,) = queue.claim(9)
    assert list(again.chunk.receivers) == rest


def test_the_rest_of_a_call_stays_in_doubt_when_more_was_charged(journal, doubtful, stop, clock):
    queue = doubtful("A", "A", "A")
    part = Trace((1,), frozenset(queue.doubts()[0].chunk.receivers[:1]))
    clock.step(500)
    run(queue, Witness(part, left=998), stop, clock)
    run(queue, Witness(part, part, left=998), stop, clock)
    assert statuses(journal) == [Status.ACCEPTED, Status.IN_DOUBT, Status.IN_DOUBT]
    assert "which costs 2 credits" in reasons(journal)[0]


def test_strangers_under_the_tag_are_a_disagreement(journal, doubtful, stop, clock):
    queue = doubtful("A")
    clock.step(500)
    run(queue, Witness(Trace((1,), frozenset({"+33612345678"}))), stop, clock)
    assert "to none of its receivers" in reasons(journal)[0]
    run(queue, Witness(Trace((1,), frozenset())), stop, clock)
    assert statuses(journal) == [Status.IN_DOUBT]


def test_a_persons_decision_makes_the_sum_unknown_for_the_others(journal, doubtful, stop, clock):
    queue = doubtful("A", "B")
    queue.assume_sent(queue.doubts()[0])
    clock.step(500)
    run(queue, Witness(NOTHING, left=999), stop, clock)
    assert "decided by a person" in reasons(journal)[0]
    assert statuses(journal) == [Status.ACCEPTED, Status.IN_DOUBT]


def test_a_question_that_failed_before_its_time_is_asked_again_after_it(journal, doubtful, stop, clock):
    queue = doubtful("A")
    run(queue, Witness(NoAnswer("a moment's trouble"), NOTHING), stop, clock)
    assert statuses(journal) == [Status.PENDING]


def test_looking_finds_what_is_there_and_changes_nothing_else(journal, doubtful, stop, clock):
    queue = doubtful("A", "B")
    one, two = queue.doubts()
    gateway = Witness(Trace((1,), frozenset(one.chunk.receivers)), NOTHING)
    assert look(queue, gateway, [one, two], stop=stop) == ({one.id}, {})
    assert statuses(journal) == [Status.ACCEPTED, Status.IN_DOUBT]


def test_findings_are_written_in_portions(journal, doubtful, stop, clock, monkeypatch):
    queue = doubtful(*(f"text {n}" for n in range(PORTION)), *(f"more {n}" for n in range(20)))
    claims, commits, writing = queue.doubts(), [], journal.writing
    clock.step(500)
    monkeypatch.setattr(journal, "writing", lambda: commits.append(1) or writing())
    run(queue, Witness(*(Trace((n,), None) for n, _ in enumerate(claims))), stop, clock)
    assert len(commits) == 3  # two portions, and the balance
    assert set(statuses(journal)) == {Status.ACCEPTED}


class Fate(FakeGateway):
    """Takes calls and hides some of them from its history, for good."""

    hidden: frozenset[str] = frozenset()

    def trace(self, chunk, *, since, certain):
        return NOTHING if chunk.body in self.hidden else super().trace(chunk, since=since, certain=certain)


@hypothesis_settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    fates=st.lists(st.sampled_from(["told", "lost", "taken", "hidden"]), min_size=1, max_size=6),
    rounds=st.integers(1, 3),
    elsewhere=st.sampled_from([0, 0, 0, 1, 2, -1000]),
)
def test_nobody_is_charged_twice_whatever_the_history_hides(
    tmp_path_factory, planted, clock, fates, rounds, elsewhere
):
    """Law: with the history hiding what it likes, a call that was charged is never made again.

    The account is recharged by more than all calls cost: by exactly what was hidden, nobody could tell.
    """
    stop = Patience(clock)
    store = open_journal(tmp_path_factory.mktemp("law") / "j.sqlite", clock=clock)
    bodies = [f"text {n}" for n in range(len(fates))]
    script = [{"told": None, "lost": FakeGateway.lost}.get(fate, InDoubt("cut off")) for fate in fates]
    gateway = Fate()
    gateway.hidden = frozenset(body for body, fate in zip(bodies, fates, strict=True) if fate == "hidden")
    queue = Queue(store, planted(store, bodies), sender=None, terms=Terms(Purpose.MARKETING))
    run(queue, gateway, stop, clock)
    for claim, outcome in zip(queue.claim(len(fates)), script, strict=True):
        gateway._script.append(outcome) if outcome else None
        queue.record([(claim, gateway.submit(claim.chunk))])
    gateway._credits -= elsewhere
    for _ in range(rounds):
        clock.step(500)
        run(queue, gateway, stop, clock)
        for claim in queue.claim(100):
            queue.record([(claim, gateway.submit(claim.chunk))])
    charged = Counter(number for chunk in gateway.taken for number in chunk.receivers)
    assert max(charged.values(), default=0) <= 1
    if "hidden" not in fates and elsewhere == 0:
        assert set(statuses(store)) == {Status.ACCEPTED}
        assert len(charged) == len(fates)
    store.close()


@pytest.fixture
def pending(journal, planted):
    """A queue of calls of which the journal knows nothing yet."""
    return Queue(
        journal,
        planted(journal, [f"Text {n}" for n in range(8)]),
        sender=None,
        terms=Terms(Purpose.MARKETING),
    )


def everybody_of(claim):
    return Trace((1,), frozenset(claim.chunk.receivers))


def test_a_few_of_the_next_calls_are_asked_about_before_a_run_goes_on(pending, stop):
    gateway = Witness(*[NOTHING] * NEXT)
    assert sent_already(pending, gateway, stop=stop) == ("", None)
    assert [receivers for receivers, _, _ in gateway.asked] == [
        claim.chunk.receivers for claim in pending.next_pending(NEXT)
    ]


@pytest.mark.parametrize("at", range(NEXT))
def test_any_of_them_that_was_made_tells_that_another_journal_knows(pending, stop, at):
    """The first of them may have been refused where it was made."""
    claim = pending.next_pending(NEXT)[at]
    says = [NOTHING] * NEXT
    says[at] = everybody_of(claim)
    assert sent_already(pending, Witness(*says), stop=stop) == (claim.chunk.tag, None)


def test_one_that_could_not_be_asked_about_hides_no_other(pending, stop):
    says = [NoAnswer("no rights"), *[NOTHING] * (NEXT - 1)]
    assert sent_already(pending, Witness(*says), stop=stop) == ("", NoAnswer("no rights"))
    claim = pending.next_pending(NEXT)[-1]
    says[-1] = everybody_of(claim)
    assert sent_already(pending, Witness(*says), stop=stop) == (claim.chunk.tag, None)


def test_who_left_counts_although_it_is_not_known_what_waits(pending, stop):
    claim = pending.next_pending(1)[0]
    says = [NoAnswer("no right to see jobs", frozenset(claim.chunk.receivers)), *[NOTHING] * (NEXT - 1)]
    assert sent_already(pending, Witness(*says), stop=stop) == (claim.chunk.tag, None)


def test_a_call_that_another_machine_made_meanwhile_tells_nothing(pending, stop):
    class Overtaken(Witness):
        def trace(self, chunk, **asked):
            if not self.asked:
                pending.claim(1)
            return super().trace(chunk, **asked)

    says = [everybody_of(pending.next_pending(1)[0]), *[NOTHING] * (NEXT - 1)]
    assert sent_already(pending, Overtaken(*says), stop=stop) == ("", None)


def test_of_what_waits_and_is_newer_than_what_is_known_the_first_are_looked_at_and_some_others(pending, stop):
    (claim,) = pending.claim(1)
    pending.record([(claim, Accepted((107,), claim.chunk.receivers, (), Decimal(1), Decimal(999)))])
    looked = []

    class Waiting(Witness):
        def traces(self, questions, *, known, stop):
            ids = [*range(300, 100, -1), 7]
            looked.extend(sorted(set(ids).difference(known(ids))))
            return super().traces(questions, known=known, stop=stop)

    sent_already(pending, Waiting(*[NOTHING] * NEXT), stop=stop)
    half = STRANGERS // 2
    assert looked[:half] == list(range(108, 108 + half))
    assert looked[half:] == list(range(108 + half, 301, 19))
    assert len(looked) == STRANGERS
