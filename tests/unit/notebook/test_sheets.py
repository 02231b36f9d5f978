"""What plans and runs say that a small campaign does not show."""

from dataclasses import replace
from decimal import Decimal

import pytest

from smscampaign.drawing import text
from smscampaign.model import (
    CountryCount,
    Delivery,
    PlanSummary,
    Purpose,
    Reason,
    ReasonCount,
    Repair,
    RepairCount,
    Status,
    Tally,
)
from smscampaign.notebook.sheets import PlanView, RunView, plan_sheet, run_sheet

SUMMARY = PlanSummary(
    rows=10_000,
    messages=10_000,
    texts=10_000,
    gsm7=9_000,
    ucs2=1_000,
    parts=12_000,
    chunks=10_000,
    not_sent=(),
    countries=(CountryCount("FR", 9_000, 11_000), CountryCount("PL", 1_000, 1_000)),
    spread=((1, 8_000), (2, 2_000)),
    width=2,
    blank=0,
)


def plan_view(**other):
    given = {
        "name": "Big",
        "source": "big.csv",
        "code": "K7QX",
        "send": 'plan.deliver(gateway, confirm="K7QX")',
        "summary": SUMMARY,
        "to_do": "Fix 3 numbers.",
        "sample": (),
        "costs": {},
        "calls_per_minute": 60.0,
        "sender": "MyShop",
        "purpose": Purpose.TRANSACTIONAL,
        "parts_warning": 6,
    }
    return PlanView(**{**given, **other})


def test_what_is_not_sent_is_headed_by_what_to_do():
    wrong = replace(SUMMARY, not_sent=(ReasonCount(Reason.NUMBER_INVALID, 3, 7, "…"),))
    assert plan_sheet(plan_view(summary=wrong)).tables[0].caption == "Not sent. Fix 3 numbers."


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "10\u202f000, 2 h 47 min at 60 a minute"),
        ({"calls_per_minute": 0.0}, "API calls  10\u202f000\n"),
        ({}, "unknown for FR, PL"),
        ({"costs": {"FR": Decimal(11_000)}}, "11\u202f000 for the others; unknown for PL"),
        ({"costs": {"FR": Decimal(11_000), "PL": Decimal("400.0")}}, "Credits    11\u202f400.0\n"),
        ({}, "12\u202f000 in all (8\u202f000 of 1 part, 2\u202f000 of 2 parts)"),
        ({"sender": None}, "1\u202f000 messages of this plan would be refused"),
        (
            {"summary": replace(SUMMARY, repairs=(RepairCount(Repair.DOUBLE_ZERO, 3, 7),))},
            "Put right  3 numbers: 00 replaced by a plus (first in row 7)\n",
        ),
        ({"parts_warning": 1}, "2\u202f000 messages of more than 1 parts"),
        ({"tally": Tally({Status.ACCEPTED: 7}, {}, {}, Decimal(7), 0)}, "Has begun  7 accepted"),
    ],
)
def test_a_plan_says(given, says):
    assert says in text(plan_sheet(plan_view(**given)))


def run_view(messages, **other):
    tally = Tally(messages, {}, other.pop("deliveries", {}), Decimal("7.5"), other.pop("unpriced", 0))
    given = {"confirmed": True, "asks": False, "halt": None, "interrupted": False}
    return RunView(name="Big", where="the sandbox", code="K7QX", tally=tally, **{**given, **other})


@pytest.mark.parametrize(
    ("view", "says"),
    [
        (run_view({Status.ACCEPTED: 9}), "Credits  7.5 charged"),
        (
            run_view({Status.ACCEPTED: 9}, unpriced=2),
            "7.5 charged (2 calls by rate: OVHcloud did not tell the price)",
        ),
        (run_view({Status.ACCEPTED: 9}, deliveries={Delivery.FAILED: 3}), "failed           3"),
        (run_view({Status.PENDING: 9}, confirmed=False), 'confirm="K7QX"'),
        (run_view({Status.PENDING: 9}, confirmed=False, asks=True), "type the plan's code, K7QX, into its"),
        (run_view({Status.PENDING: 9}, interrupted=True), "Run the cell again to go on."),
        (
            run_view({Status.IN_DOUBT: 9}, doubts=(("t-1", 9, "+33799000078 was cut off"),)),
            "+•••••••••78 was cut",
        ),
        (
            run_view({Status.PENDING: 9}, halt="INVALID_KEY: wrong"),
            "stopped before its end: INVALID_KEY: wrong",
        ),
    ],
)
def test_a_run_says(view, says):
    assert says in text(run_sheet(view))


def test_a_finished_run_asks_for_nothing():
    assert run_sheet(run_view({Status.ACCEPTED: 9})).action == ""
