"""The fault matrix: everything a network and a server can do to a call, each alone. Afterwards the campaign is run and
reconciled until nothing moves. By the sandbox's own record nobody got two messages, and nobody is lost without being named.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest

from smscampaign import sandbox
from smscampaign.model import Status
from smscampaign.sandbox import BodyKind, Fault, FaultKind, Sandbox

pytestmark = [pytest.mark.crash]

PEOPLE = 9
#: Seconds that the client waits for an answer where one is to come too late; elsewhere it waits as long as it always does.
LATE = 1.0
_STATUS = FaultKind.STATUS

#: What may happen to a call, and whether everybody still gets the message in the end.
FAULTS: dict[str, tuple[Fault, ...]] = {
    "connection refused": (Fault(FaultKind.REFUSE, nth=2, seconds=0.7),),
    "dropped before it was taken": (Fault(FaultKind.DROP_BEFORE, nth=2),),
    "dropped after it was taken": (Fault(FaultKind.DROP_AFTER, nth=2),),
    "every answer dropped": (Fault(FaultKind.DROP_AFTER),),
    "every call dropped": (Fault(FaultKind.DROP_BEFORE, times=4),),
    "taken and never answered": (Fault(FaultKind.HANG_AFTER, nth=2),),
    "taken and answered too late": (Fault(FaultKind.HANG_AFTER, nth=2, seconds=2 * LATE),),
    "slow, answered too late": (Fault(FaultKind.LATENCY, nth=2, seconds=LATE + 0.2),),
    "429": (Fault(_STATUS, status=429, nth=2),),
    "429 with Retry-After": (Fault(_STATUS, status=429, nth=2, retry_after=1),),
    "429 with a list": (Fault(_STATUS, status=429, nth=2, body=BodyKind.LIST),),
    "a limit of calls a minute": (Fault(FaultKind.RATE_LIMIT, limit=1000, route="*"),),
    "ids in another order": (Fault(FaultKind.UNALIGNED_IDS),),
    "history that lags": (
        Fault(FaultKind.HIDE_HISTORY, seconds=0.5),
        Fault(FaultKind.DROP_AFTER, probability=0.5),
    ),
    "wrong totals": (Fault(FaultKind.WRONG_TOTALS, nth=2),),
    "credits run out": (Fault(FaultKind.NO_CREDITS, nth=3),),
    "the clock is off": (Fault(FaultKind.CLOCK_OFF, seconds=-100),),
    "every second call dropped, either way": (
        Fault(FaultKind.DROP_BEFORE, probability=0.3),
        Fault(FaultKind.DROP_AFTER, probability=0.3),
    ),
}
FAULTS |= {
    f"{status} {body}{', though it was taken' if after else ''}": (
        Fault(_STATUS, status=status, body=body, after=after, nth=2),
    )
    for status in (500, 502, 503)
    for body in BodyKind
    for after in (False, True)
    # All bodies with 500; the others as they are mostly met.
    if status == 500 or (status, body) in {(502, BodyKind.HTML), (503, BodyKind.EMPTY), (503, BodyKind.JSON)}
}
FAULTS |= {
    f"200 {body}, though it was taken": (Fault(_STATUS, status=200, body=body, after=True, nth=2),)
    for body in BodyKind
}
#: While a doubt is asked about, the answers to the questions fail as well.
QUESTIONS = {
    f"asked in vain: {name}": (Fault(FaultKind.DROP_AFTER, nth=2), Fault(route="GET /sms/*/outgoing", **how))
    for name, how in {
        "500": {"kind": _STATUS, "status": 500},
        "403": {"kind": _STATUS, "status": 403},
        "404": {"kind": _STATUS, "status": 404},
        "null": {"kind": _STATUS, "status": 200, "body": BodyKind.NULL},
        "a page": {"kind": _STATUS, "status": 200, "body": BodyKind.HTML},
        "cut in the middle": {"kind": _STATUS, "status": 200, "body": BodyKind.TRUNCATED},
        "no answer": {"kind": FaultKind.HANG_AFTER},
        "dropped": {"kind": FaultKind.DROP_BEFORE},
    }.items()
}
FAULTS |= QUESTIONS


@pytest.fixture
def here() -> Iterator[Any]:
    with sandbox.running(settings=Sandbox(accounts=2)) as opened:
        yield opened


@pytest.fixture
def campaign(new_campaign: Callable[..., Any], here: Any) -> Callable[..., Any]:
    def make(faults: tuple[Fault, ...] = (), *, personal: bool = True) -> Any:
        made = new_campaign(here, count=PEOPLE, personal=personal, settle=1)
        if {fault.kind for fault in faults} & {FaultKind.HANG_AFTER, FaultKind.LATENCY}:
            made.others["timeout"] = LATE
        return made

    return make


def until_nothing_moves(one: Any) -> None:
    """Run and reconcile, until another time changes nothing."""
    before: object = None
    for _ in range(8):
        code = one.do("run").code
        assert code in {0, 1, 2}, one.story()
        if one.do("reconcile").code == 0 and code == 0:
            return
        if before == (before := one.known()):
            return
    raise AssertionError(f"it moves for ever:\n{one.story()}")


def everybody_is_named(one: Any) -> Counter[str]:
    """Who was taken is accepted or in doubt; who is refused, in doubt or still pending has a reason beside the name."""
    taken = one.record()
    assert all(times == 1 for times in taken.values()), one.story()
    lines = list(csv.DictReader(io.StringIO(one.results.read_text("utf-8"))))
    sent = {
        line["sms_number"]: line for line in lines if line["sms_status"] not in {"rejected", "suppressed"}
    }
    assert set(sent) == one.wanted, one.story()
    assert len(lines) == PEOPLE + 2
    for number, line in sent.items():
        status = line["sms_status"]
        assert status in (
            {"accepted", "in-doubt"} if taken[number] else {"refused", "in-doubt", "pending"}
        ), one.story()
        assert line["sms_reason"] or status in {"accepted", "pending"}, one.story()
    return Counter(line["sms_status"] for line in sent.values())


@pytest.mark.parametrize("personal", [True, False], ids=["each its own", "one text"])
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_makes_no_second_message_and_loses_none(
    campaign: Callable[..., Any],
    here: Any,
    once_called: Callable[..., None],
    name: str,
    personal: bool,
) -> None:
    one = campaign(FAULTS[name], personal=personal)
    if name in QUESTIONS:
        once_called(here, *FAULTS[name])
    else:
        here.add_faults(*FAULTS[name])
    assert one.do("run").code in {0, 1, 2}, one.story()
    everybody_is_named(one)
    one.do("reconcile")
    everybody_is_named(one)
    here.clear_faults()
    if name == "credits run out":
        here.world.store.set_credits(one.account, Decimal(1000))
    until_nothing_moves(one)
    assert everybody_is_named(one) == {"accepted": PEOPLE}, one.story()
    one.check_done()


@pytest.mark.parametrize("name", QUESTIONS)
def test_as_long_as_nobody_answers_the_doubt_stays(
    campaign: Callable[..., Any], here: Any, once_called: Callable[..., None], name: str
) -> None:
    one = campaign(FAULTS[name])
    once_called(here, *FAULTS[name])
    one.do("run")
    one.do("reconcile")
    assert one.do("run").code == 1, one.story()
    assert everybody_is_named(one)["in-doubt"] >= 1, one.story()


@pytest.mark.parametrize("personal", [True, False], ids=["each its own", "one text"])
@pytest.mark.parametrize("share", [0.4, 1.0])
def test_receivers_that_are_called_invalid_are_refused_by_name(
    campaign: Callable[..., Any], here: Any, personal: bool, share: float
) -> None:
    one = campaign(personal=personal)
    fault = Fault(FaultKind.ONLY_INVALID) if share == 1 else Fault(FaultKind.SOME_INVALID, share=share)
    here.add_faults(fault)
    # Where all were refused, nothing was sent.
    assert one.do("run").code == (2 if share == 1 else 1), one.story()
    until_nothing_moves(one)
    named = everybody_is_named(one)
    assert named["refused"] + named["accepted"] == PEOPLE, one.story()
    assert named["accepted"] == len(one.record())
    assert named["refused"] >= 1
    known = dict(one.known())
    assert [number for number in one.record() if known[number] is not Status.ACCEPTED] == []
