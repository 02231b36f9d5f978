"""Notebooks, executed: "Run All" sends nothing; with the code typed in, everybody gets one message."""

import copy
import re
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from jupyter_client.manager import start_new_kernel

import smscampaign
from tests.notebooks.cells import written

ROOT = Path(__file__).parents[2]
NOTEBOOK = "01_first_campaign.ipynb"

pytestmark = [pytest.mark.xdist_group("notebook"), pytest.mark.timeout(600)]

# What the sandbox really took against what the results say, told in one line that holds no number.
CHECK = """
results = run.results(numbers=True)
accepted = results.loc[results["sms_status"] == "accepted", "sms_number"]
print("CHECK", len(record), sorted(record["receiver"]) == sorted(accepted), record["receiver"].is_unique)
"""

# Eight digits or more are a phone number, however they are written, unless they are a time of day.
NUMBER = re.compile(r"\d(?:[ .-]?\d){7,}")
TIME = re.compile(r"\d{4}-\d\d-\d\d[T ][\d:.]+")


@pytest.fixture
def committed():
    """The first notebook as it is committed."""
    # Loading it takes two seconds, and every process of the tests reads this module.
    import nbformat

    return nbformat.read(ROOT / "notebooks" / NOTEBOOK, as_version=4)


@pytest.fixture
def notebook(tmp_path):
    """A campaign in cells."""
    import nbformat

    return nbformat.read(written(tmp_path / "cells.ipynb"), as_version=4)


@pytest.fixture
def execute(tmp_path, monkeypatch):
    """Runs a notebook in a copy of the project's folders, with a home of its own."""
    for name in ("notebooks", "sample_data"):
        shutil.copytree(
            ROOT / name,
            tmp_path / name,
            ignore=shutil.ignore_patterns("*.sqlite*", "*.results.csv", ".*"),
        )
    for name in ("HOME", "XDG_CACHE_HOME", "IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR"):
        (tmp_path / name).mkdir()
        monkeypatch.setenv(name, str(tmp_path / name))
    for name in ("OVH_ENDPOINT", "OVH_APPLICATION_KEY", "OVH_CONSUMER_KEY"):
        monkeypatch.delenv(name, raising=False)

    return partial(executed, tmp_path / "notebooks")


def executed(folder, notebook):
    """The notebook as a program runs it: nobody types."""
    from nbclient import NotebookClient

    place = {"metadata": {"path": str(folder)}}
    return NotebookClient(
        notebook, timeout=300, startup_timeout=180, kernel_name="python3", resources=place
    ).execute()


@pytest.fixture
def type_into(execute):
    """Runs a notebook's cells as somebody does who answers what is asked, up to the first error; gives what was shown."""
    return partial(answered, *execute.args)


def answered(folder, notebook, answer):
    manager, client = start_new_kernel(startup_timeout=180, kernel_name="python3", cwd=str(folder))
    shown = []

    def note(message):
        content = message["content"]
        # Other kinds are ids of widgets, which look like numbers.
        texts = (str(part) for kind, part in content.get("data", {}).items() if kind.startswith("text/"))
        shown.extend([content.get("text", ""), *texts])
        shown.extend(content.get("traceback", []))

    def typed(message):
        client.input(answer(message["content"]["prompt"]))

    try:
        for cell in notebook.cells:
            if cell.cell_type == "code":
                done = client.execute_interactive(
                    cell.source, allow_stdin=True, stdin_hook=typed, output_hook=note, timeout=300
                )
                if done["content"]["status"] != "ok":
                    break
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    return "\n".join(shown)


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


def with_check(notebook):
    """The sending cell with a line that keeps the sandbox's record, and a cell that compares both records."""
    from nbformat.v4 import new_code_cell

    cell = cell_with(notebook, "plan.deliver(")
    cell.source = cell.source.replace(
        "    inbox =", "    record = gateway.accepted(numbers=True)\n    inbox ="
    )
    notebook.cells.append(new_code_cell(CHECK))
    return notebook


