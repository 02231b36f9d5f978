"""A campaign is killed, and its journal is emptied, deleted, moved or replaced by an older copy. Nobody gets it twice.

One trial of each; `SMSCAMPAIGN_LOST=20` makes so many. What counts is the sandbox's own record.
"""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from typing import Any

import pytest

from smscampaign import sandbox
from smscampaign.sandbox import Credential, Fault, FaultKind, Sandbox

TRIALS = int(os.environ.get("SMSCAMPAIGN_LOST", "1"))

pytestmark = [pytest.mark.crash, pytest.mark.timeout(300 + 90 * TRIALS)]

PEOPLE = 20
WITHOUT_HISTORY = (("GET", "/sms"), ("GET", "/sms/*/senders*"), ("POST", "/sms/*/jobs"))

Make = Callable[..., Any]


def companions(one: Any) -> list[Any]:
    return [path for path in one.folder.glob("people.journal.sqlite*") if not path.name.endswith(".lock")]


def mark(one: Any) -> Any:
    return one.folder / "people.journal.mark"


def emptied(one: Any) -> None:
    for path in companions(one):
        path.write_bytes(b"")


def deleted(one: Any) -> None:
    for path in companions(one):
        path.unlink()


def deleted_with_its_mark(one: Any) -> None:
    deleted(one)
    mark(one).unlink()


def put_back(one: Any) -> None:
    deleted(one)
    shutil.copy(one.folder / "copy", one.journal)


def put_back_without_its_mark(one: Any) -> None:
    put_back(one)
    mark(one).unlink()


def without_its_mark(one: Any) -> None:
    mark(one).unlink()


def moved_with_its_mark(one: Any) -> None:
    there = one.folder / "there"
    there.mkdir()
    for path in (*companions(one), mark(one)):
        path.rename(there / path.name)


def killed(one: Any, chance: random.Random) -> int:
    """Some have it; then a copy is taken; then it is killed while it sends. How many have it."""
    one.do("run", "--limit", "4")
    shutil.copy(one.journal, one.folder / "copy")
    one.do("run", dies_at=f"after POST:{chance.randint(2, 10)}")
    assert one.kills == 1, one.story()
    taken = one.record()
    assert 4 < len(taken) < PEOPLE, one.story()
    return len(taken)


def none_twice(one: Any, before: int) -> None:
    taken = one.record()
    assert max(taken.values()) == 1, one.story()
    assert len(taken) == before, one.story()


#: A copy without its mark is told by OVHcloud alone, and so by nobody where its history may not be read.
LOSSES = [
    *(
        (loss, None)
        for loss in (emptied, deleted, deleted_with_its_mark, put_back, put_back_without_its_mark)
    ),
    *((loss, WITHOUT_HISTORY) for loss in (emptied, deleted, deleted_with_its_mark, put_back)),
]


@pytest.mark.parametrize(
    ("loss", "rights"),
    LOSSES,
    ids=[f"{loss.__name__}-{'without the history' if rights else 'all rights'}" for loss, rights in LOSSES],
)
def test_a_journal_that_does_not_know_sends_to_nobody(
    loss: Any, rights: Any, new_campaign: Make, say: Callable[[str], None]
) -> None:
    credentials = {"credentials": (Credential(rules=rights),)} if rights else {}
    with sandbox.running(settings=Sandbox(accounts=2000, **credentials)) as here:
        for trial in range(TRIALS):
            one = new_campaign(here, count=PEOPLE, personal=True)
            had = killed(one, random.Random(f"{loss.__name__} {trial}"))
            loss(one)
            assert one.do("run", look=False).code == 2, one.story()
            none_twice(one, had)
            if loss in {put_back, put_back_without_its_mark} and not rights:
                one.do("recover", look=False)
                one.resume()
                one.check_done()
    say(f"{loss.__name__}: {TRIALS} trials, 0 twice")


@pytest.mark.parametrize("loss", [without_its_mark, moved_with_its_mark], ids=lambda one: one.__name__)
def test_a_journal_that_knows_goes_on_to_its_end(
    loss: Any, new_campaign: Make, say: Callable[[str], None]
) -> None:
    with sandbox.running(settings=Sandbox(accounts=2000)) as here:
        for trial in range(TRIALS):
            one = new_campaign(here, count=PEOPLE, personal=True)
            killed(one, random.Random(f"{loss.__name__} {trial}"))
            loss(one)
            if loss is moved_with_its_mark:
                had = len(one.record())
                assert one.do("run", look=False).code == 2, one.story()
                none_twice(one, had)
                journal = one.folder / "there" / one.journal.name
                for _ in range(4):
                    if one.do("run", "--journal", str(journal), look=False).code == 0:
                        break
                one.check_everybody()
            else:
                one.resume()
                one.check_done()
    say(f"{loss.__name__}: {TRIALS} trials, 0 twice, 0 lost")


def everything(one: Any) -> None:
    """All that this computer knows of the campaign but its file."""
    deleted_with_its_mark(one)
    one.results.unlink()


def behind_refusals(one: Any, here: Any, times: int) -> None:
    """Two calls of 35; so many calls are refused, of the first and the second and their halves, and six more are taken."""
    here.add_faults(
        Fault(FaultKind.STATUS, status=400, route=f"POST /sms/{one.account}/jobs", times=times),
        Fault(FaultKind.DROP_BEFORE, route=f"POST /sms/{one.account}/jobs", nth=times + 7),
    )
    one.do("run", *BRAKES, "--settle", "3600", "--set", "brakes.doubts_in_a_row=1")
    here.clear_faults()
    assert len(one.record()) >= 6, one.story()


BRAKES = ("--set", "brakes.refusals_in_a_row=0", "--set", "brakes.share=1", "--set", "limits.calls_at_once=1")


def test_who_stands_behind_sixty_refusals_of_a_lost_journal_gets_no_second_one(
    new_campaign: Make, say: Callable[[str], None]
) -> None:
    """And `reconcile --resend` is killed half-way, again and again."""
    kills = 0
    with sandbox.running(settings=Sandbox(accounts=2000)) as here:
        for trial in range(TRIALS):
            chance = random.Random(f"refused {trial}")
            one = new_campaign(here, count=70, personal=False, per_call=35)
            behind_refusals(one, here, times=60)
            everything(one)
            had = len(one.record())
            assert one.do("run", look=False).code in {1, 2}, one.story()
            none_twice(one, had)
            one.do("recover", look=False)
            for _ in range(3):
                one.do("reconcile", *RESEND, dies_at=f"before commit:{chance.randint(1, 3)}")
            for _ in range(4):
                one.do("reconcile", *RESEND)
            none_twice(one, had)
            one.resume()
            one.check_done()
            kills += one.kills
    say(f"behind sixty refusals: {TRIALS} trials, {kills} kills, 0 twice, 0 lost")
    assert kills


RESEND = ("--resend", "--all", "--yes", "--settle", "0")
