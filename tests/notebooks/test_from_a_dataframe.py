"""The notebook of DataFrames, executed: "Run All" sends nothing; with the code typed in, everybody gets his own answer."""

import re
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOK = "02_from_a_dataframe.ipynb"

pytestmark = [pytest.mark.xdist_group("notebook"), pytest.mark.timeout(600)]

# Each person's own number against the one that the message went to, told in one line that holds no number.
CHECK = """
whole = segment.join(run.results(numbers=True)[["sms_number", "sms_status"]])
got = whole[whole["sms_status"] == "accepted"]
def last(column): return column.str.replace(r"\\D", "", regex=True).str[-6:].tolist()
print("CHECK", len(got), last(got["Téléphone"]) == last(got["sms_number"]), got["sms_number"].is_unique)
"""

# Eight digits or more are a phone number, however they are written, unless they are a time of day or in a picture.
NUMBER = re.compile(r"(?<![\w+/])\+?\d(?:[ .-]?\d){7,}(?![\w+/])")
TIME = re.compile(r"\d{4}-\d\d-\d\d[T ][\d:.]+")


@pytest.fixture
def notebook():
    """The notebook as it is committed."""
    import nbformat  # two seconds, and every process of the tests reads this module

    return nbformat.read(ROOT / "notebooks" / NOTEBOOK, as_version=4)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A copy of the project's folders, with a home of its own."""
    for name in ("notebooks", "sample_data"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("*.sqlite*", ".*"))
    for name in ("HOME", "XDG_CACHE_HOME", "IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR"):
        (tmp_path / name).mkdir()
        monkeypatch.setenv(name, str(tmp_path / name))
    for name in ("OVH_ENDPOINT", "OVH_APPLICATION_KEY", "OVH_CONSUMER_KEY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "notebooks"


def test_it_is_committed_without_outputs_and_without_logic(notebook):
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
    logic = re.compile(r"^\s*(def|for|while|class|if|try|lambda)\b", re.MULTILINE)
    assert [cell.source for cell in code if logic.search(cell.source)] == []
    assert all(len(cell.source.splitlines()) <= 4 for cell in code)


def test_run_all_sends_nothing_and_the_saved_notebook_holds_no_number(notebook, folder):
    import nbformat
    from nbclient import NotebookClient

    place = {"metadata": {"path": str(folder)}}
    how = {"timeout": 300, "startup_timeout": 180, "kernel_name": "python3", "store_widget_state": False}
    done = NotebookClient(notebook, resources=place, **how).execute()
    outputs = [one for cell in done.cells for one in cell.get("outputs", [])]
    shown = "\n".join(str(one.get("data", {}).get("text/html", "")) for one in outputs)
    assert "Nothing was sent" in shown
    assert "the suggestion" not in shown
    assert "smscampaign-list" in shown
    assert len([one for one in outputs if "image/png" in one.get("data", {})]) == 2
    for one in outputs:
        one.get("data", {}).pop("image/png", None)
    saved = nbformat.writes(done)
    assert NUMBER.findall(TIME.sub("", saved)) == []


def test_with_the_code_typed_in_everybody_gets_his_own_answer(notebook, folder):
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel(startup_timeout=180, kernel_name="python3", cwd=str(folder))
    shown = []

    def note(message):
        content = message["content"]
        shown.extend([content.get("text", ""), *content.get("traceback", [])])

    def typed(message):
        client.input(message["content"]["prompt"].split()[1])

    try:
        for source in [*(one.source for one in notebook.cells if one.cell_type == "code"), CHECK]:
            done = client.execute_interactive(
                source, allow_stdin=True, stdin_hook=typed, output_hook=note, timeout=300
            )
            assert done["content"]["status"] == "ok", shown
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    told = "\n".join(shown)
    found = re.search(r"CHECK (\d+) True True", told)
    assert found, told
    assert int(found[1]) > 150
    assert NUMBER.findall(TIME.sub("", told)) == []
