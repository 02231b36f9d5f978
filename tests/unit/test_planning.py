"""Planning: each row one message or one rejection, in order, with the first fault told."""

from __future__ import annotations

import gc
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscampaign.errors import FileProblem
from smscampaign.journal.answers import answers
from smscampaign.journal.plan import PlanWriter
from smscampaign.message.parts import measure
from smscampaign.message.template import compile_template
from smscampaign.model import Encoding, Message, Progress, Reason, Recipient, Rejection, Row, Status
from smscampaign.phone.normaliser import Normaliser
from smscampaign.planning import Done, Recipe, plan_block, plan_blocks, plan_into

HEADER = ("name", "mobile", "country")
# Numbers that Germany's regulator keeps for films.
NUMBER, OTHER = "0171 3920001", "+49 171 3920002"


def recipe(message="Hello {{ name }}", *, country=None, stop=False, most_parts=8, region="DE"):
    return Recipe(
        width=3,
        numbers=(1,),
        country=country,
        normaliser=Normaliser(region),
        template=compile_template(message, HEADER),
        stop=stop,
        most_parts=most_parts,
    )


def row(line, *cells):
    return Row(line, cells)


def only(recipe, *cells):
    (planned,) = plan_block(recipe, [row(7, *cells)])
    assert planned.line == 7
    return planned


def test_a_good_row_is_a_message():
    assert only(recipe(), "Anna", NUMBER, "") == Message(
        7, Recipient("+491713920001", "DE"), measure("Hello Anna")
    )


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        (("Anna", NUMBER), Reason.RAGGED_ROW),
        (("Anna", NUMBER, "", ""), Reason.RAGGED_ROW),
        (("Anna", "", ""), Reason.NUMBER_MISSING),
        (("Anna", "call me", ""), Reason.NUMBER_LETTERS),
        (("Anna", "4.48E+11", ""), Reason.NUMBER_SPREADSHEET),
        (("", NUMBER, ""), Reason.VALUE_MISSING),
        # The number's fault comes before the text's.
        (("", "", ""), Reason.NUMBER_MISSING),
        (("Anna" * 400, NUMBER, ""), Reason.TEXT_TOO_LONG),
    ],
)
def test_each_fault_has_its_reason_and_a_sentence(cells, reason):
    planned = only(recipe(), *cells)
    assert isinstance(planned, Rejection)
    assert planned.reason is reason
    assert planned.detail


def test_a_ragged_row_says_how_many_cells_it_has():
    said = "The row has {} cells where the header has 3; look for a {}."
    fewer, more = only(recipe(), "Anna", NUMBER).detail, only(recipe(), "a", "b", "c", "d").detail
    assert fewer == said.format(2, "missing separator")
    assert more == said.format(4, "separator inside a cell without quotes")


def test_a_decimal_comma_is_told_as_the_cause():
    asked = replace(recipe(), commas=True)
    said = "The row has 4 cells where the header has 3; an amount with a decimal comma?"
    for whole, decimals in (("12", "50"), ("-1", "5 €"), ("EUR 7", "90")):
        assert only(asked, "a", whole, decimals, "d").detail.startswith(said)
        # With another sign between the cells a comma cuts nothing.
        assert said not in only(recipe(), "a", whole, decimals, "d").detail
    for cells in (("a", "b", "12", "d"), ("12", "500", "c", "d"), ("12", "50", "c", "d", "e")):
        assert said not in only(asked, *cells).detail


def test_a_line_below_the_table_is_told_as_that():
    asked = replace(recipe(), width=5)
    said = "The row has {n} cell{s} where the header has 5; a line below the table, or a missing separator."
    assert only(asked, "Total: 298").detail == said.format(n=1, s="")
    assert only(asked, "", "Total", "298").detail == said.format(n=3, s="s")
    assert "look for a missing separator" in only(asked, "Anna", NUMBER, "x", "y").detail
    # A workbook fills the row up.
    for cells in (("Total: 298", "", "", "", ""), ("", "", "Total", "298", "")):
        planned = only(asked, *cells)
        assert planned.reason is Reason.NUMBER_MISSING
        assert "a line below the table? Fill it in or remove the row." in planned.detail
    assert "line below" not in only(asked, "Anna", "", "Mme", "Paris", "").detail
    assert "line below" not in only(recipe(), "Anna", "", "").detail, (
        "of a small table a person fills no more"
    )


