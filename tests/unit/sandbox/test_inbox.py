"""The latest phones and the search, on a store without a network."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscampaign.sandbox import inbox
from smscampaign.sandbox.inbox import EACH, PHONES, Inbox, digits_of, gather, merge
from smscampaign.sandbox.store import FIRST_ID, Call, open_store, pack


def number(n):
    return f"+336399{80000 + n:05d}"


def call(first, numbers, message="Hello"):
    return Call(
        first=first,
        call=1,
        count=len(numbers),
        account="a",
        created=1.0,
        due=1.0,
        visible=1.0,
        tag="t",
        sender="Shop",
        message=message,
        shown=message,
        units=5,
        parts=1,
        differed=0,
        validity=None,
        priority="high",
        credits="1",
        receivers=pack(numbers),
    )


@pytest.fixture
def store():
    opened = open_store(":memory:")
    yield opened
    opened.close()


def accept(store, *numbers, message="Hello"):
    one = call(store.next_id, numbers, message)
    store.accept(one, 0)
    return one


def look(box, text="", before=None):
    return asyncio.run(box.phones(digits_of(text), before))


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("", ""),
        ("+33 6 39", "33639"),
        ("0033639", "33639"),
        ("06.39.98", "63998"),
        ("12", ""),
        ("00", ""),
        ("abc", ""),
        ("1" * 40, "1" * 15),
        ("%_'", ""),
    ],
)
def test_a_search_is_the_digits_that_matter(text, digits):
    assert digits_of(text) == digits


def test_nobody_yet(store):
    assert look(Inbox(store)) == ({}, None)
    assert look(Inbox(store), "639") == ({}, None)


def test_the_newest_come_first_with_their_conversations(store):
    accept(store, number(1), number(2))
    accept(store, number(1), message="again")
    found, older = look(Inbox(store))
    assert list(found) == [number(1), number(2)]
    assert [one.call.message for one in found[number(1)]] == ["again", "Hello"]
    assert [one.id for one in found[number(2)]] == [FIRST_ID + 1]
    assert older is None


def test_what_comes_later_is_seen_and_nothing_twice(store):
    box = Inbox(store)
    accept(store, number(1), number(2))
    look(box)
    accept(store, number(3), number(1))
    for _ in range(2):
        found, _ = look(box)
        assert list(found) == [number(1), number(3), number(2)]
        assert [one.id for one in found[number(1)]] == [FIRST_ID + 3, FIRST_ID]


@given(
    st.lists(st.lists(st.integers(0, 60), min_size=1, max_size=30, unique=True), max_size=12),
    st.integers(0, 12),
)
def test_looking_twice_finds_what_looking_once_does(groups, seen):
    store = open_store(":memory:")
    try:
        box = Inbox(store)
        for place, group in enumerate(groups):
            if place == seen:
                look(box)
            accept(store, *map(number, group))
        twice, once = look(box)[0], look(Inbox(store))[0]
        assert list(twice) == list(once)
        newest = {n: messages[0].id for n, messages in once.items()}
        assert {n: messages[0].id for n, messages in twice.items()} == newest
        every = [number(n) for group in groups for n in group]
        assert len(once) == min(PHONES, len(set(every)))
        assert list(once) == list(dict.fromkeys(reversed(every)))[:PHONES]
    finally:
        store.close()


def test_the_pages_lead_to_every_phone(store):
    for start in range(0, 90, 9):
        accept(store, *(number(n) for n in range(start, start + 9)))
    box, met, before = Inbox(store), [], None
    for _ in range(10):
        found, before = look(box, before=before)
        met += found
        if before is None:
            break
    assert before is None
    assert met == [number(n) for n in reversed(range(90))]


def test_a_phone_keeps_its_latest_messages_only(store):
    for _ in range(EACH + 5):
        accept(store, number(1))
    found, _ = look(Inbox(store))
    assert [one.id for one in found[number(1)]] == [FIRST_ID + EACH + 4 - n for n in range(EACH)]


def test_a_search_looks_at_everything_in_slices(store, monkeypatch):
    monkeypatch.setattr(inbox, "SLICE", 7)
    monkeypatch.setattr(inbox, "WINDOW", 5)
    for start in range(0, 60, 3):
        accept(store, *(number(n) for n in range(start, start + 3)))
    accept(store, number(1), message="again")
    box = Inbox(store)
    for _ in range(2):
        found, older = look(box, number(1))
        assert [one.id for one in found[number(1)]] == [FIRST_ID + 60, FIRST_ID + 1]
        assert (list(found), older) == ([number(1)], None)
    accept(store, number(1), message="new")
    assert len(look(box, number(1))[0][number(1)]) == 3
    assert look(box, "99999999") == ({}, None)
    assert len(look(box, "3363998")[0]) == PHONES


def test_the_rest_of_a_record_that_is_not_looked_at_is_an_earlier_page(store, monkeypatch):
    monkeypatch.setattr(inbox, "WINDOW", 5)
    accept(store, number(9))
    for _ in range(10):
        accept(store, number(1))
    found, older = look(Inbox(store))
    assert (list(found), older) == ([number(1)], FIRST_ID + 6)


def test_searches_are_forgotten_after_a_while(store):
    box = Inbox(store)
    accept(store, number(1))
    for n in range(30):
        look(box, str(1000 + n))
    assert len(box._views) < 10


def test_two_who_look_at_once_see_the_same(store):
    accept(store, *(number(n) for n in range(5)))
    box = Inbox(store)

    async def both():
        return await asyncio.gather(box.phones("336"), box.phones("336"))

    one, other = asyncio.run(both())
    assert one == other
    assert [len(messages) for messages in one[0].values()] == [1] * 5


def test_before_cuts_a_call_in_two():
    found = gather([call(10, [number(n) for n in range(4)])], before=12)
    assert list(found) == [number(1), number(0)]


def test_merging_trims():
    newer = gather([call(1000, [number(n) for n in range(PHONES - 1)])])
    older = gather([call(10, [number(n) for n in range(50, 60)])])
    both = merge(newer, older)
    assert len(both) == PHONES
    assert list(both)[-1] == number(59)
