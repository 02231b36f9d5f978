"""Frozen things made many at once are the same as made one by one."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscampaign.model import Recipient, Row, in_bulk


@given(st.lists(st.tuples(st.text(), st.text())))
def test_in_bulk_is_one_by_one(pairs):
    made = in_bulk(Recipient, [number for number, _ in pairs], [country for _, country in pairs])
    assert made == [Recipient(*pair) for pair in pairs]
    assert list(map(hash, made)) == [hash(Recipient(*pair)) for pair in pairs]


def test_what_is_made_in_bulk_is_frozen():
    (row,) = in_bulk(Row, [2], [("a",)])
    with pytest.raises(FrozenInstanceError):
        row.line = 3


@pytest.mark.parametrize("columns", [([1, 2], [("a",)]), ([1],), ([1], [()], [2])])
def test_columns_are_as_many_as_the_fields_and_equally_long(columns):
    with pytest.raises(ValueError, match="2 fields"):
        in_bulk(Row, *columns)
