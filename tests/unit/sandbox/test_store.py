"""The sandbox's memory: what is written is found again."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
import sys
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smscampaign.model import Sender
from smscampaign.sandbox import Sandbox, SandboxProblem
from smscampaign.sandbox.store import FIRST_ID, Call, Removal, Store, open_store, pack

ACCOUNT = "sms-sb00001-1"


def call(store: Store, numbers: list[str], credits: str = "1", **changes) -> Call:
    fields = {
        "first": store.next_id,
        "call": store.calls + 1,
        "count": len(numbers),
        "account": ACCOUNT,
        "created": 1.0,
        "due": 1.0,
        "visible": 1.0,
        "tag": "t",
        "sender": "s",
        "message": "m",
        "shown": "m",
        "units": 1,
        "parts": 1,
        "differed": 0,
        "validity": None,
        "priority": "high",
        "credits": credits,
        "receivers": pack(numbers),
    }
    return Call(**{**fields, **changes})


NUMBERS = st.integers(100_000, 10**15 - 1).map(lambda n: f"+{n}")


@settings(max_examples=40)
@given(st.lists(NUMBERS, min_size=1, max_size=20))
def test_packed_numbers_come_back(numbers):
    store = open_store(":memory:")
    try:
        accepted = call(store, numbers)
        store.accept(accepted, Decimal(1))
        assert store.call_of(FIRST_ID) == accepted
        assert store.call_of(FIRST_ID).numbers() == numbers
    finally:
        store.close()


def test_costs_are_one_figure_or_one_each():
    store = open_store(":memory:")
    assert call(store, ["+33612345678"] * 3).costs() == ["1"] * 3
    assert call(store, ["+33612345678"] * 3, "1,0.4,2").costs() == ["1", "0.4", "2"]
    store.close()


def test_everything_is_found_again(tmp_path):
    path = tmp_path / "sandbox.sqlite"
    chosen = Sandbox(
        credits=Decimal("10.5"), senders=(Sender("A", "enable", "alpha", "d"),), blacklist=("+33612345678",)
    )
    store = open_store(path)
    store.prepare(chosen, now=5.0)
    store.accept(call(store, ["+33612345678", "+33612345679"]), Decimal("8.5"))
    store.accept(call(store, ["+33612345670"], tag="u"), Decimal("7.5"))
    store.mark(FIRST_ID, Removal("deleted", 3.0))
    store.close()
    again = open_store(path)
    again.prepare(Sandbox(credits=Decimal(99), senders=("B",)), now=6.0)
    assert again.accounts() == [(ACCOUNT, Decimal("7.5"))]
    assert [s.name for s in again.senders(ACCOUNT)] == ["A", "B"]
    assert again.blacklist(ACCOUNT) == {"+33612345678": (5.0, None)}
    assert (again.calls, again.messages, again.next_id) == (2, 3, FIRST_ID + 3)
    assert [c.tag for c in again.pages()] == ["t", "u"]
    assert [c.tag for c in again.recent(1)] == ["u"]
    assert again.marks(FIRST_ID, FIRST_ID + 9) == {FIRST_ID: Removal("deleted", 3.0)}
    again.close()


def test_ids_lead_to_their_call(tmp_path):
    store = open_store(":memory:")
    first, second = call(store, ["+33612345678"] * 3), None
    store.accept(first, Decimal(1))
    second = call(store, ["+33612345670"])
    store.accept(second, Decimal(1))
    owners = [store.call_of(FIRST_ID + n) for n in range(-1, 5)]
    assert owners == [None, first, first, first, second, None]
    store.close()


def test_pages_do_not_lose_what_is_written_meanwhile():
    store = open_store(":memory:")
    for n in range(450):
        store.accept(call(store, ["+33612345678"], tag=str(n)), Decimal(1))
    seen = []
    for item in store.pages():
        if item.call == 100:
            store.accept(call(store, ["+33612345678"], tag="late"), Decimal(1))
        seen.append(item.tag)
    assert seen == [*map(str, range(450)), "late"]
    store.close()


def test_a_failed_write_changes_nothing():
    store = open_store(":memory:")
    store.prepare(Sandbox(credits=Decimal(5)), now=0.0)
    good = call(store, ["+33612345678"])
    store.accept(good, Decimal(4))
    with pytest.raises(sqlite3.IntegrityError):
        store.accept(good, Decimal(3))
    assert (store.messages, store.credits(ACCOUNT)) == (1, Decimal(4))
    store.accept(call(store, ["+33612345678"]), Decimal(3))
    assert store.messages == 2
    store.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_the_file_is_private(tmp_path):
    path = tmp_path / "sandbox.sqlite"
    umask = os.umask(0)
    try:
        store = open_store(path)
        store.prepare(Sandbox(), now=0.0)
        modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in tmp_path.iterdir()}
        assert set(modes.values()) == {0o600}, modes
        store.close()
    finally:
        os.umask(umask)


def test_a_file_in_use_is_refused_with_a_remedy(tmp_path):
    path = tmp_path / "sandbox.sqlite"
    store = open_store(path)
    store.prepare(Sandbox(), now=0.0)
    with pytest.raises(SandboxProblem, match="another sandbox uses it"):
        open_store(path)
    store.close()
    open_store(path).close()


@pytest.mark.parametrize("spoil", ["DROP TABLE marks; PRAGMA application_id = 7", "PRAGMA user_version = 99"])
def test_another_program_s_database_is_left_alone(tmp_path, spoil):
    path = tmp_path / "x.sqlite"
    open_store(path).close()
    with contextlib.closing(sqlite3.connect(path)) as other:
        other.executescript(spoil)
        tables = other.execute("SELECT name FROM sqlite_master").fetchall()
    with pytest.raises(SandboxProblem, match="Name another file"):
        open_store(path)
    with contextlib.closing(sqlite3.connect(path)) as other:
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == tables


@pytest.mark.parametrize("make", ["text", "directory", "missing"])
def test_a_file_that_cannot_be_a_database(tmp_path, make):
    path = tmp_path / "x"
    if make == "text":
        path.write_text("number,name\n" * 500)
    elif make == "directory":
        path.mkdir()
    else:
        path = path / "y" / "z"
    with pytest.raises(SandboxProblem, match="cannot be used"):
        open_store(path)


def test_a_file_of_another_layout_is_refused(tmp_path):
    file = tmp_path / "old.sqlite"
    open_store(file).close()
    with contextlib.closing(sqlite3.connect(file)) as db:
        db.execute("PRAGMA user_version = 2")
    with pytest.raises(SandboxProblem, match="written by another version"):
        open_store(file)
