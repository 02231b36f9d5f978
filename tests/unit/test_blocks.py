"""Blocks are their rows, whichever way they are held."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from smscampaign.blocks import Block, Measured, PlannedBlock
from smscampaign.model import (
    Encoding,
    Message,
    Reason,
    Recipient,
    Rejection,
    Repair,
    Rescued,
    Row,
    Text,
)

ROWS = st.lists(st.lists(st.sampled_from("abc"), max_size=3).map(tuple), max_size=6).map(
    lambda table: [Row(line, cells) for line, cells in enumerate(table, 2)]
)
RECIPIENTS = st.one_of(
    st.builds(Recipient, st.sampled_from(["+33639980001", "+4915550000"]), st.sampled_from(["FR", "DE"])),
    st.builds(Rescued, st.just("+33639980002"), st.just("FR"), st.sampled_from(Repair)),
)
TEXTS = st.builds(Text, st.text(max_size=3), st.sampled_from(Encoding), st.integers(0, 9), st.integers(0, 9))
PLANNED = st.lists(
    st.one_of(
        st.builds(Message, st.just(0), RECIPIENTS, TEXTS),
        st.builds(Rejection, st.just(0), st.sampled_from(Reason), st.just("why")),
    ),
    max_size=8,
)


def places_of_bad(good):
    return [place for place, yes in enumerate(good) if not yes]


@given(ROWS, st.lists(st.booleans(), min_size=6, max_size=6))
def test_a_block_is_its_rows(rows, good):
    block = Block.of_rows(rows)
    assert list(block) == [block[at] for at in range(len(block))] == block[:] == rows
    assert (list(block.lines), block.fields) == ([row.line for row in rows], [row.fields for row in rows])
    assert block.width == max((len(row.fields) for row in rows), default=0)
    kept = block.without(places_of_bad(good[: len(rows)]))
    assert list(kept) == [row for row, yes in zip(rows, good, strict=False) if yes]
    assert Block.of_rows(block) is block


@given(PLANNED, st.lists(st.booleans(), min_size=8, max_size=8))
def test_a_planned_block_is_its_messages_and_rejections(planned, good):
    rows = [
        type(one)(line, *(getattr(one, name) for name in type(one).__slots__[1:]))
        for line, one in enumerate(planned, 2)
    ]
    block = PlannedBlock.of(rows)
    assert list(block) == rows
    assert len(block) == len(rows)
    assert PlannedBlock.of(block) is block
    messages = list(block.messages)
    kept = block.messages.without(places_of_bad(good[: len(messages)]))
    assert list(kept) == [one for one, yes in zip(messages, good, strict=False) if yes]


@given(st.lists(TEXTS, max_size=5), st.dictionaries(st.integers(0, 4), TEXTS))
def test_texts_side_by_side_are_texts(texts, others):
    measured = Measured.of(texts)
    others = {place: text for place, text in others.items() if place < len(texts)}
    changed = measured.replaced(others)
    assert [measured.at(place) for place in range(len(texts))] == texts
    assert [changed.at(place) for place in range(len(texts))] == [
        others.get(place, text) for place, text in enumerate(texts)
    ]
    assert measured.picked(list(others)) == Measured.of([texts[place] for place in others])
