"""Results and the report in a notebook, executed: receipts come in the rehearsal, and nothing leaves without the code."""

import re

import pytest

from tests.notebooks.test_first_campaign import answered, executed, said
from tests.notebooks.test_other_notebooks import folder, numbers_in, read

NAME = "05_results_and_report.ipynb"

pytestmark = [pytest.mark.xdist_group("notebook"), pytest.mark.timeout(600)]

__all__ = ["folder"]


def test_it_is_committed_without_outputs_and_without_logic():
    code = [cell for cell in read(NAME).cells if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
    logic = re.compile(r"^\s*(def|for|while|class|if|try|lambda)\b", re.MULTILINE)
    assert [cell.source for cell in code if logic.search(cell.source)] == []
    assert all(len(cell.source.splitlines()) <= 4 for cell in code)


def test_with_the_code_typed_in_everything_is_told(folder):
    told = answered(folder, read(NAME), lambda prompt: re.match(r"Type (\w{4}) to send", prompt)[1])
    assert "Error" not in told, told[-3000:]
    assert "delivered" in told
    assert told.count("STOP") >= 2
    assert "The report is in" in told
    assert not numbers_in(told)
    assert "<svg" in (folder / "spring_sale.report.html").read_text("utf-8")
    # Run again from the top, everything was sent before: nothing is asked.
    told = answered(folder, read(NAME), lambda prompt: pytest.fail("nothing is asked for"))
    assert "Error" not in told, told[-3000:]
    assert not numbers_in(told)


def test_run_all_without_a_code_sends_nothing(folder):
    from nbclient.exceptions import CellExecutionError

    notebook = read(NAME)
    with pytest.raises(CellExecutionError, match="nothing was sent"):
        executed(folder, notebook)
    shown = said(notebook)
    assert "Nothing was sent" in shown
    assert not numbers_in(shown)
