"""Brakes: each threshold at its edge, and what must not trip any of them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscampaign.delivery.brakes import FEWEST, WINDOW, Brakes, Thresholds
from smscampaign.model import Accepted, Chunk, InDoubt, NotSent, Purpose, Refused, Terms

ONE, TWO, THREE = "+33639980001", "+33639980002", "+48512345678"
RATES = {"FR": Decimal(1), "PL": Decimal("0.4")}
OFF = Thresholds(doubts_in_a_row=0, refusals_in_a_row=0, share=1, bill=False)
DOUBT, NO, SETUP = InDoubt("cut off"), Refused("400", "no"), Refused("403", "no", stops=True)


def chunk(*receivers):
    return Chunk("tag-1", None, "Hello", receivers, Terms(Purpose.MARKETING))


def accepted(*receivers, credits="1", left=None, invalid=()):
    return Accepted((1,), receivers, invalid, Decimal(credits), None if left is None else Decimal(left))


def see(brakes, outcome, *receivers, countries=("FR",), parts=1):
    return brakes.after(chunk(*(receivers or (ONE,))), outcome, countries=countries, parts=parts)


def tripped_at(brakes, outcomes):
    """How many outcomes it took, and the reason; (None, None) when none of them did."""
    for count, outcome in enumerate(outcomes, 1):
        reason = see(brakes, outcome)
        if reason:
            return count, reason
    return None, None


GOOD = accepted(ONE)


def test_doubts_in_a_row_trip_at_the_threshold_and_not_before():
    count, reason = tripped_at(Brakes(Thresholds(), RATES), [DOUBT] * 9)
    assert count == 5
    assert "5 calls in a row got no clear answer (the last: cut off)" in reason


@pytest.mark.parametrize("answer", [GOOD, NO])
def test_a_clear_answer_ends_a_row_of_doubts(answer):
    outcomes = ([DOUBT] * 4 + [answer]) * 2
    assert tripped_at(Brakes(Thresholds(share=1), RATES), outcomes) == (None, None)


def test_refusals_in_a_row_trip_at_the_threshold_and_not_before():
    count, reason = tripped_at(Brakes(Thresholds(), RATES), [NO] * 20)
    assert count == 12
    assert "12 calls in a row were refused (the last: 400: no)" in reason


def test_an_accepted_call_ends_a_row_of_refusals():
    assert tripped_at(Brakes(Thresholds(share=1), RATES), ([NO] * 11 + [GOOD]) * 3) == (None, None)


@pytest.mark.parametrize("nothing", [NotSent("429"), SETUP])
def test_what_says_nothing_about_the_calls_neither_counts_nor_ends_a_row(nothing):
    brakes = Brakes(Thresholds(), RATES)
    assert tripped_at(brakes, [nothing] * 50) == (None, None)
    assert tripped_at(brakes, [DOUBT, nothing] * 5)[0] == 9


def test_a_call_whose_receivers_are_all_invalid_is_a_refused_one():
    brakes = Brakes(Thresholds(refusals_in_a_row=3), RATES)
    all_invalid = accepted(invalid=(ONE,), credits="0")
    assert tripped_at(brakes, [all_invalid] * 9)[0] == 3


@pytest.mark.parametrize("answer", [accepted(), accepted(ONE, invalid=(ONE,))])
def test_an_answer_that_names_a_receiver_in_no_way_or_in_both_is_a_doubt(answer):
    assert tripped_at(Brakes(Thresholds(doubts_in_a_row=2), RATES), [answer] * 2)[0] == 2


@pytest.mark.parametrize("bad", [DOUBT, NO])
def test_the_share_is_taken_from_the_twentieth_call_on(bad):
    early = [bad, GOOD] * ((FEWEST - 1) // 2) + [GOOD]
    count, reason = tripped_at(Brakes(Thresholds(), RATES), [*early, bad])
    assert count == FEWEST
    assert f"10 of the last {FEWEST} calls were refused or are in doubt, more than 25%" in reason


def test_a_share_at_the_threshold_does_not_trip():
    assert tripped_at(Brakes(Thresholds(), RATES), [GOOD, GOOD, GOOD, DOUBT] * 50) == (None, None)


def test_the_share_is_of_the_last_calls_so_that_a_long_good_run_hides_nothing():
    brakes = Brakes(Thresholds(), RATES)
    assert tripped_at(brakes, [GOOD] * 5000) == (None, None)
    assert tripped_at(brakes, [DOUBT, GOOD] * WINDOW)[0] <= 2 * (WINDOW // 4) + 1


@given(culprit=st.integers(0, 499), size=st.integers(2, 500))
def test_one_bad_number_in_a_call_trips_nothing(culprit, size):
    """Halved as delivery does it: only the culprit's own refusal counts in the share, and none of the rows gets long."""
    brakes, waiting = Brakes(Thresholds(), {}), [tuple(range(size))]
    culprit %= size
    while waiting:
        group = waiting.pop(0)
        numbers = tuple(f"+336399{80000 + one:05d}" for one in group)
        countries = ("FR",) * len(group)
        if culprit in group:
            assert see(brakes, NO, *numbers, countries=countries) is None
            if len(group) > 1:
                waiting += [group[: len(group) // 2], group[len(group) // 2 :]]
        else:
            assert see(brakes, accepted(*numbers), *numbers, countries=countries) is None


def test_the_bill_is_parts_times_the_rate_of_each_accepted_receiver():
    brakes = Brakes(Thresholds(), RATES)
    answer = accepted(ONE, "0048512345678", invalid=(TWO,), credits="2.8")
    assert see(brakes, answer, ONE, TWO, THREE, countries=("FR", "FR", "PL"), parts=2) is None
    answer = accepted(ONE, THREE, invalid=(TWO,), credits="3.8")
    reason = see(brakes, answer, ONE, TWO, THREE, countries=("FR", "FR", "PL"), parts=2)
    assert "charged 3.8 credits for the call tag-1, and its forecast was 2.8 (2 accepted × 2 parts)" in reason
    assert "--no-brake-bill" in reason
    assert ONE not in reason


@pytest.mark.parametrize(
    ("thresholds", "rates"), [(Thresholds(bill=False), RATES), (Thresholds(), {"PL": Decimal(1)})]
)
def test_no_bill_is_compared_where_nobody_wants_it_or_no_rate_is_known(thresholds, rates):
    assert see(Brakes(thresholds, rates), accepted(ONE, credits="77")) is None


@pytest.mark.parametrize(("left", "trips"), [("99.9", True), ("100", False), (None, False)])
def test_the_floor_is_the_least_that_may_be_left(left, trips):
    reason = see(Brakes(Thresholds(floor=Decimal(100)), RATES), accepted(ONE, left=left))
    assert (reason is not None) is trips
    if trips:
        assert "has 99.9 credits left, and the floor is 100" in reason


def test_everything_can_be_switched_off():
    brakes = Brakes(OFF, RATES)
    assert tripped_at(brakes, [DOUBT] * 200 + [NO] * 200 + [accepted(ONE, credits="5")]) == (None, None)


@given(st.lists(st.sampled_from([GOOD, DOUBT, NO, NotSent("429"), SETUP]), max_size=60))
def test_it_trips_only_when_a_threshold_is_passed(outcomes):
    count, _ = tripped_at(Brakes(Thresholds(), RATES), outcomes)
    if count is None:
        return
    seen = [one for one in outcomes[:count] if one in (GOOD, DOUBT, NO)]
    wrong = [one is not GOOD for one in seen]
    assert (
        seen[-5:] == [DOUBT] * 5
        or (GOOD not in seen[-12:] and seen[-24:].count(NO) >= 12)
        or (len(seen) >= FEWEST and sum(wrong) > len(wrong) / 4)
    )
