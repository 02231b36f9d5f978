"""Texts while a plan is written: numbered once while remembered, suspected when they come back, never taken for another."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smscampaign.journal import suspects, texts
from smscampaign.journal.answers import answers
from smscampaign.journal.plan import PlanWriter
from smscampaign.journal.texts import Texts


@pytest.fixture
def merged(monkeypatch):
    """What the seal was told to compare, each time."""
    asked = []
    compare = texts._merged

    def told(connection, campaign, suspects):
        asked.append(suspects)
        return compare(connection, campaign, suspects)

    monkeypatch.setattr(texts, "_merged", told)
    return asked


def test_a_text_has_one_number_while_it_is_remembered():
    ours = Texts()
    assert ours.numbered(["A", "B", "A"]) == ([1, 2, 1], [0, 1])
    assert ours.numbered(["B", "C"]) == ([2, 3], [1])
    numbers, new = ours.numbered(["D", "E"])
    assert (list(numbers), list(new)) == ([4, 5], [0, 1])
    assert ours.count == 5


def test_a_text_that_is_dropped_is_as_if_it_had_not_been():
    ours = Texts()
    ours.numbered(["A", "B"])
    ours.drop(["A"])
    assert ours.count == 1
    assert ours.numbered(["A", "B"]) == ([3, 2], [0])


@given(st.lists(st.lists(st.text(max_size=3), max_size=6), max_size=8), st.integers(1, 5))
@settings(deadline=None)
def test_what_was_forgotten_and_comes_back_is_a_suspect_and_nothing_else_is(blocks, parts):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(texts, "TEXTS_REMEMBERED", 2)
        patch.setattr(suspects, "PARTS", parts)
        ours, first, again = Texts(), {}, []
        for block in blocks:
            numbers, new = ours.numbered(block)
            for place in new:
                if first.setdefault(block[place], numbers[place]) != numbers[place]:
                    again += [first[block[place]], numbers[place]]
        assert ours._all.alike(most=100) == sorted(set(again))
        assert ours._all.alike(most=1) == (None if again else [])


def test_texts_that_never_come_back_are_not_compared(journal, inputs, message, monkeypatch, merged):
    monkeypatch.setattr(texts, "TEXTS_REMEMBERED", 100)
    writer = PlanWriter(journal, journal.begin(inputs(), tag="tagtagtagt"))
    for start in range(2, 1002, 200):
        writer.add([message(line, f"Text {line}") for line in range(start, start + 200)])
    assert writer.seal(receivers_per_call=500, width=2, blank=0).texts == 1000
    assert merged == []


@pytest.mark.parametrize("named", [4, 3])
def test_a_few_suspects_are_named_and_of_many_everything_is_compared(
    journal, inputs, message, monkeypatch, merged, named
):
    monkeypatch.setattr(texts, "TEXTS_REMEMBERED", 1)
    monkeypatch.setattr(texts, "SUSPECTS_NAMED", named)
    record = journal.begin(inputs(), tag="tagtagtagt")
    writer = PlanWriter(journal, record)
    bodies = ["A", "B", "C", "A", "B"]
    for line, body in enumerate(bodies, 2):
        writer.add([message(line, body)])
    summary = writer.seal(receivers_per_call=500, width=2, blank=0)
    assert merged == [[1, 2, 4, 5] if named == 4 else None]
    assert (summary.texts, summary.chunks) == (3, 3)
    assert [one.text.body for one in answers(journal, record)] == bodies
