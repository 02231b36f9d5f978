"""The first notebook, executed: "Run All" sends nothing; with the code typed in, everybody gets one message."""

import re
import shutil
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
NOTEBOOK = "01_first_campaign.ipynb"

pytestmark = [pytest.mark.xdist_group("notebook"), pytest.mark.timeout(600)]

# What the sandbox really took against what the results say, told in one line that holds no number.
CHECK = """
accepted = run.results.loc[run.results["sms_status"] == "accepted", "sms_number"]
print("CHECK", len(record), sorted(record["receiver"]) == sorted(accepted), record["receiver"].is_unique)
"""

# Eight digits or more are a phone number, however they are written, unless they are a time of day.
NUMBER = re.compile(r"\d(?:[ .-]?\d){7,}")
TIME = re.compile(r"\d{4}-\d\d-\d\d[T ][\d:.]+")


@pytest.fixture
def notebook():
    """The notebook as it is committed."""
    return nbformat.read(ROOT / "notebooks" / NOTEBOOK, as_version=4)


@pytest.fixture
def execute(tmp_path, monkeypatch):
    """Runs a notebook in a copy of the project's folders, with a home of its own."""
    for name in ("notebooks", "sample_data"):
        shutil.copytree(
            ROOT / name,
            tmp_path / name,
            ignore=shutil.ignore_patterns("*.sqlite*", "*.results.csv", ".ipynb*"),
        )
    for name in ("HOME", "XDG_CACHE_HOME", "IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR"):
        (tmp_path / name).mkdir()
        monkeypatch.setenv(name, str(tmp_path / name))
    for name in ("OVH_ENDPOINT", "OVH_APPLICATION_KEY", "OVH_CONSUMER_KEY"):
        monkeypatch.delenv(name, raising=False)

    def run(notebook):
        place = {"metadata": {"path": str(tmp_path / "notebooks")}}
        return NotebookClient(
            notebook, timeout=300, startup_timeout=180, kernel_name="python3", resources=place
        ).execute()

    return run


def cell_with(notebook, words):
    (cell,) = [one for one in notebook.cells if one.cell_type == "code" and words in one.source]
    return cell


def said(notebook):
    return "\n".join(
        str(part)
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        for part in [output.get("text", ""), *output.get("data", {}).values()]
    )


def with_check(notebook, *, confirm):
    """The confirm cell as it will be run, and a line that compares both records."""
    cell = cell_with(notebook, 'confirm=""')
    cell.source = cell.source.replace('confirm=""', f"confirm={confirm}").replace(
        "    inbox =", "    record = gateway.accepted(numbers=True)\n    inbox ="
    )
    notebook.cells.append(nbformat.v4.new_code_cell(CHECK))
    return notebook


def test_it_is_committed_without_outputs_and_without_logic(notebook):
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
    logic = re.compile(r"^\s*(def|for|while|class|if|try|lambda)\b", re.MULTILINE)
    assert [cell.source for cell in code if logic.search(cell.source)] == []
    assert all(len(cell.source.splitlines()) <= 4 for cell in code)
    assert notebook.cells[0].cell_type == "markdown"


def test_run_all_sends_nothing_and_shows_no_number(notebook, execute):
    done = execute(with_check(notebook, confirm='""'))
    shown = said(done)
    assert "CHECK 0 True True" in shown
    assert "Nothing was sent" in shown
    assert not NUMBER.search(TIME.sub("", shown))


def test_with_the_code_typed_in_everybody_gets_one_message(notebook, execute):
    done = execute(with_check(notebook, confirm="plan.code_for(gateway)"))
    found = re.search(r"CHECK (\d+) True True", said(done))
    assert found
    assert int(found[1]) > 1000
    assert not NUMBER.search(TIME.sub("", said(done)))
    assert f"{int(found[1]):,}".replace(",", "\N{NARROW NO-BREAK SPACE}") in said(done)


def test_a_wrong_code_stops_with_one_clear_message(notebook, execute):
    from nbclient.exceptions import CellExecutionError

    with pytest.raises(CellExecutionError) as caught:
        execute(with_check(notebook, confirm='"ZZZZ"'))
    assert "NotConfirmed: nothing was sent" in str(caught.value)
    assert "site-packages" not in str(caught.value)
    assert 'File "' not in str(caught.value)
