"""Listings: DataFrames that are looked at."""

import pandas as pd
import pytest

from smscampaign.errors import FileProblem
from smscampaign.notebook.frames import DRAWN, Listing, accepted, outcome
from smscampaign.recipients.frames import from_frame


def test_a_listing_draws_whole_escaped_sentences_and_nothing_for_nothing():
    long = "why " * 60 + "<b>"
    page = Listing({"row": [2], "because": [long], "credits": [None]}).set_index("row")._repr_html_()
    assert long.replace("<b>", "&lt;b&gt;") in page
    assert "None" not in page
    assert page.count("<td") == 3


def test_a_listing_stays_one_when_it_is_cut():
    listing = Listing({"a": range(DRAWN + 2)})
    assert isinstance(listing.head(3), Listing)
    assert listing._repr_html_().count("<tr>") == 1 + DRAWN
    assert "… and 2 more rows" in listing._repr_html_()


def test_an_empty_sandbox_is_an_empty_listing():
    assert accepted([], numbers=False).empty


def test_no_rows_at_all_still_have_types():
    source = from_frame(pd.DataFrame({"phone": ["1"]}))
    assert str(outcome(_Empty(source), [], width=1)["sms_sent_at"].dtype) == "datetime64[us, UTC]"


def test_rows_without_answers_are_not_given_any():
    with pytest.raises(FileProblem, match="other rows"):
        outcome(from_frame(pd.DataFrame({"phone": ["1"]})), [], width=1)


class _Empty:
    """A source whose rows are all gone."""

    def __init__(self, source):
        self.header = source.header

    def rows(self):
        return iter(())
