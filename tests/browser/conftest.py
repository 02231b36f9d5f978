"""A JupyterLab in a folder of its own, and Chromium without a window, driven as a person does."""

import shutil
from pathlib import Path

import pytest

from tests.browser import labs

ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path):
    """A copy of the notebooks and the sample."""
    folder = tmp_path / "project"
    for name in ("notebooks", "sample_data"):
        shutil.copytree(
            ROOT / name, folder / name, ignore=shutil.ignore_patterns("*.sqlite*", "*.results.csv", ".*")
        )
    return folder


@pytest.fixture
def lab(tmp_path, project):
    """A JupyterLab that serves the project; opens one of its notebooks: gives the address with the token."""
    with labs.jupyterlab(tmp_path, project) as address:
        yield address


@pytest.fixture
def browser(tmp_path):
    """Chromium without a window."""
    with labs.chromium(tmp_path) as driver:
        yield driver
