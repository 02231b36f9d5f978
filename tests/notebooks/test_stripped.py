"""Notebooks are committed as nbstripout leaves them: no outputs, no counts, no metadata of whoever ran them."""

import subprocess
import sys
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))


def verified(*paths):
    """What nbstripout says: 0 where it would change nothing."""
    command = [sys.executable, "-m", "nbstripout", "--verify", *map(str, paths)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_the_notebooks_are_committed_as_nbstripout_leaves_them():
    assert len(NOTEBOOKS) >= 4
    done = verified(*NOTEBOOKS)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}Run: python -m nbstripout notebooks/*.ipynb"


@pytest.mark.parametrize("kept", ["output", "count"])
def test_it_sees_what_somebody_left_in_one(tmp_path, kept):
    import nbformat

    notebook = nbformat.read(NOTEBOOKS[0], as_version=4)
    (cell,) = [one for one in notebook.cells if one.cell_type == "code"][:1]
    if kept == "output":
        cell.outputs = [nbformat.v4.new_output("stream", text="Hello")]
    else:
        cell.execution_count = 3
    nbformat.write(notebook, tmp_path / "left.ipynb")
    assert verified(tmp_path / "left.ipynb").returncode == 1
