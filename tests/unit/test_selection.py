"""A selection asks all rows of a block at once, and says of each what it would say of that row alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscampaign.message.selection import compile_selection
from smscampaign.message.template import compile_template
from smscampaign.model import Reason

HEADER = ("name", "Opt-in", "age")
CELLS = st.lists(
    st.tuples(*[st.sampled_from(["", " ", "Oui", "Non", "18", "x,5"])] * 3), min_size=1, max_size=12
)

CONDITIONS = [
    "opt_in == 'Oui'",
    "opt_in != 'Oui' and not age",
    "age | float > 17",
    "opt_in in ['Oui', ''] or name ~ age == 'x18'",
    "(name | default('x')) > age",
    "name.startswith('O') and age",
]


@pytest.mark.parametrize("where", CONDITIONS)
@given(rows=CELLS)
def test_rows_are_judged_together_as_they_are_alone(where, rows):
    selection = compile_selection(where, HEADER)
    alone = compile_template(f"{{% if {where} %}}1{{% endif %}}", HEADER)
    expected = {}
    for place, row in enumerate(rows):
        said = alone.render(row)
        if not isinstance(said, str):
            expected[place] = said.reason
    found = selection.passed_over(list(zip(*rows, strict=True)))
    assert {place: one.reason for place, one in found.items()} == expected


def test_where_one_row_cannot_be_judged_the_others_are():
    selection = compile_selection("age | float > 17", HEADER)
    found = selection.passed_over([["a", "b", "c"], ["", "", ""], ["18", "", "3"]])
    assert {place: one.reason for place, one in found.items()} == {
        1: Reason.VALUE_MISSING,
        2: Reason.NOT_SELECTED,
    }


@pytest.mark.parametrize("where", ["age | float < 18", "age | int < 18"])
def test_what_is_no_number_is_neither_selected_nor_left_out(where):
    selection = compile_selection(where, HEADER, region="FR")
    ages = ["17,5", "25 ans", "45,5", "inconnu", "18"]
    found = selection.passed_over([ages, ages, ages])
    assert {place: one.reason for place, one in found.items()} == {
        1: Reason.TEXT_FAILED,
        2: Reason.NOT_SELECTED,
        3: Reason.TEXT_FAILED,
        4: Reason.NOT_SELECTED,
    }
    assert str(found[1].detail) == (
        "`where` cannot be worked out for this row: “25 ans” is no number; write it as 1234.5."
    )
    by_default = compile_selection(
        where.replace("| float", "| float(0)").replace("| int", "| int(0)"), HEADER
    )
    assert set(by_default.passed_over([ages, ages, ages])) == {2, 4}


def test_a_block_of_many_rows_has_the_work_of_as_many_texts():
    rows = 20_000
    selection = compile_selection("name | length > 4 and name | upper != 'x'", HEADER)
    names = [f"name {at}" for at in range(rows)]
    assert selection.passed_over([names, ["x"] * rows, ["1"] * rows]) == {}
    assert selection._of_blocks([names, ["x"] * rows, ["1"] * rows]) == "1" * rows