def test_it_is_committed_without_outputs_and_without_logic(committed):
    code = [cell for cell in committed.cells if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
    logic = re.compile(r"^\s*(def|for|while|class|if|try|lambda)\b", re.MULTILINE)
    assert [cell.source for cell in code if logic.search(cell.source)] == []
    assert all(len(cell.source.splitlines()) <= 4 for cell in code)
    assert committed.cells[0].cell_type == "markdown"


def test_the_panel_is_drawn_sends_nothing_and_leaves_no_number_in_what_is_saved(committed, execute):
    """Saved as `nbconvert --execute` does it, with the state of all widgets."""
    import nbformat

    done = execute(committed)
    (cell,) = [one for one in done.cells if one.cell_type == "code"]
    assert [one.output_type for one in cell.outputs] == ["display_data"] or cell.outputs[
        0
    ].output_type == "execute_result"
    assert "application/vnd.jupyter.widget-view+json" in cell.outputs[0].data
    state = done.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"]
    assert len(state) > 20
    folder = execute.args[0].parent / "sample_data"
    assert [one.name for one in folder.iterdir() if "sandbox" in one.name or "journal" in one.name] == []
    for widget in state.values():
        for name in ("_esm", "_css"):
            widget["state"].pop(name, None)
    said = re.sub(r"[0-9a-f]{32}", "", nbformat.writes(done))
    assert not NUMBER.search(TIME.sub("", said))
    code = (
        smscampaign.Campaign.load(folder / "spring_sale.csv")
        .plan(journal=folder / "other.sqlite")
        .rehearsal_code
    )
    assert code not in said
    assert "PRINTEMPS" not in said  # nor the text


def test_run_all_sends_nothing_and_shows_no_number(notebook, execute):
    done = execute(with_check(notebook))
    shown = said(done)
    assert "CHECK 0 True True" in shown
    assert "Nothing was sent" in shown
    assert not NUMBER.search(TIME.sub("", shown))


def test_with_the_code_typed_in_everybody_gets_one_message(notebook, type_into):
    told = type_into(with_check(notebook), lambda prompt: re.match(r"Type (\w{4}) to send", prompt)[1])
    found = re.search(r"CHECK (\d+) True True", told)
    assert found
    assert int(found[1]) > 1000
    assert not NUMBER.search(TIME.sub("", told))
    assert f"{int(found[1]):,}".replace(",", "\N{NARROW NO-BREAK SPACE}") in told


def test_a_wrong_code_stops_with_one_clear_message(notebook, type_into):
    told = type_into(with_check(notebook), lambda prompt: "ZZZZ")
    assert "NotConfirmed: nothing was sent" in told
    assert "site-packages" not in told
    assert 'File "' not in told


def test_nothing_typed_sends_nothing(notebook, type_into):
    told = type_into(with_check(notebook), lambda prompt: "  ")
    assert "CHECK 0 True True" in told


def test_a_code_in_a_cell_is_refused_in_a_notebook(notebook, type_into):
    cell = cell_with(notebook, "plan.deliver(")
    cell.source = cell.source.replace("deliver(gateway)", "deliver(gateway, confirm=plan.code_for(gateway))")
    told = type_into(notebook, lambda prompt: pytest.fail("nothing is asked for"))
    assert "NotConfirmed: nothing was sent: in a notebook the code is typed" in told


def test_what_was_sent_is_not_asked_for_again(notebook, type_into):
    cell = cell_with(notebook, "plan.deliver(")
    cell.source = cell.source.replace(
        "    inbox =", "    again = plan.deliver(gateway)\n    assert again.tally == run.tally\n    inbox ="
    )
    asked = []
    told = type_into(notebook, lambda prompt: asked.append(prompt) or prompt.split()[1])
    assert len(asked) == 1
    assert "Error" not in told


def test_it_runs_from_the_top_after_the_demo_and_again_with_another_message(notebook, type_into, execute):
    folder = execute.args[0]
    sample = folder.parent / "sample_data"
    demo = [sys.executable, "-m", "smscampaign", "run", "sample_data/spring_sale.csv", "--sandbox", "--yes"]
    assert subprocess.run(demo, cwd=folder.parent, capture_output=True, check=False).returncode == 0
    settings = sample / "spring_sale.toml"
    for code in ("PRINTEMPS", "TULIPE"):
        settings.write_text(settings.read_text("utf-8").replace("PRINTEMPS", code), "utf-8")
        told = type_into(with_check(copy.deepcopy(notebook)), lambda prompt: prompt.split()[1])
        assert "Error" not in told
        assert re.search(r"CHECK (\d{4}) True True", told)
        assert f"code {code}." in (sample / "spring_sale.sandbox.results.csv").read_text("utf-8")
