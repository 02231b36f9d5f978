"""What a follow-up names people by: a small language of its own, against Python's reading of the same words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscampaign.segments import WORDS, segment_of

EXPRESSIONS = st.recursive(
    st.sampled_from(WORDS),
    lambda inner: st.one_of(
        st.builds("({} and {})".format, inner, inner),
        st.builds("{} or {}".format, inner, inner),
        st.builds("not {}".format, inner.map("({})".format)),
        st.builds("not {}".format, st.sampled_from(WORDS)),
    ),
)


@given(EXPRESSIONS, st.sets(st.sampled_from(WORDS)))
def test_it_means_what_python_means(text, fates):
    truth = {one.replace("-", "_"): one in fates for one in WORDS}
    assert segment_of(text).holds(fates) is bool(eval(text.replace("-", "_"), {}, truth))


def test_case_and_spaces_do_not_count():
    assert segment_of("  Delivered AND NOT(replied) ").holds({"delivered"})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "say what became of them"),
        ("clicked", "'clicked' is no such word"),
        ("delivered and", "a word is missing at the end"),
        ("(delivered", "a bracket is not closed"),
        ("delivered replied", "'replied' is not expected here"),
        ("__import__('os')", "is no such word"),
    ],
)
def test_what_says_nothing_is_refused(text, said):
    with pytest.raises(ValueError, match=said):
        segment_of(text)
