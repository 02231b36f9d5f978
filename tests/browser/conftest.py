"""A JupyterLab in a folder of its own, and Chromium without a window, driven as a person does."""

import json
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


@pytest.fixture
def notebook(project):
    """A notebook whose one cell is the panel."""
    cell = {
        "cell_type": "code",
        "execution_count": None,
        "id": "panel",
        "metadata": {},
        "outputs": [],
        "source": 'import smscampaign as sms\n\nsms.Panel("clients.csv")',
    }
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    path = project / "campaign.ipynb"
    path.write_text(
        json.dumps({"cells": [cell], "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}), "utf-8"
    )
    return path
