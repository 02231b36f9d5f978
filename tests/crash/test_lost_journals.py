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
from smscampaign.sandbox import Credential, Sandbox

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