@pytest.mark.parametrize(
    ("length", "stop", "parts"), [(306, False, 2), (307, False, 3), (295, True, 2), (296, True, 3)]
)
def test_the_stop_clause_counts_where_it_will_be_added(length, stop, parts):
    planned = only(recipe("{{ name }}", stop=stop, most_parts=2), "x" * length, NUMBER, "")
    if parts <= 2:
        assert (planned.text.parts, planned.text.encoding) == (parts, Encoding.GSM7)
    else:
        assert planned.reason is Reason.TEXT_TOO_LONG
        assert f"{parts} parts as GSM-7 and at most 2" in planned.detail


@pytest.mark.parametrize(
    ("cell", "number", "expected"),
    [
        ("", "0171 3920001", Recipient("+491713920001", "DE")),
        ("  ", "0171 3920001", Recipient("+491713920001", "DE")),
        ("de", "0171 3920001", Recipient("+491713920001", "DE")),
        (" SE ", "070-174 06 05", Recipient("+46701740605", "SE")),
        ("SE", "+49 171 3920001", Recipient("+491713920001", "DE")),
    ],
)
def test_a_country_column_overrides_the_region_row_by_row(cell, number, expected):
    assert only(recipe(country=2), "Anna", number, cell).recipient == expected


def test_a_country_that_is_none_rejects_its_row_only():
    planned = list(
        plan_block(recipe(country=2), [row(2, "A", NUMBER, "Atlantis"), row(3, "B", NUMBER, "DE")])
    )
    assert (planned[0].reason, planned[1].line) == (Reason.COUNTRY_UNKNOWN, 3)
    assert "Atlantis" in planned[0].detail
    # Even where the number would have said it by itself.
    assert only(recipe(country=2), "A", OTHER, "XX").reason is Reason.COUNTRY_UNKNOWN


def test_a_name_that_two_countries_bear_names_both():
    said = [only(recipe(country=2), "A", NUMBER, name).detail for name in ("Congo", " Korea ")]
    assert all("is the name of two countries, " in one for one in said)
    assert all(f"({code})" in said[0] for code in ("CG", "CD"))
    assert all(f"({code})" in said[1] for code in ("KP", "KR"))


_CELLS = st.lists(
    st.sampled_from(["", "Anna", NUMBER, OTHER, "x", "{{ name }}", "+33", "x" * 2000]), max_size=5
)


@given(st.lists(_CELLS, max_size=15))
def test_every_row_is_planned_once_in_order_and_as_if_it_stood_alone(table):
    rows = [row(line, *cells) for line, cells in enumerate(table, 2)]
    planned = list(plan_block(RECIPE, rows))
    assert [one.line for one in planned] == [one.line for one in rows]
    assert planned == [planned for one in rows for planned in plan_block(RECIPE, [one])]


RECIPE = recipe(country=2)


def test_a_plan_goes_into_the_journal_block_by_block(journal, inputs):
    record = journal.begin(inputs(), tag="tagtagtagt")
    blocks = [
        [row(3, "Anna", NUMBER, ""), row(5, "Bo", OTHER, "", "wide", "wider")],
        [row(6, "Cy", "", ""), row(9, "Di", "+49 171 3920001", "")],
    ]
    steps = plan_into(
        PlanWriter(journal, record), recipe("Hi"), blocks, receivers_per_call=500, header_line=2
    )
    said = []
    while True:
        try:
            said.append(next(steps))
        except StopIteration as end:
            summary = end.value
            break
    planned = [Progress("planning", done, None) for done in (0, 2, 4)]
    assert said == [*planned, Progress("sealing", 4, 4)]
    # Rows 4, 7 and 8 were blank; row 5 is the widest.
    assert (summary.rows, summary.messages, summary.blank, summary.width) == (4, 1, 3, 5)
    assert {one.line: one.status for one in answers(journal, record)} == {
        3: Status.PENDING,
        5: Status.REJECTED,
        6: Status.REJECTED,
        9: Status.SUPPRESSED,
    }


@pytest.mark.parametrize("collects", [True, False])
def test_garbage_is_collected_again_after_each_block_and_after_a_fault(collects):
    def blocks():
        assert not gc.isenabled()
        yield [row(2, "Anna", NUMBER, "")]
        raise FileProblem("the file ends in the middle", where="x.csv", remedy="Export it again.")

    was = gc.isenabled()
    (gc.enable if collects else gc.disable)()
    try:
        taken = []
        stream = plan_blocks(recipe(), blocks(), taken.extend)
        assert next(stream) == Done(rows=1, last=2, width=3)
        assert ([one.line for one in taken], gc.isenabled()) == ([2], collects)
        with pytest.raises(FileProblem):
            next(stream)
        assert gc.isenabled() == collects
    finally:
        (gc.enable if was else gc.disable)()
